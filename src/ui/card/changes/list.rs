//! Drawing the list of changes: the sides over it, how it is grouped, how many changes there are of each sign, and the
//! rows. As the tree, the list has the keyboard as a whole.

use super::rows::{By, Entry, Group, ROW, Row, event_of};
use super::says::{self, Told};
use super::{Changes, Frame, sides};
use crate::model::card::difference::{FieldChange, Sign};
use crate::ui::card::facts::{Selection, owner_of};
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_TAG, STROKE, STROKE_COAST, Tokens};
use crate::ui::widgets::{self, Align};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{ComparisonView, event_words};
use egui::{
    Align2, Color32, CornerRadius, EventFilter, Id, Key, Label, Painter, Pos2, Rect, Response,
    Role, ScrollArea, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// Side of the square that a sign stands on, in points.
const MARK: f32 = 14.0;

/// Draws everything under the tabs; gives what was picked.
pub fn show(
    ui: &mut Ui,
    changes: &mut Changes,
    frame: &Frame<'_>,
    commands: &mut Vec<Command>,
) -> Option<Selection> {
    let comparison = Arc::clone(changes.comparison()?);
    sides::show(ui, changes, frame, &comparison, commands);
    grouping(ui, changes);
    let unknown = comparison.difference.unknown;
    if unknown.a + unknown.b > 0 {
        let line = words::format(
            "changes.unknown",
            &[
                ("a", &numbers::grouped(unknown.a as u64)),
                ("b", &numbers::grouped(unknown.b as u64)),
            ],
        );
        note(ui, &line);
    }
    widgets::hairline(ui);
    if comparison.difference.is_empty() {
        ui.add_space(GAP_3);
        note(ui, words::text("changes.none"));
        return None;
    }
    rows(ui, changes, frame, &comparison)
}

fn note(ui: &mut Ui, text: &str) {
    let t = Tokens::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.add_space(GAP_3);
        ui.add(Label::new(Type::Small.paragraph(text, t.t3)).wrap());
    });
}

/// How the list is grouped, and how many changes there are of each sign.
fn grouping(ui: &mut Ui, changes: &mut Changes) {
    let t = Tokens::of(ui.ctx());
    ui.add_space(GAP_2);
    ui.horizontal(|ui| {
        ui.add_space(GAP_3);
        let choices = [
            (words::text("changes.by_field"), By::Field),
            (words::text("changes.by_block"), By::Block),
            (words::text("changes.by_event"), By::Event),
        ];
        let mut by = changes.by;
        if widgets::segmented(ui, &choices, &mut by) {
            changes.group_by(by);
        }
        let counts = changes.rows.counts;
        let each = [
            (Sign::Added, counts.added),
            (Sign::Changed, counts.changed),
            (Sign::Removed, counts.removed),
        ];
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let spoken = each.map(|(sign, count)| format!("{count} {}", says::sign_word(sign)));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken.join(", ")));
        let mut x = rect.right() - GAP_3;
        for (sign, count) in each.into_iter().rev() {
            let count = numbers::grouped(count as u64);
            let at = pos2(x, rect.center().y);
            let drawn = widgets::paint_text(
                ui.painter(),
                at,
                Align2::RIGHT_CENTER,
                &count,
                Type::Code,
                t.t2,
            );
            let mark = pos2(drawn.left() - GAP - MARK, rect.center().y - MARK / 2.0);
            paint_sign(ui.painter(), t, mark, sign);
            x = mark.x - GAP_2;
        }
    });
    ui.add_space(GAP_2);
}

/// The colour of a sign.
pub(super) fn sign_colour(t: &Tokens, sign: Sign) -> Color32 {
    match sign {
        Sign::Added => t.added,
        Sign::Changed => t.changed,
        Sign::Removed => t.removed,
    }
}

/// Draws a sign on its colour, top left at `at`.
pub(super) fn paint_sign(p: &Painter, t: &Tokens, at: Pos2, sign: Sign) {
    let rect = Rect::from_min_size(at, Vec2::splat(MARK));
    p.rect_filled(rect, CornerRadius::same(RADIUS_TAG), sign_colour(t, sign));
    let mark = says::sign_mark(sign);
    let middle = Align2::CENTER_CENTER;
    widgets::paint_text(
        p,
        rect.center(),
        middle,
        mark,
        Type::CodeSmallMedium,
        t.accent_ink,
    );
}

/// What the rows are drawn of.
struct Scene<'a> {
    t: &'a Tokens,
    frame: &'a Frame<'a>,
    comparison: &'a ComparisonView,
    /// The list, which has the keyboard.
    list: Id,
}

/// What was done to a row.
enum Done {
    Fold(Group),
    Pick(usize),
}

/// The rows; gives what was picked.
fn rows(
    ui: &mut Ui,
    changes: &mut Changes,
    frame: &Frame<'_>,
    comparison: &ComparisonView,
) -> Option<Selection> {
    let t = Tokens::of(ui.ctx());
    let list = ui.scope_id().with("changes");
    let area = ui.available_rect_before_wrap();
    let whole = ui.interact(area, list, Sense::focusable_noninteractive());
    whole.widget_info(|| WidgetInfo::labeled(Role::List, true, words::text("changes.list")));
    let keyed = whole.has_focus().then(|| keyboard(ui, changes, list));
    let mut scroll = ScrollArea::vertical().id_salt("changes").auto_shrink(false);
    if std::mem::take(&mut changes.reveal)
        && let Some(span) = changes.picked.and_then(|at| changes.rows.span(at))
    {
        scroll = widgets::scrolled_to(ui, scroll, "changes", span, area.height());
    }
    let scene = Scene {
        t,
        frame,
        comparison,
        list,
    };
    let mut done = None;
    scroll.show_viewport(ui, |ui, viewport| {
        let size = vec2(ui.available_width(), changes.rows.height());
        let (_, all) = ui.allocate_space(size);
        for (row, top, bottom) in changes.rows.visible(viewport.top(), viewport.bottom()) {
            let corner = pos2(all.left(), all.top() + top);
            let place = Rect::from_min_size(corner, vec2(all.width(), bottom - top));
            done = scene.row(ui, changes, row, place).or(done.take());
        }
    });
    widgets::focus_ring(ui.painter(), t, &whole, area.shrink(1.0), 0);
    match done {
        Some(Done::Pick(at)) => {
            ui.memory_mut(|memory| memory.request_focus(list));
            changes.pick(at)
        }
        Some(Done::Fold(group)) => {
            changes.fold(group);
            None
        }
        None => keyed.flatten(),
    }
}

/// Moves through the list by the keyboard; gives what was picked.
fn keyboard(ui: &Ui, changes: &mut Changes, list: Id) -> Option<Selection> {
    let filter = EventFilter {
        vertical_arrows: true,
        horizontal_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list, filter));
    let page = ((ui.available_height() / ROW) as isize).max(2) - 1;
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    if (pressed(Key::ArrowLeft) || pressed(Key::ArrowRight))
        && let Some(at) = changes.picked
        && let Some(group) = changes.rows.group(at)
        && changes.folded.contains(&group) == pressed(Key::ArrowRight)
    {
        changes.fold(group);
        return None;
    }
    let moves = [
        (Key::ArrowDown, 1),
        (Key::ArrowUp, -1),
        (Key::PageDown, page),
        (Key::PageUp, -page),
        (Key::Home, isize::MIN),
        (Key::End, isize::MAX),
    ];
    let by = moves.into_iter().find(|(key, _)| pressed(*key));
    by.and_then(|(_, by)| changes.step(by))
}

impl Scene<'_> {
    fn row(&self, ui: &mut Ui, changes: &Changes, row: Row, place: Rect) -> Option<Done> {
        match row {
            Row::Group {
                group,
                entries,
                unfolded,
            } => {
                let response = self.group(ui, place, group, entries, unfolded);
                response.clicked().then_some(Done::Fold(group))
            }
            Row::Entry(at) => {
                let entry = *changes.rows.entries.get(at)?;
                let lit = changes.picked == Some(at);
                let response = self.entry(ui, place, at, entry, lit);
                if lit && ui.memory(|memory| memory.has_focus(self.list)) {
                    let active = response.id.accesskit_id();
                    ui.ctx().accesskit_node_builder(self.list, |node| {
                        node.set_active_descendant(active);
                    });
                }
                response.clicked().then_some(Done::Pick(at))
            }
        }
    }

    /// The heading of a group.
    fn group(
        &self,
        ui: &Ui,
        place: Rect,
        group: Group,
        entries: usize,
        unfolded: bool,
    ) -> Response {
        let t = self.t;
        let response = ui.interact(place, self.list.with(group), Sense::CLICK);
        let (code, name, owner) = self.group_words(group);
        let count = numbers::grouped(entries as u64);
        let spoken = format!("{code} {name}, {count}");
        response.widget_info(|| WidgetInfo::labeled(Role::TreeItem, true, spoken.trim()));
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_expanded(unfolded));
        let p = ui.painter();
        let fill = if response.hovered() {
            t.hover
        } else {
            t.chrome
        };
        p.rect_filled(place, CornerRadius::ZERO, fill);
        let caret = match unfolded {
            true => icons::CARET_DOWN,
            false => icons::CARET_RIGHT,
        };
        let mid = place.center().y;
        let middle = Align2::CENTER_CENTER;
        let at = pos2(place.left() + GAP_3 + 6.0, mid);
        p.text(at, middle, caret, theme::icon(12.0), t.t2);
        let mut x = place.left() + GAP_3 + 20.0;
        if let Some(owner) = owner {
            let letter = self.frame.view.owners.get(owner).map_or('?', |o| o.letter);
            widgets::paint_owner_tag(p, t, pos2(x, mid - 8.0), owner, letter);
            x += 24.0;
        }
        let right = pos2(place.right() - GAP_3, mid);
        let count = widgets::paint_text(p, right, Align2::RIGHT_CENTER, &count, Type::Small, t.t3);
        let room = Rect::from_min_max(
            pos2(x, place.top()),
            pos2(count.left() - GAP_2, place.bottom()),
        );
        let code = widgets::elided(p, room, Align::Left, &code, Type::CodeMedium, t.t1);
        let rest = room.with_min_x(code.right() + GAP_2);
        widgets::elided(p, rest, Align::Left, &name, Type::SmallMedium, t.t1);
        response
    }

    /// Code and name of a group, and whose it is.
    fn group_words(&self, group: Group) -> (String, String, Option<usize>) {
        let comparison = self.comparison;
        match group {
            Group::System(system) => {
                let code = says::system_code(&comparison.difference, system);
                let numbers = comparison.difference.systems.get(system);
                let numbers = numbers.map(|system| system.number);
                let owner = numbers.and_then(|number| match number.b {
                    Some(number) => Some(owner_of(&comparison.sides.b.card, number)),
                    None => Some(owner_of(&comparison.sides.a.card, number.a?)),
                });
                let named = owner.and_then(|owner| self.frame.view.owners.get(owner));
                let name = named.map_or_else(String::new, |owner| owner.name.clone());
                (code, name, owner)
            }
            Group::Event(None) => {
                let none = words::text("changes.no_event");
                (String::new(), none.to_string(), None)
            }
            Group::Event(Some(id)) => {
                let number = numbers::event(id.number().into());
                let history = comparison.sides.b.card.history.as_ref();
                let event = history.and_then(|h| Some((&h.journal, h.journal.event(id)?)));
                let name = event.map_or_else(String::new, |(journal, event)| {
                    let step = journal.cause(event).and_then(|cause| cause.step.as_ref());
                    let step = step.map_or_else(String::new, ToString::to_string);
                    let command = event_words(journal, event);
                    format!("{step} {command}").trim().to_string()
                });
                (number, name, None)
            }
        }
    }

    /// A change, or a block with its changes, on two lines.
    fn entry(&self, ui: &Ui, place: Rect, at: usize, entry: Entry, lit: bool) -> Response {
        let t = self.t;
        let difference = &self.comparison.difference;
        let response = ui.interact(place, self.list.with(at), Sense::CLICK);
        let Some(change) = difference.changes.get(entry.change) else {
            return response;
        };
        let addresses = self.frame.addresses;
        let spoken = says::spoken(difference, change, addresses);
        let spoken = match entry.block {
            Some(block) => format!("{}, {spoken}", addresses.label(block)),
            None => spoken,
        };
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, lit, &spoken));
        let p = ui.painter();
        if lit {
            p.rect_filled(place, CornerRadius::ZERO, t.sel);
            let bar = Rect::from_min_size(place.min, vec2(STROKE_COAST, place.height()));
            p.rect_filled(bar, CornerRadius::ZERO, t.accent);
        } else if response.hovered() {
            p.rect_filled(place, CornerRadius::ZERO, t.hover);
        }
        let rule = Stroke::new(STROKE, t.line);
        p.hline(place.x_range(), place.bottom() - STROKE / 2.0, rule);
        let mark = place.min + vec2(GAP_3, GAP_2);
        paint_sign(p, t, mark, change.sign());
        let left = place.left() + GAP_3 + 28.0;
        let middle = place.top() + place.height() / 2.0;
        let room = place.with_min_x(left).with_max_x(place.right() - GAP_3);
        let (first, second) = (
            room.with_min_y(place.top() + GAP).with_max_y(middle),
            room.with_min_y(middle).with_max_y(place.bottom() - GAP),
        );
        self.first_line(p, first, change, entry);
        self.second_line(p, second, change, entry);
        response
    }

    fn first_line(&self, p: &Painter, room: Rect, change: &FieldChange, entry: Entry) {
        let t = self.t;
        let history = self.comparison.sides.b.card.history.as_ref();
        let event = match entry.block {
            Some(block) => history.and_then(|h| h.writer(block)).map(|(id, _)| id),
            None => event_of(self.comparison, entry.change),
        };
        let event = event.map_or_else(String::new, |id| numbers::event(id.number().into()));
        let event = widgets::elided(p, room, Align::Right, &event, Type::CodeSmall, t.t3);
        let room = room.with_max_x(event.left() - GAP_2);
        let addresses = self.frame.addresses;
        let code = match entry.block {
            Some(block) => addresses.label(block),
            None => says::code(&self.comparison.difference, change, addresses),
        };
        let code = widgets::elided(p, room, Align::Left, &code, Type::CodeMedium, t.t1);
        let what = match entry.block {
            Some(_) if entry.changes > 1 => words::format(
                "changes.fields",
                &[("count", &numbers::grouped(entry.changes))],
            ),
            _ => says::field(change),
        };
        let rest = room.with_min_x(code.right() + GAP_2);
        widgets::elided(p, rest, Align::Left, &what, Type::Small, t.t2);
    }

    fn second_line(&self, p: &Painter, room: Rect, change: &FieldChange, entry: Entry) {
        let t = self.t;
        if entry.changes > 1 {
            let what = says::spoken(&self.comparison.difference, change, self.frame.addresses);
            widgets::elided(p, room, Align::Left, &what, Type::Small, t.t2);
            return;
        }
        let (was, is) = match says::told(change, self.frame.addresses) {
            Told::One(words) => (None, Some(words)),
            Told::Sides(a, b) => (a, b),
        };
        let mut room = room;
        if let Some(was) = &was {
            // What went has nothing behind it.
            let half = if is.is_some() {
                room.width() * 0.5
            } else {
                room.width()
            };
            let place = room.with_max_x(room.left() + half);
            let drawn = widgets::elided(p, place, Align::Left, was, Type::Code, t.t2);
            room = room.with_min_x(drawn.right() + GAP_2);
        }
        let Some(is) = &is else { return };
        if was.is_some() {
            let at = room.left_center() + vec2(6.0, 0.0);
            let arrow = icons::ARROW_RIGHT;
            p.text(at, Align2::CENTER_CENTER, arrow, theme::icon(12.0), t.t3);
            room = room.with_min_x(room.left() + 12.0 + GAP_2);
        }
        widgets::elided(p, room, Align::Left, is, Type::CodeMedium, t.t1);
    }
}
