//! The command line, run as a program.

use crate::dump::V2;
use crate::nfcpy::{expected, nfcpy_tree};
use cardwright::device::files::{self, card_tree};
use cardwright::model::card::Idm;
use cardwright::model::card::profile::Profile;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Far more than any of these takes, on a busy machine.
pub const QUICK: Duration = Duration::from_secs(20);

pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cardwright"));
    program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    program
}

pub fn run(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .output()
        .expect("the program runs")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Runs it and gives its output; it must have ended with 0 and said nothing on standard error.
pub fn done(arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said, "");
    stdout(&output)
}

/// Runs it and gives what it said; it must have ended with `exit`, in one line and without output.
pub fn refused(arguments: &[&str], exit: i32) -> String {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(exit), "{said}");
    assert_eq!(stdout(&output), "");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("cardwright: "), "{said}");
    said
}

pub fn data(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/data").join(name).display().to_string()
}

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn name(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn with(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).expect("written");
        self.name(name)
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value")
}

#[test]
fn the_demo_tells_each_step_and_shows_the_card_before_and_after() {
    let text = done(&["demo"]);
    let at = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("{part} in {text}"))
    };
    let steps: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("ST"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let table = cardwright::model::flow::divide::table();
    let expected: Vec<&str> = table.steps().map(|step| step.id.0.as_str()).collect();
    assert_eq!(steps, expected);
    assert!(
        at("1 system, ") < at("ST21 "),
        "the tree before stands before the steps"
    );
    assert!(
        at("ST70 ") < at("2 systems, "),
        "and the one after behind them"
    );
    let commit = text
        .lines()
        .find(|line| line.starts_with("ST69"))
        .expect("ST69");
    assert!(commit.contains("8E Change System Block"), "{commit}");
    assert!(commit.contains("blocks written"), "{commit}");
    let carve = text
        .lines()
        .find(|line| line.starts_with("ST66"))
        .expect("ST66");
    assert!(!carve.contains("written"), "prepared only: {carve}");
}

#[test]
fn no_demo_key_is_ever_printed() {
    for arguments in [&["demo"][..], &["demo", "--json"]] {
        let text = done(arguments);
        for secret in ["DEMOTRAN", "DEMOSYS", "DEMOROOT", "DEMODIVI", "DEMOLENT"] {
            let bytes: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
            assert!(!text.contains(secret) && !text.contains(&bytes), "{secret}");
        }
    }
}

#[test]
fn the_demo_as_json_and_its_card_agree() {
    let folder = Folder::new();
    let card = folder.name("divided.card");
    let demo = parsed(&done(&["demo", "--json", "--out", &card]));
    assert_eq!(demo["schema"], "cardwright.demo/1");
    let steps = demo["steps"].as_array().expect("steps");
    let table = cardwright::model::flow::divide::table();
    assert_eq!(steps.len(), table.steps().count());
    for (step, expected) in steps.iter().zip(table.steps()) {
        assert_eq!(step["id"], expected.id.0.as_str());
        assert_eq!(step["title"], expected.title.as_str());
        assert_eq!(step["outcome"], "done");
    }
    let writing: Vec<&Value> = steps.iter().filter(|s| s["blocks_written"] != 0).collect();
    assert_eq!(writing.len(), 1, "the card is written in one step");
    assert_eq!(writing[0]["id"], "ST69");
    assert_eq!(demo["before"]["schema"], "cardwright.tree/1");
    assert_eq!(demo["before"]["systems"].as_array().map(Vec::len), Some(1));
    assert_eq!(demo["after"]["systems"].as_array().map(Vec::len), Some(2));

    let tree = parsed(&done(&["card", "tree", &card, "--json"]));
    assert_eq!(
        tree, demo["after"],
        "the file holds the card that was shown"
    );
    assert_eq!(tree["source"], "divided.card");
    let text = done(&["card", "tree", &card]);
    assert!(text.contains("2 systems, "), "{text}");
}

#[test]
fn a_sealed_card_opens_with_its_passphrase_alone() {
    let folder = Folder::new();
    let card = folder.name("sealed.card");
    let phrase = folder.with("phrase", "correct horse\nbattery\n");
    let wrong = folder.with("wrong", "correct horse battery\n");
    done(&["demo", "--out", &card, "--passphrase-file", &phrase]);
    let bytes = std::fs::read(folder.path("sealed.card")).expect("read");
    assert!(
        !bytes
            .windows(8)
            .any(|part| part == b"DEMOTRAN" || part == b"DEMOSYSA")
    );

    let said = refused(&["card", "tree", &card], 1);
    assert!(said.contains("--passphrase-file"), "{said}");
    refused(&["card", "tree", &card, "--passphrase-file", &wrong], 1);
    let text = done(&["card", "tree", &card, "--passphrase-file", &phrase]);
    assert!(text.contains("2 systems, "), "{text}");
    for (name, content) in [("none", ""), ("empty", "\nx\n"), ("bytes", "\u{0}")] {
        let file = folder.with(name, content);
        refused(&["card", "tree", &card, "--passphrase-file", &file], 1);
    }
    refused(
        &[
            "card",
            "tree",
            &card,
            "--passphrase-file",
            &folder.name("absent"),
        ],
        1,
    );
}

#[test]
fn the_demo_writes_over_no_file() {
    let folder = Folder::new();
    let card = folder.with("a.card", "somebody's only card");
    assert!(refused(&["demo", "--out", &card], 1).contains("is there already"));
    let kept = std::fs::read(folder.path("a.card")).expect("there");
    assert_eq!(kept, b"somebody's only card");
}

#[cfg(unix)]
#[test]
fn a_card_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    done(&["demo", "--out", &folder.name("a.card")]);
    let mode = std::fs::metadata(folder.path("a.card"))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_tree_of_a_dump_in_every_form() {
    let dump = data("flipper-v2.nfc");
    let text = done(&["card", "tree", &dump]);
    assert!(text.contains("2 systems, 6 areas, 10 services"), "{text}");
    assert!(text.contains("3009"), "{text}");
    let own = parsed(&done(&["card", "tree", &dump, "--json"]));
    let mut expected = parsed(include_str!("data/flipper-v2.tree.json"));
    expected["source"] = json!("flipper-v2.nfc");
    assert_eq!(own, expected);
    let pm3 = parsed(&done(&["card", "tree", &dump, "--json=pm3"]));
    assert_eq!(
        pm3["systems"][0]["nodes"].as_array().map(Vec::len),
        Some(5 + 9)
    );
    assert_eq!(pm3["systems"][1]["code"], "A0B1");
}

#[test]
fn what_is_whole_and_not_worked_with_ends_with_1_and_says_what_it_is() {
    let folder = Folder::new();
    let version = |to: &str| V2.replace("Data format version: 2", to);
    let newer = folder.with("newer.nfc", version("Data format version: 5"));
    let other = folder.with("other.nfc", V2.replace("FeliCa\n", "Mifare\n"));
    for (file, said) in [(newer, "newer form"), (other, "another kind")] {
        let told = refused(&["card", "tree", &file], 1);
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["tree"][..],
        &["card"],
        &["card", "tree"],
        &["card", "tree", "a", "--json=xml"],
        &["card", "present", "a", "--udp", "nowhere"],
        &["card", "present", "a", "--udp", "::1:5"],
        &["card", "present", "a", "--udp", "host:99999"],
        &["card", "present", "a", "--vpcd", "nowhere"],
        &["card", "present", "a", "--vpcd", "--udp", "127.0.0.1:0"],
        &["demo", "--passphrase-file", "x"],
        &["--sideways"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            !output.stderr.is_empty() && output.stdout.is_empty(),
            "{arguments:?}"
        );
    }
    let help = done(&["--help"]);
    assert!(
        help.contains("demo") && help.contains("Exit codes"),
        "{help}"
    );
    assert!(done(&["--version"]).starts_with("cardwright "));
}

#[test]
fn without_a_display_it_says_so_and_names_the_demo() {
    let said = refused(&[], 1);
    assert!(
        said.contains("no display") && said.contains("cardwright demo"),
        "{said}"
    );
}

#[test]
fn damaged_input_ends_with_4_in_words_and_quickly() {
    let folder = Folder::new();
    // As sparse as the file system allows, so that the test does not write what the program must not read.
    let zeros = std::fs::File::create(folder.path("zeros")).expect("made");
    zeros.set_len(100_000_000).expect("made long");
    done(&["demo", "--out", &folder.name("good.card")]);
    let good = std::fs::read(folder.path("good.card")).expect("read");
    let garbled: Vec<u8> = V2
        .bytes()
        .enumerate()
        .map(|(at, b)| if at % 97 == 96 { 0xC3 } else { b })
        .collect();
    // The definitions below the fixed system blocks, area 0's among them, wiped: the log of 64 blocks is behind.
    let mut wiped = good.clone();
    let end = wiped.len() - 64 * 16;
    wiped[end - 8 * 16..end].fill(0xFF);
    let files = [
        folder.name("zeros"),
        folder.with("empty", ""),
        folder.with("text", "Dear card,\n"),
        folder.with("cut.nfc", &V2[..V2.len() / 2]),
        folder.with("garbled.nfc", garbled),
        folder.with("cut.card", &good[..good.len() - 5]),
        folder.with("magic.card", &good[..8]),
        folder.with("wiped.card", wiped),
    ];
    for file in &files {
        let started = Instant::now();
        for arguments in [
            &["card", "tree", file][..],
            &["card", "present", file, "--udp", "127.0.0.1:0"],
        ] {
            let said = refused(arguments, 4);
            assert!(said.contains(file.as_str()), "{said}");
            assert!(
                !said.contains("Error") && !said.contains("panicked"),
                "{said}"
            );
        }
        assert!(started.elapsed() < QUICK, "{file}: {:?}", started.elapsed());
    }
    refused(&["card", "tree", &folder.name("absent")], 1);
    refused(&["card", "tree", &folder.0.path().display().to_string()], 1);
    // A folder that is not there: it is said before anything is done, and not of the file.
    let nowhere = folder.name("absent/a.card");
    let new = ["card", "new", &nowhere, "--profile", "small-1k"];
    for arguments in [&["demo", "--out", &nowhere][..], &new] {
        let said = refused(arguments, 1);
        assert!(said.contains("folder"), "{said}");
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let mut child = program()
        .arg("demo")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

/// A program that presents a card; ended when dropped.
struct Presenting {
    child: Child,
    address: SocketAddr,
    out: BufReader<std::process::ChildStdout>,
}

impl Presenting {
    fn start(arguments: &[&str]) -> Presenting {
        let mut child = program()
            .args(["card", "present", "--udp", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let address = line
            .split("udp:")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let address = address.and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("where it listens: {line:?}"));
        Presenting {
            child,
            address,
            out,
        }
    }

    /// Ends it as a person or a service manager does, and gives what it said.
    fn stop(mut self, signal: Signal) -> String {
        crate::support::signal(&self.child, signal).expect("it runs");
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0));
        let mut said = String::new();
        self.out.read_to_string(&mut said).expect("UTF-8");
        said
    }
}

impl Drop for Presenting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What our own tree of the file says, in the form of nfcpy's script.
fn shown(file: &str) -> Value {
    let opened = files::open(Path::new(file), None).expect("opened");
    expected(&opened.tree())
}

#[test]
fn nfcpy_meets_one_system_before_the_division_and_two_after() {
    let folder = Folder::new();
    let (before, after) = (folder.name("before.card"), folder.name("after.card"));
    let demo = cardwright::model::demo::Demo::new();
    let card = cardwright::workbench::headless::demo_card(&demo).expect("an issued card");
    files::save(&folder.path("before.card"), &card, None).expect("saved");
    assert_eq!(card_tree(&card).systems.len(), 1);
    done(&["demo", "--out", &after]);
    for (file, systems) in [(before, 1), (after, 2)] {
        let presenting = Presenting::start(&[&file]);
        let found = nfcpy_tree(presenting.address);
        assert_eq!(found["systems"].as_array().map(Vec::len), Some(systems));
        assert_eq!(found, shown(&file));
        presenting.stop(Signal::INT);
    }
}

#[test]
fn nfcpy_meets_a_card_made_from_a_dump() {
    let file = data("flipper-v4.nfc");
    let opened = files::open(Path::new(&file), None).expect("opened");
    let seen = opened.tree();
    let card = card_tree(&opened.into_card().expect("a card"));
    let presenting = Presenting::start(&[&file]);
    let found = nfcpy_tree(presenting.address);
    assert_eq!(found, expected(&card));
    for (found, told) in found["systems"]
        .as_array()
        .expect("a list")
        .iter()
        .zip(&seen.systems)
    {
        let codes = |list: &str| -> Vec<String> {
            let nodes = found[list].as_array().expect("a list").iter();
            nodes
                .map(|node| node["code"].as_str().unwrap_or_default().to_string())
                .collect()
        };
        assert_eq!(
            codes("areas"),
            told.areas
                .iter()
                .map(|a| a.code.to_string())
                .collect::<Vec<_>>()
        );
        let services: Vec<_> = told.services.iter().map(|s| s.code.to_string()).collect();
        assert_eq!(codes("services"), services);
    }
    presenting.stop(Signal::TERM);
}

/// Writes a block of the free random-access service 3009 of the dump's card.
fn write_3009(address: SocketAddr, idm: &str, block: &str) {
    let reader = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    reader.set_read_timeout(Some(QUICK)).expect("a timeout");
    let command = format!("2008{idm}0109300180 00{block}").replace(' ', "");
    reader
        .send_to(format!("212F {command}").as_bytes(), address)
        .expect("sent");
    let mut answer = [0; 512];
    let length = reader.recv(&mut answer).expect("an answer");
    assert_eq!(&answer[..length], format!("212F 0C09{idm}0000").as_bytes());
}

#[test]
fn what_is_written_is_gone_unless_it_is_saved() {
    let folder = Folder::new();
    let file = folder.name("from-dump.card");
    let card = files::open(Path::new(&data("flipper-v2.nfc")), None).expect("opened");
    let card = card.into_card().expect("a card");
    files::save(&folder.path("from-dump.card"), &card, None).expect("saved");
    let idm = cardwright::model::hex::plain(&card.image().expect("a card").systems[0].idm.0);
    let before = std::fs::read(folder.path("from-dump.card")).expect("read");
    let block = "A1".repeat(16);

    let presenting = Presenting::start(&[&file]);
    write_3009(presenting.address, &idm, &block);
    assert_eq!(presenting.stop(Signal::TERM), "");
    assert_eq!(
        std::fs::read(folder.path("from-dump.card")).expect("read"),
        before
    );

    let presenting = Presenting::start(&[&file, "--save"]);
    write_3009(presenting.address, &idm, &block);
    assert!(presenting.stop(Signal::INT).contains("written back"));
    let after = parsed(&done(&["card", "tree", &file, "--json"]));
    let services = after["systems"][0]["services"].as_array().expect("a list");
    let written = services
        .iter()
        .find(|service| service["code"] == "3009")
        .expect("3009");
    assert_eq!(written["data"]["0000"], block);
}

#[test]
fn a_sealed_card_is_written_back_sealed() {
    let folder = Folder::new();
    let card = folder.name("sealed.card");
    let phrase = folder.with("phrase", "correct horse\n");
    done(&["demo", "--out", &card, "--passphrase-file", &phrase]);
    let before = std::fs::read(folder.path("sealed.card")).expect("read");
    Presenting::start(&[&card, "--save", "--passphrase-file", &phrase]).stop(Signal::INT);
    assert_ne!(
        std::fs::read(folder.path("sealed.card")).expect("read"),
        before,
        "sealed anew"
    );
    refused(&["card", "tree", &card], 1);
    done(&["card", "tree", &card, "--passphrase-file", &phrase]);
}

#[test]
fn a_dump_is_not_written_back_and_a_place_that_is_taken_is_refused() {
    let dump = data("flipper-v2.nfc");
    let said = refused(
        &["card", "present", &dump, "--udp", "127.0.0.1:0", "--save"],
        1,
    );
    assert!(said.contains("--save"), "{said}");
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let place = taken.local_addr().expect("an address").to_string();
    let said = refused(&["card", "present", &dump, "--udp", &place], 1);
    assert!(said.contains(&place), "{said}");
}

#[test]
fn a_dump_that_is_no_card_is_shown_and_not_presented() {
    let folder = Folder::new();
    let mut file = std::fs::File::create(folder.path("odd.nfc")).expect("made");
    // System 0 under the IDm of system 5.
    let odd = V2.replace("Manufacture id: 01", "Manufacture id: 51");
    file.write_all(odd.as_bytes()).expect("written");
    let odd = folder.name("odd.nfc");
    assert!(done(&["card", "tree", &odd]).contains("2 systems, "));
    let said = refused(&["card", "present", &odd, "--udp", "127.0.0.1:0"], 4);
    assert!(said.contains("IDm"), "{said}");
}

#[test]
fn readers_are_listed_or_it_is_said_why_not() {
    let output = run(&["readers"]);
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => assert!(!output.stdout.is_empty() && said.is_empty()),
        Some(1) => assert!(
            output.stdout.is_empty() && said.lines().count() == 1,
            "{said}"
        ),
        code => panic!("{code:?}: {said}"),
    }
}

#[test]
fn a_card_is_put_on_a_virtual_reader_and_its_end_is_said() {
    let folder = Folder::new();
    let file = folder.name("demo.card");
    done(&["demo", "--out", &file]);
    let driver = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = driver.local_addr().expect("bound").to_string();
    let child = program()
        .args(["card", "present", &file, "--vpcd", &place])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let (mut card, _) = driver.accept().expect("a card");
    card.set_read_timeout(Some(QUICK)).expect("a timeout");
    card.write_all(&[0, 5, 0xFF, 0xCA, 0, 0, 0]).expect("sent");
    let mut answer = [0; 12];
    card.read_exact(&mut answer).expect("an answer");
    let idm = cardwright::model::demo::Demo::new().idm.0;
    assert_eq!(answer[..], [&[0, 10][..], &idm, &[0x90, 0]].concat());
    // The reader goes away; afterwards nobody listens there.
    drop((card, driver));
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("virtual reader"), "{said}");
    let said = refused(&["card", "present", &file, "--vpcd", &place], 1);
    assert!(said.contains(&place), "{said}");
}

#[test]
fn a_blank_card_is_issued_once_and_only_the_one_that_is_meant() {
    let folder = Folder::new();
    let file = folder.name("blank.card");
    let idm = "0112000000000007";
    let new = ["card", "new", &file, "--profile", "small-1k"];
    done(&[&new[..], &["--idm", idm, "--blank"]].concat());
    let blank = std::fs::read(&file).expect("the card");
    let tree = shown(&file);
    assert_eq!(tree["systems"][0]["code"], "FFFF");
    assert_eq!(
        tree["systems"][0]["areas"].as_array().map(Vec::len),
        Some(1)
    );

    let other = ["card", "issue", &file, "--idm", "0112000000000008"];
    refused(&other, 1);
    assert_eq!(std::fs::read(&file).expect("the card"), blank);

    let issue = ["card", "issue", &file, "--system", "8092", "--idm", idm];
    assert!(done(&issue).contains("8092"));
    let tree = shown(&file);
    assert_eq!(tree["systems"][0]["code"], "8092");
    assert_eq!(tree["systems"][0]["idm"], idm);
    assert_eq!(
        tree["systems"][0]["services"].as_array().map(Vec::len),
        Some(4)
    );

    let issued = std::fs::read(&file).expect("the card");
    assert!(refused(&issue, 1).contains("issued already"));
    assert_eq!(std::fs::read(&file).expect("the card"), issued);
    refused(&["card", "issue", &data("flipper-v2.nfc")], 1);
    // It takes no passphrase, so it asks for none.
    let (sealed, phrase) = (
        folder.name("s.card"),
        folder.with("phrase", "correct horse"),
    );
    done(&["demo", "--out", &sealed, "--passphrase-file", &phrase]);
    let said = refused(&["card", "issue", &sealed], 1);
    assert!(!said.contains("--passphrase-file"), "{said}");
    let system = [
        "card",
        "new",
        &file,
        "--profile",
        "std-4k",
        "--blank",
        "--system",
        "8092",
    ];
    assert_eq!(run(&system).status.code(), Some(2));
}

#[test]
fn a_new_card_of_every_profile_is_written_once() {
    let folder = Folder::new();
    for profile in Profile::built_in() {
        let file = folder.name(&format!("{}.card", profile.name));
        let new = ["card", "new", &file, "--profile", &profile.name];
        assert!(include_str!("../README.md").contains(&profile.name));
        done(&[&new[..], &["--system", "8092", "--idm", "0102030405060708"]].concat());
        let opened = files::open(Path::new(&file), None).expect("opened");
        let files::Opened::Card { card, sealed } = opened else {
            panic!("a card file");
        };
        assert!(!sealed);
        assert_eq!(card.profile(), &profile);
        let tree = card_tree(&card);
        assert_eq!(tree.counts(), (1, 2, 4), "{}", profile.name);
        let system = &tree.systems[0];
        assert_eq!(
            (system.code.0, system.idm),
            (0x8092, Some(Idm([1, 2, 3, 4, 5, 6, 7, 8])))
        );
        let counts = system.blocks.expect("known");
        assert_eq!(counts.user + counts.system + counts.free, profile.blocks);
        assert_eq!(counts.user, 5);
        let before = std::fs::read(&file).expect("read");
        assert!(refused(&new, 1).contains("is there already"));
        assert_eq!(std::fs::read(&file).expect("read"), before);
    }
    let nowhere = folder.name("none.card");
    for wrong in [
        &["--profile", "std-5k"][..],
        &["--profile", "std-4k", "--system", "FFFF"],
        &["--profile", "std-4k", "--idm", "1102030405060708"],
    ] {
        let output = run(&[&["card", "new", &nowhere], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!folder.path("none.card").exists());
    }
}
