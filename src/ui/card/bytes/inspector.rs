//! The pane beside the bytes: what the picked ones are, their value, every reading of them, the other fields of
//! the block, and what wrote them.

use super::edit::{self, Slot, What};
use super::listing::tint_of;
use super::pane::{Pane, ROW};
use super::picked::MOST_READ;
use super::readings::{FIRST, MORE, NEXT, TEXT};
use super::rows::{Place, moved};
use super::shown::Shown;
use super::state::ByteState;
use super::words::{
    Said, field_at, field_name, field_of, kind_name, known, reading_name, span_of, value,
};
use crate::model::card::fields::{Field, fields_of};
use crate::model::card::journal::EventId;
use crate::model::inspect::Reading;
use crate::ui::card::facts::Selection;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_CELL, Tokens};
use crate::ui::widgets::{self, Align};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{ByteView, CardSource, History, event_words};
use egui::{
    CornerRadius, Label, Margin, Rangef, Rect, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

/// Width of the pane, in points: the least, and the most that it takes of a wide window.
pub const WIDTH: Rangef = Rangef {
    min: 236.0,
    max: 360.0,
};

/// Draws the pane.
pub fn show(
    ui: &mut Ui,
    state: &mut ByteState,
    shown: &Shown,
    selection: &mut Selection,
    commands: &mut Vec<Command>,
) {
    ScrollArea::vertical()
        .id_salt("inspector")
        .auto_shrink(false)
        .show(ui, |ui| {
            let margin = Margin::symmetric(GAP_3 as i8, GAP_2 as i8);
            egui::Frame::new().inner_margin(margin).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let picked = state.picked();
                let row = picked.and_then(|picked| picked.place.bytes(shown.card));
                let Some((picked, row)) = picked.zip(row) else {
                    let t = Tokens::of(ui.ctx());
                    let words = words::text("bytes.pick");
                    ui.add(Label::new(Type::Small.paragraph(words, t.t3)).wrap());
                    return;
                };
                let changed = state.changed_by.of(shown, picked);
                let chosen: Vec<ByteView> = picked.rows(shown.card, MOST_READ).flatten().collect();
                let mut pane = Pane {
                    shown,
                    picked,
                    row: &row,
                    chosen: &chosen,
                    locked: edit::locked(shown, picked),
                    changed,
                    editing: &mut state.editing,
                    commands,
                };
                pane.show(ui, selection);
            });
        });
}

impl Pane<'_> {
    fn show(&mut self, ui: &mut Ui, selection: &mut Selection) {
        let one = self.picked.blocks() == 1;
        let fields = fields_of(self.picked.place.kind(self.shown.card));
        let fields = if one { fields } else { &[] };
        let whole = self.picked.span.is_none();
        self.heading(ui, fields);
        let listed = whole && !fields.is_empty();
        if self.picked.blocks() > MOST_READ {
            self.read_to(ui);
        }
        let bytes = known(self.chosen);
        let bytes = bytes.as_ref();
        if !listed {
            self.value(ui);
            match bytes {
                Ok(bytes) => {
                    if !one {
                        self.readings(ui, TEXT, bytes);
                    }
                    self.readings(ui, FIRST, bytes);
                }
                Err(said) => not_shown(ui, said, &self.shown.card.source),
            }
            match bytes {
                _ if !fields.is_empty() => rule(ui),
                Ok(bytes) => self.readings(ui, NEXT, bytes),
                Err(_) => {}
            }
        }
        self.fields(ui, fields, selection);
        if let Some(because) = &self.locked {
            let t = Tokens::of(ui.ctx());
            ui.add_space(GAP);
            ui.add(Label::new(Type::Small.paragraph(because, t.t3)).wrap());
        }
        written_by(ui, self, selection);
        if let (false, Ok(bytes)) = (listed, bytes) {
            rule(ui);
            widgets::section_header(ui, words::text("bytes.more"), "");
            if !fields.is_empty() {
                self.readings(ui, NEXT, bytes);
            }
            self.readings(ui, MORE, bytes);
        }
    }

    /// Draws a value, which a click begins to change.
    pub fn slot(&mut self, ui: &mut Ui, what: What, slot: &Slot) {
        let (picked, locked) = (self.picked, self.locked.as_deref());
        let command = edit::slot(ui, self.editing, picked, what, locked, slot);
        self.commands.extend(command);
    }

    /// What is picked, and where in its block it stands.
    fn heading(&self, ui: &mut Ui, fields: &[Field]) {
        let t = Tokens::of(ui.ctx());
        let (shown, picked) = (self.shown, self.picked);
        let span = picked.chosen();
        let field = field_of(shown.card, picked.place, span);
        let part = field_at(shown.card, picked.place, span.first);
        let title = match (picked.span, field, part) {
            (None, ..) => {
                let address = picked.place.label(shown.card, shown.facts.addresses);
                words::format("bytes.block", &[("address", &address)])
            }
            (Some(_), Some(field), _) => field_name(field.name).to_owned(),
            (Some(_), None, Some(part)) if span.last < part.bytes.end.into() => {
                words::format("bytes.part", &[("field", &field_name(part.name))])
            }
            _ if span.blocks() > 1 => {
                let (bytes, blocks) = (span.bytes(), span.blocks());
                let (bytes, blocks) = (numbers::grouped(bytes), numbers::grouped(blocks));
                words::format("bytes.over", &[("bytes", &bytes), ("blocks", &blocks)])
            }
            _ => words::format("bytes.chosen", &[("count", &span.bytes())]),
        };
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let address = |nth| moved(picked.place, nth).label(shown.card, shown.facts.addresses);
        let offsets = span.offsets(address);
        let name = format!("{title} {offsets}");
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &name));
        let below = span.blocks() > 1;
        let aside = if below {
            let size = vec2(ui.available_width(), ROW);
            ui.allocate_exact_size(size, Sense::hover()).0
        } else {
            rect
        };
        let p = ui.painter();
        let side = if below { Align::Left } else { Align::Right };
        let offsets = widgets::elided(p, aside, side, &offsets, Type::Code, t.t3);
        let right = if below { rect.right() } else { offsets.left() };
        let at = part.filter(|_| picked.span.is_some());
        let at = at.and_then(|part| fields.iter().position(|field| field == part));
        let left = square(ui, t, rect, fields, at);
        let place = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        widgets::elided(p, place, Align::Left, &title, Type::Panel, t.t1);
    }

    /// Says how much of a long pick is read.
    fn read_to(&self, ui: &mut Ui) {
        let t = Tokens::of(ui.ctx());
        let last = moved(self.picked.place, MOST_READ - 1);
        let address = last.label(self.shown.card, self.shown.facts.addresses);
        let words = words::format(
            "bytes.read_to",
            &[("address", &address), ("blocks", &MOST_READ)],
        );
        ui.add(Label::new(Type::Small.paragraph(words, t.t2)).wrap());
        ui.add_space(GAP);
    }

    /// The value of the field, or of the bytes as they are; how it is written, and what it is to who types it.
    fn value_of(&self, field: Option<&'static Field>) -> (Said, String, What) {
        if let Some(field) = field {
            return (value(field, self.row), kind_name(field), What::Field(field));
        }
        let bytes = known(self.chosen);
        let said = bytes.map_or_else(
            |said| said,
            |bytes| Said::Value(Reading::Hex.read(&bytes).unwrap_or_default()),
        );
        (
            said,
            reading_name(Reading::Hex),
            What::Reading(Reading::Hex),
        )
    }

    /// The value in large: of the field that is picked, or the bytes as they are.
    fn value(&mut self, ui: &mut Ui) {
        let t = Tokens::of(ui.ctx());
        let field = field_of(self.shown.card, self.picked.place, self.picked.chosen());
        let (said, kind, what) = self.value_of(field);
        let room = ui.available_width() - 2.0 * GAP_2;
        let p = ui.painter();
        let fits = |kind: &Type| widgets::width_of(p, said.text(), *kind) < room;
        let text = [Type::Value, Type::Code].into_iter().find(fits);
        // Half a block a line, a whole one or two.
        let half = widgets::width_of(p, "0000 0000 0000 0000 ", Type::Code);
        let widths = [4.0, 2.0].map(|halves| halves * half);
        let width = widths.into_iter().find(|width| *width <= room);
        let typing = self.editing.now.as_ref();
        let typing = typing.is_some_and(|edit| edit.what == what);
        let lines = (text.is_none() && !typing).then_some(width.unwrap_or(half));
        let text = text.unwrap_or(Type::Code);
        let height = lines.map_or(36.0, |width| {
            edit::lines(p, said.text(), text, t.t1, width).size().y + 2.0 * GAP_2
        });
        let size = vec2(ui.available_width(), height);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let rect = rect.shrink2(vec2(0.0, 2.0));
        let aside = widgets::width_of(ui.painter(), &kind, Type::CodeSmall);
        let left = room - widgets::width_of(ui.painter(), said.text(), text) - GAP_2;
        let title = field.map_or(kind.as_str(), |field| field_name(field.name));
        let slot = Slot {
            name: title,
            text: said.text(),
            kind: text,
            align: Align::Left,
            rect,
            boxed: true,
            lines,
        };
        self.slot(ui, what, &slot);
        if aside < left && !typing {
            let place = rect.shrink2(vec2(GAP_2, 0.0));
            widgets::elided(
                ui.painter(),
                place,
                Align::Right,
                &kind,
                Type::CodeSmall,
                t.t3,
            );
        }
        edit::refused(ui, self.editing, &[what]);
        ui.add_space(GAP);
    }

    /// The fields of the block that are not picked, each with its colour; a click picks it.
    fn fields(&self, ui: &mut Ui, fields: &'static [Field], selection: &mut Selection) {
        let t = Tokens::of(ui.ctx());
        for (at, field) in fields.iter().enumerate() {
            if self.picked.span == Some(span_of(field)) {
                continue;
            }
            let said = value(field, self.row);
            let name = field_name(field.name);
            let spoken = format!("{name}: {}", said.text());
            let row = widgets::Row {
                id: ui.scope_id().with(("field", at)),
                name: &spoken,
                height: ROW,
                selected: false,
                role: Role::ListItem,
            };
            let (rect, response) = widgets::row(ui, row);
            let left = square(ui, t, rect, fields, Some(at));
            let p = ui.painter();
            let place = Rect::from_min_max(pos2(left, rect.top()), rect.max);
            let label = widgets::elided(p, place, Align::Left, name, Type::Small, t.t2);
            let place = Rect::from_min_max(
                pos2(label.right() + GAP_2, rect.top()),
                rect.max - vec2(2.0, 0.0),
            );
            let ink = if said == Said::Unknown {
                t.unknown
            } else {
                t.t1
            };
            widgets::elided(p, place, Align::Right, said.text(), Type::Code, ink);
            if response.clicked() {
                selection.bytes = Some(span_of(field));
            }
        }
    }
}

/// The colour of a field before its name; gives where the name begins.
fn square(ui: &Ui, t: &Tokens, row: Rect, fields: &[Field], at: Option<usize>) -> f32 {
    let Some(at) = at else {
        return row.left();
    };
    let place = Rect::from_center_size(pos2(row.left() + 5.0, row.center().y), Vec2::splat(10.0));
    let colour = tint_of(t, fields, at).map_or(t.line3, |(_, edge)| edge);
    let corner = CornerRadius::same(RADIUS_CELL);
    ui.painter().rect_filled(place, corner, colour);
    place.right() + GAP_2
}

fn rule(ui: &mut Ui) {
    ui.add_space(GAP);
    widgets::hairline(ui);
    ui.add_space(GAP);
}

/// Why there are no readings.
fn not_shown(ui: &mut Ui, said: &Said, source: &CardSource) {
    let t = Tokens::of(ui.ctx());
    let (icon, words, ink) = match said {
        Said::Unknown => (icons::QUESTION, "bytes.not_known", t.unknown),
        _ if matches!(source, CardSource::Sealed { .. }) => (icons::KEY, "bytes.key_sealed", t.t2),
        _ => (icons::KEY, "bytes.key_hidden", t.t2),
    };
    ui.horizontal_top(|ui| {
        let text = egui::RichText::new(icon).font(theme::icon(14.0)).color(ink);
        ui.label(text);
        let words = Type::Small.paragraph(words::text(words), ink);
        ui.add(Label::new(words).wrap());
    });
}

/// The event that wrote the blocks last, and the one that changed these bytes last, where that is another.
fn written_by(ui: &mut Ui, pane: &Pane, selection: &mut Selection) {
    let history = pane.shown.card.history.as_ref();
    let places = pane.picked.places().take(MOST_READ as usize);
    let writers = places.filter_map(|place| match place {
        Place::Block(address) => Some(history?.writer(address)?.0),
        Place::Loose { .. } => None,
    });
    let (Some(history), Some(writer)) = (history, writers.max()) else {
        return;
    };
    rule(ui);
    event_row(
        ui,
        history,
        writer,
        words::text("bytes.written_by"),
        selection,
    );
    if let Some(changed) = pane.changed.filter(|changed| *changed != writer) {
        let label = words::text("bytes.changed_by");
        event_row(ui, history, changed, label, selection);
    }
}

/// An event, which a click picks.
fn event_row(ui: &mut Ui, history: &History, id: EventId, label: &str, selection: &mut Selection) {
    let event = history.journal.event(id);
    let what = event.map_or("", |event| event_words(&history.journal, event));
    let step = event.and_then(|event| history.journal.cause(event)?.step.as_ref());
    let what = step.map_or(what, |step| step.0.as_str());
    let number = numbers::event(id.number().into());
    let value = words::format("bytes.event", &[("event", &number), ("what", &what)]);
    let spoken = format!("{label}: {value}");
    let row = widgets::Row {
        id: ui.scope_id().with(("writer", label)),
        name: &spoken,
        height: ROW,
        selected: selection.event == Some(id),
        role: Role::ListItem,
    };
    let (rect, response) = widgets::row(ui, row);
    let t = Tokens::of(ui.ctx());
    let p = ui.painter();
    let label = widgets::elided(p, rect, Align::Left, label, Type::Small, t.t3);
    let place = Rect::from_min_max(pos2(label.right() + GAP_2, rect.top()), rect.max);
    widgets::elided(
        p,
        place,
        Align::Right,
        &value,
        Type::CodeSmall,
        t.accent_text,
    );
    if response.clicked() {
        selection.event = Some(id);
    }
}
