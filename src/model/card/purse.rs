//! A purse block: an amount, what was taken last, four bytes of its owner's and the execution ID (public protocol).

/// Offset of the amount, 4 bytes little endian.
pub const PURSE_AT: usize = 0;
/// Offset of what was taken last and may be given back, 4 bytes little endian.
pub const CASHBACK_AT: usize = 4;
/// Offset of 4 bytes that are the owner's.
pub const USER_DATA_AT: usize = 8;
/// Offset of the last command's execution ID, 4 bytes; chosen by the terminal and compared as a whole.
pub const EXECUTION_ID_AT: usize = 12;
