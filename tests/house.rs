//! The rooms of the house and which may use which, the data files that are compiled in, and that nothing which
//! holds a key shows it.

mod circles;

use crate::key_search::runs::{keys_of, search};
use crate::support::{ALL, Division, Issuance, blank_memory, card_of, demo_card};
use cardwright::model::card::profile::{Profile, ProfileError};
use cardwright::model::cipher::{AesKey, DesKey};
use cardwright::model::demo::Demo;
use cardwright::model::party::{KeySam, Policy};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A room, and the rooms that stand above or beside it, which it may not use.
const UP: &[(&str, &[&str])] = &[
    ("model", &["device", "workbench", "ui", "cli", "words"]),
    ("device", &["workbench", "ui", "cli", "words"]),
    ("workbench", &["ui", "cli"]),
    ("ui", &["device", "cli"]),
    ("cli", &["device", "ui"]),
    ("words", &["device", "ui", "cli"]),
];

/// What the model has no use for: it neither does anything outside itself nor shows anything.
const NOT_IN_MODEL: &[&str] = &[
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::io",
    "SystemTime",
    "Instant",
    "egui",
    "getrandom",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The first name of every `crate::…` path in a text, and of every member of `use crate::{…}`. Doc comments may
/// point anywhere.
fn rooms_used(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    for prefix in ["crate::", "cardwright::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(list) => rooms.extend(members(list)),
                None => rooms.push(name(rest)),
            }
        }
    }
    rooms
}

fn name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first names in a braced list, up to its end.
fn members(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![name(list.trim_start())];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(list[at + 1..].trim_start())),
            _ => {}
        }
    }
    names
}

#[test]
fn arrows_run_down_only() {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    assert!(files.len() > 40, "the walk finds the source");
    let mut wrong = Vec::new();
    for path in files {
        let inside = path.strip_prefix(source()).expect("inside").to_path_buf();
        let first = inside.components().next().expect("a room");
        let room = Path::new(first.as_os_str()).with_extension("");
        let room = room.to_str().expect("a name").to_string();
        let text = std::fs::read_to_string(&path).expect("text");
        let up = UP
            .iter()
            .find(|(name, _)| *name == room)
            .map_or(&[][..], |(_, up)| up);
        for used in rooms_used(&text) {
            if up.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
        if room == "model" {
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                let found = NOT_IN_MODEL.iter().filter(|word| line.contains(**word));
                wrong.extend(found.map(|word| format!("{} has {word}", inside.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_walk_sees_every_form_of_use() {
    let rooms = |text| rooms_used(text);
    assert_eq!(rooms("use crate::device::memory::Memory;"), ["device"]);
    assert_eq!(rooms("use crate::{device::{a, b}, ui};"), ["device", "ui"]);
    assert_eq!(
        rooms("    let x = crate::workbench::View::new();"),
        ["workbench"]
    );
    assert_eq!(rooms("/// See crate::ui."), Vec::<String>::new());
}

/// Programs that the tests or the benches start by name, and the Debian packages that they are of.
const STARTED: &[(&str, &str)] = &[
    ("mkfifo", "coreutils"),
    ("opensc-tool", "opensc"),
    ("pcscd", "pcscd"),
    ("sh", "dash"),
    ("strace", "strace"),
];

#[test]
fn every_program_that_is_started_is_installed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let setup = std::fs::read_to_string(root.join("scripts/setup.sh")).expect("text");
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"] {
        rust_files(&root.join(folder), &mut files);
    }
    // In two, so that this is not taken for a start.
    let start = concat!("Command::", "new(\"");
    let mut started = BTreeSet::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("text");
        let programs = text.split(start).skip(1);
        started.extend(programs.filter_map(|rest| Some(rest.split_once('"')?.0.to_string())));
    }
    let known: BTreeSet<String> = STARTED.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(
        started, known,
        "a program that a minimal Debian may not have"
    );
    for (program, package) in STARTED {
        // What every Debian has.
        let installed = ["coreutils", "dash"].contains(package)
            || setup
                .split_whitespace()
                .any(|w| w.trim_end_matches(')') == *package);
        assert!(installed, "{program} is of {package}");
    }
}

#[test]
fn built_in_profiles_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/profiles");
    let files = std::fs::read_dir(folder).expect("the profiles").count();
    let profiles = Profile::built_in();
    assert_eq!(profiles.len(), files);
    for profile in &profiles {
        assert_eq!(profile.check(), Ok(()), "{}", profile.name);
        assert_eq!(Profile::named(&profile.name).as_ref(), Some(profile));
    }
    assert_eq!(Profile::demo().name, "std-4k");
}

#[test]
fn a_profile_that_is_no_chip_is_refused() {
    let wrong = |change: fn(&mut Profile)| {
        let mut profile = Profile::demo();
        change(&mut profile);
        profile.check().expect_err("no chip")
    };
    assert_eq!(wrong(|p| p.blocks = 63), ProfileError::Blocks);
    assert_eq!(wrong(|p| p.blocks = 65_537), ProfileError::Blocks);
    assert_eq!(wrong(|p| p.plain_read_blocks = 16), ProfileError::Limit);
    assert_eq!(wrong(|p| p.secure_write_blocks = 0), ProfileError::Limit);
    // 13 writes need a header, two blocks of addresses and 13 of data.
    assert_eq!(wrong(|p| p.log_blocks = 15), ProfileError::Log);
    let enough = Profile {
        log_blocks: 16,
        ..Profile::demo()
    };
    assert_eq!(enough.check(), Ok(()));
}

/// Every key of the demo: name, key.
fn demo_keys() -> Vec<(String, DesKey)> {
    let demo = Demo::new();
    let rings = demo.issuer.ring.iter().chain(demo.operator.ring.iter());
    let mut keys: Vec<_> = rings
        .map(|(name, key)| (name.to_string(), key.clone()))
        .collect();
    keys.push(("K_D of the card maker".into(), demo.division_key));
    keys
}

/// Every AES key of the demo.
fn demo_aes_keys() -> Vec<(String, AesKey)> {
    let demo = Demo::new();
    let rings = demo
        .issuer
        .ring
        .iter_aes()
        .chain(demo.operator.ring.iter_aes());
    rings
        .map(|(name, key)| (name.to_string(), key.clone()))
        .collect()
}

#[test]
fn demo_aes_keys_are_throw_away_keys() {
    let keys = demo_aes_keys();
    assert_eq!(keys.len(), 6);
    for (name, key) in &keys {
        assert!(name.contains("/aes@"), "{name}");
        assert!(key.expose().starts_with(b"DEMO"), "{name}");
        assert!(key.expose().iter().all(u8::is_ascii_uppercase), "{name}");
    }
    let different: BTreeSet<[u8; 16]> = keys.iter().map(|(_, key)| *key.expose()).collect();
    assert_eq!(different.len(), keys.len());
}

#[test]
fn demo_keys_are_throw_away_keys() {
    let keys = demo_keys();
    assert_eq!(keys.len(), 16 + 3 + 1);
    for (name, key) in &keys {
        assert!(key.expose().starts_with(b"DEMO"), "{name}");
        assert!(key.expose().iter().all(u8::is_ascii_uppercase), "{name}");
        assert!(!key.is_weak(), "{name}");
    }
    // The blank card's two transport keys are one, and K_D is with its maker and the operator.
    let different: BTreeSet<[u8; 8]> = keys.iter().map(|(_, key)| key.without_parity()).collect();
    assert_eq!(different.len(), keys.len() - 2);
}

/// A key of the demo's that a text shows.
fn shows_a_key(text: &str) -> Option<String> {
    let search = search(&keys_of(&Demo::new()));
    search.find(text.as_bytes()).pop().map(|found| found.name)
}

#[test]
fn nothing_that_holds_a_key_shows_it() {
    let mut card = demo_card();
    let mut division = Division::new();
    let mut texts = Vec::new();
    // In the middle of it, where the chip has a pending system and prepared blocks.
    division.run(&mut card, 20).expect_err("paused");
    texts.push(format!("{:?}", card.chip().expect("it has power")));
    texts.push(format!("{:?} {:?}", card.prepared(), card.image()));
    division.run(&mut card, ALL).expect("divided");
    let Demo {
        issuer, operator, ..
    } = &division.demo;
    texts.push(format!("{:?}", division.demo));
    texts.push(format!("{issuer:?} {operator:?} {:?}", division.recording));
    texts.push(format!("{:#?}", card.memory()));
    texts.push(format!("{:?}", card.journal()));
    texts.push(format!(
        "{:?}",
        KeySam::new(issuer.ring.clone(), Policy::Owner)
    ));
    texts.push(format!("{:?}", division.messages));
    texts.push(format!("{:?}", division.recording));
    let block = cardwright::model::card::Block(*b"DEMOSYSADEMOROOT");
    texts.push(format!("{block:?}"));
    let mut issuance = Issuance::of(Demo::new());
    let mut blank = card_of(blank_memory(Demo::new().idm, &Demo::new().division_key));
    issuance.run(&mut blank, ALL).expect("issued");
    texts.push(format!("{:?} {:?}", issuance.desk, issuance.messages));
    texts.push(format!("{:?}", issuance.recording));
    for entry in division.log.0.iter().chain(&issuance.log.0) {
        texts.push(serde_json::to_string(entry).expect("JSON"));
        texts.push(format!("{entry:?}"));
    }
    for text in &texts {
        assert_eq!(
            shows_a_key(text),
            None,
            "in {}",
            &text[..text.len().min(60)]
        );
    }
    assert!(texts.iter().map(String::len).sum::<usize>() > 10_000);
}

#[test]
fn packages_and_sessions_do_not_show_their_keys() {
    use cardwright::model::card::{Idm, NodeCode, ServiceCode, SystemCode};
    use cardwright::model::cipher::{
        AreaPackage, GroupKey, Inf1, IssueIdPackage, MutualAuth, Pf, ServicePackage, Session,
        UserKey,
    };
    let key = || DesKey::new(*b"DEMOSYSA");
    let group = GroupKey(key());
    let user = UserKey(key());
    let auth = MutualAuth::new(&group, &user, Idm([0; 8]));
    let pf = Pf {
        system_code: SystemCode(0xFE42),
        system_key_version: 1,
        system_key: key(),
        root_key_version: 1,
        root_key: key(),
    };
    let area = AreaPackage {
        code: NodeCode(0x1000),
        end: NodeCode(0x10FF),
        blocks: 1,
        key_version: 1,
        key: key(),
    };
    let service = ServicePackage {
        code: ServiceCode::new(0x1008).expect("a service"),
        blocks: 1,
        key_version: 1,
        key: key(),
    };
    let id = IssueIdPackage {
        system_code: SystemCode(3),
        area0_key_version: 1,
        area0_key: key(),
    };
    let inf_1 = Inf1 {
        system_code: SystemCode(0xFE42),
        root_key: key(),
    };
    let session = Session::new(b"DEMOSYSA", key());
    let text = format!(
        "{group:?} {user:?} {auth:?} {pf:?} {area:?} {service:?} {id:?} {inf_1:?} {session:?}"
    );
    assert_eq!(shows_a_key(&text), None, "{text}");
}

#[test]
fn nothing_of_the_aes_generation_shows_its_keys() {
    use crate::aes::{AREA, PASS, aes_card, key_of, owner_sam, target};
    use cardwright::model::card::NodeCode;
    use cardwright::model::cipher::{AesKeyPackage, AesMutualAuth, IndividualKey, aes_group_key};
    use cardwright::model::command::SecureRequest;
    use cardwright::model::reader::Reader;
    let (mut card, mut sam, idm) = (aes_card(), owner_sam(), Demo::new().idm);
    let package = AesKeyPackage {
        node: NodeCode(PASS),
        key_version: 2,
        key: key_of(PASS),
    };
    let mut reader = Reader::new(&mut card);
    let mut rng = crate::support::SeededRng(1);
    let opened = reader.authenticate_v2(&mut sam, &target(idm, &[AREA]), &mut rng);
    opened.expect("genuine");
    let sealed = package.seal(&key_of(AREA), Some(&key_of(PASS)));
    let register = SecureRequest::RegisterAesKey {
        node: NodeCode(PASS),
        package: sealed,
    };
    reader.secure(&mut sam, &register).expect("prepared");
    let mut text = format!("{:?} {register:?}", reader.frames);
    let group = aes_group_key(&[&key_of(PASS)]);
    let auth = AesMutualAuth::new(&group, &IndividualKey(key_of(PASS)), idm);
    text += &format!("{package:?} {group:?} {auth:?} {sam:?}");
    text += &format!("{:?} {:?} {:?}", card.chip(), card.image(), card.prepared());
    text += &format!("{:?} {:?}", card.journal(), card.memory());
    assert!(
        text.contains("AesOpen") && text.contains("AesKey("),
        "{text}"
    );
    assert_eq!(shows_a_key(&text), None);
}
