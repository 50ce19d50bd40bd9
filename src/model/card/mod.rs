//! A card's memory: its blocks and addresses, the nodes that divide it, and what can be read off it.
//!
//! `docs/memory-format.md` fixes every byte; [`image`] reads and [`tree`] shows them.

pub mod block;
pub mod code;
pub mod definition;
pub mod difference;
pub mod encryption;
pub mod fields;
pub mod ids;
pub mod image;
pub mod journal;
pub mod kind;
pub mod known;
pub mod lite;
pub mod live_keys;
pub mod map;
pub mod materialise;
pub mod nesting;
pub mod observation;
pub mod profile;
pub mod projection;
pub mod purse;
pub mod run;
pub mod tree;

pub use block::{BLOCK_BYTES, Block};
pub use code::{KeyVersion, NodeCode, ServiceAccess, ServiceCode, ServiceKind, SystemCode};
pub use ids::{Idi, Idm, Pmi, Pmm};
