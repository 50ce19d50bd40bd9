//! Planned systems laid out in blocks.

use super::error::MaterialiseError;
use super::plan::{Plan, PlannedKey, is_listed};
use crate::model::card::block::{BLOCK_BYTES, Block};
use crate::model::card::code::{NodeCode, SystemCode};
use crate::model::card::definition::{
    self, KEY_AT, KEY_VERSION_AT, SYSTEM_KEY_AT, SYSTEM_KEY_VERSION_AT,
};
use crate::model::card::image::{
    CardImage, FIXED_SYSTEM_BLOCKS, ImageError, LentRun, OWN_BLOCKS, Run, SystemImage,
};
use crate::model::chip::place_division;
use crate::model::cipher::DES_BYTES;
use std::ops::Range;

/// Which bytes of a block were told: bit n for byte n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownBytes(u16);

impl KnownBytes {
    /// Every byte.
    pub const ALL: KnownBytes = KnownBytes(u16::MAX);

    /// Whether the byte at `at`, 0 to 15, was told.
    pub fn has(self, at: usize) -> bool {
        at < BLOCK_BYTES && self.0 >> at & 1 == 1
    }

    fn add(&mut self, bytes: Range<usize>) {
        bytes.for_each(|at| self.0 |= 1 << at);
    }
}

/// Memory while it is laid out.
pub(super) struct Layout {
    pub blocks: Vec<Block>,
    pub known: Vec<KnownBytes>,
}

impl Layout {
    /// The systems on a chip of `size` blocks; `None` when they do not fit.
    pub fn fit(plans: &[Plan], size: u32) -> Result<Option<(Layout, CardImage)>, MaterialiseError> {
        let mut layout = Layout {
            blocks: vec![Block::ERASED; size as usize],
            known: vec![KnownBytes::default(); size as usize],
        };
        let (first, others) = plans.split_first().ok_or(MaterialiseError::NoSystem)?;
        let whole = Run {
            first: 0,
            blocks: size,
        };
        if first.window() > size {
            return Ok(None);
        }
        // To each a run, and a record of it.
        let lent = others.iter().map(|plan| plan.window() + 1).sum();
        layout.lay(first, whole, lent);
        for plan in others {
            let image = layout.image(plans)?;
            let parent = &image.systems[0];
            let Some((at, run)) = place(parent, plan) else {
                return Ok(None);
            };
            let lent = LentRun {
                system: plan.number,
                run,
            };
            layout.blocks[at as usize] = definition::division(lent);
            layout.lay(plan, run, 0);
        }
        let image = layout.image(plans)?;
        let records = others.len() as u32;
        let whole = image.systems.iter().zip(plans).all(|(system, plan)| {
            let own = if plan.number == 0 { records } else { 0 };
            system.system_blocks.len() as u32 == plan.system_blocks() + own
        });
        // A record that left no erased block below the definitions would let user data read as such.
        Ok(whole.then_some((layout, image)))
    }

    /// What has been laid so far, decoded. Areas that cross are a contradiction of what was seen.
    fn image(&self, plans: &[Plan]) -> Result<CardImage, MaterialiseError> {
        CardImage::decode(&self.blocks.as_slice()).map_err(|error| {
            let plan = |number| plans.iter().find(|plan| plan.number == number);
            match error {
                ImageError::Nesting(node, number) => MaterialiseError::Contradiction {
                    // Only systems of the plan are laid.
                    system: plan(number).map_or(SystemCode::ANY, |plan| plan.code.value),
                    node,
                },
                error => error.into(),
            }
        })
    }

    /// Puts one system into its window: user blocks from its first block up, system blocks from its last down. Of the
    /// window it lends away so many blocks, their records among them.
    fn lay(&mut self, plan: &Plan, window: Run, lent: u32) {
        let last = window.end() - 1;
        let ids = definition::manufacture(plan.idm.value, plan.pmm.value);
        self.put(last, ids, &[(0..8, plan.idm.told), (8..16, plan.pmm.told)]);
        let mut told = vec![(0..2, plan.code.told)];
        told.extend(key_told(&plan.key, SYSTEM_KEY_VERSION_AT, SYSTEM_KEY_AT));
        let version = plan.key.version.value;
        self.put(
            last - 2,
            definition::system(plan.code.value, version, &plan.key.key, window.blocks),
            &told,
        );
        let mut at = last - FIXED_SYSTEM_BLOCKS;
        for area in &plan.areas {
            let (end, allotted, key) = (area.end, area.allotted, &area.key);
            let mut told = vec![(0..2, area.told), (2..4, end.told), (4..6, allotted.told)];
            told.extend(key_told(key, KEY_VERSION_AT, KEY_AT));
            let rest = (window.blocks - OWN_BLOCKS).saturating_sub(lent);
            let allotted = match allotted.told || area.code != NodeCode::AREA_0 {
                true => allotted.value,
                // As Register Issue ID leaves it: all that is not the system's own.
                false => rest.min(u32::from(u16::MAX)) as u16,
            };
            let end = end.value;
            self.put(
                at,
                definition::area(area.code, end, allotted, key.version.value, &key.key),
                &told,
            );
            at -= 1;
        }
        for service in &plan.services {
            let (first, blocks, key) = (service.first, service.blocks, &service.key);
            let mut told = vec![(0..2, true), (4..6, blocks.told)];
            told.extend(key_told(key, KEY_VERSION_AT, KEY_AT));
            let (code, blocks) = (service.code, blocks.value);
            self.put(
                at,
                definition::service(code, first, blocks, key.version.value, &key.key),
                &told,
            );
            at -= 1;
        }
        for (node, aes) in plan.aes_keys() {
            for block in definition::aes_key(node, aes.version, &aes.key) {
                self.put(
                    at,
                    block,
                    &[
                        (0..4, true),
                        (KEY_VERSION_AT..KEY_AT, true),
                        (KEY_AT..BLOCK_BYTES, is_listed(&aes.key)),
                    ],
                );
                at -= 1;
            }
        }
        for (logical, block) in &plan.data {
            // Beyond its service's blocks a block has no place; the check against the dump tells.
            if *logical < plan.user_blocks {
                self.put(window.first + logical, *block, &[(0..BLOCK_BYTES, true)]);
            }
        }
    }

    fn put(&mut self, at: u32, block: Block, told: &[(Range<usize>, bool)]) {
        self.blocks[at as usize] = block;
        let known = &mut self.known[at as usize];
        *known = KnownBytes::default();
        for (bytes, _) in told.iter().filter(|(_, told)| *told) {
            known.add(bytes.clone());
        }
    }
}

/// The places of a key and its version in a definition, and whether they were told.
fn key_told(key: &PlannedKey, version_at: usize, key_at: usize) -> [(Range<usize>, bool); 2] {
    [
        (version_at..version_at + 2, key.version.told),
        (key_at..key_at + DES_BYTES, key.told),
    ]
}

/// Where the record and the window of a further system go, as a chip would place them.
fn place(parent: &SystemImage, plan: &Plan) -> Option<(u32, Run)> {
    let blocks = u16::try_from(plan.window()).ok()?;
    let at = parent.next_system_block()?;
    let run = place_division(parent, blocks)?;
    (run.first >= parent.user_end() && run.end() <= at).then_some((at, run))
}
