//! What actions do to the Card place itself, in the main window and in windows of their own.

use super::CardPlace;
use super::map::colouring::Mode;
use crate::ui::action::Action;
use crate::workbench::Command;
use crate::workbench::view::View;

impl CardPlace {
    /// Does an action that is about what the place shows; gives what it asks of the workbench. Other actions do
    /// nothing.
    pub fn act(&mut self, view: &View, action: Action) -> Option<Command> {
        match action {
            Action::NextChange => self.step_change(1),
            Action::PreviousChange => self.step_change(-1),
            Action::ShowTrace | Action::FilterTrace => {
                self.show_trace(action == Action::FilterTrace);
            }
            Action::EditBytes | Action::CopyHex | Action::CopyText => self.act_on_bytes(action),
            Action::ExpandAll | Action::CollapseAll => {
                self.fold_all(view, action == Action::CollapseAll);
            }
            Action::ColourByOwner => self.map.colour_by(Mode::Owner),
            Action::ColourByKind => self.map.colour_by(Mode::Kind),
            Action::ColourByKey => self.map.colour_by(Mode::Key),
            Action::ColourByHeat => self.map.colour_by(Mode::Heat),
            Action::ColourByDifference => self.map.colour_by(Mode::Difference),
            Action::ZoomIn => self.map.zoom_by(1.0),
            Action::ZoomOut => self.map.zoom_by(-1.0),
            Action::ZoomWhole => self.map.zoom_whole(),
            action if action.is_of_time() => return self.act_in_time(action),
            _ => {}
        }
        None
    }
}
