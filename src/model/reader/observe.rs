//! Looking at a card with plain commands alone, without a key and without writing anything.

use super::{BlockAccess, CardError, NO_SUCH_NODE, Place, Reader};
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::{Block, Idm, NodeCode, ServiceCode, SystemCode};
use crate::model::command::{MAX_NODES, SearchResult, Sf2, code};

/// Blocks that a read asks for first; a card that takes fewer says so (A2h).
const READ_BLOCKS: usize = 12;

/// Everything that a card in mode 0 tells without a key: its systems, their identities and nodes, key versions, and
/// the blocks of the services that need no authentication. A service whose reading is refused stays unread.
///
/// # Errors
/// A card that leaves, falls silent or answers out of order gives an error and no observation.
pub fn observe(reader: &mut Reader) -> Result<Observation, CardError> {
    let mut seen = Observation::default();
    for (code, idm) in systems(reader)? {
        let mut system = ObservedSystem::new(code);
        find(reader, &mut system, idm, &mut |_| ())?;
        for service in free_services(&system) {
            let mut plain = reader.plain(idm);
            let known = system.data.entry(service).or_default();
            let keep = &mut |first: u16, blocks: &[Block]| {
                known.extend((first..=u16::MAX).zip(blocks.iter().copied()));
            };
            if let Some(count) = read_service(&mut plain, service, None, keep)? {
                system.block_counts.insert(service.node(), count);
            }
            if system
                .data
                .get(&service)
                .is_some_and(|known| known.is_empty())
            {
                system.data.remove(&service);
            }
        }
        seen.systems.push(system);
    }
    Ok(seen)
}

/// Every system of the card, with its IDm, from system 0 on.
pub(super) fn systems(reader: &mut Reader) -> Result<Vec<(SystemCode, Idm)>, CardError> {
    let first = reader.poll(SystemCode::ANY)?.idm;
    let codes = reader.system_codes(first)?.into_iter();
    let numbered = codes.zip(0..=15);
    Ok(numbered
        .map(|(code, number)| (code, first.of_system(number)))
        .collect())
}

/// Finds what a system holds: its identity, its nodes, each told to `tell`, and their key versions.
pub(super) fn find(
    reader: &mut Reader,
    system: &mut ObservedSystem,
    idm: Idm,
    tell: &mut dyn FnMut(FoundNode),
) -> Result<(), CardError> {
    let polled = reader.poll(system.code)?;
    system.idm = Some(idm);
    // Where two systems fit the polled code, the lower answers; this one still takes commands under its own IDm.
    system.pmm = (polled.idm == idm).then_some(polled.pmm);
    for index in 0..=u16::MAX {
        let node = match reader.node_at(idm, index)? {
            SearchResult::Area { code, end } => FoundNode::Area {
                code,
                end: Some(end),
            },
            SearchResult::Service(service) => FoundNode::Service(service),
            SearchResult::Other(_) => continue,
            SearchResult::End => break,
        };
        system
            .found(node)
            .map_err(|_| CardError::Answer(code::SEARCH_SERVICE_CODE))?;
        tell(node);
    }
    for nodes in all_nodes(system).chunks(MAX_NODES) {
        let versions = reader.key_versions(idm, nodes)?;
        let told = nodes.iter().copied().zip(versions);
        system
            .key_versions
            .extend(told.filter(|(_, version)| *version != NO_SUCH_NODE));
    }
    Ok(())
}

/// The system itself and every node that was found in it.
pub(super) fn all_nodes(system: &ObservedSystem) -> Vec<NodeCode> {
    let found = system.nodes().map(FoundNode::code);
    [NodeCode::SYSTEM].into_iter().chain(found).collect()
}

/// The services that were found and need no key.
pub(super) fn free_services(system: &ObservedSystem) -> Vec<ServiceCode> {
    let services = system.nodes().filter_map(|node| node.code().service());
    services
        .filter(|service| !service.needs_authentication())
        .collect()
}

/// Reads a service's blocks from 0 on: as many as it is known to have, or until the card says that there are no more.
/// Each run of blocks is given to `each`, with the number of its first. Gives how many blocks there are, if that was
/// found out: a service whose reading is refused stays unread.
pub(super) fn read_service(
    access: &mut dyn BlockAccess,
    service: ServiceCode,
    blocks: Option<u16>,
    each: &mut dyn FnMut(u16, &[Block]),
) -> Result<Option<u16>, CardError> {
    let (mut next, mut count) = (0, READ_BLOCKS);
    // Block numbers have 16 bits.
    let end = blocks.map_or(0x1_0000, usize::from);
    while next < end {
        let numbers = next..(next + count).min(end);
        let places: Vec<Place> = numbers
            .map(|number| Place::normal(service, number as u16))
            .collect();
        match access.read_once(&places) {
            Ok(data) => {
                each(next as u16, &data);
                next += places.len();
            }
            Err(CardError::Status { status, .. }) => match status.what() {
                // Too many at once, or the end lies among them.
                Some(Sf2::BlockCount | Sf2::BlockNumber) if count > 1 => count /= 2,
                Some(Sf2::BlockNumber) => return Ok(Some(next as u16)),
                _ => return Ok(None),
            },
            Err(error) => return Err(error),
        }
    }
    Ok(blocks)
}
