//! The list of exchanges: two lines each.

use super::TraceState;
use super::link::{self, Aim};
use super::rows::RowFacts;
use crate::model::card::journal::Journal;
use crate::model::trace::{Ended, Exchange};
use crate::ui::card::facts::Selection;
use crate::ui::icons;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, STROKE, Tokens};
use crate::ui::widgets::{self, Align, Row};
use crate::words;
use crate::workbench::view::CardView;
use egui::{
    Align2, Color32, EventFilter, Key, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};

/// Height of a row in points.
const ROW: f32 = 44.0;
/// Where the second column of a row begins.
const GUTTER: f32 = 56.0;

/// Draws the rows on screen.
pub fn show(
    ui: &mut Ui,
    state: &mut TraceState,
    card: &CardView,
    (aim, journal): (Option<Aim>, Option<&Journal>),
    selection: &mut Selection,
) {
    let t = Tokens::of(ui.ctx());
    let id = ui.scope_id().with("exchanges");
    let area = ui.available_rect_before_wrap();
    let whole = ui.interact(area, id, Sense::focusable_noninteractive());
    whole.widget_info(|| WidgetInfo::labeled(Role::List, true, words::text("trace.list")));
    let mut picked = None;
    if whole.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        picked = keyboard(ui, state, selection, area.height());
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let scroll = scroll(ui, state, area.height());
    let output = scroll.show_rows(ui, ROW, state.rows.len(), |ui, range| {
        for row in range {
            let exchange = state.rows.get(row).and_then(|at| state.trace.get(at));
            let Some(exchange) = exchange else { continue };
            let lit = selection.exchange == Some(exchange.number);
            let related = !lit && aim.is_some_and(|aim| aim.is_of(exchange, journal));
            let response = exchange_row(ui, t, exchange, lit, related);
            if whole.has_focus() && lit {
                let active = response.id.accesskit_id();
                ui.ctx()
                    .accesskit_node_builder(id, |node| node.set_active_descendant(active));
            }
            if response.clicked() {
                ui.memory_mut(|memory| memory.request_focus(id));
                picked = Some(exchange.number);
            }
        }
    });
    if state.follow && state.drawn != state.rows.len() {
        // The list knows its new end now and is drawn there in the next frame.
        ui.ctx().request_repaint();
    }
    state.drawn = state.rows.len();
    let end = output.content_size.y - output.inner_rect.height();
    let pulled =
        ui.input(|input| input.smooth_scroll_delta().y != 0.0) && ui.rect_contains_pointer(area);
    if pulled || picked.is_some() {
        state.follow = output.state.clamped_offset().y >= end - 1.0;
    }
    if let Some(exchange) = picked.and_then(|number| state.trace.numbered(number)) {
        *selection = link::pick(card, exchange);
        state.reveal = selection.exchange;
    }
    widgets::focus_ring(ui.painter(), t, &whole, area.shrink(1.0), 0);
}

/// The scroll area: at its end while it follows, and at what is to be brought into sight.
fn scroll(ui: &Ui, state: &mut TraceState, height: f32) -> ScrollArea {
    let scroll = ScrollArea::vertical()
        .id_salt("exchanges")
        .auto_shrink(false);
    if state.height != height {
        // The area must know its new height before it is moved: past its end it springs back.
        state.height = height;
        if state.reveal.is_some() || state.to_end {
            ui.ctx().request_repaint();
        }
        return scroll.stick_to_bottom(state.follow);
    }
    let at = state.reveal.take().and_then(|number| {
        let position = state.trace.position(number)?;
        state.rows.row_of(position).ok()
    });
    match at {
        Some(at) => {
            let span = (at as f32 * ROW, (at + 1) as f32 * ROW);
            widgets::scrolled_to(ui, scroll, "exchanges", span, height)
        }
        None if std::mem::take(&mut state.to_end) => {
            let end = (state.rows.len() as f32 * ROW - height).max(0.0);
            scroll.vertical_scroll_offset(end)
        }
        None => scroll.stick_to_bottom(state.follow),
    }
}

/// The exchange that keys move to, by number.
fn keyboard(ui: &Ui, state: &TraceState, selection: &Selection, height: f32) -> Option<u32> {
    let last = state.rows.len().checked_sub(1)?;
    let page = ((height / ROW) as usize).max(2) - 1;
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let position = selection.exchange.and_then(|n| state.trace.position(n));
    let at = position.map(|position| state.rows.row_of(position));
    // An exchange that the filter left out stands between two rows.
    let (above, below) = match at {
        None => (last, 0),
        Some(Ok(at)) => (at.saturating_sub(1), (at + 1).min(last)),
        Some(Err(at)) => (at.saturating_sub(1), at.min(last)),
    };
    let row = if pressed(Key::ArrowUp) {
        above
    } else if pressed(Key::ArrowDown) {
        below
    } else if pressed(Key::PageUp) {
        (above + 1).saturating_sub(page)
    } else if pressed(Key::PageDown) {
        (below + page - 1).min(last)
    } else if pressed(Key::Home) {
        0
    } else if pressed(Key::End) {
        last
    } else {
        return None;
    };
    Some(state.trace.get(state.rows.get(row)?)?.number)
}

fn exchange_row(
    ui: &mut Ui,
    t: &Tokens,
    exchange: &Exchange,
    lit: bool,
    related: bool,
) -> egui::Response {
    let facts = RowFacts::of(exchange);
    let row = Row {
        id: ui.scope_id().with(("exchange", exchange.number)),
        name: &facts.line(),
        height: ROW,
        selected: lit,
        role: Role::ListItem,
    };
    let (rect, response) = widgets::row(ui, row);
    let p = ui.painter();
    if related {
        // What is picked on the card has a bar of its own, narrower than the selection's.
        let bar = Rect::from_min_size(rect.min + vec2(0.0, GAP), vec2(STROKE, ROW - 2.0 * GAP));
        p.rect_filled(bar, 0.0, t.accent);
    }
    let line = |top: f32| {
        let top = rect.top() + top;
        (top, top + 18.0)
    };
    let place = |(top, bottom): (f32, f32), left: f32, right: f32| {
        Rect::from_min_max(pos2(left, top), pos2(right, bottom))
    };
    let (first, second) = (line(4.0), line(22.0));
    let (left, middle, right) = (
        rect.left() + GAP_3,
        rect.left() + GUTTER,
        rect.right() - GAP_3,
    );
    let number = place(first, left, middle - GAP);
    widgets::elided(p, number, Align::Left, &facts.number, Type::CodeSmall, t.t3);
    let third = middle + (right - middle) * 0.62;
    let room = place(first, third + GAP_2, right);
    let ended = widgets::elided(
        p,
        room,
        Align::Right,
        &facts.ended,
        Type::Small,
        ink(t, exchange),
    );
    let name = place(first, middle, ended.left() - GAP_2);
    let name = widgets::elided(p, name, Align::Left, facts.name, Type::SmallMedium, t.t1);
    if exchange.is_enciphered() {
        let opened = exchange.opened_command().or(exchange.opened_answer());
        let ink = if opened.is_some() { t.t3 } else { t.unknown };
        let at = pos2(name.right() + GAP_2 + 4.0, name.center().y);
        if at.x < ended.left() - GAP_2 {
            p.text(
                at,
                Align2::CENTER_CENTER,
                icons::LOCK,
                theme::icon(12.0),
                ink,
            );
        }
    }
    let taken = place(second, third, right);
    let taken = widgets::elided(p, taken, Align::Right, &facts.taken, Type::CodeSmall, t.t3);
    let about = place(second, middle, taken.left() - GAP_2);
    let about = widgets::elided(p, about, Align::Left, &facts.about, Type::CodeSmall, t.t2);
    if !facts.step.is_empty() {
        let left = match facts.about.is_empty() {
            true => middle,
            false => about.right() + GAP_3,
        };
        let step = place(second, left, taken.left() - GAP_2);
        if step.width() > 30.0 {
            widgets::elided(p, step, Align::Left, &facts.step, Type::CodeSmall, t.t3);
        }
    }
    p.hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    response.on_hover_text_at_pointer(format!("{}\n{}", facts.time, facts.ended))
}

/// The colour of what came of it.
fn ink(t: &Tokens, exchange: &Exchange) -> Color32 {
    match exchange.ended {
        Ended::Answered if exchange.has_failed() => t.danger,
        Ended::Answered => t.t2,
        Ended::Silent | Ended::NotSent => t.warn,
        Ended::Gone | Ended::ReaderFailed => t.unknown,
    }
}
