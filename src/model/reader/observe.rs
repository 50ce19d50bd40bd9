//! Looking at a card with plain commands alone, without a key and without writing anything.

use super::{CardError, NO_SUCH_NODE, Reader};
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::{Idm, NodeCode, ServiceCode, SystemCode};
use crate::model::command::{MAX_NODES, SearchResult, Sf2, code};

/// Blocks that a plain read asks for first; a card that takes fewer says so (A2h).
const READ_BLOCKS: u32 = 12;

/// Everything that a card in mode 0 tells without a key: its systems, their identities and nodes, key versions, and
/// the blocks of the services that need no authentication. A service whose reading is refused stays unread.
///
/// # Errors
/// A card that leaves, falls silent or answers out of order gives an error and no observation.
pub fn observe(reader: &mut Reader) -> Result<Observation, CardError> {
    let first = reader.poll(SystemCode::ANY)?.idm;
    let mut seen = Observation::default();
    for (code, number) in reader.system_codes(first)?.into_iter().zip(0..=15) {
        seen.systems
            .push(observe_system(reader, code, first.of_system(number))?);
    }
    Ok(seen)
}

fn observe_system(
    reader: &mut Reader,
    system_code: SystemCode,
    idm: Idm,
) -> Result<ObservedSystem, CardError> {
    let mut system = ObservedSystem::new(system_code);
    let polled = reader.poll(system_code)?;
    system.idm = Some(idm);
    // Where two systems fit the polled code, the lower answers; this one still takes commands under its own IDm.
    system.pmm = (polled.idm == idm).then_some(polled.pmm);
    for found in reader.nodes(idm)? {
        let node = match found {
            SearchResult::Area { code, end } => FoundNode::Area {
                code,
                end: Some(end),
            },
            SearchResult::Service(service) => FoundNode::Service(service),
            SearchResult::Other(_) | SearchResult::End => continue,
        };
        system
            .found(node)
            .map_err(|_| CardError::Answer(code::SEARCH_SERVICE_CODE))?;
    }
    let mut nodes = vec![NodeCode::SYSTEM];
    nodes.extend(system.nodes().map(FoundNode::code));
    for nodes in nodes.chunks(MAX_NODES) {
        let versions = reader.key_versions(idm, nodes)?;
        let told = nodes.iter().copied().zip(versions);
        system
            .key_versions
            .extend(told.filter(|(_, version)| *version != NO_SUCH_NODE));
    }
    let services: Vec<ServiceCode> = system
        .nodes()
        .filter_map(|node| node.code().service())
        .filter(|service| !service.needs_authentication())
        .collect();
    for service in services {
        read_service(reader, &mut system, idm, service)?;
    }
    Ok(system)
}

/// Reads a service's blocks from 0 on until the card says that there are no more.
fn read_service(
    reader: &mut Reader,
    system: &mut ObservedSystem,
    idm: Idm,
    service: ServiceCode,
) -> Result<(), CardError> {
    let (mut next, mut count) = (0_u32, READ_BLOCKS);
    // Block numbers have 16 bits.
    while let Ok(first) = u16::try_from(next) {
        let last = (next + count - 1).min(0xFFFF) as u16;
        let numbers: Vec<u16> = (first..=last).collect();
        match reader.read_plain(idm, service, &numbers) {
            Ok(data) => {
                next += numbers.len() as u32;
                let known = system.data.entry(service).or_default();
                known.extend(numbers.into_iter().zip(data));
            }
            Err(CardError::Status { status, .. }) => match status.what() {
                // Too many at once, or the end lies among them.
                Some(Sf2::BlockCount | Sf2::BlockNumber) if count > 1 => count /= 2,
                Some(Sf2::BlockNumber) => {
                    system.block_counts.insert(service.node(), first);
                    break;
                }
                _ => break,
            },
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
