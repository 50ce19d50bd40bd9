//! The time line: every event of the card, and going through it.
//!
//! At the left what plays it ([`transport`]), at the right the [`ruler`]. Both show the way to the end of one branch,
//! the [`line`]: the one that is followed, or another that is looked at. Going to a moment asks the worker to show
//! the card as it was then; the card itself stays as it is.

mod branches;
mod drawn;
mod flows;
mod forks;
mod line;
mod play;
mod ruler;
mod scale;
mod shown;
mod sides;
mod state;
mod transport;

pub use line::{Line, Unit};
pub use shown::Shown;
pub use state::TimeState;

use crate::model::card::journal::{EventId, Moment};
use crate::ui::action::Action;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, GAP_3, Tokens};
use crate::ui::widgets::{self, Align, Button, Size, Tone};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{History, View};
use egui::{Layout, Rect, Ui, UiBuilder, pos2, vec2};

/// Height of the time line, and width of what plays it, in points.
pub const HEIGHT: f32 = 128.0;
const TRANSPORT: f32 = 312.0;

/// Draws the time line into a panel. Gives the event that was picked.
pub fn draw(
    ui: &mut Ui,
    state: &mut TimeState,
    shown: Shown<'_>,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) -> Option<EventId> {
    let t = Tokens::of(ui.ctx());
    let rect = ui.available_rect_before_wrap();
    let place = state.place(shown.history);
    if let Some(next) = state.player.tick(ui, &state.line, place) {
        commands.extend(state.go(shown.history, next));
    }
    let split = rect.left() + TRANSPORT;
    let left = Rect::from_min_max(rect.min, pos2(split, rect.bottom()));
    let right = Rect::from_min_max(pos2(split, rect.top()), rect.max);
    let mut left_ui = ui.new_child(UiBuilder::new().max_rect(left).id_salt("transport"));
    transport::draw(&mut left_ui, state, shown, asked, commands);
    ui.painter().vline(
        split,
        rect.y_range(),
        egui::Stroke::new(crate::ui::tokens::STROKE, t.line),
    );
    if state.line.is_empty() {
        let words = words::text("card.time.nothing");
        let place = right.shrink2(vec2(GAP_3, 0.0));
        widgets::elided(ui.painter(), place, Align::Centre, words, Type::Small, t.t3);
        return None;
    }
    let mut right_ui = ui.new_child(UiBuilder::new().max_rect(right).id_salt("ruler"));
    ruler::draw(&mut right_ui, state, shown, asked, commands)
}

/// The moment that is shown, in words: `Moment #188 of 214`, which is the end of the branch that is followed; on another
/// one there is no such end. `None` while the card is shown as it is.
pub fn moment_words(history: &History) -> Option<String> {
    if history.live {
        return None;
    }
    let journal = &history.journal;
    let end = journal.line_end().map_or(0, EventId::number);
    let end = numbers::grouped(end);
    let followed = journal.place_on_line(history.shown).is_some();
    Some(match history.shown {
        Some(id) => {
            let event = numbers::event(id.number().into());
            if followed {
                words::format("card.time.moment", &[("event", &event), ("end", &end)])
            } else {
                words::format("card.time.moment_elsewhere", &[("event", &event)])
            }
        }
        None => words::format("card.time.beginning", &[("end", &end)]),
    })
}

/// The ways on from a past moment, in the order in which they stand.
const WAYS_ON: [Action; 2] = [Action::BackToNow, Action::ContinueFromHere];
/// Points that a small button takes besides its words, and a tag with an icon.
const BUTTON: f32 = 16.0 + GAP_2;
const TAG: f32 = 28.0 + GAP_2;
/// Points of a header from which all ways on stand in it.
const ROOMY: f32 = 640.0;

/// How wide [`moment_tag`] is to be, in a header with so much room as is left.
pub fn moment_width(ui: &Ui, history: Option<&History>) -> f32 {
    let Some(words) = history.and_then(moment_words) else {
        return 0.0;
    };
    let ways = if ui.available_width() >= ROOMY { 2 } else { 1 };
    let width = |action: &Action| {
        BUTTON + widgets::width_of(ui.painter(), action.name(), Type::SmallMedium)
    };
    let tag = TAG + widgets::width_of(ui.painter(), &words, Type::CaptionMedium);
    tag + WAYS_ON[..ways].iter().map(width).sum::<f32>()
}

/// In a header whose controls are laid out from right to left: that a past moment is shown, and the ways on.
/// `title` is the header's, beside which this stands.
pub fn moment_tag(ui: &mut Ui, title: &str, history: Option<&History>, asked: &mut Vec<Action>) {
    let Some(words) = history.and_then(moment_words) else {
        return;
    };
    let left = widgets::width_of(ui.painter(), title, Type::Panel) + GAP_3;
    ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = GAP_2;
        ui.add_space(left);
        let tag = TAG + widgets::width_of(ui.painter(), &words, Type::CaptionMedium);
        if ui.available_width() < tag {
            return;
        }
        widgets::tag(ui, Tone::Info, icons::PAST, &words);
        let left = history.is_some_and(|history| history.left);
        let ways = WAYS_ON.into_iter();
        for action in ways.filter(|action| !left || *action == Action::BackToNow) {
            let width = BUTTON + widgets::width_of(ui.painter(), action.name(), Type::SmallMedium);
            let button = Button::ghost(action.name()).size(Size::Small);
            if ui.available_width() >= width - GAP_2 && ui.add(button).clicked() {
                asked.push(action);
            }
        }
    });
}

/// The moment to compare with the present: the one that is shown, or the one before all.
pub fn earlier(view: &View) -> Moment {
    let card = view.card.as_ref();
    let history = card.and_then(|card| card.history.as_ref());
    history.filter(|history| !history.live)?.shown
}
