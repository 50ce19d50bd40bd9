//! Everything outside the process, or what stands in for it.
//!
//! [`emulated`] is a card in memory: the chip of the model with its memory, its journal and the faults that can
//! be put on it. [`card_file`] keeps such a card on disk, [`flow_log`] what a flow has done. [`system`] is the
//! machine's clock and randomness.

pub mod card_file;
pub mod emulated;
pub mod flow_log;
pub mod memory;
pub mod system;
