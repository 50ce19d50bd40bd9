//! The eight-byte identities that a card shows: IDm, PMm, IDi and PMi.

use crate::model::hex;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! eight_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; 8]);

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                let wrong = || format!("{text:?} is not eight bytes in hexadecimal");
                hex::parse_array(&text).map($name).ok_or_else(wrong)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                hex::plain(&id.0)
            }
        }

        impl fmt::Display for $name {
            /// Upper-case hexadecimal in groups of four.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::grouped(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

eight_bytes! {
    /// Manufacture ID of one system of a card. The top nibble of its first byte is the system number, so
    /// every system of a card answers under an IDm of its own.
    Idm
}
eight_bytes! {
    /// Manufacture parameter: IC code (ROM, IC), then six bytes of maximum response times.
    Pmm
}
eight_bytes! {
    /// Issuance ID, written by Register Issue ID and given out only inside a session.
    Idi
}
eight_bytes! {
    /// Issuance parameter, written beside the IDi.
    Pmi
}

impl Idm {
    /// Which system of its card this IDm names, 0 to 15.
    pub fn system_number(self) -> u8 {
        self.0[0] >> 4
    }

    /// The IDm of system `number` (0 to 15) of the same card.
    pub fn of_system(mut self, number: u8) -> Idm {
        self.0[0] = (self.0[0] & 0x0F) | (number << 4);
        self
    }
}
