//! What a person can do, as one list: menus, shortcuts and the palette all read it.

use super::icons;
use crate::words;
use crate::workbench::view::{CardSource, OnReader, ReaderKind, View};
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

impl Action {
    /// Every action, in the order of the palette.
    pub const ALL: [Action; 68] = [
        Action::StartDivide,
        Action::FlowNext,
        Action::FlowBack,
        Action::FlowRunAll,
        Action::FlowStop,
        Action::NewCard,
        Action::OpenFile,
        Action::SaveCard,
        Action::ExportProxmark3,
        Action::ExportFlipper,
        Action::ExportText,
        Action::ExportTree,
        Action::ClearRecent,
        Action::MakeCard,
        Action::PullCard,
        Action::TearOff,
        Action::TakeCardAway,
        Action::Faults,
        Action::Compare,
        Action::CompareFile,
        Action::CompareReader,
        Action::ShowPlanned,
        Action::SwapSides,
        Action::CloseComparison,
        Action::NextChange,
        Action::PreviousChange,
        Action::ShowKeys,
        Action::ShowTrace,
        Action::FilterTrace,
        Action::ExportTraceText,
        Action::ExportTraceJson,
        Action::ClearTrace,
        Action::EditBytes,
        Action::CopyHex,
        Action::CopyText,
        Action::LookAgain,
        Action::Undo,
        Action::Redo,
        Action::FirstEvent,
        Action::PreviousEvent,
        Action::NextEvent,
        Action::LastEvent,
        Action::PlayPause,
        Action::BackToNow,
        Action::ContinueFromHere,
        Action::SwitchBranch,
        Action::NameBranch,
        Action::DiscardBranch,
        Action::Scan,
        Action::StopScan,
        Action::ChooseKeys,
        Action::ForgetKeys,
        Action::GoDesk,
        Action::GoCard,
        Action::GoParties,
        Action::GoFaces,
        Action::FindOrRun,
        Action::ExpandAll,
        Action::CollapseAll,
        Action::ColourByOwner,
        Action::ColourByKind,
        Action::ColourByKey,
        Action::ColourByHeat,
        Action::ColourByDifference,
        Action::ZoomIn,
        Action::ZoomOut,
        Action::ZoomWhole,
        Action::SwitchTheme,
    ];

    /// Its name: a verb, with an ellipsis where another question follows.
    pub fn name(self) -> &'static str {
        words::text(match self {
            Action::StartDivide => "shell.action.divide",
            Action::FlowNext => "shell.action.next",
            Action::FlowBack => "shell.action.back",
            Action::FlowRunAll => "shell.action.run_all",
            Action::FlowStop => "shell.action.stop",
            Action::NewCard => "shell.action.new_card",
            Action::OpenFile => "shell.action.open",
            Action::SaveCard => "shell.action.save",
            Action::ExportProxmark3 => "shell.action.export_proxmark3",
            Action::ExportFlipper => "shell.action.export_flipper",
            Action::ExportText => "shell.action.export_text",
            Action::ExportTree => "shell.action.export_tree",
            Action::ClearRecent => "shell.action.clear_recent",
            Action::MakeCard => "shell.action.make_card",
            Action::PullCard => "shell.action.pull",
            Action::TearOff => "shell.action.tear_off",
            Action::TakeCardAway => "shell.action.take_away",
            Action::Faults => "shell.action.faults",
            Action::Compare => "shell.action.compare",
            Action::CompareFile => "shell.action.compare_file",
            Action::CompareReader => "shell.action.compare_reader",
            Action::ShowPlanned => "shell.action.planned",
            Action::SwapSides => "shell.action.swap_sides",
            Action::CloseComparison => "shell.action.close_comparison",
            Action::NextChange => "shell.action.next_change",
            Action::PreviousChange => "shell.action.previous_change",
            Action::ShowKeys => "shell.action.show_keys",
            Action::ShowTrace => "shell.action.show_trace",
            Action::FilterTrace => "shell.action.filter_trace",
            Action::ExportTraceText => "shell.action.export_trace_text",
            Action::ExportTraceJson => "shell.action.export_trace_json",
            Action::ClearTrace => "shell.action.clear_trace",
            Action::EditBytes => "bytes.edit",
            Action::CopyHex => "bytes.copy_hex",
            Action::CopyText => "bytes.copy_text",
            Action::LookAgain => "shell.action.look_again",
            Action::Undo => "shell.action.undo",
            Action::Redo => "shell.action.redo",
            Action::FirstEvent => "shell.action.first_event",
            Action::PreviousEvent => "shell.action.previous_event",
            Action::NextEvent => "shell.action.next_event",
            Action::LastEvent => "shell.action.last_event",
            Action::PlayPause => "shell.action.play",
            Action::BackToNow => "shell.action.now",
            Action::ContinueFromHere => "shell.action.continue",
            Action::SwitchBranch => "shell.action.switch_branch",
            Action::NameBranch => "shell.action.name_branch",
            Action::DiscardBranch => "shell.action.discard_branch",
            Action::Scan => "shell.action.scan",
            Action::StopScan => "shell.action.stop_scan",
            Action::ChooseKeys => "shell.action.choose_keys",
            Action::ForgetKeys => "shell.action.forget_keys",
            Action::GoDesk => "shell.action.go_desk",
            Action::GoCard => "shell.action.go_card",
            Action::GoParties => "shell.action.go_parties",
            Action::GoFaces => "shell.action.go_faces",
            Action::FindOrRun => "shell.action.find",
            Action::ExpandAll => "shell.action.expand_all",
            Action::CollapseAll => "shell.action.collapse_all",
            Action::ColourByOwner => "shell.action.colour_owner",
            Action::ColourByKind => "shell.action.colour_kind",
            Action::ColourByKey => "shell.action.colour_key",
            Action::ColourByHeat => "shell.action.colour_heat",
            Action::ColourByDifference => "shell.action.colour_difference",
            Action::ZoomIn => "shell.action.zoom_in",
            Action::ZoomOut => "shell.action.zoom_out",
            Action::ZoomWhole => "shell.action.zoom_whole",
            Action::SwitchTheme => "shell.action.switch_theme",
        })
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            Action::StartDivide => icons::SCISSORS,
            Action::FlowNext => icons::ARROW_RIGHT,
            Action::FlowBack => icons::UNDO,
            Action::FlowRunAll => icons::FAST_FORWARD,
            Action::FlowStop => icons::STOP,
            Action::NewCard => icons::NEW,
            Action::OpenFile => icons::OPEN,
            Action::SaveCard => icons::SAVE,
            Action::ExportProxmark3
            | Action::ExportFlipper
            | Action::ExportText
            | Action::ExportTree => icons::EXPORT,
            Action::ClearRecent => icons::CLOSE,
            Action::MakeCard => icons::CHIP,
            Action::PullCard => icons::EJECT,
            Action::TearOff => icons::WINDOW,
            Action::TakeCardAway => icons::EJECT,
            Action::Faults => icons::LIGHTNING,
            Action::Compare | Action::CompareFile | Action::CompareReader | Action::ShowPlanned => {
                icons::DIFFERENCE
            }
            Action::SwapSides => icons::SWAP,
            Action::CloseComparison => icons::CLOSE,
            Action::NextChange => icons::CARET_DOWN,
            Action::PreviousChange => icons::CARET_UP,
            Action::ShowKeys => icons::EYE,
            Action::ShowTrace => icons::TRACE,
            Action::FilterTrace => icons::FILTER,
            Action::ExportTraceText | Action::ExportTraceJson => icons::EXPORT,
            Action::ClearTrace => icons::TRASH,
            Action::EditBytes => icons::PENCIL,
            Action::CopyHex | Action::CopyText => icons::COPY,
            Action::LookAgain => icons::REFRESH,
            Action::Undo => icons::UNDO,
            Action::Redo => icons::REDO,
            Action::FirstEvent => icons::SKIP_BACK,
            Action::PreviousEvent => icons::CARET_LEFT,
            Action::NextEvent => icons::CARET_RIGHT,
            Action::LastEvent => icons::SKIP_FORWARD,
            Action::PlayPause => icons::PLAY,
            Action::BackToNow => icons::PAST,
            Action::ContinueFromHere => icons::GO_ON,
            Action::SwitchBranch => icons::BRANCH,
            Action::NameBranch => icons::PENCIL,
            Action::DiscardBranch => icons::TRASH,
            Action::Scan => icons::SCAN,
            Action::StopScan => icons::STOP,
            Action::ChooseKeys => icons::KEY,
            Action::ForgetKeys => icons::CLOSE,
            Action::GoDesk => icons::DESK,
            Action::GoCard => icons::CARD,
            Action::GoParties => icons::PARTIES,
            Action::GoFaces => icons::FACES,
            Action::FindOrRun => icons::SEARCH,
            Action::ExpandAll => icons::EXPAND,
            Action::CollapseAll => icons::COLLAPSE,
            Action::ColourByOwner
            | Action::ColourByKind
            | Action::ColourByKey
            | Action::ColourByHeat
            | Action::ColourByDifference => icons::PALETTE,
            Action::ZoomIn => icons::PLUS,
            Action::ZoomOut => icons::MINUS,
            Action::ZoomWhole => icons::FIT,
            Action::SwitchTheme => icons::SUN,
        }
    }

    /// The keys that do it.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        const BOTH: Modifiers = Modifiers {
            shift: true,
            ..Modifiers::COMMAND
        };
        let (modifiers, key) = match self {
            Action::StartDivide => (Modifiers::COMMAND, Key::Num2),
            Action::FlowNext => (Modifiers::NONE, Key::F10),
            Action::FlowBack => (Modifiers::SHIFT, Key::F10),
            Action::FlowRunAll => (Modifiers::NONE, Key::F9),
            Action::NewCard => (Modifiers::COMMAND, Key::N),
            Action::OpenFile => (Modifiers::COMMAND, Key::O),
            Action::SaveCard => (Modifiers::COMMAND, Key::S),
            Action::PullCard => (Modifiers::COMMAND, Key::P),
            Action::TearOff => (Modifiers::COMMAND, Key::T),
            Action::Faults => (Modifiers::COMMAND, Key::F8),
            Action::ShowTrace => (Modifiers::COMMAND, Key::L),
            Action::FilterTrace => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::L),
            Action::EditBytes => (Modifiers::NONE, Key::F2),
            Action::LookAgain => (Modifiers::NONE, Key::F5),
            Action::Undo => (Modifiers::COMMAND, Key::Z),
            Action::Redo => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
            Action::FirstEvent => (Modifiers::ALT, Key::Home),
            Action::PreviousEvent => (Modifiers::ALT, Key::ArrowLeft),
            Action::NextEvent => (Modifiers::ALT, Key::ArrowRight),
            Action::LastEvent => (Modifiers::ALT, Key::End),
            Action::PlayPause => (Modifiers::NONE, Key::F8),
            Action::BackToNow => (Modifiers::SHIFT, Key::F8),
            Action::Compare => (Modifiers::COMMAND, Key::D),
            Action::NextChange => (Modifiers::NONE, Key::F7),
            Action::PreviousChange => (Modifiers::SHIFT, Key::F7),
            Action::Scan => (Modifiers::NONE, Key::F6),
            Action::GoDesk => (Modifiers::ALT, Key::Num1),
            Action::GoCard => (Modifiers::ALT, Key::Num2),
            Action::GoParties => (Modifiers::ALT, Key::Num3),
            Action::GoFaces => (Modifiers::ALT, Key::Num4),
            Action::FindOrRun => (Modifiers::COMMAND, Key::K),
            Action::ColourByOwner => (BOTH, Key::O),
            Action::ColourByKind => (BOTH, Key::K),
            Action::ColourByKey => (BOTH, Key::Y),
            Action::ColourByHeat => (BOTH, Key::W),
            Action::ColourByDifference => (BOTH, Key::D),
            Action::FlowStop
            | Action::TakeCardAway
            | Action::CompareFile
            | Action::CompareReader
            | Action::ShowPlanned
            | Action::SwapSides
            | Action::CloseComparison
            | Action::ShowKeys
            | Action::CopyHex
            | Action::CopyText
            | Action::ContinueFromHere
            | Action::SwitchBranch
            | Action::NameBranch
            | Action::DiscardBranch
            | Action::ExportTraceText
            | Action::ExportTraceJson
            | Action::ClearTrace
            | Action::ExpandAll
            | Action::CollapseAll
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::ZoomWhole
            | Action::ExportProxmark3
            | Action::ExportFlipper
            | Action::ExportText
            | Action::ExportTree
            | Action::ClearRecent
            | Action::MakeCard
            | Action::StopScan
            | Action::ChooseKeys
            | Action::ForgetKeys
            | Action::SwitchTheme => return None,
        };
        Some(KeyboardShortcut::new(modifiers, key))
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
        let running = view.flow.as_ref().filter(|flow| !flow.is_over());
        let why = match self {
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
    fn no_two_actions_have_one_name_or_one_shortcut() {
        let names: HashSet<_> = Action::ALL.iter().map(|a| a.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        let all = Action::ALL.iter();
        let keys = all.flat_map(|a| [a.shortcut(), a.other_shortcut()].into_iter().flatten());
        let keys: Vec<_> = keys.collect();
        let different: HashSet<_> = keys.iter().map(|k| format!("{k:?}")).collect();
        assert_eq!(different.len(), keys.len());
    }
}
