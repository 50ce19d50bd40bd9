//! The registry's write-ahead log after damage: either nothing that was acknowledged is lost, or it is said. What a kill
//! or a power cut leaves behind is no damage, and opens without a word.

use crate::registry::{append, beside, bytes_in, done, intent, with_run};
use crate::support::{SeededRng, times};
use cardwright::device::registry::{Registry, RegistryError, RunId};
use cardwright::model::demo::Demo;
use cardwright::model::flow::log::LogEntry;
use cardwright::model::port::Rng;
use std::path::Path;

const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

/// The files of a registry as a kill leaves them.
#[derive(Clone)]
struct Files {
    main: Vec<u8>,
    wal: Vec<u8>,
    /// SQLite's index of the log; `None` where it is not there.
    shm: Option<Vec<u8>>,
}

impl Files {
    fn of(path: &Path) -> Files {
        let read = |ending| std::fs::read(beside(path, ending)).expect("a file");
        Files {
            main: read(""),
            wal: read("-wal"),
            shm: Some(read("-shm")),
        }
    }

    fn frames(&self) -> usize {
        (self.wal.len() - HEADER) / FRAME
    }

    fn without_index(&self) -> Files {
        Files {
            shm: None,
            ..self.clone()
        }
    }

    fn with_log(&self, wal: Vec<u8>) -> Files {
        Files {
            wal,
            ..self.clone()
        }
    }
}

/// What opening them comes to.
#[derive(Debug, PartialEq)]
enum Opened {
    /// It is refused as damaged, and left as it is.
    Damaged,
    /// So many entries of the run are there; and whether it is said that one more may be lost.
    Entries(Vec<LogEntry>, bool),
}

fn open(files: &Files, run: RunId) -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let all = [
        ("", Some(&files.main)),
        ("-wal", Some(&files.wal)),
        ("-shm", files.shm.as_ref()),
    ];
    for (ending, bytes) in all {
        if let Some(bytes) = bytes {
            std::fs::write(beside(&path, ending), bytes).expect("written");
        }
    }
    let before = bytes_in(folder.path());
    match Registry::open(&path) {
        Ok(mut registry) => {
            let doubt = registry.is_in_doubt();
            Opened::Entries(registry.entries(run).expect("entries"), doubt)
        }
        Err(RegistryError::Damaged(_)) => {
            assert!(bytes_in(folder.path()) == before, "something was changed");
            Opened::Damaged
        }
        Err(error) => panic!("{error}"),
    }
}

/// A registry with a log of a few frames, copied after each entry that was acknowledged, with the entries till then.
/// The newest write is open.
fn grown(path: &Path) -> (RunId, Vec<Files>, Vec<LogEntry>) {
    let (mut registry, run) = with_run(path);
    let mut copies = vec![Files::of(path)];
    let mut entries = Vec::new();
    let mut all = Vec::new();
    for round in 0..3 {
        all.extend([done("ST68"), intent("ST69", round), done("ST69")]);
    }
    // The answer to the newest write has not come.
    all.pop();
    for entry in all {
        append(&mut registry, run, &entry);
        entries.push(entry);
        copies.push(Files::of(path));
    }
    (run, copies, entries)
}

/// A registry whose log was begun anew in its file, with frames of earlier times behind the newest ones.
fn begun_anew(path: &Path) -> (RunId, Files, Vec<LogEntry>) {
    let (mut registry, run) = with_run(path);
    let mut entries = Vec::new();
    let restarts = || Files::of(path).wal[12..16].to_vec();
    let mut after = 0;
    while after < 5 {
        let entry = done("ST68");
        append(&mut registry, run, &entry);
        entries.push(entry);
        if entries.len() > 300 && (after > 0 || restarts() != [0; 4]) {
            after += 1;
        }
        assert!(entries.len() < 5_000, "the log is never begun anew");
    }
    let entry = intent("ST69", 1);
    append(&mut registry, run, &entry);
    entries.push(entry);
    (run, Files::of(path), entries)
}

/// Damages of all sorts: bits, bytes, pages, frames that change places or are doubled, at random places.
fn damaged(wal: &[u8], rng: &mut SeededRng) -> Vec<u8> {
    let mut bytes = wal.to_vec();
    let frames = (wal.len() - HEADER) / FRAME;
    let frame_at = |frame: usize| HEADER + frame * FRAME;
    match rng.below(6) {
        0 => {
            let at = rng.below(bytes.len());
            bytes[at] ^= 1 << rng.below(8);
        }
        1 => {
            // In a frame's own words, or those of the log.
            let at = match rng.below(frames + 1) {
                0 => rng.below(HEADER),
                frame => frame_at(frame - 1) + rng.below(24),
            };
            bytes[at] ^= 1 + rng.below(255) as u8;
        }
        2 => {
            let at = rng.below(bytes.len());
            let end = bytes.len().min(at + 1 + rng.below(2 * FRAME));
            rng.fill(&mut bytes[at..end]);
        }
        3 => {
            let at = rng.below(bytes.len());
            let end = bytes.len().min(at + 1 + rng.below(2 * FRAME));
            let with = [0, 0xA5, 0xFF][rng.below(3)];
            bytes[at..end].fill(with);
        }
        4 => {
            let (from, to) = (frame_at(rng.below(frames)), frame_at(rng.below(frames)));
            bytes.copy_within(from..from + FRAME, to);
        }
        _ => {
            let at = frame_at(rng.below(frames));
            bytes.drain(at..at + FRAME);
        }
    }
    bytes
}

#[test]
fn whatever_a_log_suffers_nothing_is_lost_without_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, copies, entries) = grown(&folder.path().join("a.db"));
    let (anew_run, anew, anew_entries) = begun_anew(&folder.path().join("b.db"));
    let last = copies.last().expect("copies");
    let mut rng = SeededRng(10);
    let (mut refused, mut doubted, mut whole) = (0, 0, 0);
    for number in 0..times(200, 4_000) {
        let (files, run, entries) = match number % 4 {
            0 => (&anew, anew_run, &anew_entries),
            _ => (last, run, &entries),
        };
        let hurt = files.with_log(damaged(&files.wal, &mut rng));
        if hurt.wal == files.wal {
            continue;
        }
        // The index is the witness: with it, what is lost is known.
        match open(&hurt, run) {
            Opened::Damaged => refused += 1,
            Opened::Entries(found, doubt) => {
                assert!(
                    found == *entries && !doubt,
                    "damage {number}: {} entries",
                    found.len()
                );
                whole += 1;
            }
        }
        // Where a frame was taken out at the end, nothing is left that could tell.
        let cut_at_the_end = hurt.wal.len() < files.wal.len() && files.wal.starts_with(&hurt.wal);
        match open(&hurt.without_index(), run) {
            Opened::Damaged => {}
            Opened::Entries(_, true) => doubted += 1,
            Opened::Entries(found, false) => {
                assert!(
                    found == *entries || cut_at_the_end,
                    "damage {number} without an index"
                );
            }
        }
    }
    assert!(
        refused > 50 && doubted > 5 && whole > 0,
        "{refused} {doubted} {whole}"
    );
}

#[test]
fn a_log_that_was_cut_off_is_refused_where_its_index_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, copies, entries) = grown(&folder.path().join("registry.db"));
    let last = copies.last().expect("copies");
    let mut lengths = vec![0, 1, HEADER - 1];
    for frame in 0..last.frames() {
        let at = HEADER + frame * FRAME;
        lengths.extend([
            at,
            at + 1,
            at + 8,
            at + 16,
            at + 24,
            at + 25,
            at + FRAME - 1,
        ]);
    }
    for length in lengths {
        let cut = last.with_log(last.wal[..length].to_vec());
        assert_eq!(open(&cut, run), Opened::Damaged, "cut at {length}");
        // Without an index a cut between frames tells nothing; every other one is said.
        if length % FRAME != HEADER && length > 0 {
            let said = !matches!(open(&cut.without_index(), run), Opened::Entries(_, false));
            assert!(said, "cut at {length}");
        }
    }
    assert_eq!(open(last, run), Opened::Entries(entries, false));
}

#[test]
fn a_log_that_is_gone_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let (run, copies, _) = grown(&path);
    let last = copies.last().expect("copies");
    assert_eq!(open(&last.with_log(Vec::new()), run), Opened::Damaged);
    let gone = tempfile::tempdir().expect("a folder");
    let path = gone.path().join("registry.db");
    std::fs::write(&path, &last.main).expect("written");
    std::fs::write(beside(&path, "-shm"), last.shm.as_ref().expect("an index")).expect("written");
    assert!(matches!(
        Registry::open(&path),
        Err(RegistryError::Damaged(_))
    ));
    assert!(!beside(&path, "-wal").exists());
}

/// Whatever of an entry reached the disk when the program was killed or the power went, before it was acknowledged.
#[test]
fn an_entry_that_was_never_acknowledged_is_left_out_without_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, copies, entries) = grown(&folder.path().join("registry.db"));
    let every = times(1_021, 31);
    let mut cases = 0;
    for (known, (before, after)) in copies.iter().zip(&copies[1..]).enumerate() {
        let (from, to) = (before.wal.len(), after.wal.len());
        let near = |at: &usize| {
            let in_frame = (at - HEADER) % FRAME;
            in_frame < 2 || in_frame == 24 || in_frame == FRAME - 1 || at.is_multiple_of(every)
        };
        for length in (from..to).filter(near) {
            let cut = before.with_log(after.wal[..length].to_vec());
            let expected = Opened::Entries(entries[..known].to_vec(), false);
            assert_eq!(open(&cut, run), expected, "{length} bytes");
            cases += 1;
        }
        // The frames of one entry reach a disk in any order.
        let mut torn = after.wal.clone();
        torn[from..from + FRAME].fill(0);
        let expected = Opened::Entries(entries[..known].to_vec(), false);
        assert_eq!(open(&before.with_log(torn), run), expected);
        // All of them, and the program was killed before it noted that in the index.
        let expected = Opened::Entries(entries[..=known].to_vec(), false);
        assert_eq!(open(&before.with_log(after.wal.clone()), run), expected);
    }
    assert!(cases > 100, "{cases} cases");
}

#[test]
fn frames_of_earlier_times_behind_the_newest_are_no_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, files, entries) = begun_anew(&folder.path().join("registry.db"));
    let salts = files.wal[16..24].to_vec();
    let last = HEADER + (files.frames() - 1) * FRAME;
    assert_ne!(
        files.wal[last + 8..last + 16],
        salts,
        "old frames are behind"
    );
    let expected = || Opened::Entries(entries.clone(), false);
    assert_eq!(open(&files, run), expected());
    assert_eq!(open(&files.without_index(), run), expected());
    // An entry over them of which a kill left only the first words.
    let valid = (0..files.frames())
        .take_while(|frame| files.wal[HEADER + frame * FRAME + 8..][..8] == salts)
        .count();
    let mut begun = files.wal.clone();
    let at = HEADER + valid * FRAME;
    begun[at + 8..at + 16].copy_from_slice(&salts);
    assert_eq!(open(&files.with_log(begun), run), expected());
}

#[test]
fn an_empty_log_and_one_of_a_closed_registry_are_no_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let (registry, _) = with_run(&path);
    drop(registry);
    assert!(!beside(&path, "-wal").exists(), "closing takes the log in");
    for log in [None, Some(b"")] {
        if let Some(bytes) = log {
            std::fs::write(beside(&path, "-wal"), bytes).expect("written");
        }
        let mut registry = Registry::open(&path).expect("it opens");
        assert!(!registry.is_in_doubt());
        assert_eq!(registry.in_flows().expect("cards"), [Demo::new().idm]);
    }
}

const CHILD: &str = "CARDWRIGHT_TEST_REGISTRY_DISK";

/// What the child process of the next test does: entries of every kind, each followed by a word.
#[test]
fn child_that_writes_entries_and_says_so() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let (mut registry, run) = with_run(Path::new(&path));
    for round in 0..5 {
        append(&mut registry, run, &done("ST68"));
        println!("a step");
        append(&mut registry, run, &intent("ST69", round));
        println!("to be there");
        let step = cardwright::model::flow::table::StepId("ST69".into());
        append(&mut registry, run, &LogEntry::NotDone { step });
        println!("to be there");
        append(&mut registry, run, &intent("ST69", round));
        println!("to be there");
        append(&mut registry, run, &done("ST69"));
        println!("a step");
        append(&mut registry, run, &LogEntry::Rewind { keep: 0 });
        println!("to be there");
    }
}

/// As the operating system sees it: an intent is on the disk when it is acknowledged, and so is every other entry but
/// that of a step that was done.
#[cfg(target_os = "linux")]
#[test]
fn an_intent_waits_for_the_disk_before_the_card_hears_of_it() {
    const TEST: &str = "registry_log::child_that_writes_entries_and_says_so";
    let folder = tempfile::tempdir().expect("a folder");
    let calls = folder.path().join("calls");
    let output = std::process::Command::new("strace")
        .args(["-f", "-y", "-qq", "-e", "signal=none"])
        .args(["-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(&calls)
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", TEST, "--nocapture"])
        .env(CHILD, folder.path().join("registry.db"))
        .output()
        .expect("strace runs");
    assert!(output.status.success(), "{output:?}");
    let (mut waiting, mut there, mut steps_behind) = (false, 0, 0);
    for call in std::fs::read_to_string(calls).expect("the calls").lines() {
        let of_log = call.contains("registry.db-wal>");
        if call.contains("pwrite64(") && of_log {
            waiting = true;
        } else if call.contains("sync(") && of_log {
            waiting = false;
        } else if call.contains("to be there") {
            assert!(
                !waiting,
                "it is acknowledged before it is on the disk: {call}"
            );
            there += 1;
        } else if call.contains("a step") {
            // The test sees what is not waited for.
            steps_behind += usize::from(waiting);
        }
    }
    assert_eq!((there, steps_behind), (20, 10));
}

/// A workspace of which the program was killed in the middle of ST69, with one byte of the registry's newest entry
/// turned.
fn hurt_workspace(to: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    crate::workbench_kept::killed_at_the_write(&place);
    let path = place.join("registry.db");
    let mut registry = Registry::open(&path).expect("opened");
    let run = registry.unfinished("divide", Demo::new().idm);
    let run = run.expect("runs").expect("one");
    let step = cardwright::model::flow::table::StepId("ST69".into());
    append(&mut registry, run, &LogEntry::NotDone { step });
    append(&mut registry, run, &intent("ST69", 1_795_269_900_000));
    std::fs::create_dir(to).expect("made");
    for entry in std::fs::read_dir(&place).expect("a folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
    let log = to.join("registry.db-wal");
    let mut bytes = std::fs::read(&log).expect("the log");
    let end = bytes.len();
    bytes[end - 100] ^= 4;
    std::fs::write(&log, bytes).expect("written");
}

#[test]
fn what_is_lost_and_what_may_be_is_said_in_words() {
    use cardwright::workbench::Workbench;
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("known");
    hurt_workspace(&place);
    let name = place.display().to_string();
    // Keys can be listed all the same; what changes them opens the registry.
    crate::cli::done(&["keys", "list", "--workspace", &name]);
    let remove = [
        "keys",
        "remove",
        "nobody/0003/FFFF/des@1",
        "--workspace",
        &name,
    ];
    let before = bytes_in(&place);
    for _ in 0..2 {
        let said = crate::cli::refused(&remove, 4);
        assert!(said.contains("registry is damaged"), "{said}");
        let bench = Workbench::open(Some(place.clone()));
        let words = bench.view().notices[0].words.clone();
        assert!(words.what.contains("registry is damaged"), "{words:?}");
    }
    assert!(bytes_in(&place) == before, "something was changed");
    // Without the index nothing tells whether the newest entry was acknowledged: that is said, once, by who opens it.
    std::fs::remove_file(place.join("registry.db-shm")).expect("removed");
    let again = folder.path().join("again");
    hurt_workspace(&again);
    std::fs::remove_file(again.join("registry.db-shm")).expect("removed");
    let idm = Demo::new().idm.to_string();
    let notices = || Workbench::open(Some(place.clone())).view().notices.clone();
    let first = notices();
    let words = &first.first().expect("a notice").words;
    assert!(
        words.what.contains("newest entry was not whole"),
        "{words:?}"
    );
    assert!(words.next.contains(&idm), "{words:?}");
    assert!(notices().is_empty(), "it is said once");
    let name = again.display().to_string();
    let remove = [
        "keys",
        "remove",
        "nobody/0003/FFFF/des@1",
        "--workspace",
        &name,
    ];
    let doubt = |said: &str| said.contains("newest entry was not whole") && said.contains(&idm);
    let output = crate::cli::run(&remove);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(doubt(&said) && said.lines().count() == 2, "{said}");
    let said = crate::cli::refused(&remove, 1);
    assert!(!doubt(&said), "it is said once: {said}");
}
