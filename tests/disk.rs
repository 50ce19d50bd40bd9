//! Files as they are written: nothing that is somebody else's is touched, links are followed, and of several that make one
//! name one does. What reaches the disk in which order is in `disk_order`.

use crate::cli::{Folder, data, done, program, refused};
use crate::support::times;
use cardwright::device::disk::{create, make_folder, replace, replace_with};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Barrier;

/// The names in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_that_is_called_part_is_somebody_elses() {
    let folder = Folder::new();
    let part = folder.with("new.card.part", "somebody's only copy");
    let file = folder.name("new.card");
    done(&["card", "new", &file, "--profile", "small-1k", "--blank"]);
    done(&["card", "issue", &file]);
    replace(&folder.path("new.card"), b"anew").expect("replaced");
    assert_eq!(fs::read(part).expect("there"), b"somebody's only copy");
    assert_eq!(names(&folder.path("")), ["new.card", "new.card.part"]);
}

#[test]
fn of_several_that_make_one_file_one_does() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..times(20, 1000) {
        let path = folder.path().join(round.to_string());
        let (all, start) = (8usize, Barrier::new(8));
        let make = |number: usize| {
            start.wait();
            create(&path, &[number as u8; 100])
        };
        let made: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..all)
                .map(|number| scope.spawn(move || make(number)))
                .collect();
            let ended = threads
                .into_iter()
                .map(|thread| thread.join().expect("ended"));
            ended.collect()
        });
        let first = made.iter().position(Result::is_ok).expect("one made it");
        let refused = made
            .iter()
            .filter(|made| matches!(made, Err(error) if error.kind() == ErrorKind::AlreadyExists));
        assert_eq!(refused.count(), all - 1, "{made:?}");
        assert_eq!(fs::read(&path).expect("there"), [first as u8; 100]);
    }
    assert_eq!(names(folder.path()).len(), times(20, 1000));
}

#[test]
fn of_several_programs_that_convert_to_one_name_one_says_that_it_is_written() {
    let folder = Folder::new();
    let (first, second) = (data("flipper-v2.nfc"), data("flipper-v4.nfc"));
    let expected = |from: &str| {
        let alone = folder.name("alone.txt");
        let ended = crate::cli::run(&["card", "convert", from, &alone]);
        assert!(ended.status.success(), "{ended:?}");
        let text = fs::read(&alone).expect("there");
        fs::remove_file(&alone).expect("removed");
        text
    };
    let expected = [expected(&first), expected(&second)];
    for round in 0..times(8, 100) {
        let out = folder.name(&format!("{round}.txt"));
        let start = |from: &String| {
            let mut program = program();
            program.args(["card", "convert", from, &out]);
            program.stdout(Stdio::piped()).stderr(Stdio::piped());
            program.spawn().expect("the program runs")
        };
        let programs = [&first, &second, &first, &second].map(start);
        let ended: Vec<Output> = programs
            .into_iter()
            .map(|program| program.wait_with_output().expect("it ends"))
            .collect();
        let written: Vec<usize> = (0..ended.len())
            .filter(|at| ended[*at].status.success())
            .collect();
        let [at] = written[..] else {
            panic!("{written:?} say that it is written");
        };
        assert_eq!(fs::read(&out).expect("there"), expected[at % 2]);
        let others = ended.iter().enumerate().filter(|(other, _)| *other != at);
        for (_, other) in others {
            let said = String::from_utf8_lossy(&other.stderr);
            assert_eq!(other.status.code(), Some(1), "{said}");
            assert!(said.contains("is there already"), "{said}");
        }
    }
}

#[test]
fn what_a_killed_program_left_behind_goes_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    let left = ".cardwright-0123456789ABCDEF.part";
    let held = ".cardwright-FEDCBA9876543210.part";
    let others = [
        ".cardwright-0123456789ABCDE.part",
        ".cardwright-0123456789ABCDEG.part",
        "cardwright-0123456789ABCDEF.part",
        ".cardwright-0123456789ABCDEF.part.bak",
        "x.part",
    ];
    for name in [left, held].iter().chain(&others) {
        fs::write(place(name), name).expect("written");
    }
    let writing = File::open(place(held)).expect("opened");
    writing.lock().expect("another program writes it");
    fs::create_dir(place(".cardwright-00000000000000AA.part")).expect("made");
    #[cfg(unix)]
    std::os::unix::fs::symlink("x.part", place(".cardwright-00000000000000BB.part")).expect("made");
    let before = names(folder.path());
    replace(&place("new"), b"x").expect("written");
    let mut expected: Vec<String> = before.into_iter().filter(|name| name != left).collect();
    expected.push("new".into());
    expected.sort();
    assert_eq!(names(folder.path()), expected);
    drop(writing);
    // A process that another test is just starting may have it open for a moment yet.
    let mut writes = (0..100).map(|number| create(&place(&format!("other-{number}")), b"x"));
    let gone = writes.find(|written| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        written.is_err() || !place(held).exists()
    });
    assert!(matches!(gone, Some(Ok(()))), "nobody holds it any more");
    for name in others {
        assert_eq!(fs::read_to_string(place(name)).expect("there"), name);
    }
}

#[test]
fn what_cannot_take_its_place_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("taken");
    fs::create_dir(&place).expect("made");
    assert!(replace(&place, b"x").is_err());
    let error = create(&place, b"x").expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(replace(&folder.path().join("absent/x"), b"x").is_err());
    assert!(create(&folder.path().join("absent/x"), b"x").is_err());
    assert_eq!(names(folder.path()), ["taken"]);
    // Names are as long as the file system bears, whatever a part is called.
    let longest = folder.path().join("x".repeat(255));
    create(&longest, b"long").expect("made");
    replace_with(&longest, [b"lon", b"ger"]).expect("replaced");
    assert_eq!(fs::read(&longest).expect("there"), b"longer");
    make_folder(&folder.path().join("a/b/c")).expect("made");
    make_folder(&folder.path().join("a/b/c")).expect("there");
    assert!(make_folder(&longest).is_err() && make_folder(&longest.join("a")).is_err());
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_stays_and_the_file_that_it_leads_to_is_written() {
        let folder = Folder::new();
        fs::create_dir(folder.path("real")).expect("made");
        fs::create_dir(folder.path("near")).expect("made");
        let real = folder.name("real/my.card");
        done(&["card", "new", &real, "--profile", "small-1k", "--blank"]);
        symlink("../real/my.card", folder.path("near/one.card")).expect("made");
        symlink("near/one.card", folder.path("two.card")).expect("made");
        let blank = fs::read(&real).expect("the card");
        done(&["card", "issue", &folder.name("two.card")]);
        assert_ne!(fs::read(&real).expect("the card"), blank);
        for link in ["near/one.card", "two.card"] {
            replace(&folder.path(link), link.as_bytes()).expect("written");
            assert_eq!(fs::read_to_string(&real).expect("there"), link);
            let about = fs::symlink_metadata(folder.path(link)).expect("there");
            assert!(about.is_symlink(), "{link}");
        }
        assert_eq!(names(&folder.path("")), ["near", "real", "two.card"]);
        assert_eq!(names(&folder.path("near")), ["one.card"]);
        assert_eq!(names(&folder.path("real")), ["my.card"]);
    }

    #[test]
    fn a_link_that_leads_to_no_file_is_told_and_left() {
        let folder = Folder::new();
        let (gone, one, two) = (folder.path("gone"), folder.path("one"), folder.path("two"));
        symlink("nowhere", &gone).expect("made");
        symlink("two", &one).expect("made");
        symlink("one", &two).expect("made");
        let (to_folder, pipe) = (folder.path("to-folder"), folder.path("pipe"));
        symlink("/", &to_folder).expect("made");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        let before = names(&folder.path(""));
        let said = replace(&gone, b"x").expect_err("refused").to_string();
        assert!(said.contains("symbolic link"), "{said}");
        for place in [&one, &to_folder, &pipe] {
            assert!(replace(place, b"x").is_err());
        }
        // Where a new file is to be, a link is in the way too.
        for place in ["gone", "one", "to-folder", "pipe"] {
            let place = folder.name(place);
            let said = refused(&["card", "new", &place, "--profile", "small-1k"], 1);
            assert!(said.contains("is there already"), "{said}");
        }
        assert_eq!(names(&folder.path("")), before);
        assert!(!folder.path("nowhere").exists());
    }
}

/// Runs it with an output that takes nothing.
#[cfg(target_os = "linux")]
fn unheard(arguments: &[&str]) -> Output {
    let full = File::options().write(true).open("/dev/full");
    let mut program = program();
    program.args(arguments).stdout(full.expect("a full device"));
    program.output().expect("the program runs")
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_said_is_done_or_it_is_not_and_the_exit_code_tells() {
    let folder = Folder::new();
    let card = folder.name("a.card");
    let keys = crate::cli_keys::demo_list(&folder.path(""));
    let place = folder.name("workspace");
    let in_place = ["--workspace", &place];
    let import = ["keys", "import", &keys, "--owner", "issuer:test"];
    let name = "issuer:test/0003/1008/des@7";
    let making = [
        vec!["card", "new", &card, "--profile", "small-1k", "--blank"],
        vec!["card", "issue", &card],
        [&import[..], &in_place].concat(),
        [&["keys", "remove", name][..], &in_place].concat(),
    ];
    for arguments in &making {
        let output = unheard(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("The output cannot be written"), "{said}");
        // Done: a second time there is nothing left to do.
        let again = crate::cli::run(arguments);
        let nothing_new = crate::cli::stdout(&again).starts_with("0 keys are new");
        assert!(again.status.code() == Some(1) || nothing_new, "{again:?}");
    }
    for out in ["c.json", "c.txt", "c.nfc", "c.card"] {
        let out = folder.name(out);
        let output = unheard(&["card", "convert", &data("flipper-v2.nfc"), &out]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains(&out) && Path::new(&out).exists(), "{said}");
    }
    // What was asked for on the output is not given: then no file is made either.
    for form in [&["demo"][..], &["demo", "--json"]] {
        let out = folder.name("demo.card");
        let output = unheard(&[form, &["--out", &out]].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(!Path::new(&out).exists());
    }
}
