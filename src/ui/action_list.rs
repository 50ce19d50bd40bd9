//! Actions as rows, on the desk and in the Card place's menu.

use super::action::Action;
use super::icons;
use super::theme::{self, Type};
use super::tokens::{GAP, GAP_2, GAP_3, Tokens};
use super::widgets::{self, Align, Button, Row, Size};
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::view::View;
use egui::{Align2, Frame, Margin, Popup, PopupCloseBehavior, Rect, Role, ScrollArea, Ui, pos2};

/// Height of a recent file's row, in points.
const RECENT_ROW: f32 = 28.0;

/// What may be done with one card, in the order of the list.
pub const ONE_CARD: [Action; 8] = [
    Action::StartDivide,
    Action::NewCard,
    Action::OpenFile,
    Action::SaveCard,
    Action::TearOff,
    Action::CloseWindow,
    Action::PullCard,
    Action::Faults,
];

/// What may be done in the card's own time, under that.
const IN_TIME: [Action; 5] = [
    Action::Undo,
    Action::Redo,
    Action::ContinueFromHere,
    Action::SwitchBranch,
    Action::NameBranch,
];

/// What becomes of a card in other forms.
const FORMS: [Action; 5] = [
    Action::MakeCard,
    Action::ExportProxmark3,
    Action::ExportFlipper,
    Action::ExportText,
    Action::ExportTree,
];

/// One action as a row with its key caps; says whether it was chosen.
pub fn action_row(ui: &mut Ui, action: Action, view: &View) -> bool {
    let t = Tokens::of(ui.ctx());
    let refused = action.refused(view);
    let id = ui.scope_id().with(("desk action", action));
    let row = Row {
        id,
        name: action.name(),
        height: 32.0,
        selected: false,
        role: Role::MenuItem,
    };
    let (rect, response) = widgets::row(ui, row);
    let p = ui.painter();
    let mid = rect.center().y;
    let ink = if refused.is_some() { t.t3 } else { t.t1 };
    p.text(
        pos2(rect.left() + 20.0, mid),
        Align2::CENTER_CENTER,
        action.icon(),
        theme::icon(16.0),
        t.t2,
    );
    let place = Rect::from_min_max(pos2(rect.left() + 40.0, rect.top()), rect.max);
    widgets::elided(p, place, Align::Left, action.name(), Type::Body, ink);
    let keys = action.keys();
    if !keys.is_empty() {
        let cap = widgets::key_cap_width(p, &keys);
        widgets::paint_key_cap(p, t, pos2(rect.right() - GAP_3 - cap, mid), &keys, t.t2);
    }
    let clicked = response.clicked() && refused.is_none();
    if let Some(because) = refused {
        response.on_hover_text(because);
    }
    clicked
}

/// A button that opens the list of what may be done with the card.
pub fn card_menu(ui: &mut Ui, view: &View, asked: &mut Vec<Action>, commands: &mut Vec<Command>) {
    let name = words::text("card.actions");
    let button = Button::secondary(name)
        .after(icons::CARET_DOWN)
        .size(Size::Small);
    let response = ui.add(button);
    Popup::menu(&response)
        .frame(Frame::menu(ui.style()).inner_margin(Margin::same(GAP as i8)))
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_width(288.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, group) in [&ONE_CARD[..], &IN_TIME, &FORMS].into_iter().enumerate() {
                if at > 0 {
                    widgets::hairline(ui);
                }
                let here = group.iter().filter(|action| action.is_of_window(view));
                for action in here {
                    if action_row(ui, *action, view) {
                        asked.push(*action);
                    }
                }
            }
            recent(ui, view, commands);
        });
}

/// The files that were opened last.
fn recent(ui: &mut Ui, view: &View, commands: &mut Vec<Command>) {
    if view.recent.is_empty() || !Action::OpenFile.is_of_window(view) {
        return;
    }
    let t = Tokens::of(ui.ctx());
    widgets::hairline(ui);
    widgets::section_header(ui, words::text("shell.find_recent"), "");
    let scroll = ScrollArea::vertical().max_height(RECENT_ROW * 5.5);
    scroll.show(ui, |ui| {
        for (at, file) in view.recent.iter().enumerate() {
            let missing = file.missing.then(|| words::text("shell.recent.missing"));
            let aside = missing.unwrap_or_default();
            let spoken = format!("{} {aside}", file.name);
            let row = Row {
                id: ui.scope_id().with(("recent file", at)),
                name: spoken.trim_end(),
                height: RECENT_ROW,
                selected: false,
                role: Role::MenuItem,
            };
            let (rect, response) = widgets::row(ui, row);
            let p = ui.painter();
            let place = rect.shrink2(egui::vec2(GAP_2, 0.0));
            let drawn = widgets::elided(p, place, Align::Right, aside, Type::Caption, t.unknown);
            let place = Rect::from_min_max(place.min, pos2(drawn.left() - GAP, place.bottom()));
            widgets::elided(p, place, Align::Left, &file.name, Type::Body, t.t1);
            if response
                .on_hover_text(file.path.display().to_string())
                .clicked()
            {
                commands.push(Command::OpenFile(file.path.clone()));
            }
        }
    });
}
