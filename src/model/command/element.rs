//! Block list elements: which block of which service a command means, and how it is to be touched.

use super::FrameError;
use super::bytes::{Cursor, count};

/// How a block is touched, bits 6–4 of an element. The three bits are kept as sent: which of them make sense
/// is for the card to say, with status A7h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccessMode(u8);

impl AccessMode {
    /// Read, write, decrement: what the service's attribute says.
    pub const NORMAL: AccessMode = AccessMode(0b000);
    /// Give back to a purse what was last taken.
    pub const CASHBACK: AccessMode = AccessMode(0b001);
    /// Write a node's key; the block number is the new key version.
    pub const KEY_CHANGE: AccessMode = AccessMode(0b100);

    /// The mode of these bits, `None` over 7.
    pub fn from_bits(bits: u8) -> Option<AccessMode> {
        (bits <= 0b111).then_some(AccessMode(bits))
    }

    /// The three bits.
    pub fn bits(self) -> u8 {
        self.0
    }
}

/// One element of a block list: 2 bytes on the wire, 3 when the block number is over 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockElement {
    /// Index into the command's service list (in a session, the service list of Authentication1), 0 to 15.
    pub service: u8,
    /// How the block is touched.
    pub access: AccessMode,
    /// Block number within the service; in a key change, the new key version.
    pub number: u16,
}

impl BlockElement {
    /// Block `number` of the service at `service` in the list, touched in the normal way.
    pub fn normal(service: u8, number: u16) -> BlockElement {
        BlockElement {
            service,
            access: AccessMode::NORMAL,
            number,
        }
    }

    /// The new key, of version `version`, for the node at `service` in the list.
    pub fn key_change(service: u8, version: u16) -> BlockElement {
        BlockElement {
            service,
            access: AccessMode::KEY_CHANGE,
            number: version,
        }
    }
}

/// Bit 7 of an element's first byte: the block number is one byte.
const SHORT: u8 = 0x80;

impl BlockElement {
    /// Bytes of the element that begins with `first`: 2 or 3.
    pub fn wire_len(first: u8) -> usize {
        if first & SHORT != 0 { 2 } else { 3 }
    }

    /// Takes one element, in either form, from the front.
    pub(super) fn take(cursor: &mut Cursor) -> Option<BlockElement> {
        let first = cursor.byte()?;
        let number = if Self::wire_len(first) == 2 {
            cursor.byte()?.into()
        } else {
            cursor.u16_le()?
        };
        Some(BlockElement {
            service: first & 0x0F,
            access: AccessMode((first & !SHORT) >> 4),
            number,
        })
    }

    /// Appends the element in the shortest form that holds its block number.
    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        if self.service > 0x0F {
            return Err(FrameError::ServiceIndex(self.service));
        }
        let first = self.access.0 << 4 | self.service;
        match u8::try_from(self.number) {
            Ok(number) => out.extend([SHORT | first, number]),
            Err(_) => {
                out.push(first);
                out.extend(self.number.to_le_bytes());
            }
        }
        Ok(())
    }
}

/// A count byte and block list elements.
pub fn put_elements(out: &mut Vec<u8>, elements: &[BlockElement]) -> Result<(), FrameError> {
    out.push(count(elements.len())?);
    elements.iter().try_for_each(|element| element.put(out))
}
