//! What reaches the disk, and in which order, as the operating system sees it: the real program runs under `strace`, and
//! what it asks for is played back on a model of a disk that forgets, at a power cut, everything that was not waited for.
//!
//! Whatever is said to be done must stand on the disk when it is said, and no file may take its place before its bytes do.

use crate::cli::{Folder, data};
use crate::cli_keys::demo_list;
use crate::workbench::{after, ended};
use cardwright::workbench::{Command, Workbench};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;
use std::process;

/// The calls that matter: what names, makes and changes files, and what waits for the disk. Not every machine has those
/// with a question mark.
const CALLS: &str = "trace=?open,openat,?creat,write,writev,pwrite64,pwritev,ftruncate,fallocate,fsync,fdatasync,\
    sync_file_range,?rename,?renameat,renameat2,?link,linkat,?unlink,unlinkat,?mkdir,mkdirat,?symlink,symlinkat,flock";

/// Runs a program and gives what it asked the operating system for, one call a line. It must end with 0.
fn traced(program: impl AsRef<OsStr>, arguments: &[&str], env: &[(&str, &Path)]) -> Vec<String> {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut strace = process::Command::new("strace");
    strace.args([
        "-f",
        "-y",
        "-qq",
        "--seccomp-bpf",
        "-e",
        "signal=none",
        "-e",
        CALLS,
        "-o",
    ]);
    strace.arg(log.path()).arg(program).args(arguments);
    strace
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .envs(env.iter().copied());
    let output = strace.output().expect("strace runs");
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(log.path()).expect("the log");
    whole_calls(&text)
}

/// Puts calls together that others of other threads came between, and takes the threads' numbers away.
fn whole_calls(log: &str) -> Vec<String> {
    let (mut calls, mut begun) = (Vec::new(), BTreeMap::new());
    for line in log.lines() {
        let (thread, call) = line.split_once(' ').expect("a thread and its call");
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, first);
        } else if let Some((_, rest)) = call.split_once(" resumed>") {
            let first = begun.remove(thread).expect("it was begun");
            calls.push([first, rest].concat());
        } else {
            calls.push(call.to_string());
        }
    }
    calls
}

/// What a power cut would take: files with bytes, and folders with names, that were not waited for.
#[derive(Default)]
struct Disk {
    bytes: BTreeSet<String>,
    names: BTreeSet<String>,
}

/// What was found of a program's calls.
#[derive(Default)]
struct Found {
    /// How often something was said to be done.
    said: usize,
    /// How often the disk was waited for.
    waited: usize,
    wrong: Vec<String>,
}

/// The path in `3</path>`, or the `n`th in quotes.
fn of_handle(call: &str) -> Option<&str> {
    let inside = call.split_once('(')?.1.split(',').next()?;
    Some(inside.split_once('<')?.1.split_once('>')?.0)
}

fn quoted(call: &str, n: usize) -> Option<&str> {
    call.split('"').nth(2 * n + 1)
}

fn folder_of(path: &str) -> String {
    path.rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_string()
}

/// Plays calls back, as far as they are about that folder. What is written to standard output says that what was asked
/// for is done.
fn judge(calls: &[String], folder: &str) -> Found {
    let (mut disk, mut found) = (Disk::default(), Found::default());
    // The index of SQLite's log is made anew after a crash.
    let ours = |path: &str| path.starts_with(folder) && !path.ends_with("-shm");
    for call in calls {
        let name = call.split('(').next().unwrap_or_default();
        let failed = call.contains(") = -1 ");
        let on = of_handle(call)
            .filter(|path| ours(path))
            .map(str::to_string);
        match name {
            _ if failed => {}
            "open" | "openat" | "creat" if call.contains("O_CREAT") => {
                let made = quoted(call, 0).filter(|path| ours(path));
                disk.names.extend(made.map(folder_of));
            }
            "mkdir" | "mkdirat" | "symlink" | "symlinkat" => {
                let made = quoted(call, usize::from(name.starts_with("symlink")));
                disk.names
                    .extend(made.filter(|path| ours(path)).map(folder_of));
            }
            "write" | "writev" if call.contains("(1<") => {
                found.said += 1;
                if !disk.bytes.is_empty() || !disk.names.is_empty() {
                    found
                        .wrong
                        .push(format!("{call}: {:?} {:?}", disk.bytes, disk.names));
                }
            }
            "write" | "writev" | "pwrite64" | "pwritev" | "ftruncate" | "fallocate" => {
                disk.bytes.extend(on);
            }
            "fsync" | "fdatasync" => {
                found.waited += usize::from(on.is_some());
                if let Some(path) = on {
                    disk.bytes.remove(&path);
                    disk.names.remove(&path);
                }
            }
            "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
                let (from, to) = (quoted(call, 0), quoted(call, 1));
                let (Some(from), Some(to)) = (from, to.filter(|path| ours(path))) else {
                    continue;
                };
                if disk.bytes.contains(from) {
                    found
                        .wrong
                        .push(format!("{call}: its bytes are not on the disk"));
                }
                disk.names.insert(folder_of(to));
            }
            "unlink" | "unlinkat" => {
                // What is gone needs not to be waited for.
                if let Some(path) = quoted(call, 0) {
                    disk.bytes.remove(path);
                }
            }
            _ => {}
        }
    }
    found
}

/// The folder's name as the operating system knows it.
fn real(folder: &Folder) -> String {
    let real = folder.path("").canonicalize().expect("a folder");
    real.display().to_string()
}

/// Runs a command; everything that it said must stand on the disk by then, and it must have waited for the disk.
fn stands_when_said(folder: &Folder, arguments: &[&str]) -> Vec<String> {
    let calls = traced(env!("CARGO_BIN_EXE_cardwright"), arguments, &[]);
    let found = judge(&calls, &real(folder));
    assert_eq!(found.wrong, [""; 0], "{arguments:?}");
    assert!(
        found.said > 0 && found.waited > 0,
        "{arguments:?}: {calls:#?}"
    );
    calls
}

#[test]
fn every_file_stands_on_the_disk_when_it_is_said_to() {
    let folder = Folder::new();
    let (card, sealed) = (folder.name("a.card"), folder.name("s.card"));
    let (text, phrase) = (
        folder.name("a.txt"),
        folder.with("phrase", "correct horse\n"),
    );
    let new = ["card", "new", &card, "--profile", "small-1k", "--blank"];
    stands_when_said(&folder, &new);
    stands_when_said(&folder, &["card", "issue", &card]);
    stands_when_said(&folder, &["card", "convert", &card, &text]);
    let dump = data("flipper-v2.nfc");
    let convert = [
        "card",
        "convert",
        &dump,
        &sealed,
        "--passphrase-file",
        &phrase,
    ];
    stands_when_said(&folder, &convert);
    let out = folder.name("demo.card");
    stands_when_said(&folder, &["demo", "--out", &out]);
}

#[test]
fn a_new_workspace_stands_on_the_disk_with_all_that_is_in_it() {
    let folder = Folder::new();
    let outside = Folder::new();
    let list = demo_list(&outside.path(""));
    let place = folder.name("in/a/new/workspace");
    let import = ["keys", "import", &list, "--owner", "issuer:test"];
    let in_place = ["--workspace", &place];
    let calls = stands_when_said(&folder, &[&import[..], &in_place].concat());
    // Of each file that takes its place: the settings, the registry, and the key store twice.
    for (name, count) in [("workspace.ron", 1), ("registry.db", 1), ("keys.store", 2)] {
        let place = format!("{name}\"");
        let named = |call: &&String| call.starts_with("rename") || call.starts_with("link");
        let placed = calls
            .iter()
            .filter(named)
            .filter(|call| call.contains(&place));
        assert_eq!(placed.count(), count, "{name}");
    }
    let name = "issuer:test/0003/1008/des@7";
    stands_when_said(
        &folder,
        &[&["keys", "remove", name][..], &in_place].concat(),
    );
}

#[test]
fn looking_at_keys_writes_makes_and_locks_nothing() {
    let folder = Folder::new();
    let place = folder.name("workspace");
    drop(Workbench::open(Some(folder.path("workspace"))));
    let list = ["keys", "list", "--kcv", "--workspace", &place];
    let calls = traced(env!("CARGO_BIN_EXE_cardwright"), &list, &[]);
    let real = real(&folder);
    let about = calls.iter().filter(|call| call.contains(&real));
    let (read, other): (Vec<&String>, _) = about.partition(|call| call.contains("O_RDONLY"));
    assert!(!read.is_empty() && other.is_empty(), "{other:#?}");
}

const CHILD: &str = "CARDWRIGHT_TEST_DISK_ORDER";

/// What the child process of the next test does: it divides a card in a workspace, and says of each thing that it is done.
#[test]
fn child_that_divides_a_card() {
    let Some(place) = std::env::var_os(CHILD) else {
        return;
    };
    let bench = Workbench::open(Some(place.into()));
    println!("done: opened");
    after(&bench, Command::NewDemoCard, "a card", |view| {
        !view.recent.is_empty()
    });
    println!("done: another card");
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    println!("done: begun");
    after(&bench, Command::Next, "a step", |view| {
        view.flow.as_ref().is_some_and(|flow| flow.next == Some(1))
    });
    // A view is shown before its command has ended; the next command is not begun before. This one does nothing to the
    // registry, where that the step was done waits for the disk.
    after(&bench, Command::ClearRecent, "no recent files", |view| {
        view.recent.is_empty()
    });
    println!("done: a step");
    after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    after(&bench, Command::CloseFlow, "the desk", |view| {
        view.flow.is_none()
    });
    after(&bench, Command::NewDemoCard, "the next card", |view| {
        !view.recent.is_empty()
    });
    println!("done: divided");
}

#[test]
fn what_the_workbench_does_stands_on_the_disk() {
    let folder = Folder::new();
    let child = [
        "--exact",
        "disk_order::child_that_divides_a_card",
        "--nocapture",
    ];
    let this = std::env::current_exe().expect("this program");
    let place = folder.path("workspace");
    let mut calls = traced(this, &child, &[(CHILD, &place)]);
    calls.retain(|call| !call.contains("(1<") || call.contains("done: "));
    let found = judge(&calls, &real(&folder));
    assert_eq!(found.wrong, [""; 0]);
    assert_eq!(found.said, 5, "{calls:#?}");
}

#[test]
fn a_program_that_does_not_wait_is_found() {
    let folder = Folder::new();
    let card = folder.name("a.card");
    let real = real(&folder);
    let new = ["card", "new", &card, "--profile", "small-1k", "--blank"];
    for arguments in [&new[..], &["card", "issue", &card]] {
        let calls = stands_when_said(&folder, arguments);
        let waits = |call: &String| call.starts_with("fsync") && call.contains(&real);
        let all: Vec<usize> = (0..calls.len()).filter(|at| waits(&calls[*at])).collect();
        assert_eq!(all.len(), 2, "of the file, and of its folder: {calls:#?}");
        for left_out in all {
            let mut calls = calls.clone();
            calls.remove(left_out);
            assert!(!judge(&calls, &real).wrong.is_empty());
        }
        // Said before it is done, and in its place before its bytes are.
        let said = calls
            .iter()
            .position(|call| call.contains("(1<"))
            .expect("said");
        let mut sooner = calls.clone();
        let call = sooner.remove(said);
        sooner.insert(said - 2, call);
        assert!(!judge(&sooner, &real).wrong.is_empty(), "{sooner:#?}");
    }
}
