//! Every system block, as it is written. `docs/memory-format.md` draws them; [`image`](super::image) reads them.

use super::run::LentRun;
use super::tree::SystemBlockKind;
use super::{
    BLOCK_BYTES, Block, Idi, Idm, KeyVersion, NodeCode, Pmi, Pmm, ServiceCode, SystemCode,
};
use crate::model::cipher::{AesKey, DesKey};
use std::ops::Range;

/// Attribute of the record that holds K_D.
pub const ATTRIBUTE_DIVISION_KEY: u8 = 0x20;
/// Attribute of a division record; its number is the system's.
pub const ATTRIBUTE_DIVISION: u8 = 0x21;
/// Attribute of an extension block, which holds half of a node's AES key; its number says which half.
pub const ATTRIBUTE_AES_KEY: u8 = 0x22;

/// Offset of the code: of a system, an area, a service or a record.
pub const CODE_AT: usize = 0;
/// Offset of what follows it in all but the system definition: an area's end code, a service's first user block, the
/// first block that was lent, the node of an AES key.
pub const SECOND_AT: usize = 2;
/// Offset there of a number of blocks: allotted, of a service, lent.
pub const BLOCKS_AT: usize = 4;
/// Offset of the key in area and service definitions and in the division key's record, and of half a key in an
/// extension block.
pub const KEY_AT: usize = 8;
/// Offset of the key's version there.
pub const KEY_VERSION_AT: usize = 6;
/// Offset of the key in the system definition.
pub const SYSTEM_KEY_AT: usize = 4;
/// Offset of the key's version there.
pub const SYSTEM_KEY_VERSION_AT: usize = 2;
/// Offset of the window's length there.
pub const WINDOW_AT: usize = 12;
/// Offset of PMm and PMi in the two ID blocks.
pub const PARAMETER_AT: usize = 8;

/// Bytes of a key.
const KEY_BYTES: usize = 8;

/// Which bytes of a system block are a key's, or may be: of a block that nobody knows, nothing can be said to be no
/// key.
pub fn secret_bytes(kind: SystemBlockKind) -> Range<usize> {
    match kind {
        SystemBlockKind::System => SYSTEM_KEY_AT..SYSTEM_KEY_AT + KEY_BYTES,
        SystemBlockKind::Area(_)
        | SystemBlockKind::Service(_)
        | SystemBlockKind::DivisionKey
        | SystemBlockKind::AesKey { .. } => KEY_AT..KEY_AT + KEY_BYTES,
        SystemBlockKind::Other => 0..BLOCK_BYTES,
        SystemBlockKind::ManufactureId
        | SystemBlockKind::IssuanceId
        | SystemBlockKind::Division { .. } => 0..0,
    }
}

/// Manufacture ID block: IDm(8) PMm(8).
pub fn manufacture(idm: Idm, pmm: Pmm) -> Block {
    filled(&[(0, &idm.0), (PARAMETER_AT, &pmm.0)])
}

/// Issuance ID block: IDi(8) PMi(8).
pub fn issuance(idi: Idi, pmi: Pmi) -> Block {
    filled(&[(0, &idi.0), (PARAMETER_AT, &pmi.0)])
}

/// System definition block: system code(2 BE) key version(2) key(8) blocks of the window(2; 0 is 65,536) 0000.
pub fn system(code: SystemCode, version: KeyVersion, key: &DesKey, window_blocks: u32) -> Block {
    filled(&[
        (CODE_AT, &code.0.to_be_bytes()),
        (SYSTEM_KEY_VERSION_AT, &version.to_le_bytes()),
        (SYSTEM_KEY_AT, key.expose()),
        (WINDOW_AT, &(window_blocks as u16).to_le_bytes()),
    ])
}

/// Area definition block: code(2) end code(2) blocks allotted(2) key version(2) key(8).
pub fn area(
    code: NodeCode,
    end: NodeCode,
    allotted: u16,
    version: KeyVersion,
    key: &DesKey,
) -> Block {
    definition(code.0, end.0, allotted, version, key.expose())
}

/// Service definition block: code(2) first user block(2) blocks(2) key version(2) key(8).
pub fn service(
    code: ServiceCode,
    first: u16,
    blocks: u16,
    version: KeyVersion,
    key: &DesKey,
) -> Block {
    definition(code.value(), first, blocks, version, key.expose())
}

/// Division key record: 0020h(2) 0000 0000 key version(2) K_D(8).
pub fn division_key(version: KeyVersion, key: &DesKey) -> Block {
    let code = u16::from(ATTRIBUTE_DIVISION_KEY);
    definition(code, 0, 0, version, key.expose())
}

/// The two extension blocks of a node's AES key. Each: 22h and, in bits 15–6, which half it is, 0 or 1(2) node
/// code(2) 0000 key version(2) half of the key(8).
pub fn aes_key(node: NodeCode, version: KeyVersion, key: &AesKey) -> [Block; 2] {
    let (first, second) = key.expose().split_at(8);
    [(0, first), (1, second)].map(|(half, bytes)| {
        let code = half << 6 | u16::from(ATTRIBUTE_AES_KEY);
        definition(code, node.0, 0, version, bytes)
    })
}

/// Division record: number of the new system in bits 15–6 and 21h below them(2), first physical block(2), blocks
/// lent(2), zeros(10).
pub fn division(lent: LentRun) -> Block {
    let code = u16::from(lent.system) << 6 | u16::from(ATTRIBUTE_DIVISION);
    let (first, blocks) = (lent.run.first as u16, lent.run.blocks as u16);
    filled(&[
        (CODE_AT, &code.to_le_bytes()),
        (SECOND_AT, &first.to_le_bytes()),
        (BLOCKS_AT, &blocks.to_le_bytes()),
    ])
}

fn definition(code: u16, second: u16, blocks: u16, version: KeyVersion, key: &[u8]) -> Block {
    filled(&[
        (CODE_AT, &code.to_le_bytes()),
        (SECOND_AT, &second.to_le_bytes()),
        (BLOCKS_AT, &blocks.to_le_bytes()),
        (KEY_VERSION_AT, &version.to_le_bytes()),
        (KEY_AT, key),
    ])
}

fn filled(parts: &[(usize, &[u8])]) -> Block {
    let mut block = Block::ZERO;
    for (at, bytes) in parts {
        block.put(*at, bytes);
    }
    block
}
