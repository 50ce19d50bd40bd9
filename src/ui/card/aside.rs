//! The panel at the right: the details of what is picked, or the trace.

use super::tabs::{Centre, Tab};
use super::{CardPlace, trace};
use crate::ui::action::Action;
use crate::ui::numbers;
use crate::ui::tokens::Tokens;
use crate::ui::widgets::{self, filled_panel};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{CardView, View};
use egui::{Panel, Ui};

impl CardPlace {
    /// The trace, for what is listed of it.
    pub fn trace(&self) -> &trace::TraceState {
        &self.trace
    }

    /// Shows the trace; with its filter ready to be typed into, if that is asked for.
    pub(super) fn show_trace(&mut self, filter: bool) {
        self.tab = Tab::Trace;
        self.centre = Centre::Aside;
        if filter {
            self.trace.focus_filter();
        }
    }

    /// The panel, beside the map.
    pub(super) fn right(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        let t = Tokens::of(ui.ctx());
        // The trace has longer rows.
        let (id, name, width, most) = match self.tab {
            Tab::Details => ("details panel", "details", 320.0, 440.0),
            Tab::Trace => ("trace panel", "trace", 400.0, 640.0),
        };
        let panel = Panel::right(id)
            .default_size(self.panel_size(name, width))
            .size_range(280.0..=most)
            .frame(filled_panel(t.panel))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let count = numbers::grouped(self.trace.exchanges() as u64);
                let first = match self.changes.has_details() {
                    true => words::text("changes.one"),
                    false => words::text("card.details"),
                };
                let tabs = [
                    (first, "", Tab::Details),
                    (words::text("trace.tab"), count.as_str(), Tab::Trace),
                ];
                if widgets::tabs(ui, 36.0, &tabs, &mut self.tab) {
                    // The panel was begun for the other tab.
                    ui.ctx().request_repaint();
                }
                self.tab(ui, view, card, asked, commands);
            });
        self.note_panel(name, panel.response.rect.width());
    }

    /// The trace beside no card at all: what passed before it could be shown.
    pub(super) fn trace_alone(
        &mut self,
        ui: &mut Ui,
        view: &View,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        let t = Tokens::of(ui.ctx());
        let panel = Panel::right("trace panel")
            .default_size(self.panel_size("trace", 400.0))
            .size_range(280.0..=640.0)
            .frame(filled_panel(t.panel))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                widgets::panel_header(ui, 36.0, words::text("trace.tab"), "", |_| ());
                let (state, selection) = (&mut self.trace, &mut self.selection);
                trace::show(ui, state, (view, None), selection, asked, commands);
            });
        self.note_panel("trace", panel.response.rect.width());
    }

    /// In a narrow window map, details and trace take turns.
    pub(super) fn choose_centre(&mut self, ui: &mut Ui) {
        let choices = [
            (words::text("card.map_tab"), (Centre::Map, self.tab)),
            (words::text("card.details"), (Centre::Aside, Tab::Details)),
            (words::text("trace.tab"), (Centre::Aside, Tab::Trace)),
        ];
        let mut chosen = (self.centre, self.tab);
        widgets::segmented(ui, &choices, &mut chosen);
        (self.centre, self.tab) = chosen;
    }

    /// What the chosen tab shows.
    pub(super) fn tab(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        match self.tab {
            Tab::Details => self.details(ui, view, card, commands),
            Tab::Trace => trace::show(
                ui,
                &mut self.trace,
                (view, Some(card)),
                &mut self.selection,
                asked,
                commands,
            ),
        }
    }
}
