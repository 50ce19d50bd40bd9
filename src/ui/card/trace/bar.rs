//! What stands over the list: the filter, and the menu of exports.

use super::state::TraceState;
use crate::ui::action::Action;
use crate::ui::action_list::action_row;
use crate::ui::icons;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, STROKE, Tokens};
use crate::ui::widgets::{self, Button, Size};
use crate::words;
use crate::workbench::view::View;
use egui::{Frame, Margin, Popup, PopupCloseBehavior, Sense, Stroke, Ui, vec2};

pub fn show(ui: &mut Ui, state: &mut TraceState, view: &View, asked: &mut Vec<Action>) {
    field(ui, state);
    let t = Tokens::of(ui.ctx());
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    ui.painter().hline(
        place.x_range(),
        place.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    let inner = place.shrink2(vec2(GAP_3, 0.0));
    let builder = egui::UiBuilder::new()
        .max_rect(inner)
        .layout(egui::Layout::left_to_right(egui::Align::Center));
    let mut row = ui.new_child(builder.id_salt("trace filter"));
    row.spacing_mut().item_spacing.x = GAP;
    let filter = &mut state.filter;
    toggle(&mut row, "trace.filter.failed", &mut filter.failed);
    toggle(&mut row, "trace.filter.secure", &mut filter.enciphered);
    toggle(&mut row, "trace.filter.picked", &mut filter.picked);
    let builder = egui::UiBuilder::new()
        .max_rect(inner)
        .layout(egui::Layout::right_to_left(egui::Align::Center));
    let mut right = ui.new_child(builder.id_salt("trace actions"));
    right.spacing_mut().item_spacing.x = GAP;
    export_menu(&mut right, state, view, asked);
    let name = words::text("trace.follow");
    let follow = Button::ghost("")
        .icon(icons::FOLLOW)
        .size(Size::Small)
        .named(name)
        .on(state.follow);
    if right.add(follow).on_hover_text(name).clicked() {
        state.follow = !state.follow;
        state.to_end = state.follow;
    }
}

/// A part of the filter that is on or off.
fn toggle(ui: &mut Ui, key: &'static str, on: &mut bool) {
    let button = Button::ghost(words::text(key)).size(Size::Small).on(*on);
    let response = ui.add(button);
    if response.clicked() {
        *on = !*on;
    }
    let on = *on;
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_toggled(on.into());
    });
}

fn field(ui: &mut Ui, state: &mut TraceState) {
    let (listed, all) = (state.listed(), state.exchanges());
    let count = match state.rows.is_filtered() {
        true => format!("{}/{}", grouped(listed), grouped(all)),
        false => grouped(all),
    };
    let filter = widgets::Filter {
        name: words::text("trace.filter.name"),
        hint: words::text("trace.filter.hint"),
        aside: &count,
    };
    let response = filter.show(ui, &mut state.filter.text);
    if std::mem::take(&mut state.focus_filter) {
        response.request_focus();
    }
}

fn grouped(count: usize) -> String {
    numbers::grouped(count as u64)
}

/// The forms of an export, whether it masks IDs, and clearing.
fn export_menu(ui: &mut Ui, state: &mut TraceState, view: &View, asked: &mut Vec<Action>) {
    let button = Button::secondary(words::text("trace.export"))
        .after(icons::CARET_DOWN)
        .size(Size::Small);
    let response = ui.add(button);
    Popup::menu(&response)
        .frame(Frame::menu(ui.style()).inner_margin(Margin::same(GAP as i8)))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(264.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.horizontal(|ui| {
                ui.set_height(32.0);
                ui.add_space(GAP_2);
                let mask = words::text("trace.mask_ids");
                ui.checkbox(
                    &mut state.mask_ids,
                    Type::Body.text(mask, Tokens::of(ui.ctx()).t1),
                )
                .on_hover_text(words::text("trace.mask_ids_why"));
            });
            widgets::hairline(ui);
            let actions = [
                Action::ExportTraceText,
                Action::ExportTraceJson,
                Action::ClearTrace,
            ];
            for action in actions.into_iter().filter(|it| it.is_of_window(view)) {
                if action_row(ui, action, view) {
                    asked.push(action);
                    ui.close();
                }
            }
        });
}
