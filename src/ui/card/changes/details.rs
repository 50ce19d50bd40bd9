//! The change that is picked: what was and what is, its [`bytes`] on both sides, and the events between that made it so.

mod bytes;
mod over_time;

use super::list::paint_sign;
use super::rows::event_of;
use super::says::{self, Told};
use super::story::Story;
use super::{Changes, Frame};
use crate::model::card::NodeCode;
use crate::model::card::difference::{ChangedNode, FieldChange, KeyValue, Sides, Value};
use crate::model::card::journal::EventId;
use crate::model::card::tree::SystemTree;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_BOX, STROKE, Tokens};
use crate::ui::widgets::{self, Align, Button, Size};
use crate::ui::{icons, numbers};
use crate::words;

use crate::workbench::compare::Side;
use crate::workbench::view::{CardView, ComparisonView, event_words};
use egui::{
    Align2, CornerRadius, Frame as Ground, Label, Layout, Margin, Panel, Rect, Role, ScrollArea,
    Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// What a person asks for here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Show the card as it was after that event.
    GoTo(EventId),
    /// The next change, or with -1 the one before.
    Step(isize),
}

/// The change and what it is drawn with.
struct Shown<'a> {
    t: &'a Tokens,
    comparison: &'a ComparisonView,
    change: &'a FieldChange,
    index: usize,
    story: &'a Story,
    frame: &'a Frame<'a>,
}

/// Draws the picked change, which there must be one of; otherwise nothing.
pub fn show(ui: &mut Ui, changes: &Changes, frame: &Frame<'_>) -> Option<Asked> {
    let comparison = changes.comparison()?;
    let picked = changes.entry()?;
    let shown = Shown {
        t: Tokens::of(ui.ctx()),
        comparison,
        change: comparison.difference.changes.get(picked.change)?,
        index: picked.change,
        story: &changes.story,
        frame,
    };
    let place = (changes.picked?, changes.rows.entries.len());
    let asked = Panel::bottom("change footer")
        .exact_size(44.0)
        .frame(widgets::filled_panel(shown.t.panel))
        .show(ui, |ui| shown.footer(ui, place))
        .inner;
    ScrollArea::vertical()
        .id_salt("change")
        .auto_shrink(false)
        .show(ui, |ui| {
            let margin = Margin::same(GAP_3 as i8);
            Ground::new().inner_margin(margin).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                shown.title(ui);
                shown.values(ui);
                shown.bytes(ui);
                shown.events(ui);
                shown.guarded(ui);
                shown.over_time(ui);
            });
        });
    asked
}

impl Shown<'_> {
    fn title(&self, ui: &mut Ui) {
        let t = self.t;
        let addresses = self.frame.addresses;
        let code = says::code(&self.comparison.difference, self.change, addresses);
        let field = says::field(self.change);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
        let name = format!("{code} {field}");
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &name));
        let p = ui.painter();
        paint_sign(
            p,
            t,
            pos2(rect.left(), rect.center().y - 7.0),
            self.change.sign(),
        );
        let room = rect.with_min_x(rect.left() + 22.0);
        let code = widgets::elided(p, room, Align::Left, &code, Type::Value, t.t1);
        let room = room.with_min_x(code.right() + GAP_2);
        widgets::elided(p, room, Align::Left, &field, Type::Heading, t.t1);
        let mut line = self.change.block().map(|block| addresses.label(block));
        if let (Some(line), Some(bytes)) = (&mut line, &self.change.bytes) {
            let last = bytes.end.saturating_sub(1);
            let span = [("first", bytes.start), ("last", last)];
            let [first, last] = span.map(|(name, at)| (name, format!("{at:02X}")));
            let words: [(&str, &dyn std::fmt::Display); 3] = [
                ("block", &line.clone()),
                (first.0, &first.1),
                (last.0, &last.1),
            ];
            *line = words::format("changes.at", &words);
        }
        if let Some(line) = line {
            ui.add(Label::new(Type::Small.paragraph(line, t.t2)).wrap());
        }
        ui.add_space(GAP_2);
    }

    /// Both values, big, and what lies between two amounts.
    fn values(&self, ui: &mut Ui) {
        let t = self.t;
        let (a, b) = match says::told(self.change, self.frame.addresses) {
            Told::Sides(a, b) => (a, b),
            Told::One(words) => {
                ui.add(Label::new(Type::Body.text(words, t.t1)).wrap());
                ui.add_space(GAP_2);
                return;
            }
        };
        let none = || words::text("changes.not_there").to_string();
        let (a, b) = (a.unwrap_or_else(none), b.unwrap_or_else(none));
        let short = a.chars().count().max(b.chars().count()) <= 12;
        let width = ui.available_width();
        if short {
            let (rect, _) = ui.allocate_exact_size(vec2(width, 60.0), Sense::hover());
            let half = (width - 28.0) / 2.0;
            let left = rect.with_max_x(rect.left() + half);
            let right = rect.with_min_x(rect.right() - half);
            self.value_box(ui, left, "A", &a, Type::BigValue, t.line2);
            self.value_box(ui, right, "B", &b, Type::BigValue, t.accent);
            let arrow = icons::ARROW_RIGHT;
            let font = crate::ui::theme::icon(14.0);
            ui.painter()
                .text(rect.center(), Align2::CENTER_CENTER, arrow, font, t.t3);
        } else {
            for (side, value, border) in [("A", &a, t.line2), ("B", &b, t.accent)] {
                let (rect, _) = ui.allocate_exact_size(vec2(width, 52.0), Sense::hover());
                self.value_box(ui, rect, side, value, Type::CodeMedium, border);
                ui.add_space(GAP_2);
            }
        }
        if let Some(line) = self.between() {
            ui.add_space(GAP_2);
            ui.add(Label::new(Type::Small.paragraph(line, t.t2)).wrap());
        }
        ui.add_space(GAP_3);
    }

    fn value_box(
        &self,
        ui: &Ui,
        rect: Rect,
        side: &str,
        value: &str,
        kind: Type,
        border: egui::Color32,
    ) {
        let t = self.t;
        let id = ui.scope_id().with(("value", side));
        let response = ui.interact(rect, id, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{side}: {value}")));
        let p = ui.painter();
        let corner = CornerRadius::same(RADIUS_BOX);
        p.rect(
            rect,
            corner,
            t.raised,
            Stroke::new(STROKE, border),
            StrokeKind::Inside,
        );
        let inner = rect.shrink2(vec2(GAP_3, GAP + GAP / 2.0));
        let (head, body) = (
            inner.with_max_y(inner.top() + 14.0),
            inner.with_min_y(inner.top() + 14.0),
        );
        widgets::elided(p, head, Align::Left, side, Type::Caption, t.t3);
        let drawn = widgets::elided(p, body, Align::Left, value, kind, t.t1);
        if drawn.width() >= body.width() - GAP {
            response.on_hover_text(value);
        }
    }

    /// `Down by 400.`
    fn between(&self) -> Option<String> {
        let (Some(Value::Amount(a)), Some(Value::Amount(b))) =
            (self.change.values.a, self.change.values.b)
        else {
            return None;
        };
        let key = if b < a { "changes.down" } else { "changes.up" };
        let by = numbers::grouped(a.abs_diff(b));
        Some(words::format(key, &[("by", &by)]))
    }

    /// The events that wrote the block on the way from A to B, newest first.
    fn events(&self, ui: &mut Ui) {
        if self.comparison.sides.b.card.history.is_none() {
            return;
        }
        let all = numbers::grouped(self.story.all as u64);
        let aside = words::format("changes.events", &[("count", &all)]);
        widgets::section_header(ui, words::text("changes.how"), &aside);
        if self.story.newest.is_empty() {
            let none = words::text("changes.no_events");
            ui.add(Label::new(Type::Small.paragraph(none, self.t.t3)).wrap());
        }
        for id in &self.story.newest {
            self.event(ui, *id);
        }
        ui.add_space(GAP_3);
    }

    fn event(&self, ui: &mut Ui, id: EventId) {
        let t = self.t;
        let history = self.comparison.sides.b.card.history.as_ref();
        let Some((history, event)) = history.and_then(|h| Some((h, h.journal.event(id)?))) else {
            return;
        };
        let size = vec2(ui.available_width(), 22.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let number = numbers::event(id.number().into());
        let cause = history.journal.cause(event);
        let step = cause.and_then(|cause| cause.step.as_ref());
        let step = step.map_or_else(String::new, ToString::to_string);
        let command = event_words(&history.journal, event);
        let time = numbers::time(event.time_ms);
        response.widget_info(|| {
            let spoken = format!("{number} {step} {command} {time}");
            WidgetInfo::labeled(Role::ListItem, true, spoken)
        });
        let p = ui.painter();
        let column = |from: f32, to: f32| {
            rect.with_min_x(rect.left() + from)
                .with_max_x(rect.left() + to)
        };
        let right = rect.width();
        // What no step caused has no column for it.
        let from = if step.is_empty() { 54.0 } else { 92.0 };
        let cells = [
            (column(0.0, 52.0), number.as_str(), Type::CodeSmall, t.t3),
            (
                column(54.0, 90.0),
                step.as_str(),
                Type::CodeSmallMedium,
                t.t1,
            ),
            (column(from, right - 62.0), command, Type::Small, t.t1),
            (
                column(right - 60.0, right),
                time.as_str(),
                Type::CodeSmall,
                t.t3,
            ),
        ];
        for (place, text, kind, ink) in cells {
            widgets::elided(p, place, Align::Left, text, kind, ink);
        }
    }

    /// The key that guards what changed: on B, and whether A has the same.
    fn guarded(&self, ui: &mut Ui) {
        let code = match self.change.node {
            ChangedNode::System => NodeCode::SYSTEM,
            ChangedNode::Area(code) => code,
            ChangedNode::Service(code) => code.node(),
            ChangedNode::Block => return,
        };
        let keys = Sides {
            a: self.key_of(&self.comparison.sides.a.card, code, |n| n.a),
            b: self.key_of(&self.comparison.sides.b.card, code, |n| n.b),
        };
        let Some(now) = keys.b.or(keys.a) else { return };
        widgets::section_header(ui, words::text("card.details.guarded_by"), "");
        let told = |key: KeyValue| says::value(Value::Key(key), None, self.frame.addresses);
        let label = words::text("changes.key_now");
        widgets::key_value_code(ui, label, Some(&told(now)));
        let before = match keys.a {
            Some(a) if a == now => words::text("changes.same_key").to_string(),
            Some(a) => told(a),
            None => words::text("changes.not_there").to_string(),
        };
        widgets::key_value_code(ui, words::text("changes.key_at_a"), Some(&before));
    }

    fn key_of(
        &self,
        card: &CardView,
        code: NodeCode,
        number: fn(Sides<Option<u8>>) -> Option<u8>,
    ) -> Option<KeyValue> {
        let compared = self.comparison.difference.systems.get(self.change.system)?;
        let number = number(compared.number)?;
        let system: &SystemTree = card.tree.systems.iter().find(|s| s.number == number)?;
        let key = if code == NodeCode::SYSTEM {
            system.key
        } else if let Some(service) = code.service() {
            system.service(service)?.key
        } else {
            system.areas.iter().find(|area| area.code == code)?.key
        };
        let version = key.des_version();
        version
            .or(key.aes.map(|aes| aes.version))
            .map(|version| KeyValue {
                version: Some(version),
                kcv: key.kcv.or(key.aes.and_then(|aes| aes.kcv)),
            })
    }

    /// The way to the event that made the change, and to the changes before and behind it.
    fn footer(&self, ui: &mut Ui, (at, all): (usize, usize)) -> Option<Asked> {
        let t = self.t;
        let mut asked = None;
        let rect = ui.max_rect().shrink2(vec2(GAP_3, 0.0));
        ui.scope_builder(
            egui::UiBuilder::new()
                .max_rect(rect)
                .layout(Layout::left_to_right(egui::Align::Center)),
            |ui| {
                ui.spacing_mut().item_spacing.x = GAP_2;
                let event = event_of(self.comparison, self.index);
                let on_time_line =
                    matches!(self.comparison.sides.b.side, Side::Live | Side::Moment(_));
                if let Some(id) = event.filter(|_| on_time_line) {
                    let number = numbers::event(id.number().into());
                    let name = words::format("card.details.go_to", &[("event", &number)]);
                    if ui.add(Button::secondary(&name).size(Size::Small)).clicked() {
                        asked = Some(Asked::GoTo(id));
                    }
                }
                let steps = [
                    (icons::CARET_UP, "shell.action.previous_change", -1, at == 0),
                    (
                        icons::CARET_DOWN,
                        "shell.action.next_change",
                        1,
                        at + 1 == all,
                    ),
                ];
                for (icon, key, by, end) in steps {
                    let name = words::text(key);
                    let why = end.then(|| words::text("changes.no_further"));
                    let button = Button::secondary("").icon(icon).size(Size::Small);
                    if ui.add(button.named(name).refused(why)).clicked() {
                        asked = Some(Asked::Step(by));
                    }
                }
                let (at, all) = (at as u64 + 1, all as u64);
                let words = words::format(
                    "changes.position",
                    &[
                        ("at", &numbers::grouped(at)),
                        ("all", &numbers::grouped(all)),
                    ],
                );
                ui.label(Type::Small.text(words, t.t2));
            },
        );
        asked
    }
}
