//! Reading a system off its memory, and refusing a memory that is no card's.

use super::defined::{AreaDefinition, ServiceDefinition, StoredKey};
use super::{FIXED_SYSTEM_BLOCKS, ImageError, MAX_SYSTEMS, OWN_BLOCKS, ReadBlocks, SystemImage};
use crate::model::card::definition::{
    ATTRIBUTE_AES_KEY, ATTRIBUTE_DIVISION, ATTRIBUTE_DIVISION_KEY,
};
use crate::model::card::run::{LentRun, Run};
use crate::model::card::tree::SystemBlockKind;
use crate::model::card::{Block, Idi, Idm, NodeCode, Pmi, Pmm, SystemCode};
use crate::model::cipher::DesKey;
use std::collections::{BTreeMap, BTreeSet};

impl SystemImage {
    pub(super) fn decode(
        memory: &dyn ReadBlocks,
        number: u8,
        window: Run,
    ) -> Result<SystemImage, ImageError> {
        let last = window.end() - 1;
        let (ids, issued, definition) = (
            memory.block(last),
            memory.block(last - 1),
            memory.block(last - 2),
        );
        let mut system = SystemImage {
            number,
            window,
            lent: Vec::new(),
            code: SystemCode(definition.u16_be(0)),
            key: StoredKey {
                version: definition.u16_le(2),
                key: DesKey::new(definition.eight(4)),
            },
            idm: Idm(ids.eight(0)),
            pmm: Pmm(ids.eight(8)),
            issuance: (!issued.is_erased()).then(|| (Idi(issued.eight(0)), Pmi(issued.eight(8)))),
            division_key: None,
            areas: Vec::new(),
            area_parents: Vec::new(),
            services: Vec::new(),
            aes_keys: Vec::new(),
            system_blocks: vec![
                (SystemBlockKind::ManufactureId, last),
                (SystemBlockKind::IssuanceId, last - 1),
                (SystemBlockKind::System, last - 2),
            ],
        };
        if definition.u16_le(12) != window.blocks as u16 {
            return Err(ImageError::Window(number));
        }
        system.decode_definitions(memory)?;
        system.areas.sort_by_key(|area| area.code);
        system.services.sort_by_key(|service| service.code);
        system.nest_areas()?;
        system.check()?;
        system.join_aes_keys(memory)?;
        Ok(system)
    }

    /// Reads definition blocks and records from FFFCh down to the first erased block or the highest user block,
    /// passing over what was lent away. In a full system the two kinds touch, and what somebody wrote into a user
    /// block must not be read as a definition.
    fn decode_definitions(&mut self, memory: &dyn ReadBlocks) -> Result<(), ImageError> {
        let mut below = self.window.end() - FIXED_SYSTEM_BLOCKS;
        let mut user_end = self.window.first;
        while let Some(at) = self.free_below(below) {
            let block = memory.block(at);
            if block.is_erased() || at < user_end {
                break;
            }
            let kind = self.take_definition(&block, at)?;
            if let (SystemBlockKind::Service(_), Some(service)) = (kind, self.services.last()) {
                user_end = user_end.max(self.user_run(service).end());
            }
            self.system_blocks.push((kind, at));
            below = at;
        }
        Ok(())
    }

    fn take_definition(&mut self, block: &Block, at: u32) -> Result<SystemBlockKind, ImageError> {
        let code = NodeCode(block.u16_le(0));
        let key = StoredKey {
            version: block.u16_le(6),
            key: DesKey::new(block.eight(8)),
        };
        if code.is_area() {
            let (end, allotted) = (NodeCode(block.u16_le(2)), block.u16_le(4));
            self.areas.push(AreaDefinition {
                code,
                end,
                allotted,
                key,
                at,
            });
            return Ok(SystemBlockKind::Area(code));
        }
        if let Some(code) = code.service() {
            let (first, blocks) = (block.u16_le(2), block.u16_le(4));
            self.services.push(ServiceDefinition {
                code,
                first,
                blocks,
                key,
                at,
            });
            return Ok(SystemBlockKind::Service(code));
        }
        match code.attribute() {
            ATTRIBUTE_DIVISION_KEY => {
                self.division_key = Some(key);
                Ok(SystemBlockKind::DivisionKey)
            }
            ATTRIBUTE_DIVISION => {
                // A number that no system has is refused below.
                let system = u8::try_from(code.number()).unwrap_or(u8::MAX);
                let run = Run {
                    first: u32::from(block.u16_le(2)),
                    blocks: u32::from(block.u16_le(4)),
                };
                let inside = run.first >= self.window.first && run.end() <= at;
                let apart = self
                    .lent
                    .iter()
                    .all(|l| run.end() <= l.run.first || l.run.end() <= run.first);
                if !inside
                    || !apart
                    || run.blocks < OWN_BLOCKS
                    || usize::from(system) >= MAX_SYSTEMS
                {
                    return Err(ImageError::Division(system));
                }
                self.lent.push(LentRun { system, run });
                Ok(SystemBlockKind::Division { system })
            }
            ATTRIBUTE_AES_KEY => {
                let node = NodeCode(block.u16_le(2));
                let half = u8::try_from(code.number()).ok().filter(|half| *half < 2);
                let half = half.ok_or(ImageError::AesKey(node, self.number))?;
                Ok(SystemBlockKind::AesKey { node, half })
            }
            _ => Ok(SystemBlockKind::Other),
        }
    }

    /// Finds the area that holds each area. Going through them in order of code, the ones that are still open are a
    /// stack.
    fn nest_areas(&mut self) -> Result<(), ImageError> {
        let mut open: Vec<usize> = Vec::new();
        for (index, area) in self.areas.iter().enumerate() {
            while open
                .last()
                .is_some_and(|outer| !self.areas[*outer].spans(area.code))
            {
                open.pop();
            }
            let parent = open.last().copied();
            if area.end < area.code
                || parent.is_some_and(|parent| area.end > self.areas[parent].end)
            {
                return Err(ImageError::Nesting(area.code, self.number));
            }
            self.area_parents.push(parent);
            open.push(index);
        }
        Ok(())
    }

    /// What every decoded system must satisfy: a root, no service outside the window, no node without an area.
    fn check(&self) -> Result<(), ImageError> {
        let root = self.areas.first().filter(|a| a.code == NodeCode::AREA_0);
        if root.is_none() {
            return Err(ImageError::NoRoot(self.number));
        }
        let areas = self.areas.iter().map(|area| area.code);
        let services = self.services.iter().map(|service| service.code.node());
        let mut seen = BTreeSet::new();
        if let Some(code) = areas.chain(services).find(|code| !seen.insert(*code)) {
            return Err(ImageError::Twice(code, self.number));
        }
        let lowest = self.lowest_system_block();
        for service in &self.services {
            let run = self.user_run(service);
            let lent = self
                .lent
                .iter()
                .any(|l| run.first < l.run.end() && l.run.first < run.end());
            if run.end() > lowest || lent || service.blocks == 0 {
                return Err(ImageError::Service(service.code, self.number));
            }
            if self.area_of(service.code.node()).is_none() {
                return Err(ImageError::Orphan(service.code.node(), self.number));
            }
        }
        self.check_shared_blocks()
    }

    /// Services of one number have the same user blocks; those of different numbers have none in common.
    fn check_shared_blocks(&self) -> Result<(), ImageError> {
        let mut by_number: BTreeMap<u16, &ServiceDefinition> = BTreeMap::new();
        for service in &self.services {
            let first = by_number.entry(service.code.number()).or_insert(service);
            if (first.first, first.blocks) != (service.first, service.blocks) {
                return Err(ImageError::Service(service.code, self.number));
            }
        }
        let mut apart: Vec<&ServiceDefinition> = by_number.into_values().collect();
        apart.sort_by_key(|service| service.first);
        for (below, above) in apart.iter().zip(apart.iter().skip(1)) {
            if self.user_run(below).end() > self.user_run(above).first {
                return Err(ImageError::Service(above.code, self.number));
            }
        }
        Ok(())
    }
}
