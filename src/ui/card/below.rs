//! The time line below the rest of the Card place.

use super::CardPlace;
use super::time::{self, HEIGHT, Shown};
use crate::ui::action::Action;
use crate::ui::tokens::Tokens;
use crate::ui::widgets::filled_panel;
use crate::workbench::Command;
use crate::workbench::view::CardView;
use egui::{Panel, Ui};

impl CardPlace {
    /// The time line, of a card that keeps what was written.
    pub(super) fn time(
        &mut self,
        ui: &mut Ui,
        card: &CardView,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        let Some(history) = &card.history else { return };
        let shown = Shown {
            card,
            history,
            comparison: self.changes.comparison().map(|compared| &**compared),
            facts: &self.facts,
            selection: self.selection,
        };
        let picked = Panel::bottom("time line")
            .exact_size(HEIGHT)
            .resizable(false)
            .frame(filled_panel(Tokens::of(ui.ctx()).panel))
            .show(ui, |ui| {
                time::draw(ui, &mut self.time, shown, asked, commands)
            })
            .inner;
        if let Some(event) = picked {
            self.pick_event(card, event);
        }
    }

    /// Goes through time as was asked for; gives what the workbench is to do.
    pub(super) fn act_in_time(&mut self, action: Action) -> Option<Command> {
        let card = self.shown.clone()?;
        self.time.act(action, &card)
    }
}
