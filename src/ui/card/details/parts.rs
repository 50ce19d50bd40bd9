//! Parts that several details share: the key that guards a node, and the events that wrote it.

use super::picked::{Asked, Picked};
use crate::model::card::journal::EventId;
use crate::model::card::tree::KeyFacts;
use crate::ui::card::facts::written;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP_2, GAP_3, RADIUS_BOX, STROKE, Tokens};
use crate::ui::widgets::{self, Align, Button, Size};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{History, event_words};
use egui::{
    Align2, CornerRadius, Label, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// As many events as are listed; the count beside the title says how many there are.
pub(super) const EVENTS_SHOWN: usize = 12;

impl Picked<'_> {
    /// The events that wrote what is picked, newest first.
    pub(super) fn events(&self, ui: &mut Ui) {
        let Some(history) = &self.card.history else {
            return;
        };
        let written = written(self.card, self.selection, EVENTS_SHOWN);
        let all = history.shown.and_then(|shown| history.journal.event(shown));
        let all = all.map_or(0, |event| u64::from(event.depth) + 1);
        ui.add_space(GAP_2);
        let aside = words::format(
            "card.details.events_of",
            &[
                ("count", &numbers::grouped(written.all)),
                ("all", &numbers::grouped(all)),
            ],
        );
        widgets::section_header(ui, words::text("card.details.written_by"), &aside);
        if written.all == 0 {
            let t = Tokens::of(ui.ctx());
            ui.add(
                Label::new(Type::Small.paragraph(words::text("card.details.no_events"), t.t3))
                    .wrap(),
            );
        }
        let number = |id: &EventId| numbers::event(id.number().into());
        let width = |id| widgets::width_of(ui.painter(), &number(id), Type::CodeSmall);
        let widest = written.newest.iter().map(width).fold(38.0, f32::max);
        for id in &written.newest {
            self.event(ui, history, *id, widest);
        }
        let picked = self.selection.event.filter(|id| history.shown != Some(*id));
        if let Some(id) = picked {
            ui.add_space(GAP_2);
            let number = numbers::event(id.number().into());
            let name = words::format("card.details.go_to", &[("event", &number)]);
            if ui.add(Button::secondary(&name).size(Size::Small)).clicked() {
                self.asked.set(Some(Asked::GoTo(id)));
            }
        }
    }

    /// One event as a row, with so many points for its number.
    fn event(&self, ui: &mut Ui, history: &History, id: EventId, number_width: f32) {
        let Some(event) = history.journal.event(id) else {
            return;
        };
        let t = Tokens::of(ui.ctx());
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
        let number = numbers::event(id.number().into());
        let time = numbers::time(event.time_ms);
        let place = self.addresses.label(event.address);
        let step = history
            .journal
            .cause(event)
            .and_then(|cause| cause.step.as_ref());
        let step = step.map_or_else(String::new, ToString::to_string);
        let command = event_words(&history.journal, event);
        let lit = self.selection.event == Some(id);
        response.widget_info(|| {
            let spoken = format!("{number} {step} {command} {place} {time}");
            WidgetInfo::selected(Role::ListItem, true, lit, spoken)
        });
        if response.clicked() {
            self.asked.set(Some(Asked::Pick(id)));
        }
        let row = rect.expand2(vec2(GAP_2, 0.0));
        if lit {
            ui.painter().rect_filled(row, CornerRadius::ZERO, t.sel);
        } else if response.hovered() {
            ui.painter().rect_filled(row, CornerRadius::ZERO, t.hover);
        }
        widgets::focus_ring(ui.painter(), t, &response, rect, 0);
        let p = ui.painter();
        let column = |from: f32, to: f32| {
            Rect::from_min_max(
                pos2(rect.left() + from, rect.top()),
                pos2(rect.left() + to, rect.bottom()),
            )
        };
        let right = rect.width();
        widgets::elided(
            p,
            column(0.0, number_width + 4.0),
            Align::Left,
            &number,
            Type::CodeSmall,
            t.t3,
        );
        widgets::elided(
            p,
            column(number_width + 8.0, number_width + 42.0),
            Align::Left,
            &step,
            Type::CodeSmallMedium,
            t.t1,
        );
        widgets::elided(
            p,
            column(number_width + 44.0, right - 62.0),
            Align::Left,
            command,
            Type::Small,
            t.t1,
        );
        widgets::elided(
            p,
            column(right - 60.0, right),
            Align::Right,
            &time,
            Type::CodeSmall,
            t.t3,
        );
    }
}

/// A node's keys by version and check value; never their bytes.
pub(super) fn key_box(ui: &mut Ui, name: &str, key: &KeyFacts) {
    let t = Tokens::of(ui.ctx());
    ui.add_space(GAP_2);
    widgets::section_header(ui, words::text("card.details.guarded_by"), "");
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 60.0), Sense::hover());
    let version = key.version.map(numbers::version);
    let kcv = key.kcv.map(|kcv| kcv.to_string());
    let unknown = words::text("shell.not_known");
    response.widget_info(|| {
        let spoken = format!(
            "{name}, {}, {} {}",
            version.as_deref().unwrap_or(unknown),
            words::text("card.details.kcv"),
            kcv.as_deref().unwrap_or(unknown)
        );
        WidgetInfo::labeled(Role::Label, true, spoken)
    });
    let p = ui.painter();
    let corner = CornerRadius::same(RADIUS_BOX);
    p.rect(
        rect,
        corner,
        t.raised,
        Stroke::new(STROKE, t.line2),
        StrokeKind::Inside,
    );
    let inner = rect.shrink2(vec2(GAP_3, GAP_2));
    let (first, second) = inner.split_top_bottom_at_fraction(0.5);
    p.text(
        first.left_center() + vec2(7.0, 0.0),
        Align2::CENTER_CENTER,
        icons::KEY,
        theme::icon(14.0),
        t.t2,
    );
    let after_icon = Rect::from_min_max(pos2(first.left() + 22.0, first.top()), first.max);
    widgets::elided(p, after_icon, Align::Left, name, Type::BodyMedium, t.t1);
    let value = |place: Rect, text: Option<&str>| match text {
        Some(text) => widgets::elided(p, place, Align::Right, text, Type::CodeMedium, t.t1),
        None => widgets::elided(p, place, Align::Right, unknown, Type::Small, t.unknown),
    };
    value(first, version.as_deref());
    widgets::elided(
        p,
        second,
        Align::Left,
        words::text("card.details.kcv"),
        Type::Small,
        t.t3,
    );
    let only_aes = key.aes.is_some_and(|aes| aes.alone);
    let no_key = only_aes.then(|| words::text("card.details.no_des_key"));
    value(second, no_key.or(kcv.as_deref()));
    if let Some(aes) = key.aes {
        let (version, kcv) = (
            numbers::version(aes.version),
            aes.kcv.map(|kcv| kcv.to_string()),
        );
        widgets::key_value_code(
            ui,
            words::text("card.details.aes_key_version"),
            Some(&version),
        );
        widgets::key_value_code(ui, words::text("card.details.aes_kcv"), kcv.as_deref());
    }
}
