//! The left panel of the Card place, the tree of nodes or the list of changes, and the change that is picked there.

use super::{CardPlace, Look, changes, tree};
use crate::ui::action::Action;
use crate::ui::icons;
use crate::ui::tokens::Tokens;
use crate::ui::widgets::{self, Button, Size, filled_panel};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{CardView, View};
use egui::{Panel, Ui};

impl CardPlace {
    /// The nodes, or what differs.
    pub(super) fn left(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        look: Look,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        let t = Tokens::of(ui.ctx());
        let tree_width = if look.wide {
            400.0_f32.min(ui.available_width() * 0.27).max(320.0)
        } else {
            320.0
        };
        let panel = Panel::left("tree panel")
            .default_size(self.panel_size("tree", tree_width))
            .size_range(280.0..=520.0)
            .frame(filled_panel(t.panel))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let compares = self.changes.comparison().is_some();
                if changes::tabs(ui, &mut self.changes) {
                    self.list_changes(ui, view, commands);
                } else {
                    self.nodes(ui, view, card, look, compares, asked);
                }
            });
        self.note_panel("tree", panel.response.rect.width());
    }

    /// What differs between the sides of a comparison.
    fn list_changes(&mut self, ui: &mut Ui, view: &View, commands: &mut Vec<Command>) {
        let frame = changes::Frame {
            view,
            addresses: self.facts.addresses,
        };
        if let Some(picked) = changes::show_list(ui, &mut self.changes, &frame, commands) {
            self.selection = picked;
        }
    }

    /// The tree of nodes, under tabs if there are any.
    fn nodes(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        look: Look,
        under_tabs: bool,
        asked: &mut Vec<Action>,
    ) {
        if !under_tabs {
            nodes_header(ui, card, asked);
        }
        let changed_node = look
            .glow
            .and_then(|strength| Some((strength, self.changed_node(card)?)));
        if tree::show(ui, &mut self.tree, &mut self.selection, changed_node) {
            self.tree.rebuild(view, card, self.facts.addresses);
        }
    }

    /// The change that is picked in the list of changes.
    pub(super) fn change(&mut self, ui: &mut Ui, view: &View, commands: &mut Vec<Command>) {
        let frame = changes::Frame {
            view,
            addresses: self.facts.addresses,
        };
        match changes::show_details(ui, &self.changes, &frame) {
            Some(changes::Asked::GoTo(event)) => commands.push(Command::ShowMoment(Some(event))),
            Some(changes::Asked::Step(by)) => self.step_change(by),
            None => {}
        }
    }

    /// Picks the next change of the comparison, or with -1 the one before.
    pub(super) fn step_change(&mut self, by: isize) {
        if let Some(picked) = self.changes.step(by) {
            self.selection = picked;
            self.bring_into_sight();
        }
    }
}

/// The header of the tree: how many nodes there are, and a button that folds them.
fn nodes_header(ui: &mut Ui, card: &CardView, asked: &mut Vec<Action>) {
    let (systems, areas, services) = card.tree.counts();
    let counts = words::format(
        "card.counts",
        &[
            ("systems", &systems),
            ("areas", &areas),
            ("services", &services),
        ],
    );
    let title = words::text("card.nodes");
    widgets::panel_header(ui, 36.0, title, &counts, |ui| {
        let name = Action::CollapseAll.name();
        let button = Button::ghost("")
            .icon(icons::COLLAPSE)
            .size(Size::Small)
            .named(name);
        if ui.add(button).on_hover_text(name).clicked() {
            asked.push(Action::CollapseAll);
        }
    });
}
