//! The time line: every event of the card, and going through it.
//!
//! At the left what plays it ([`transport`]), at the right the [`ruler`]. Both show the way to the end of one branch,
//! the [`line`]: the one that is followed, or another that is looked at. Going to a moment asks the worker to show
//! the card as it was then; the card itself stays as it is.

mod branches;
mod drawn;
mod flows;
mod line;
mod play;
mod ruler;
mod scale;
mod sides;
mod transport;

pub use line::{Line, Unit};

use super::CardPlace;
use super::facts::{Facts, NodeBlocks, NodeRef, Selection, blocks_of};
use crate::model::card::journal::{EventId, Journal, Moment};
use crate::ui::action::Action;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, GAP_3, Tokens};
use crate::ui::widgets::{self, Align, Button, Size, Tone, filled_panel};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{CardView, ComparisonView, History, event_words};
use egui::{Layout, Panel, Rect, Ui, UiBuilder, pos2, vec2};
use std::sync::Arc;

/// Height of the time line, and width of what plays it, in points.
pub const HEIGHT: f32 = 128.0;
const TRANSPORT: f32 = 312.0;

/// What the time line keeps between frames.
#[derive(Default)]
pub struct TimeState {
    line: Line,
    branches: branches::Branches,
    /// The end of the branch that a person looks at, if it is not the one that is followed.
    looked_at: Option<EventId>,
    /// What part is in sight, if not the whole.
    window: Option<scale::Window>,
    player: play::Player,
    /// The moment that was asked for and is not shown yet.
    asked: Option<Moment>,
    /// The playhead is held.
    held: bool,
    drawn: Option<drawn::Drawn>,
    picked: (Pick, NodeBlocks),
}

/// What is picked of which nodes: the same while nothing else can be marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pick {
    block: Option<u32>,
    node: Option<NodeRef>,
    /// Where the tree stands in memory.
    tree: usize,
}

/// What is drawn from.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub card: &'a CardView,
    pub history: &'a History,
    pub comparison: Option<&'a ComparisonView>,
    pub facts: &'a Facts,
    pub selection: Selection,
}

impl TimeState {
    /// Takes in a new view of the card.
    pub fn update(&mut self, card: &CardView) {
        let Some(history) = &card.history else {
            *self = TimeState {
                player: self.player,
                ..TimeState::default()
            };
            return self.player.stop();
        };
        self.follow(history);
        self.line.tell_owners(card, self.shown(history));
        self.branches.update(&history.journal);
        if self.asked == Some(history.shown) || !(self.held || self.player.plays()) {
            self.asked = None;
        }
        if let Some(window) = self.window.filter(|_| !self.held) {
            self.window = window.showing(self.place(history), self.line.len());
        }
    }

    /// Lets the line be the way to the end of the branch that is shown.
    fn follow(&mut self, history: &History) {
        let journal = &history.journal;
        if history.live {
            self.looked_at = None;
        }
        let is_kept = |tip: &EventId| journal.branches().any(|branch| branch.tip == *tip);
        self.looked_at = self.looked_at.filter(is_kept);
        for end in [self.looked_at, journal.line_end()].into_iter().flatten() {
            self.line.follow(journal, Some(end));
            if self.line.place(journal, history.shown).is_some() {
                return;
            }
        }
        // A moment that neither leads through: the newest branch that does, or the way to it.
        let through = |tip: &EventId| journal.common(Some(*tip), history.shown) == history.shown;
        let mut tips = journal.branches().map(|branch| branch.tip);
        self.looked_at = history
            .shown
            .and_then(|_| tips.by_ref().filter(through).last());
        self.line.follow(journal, self.looked_at.or(history.shown));
    }

    /// The place that is shown.
    fn shown(&self, history: &History) -> usize {
        self.line
            .place(&history.journal, history.shown)
            .unwrap_or(0)
    }

    /// The place that is shown or asked for.
    pub fn place(&self, history: &History) -> usize {
        let asked = self
            .asked
            .and_then(|asked| self.line.place(&history.journal, asked));
        asked.unwrap_or_else(|| self.shown(history))
    }

    /// Goes to a place of the line: asks for it, if it is another.
    fn go(&mut self, history: &History, place: usize) -> Option<Command> {
        let moment = self.line.moment(place);
        if self.place(history) == place.min(self.line.len()) {
            return None;
        }
        self.asked = Some(moment);
        Some(show(&history.journal, moment))
    }

    /// Looks at the end of a branch.
    fn look_at(&mut self, history: &History, tip: EventId) -> Command {
        self.looked_at = Some(tip);
        self.window = None;
        self.player.stop();
        show(&history.journal, Some(tip))
    }

    /// Does what was asked for from anywhere; gives what the workbench is to do.
    pub fn act(&mut self, action: Action, card: &CardView) -> Option<Command> {
        let history = card.history.as_ref()?;
        let place = self.place(history);
        let unit = self.player.unit;
        if action != Action::PlayPause {
            self.player.stop();
        }
        match action {
            Action::FirstEvent => self.go(history, 0),
            Action::PreviousEvent => self.go(history, self.line.previous(unit, place)),
            Action::NextEvent => self.go(history, self.line.next(unit, place)),
            Action::LastEvent => self.go(history, self.line.len()),
            Action::PlayPause => self.play_or_pause(history, place),
            Action::BackToNow => {
                self.asked = None;
                Some(Command::ShowNow)
            }
            Action::ContinueFromHere => Some(Command::GoTo(history.shown)),
            Action::NameBranch => {
                self.branches.name(&history.journal, self.line.end());
                None
            }
            Action::SwitchBranch | Action::DiscardBranch => {
                self.branches.open();
                None
            }
            _ => None,
        }
    }

    /// From the end it is played from the beginning.
    fn play_or_pause(&mut self, history: &History, place: usize) -> Option<Command> {
        if self.player.plays() {
            self.player.stop();
            return None;
        }
        self.player.start();
        (place >= self.line.len())
            .then(|| self.go(history, 0))
            .flatten()
    }

    /// Whether it plays.
    pub fn plays(&self) -> bool {
        self.player.plays()
    }

    /// Keeps which blocks are picked, for the marks of what wrote them.
    fn pick(&mut self, shown: Shown<'_>) -> Pick {
        let pick = Pick {
            block: shown.selection.block,
            node: shown.selection.node,
            tree: Arc::as_ptr(&shown.card.tree) as usize,
        };
        if self.picked.0 != pick {
            let node = pick.node.filter(|_| pick.block.is_none());
            let blocks = node.map(|node| blocks_of(&shown.card.tree, node));
            self.picked = (pick, blocks.unwrap_or_default());
        }
        pick
    }
}

impl CardPlace {
    /// The time line, of a card that keeps what was written.
    pub(super) fn time(
        &mut self,
        ui: &mut Ui,
        card: &CardView,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        let Some(history) = &card.history else { return };
        let shown = Shown {
            card,
            history,
            comparison: self.changes.comparison().map(|compared| &**compared),
            facts: &self.facts,
            selection: self.selection,
        };
        let picked = Panel::bottom("time line")
            .exact_size(HEIGHT)
            .resizable(false)
            .frame(filled_panel(Tokens::of(ui.ctx()).panel))
            .show(ui, |ui| draw(ui, &mut self.time, shown, asked, commands))
            .inner;
        if let Some(event) = picked {
            self.pick_event(card, event);
        }
    }

    /// Goes through time as was asked for; gives what the workbench is to do.
    pub(in crate::ui::card) fn act_in_time(&mut self, action: Action) -> Option<Command> {
        let card = self.shown.clone()?;
        self.time.act(action, &card)
    }
}

/// Shows a moment; where the card stands, it is shown as it goes on.
fn show(journal: &Journal, moment: Moment) -> Command {
    if moment == journal.head() {
        Command::ShowNow
    } else {
        Command::ShowMoment(moment)
    }
}

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

/// An event in words: `#182, ST85: Register Service, 00A4h, 9 bytes changed, 10:42:07`.
pub fn event_line(shown: Shown<'_>, id: EventId) -> Option<String> {
    let journal = &shown.history.journal;
    let event = journal.event(id)?;
    let step = journal.cause(event).and_then(|cause| cause.step.as_ref());
    let changed = event.before.0.iter().zip(event.after.0);
    let changed = changed.filter(|(before, after)| **before != *after).count();
    let what = event_words(journal, event);
    let what = step.map_or_else(|| what.to_owned(), |step| format!("{step}: {what}"));
    Some(words::format(
        "card.time.event",
        &[
            ("event", &numbers::event(id.number().into())),
            ("what", &what),
            ("address", &shown.facts.addresses.label(event.address)),
            ("bytes", &changed),
            ("time", &numbers::time(event.time_ms)),
        ],
    ))
}
