//! The trace: what passed between reader and card, newest last, and the picked exchange down to its named bytes.
//!
//! [`rows`] says which exchanges are listed and what a row says, [`list`] draws them, [`bar`] has filter and exports,
//! [`detail`] the fields of one exchange. [`link`] is the way to what is picked on the card, and back. The list is
//! virtual: a frame reads only the exchanges on screen.

mod bar;
mod detail;
mod link;
mod list;
mod rows;

use super::facts::Selection;
use crate::model::card::journal::EventId;
use crate::model::trace::{Exchange, Trace};
use crate::ui::action::Action;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_3, Tokens};
use crate::ui::widgets::filled_panel;
use crate::words;
use crate::workbench::Command;
use crate::workbench::command::{TraceExport, TraceForm};
use crate::workbench::view::{CardSource, CardView, View};
use detail::Detail;
use egui::{Panel, Ui};
use link::Aim;
use rows::{Filter, Rows};
use std::path::PathBuf;
use std::sync::Arc;

/// What the trace keeps between frames.
pub struct TraceState {
    trace: Trace,
    /// The trace is another one than in the last frame, not the same gone on.
    anew: bool,
    filter: Filter,
    rows: Rows,
    /// The list stays at its end.
    follow: bool,
    /// The list goes to its end.
    to_end: bool,
    /// Rows that the list had in the last frame, and its height in points.
    drawn: usize,
    height: f32,
    /// Exports have names in place of IDs.
    mask_ids: bool,
    /// Event and exchange that were picked in the last frame.
    followed: (Option<EventId>, Option<u32>),
    /// The exchange to bring into sight, by number.
    reveal: Option<u32>,
    /// The filter asks for the keyboard.
    focus_filter: bool,
    detail: Option<Detail>,
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

    fn picked(&self, selection: &Selection) -> Option<&Exchange> {
        self.trace.numbered(selection.exchange?)
    }
}

/// Draws the trace into a panel. Picking an exchange or a field of it is written to `selection`. There is no card where
/// looking at one did not work: then the trace tells how far it came.
pub fn show(
    ui: &mut Ui,
    state: &mut TraceState,
    (view, card): (&View, Option<&CardView>),
    selection: &mut Selection,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) {
    let t = Tokens::of(ui.ctx());
    bar::show(ui, state, view, asked);
    let aim = card.and_then(|card| Aim::of(card, *selection));
    let history = card.and_then(|card| card.history.as_ref());
    let journal = history.map(|history| &*history.journal);
    let anew = std::mem::take(&mut state.anew);
    if state
        .rows
        .look(&state.trace, &state.filter, aim, journal, anew)
    {
        // The next frame looks on.
        ui.ctx().request_repaint();
    }
    if state.trace.is_empty() {
        return empty(ui, card);
    }
    if let Some(exchange) = state.picked(selection).cloned() {
        let detail = state.detail.take().filter(|detail| detail.is_of(&exchange));
        let mut detail = detail.unwrap_or_else(|| Detail::of(&exchange));
        let height = ui.available_height();
        Panel::bottom("exchange")
            .default_size(height * 0.5)
            .size_range(96.0..=height * 0.8)
            .frame(filled_panel(t.panel))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let of = (card, &exchange);
                detail::show(ui, &mut detail, of, state.mask_ids, selection, commands);
            });
        state.detail = Some(detail);
    }
    if state.rows.len() == 0 {
        return note(ui, words::text("trace.none_fits"));
    }
    list::show(ui, state, card, (aim, journal), selection);
}

fn empty(ui: &mut Ui, card: Option<&CardView>) {
    let words = match card.map(|card| &card.source) {
        Some(CardSource::File { .. } | CardSource::Sealed { .. }) => "trace.none_of_file",
        _ => "trace.none_yet",
    };
    note(ui, words::text(words));
}

fn note(ui: &mut Ui, words: &str) {
    let t = Tokens::of(ui.ctx());
    let margin = egui::Margin::same(GAP_3 as i8);
    egui::Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.add(egui::Label::new(Type::Small.paragraph(words, t.t3)).wrap());
    });
    ui.take_available_space();
}
