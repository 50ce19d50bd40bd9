//! What was laid out, held against what was told.

use super::MaterialiseError;
use crate::model::card::block::Block;
use crate::model::card::code::NodeCode;
use crate::model::card::image::CardImage;
use crate::model::card::tree::SystemTree;

/// Holds the memory against the dump, fact by fact.
pub(super) fn check(
    told: &[SystemTree],
    image: &CardImage,
    memory: &[Block],
) -> Result<(), MaterialiseError> {
    for (told, made) in told.iter().zip(&image.systems) {
        let wrong = |node| MaterialiseError::Contradiction {
            system: told.code,
            node,
        };
        let system = made.number == told.number
            && agrees(told.told_code(), made.code)
            && agrees(told.idm, made.idm)
            && agrees(told.pmm, made.pmm)
            && agrees(told.key.version, made.key_version(NodeCode::SYSTEM));
        if !system {
            return Err(wrong(NodeCode::SYSTEM));
        }
        let stands_in = |node, area: usize| {
            let parent = made.area_of(node).map(|area| area.code);
            parent == told.areas.get(area).map(|area| area.code)
        };
        for area in &told.areas {
            let agreed = made.area(area.code).is_some_and(|found| {
                agrees(area.end, found.end)
                    && agrees(area.allotted, found.allotted)
                    && agrees(area.key.version, made.key_version(area.code))
                    && area
                        .parent
                        .is_none_or(|parent| stands_in(area.code, parent))
            });
            if !agreed {
                return Err(wrong(area.code));
            }
        }
        for service in &told.services {
            let agreed = made.service(service.code).is_some_and(|found| {
                let run = made.user_run(found);
                agrees(service.blocks, found.blocks)
                    && agrees(service.key.version, made.key_version(service.code.node()))
                    && service
                        .area
                        .is_none_or(|area| stands_in(service.code.node(), area))
                    && service.data.iter().all(|(index, block)| {
                        *index < found.blocks
                            && memory.get((run.first + u32::from(*index)) as usize) == Some(block)
                    })
            });
            if !agreed {
                return Err(wrong(service.code.node()));
            }
        }
    }
    Ok(())
}

fn agrees<T: PartialEq>(told: Option<T>, made: T) -> bool {
    told.is_none_or(|told| told == made)
}
