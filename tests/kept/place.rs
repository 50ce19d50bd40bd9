//! The file of a presented card: it is this program's alone, links are followed, and what somebody else did to it or to
//! its folder is noticed and said.

use super::{Client, PASSPHRASE, Presented, free_file, opened, within_patience};
use crate::cli::{Folder, QUICK, done, program, refused};
use crate::workbench::after;
use cardwright::device::files;
use cardwright::workbench::view::Severity;
use cardwright::workbench::{Command, Workbench};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

/// Where a refusal names the program that has the file.
fn names_the_holder(said: &str, presented: &Presented) {
    assert!(said.contains("is open in"), "{said}");
    let who = format!("cardwright ({})", presented.child.id());
    assert!(!cfg!(target_os = "linux") || said.contains(&who), "{said}");
}

#[test]
fn a_file_that_is_presented_is_left_to_its_program() {
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    let link = folder.name("link.card");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let presented = Presented::start(&file, &[]);
    let mut client = Client::of(presented.address, QUICK);
    assert!(client.write());
    for name in [&file, &link] {
        let again = ["card", "present", name, "--save", "--udp", "127.0.0.1:0"];
        names_the_holder(&refused(&again, 1), &presented);
        names_the_holder(&refused(&["card", "issue", name], 1), &presented);
    }
    // The window does not write over it either.
    let bench = Workbench::open(None);
    let view = after(
        &bench,
        Command::SaveCard(folder.path("a.card")),
        "a refusal",
        |view| !view.notices.is_empty(),
    );
    let notice = &view.notices[0];
    assert_eq!(notice.severity, Severity::Refused);
    names_the_holder(&notice.words.what, &presented);
    // It may be looked at: what was written shows at once.
    assert_eq!(client.check(Path::new(&file), None), client.events);
    assert!(client.write());
    presented.stop("TERM");
    assert_eq!(client.check(Path::new(&file), None), client.events);
    // Then it is free, as it is after a kill.
    let mut presented = Presented::start(&link, &[]);
    presented.child.kill().expect("our child");
    presented.child.wait().expect("it ends");
    Presented::start(&file, &[]).stop("INT");
}

#[test]
fn the_card_of_an_open_workspace_is_not_presented_and_the_other_way_round() {
    let folder = Folder::new();
    let place = folder.path("workspace");
    let bench = Workbench::open(Some(place.clone()));
    after(&bench, Command::PullCard, "a card", |view| {
        view.card.is_some()
    });
    let file = place.join("emulated.card").display().to_string();
    let present = ["card", "present", &file, "--save", "--udp", "127.0.0.1:0"];
    let said = refused(&present, 1);
    assert!(said.contains("is open in"), "{said}");
    // Also after the workspace wrote it anew.
    after(&bench, Command::NewDemoCard, "another", |view| {
        view.card.is_some()
    });
    assert!(refused(&present, 1).contains("is open in"));
    drop(bench);

    let before = fs::read(&file).expect("there");
    let presented = Presented::start(&file, &[]);
    let bench = Workbench::open(Some(place.clone()));
    let view = bench.view();
    let said: Vec<&str> = view.notices.iter().map(|n| &*n.words.what).collect();
    assert!(
        said.iter().any(|what| what.contains("is open in")),
        "{said:?}"
    );
    // Another card is made there: the one that is presented stays where it is.
    let said = view.notices.len();
    let view = after(&bench, Command::NewDemoCard, "a refusal", |view| {
        view.notices.len() > said
    });
    let words = &view.notices.last().expect("said").words;
    assert!(words.what.contains("is open in"), "{words:?}");
    drop(bench);
    presented.stop("TERM");
    let (after, before) = (opened(Path::new(&file), None), before);
    fs::write(folder.path("before.card"), before).expect("written");
    let before = opened(&folder.path("before.card"), None);
    assert!(after.memory().data() == before.memory().data());
}

#[test]
fn a_link_is_followed_and_stays_one() {
    let folder = Folder::new();
    let (real, inner) = (folder.path("real"), folder.path("real/a.card"));
    fs::create_dir(&real).expect("made");
    fs::rename(free_file(&folder, "a.card", None), &inner).expect("moved");
    let (first, second) = (folder.path("first.card"), folder.path("second.card"));
    std::os::unix::fs::symlink("real/a.card", &first).expect("a link");
    std::os::unix::fs::symlink("first.card", &second).expect("a link");
    let presented = Presented::start(&second.display().to_string(), &[]);
    let mut client = Client::of(presented.address, QUICK);
    assert!((0..5).all(|_| client.write()));
    assert_eq!(client.check(&inner, None), client.events, "at once");
    let (out, _) = presented.stop("TERM");
    assert!(out.contains("second.card is written back"), "{out}");
    assert_eq!(client.check(&inner, None), client.events);
    for link in [&first, &second] {
        let about = fs::symlink_metadata(link).expect("there");
        assert!(about.file_type().is_symlink());
    }
    let names = fs::read_dir(&real).expect("there").count();
    assert_eq!(names, 1, "nothing is left beside");

    let (blank, link) = (folder.name("blank.card"), folder.name("link.card"));
    done(&["card", "new", &blank, "--profile", "small-1k", "--blank"]);
    std::os::unix::fs::symlink(&blank, &link).expect("a link");
    done(&["card", "issue", &link, "--system", "8092"]);
    let about = fs::symlink_metadata(&link).expect("there");
    assert!(about.file_type().is_symlink());
    let card = opened(Path::new(&blank), None);
    assert_eq!(card.image().expect("a card").systems[0].code.0, 0x8092);
}

#[test]
fn a_file_that_was_exchanged_or_written_to_is_left_and_the_card_goes_on_beside() {
    for (sealed, in_place) in [(false, false), (false, true), (true, true)] {
        let folder = Folder::new();
        let phrase = folder.with("phrase", PASSPHRASE);
        let passphrase = sealed.then_some(PASSPHRASE);
        let file = free_file(&folder, "a.card", passphrase);
        let theirs = fs::read(free_file(&folder, "other", passphrase)).expect("there");
        let more = ["--passphrase-file", phrase.as_str()];
        let presented = Presented::start(&file, if sealed { &more } else { &[] });
        let mut client = Client::of(presented.address, QUICK);
        assert!(client.write());
        match in_place {
            true => fs::write(&file, &theirs).expect("written"),
            false => fs::rename(folder.path("other"), &file).expect("moved"),
        }
        assert!(client.write() && client.write(), "it goes on");
        let aside = folder.path("a-kept.card");
        assert_eq!(client.check(&aside, passphrase), client.events, "at once");
        let (out, err) = presented.stop("TERM");
        assert!(
            err.contains("a-kept.card") && err.lines().count() == 1,
            "{err}"
        );
        assert!(out.contains("a-kept.card is written back"), "{out}");
        assert!(fs::read(&file).expect("there") == theirs, "theirs stays");
        assert_eq!(client.check(&aside, passphrase), client.events);
    }
}

#[test]
fn a_file_that_was_only_touched_or_taken_away_is_the_cards_still() {
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    let presented = Presented::start(&file, &[]);
    let mut client = Client::of(presented.address, QUICK);
    assert!(client.write());
    let touched = fs::File::options().write(true).open(&file).expect("there");
    touched
        .set_modified(SystemTime::UNIX_EPOCH)
        .expect("a time");
    assert!(client.write());
    fs::remove_file(&file).expect("there");
    assert!(!folder.path("a-kept.card").exists());
    assert!(client.write(), "it is written anew");
    assert_eq!(client.check(Path::new(&file), None), client.events);
    let (_, err) = presented.stop("TERM");
    assert_eq!(err, "");
    assert!(!folder.path("a-kept.card").exists());
    assert_eq!(client.check(Path::new(&file), None), client.events);
}

#[test]
fn a_card_that_cannot_be_kept_is_silent_until_it_can_and_then_goes_on() {
    let folder = Folder::new();
    fs::create_dir(folder.path("in")).expect("made");
    let file = folder.path("in/a.card");
    fs::rename(free_file(&folder, "a.card", None), &file).expect("moved");
    let presented = Presented::start(&file.display().to_string(), &[]);
    let mut client = Client::of(presented.address, Duration::from_millis(300));
    while client.done < 3 {
        assert!(client.write());
    }
    fs::rename(folder.path("in"), folder.path("away")).expect("moved");
    assert!(!client.write(), "nothing is answered for");
    fs::rename(folder.path("away"), folder.path("in")).expect("moved");
    // It is mended by itself, and the change that nothing is known of is on the card.
    let mut tries = 0..200;
    while client.check(&file, None) == client.events {
        assert!(tries.next().is_some(), "it is never mended");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (_, err) = presented.stop("TERM");
    let said: Vec<&str> = err.lines().collect();
    assert_eq!(said.len(), 2, "{err}");
    assert!(
        said[0].contains("answers nothing") && said[1].contains("again"),
        "{err}"
    );
}

#[test]
fn at_the_end_a_card_whose_place_is_gone_is_in_a_copy() {
    let folder = Folder::new();
    for name in ["in", "tmp"] {
        fs::create_dir(folder.path(name)).expect("made");
    }
    let file = folder.path("in/a.card");
    fs::rename(free_file(&folder, "a.card", None), &file).expect("moved");
    let mut command = program();
    command.env("TMPDIR", folder.path("tmp"));
    command.args(["card", "present", "--save", "--udp", "127.0.0.1:0"]);
    let presented = Presented::run(command.arg(&file));
    let mut client = Client::of(presented.address, Duration::from_millis(300));
    while client.done < 3 {
        assert!(client.write());
    }
    fs::rename(folder.path("in"), folder.path("away")).expect("moved");
    assert!(!client.write(), "nothing is answered for");
    presented.signal("INT");
    let (code, out, err) = presented.end();
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(out, "");
    let copy = folder.path("tmp/a-kept.card");
    assert!(err.contains(&copy.display().to_string()), "{err}");
    client.check(&copy, None);
    client.check(&folder.path("away/a.card"), None);
}

#[test]
fn a_disk_that_is_full_loses_nothing_that_was_answered_for() {
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    // As full as a limit on the length of a file makes it: 16 blocks of 512 bytes.
    let run = "ulimit -f 16; exec \"$0\" card present \"$1\" --save --udp 127.0.0.1:0";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", run, env!("CARGO_BIN_EXE_cardwright"), &file]);
    let presented = Presented::run(&mut shell);
    let mut client = Client::of(presented.address, Duration::from_millis(300));
    while client.write() {
        assert!(client.done < 1000, "the limit holds");
    }
    assert!(client.done > 3, "{} answered for", client.done);
    assert_eq!(client.check(Path::new(&file), None), client.events);
    presented.signal("TERM");
    let (code, out, err) = presented.end();
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(out, "");
    let said: Vec<&str> = err.lines().collect();
    assert_eq!(said.len(), 2, "{err}");
    assert!(
        said[0].contains("answers nothing") && said[1].contains("lost"),
        "{err}"
    );
    assert_eq!(client.check(Path::new(&file), None), client.events);
}

#[test]
fn a_place_that_cannot_be_written_is_said_before_anything_is_presented() {
    let folder = Folder::new();
    let file = free_file(&folder, "a.card", None);
    // Too small a limit for the file itself stands for a full disk.
    let run = "ulimit -f 4; exec \"$0\" card present \"$1\" --save --udp 127.0.0.1:0";
    let output = std::process::Command::new("sh")
        .args(["-c", run, env!("CARGO_BIN_EXE_cardwright"), &file])
        .output()
        .expect("sh runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(output.stdout, b"");
    assert!(
        said.contains("a.card") && said.contains("The cause"),
        "{said}"
    );
    assert!(files::open(Path::new(&file), None).is_ok());

    // A name so long that there is none beside it.
    let name = format!("{}.card", "n".repeat(250));
    let long = free_file(&folder, "b.card", None);
    fs::rename(&long, folder.path(&name)).expect("a name");
    let mut child = program()
        .args(["card", "present", "--save", "--udp", "127.0.0.1:0"])
        .arg(folder.path(&name))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut first = [0; 10];
    let read = child.stdout.as_mut().expect("piped").read(&mut first);
    match read.expect("an output") {
        // It can be written after all.
        1.. => {
            super::send_signal(&child, "TERM");
            assert_eq!(within_patience(&mut child), Some(0));
        }
        0 => assert_eq!(within_patience(&mut child), Some(1)),
    }
}
