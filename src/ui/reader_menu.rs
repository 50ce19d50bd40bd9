//! The reader: a chip in the top bar that says which one is chosen and what is on it, and its menu.
//!
//! The menu lists the emulated card and the PC/SC readers, and below them the families that the chosen reader may be
//! taken to be of.

use super::action::Action;
use super::action_list::action_row;
use super::icons;
use super::theme::{self, Type};
use super::tokens::{GAP, GAP_2, RADIUS_CONTROL, Tokens};
use super::widgets::{self, Align, Row};
use crate::model::apdu::Family;
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::view::{OnReader, ReaderKind, ReaderState, ReaderView, ServiceState, View};
use egui::{
    Align2, Label, Painter, Popup, PopupCloseBehavior, Rect, Response, Role, Sense, Ui, WidgetInfo,
    pos2, vec2,
};

/// Room for the name of a reader and what is on it.
const MENU_WIDTH: f32 = 360.0;

/// What is on a reader. Whether one is plugged in, a service that does not run cannot tell.
fn state_words(reader: &ReaderView, service: ServiceState) -> &'static str {
    words::text(match reader.kind {
        ReaderKind::Emulator => "shell.reader.emulator",
        ReaderKind::Pcsc { state, .. } => match state {
            ReaderState::Card => "shell.reader.card",
            ReaderState::Empty => "shell.reader.free",
            ReaderState::Unplugged if service != ServiceState::Running => "shell.reader.unseen",
            ReaderState::Unplugged => "shell.reader.unplugged",
        },
    })
}

/// A family's name for people.
pub fn family_words(family: Family) -> &'static str {
    words::text(match family {
        Family::Acs => "shell.family.acs",
        Family::Acr122 => "shell.family.acr122",
        Family::Identiv => "shell.family.identiv",
        Family::SonyS300 => "shell.family.sony_s300",
        Family::SonyS380 => "shell.family.sony_s380",
        Family::Basic => "shell.family.basic",
    })
}

/// What is said of a service that gives no readers.
fn service_words(service: ServiceState) -> Option<&'static str> {
    match service {
        ServiceState::Running => None,
        ServiceState::NotRunning => Some("shell.service.not_running"),
        ServiceState::Failing => Some("shell.service.failing"),
    }
}

/// What is said where no card is shown, and what can be done.
pub struct NoCard {
    /// What is so.
    pub what: String,
    /// What to do about it.
    pub how: String,
    pub actions: &'static [Action],
}

impl NoCard {
    /// By what is known of the chosen PC/SC reader; where the emulator is chosen, `what` and `how`, keys of the string
    /// table.
    pub fn of(view: &View, what: &'static str, how: &'static str) -> NoCard {
        let Some((what, how)) = view.on_reader.as_ref().and_then(|on| on_words(view, on)) else {
            return NoCard {
                what: words::text(what).to_string(),
                how: words::text(how).to_string(),
                actions: &[Action::NewCard, Action::OpenFile],
            };
        };
        let card = view
            .readers
            .get(view.reader)
            .is_some_and(ReaderView::has_card);
        let actions: &[Action] = if card { &[Action::LookAgain] } else { &[] };
        NoCard { what, how, actions }
    }
}

/// What is so on a PC/SC reader, and what to do about it; `None` where its card is shown.
fn on_words(view: &View, on: &OnReader) -> Option<(String, String)> {
    let pair = |what, how| Some((words::text(what).to_string(), words::text(how).to_string()));
    match on {
        OnReader::Unplugged => match service_words(view.service) {
            None => pair("shell.on.unplugged", "shell.on.unplugged_how"),
            Some(why) => pair("shell.on.no_service", why),
        },
        OnReader::Empty => pair("shell.on.empty", "shell.on.empty_how"),
        OnReader::Looking => pair("shell.on.looking", "shell.on.looking_how"),
        OnReader::Number { id, whole } => {
            let how = if *whole {
                "shell.on.number_other"
            } else {
                "shell.on.number_limited"
            };
            let what = words::format("shell.on.number", &[("id", id)]);
            Some((what, words::text(how).to_string()))
        }
        OnReader::Failed(said) => {
            let arguments = [("next", &said.next as _), ("details", &said.details as _)];
            let how = words::format("shell.on.failed_how", &arguments);
            Some((said.what.clone(), how))
        }
        OnReader::Shown => None,
    }
}

/// Draws the chip; a click opens the menu.
pub fn show(ui: &mut Ui, view: &View, asked: &mut Vec<Action>, commands: &mut Vec<Command>) {
    let t = Tokens::of(ui.ctx());
    let reader = view.readers.get(view.reader);
    let name = reader.map_or(words::text("shell.reader.none"), |r| r.name.as_str());
    let state = reader.map_or_else(String::new, |reader| match reader.kind {
        ReaderKind::Emulator => state_words(reader, view.service).to_string(),
        ReaderKind::Pcsc { family, .. } => {
            format!(
                "{}, {}",
                family_words(family),
                state_words(reader, view.service)
            )
        }
    });
    let card = reader.is_some_and(|reader| match reader.kind {
        ReaderKind::Emulator => view.card.is_some(),
        ReaderKind::Pcsc { .. } => reader.has_card(),
    });
    let response = reader_chip(ui, t, name, &state, card);
    let response = response.on_hover_text(name);
    let frame = egui::Frame::menu(ui.style()).inner_margin(egui::Margin::same(GAP as i8));
    Popup::menu(&response)
        .frame(frame)
        .width(MENU_WIDTH)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_width(MENU_WIDTH);
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, reader) in view.readers.iter().enumerate() {
                let item = Item {
                    name: &reader.name,
                    aside: state_words(reader, view.service),
                    icon: icons::READER,
                    on: at == view.reader,
                };
                if menu_row(ui, t, item, ("reader", at)).clicked() {
                    commands.push(Command::ChooseReader(at));
                }
            }
            service_line(ui, t, view);
            if let Some(ReaderKind::Pcsc {
                family, by_name, ..
            }) = reader.map(|reader| reader.kind)
            {
                widgets::hairline(ui);
                families(ui, t, (name, view.reader), (family, by_name), commands);
            }
            widgets::hairline(ui);
            let scan = match view.scanning {
                Some(_) => Action::StopScan,
                None => Action::Scan,
            };
            let keys = [
                Action::LookAgain,
                scan,
                Action::ChooseKeys,
                Action::ForgetKeys,
            ];
            for action in keys {
                let offered = action == Action::LookAgain || view.keys_at_hand.is_some();
                if offered && action_row(ui, action, view) {
                    asked.push(action);
                }
            }
        });
}

/// Why there are no PC/SC readers, if it is the service's fault.
fn service_line(ui: &mut Ui, t: &Tokens, view: &View) {
    let Some(what) = service_words(view.service) else {
        return;
    };
    ui.add_space(GAP);
    ui.horizontal(|ui| {
        ui.add_space(34.0);
        ui.add(Label::new(Type::Caption.text(words::text(what), t.t3)).wrap());
    });
    ui.add_space(GAP);
}

/// The families to choose from; the first row leaves it to the reader's name.
fn families(
    ui: &mut Ui,
    t: &Tokens,
    (reader, index): (&str, usize),
    (family, by_name): (Family, bool),
    commands: &mut Vec<Command>,
) {
    ui.add_space(GAP_2);
    ui.horizontal(|ui| {
        ui.add_space(GAP_2);
        ui.label(Type::Caption.text(words::text("shell.family"), t.t3));
    });
    let item = Item {
        name: words::text("shell.family.by_name"),
        aside: family_words(Family::of(reader)),
        icon: "",
        on: by_name,
    };
    if menu_row(ui, t, item, ("family", 0)).clicked() {
        commands.push(Command::ChooseFamily(index, None));
    }
    for (at, choice) in Family::ALL.into_iter().enumerate() {
        let item = Item {
            name: family_words(choice),
            aside: if choice.is_whole() {
                ""
            } else {
                words::text("shell.family.limited")
            },
            icon: "",
            on: !by_name && choice == family,
        };
        if menu_row(ui, t, item, ("family", at + 1)).clicked() {
            commands.push(Command::ChooseFamily(index, Some(choice)));
        }
    }
}

/// One row of the menu.
struct Item<'a> {
    name: &'a str,
    aside: &'a str,
    icon: &'a str,
    on: bool,
}

fn menu_row(ui: &mut Ui, t: &Tokens, item: Item, id: (&str, usize)) -> Response {
    let row = Row {
        id: ui.scope_id().with(id),
        name: item.name,
        height: 28.0,
        selected: item.on,
        role: Role::MenuItem,
    };
    let (rect, response) = widgets::row(ui, row);
    let p = ui.painter();
    let mid = rect.center().y;
    p.text(
        pos2(rect.left() + 18.0, mid),
        Align2::CENTER_CENTER,
        item.icon,
        theme::icon(14.0),
        t.t2,
    );
    let place = Rect::from_min_max(
        pos2(rect.left() + 34.0, rect.top()),
        rect.max - vec2(GAP_2, 0.0),
    );
    let drawn = widgets::elided(p, place, Align::Right, item.aside, Type::Caption, t.t3);
    let place = Rect::from_min_max(place.min, pos2(drawn.left() - GAP_2, rect.bottom()));
    paint_name(p, t, place, item.name, Type::Body);
    response
}

/// A reader's name. Its end, by which readers of one model differ, stays where its middle does not fit.
fn paint_name(p: &Painter, t: &Tokens, place: Rect, name: &str, kind: Type) {
    let fits = |text: &str| widgets::width_of(p, text, kind) <= place.width();
    let name = widgets::without_middle(name, fits);
    widgets::elided(p, place, Align::Left, &name, kind, t.t1);
}

/// The chosen reader: a light, its name, what is on it.
fn reader_chip(ui: &mut Ui, t: &Tokens, name: &str, state: &str, card: bool) -> Response {
    let wide = ui.ctx().content_rect().width() >= 1100.0;
    let name_width = widgets::width_of(ui.painter(), name, Type::SmallMedium).min(220.0);
    let state_width = widgets::width_of(ui.painter(), state, Type::Small);
    let state_room = if wide && !state.is_empty() {
        state_width + GAP_2
    } else {
        0.0
    };
    let size = vec2(16.0 + 22.0 + name_width + state_room + 34.0, 24.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let spoken = format!("{}: {name}, {state}", words::text("shell.reader"));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken.trim_end_matches(", ")));
    let p = ui.painter();
    let fill = if response.hovered() {
        t.hover
    } else {
        t.raised
    };
    widgets::control_box(p, t, rect, fill);
    let mid = rect.center().y;
    let light = if card { t.ok } else { t.line3 };
    p.circle_filled(pos2(rect.left() + 12.0, mid), 4.0, light);
    let mut x = rect.left() + 22.0;
    p.text(
        pos2(x + 8.0, mid),
        Align2::CENTER_CENTER,
        icons::READER,
        theme::icon(16.0),
        t.t2,
    );
    x += 22.0;
    let place = Rect::from_min_max(
        pos2(x, rect.top()),
        pos2(x + name_width + 1.0, rect.bottom()),
    );
    paint_name(p, t, place, name, Type::SmallMedium);
    if state_room > 0.0 {
        let at = pos2(x + name_width + GAP_2, mid);
        widgets::paint_text(p, at, Align2::LEFT_CENTER, state, Type::Small, t.t3);
    }
    let at = pos2(rect.right() - 14.0, mid);
    p.text(
        at,
        Align2::CENTER_CENTER,
        icons::CARET_DOWN,
        theme::icon(12.0),
        t.t2,
    );
    widgets::focus_ring(p, t, &response, rect, RADIUS_CONTROL);
    response
}
