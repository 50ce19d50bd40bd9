//! What A and B are: two boxes that open a choice each, a button between them that exchanges them, and one that ends the
//! comparison.

use super::{Changes, FileFor, Frame};
use crate::model::card::difference::Sides;
use crate::model::card::journal::EventId;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_CONTROL, RADIUS_TAG, STROKE, Tokens};
use crate::ui::widgets::{self, Align, Button, Row, Size};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::compare::Side;
use crate::workbench::view::{CardSource, ComparisonView, History, OnReader, SideView};
use egui::{
    Align2, CornerRadius, Frame as Ground, Margin, Popup, PopupCloseBehavior, Rect, Response, Role,
    Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

/// Which side a box is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Which {
    A,
    B,
}

/// What is chosen for a side.
enum Chosen {
    Side(Side),
    /// A file, which is asked for.
    File,
}

/// Height of a box in points.
const BOX: f32 = 40.0;

/// Draws both sides.
pub fn show(
    ui: &mut Ui,
    changes: &mut Changes,
    frame: &Frame<'_>,
    comparison: &ComparisonView,
    commands: &mut Vec<Command>,
) {
    ui.add_space(GAP_2);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BOX), Sense::hover());
    let rect = rect.shrink2(vec2(GAP_3, 0.0));
    let between = 24.0 + GAP;
    let width = (rect.width() - between - 28.0) / 2.0;
    let a = Rect::from_min_size(rect.min, vec2(width, BOX));
    let b = Rect::from_min_size(pos2(a.right() + between, rect.top()), vec2(width, BOX));
    let sides = [
        (Which::A, a, &comparison.sides.a),
        (Which::B, b, &comparison.sides.b),
    ];
    for (which, place, side) in sides {
        let response = side_box(ui, which, place, side);
        if let Some(chosen) = menu(&response, changes, frame, which, side) {
            let Sides { a, b } = comparison.sides.as_ref().map(|side| side.side.clone());
            match (chosen, which) {
                (Chosen::Side(a), Which::A) => commands.push(Command::Compare(Sides { a, b })),
                (Chosen::Side(b), Which::B) => commands.push(Command::Compare(Sides { a, b })),
                (Chosen::File, Which::A) => changes.file_for = Some(FileFor::A { b }),
                (Chosen::File, Which::B) => changes.file_for = Some(FileFor::B { a }),
            }
        }
    }
    let small = |icon, key| {
        Button::ghost("")
            .icon(icon)
            .size(Size::Small)
            .named(words::text(key))
    };
    let place = Rect::from_center_size(
        pos2(a.right() + between / 2.0, rect.center().y),
        Vec2::splat(24.0),
    );
    if put(ui, place, small(icons::SWAP, "shell.action.swap_sides")).clicked() {
        commands.push(Command::SwapSides);
    }
    let place = Rect::from_center_size(
        pos2(rect.right() - 12.0, rect.center().y),
        Vec2::splat(24.0),
    );
    if put(
        ui,
        place,
        small(icons::CLOSE, "shell.action.close_comparison"),
    )
    .clicked()
    {
        commands.push(Command::CloseComparison);
    }
}

fn put(ui: &mut Ui, place: Rect, button: Button<'_>) -> Response {
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .id_salt(place.left() as i32),
    );
    child.add(button)
}

/// What a side is, in two lines.
pub fn side_words(side: &SideView) -> (String, String) {
    let history = side.card.history.as_ref();
    let moment = |history: &History, when: &'static str| {
        let shown = history
            .shown
            .and_then(|id| Some((id, history.journal.event(id)?)));
        let Some((id, event)) = shown else {
            let before_all = words::text("changes.side.before_all");
            return (numbers::event(0), before_all.to_string());
        };
        let time = numbers::time(event.time_ms);
        let cause = history.journal.cause(event);
        let step = cause.and_then(|cause| cause.step.as_ref());
        let when = match (&side.side, step) {
            (Side::Moment(_), Some(step)) => {
                words::format("changes.side.step_at", &[("step", step), ("time", &time)])
            }
            _ => words::format(when, &[("time", &time)]),
        };
        (numbers::event(id.number().into()), when)
    };
    let name = || match &side.card.source {
        CardSource::Emulated { profile } => profile.clone(),
        CardSource::File { name } | CardSource::Sealed { name } | CardSource::Reader { name } => {
            name.clone()
        }
    };
    match (&side.side, history) {
        (Side::Live, Some(history)) => moment(history, "changes.side.now_at"),
        (Side::Moment(_), Some(history)) => moment(history, "changes.side.moment_at"),
        (Side::Live | Side::Moment(_), None) => {
            (name(), words::text("changes.side.now").to_string())
        }
        (Side::File(_), _) => (name(), words::text("card.source.file").to_string()),
        (Side::OnReader, _) => (name(), words::text("card.source.reader").to_string()),
        (Side::Planned, _) => (name(), words::text("card.not_yet_written").to_string()),
    }
}

fn letter(which: Which) -> &'static str {
    match which {
        Which::A => "A",
        Which::B => "B",
    }
}

/// One side: its letter, and what it is.
fn side_box(ui: &mut Ui, which: Which, place: Rect, side: &SideView) -> Response {
    let t = Tokens::of(ui.ctx());
    let response = ui.interact(place, ui.scope_id().with(which), Sense::click());
    let (first, second) = side_words(side);
    let name = words::format(
        "changes.side.name",
        &[
            ("side", &letter(which)),
            ("what", &first),
            ("when", &second),
        ],
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let p = ui.painter();
    let corner = CornerRadius::same(RADIUS_CONTROL);
    let fill = if response.hovered() {
        t.hover
    } else {
        t.raised
    };
    let border = match which {
        Which::A => t.line2,
        Which::B => t.accent,
    };
    p.rect(
        place,
        corner,
        fill,
        Stroke::new(STROKE, border),
        StrokeKind::Inside,
    );
    let mark = Rect::from_center_size(
        pos2(place.left() + GAP_2 + 8.0, place.center().y),
        Vec2::splat(16.0),
    );
    let (ground, ink) = match which {
        Which::A => (t.t1, t.ground),
        Which::B => (t.accent, t.accent_ink),
    };
    p.rect_filled(mark, CornerRadius::same(RADIUS_TAG), ground);
    let middle = Align2::CENTER_CENTER;
    widgets::paint_text(p, mark.center(), middle, letter(which), Type::Letter, ink);
    let text = place
        .with_min_x(mark.right() + GAP_2)
        .with_max_x(place.right() - 20.0);
    let (above, below) = text
        .shrink2(vec2(0.0, 3.0))
        .split_top_bottom_at_fraction(0.5);
    widgets::elided(p, above, Align::Left, &first, Type::CodeMedium, t.t1);
    widgets::elided(p, below, Align::Left, &second, Type::Caption, t.t3);
    let caret = pos2(place.right() - 12.0, place.center().y);
    p.text(caret, middle, icons::CARET_DOWN, theme::icon(12.0), t.t3);
    widgets::focus_ring(p, t, &response, place, RADIUS_CONTROL);
    response.on_hover_text(name)
}

/// What a side may be instead.
fn menu(
    response: &Response,
    changes: &mut Changes,
    frame: &Frame<'_>,
    which: Which,
    side: &SideView,
) -> Option<Chosen> {
    let view = frame.view;
    let history = view.card.as_ref().and_then(|card| card.history.as_ref());
    let mut chosen = None;
    Popup::menu(response)
        .frame(Ground::menu(&response.ctx.global_style()).inner_margin(Margin::same(GAP as i8)))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(240.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut choice = |ui: &mut Ui, key, of: Chosen| {
                let on = matches!(&of, Chosen::Side(of) if *of == side.side);
                if choice_row(ui, words::text(key), on) {
                    chosen = Some(of);
                }
            };
            choice(ui, "changes.side.now", Chosen::Side(Side::Live));
            if let Some(history) = history.filter(|history| !history.live) {
                let shown = Chosen::Side(Side::Moment(history.shown));
                choice(ui, "changes.side.shown", shown);
            }
            choice(
                ui,
                "changes.side.before_all",
                Chosen::Side(Side::Moment(None)),
            );
            choice(ui, "changes.side.file", Chosen::File);
            if view.on_reader == Some(OnReader::Shown) {
                choice(ui, "changes.side.reader", Chosen::Side(Side::OnReader));
            }
            choice(ui, "changes.side.planned", Chosen::Side(Side::Planned));
            let typed = match which {
                Which::A => &mut changes.typed.a,
                Which::B => &mut changes.typed.b,
            };
            if let Some(moment) = number_field(ui, typed) {
                chosen = Some(Chosen::Side(Side::Moment(Some(moment))));
            }
            if chosen.is_some() {
                ui.close();
            }
        });
    chosen
}

fn choice_row(ui: &mut Ui, name: &str, on: bool) -> bool {
    let t = Tokens::of(ui.ctx());
    let row = Row {
        id: ui.scope_id().with(("side", name)),
        name,
        height: 28.0,
        selected: on,
        role: Role::MenuItem,
    };
    let (rect, response) = widgets::row(ui, row);
    let place = rect.shrink2(vec2(GAP_3, 0.0));
    widgets::elided(ui.painter(), place, Align::Left, name, Type::Body, t.t1);
    response.clicked()
}

/// The number of an event, typed; it is taken with Enter.
fn number_field(ui: &mut Ui, typed: &mut String) -> Option<EventId> {
    let t = Tokens::of(ui.ctx());
    ui.add_space(GAP);
    let edit = TextEdit::singleline(typed)
        .font(Type::Code.font())
        .hint_text(Type::Small.text(words::text("changes.side.number_hint"), t.t3))
        .desired_width(f32::INFINITY);
    let response = ui.add(edit);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_label(words::text("changes.side.number"));
    });
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let number = digits.parse().ok().and_then(EventId::new);
    entered.then_some(number).flatten()
}
