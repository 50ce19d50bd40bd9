//! What differs between two pictures of cards: the list of changes, and the one that is picked.
//!
//! The list stands at the left in place of the nodes while two cards are compared. [`sides`] chooses what A and B are,
//! [`rows`] is the list as rows, [`list`] draws it, [`details`] shows the change that is picked, and [`says`] has the
//! words and [`story`] the events that led to it. What is picked here is picked everywhere, and a block that is picked
//! elsewhere picks its change.

mod details;
mod list;
mod rows;
mod says;
mod sides;
mod story;

use super::addresses::Addresses;
use super::facts::{ByteSpan, NodeRef, Selection, node_at};
use crate::model::card::difference::{ChangedNode, Field, FieldChange, Sides};
use crate::ui::numbers;
use crate::ui::widgets;
use crate::words;
use crate::workbench::compare::Side;
use crate::workbench::view::{CardView, ComparisonView, View};
use egui::Ui;
use rows::{By, Entry, Group, Rows};
use std::collections::HashSet;
use std::sync::Arc;
use story::Story;

pub use details::{Asked, show as show_details};
pub use list::show as show_list;

/// What the left panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Nodes,
    Changes,
}

/// What the list keeps between frames.
#[derive(Default)]
pub struct Changes {
    comparison: Option<Arc<ComparisonView>>,
    tab: Tab,
    by: By,
    folded: HashSet<Group>,
    rows: Rows,
    /// Index into [`Rows::entries`].
    picked: Option<usize>,
    /// How the picked change came to be.
    story: Story,
    /// Whether the picked change is to be brought into sight in the next frame.
    reveal: bool,
    /// What is typed as the number of a moment, by side.
    typed: Sides<String>,
    /// A file is asked for, to be one side of these.
    file_for: Option<FileFor>,
}

/// Which side a file is to be, and what the other side stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFor {
    A { b: Side },
    B { a: Side },
}

/// The card that the Card place shows: side B of a comparison, or else the one that is looked at.
pub fn shown_card(view: &View) -> Option<&Arc<CardView>> {
    let compared = view
        .comparison
        .as_ref()
        .map(|comparison| &comparison.sides.b.card);
    compared.or(view.card.as_ref())
}

/// The tabs over the left panel; none while nothing is compared. Says whether the changes are shown.
pub fn tabs(ui: &mut Ui, changes: &mut Changes) -> bool {
    let Some(comparison) = &changes.comparison else {
        return false;
    };
    let count = numbers::grouped(comparison.difference.changes.len() as u64);
    let tabs = [
        (words::text("card.nodes"), "", Tab::Nodes),
        (words::text("changes.tab"), count.as_str(), Tab::Changes),
    ];
    widgets::tabs(ui, 36.0, &tabs, &mut changes.tab);
    changes.tab == Tab::Changes
}

impl Changes {
    /// Takes in the newest comparison. What is picked stays picked while it is still there. Says whether the comparison
    /// was opened with this.
    pub fn update(&mut self, view: &View) -> bool {
        let Some(comparison) = &view.comparison else {
            *self = Changes::default();
            return false;
        };
        let before = self.comparison.replace(Arc::clone(comparison));
        let same = before
            .as_ref()
            .is_some_and(|old| Arc::ptr_eq(&old.difference, &comparison.difference));
        if before.is_none() {
            self.tab = Tab::Changes;
        }
        let opened = before.is_none();
        if same {
            return opened;
        }
        let was = before.as_ref().and_then(|before| {
            let entry = self.entry()?;
            let change = before.difference.changes.get(entry.change)?;
            Some((entry.block, change.clone()))
        });
        self.rebuild();
        let found = was.and_then(|(block, was)| {
            let is_it = |entry: &Entry| {
                let change = comparison.difference.changes.get(entry.change);
                entry.block == block && change.is_some_and(|change| is_same_field(change, &was))
            };
            self.rows.entries.iter().position(is_it)
        });
        self.set_picked(found);
        opened
    }

    /// The entry that is picked.
    fn entry(&self) -> Option<Entry> {
        self.rows.entries.get(self.picked?).copied()
    }

    fn set_picked(&mut self, picked: Option<usize>) {
        self.picked = picked;
        let entry = self.entry();
        let told = entry.zip(self.comparison.as_ref());
        self.story = told.map_or_else(Story::default, |(entry, comparison)| {
            Story::of(comparison, entry.change)
        });
    }

    /// Whether a comparison is open and its list is shown with a change picked.
    pub fn has_details(&self) -> bool {
        self.tab == Tab::Changes && self.comparison.is_some() && self.picked.is_some()
    }

    /// The open comparison.
    pub fn comparison(&self) -> Option<&Arc<ComparisonView>> {
        self.comparison.as_ref()
    }

    /// The file that a person asks for as a side, once.
    pub fn take_file_question(&mut self) -> Option<FileFor> {
        self.file_for.take()
    }

    /// Picks the next change of the list, or with -1 the one before; the first where none is picked.
    pub fn step(&mut self, by: isize) -> Option<Selection> {
        let last = self.rows.entries.len().checked_sub(1)?;
        let to = self
            .picked
            .map_or(0, |at| at.saturating_add_signed(by).min(last));
        self.tab = Tab::Changes;
        self.pick(to)
    }

    /// Picks an entry of the list; gives what is then picked everywhere.
    fn pick(&mut self, entry: usize) -> Option<Selection> {
        let comparison = self.comparison.as_ref()?;
        let picked = *self.rows.entries.get(entry)?;
        let change = comparison.difference.changes.get(picked.change)?;
        let selection = selection_of(comparison, change, picked.block);
        self.set_picked(Some(entry));
        self.reveal = true;
        if let Some(group) = self.rows.group(entry)
            && self.folded.remove(&group)
        {
            self.rebuild();
        }
        Some(selection)
    }

    /// Picks the change of what was picked elsewhere, if it has one.
    pub fn follow(&mut self, selection: Selection) {
        let Some(comparison) = &self.comparison else {
            return;
        };
        let shown = self.entry().and_then(|picked| {
            let change = comparison.difference.changes.get(picked.change)?;
            Some(selection_of(comparison, change, picked.block))
        });
        if shown.is_some_and(|shown| (shown.node, shown.block) == (selection.node, selection.block))
        {
            return;
        }
        let by_block = selection.block.map(|block| self.rows.at_block(block));
        let found = by_block.unwrap_or_else(|| {
            let of_node = |entry: &Entry| {
                let change = comparison.difference.changes.get(entry.change);
                change.and_then(|change| node_of(comparison, change)) == selection.node
            };
            selection
                .node
                .and_then(|_| self.rows.entries.iter().position(of_node))
        });
        self.reveal = found.is_some();
        self.set_picked(found);
    }

    fn rebuild(&mut self) {
        if let Some(comparison) = &self.comparison {
            self.rows = Rows::of(comparison, self.by, &self.folded);
        }
    }

    fn fold(&mut self, group: Group) {
        if !self.folded.remove(&group) {
            self.folded.insert(group);
        }
        self.rebuild();
    }

    fn group_by(&mut self, by: By) {
        self.by = by;
        self.folded.clear();
        let change = self.entry().map(|picked| picked.change);
        self.rebuild();
        let same = |entry: &Entry| Some(entry.change) == change;
        self.picked = self.rows.entries.iter().position(same);
        self.reveal = true;
    }
}

fn is_same_field(a: &FieldChange, b: &FieldChange) -> bool {
    let records = |change: &FieldChange| matches!(change.field, Field::Records(_));
    let same = a.field == b.field || records(a) && records(b);
    same && (a.system, a.node, a.block()) == (b.system, b.node, b.block())
}

/// The node of a change, as the tree names it.
fn node_of(comparison: &ComparisonView, change: &FieldChange) -> Option<NodeRef> {
    let system = comparison.difference.systems.get(change.system)?;
    let number = system.number.b.or(system.number.a)?;
    match change.node {
        ChangedNode::System => Some(NodeRef::System(number)),
        ChangedNode::Area(code) => Some(NodeRef::Area(number, code)),
        ChangedNode::Service(code) => Some(NodeRef::Service(number, code)),
        ChangedNode::Block => node_at(comparison.sides.b.card.map.as_ref()?, change.block()?),
    }
}

/// What is picked with a change, or with a block of it.
fn selection_of(
    comparison: &ComparisonView,
    change: &FieldChange,
    block: Option<u32>,
) -> Selection {
    let map = comparison.sides.b.card.map.as_ref();
    let block = block.or_else(|| change.block()).filter(|_| map.is_some());
    let span = change.bytes.as_ref().filter(|_| block == change.block());
    let last = span.and_then(|span| span.end.checked_sub(1));
    Selection {
        node: node_of(comparison, change),
        block,
        bytes: span.zip(last).map(|(span, last)| ByteSpan {
            first: span.start,
            last: last.into(),
        }),
        ..Selection::default()
    }
}

/// What the list is drawn with.
pub struct Frame<'a> {
    pub view: &'a View,
    pub addresses: Addresses,
}
