//! What differs between two pictures of a card: known answers, and properties over random cards.

use crate::support::{demo_card, divided_data};
use cardwright::model::card::definition;
use cardwright::model::card::difference::{
    BlockChange, ChangedNode, Counts, Difference, Field, KeyValue, Memory, Nth, Picture, Records,
    Sides, Sign, Value, byte_changes,
};
use cardwright::model::card::image::{CardImage, LentRun, Run};
use cardwright::model::card::map::BlockMap;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::projection::Projection;
use cardwright::model::card::tree::{BlockCounts, KeyFacts, Tree};
use cardwright::model::card::{
    BLOCK_BYTES, Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode,
};
use cardwright::model::cipher::{AesKey, DesKey};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A card's memory with everything that is shown of it.
#[derive(Clone)]
struct Card {
    blocks: Vec<Block>,
    tree: Tree,
    map: BlockMap,
}

impl Card {
    fn of(blocks: &[Block]) -> Card {
        let image = CardImage::decode(&blocks).expect("a card's memory");
        let projection = Projection {
            written: &image,
            prepared: &image,
            memory: &blocks,
            pending: &BTreeSet::new(),
        };
        Card {
            tree: projection.tree(),
            map: projection.map(),
            blocks: blocks.to_vec(),
        }
    }

    fn whole(&self) -> Picture<'_> {
        Picture {
            tree: &self.tree,
            memory: Some(Memory {
                blocks: &self.blocks,
                map: &self.map,
            }),
        }
    }

    /// The tree alone.
    fn told(&self) -> Picture<'_> {
        Picture {
            tree: &self.tree,
            memory: None,
        }
    }

    /// The same card with other bytes somewhere.
    fn with(&self, write: impl Fn(&mut Vec<Block>)) -> Card {
        let mut blocks = self.blocks.clone();
        write(&mut blocks);
        Card::of(&blocks)
    }
}

fn between(a: &Card, b: &Card) -> Difference {
    Difference::between(a.whole(), b.whole())
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

fn key(letter: u8) -> DesKey {
    DesKey::new([b'D', b'E', b'M', b'O', b'K', b'E', b'Y', letter])
}

/// A block that nobody would take for another.
fn block(of: u8) -> Block {
    Block([of; BLOCK_BYTES])
}

fn purse(value: u32, cashback: u32, execution_id: u8) -> Block {
    let mut block = Block::ZERO;
    block
        .put(0, &value.to_le_bytes())
        .put(4, &cashback.to_le_bytes())
        .put(12, &[0, 0, 0, execution_id]);
    block
}

/// A card of 64 blocks: a ring of 4 (100C, 100F), a purse of 2 (1050, 1057), 3 random blocks (1088), and K_D.
fn small() -> Card {
    let mut blocks = vec![Block::ERASED; 64];
    let system: [Block; 10] = [
        definition::manufacture(Idm([1; 8]), Profile::demo().pmm),
        definition::issuance(Idi([2; 8]), Pmi([3; 8])),
        definition::system(SystemCode(0x0003), 1, &key(1), 64),
        definition::division_key(1, &key(2)),
        definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 58, 1, &key(3)),
        definition::area(NodeCode(0x1000), NodeCode(0x10FF), 20, 1, &key(4)),
        definition::service(service(0x100C), 0, 4, 1, &key(5)),
        definition::service(service(0x1050), 4, 2, 1, &key(6)),
        definition::service(service(0x1057), 4, 2, 0, &DesKey::new([0; 8])),
        definition::service(service(0x1088), 6, 3, 1, &key(7)),
    ];
    for (at, system) in system.into_iter().enumerate() {
        blocks[63 - at] = system;
    }
    for (at, of) in [4, 3, 2, 1].into_iter().enumerate() {
        blocks[at] = block(of);
    }
    blocks[4] = purse(1200, 0, 0x1C);
    blocks[6] = block(0x20);
    Card::of(&blocks)
}

/// Node, field and sign of each change.
fn listed(difference: &Difference) -> Vec<(ChangedNode, Field, Sign)> {
    let changes = difference.changes.iter();
    changes
        .map(|change| (change.node, change.field, change.sign()))
        .collect()
}

#[test]
fn a_decrement_is_told_by_the_fields_of_the_purse() {
    let before = small();
    let after = before.with(|blocks| blocks[4] = purse(800, 400, 0x1D));
    let difference = between(&before, &after);
    let node = ChangedNode::Service(service(0x1050));
    let nth = Nth { index: 0, of: 2 };
    assert_eq!(
        listed(&difference),
        [
            (node, Field::PurseValue(nth), Sign::Changed),
            (node, Field::Cashback(nth), Sign::Changed),
            (node, Field::ExecutionId(nth), Sign::Changed),
        ]
    );
    let value = &difference.changes[0];
    assert_eq!(
        value.values,
        Sides {
            a: Some(Value::Amount(1200)),
            b: Some(Value::Amount(800))
        }
    );
    assert_eq!((value.bytes.clone(), value.block()), (Some(0..4), Some(4)));
    assert_eq!(difference.changes[2].bytes, Some(12..16));
    let changed: Vec<_> = (0..64)
        .filter(|at| difference.blocks[*at] != BlockChange::Same)
        .collect();
    assert_eq!(changed, [4]);
    assert_eq!(
        difference.counts(),
        Counts {
            changed: 3,
            ..Counts::default()
        }
    );
    assert_eq!(difference.unknown, Sides::default());
}

#[test]
fn a_purse_that_is_written_first_was_erased() {
    let before = small();
    let after = before.with(|blocks| blocks[5] = purse(500, 0, 0));
    let nth = Nth { index: 1, of: 2 };
    let difference = between(&before, &after);
    let [change] = &difference.changes[..] else {
        panic!("fields that are zero are no news");
    };
    assert_eq!(change.field, Field::PurseValue(nth));
    let values = Sides {
        a: Some(Value::Erased),
        b: Some(Value::Amount(500)),
    };
    assert_eq!(change.values, values);
}

#[test]
fn pushed_records_are_counted_and_other_rings_are_rewritten() {
    let ring = |card: &Card, records: [u8; 4]| {
        card.with(|blocks| {
            for (at, of) in records.into_iter().enumerate() {
                blocks[at] = block(of);
            }
        })
    };
    let before = small();
    let records = |a: [u8; 4], b: [u8; 4]| {
        let difference = between(&ring(&before, a), &ring(&before, b));
        match &difference.changes[..] {
            [change] => match change.field {
                Field::Records(records) => records,
                other => panic!("{other:?}"),
            },
            others => panic!("{others:?}"),
        }
    };
    assert_eq!(records([4, 3, 2, 1], [5, 4, 3, 2]), Records::New(1));
    assert_eq!(records([4, 3, 2, 1], [7, 6, 5, 4]), Records::New(3));
    assert_eq!(records([5, 4, 3, 2], [4, 3, 2, 1]), Records::Gone(1));
    assert_eq!(records([4, 3, 2, 1], [9, 8, 7, 6]), Records::Rewritten(4));
    assert_eq!(records([4, 3, 2, 1], [4, 3, 9, 1]), Records::Rewritten(1));
    assert_eq!(
        records([1, 2, 1, 2], [2, 1, 2, 1]),
        Records::Rewritten(4),
        "pushed or taken back: nobody can tell"
    );
}

#[test]
fn a_key_is_told_by_version_and_check_value() {
    let before = small();
    let at = |code| {
        let system = &before.tree.systems[0];
        let found = system.services.iter().find(|s| s.code == service(code));
        let definition = found.and_then(|service| service.definition);
        definition.expect("it is there").physical as usize
    };
    let (place, new) = (at(0x1088), key(9));
    let after = before.with(|blocks| {
        blocks[place] = definition::service(service(0x1088), 6, 3, 2, &new);
    });
    let difference = between(&before, &after);
    let told = |version, key: &DesKey| {
        Some(Value::Key(KeyValue {
            version: Some(version),
            kcv: Some(key.kcv()),
        }))
    };
    let [change] = &difference.changes[..] else {
        panic!("one change");
    };
    assert_eq!(change.field, Field::Key);
    let values = Sides {
        a: told(1, &key(7)),
        b: told(2, &new),
    };
    assert_eq!(change.values, values);
    // A key that is the same to DES is the same key, and still no block differs unseen.
    let parity = before.with(|blocks| blocks[place].0[15] ^= 1);
    let node = ChangedNode::Service(service(0x1088));
    let difference = between(&before, &parity);
    assert_eq!(listed(&difference), [(node, Field::Block, Sign::Changed)]);
    assert_eq!(
        difference.changes[0].values,
        Sides::both(Some(Value::Hidden))
    );
}

#[test]
fn a_keys_bytes_differ_as_one() {
    let card = small();
    let at = card.blocks.len() - 3;
    let kind = card.map.cells[at].kind;
    let mut other = card.blocks[at];
    other.0[7] ^= 0x10;
    let sides = Sides {
        a: &card.blocks[at],
        b: &other,
    };
    let bytes = byte_changes(sides, Sides::both(kind));
    assert_eq!(bytes, std::array::from_fn(|at| (4..12).contains(&at)));
}

#[test]
fn a_division_is_told_as_what_it_does_to_the_card() {
    let (before, after) = (
        Card::of(demo_card().memory().data()),
        Card::of(divided_data()),
    );
    let difference = between(&before, &after);
    assert_eq!(
        listed(&difference),
        [
            (ChangedNode::System, Field::Space, Sign::Changed),
            (ChangedNode::System, Field::Division(1), Sign::Added),
            (
                ChangedNode::Area(NodeCode(0)),
                Field::Allotted,
                Sign::Changed
            ),
            (ChangedNode::System, Field::System, Sign::Added),
            (ChangedNode::Area(NodeCode(0)), Field::Area, Sign::Added),
        ]
    );
    let lent = Run {
        first: 0x74,
        blocks: 96,
    };
    assert_eq!(difference.changes[1].values.b, Some(Value::Run(lent)));
    assert_eq!(
        difference.changes[2].values,
        Sides {
            a: Some(Value::Blocks(251)),
            b: Some(Value::Blocks(154))
        }
    );
    let space = |user, system, free| Some(Value::Space(BlockCounts { user, system, free }));
    assert_eq!(
        difference.changes[0].values,
        Sides {
            a: space(55, 23, 178),
            b: space(55, 24, 81)
        }
    );
    assert_eq!(difference.systems[1].code.b, Some(SystemCode(0xFE42)));
    let count = |of| difference.blocks.iter().filter(|b| **b == of).count();
    assert_eq!(
        (count(BlockChange::Added), count(BlockChange::Changed)),
        (5, 1)
    );
    assert_eq!(count(BlockChange::Removed), 0);
}

#[test]
fn what_a_tree_does_not_tell_is_no_difference() {
    let (before, after) = (
        Card::of(demo_card().memory().data()),
        Card::of(divided_data()),
    );
    let mut seen = before.clone();
    let system = &mut seen.tree.systems[0];
    system.idm = None;
    system.blocks = None;
    system.system_blocks.clear();
    system.services[0].data.clear();
    system.services[1].key = KeyFacts::default();
    system.areas[1].end = None;
    for service in &mut system.services {
        service.first_user_block = None;
        service.definition = None;
    }
    let same = Difference::between(before.whole(), seen.told());
    assert_eq!(listed(&same), []);
    assert_eq!(same.unknown.a, 0);
    assert!(same.unknown.b > 4, "{:?}", same.unknown);
    // What it does tell is compared.
    let divided = Difference::between(seen.told(), after.whole());
    let system = (ChangedNode::System, Field::System, Sign::Added);
    assert!(listed(&divided).contains(&system));
    assert!(divided.blocks.is_empty());
    // A system of which no node is known has none that could be missing.
    seen.tree.systems[0].areas.clear();
    seen.tree.systems[0].services.clear();
    let closed = Difference::between(before.whole(), seen.told());
    assert_eq!(listed(&closed), []);
}

#[test]
fn no_key_is_in_what_is_told() {
    let (before, after) = (
        Card::of(demo_card().memory().data()),
        Card::of(divided_data()),
    );
    let told = format!("{:?}", between(&before, &after));
    assert!(!told.contains("68, 69, 77, 79"), "the letters DEMO: {told}");
}

/// What a random card is made of.
#[derive(Clone, Debug)]
struct Plan {
    large: bool,
    system: u16,
    ids: u8,
    issued: bool,
    division_key: Option<u8>,
    areas: Vec<(u16, bool, u8)>,
    /// Number, attributes, blocks, gap before, key.
    services: Vec<(u16, Vec<u16>, u16, u16, u8)>,
    aes: Option<u8>,
    other: Option<u8>,
    lent: Option<(u16, u8)>,
    data: Vec<u8>,
    /// Definitions are made the other way around.
    reversed: bool,
}

fn plans() -> impl Strategy<Value = Plan> {
    let attributes = prop_oneof![
        Just(vec![0x08_u16]),
        Just(vec![0x08, 0x0B]),
        Just(vec![0x0F]),
        Just(vec![0x0C, 0x0F]),
        Just(vec![0x10, 0x12, 0x17]),
        Just(vec![0x17]),
    ];
    let service = (1..6_u16, attributes, 1..4_u16, 0..2_u16, 0..2_u8);
    let head = (
        prop::bool::weighted(0.1),
        0..2_u16,
        0..2_u8,
        any::<bool>(),
        prop::option::of(0..2_u8),
    );
    let records = (
        prop::option::of(0..2_u8),
        prop::option::of(0..2_u8),
        prop::option::of((5..8_u16, 0..2_u8)),
        any::<bool>(),
    );
    let areas = prop::collection::vec((6..9_u16, any::<bool>(), 0..2_u8), 0..3);
    let services = prop::collection::vec(service, 0..4);
    let data = prop::collection::vec(0..4_u8, 24);
    (head, areas, services, records, data).prop_map(
        |((large, system, ids, issued, division_key), areas, services, records, data)| {
            let (aes, other, lent, reversed) = records;
            Plan {
                large,
                system,
                ids,
                issued,
                division_key,
                areas,
                services,
                aes,
                other,
                lent,
                data,
                reversed,
            }
        },
    )
}

impl Plan {
    fn definitions(&self, last: &mut u16) -> Vec<Block> {
        let root = definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 50, 1, &key(0));
        let mut made = vec![root];
        let mut numbers = BTreeSet::new();
        for (number, wide, of) in &self.areas {
            if numbers.insert(*number) {
                let end = NodeCode(number << 6 | if *wide { 0x3F } else { 0x1F });
                made.push(definition::area(
                    NodeCode(number << 6),
                    end,
                    3,
                    1,
                    &key(*of),
                ));
            }
        }
        for (number, attributes, blocks, gap, of) in &self.services {
            if !numbers.insert(*number) {
                continue;
            }
            for attribute in attributes {
                let code = service(number << 6 | attribute);
                let version = u16::from(*of);
                made.push(definition::service(
                    code,
                    *last + gap,
                    *blocks,
                    version,
                    &key(*of),
                ));
            }
            *last += gap + blocks;
        }
        made.extend(
            self.division_key
                .map(|of| definition::division_key(1, &key(of))),
        );
        if let Some(of) = self.other {
            made.push(*block(of).put(0, &[0x05, 0x00]));
        }
        if self.reversed {
            made.reverse();
        }
        if let Some(of) = self.aes {
            let [first, second] = definition::aes_key(NodeCode::AREA_0, 1, &AesKey::new([of; 16]));
            made.extend([first, second]);
        }
        made
    }

    fn card(&self) -> Card {
        let size = if self.large { 80 } else { 64 };
        let mut blocks = vec![Block::ERASED; size];
        for (at, of) in self.data.iter().enumerate() {
            blocks[at] = match of {
                0 => Block::ERASED,
                1 => Block::ZERO,
                _ => block(*of),
            };
        }
        let mut last = 0;
        let made = self.definitions(&mut last);
        let top = size - 1;
        let code = SystemCode(self.system);
        blocks[top] = definition::manufacture(Idm([self.ids; 8]), Profile::demo().pmm);
        if self.issued {
            blocks[top - 1] = definition::issuance(Idi([self.ids; 8]), Pmi([0; 8]));
        }
        blocks[top - 2] = definition::system(code, 1, &key(self.ids), size as u32);
        let mut at = top - 2;
        for definition in made {
            at -= 1;
            blocks[at] = definition;
        }
        if let Some((length, of)) = self.lent {
            let (run, end) = (
                Run {
                    first: 26,
                    blocks: u32::from(length),
                },
                26 + usize::from(length),
            );
            let kept = &mut blocks[at - 1];
            *kept = definition::division(LentRun { system: 1, run });
            blocks[end - 1] = definition::manufacture(Idm([0x11; 8]), Profile::demo().pmm);
            blocks[end - 3] = definition::system(SystemCode(0xFE00), 1, &key(of), run.blocks);
            blocks[end - 4] =
                definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 1, 1, &key(of));
        }
        Card::of(&blocks)
    }
}

/// Takes facts out of a tree, which ones by the bits of `hide`.
fn without(tree: &Tree, mut hide: u32) -> Tree {
    let mut hidden = || {
        hide = hide.rotate_left(5).wrapping_mul(0x9E37_79B9);
        hide & 1 == 1
    };
    let mut tree = tree.clone();
    for system in &mut tree.systems {
        system.idm = system.idm.filter(|_| !hidden());
        system.pmm = system.pmm.filter(|_| !hidden());
        system.blocks = None;
        system.system_blocks.clear();
        for area in &mut system.areas {
            area.end = area.end.filter(|_| !hidden());
            area.allotted = area.allotted.filter(|_| !hidden());
            area.definition = None;
            area.key.kcv = area.key.kcv.filter(|_| !hidden());
            area.key.aes = None;
        }
        for service in &mut system.services {
            service.blocks = service.blocks.filter(|_| !hidden());
            service.first_user_block = None;
            service.definition = None;
            service.data.retain(|_, _| !hidden());
        }
    }
    tree
}

proptest! {
    #[test]
    fn a_card_does_not_differ_from_itself(plan in plans()) {
        let card = plan.card();
        let difference = between(&card, &card);
        prop_assert!(difference.is_empty(), "{:?}", difference.changes);
        prop_assert!(difference.blocks.iter().all(|block| *block == BlockChange::Same));
        prop_assert_eq!(difference.unknown, Sides::default());
    }

    #[test]
    fn a_card_does_not_differ_from_what_is_told_of_it(plan in plans(), hide in any::<u32>()) {
        let card = plan.card();
        let tree = without(&card.tree, hide);
        let told = Picture { tree: &tree, memory: None };
        let difference = Difference::between(card.whole(), told);
        prop_assert!(difference.is_empty(), "{:?}", difference.changes);
        prop_assert_eq!(difference.unknown.a, 0);
    }

    #[test]
    fn the_other_way_around_is_the_mirror(a in plans(), b in plans(), hide in prop::option::of(any::<u32>())) {
        let (a, b) = (a.card(), b.card());
        let tree = without(&a.tree, hide.unwrap_or(0));
        let first = match hide {
            Some(_) => Picture { tree: &tree, memory: None },
            None => a.whole(),
        };
        let there = Difference::between(first, b.whole());
        let back = Difference::between(b.whole(), first);
        prop_assert_eq!(&there.clone().swapped(), &back);
        prop_assert_eq!(there.clone().swapped().swapped(), there);
    }

    #[test]
    fn the_bytes_that_differ_make_one_card_of_the_other(a in plans(), b in plans()) {
        let (a, b) = (a.card(), b.card());
        let length = a.blocks.len().min(b.blocks.len());
        for at in 0..length {
            let (old, new) = (a.blocks[at], b.blocks[at]);
            let kinds = Sides { a: a.map.cells[at].kind, b: b.map.cells[at].kind };
            let differs = byte_changes(Sides { a: &old, b: &new }, kinds);
            let made = std::array::from_fn(|at| if differs[at] { new.0[at] } else { old.0[at] });
            prop_assert!(Block(made) == new);
            prop_assert_eq!(differs.contains(&true), old != new);
        }
    }

    #[test]
    fn no_block_differs_without_a_change_that_names_it(a in plans(), b in plans()) {
        let (a, b) = (a.card(), b.card());
        let difference = between(&a, &b);
        let length = a.blocks.len().max(b.blocks.len());
        prop_assert_eq!(difference.blocks.len(), length);
        for at in 0..length {
            if a.blocks.get(at) != b.blocks.get(at) {
                let named = difference.changes.iter().any(|change| change.covers(at as u32));
                prop_assert!(named, "block {at}: {:?}", listed(&difference));
                prop_assert_ne!(difference.blocks[at], BlockChange::Same);
            }
        }
        for change in &difference.changes {
            prop_assert!(change.values.a.is_some() || change.values.b.is_some());
            prop_assert!(change.system < difference.systems.len());
        }
    }
}
