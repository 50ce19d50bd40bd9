//! One exchange down to its bytes: each frame as hexadecimal, under it its fields by name. An enciphered frame that
//! could be opened is followed by what it said.

use super::link;
use super::rows::RowFacts;
use crate::model::trace::export::{one, shared_hex};
use crate::model::trace::{About, Direction, Exchange, FieldName};
use crate::model::{hex, utc};
use crate::ui::card::facts::Selection;
use crate::ui::icons;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_CELL, STROKE, Tokens};
use crate::ui::widgets::{self, Align, Button, Row, Size};
use crate::words;
use crate::workbench::Command;
use crate::workbench::trace_words::{TableWords, field_name, says};
use crate::workbench::view::CardView;
use egui::{CornerRadius, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::ops::Range;

/// Height of a row in points.
const ROW: f32 = 20.0;
/// Where hexadecimal begins.
const GUTTER: f32 = 36.0;

/// A row of the detail.
enum DetailRow {
    /// What the following bytes are, and which part that is.
    Head {
        text: String,
        part: usize,
    },
    /// A run of a part's bytes.
    Hex {
        part: usize,
        at: usize,
    },
    Field(FieldRow),
    /// What came instead of an answer.
    Note(String),
}

struct FieldRow {
    part: usize,
    at: Range<usize>,
    name: &'static str,
    /// What it says; its bytes where it says nothing else.
    says: String,
    about: Option<About>,
    unread: bool,
}

/// What is worked out once for the picked exchange.
pub struct Detail {
    number: u32,
    /// When it was sent, which tells it from one of another card.
    started_ms: u64,
    parts: Vec<Vec<u8>>,
    /// As they may be copied.
    shared: Vec<String>,
    rows: Vec<DetailRow>,
    /// Bytes in a row of hexadecimal.
    columns: usize,
    /// The field whose bytes are lit: part and place.
    lit: Option<(usize, Range<usize>)>,
}

impl Detail {
    pub fn of(exchange: &Exchange) -> Detail {
        let parts = exchange.parts();
        Detail {
            number: exchange.number,
            started_ms: exchange.started_ms,
            shared: parts.iter().map(shared_hex).collect(),
            parts: parts.iter().map(|part| part.bytes.to_vec()).collect(),
            rows: Vec::new(),
            columns: 0,
            lit: None,
        }
    }

    pub fn is_of(&self, exchange: &Exchange) -> bool {
        (self.number, self.started_ms) == (exchange.number, exchange.started_ms)
    }

    /// Makes the rows for a width, if they are not those yet.
    fn lay(&mut self, exchange: &Exchange, columns: usize) {
        if self.columns == columns {
            return;
        }
        self.columns = columns;
        self.rows.clear();
        for (index, part) in exchange.parts().iter().enumerate() {
            let head = match (part.direction, part.opened) {
                (Direction::Command, false) => "trace.part.command",
                (Direction::Command, true) => "trace.part.command_opened",
                (Direction::Answer, false) => "trace.part.answer",
                (Direction::Answer, true) => "trace.part.answer_opened",
            };
            let text = words::format(head, &[("count", &part.bytes.len())]);
            self.rows.push(DetailRow::Head { text, part: index });
            let lines = (0..part.bytes.len()).step_by(columns);
            self.rows
                .extend(lines.map(|at| DetailRow::Hex { part: index, at }));
            for field in &part.fields {
                let said = says(field);
                let bytes = part.bytes.get(field.at.clone()).unwrap_or_default();
                let says = match said.is_empty() {
                    true => hex::grouped(bytes),
                    false => said,
                };
                self.rows.push(DetailRow::Field(FieldRow {
                    part: index,
                    at: field.at.clone(),
                    name: field_name(field.name),
                    says,
                    about: field.about,
                    unread: field.name == FieldName::Unread,
                }));
            }
        }
        if exchange.answer().is_none() {
            let facts = RowFacts::of(exchange);
            self.rows.push(DetailRow::Note(facts.ended));
        }
    }
}

/// Draws the exchange. Picking a field lights its bytes and picks the node or block that it is about.
pub fn show(
    ui: &mut Ui,
    detail: &mut Detail,
    (card, exchange): (Option<&CardView>, &Exchange),
    mask_ids: bool,
    selection: &mut Selection,
    commands: &mut Vec<Command>,
) {
    head(ui, (card, exchange), mask_ids, *selection, commands);
    let step = widgets::width_of(ui.painter(), "00 ", Type::CodeSmall);
    let room = ((ui.available_width() - GUTTER - GAP_3) / step) as usize;
    detail.lay(exchange, if room >= 16 { 16 } else { 8 });
    let count = detail.rows.len();
    let mut picked = None;
    ScrollArea::vertical()
        .id_salt(("exchange", detail.number))
        .auto_shrink(false)
        .show_rows(ui, ROW, count, |ui, range| {
            for index in range {
                match &detail.rows[index] {
                    DetailRow::Head { text, part } => part_head(ui, text, &detail.shared[*part]),
                    DetailRow::Hex { part, at } => hex_row(ui, detail, *part, *at),
                    DetailRow::Note(text) => note(ui, text),
                    DetailRow::Field(field) => {
                        let place = (field.part, field.at.clone());
                        let lit = detail.lit.as_ref() == Some(&place);
                        if field_row(ui, field, index, lit) {
                            picked = Some((place, field.about));
                        }
                    }
                }
            }
        });
    if let Some((place, about)) = picked {
        detail.lit = Some(place);
        let system = exchange.system();
        let place = system
            .zip(about)
            .and_then(|(system, about)| link::place(card?, system, about));
        if let Some((node, block)) = place {
            *selection = Selection {
                node: Some(node),
                block,
                exchange: Some(exchange.number),
                ..Selection::default()
            };
        }
    }
}

/// Number and name, and what can be done with the exchange.
fn head(
    ui: &mut Ui,
    (card, exchange): (Option<&CardView>, &Exchange),
    mask_ids: bool,
    selection: Selection,
    commands: &mut Vec<Command>,
) {
    let facts = RowFacts::of(exchange);
    let title = format!("{} {}", facts.number, facts.name);
    let aside = utc::clock(exchange.started_ms);
    widgets::panel_header(ui, 32.0, &title, &aside, |ui| {
        let copy = Button::ghost(words::text("trace.copy")).size(Size::Small);
        let copy = ui.add(
            copy.icon(icons::COPY)
                .named(words::text("trace.copy_exchange")),
        );
        if copy.on_hover_text(words::text("trace.copy_why")).clicked() {
            ui.ctx().copy_text(one(exchange, mask_ids, &TableWords));
        }
        let history = card.and_then(|card| card.history.as_ref());
        let shown = history.and_then(|history| history.shown);
        if let Some(event) = selection.event.filter(|event| shown != Some(*event)) {
            let name = words::format("trace.show_moment", &[("event", &event.number())]);
            let button = Button::ghost(&name).icon(icons::CLOCK).size(Size::Small);
            if ui.add(button).clicked() {
                commands.push(Command::ShowMoment(Some(event)));
            }
        }
    });
}

/// A line of words; its place.
fn words_row(ui: &mut Ui, text: &str, kind: Type) -> Rect {
    let t = Tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let place = rect.shrink2(vec2(GAP_3, 0.0));
    widgets::elided(ui.painter(), place, Align::Left, text, kind, t.t2);
    rect
}

fn note(ui: &mut Ui, text: &str) {
    words_row(ui, text, Type::Small);
}

fn part_head(ui: &mut Ui, text: &str, shared: &str) {
    let t = Tokens::of(ui.ctx());
    let rect = words_row(ui, text, Type::SmallMedium);
    ui.painter()
        .hline(rect.x_range(), rect.top(), Stroke::new(STROKE, t.line));
    let size = vec2(24.0, ROW);
    let place = Rect::from_min_size(pos2(rect.right() - GAP_2 - size.x, rect.top()), size);
    let name = words::format("trace.copy_part", &[("part", &text)]);
    let button = Button::ghost("").icon(icons::COPY).size(Size::Small);
    let response = ui.place(place, button.named(&name));
    if response
        .on_hover_text(words::text("trace.copy_why"))
        .clicked()
    {
        ui.ctx().copy_text(shared.to_owned());
    }
}

/// A run of bytes as hexadecimal, those of the lit field on a ground of their own.
fn hex_row(ui: &mut Ui, detail: &Detail, part: usize, at: usize) {
    let t = Tokens::of(ui.ctx());
    let bytes = &detail.parts[part];
    let bytes = &bytes[at..(at + detail.columns).min(bytes.len())];
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let text = text.join(" ");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{at:02X}: {text}")));
    let p = ui.painter();
    let step = widgets::width_of(p, "0", Type::CodeSmall);
    let left = rect.left() + GUTTER;
    if let Some((lit, place)) = &detail.lit
        && *lit == part
    {
        let (first, end) = (place.start.max(at), place.end.min(at + bytes.len()));
        if first < end {
            let x = |byte: usize| left + (byte - at) as f32 * 3.0 * step;
            let ground = Rect::from_min_max(
                pos2(x(first) - 2.0, rect.top() + 2.0),
                pos2(x(end) - step + 2.0, rect.bottom() - 2.0),
            );
            p.rect_filled(ground, CornerRadius::same(RADIUS_CELL), t.sel);
        }
    }
    let gutter = Rect::from_min_max(rect.min, pos2(left - GAP_2, rect.bottom()));
    let number = format!("{at:02X}");
    widgets::elided(p, gutter, Align::Right, &number, Type::CodeSmall, t.t3);
    let place = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    widgets::elided(p, place, Align::Left, &text, Type::CodeSmall, t.t1);
}

/// A field by name; says whether it was picked.
fn field_row(ui: &mut Ui, field: &FieldRow, index: usize, lit: bool) -> bool {
    let t = Tokens::of(ui.ctx());
    let row = Row {
        id: ui.scope_id().with(("field", index)),
        name: &format!("{}: {}", field.name, field.says),
        height: ROW,
        selected: lit,
        role: Role::ListItem,
    };
    let (rect, response) = widgets::row(ui, row);
    let p = ui.painter();
    let split = rect.left() + (rect.width() * 0.42).clamp(120.0, 200.0);
    let name = Rect::from_min_max(
        rect.min + vec2(GAP_3 + GAP, 0.0),
        pos2(split - GAP_2, rect.bottom()),
    );
    let says = Rect::from_min_max(pos2(split, rect.top()), rect.max - vec2(GAP_3, 0.0));
    let ink = if field.unread { t.unknown } else { t.t3 };
    widgets::elided(p, name, Align::Left, field.name, Type::Small, ink);
    let ink = if field.unread { t.unknown } else { t.t1 };
    widgets::elided(p, says, Align::Left, &field.says, Type::CodeSmall, ink);
    response.on_hover_text_at_pointer(&field.says).clicked()
}
