//! The panel at the right: the details of what is picked, or the trace.

use super::{CardPlace, trace};
use crate::ui::action::Action;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_3, GAP_4, GAP_6, STROKE, STROKE_COAST, Tokens};
use crate::ui::widgets::{self, filled_panel};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{CardView, View};
use egui::{Align2, Panel, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Details,
    Trace,
}

/// What the centre shows in a narrow window.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Centre {
    #[default]
    Map,
    /// Details or trace.
    Aside,
}

impl CardPlace {
    /// The trace, for what is listed of it.
    pub fn trace(&self) -> &trace::TraceState {
        &self.trace
    }

    /// Shows the trace; with its filter ready to be typed into, if that is asked for.
    pub fn show_trace(&mut self, filter: bool) {
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
                tabs(ui, self.trace.exchanges(), &mut self.tab);
                self.tab(ui, view, card, asked, commands);
            });
        self.note_panel(name, panel.response.rect.width());
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
                (view, card),
                &mut self.selection,
                asked,
                commands,
            ),
        }
    }
}

/// The tabs as the panel's header, with the number of exchanges.
fn tabs(ui: &mut Ui, exchanges: usize, chosen: &mut Tab) {
    let t = Tokens::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
    let rule = Stroke::new(STROKE, t.line);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - STROKE / 2.0, rule);
    let count = numbers::grouped(exchanges as u64);
    let choices = [
        (Tab::Details, words::text("card.details"), ""),
        (Tab::Trace, words::text("trace.tab"), &*count),
    ];
    let mut left = rect.left() + GAP_3;
    for (tab, name, aside) in choices {
        let p = ui.painter();
        let aside_width = match aside {
            "" => 0.0,
            aside => widgets::width_of(p, aside, Type::CodeSmall) + 6.0,
        };
        let width = widgets::width_of(p, name, Type::Panel) + aside_width;
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left = place.right() + GAP_6.max(GAP_4);
        let id = ui.scope_id().with(("aside", name));
        let response = ui.interact(place, id, Sense::click());
        let on = *chosen == tab;
        let label = format!("{name} {aside}");
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, label.trim()));
        if response.clicked() {
            *chosen = tab;
            // The panel was begun for the other tab.
            ui.ctx().request_repaint();
        }
        let ink = if on || response.hovered() { t.t1 } else { t.t2 };
        let p = ui.painter();
        let left = Align2::LEFT_CENTER;
        let text = widgets::paint_text(p, place.left_center(), left, name, Type::Panel, ink);
        let at = pos2(text.right() + 6.0, place.center().y);
        widgets::paint_text(p, at, left, aside, Type::CodeSmall, t.t3);
        if on {
            let top_left = pos2(place.left(), rect.bottom() - STROKE_COAST);
            let bar = Rect::from_min_size(top_left, vec2(width, STROKE_COAST));
            p.rect_filled(bar, 0.0, t.accent);
        }
        widgets::focus_ring(p, t, &response, place.shrink2(vec2(-4.0, 4.0)), 4);
    }
}
