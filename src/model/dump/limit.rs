//! How much of a file is looked at.

/// The largest file that is looked at, in bytes. A card has at most 65,536 blocks, and the wordiest dump
/// spends about 90 bytes on a block.
pub const MAX_FILE_BYTES: usize = 16 << 20;
