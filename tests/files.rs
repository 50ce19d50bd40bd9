//! Files in the workbench: opened, refused with one message and nothing lost, known as recent, and written in other
//! forms.

use crate::cli::data;
use crate::readers::wait;
use crate::workbench::after;
use cardwright::model::dump::export::Format;
use cardwright::workbench::view::{CardSource, Severity, View};
use cardwright::workbench::{Command, Workbench};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn shows(view: &View, name: &str) -> bool {
    let file = CardSource::File { name: name.into() };
    view.card.as_ref().is_some_and(|card| card.source == file)
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(data(name))
}

/// Files that are no cards, by name.
fn hostile(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let card = folder.join("whole.card");
    crate::cli::run(&[
        "card",
        "new",
        &card.display().to_string(),
        "--profile",
        "small-1k",
    ]);
    let card = fs::read(card).expect("made");
    let flipper = fs::read(data("flipper-v2.nfc")).expect("a dump");
    let pm3 = fs::read_to_string(data("proxmark3.json")).expect("a dump");
    let file = |name: &'static str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("written");
        (name, path)
    };
    let mut bad_length = card.clone();
    bad_length[8..12].copy_from_slice(&[0xFF; 4]);
    let mut bad_blocks = card.clone();
    let at = card.len() - 16 * 40;
    bad_blocks[at..].fill(0x5A);
    let deep = ["[".repeat(1 << 20), "]".repeat(1 << 20)].concat();
    let mut files = vec![
        file("empty.card", b""),
        file("cut.card", &card[..card.len() - 7]),
        file("head.card", &card[..9]),
        file("claims4gb.card", &bad_length),
        file("changed.card", &bad_blocks),
        file("longer.card", &[&card[..], &[0x5A; 16]].concat()),
        file("cut.nfc", &flipper[..flipper.len() / 2 + 3]),
        file("cut.json", &pm3.as_bytes()[..pm3.len() / 2]),
        file("nan.json", br#"{"systems":[{"code":NaN}]}"#),
        file(
            "infinite.json",
            br#"{"systems":[{"code":1e999,"nodes":[]}]}"#,
        ),
        file("deep.json", format!("{{\"systems\":{deep}}}").as_bytes()),
        file("foreign.png", b"\x89PNG\r\n\x1a\n"),
        file("words.txt", "日本語の文章".as_bytes()),
        file("zeros.card", &[0; 4096]),
    ];
    let sparse = folder.join("sparse.card");
    let made = fs::File::create(&sparse).expect("made");
    made.set_len(5 << 30).expect("sparse");
    files.push(("sparse.card", sparse));
    files.push(("missing.card", folder.join("missing.card")));
    let inside = folder.join("folder.card");
    fs::create_dir(&inside).expect("made");
    files.push(("folder.card", inside));
    #[cfg(unix)]
    {
        let (one, two) = (folder.join("one.card"), folder.join("two.card"));
        std::os::unix::fs::symlink(&one, &two).expect("a link");
        std::os::unix::fs::symlink(&two, &one).expect("a link");
        files.push(("one.card", one));
        let pipe = folder.join("pipe.card");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        files.push(("pipe.card", pipe));
        files.push(("zero", PathBuf::from("/dev/zero")));
    }
    files
}

#[test]
fn each_file_that_is_no_card_is_said_once_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = hostile(folder.path());
    let bench = Workbench::open(None);
    for shown in [None, Some("flipper-v2.nfc")] {
        if let Some(name) = shown {
            let open = Command::OpenFile(path(name));
            after(&bench, open, "the dump", |view| shows(view, name));
        }
        let before = bench.view();
        for (name, path) in &files {
            let said = bench.view().notices.len();
            let open = Command::OpenFile(path.clone());
            let view = after(&bench, open, name, |view| view.notices.len() > said);
            assert_eq!(view.notices.len(), said + 1, "{name}: one message");
            let notice = view.notices.last().expect("said");
            assert_eq!(notice.severity, Severity::Refused, "{name}");
            assert!(notice.words.what.contains(name), "{notice:?}");
            assert!(!notice.words.next.is_empty());
            let (now, before) = (view.card.as_ref(), before.card.as_ref());
            let (now, before) = (now.expect("shown"), before.expect("shown"));
            assert_eq!(
                (&now.source, &now.tree, &now.bytes),
                (&before.source, &before.tree, &before.bytes),
                "{name}"
            );
            assert_eq!(view.recent.len(), usize::from(shown.is_some()), "{name}");
        }
    }
}

#[test]
fn several_files_at_once_are_opened_and_the_last_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let foreign = folder.path().join("foreign.bin");
    fs::write(&foreign, b"no card").expect("written");
    let bench = Workbench::open(None);
    let paths = vec![path("flipper-v2.nfc"), foreign, path("proxmark3.json")];
    let view = after(&bench, Command::OpenFiles(paths), "the last", |view| {
        shows(view, "proxmark3.json")
    });
    let severities: Vec<Severity> = view.notices.iter().map(|notice| notice.severity).collect();
    assert_eq!(severities, [Severity::Refused, Severity::Done]);
    let names: Vec<&str> = view.recent.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["proxmark3.json", "flipper-v2.nfc"]);
}

#[test]
fn many_files_that_cannot_be_opened_are_said_in_one_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |number: usize| {
        let path = folder.path().join(format!("foreign{number:03}.bin"));
        fs::write(&path, b"no card").expect("written");
        path
    };
    let bench = Workbench::open(None);
    for count in [3, 4, 12, 14, 200] {
        let mut paths: Vec<PathBuf> = (0..count).map(file).collect();
        paths.insert(1, path("proxmark3.json"));
        let said = bench.view().notices.len();
        let open = Command::OpenFiles(paths);
        let view = after(&bench, open, "what was said", |view| {
            view.notices.len() > said
        });
        let notices = &view.notices[said..];
        assert!(shows(&view, "proxmark3.json"));
        if count == 3 {
            assert_eq!(notices.len(), 3);
            continue;
        }
        let [notice] = notices else {
            panic!("{notices:?}");
        };
        let all = count + 1;
        assert_eq!(notice.severity, Severity::Refused);
        assert!(
            notice
                .words
                .what
                .starts_with(&format!("{count} of {all} files")),
            "{notice:?}"
        );
        assert!(notice.words.details.contains("foreign000.bin"));
        let lines: Vec<&str> = notice.words.details.lines().collect();
        let more = count.saturating_sub(12);
        assert_eq!(lines.len(), count.min(12) + usize::from(more > 0));
        assert!(more == 0 || lines[12].contains(&more.to_string()));
    }
}

#[test]
fn twelve_recent_files_are_kept_and_a_missing_one_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    let dump = fs::read(data("flipper-v2.nfc")).expect("a dump");
    let name = |number: usize| format!("dump{number:02}.nfc");
    {
        let bench = Workbench::open(Some(place.clone()));
        for number in 0..15 {
            let path = folder.path().join(name(number));
            fs::write(&path, &dump).expect("written");
            let open = Command::OpenFile(path);
            after(&bench, open, "a dump", |view| shows(view, &name(number)));
        }
        // One that is opened again comes first, and is there once.
        let open = Command::OpenFile(folder.path().join(name(7)));
        after(&bench, open, "a dump", |view| shows(view, &name(7)));
    }
    fs::remove_file(folder.path().join(name(12))).expect("removed");
    let bench = Workbench::open(Some(place.clone()));
    let view = bench.view();
    let expected: Vec<String> = [7, 14, 13, 12, 11, 10, 9, 8, 6, 5, 4, 3].map(name).to_vec();
    let names: Vec<String> = view.recent.iter().map(|file| file.name.clone()).collect();
    assert_eq!(names, expected);
    let missing: Vec<&str> = view
        .recent
        .iter()
        .filter(|file| file.missing)
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(missing, ["dump12.nfc"]);
    let view = after(&bench, Command::ClearRecent, "none", |view| {
        view.recent.is_empty()
    });
    assert!(view.notices.is_empty());
    drop(bench);
    assert!(Workbench::open(Some(place)).view().recent.is_empty());
}

#[test]
fn what_is_shown_is_written_in_every_form_with_what_is_not_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Workbench::open(None);
    let forms = [
        (Format::Proxmark3, "out.json", "allotments"),
        (Format::Flipper, "out.nfc", "key versions"),
        (Format::Text, "out.txt", "blocks"),
        (Format::Tree, "tree.json", "14 keys"),
    ];
    let mut said = 0;
    for (form, name, lost) in forms {
        let path = folder.path().join(name);
        bench.send(Command::Export(form, path.clone()));
        said += 1;
        let view = wait(&bench, "a message", |view| view.notices.len() == said);
        let notice = view.notices.last().expect("said");
        assert_eq!(notice.severity, Severity::Done, "{notice:?}");
        assert!(notice.words.next.contains(lost), "{notice:?}");
        assert!(notice.words.next.contains("18 names"), "{notice:?}");
        let text = fs::read_to_string(&path).expect("written");
        assert!(text.contains("0003"), "{name}");
        assert!(
            !text.contains("444D4F") && !text.contains("DEMOZONE"),
            "no key: {name}"
        );
    }
    let text = fs::read_to_string(folder.path().join("tree.json")).expect("written");
    assert!(
        text.contains("cardwright.tree/1") && !text.contains("D8DCE1"),
        "no check value"
    );
    // What can be read back is shown as it was.
    for name in ["out.json", "out.nfc"] {
        let open = Command::OpenFile(folder.path().join(name));
        let view = after(&bench, open, "read back", |view| shows(view, name));
        assert_eq!(
            view.card.as_ref().map(|card| card.tree.counts()),
            Some((1, 4, 15))
        );
    }
    // Where it cannot be written, it is said.
    let nowhere = folder.path().join("no/such/folder/out.txt");
    let view = after(
        &bench,
        Command::Export(Format::Text, nowhere),
        "refused",
        |view| {
            view.notices
                .last()
                .is_some_and(|notice| notice.severity == Severity::Refused)
        },
    );
    assert_eq!(view.notices.len(), said + 1);
}

#[test]
fn a_card_that_another_takes_the_place_of_is_kept_beside() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Workbench::open(Some(folder.path().join("workspace")));
    let before = Arc::clone(bench.view().card.as_ref().expect("a card"));
    let open = Command::OpenFile(path("flipper-v2.nfc"));
    after(&bench, open, "the dump", |view| {
        shows(view, "flipper-v2.nfc")
    });
    let view = after(&bench, Command::MakeCard(None), "the card", |view| {
        view.card.as_ref().is_some_and(|card| card.map.is_some())
    });
    assert_ne!(view.card.as_ref().and_then(|card| card.idm), before.idm);
    let kept = view.recent.first().expect("kept");
    assert_eq!((kept.name.as_str(), kept.missing), ("before.card", false));
    let open = Command::OpenFile(kept.path.clone());
    let view = after(&bench, open, "the first card", |view| {
        view.card
            .as_ref()
            .is_some_and(|card| card.idm == before.idm)
    });
    let card = view.card.as_ref().expect("a card");
    assert_eq!((&card.tree, &card.bytes), (&before.tree, &before.bytes));
    // What was opened is the workspace's card from then on.
    drop(bench);
    let bench = Workbench::open(Some(folder.path().join("workspace")));
    let view = bench.view();
    assert_eq!(view.card.as_ref().and_then(|card| card.idm), before.idm);
}

#[test]
fn a_new_card_takes_the_place_of_one_that_is_kept_beside() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Workbench::open(Some(folder.path().join("workspace")));
    let edit = Command::Edit {
        address: 0,
        bytes: [Some(0x5A); 16].into(),
    };
    bench.send(edit);
    let view = after(&bench, Command::NewDemoCard, "kept", |view| {
        view.recent.len() == 1
    });
    assert_eq!(view.recent[0].name, "before.card");
    let card_file = fs::read(&view.recent[0].path).expect("kept");
    assert!(
        card_file
            .windows(16)
            .any(|block| block.iter().all(|byte| *byte == 0x5A))
    );
}

#[test]
fn a_card_that_is_saved_is_under_the_recent_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Workbench::open(Some(folder.path().join("workspace")));
    let path = folder.path().join("copy.card");
    let view = after(&bench, Command::SaveCard(path), "saved", |view| {
        !view.notices.is_empty()
    });
    let recent: Vec<_> = view.recent.iter().map(|file| &*file.name).collect();
    assert_eq!(recent, ["copy.card"]);
}

/// A flow on the desk belongs to the card that was shown.
#[test]
fn a_dump_that_is_opened_closes_the_flow_on_the_desk() {
    let bench = Workbench::open(None);
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    let open = Command::OpenFile(path("flipper-v2.nfc"));
    let view = after(&bench, open, "the dump", |view| {
        shows(view, "flipper-v2.nfc")
    });
    assert!(view.flow.is_none());
}

#[test]
fn a_dump_becomes_an_emulated_card_on_the_chip_that_was_chosen() {
    let bench = Workbench::open(None);
    for (profile, title) in [
        (None, None),
        (Some("transit-16k"), Some("16 KB")),
        (Some("aes-4k"), Some("AES")),
    ] {
        let open = Command::OpenFile(path("flipper-v2.nfc"));
        let dump = after(&bench, open, "the dump", |view| {
            shows(view, "flipper-v2.nfc")
        });
        let counts = dump.card.as_ref().map(|card| card.tree.counts());
        let make = Command::MakeCard(profile.map(str::to_string));
        let view = after(&bench, make, "the card", |view| {
            view.card.as_ref().is_some_and(|card| card.map.is_some())
        });
        let card = Arc::clone(view.card.as_ref().expect("a card"));
        assert_eq!(Some(card.tree.counts()), counts);
        let CardSource::Emulated { profile } = &card.source else {
            panic!("{:?}", card.source);
        };
        assert!(
            title.is_none_or(|title| profile.contains(title)),
            "{profile}"
        );
        let said = view.notices.last().expect("what was made is said");
        assert_eq!(said.severity, Severity::Done);
        assert!(said.words.what.contains("flipper-v2.nfc"), "{said:?}");
    }
}
