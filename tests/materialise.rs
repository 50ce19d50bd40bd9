//! A dump made into a card: memory that agrees with the dump, answers for it, and can be kept.

use crate::dump::{V2, V4, read};
use cardwright::device::card_file;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::{self, FileTrouble, Opened, card_tree};
use cardwright::device::memory::Memory;
use cardwright::model::card::image::{CardImage, Run, StoredKey};
use cardwright::model::card::materialise::{
    MaterialiseError, Materialised, NodeKeys, materialise, materialise_on,
};
use cardwright::model::card::observation::{FoundNode, Observation, ObservedSystem};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::tree::{AesKeyFacts, KeyFacts, Tree};
use cardwright::model::card::{BLOCK_BYTES, Block, Idm, NodeCode, ServiceCode, SystemCode};
use cardwright::model::cipher::DesKey;
use cardwright::model::command::{
    BlockElement, PollingRequest, Request, Response, SearchResult, TimeSlots,
};
use cardwright::model::port::CardLink;
use proptest::prelude::*;

fn made(seen: &Observation) -> (Materialised, CardImage) {
    let made = materialise(seen).expect("a card");
    let image = CardImage::decode(&made.blocks.as_slice()).expect("a card's memory");
    (made, image)
}

pub fn powered(made: &Materialised) -> EmulatedCard {
    let memory = Memory::new(made.blocks.clone(), &made.profile);
    EmulatedCard::new(made.profile.clone(), memory).expect("a card's memory")
}

/// `full` with every fact taken out that `seen` does not have: equal to `seen` if the two agree.
pub fn as_far_as(seen: &Tree, full: &Tree) -> Tree {
    fn only<T: Copy, U>(fact: Option<T>, told: &Option<U>) -> Option<T> {
        fact.filter(|_| told.is_some())
    }
    let mut full = full.clone();
    for (system, told) in full.systems.iter_mut().zip(&seen.systems) {
        let key = |key: KeyFacts, told: KeyFacts| KeyFacts {
            version: only(key.version, &told.version),
            kcv: None,
            // A dump tells no check value.
            aes: key
                .aes
                .filter(|_| told.aes.is_some())
                .map(|aes| AesKeyFacts { kcv: None, ..aes }),
        };
        system.idm = only(system.idm, &told.idm);
        system.pmm = only(system.pmm, &told.pmm);
        system.encryption = only(system.encryption, &told.encryption);
        system.key = key(system.key, told.key);
        system.blocks = None;
        system.system_blocks.clear();
        for (area, told) in system.areas.iter_mut().zip(&told.areas) {
            area.parent = only(area.parent, &told.parent);
            area.end = only(area.end, &told.end);
            area.allotted = only(area.allotted, &told.allotted);
            (area.used, area.definition) = (None, None);
            area.key = key(area.key, told.key);
        }
        for (service, told) in system.services.iter_mut().zip(&told.services) {
            service.area = only(service.area, &told.area);
            service.blocks = only(service.blocks, &told.blocks);
            (service.first_user_block, service.definition) = (None, None);
            service.key = key(service.key, told.key);
            service
                .data
                .retain(|index, _| told.data.contains_key(index));
        }
    }
    full
}

#[test]
fn what_the_dump_tells_is_what_the_card_holds() {
    for dump in [V2, V4] {
        let seen = read(dump);
        let (made, _) = made(&seen);
        let full = card_tree(&powered(&made));
        assert_eq!(as_far_as(&seen.tree(), &full), seen.tree());
    }
}

#[test]
fn unknown_end_codes_hold_what_was_seen_and_no_more() {
    let (_, image) = made(&read(V2));
    let areas = image.systems[0].areas.iter();
    let ends: Vec<_> = areas.map(|area| (area.code.0, area.end.0)).collect();
    // Each ends with its own number: nothing tells that more stands in it.
    let expected = [
        (0x0000, 0xFFFE),
        (0x0040, 0x007F),
        (0x1000, 0x103F),
        (0x1400, 0x143F),
        (0x3001, 0x303F),
    ];
    assert_eq!(ends, expected);
    let (_, image) = made(&read(V4));
    assert_eq!(image.systems[0].areas[1].end, NodeCode(0x0FFF), "told");
}

#[test]
fn services_of_one_number_share_blocks_and_allotments_pay_for_them() {
    let (_, image) = made(&read(V2));
    let system = &image.systems[0];
    let service = |code| {
        let code = ServiceCode::new(code).expect("a service code");
        system.service(code).expect("it is there")
    };
    let (private, public) = (service(0x100C), service(0x100F));
    assert_eq!((private.first, private.blocks), (public.first, 3));
    assert_eq!(service(0x1410).blocks, 1, "nothing more is known of it");
    assert_ne!(service(0x1410).first, service(0x100C).first);
    // Area 0 has what is left.
    for (area, used) in system.areas.iter().zip(system.used_by_area()).skip(1) {
        assert_eq!(u32::from(area.allotted), used, "{}", area.code);
    }
}

#[test]
fn a_further_system_is_carved_out_as_a_chip_does_it() {
    let (made, image) = made(&read(V2));
    assert_eq!(made.profile.blocks, 64, "the smallest size");
    let [parent, carved] = &image.systems[..] else {
        panic!("two systems");
    };
    assert_eq!(
        parent.window,
        Run {
            first: 0,
            blocks: 64
        }
    );
    assert_eq!(parent.lent.len(), 1);
    assert_eq!(parent.lent[0].run, carved.window);
    assert_eq!(carved.idm, parent.idm.of_system(1));
    assert_eq!(carved.pmm, parent.pmm);
    assert!(parent.user_end() <= carved.window.first);
    assert!(carved.window.end() <= parent.lowest_system_block());
}

#[test]
fn the_mask_keeps_what_the_dump_told() {
    let (made, image) = made(&read(V2));
    assert_eq!(made.known.len(), made.blocks.len());
    let told = |at: u32| -> Vec<usize> {
        let known = made.known[at as usize];
        (0..BLOCK_BYTES).filter(|byte| known.has(*byte)).collect()
    };
    let system = &image.systems[0];
    // Code alone; neither end, allotment, version nor key.
    assert_eq!(told(system.areas[1].at), [0, 1]);
    assert_eq!(told(system.services[0].at), [0, 1]);
    // IDm and PMm of system 0; of system 1 neither.
    assert_eq!(told(63).len(), 16);
    assert_eq!(told(image.systems[1].window.end() - 1).len(), 0);
    let read_blocks = made
        .known
        .iter()
        .filter(|known| (0..16).all(|byte| known.has(byte)));
    assert_eq!(
        read_blocks.count(),
        1 + 6,
        "the manufacture ID and six user blocks"
    );
}

fn des_keys<const N: usize>(keys: [((u8, NodeCode), StoredKey); N]) -> NodeKeys {
    NodeKeys {
        des: keys.into(),
        ..NodeKeys::default()
    }
}

#[test]
fn keys_come_to_their_nodes_and_are_known() {
    let stored = |version| StoredKey {
        version,
        key: DesKey::new(*b"CARDTEST"),
    };
    let node = NodeCode(0x1000);
    let keys = des_keys([
        ((0, NodeCode::SYSTEM), stored(7)),
        ((0, node), stored(8)),
        ((1, NodeCode::AREA_0), stored(9)),
    ]);
    let chip = Profile::demo();
    let made = materialise_on(&read(V2), &keys, std::slice::from_ref(&chip)).expect("a card");
    assert_eq!(made.profile, chip);
    let image = CardImage::decode(&made.blocks.as_slice()).expect("a card's memory");
    let (first, second) = (&image.systems[0], &image.systems[1]);
    assert_eq!(first.key, stored(7));
    assert_eq!(first.node_key(node), Some(&stored(8)));
    assert_eq!(second.node_key(NodeCode::AREA_0), Some(&stored(9)));
    // No other node has it.
    let holds = |block: &&Block| block.0[8..] == *b"CARDTEST";
    assert_eq!(made.blocks.iter().filter(holds).count(), 2);
    let told = |at: u32| -> Vec<usize> {
        let known = made.known[at as usize];
        (0..BLOCK_BYTES).filter(|byte| known.has(*byte)).collect()
    };
    assert_eq!(told(253), (0..12).collect::<Vec<_>>(), "code, version, key");
    let area = first.area(node).expect("it is there");
    assert_eq!(told(area.at), [0, 1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

    // A key of another version than the dump tells is not that node's.
    let other = des_keys([((0, node), stored(8))]);
    let error = materialise_on(&read(V4), &other, std::slice::from_ref(&chip)).unwrap_err();
    let system = SystemCode(0x9001);
    assert_eq!(error, MaterialiseError::Contradiction { system, node });
}

#[test]
fn asked_by_commands_the_card_answers_as_the_dump_tells() {
    let seen = read(V4);
    let mut card = powered(&materialise(&seen).expect("a card"));
    let mut ask = |request: Request| {
        let frame = request.encode().expect("it fits into a frame");
        let answer = card
            .transceive(&frame)
            .expect("in the field")
            .expect("an answer");
        Response::decode(request.code(), &answer).expect("an answer to this")
    };
    for told in seen.tree().systems {
        let polling = Request::Polling {
            system_code: told.code,
            request: PollingRequest::None,
            time_slots: TimeSlots::One,
        };
        let Response::Polling { idm, .. } = ask(polling) else {
            panic!("polled");
        };
        let mut found = ObservedSystem::new(told.code);
        for index in 0.. {
            let Response::SearchServiceCode { found: node, .. } =
                ask(Request::SearchServiceCode { idm, index })
            else {
                panic!("searched");
            };
            let node = match node {
                SearchResult::Area { code, end } => FoundNode::Area {
                    code,
                    end: Some(end),
                },
                SearchResult::Service(code) => FoundNode::Service(code),
                SearchResult::Other(node) => panic!("{node} is no node of a card"),
                SearchResult::End => break,
            };
            found.found(node).expect("in its place");
        }
        for service in told
            .services
            .iter()
            .filter(|s| !s.code.needs_authentication())
        {
            for (index, block) in &service.data {
                let request = Request::ReadPlain {
                    idm,
                    services: vec![service.code.node()],
                    blocks: vec![BlockElement::normal(0, *index)],
                };
                let Response::ReadPlain { data, .. } = ask(request) else {
                    panic!("read");
                };
                assert_eq!(data, [*block]);
            }
        }
        let found = Observation {
            systems: vec![found],
        }
        .tree();
        let nodes = |tree: &cardwright::model::card::tree::SystemTree| {
            let areas: Vec<_> = tree
                .areas
                .iter()
                .map(|area| (area.code, area.parent))
                .collect();
            let services: Vec<_> = tree.services.iter().map(|s| (s.code, s.area)).collect();
            (areas, services)
        };
        assert_eq!(nodes(&found.systems[0]), nodes(&told));
    }
}

#[test]
fn a_card_from_a_dump_is_saved_and_read_again() {
    let made = materialise(&read(V4)).expect("a card");
    let card = powered(&made);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("from-dump.card");
    files::save(&path, &card, None).expect("saved");
    let Opened::Card {
        card: again,
        sealed,
    } = files::open(&path, None).expect("opened")
    else {
        panic!("a card file");
    };
    assert!(!sealed);
    assert_eq!(again.memory().data(), made.blocks);
    assert_eq!(again.profile().name, "from-dump");
    assert_eq!(card_tree(&again), card_tree(&card));
    // Nothing is left beside it, and cut off anywhere it is refused, not shown.
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        1
    );
    let bytes = std::fs::read(&path).expect("read");
    for length in (card_file::MAGIC.len()..bytes.len()).step_by(7) {
        std::fs::write(&path, &bytes[..length]).expect("written");
        let cut = files::open(&path, None).map(|_| ());
        assert!(
            matches!(cut, Err(FileTrouble::Card(_))),
            "{length}: {cut:?}"
        );
    }
}

fn system(nodes: &[FoundNode]) -> ObservedSystem {
    let mut system = ObservedSystem::new(SystemCode(0x9001));
    for node in nodes {
        system.found(*node).expect("in its place");
    }
    system
}

fn area(code: u16, end: u16) -> FoundNode {
    FoundNode::Area {
        code: NodeCode(code),
        end: Some(NodeCode(end)),
    }
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

#[test]
fn what_is_no_card_is_refused() {
    let nothing = Observation::default();
    assert_eq!(
        materialise(&nothing).unwrap_err(),
        MaterialiseError::NoSystem
    );

    let one = || system(&[area(0, 0xFFFE), FoundNode::Service(service(0x1009))]);
    let many = Observation {
        systems: vec![one(); 17],
    };
    assert_eq!(
        materialise(&many).unwrap_err(),
        MaterialiseError::Systems(17)
    );

    let mut other_number = one();
    other_number.idm = Some(Idm([0x11, 2, 3, 4, 5, 6, 7, 8]));
    let wrong = Observation {
        systems: vec![other_number],
    };
    assert_eq!(materialise(&wrong).unwrap_err(), MaterialiseError::Idm(0));

    // A reader that knows one system's IDm knows those of the others: they differ in the system's number alone.
    let (mut first, mut second) = (one(), one());
    first.idm = Some(Idm([0x01, 2, 3, 4, 5, 6, 7, 8]));
    second.idm = Some(Idm([0x11, 2, 3, 4, 5, 6, 7, 9]));
    let two_cards = Observation {
        systems: vec![first, second],
    };
    assert_eq!(
        materialise(&two_cards).unwrap_err(),
        MaterialiseError::Idm(1)
    );

    // A drawn tree puts the service into an area that ends before it.
    let mut outside = ObservedSystem::new(SystemCode(0x9001));
    outside.found_at(0, area(0, 0xFFFE)).expect("the root");
    outside.found_at(1, area(0x1000, 0x103F)).expect("an area");
    outside
        .found_at(2, FoundNode::Service(service(0x2009)))
        .expect("a service");
    let contradiction = MaterialiseError::Contradiction {
        system: SystemCode(0x9001),
        node: NodeCode(0x2009),
    };
    let seen = Observation {
        systems: vec![outside],
    };
    assert_eq!(materialise(&seen).unwrap_err(), contradiction);

    // Two contents of one shared block.
    let mut twice = system(&[
        area(0, 0xFFFE),
        FoundNode::Service(service(0x2009)),
        FoundNode::Service(service(0x200B)),
    ]);
    twice
        .data
        .entry(service(0x2009))
        .or_default()
        .insert(0, Block([1; 16]));
    twice
        .data
        .entry(service(0x200B))
        .or_default()
        .insert(0, Block([2; 16]));
    let seen = Observation {
        systems: vec![twice],
    };
    assert_eq!(materialise(&seen).unwrap_err(), contradiction);

    // More blocks were read than the service is told to have.
    let mut more = system(&[area(0, 0xFFFE), FoundNode::Service(service(0x2009))]);
    more.block_counts.insert(NodeCode(0x2009), 1);
    more.data
        .entry(service(0x2009))
        .or_default()
        .insert(1, Block([1; 16]));
    let seen = Observation {
        systems: vec![more],
    };
    assert_eq!(materialise(&seen).unwrap_err(), contradiction);

    let mut large = one();
    large.block_counts.insert(NodeCode(0x1009), 0xFFFF);
    let seen = Observation {
        systems: vec![large.clone(), large],
    };
    assert_eq!(materialise(&seen).unwrap_err(), MaterialiseError::TooLarge);
}

#[test]
fn a_system_without_a_shown_root_gets_one() {
    let bare = Observation {
        systems: vec![
            ObservedSystem::new(SystemCode(0x9001)),
            system(&[area(0, 0xFFFE)]),
        ],
    };
    let (made, image) = made(&bare);
    assert_eq!(image.systems[0].areas.len(), 1);
    let root = &image.systems[0].areas[0];
    assert_eq!(
        (root.code, root.end),
        (NodeCode::AREA_0, NodeCode::AREA_0_END)
    );
    assert!(!made.known[root.at as usize].has(0), "nobody told");
}

proptest! {
    /// Whatever was seen becomes a card that agrees with it, or is refused; never anything else.
    #[test]
    fn any_observation_becomes_a_card_or_is_refused(
        systems in proptest::collection::vec(
            proptest::collection::vec((any::<u16>(), any::<bool>(), 0_u16..6, 0_usize..4), 0..24), 0..5)
    ) {
        let mut seen = Observation::default();
        for (number, nodes) in systems.iter().enumerate() {
            let mut system = ObservedSystem::new(SystemCode(0x9000 + number as u16));
            let _ = system.found_at(0, area(0, 0xFFFE));
            let mut nodes = nodes.clone();
            nodes.sort();
            for (code, told, blocks, depth) in nodes {
                // Half of them services, in codes that lie close.
                let code = code & 0x0FFF;
                let node = match ServiceCode::new((code & !0x3F) | (0x08 + code % 0x10)) {
                    Some(service) if code & 1 == 1 => FoundNode::Service(service),
                    _ => FoundNode::Area {
                        code: NodeCode(code & !0x3F),
                        end: told.then_some(NodeCode(code | 0x3F)),
                    },
                };
                let placed = system.found_at(depth, node).is_ok();
                if let FoundNode::Service(service) = node && placed {
                    for index in 0..blocks {
                        let block = Block([index as u8; 16]);
                        system.data.entry(service).or_default().insert(index, block);
                    }
                }
            }
            seen.systems.push(system);
        }
        match materialise(&seen) {
            Ok(made) => {
                let tree = seen.tree();
                let full = card_tree(&powered(&made));
                prop_assert_eq!(as_far_as(&tree, &full), tree.clone());
                crate::aes::convert::with_aes_keys(&seen, &tree)?;
            }
            Err(error) => prop_assert!(matches!(
                error,
                MaterialiseError::NoSystem | MaterialiseError::Contradiction { .. }
            ), "{}", error),
        }
    }
}
