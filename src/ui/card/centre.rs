//! The middle of the Card place: the map with the bytes under it, or what to do while no card is open.

use super::tabs::Centre;
use super::{CardPlace, Look, bytes, map, time, unmapped};
use crate::ui::action::Action;
use crate::ui::action_list::card_menu;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, GAP_3, Tokens};
use crate::ui::widgets::{self, Tone, filled_panel};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{CardSource, CardView, View};
use egui::{Panel, PanelState, Rangef, Rect, Ui, UiBuilder, vec2};

/// Room in the map's header from which it says that two cards are compared, in points.
const COMPARING: f32 = 208.0;

/// Least height of the bytes: header, heads and three rows.
const LEAST_BYTES: f32 = 112.0;

/// How high the bytes are under the map at first: what a map in full size leaves of `height`, and where that is little,
/// under a big card, whose blocks are small enough, no more than the least.
fn bytes_height(height: f32, blocks: u32) -> f32 {
    let (cells, least, most) = if blocks > 256 {
        (512.0, LEAST_BYTES, 0.4)
    } else {
        let rows = blocks.div_ceil(16).max(4) as f32;
        (rows * 24.0 + 20.0, 160.0, 0.6)
    };
    let left = height - cells - 44.0;
    left.clamp(least.min(height * 0.4), 420.0_f32.max(height * most))
}

impl CardPlace {
    /// Map and bytes; in a narrow window the details take their place.
    pub(super) fn centre(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        look: Look,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        self.centre_header(ui, view, card, look.wide, (asked, commands));
        if !look.wide && self.centre == Centre::Aside {
            self.tab(ui, view, card, asked, commands);
            return;
        }
        self.under_map(ui, view, card, look, asked, commands);
        let room = ui.available_rect_before_wrap();
        let mut upper = ui.new_child(UiBuilder::new().max_rect(room).id_salt("map room"));
        upper.spacing_mut().item_spacing.y = 0.0;
        match &card.map {
            Some(map) => {
                let shown = map::Shown {
                    view,
                    card,
                    facts: &self.facts,
                };
                map::show(
                    &mut upper,
                    shown,
                    map,
                    &mut self.map,
                    &mut self.selection,
                    look.glow,
                );
            }
            None => unmapped::show(&mut upper, view, card, asked, commands),
        }
    }

    /// The panel of bytes, as high as a person wants, and as suits card and window until one chose.
    fn under_map(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        look: Look,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        let height = ui.available_height();
        let (name, suits, most) = match &card.map {
            Some(map) => {
                let blocks = map.cells.len() as u32;
                let most = height - map::least_height(blocks);
                ("bytes", bytes_height(height, blocks), most)
            }
            None => ("bytes of a dump", height * 0.55, height * 0.8),
        };
        let range = Rangef::new(LEAST_BYTES, most.max(LEAST_BYTES));
        let wanted = range.clamp(self.panel_size(name, suits));
        let pressed = ui.input(|input| input.pointer.any_down());
        if !pressed {
            // Not as high as it was last, which a low window or a big card may have made it.
            let id = ui.scope_id().with(name);
            ui.data_mut(|data| data.remove::<PanelState>(id));
        }
        let panel = Panel::bottom(name)
            .resizable(true)
            .default_size(wanted)
            .size_range(range)
            .frame(filled_panel(Tokens::of(ui.ctx()).ground))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                self.bytes(ui, view, card, look, asked, commands);
            });
        let shown = panel.response.rect.height();
        if pressed && (shown - wanted).abs() > 1.0 {
            self.note_panel(name, shown);
        }
    }

    fn bytes(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        look: Look,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        let shown = bytes::Shown {
            view,
            card,
            facts: &self.facts,
            glow: look.glow,
        };
        let (state, selection) = (&mut self.bytes, &mut self.selection);
        bytes::show(ui, state, &shown, selection, asked, commands);
    }

    /// The header over map or details, with what can be done there.
    fn centre_header(
        &mut self,
        ui: &mut Ui,
        view: &View,
        card: &CardView,
        wide: bool,
        (asked, commands): (&mut Vec<Action>, &mut Vec<Command>),
    ) {
        let t = Tokens::of(ui.ctx());
        let blocks = card.map.as_ref().map_or(0, |map| map.cells.len() as u32);
        let aside = match &card.map {
            Some(_) => words::format("card.blocks", &[("count", &numbers::grouped(blocks))]),
            None => String::new(),
        };
        let header = ui.available_rect_before_wrap();
        let bar = Rect::from_min_size(header.min, vec2(header.width(), 36.0));
        ui.painter()
            .rect_filled(bar, egui::CornerRadius::ZERO, t.panel);
        widgets::panel_header(ui, 36.0, words::text("card.map"), &aside, |ui| {
            card_menu(ui, view, asked, commands);
            if !wide {
                self.choose_centre(ui);
            }
            if card.map.is_some() && (wide || self.centre == Centre::Map) {
                let beside = time::moment_width(ui, card.history.as_ref()) + sealed_width(ui, card);
                map::header(ui, view, &mut self.map, beside);
            }
            // The title keeps its place; the tabs at the left say the same.
            if self.changes.comparison().is_some() && ui.available_width() > COMPARING {
                let compared = words::text("changes.comparing");
                widgets::tag(ui, Tone::Info, icons::DIFFERENCE, compared);
            }
            if is_sealed(card) {
                sealed_tag(ui, card);
            }
            if card.tree.systems.iter().any(|system| system.pending) {
                let tip = words::text("card.pending_means");
                widgets::tag(
                    ui,
                    Tone::Info,
                    icons::CLOCK,
                    words::text("card.not_yet_written"),
                )
                .on_hover_text(tip);
            }
            time::moment_tag(ui, words::text("card.map"), card.history.as_ref(), asked);
        });
    }
}

fn is_sealed(card: &CardView) -> bool {
    matches!(card.source, CardSource::Sealed { .. })
}

/// Room for the tag of a card from a sealed file, in points.
fn sealed_width(ui: &Ui, card: &CardView) -> f32 {
    let words = words::text("card.sealed");
    match is_sealed(card) {
        true => widgets::width_of(ui.painter(), words, Type::CaptionMedium) + 28.0,
        false => 0.0,
    }
}

/// Says that a card is only looked at, beside the title if there is room for all of it.
fn sealed_tag(ui: &mut Ui, card: &CardView) {
    let title = widgets::width_of(ui.painter(), words::text("card.map"), Type::Panel);
    let room = ui.available_width() - title - GAP_3 - GAP_2;
    let words = match room > sealed_width(ui, card) {
        true => words::text("card.sealed"),
        false => words::text("card.sealed_short"),
    };
    widgets::tag(ui, Tone::Neutral, icons::LOCK, words)
        .on_hover_text(words::text("card.sealed_means"));
}
