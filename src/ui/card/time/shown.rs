//! What the time line is drawn from, and its events in words.

use crate::model::card::journal::EventId;
use crate::ui::card::facts::{Facts, Selection};
use crate::ui::numbers;
use crate::words;
use crate::workbench::view::{CardView, ComparisonView, History, event_words};

/// What is drawn from.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub card: &'a CardView,
    pub history: &'a History,
    pub comparison: Option<&'a ComparisonView>,
    pub facts: &'a Facts,
    pub selection: Selection,
}

/// An event in words: `#182, ST85: Register Service, 00A4h, 9 bytes changed, 10:42:07`.
pub fn event_line(shown: Shown<'_>, id: EventId) -> Option<String> {
    let journal = &shown.history.journal;
    let event = journal.event(id)?;
    let step = journal.cause(event).and_then(|cause| cause.step.as_ref());
    let changed = event.before.0.iter().zip(event.after.0);
    let changed = changed.filter(|(before, after)| **before != *after).count();
    let what = event_words(journal, event);
    let what = step.map_or_else(|| what.to_owned(), |step| format!("{step}: {what}"));
    Some(words::format(
        "card.time.event",
        &[
            ("event", &numbers::event(id.number().into())),
            ("what", &what),
            ("address", &shown.facts.addresses.label(event.address)),
            ("bytes", &changed),
            ("time", &numbers::time(event.time_ms)),
        ],
    ))
}
