//! What a person can do, as one list: menus, shortcuts and the palette all read it.

use super::icons;
use crate::words;
use crate::workbench::view::{CardSource, MOST_WINDOWS, OnReader, ReaderKind, View};
use egui::{Key, KeyboardShortcut, Modifiers};

/// One thing that can be done from anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    StartDivide,
    FlowNext,
    FlowBack,
    FlowRunAll,
    FlowStop,
    NewCard,
    OpenFile,
    SaveCard,
    ExportProxmark3,
    ExportFlipper,
    ExportText,
    ExportTree,
    ClearRecent,
    MakeCard,
    PullCard,
    TearOff,
    CloseWindow,
    TakeCardAway,
    Faults,
    Compare,
    CompareFile,
    CompareReader,
    ShowPlanned,
    SwapSides,
    CloseComparison,
    NextChange,
    PreviousChange,
    ShowKeys,
    ShowTrace,
    FilterTrace,
    ExportTraceText,
    ExportTraceJson,
    ClearTrace,
    EditBytes,
    CopyHex,
    CopyText,
    LookAgain,
    Undo,
    Redo,
    FirstEvent,
    PreviousEvent,
    NextEvent,
    LastEvent,
    PlayPause,
    BackToNow,
    ContinueFromHere,
    SwitchBranch,
    NameBranch,
    DiscardBranch,
    Scan,
    StopScan,
    ChooseKeys,
    ForgetKeys,
    GoDesk,
    GoCard,
    GoParties,
    GoFaces,
    FindOrRun,
    ExpandAll,
    CollapseAll,
    ColourByOwner,
    ColourByKind,
    ColourByKey,
    ColourByHeat,
    ColourByDifference,
    ZoomIn,
    ZoomOut,
    ZoomWhole,
    SwitchTheme,
}

/// What a row of the table says of an action.
struct Entry {
    action: Action,
    /// Key of the string table.
    name: &'static str,
    icon: &'static str,
    shortcut: Option<KeyboardShortcut>,
}

/// Every action, in the order of the palette, which is that of [`Action`].
#[rustfmt::skip] // One row a line.
const TABLE: [Entry; 69] = {
    use Action::*;
    [
        row(StartDivide, "shell.action.divide", icons::SCISSORS, ctrl(Key::Num2)),
        row(FlowNext, "shell.action.next", icons::ARROW_RIGHT, plain(Key::F10)),
        row(FlowBack, "shell.action.back", icons::UNDO, shift(Key::F10)),
        row(FlowRunAll, "shell.action.run_all", icons::FAST_FORWARD, plain(Key::F9)),
        row(FlowStop, "shell.action.stop", icons::STOP, NO_KEYS),
        row(NewCard, "shell.action.new_card", icons::NEW, ctrl(Key::N)),
        row(OpenFile, "shell.action.open", icons::OPEN, ctrl(Key::O)),
        row(SaveCard, "shell.action.save", icons::SAVE, ctrl(Key::S)),
        row(ExportProxmark3, "shell.action.export_proxmark3", icons::EXPORT, NO_KEYS),
        row(ExportFlipper, "shell.action.export_flipper", icons::EXPORT, NO_KEYS),
        row(ExportText, "shell.action.export_text", icons::EXPORT, NO_KEYS),
        row(ExportTree, "shell.action.export_tree", icons::EXPORT, NO_KEYS),
        row(ClearRecent, "shell.action.clear_recent", icons::CLOSE, NO_KEYS),
        row(MakeCard, "shell.action.make_card", icons::CHIP, NO_KEYS),
        row(PullCard, "shell.action.pull", icons::EJECT, ctrl(Key::P)),
        row(TearOff, "shell.action.tear_off", icons::WINDOW, ctrl(Key::T)),
        row(CloseWindow, "shell.action.close_window", icons::CLOSE, ctrl(Key::W)),
        row(TakeCardAway, "shell.action.take_away", icons::EJECT, NO_KEYS),
        row(Faults, "shell.action.faults", icons::LIGHTNING, ctrl(Key::F8)),
        row(Compare, "shell.action.compare", icons::DIFFERENCE, ctrl(Key::D)),
        row(CompareFile, "shell.action.compare_file", icons::DIFFERENCE, NO_KEYS),
        row(CompareReader, "shell.action.compare_reader", icons::DIFFERENCE, NO_KEYS),
        row(ShowPlanned, "shell.action.planned", icons::DIFFERENCE, NO_KEYS),
        row(SwapSides, "shell.action.swap_sides", icons::SWAP, NO_KEYS),
        row(CloseComparison, "shell.action.close_comparison", icons::CLOSE, NO_KEYS),
        row(NextChange, "shell.action.next_change", icons::CARET_DOWN, plain(Key::F7)),
        row(PreviousChange, "shell.action.previous_change", icons::CARET_UP, shift(Key::F7)),
        row(ShowKeys, "shell.action.show_keys", icons::EYE, NO_KEYS),
        row(ShowTrace, "shell.action.show_trace", icons::TRACE, ctrl(Key::L)),
        row(FilterTrace, "shell.action.filter_trace", icons::FILTER, ctrl_shift(Key::L)),
        row(ExportTraceText, "shell.action.export_trace_text", icons::EXPORT, NO_KEYS),
        row(ExportTraceJson, "shell.action.export_trace_json", icons::EXPORT, NO_KEYS),
        row(ClearTrace, "shell.action.clear_trace", icons::TRASH, NO_KEYS),
        row(EditBytes, "bytes.edit", icons::PENCIL, plain(Key::F2)),
        row(CopyHex, "bytes.copy_hex", icons::COPY, NO_KEYS),
        row(CopyText, "bytes.copy_text", icons::COPY, NO_KEYS),
        row(LookAgain, "shell.action.look_again", icons::REFRESH, plain(Key::F5)),
        row(Undo, "shell.action.undo", icons::UNDO, ctrl(Key::Z)),
        row(Redo, "shell.action.redo", icons::REDO, ctrl_shift(Key::Z)),
        row(FirstEvent, "shell.action.first_event", icons::SKIP_BACK, alt(Key::Home)),
        row(PreviousEvent, "shell.action.previous_event", icons::CARET_LEFT, alt(Key::ArrowLeft)),
        row(NextEvent, "shell.action.next_event", icons::CARET_RIGHT, alt(Key::ArrowRight)),
        row(LastEvent, "shell.action.last_event", icons::SKIP_FORWARD, alt(Key::End)),
        row(PlayPause, "shell.action.play", icons::PLAY, plain(Key::F8)),
        row(BackToNow, "shell.action.now", icons::PAST, shift(Key::F8)),
        row(ContinueFromHere, "shell.action.continue", icons::GO_ON, NO_KEYS),
        row(SwitchBranch, "shell.action.switch_branch", icons::BRANCH, NO_KEYS),
        row(NameBranch, "shell.action.name_branch", icons::PENCIL, NO_KEYS),
        row(DiscardBranch, "shell.action.discard_branch", icons::TRASH, NO_KEYS),
        row(Scan, "shell.action.scan", icons::SCAN, plain(Key::F6)),
        row(StopScan, "shell.action.stop_scan", icons::STOP, NO_KEYS),
        row(ChooseKeys, "shell.action.choose_keys", icons::KEY, NO_KEYS),
        row(ForgetKeys, "shell.action.forget_keys", icons::CLOSE, NO_KEYS),
        row(GoDesk, "shell.action.go_desk", icons::DESK, alt(Key::Num1)),
        row(GoCard, "shell.action.go_card", icons::CARD, alt(Key::Num2)),
        row(GoParties, "shell.action.go_parties", icons::PARTIES, alt(Key::Num3)),
        row(GoFaces, "shell.action.go_faces", icons::FACES, alt(Key::Num4)),
        row(FindOrRun, "shell.action.find", icons::SEARCH, ctrl(Key::K)),
        row(ExpandAll, "shell.action.expand_all", icons::EXPAND, NO_KEYS),
        row(CollapseAll, "shell.action.collapse_all", icons::COLLAPSE, NO_KEYS),
        row(ColourByOwner, "shell.action.colour_owner", icons::PALETTE, ctrl_shift(Key::O)),
        row(ColourByKind, "shell.action.colour_kind", icons::PALETTE, ctrl_shift(Key::K)),
        row(ColourByKey, "shell.action.colour_key", icons::PALETTE, ctrl_shift(Key::Y)),
        row(ColourByHeat, "shell.action.colour_heat", icons::PALETTE, ctrl_shift(Key::W)),
        row(ColourByDifference, "shell.action.colour_difference", icons::PALETTE, ctrl_shift(Key::D)),
        row(ZoomIn, "shell.action.zoom_in", icons::PLUS, NO_KEYS),
        row(ZoomOut, "shell.action.zoom_out", icons::MINUS, NO_KEYS),
        row(ZoomWhole, "shell.action.zoom_whole", icons::FIT, NO_KEYS),
        row(SwitchTheme, "shell.action.switch_theme", icons::SUN, NO_KEYS),
    ]
};

const NO_KEYS: Option<KeyboardShortcut> = None;

const fn row(
    action: Action,
    name: &'static str,
    icon: &'static str,
    shortcut: Option<KeyboardShortcut>,
) -> Entry {
    Entry {
        action,
        name,
        icon,
        shortcut,
    }
}

const fn plain(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

const fn shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::SHIFT, key))
}

const fn alt(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::ALT, key))
}

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    let both = Modifiers {
        shift: true,
        ..Modifiers::COMMAND
    };
    Some(KeyboardShortcut::new(both, key))
}

impl Action {
    /// Every action, in the order of the palette.
    pub fn all() -> impl Iterator<Item = Action> {
        TABLE.iter().map(|entry| entry.action)
    }

    /// Its row: the table has the order of the enum, as a test holds.
    fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// Its name: a verb, with an ellipsis where another question follows.
    pub fn name(self) -> &'static str {
        words::text(self.entry().name)
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        self.entry().icon
    }

    /// The keys that do it.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        self.entry().shortcut
    }

    /// Other keys that do it, for those who are used to them.
    pub fn other_shortcut(self) -> Option<KeyboardShortcut> {
        (self == Action::Redo).then(|| KeyboardShortcut::new(Modifiers::COMMAND, Key::Y))
    }

    /// Whether it acts on the time line of the Card place.
    pub fn is_of_time(self) -> bool {
        matches!(
            self,
            Action::FirstEvent
                | Action::PreviousEvent
                | Action::NextEvent
                | Action::LastEvent
                | Action::PlayPause
                | Action::BackToNow
                | Action::ContinueFromHere
                | Action::SwitchBranch
                | Action::NameBranch
                | Action::DiscardBranch
        )
    }

    /// Whether it can be asked for in the window that shows this: the main one, or one of a card's own, which has what
    /// is about the card that it shows.
    pub fn is_of_window(self, view: &View) -> bool {
        if view.window.is_none() {
            return self != Action::CloseWindow;
        }
        let of_card = matches!(
            self,
            Action::SaveCard
                | Action::ExportProxmark3
                | Action::ExportFlipper
                | Action::ExportText
                | Action::ExportTree
                | Action::CloseWindow
                | Action::Compare
                | Action::ShowTrace
                | Action::FilterTrace
                | Action::ExportTraceText
                | Action::ExportTraceJson
                | Action::EditBytes
                | Action::CopyHex
                | Action::CopyText
                | Action::Undo
                | Action::Redo
                | Action::FindOrRun
                | Action::ExpandAll
                | Action::CollapseAll
                | Action::ColourByOwner
                | Action::ColourByKind
                | Action::ColourByKey
                | Action::ColourByHeat
                | Action::ZoomIn
                | Action::ZoomOut
                | Action::ZoomWhole
                | Action::SwitchTheme
        );
        of_card || self.is_of_time()
    }

    /// Whether it changes the card in the emulator, or compares with it: not with a card that has left it.
    fn needs_the_emulator(self) -> bool {
        matches!(
            self,
            Action::Undo
                | Action::Redo
                | Action::ContinueFromHere
                | Action::NameBranch
                | Action::DiscardBranch
                | Action::Compare
        )
    }

    /// The keys as they stand on a key cap: `Ctrl K`; empty when there are none.
    pub fn keys(self) -> String {
        let Some(shortcut) = self.shortcut() else {
            return String::new();
        };
        let mut out = String::new();
        if shortcut.modifiers.command {
            out.push_str("Ctrl ");
        }
        if shortcut.modifiers.shift {
            out.push_str("Shift ");
        }
        if shortcut.modifiers.alt {
            out.push_str("Alt ");
        }
        out.push_str(shortcut.logical_key.name());
        out
    }

    /// Why it cannot be done now, in words for its tooltip; `None` when it can.
    pub fn refused(self, view: &View) -> Option<&'static str> {
        let card = view.card.as_deref();
        let emulated = card.is_some_and(|c| matches!(c.source, CardSource::Emulated { .. }));
        let sealed = card.is_some_and(|c| matches!(c.source, CardSource::Sealed { .. }));
        let running = view.flow.as_ref().filter(|flow| !flow.is_over());
        let left = card.and_then(|card| card.history.as_ref());
        let left = left.is_some_and(|history| history.left);
        let why = match self {
            _ if !self.is_of_window(view) => Some("shell.refused.other_window"),
            _ if left && self.needs_the_emulator() => Some("shell.refused.left"),
            Action::TearOff if view.torn.len() >= MOST_WINDOWS => {
                Some("shell.refused.many_windows")
            }
            Action::StartDivide if running.is_some() => Some("shell.refused.flow_runs"),
            Action::StartDivide => match card {
                None => Some("shell.refused.no_card"),
                Some(card) => card.divide_refused_because,
            },
            Action::FlowNext | Action::FlowRunAll | Action::FlowStop => {
                running.is_none().then_some("shell.refused.no_flow")
            }
            Action::FlowBack => match &view.flow {
                None => Some("shell.refused.no_flow"),
                Some(flow) => (!flow.can_step_back).then_some("shell.refused.no_way_back"),
            },
            Action::SaveCard | Action::PullCard | Action::TakeCardAway | Action::Faults => {
                (!emulated).then_some("shell.refused.not_emulated")
            }
            Action::Compare | Action::CompareFile => {
                (!emulated).then_some("shell.refused.not_emulated")
            }
            Action::CompareReader => (view.on_reader != Some(OnReader::Shown))
                .then_some("shell.refused.no_card_on_reader"),
            Action::ShowPlanned => match running {
                Some(flow) => flow.committed.then_some("shell.refused.committed"),
                None => match card {
                    None => Some("shell.refused.no_card"),
                    Some(card) => card.divide_refused_because,
                },
            },
            Action::SwapSides
            | Action::CloseComparison
            | Action::NextChange
            | Action::PreviousChange => view
                .comparison
                .is_none()
                .then_some("shell.refused.no_comparison"),
            Action::ExportProxmark3
            | Action::ExportFlipper
            | Action::ExportText
            | Action::ExportTree => card.is_none().then_some("shell.refused.no_card"),
            Action::ClearRecent => view.recent.is_empty().then_some("shell.refused.no_recent"),
            Action::MakeCard => match card {
                None => Some("shell.refused.no_card"),
                Some(_) if sealed => Some("shell.refused.sealed"),
                Some(_) => emulated.then_some("shell.refused.is_card"),
            },
            Action::Scan if view.scanning.is_some() => Some("shell.refused.scanning"),
            Action::Scan | Action::ChooseKeys => view
                .keys_at_hand
                .is_none()
                .then_some("shell.refused.no_reader_card"),
            Action::StopScan => view.scanning.is_none().then_some("shell.refused.no_scan"),
            Action::ForgetKeys => match view.keys_at_hand {
                Some(keys) if keys.own > 0 => None,
                _ => Some("shell.refused.no_key_list"),
            },
            Action::ShowKeys if sealed => Some("shell.refused.sealed_keys"),
            Action::ShowKeys => (!view.workspace.demo).then_some("shell.refused.not_demo"),
            Action::NewCard => {
                let on_emulator = view
                    .readers
                    .get(view.reader)
                    .is_none_or(|r| r.kind == ReaderKind::Emulator);
                (!on_emulator).then_some("shell.refused.other_reader")
            }
            Action::Undo | Action::Redo => refused_by_hand(self, view),
            _ if self.is_of_time() => refused_in_time(self, view),
            Action::ExportTraceText | Action::ExportTraceJson | Action::ClearTrace => {
                view.trace.is_empty().then_some("shell.refused.no_trace")
            }
            Action::ShowTrace | Action::FilterTrace => {
                let nothing = card.is_none() && view.trace.is_empty();
                nothing.then_some("shell.refused.no_card")
            }
            Action::TearOff
            | Action::ExpandAll
            | Action::CollapseAll
            | Action::EditBytes
            | Action::CopyHex
            | Action::CopyText => card.is_none().then_some("shell.refused.no_card"),
            Action::ColourByDifference => match &view.comparison {
                None => Some("shell.refused.no_comparison"),
                Some(compared) if compared.difference.blocks.is_empty() => {
                    Some("shell.refused.no_blocks_compared")
                }
                Some(_) => None,
            },
            Action::ColourByHeat if sealed => Some("shell.refused.no_history"),
            Action::ColourByOwner
            | Action::ColourByKind
            | Action::ColourByKey
            | Action::ColourByHeat
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::ZoomWhole => {
                let map = card.is_some_and(|card| card.map.is_some());
                (!map).then_some("shell.refused.no_map")
            }
            _ => None,
        };
        why.map(words::text)
    }
}

/// Why an edit cannot be taken back or made again; a key of the string table.
fn refused_by_hand(action: Action, view: &View) -> Option<&'static str> {
    let Some(history) = view.card.as_deref().and_then(|card| card.history.as_ref()) else {
        return Some("shell.refused.no_history");
    };
    let journal = &history.journal;
    match action {
        Action::Undo => journal
            .undo_to()
            .is_none()
            .then_some("shell.refused.no_undo"),
        _ => journal
            .redo_to()
            .is_none()
            .then_some("shell.refused.no_redo"),
    }
}

/// Why one cannot go through time so; a key of the string table.
fn refused_in_time(action: Action, view: &View) -> Option<&'static str> {
    let Some(history) = view.card.as_deref().and_then(|card| card.history.as_ref()) else {
        return Some("shell.refused.no_history");
    };
    let is_now = action == Action::BackToNow || action == Action::ContinueFromHere;
    match () {
        () if history.journal.is_empty() => Some("shell.refused.no_events"),
        () if is_now && history.live => Some("shell.refused.is_now"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_has_the_order_of_the_actions() {
        let order = Action::all().map(|action| action as usize);
        assert!(order.eq(0..TABLE.len()));
    }

    #[test]
    fn no_two_actions_have_one_name_or_one_shortcut() {
        let names: HashSet<_> = Action::all().map(Action::name).collect();
        assert_eq!(names.len(), TABLE.len());
        let keys = Action::all().flat_map(|a| [a.shortcut(), a.other_shortcut()]);
        let keys: Vec<_> = keys.flatten().collect();
        let different: HashSet<_> = keys.iter().map(|k| format!("{k:?}")).collect();
        assert_eq!(different.len(), keys.len());
    }
}
