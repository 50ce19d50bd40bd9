//! A card that is looked at by plain commands: what is seen agrees with its memory, and is whole or nothing.

use crate::materialise::as_far_as;
use crate::support::{ALL, Division, demo_card, ring_of};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::card_tree;
use cardwright::model::card::observation::Observation;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{NodeCode, ServiceCode, SystemCode};
use cardwright::model::command::Frame;
use cardwright::model::demo::Demo;
use cardwright::model::flow::issue::{PlannedArea, PlannedService};
use cardwright::model::port::{CardLink, LinkError, Touch};
use cardwright::model::reader::{CardError, Reader, observe};
use cardwright::workbench::headless::new_card;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Looks at a card and holds what is seen against its memory; every fact that needs no key must have been seen.
pub fn observed(card: &mut EmulatedCard) -> Observation {
    let before = card.memory().clone();
    card.field_off();
    let seen = observe(&mut Reader::new(card)).expect("observed");
    assert_eq!(card.memory(), &before, "looking writes nothing");
    let (tree, full) = (seen.tree(), card_tree(card));
    assert_eq!(as_far_as(&tree, &full), tree);
    for (seen, full) in tree.systems.iter().zip(&full.systems) {
        assert_eq!((seen.idm, seen.pmm), (full.idm, full.pmm));
        assert_eq!(seen.key.version, full.key.version);
        for (seen, full) in seen.areas.iter().zip(&full.areas) {
            assert_eq!((seen.end, seen.key.version), (full.end, full.key.version));
        }
        for (seen, full) in seen.services.iter().zip(&full.services) {
            assert_eq!(seen.key.version, full.key.version);
            if full.code.needs_authentication() {
                assert_eq!((seen.blocks, seen.data.len()), (None, 0));
            } else {
                assert_eq!((seen.blocks, &seen.data), (full.blocks, &full.data));
            }
        }
    }
    seen
}

#[test]
fn the_demo_card_is_seen_as_it_is_before_and_after_a_division() {
    let mut card = demo_card();
    assert_eq!(observed(&mut card).tree().counts(), (1, 4, 15));
    Division::new().run(&mut card, ALL).expect("divided");
    assert_eq!(observed(&mut card).tree().counts(), (2, 5, 15));
}

#[test]
fn a_card_of_every_profile_is_seen_as_it_is() {
    for profile in Profile::built_in() {
        let demo = Demo::small(SystemCode(0x8092), None);
        let mut card = new_card(&demo, profile).expect("issued");
        assert_eq!(observed(&mut card).tree().counts(), (1, 2, 4));
    }
}

#[test]
fn a_chip_that_reads_fewer_blocks_at_once_is_read_to_the_end() {
    for plain_read_blocks in 1..=15 {
        let profile = Profile {
            plain_read_blocks,
            ..Profile::demo()
        };
        let mut card = new_card(&Demo::new(), profile).expect("issued");
        observed(&mut card);
    }
}

/// A card that leaves after some frames.
struct Leaving<'a> {
    card: &'a mut EmulatedCard,
    left: usize,
}

impl CardLink for Leaving<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        self.left = self.left.checked_sub(1).ok_or(LinkError::CardGone)?;
        self.card.transceive(frame)
    }
    fn field_off(&mut self) {
        CardLink::field_off(self.card);
    }
    fn touch(&self) -> Touch {
        self.card.touch()
    }
}

#[test]
fn a_card_that_leaves_half_way_gives_no_half_truth() {
    let mut card = demo_card();
    let mut reader = Reader::new(&mut card);
    observe(&mut reader).expect("observed");
    let frames = reader.frames.len() / 2;
    assert!(frames > 20);
    for left in 0..=frames {
        let card = &mut card;
        let seen = observe(&mut Reader::new(&mut Leaving { card, left }));
        if left == frames {
            seen.expect("it stayed to the end");
        } else {
            let gone = seen.expect_err("it left");
            assert_eq!(gone, CardError::Link(LinkError::CardGone), "{left}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::support::times(32, 1024) as u32))]

    /// Whatever was registered is seen.
    #[test]
    fn any_registration_is_seen_as_it_is(
        areas in proptest::collection::vec(
            proptest::collection::btree_map((0_u16..10, 0x08_u16..0x18), 1_u16..4, 1..6), 1..6)
    ) {
        let mut demo = Demo::new();
        let (system, key) = (demo.plan.system, demo.transport_key.clone());
        let any = SystemCode::ANY.0;
        let mut keys = vec![
            (any, 0xFFFF, key.clone()),
            (any, 0, key.clone()),
            (system.0, 0xFFFF, key.clone()),
            (system.0, 0, key.clone()),
        ];
        demo.plan.areas.clear();
        for (services, number) in areas.into_iter().zip(1_u16..) {
            let first = number * 0x400;
            let mut shared = BTreeMap::new();
            let mut planned = Vec::new();
            keys.push((system.0, first, key.clone()));
            for ((number, attribute), blocks) in services {
                let code = first + 0x40 * number + attribute;
                // Services of one number share their blocks.
                let blocks = *shared.entry(number).or_insert(blocks);
                keys.push((system.0, code, key.clone()));
                planned.push(PlannedService {
                    code: ServiceCode::new(code).expect("a service code"),
                    name: String::new(),
                    blocks,
                    data: Vec::new(),
                });
            }
            demo.plan.areas.push(PlannedArea {
                code: NodeCode(first),
                name: String::new(),
                end: NodeCode(first + 0x3FF),
                blocks: 25,
                services: planned,
            });
        }
        demo.issuer.ring = ring_of(&keys);
        let mut card = new_card(&demo, Profile::demo()).expect("issued");
        observed(&mut card);
    }
}
