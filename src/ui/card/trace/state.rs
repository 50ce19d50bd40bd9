//! What the trace keeps between frames.

use super::detail::Detail;
use super::rows::{Filter, Rows};
use crate::model::card::journal::EventId;
use crate::model::trace::{Exchange, Trace};
use crate::ui::card::facts::Selection;
use crate::workbench::Command;
use crate::workbench::command::{TraceExport, TraceForm};
use std::path::PathBuf;
use std::sync::Arc;

/// What the trace keeps between frames.
pub struct TraceState {
    pub(super) trace: Trace,
    /// The trace is another one than in the last frame, not the same gone on.
    pub(super) anew: bool,
    pub(super) filter: Filter,
    pub(super) rows: Rows,
    /// The list stays at its end.
    pub(super) follow: bool,
    /// The list goes to its end.
    pub(super) to_end: bool,
    /// Rows that the list had in the last frame, and its height in points.
    pub(super) drawn: usize,
    pub(super) height: f32,
    /// Exports have names in place of IDs.
    pub(super) mask_ids: bool,
    /// Event and exchange that were picked in the last frame.
    pub(super) followed: (Option<EventId>, Option<u32>),
    /// The exchange to bring into sight, by number.
    pub(super) reveal: Option<u32>,
    /// The filter asks for the keyboard.
    pub(super) focus_filter: bool,
    pub(super) detail: Option<Detail>,
}

impl Default for TraceState {
    fn default() -> TraceState {
        TraceState {
            trace: Trace::default(),
            anew: true,
            filter: Filter::default(),
            rows: Rows::default(),
            follow: true,
            to_end: false,
            drawn: 0,
            height: 0.0,
            mask_ids: true,
            followed: (None, None),
            reveal: None,
            focus_filter: false,
            detail: None,
        }
    }
}

impl TraceState {
    /// Takes in the newest trace.
    pub fn update(&mut self, trace: &Trace) {
        if self.trace.is_copy_of(trace) {
            return;
        }
        self.anew |= !trace.continues(&self.trace);
        self.trace = trace.clone();
        if self.anew {
            self.detail = None;
        }
    }

    /// How many exchanges there are.
    pub fn exchanges(&self) -> usize {
        self.trace.len()
    }

    /// How many are listed.
    pub fn listed(&self) -> usize {
        self.rows.len()
    }

    /// Lets the filter have the keyboard.
    pub fn focus_filter(&mut self) {
        self.focus_filter = true;
    }

    /// Goes along with what was picked elsewhere: with an event, the exchange that caused it. Called every frame.
    pub fn follow_pick(&mut self, selection: &mut Selection) {
        let (event, exchange) = self.followed;
        if let Some(picked) = selection.event.filter(|picked| event != Some(*picked)) {
            let at = self.trace.of_event(picked.number());
            let found = at.and_then(|at| self.trace.get(at));
            selection.exchange = found.map(|exchange| exchange.number);
        }
        if selection.exchange != exchange {
            self.reveal = selection.exchange;
        }
        self.followed = (selection.event, selection.exchange);
    }

    /// Asks for the exchanges that are listed, in a file.
    pub fn export(&self, form: TraceForm) -> impl FnOnce(PathBuf) -> Command + Send + 'static {
        let mask_ids = self.mask_ids;
        let listed = |row| Some(self.trace.get(self.rows.get(row)?)?.number);
        let numbers: Option<Arc<[u32]>> = self
            .rows
            .is_filtered()
            .then(|| (0..self.rows.len()).filter_map(listed).collect());
        move |path| {
            Command::ExportTrace(TraceExport {
                path,
                form,
                mask_ids,
                numbers,
            })
        }
    }

    pub(super) fn picked(&self, selection: &Selection) -> Option<&Exchange> {
        self.trace.numbered(selection.exchange?)
    }
}
