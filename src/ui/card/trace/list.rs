//! The list of exchanges: two lines each.

use super::link::{self, Aim};
use super::rows::RowFacts;
use super::state::TraceState;
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
    Align2, Color32, EventFilter, Key, Painter, Rect, Role, ScrollArea, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

/// Height of a row in points.
const ROW: f32 = 44.0;
/// Width of the first column of a row.
const GUTTER: f32 = 44.0;

/// Draws the rows on screen.
pub fn show(
    ui: &mut Ui,
    state: &mut TraceState,
    card: Option<&CardView>,
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
    first_line(p, t, (exchange, &facts), line(rect, 4.0));
    second_line(p, t, &facts, line(rect, 22.0));
    p.hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    response.on_hover_ui_at_pointer(|ui| {
        ui.label(format!("{}\n{}", facts.time, facts.ended));
    })
}

/// A line of a row, that far below its top.
fn line(row: Rect, top: f32) -> Rect {
    let top = row.top() + top;
    Rect::from_min_max(
        pos2(row.left() + GAP_3, top),
        pos2(row.right() - GAP_3, top + 18.0),
    )
}

/// The part of a line from `left` to `right`.
fn part(line: Rect, left: f32, right: f32) -> Rect {
    Rect::from_x_y_ranges(left..=right, line.y_range())
}

/// Number, command and what came of it.
fn first_line(p: &Painter, t: &Tokens, (exchange, facts): (&Exchange, &RowFacts), line: Rect) {
    let (small, middle) = (Type::CodeSmall, line.left() + GUTTER);
    let number = part(line, line.left(), middle - GAP);
    widgets::elided(p, number, Align::Left, &facts.number, small, t.t3);
    let room = part(line, column(line) + GAP_2, line.right());
    let colour = ink(t, exchange);
    let ended = widgets::elided(p, room, Align::Right, &facts.ended, Type::Small, colour);
    let name = part(line, middle, ended.left() - GAP_2);
    let name = widgets::elided(p, name, Align::Left, facts.name, Type::SmallMedium, t.t1);
    if exchange.is_enciphered() {
        let opened = exchange.opened_command().or(exchange.opened_answer());
        let ink = if opened.is_some() { t.t3 } else { t.unknown };
        let at = pos2(name.right() + GAP_2 + 4.0, name.center().y);
        if at.x < ended.left() - GAP_2 {
            let lock = theme::icon(12.0);
            p.text(at, Align2::CENTER_CENTER, icons::LOCK, lock, ink);
        }
    }
}

/// What it is about, the step of its flow, and how long it took.
fn second_line(p: &Painter, t: &Tokens, facts: &RowFacts, line: Rect) {
    let (small, middle) = (Type::CodeSmall, line.left() + GUTTER);
    let taken = part(line, column(line), line.right());
    let taken = widgets::elided(p, taken, Align::Right, &facts.taken, small, t.t3);
    let about = part(line, middle, taken.left() - GAP_2);
    let about = widgets::elided(p, about, Align::Left, &facts.about, small, t.t2);
    let left = match facts.about.is_empty() {
        true => middle,
        false => about.right() + GAP_3,
    };
    let step = part(line, left, taken.left() - GAP_2);
    if step.width() > 30.0 {
        widgets::elided(p, step, Align::Left, &facts.step, small, t.t3);
    }
}

/// Where the right column of a line begins.
fn column(line: Rect) -> f32 {
    let middle = line.left() + GUTTER;
    middle + (line.right() - middle) * 0.62
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
