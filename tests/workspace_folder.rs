//! A workspace's folder: whose it is, who has it open, and what is in it that cannot be read.

use crate::cli::{Folder, done, program, refused};
use crate::cli_keys::{demo_list, live_list};
use crate::disk::names;
use crate::workbench::after;
use crate::workbench_kept::other_card;
use cardwright::device::registry::{Registry, RegistryError};
use cardwright::workbench::headless::{Workspace, WorkspaceError};
use cardwright::workbench::view::{Severity, View};
use cardwright::workbench::{Command, Workbench};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Every file of a folder with its bytes, and every link with where it leads.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |name: &String| {
        let path = folder.join(name);
        match fs::read_link(&path) {
            Ok(to) => to.as_os_str().as_encoded_bytes().to_vec(),
            Err(_) => fs::read(&path).unwrap_or_default(),
        }
    };
    let names = names(folder).into_iter();
    names.map(|name| (name.clone(), read(&name))).collect()
}

/// Sees that the folder is refused by every way into it, in words, and left as it is.
fn is_left_alone(folder: &Path, exit: i32, words: &str) {
    let before = content(folder);
    let outside = Folder::new();
    let list = demo_list(&outside.path(""));
    let place = folder.display().to_string();
    let import = ["keys", "import", &list, "--owner", "issuer:test"];
    let said = refused(&[&import[..], &["--workspace", &place]].concat(), exit);
    assert!(said.contains(words), "{said}");
    let bench = Workbench::open(Some(folder.to_path_buf()));
    let view = bench.view();
    assert_eq!(view.notices.len(), 1);
    assert!(
        view.notices[0].words.what.contains(words),
        "{:?}",
        view.notices
    );
    // Work goes on, and nothing of it is kept.
    after(&bench, Command::NewDemoCard, "a card", |view| {
        view.card.is_some()
    });
    drop(bench);
    assert_eq!(content(folder), before);
}

const STRANGE: &str = "The folder is no workspace, and there are other files in it.";

#[test]
fn a_folder_with_other_peoples_files_is_left_alone() {
    let folder = Folder::new();
    let thesis = folder.with("thesis.tex", "three years of work");
    let place = folder.path("chosen");
    fs::create_dir(&place).expect("made");
    fs::write(place.join("lock"), "three years of work").expect("written");
    is_left_alone(&place, 1, STRANGE);
    #[cfg(unix)]
    {
        fs::remove_file(place.join("lock")).expect("removed");
        std::os::unix::fs::symlink("../thesis.tex", place.join("lock")).expect("a link");
        is_left_alone(&place, 1, STRANGE);
    }
    fs::write(place.join("letter"), "of somebody").expect("written");
    is_left_alone(&place, 1, STRANGE);
    assert_eq!(
        fs::read_to_string(thesis).expect("there"),
        "three years of work"
    );
}

#[test]
fn an_empty_folder_and_what_a_start_left_that_was_cut_short_become_a_workspace() {
    let folder = Folder::new();
    for (name, left) in [
        ("empty", None),
        ("old", Some("lock")),
        ("new", Some(".cardwright-0123456789ABCDEF.part")),
    ] {
        let place = folder.path(name);
        fs::create_dir(&place).expect("made");
        if let Some(left) = left {
            fs::write(place.join(left), "").expect("written");
        }
        assert!(
            Workbench::open(Some(place.clone()))
                .view()
                .notices
                .is_empty(),
            "{name}"
        );
        assert!(Workspace::is_there(&place));
    }
}

fn is_in_use(folder: &Path) -> bool {
    matches!(
        Workspace::open(folder.to_path_buf()),
        Err(WorkspaceError::InUse)
    )
}

#[test]
fn whatever_is_done_to_the_lock_a_second_program_is_not_let_in() {
    let folder = Folder::new();
    let place = folder.path("workspace");
    drop(Workspace::open(place.clone()).expect("made"));
    // A workspace of an older version, and one in whose lock somebody wrote.
    for old in [None, Some(""), Some("a note")] {
        if let Some(old) = old {
            fs::write(place.join("lock"), old).expect("written");
        }
        let first = Workspace::open(place.clone()).expect("opened");
        assert!(is_in_use(&place));
        let kept = fs::read_to_string(place.join("lock"));
        assert_eq!(kept.ok().as_deref(), old, "nothing is written into it");
        let _ = fs::remove_file(place.join("lock"));
        assert!(is_in_use(&place));
        fs::write(place.join("lock"), "another").expect("written");
        assert!(is_in_use(&place));
        drop(first);
        fs::remove_file(place.join("lock")).expect("removed");
        drop(Workspace::open(place.clone()).expect("opened again"));
    }
}

#[test]
fn an_older_version_that_has_the_workspace_open_is_told() {
    let folder = Folder::new();
    let place = folder.path("workspace");
    drop(Workspace::open(place.clone()).expect("made"));
    let older = File::create(place.join("lock")).expect("made");
    older.try_lock().expect("locked");
    assert!(is_in_use(&place));
    drop(older);
    assert!(!is_in_use(&place));
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_a_link_is_not_followed() {
    let folder = Folder::new();
    let thesis = folder.with("thesis.tex", "three years of work");
    let place = folder.path("workspace");
    drop(Workspace::open(place.clone()).expect("made"));
    std::os::unix::fs::symlink("../thesis.tex", place.join("lock")).expect("a link");
    let _first = Workspace::open(place.clone()).expect("opened");
    assert!(is_in_use(&place));
    File::open(&thesis)
        .expect("opened")
        .try_lock()
        .expect("nobody locked it");
    assert_eq!(
        fs::read_to_string(thesis).expect("there"),
        "three years of work"
    );
}

#[cfg(unix)]
#[test]
fn a_workspace_that_is_moved_away_is_not_written_into_another() {
    let folder = Folder::new();
    let (place, elsewhere) = (folder.path("workspace"), folder.path("elsewhere"));
    let bench = Workbench::open(Some(place.clone()));
    fs::rename(&place, &elsewhere).expect("moved");
    assert!(is_in_use(&elsewhere), "it is still the same folder");
    let moved = content(&elsewhere);
    drop(Workspace::open(place.clone()).expect("another in its place"));
    let other = content(&place);
    let view = after(&bench, Command::ClearRecent, "it is said", |view| {
        !view.notices.is_empty()
    });
    assert!(
        view.notices[0].words.details.contains("moved"),
        "{:?}",
        view.notices
    );
    let view = after(&bench, Command::NewDemoCard, "it is said", |view| {
        view.notices.len() > 1
    });
    assert_eq!(view.notices[1].severity, Severity::Refused);
    assert_eq!(content(&place), other);
    // The registry is open and stays where it is; nothing else may have changed there.
    let cards = |all: Vec<(String, Vec<u8>)>| -> Vec<(String, Vec<u8>)> {
        let cards = all.into_iter();
        cards
            .filter(|(name, _)| !name.starts_with("registry.db"))
            .collect()
    };
    assert_eq!(cards(content(&elsewhere)), cards(moved));
    fs::remove_dir_all(&place).expect("deleted");
    let view = after(&bench, Command::ClearRecent, "it is said", |view| {
        view.notices.len() > 2
    });
    assert!(
        view.notices[2].words.details.contains("moved"),
        "{:?}",
        view.notices
    );
    assert!(!place.exists());
    // Put back, it is kept as before.
    fs::rename(&elsewhere, &place).expect("moved back");
    let view = after(&bench, Command::NewDemoCard, "a card", |view| {
        !view.recent.is_empty()
    });
    assert_eq!(view.notices.len(), 3);
    assert!(place.join("before.card").exists());
}

#[test]
fn settings_that_cannot_be_read_are_damaged_and_not_a_folder_that_cannot_be_written() {
    let folder = Folder::new();
    let place = folder.path("workspace");
    drop(Workbench::open(Some(place.clone())));
    let settings = place.join("workspace.ron");
    let whole = fs::read(&settings).expect("settings");
    let cut = &whole[..whole.len() / 2];
    for bytes in [
        cut,
        b"",
        b"(name: 7)",
        b"\xFF\xFE",
        b"(name:\"x\",demo:true,more:1)",
    ] {
        fs::write(&settings, bytes).expect("written");
        is_left_alone(&place, 4, "workspace.ron, are damaged");
        let place = place.display().to_string();
        let said = refused(&["keys", "list", "--workspace", &place], 4);
        assert!(
            said.contains("workspace.ron") && !said.contains("can be written"),
            "{said}"
        );
    }
}

#[test]
fn whatever_is_wrong_in_a_registrys_header_is_damage_or_another_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    drop(Registry::open(&path).expect("made"));
    let whole = fs::read(&path).expect("bytes");
    let mut refused = 0;
    for at in 0..100 {
        for value in [
            0,
            1,
            2,
            3,
            4,
            5,
            0x7F,
            0xFF,
            whole[at] ^ 1,
            whole[at] ^ 0x80,
        ] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            for ending in ["-wal", "-shm", "-journal"] {
                let _ = fs::remove_file(folder.path().join(format!("registry.db{ending}")));
            }
            fs::write(&path, &bytes).expect("written");
            match Registry::open(&path) {
                // Some bytes are counters, and some mean nothing.
                Ok(_) => {}
                Err(RegistryError::Damaged(_) | RegistryError::Foreign | RegistryError::Newer) => {
                    refused += 1;
                    assert!(fs::read(&path).expect("bytes") == bytes, "{at}={value}");
                }
                Err(error) => panic!("byte {at} as {value}: {error}"),
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn keys_are_listed_while_another_program_has_the_workspace_and_of_one_that_is_damaged() {
    let folder = Folder::new();
    let place = folder.path("workspace");
    let list = ["keys", "list", "--workspace", &folder.name("workspace")].map(str::to_string);
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let open = Workspace::open(place.clone()).expect("made");
    let names = done(&list);
    assert!(names.lines().count() > 5);
    drop(open);
    fs::write(place.join("registry.db"), "Dear diary").expect("written");
    let before = content(&place);
    assert_eq!(done(&list), names);
    assert_eq!(content(&place), before);
    fs::remove_file(place.join("keys.store")).expect("removed");
    assert_eq!(done(&list), "", "no key is kept, and none is made");
    assert!(!place.join("keys.store").exists());
}

#[test]
fn an_import_that_is_refused_makes_no_workspace() {
    let folder = Folder::new();
    let place = folder.name("deep/workspace");
    let phrase = folder.with("phrase", "correct horse\n");
    let in_place = ["--workspace", &place];
    let live = live_list(&folder.path(""));
    let import = ["keys", "import", &live, "--owner", "issuer:test"];
    let said = refused(&[&import[..], &in_place].concat(), 1);
    assert!(said.contains("--passphrase-file"), "{said}");
    assert!(!folder.path("deep").exists());
    // Another key than the one that every DEMO workspace begins with by that name.
    let text = fs::read_to_string(demo_list(&folder.path(""))).expect("the list");
    let text = text.replace("1008", "0000").replace(":7", ":1");
    let taken = folder.with("taken.jsonl", text);
    let owner = ["keys", "import", &taken, "--owner", "issuer:aoba"];
    let said = refused(&[&owner[..], &in_place].concat(), 1);
    assert!(said.contains("another key of that name"), "{said}");
    assert!(!folder.path("deep").exists());
    let sealed = ["--passphrase-file", &phrase];
    let right = [&import[..], &in_place, &sealed].concat();
    assert!(done(&right).starts_with("1 key is new"));
    let listed = done(&[&["keys", "list"][..], &in_place, &sealed].concat());
    assert_eq!(listed.lines().count(), 1);
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn a_home_that_begins_at_no_root_is_none() {
    let folder = Folder::new();
    let list = demo_list(&folder.path(""));
    fs::create_dir(folder.path("here")).expect("made");
    let import = |data: &str, home: &str| {
        let mut program = program();
        program.args(["keys", "import", &list, "--owner", "issuer:test"]);
        program.env("XDG_DATA_HOME", data).env("HOME", home);
        program.current_dir(folder.path("here"));
        program.output().expect("the program runs")
    };
    let nothing_here = || names(&folder.path("here")).is_empty();
    for data in ["data", "./data", "../data", ""] {
        let output = import(data, "home");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("no such workspace") && nothing_here(),
            "{said}"
        );
        let home = folder.name("home");
        assert!(import(data, &home).status.success());
        assert!(
            folder
                .path("home/.local/share/cardwright/demo/keys.store")
                .exists()
        );
        fs::remove_dir_all(home).expect("removed");
        assert!(nothing_here() && !folder.path("data").exists());
    }
    assert!(import(&folder.name("data"), "home").status.success());
    assert!(folder.path("data/cardwright/demo/keys.store").exists() && nothing_here());
}

#[test]
fn without_a_home_it_is_said_that_nothing_is_kept() {
    let bench = Workbench::open(None);
    let view = after(&bench, Command::HomeMissing, "it is said", |view| {
        !view.notices.is_empty()
    });
    assert_eq!(view.notices[0].severity, Severity::Attention);
    assert!(view.notices[0].words.what.contains("Nothing is kept"));
}

/// The card that is in the emulator.
fn idm(view: &View) -> Option<cardwright::model::card::Idm> {
    view.card.as_ref()?.idm
}

#[test]
fn a_card_that_cannot_be_kept_beside_is_not_replaced() {
    let folder = Folder::new();
    let place = folder.path("workspace");
    let other = folder.path("other.card");
    let other_idm = other_card(&other);
    let bench = Workbench::open(Some(place.clone()));
    let first = idm(&bench.view());
    let own = fs::read(place.join("emulated.card")).expect("a card");
    // A folder stands where the card would be kept.
    fs::create_dir(place.join("before.card")).expect("made");
    fs::write(place.join("before.card/letter"), "of somebody").expect("written");
    let dump = PathBuf::from(crate::cli::data("flipper-v2.nfc"));
    let mut said = 0;
    for (shown, command) in [
        (None, Command::NewDemoCard),
        (None, Command::OpenFile(other.clone())),
        (Some(dump), Command::MakeCard(None)),
    ] {
        if let Some(dump) = shown {
            after(&bench, Command::OpenFile(dump), "the dump", |view| {
                idm(view) != first
            });
        }
        let view = after(&bench, command, "it is said", |view| {
            view.notices.len() > said
        });
        said += 1;
        assert_eq!(view.notices.len(), said, "once: {:?}", view.notices);
        let notice = &view.notices[said - 1];
        assert_eq!(notice.severity, Severity::Refused);
        assert!(notice.words.what.contains("before.card"), "{notice:?}");
        assert_eq!(fs::read(place.join("emulated.card")).expect("a card"), own);
    }
    let view = after(&bench, Command::ChooseReader(0), "the emulator", |view| {
        idm(view) == first
    });
    assert_eq!(view.notices.len(), said);
    fs::remove_dir_all(place.join("before.card")).expect("removed");
    after(&bench, Command::OpenFile(other), "the other card", |view| {
        idm(view) == Some(other_idm)
    });
    assert_eq!(fs::read(place.join("before.card")).expect("the first"), own);
}

#[cfg(target_os = "linux")]
mod names_that_are_no_text {
    use super::*;
    use cardwright::device::files;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    /// A name in an encoding of long ago.
    fn named(before: &str, after: &str) -> OsString {
        OsString::from_vec([before.as_bytes(), b"\xC5rsta\xFF ", after.as_bytes()].concat())
    }

    #[test]
    fn recent_files_of_such_names_are_kept() {
        let folder = Folder::new();
        let place = folder.path("workspace");
        let odd = folder.path("").join(named("dump", ".nfc"));
        fs::copy(crate::cli::data("flipper-v2.nfc"), &odd).expect("copied");
        let plain = PathBuf::from(crate::cli::data("flipper-v4.nfc"));
        {
            let bench = Workbench::open(Some(place.clone()));
            for (count, path) in [(1, &plain), (2, &odd)] {
                let open = Command::OpenFile(path.clone());
                let view = after(&bench, open, "a dump", |view| view.recent.len() == count);
                assert!(view.notices.is_empty(), "{:?}", view.notices);
            }
        }
        let view = Workbench::open(Some(place)).view();
        assert!(view.notices.is_empty(), "{:?}", view.notices);
        let recent: Vec<&PathBuf> = view.recent.iter().map(|file| &file.path).collect();
        assert_eq!(recent, [&odd, &plain]);
        assert!(view.recent.iter().all(|file| !file.missing));
    }

    #[test]
    fn every_command_takes_them() {
        let folder = Folder::new();
        let place = |name: OsString| folder.path("").join(name);
        let (card, text) = (place(named("a", ".card")), place(named("a", ".txt")));
        let (workspace, phrase) = (place(named("w", "")), place(named("p", "")));
        let list = place(named("l", ".jsonl"));
        fs::copy(demo_list(&folder.path("")), &list).expect("copied");
        fs::write(&phrase, "correct horse\n").expect("written");
        let run = |words: &[&str], paths: &[&Path], more: &[&str]| {
            let mut program = program();
            program.args(words).args(paths).args(more);
            let output = program.output().expect("the program runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.code(), said)
        };
        let done = |words: &[&str], paths: &[&Path], more: &[&str]| {
            let (code, said) = run(words, paths, more);
            assert_eq!(code, Some(0), "{words:?}: {said}");
        };
        done(&["card", "new"], &[&card], &["--profile", "small-1k"]);
        done(&["card", "convert"], &[&card, &text], &[]);
        done(&["card", "tree"], &[&card], &[]);
        assert!(files::open(&card, None).is_ok() && text.exists());
        let sealed = place(named("s", ".card"));
        let to_sealed = [&sealed, Path::new("--passphrase-file"), &phrase];
        done(
            &["demo", "--out"],
            &to_sealed.map(|path| path as &Path),
            &[],
        );
        let import = [list.as_path(), Path::new("--workspace"), &workspace];
        done(&["keys", "import"], &import, &["--owner", "issuer:test"]);
        done(&["keys", "list", "--workspace"], &[&workspace], &[]);
        assert!(workspace.join("registry.db").exists());
        // To open the window only a display is missing.
        let (code, said) = run(&[], &[&card], &[]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("no display"), "{said}");
        let (code, _) = run(&[], &[Path::new(&named("tre", "e"))], &[]);
        assert_eq!(code, Some(2), "no file, and no command");
    }
}
