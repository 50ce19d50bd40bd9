//! Memories as large and as full of definitions as they can be: nothing that a person opens may hang.

use cardwright::model::card::definition;
use cardwright::model::card::image::{CardImage, ImageError};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::projection::Projection;
use cardwright::model::card::{Block, Idm, NodeCode, ServiceCode, SystemCode};
use cardwright::model::cipher::DesKey;
use std::collections::BTreeSet;

/// A memory of 65,536 blocks with these definition blocks behind the fixed ones.
fn memory(definitions: impl IntoIterator<Item = Block>) -> Vec<Block> {
    let key = DesKey::new(*b"DEMOFULL");
    let mut blocks = vec![Block::ERASED; 65_536];
    blocks[65_535] = definition::manufacture(Idm([1; 8]), Profile::demo().pmm);
    blocks[65_533] = definition::system(SystemCode(0x0003), 1, &key, 65_536);
    let root = definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 0xFFFF, 1, &key);
    let places = blocks[..65_533].iter_mut().rev();
    for (place, block) in places.zip(std::iter::once(root).chain(definitions)) {
        *place = block;
    }
    blocks
}

/// Thousands of areas, each in the one before, and a service for each number.
fn nested(depth: u16) -> Vec<Block> {
    let key = DesKey::new(*b"DEMOFULL");
    let areas =
        (1..=depth).map(|n| definition::area(NodeCode(n << 6), NodeCode(0xFFBF), 1, 1, &key));
    let services = (0..0x3FF_u16).filter_map(|n| ServiceCode::new(n << 6 | 0x08));
    let services: Vec<_> = services
        .map(|code| definition::service(code, code.number(), 1, 1, &key))
        .collect();
    memory(areas.chain(services))
}

#[test]
fn a_card_full_of_nested_areas_is_read_and_shown() {
    let blocks = nested(0x3FD);
    let image = CardImage::decode(&&blocks[..]).expect("a card's memory");
    let projection = Projection {
        written: &image,
        prepared: &image,
        memory: &&blocks[..],
        pending: &BTreeSet::new(),
    };
    let tree = projection.tree();
    assert_eq!(tree.counts(), (1, 0x3FE, 0x3FF));
    assert_eq!(tree.systems[0].depth(0x3FD), 0x3FD);
    assert_eq!(projection.map().cells.len(), 65_536);
}

#[test]
fn a_node_that_is_defined_twice_is_no_cards() {
    let key = DesKey::new(*b"DEMOFULL");
    let area = definition::area(NodeCode(0x1000), NodeCode(0x10FF), 1, 1, &key);
    let blocks = memory([area, area]);
    assert_eq!(
        CardImage::decode(&&blocks[..]),
        Err(ImageError::Twice(NodeCode(0x1000), 0))
    );
}

#[test]
fn areas_that_cross_are_no_cards() {
    let key = DesKey::new(*b"DEMOFULL");
    let area = |code, end| definition::area(NodeCode(code), NodeCode(end), 1, 1, &key);
    for crossing in [area(0x1040, 0x11FF), area(0x1080, 0x1040)] {
        let blocks = memory([area(0x1000, 0x10FF), crossing]);
        let refused = CardImage::decode(&&blocks[..]).expect_err("no card's");
        assert!(matches!(refused, ImageError::Nesting(..)), "{refused}");
    }
}

#[test]
fn a_memory_of_zeros_is_no_cards() {
    let blocks = vec![Block::ZERO; 65_536];
    assert!(CardImage::decode(&&blocks[..]).is_err());
}

#[test]
fn services_of_different_numbers_share_no_block_and_those_of_one_share_all() {
    let key = DesKey::new(*b"DEMOFULL");
    let service = |code, first, blocks| {
        let code = ServiceCode::new(code).expect("a service");
        definition::service(code, first, blocks, 1, &key)
    };
    let good = memory([
        service(0x1008, 0, 4),
        service(0x100B, 0, 4),
        service(0x1048, 4, 2),
    ]);
    assert!(CardImage::decode(&&good[..]).is_ok());
    for wrong in [
        [service(0x1008, 0, 4), service(0x1048, 3, 2)],
        [service(0x1008, 0, 4), service(0x1048, 0, 4)],
        [service(0x1008, 0, 4), service(0x100B, 0, 3)],
        [service(0x1008, 0, 4), service(0x100B, 4, 4)],
        [service(0x100B, 8, 4), service(0x1008, 0, 4)],
    ] {
        let blocks = memory(wrong);
        let refused = CardImage::decode(&&blocks[..]).expect_err("no card's");
        assert!(matches!(refused, ImageError::Service(..)), "{refused}");
    }
}
