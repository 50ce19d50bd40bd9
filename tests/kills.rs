//! Kills of the real thing: of a process that holds a workbench and works in its workspace, and of the program itself.
//! What was acknowledged is there afterwards, and nothing is that nobody asked for.

use crate::cli::done;
use crate::support::{Child, SeededRng, times};
use cardwright::device::readers::NoReaders;
use cardwright::workbench::command::EditedBytes;
use cardwright::workbench::view::View;
use cardwright::workbench::{Command, Workbench};
use std::path::Path;
use std::process::{self, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// What a person does, command by command; each has its whole effect or none.
fn work() -> Vec<Command> {
    use Command::{Back, CloseFlow, GoTo, NewDemoCard, Next, Redo, StartDivide, Stop, Undo};
    let edit = |address, byte| {
        let bytes = EditedBytes(vec![Some(byte); 16]);
        Command::Edit { address, bytes }
    };
    let by_hand = [
        edit(0, 1),
        edit(1, 2),
        Undo,
        edit(0, 3),
        Undo,
        Undo,
        Redo,
        GoTo(None),
        edit(2, 4),
    ];
    let mut all = by_hand.to_vec();
    all.push(StartDivide);
    all.extend(vec![Next; 17]);
    all.extend([Back, Back]);
    all.extend(vec![Next; 7]);
    all.extend([CloseFlow, edit(3, 5), NewDemoCard, edit(4, 6)]);
    all.extend([StartDivide, Next, Next, Next, Stop, CloseFlow, Undo]);
    all
}

/// What must be kept of a view.
fn kept(view: &View) -> String {
    let card = view.card.as_ref().expect("a card");
    let journal = &card.history.as_ref().expect("a time line").journal;
    let tips: Vec<_> = journal.branches().map(|branch| branch.tip).collect();
    let next = view.flow.as_ref().and_then(|flow| flow.next);
    let unsettled = view.unsettled.len();
    let bytes = format!("{:?}", card.bytes);
    let sum = bytes.bytes().fold(0u64, |sum, byte| {
        sum.wrapping_mul(0x0100_0000_01B3) ^ u64::from(byte)
    });
    let (idm, head, events) = (card.idm, journal.head(), journal.len());
    let said = format!("{sum:016x} {idm:?} {head:?} of {events} {tips:?} {next:?} {unsettled}");
    said.replace(' ', "_")
}

/// Does the work in that folder, and tells what is kept: at the beginning, and after each command, when its view is
/// published.
fn do_the_work(folder: &Path, mut tell: impl FnMut(String)) {
    let bench = Workbench::open_with(Some(folder.to_path_buf()), Arc::new(NoReaders));
    let (woken, wakes) = channel();
    bench.on_new_view(Box::new(move || {
        let _ = woken.send(());
    }));
    tell(kept(&bench.view()));
    for command in work() {
        bench.send(command);
        wakes.recv_timeout(Duration::from_secs(60)).expect("a view");
        tell(kept(&bench.view()));
    }
}

const CHILD: &str = "CARDWRIGHT_TEST_KILLED";

/// What the child process of the next test does.
#[test]
fn child_that_works_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    println!("begins");
    do_the_work(Path::new(&folder), |kept| println!("kept {kept}"));
    loop {
        std::thread::park();
    }
}

#[test]
fn a_workbench_that_is_killed_has_lost_nothing_and_done_nothing_unasked() {
    const TEST: &str = "kills::child_that_works_until_it_is_killed";
    let folder = tempfile::tempdir().expect("a folder");
    let mut expected = Vec::new();
    do_the_work(&folder.path().join("undisturbed"), |kept| {
        expected.push(kept)
    });
    let commands = work();
    assert_eq!(expected.len(), commands.len() + 1);
    let mut rng = SeededRng(3);
    let kills = times(10, 150);
    for kill in 0..kills {
        let place = folder.path().join(format!("{kill}"));
        let mut child = Child::start(TEST, CHILD, &place);
        child.hear("begins");
        // Spread over the work, and over the time that one command takes.
        let heard = kill * expected.len() / kills;
        for _ in 0..heard {
            child.hear("kept ");
        }
        std::thread::sleep(Duration::from_micros(rng.below(3_000) as u64));
        let acknowledged = heard + child.kill("kept ").len();
        for opened in 0..2 {
            let bench = Workbench::open_with(Some(place.clone()), Arc::new(NoReaders));
            let view = bench.view();
            let now = kept(&view);
            // What was acknowledged last, or the command whose answer did not come any more.
            let last = acknowledged.saturating_sub(1);
            let may_be = &expected[last..expected.len().min(acknowledged + 1)];
            assert!(
                may_be.contains(&now),
                "kill {kill}, opened {opened}: after {acknowledged} of {commands:?}\n{now}\n{may_be:#?}"
            );
            assert!(view.notices.is_empty(), "{:?}", view.notices);
        }
    }
}

/// Runs the program, and kills it after a while. Whether it was still running then.
fn killed(arguments: &[&str], after: Duration) -> bool {
    let mut program = process::Command::new(env!("CARGO_BIN_EXE_cardwright"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    std::thread::sleep(after);
    program.kill().expect("killed");
    program.wait().expect("gone").code().is_none()
}

#[test]
fn the_program_that_is_killed_leaves_whole_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = |name: &str| folder.path().join(name).display().to_string();
    let workspace = name("workspace");
    let keys = |task: &[&str]| {
        let arguments = [&["keys"], task, &["--workspace", &workspace]].concat();
        arguments
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let list = name("keys.jsonl");
    let demo_list = |number: usize| {
        let of_node = |node: u16| {
            format!(
                "{{\"system_code\":\"0003\",\"node\":\"{node:04X}\",\"algo\":\"DES\",\"version\":{number},\"key\":\"44454D4F4B455941\"}}\n"
            )
        };
        (0..50)
            .map(|node| of_node(0x1008 + node * 0x40))
            .collect::<String>()
    };
    std::fs::write(&list, demo_list(1)).expect("written");
    let import = keys(&["import", &list, "--owner", "issuer:test"]);
    let import: Vec<&str> = import.iter().map(String::as_str).collect();
    let listing = keys(&["list"]);
    let listing: Vec<&str> = listing.iter().map(String::as_str).collect();
    done(&import);
    let mut there = done(&listing).lines().count();
    let (card, blank) = (name("a.card"), name("blank.card"));
    done(&["card", "new", &blank, "--profile", "std-4k", "--blank"]);
    let blank = std::fs::read(blank).expect("a card");
    let mut rng = SeededRng(8);
    let wanted = times(10, 150);
    let (mut kills, mut tries) = (0, 0);
    while kills < wanted {
        tries += 1;
        assert!(tries < 40 * wanted, "it ends before it can be killed");
        let after = Duration::from_micros(rng.below(40_000) as u64);
        if tries % 2 == 0 {
            std::fs::write(&list, demo_list(1 + tries)).expect("written");
            kills += usize::from(killed(&import, after));
            let now = done(&listing).lines().count();
            assert!(now == there || now == there + 50, "{there} keys, now {now}");
            there = now;
        } else {
            std::fs::write(&card, &blank).expect("written");
            kills += usize::from(killed(&["card", "issue", &card], after));
            let as_it_was = std::fs::read(&card).expect("a card") == blank;
            let tree = done(&["card", "tree", &card]);
            assert!(as_it_was || tree.contains("0003"), "{tree}");
        }
    }
}
