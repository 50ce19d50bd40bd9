//! A comparison on the time line: buttons that make the shown moment one of its sides, and a flag where side A is.
//!
//! Side B, where it is the card in the emulator, is the moment that is shown: the playhead.

use super::drawn;
use super::scale::Scale;
use super::shown::Shown;
use super::state::TimeState;
use crate::model::card::difference::Sides;
use crate::ui::action::Action;
use crate::ui::icons;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, RADIUS_TAG, STROKE_COAST, Tokens};
use crate::ui::widgets::{self, Button, Size};
use crate::words;
use crate::workbench::Command;
use crate::workbench::compare::Side;
use crate::workbench::view::{ComparisonView, History};
use egui::{Align2, CornerRadius, Rect, Ui, Vec2, pos2, vec2};

/// Side of a flag's square in points.
const FLAG: f32 = 16.0;

/// Draws the buttons.
pub fn buttons(
    ui: &mut Ui,
    history: &History,
    comparison: Option<&ComparisonView>,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) {
    let (action, word) = match comparison {
        None => (Action::Compare, "changes.compare_moments"),
        Some(_) => (Action::CloseComparison, "changes.end_comparing"),
    };
    let button = Button::ghost(words::text(word)).icon(icons::DIFFERENCE);
    if ui.add(button.size(Size::Small)).clicked() {
        asked.push(action);
    }
    let shown = match history.live {
        true => Side::Live,
        false => Side::Moment(history.shown),
    };
    let now = comparison.map(|comparison| comparison.sides.as_ref().map(|side| side.side.clone()));
    let (a, b) = match now {
        Some(Sides { a, b }) => (a, b),
        None => (Side::Moment(None), Side::Live),
    };
    let choices = [
        (
            "A",
            "changes.set_a",
            Sides {
                a: Side::Moment(history.shown),
                b,
            },
        ),
        ("B", "changes.set_b", Sides { a, b: shown }),
    ];
    for (letter, name, sides) in choices {
        let name = words::text(name);
        let button = Button::secondary(letter).size(Size::Small).named(name);
        if ui.add(button).on_hover_text(name).clicked() {
            commands.push(Command::Compare(sides));
        }
    }
}

/// Whether the playhead is side B.
pub fn is_side_b(shown: Shown<'_>) -> bool {
    let b = shown.comparison.map(|comparison| &comparison.sides.b.side);
    matches!(b, Some(Side::Live | Side::Moment(_)))
}

/// Draws a flag where side A is, if that is on the line, and a band from there to the playhead.
pub fn flag(ui: &Ui, t: &Tokens, state: &TimeState, shown: Shown<'_>, scale: Scale, rect: Rect) {
    let Some(comparison) = shown.comparison else {
        return;
    };
    let journal = &shown.history.journal;
    let moment = match comparison.sides.a.side {
        Side::Moment(moment) => moment,
        Side::Live => journal.head(),
        Side::File(_) | Side::OnReader | Side::Planned => return,
    };
    let Some(place) = state.line.place(journal, moment) else {
        return;
    };
    let p = ui.painter();
    let x = scale.x(place as f64).round();
    let top = rect.top() + GAP;
    if is_side_b(shown) {
        let head = scale.x(state.place(shown.history) as f64).round();
        let ends = [x.min(head), x.max(head)].map(|x| x.clamp(rect.left(), rect.right()));
        let band = Rect::from_min_max(
            pos2(ends[0], top + FLAG / 2.0 - STROKE_COAST),
            pos2(ends[1], top + FLAG / 2.0 + STROKE_COAST),
        );
        p.rect_filled(band, CornerRadius::ZERO, t.sel);
    }
    if !scale.shows(x) {
        return;
    }
    let line = Rect::from_min_max(
        pos2(x - STROKE_COAST / 2.0, top),
        pos2(x + STROKE_COAST / 2.0, rect.top() + drawn::BARS.1),
    );
    p.rect_filled(line, CornerRadius::ZERO, t.t1);
    let tag = Rect::from_center_size(
        pos2(x, top + FLAG / 2.0),
        Vec2::splat(FLAG) + vec2(2.0, 0.0),
    );
    p.rect_filled(tag, CornerRadius::same(RADIUS_TAG), t.t1);
    let middle = Align2::CENTER_CENTER;
    widgets::paint_text(p, tag.center(), middle, "A", Type::Letter, t.ground);
}
