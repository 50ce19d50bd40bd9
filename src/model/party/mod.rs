//! The parties: who they are, what keys they hold, and what they can come to know.

mod held_session;
pub mod knowledge;
pub mod ring;
pub mod sam;

pub use held_session::HeldSession;
pub use ring::{AesKeyName, KeyName, KeyNode, KeyRing};
pub use sam::{KeySam, Policy};
