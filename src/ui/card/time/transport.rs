//! What plays the time line: from event to event, in which steps and how fast; and the branch that is shown.

use super::branches;
use super::line::Unit;
use super::play::SPEEDS;
use super::shown::Shown;
use super::sides;
use super::state::TimeState;
use crate::ui::action::Action;
use crate::ui::icons;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3};
use crate::ui::widgets::{self, Button, Row, Size};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::History;
use egui::{
    Frame, Layout, Margin, Popup, PopupCloseBehavior, Rect, Role, Ui, UiBuilder, pos2, vec2,
};

/// Heights of the rows, from the top.
const BUTTONS: (f32, f32) = (12.0, 28.0);
const UNITS: (f32, f32) = (53.0, 24.0);
const SIDES: (f32, f32) = (90.0, 24.0);

/// Draws it.
pub fn draw(
    ui: &mut Ui,
    state: &mut TimeState,
    shown: Shown<'_>,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) {
    let history = shown.history;
    let mut buttons = row_ui(ui, BUTTONS);
    let actions = [
        Action::FirstEvent,
        Action::PreviousEvent,
        Action::PlayPause,
        Action::NextEvent,
        Action::LastEvent,
    ];
    for action in actions {
        let plays = action == Action::PlayPause && state.plays();
        let icon = if plays { icons::PAUSE } else { action.icon() };
        let button = Button::secondary("")
            .icon(icon)
            .named(action.name())
            .on(plays);
        let refused = state.refused(action, history);
        let tip = format!("{}  {}", action.name(), action.keys());
        if buttons
            .add(button.refused(refused))
            .on_hover_text(tip)
            .clicked()
        {
            asked.push(action);
        }
    }
    buttons.add_space(GAP);
    branches::button(&mut buttons, state, history, commands);
    let mut units = row_ui(ui, UNITS);
    let choices = [
        (words::text("card.time.unit.event"), Unit::Event),
        (words::text("card.time.unit.step"), Unit::Step),
        (words::text("card.time.unit.flow"), Unit::Flow),
    ];
    widgets::segmented(&mut units, &choices, &mut state.player.unit);
    speed(&mut units, &mut state.player.speed);
    if !history.live {
        let button = Button::ghost(Action::BackToNow.name()).size(Size::Small);
        let name = words::text("card.time.back_to_now_here");
        if units.add(button.named(name)).clicked() {
            asked.push(Action::BackToNow);
        }
    }
    if !history.left {
        let mut compares = row_ui(ui, SIDES);
        sides::buttons(&mut compares, history, shown.comparison, asked, commands);
    }
}

/// A row from left to right, at a height and so high.
fn row_ui(ui: &mut Ui, (top, height): (f32, f32)) -> Ui {
    let whole = ui.max_rect().shrink2(vec2(GAP_3, 0.0));
    let place = Rect::from_min_size(
        pos2(whole.left(), whole.top() + top),
        vec2(whole.width(), height),
    );
    let layout = Layout::left_to_right(egui::Align::Center);
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .layout(layout)
            .id_salt(top as u32),
    );
    row.spacing_mut().item_spacing.x = if height > 24.0 { GAP } else { GAP_2 };
    row
}

/// How fast it plays, and the choice of it.
fn speed(ui: &mut Ui, speed: &mut u32) {
    let words = |speed: &u32| words::format("card.time.speed", &[("times", speed)]);
    let text = words(speed);
    let name = words::format("card.time.speed_name", &[("speed", &text)]);
    let button = Button::ghost(&text).size(Size::Small).named(&name);
    let response = ui
        .add(button)
        .on_hover_text(words::text("card.time.speed_tip"));
    Popup::menu(&response)
        .frame(Frame::menu(ui.style()).inner_margin(Margin::same(GAP as i8)))
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_width(72.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            for choice in SPEEDS {
                let text = words(&choice);
                let row = Row {
                    id: ui.scope_id().with(("speed", choice)),
                    name: &text,
                    height: 24.0,
                    selected: choice == *speed,
                    role: Role::MenuItem,
                };
                let (rect, response) = widgets::row(ui, row);
                let t = crate::ui::tokens::Tokens::of(ui.ctx());
                let place = rect.shrink2(vec2(GAP_3, 0.0));
                widgets::elided(
                    ui.painter(),
                    place,
                    widgets::Align::Left,
                    &text,
                    Type::Small,
                    t.t1,
                );
                if response.clicked() {
                    *speed = choice;
                }
            }
        });
}

impl TimeState {
    /// Why an action of the time line cannot be done where it stands.
    fn refused(&self, action: Action, history: &History) -> Option<&'static str> {
        let place = self.place(history);
        let why = match action {
            _ if self.line.is_empty() => Some("card.time.nothing"),
            Action::FirstEvent | Action::PreviousEvent => {
                (place == 0).then_some("card.time.at_beginning")
            }
            Action::NextEvent | Action::LastEvent => {
                (place >= self.line.len()).then_some("card.time.at_end")
            }
            _ => None,
        };
        why.map(words::text)
    }
}
