//! What the sixteen bytes of a block mean: the fields of each kind of block, by `docs/memory-format.md`.
//!
//! [`fields_of`] names them, [`Field::value`] reads one, and [`Field::parse`] is the way back, for who types a new
//! value. Blocks of random and cyclic services have no fields: what they mean is their owner's affair.

use super::block::{BLOCK_BYTES, Block};
use super::code::{KeyVersion, ServiceKind};
use super::definition::{
    BLOCKS_AT, CODE_AT, KEY_AT, KEY_VERSION_AT, PARAMETER_AT, SECOND_AT, SYSTEM_KEY_AT,
    SYSTEM_KEY_VERSION_AT, WINDOW_AT,
};
use super::map::CellKind;
use super::purse::{CASHBACK_AT, EXECUTION_ID_AT, PURSE_AT, USER_DATA_AT};
use super::tree::SystemBlockKind;
use crate::model::inspect::{Integer, Order, ParseError, Reading};
use std::ops::Range;

/// Which field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldName {
    Idm,
    Pmm,
    Idi,
    Pmi,
    SystemCode,
    KeyVersion,
    Key,
    /// Half of an AES key.
    KeyHalf,
    /// Blocks of the system's window.
    Window,
    AreaCode,
    EndCode,
    /// Blocks allotted to what stands under the area.
    Allotted,
    ServiceCode,
    /// Logical address of the first user block.
    FirstBlock,
    /// User blocks of the service.
    Blocks,
    /// What kind of record it is, with its number.
    RecordCode,
    /// Physical address of the first block lent.
    LentFirst,
    LentBlocks,
    /// Whose AES key it is.
    KeyNode,
    /// Zeros.
    Reserved,
    /// Written, but nothing that this program knows.
    Unknown,
    PurseValue,
    Cashback,
    UserData,
    ExecutionId,
}

/// How a field's bytes are written and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Bytes without a value of their own.
    Bytes,
    /// A node code, little endian; or a system's, big endian.
    Code(Order),
    /// A block's address, 16 bits little endian.
    Address,
    /// A number, little endian.
    Number,
    /// As a number; 0 stands for 65,536.
    Window,
    Version,
    /// A key or a half of one.
    Key,
}

/// One field of a block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    pub name: FieldName,
    pub kind: FieldKind,
    /// Where it stands in the block.
    pub bytes: Range<u8>,
}

/// What a field holds. Keys have none to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// The block was never written.
    Erased,
    Bytes(Vec<u8>),
    Code(u16),
    Address(u16),
    Number(u32),
    Version(KeyVersion),
    Key,
}

const fn field(name: FieldName, kind: FieldKind, from: usize, to: usize) -> Field {
    Field {
        name,
        kind,
        // Offsets within a block of 16 bytes.
        bytes: from as u8..to as u8,
    }
}

const CODE: FieldKind = FieldKind::Code(Order::Little);

static MANUFACTURE: [Field; 2] = [
    field(FieldName::Idm, FieldKind::Bytes, 0, PARAMETER_AT),
    field(FieldName::Pmm, FieldKind::Bytes, PARAMETER_AT, BLOCK_BYTES),
];

static ISSUANCE: [Field; 2] = [
    field(FieldName::Idi, FieldKind::Bytes, 0, PARAMETER_AT),
    field(FieldName::Pmi, FieldKind::Bytes, PARAMETER_AT, BLOCK_BYTES),
];

static SYSTEM: [Field; 5] = [
    field(
        FieldName::SystemCode,
        FieldKind::Code(Order::Big),
        CODE_AT,
        SYSTEM_KEY_VERSION_AT,
    ),
    field(
        FieldName::KeyVersion,
        FieldKind::Version,
        SYSTEM_KEY_VERSION_AT,
        SYSTEM_KEY_AT,
    ),
    field(FieldName::Key, FieldKind::Key, SYSTEM_KEY_AT, WINDOW_AT),
    field(
        FieldName::Window,
        FieldKind::Window,
        WINDOW_AT,
        WINDOW_AT + 2,
    ),
    field(
        FieldName::Reserved,
        FieldKind::Bytes,
        WINDOW_AT + 2,
        BLOCK_BYTES,
    ),
];

const VERSION: Field = field(
    FieldName::KeyVersion,
    FieldKind::Version,
    KEY_VERSION_AT,
    KEY_AT,
);
const KEY: Field = field(FieldName::Key, FieldKind::Key, KEY_AT, BLOCK_BYTES);

static AREA: [Field; 5] = [
    field(FieldName::AreaCode, CODE, CODE_AT, SECOND_AT),
    field(FieldName::EndCode, CODE, SECOND_AT, BLOCKS_AT),
    field(
        FieldName::Allotted,
        FieldKind::Number,
        BLOCKS_AT,
        KEY_VERSION_AT,
    ),
    VERSION,
    KEY,
];

static SERVICE: [Field; 5] = [
    field(FieldName::ServiceCode, CODE, CODE_AT, SECOND_AT),
    field(
        FieldName::FirstBlock,
        FieldKind::Address,
        SECOND_AT,
        BLOCKS_AT,
    ),
    field(
        FieldName::Blocks,
        FieldKind::Number,
        BLOCKS_AT,
        KEY_VERSION_AT,
    ),
    VERSION,
    KEY,
];

static DIVISION_KEY: [Field; 4] = [
    field(FieldName::RecordCode, CODE, CODE_AT, SECOND_AT),
    field(
        FieldName::Reserved,
        FieldKind::Bytes,
        SECOND_AT,
        KEY_VERSION_AT,
    ),
    VERSION,
    KEY,
];

static DIVISION: [Field; 4] = [
    field(FieldName::RecordCode, CODE, CODE_AT, SECOND_AT),
    field(
        FieldName::LentFirst,
        FieldKind::Address,
        SECOND_AT,
        BLOCKS_AT,
    ),
    field(
        FieldName::LentBlocks,
        FieldKind::Number,
        BLOCKS_AT,
        KEY_VERSION_AT,
    ),
    field(
        FieldName::Reserved,
        FieldKind::Bytes,
        KEY_VERSION_AT,
        BLOCK_BYTES,
    ),
];

static AES_KEY: [Field; 5] = [
    field(FieldName::RecordCode, CODE, CODE_AT, SECOND_AT),
    field(FieldName::KeyNode, CODE, SECOND_AT, BLOCKS_AT),
    field(
        FieldName::Reserved,
        FieldKind::Bytes,
        BLOCKS_AT,
        KEY_VERSION_AT,
    ),
    VERSION,
    field(FieldName::KeyHalf, FieldKind::Key, KEY_AT, BLOCK_BYTES),
];

/// Of a system block that nobody knows, nothing can be said to be no key.
static OTHER: [Field; 1] = [field(FieldName::Unknown, FieldKind::Key, 0, BLOCK_BYTES)];

static PURSE: [Field; 4] = [
    field(
        FieldName::PurseValue,
        FieldKind::Number,
        PURSE_AT,
        CASHBACK_AT,
    ),
    field(
        FieldName::Cashback,
        FieldKind::Number,
        CASHBACK_AT,
        USER_DATA_AT,
    ),
    field(
        FieldName::UserData,
        FieldKind::Bytes,
        USER_DATA_AT,
        EXECUTION_ID_AT,
    ),
    field(
        FieldName::ExecutionId,
        FieldKind::Bytes,
        EXECUTION_ID_AT,
        BLOCK_BYTES,
    ),
];

/// The fields of a block of that kind, in order, without gaps from the first byte to the last. None where the bytes
/// are their owner's, or nothing is known of them.
pub fn fields_of(kind: CellKind) -> &'static [Field] {
    match kind {
        CellKind::User { service, .. } if service.kind() == ServiceKind::Purse => &PURSE,
        CellKind::User { .. } | CellKind::Free | CellKind::Unknown => &[],
        CellKind::System(kind) => match kind {
            SystemBlockKind::ManufactureId => &MANUFACTURE,
            SystemBlockKind::IssuanceId => &ISSUANCE,
            SystemBlockKind::System => &SYSTEM,
            SystemBlockKind::DivisionKey => &DIVISION_KEY,
            SystemBlockKind::Division { .. } => &DIVISION,
            SystemBlockKind::Area(_) => &AREA,
            SystemBlockKind::Service(_) => &SERVICE,
            SystemBlockKind::AesKey { .. } => &AES_KEY,
            SystemBlockKind::Other => &OTHER,
        },
    }
}

impl Field {
    /// Bytes that it takes.
    pub fn width(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it is shown only to who asked to see keys.
    pub fn is_secret(&self) -> bool {
        self.kind == FieldKind::Key
    }

    /// The same as offsets into a block.
    pub fn range(&self) -> Range<usize> {
        usize::from(self.bytes.start)..usize::from(self.bytes.end)
    }

    /// The reading that its bytes are of.
    pub fn reading(&self) -> Reading {
        // A field has at most the bytes of a block.
        let width = self.bytes.end - self.bytes.start;
        let number = |order| Reading::Integer(Integer::unsigned(width, order));
        match self.kind {
            FieldKind::Bytes | FieldKind::Key => Reading::Hex,
            FieldKind::Code(order) => number(order),
            FieldKind::Address | FieldKind::Number | FieldKind::Window | FieldKind::Version => {
                number(Order::Little)
            }
        }
    }

    /// What the field of `block` holds.
    pub fn value(&self, block: &Block) -> FieldValue {
        let at = self.range();
        let bytes = block.0.get(at.clone()).unwrap_or(&[]);
        let number = bytes.iter().rev();
        let number = number.fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        // All that is no plain number has 16 bits.
        let short = number as u16;
        match self.kind {
            _ if block.is_erased() => FieldValue::Erased,
            FieldKind::Bytes => FieldValue::Bytes(bytes.to_vec()),
            FieldKind::Code(Order::Little) => FieldValue::Code(short),
            FieldKind::Code(Order::Big) => FieldValue::Code(short.swap_bytes()),
            FieldKind::Address => FieldValue::Address(short),
            FieldKind::Window if number == 0 => FieldValue::Number(0x1_0000),
            FieldKind::Number | FieldKind::Window => FieldValue::Number(number),
            FieldKind::Version => FieldValue::Version(short),
            FieldKind::Key => FieldValue::Key,
        }
    }

    /// The field's bytes for a typed value: codes and addresses in hexadecimal, `1050` and `00A4h`; numbers and
    /// versions in decimal, `1,200` and `v2`; all else as hexadecimal bytes.
    pub fn parse(&self, typed: &str) -> Result<Vec<u8>, ParseError> {
        let (typed, width) = (typed.trim(), self.width());
        match self.kind {
            FieldKind::Bytes | FieldKind::Key => Reading::Hex.parse(typed, width),
            FieldKind::Code(order) => parse_hex_number(typed, order),
            FieldKind::Address => {
                let digits = typed.strip_suffix(['h', 'H']).unwrap_or(typed);
                parse_hex_number(digits, Order::Little)
            }
            FieldKind::Version => {
                let number = typed.strip_prefix(['v', 'V']).unwrap_or(typed);
                self.reading().parse(number, width)
            }
            FieldKind::Number => self.reading().parse(typed, width),
            FieldKind::Window => parse_window(typed),
        }
    }
}

/// Four hexadecimal digits.
fn parse_hex_number(digits: &str, order: Order) -> Result<Vec<u8>, ParseError> {
    let mut bytes = Reading::Hex.parse(digits, 2)?;
    if order == Order::Little {
        bytes.reverse();
    }
    Ok(bytes)
}

/// 1 to 65,536; the greatest is written as 0.
fn parse_window(typed: &str) -> Result<Vec<u8>, ParseError> {
    let blocks = Reading::Integer(Integer::unsigned(4, Order::Little)).parse(typed, 4);
    match blocks.as_deref() {
        Ok([0, 0, 1, 0]) => Ok(vec![0, 0]),
        Ok([low, high, 0, 0]) if (*low, *high) != (0, 0) => Ok(vec![*low, *high]),
        Err(ParseError::NotANumber) => Err(ParseError::NotANumber),
        _ => Err(ParseError::OutOfRange {
            min: 1,
            max: 0x1_0000,
        }),
    }
}
