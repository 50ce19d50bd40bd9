//! The unit of a card's memory: 16 bytes, read and written as one.

use std::fmt;

/// Bytes in one block (seed 002, Fig. 6).
pub const BLOCK_BYTES: usize = 16;

/// One block of card memory. Definition blocks hold keys, so `Debug` shows no byte of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block(pub [u8; BLOCK_BYTES]);

impl Block {
    /// Memory that was never written. Erased is FFh: zeros would read as the definition of area 0.
    pub const ERASED: Block = Block([0xFF; BLOCK_BYTES]);
    /// Sixteen zeros.
    pub const ZERO: Block = Block([0; BLOCK_BYTES]);

    /// Whether the block was never written.
    pub fn is_erased(&self) -> bool {
        *self == Self::ERASED
    }

    /// The two bytes at `at` as a little-endian number. `at` is at most 14.
    pub fn u16_le(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    /// The two bytes at `at` as a big-endian number. `at` is at most 14.
    pub fn u16_be(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.0[at], self.0[at + 1]])
    }

    /// The four bytes at `at` as a little-endian number. `at` is at most 12.
    pub fn u32_le(&self, at: usize) -> u32 {
        u32::from(self.u16_le(at)) | u32::from(self.u16_le(at + 2)) << 16
    }

    /// The eight bytes at `at`. `at` is at most 8.
    pub fn eight(&self, at: usize) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[at..at + 8]);
        bytes
    }

    /// Puts `bytes` at `at`; they must end within the block.
    pub fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Block(16 bytes)")
    }
}
