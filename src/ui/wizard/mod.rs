//! The wizard that stands on the desk while a flow runs: what was done, what is next, what passes between the
//! parties, what is sealed in it, and what of the card will change.
//!
//! [`show`] lays the parts out; each part is a module: [`header`] and [`banner`] on top, [`steps`] at the
//! left, [`sequence`] with [`envelope`] under it in the middle, [`aside`] (plan, why, learned) at the right
//! or, in a narrow window, under the chart, and [`footer`]. One step at most is picked, in the list or on the
//! chart; picking explains a step and never runs it.

mod aside;
mod banner;
mod coast;
mod envelope;
mod footer;
mod header;
mod ink;
mod map;
mod scene;
mod sequence;
mod state;
mod steps;

use super::tokens::Tokens;
use super::widgets;
use crate::workbench::command::Command;
use crate::workbench::view::{FlowView, View};
use egui::{CentralPanel, Id, Panel, Ui};
use scene::Scene;
use state::{State, Under};

/// From this width on, plan and why have a panel of their own at the right; below it they fold under the
/// chart.
const WIDE: f32 = 1480.0;
const STEPS: f32 = 360.0;
const STEPS_NARROW: f32 = 340.0;
const ASIDE: f32 = 360.0;

/// Draws the wizard over the whole of `ui`. What the person asks for goes to `send`.
pub fn show(ui: &mut Ui, view: &View, flow: &FlowView, send: &mut impl FnMut(Command)) {
    let t = Tokens::of(ui.ctx());
    let id = Id::unique("wizard state");
    let mut state: State = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    state.keep_up(&Scene::new(view, flow, t, None));
    let scene = Scene::new(view, flow, t, state.selected);

    footer::shortcuts(ui, &scene, send);
    let bar = |panel: Panel, height: f32| {
        panel
            .exact_size(height)
            .resizable(false)
            .show_separator_line(false)
            .frame(widgets::filled_panel(t.panel))
    };
    bar(Panel::top("wizard header"), header::HEIGHT).show(ui, |ui| header::show(ui, &scene, send));
    if let Some(end) = &flow.ended {
        let height = banner::height(ui, &scene, end, &state);
        bar(Panel::top("wizard banner"), height)
            .show(ui, |ui| banner::show(ui, &scene, end, &mut state));
    }
    bar(Panel::bottom("wizard footer"), footer::HEIGHT)
        .show(ui, |ui| footer::show(ui, &scene, send));

    let wide = ui.available_width() >= WIDE;
    let steps_width = if wide { STEPS } else { STEPS_NARROW };
    bar(Panel::left("wizard steps"), steps_width)
        .show(ui, |ui| steps::show(ui, &scene, &mut state));
    if wide {
        bar(Panel::right("wizard aside"), ASIDE).show(ui, |ui| aside::show(ui, &scene));
    }
    let ground = widgets::filled_panel(t.ground);
    let body = ui.available_height();
    let under = if wide {
        (body * 0.48).clamp(220.0, 420.0)
    } else {
        (body * 0.56).clamp(220.0, 400.0)
    };
    bar(Panel::bottom("wizard under"), under).show(ui, |ui| {
        if wide {
            envelope::show(ui, &scene, |_| {});
        } else {
            under_the_chart(ui, &scene, &mut state);
        }
    });
    CentralPanel::default()
        .frame(ground)
        .show(ui, |ui| sequence::show(ui, &scene, &mut state));
    state.follow = false;
    ui.data_mut(|data| data.insert_temp(id, state));
}

/// Envelope, or plan and why, by the person's choice.
fn under_the_chart(ui: &mut Ui, scene: &Scene<'_>, state: &mut State) {
    let mut under = state.under;
    let choice = |ui: &mut Ui| {
        let choices = [
            (crate::words::text("wizard.under_envelope"), Under::Envelope),
            (crate::words::text("wizard.under_plan"), Under::Plan),
        ];
        widgets::segmented(ui, &choices, &mut under);
    };
    match state.under {
        Under::Envelope => envelope::show(ui, scene, choice),
        Under::Plan => aside::show_wide(ui, scene, choice),
    }
    state.under = under;
}
