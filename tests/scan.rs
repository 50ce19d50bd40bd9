//! A card that is scanned with keys: what is seen agrees with its memory, what is said of each key is true, and neither
//! a wrong key nor a lost answer nor a stop makes anything untrue of it.

use crate::aes::aes_card;
use crate::observe::observed;
use crate::support::{ALL, Division, SeededRng, demo_card, off_by_one_bit};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::card_tree;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::tree::{KeyFacts, Tree};
use cardwright::model::card::{NodeCode, SystemCode};
use cardwright::model::cipher::DesKey;
use cardwright::model::command::Frame;
use cardwright::model::demo::Demo;
use cardwright::model::party::{KeyName, KeyNode, KeyRing};
use cardwright::model::port::{CardLink, LinkError, Touch};
use cardwright::model::reader::scan::{Came, Progress, Scan, ScanEnd, scan};
use cardwright::model::reader::{CardError, Reader};
use cardwright::workbench::headless::new_card;
use std::cell::Cell;

/// Scans a card out of the field with these keys; how far it came must only grow.
pub fn scanned(card: &mut dyn CardLink, ring: &KeyRing) -> Scan {
    card.field_off();
    let mut last = Progress::default();
    let mut tell = |now: &Progress| last = *now;
    let done = scan(&mut Reader::new(card), ring, &mut SeededRng(3), &mut tell);
    if done.end == ScanEnd::Whole {
        let systems = &done.seen.systems;
        let read = systems.iter().flat_map(|system| system.data.values());
        let blocks = read.map(std::collections::BTreeMap::len).sum();
        let (_, areas, services) = done.seen.tree().counts();
        assert_eq!(
            (last.systems, last.areas, last.services, last.blocks),
            (systems.len(), areas, services, blocks)
        );
        assert_eq!(last.expected, Some(blocks), "what was expected was read");
    }
    done
}

/// What of a card's memory a scan can tell that had every key.
fn tellable(mut full: Tree) -> Tree {
    for system in &mut full.systems {
        system.blocks = None;
        system.system_blocks.clear();
        for area in &mut system.areas {
            (area.allotted, area.used, area.definition) = (None, None, None);
        }
        for service in &mut system.services {
            (service.first_user_block, service.definition) = (None, None);
            if !service.code.needs_authentication() {
                // Nobody authenticates with the key of a service that is free to use.
                service.key.kcv = None;
                service.key.aes = service
                    .key
                    .aes
                    .map(|aes| cardwright::model::card::tree::AesKeyFacts { kcv: None, ..aes });
            }
        }
    }
    full
}

fn rings(demo: &Demo) -> KeyRing {
    let mut ring = demo.issuer.ring.clone();
    for (name, key) in demo.operator.ring.iter() {
        ring.insert(name.clone(), key.clone());
    }
    ring
}

/// Scans with every key there is, and sees that nothing stayed closed or unread.
fn opened(card: &mut EmulatedCard, ring: &KeyRing) -> Scan {
    let before = card.memory().clone();
    let done = scanned(card, ring);
    assert_eq!(done.end, ScanEnd::Whole);
    assert_eq!(card.memory(), &before, "a scan writes nothing");
    assert_eq!(done.seen.tree(), tellable(card_tree(card)));
    assert_eq!(done.closed().collect::<Vec<_>>(), []);
    done
}

#[test]
fn with_every_key_the_demo_card_is_wholly_known_before_and_after_a_division() {
    let mut card = demo_card();
    let ring = rings(&Demo::new());
    let done = opened(&mut card, &ring);
    let issuance = done.seen.systems[0].issuance.expect("told in a session");
    let image = card.image().expect("a card");
    assert_eq!(Some(issuance), image.systems[0].issuance);
    let fare = done.of_node(0, NodeCode(0x0810));
    assert_eq!(fare.len(), 1);
    let (name, key) = ring
        .newest(SystemCode(0x0003), KeyNode::Node(NodeCode(0x0810)))
        .expect("listed");
    assert_eq!((&fare[0].name, fare[0].kcv), (&name.to_string(), key.kcv()));
    assert_eq!(fare[0].name, "issuer:aoba/0003/0810/des@1");
    Division::new().run(&mut card, ALL).expect("divided");
    let done = opened(&mut card, &ring);
    assert!(done.is_open(1, NodeCode::SYSTEM) && done.is_open(1, NodeCode::AREA_0));
}

#[test]
fn a_card_of_every_profile_is_opened_whole() {
    for profile in Profile::built_in() {
        let demo = Demo::small(SystemCode(0x8092), None);
        let aes = profile.aes;
        let mut card = new_card(&demo, profile).expect("issued");
        let done = opened(&mut card, &demo.issuer.ring);
        let pass = done.of_node(0, NodeCode(0x1008));
        let by = |algorithm: &str| pass.iter().any(|key| key.name.contains(algorithm));
        assert!(by("/des@1"));
        assert_eq!(by("/aes@1"), aes);
    }
}

#[test]
fn aes_keys_alone_open_what_they_guard() {
    let demo = crate::aes::demo();
    let mut ring = KeyRing::default();
    for (name, key) in demo.issuer.ring.iter_aes() {
        ring.insert_aes(name.clone(), key.clone());
    }
    let done = opened(&mut aes_card(), &{
        let mut all = ring.clone();
        demo.issuer
            .ring
            .iter()
            .for_each(|(name, key)| all.insert(name.clone(), key.clone()));
        all
    });
    assert!(done.of_node(0, NodeCode(0x1008)).len() == 2);
    let done = scanned(&mut aes_card(), &ring);
    assert_eq!(done.end, ScanEnd::Whole);
    assert!(done.is_open(0, NodeCode(0x1008)));
    let seen = done.seen.tree();
    let key: KeyFacts = seen.systems[0].areas[0].key;
    assert!(key.kcv.is_none() && key.aes.is_some_and(|aes| aes.kcv.is_some()));
}

#[test]
fn without_keys_a_scan_sees_what_a_look_sees_and_how_many_blocks_there_are() {
    let mut card = demo_card();
    let mut looked = observed(&mut card).tree();
    let done = scanned(&mut card, &KeyRing::default());
    assert_eq!((done.end.clone(), done.keys.len()), (ScanEnd::Whole, 0));
    let closed: Vec<u16> = done.closed().map(|(_, code)| code.value()).collect();
    assert!(closed.contains(&0x0810) && !closed.contains(&0x0817));
    let full = card_tree(&card);
    for (service, full) in looked.systems[0]
        .services
        .iter_mut()
        .zip(&full.systems[0].services)
    {
        service.blocks = full.blocks;
    }
    assert_eq!(done.seen.tree(), looked);
}

/// The demo's keys, one of them changed.
fn with(node: u16, change: impl Fn(&mut KeyName, &DesKey) -> DesKey) -> KeyRing {
    let demo = Demo::new();
    let keys = demo.issuer.ring.iter().map(|(name, key)| {
        let mut name = name.clone();
        let is_it = name.system == SystemCode(0x0003) && name.node == KeyNode::Node(NodeCode(node));
        let key = if is_it {
            change(&mut name, key)
        } else {
            key.clone()
        };
        (name, key)
    });
    KeyRing::new(keys)
}

fn came(done: &Scan, node: u16) -> Vec<Came> {
    let tried = done.of_node(0, NodeCode(node));
    tried.iter().map(|key| key.came).collect()
}

#[test]
fn a_wrong_key_is_told_from_the_right_ones() {
    let whole = scanned(&mut demo_card(), &rings(&Demo::new()));
    let nodes: Vec<u16> = whole.keys.keys().map(|(_, node)| node.0).collect();
    assert!(nodes.len() > 10);
    for &wrong in &nodes {
        let ring = with(wrong, |_, key| off_by_one_bit(key));
        let done = scanned(&mut demo_card(), &ring);
        assert_eq!(done.end, ScanEnd::Whole);
        for &node in &nodes {
            let expected = match wrong {
                // Without the system's key every area's looks wrong, and nobody comes to a service.
                0xFFFF if node == 0xFFFF || NodeCode(node).is_area() => Came::Refused,
                0xFFFF => Came::NoWayIn,
                _ if node == wrong => Came::Refused,
                _ => Came::Opened,
            };
            assert_eq!(
                came(&done, node),
                [expected],
                "{node:04X} with {wrong:04X} wrong"
            );
        }
    }
}

#[test]
fn a_key_of_another_version_is_not_tried() {
    let ring = with(0x1008, |name, key| {
        name.version = 7;
        key.clone()
    });
    let done = scanned(&mut demo_card(), &ring);
    assert_eq!(came(&done, 0x1008), [Came::OtherVersion(1)]);
    assert_eq!(came(&done, 0x1048), [Came::Opened]);
    // Beside one of the right version nothing is said of it.
    let mut both = rings(&Demo::new());
    let name = KeyName {
        owner: "issuer:aoba".into(),
        system: SystemCode(0x0003),
        node: KeyNode::Node(NodeCode(0x1008)),
        version: 7,
    };
    both.insert(name, DesKey::new(*b"DEMOELSE"));
    let done = scanned(&mut demo_card(), &both);
    assert_eq!(came(&done, 0x1008), [Came::Opened]);
}

#[test]
fn of_two_keys_of_one_name_the_right_one_is_found() {
    let mut ring = rings(&Demo::new());
    let keys: Vec<_> = Demo::new()
        .issuer
        .ring
        .iter()
        .map(|(n, k)| (n.clone(), k.clone()))
        .collect();
    for (name, key) in keys {
        let owner = "card:0112".into();
        ring.insert(KeyName { owner, ..name }, off_by_one_bit(&key));
    }
    let done = scanned(&mut demo_card(), &ring);
    assert_eq!(done.closed().count(), 0);
    for node in [0xFFFF, 0x0000, 0x0800, 0x1008] {
        assert_eq!(
            came(&done, node),
            [Came::Refused, Came::Opened],
            "{node:04X}"
        );
    }
}

#[test]
fn without_the_key_of_area_0_another_areas_opens_the_way() {
    let keys = Demo::new();
    let others = keys
        .issuer
        .ring
        .iter()
        .filter(|(name, _)| name.node != KeyNode::Node(NodeCode::AREA_0));
    let ring = KeyRing::new(others.map(|(name, key)| (name.clone(), key.clone())));
    let done = scanned(&mut demo_card(), &ring);
    assert_eq!(done.closed().count(), 0);
    assert!(done.is_open(0, NodeCode::SYSTEM) && !done.is_open(0, NodeCode::AREA_0));
}

/// What happens to a frame.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    /// It is not delivered, and nothing is heard.
    Undelivered,
    /// Its answer is not heard.
    Unheard,
    /// The card leaves before it, and comes back.
    Left,
    /// The card leaves after it, and comes back.
    LeftAfter,
}

/// A card with a mishap at a frame; from `gone` on there is no card at all.
struct Disturbed<'a> {
    card: &'a mut EmulatedCard,
    sent: usize,
    at: usize,
    mishap: Mishap,
    gone: usize,
}

impl CardLink for Disturbed<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let at = self.sent;
        self.sent += 1;
        if at >= self.gone {
            return Err(LinkError::CardGone);
        }
        if at != self.at {
            return self.card.transceive(frame);
        }
        match self.mishap {
            Mishap::Undelivered => Ok(None),
            Mishap::Unheard => self.card.transceive(frame).map(|_| None),
            Mishap::Left | Mishap::LeftAfter => {
                if matches!(self.mishap, Mishap::LeftAfter) {
                    self.card.transceive(frame)?;
                }
                CardLink::field_off(self.card);
                Err(LinkError::CardGone)
            }
        }
    }
    fn field_off(&mut self) {
        CardLink::field_off(self.card);
    }
    fn touch(&self) -> Touch {
        self.card.touch()
    }
}

/// How many frames a scan of that card with those keys sends.
fn frames(card: &mut EmulatedCard, ring: &KeyRing) -> usize {
    let mut link = Disturbed {
        card,
        sent: 0,
        at: usize::MAX,
        mishap: Mishap::Left,
        gone: usize::MAX,
    };
    scanned(&mut link, ring);
    link.sent
}

#[test]
fn one_lost_answer_anywhere_changes_nothing_of_what_is_told() {
    let cards: [(EmulatedCard, KeyRing); 2] = [
        (demo_card(), with(0x1008, |_, key| off_by_one_bit(key))),
        (aes_card(), crate::aes::demo().issuer.ring),
    ];
    for (mut card, ring) in cards {
        let expected = scanned(&mut card, &ring);
        for at in 0..frames(&mut card, &ring) {
            for mishap in [
                Mishap::Undelivered,
                Mishap::Unheard,
                Mishap::Left,
                Mishap::LeftAfter,
            ] {
                let mut link = Disturbed {
                    card: &mut card,
                    sent: 0,
                    at,
                    mishap,
                    gone: usize::MAX,
                };
                let done = scanned(&mut link, &ring);
                assert_eq!(done.end, ScanEnd::Whole, "{mishap:?} at {at}");
                assert_eq!(done.seen, expected.seen, "{mishap:?} at {at}");
                assert_eq!(done.keys, expected.keys, "{mishap:?} at {at}");
            }
        }
    }
}

/// Whether all that is told of a card is true of it.
fn is_true(done: &Scan, whole: &Scan) -> bool {
    let nodes = done
        .seen
        .systems
        .iter()
        .zip(&whole.seen.systems)
        .all(|(part, whole)| {
            let data = part.data.iter().all(|(service, known)| {
                let all = &whole.data[service];
                known
                    .iter()
                    .all(|(number, block)| all.get(number) == Some(block))
            });
            let versions = &part.key_versions;
            let versions = versions
                .iter()
                .all(|(node, version)| whole.key_versions.get(node) == Some(version));
            let mut found = whole.nodes();
            let nodes = part.nodes().all(|node| found.next() == Some(node));
            part.code == whole.code && data && versions && nodes
        });
    let keys = done.keys.iter().all(|(node, tried)| {
        tried
            .iter()
            .all(|key| whole.keys[node].contains(key) || key.came == Came::Refused)
    });
    nodes && keys && done.seen.systems.len() <= whole.seen.systems.len()
}

#[test]
fn a_card_that_leaves_for_good_leaves_what_was_learned_marked_partial() {
    let (mut card, ring) = (demo_card(), rings(&Demo::new()));
    let whole = scanned(&mut card, &ring);
    let all = frames(&mut card, &ring);
    let mut learned = 0;
    for gone in 0..all {
        let mut link = Disturbed {
            card: &mut card,
            sent: 0,
            at: usize::MAX,
            mishap: Mishap::Left,
            gone,
        };
        let done = scanned(&mut link, &ring);
        assert_eq!(
            done.end,
            ScanEnd::Broken(CardError::Link(LinkError::CardGone)),
            "{gone}"
        );
        assert!(is_true(&done, &whole), "{gone}");
        let opened = done
            .keys
            .values()
            .flatten()
            .filter(|key| key.came == Came::Opened);
        let now = opened.count() + done.seen.tree().counts().2;
        assert!(now >= learned, "later is not less: {gone}");
        learned = now;
    }
    assert!(learned > 20, "{learned}");
}

#[test]
fn a_scan_stops_between_any_two_commands() {
    let (mut card, ring) = (demo_card(), rings(&Demo::new()));
    let whole = scanned(&mut card, &ring);
    let all = frames(&mut card, &ring);
    for most in 0..all {
        card.field_off();
        let mut link = Disturbed {
            card: &mut card,
            sent: 0,
            at: usize::MAX,
            mishap: Mishap::Left,
            gone: usize::MAX,
        };
        let asked = Cell::new(0);
        let goes_on = || {
            asked.set(asked.get() + 1);
            asked.get() <= most
        };
        let mut reader = Reader::stoppable(&mut link, &goes_on);
        let done = scan(&mut reader, &ring, &mut SeededRng(3), &mut |_| ());
        assert_eq!(done.end, ScanEnd::Stopped, "{most}");
        assert!(is_true(&done, &whole), "{most}");
        assert_eq!(link.sent, most, "not one command more");
    }
}
