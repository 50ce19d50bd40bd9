//! From pressed keys to actions, the same in the main window and in windows of their own.

use super::action::Action;
use crate::workbench::view::View;
use egui::{Context, Event};

/// Why what was asked for last cannot be done. It is told in the status bar until the next key or press, so that no key
/// is without an answer.
#[derive(Default)]
pub struct Refusal(Option<&'static str>);

impl Refusal {
    /// Whether the action cannot be done now; keeps why.
    pub fn note(&mut self, action: Action, view: &View) -> bool {
        self.0 = action.refused(view);
        self.0.is_some()
    }

    /// What is to be told in this frame.
    pub fn told(&mut self, ctx: &Context) -> Option<&'static str> {
        let is_press = |event: &Event| {
            matches!(
                event,
                Event::Key { pressed: true, .. } | Event::PointerButton { pressed: true, .. }
            )
        };
        if ctx.input(|input| input.events.iter().any(is_press)) {
            self.0 = None;
        }
        self.0
    }
}

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
