//! The ciphers of the card: single DES, the keys it is used with, and what is built on it.

mod key;

pub use key::{DesKey, Kcv};
