//! Everything outside the process, or what stands in for it.
//!
//! [`emulated`] is a card in memory: the chip of the model with its memory, its journal and the faults that can
//! be put on it. [`card_file`] keeps such a card on disk, [`files`] opens whatever holds one, [`flow_log`] what a flow has done. [`udp`] and
//! [`vpcd`] present a card to other people's software, [`readers`] says what a
//! reader is, [`pcsc`] finds real ones, under the watchdog of [`guard`]. [`system`] is the machine's clock and
//! randomness.

pub mod card_file;
pub mod emulated;
pub mod files;
pub mod flow_log;
pub mod guard;
pub mod memory;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod readers;
pub mod system;
pub mod udp;
pub mod vpcd;
