//! Reading and writing the fields that commands are made of.

use super::FrameError;
use crate::model::card::{BLOCK_BYTES, Block, Idm, NodeCode};

/// What is left of the bytes being read. Every method takes from the front, or gives `None` when there is too
/// little.
pub struct Cursor<'a>(pub &'a [u8]);

impl Cursor<'_> {
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*front)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub fn u16_le(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u16_be(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn idm(&mut self) -> Option<Idm> {
        self.array().map(Idm)
    }

    /// A count byte, then as many fields as it says.
    pub fn counted<T>(&mut self, mut field: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.byte()?;
        let mut fields = Vec::with_capacity(count.into());
        for _ in 0..count {
            fields.push(field(self)?);
        }
        Some(fields)
    }

    /// Exactly `count` blocks.
    pub fn blocks(&mut self, count: usize) -> Option<Vec<Block>> {
        (0..count).map(|_| self.array().map(Block)).collect()
    }

    pub fn node(&mut self) -> Option<NodeCode> {
        self.u16_le().map(NodeCode)
    }

    /// `value`, if nothing is left over.
    pub fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

/// The count byte of a list.
pub fn count(len: usize) -> Result<u8, FrameError> {
    u8::try_from(len).map_err(|_| FrameError::Count(len))
}

/// A count byte and numbers.
pub fn put_counted(out: &mut Vec<u8>, numbers: &[u16]) -> Result<(), FrameError> {
    out.push(count(numbers.len())?);
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    Ok(())
}

/// A count byte and node codes.
pub fn put_nodes(out: &mut Vec<u8>, nodes: &[NodeCode]) -> Result<(), FrameError> {
    out.push(count(nodes.len())?);
    out.extend(nodes.iter().flat_map(|node| node.0.to_le_bytes()));
    Ok(())
}

/// Blocks, without a count.
pub fn put_blocks(out: &mut Vec<u8>, blocks: &[Block]) {
    out.reserve(blocks.len() * BLOCK_BYTES);
    for block in blocks {
        out.extend_from_slice(&block.0);
    }
}
