//! Everything outside the process, or what stands in for it.
//!
//! [`emulated`] is a card in memory: the chip of the model with its memory, its journal and the faults that can
//! be put on it. [`card_file`] has such a card's bytes on disk, [`kept_card`] keeps one as it is written to, in a file that is
//! this program's alone ([`held_file`], [`lock`]); [`files`] opens whatever holds one, [`disk`] writes files whole;
//! [`key_store`] has the workspace's
//! keys, sealed as [`seal`] does it; [`registry`] is the database of cards, flows and writes. [`udp`] and [`vpcd`] present
//! a card to other people's software, [`readers`] says what a
//! reader is, [`pcsc`] finds real ones, under the watchdog of [`guard`], and [`recorded`] notes what passes on their links. [`system`] is the machine's clock and
//! randomness.

pub mod card_file;
pub mod disk;
pub mod emulated;
pub mod files;
pub mod guard;
pub mod held_file;
pub mod kept_card;
pub mod key_store;
mod link_fault;
pub mod lock;
pub mod memory;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod readers;
pub mod recorded;
pub mod registry;
pub mod seal;
pub mod system;
pub mod udp;
pub mod vpcd;
