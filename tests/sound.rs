//! What must be true of every card's memory, whatever was done to it.

use cardwright::model::card::image::{CardImage, Run, SystemImage};
use std::collections::{BTreeMap, BTreeSet};

/// Every physical block that a system uses itself, each once; services of one number share theirs.
fn used(system: &SystemImage) -> Vec<u32> {
    let mut shared = BTreeMap::new();
    for service in &system.services {
        let run = system.user_run(service);
        let other = shared.insert(service.code.number(), run);
        assert!(
            other.is_none_or(|other| other == run),
            "services of a number share their blocks"
        );
    }
    let user = shared.values().flat_map(|run: &Run| run.first..run.end());
    user.chain(system.system_blocks.iter().map(|(_, at)| *at))
        .collect()
}

/// Every block has one use, none is lost, a system keeps to its window and an area to its allotment, and user and
/// system blocks do not cross.
pub fn is_sound(image: &CardImage, blocks: u32) {
    let mut owned = BTreeSet::new();
    for system in &image.systems {
        for at in used(system) {
            assert!(system.window.contains(at), "inside its window");
            let lent = system.lent.iter().any(|lent| lent.run.contains(at));
            assert!(!lent, "not lent away");
            assert!(owned.insert(at), "block {at} has one use");
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
    let counted = image
        .systems
        .iter()
        .map(|s| s.user_blocks() + s.system_blocks.len() as u32 + s.free_blocks());
    assert_eq!(counted.sum::<u32>(), blocks, "no block is lost");
}
