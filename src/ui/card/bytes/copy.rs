//! What is picked, put on the clipboard.

use super::listing;
use super::shown::Shown;
use super::state::ByteState;
use crate::ui::action::Action;
use crate::ui::icons;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_3, Tokens};
use crate::ui::widgets::{self, Button, Row as MenuRow, Size};
use crate::words::text;
use egui::{Frame, Margin, Popup, PopupCloseBehavior, Role, Ui, vec2};

/// A button that opens the ways to copy what is picked.
pub fn copy_menu(ui: &mut Ui, state: &ByteState, shown: &Shown) {
    let refused = state.picked().is_none().then(|| text("bytes.copy_none"));
    let button = Button::ghost(text("bytes.copy"))
        .icon(icons::COPY)
        .size(Size::Small)
        .refused(refused);
    let response = ui.add(button);
    Popup::menu(&response)
        .frame(Frame::menu(ui.style()).inner_margin(Margin::same(GAP as i8)))
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_width(160.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            for (action, as_text) in [(Action::CopyHex, false), (Action::CopyText, true)] {
                let name = action.name();
                let row = MenuRow {
                    id: ui.scope_id().with(name),
                    name,
                    height: 28.0,
                    selected: false,
                    role: Role::MenuItem,
                };
                let (rect, response) = widgets::row(ui, row);
                let t = Tokens::of(ui.ctx());
                let place = rect.shrink2(vec2(GAP_3, 0.0));
                let p = ui.painter();
                widgets::elided(p, place, widgets::Align::Left, name, Type::Body, t.t1);
                if response.clicked() {
                    copy(ui, state, shown, as_text);
                }
            }
        });
}

/// Puts what is picked on the clipboard as it is shown, bytes of keys as dots: digits a line a block, text in one.
pub fn copy(ui: &Ui, state: &ByteState, shown: &Shown, as_text: bool) {
    if let Some(picked) = state.picked() {
        let rows = picked.rows(shown.card, u32::MAX);
        let text: String = if as_text {
            rows.map(|row| listing::letters(&row)).collect()
        } else {
            let rows: Vec<String> = rows.map(|row| listing::digits(&row)).collect();
            rows.join("\n")
        };
        ui.copy_text(text);
    }
}
