//! Parts that several details share: the key that guards a node, and the events that wrote it.

use super::Picked;
use crate::model::card::tree::KeyFacts;
use crate::ui::card::facts::events_of;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP_2, GAP_3, RADIUS_BOX, STROKE, Tokens};
use crate::ui::widgets::{self, Align};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::EventView;
use egui::{
    Align2, CornerRadius, Label, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// As many events as are listed; the count beside the title says how many there are.
pub(super) const EVENTS_SHOWN: usize = 12;

impl Picked<'_> {
    /// The events that wrote what is picked, newest first.
    pub(super) fn events(&self, ui: &mut Ui) {
        let all = events_of(self.card, self.selection).count();
        ui.add_space(GAP_2);
        let aside = words::format(
            "card.details.events_of",
            &[
                ("count", &numbers::grouped(all as u64)),
                ("all", &numbers::grouped(self.card.events.len() as u64)),
            ],
        );
        widgets::section_header(ui, words::text("card.details.written_by"), &aside);
        if all == 0 {
            let t = Tokens::of(ui.ctx());
            ui.add(
                Label::new(Type::Small.paragraph(words::text("card.details.no_events"), t.t3))
                    .wrap(),
            );
        }
        for event in events_of(self.card, self.selection).take(EVENTS_SHOWN) {
            self.event(ui, event);
        }
    }

    pub(super) fn event(&self, ui: &mut Ui, event: &EventView) {
        let t = Tokens::of(ui.ctx());
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let number = numbers::event(event.sequence);
        let time = numbers::time(event.time_ms);
        let place = self.addresses.label(event.address);
        let step = event
            .step
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        response.widget_info(|| {
            WidgetInfo::labeled(
                Role::ListItem,
                true,
                format!("{number} {step} {} {place} {time}", event.command),
            )
        });
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
            column(0.0, 40.0),
            Align::Left,
            &number,
            Type::CodeSmall,
            t.t3,
        );
        widgets::elided(
            p,
            column(42.0, 76.0),
            Align::Left,
            &step,
            Type::CodeSmallMedium,
            t.t1,
        );
        widgets::elided(
            p,
            column(78.0, right - 62.0),
            Align::Left,
            event.command,
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
