//! What stands in place of the block map for a card of which nobody knows where its blocks stand: a dump, or a card on a
//! reader, which is scanned with keys from here.

use crate::model::card::profile::Profile;
use crate::model::reader::scan::Progress;
use crate::ui::action::Action;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, Tokens};
use crate::ui::widgets::{self, Align, Button, Row, Size, Tone};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::view::{CardSource, CardView, KeysAtHand, ScanView, View};
use egui::{Label, Layout, Popup, PopupCloseBehavior, Role, ScrollArea, Ui, vec2};
use std::sync::OnceLock;

/// Width of the buttons, in points.
const BUTTON: f32 = 206.0;

/// Draws it. What a person asks for is added to `asked`.
pub fn show(
    ui: &mut Ui,
    view: &View,
    card: &CardView,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) {
    let on_reader = matches!(card.source, CardSource::Reader { .. });
    let (what, why) = match (on_reader, &card.scan) {
        (true, None) => ("card.no_map_seen", "card.no_map_seen_why"),
        (true, Some(_)) => ("card.no_map_seen", "card.no_map_scanned_why"),
        (false, _) => ("card.no_map", "card.no_map_why"),
    };
    let about = if on_reader { 230.0 } else { 160.0 };
    let room = ui.available_height();
    let scroll = ScrollArea::vertical().id_salt("no map").auto_shrink(false);
    scroll.show(ui, |ui| {
        ui.add_space(((room - about) / 2.0).max(GAP_2));
        widgets::empty_state(ui, words::text(what), words::text(why), |ui| {
            if on_reader {
                scan(ui, view, card, asked);
            } else if Action::MakeCard.is_of_window(view) {
                button(ui, view, Action::MakeCard, false, asked);
                chips(ui, commands);
            }
        });
    });
}

/// The chips that a dump may be put on.
fn chips(ui: &mut Ui, commands: &mut Vec<Command>) {
    let name = words::text("card.make.chip");
    let button = Button::ghost(name).after(icons::CARET_DOWN);
    let response = ui.add(button.size(Size::Small));
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_width(BUTTON + GAP_2);
            ui.spacing_mut().item_spacing.y = 0.0;
            for profile in profiles() {
                let row = Row {
                    id: ui.scope_id().with(("chip", &profile.name)),
                    name: &profile.title,
                    height: 28.0,
                    selected: false,
                    role: Role::MenuItem,
                };
                let (rect, response) = widgets::row(ui, row);
                let place = rect.shrink2(vec2(GAP_2, 0.0));
                let (p, t) = (ui.painter(), Tokens::of(ui.ctx()));
                widgets::elided(p, place, Align::Left, &profile.title, Type::Body, t.t1);
                if response.clicked() {
                    commands.push(Command::MakeCard(Some(profile.name.clone())));
                }
            }
        });
}

/// The built-in chips, read once.
fn profiles() -> &'static [Profile] {
    static PROFILES: OnceLock<Vec<Profile>> = OnceLock::new();
    PROFILES.get_or_init(Profile::built_in)
}

fn button(ui: &mut Ui, view: &View, action: Action, primary: bool, asked: &mut Vec<Action>) {
    let keys = action.keys();
    let button = match primary {
        true => Button::primary(action.name()),
        false => Button::secondary(action.name()),
    };
    let mut button = button.min_width(BUTTON).refused(action.refused(view));
    if !keys.is_empty() {
        button = button.key(&keys);
    }
    if ui.add(button).clicked() {
        asked.push(action);
    }
}

/// The scan: how far it is, what it came to, and what can be done.
fn scan(ui: &mut Ui, view: &View, card: &CardView, asked: &mut Vec<Action>) {
    if let Some(progress) = &view.scanning {
        let (done, number) = how_far(progress);
        widgets::progress(ui, done, &number);
        remark(ui, &found_words(progress));
        return button(ui, view, Action::StopScan, false, asked);
    }
    if let Some(scan) = &card.scan {
        came_to(ui, scan);
    }
    if !Action::Scan.is_of_window(view) {
        return;
    }
    // Beside each other, so that they stand above the bytes in a small window too.
    let row = vec2(2.0 * BUTTON + GAP_2, 28.0);
    let row = vec2(row.x.min(ui.available_width()), row.y);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(egui::Align::Center), |ui| {
        button(ui, view, Action::Scan, true, asked);
        button(ui, view, Action::ChooseKeys, false, asked);
    });
    if let Some(keys) = &view.keys_at_hand {
        remark(ui, &keys_words(keys));
    }
}

fn remark(ui: &mut Ui, text: &str) {
    let t = Tokens::of(ui.ctx());
    ui.add(Label::new(Type::Small.paragraph(text, t.t3)).wrap());
}

/// How much of the bar is filled, and the number beside it.
pub fn how_far(progress: &Progress) -> (f32, String) {
    let read = numbers::grouped(progress.blocks as u64);
    match progress.expected {
        Some(expected) => {
            let all = numbers::grouped(expected as u64);
            let done = progress.blocks as f32 / expected.max(1) as f32;
            let of = [("read", &read as _), ("all", &all as _)];
            (done, words::format("card.scan.blocks_of", &of))
        }
        None => (0.0, words::format("card.scan.blocks", &[("read", &read)])),
    }
}

fn found_words(progress: &Progress) -> String {
    let counts: [(&str, &dyn std::fmt::Display); 4] = [
        ("systems", &progress.systems),
        ("areas", &progress.areas),
        ("services", &progress.services),
        ("keys", &progress.keys),
    ];
    words::format("card.scan.found", &counts)
}

fn keys_words(keys: &KeysAtHand) -> String {
    let counts: [(&str, &dyn std::fmt::Display); 2] =
        [("own", &keys.own), ("workspace", &keys.workspace)];
    let text = match (keys.own, keys.workspace) {
        (0, 0) => "card.scan.no_keys",
        _ => "card.scan.keys",
    };
    let mut said = words::format(text, &counts);
    if keys.own > 0 && !keys.kept {
        said.push(' ');
        said.push_str(words::text("card.scan.held"));
    }
    said
}

/// What a scan came to.
fn came_to(ui: &mut Ui, scan: &ScanView) {
    let (tone, icon, word) = match (scan.whole, scan.closed) {
        (true, 0) => (Tone::Ok, icons::CHECK_CIRCLE, "card.scan.whole"),
        (true, _) => (Tone::Info, icons::INFO, "card.scan.some_closed"),
        (false, _) => (Tone::Warn, icons::WARNING, "card.scan.partial"),
    };
    widgets::tag(ui, tone, icon, words::text(word));
    let counts: [(&str, &dyn std::fmt::Display); 3] = [
        ("opened", &scan.opened),
        ("refused", &scan.refused),
        ("closed", &scan.closed),
    ];
    remark(ui, &words::format("card.scan.came", &counts));
    if let Some(broken) = &scan.broken {
        remark(ui, &format!("{} {}", broken.what, broken.next));
    }
    ui.add_space(GAP);
}
