//! Where a system has room: its free runs, and the next place for a definition or for user blocks.

use super::SystemImage;
use super::defined::ServiceDefinition;
use crate::model::card::run::Run;
use std::collections::BTreeSet;

impl SystemImage {
    /// Physical address of the lowest system block.
    pub fn lowest_system_block(&self) -> u32 {
        self.system_blocks
            .last()
            .map_or(self.window.end(), |(_, at)| *at)
    }

    /// Physical address of the next system block, if there is room above the user blocks.
    pub fn next_system_block(&self) -> Option<u32> {
        self.next_below(self.lowest_system_block())
    }

    /// Physical addresses of the next two, if there is room for both.
    pub fn next_two_system_blocks(&self) -> Option<[u32; 2]> {
        let first = self.next_system_block()?;
        Some([first, self.next_below(first)?])
    }

    fn next_below(&self, physical: u32) -> Option<u32> {
        self.free_below(physical)
            .filter(|at| *at >= self.user_end())
    }

    /// The highest block of the window below `physical` that was not lent away.
    pub(super) fn free_below(&self, physical: u32) -> Option<u32> {
        let mut at = physical.checked_sub(1)?;
        while let Some(lent) = self.lent.iter().find(|lent| lent.run.contains(at)) {
            at = lent.run.first.checked_sub(1)?;
        }
        (at >= self.window.first).then_some(at)
    }

    /// Physical address one past the highest user block.
    pub fn user_end(&self) -> u32 {
        self.services
            .iter()
            .map(|s| self.user_run(s).end())
            .max()
            .unwrap_or(self.window.first)
    }

    /// The physical blocks of a service.
    pub fn user_run(&self, service: &ServiceDefinition) -> Run {
        Run {
            first: self.window.first + u32::from(service.first),
            blocks: u32::from(service.blocks),
        }
    }

    /// Free runs of the window, from low to high: what is neither user blocks nor system blocks nor lent away.
    pub fn free_runs(&self) -> Vec<Run> {
        let user = self.services.iter().map(|service| self.user_run(service));
        let mut taken: Vec<Run> = user.chain(self.lent.iter().map(|lent| lent.run)).collect();
        taken.sort_by_key(|run| run.first);
        let end = self.lowest_system_block();
        taken.push(Run {
            first: end,
            blocks: 0,
        });
        let mut runs = Vec::new();
        let mut at = self.window.first;
        for run in taken {
            let until = run.first.min(end);
            if until > at {
                runs.push(Run {
                    first: at,
                    blocks: until - at,
                });
            }
            at = at.max(run.end());
        }
        runs
    }

    /// Lowest logical address at which that many user blocks fit.
    pub fn place_user_blocks(&self, blocks: u16) -> Option<u32> {
        let room = self.next_system_block();
        // One free block above stays for the definition of what is placed.
        let usable = |run: &Run| run.blocks - u32::from(room.is_some_and(|at| run.contains(at)));
        let run = self
            .free_runs()
            .into_iter()
            .find(|run| usable(run) >= u32::from(blocks))?;
        room.map(|_| run.first - self.window.first)
    }

    /// Free blocks of the window.
    pub fn free_blocks(&self) -> u32 {
        self.free_runs().iter().map(|run| run.blocks).sum()
    }

    /// User blocks in use; services of one number share theirs.
    pub fn user_blocks(&self) -> u32 {
        let mut seen = BTreeSet::new();
        self.services
            .iter()
            .filter(|s| seen.insert(s.first))
            .map(|s| u32::from(s.blocks))
            .sum()
    }
}
