//! What the command line says on a terminal: names and titles are shown and never obeyed, and what a person must know
//! before others do is said.

use crate::cli::{Folder, data, done, program, refused, run};
use crate::kept::read_again::titled;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Clears the screen, in both ways to say it; rings; takes the line back; and turns the order of what follows.
const HOSTILE: &str = "\u{1b}[2J\u{9b}2J\u{7}\r\u{7f}\u{202e}\u{2066}x";

/// Sees that nothing of an output would be obeyed.
fn is_shown(output: &[u8]) -> String {
    let text = String::from_utf8(output.to_vec()).expect("UTF-8");
    let obeyed = text.chars().find(|c| {
        let order = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && *c != '\n') || order
    });
    assert_eq!(obeyed, None, "{text:?}");
    text
}

/// Runs it; both outputs are shown. Gives the exit code and both.
fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(arguments);
    let (out, err) = (is_shown(&output.stdout), is_shown(&output.stderr));
    (output.status.code(), out, err)
}

#[test]
fn a_name_or_a_title_is_shown_and_never_obeyed() {
    let folder = Folder::new();
    let title = "\\u{1b}[2J\\u{9b}2J\\u{7}\\r\\n\\u{7f}\\u{202e}x";
    let hostile = folder.with(&format!("{HOSTILE}.card"), titled(title));
    let dump = folder.name(&format!("{HOSTILE}.nfc"));
    std::fs::copy(data("flipper-v2.nfc"), &dump).expect("copied");
    for file in [&hostile, &dump] {
        for form in [&[][..], &["--json"], &["--json=pm3"]] {
            let (code, out, _) = said(&[&["card", "tree", file], form].concat());
            assert_eq!(code, Some(0));
            let is_named = form != ["--json=pm3"];
            let shown = out.to_lowercase().contains("\\u001b[2j\\u009b");
            assert_eq!(shown, is_named, "{out}");
            if !form.is_empty() {
                let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
                let source = json["source"]
                    .as_str()
                    .map(|name| name.starts_with(HOSTILE));
                assert_eq!(source, is_named.then_some(true), "the same name still");
            }
        }
        for (at, ending) in ["card", "json", "nfc", "txt"].into_iter().enumerate() {
            let out = folder.name(&format!("{HOSTILE}-{at}-{}.{ending}", file.len()));
            let (code, out, _) = said(&["card", "convert", file, &out]);
            assert_eq!(code, Some(0));
            assert_eq!(out.lines().count(), 1, "{out}");
        }
        // The text is read on terminals too.
        let text = folder.name(&format!("{HOSTILE}-3-{}.txt", file.len()));
        is_shown(&std::fs::read(text).expect("written"));
    }
    // A name of two lines takes no line of the card's.
    let two = folder.name("a\n0 systems.nfc");
    std::fs::copy(&dump, &two).expect("copied");
    let (_, out, _) = said(&["card", "tree", &two]);
    assert_eq!(out.lines().nth(1), Some("2 systems, 6 areas, 10 services"));
    let made = folder.name(&format!("{HOSTILE}-new.card"));
    let (code, out, _) = said(&["card", "new", &made, "--profile", "small-1k", "--blank"]);
    assert_eq!((code, out.lines().count()), (Some(0), 1));
    let (code, out, _) = said(&["card", "issue", &made]);
    assert_eq!((code, out.lines().count()), (Some(0), 1));
}

#[test]
fn an_error_is_one_line_that_is_shown() {
    let folder = Folder::new();
    let lines = format!("{HOSTILE}\nDone.\n");
    let missing = folder.name(&lines);
    let damaged = folder.with(&format!("{lines}damaged"), "no card");
    let list = folder.with(&format!("{lines}list"), format!("{{\"{HOSTILE}\": 1}}"));
    let (made, workspace) = (folder.name("made.card"), folder.name(&lines));
    let phrase = folder.with("phrase", "x");
    let commands: [&[&str]; 8] = [
        &["card", "tree", &missing],
        &["card", "tree", &damaged],
        &["card", "present", &missing, "--save"],
        &["card", "issue", &damaged],
        &[
            "card",
            "convert",
            &data("flipper-v2.nfc"),
            &made,
            "--keys",
            &list,
            "--passphrase-file",
            &phrase,
        ],
        &["card", "tree", &damaged, "--passphrase-file", &missing],
        &["keys", "list", "--workspace", &workspace],
        &["demo", "--out", &damaged],
    ];
    for command in commands {
        let (code, out, err) = said(command);
        assert!(matches!(code, Some(1 | 4)), "{command:?}: {code:?}");
        assert_eq!((out.as_str(), err.lines().count()), ("", 1), "{err}");
    }
    for usage in [
        &["card", "new", "x", "--profile", HOSTILE][..],
        &[HOSTILE],
        &["card", HOSTILE],
    ] {
        let (code, out, err) = said(usage);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{usage:?}");
        assert!(!err.is_empty());
    }
}

/// Starts presenting at that address, waits until it does, ends it, and gives what it said on standard error.
fn presented_at(file: &str, place: &str) -> String {
    let mut child = program()
        .args(["card", "present", file, "--udp", place])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut line).expect("a line");
    assert!(line.starts_with("Presenting"), "{line}");
    child.kill().expect("our child");
    let output = child.wait_with_output().expect("it ends");
    is_shown(&output.stderr)
}

#[test]
fn a_card_that_others_can_reach_is_said_to_be() {
    let file = data("flipper-v2.nfc");
    for place in ["127.0.0.1:0", "127.4.5.6:0", "localhost:0"] {
        assert_eq!(presented_at(&file, place), "", "{place}");
    }
    let warned = presented_at(&file, "0.0.0.0:0");
    assert_eq!(warned.lines().count(), 1);
    assert!(
        warned.contains("0.0.0.0:") && warned.contains("Anybody"),
        "{warned}"
    );
}

fn on_vpcd(file: &str, place: &str) -> Child {
    let mut command = program();
    command.args(["card", "present", file, "--vpcd", place]);
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    piped.spawn().expect("the program runs")
}

#[test]
fn a_reader_that_another_card_lies_on_is_said_to_be_taken() {
    let folder = Folder::new();
    let file = folder.name("demo.card");
    done(&["demo", "--out", &file]);
    // As the driver does it: one connection is taken, the next waits until that one ends.
    let driver = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = driver.local_addr().expect("bound").to_string();
    let mut first = on_vpcd(&file, &place);
    let (mut card, _) = driver.accept().expect("a card");
    let limit = Some(Duration::from_secs(20));
    card.set_read_timeout(limit).expect("a timeout");
    let mut ask_atr = || {
        card.write_all(&[0, 1, 4]).expect("sent");
        let mut answer = [0; 22];
        card.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer[..3], [0, 20, 0x3B]);
    };
    ask_atr();
    let said = refused(&["card", "present", &file, "--vpcd", &place], 1);
    assert!(
        said.contains(&place) && said.contains("another one lies on it"),
        "{said}"
    );
    ask_atr();
    first.kill().expect("our child");
    let output = first.wait_with_output().expect("it ends");
    assert!(is_shown(&output.stdout).starts_with("Presenting"));
}
