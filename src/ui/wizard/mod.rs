//! The wizard that stands on the desk while a flow runs.

use crate::workbench::command::Command;
use crate::workbench::view::{FlowView, View};

/// Draws the wizard over the whole of `ui`. What the person asks for goes to `send`.
pub fn show(ui: &mut egui::Ui, _view: &View, flow: &FlowView, _send: &mut impl FnMut(Command)) {
    ui.label(&flow.table.title);
}
