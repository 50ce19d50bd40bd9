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
mod state;

pub use state::TraceState;

use super::facts::Selection;
use crate::ui::action::Action;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_3, Tokens};
use crate::ui::widgets::filled_panel;
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{CardSource, CardView, View};
use detail::Detail;
use egui::{Panel, Ui};
use link::Aim;

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
