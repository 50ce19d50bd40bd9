//! The list of branches: which there are, their names, and which is followed.

use super::forks::Asking;
use super::state::TimeState;
use crate::model::card::journal::Fork;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, Tokens};
use crate::ui::widgets::{self, Align, Button, Row, Size};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::History;
use egui::{
    Align2, Frame, Id, Key, Layout, Margin, Popup, PopupCloseBehavior, Rect, RectAlign, Response,
    Role, ScrollArea, TextEdit, Ui, UiBuilder, pos2, vec2,
};

/// Height of a row, and width of the list.
const ROW: f32 = 46.0;
const WIDTH: f32 = 380.0;

/// The button that names the branch that is shown, and the list under it.
pub fn button(ui: &mut Ui, state: &mut TimeState, history: &History, commands: &mut Vec<Command>) {
    let journal = &history.journal;
    let Some(shown) = state.line.end() else {
        return;
    };
    let title = state.branches.title(journal, shown);
    let room = ui.available_width() - 44.0;
    let fits = |text: &str| widgets::width_of(ui.painter(), text, Type::SmallMedium) <= room;
    let title = widgets::without_middle(&title, fits);
    let name = words::format("card.branch.button", &[("branch", &title)]);
    let button = Button::ghost(&title)
        .icon(icons::BRANCH)
        .size(Size::Small)
        .named(&name);
    let response = ui.add(button).on_hover_text(words::text("card.branch.tip"));
    let popup = Popup::default_response_id(&response);
    if std::mem::take(&mut state.branches.open) {
        Popup::open_id(ui.ctx(), popup);
    }
    if !Popup::is_id_open(ui.ctx(), popup) && !response.clicked() {
        state.branches.asking = None;
    }
    Popup::menu(&response)
        .frame(Frame::menu(ui.style()).inner_margin(Margin::same(GAP as i8)))
        .width(WIDTH)
        .align(RectAlign::TOP_START)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = 0.0;
            let branches: Vec<Fork> = state.branches.forks.clone();
            ScrollArea::vertical().max_height(ROW * 7.0).show_rows(
                ui,
                ROW,
                branches.len(),
                |ui, rows| {
                    for fork in &branches[rows] {
                        row(ui, state, history, fork, commands);
                    }
                },
            );
        });
}

fn row(
    ui: &mut Ui,
    state: &mut TimeState,
    history: &History,
    fork: &Fork,
    commands: &mut Vec<Command>,
) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), egui::Sense::hover());
    let mut row_ui = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .id_salt(("branch", fork.tip)),
    );
    match state.branches.asking.clone() {
        Some(Asking::Name(tip, _)) if tip == fork.tip => {
            name_row(&mut row_ui, rect, state, commands)
        }
        Some(Asking::Discard(tip)) if tip == fork.tip => {
            discard_row(&mut row_ui, rect, state, fork, commands);
        }
        _ => branch_row(&mut row_ui, rect, state, history, fork, commands),
    }
}

/// A branch as it stands: click it to see its end.
fn branch_row(
    ui: &mut Ui,
    rect: Rect,
    state: &mut TimeState,
    history: &History,
    fork: &Fork,
    commands: &mut Vec<Command>,
) {
    let t = Tokens::of(ui.ctx());
    let journal = &history.journal;
    let followed = journal.line_end() == Some(fork.tip);
    let title = state.branches.title(journal, fork.tip);
    let facts = state.branches.facts(journal, fork);
    let spoken = format!("{title}, {facts}");
    let id = ui.scope_id().with("row");
    let name = if followed {
        words::format("card.branch.followed", &[("branch", &spoken)])
    } else {
        spoken
    };
    let selected = state.line.end() == Some(fork.tip);
    let (_, response) = widgets::row(
        ui,
        Row {
            id,
            name: &name,
            height: ROW,
            selected,
            role: Role::MenuItem,
        },
    );
    let icon = if followed {
        icons::ARROW_RIGHT
    } else {
        icons::BRANCH
    };
    let at = pos2(rect.left() + 18.0, rect.top() + 15.0);
    ui.painter()
        .text(at, Align2::CENTER_CENTER, icon, theme::icon(14.0), t.t2);
    let line = |top: f32| {
        let at = pos2(rect.left() + 34.0, rect.top() + top);
        Rect::from_min_size(at, vec2(rect.width() - 34.0 - 64.0, 18.0))
    };
    widgets::elided(
        ui.painter(),
        line(6.0),
        Align::Left,
        &title,
        Type::BodyMedium,
        t.t1,
    );
    widgets::elided(
        ui.painter(),
        line(24.0),
        Align::Left,
        &facts,
        Type::Small,
        t.t3,
    );
    let mut controls = controls(ui, rect);
    let discard = words::format("card.branch.discard", &[("branch", &title)]);
    let left = history.left.then(|| words::text("shell.refused.left"));
    let refused = left.or(followed.then(|| words::text("card.branch.is_followed")));
    let button = Button::ghost("")
        .icon(icons::TRASH)
        .size(Size::Small)
        .named(&discard);
    if controls
        .add(button.refused(refused))
        .on_hover_text(&discard)
        .clicked()
    {
        state.branches.ask(Some(Asking::Discard(fork.tip)));
    }
    let rename = words::format("card.branch.name", &[("branch", &title)]);
    let button = Button::ghost("")
        .icon(icons::PENCIL)
        .size(Size::Small)
        .named(&rename);
    if controls
        .add(button.refused(left))
        .on_hover_text(&rename)
        .clicked()
    {
        state.branches.name(journal, Some(fork.tip));
    } else if response.clicked() {
        commands.push(state.look_at(history, fork.tip));
        ui.close();
    }
}

/// The place for a row's buttons, from right to left.
fn controls(ui: &mut Ui, rect: Rect) -> Ui {
    let layout = Layout::right_to_left(egui::Align::Center);
    let place = rect.shrink2(vec2(GAP_2, 0.0));
    let mut controls = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .layout(layout)
            .id_salt("controls"),
    );
    controls.spacing_mut().item_spacing.x = GAP;
    controls
}

fn name_row(ui: &mut Ui, rect: Rect, state: &mut TimeState, commands: &mut Vec<Command>) {
    let t = Tokens::of(ui.ctx());
    let branches = &mut state.branches;
    let Some(Asking::Name(tip, text)) = &mut branches.asking else {
        return;
    };
    let tip = *tip;
    let place = Rect::from_min_max(
        pos2(rect.left() + GAP_3, rect.center().y - 12.0),
        pos2(rect.right() - 92.0, rect.center().y + 12.0),
    );
    let edit = TextEdit::singleline(text)
        .id(Id::unique("name of a branch"))
        .char_limit(LONGEST_NAME)
        .font(Type::Body.font())
        .hint_text(Type::Body.text(words::text("card.branch.name_hint"), t.t3))
        .margin(Margin::symmetric(GAP_2 as i8, 2))
        .desired_width(f32::INFINITY);
    let response = ui.place(place, edit);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_label(words::text("card.branch.name_field"));
    });
    take_focus(&response, &mut branches.focus);
    let text = text.clone();
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let saved = controls(ui, rect)
        .add(Button::secondary(words::text("card.branch.save")).size(Size::Small))
        .clicked();
    if entered || saved {
        commands.push(Command::NameBranch(tip, text));
        branches.asking = None;
    }
}

/// Letters of a branch's name at most.
const LONGEST_NAME: usize = 60;

/// Says what is lost, and asks.
fn discard_row(
    ui: &mut Ui,
    rect: Rect,
    state: &mut TimeState,
    fork: &Fork,
    commands: &mut Vec<Command>,
) {
    let t = Tokens::of(ui.ctx());
    let lost = words::format(
        "card.branch.lost",
        &[("events", &numbers::grouped(fork.own))],
    );
    let place = Rect::from_min_max(
        pos2(rect.left() + GAP_3, rect.top()),
        pos2(rect.right() - 140.0, rect.bottom()),
    );
    let drawn = widgets::elided(ui.painter(), place, Align::Left, &lost, Type::Small, t.t1);
    ui.interact(drawn, ui.scope_id().with("lost"), egui::Sense::hover())
        .widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, &lost));
    let mut controls = controls(ui, rect);
    if controls
        .add(Button::secondary(words::text("card.branch.keep")).size(Size::Small))
        .clicked()
    {
        state.branches.ask(None);
    }
    let discard =
        controls.add(Button::danger(words::text("card.branch.discard_now")).size(Size::Small));
    take_focus(&discard, &mut state.branches.focus);
    if discard.clicked() {
        commands.push(Command::DiscardBranch(fork.tip));
        state.branches.ask(None);
    }
}

fn take_focus(response: &Response, focus: &mut bool) {
    if std::mem::take(focus) {
        response.request_focus();
    }
}
