//! Comparisons in the workbench: what its sides are, how they follow the card, and that nothing is written for them.

use crate::workbench::after;
use cardwright::model::card::difference::{Field, Sides, Sign, Value};
use cardwright::model::card::journal::Moment;
use cardwright::model::card::{BLOCK_BYTES, SystemCode};
use cardwright::workbench::compare::Side;
use cardwright::workbench::view::{ComparisonView, View};
use cardwright::workbench::{Command, Workbench};
use std::sync::Arc;

fn comparison(view: &View) -> &Arc<ComparisonView> {
    view.comparison.as_ref().expect("a comparison")
}

fn fields(view: &View) -> Vec<Field> {
    let changes = comparison(view).difference.changes.iter();
    changes.map(|change| change.field).collect()
}

fn compare(bench: &Workbench, a: Side, b: Side) -> Arc<View> {
    let command = Command::Compare(Sides {
        a: a.clone(),
        b: b.clone(),
    });
    after(bench, command, "the comparison", |view| {
        view.comparison.as_ref().is_some_and(|comparison| {
            comparison.sides.as_ref().map(|side| side.side.clone())
                == Sides {
                    a: a.clone(),
                    b: b.clone(),
                }
        })
    })
}

fn head(view: &View) -> Moment {
    let card = view.card.as_ref().expect("a card");
    card.history.as_ref().expect("a history").journal.head()
}

fn edit(address: u32, to: u8) -> Command {
    let mut bytes = [None; BLOCK_BYTES];
    bytes[3] = Some(to);
    let bytes = bytes.into();
    Command::Edit { address, bytes }
}

#[test]
fn a_moment_and_the_present_are_compared_and_the_present_is_followed() {
    let bench = Workbench::open(None);
    let now = head(&bench.view());
    let view = compare(&bench, Side::Moment(now), Side::Live);
    assert!(comparison(&view).difference.is_empty());
    let same = Arc::clone(&comparison(&view).difference);
    let view = after(&bench, edit(0, 0x21), "the edit", |view| {
        !comparison(view).difference.is_empty()
    });
    assert!(matches!(fields(&view)[..], [Field::PurseValue(_)]));
    assert!(!Arc::ptr_eq(&same, &comparison(&view).difference));
    // What changes neither side leaves the difference as it is.
    let before = Arc::clone(&comparison(&view).difference);
    let view = after(&bench, Command::ShowKeys(true), "the keys", |view| {
        view.workspace.keys_shown
    });
    assert!(Arc::ptr_eq(&before, &comparison(&view).difference));
    let view = after(&bench, Command::SwapSides, "the other way", |view| {
        comparison(view).sides.a.side == Side::Live
    });
    assert_eq!(comparison(&view).sides.b.side, Side::Moment(now));
    let shown = view.card.as_ref().and_then(|card| card.history.as_ref());
    assert_eq!(
        shown.map(|history| (history.shown, history.live)),
        Some((now, false)),
        "the window shows side B"
    );
    assert_eq!(*comparison(&view).difference, (*before).clone().swapped());
    let view = after(&bench, Command::CloseComparison, "the end", |view| {
        view.comparison.is_none()
    });
    assert!(view.notices.is_empty(), "{:?}", view.notices);
}

#[test]
fn scrubbing_moves_side_b() {
    let bench = Workbench::open(None);
    compare(&bench, Side::Moment(None), Side::Live);
    let whole = fields(&bench.view()).len();
    let view = after(&bench, Command::ShowMoment(None), "the start", |view| {
        comparison(view).sides.b.side == Side::Moment(None)
    });
    assert!(comparison(&view).difference.is_empty());
    let view = after(&bench, Command::ShowNow, "the present", |view| {
        comparison(view).sides.b.side == Side::Live
    });
    assert_eq!(fields(&view).len(), whole);
    // Another card has no such moments.
    let view = after(&bench, Command::NewDemoCard, "another card", |view| {
        view.comparison.is_none()
    });
    assert!(view.notices.is_empty(), "{:?}", view.notices);
}

#[test]
fn a_file_is_compared_without_being_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("before.card");
    let bench = Workbench::open(None);
    after(&bench, Command::SaveCard(path.clone()), "the file", |_| {
        path.exists()
    });
    after(&bench, edit(0, 0x21), "the edit", |view| {
        let card = view.card.as_ref().expect("a card");
        card.bytes.block(0).expect("a block").0.0[3] == 0x21
    });
    let (moment, notices) = (head(&bench.view()), bench.view().notices.len());
    let file = Side::File(path.clone());
    let view = compare(&bench, file.clone(), Side::Live);
    assert!(matches!(fields(&view)[..], [Field::PurseValue(_)]));
    assert_eq!((head(&view), view.notices.len()), (moment, notices));
    // It was read once and is not needed any more; only keys that are shown make its picture anew.
    std::fs::remove_file(&path).expect("removed");
    let view = after(&bench, Command::SwapSides, "the other way", |view| {
        comparison(view).sides.b.side == file
    });
    assert!(matches!(fields(&view)[..], [Field::PurseValue(_)]));
    let view = after(&bench, Command::ShowKeys(true), "the keys", |view| {
        view.workspace.keys_shown
    });
    assert!(matches!(fields(&view)[..], [Field::PurseValue(_)]));
    // A file that is not there is said, and what was compared stays.
    let gone = Sides {
        a: Side::File(folder.path().join("gone.card")),
        b: Side::Live,
    };
    let view = after(&bench, Command::Compare(gone), "the notice", |view| {
        view.notices.len() > notices
    });
    assert_eq!(comparison(&view).sides.b.side, file);
}

#[test]
fn a_dump_is_compared_as_far_as_it_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("card.nfc");
    std::fs::write(&path, crate::dump::V4).expect("written");
    let bench = Workbench::open(None);
    let file = Side::File(path);
    let view = compare(&bench, file.clone(), file);
    let compared = comparison(&view);
    assert!(compared.difference.is_empty() && compared.difference.blocks.is_empty());
    assert!(compared.sides.a.card.map.is_none());
    let file = compared.sides.a.side.clone();
    let view = compare(&bench, file, Side::Live);
    let signs: Vec<_> = comparison(&view)
        .difference
        .changes
        .iter()
        .map(|c| c.sign())
        .collect();
    assert!(signs.contains(&Sign::Added) && signs.contains(&Sign::Removed));
}

#[test]
fn what_a_division_would_change_is_tried_on_a_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Workbench::open(Some(folder.path().to_owned()));
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    let before = bench.view();
    let view = compare(&bench, Side::Live, Side::Planned);
    let compared = comparison(&view);
    let added = compared
        .difference
        .systems
        .iter()
        .find(|system| system.code.a.is_none());
    assert_eq!(
        added.and_then(|system| system.code.b),
        Some(SystemCode(0xFE42))
    );
    let lent = compared
        .difference
        .changes
        .iter()
        .find_map(|change| match change.values.b {
            Some(Value::System { blocks, .. }) => blocks,
            _ => None,
        });
    assert_eq!(lent, Some(96));
    // Nothing of it is on the card, in its journal, or in the registry.
    let (was, is) = (
        before.card.as_ref().expect("a card"),
        view.card.as_ref().expect("a card"),
    );
    assert_eq!(was.bytes, is.bytes);
    assert_eq!(head(&before), head(&view));
    assert!(view.unsettled.is_empty() && view.notices.is_empty());
    let flow = view.flow.as_ref().expect("the flow");
    assert_eq!(flow.next, Some(0), "it has not begun");
    // The flow itself then does just that.
    let view = after(&bench, Command::RunAll, "the end", |view| {
        crate::workbench::ended(view).is_some()
    });
    let left = &comparison(&view).difference;
    assert!(left.is_empty(), "{:?}", left.changes);
}

#[test]
fn a_card_that_is_not_there_is_said_and_nothing_else_happens() {
    let bench = Workbench::open(None);
    let view = after(
        &bench,
        Command::Compare(Sides {
            a: Side::OnReader,
            b: Side::Live,
        }),
        "the notice",
        |view| !view.notices.is_empty(),
    );
    assert!(view.comparison.is_none());
    assert_eq!(
        view.notices[0].words.what,
        "There is no card on a reader to compare."
    );
}
