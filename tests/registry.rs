//! The registry: what it keeps, that what it has acknowledged survives a kill and a cut at any byte, and that a file
//! that it cannot use is left as it is.

use crate::support::{ALL, Child, Division, card_of, demo_card, divided_data, times};
use cardwright::device::registry::{
    CardState, Outcome, Place, Registry, RegistryError, RunId, SeenCard,
};
use cardwright::model::card::{Idm, SystemCode};
use cardwright::model::demo::Demo;
use cardwright::model::flow::Halt;
use cardwright::model::flow::divide::table;
use cardwright::model::flow::log::{Ending, Intents, LogEntry, Recording};
use cardwright::model::flow::table::StepId;
use cardwright::model::port::Touch;
use std::path::{Path, PathBuf};

fn place(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("registry.db")
}

pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn demo_seen() -> SeenCard {
    SeenCard::emulated(&demo_card()).expect("a card")
}

/// A registry that knows the demo card, and a run on it.
pub fn with_run(path: &Path) -> (Registry, RunId) {
    let mut registry = Registry::open(path).expect("opened");
    let seen = demo_seen();
    registry.see(&seen).expect("noted");
    let run = registry.begin("divide", seen.idm).expect("begun");
    (registry, run)
}

fn id(step: &str) -> StepId {
    StepId(step.into())
}

pub fn intent(step: &str, time_ms: u64) -> LogEntry {
    let step = id(step);
    LogEntry::Intent { step, time_ms }
}

pub fn done(step: &str) -> LogEntry {
    LogEntry::Step {
        step: id(step),
        touch: Some(Touch(7)),
        value: "null".into(),
        time_ms: 9,
    }
}

pub fn append(registry: &mut Registry, run: RunId, entry: &LogEntry) {
    registry.log(run).append(entry).expect("written");
}

#[test]
fn a_card_is_known_again_by_its_idm() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let first = demo_seen();
    assert_eq!(first.place, Place::Emulator("std-4k".into()));
    {
        let mut registry = Registry::open(&path).expect("opened");
        registry.see(&first).expect("noted");
        registry.label(first.idm, "AT-0042").expect("named");
        let stranger = Idm([9; 8]);
        let unknown = registry.label(stranger, "x").expect_err("never seen");
        assert!(matches!(unknown, RegistryError::UnknownCard(idm) if idm == stranger));
        assert!(registry.begin("divide", stranger).is_err());
    }
    let mut registry = Registry::open(&path).expect("opened again");
    // On a reader, its IDi and PMi are not seen, and stay known.
    let second = SeenCard {
        issuance: None,
        place: Place::Reader("ACS ACR1252 00 00".into()),
        systems: vec![SystemCode(3), SystemCode(0xFE42)],
        ..first.clone()
    };
    registry.see(&second).expect("noted");
    let blank = SeenCard {
        idm: Idm([1, 2, 3, 4, 5, 6, 7, 8]),
        systems: vec![SystemCode::ANY],
        ..first.clone()
    };
    registry.see(&blank).expect("noted");
    let cards = registry.cards().expect("cards");
    assert_eq!(cards.len(), 2);
    assert_eq!(
        cards[0].seen,
        SeenCard {
            issuance: first.issuance,
            ..second
        }
    );
    assert!(first.issuance.is_some());
    assert_eq!(cards[0].label.as_deref(), Some("AT-0042"));
    assert!(cards[0].first_seen_ms <= cards[0].last_seen_ms);
    assert_eq!(cards[0].state, CardState::Issued);
    assert_eq!((&cards[1].seen, cards[1].state), (&blank, CardState::Blank));
}

#[test]
fn a_write_is_open_until_it_is_settled() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let (mut registry, run) = with_run(&path);
    let outcomes = |registry: &mut Registry| -> Vec<Outcome> {
        let all = registry.outcomes(run).expect("outcomes");
        all.into_iter().map(|(_, outcome)| outcome).collect()
    };
    append(&mut registry, run, &done("ST68"));
    assert_eq!(outcomes(&mut registry), []);
    append(&mut registry, run, &intent("ST69", 1_000));
    assert_eq!(outcomes(&mut registry), [Outcome::Open]);
    // Another step's end does not settle it, and neither can it be left behind.
    append(&mut registry, run, &done("ST68"));
    for entry in [
        intent("ST69", 1),
        LogEntry::Rewind { keep: 0 },
        LogEntry::End {
            how: Ending::Stopped,
        },
    ] {
        assert!(registry.log(run).append(&entry).is_err(), "{entry:?}");
    }
    assert_eq!(registry.entries(run).expect("entries").len(), 3);
    registry.answer_lost(run).expect("noted");
    assert_eq!(outcomes(&mut registry), [Outcome::Unknown]);
    let unsettled = registry.unsettled().expect("unsettled");
    assert_eq!(unsettled.len(), 1);
    let write = &unsettled[0];
    assert_eq!(
        (write.card, write.flow.as_str(), &write.step, write.at_ms),
        (demo_seen().idm, "divide", &id("ST69"), 1_000)
    );
    append(&mut registry, run, &LogEntry::NotDone { step: id("ST69") });
    append(&mut registry, run, &intent("ST69", 2_000));
    append(&mut registry, run, &done("ST69"));
    assert_eq!(outcomes(&mut registry), [Outcome::NotDone, Outcome::Done]);
    assert!(registry.unsettled().expect("unsettled").is_empty());
    // The end of the run: its log goes, that it was stays.
    let idm = demo_seen().idm;
    registry.forget(run).expect("nothing yet");
    assert_eq!(registry.unfinished("divide", idm).expect("runs"), Some(run));
    assert!(!registry.entries(run).expect("entries").is_empty());
    append(&mut registry, run, &LogEntry::End { how: Ending::Done });
    assert_eq!(registry.unfinished("divide", idm).expect("runs"), None);
    registry.forget(run).expect("forgotten");
    assert!(registry.entries(run).expect("entries").is_empty());
    assert_eq!(outcomes(&mut registry).len(), 2);
}

#[test]
fn an_unknown_write_survives_restarts_and_other_cards() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    {
        let (mut registry, run) = with_run(&path);
        append(&mut registry, run, &intent("ST69", 5));
    }
    for _ in 0..3 {
        let mut registry = Registry::open(&path).expect("opened");
        let other = SeenCard {
            idm: Idm([1, 2, 3, 4, 5, 6, 7, 8]),
            ..demo_seen()
        };
        registry.see(&other).expect("noted");
        let run = registry.begin("divide", other.idm).expect("begun");
        let how = Ending::Stopped;
        append(&mut registry, run, &LogEntry::End { how });
        let unsettled = registry.unsettled().expect("unsettled");
        assert_eq!(unsettled.len(), 1);
        // Whoever waited for the answer is gone.
        assert_eq!(unsettled[0].outcome, Outcome::Unknown);
        assert_eq!(unsettled[0].card, demo_seen().idm);
    }
}

#[test]
fn the_registry_carries_the_flow_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let steps = table().steps().count();
    for kill_after in 0..steps {
        let path = folder.path().join(format!("{kill_after}.db"));
        let mut card = demo_card();
        {
            let (mut registry, run) = with_run(&path);
            let mut division = Division::with_log(registry.log(run), &[]);
            let halted = division.run(&mut card, kill_after);
            assert_eq!(halted, Err(Halt::Paused), "{kill_after}");
        }
        let mut card = card_of(card.memory().clone());
        let mut registry = Registry::open(&path).expect("opened again");
        let run = registry.unfinished("divide", Demo::new().idm);
        let run = run.expect("runs").expect("one");
        let entries = registry.entries(run).expect("entries");
        let mut division = Division::with_log(registry.log(run), &entries);
        assert_eq!(division.recording.steps.len(), kill_after);
        division.run(&mut card, ALL).expect("divided");
        assert!(card.memory().data() == divided_data());
        assert!(registry.unsettled().expect("unsettled").is_empty());
    }
}

/// Entries of every kind, and how long the write-ahead log was when each was acknowledged.
fn recorded(path: &Path) -> (RunId, Vec<LogEntry>, Vec<u64>) {
    let (mut registry, run) = with_run(path);
    let wal = || {
        std::fs::metadata(beside(path, "-wal"))
            .expect("the log")
            .len()
    };
    let mut entries = Vec::new();
    let mut lengths = vec![wal()];
    for round in 0..4 {
        for entry in [
            done("ST68"),
            intent("ST69", round),
            LogEntry::NotDone { step: id("ST69") },
            intent("ST69", round + 10),
        ] {
            append(&mut registry, run, &entry);
            entries.push(entry);
            lengths.push(wal());
        }
        let entry = done("ST69");
        append(&mut registry, run, &entry);
        entries.push(entry);
        lengths.push(wal());
    }
    // Taken while it is open: closing it would empty the log.
    for ending in ["", "-wal"] {
        let copy = beside(&path.with_extension("copy"), ending);
        std::fs::copy(beside(path, ending), copy).expect("copied");
    }
    (run, entries, lengths)
}

#[test]
fn what_was_acknowledged_survives_a_cut_at_any_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let (run, entries, lengths) = recorded(&path);
    let copy = path.with_extension("copy");
    let main = std::fs::read(&copy).expect("the file");
    let wal = std::fs::read(beside(&copy, "-wal")).expect("the log");
    assert_eq!(wal.len() as u64, *lengths.last().expect("lengths"));
    let cut = folder.path().join("cut.db");
    let page = 4096 + 24;
    let every = times(8191, 64);
    // Around every page of the log, and at bytes in between.
    let near = |at: &usize| {
        let in_page = at.saturating_sub(32) % page;
        in_page < 2 || in_page == 24 || in_page > page - 2 || at.is_multiple_of(every)
    };
    let mut cases = 0;
    for length in (lengths[0] as usize..=wal.len()).filter(near) {
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(beside(&cut, ending));
        }
        std::fs::write(&cut, &main).expect("written");
        std::fs::write(beside(&cut, "-wal"), &wal[..length]).expect("written");
        let mut registry = Registry::open(&cut).expect("it opens");
        let found = registry.entries(run).expect("entries");
        let acknowledged = lengths.iter().filter(|l| **l <= length as u64).count() - 1;
        assert_eq!(found, entries[..acknowledged], "cut at {length}");
        // What the log says and what is known of the writes is one.
        let open = Recording::read(&found).open_intent;
        let unsettled = registry.unsettled().expect("unsettled");
        let unsettled = unsettled.into_iter().map(|write| write.step).next();
        assert_eq!(open, unsettled, "cut at {length}");
        cases += 1;
    }
    assert!(cases > 3 * entries.len(), "{cases} cuts");
}

#[test]
fn that_a_step_was_done_waits_for_the_disk_and_nothing_else_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let (mut registry, run) = with_run(&path);
    registry.sync().expect("nothing waits");
    append(&mut registry, run, &done("ST68"));
    registry.sync().expect("on the disk");
    append(&mut registry, run, &done("ST68"));
    // A log that cannot be reached any more: what waits for the disk is told apart from what does not.
    std::fs::remove_file(beside(&path, "-wal")).expect("removed");
    assert!(matches!(registry.sync(), Err(RegistryError::Io(_))));
    append(&mut registry, run, &intent("ST69", 1));
    registry.sync().expect("nothing waits");
    append(&mut registry, run, &done("ST69"));
    assert!(matches!(registry.sync(), Err(RegistryError::Io(_))));
}

const CHILD: &str = "CARDWRIGHT_TEST_REGISTRY";

/// What the child process of the next test does: it writes until it is killed, and says each entry that it was
/// acknowledged.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let (mut registry, run) = with_run(Path::new(&path));
    for time_ms in 0.. {
        append(&mut registry, run, &intent("ST69", time_ms));
        println!("acknowledged");
        append(&mut registry, run, &done("ST69"));
        println!("acknowledged");
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    const TEST: &str = "registry::child_that_writes_until_it_is_killed";
    for round in 0..times(10, 200) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = place(&folder);
        let mut child = Child::start(TEST, CHILD, &path);
        let heard = 1 + round * 7;
        for _ in 0..heard {
            child.hear("acknowledged");
        }
        let rest = child.kill("acknowledged").len();
        let mut registry = Registry::open(&path).expect("it opens");
        assert!(!registry.is_in_doubt(), "round {round}");
        let run = registry.unfinished("divide", Demo::new().idm);
        let entries = registry
            .entries(run.expect("runs").expect("one"))
            .expect("entries");
        assert!(entries.len() >= heard + rest, "round {round}");
        for (at, entry) in entries.iter().enumerate() {
            let expected = match at % 2 {
                0 => intent("ST69", at as u64 / 2),
                _ => done("ST69"),
            };
            assert_eq!(*entry, expected, "round {round}");
        }
        let open = usize::from(entries.len() % 2 == 1);
        assert_eq!(registry.unsettled().expect("unsettled").len(), open);
    }
}

/// Every file of a folder with its bytes; SQLite's index of its log, which is made anew at will, is left out.
pub fn bytes_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !path.to_string_lossy().ends_with("-shm"))
        .map(|path| (path.clone(), std::fs::read(&path).expect("bytes")))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    all.sort();
    all
}

/// Opens what is refused, and sees that it is left as it is.
fn refused(path: &Path) -> RegistryError {
    let folder = path.parent().expect("a folder");
    let before = bytes_in(folder);
    let error = Registry::open(path).err();
    let error = error.unwrap_or_else(|| panic!("opened, of {} bytes", before[0].1.len()));
    assert!(bytes_in(folder) == before, "{error}: something was changed");
    error
}

#[test]
fn what_is_no_registry_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    for bytes in [&b""[..], b"hello", &[0; 5000], b"SQLite format 3\0"] {
        std::fs::write(&path, bytes).expect("written");
        // An empty file is not made a registry either: something else was there.
        let error = Registry::open(&path).err().expect("refused");
        assert!(matches!(error, RegistryError::Foreign), "{error}");
        assert_eq!(std::fs::read(&path).expect("bytes"), bytes);
    }
    std::fs::remove_file(&path).expect("removed");
    // Another program's database.
    let other = {
        let (registry, _) = with_run(&path);
        drop(registry);
        let mut bytes = std::fs::read(&path).expect("bytes");
        bytes[68..72].copy_from_slice(b"OTHR");
        bytes
    };
    std::fs::write(&path, other).expect("written");
    assert!(matches!(refused(&path), RegistryError::Foreign));
}

#[test]
fn a_registry_whose_file_is_gone_is_not_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    recorded(&path);
    let copy = path.with_extension("copy");
    std::fs::remove_file(&copy).expect("removed");
    assert!(matches!(refused(&copy), RegistryError::Damaged(_)));
}

#[test]
fn a_damaged_registry_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    drop(with_run(&path));
    let whole = std::fs::read(&path).expect("bytes");
    for length in [
        100,
        101,
        512,
        4095,
        4096,
        8192,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        std::fs::write(&path, &whole[..length]).expect("cut off");
        let error = refused(&path);
        assert!(
            matches!(error, RegistryError::Damaged(_)),
            "{length}: {error}"
        );
    }
    // A page in the middle that is something else's.
    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xA5);
        std::fs::write(&path, &bytes).expect("written");
        let error = refused(&path);
        assert!(
            matches!(error, RegistryError::Damaged(_)),
            "{page}: {error}"
        );
    }
    std::fs::write(&path, &whole).expect("put back");
    assert_eq!(
        Registry::open(&path)
            .expect("whole")
            .cards()
            .expect("cards")
            .len(),
        1
    );
}

#[test]
fn no_flipped_bit_makes_it_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    drop(with_run(&path));
    let whole = std::fs::read(&path).expect("bytes");
    for at in (0..whole.len()).step_by(times(97, 7)) {
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(beside(&path, ending));
        }
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bytes).expect("written");
        // SQLite has no check of its own over what a row says, so it may open. What it gives is a value or an error.
        if let Ok(mut registry) = Registry::open(&path) {
            let _ = registry.cards();
            let _ = registry.unsettled();
            let _ = registry.unfinished("divide", Demo::new().idm);
        }
    }
}

#[test]
fn a_newer_versions_registry_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    drop(with_run(&path));
    // The version of its tables, as a newer program would have made them.
    let mut bytes = std::fs::read(&path).expect("bytes");
    let ours = b"20261121000000";
    let all: Vec<usize> = (0..bytes.len() - ours.len())
        .filter(|at| bytes[*at..].starts_with(ours))
        .collect();
    assert!(!all.is_empty());
    for at in all {
        bytes[at..at + 4].copy_from_slice(b"2127");
    }
    std::fs::write(&path, &bytes).expect("written");
    let error = refused(&path);
    assert!(matches!(error, RegistryError::Newer), "{error}");
}

#[test]
fn strange_folder_names_are_no_trouble() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a b", "100%", "what?mode=ro", "c#4", "%41", "カード"] {
        let path = folder.path().join(name).join("registry.db");
        std::fs::create_dir(path.parent().expect("a folder")).expect("made");
        drop(with_run(&path));
        assert!(path.is_file(), "{name}");
        assert_eq!(
            Registry::open(&path)
                .expect(name)
                .cards()
                .expect("cards")
                .len(),
            1
        );
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = place(&folder);
    let (_registry, _) = with_run(&path);
    for ending in ["", "-wal", "-shm"] {
        let file = std::fs::metadata(beside(&path, ending)).expect("a file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{ending}");
    }
}
