//! The ruler: what was written along the line, the playhead on it, and how pointer and keyboard go through it.

use super::drawn::{self, Drawn, Key as DrawnKey, LabelKind};
use super::line::Unit;
use super::scale::{Scale, Window};
use super::shown::{Shown, event_line};
use super::sides;
use super::state::TimeState;
use crate::model::card::journal::EventId;
use crate::ui::action::Action;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_4, RADIUS_TAG, STROKE, STROKE_COAST, Tokens};
use crate::ui::widgets;
use crate::words;
use crate::workbench::Command;
use egui::accesskit::{self, ActionData};
use egui::{
    Align2, CornerRadius, EventFilter, Key, Modifiers, Rect, Response, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

/// How much nearer one notch of the wheel or one press of a key brings.
const WHEEL: f64 = 0.004;
const KEY_ZOOM: f64 = 1.6;
/// Height of the playhead's number.
const TAG: f32 = 16.0;

/// Draws the ruler. Gives the event that was picked.
pub fn draw(
    ui: &mut Ui,
    state: &mut TimeState,
    shown: Shown<'_>,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) -> Option<EventId> {
    let rect = ui.max_rect();
    let inner = rect.shrink2(vec2(GAP_4, 0.0));
    let id = ui.scope_id().with("time line");
    let response = ui.interact(rect, id, Sense::click_and_drag());
    announce(&response, state, shown);
    let scale = Scale::new(window(state), inner);
    let picked = pointer(ui, &response, state, shown, scale, commands);
    let before = commands.len();
    keyboard(ui, &response, state, shown, asked, commands);
    zoom(ui, &response, state, scale);
    if commands.len() > before {
        let (place, len) = (state.place(shown.history), state.line.len());
        state.window = state.window.and_then(|window| window.showing(place, len));
    }
    if ui.is_rect_visible(rect) {
        let scale = Scale::new(window(state), inner);
        paint(ui, state, shown, scale, inner);
        hover(ui, &response, state, shown, scale);
        widgets::focus_ring(
            ui.painter(),
            Tokens::of(ui.ctx()),
            &response,
            rect.shrink(2.0),
            0,
        );
    }
    picked
}

fn window(state: &TimeState) -> Window {
    state
        .window
        .unwrap_or_else(|| Window::whole(state.line.len()))
}

/// What a screen reader is told: a slider over the moments of the line, and the event of its moment in words.
fn announce(response: &Response, state: &TimeState, shown: Shown<'_>) {
    let place = state.place(shown.history);
    let name = words::text("card.time.name");
    response.widget_info(|| WidgetInfo::slider(true, place as f64, name));
    let moment = state.line.moment(place);
    let spoken = moment.and_then(|id| event_line(shown, id));
    let spoken = spoken.unwrap_or_else(|| words::text("card.time.before_all").to_owned());
    let most = state.line.len();
    let wrote = state.drawn.as_ref().map_or(0, |drawn| drawn.picked);
    response.ctx.accesskit_node_builder(response.id, |node| {
        node.set_value(spoken);
        if wrote > 0 {
            node.set_description(words::format("card.time.wrote", &[("count", &wrote)]));
        }
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(most as f64);
        node.set_numeric_value_step(1.0);
        node.add_action(accesskit::Action::SetValue);
        node.add_action(accesskit::Action::Increment);
        node.add_action(accesskit::Action::Decrement);
    });
}

/// Pressing and dragging move the playhead; letting go picks the event it then stands after.
fn pointer(
    ui: &Ui,
    response: &Response,
    state: &mut TimeState,
    shown: Shown<'_>,
    scale: Scale,
    commands: &mut Vec<Command>,
) -> Option<EventId> {
    let primary = egui::PointerButton::Primary;
    if response.dragged_by(egui::PointerButton::Middle) {
        let by = -f64::from(response.drag_delta().x / scale.points_each());
        state.window = scale.window.moved(by, state.line.len());
        return None;
    }
    let held = response.is_pointer_button_down_on() && ui.input(|i| i.pointer.button_down(primary));
    let let_go = std::mem::replace(&mut state.held, held) && !held;
    if !(held || let_go || response.clicked_by(primary)) {
        return None;
    }
    response.request_focus();
    state.player.stop();
    if let Some(at) = response.interact_pointer_pos() {
        let place = place_under(scale, at.x, state.line.len());
        commands.extend(state.go(shown.history, place));
    }
    let event = state.line.moment(state.place(shown.history));
    event.filter(|_| !held)
}

/// The place after the event under a point.
fn place_under(scale: Scale, x: f32, len: usize) -> usize {
    let window = scale.window;
    // Left of the first event is the beginning.
    let place = scale
        .place(x)
        .ceil()
        .clamp(window.from.ceil(), window.to.floor());
    (place.max(0.0) as usize).min(len)
}

/// Arrows go by event, with Shift by step and with Ctrl by flow.
fn keyboard(
    ui: &Ui,
    response: &Response,
    state: &mut TimeState,
    shown: Shown<'_>,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) {
    let mut place = spoken_to(ui, response, state, shown);
    if response.has_focus() {
        let filter = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let now = state.place(shown.history);
        // What needs a modifier comes first: a plain key also fits with one held.
        let units = [
            (Modifiers::COMMAND, Unit::Flow),
            (Modifiers::SHIFT, Unit::Step),
            (Modifiers::NONE, Unit::Event),
        ];
        for (modifiers, unit) in units {
            if pressed(ui, modifiers, Key::ArrowLeft) {
                place = Some(state.line.previous(unit, now));
            }
            if pressed(ui, modifiers, Key::ArrowRight) {
                place = Some(state.line.next(unit, now));
            }
        }
        if pressed(ui, Modifiers::NONE, Key::Home) {
            place = Some(0);
        }
        if pressed(ui, Modifiers::NONE, Key::End) {
            place = Some(state.line.len());
        }
        if pressed(ui, Modifiers::NONE, Key::Space) {
            asked.push(Action::PlayPause);
        }
    }
    if let Some(place) = place {
        state.player.stop();
        commands.extend(state.go(shown.history, place));
    }
}

fn pressed(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(modifiers, key))
}

/// Where a screen reader asks to go.
fn spoken_to(ui: &Ui, response: &Response, state: &TimeState, shown: Shown<'_>) -> Option<usize> {
    use accesskit::Action::{Decrement, Increment, SetValue};
    let now = state.place(shown.history);
    ui.input(|input| {
        let id = response.id;
        if input.has_accesskit_action_request(id, Increment) {
            return Some((now + 1).min(state.line.len()));
        }
        if input.has_accesskit_action_request(id, Decrement) {
            return Some(now.saturating_sub(1));
        }
        let values = input.accesskit_action_requests(id, SetValue);
        let values = values.filter_map(|request| match request.data {
            Some(ActionData::NumericValue(value)) => Some(value.max(0.0) as usize),
            _ => None,
        });
        values.last().map(|place| place.min(state.line.len()))
    })
}

/// The wheel brings nearer what is under the pointer, sideways it moves along; so do + − and 0.
fn zoom(ui: &Ui, response: &Response, state: &mut TimeState, scale: Scale) {
    let len = state.line.len();
    let mut times = 1.0;
    let mut at = state
        .window
        .map_or(0.0, |window| (window.from + window.to) / 2.0);
    if let Some(pointer) = response.hover_pos() {
        let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        at = scale.place(pointer.x);
        times = (f64::from(wheel.y) * WHEEL).exp() * f64::from(pinch);
        if wheel.x != 0.0 && state.window.is_some() {
            let by = -f64::from(wheel.x / scale.points_each());
            state.window = scale.window.moved(by, len);
        }
    }
    if response.has_focus() {
        let key = |key| pressed(ui, Modifiers::NONE, key);
        if key(Key::Plus) || key(Key::Equals) {
            (times, at) = (KEY_ZOOM, at.max(scale.window.from));
        }
        if key(Key::Minus) {
            times = 1.0 / KEY_ZOOM;
        }
        if key(Key::Num0) {
            state.window = None;
        }
    }
    if times != 1.0 {
        state.window = window(state).zoomed(times, at, len);
        ui.ctx().request_repaint();
    }
}

fn paint(ui: &Ui, state: &mut TimeState, shown: Shown<'_>, scale: Scale, rect: Rect) {
    let t = Tokens::of(ui.ctx());
    let p = ui.painter();
    let key = DrawnKey {
        version: state.line.version(),
        scale,
        rect,
        dark: t.dark,
        picked: state.pick(shown),
    };
    let TimeState {
        drawn: kept,
        line,
        picked: (pick, blocks),
        ..
    } = state;
    let drawn = match kept.take().filter(|drawn| drawn.is_for(&key)) {
        Some(drawn) => drawn,
        None => Drawn::of(line, key, t, |address| {
            pick.block
                .map_or_else(|| blocks.has(address), |block| block == address)
        }),
    };
    p.extend(drawn.shapes.iter().cloned());
    for label in &drawn.labels {
        let (anchor, kind, ink) = match label.kind {
            LabelKind::Flow => (Align2::LEFT_CENTER, Type::CaptionMedium, t.t1),
            LabelKind::Step => (Align2::CENTER_CENTER, Type::CodeSmall, t.t2),
            LabelKind::Number => (Align2::CENTER_CENTER, Type::CodeSmall, t.t3),
        };
        widgets::paint_text(p, pos2(label.x, label.y), anchor, &label.text, kind, ink);
    }
    *kept = Some(drawn);
    let x = scale.x(state.place(shown.history) as f64);
    later(ui, t, rect, x);
    selected(ui, t, state, shown, scale, rect);
    sides::flag(ui, t, state, shown, scale, rect);
    if scale.shows(x.round()) {
        playhead(ui, t, state, shown, rect, x);
    }
    scrolled(ui, t, state, rect);
}

/// What comes after the playhead is dimmed.
fn later(ui: &Ui, t: &Tokens, rect: Rect, x: f32) {
    let left = x.clamp(rect.left(), rect.right());
    let top = rect.top() + drawn::TITLES - 8.0;
    let later = Rect::from_min_max(
        pos2(left, top),
        pos2(rect.right() + GAP_4, rect.bottom() - 24.0),
    );
    ui.painter()
        .rect_filled(later, CornerRadius::ZERO, t.later());
}

/// A dashed line at the event that is picked.
fn selected(ui: &Ui, t: &Tokens, state: &TimeState, shown: Shown<'_>, scale: Scale, rect: Rect) {
    let journal = &shown.history.journal;
    let place = shown
        .selection
        .event
        .and_then(|id| state.line.place(journal, Some(id)));
    let Some(place) = place else { return };
    let x = scale.x(place as f64 - 0.5).round();
    if scale.shows(x) {
        let y = |y: f32| rect.top() + y;
        let ends = [pos2(x, y(drawn::LANES.0)), pos2(x, y(drawn::BARS.1))];
        ui.painter().extend(Shape::dashed_line(
            &ends,
            Stroke::new(STROKE, t.marker),
            2.0,
            2.0,
        ));
    }
}

/// The line where the card is shown, with the event's number on it.
fn playhead(ui: &Ui, t: &Tokens, state: &TimeState, shown: Shown<'_>, rect: Rect, x: f32) {
    let p = ui.painter();
    let x = x.round();
    let top = rect.top() + 4.0;
    let line = Rect::from_min_max(
        pos2(x - 1.0, top),
        pos2(x + 1.0, rect.top() + drawn::PICKED.1),
    );
    p.rect_filled(line, CornerRadius::ZERO, t.accent);
    let moment = state.line.moment(state.place(shown.history));
    let number = numbers::event(moment.map_or(0, |id| id.number().into()));
    let number = match sides::is_side_b(shown) {
        true => format!("B {number}"),
        false => number,
    };
    let width = widgets::width_of(p, &number, Type::CodeSmallMedium) + 12.0;
    let middle = x.clamp(
        rect.left() + width / 2.0 - GAP_4,
        rect.right() - width / 2.0 + GAP_4,
    );
    let tag = Rect::from_min_size(pos2(middle - width / 2.0, top), vec2(width, TAG));
    p.rect_filled(tag, CornerRadius::same(RADIUS_TAG), t.accent);
    let at = tag.center();
    widgets::paint_text(
        p,
        at,
        Align2::CENTER_CENTER,
        &number,
        Type::CodeSmallMedium,
        t.accent_ink,
    );
}

/// Which part of the line is in sight, when it is not the whole.
fn scrolled(ui: &Ui, t: &Tokens, state: &TimeState, rect: Rect) {
    let Some(window) = state.window else { return };
    let len = state.line.len().max(1) as f64;
    let x = |place: f64| rect.left() + (place / len) as f32 * rect.width();
    let y = rect.bottom() - 3.0;
    let bar = |from: f32, to: f32| Rect::from_min_max(pos2(from, y - STROKE_COAST), pos2(to, y));
    let (from, to) = (x(window.from), x(window.to));
    ui.painter().rect_filled(
        bar(rect.left(), rect.right()),
        CornerRadius::same(1),
        t.line,
    );
    ui.painter().rect_filled(
        bar(from, to.max(from + 8.0)),
        CornerRadius::same(1),
        t.line3,
    );
}

/// Says which event is under the pointer.
fn hover(ui: &Ui, response: &Response, state: &TimeState, shown: Shown<'_>, scale: Scale) {
    let Some(pointer) = response.hover_pos().filter(|_| !state.held) else {
        return;
    };
    let place = place_under(scale, pointer.x, state.line.len());
    let words = state
        .line
        .moment(place)
        .and_then(|id| event_line(shown, id));
    let words = words.unwrap_or_else(|| words::text("card.time.before_all").to_owned());
    let x = scale.x(place as f64 - 0.5).max(scale.points.min);
    let t = Tokens::of(ui.ctx());
    let top = response.rect.top() + drawn::BARS.0;
    let mark = Rect::from_center_size(pos2(x, top + 11.0), vec2(1.0, 22.0));
    ui.painter().rect_filled(mark, CornerRadius::ZERO, t.t2);
    response.clone().on_hover_text_at_pointer(words);
}
