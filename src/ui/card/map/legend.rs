//! The legend under the map: what each colour means, and of how many blocks. The counts add up to the card. A click
//! points a class out: the others are dimmed.

use super::colouring::{Class, Colouring, Entry, Heat, Kind};
use super::guard::Guard;
use super::look::look;
use super::shown::Shown;
use super::state::MapState;
use crate::model::card::difference::BlockChange;
use crate::ui::card::facts::owner_name;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_3, GAP_4, RADIUS_CELL, RADIUS_TAG, STROKE, Tokens};
use crate::ui::widgets;
use crate::words;
use crate::workbench::view::OwnerView;
use egui::{
    Align2, CornerRadius, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};

/// Height of the legend's first row in points, and of each further one.
const FIRST: f32 = 32.0;
const FURTHER: f32 = 22.0;
/// Most rows that it takes.
const MOST: usize = 3;
/// From an entry's sign to its name, and from that to its count.
const SIGN: f32 = 22.0;
const BEFORE_COUNT: f32 = 6.0;

/// One entry, laid out.
struct Placed {
    class: Class,
    /// Where it is, measured from the legend's top left.
    place: Rect,
    /// What stands in its square.
    letter: char,
    name: String,
    count: String,
}

/// The legend of one frame, laid out before the map so that the map has the rest of the room.
pub struct Legend {
    placed: Vec<Placed>,
    sum: String,
    height: f32,
}

impl Legend {
    /// Lays the entries out over `width`; more than fit into its rows are in the sum alone.
    pub fn new(p: &Painter, width: f32, shown: Shown<'_>, colouring: &Colouring) -> Legend {
        let sum = sum_words(shown);
        let beside = width - widgets::width_of(p, &sum, Type::Small) - 2.0 * GAP_3;
        let (mut placed, mut row, mut x) = (Vec::new(), 0, GAP_4);
        for entry in &colouring.entries {
            let name = name(entry.class, &shown.view.owners);
            let count = numbers::grouped(entry.blocks);
            let wide = SIGN
                + widgets::width_of(p, &name, Type::Small)
                + BEFORE_COUNT
                + widgets::width_of(p, &count, Type::Small);
            let end = if row == 0 { beside } else { width - GAP_3 };
            if x + wide > end && x > GAP_4 {
                (row, x) = (row + 1, GAP_4);
            }
            if row == MOST {
                break;
            }
            let min = pos2(x, middle(row) - 10.0);
            placed.push(Placed {
                class: entry.class,
                letter: letter(entry.class, &shown.view.owners),
                place: Rect::from_min_size(min, vec2(wide, 20.0)),
                name,
                count,
            });
            x += wide + GAP_4;
        }
        let rows = row.min(MOST - 1);
        Legend {
            placed,
            sum,
            height: FIRST + FURTHER * rows as f32,
        }
    }

    /// Height of all rows, in points.
    pub fn height(&self) -> f32 {
        self.height
    }

    /// Draws it at the place of the next widget.
    pub fn show(self, ui: &mut Ui, state: &mut MapState, colouring: &Colouring) {
        let t = Tokens::of(ui.ctx());
        let size = vec2(ui.available_width(), self.height);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &self.sum));
        let at = pos2(rect.right() - GAP_3, rect.top() + middle(0));
        let p = ui.painter();
        widgets::paint_text(p, at, Align2::RIGHT_CENTER, &self.sum, Type::Small, t.t2);
        for placed in &self.placed {
            let entry = colouring.find(placed.class);
            let Some(entry) = entry.and_then(|at| colouring.entries.get(at)) else {
                continue;
            };
            let place = placed.place.translate(rect.min.to_vec2());
            show_entry(ui, t, place, placed, entry, state);
        }
    }
}

fn middle(row: usize) -> f32 {
    FIRST / 2.0 + FURTHER * row as f32
}

fn show_entry(
    ui: &mut Ui,
    t: &Tokens,
    place: Rect,
    placed: &Placed,
    entry: &Entry,
    state: &mut MapState,
) {
    let id = ui.scope_id().with(("legend", placed.class));
    let response = ui.interact(place.expand2(vec2(4.0, 0.0)), id, Sense::click());
    if response.clicked() {
        let on = state.pointed == Some(placed.class);
        state.pointed = (!on).then_some(placed.class);
    }
    let on = state.pointed == Some(placed.class);
    let spoken = words::format(
        "card.legend.entry",
        &[("name", &placed.name), ("count", &placed.count)],
    );
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &spoken));
    let p = ui.painter();
    if on || response.hovered() {
        let fill = if on { t.press } else { t.hover };
        p.rect_filled(response.rect, CornerRadius::same(RADIUS_TAG), fill);
    }
    let at = pos2(place.left(), place.center().y - 8.0);
    sign(p, t, at, entry, placed.letter);
    let at = pos2(place.left() + SIGN, place.center().y);
    let name = widgets::paint_text(p, at, Align2::LEFT_CENTER, &placed.name, Type::Small, t.t1);
    let at = pos2(name.right() + BEFORE_COUNT, place.center().y);
    let ink = if on { t.t2 } else { t.t3 };
    widgets::paint_text(p, at, Align2::LEFT_CENTER, &placed.count, Type::Small, ink);
    widgets::focus_ring(p, t, &response, response.rect, RADIUS_TAG);
    response.on_hover_text(words::text("card.legend.point_out"));
}

/// The letter of an owner, or the sign of a difference.
fn letter(class: Class, owners: &[OwnerView]) -> char {
    match class {
        Class::Owner(owner) => owners.get(owner).map_or('?', |owner| owner.letter),
        Class::Change(BlockChange::Added) => '+',
        Class::Change(BlockChange::Changed) => '~',
        Class::Change(BlockChange::Removed) => '−',
        Class::Unknown => '?',
        _ => ' ',
    }
}

/// The square of a class, top left at `at`.
fn sign(p: &Painter, t: &Tokens, at: Pos2, entry: &Entry, letter: char) {
    if let Class::Owner(owner) = entry.class {
        return widgets::paint_owner_tag(p, t, at, owner, letter);
    }
    let look = look(t, entry, false, false);
    let square = Rect::from_min_size(at, vec2(16.0, 16.0)).shrink(1.0);
    let corner = CornerRadius::same(RADIUS_CELL);
    // As on the map: the ground of its blocks, and the edge of its services.
    p.rect_filled(square, corner, look.fill);
    let edge = Rect::from_min_size(square.min, vec2(3.0, square.height()));
    p.rect_filled(edge, corner, look.full);
    if look.fill == t.sea || look.fill == t.unknown_wash {
        let stroke = Stroke::new(STROKE, t.line3);
        p.rect_stroke(square, corner, stroke, StrokeKind::Inside);
    }
    let letter = letter.to_string();
    let at = square.center();
    widgets::paint_text(
        p,
        at,
        Align2::CENTER_CENTER,
        letter.trim(),
        Type::Letter,
        look.ink,
    );
}

/// A class in words.
pub fn name(class: Class, owners: &[OwnerView]) -> String {
    let key = match class {
        Class::Owner(owner) => {
            return owner_name(owners, owner).to_owned();
        }
        Class::Guard(Guard::Des(version)) => {
            let version = numbers::version(version);
            return words::format("card.legend.des", &[("version", &version)]);
        }
        Class::Guard(Guard::Aes(version)) => {
            let version = numbers::version(version);
            return words::format("card.legend.aes", &[("version", &version)]);
        }
        Class::Heat(heat) => return heat_words(heat),
        Class::Kind(Kind::Random) => "card.kind.random",
        Class::Kind(Kind::Cyclic) => "card.kind.cyclic",
        Class::Kind(Kind::Purse) => "card.kind.purse",
        Class::Kind(Kind::Definition) => "card.legend.definitions",
        Class::Kind(Kind::OtherSystem) | Class::Guard(Guard::Unversioned) => {
            "card.legend.other_system"
        }
        Class::Guard(Guard::Open) => "card.legend.open",
        Class::Guard(Guard::FreeToRead) => "card.legend.free_to_read",
        Class::Guard(Guard::OtherKey) => "card.legend.other_key",
        Class::Guard(Guard::NotKnown) => "card.legend.key_not_known",
        Class::Change(BlockChange::Added) => "card.legend.added",
        Class::Change(BlockChange::Changed) => "card.legend.changed",
        Class::Change(BlockChange::Removed) => "card.legend.removed",
        Class::Change(BlockChange::Same) => "card.legend.same",
        Class::Free => "card.legend.free",
        Class::Unknown => "card.legend.unknown",
    };
    words::text(key).to_owned()
}

fn heat_words(heat: Heat) -> String {
    let (least, most) = heat.writes();
    let key = match (least, most) {
        (0, _) => "card.legend.never",
        (1, _) => "card.legend.once",
        (_, Some(_)) => "card.legend.times",
        (_, None) => "card.legend.times_and_more",
    };
    let most = numbers::grouped(most.unwrap_or(least));
    let least = numbers::grouped(least);
    words::format(key, &[("least", &least), ("most", &most)])
}

/// Used and free of all.
fn sum_words(shown: Shown<'_>) -> String {
    let legend = &shown.facts.legend;
    let used = numbers::grouped(legend.used());
    let free = numbers::grouped(legend.free);
    let all = numbers::grouped(legend.used() + legend.free + legend.unknown);
    let unknown = numbers::grouped(legend.unknown);
    let key = if legend.unknown == 0 {
        "card.legend_sum"
    } else {
        "card.legend_sum_unknown"
    };
    words::format(
        key,
        &[
            ("used", &used),
            ("free", &free),
            ("unknown", &unknown),
            ("all", &all),
        ],
    )
}
