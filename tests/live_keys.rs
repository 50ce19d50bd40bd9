//! What is kept in the plain holds demo keys alone, whoever put the keys there.

use crate::cli::Folder;
use crate::history::after;
use crate::kept::{Presented, UdpLink, opened};
use crate::support::{SeededRng, demo_card};
use cardwright::device::card_file::{CardFileError, Passphrase, write_demo, write_sealed};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files;
use cardwright::device::readers::NoReaders;
use cardwright::device::system::SystemRng;
use cardwright::model::card::{Block, Idm, NodeCode, SystemCode};
use cardwright::model::cipher::{DesKey, key_change_package};
use cardwright::model::demo::Demo;
use cardwright::model::party::{KeyNode, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink};
use cardwright::model::reader::{KeyChange, Outcome, Reader};
use cardwright::workbench::Workbench;
use cardwright::workbench::command::Command;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const LIVE: [u8; 8] = [0x3B, 0x91, 0x5E, 0x0D, 0xA4, 0x68, 0xC7, 0xF2];

/// Physical address of the system definition block, where SYS_K stands from byte 4 on.
fn system_block(card: &EmulatedCard) -> u32 {
    card.memory().data().len() as u32 - 3
}

fn with_key(card: &EmulatedCard, key: &[u8]) -> Block {
    let mut block = card.memory().data()[system_block(card) as usize];
    block.put(4, key);
    block
}

fn plain(card: &EmulatedCard) -> Result<Vec<u8>, CardFileError> {
    write_demo(card.profile(), card.memory(), card.journal())
}

/// Changes the system's key of the demo card, as its owner would.
fn change_system_key(link: &mut dyn CardLink, idm: Idm, new: [u8; 8]) -> Outcome {
    let demo = Demo::new();
    let system = demo.plan.system;
    let ring = demo.issuer.ring;
    let old = ring.newest(system, KeyNode::Node(NodeCode::SYSTEM));
    let old: DesKey = old.expect("the system's key").1.clone();
    let target = AuthTarget {
        idm,
        system,
        areas: vec![NodeCode::AREA_0],
        services: vec![NodeCode::SYSTEM],
    };
    let version = 7;
    let package = key_change_package(&old, &old, &DesKey::new(new), version);
    let mut sam = KeySam::new(ring, Policy::Owner);
    let mut reader = Reader::new(link);
    match reader.open(&mut sam, &target, &mut SeededRng(7)) {
        Ok(mut session) => session.change_keys(&[KeyChange {
            node: NodeCode::SYSTEM,
            version,
            package,
        }]),
        Err(error) => Outcome::NotDone(error),
    }
}

#[test]
fn no_card_with_a_live_key_is_written_in_the_plain() {
    let mut card = demo_card();
    assert!(plain(&card).is_ok());
    let (at, live, demo) = (
        system_block(&card),
        with_key(&card, &LIVE),
        with_key(&card, b"DEMOSYSB"),
    );
    card.edit(at, &[live]).expect("a card still");
    assert_eq!(plain(&card), Err(CardFileError::LiveKey(at)));
    let words = Passphrase::new("open sesame".into());
    let sealed = write_sealed(
        card.profile(),
        card.memory(),
        card.journal(),
        &words,
        &mut SystemRng,
    );
    assert!(sealed.is_ok(), "sealed it may be");
    let folder = Folder::new();
    let file = folder.path("live.card");
    assert!(files::save(&file, &card, None).is_err());
    assert!(!file.exists());
    // It stands in the history after another key took its place, and when it was taken back.
    card.edit(at, &[demo]).expect("a card still");
    assert_eq!(plain(&card), Err(CardFileError::LiveKey(at)));
    assert!(card.undo() && card.undo());
    assert_eq!(plain(&card), Err(CardFileError::LiveKey(at)));
}

#[test]
fn a_live_key_that_a_command_sets_is_seen() {
    let mut card = demo_card();
    let idm = Demo::new().idm;
    assert_eq!(
        change_system_key(&mut card, idm, *b"DEMOSYSB"),
        Outcome::Done
    );
    assert!(plain(&card).is_ok());
    let mut card = demo_card();
    assert_eq!(change_system_key(&mut card, idm, LIVE), Outcome::Done);
    let at = system_block(&card);
    assert_eq!(plain(&card), Err(CardFileError::LiveKey(at)));
}

#[test]
fn a_key_typed_in_a_demo_workspace_is_a_demo_key_or_refused_where_it_was_typed() {
    let folder = Folder::new();
    // No readers, whose coming would be taken for the answer to a command.
    let bench = Workbench::open_with(Some(folder.path("demo")), Arc::new(NoReaders));
    let card = demo_card();
    let address = system_block(&card);
    let edit = |key: &[u8; 8]| {
        let mut bytes = [None; 16];
        bytes[4..12].copy_from_slice(&key.map(Some));
        let bytes = bytes.into();
        after(&bench, Command::Edit { address, bytes })
    };
    let kept = || std::fs::read(folder.path("demo").join("emulated.card")).expect("kept");
    let before = kept();
    let view = edit(&LIVE);
    let refused = view.refused_edit.as_ref().expect("it is said");
    assert!(refused.words.what.contains("no demo key"));
    assert!(refused.words.what.contains("DEMO"), "what is right");
    assert!(view.notices.is_empty(), "once");
    assert_eq!(kept(), before);
    let view = edit(b"DEMOSYSB");
    assert_eq!(view.refused_edit, None);
    assert_ne!(kept(), before);
}

#[test]
fn a_client_that_sets_a_live_key_in_a_plain_file_is_not_answered() {
    let folder = Folder::new();
    let file = folder.name("a.card");
    files::save(Path::new(&file), &demo_card(), None).expect("saved");
    let before = std::fs::read(&file).expect("there");
    let presented = Presented::start(&file, &[]);
    let idm = Demo::new().idm;
    let mut link = UdpLink::to(presented.address, Duration::from_millis(300));
    let outcome = change_system_key(&mut link, idm, LIVE);
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    presented.signal("TERM");
    let (code, out, err) = presented.end();
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(err.contains("no demo key"), "{err}");
    assert!(err.contains("sealed"), "what to do: {err}");
    assert_eq!(std::fs::read(&file).expect("there"), before);
    let shown = opened(Path::new(&file), None);
    let systems = shown.image().expect("a card").systems;
    assert_eq!(systems[0].code, SystemCode(0x0003));
    assert!(systems[0].key.key == DesKey::new(*b"DEMOSYSA"));
}
