//! Registration and change of AES keys, and of a node's DES key giving way to it: what is prepared, refused, written
//! as one, and cut in the middle.

use super::{
    AREA, LOG, PASS, PASS_FREE, SYSTEM, SlowReader, aes_card, aes_profile, card_of, demo,
    des_issued, key_of, owner_sam, slow, target,
};
use crate::support::{SeededRng, key_name, ring_of};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{PowerCut, Torn};
use cardwright::model::card::image::StoredKey;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, NodeCode, ServiceCode};
use cardwright::model::cipher::{AesKey, AreaPackage, DesKey, ServicePackage, key_change_package};
use cardwright::model::command::code::{CHANGE_SYSTEM_BLOCK_V2, REGISTER_AES_KEY};
use cardwright::model::command::{BlockElement, SecureRequest, Status};
use cardwright::model::flow::issue::aes_keys::register_aes_keys;
use cardwright::model::party::{AesKeyName, KeyNode, KeyRing, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink};
use cardwright::model::reader::{CardError, Reader};
use cardwright::workbench::headless::new_card;

const NEW: [u8; 16] = *b"DEMONEXTAESKEYOK";

/// Opens a session with the node's own key; the slow side seals and sends.
pub fn session(card: &mut EmulatedCard, node: u16, key: &AesKey) -> SlowReader {
    card.field_off();
    let keys = std::slice::from_ref(key);
    SlowReader::open(card, demo().idm, &[node], keys, [4; 16]).expect("opens")
}

pub fn payload(node: u16, package: &[u8]) -> Vec<u8> {
    [&node.to_le_bytes()[..], package].concat()
}

pub fn sealed(parent: &AesKey, old: Option<&AesKey>, node: u16, version: u16) -> Vec<u8> {
    let old = old.map(|old| &old.expose()[..]);
    slow::key_package(parent.expose(), old, node, version, &NEW)
}

fn opens(card: &mut EmulatedCard, node: u16, key: &AesKey) -> bool {
    card.field_off();
    let mut ring = KeyRing::default();
    ring.insert_aes(AesKeyName(key_name(SYSTEM, node)), key.clone());
    let mut sam = KeySam::new(ring, Policy::Owner);
    let idm = demo().idm;
    let mut reader = Reader::new(card);
    reader
        .authenticate_v2(&mut sam, &target(idm, &[node]), &mut SeededRng(9))
        .is_ok()
}

fn aes_version(card: &mut EmulatedCard, node: u16) -> Option<u16> {
    let versions = Reader::new(card).aes_key_versions(demo().idm, &[NodeCode(node)]);
    versions.expect("an answer")[0]
}

#[test]
fn keys_of_every_level_are_registered() {
    let mut card = aes_card();
    for node in [0xFFFF, 0x0000, AREA, PASS, LOG] {
        assert!(opens(&mut card, node, &key_of(node)), "{node:04X}");
        assert_eq!(aes_version(&mut card, node), Some(1));
    }
    assert_eq!(aes_version(&mut card, PASS_FREE), None);
    assert!(!opens(&mut card, 0xFFFF, &demo().aes_transport_key));
    // Their blocks are paid by the area that a node stands in: two services and the area, two blocks each.
    let (before, after) = (des_issued().image(), card.image());
    let left = |image: Option<cardwright::model::card::image::CardImage>| {
        let image = image.expect("decodes");
        let system = &image.systems[0];
        let left = system.areas.iter().map(|area| system.budget_left(area));
        left.collect::<Vec<u16>>()
    };
    let (before, after) = (left(before), left(after));
    assert_eq!(before[0] - after[0], 4, "area 0's own key, and area 1000's");
    assert_eq!(before[1] - after[1], 4, "those of two services");
}

/// What `card new` makes, and `card issue` of a blank card.
#[test]
fn a_new_card_of_the_aes_generation_has_them_and_no_other_card() {
    for profile in Profile::built_in() {
        let expected = if profile.aes { 5 } else { 0 };
        let card = new_card(&demo(), profile.clone()).expect("issued");
        let image = card.image().expect("decodes");
        assert_eq!(
            image.systems[0].aes_keys.len(),
            expected,
            "{}",
            profile.name
        );
    }
}

#[test]
fn registering_again_changes_nothing() {
    let (demo, mut card) = (demo(), aes_card());
    let before = card.memory().data().to_vec();
    let (ring, plan) = (&demo.issuer.ring, &demo.plan);
    register_aes_keys(&mut card, ring, plan, demo.idm, &mut SeededRng(2)).expect("nothing to do");
    assert_eq!(card.memory().data(), before);
}

#[test]
fn a_key_is_changed_in_its_place_and_once() {
    let mut card = aes_card();
    let (parent, old) = (key_of(AREA), key_of(PASS));
    let blocks = card.image().expect("decodes").systems[0]
        .system_blocks
        .len();
    let package = sealed(&parent, Some(&old), PASS, 2);
    let mut reader = session(&mut card, AREA, &parent);
    let register = |card: &mut EmulatedCard, reader: &mut SlowReader| {
        reader.command(card, REGISTER_AES_KEY, &payload(PASS, &package))
    };
    assert_eq!(register(&mut card, &mut reader), Some(vec![0, 0]));
    // Prepared and gone with the power.
    assert!(opens(&mut card, PASS, &old));
    let mut reader = session(&mut card, AREA, &parent);
    assert_eq!(register(&mut card, &mut reader), Some(vec![0, 0]));
    assert_eq!(
        reader.command(&mut card, CHANGE_SYSTEM_BLOCK_V2, &[]),
        Some(vec![0, 0])
    );
    assert!(opens(&mut card, PASS, &AesKey::new(NEW)));
    assert!(!opens(&mut card, PASS, &old));
    assert_eq!(aes_version(&mut card, PASS), Some(2));
    assert_eq!(
        card.image().expect("decodes").systems[0]
            .system_blocks
            .len(),
        blocks
    );
    // The package was for the old key, so it is of no use any more.
    let mut reader = session(&mut card, AREA, &parent);
    assert_eq!(register(&mut card, &mut reader), Some(vec![0xFF, 0xAB]));
}

#[test]
fn what_is_prepared_already_counts() {
    let mut card = aes_card();
    let (system, root) = (key_of(0xFFFF), key_of(0x0000));
    let mut reader = session(&mut card, 0xFFFF, &system);
    let own = sealed(&system, Some(&system), 0xFFFF, 2);
    let answer = reader.command(&mut card, REGISTER_AES_KEY, &payload(0xFFFF, &own));
    assert_eq!(answer, Some(vec![0, 0]));
    let stale = sealed(&system, Some(&root), 0x0000, 2);
    let answer = reader.command(&mut card, REGISTER_AES_KEY, &payload(0x0000, &stale));
    assert_eq!(
        answer,
        Some(vec![0xFF, 0xAB]),
        "sealed under the system's old key"
    );
    let under_new = sealed(&AesKey::new(NEW), Some(&root), 0x0000, 2);
    let answer = reader.command(&mut card, REGISTER_AES_KEY, &payload(0x0000, &under_new));
    assert_eq!(answer, Some(vec![0, 0]));
    assert_eq!(
        reader.command(&mut card, CHANGE_SYSTEM_BLOCK_V2, &[]),
        Some(vec![0, 0])
    );
    assert!(opens(&mut card, 0x0000, &AesKey::new(NEW)));
    assert!(opens(&mut card, 0xFFFF, &AesKey::new(NEW)));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut card = aes_card();
    let (area, pass, system) = (key_of(AREA), key_of(PASS), key_of(0xFFFF));
    let before = card.memory().data().to_vec();
    let mut refused = |node: u16, key: &AesKey, outside: u16, package: &[u8], status: [u8; 2]| {
        let mut reader = session(&mut card, node, key);
        let answer = reader.command(&mut card, REGISTER_AES_KEY, &payload(outside, package));
        assert_eq!(answer, Some(status.to_vec()));
        assert_eq!(
            reader.command(&mut card, CHANGE_SYSTEM_BLOCK_V2, &[]),
            Some(vec![0, 0])
        );
        assert_eq!(card.memory().data(), before);
    };
    let good = sealed(&area, Some(&pass), PASS, 2);
    // The session is not with the node's parent.
    refused(PASS, &pass, PASS, &good, [0xFF, 0xA5]);
    refused(0xFFFF, &system, PASS, &good, [0xFF, 0xA5]);
    // No such node, and one that has no use for a key.
    refused(AREA, &area, 0x1048, &good, [0xFF, 0xA6]);
    refused(AREA, &area, PASS_FREE, &good, [0xFF, 0xA6]);
    // Sealed for another node with the same parent, and for one of the same keys.
    refused(AREA, &area, LOG, &good, [0xFF, 0xAB]);
    let other_inside = sealed(&area, Some(&pass), LOG, 2);
    refused(AREA, &area, PASS, &other_inside, [0xFF, 0xC1]);
    // The version that stands for no key.
    refused(
        AREA,
        &area,
        PASS,
        &sealed(&area, Some(&pass), PASS, 0xFFFF),
        [0xFF, 0xAC],
    );
    // As if it were the first.
    refused(
        AREA,
        &area,
        PASS,
        &sealed(&area, None, PASS, 2),
        [0xFF, 0xAB],
    );
}

#[test]
fn an_area_that_has_no_blocks_left_pays_for_no_key() {
    let mut card = des_issued();
    let demo = demo();
    let mut plan = demo.plan.clone();
    // Area 1000 has five blocks left: enough for the keys of two services, not of a third.
    register_aes_keys(
        &mut card,
        &demo.issuer.ring,
        &plan,
        demo.idm,
        &mut SeededRng(2),
    )
    .expect("two");
    let key = DesKey::new(*b"DEMOMORE");
    let area_key = des_key(AREA);
    let service = ServicePackage {
        code: ServiceCode::new(0x104A).expect("a service"),
        blocks: 1,
        key_version: 1,
        key,
    };
    plan.areas.clear();
    let mut sam = KeySam::new(demo.issuer.ring.clone(), Policy::Owner);
    card.field_off();
    let mut reader = Reader::new(&mut card);
    let into_area = AuthTarget {
        idm: demo.idm,
        system: SYSTEM,
        areas: vec![NodeCode::AREA_0, NodeCode(AREA)],
        services: vec![NodeCode(AREA)],
    };
    reader
        .authenticate(&mut sam, &into_area, &mut SeededRng(1))
        .expect("DES still works");
    let full = SecureRequest::RegisterService {
        code: NodeCode(0x104A),
        package: service.seal(&area_key),
    };
    let refused = reader
        .secure(&mut sam, &full)
        .expect_err("one block is left, it needs two");
    let status = Status {
        sf1: 0xFF,
        sf2: 0xAC,
    };
    assert!(matches!(refused, CardError::Status { status: told, .. } if told == status));
}

fn des_key(node: u16) -> DesKey {
    let demo = demo();
    let found = demo
        .issuer
        .ring
        .newest(SYSTEM, KeyNode::Node(NodeCode(node)));
    found.expect("the demo has it").1.clone()
}

fn des_target(areas: &[u16], services: &[u16]) -> AuthTarget {
    let nodes = |codes: &[u16]| codes.iter().map(|code| NodeCode(*code)).collect();
    AuthTarget {
        idm: demo().idm,
        system: SYSTEM,
        areas: nodes(areas),
        services: nodes(services),
    }
}

/// Sends the key change that takes a node's DES key away.
fn take_des_key(card: &mut EmulatedCard, node: u16, parent: u16) -> Result<(), CardError> {
    card.field_off();
    let none = DesKey::new([0xFF; 8]);
    let package = key_change_package(
        &des_key(parent),
        &des_key(node),
        &none,
        StoredKey::NO_VERSION,
    );
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::key_change(0, StoredKey::NO_VERSION)],
        data: vec![Block(package)],
    };
    let mut sam = owner_sam();
    let mut reader = Reader::new(card);
    let target = des_target(&[0x0000, AREA], &[node]);
    reader.authenticate(&mut sam, &target, &mut SeededRng(1))?;
    reader.secure(&mut sam, &write).map(|_| ())
}

#[test]
fn a_des_key_gives_way_to_an_aes_key_and_only_to_one() {
    let mut card = des_issued();
    let refused = take_des_key(&mut card, PASS, AREA).expect_err("nothing would be left");
    let status = Status { sf1: 1, sf2: 0xAA };
    assert!(matches!(refused, CardError::Status { status: told, .. } if told == status));

    let mut card = aes_card();
    take_des_key(&mut card, PASS, AREA).expect("its AES key is left");
    card.field_off();
    // Silence for DES, and for it alone.
    let mut reader = Reader::new(&mut card);
    let target = des_target(&[0x0000, AREA], &[PASS]);
    let silent = reader.authenticate(&mut owner_sam(), &target, &mut SeededRng(1));
    assert_eq!(silent, Err(CardError::Silent(0x10)));
    let none = ring_of(&[
        (SYSTEM.0, 0xFFFF, des_key(0xFFFF)),
        (SYSTEM.0, 0x0000, des_key(0x0000)),
        (SYSTEM.0, AREA, des_key(AREA)),
        (SYSTEM.0, PASS, DesKey::new([0xFF; 8])),
    ]);
    let mut guess = KeySam::new(none, Policy::Owner);
    let silent = reader.authenticate(&mut guess, &target, &mut SeededRng(1));
    assert_eq!(
        silent,
        Err(CardError::Silent(0x10)),
        "what stands for no key is no key"
    );
    assert!(opens(&mut card, PASS, &key_of(PASS)));
    // It is still there, with the version of the key that it has.
    let versions = Reader::new(&mut card).key_versions(demo().idm, &[NodeCode(PASS)]);
    assert_eq!(versions, Ok(vec![1]));
    let image = card.image().expect("decodes");
    assert!(image.systems[0].node_key(NodeCode(PASS)).is_none());
}

#[test]
fn a_node_may_be_born_without_a_des_key() {
    let mut card = aes_card();
    let none = DesKey::new([0xFF; 8]);
    let area = AreaPackage {
        code: NodeCode(0x3000),
        end: NodeCode(0x30FF),
        blocks: 4,
        key_version: StoredKey::NO_VERSION,
        key: none,
    };
    let register = |card: &mut EmulatedCard| {
        card.field_off();
        let mut sam = owner_sam();
        let mut reader = Reader::new(card);
        let target = des_target(&[0x0000], &[0x0000]);
        reader
            .authenticate(&mut sam, &target, &mut SeededRng(1))
            .expect("genuine");
        let code = NodeCode(0x3000);
        let package = area.seal(&des_key(0x0000));
        let answer = reader.secure(&mut sam, &SecureRequest::RegisterArea { code, package });
        answer.and_then(|_| reader.secure(&mut sam, &SecureRequest::ChangeSystemBlock))
    };
    register(&mut card).expect("registered");
    let root = key_of(0x0000);
    let mut reader = session(&mut card, 0x0000, &root);
    let package = sealed(&root, None, 0x3000, 1);
    let answer = reader.command(&mut card, REGISTER_AES_KEY, &payload(0x3000, &package));
    assert_eq!(answer, Some(vec![0, 0]));
    assert_eq!(
        reader.command(&mut card, CHANGE_SYSTEM_BLOCK_V2, &[]),
        Some(vec![0, 0])
    );
    assert!(opens(&mut card, 0x3000, &AesKey::new(NEW)));
    // A chip of the DES generation would have a node that nobody can use.
    let mut des_chip = aes_profile();
    des_chip.aes = false;
    let mut card = card_of(des_chip, aes_card().memory().clone());
    let refused = register(&mut card).expect_err("refused");
    let status = Status {
        sf1: 0xFF,
        sf2: 0xAC,
    };
    assert!(matches!(refused, CardError::Status { status: told, .. } if told == status));
}

/// Every write of the commit of several keys, torn in every way: the card has all of them or none.
#[test]
fn a_cut_leaves_all_keys_or_none() {
    let commit = |card: &mut EmulatedCard| -> bool {
        let (system, root) = (key_of(0xFFFF), key_of(0x0000));
        let mut reader = session(card, 0xFFFF, &system);
        let own = sealed(&system, Some(&system), 0xFFFF, 2);
        let under_new = sealed(&AesKey::new(NEW), Some(&root), 0x0000, 2);
        for (node, package) in [(0xFFFF, own), (0x0000, under_new)] {
            reader.command(card, REGISTER_AES_KEY, &payload(node, &package));
        }
        let frame = reader.frame(CHANGE_SYSTEM_BLOCK_V2, &[]);
        let frame = cardwright::model::command::Frame::parse(&frame).expect("a frame");
        card.transceive(&frame).is_ok()
    };
    let before = aes_card().memory().data().to_vec();
    let mut whole = aes_card();
    assert!(commit(&mut whole));
    let after = whole.memory().data().to_vec();
    let mut cuts = 0;
    for at_write in 0.. {
        let mut reached = false;
        for leaves in [Torn::Old, Torn::New, Torn::Erased, Torn::Mixed] {
            let mut card = aes_card();
            card.cut_power(PowerCut { at_write, leaves });
            if commit(&mut card) {
                continue;
            }
            (reached, cuts) = (true, cuts + 1);
            card.field_off();
            let found = card.memory().data();
            assert!(
                found == before || found == after,
                "write {at_write}, {leaves:?}"
            );
            let is_new = found == after;
            let new = AesKey::new(NEW);
            assert_eq!(opens(&mut card, 0xFFFF, &new), is_new);
            assert_eq!(opens(&mut card, 0x0000, &key_of(0x0000)), !is_new);
        }
        if !reached {
            break;
        }
    }
    // The log's five blocks and its header twice, and four blocks of keys.
    assert_eq!(cuts, 4 * (5 + 2 + 4));
}

/// The same for the whole registration of a card: cut at each of its writes, it is run again and comes to the same end.
#[test]
fn a_registration_that_was_cut_is_run_again() {
    let demo = demo();
    let (ring, plan) = (&demo.issuer.ring, &demo.plan);
    let whole = aes_card().memory().data().to_vec();
    for at_write in 0.. {
        let mut card = des_issued();
        let leaves = Torn::Mixed;
        card.cut_power(PowerCut { at_write, leaves });
        let run = register_aes_keys(&mut card, ring, plan, demo.idm, &mut SeededRng(3));
        if run.is_ok() {
            assert!(at_write > 20, "{at_write}");
            break;
        }
        card.field_off();
        register_aes_keys(&mut card, ring, plan, demo.idm, &mut SeededRng(4)).expect("run again");
        assert_eq!(card.memory().data(), whole);
    }
}
