//! From pressed keys to actions, the same in the main window and in windows of their own.

use super::action::Action;
use crate::workbench::view::View;
use egui::Context;

/// The actions of the window that shows `view` whose keys were pressed in it, of those that `offered` lets through.
pub fn pressed(ctx: &Context, view: &View, offered: impl Fn(Action) -> bool) -> Vec<Action> {
    let with_keys = |action: Action| {
        let keys = [action.shortcut(), action.other_shortcut()];
        keys.into_iter().flatten().map(move |keys| (action, keys))
    };
    let mut keyed: Vec<_> = Action::all().flat_map(with_keys).collect();
    // egui lets a plain key match with Shift held, so what needs Shift is looked for first.
    keyed.sort_by_key(|(_, keys)| !keys.modifiers.shift);
    // A field that is typed into takes back its own typing.
    let typing = ctx.text_edit_focused();
    let of_typing = [Action::Undo, Action::Redo];
    keyed
        .into_iter()
        .filter(|(action, _)| action.is_of_window(view) && offered(*action))
        .filter(|(action, _)| !(typing && of_typing.contains(action)))
        .filter(|(_, keys)| ctx.input_mut(|input| input.consume_shortcut(keys)))
        .map(|(action, _)| action)
        .collect()
}
