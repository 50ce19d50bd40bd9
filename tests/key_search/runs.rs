//! What is run with planted keys, and what is kept of it: everything that anybody could show, log, send or save.

use super::search::{Found, Search};
use crate::cli::{Folder, data, run};
use crate::nfcpy::nfcpy_tree;
use crate::support::{ALL, Division, Issuance, SeededRng, off_by_one_bit};
use crate::trace_export::every_export;
use crate::udp::with_card;
use crate::workbench::{after, ended};
use cardwright::device::emulated::{EmulatedCard, LinkFault};
use cardwright::device::files::card_tree;
use cardwright::device::memory::Memory;
use cardwright::device::system::SystemClock;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{NodeCode, SystemCode};
use cardwright::model::chip::factory_image;
use cardwright::model::cipher::{AesKey, DesKey, group_key, issuer_package_key, user_key};
use cardwright::model::command::{Frame, code};
use cardwright::model::demo::Demo;
use cardwright::model::dump::export::Format;
use cardwright::model::dump::{flipper, json, proxmark3};
use cardwright::model::flow::divide::Operator;
use cardwright::model::flow::table::StepId;
use cardwright::model::hex;
use cardwright::model::party::{KeyNode, KeyRing};
use cardwright::model::port::{CardLink, LinkError, Rng, Touch};
use cardwright::model::reader::scan::scan;
use cardwright::model::reader::{Reader, observe};
use cardwright::model::trace::Trace;
use cardwright::workbench::headless::new_card;
use cardwright::workbench::{Command, View, Workbench};
use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Everything that was said, sent or kept, each under a name.
#[derive(Default)]
pub struct Said(Vec<(String, Vec<u8>)>);

impl Said {
    pub fn text(&mut self, name: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.0.push((name.into(), text.into()));
    }

    pub fn debug(&mut self, name: &str, value: &dyn Debug) {
        self.text(name, format!("{value:?}"));
        self.text(name, format!("{value:#?}"));
    }

    /// Every file below a folder, but for those whose names end so.
    pub fn folder(&mut self, folder: &Path, but: &[&str]) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.display().to_string();
            if path.is_dir() {
                self.folder(&path, but);
            } else if !but.iter().any(|end| name.ends_with(end)) {
                self.text(name, std::fs::read(&path).expect("a file"));
            }
        }
    }

    /// What of it holds a key.
    pub fn found(&self, search: &Search) -> Vec<(&str, Found)> {
        let each = self.0.iter();
        let found = each.flat_map(|(name, text)| {
            search
                .find(text)
                .into_iter()
                .map(move |f| (name.as_str(), f))
        });
        found.collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Names and bytes of keys.
pub type Keys = Vec<(String, Vec<u8>)>;

/// A demo whose keys are all drawn at random: they look like live ones.
pub fn planted(mut demo: Demo, seed: u64) -> Demo {
    let mut rng = SeededRng(seed);
    let transport = DesKey::new(rng.eight());
    let mut ring = |old: &KeyRing| {
        let keys = old.iter().map(|(name, _)| {
            let key = match name.system {
                SystemCode::ANY => transport.clone(),
                _ => DesKey::new(rng.eight()),
            };
            (name.clone(), key)
        });
        let mut new = KeyRing::new(keys.collect::<Vec<_>>());
        for (name, _) in old.iter_aes() {
            let mut key = [0; 16];
            rng.fill(&mut key);
            new.insert_aes(name.clone(), AesKey::new(key));
        }
        new
    };
    demo.issuer.ring = ring(&demo.issuer.ring);
    let maker = demo
        .issuer
        .ring
        .newest_aes(SystemCode::ANY, KeyNode::Node(NodeCode::SYSTEM));
    demo.aes_transport_key = maker.expect("the demo has one").1.clone();
    let operators = ring(&demo.operator.ring);
    let division = operators.newest(demo.issuer.system, KeyNode::Division);
    demo.division_key = division.map_or(transport.clone(), |(_, key)| key.clone());
    demo.transport_key = transport;
    demo.operator = Operator::new(operators, demo.operator.system);
    demo
}

/// The demo's keys and what is made of them: degenerate keys and the key of Pj.
pub fn keys_of(demo: &Demo) -> Keys {
    let rings = [&demo.issuer.ring, &demo.operator.ring];
    let mut keys: Keys = Vec::new();
    for ring in rings {
        keys.extend(
            ring.iter()
                .map(|(name, key)| (name.to_string(), key.expose().to_vec())),
        );
        keys.extend(
            ring.iter_aes()
                .map(|(name, key)| (name.to_string(), key.expose().to_vec())),
        );
    }
    let mut add = |name: &str, key: &DesKey| keys.push((name.into(), key.expose().to_vec()));
    add("K_D", &demo.division_key);
    add("transport", &demo.transport_key);
    let node = |node| {
        demo.issuer
            .ring
            .newest(demo.issuer.system, KeyNode::Node(node))
    };
    let (system, root) = (
        node(NodeCode::SYSTEM).expect("a key").1,
        node(NodeCode::AREA_0).expect("a key").1,
    );
    add("K_J", &issuer_package_key(system, root));
    let group = group_key(system, &[root]);
    add("G", &group.0);
    add("U", &user_key(&group, &[root]).0);
    keys
}

/// A search for these keys.
pub fn search(keys: &Keys) -> Search {
    Search::new(keys.iter().map(|(name, key)| (name.as_str(), &key[..])))
}

/// Randomness whose draws of a key's length are noted: a card draws its session keys.
struct Noted(SeededRng, Arc<Mutex<Keys>>);

impl Rng for Noted {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
        if bytes.len().is_multiple_of(8) {
            let mut keys = self.1.lock().expect("no panic while it is held");
            keys.push(("session key".into(), bytes.to_vec()));
        }
    }
}

/// A card whose frames are kept, both ways.
struct Tapped {
    card: EmulatedCard,
    wire: Vec<u8>,
}

impl CardLink for Tapped {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        self.wire.extend(frame.as_bytes());
        let answer = self.card.transceive(frame);
        if let Ok(Some(answer)) = &answer {
            self.wire.extend(answer.as_bytes());
        }
        answer
    }

    fn field_off(&mut self) {
        CardLink::field_off(&mut self.card);
    }

    fn touch(&self) -> Touch {
        self.card.touch()
    }

    fn at_step(&mut self, step: Option<&StepId>) {
        self.card.at_step(step);
    }
}

/// A card is issued, looked at and divided in the model, with an answer lost, a refusal, and everything printed.
pub fn flows() -> (Said, Keys) {
    let mut said = Said::default();
    let demo = planted(Demo::new(), 11);
    let mut keys = keys_of(&demo);
    let drawn = Arc::new(Mutex::new(Keys::new()));
    let profile = Profile::demo();
    let blocks = factory_image(&profile, demo.idm, &demo.division_key, &demo.transport_key);
    let memory = Memory::new(blocks, &profile);
    let rng = Box::new(Noted(SeededRng(12), Arc::clone(&drawn)));
    let card =
        EmulatedCard::with_sources(profile, memory, rng, Box::new(SystemClock)).expect("a card");
    let mut card = Tapped {
        card,
        wire: Vec::new(),
    };
    card.card.record(Trace::default());
    said.debug("the demo", &demo);

    let mut issuance = Issuance::of(planted(Demo::new(), 11));
    card.card
        .disturb(code::CHANGE_SYSTEM_BLOCK, LinkFault::AnswerLost);
    said.debug("an answer that was lost", &issuance.run(&mut card, ALL));
    issuance.run(&mut card, ALL).expect("issued");
    said.debug(
        "issuing",
        &(&issuance.log, &issuance.recording, &issuance.messages),
    );

    let mut division = Division::new();
    division.demo = demo;
    let key = division.demo.division_key.clone();
    let mut stranger = Division::new();
    stranger.demo = planted(Demo::new(), 11);
    let name = stranger
        .demo
        .operator
        .ring
        .iter()
        .find(|(name, _)| name.node == KeyNode::Division);
    let name = name.expect("K_D").0.clone();
    let mut wrong = stranger.demo.operator.ring.clone();
    wrong.insert(name, off_by_one_bit(&key));
    stranger.demo.operator = Operator::new(wrong, stranger.demo.operator.system);
    let refused = stranger.run(&mut card, ALL);
    assert!(refused.is_err(), "another K_D");
    said.debug("a refusal", &refused);
    card.card
        .disturb(code::CHANGE_SYSTEM_BLOCK, LinkFault::AnswerLost);
    said.debug("a division's lost answer", &division.run(&mut card, ALL));
    division.run(&mut card, ALL).expect("divided");
    said.debug(
        "dividing",
        &(
            &division.log,
            &division.recording,
            &division.messages,
            &division.recording,
        ),
    );
    said.debug("the parties", &(&division.demo, &issuance.desk));
    let log = serde_json::to_vec(&division.log.0).expect("JSON");
    said.text("the log", log);

    let observed = observe(&mut Reader::new(&mut card)).expect("observed");
    said.debug("an observation", &observed);
    let mut all = division.demo.issuer.ring.clone();
    let operator = division.demo.operator.ring.iter();
    operator.for_each(|(name, key)| all.insert(name.clone(), key.clone()));
    let scanned = scan(
        &mut Reader::new(&mut card),
        &all,
        &mut SeededRng(13),
        &mut |_| (),
    );
    assert!(
        scanned.closed().next().is_none(),
        "the planted keys open it"
    );
    said.debug("a scan", &scanned);
    shown(&mut said, "the divided card", &card.card);
    said.text("the wire", std::mem::take(&mut card.wire));
    let trace = card.card.trace().expect("noted");
    said.debug("the trace", trace);
    for export in every_export(trace) {
        said.text("an export of the trace", export);
    }
    keys.append(&mut drawn.lock().expect("no panic while it is held"));
    assert!(keys.len() > 40, "session keys were drawn: {}", keys.len());
    (said, keys)
}

/// A card in every form but its own file.
fn shown(said: &mut Said, name: &str, card: &EmulatedCard) {
    let tree = card_tree(card);
    said.debug(
        name,
        &(
            &tree,
            card.image(),
            card.chip(),
            card.memory(),
            card.journal(),
        ),
    );
    said.text(name, json::cardwright(&tree, "").to_string());
    said.text(name, proxmark3::write(&tree).to_string());
    said.text(name, flipper::write(&tree).expect("a Flipper dump"));
    for format in [Format::Proxmark3, Format::Flipper, Format::Text] {
        said.debug(
            name,
            &cardwright::model::dump::export::carried(tree.clone(), format),
        );
    }
}

/// A card of the AES generation with keys of both ciphers, read by another program too.
pub fn aes_card() -> (Said, Keys) {
    let mut said = Said::default();
    let demo = planted(Demo::small(SystemCode(0x8092), None), 21);
    let keys = keys_of(&demo);
    assert!(
        keys.iter().any(|(_, key)| key.len() == 16),
        "AES keys are planted"
    );
    let profile = Profile::named("aes-4k").expect("a profile");
    let mut card = new_card(&demo, profile).expect("issued");
    shown(&mut said, "a card of the AES generation", &card);
    said.text("nfcpy", with_card(&mut card, nfcpy_tree).to_string());
    (said, keys)
}

/// The command line, with a key list that looks live.
pub fn command_line() -> (Said, Keys) {
    let folder = Folder::new();
    let mut rng = SeededRng(31);
    let mut keys = Keys::new();
    let mut lines = Vec::new();
    for node in ["FFFF", "0000", "1000", "1008", "1410"] {
        let key = rng.eight();
        keys.push((format!("listed {node}"), key.to_vec()));
        let digits = hex::plain(&key);
        let version = match node {
            "FFFF" => 258,
            "0000" => 5,
            "1000" => 3,
            "1008" => 2,
            _ => 7,
        };
        lines.push(format!(r#"{{"system_code":"9001","node":"{node}","algo":"DES","version":{version},"key":"{digits}"}}"#));
    }
    let list = folder.with("in.jsonl", lines.join("\n"));
    // A dump that holds keys itself: a DES key of each area, an AES key of each service.
    let mut dumped = Vec::new();
    for line in crate::dump::V2.lines() {
        dumped.push(line.to_string());
        let Some((name, _)) = line.split_once(": |") else {
            continue;
        };
        let key = match name.split(' ').next() {
            Some("Area") => rng.eight().to_vec(),
            Some("Service") => [rng.eight(), rng.eight()].concat(),
            _ => continue,
        };
        dumped.push(format!("{name} Key: {}", hex::plain(&key)));
        keys.push((format!("dumped {} {name}", dumped.len()), key));
    }
    let cut_key = dumped.iter().rposition(|line| line.contains(" Key: "));
    let mut cut_dump = dumped.clone();
    cut_dump[cut_key.expect("a key")].pop();
    let dumped = folder.with("dumped.in", dumped.join("\n"));
    let cut_dump = folder.with("cut dump.in", cut_dump.join("\n"));
    let from_dump = folder.name("from dump.card");
    let cut = folder.with("cut.jsonl", &lines.join("\n")[..120]);
    let twice = folder.with(
        "twice.jsonl",
        [&lines[0][..], &lines[0].replace("FFFF\"", "FFFF\" ")].join("\n"),
    );
    let phrase = folder.with("phrase.in", "correct horse battery");
    let wrong = folder.with("wrong.in", "another passphrase");
    let (dump, demo) = (data("proxmark3.json"), folder.name("workspace"));
    let named = |name: &str| folder.name(name);
    let (sealed, own) = (named("sealed.card"), named("own.card"));
    let with = ["--passphrase-file", &phrase];
    let not = ["--passphrase-file", &wrong];
    let place = ["--workspace", &demo];
    let commands: Vec<(i32, Vec<&str>)> = vec![
        (0, vec!["card", "tree", &dumped]),
        (0, vec!["card", "tree", &dumped, "--json"]),
        (0, vec!["card", "convert", &dumped, &from_dump]),
        (4, vec!["card", "tree", &cut_dump]),
        (
            0,
            [
                &["card", "convert", &dump, &sealed, "--keys", &list][..],
                &with,
            ]
            .concat(),
        ),
        (0, [&["card", "tree", &sealed][..], &with].concat()),
        (
            0,
            [&["card", "tree", &sealed, "--json"][..], &with].concat(),
        ),
        (
            0,
            [&["card", "tree", &sealed, "--json=pm3"][..], &with].concat(),
        ),
        (1, [&["card", "tree", &sealed][..], &not].concat()),
        (
            4,
            [&["card", "convert", &dump, &own, "--keys", &cut][..], &with].concat(),
        ),
        (
            0,
            [
                &["keys", "import", &list, "--owner", "issuer:test"][..],
                &place,
                &with,
            ]
            .concat(),
        ),
        (0, [&["keys", "list", "--kcv"][..], &place, &with].concat()),
        (1, [&["keys", "list", "--kcv"][..], &place, &not].concat()),
        (
            0,
            [
                &["keys", "remove", "issuer:test/9001/1008/des@2"][..],
                &place,
                &with,
            ]
            .concat(),
        ),
    ];
    let mut said = Said::default();
    let mut told = |expected: i32, arguments: &[&str]| {
        let output = run(arguments);
        let name = arguments.join(" ");
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{name}: {shown}");
        said.text(format!("{name}, output"), output.stdout);
        said.text(format!("{name}, errors"), output.stderr);
    };
    for (expected, arguments) in &commands {
        told(*expected, arguments);
    }
    for out in ["out.json", "out.nfc", "out.txt"] {
        let out = folder.name(out);
        told(
            0,
            &[&["card", "convert", &sealed, &out][..], &with].concat(),
        );
    }
    let output = run(&[
        &["card", "convert", &dump, &own, "--keys", &twice][..],
        &with,
    ]
    .concat());
    said.text(
        "a list with one key twice",
        [output.stdout, output.stderr].concat(),
    );
    said.folder(Path::new(&folder.name("")), &[".jsonl", ".in"]);
    (said, keys)
}

/// The window's workbench on a workspace of its own: a division, with a step back and a restart in it.
pub fn workspace() -> (Said, Keys) {
    let folder = Folder::new();
    let place = Path::new(&folder.name("demo")).to_path_buf();
    let mut said = Said::default();
    let mut look = |name: &str, view: &View| said.debug(name, view);
    {
        let bench = Workbench::open(Some(place.clone()));
        look("the start", &bench.view());
        after(&bench, Command::StartDivide, "the wizard", |view| {
            view.flow.is_some()
        });
        for step in 1..=12 {
            let view = after(&bench, Command::Next, "a step", |view| {
                view.flow.as_ref().and_then(|flow| flow.next) == Some(step)
            });
            look("a step", &view);
        }
    }
    let bench = Workbench::open(Some(place.clone()));
    let view = after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    look("the end", &view);
    said.folder(&place, &[".card"]);
    drop(bench);
    said.folder(&place, &[".card"]);
    (said, keys_of(&Demo::new()))
}
