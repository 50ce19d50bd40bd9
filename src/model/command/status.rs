//! Status flags: how a card says whether, and where, a command failed.

use std::fmt;

macro_rules! sf2 {
    ($($(#[$doc:meta])* $name:ident = $byte:literal,)*) => {
        /// What the second status flag says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Sf2 {
            $($(#[$doc])* $name = $byte,)*
        }

        impl Sf2 {
            /// Every value, in order of its byte.
            pub const ALL: &[Sf2] = &[$(Sf2::$name),*];

            /// The value of that byte, if it is a known one.
            pub fn from_byte(byte: u8) -> Option<Sf2> {
                match byte {
                    $($byte => Some(Sf2::$name),)*
                    _ => None,
                }
            }
        }
    };
}

sf2! {
    /// 00h: no error.
    Fine = 0x00,
    /// 01h: a purse would fall below zero or overflow.
    PurseRange = 0x01,
    /// 02h: more cashback asked than is stored.
    CashbackTooLarge = 0x02,
    /// 03h: the purse's limit would be passed.
    PurseLimit = 0x03,
    /// 70h: memory error.
    Memory = 0x70,
    /// 71h: the memory was rewritten more often than it is rated for. A warning: the write is done.
    RewriteLimit = 0x71,
    /// A1h: wrong number of services or nodes.
    ServiceCount = 0xA1,
    /// A2h: wrong number of blocks.
    BlockCount = 0xA2,
    /// A3h: a service index points past the service list.
    ServiceIndex = 0xA3,
    /// A4h: the node's attribute does not fit the command.
    NodeAttribute = 0xA4,
    /// A5h: access is not possible, or a parameter does not fit.
    Access = 0xA5,
    /// A6h: no such node.
    NoSuchNode = 0xA6,
    /// A7h: wrong access mode.
    AccessMode = 0xA7,
    /// A8h: block number too high.
    BlockNumber = 0xA8,
    /// A9h: writing what an issuance command prepared failed.
    IssuanceWrite = 0xA9,
    /// AAh: the change of key failed.
    KeyChange = 0xAA,
    /// ABh: the package's MAC is wrong.
    PackageMac = 0xAB,
    /// ACh: wrong issuance parameter.
    IssuanceParameter = 0xAC,
    /// ADh: the service exists already.
    ServiceExists = 0xAD,
    /// AEh: wrong system code.
    SystemCode = 0xAE,
    /// AFh: more blocks in one write than the cyclic service has.
    CyclicOverflow = 0xAF,
    /// C0h: wrong package identifier.
    PackageIdentifier = 0xC0,
    /// C1h: inside and outside of the package differ.
    PackageMismatch = 0xC1,
    /// C2h: issuance is disabled.
    IssuanceDisabled = 0xC2,
    /// C3h: the attribute of the node to be registered is wrong.
    IssuanceAttribute = 0xC3,
}

/// The two status flags of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status {
    /// Where: 00h fine; FFh an error that is tied to no list; else the position in the list, an ordinal from
    /// 1 or a bit map (the tenth is 02h), depending on the chip.
    pub sf1: u8,
    /// What; see [`Sf2`].
    pub sf2: u8,
}

impl Status {
    /// No error.
    pub const OK: Status = Status { sf1: 0, sf2: 0 };

    /// An error that is tied to no member of a list.
    pub const fn whole(what: Sf2) -> Status {
        Status {
            sf1: 0xFF,
            sf2: what as u8,
        }
    }

    /// An error at a position, in the form that the chip gives positions.
    pub const fn at(position: u8, what: Sf2) -> Status {
        Status {
            sf1: position,
            sf2: what as u8,
        }
    }

    /// What the second flag says, if it is a known value.
    pub fn what(self) -> Option<Sf2> {
        Sf2::from_byte(self.sf2)
    }

    /// Whether the command took effect: 00h 00h, or the warning 71h.
    pub fn is_done(self) -> bool {
        self == Self::OK || self.sf2 == Sf2::RewriteLimit as u8
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} {:02X}", self.sf1, self.sf2)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({self})")
    }
}
