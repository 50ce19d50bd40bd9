//! The Card place while no card is open: what to do.

use crate::ui::action::Action;
use crate::ui::reader_menu::NoCard;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, GAP_3, RADIUS_BOX, STROKE, Tokens};
use crate::ui::widgets::{self, Button, filled_panel};
use crate::words;
use crate::workbench::view::View;
use egui::{CentralPanel, Sense, Stroke, Ui, pos2, vec2};

/// No card is open: what to do.
pub fn show(ui: &mut Ui, view: &View, asked: &mut Vec<Action>) {
    let t = Tokens::of(ui.ctx());
    CentralPanel::no_frame()
        .frame(filled_panel(t.panel))
        .show(ui, |ui| {
            widgets::panel_header(ui, 36.0, words::text("card.map"), "", |_| ());
            ui.add_space((ui.available_height() / 2.0 - 190.0).max(GAP_3));
            ui.vertical_centered(|ui| {
                let (place, _) = ui.allocate_exact_size(vec2(256.0, 96.0), Sense::hover());
                widgets::dashed_rect(ui.painter(), place, Stroke::new(STROKE, t.line3));
                for row in 0..5 {
                    for column in 0..14 {
                        let at =
                            place.min + vec2(18.0 + 17.0 * column as f32, 14.0 + 17.0 * row as f32);
                        ui.painter().circle_filled(pos2(at.x, at.y), 1.0, t.line3);
                    }
                }
            });
            ui.add_space(GAP_2 + f32::from(RADIUS_BOX));
            let said = NoCard::of(view, "card.none", "card.none_how");
            widgets::empty_state(ui, &said.what, &said.how, |ui| {
                for action in said.actions {
                    let keys = action.keys();
                    let button = if *action == Action::NewCard {
                        Button::primary(action.name())
                    } else {
                        Button::secondary(action.name())
                    };
                    let button = button
                        .key(&keys)
                        .min_width(256.0)
                        .refused(action.refused(view));
                    if ui.add(button).clicked() {
                        asked.push(*action);
                    }
                }
                ui.add_space(GAP_2);
                ui.label(Type::Small.text(words::text("card.none_drop"), t.t3));
            });
        });
}
