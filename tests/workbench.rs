//! The workbench as its faces use it: commands in, views out.

use cardwright::model::card::ServiceCode;
use cardwright::workbench::view::{FlowEnd, StepState, View};
use cardwright::workbench::{Command, Workbench};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sends a command and waits for the view in which `ready` holds.
pub fn after(
    bench: &Workbench,
    command: Command,
    what: &str,
    ready: impl Fn(&View) -> bool,
) -> Arc<View> {
    bench.send(command);
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let view = bench.view();
        if ready(&view) {
            return view;
        }
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn ended(view: &View) -> Option<&FlowEnd> {
    view.flow.as_ref()?.ended.as_ref()
}

#[test]
fn first_start_shows_an_issued_card_and_divides_it() {
    let bench = Workbench::open(None);
    let view = bench.view();
    assert!(
        view.workspace.demo && view.notices.is_empty(),
        "{:?}",
        view.notices
    );
    let card = view.card.as_ref().expect("a card is there");
    assert_eq!(card.tree.counts(), (1, 4, 15));
    assert_eq!(card.divide_refused_because, None);
    let blocks = card.tree.systems[0].blocks.expect("known");
    assert_eq!((blocks.user, blocks.system, blocks.free), (55, 23, 178));
    let named = |code| {
        card.tree.systems[0]
            .service(code)
            .and_then(|service| service.name.clone())
    };
    let purse = ServiceCode::new(0x0810).expect("a service");
    assert_eq!(named(purse).as_deref(), Some("Fare purse"));

    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    let view = after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    assert_eq!(ended(&view), Some(&FlowEnd::Done));
    let flow = view.flow.as_ref().expect("a flow");
    assert!(flow.steps.iter().all(|step| *step == StepState::Done));
    let card = view.card.as_ref().expect("a card");
    assert_eq!(card.tree.systems.len(), 2);
    assert_eq!(card.tree.systems[1].code.to_string(), "FE42");
    let counted: u32 = card
        .tree
        .systems
        .iter()
        .filter_map(|system| system.blocks)
        .map(|blocks| blocks.user + blocks.system + blocks.free)
        .sum();
    assert_eq!(Some(counted), card.chip_blocks);
}

#[test]
fn stepping_back_and_stopping_leave_the_card_as_it_was() {
    let bench = Workbench::open(None);
    let before = bench.view().card.clone().expect("a card");
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    let next = |view: &View| view.flow.as_ref().and_then(|flow| flow.next);
    let at = |view: &View, step: &str| {
        view.flow.as_ref().is_some_and(|flow| {
            flow.next
                .is_some_and(|next| flow.table.steps().nth(next).is_some_and(|s| s.id.0 == step))
        })
    };
    while !at(&bench.view(), "ST69") {
        let now = next(&bench.view());
        after(&bench, Command::Next, "a step", |view| next(view) != now);
    }
    let prepared = bench.view().card.clone().expect("a card");
    assert!(prepared.tree.systems[1].pending, "hatched until the commit");
    assert_eq!(prepared.tree.systems[1].code.to_string(), "FE42");
    let view = after(&bench, Command::Back, "a step back", |view| {
        at(view, "ST68")
    });
    assert!(view.card.as_ref().expect("a card").tree.systems[1].pending);
    let view = after(&bench, Command::Stop, "the stop", |view| {
        ended(view).is_some()
    });
    assert_eq!(
        ended(&view),
        Some(&FlowEnd::Stopped {
            card_untouched: true
        })
    );
    let card = view.card.as_ref().expect("a card");
    assert_eq!(card.tree, before.tree);
    assert_eq!(card.bytes, before.bytes);
}

#[test]
fn taking_the_commit_back_puts_the_lessons_card_back() {
    let bench = Workbench::open(None);
    let before = bench.view().card.clone().expect("a card");
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    after(&bench, Command::Back, "ST70 back", |view| {
        ended(view).is_none()
    });
    let view = after(&bench, Command::Back, "ST69 back", |view| {
        view.flow.as_ref().is_some_and(|flow| !flow.committed)
    });
    let card = view.card.as_ref().expect("a card");
    assert!(card.tree.systems[1].pending);
    let view = after(&bench, Command::Stop, "the stop", |view| {
        ended(view).is_some()
    });
    assert_eq!(view.card.as_ref().expect("a card").bytes, before.bytes);
}

#[test]
fn a_workspace_that_is_closed_after_each_step_resumes_to_the_same_card() {
    let straight = tempfile::tempdir().expect("a folder");
    let kept = |folder: &std::path::Path| folder.join("workspace");
    let end = {
        let bench = Workbench::open(Some(kept(straight.path())));
        after(&bench, Command::StartDivide, "the wizard", |view| {
            view.flow.is_some()
        });
        let view = after(&bench, Command::RunAll, "the end", |view| {
            ended(view).is_some()
        });
        view.card.clone().expect("a card").bytes.clone()
    };
    let broken = tempfile::tempdir().expect("a folder");
    let steps = Workbench::open(Some(kept(broken.path())))
        .view()
        .flow
        .is_none();
    assert!(steps, "nothing was begun");
    {
        let bench = Workbench::open(Some(kept(broken.path())));
        after(&bench, Command::StartDivide, "the wizard", |view| {
            view.flow.is_some()
        });
        after(&bench, Command::Next, "the first step", |view| {
            view.flow.as_ref().is_some_and(|flow| flow.next == Some(1))
        });
    }
    for step in 1..22 {
        let bench = Workbench::open(Some(kept(broken.path())));
        let flow = bench.view().flow.clone().expect("the flow is taken up");
        assert_eq!(flow.next, Some(step));
        after(&bench, Command::Next, "one more", |view| {
            view.flow
                .as_ref()
                .is_some_and(|flow| flow.next == Some(step + 1) || flow.ended.is_some())
        });
    }
    let bench = Workbench::open(Some(kept(broken.path())));
    assert_eq!(bench.view().card.clone().expect("a card").bytes, end);
}

#[test]
fn a_second_window_on_a_workspace_keeps_nothing_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("workspace");
    let first = Workbench::open(Some(path.clone()));
    let second = Workbench::open(Some(path));
    assert!(first.view().notices.is_empty());
    assert_eq!(second.view().notices.len(), 1);
    assert!(second.view().card.is_some());
}

#[test]
fn a_card_that_was_pulled_out_half_way_goes_on_with_the_next_step() {
    let bench = Workbench::open(None);
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    for done in 0..19 {
        after(&bench, Command::Next, "a step", |view| {
            view.flow
                .as_ref()
                .is_some_and(|flow| flow.next == Some(done + 1))
        });
    }
    bench.send(Command::PullCard);
    let view = after(&bench, Command::Next, "ST68", |view| {
        view.flow.as_ref().is_some_and(|flow| flow.next == Some(20))
    });
    assert_eq!(ended(&view), None);
    let view = after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    assert_eq!(ended(&view), Some(&FlowEnd::Done));
}

#[test]
fn who_knows_which_key_is_worked_out_from_the_run() {
    use cardwright::model::flow::at::Lane as _;
    use cardwright::model::flow::divide::{CARD, ISSUER, OPERATOR};
    let bench = Workbench::open(None);
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    let view = after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    let flow = view.flow.as_ref().expect("a flow");
    let mut known: Vec<_> = flow
        .keys
        .iter()
        .map(|key| (key.name, key.known_to.clone()))
        .collect();
    known.sort();
    let expected = [
        ("K_D", vec![OPERATOR.id(), CARD]),
        ("K_J", vec![ISSUER.id(), CARD]),
        ("K_MU_(i)", vec![ISSUER.id(), CARD]),
        ("K_MU_F", vec![OPERATOR.id(), CARD]),
        ("SYS_K_(i)", vec![ISSUER.id(), CARD]),
        ("SYS_K_F", vec![OPERATOR.id(), CARD]),
    ];
    assert_eq!(known, expected);
}

#[test]
fn a_dump_of_any_program_is_opened_by_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Workbench::open(None);
    // The names say something else.
    for (name, content, counts) in [
        ("a.card", crate::dump::PM3, (2, 4, 6)),
        ("b.json", crate::dump::V2, (2, 6, 10)),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        let view = after(&bench, Command::OpenFile(path), "the dump", |view| {
            view.card
                .as_ref()
                .is_some_and(|card| card.tree.counts() == counts)
        });
        assert!(view.notices.is_empty(), "{:?}", view.notices);
    }
}

#[test]
fn what_was_said_is_dismissed_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Workbench::open(None);
    let missing = |name: &str| Command::OpenFile(folder.path().join(name));
    bench.send(missing("one.card"));
    let view = after(&bench, missing("two.card"), "both said", |view| {
        view.notices.len() == 2
    });
    let first = view.notices[0].id.expect("it can be dismissed");
    let view = after(&bench, Command::Dismiss(first), "one less", |view| {
        view.notices.len() == 1
    });
    assert!(view.notices[0].words.what.contains("two.card"));
}

#[test]
fn a_card_that_is_pulled_out_lies_there_in_another_touch() {
    let bench = Workbench::open(None);
    let steps = |done: usize| {
        after(&bench, Command::Next, "a step", |view| {
            next(view) == Some(done)
        })
    };
    let next_touch = |view: &View| view.trace.iter().last().map(|exchange| exchange.touch);
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    (1..16).for_each(|done| drop(steps(done)));
    let before = next_touch(&steps(16));
    assert_eq!(next_touch(&steps(17)), before, "it stays where it is");
    bench.send(Command::PullCard);
    let after = next_touch(&steps(18));
    assert!(after.is_some() && after != before);
}

fn next(view: &View) -> Option<usize> {
    view.flow.as_ref()?.next
}

/// Keys are shown where they are throw-away keys, and nowhere else.
#[test]
fn keys_are_not_shown_in_a_workspace_with_live_keys() {
    use cardwright::device::seal::Passphrase;
    use cardwright::workbench::headless::Workspace;
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    let phrase = Passphrase::new("correct horse".into());
    let mut live = Workspace::open_live(place.clone()).expect("opened");
    live.keys(Some(&phrase)).expect("a key store");
    drop(live);
    for (place, demo) in [(place, false), (folder.path().join("demo"), true)] {
        let bench = Workbench::open(Some(place));
        bench.send(Command::ShowKeys(true));
        let said = bench.view().notices.len();
        let missing = Command::OpenFile(folder.path().join("missing.card"));
        let view = after(&bench, missing, "said", |view| view.notices.len() > said);
        assert_eq!(
            (view.workspace.demo, view.workspace.keys_shown),
            (demo, demo)
        );
    }
}
