//! The parties: who they are, what keys they hold, and what they can come to know.

pub mod knowledge;
pub mod ring;
pub mod sam;

pub use ring::{KeyName, KeyNode, KeyRing};
pub use sam::{KeySam, Policy};
