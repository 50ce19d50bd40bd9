//! The tree of nodes: systems, their areas, the services under them, and the system blocks.
//!
//! The visible nodes are flattened into rows when the card, the filter or what is unfolded changes; a frame
//! draws only the rows on screen. The tree has the keyboard as a whole and moves the selection.

mod draw;
mod rows;

pub use rows::{access_words, kind_words, system_code};

use super::addresses::Addresses;
use super::facts::{NodeRef, Selection};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_3, Tokens};
use crate::ui::widgets::{self};
use crate::words;
use crate::workbench::view::{CardView, View};
use draw::{Marked, ROW, column_heads, tree_row};
use egui::{EventFilter, Key, Response, Role, ScrollArea, Sense, Ui, WidgetInfo};
use rows::{TreeRow, flatten, with_ancestors};
use std::collections::HashSet;

/// What the tree keeps between frames.
#[derive(Default)]
pub struct TreeState {
    rows: Vec<TreeRow>,
    folded: HashSet<NodeRef>,
    filter: String,
    /// A row to bring into sight in the next frame.
    reveal: Option<NodeRef>,
}

impl TreeState {
    /// Makes the rows anew: the card, the filter or the folds changed.
    pub fn rebuild(&mut self, view: &View, card: &CardView, addresses: Addresses) {
        self.rows.clear();
        let all = flatten(view, card, addresses);
        let wanted = self.filter.trim().to_lowercase();
        if !wanted.is_empty() {
            let found = |row: &TreeRow| row.spoken.to_lowercase().contains(&wanted);
            self.rows = with_ancestors(all, found);
            return;
        }
        let mut hidden_below = usize::MAX;
        for mut row in all {
            if row.depth > hidden_below {
                continue;
            }
            hidden_below = usize::MAX;
            if row.unfolded.is_some() {
                let folded = self.folded.contains(&row.node);
                row.unfolded = Some(!folded);
                if folded {
                    hidden_below = row.depth;
                }
            }
            self.rows.push(row);
        }
    }

    /// Folds the system-blocks group of every system that `before` did not have: what one opens with.
    pub fn fold_new_groups(&mut self, before: Option<&CardView>, card: &CardView) {
        for system in &card.tree.systems {
            if before.is_none_or(|b| super::facts::system(&b.tree, system.number).is_none()) {
                self.folded.insert(NodeRef::SystemBlocks(system.number));
            }
        }
    }

    /// Folds everything, or nothing.
    pub fn fold_all(&mut self, card: &CardView, fold: bool) {
        self.folded.clear();
        if fold {
            for system in &card.tree.systems {
                self.folded.insert(NodeRef::System(system.number));
                self.folded.insert(NodeRef::SystemBlocks(system.number));
                self.folded.insert(NodeRef::Adrift(system.number));
                for area in &system.areas {
                    self.folded.insert(NodeRef::Area(system.number, area.code));
                }
            }
        }
    }

    /// Unfolds what holds `node`, and brings it into sight.
    pub fn reveal(&mut self, card: &CardView, node: NodeRef) {
        self.reveal = Some(node);
        let number = node.system();
        self.folded.remove(&NodeRef::System(number));
        if matches!(node, NodeRef::SystemBlock(..)) {
            self.folded.remove(&NodeRef::SystemBlocks(number));
        }
        let Some(system) = super::facts::system(&card.tree, number) else {
            return;
        };
        self.folded.remove(&NodeRef::Adrift(number));
        let mut area = match node {
            NodeRef::Area(_, code) => system
                .areas
                .iter()
                .find(|area| area.code == code)
                .and_then(|area| area.parent),
            NodeRef::Service(_, code) => system
                .services
                .iter()
                .find(|service| service.code == code)
                .and_then(|s| s.area),
            _ => None,
        };
        while let Some(holder) = area.and_then(|index| system.areas.get(index)) {
            self.folded.remove(&NodeRef::Area(number, holder.code));
            area = holder.parent;
        }
    }

    fn position(&self, node: Option<NodeRef>) -> Option<usize> {
        let node = node?;
        self.rows.iter().position(|row| row.node == node)
    }
}

/// Draws filter, column heads and rows. Picking a row or folding one is written to `selection` and `state`;
/// says whether the rows must be made anew.
pub fn show(
    ui: &mut Ui,
    state: &mut TreeState,
    selection: &mut Selection,
    glow: Option<(f32, NodeRef)>,
) -> bool {
    let t = Tokens::of(ui.ctx());
    let filter = widgets::Filter {
        name: words::text("card.filter"),
        hint: words::text("card.filter_hint"),
        aside: "",
    };
    let mut stale = filter.show(ui, &mut state.filter).changed();
    column_heads(ui, t);
    if state.rows.is_empty() {
        ui.add_space(GAP_3);
        ui.horizontal(|ui| {
            ui.add_space(GAP_3);
            ui.label(Type::Small.text(words::text("card.filter_empty"), t.t3));
        });
        return stale;
    }
    let id = ui.scope_id().with("tree");
    let area = ui.available_rect_before_wrap();
    let whole = ui.interact(area, id, Sense::focusable_noninteractive());
    whole.widget_info(|| WidgetInfo::labeled(Role::Tree, true, words::text("card.tree")));
    if whole.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        stale |= keyboard(ui, state, selection);
    }
    let reveal = state
        .reveal
        .take()
        .and_then(|node| state.position(Some(node)));
    let mut scroll = ScrollArea::vertical()
        .id_salt("tree rows")
        .auto_shrink(false);
    if let Some(at) = reveal {
        let span = (at as f32 * ROW, (at + 1) as f32 * ROW);
        scroll = widgets::scrolled_to(ui, scroll, "tree rows", span, area.height());
    }
    let fold = rows(ui, scroll, &whole, state, selection, glow);
    if let Some(node) = fold {
        if !state.folded.remove(&node) {
            state.folded.insert(node);
        }
        stale = true;
    }
    widgets::focus_ring(ui.painter(), t, &whole, area.shrink(1.0), 0);
    stale
}

/// Draws the rows on screen and picks the one that is clicked; gives the node to fold or unfold.
fn rows(
    ui: &mut Ui,
    scroll: ScrollArea,
    tree: &Response,
    state: &TreeState,
    selection: &mut Selection,
    glow: Option<(f32, NodeRef)>,
) -> Option<NodeRef> {
    let t = Tokens::of(ui.ctx());
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut fold = None;
    // One block alone is its node's.
    let reach = selection.blocks().filter(|_| selection.spans_blocks());
    scroll.show_rows(ui, ROW, state.rows.len(), |ui, range| {
        for at in range {
            let row = &state.rows[at];
            let strength = glow
                .filter(|(_, node)| *node == row.node)
                .map(|(strength, _)| strength);
            let marked = if selection.node == Some(row.node) {
                Marked::Picked
            } else if reach.is_some_and(|blocks| row.own.touches(blocks)) {
                Marked::Touched
            } else {
                Marked::No
            };
            let (response, caret) = tree_row(ui, t, tree.id, row, marked, strength);
            if tree.has_focus() && selection.node == Some(row.node) {
                let active = response.id.accesskit_id();
                ui.ctx()
                    .accesskit_node_builder(tree.id, |node| node.set_active_descendant(active));
            }
            if response.clicked() {
                ui.memory_mut(|memory| memory.request_focus(tree.id));
                if caret {
                    fold = Some(row.node);
                } else {
                    let block = match row.node {
                        NodeRef::SystemBlock(_, physical) => Some(physical),
                        _ => None,
                    };
                    *selection = Selection {
                        node: Some(row.node),
                        block,
                        ..Selection::default()
                    };
                }
            }
            if response.double_clicked() && row.unfolded.is_some() && !caret {
                fold = Some(row.node);
            }
        }
    });
    fold
}

/// Moves the selection by the keyboard; says whether something was folded or unfolded.
fn keyboard(ui: &Ui, state: &mut TreeState, selection: &mut Selection) -> bool {
    let page = ((ui.available_height() / ROW) as usize).max(2) - 1;
    let last = state.rows.len() - 1;
    let at = state.position(selection.node);
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let target = match at {
        None if [Key::ArrowDown, Key::ArrowUp, Key::Home]
            .into_iter()
            .any(pressed) =>
        {
            Some(0)
        }
        None => None,
        Some(at) if pressed(Key::ArrowDown) => Some((at + 1).min(last)),
        Some(at) if pressed(Key::ArrowUp) => Some(at.saturating_sub(1)),
        Some(at) if pressed(Key::PageDown) => Some((at + page).min(last)),
        Some(at) if pressed(Key::PageUp) => Some(at.saturating_sub(page)),
        Some(_) if pressed(Key::Home) => Some(0),
        Some(_) if pressed(Key::End) => Some(last),
        Some(at) if pressed(Key::ArrowRight) => match state.rows[at].unfolded {
            Some(false) => {
                state.folded.remove(&state.rows[at].node);
                return true;
            }
            Some(true) => Some((at + 1).min(last)),
            None => None,
        },
        Some(at) if pressed(Key::ArrowLeft) => {
            let row = &state.rows[at];
            if row.unfolded == Some(true) && state.filter.is_empty() {
                state.folded.insert(row.node);
                return true;
            }
            state.rows[..at]
                .iter()
                .rposition(|above| above.depth < row.depth)
        }
        Some(_) => None,
    };
    if let Some(target) = target {
        let node = state.rows[target].node;
        *selection = Selection::node(node);
        state.reveal = Some(node);
    }
    false
}
