//! What a write does to the blocks of a service: random blocks take what they are given, a ring takes it as its
//! newest generations, a purse is written whole or taken from.
//!
//! All of one command is worked out on a copy before anything is written, so that a refusal changes nothing. The
//! caller writes the result as one transaction. `docs/protocol.md` has the rules, `docs/memory-format.md` the bytes.

use super::plain::Target;
use super::redo;
use super::state::{Chip, Memory};
use crate::model::card::image::{Overlay, ReadBlocks};
use crate::model::card::purse::{CASHBACK_AT, EXECUTION_ID_AT, PURSE_AT};
use crate::model::card::{Block, ServiceAccess, ServiceKind};
use crate::model::command::{Sf2, Status};
use crate::model::port::Nvm;
use std::collections::BTreeMap;

/// What is pushed into one ring by one command.
struct Push {
    /// Blocks that the ring has.
    blocks: u16,
    /// Newest first.
    new: Vec<Block>,
}

impl Chip {
    /// The block writes of a write command, by physical address. Rings are pushed after all else was written.
    pub(super) fn writes(
        &self,
        nvm: &dyn Nvm,
        targets: &[Target],
        data: &[Block],
    ) -> Result<Vec<(u32, Block)>, Status> {
        let memory = Memory(nvm);
        let mut writes = BTreeMap::new();
        // By the physical address of block 0: services of one number push into one ring.
        let mut pushes: BTreeMap<u32, Push> = BTreeMap::new();
        for (target, block) in targets.iter().zip(data) {
            let refuse = |what| self.refuse_at(target.element, what);
            let code = target.service.code;
            match (code.kind(), code.access()) {
                (_, ServiceAccess::ReadOnly) => return Err(refuse(Sf2::Access)),
                (ServiceKind::Cyclic, _) if target.number != 0 => {
                    return Err(refuse(Sf2::BlockNumber));
                }
                (ServiceKind::Cyclic, _) => {
                    let push = pushes.entry(target.at).or_insert(Push {
                        blocks: target.service.blocks,
                        new: Vec::new(),
                    });
                    if push.new.len() == usize::from(push.blocks) {
                        return Err(refuse(Sf2::CyclicOverflow));
                    }
                    push.new.push(*block);
                }
                (_, ServiceAccess::ReadWrite) => {
                    writes.insert(target.at, *block);
                }
                (_, ServiceAccess::CashbackDecrement | ServiceAccess::Decrement) => {
                    let below = &memory;
                    let held = Overlay {
                        below,
                        writes: &writes,
                    }
                    .block(target.at);
                    let purse = if target.cashback {
                        given_back(held, block)
                    } else {
                        taken(held, block)
                    };
                    if let Some(purse) = purse.map_err(refuse)? {
                        writes.insert(target.at, purse);
                    }
                }
            }
        }
        for (first, push) in pushes {
            let ring = pushed(&memory, &writes, first, &push);
            writes.extend(ring);
        }
        if self.profile.is_atomic() && writes.len() > redo::capacity(nvm.log_blocks()) {
            return Err(Status::whole(Sf2::BlockCount));
        }
        Ok(writes.into_iter().collect())
    }
}

/// The whole ring after a push, oldest generations fallen off; nothing when its newest generations are already
/// what is pushed, so that a write may be sent again after its answer was lost.
fn pushed(
    memory: &Memory,
    writes: &BTreeMap<u32, Block>,
    first: u32,
    push: &Push,
) -> Vec<(u32, Block)> {
    let held = Overlay {
        below: memory,
        writes,
    };
    let addresses = first..first + u32::from(push.blocks);
    let old: Vec<Block> = addresses.clone().map(|at| held.block(at)).collect();
    if old.starts_with(&push.new) {
        return Vec::new();
    }
    addresses
        .zip(push.new.iter().chain(&old).copied())
        .collect()
}

/// Whether a purse block holds what the command with this execution ID has already done. An erased purse was
/// never written, whatever the execution ID.
fn is_done(held: &Block, asked: &Block) -> bool {
    !held.is_erased() && held.u32_le(EXECUTION_ID_AT) == asked.u32_le(EXECUTION_ID_AT)
}

/// The purse after a decrement: the amount is taken and remembered as cashback. `None` when it was done before.
fn taken(held: Block, asked: &Block) -> Result<Option<Block>, Sf2> {
    if is_done(&held, asked) {
        return Ok(None);
    }
    let amount = asked.u32_le(PURSE_AT);
    if held.is_erased() {
        return Err(Sf2::PurseRange);
    }
    let left = held.u32_le(PURSE_AT).checked_sub(amount);
    let left = left.ok_or(Sf2::PurseRange)?;
    Ok(Some(purse(held, left, amount, asked)))
}

/// The purse after a cashback: the amount is back and no more can be given. `None` when it was done before.
fn given_back(held: Block, asked: &Block) -> Result<Option<Block>, Sf2> {
    if is_done(&held, asked) {
        return Ok(None);
    }
    let amount = asked.u32_le(PURSE_AT);
    if held.is_erased() || amount > held.u32_le(CASHBACK_AT) {
        return Err(Sf2::CashbackTooLarge);
    }
    let sum = held.u32_le(PURSE_AT).checked_add(amount);
    let sum = sum.ok_or(Sf2::PurseRange)?;
    Ok(Some(purse(held, sum, 0, asked)))
}

/// The purse block `held` with another purse and cashback, and the execution ID of `asked`.
fn purse(mut held: Block, purse: u32, cashback: u32, asked: &Block) -> Block {
    held.put(PURSE_AT, &purse.to_le_bytes())
        .put(CASHBACK_AT, &cashback.to_le_bytes())
        .put(EXECUTION_ID_AT, &asked.0[EXECUTION_ID_AT..]);
    held
}
