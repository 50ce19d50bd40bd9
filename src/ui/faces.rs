//! The Faces place: says plainly that card faces are not there yet.

use super::action::Action;
use super::tokens::{GAP_3, Tokens};
use super::widgets::{self, Button, filled_panel};
use crate::words;
use egui::{CentralPanel, Ui};

/// Draws the place.
pub fn show(ui: &mut Ui, asked: &mut Vec<Action>) {
    let t = Tokens::of(ui.ctx());
    CentralPanel::no_frame()
        .frame(filled_panel(t.panel))
        .show(ui, |ui| {
            widgets::panel_header(ui, 36.0, words::text("shell.place.faces"), "", |_| ());
            ui.add_space((ui.available_height() / 2.0 - 90.0).max(GAP_3));
            let (title, text) = (
                words::text("desk.faces_none"),
                words::text("desk.faces_instead"),
            );
            widgets::empty_state(ui, title, text, |ui| {
                if ui.add(Button::secondary(Action::GoCard.name())).clicked() {
                    asked.push(Action::GoCard);
                }
            });
        });
}
