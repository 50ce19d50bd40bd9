//! Readers and cards that come and go, on the machine's own PC/SC service: what is told of them, what the command line
//! lists, and what the workbench shows.

use crate::pcscd::{READER, Service, on_the_reader};
use crate::support::demo_card;
use cardwright::device::pcsc::link::PcscLink;
use cardwright::device::pcsc::{PcscWatch, watch};
use cardwright::device::readers::{PcscError, PcscReader, ReaderLink as _, Seen};
use cardwright::model::apdu::Family;
use cardwright::model::card::{Block, ServiceCode, SystemCode};
use cardwright::model::demo::Demo;
use cardwright::model::hex;
use cardwright::model::port::{CardLink as _, LinkError};
use cardwright::model::reader::{CardError, Reader, observe};
use cardwright::workbench::view::{OnReader, ServiceState, View};
use cardwright::workbench::{Command, Workbench};
use serde_json::{Value, json};
use std::process;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Long enough for a service to start and to see a card on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// The service looks at its readers every 0.4 s; a card put down sooner after another is taken for that one.
const BETWEEN_CARDS: Duration = Duration::from_secs(2);

/// What a watch told.
struct Told {
    news: Receiver<Seen>,
    _watch: PcscWatch,
}

impl Told {
    fn begin() -> Told {
        let (tell, news) = channel();
        let watch = watch(move |seen| {
            let _ = tell.send(seen);
        });
        Told {
            news,
            _watch: watch,
        }
    }

    /// Waits for news of which `fits` holds, and gives the readers in it; what comes before is passed over.
    fn until(&self, what: &str, fits: impl Fn(&Seen) -> bool) -> Vec<PcscReader> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok(seen) if fits(&seen) => return seen.unwrap_or_default(),
                Ok(_) => {}
                Err(_) => panic!("waited in vain: {what}"),
            }
        }
    }
}

/// Whether a card lies on our reader; `None` without the reader.
fn card(seen: &Seen) -> Option<bool> {
    let reader = seen
        .as_ref()
        .ok()?
        .iter()
        .find(|reader| reader.name == READER)?;
    Some(reader.card_present)
}

#[test]
fn readers_and_cards_that_come_and_go_are_told() {
    let mut service = Service::get();
    let told = Told::begin();
    told.until("the reader", |seen| card(seen) == Some(false));
    let mut changes = Vec::new();
    for _ in 0..2 {
        on_the_reader(&service, &mut demo_card(), || {
            let readers = told.until("the card", |seen| card(seen) == Some(true));
            let reader = readers.iter().find(|reader| reader.name == READER);
            changes.push(reader.expect("waited for").changes);
        });
        told.until("no card", |seen| card(seen) == Some(false));
        std::thread::sleep(BETWEEN_CARDS);
    }
    assert_ne!(changes[0], changes[1], "one card is told from the next");
    // A service that was not started here is not ended here.
    if service.stop() {
        told.until("no service", |seen| *seen == Err(PcscError::NoService));
        service.start();
        told.until("the reader again", |seen| card(seen) == Some(false));
        on_the_reader(&service, &mut demo_card(), || {
            told.until("the card again", |seen| card(seen) == Some(true));
        });
    }
}

#[test]
fn a_watch_on_a_quiet_machine_tells_nothing_and_ends_at_once() {
    let _service = Service::get();
    for _ in 0..5 {
        let told = Told::begin();
        told.until("the reader", |seen| card(seen).is_some());
        let more = told.news.recv_timeout(Duration::from_millis(300));
        assert!(more.is_err(), "{more:?}");
        let Told { news, _watch } = told;
        drop(_watch);
        // The thread has gone, and what it told with.
        assert!(news.recv().is_err());
    }
}

/// `cardwright readers …`: exit code, output and errors.
fn listed(arguments: &[&str]) -> (i32, String, String) {
    let output = process::Command::new(env!("CARGO_BIN_EXE_cardwright"))
        .arg("readers")
        .args(arguments)
        .output()
        .expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code().expect("it ended"),
        text(output.stdout),
        text(output.stderr),
    )
}

fn listed_json(arguments: &[&str]) -> Value {
    let (code, out, said) = listed(&[arguments, &["--json"]].concat());
    assert_eq!((code, said.as_str()), (0, ""));
    let value: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value["schema"], "cardwright.readers/1");
    let readers = value["readers"].as_array().expect("a list");
    let ours = readers.iter().find(|reader| reader["name"] == READER);
    ours.expect("our reader").clone()
}

#[test]
fn the_command_line_lists_readers_with_the_cards_on_them() {
    let mut service = Service::get();
    let mut card = demo_card();
    let pmm = hex::plain(&card.profile().pmm.0);
    let idm = Demo::new().idm;
    let empty = listed_json(&[]);
    assert_eq!(empty["card_present"], json!(false));
    assert_eq!(
        (&empty["id"], &empty["error"]),
        (&Value::Null, &Value::Null)
    );
    on_the_reader(&service, &mut card, || {
        let expected = json!({
            "name": READER,
            "family": "acs",
            "by_name": true,
            "every_command": true,
            "card_present": true,
            "id": hex::plain(&idm.0),
            "pmm": pmm,
            "kind": "FeliCa Standard",
            "systems": ["0003"],
            "error": null,
        });
        assert_eq!(listed_json(&[]), expected);
        let limited = listed_json(&["--family", "sony-s380"]);
        assert_eq!(limited["every_command"], json!(false));
        assert_eq!(limited["id"], expected["id"]);
        assert_eq!(limited["pmm"], expected["pmm"]);
        assert_eq!(limited["systems"], Value::Null, "it cannot ask");
        // A form that this reader does not have is an error of this reader, not of the list.
        let wrong = listed_json(&["--family", "identiv"]);
        assert_eq!(wrong["id"], Value::Null);
        assert_eq!(wrong["error"], "The reader does not work.");

        let (code, out, said) = listed(&[]);
        assert_eq!((code, said.as_str()), (0, ""));
        let lines: Vec<&str> = out.lines().collect();
        let at = lines.iter().position(|line| line.starts_with(READER));
        let at = at.expect("our reader");
        assert_eq!(lines[at], format!("{READER}  acs  card present"));
        let of_card = format!("  IDm {idm}  PMm ");
        assert!(lines[at + 1].starts_with(&of_card), "{}", lines[at + 1]);
        assert!(lines[at + 1].ends_with("FeliCa Standard  systems 0003"));
    });
    let (code, _, said) = listed(&["--family", "nobody"]);
    assert_eq!(code, 2);
    assert!(said.contains("sony-s300"), "{said}");
    if service.stop() {
        let (code, out, said) = listed(&["--json"]);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(said.contains("service is not running"), "{said}");
        service.start();
    }
}

#[test]
fn a_limited_reader_reads_single_blocks_and_says_what_it_cannot_send() {
    let service = Service::get();
    let mut card = demo_card();
    let idm = Demo::new().idm;
    let whole = observe(&mut Reader::new(&mut card)).expect("observed");
    let plain = whole.systems[0]
        .data
        .iter()
        .find(|(_, blocks)| !blocks.is_empty());
    let (code, blocks) = plain.expect("a service without a key");
    let (code, expected): (ServiceCode, Block) = (*code, blocks[&0]);
    on_the_reader(&service, &mut card, || {
        for family in [Family::SonyS380, Family::Basic] {
            let mut link = PcscLink::of_family(READER, family).expect("a name");
            let mut reader = Reader::new(&mut link);
            assert_eq!(reader.poll(SystemCode::ANY).expect("polled").idm, idm);
            assert_eq!(reader.read_plain(idm, code, &[0]), Ok(vec![expected]));
            let cannot = CardError::Link(LinkError::CannotSend(0x0C));
            assert_eq!(reader.system_codes(idm), Err(cannot));
            assert_eq!(link.card_id(), Ok(idm.0.to_vec()));
        }
    });
}

fn wait(bench: &Workbench, what: &str, ready: impl Fn(&View) -> bool) -> Arc<View> {
    let until = Instant::now() + PATIENCE;
    loop {
        let view = bench.view();
        if ready(&view) {
            return view;
        }
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_workbench_shows_a_card_on_the_reader_and_that_it_left() {
    let mut service = Service::get();
    let mut card = demo_card();
    let expected = observe(&mut Reader::new(&mut card))
        .expect("observed")
        .tree();
    card.field_off();
    let bench = Workbench::open(None);
    let at = |view: &View| view.readers.iter().position(|reader| reader.name == READER);
    let view = wait(&bench, "the reader", |view| at(view).is_some());
    bench.send(Command::ChooseReader(at(&view).expect("waited for")));
    wait(&bench, "no card", |view| {
        view.on_reader == Some(OnReader::Empty)
    });
    for _ in 0..2 {
        on_the_reader(&service, &mut card, || {
            let view = wait(&bench, "the card", |view| {
                view.on_reader == Some(OnReader::Shown)
            });
            assert_eq!(*view.card.as_ref().expect("a card").tree, expected);
            // It was given free: another program gets at it.
            let mut link = PcscLink::new(READER).expect("a name");
            assert_eq!(link.card_id(), Ok(Demo::new().idm.0.to_vec()));
            drop(link);
            // What the look itself did is no news.
            let view = bench.view();
            std::thread::sleep(Duration::from_millis(600));
            assert!(Arc::ptr_eq(&view, &bench.view()));
        });
        let view = wait(&bench, "no card", |view| {
            view.on_reader == Some(OnReader::Empty)
        });
        assert!(view.card.is_none());
        std::thread::sleep(BETWEEN_CARDS);
    }
    if service.stop() {
        let view = wait(&bench, "no service", |view| {
            view.service == ServiceState::NotRunning
        });
        assert_eq!(view.on_reader, Some(OnReader::Unplugged));
        service.start();
        wait(&bench, "the reader again", |view| {
            view.on_reader == Some(OnReader::Empty)
        });
        on_the_reader(&service, &mut card, || {
            wait(&bench, "the card again", |view| {
                view.on_reader == Some(OnReader::Shown)
            });
        });
    }
}
