//! Separate System: a part of one system's memory becomes a system of its own (seed 000, ST63–ST69).
//!
//! The plain command brings Pj and INF_1. The chip opens Pj with K_J, the Pf in it with K_D, and keeps what it
//! found in volatile memory as the *pending* system, against which the sender now authenticates. Inside that
//! session three phases prepare the division step by step, and Change System Block writes all of it as one. The
//! command's layout is this project's own; `docs/memory-format.md` fixes it.

use super::mode::{Mode, PendingSystem};
use super::state::Chip;
use crate::model::card::definition;
use crate::model::card::image::{LentRun, MAX_SYSTEMS, OWN_BLOCKS, Run, StoredKey, SystemImage};
use crate::model::card::{Block, Idm, NodeCode, SystemCode};
use crate::model::cipher::{DesKey, Inf1, Pf, Pj, SealedInf1, SealedPj, issuer_package_key};
use crate::model::command::{Response, SeparatePhase, Sf2, Status};
use crate::model::port::Nvm;

/// Fewest blocks that can be lent: the new system's own and one to use.
pub const MIN_LENT_BLOCKS: u16 = OWN_BLOCKS as u16 + 1;

/// SF1 of a refused package: which of the three was wrong.
const PJ: u8 = 1;
const PF: u8 = 2;
const INF_1: u8 = 3;

/// Where a division of `blocks` goes: into the largest free run, three quarters of what is left of that run
/// below it for user blocks, a quarter above it for definition blocks. `None` when no run is large enough.
/// One block above is always left for the division record.
pub fn place_division(system: &SystemImage, blocks: u16) -> Option<Run> {
    let run = system
        .free_runs()
        .into_iter()
        .max_by_key(|run| run.blocks)?;
    let record = system
        .next_system_block()
        .filter(|at| run.contains(*at))
        .map_or(0, |_| 1);
    let rest = run.blocks.checked_sub(u32::from(blocks) + record)?;
    Some(Run {
        first: run.first + rest - rest / 4,
        blocks: u32::from(blocks),
    })
}

impl Chip {
    /// The plain command, in mode 0 to the system that lends. A refused package leaves everything as it was.
    pub(super) fn separate_system(
        &mut self,
        idm: Idm,
        pj: &SealedPj,
        inf_1: SealedInf1,
    ) -> Option<Response> {
        if !matches!(self.mode, Mode::Idle) {
            return None;
        }
        let system = self.system()?;
        let (status, remaining) = match self.open_division(system, pj, inf_1) {
            Ok(pending) => {
                let free = system
                    .free_blocks()
                    .saturating_sub(pending.lent.run.blocks + 1);
                self.pending = Some(pending);
                (Status::OK, Some(free as u16))
            }
            Err(status) => (status, None),
        };
        Some(Response::SeparateSystem {
            idm,
            status,
            remaining,
        })
    }

    fn open_division(
        &self,
        parent: &SystemImage,
        pj: &SealedPj,
        inf_1: SealedInf1,
    ) -> Result<PendingSystem, Status> {
        let division_key = parent
            .division_key
            .as_ref()
            .ok_or(Status::whole(Sf2::IssuanceDisabled))?;
        let root = parent.areas.first().ok_or(Status::whole(Sf2::Memory))?;
        if parent.key.is_none() || root.key.is_none() {
            return Err(Status::whole(Sf2::IssuanceDisabled));
        }
        let k_j = issuer_package_key(&parent.key.key, &root.key.key);
        let pj = Pj::open(&k_j, pj).map_err(|_| Status::at(PJ, Sf2::PackageMac))?;
        let pf =
            Pf::open(&division_key.key, &pj.pf).map_err(|_| Status::at(PF, Sf2::PackageMac))?;
        if pf.system_code == SystemCode::ANY
            || self.image.systems.iter().any(|s| s.code == pf.system_code)
        {
            return Err(Status::whole(Sf2::SystemCode));
        }
        let number = (1..MAX_SYSTEMS as u8).find(|number| self.image.system(*number).is_none());
        let number = number.ok_or(Status::whole(Sf2::IssuanceDisabled))?;
        let within = pj.blocks_lent >= MIN_LENT_BLOCKS && pj.blocks_lent < parent.budget_left(root);
        let place = place_division(parent, pj.blocks_lent).filter(|_| within);
        let run = place.ok_or(Status::whole(Sf2::BlockCount))?;
        Ok(PendingSystem {
            parent: parent.number,
            number,
            idm: parent.idm.of_system(number),
            code: pf.system_code,
            system_key: StoredKey {
                version: pf.system_key_version,
                key: pf.system_key.clone(),
            },
            root_key: StoredKey {
                version: pf.root_key_version,
                key: pf.root_key.clone(),
            },
            lent: LentRun {
                system: number,
                run,
            },
            inf_1,
            done: None,
        })
    }

    /// One phase inside the pending system's session. A refused phase voids the division and what it prepared.
    pub(super) fn separate_phase(
        &mut self,
        nvm: &dyn Nvm,
        phase: SeparatePhase,
    ) -> Result<(), Status> {
        let done = self.try_phase(nvm, phase);
        if done.is_err() {
            self.forget_prepared();
        }
        done
    }

    fn try_phase(&mut self, nvm: &dyn Nvm, phase: SeparatePhase) -> Result<(), Status> {
        let not_now = Status::whole(Sf2::IssuanceParameter);
        let pending = self
            .pending
            .take()
            .filter(|p| p.number == self.selected)
            .ok_or(not_now)?;
        let before = match phase {
            SeparatePhase::Carve => None,
            SeparatePhase::SetTopAreaKey => Some(SeparatePhase::Carve),
            SeparatePhase::OpenInf1 => Some(SeparatePhase::SetTopAreaKey),
        };
        if pending.done != before {
            return Err(not_now);
        }
        let writes = match phase {
            SeparatePhase::Carve => self.carve(&pending)?,
            SeparatePhase::SetTopAreaKey => vec![pending.root_block(&pending.root_key)],
            SeparatePhase::OpenInf1 => {
                let inside = Inf1::open(&pending.root_key.key, &pending.inf_1)
                    .map_err(|_| Status::at(INF_1, Sf2::PackageMac))?;
                if inside.system_code != pending.code || inside.root_key != pending.root_key.key {
                    return Err(Status::at(INF_1, Sf2::PackageMismatch));
                }
                vec![pending.system_block(inside.system_code)]
            }
        };
        self.prepare(nvm, &writes)?;
        self.pending = Some(PendingSystem {
            done: Some(phase),
            ..pending
        });
        Ok(())
    }

    /// The division record and the smaller area 0 of the system that lends; manufacture ID, issuance ID, system
    /// definition and area 0 of the new one, without its code and its area key.
    fn carve(&self, pending: &PendingSystem) -> Result<Vec<(u32, Block)>, Status> {
        let parent = self
            .image
            .system(pending.parent)
            .ok_or(Status::whole(Sf2::Memory))?;
        let root = parent.areas.first().ok_or(Status::whole(Sf2::Memory))?;
        let record_at = parent
            .next_system_block()
            .ok_or(Status::whole(Sf2::BlockCount))?;
        let run = pending.lent.run;
        let allotted = u32::from(root.allotted).saturating_sub(run.blocks + 1) as u16;
        let last = run.end() - 1;
        let mut writes = vec![
            (record_at, definition::division(pending.lent)),
            (
                root.at,
                definition::area(
                    root.code,
                    root.end,
                    allotted,
                    root.key.version,
                    &root.key.key,
                ),
            ),
            (last, definition::manufacture(pending.idm, parent.pmm)),
            pending.system_block(SystemCode::ANY),
            pending.root_block(&StoredKey {
                version: 0xFFFF,
                key: DesKey::new([0xFF; 8]),
            }),
        ];
        if let Some((idi, pmi)) = parent.issuance {
            writes.push((last - 1, definition::issuance(idi, pmi)));
        }
        Ok(writes)
    }
}

impl PendingSystem {
    fn system_block(&self, code: SystemCode) -> (u32, Block) {
        let run = self.lent.run;
        (
            run.end() - 3,
            definition::system(
                code,
                self.system_key.version,
                &self.system_key.key,
                run.blocks,
            ),
        )
    }

    fn root_block(&self, key: &StoredKey) -> (u32, Block) {
        let run = self.lent.run;
        let allotted = (run.blocks - OWN_BLOCKS) as u16;
        let block = definition::area(
            NodeCode::AREA_0,
            NodeCode::AREA_0_END,
            allotted,
            key.version,
            &key.key,
        );
        (run.end() - 4, block)
    }
}
