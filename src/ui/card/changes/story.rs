//! How a change came to be: the events that wrote its block on the way from A to B, and what its amount was on that way.
//!
//! It is worked out when a change is picked, because a block may have been written very often.

use super::rows::event_of;
use crate::model::card::Block;
use crate::model::card::difference::{Field, FieldChange};
use crate::model::card::journal::EventId;
use crate::model::card::purse::{CASHBACK_AT, PURSE_AT};
use crate::workbench::compare::Side;
use crate::workbench::view::{ComparisonView, History};

/// As many events are listed.
const NEWEST: usize = 6;
/// As many amounts are kept, the newest ones.
const AMOUNTS: usize = 400;

/// The way from A to B, for one block.
#[derive(Default)]
pub struct Story {
    /// Newest first.
    pub newest: Vec<EventId>,
    /// How many events there are.
    pub all: usize,
    /// What the amount was before the first and after each event, oldest first; empty for a field that is no amount.
    pub amounts: Vec<u32>,
}

impl Story {
    /// The story of one change.
    pub fn of(comparison: &ComparisonView, index: usize) -> Story {
        let change = comparison.difference.changes.get(index);
        let history = comparison.sides.b.card.history.as_ref();
        let newest = event_of(comparison, index);
        let (Some(change), Some(history), Some(newest)) = (change, history, newest) else {
            return Story::default();
        };
        let between = between(comparison, history, newest);
        Story {
            amounts: amounts(change, history, &between).unwrap_or_default(),
            all: between.len(),
            newest: between.into_iter().take(NEWEST).collect(),
        }
    }
}

/// Whether both sides are the card in the emulator, so that they have one journal.
fn is_one_card(comparison: &ComparisonView) -> bool {
    let on_time_line = |side: &Side| matches!(side, Side::Live | Side::Moment(_));
    on_time_line(&comparison.sides.a.side) && on_time_line(&comparison.sides.b.side)
}

/// The events that wrote the block up to this one, and that A does not have; newest first.
fn between(comparison: &ComparisonView, history: &History, newest: EventId) -> Vec<EventId> {
    let journal = &history.journal;
    let from = match &comparison.sides.a.card.history {
        Some(before) if is_one_card(comparison) => before.shown,
        _ => None,
    };
    let parted = journal.common(from, history.shown);
    let depth = |id: EventId| journal.event(id).map(|event| event.depth);
    let written = journal.writes_before(newest).map(|(id, _)| id);
    written
        .take_while(|id| parted.is_none_or(|parted| depth(*id) > depth(parted)))
        .collect()
}

fn amounts(change: &FieldChange, history: &History, events: &[EventId]) -> Option<Vec<u32>> {
    let at = match change.field {
        Field::PurseValue(_) => PURSE_AT,
        Field::Cashback(_) => CASHBACK_AT,
        _ => return None,
    };
    let amount = |block: &Block| {
        let bytes = block.0.get(at..at + 4)?.try_into().ok()?;
        (!block.is_erased()).then_some(u32::from_le_bytes(bytes))
    };
    let journal = &history.journal;
    let kept = events.iter().take(AMOUNTS).rev();
    let kept: Vec<_> = kept.filter_map(|id| journal.event(*id)).collect();
    let first = kept.first().map(|event| &event.before);
    let after = kept.iter().map(|event| &event.after);
    Some(first.into_iter().chain(after).filter_map(amount).collect())
}
