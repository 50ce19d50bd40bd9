//! What must be true of every card's memory, whatever was done to it.

use cardwright::model::card::image::{CardImage, Run, SystemImage};
use std::collections::BTreeMap;

/// The runs of blocks that a system uses itself, each once; services of one number share theirs.
fn used_by(system: &SystemImage) -> Vec<Run> {
    let mut shared = BTreeMap::new();
    for service in &system.services {
        let run = system.user_run(service);
        let other = shared.insert(service.code.number(), run);
        assert!(
            other.is_none_or(|other| other == run),
            "services of a number share their blocks"
        );
    }
    let one = |(_, at): &(_, u32)| Run {
        first: *at,
        blocks: 1,
    };
    let system_blocks = system.system_blocks.iter().map(one);
    shared.into_values().chain(system_blocks).collect()
}

/// The runs that the card's systems use, from low to high.
pub fn used(image: &CardImage) -> Vec<Run> {
    let mut used: Vec<Run> = image.systems.iter().flat_map(used_by).collect();
    used.sort_by_key(|run| run.first);
    used
}

/// Every block has one use, none is lost, a system keeps to its window and an area to its allotment, and user and
/// system blocks do not cross.
pub fn is_sound(image: &CardImage, blocks: u32) {
    for system in &image.systems {
        let window = system.window;
        for run in used_by(system) {
            assert!(window.first <= run.first && run.end() <= window.end());
            let apart = |lent: Run| run.end() <= lent.first || lent.end() <= run.first;
            assert!(
                system.lent.iter().all(|lent| apart(lent.run)),
                "not lent away"
            );
        }
        assert!(
            system.user_end() <= system.lowest_system_block(),
            "user blocks are below system blocks"
        );
        for (area, used) in system.areas.iter().zip(system.used_by_area()) {
            assert!(
                used <= u32::from(area.allotted),
                "an area pays for what is in it"
            );
        }
    }
    for pair in used(image).windows(2) {
        assert!(
            pair[0].end() <= pair[1].first,
            "block {} has one use",
            pair[1].first
        );
    }
    let counted = image
        .systems
        .iter()
        .map(|s| s.user_blocks() + s.system_blocks.len() as u32 + s.free_blocks());
    assert_eq!(counted.sum::<u32>(), blocks, "no block is lost");
}
