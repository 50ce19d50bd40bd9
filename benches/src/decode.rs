//! A full card of 65,536 blocks: from its memory to a card whose nodes are known.
//!
//! Ours decodes the memory's 1 MiB. The peer has no memory image; it is handed what it would have to find, areas,
//! services and their blocks, and builds its card from that.

use crate::report::Figure;
use crate::turns::seconds_each;
use cardwright::model::card::image::CardImage;
use cardwright::model::card::{Block, Idm, NodeCode, Pmm, ServiceCode, SystemCode, definition};
use cardwright::model::cipher::DesKey;
use felica::felica_standard::{EmulatedArea, EmulatedService, EmulatedSystem};
use std::hint::black_box;

pub const BLOCKS: usize = 65_536;
/// Areas below area 0, each of four numbers with a service each.
const AREAS: u16 = 254;
const SERVICES_OF_AREA: u16 = 4;
/// User blocks of each service.
const SERVICE_BLOCKS: u16 = 63;
/// User blocks of the card, from the first on.
pub const USER_BLOCKS: usize = AREAS as usize * SERVICES_OF_AREA as usize * SERVICE_BLOCKS as usize;

/// Number of the first service of an area, which is the area's as well.
fn first_number(area: u16) -> u16 {
    area * SERVICES_OF_AREA
}

/// The memory of a full card.
pub fn memory() -> Result<Vec<Block>, String> {
    let key = DesKey::new(*b"DEMOFULL");
    let mut blocks: Vec<Block> = (0..BLOCKS).map(|n| Block([n as u8 & 0x7F; 16])).collect();
    blocks[BLOCKS - 1] = definition::manufacture(Idm(crate::cards::IDM), Pmm(crate::cards::PMM));
    blocks[BLOCKS - 2] = Block::ERASED;
    blocks[BLOCKS - 3] =
        definition::system(SystemCode(crate::cards::SYSTEM), 1, &key, BLOCKS as u32);
    let root = definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 0xFFFF, 1, &key);
    let mut definitions = vec![root];
    for area in 1..=AREAS {
        let first = first_number(area);
        let end = NodeCode((first + SERVICES_OF_AREA) * 64 - 1);
        let budget = SERVICES_OF_AREA * (SERVICE_BLOCKS + 1);
        definitions.push(definition::area(
            NodeCode(first * 64 + 1),
            end,
            budget,
            1,
            &key,
        ));
        for number in first..first + SERVICES_OF_AREA {
            let code = ServiceCode::new(number * 64 + 0x08).ok_or("no service's code")?;
            let at = (number - first_number(1)) * SERVICE_BLOCKS;
            definitions.push(definition::service(code, at, SERVICE_BLOCKS, 1, &key));
        }
    }
    for (place, block) in blocks[..BLOCKS - 3].iter_mut().rev().zip(&definitions) {
        *place = *block;
    }
    let end = BLOCKS - 3 - definitions.len();
    // What is left between user and system blocks was never written.
    blocks[usize::from(AREAS * SERVICES_OF_AREA) * usize::from(SERVICE_BLOCKS)..end]
        .fill(Block::ERASED);
    Ok(blocks)
}

/// The peer's card of the same nodes; gives how many there are.
pub fn peers_card(contents: &[[u8; 16]]) -> Result<usize, String> {
    let said = |error: felica::felica_standard::EmulatorConfigError| error.to_string();
    let mut system =
        EmulatedSystem::new(crate::cards::SYSTEM, crate::cards::IDM, crate::cards::PMM)
            .map_err(said)?;
    for area in 1..=AREAS {
        let first = first_number(area);
        let end = (first + SERVICES_OF_AREA) * 64 - 1;
        let mut node = EmulatedArea::new(first * 64 + 1, end).map_err(said)?;
        for number in first..first + SERVICES_OF_AREA {
            let at = usize::from((number - first_number(1)) * SERVICE_BLOCKS);
            let blocks = contents[at..at + usize::from(SERVICE_BLOCKS)].to_vec();
            let code = felica::ServiceCode::new(number * 64 + 0x08);
            node.add_service(EmulatedService::with_blocks(code, 1, blocks))
                .map_err(said)?;
        }
        system.add_area(node).map_err(said)?;
    }
    Ok(system.directory().len())
}

/// Decoding the image of a full card, in milliseconds.
pub fn full_card() -> Result<Vec<Figure>, String> {
    let memory = memory()?;
    let contents: Vec<[u8; 16]> = memory.iter().map(|block| block.0).collect();
    let decoded = CardImage::decode(&&memory[..]).map_err(|error| error.to_string())?;
    let nodes = decoded.systems[0].areas.len() + decoded.systems[0].services.len();
    if nodes != peers_card(&contents)? {
        return Err(format!("the cards differ: {nodes} nodes in ours"));
    }
    let (ours, peer) = seconds_each(
        20,
        |times| {
            for _ in 0..times {
                let image = CardImage::decode(&black_box(&memory[..]));
                black_box(image.map_err(|error| error.to_string())?);
            }
            Ok(())
        },
        |times| {
            for _ in 0..times {
                black_box(peers_card(black_box(&contents))?);
            }
            Ok(())
        },
    )?;
    Ok(vec![Figure {
        name: "decode a full card of 65,536 blocks",
        value: ours * 1e3,
        unit: "ms",
        peer: "felica, building the same card",
        peer_value: peer * 1e3,
    }])
}
