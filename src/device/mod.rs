//! Everything outside the process, or standing in for it.

#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod udp;
