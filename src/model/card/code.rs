//! System, area and service codes.
//!
//! A node code is 16 bits: number in bits 15–6, attribute in bits 5–0. Areas have attribute 00h (sub-areas
//! allowed) or 01h; services 08h–17h. Codes are shown as four upper-case hexadecimal digits in value order,
//! whatever their order on the wire (system codes big endian, all others little endian).

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u16);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:04X}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:04X})"), self.0)
            }
        }
    };
}

code! {
    /// Code of a system (SYSC). On the wire big endian.
    SystemCode
}
code! {
    /// Code of any node: an area, a service, or the system itself ([`NodeCode::SYSTEM`]). On the wire little
    /// endian.
    NodeCode
}

/// A key's version, as Request Service gives it.
pub type KeyVersion = u16;

impl SystemCode {
    /// The code that polls any system; answered by system 0.
    pub const ANY: SystemCode = SystemCode(0xFFFF);
    /// The system of a FeliCa Lite or Lite-S card.
    pub const LITE: SystemCode = SystemCode(0x88B4);
    /// The code by which a card is asked for its NDEF message.
    pub const NDEF: SystemCode = SystemCode(0x12FC);

    /// Whether a polled code, in which FFh stands for any byte, asks for this system.
    pub fn matches(self, polled: SystemCode) -> bool {
        let byte = |shift: u32| {
            let asked = (polled.0 >> shift) as u8;
            asked == 0xFF || asked == (self.0 >> shift) as u8
        };
        byte(8) && byte(0)
    }
}

impl NodeCode {
    /// The system's own node, in key versions and service lists.
    pub const SYSTEM: NodeCode = NodeCode(0xFFFF);
    /// The root area, which every system has.
    pub const AREA_0: NodeCode = NodeCode(0x0000);
    /// Where the root area ends.
    pub const AREA_0_END: NodeCode = NodeCode(0xFFFE);

    /// Bits 15–6.
    pub fn number(self) -> u16 {
        self.0 >> 6
    }

    /// Bits 5–0.
    pub fn attribute(self) -> u8 {
        (self.0 & 0x3F) as u8
    }

    /// Whether the attribute is an area's.
    pub fn is_area(self) -> bool {
        self.attribute() <= 0x01
    }

    /// Whether an area of this code may hold areas.
    pub fn allows_sub_areas(self) -> bool {
        self.attribute() == 0x00
    }

    /// The code as a service's, if its attribute is one.
    pub fn service(self) -> Option<ServiceCode> {
        ServiceCode::new(self.0)
    }
}

/// What a service's blocks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ServiceKind {
    /// Blocks addressed one by one.
    Random,
    /// A ring of records, newest first.
    Cyclic,
    /// A value with cashback and execution ID.
    Purse,
}

/// What may be done through a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ServiceAccess {
    /// Read and write (of a purse: direct access).
    ReadWrite,
    /// Read only.
    ReadOnly,
    /// Purse: give back the last amount, or decrement.
    CashbackDecrement,
    /// Purse: decrement.
    Decrement,
}

/// Code of a service; its attribute is one of 08h–17h.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct ServiceCode(u16);

impl ServiceCode {
    /// The service code of that value, if its attribute is a service's.
    pub fn new(value: u16) -> Option<ServiceCode> {
        matches!(value & 0x3F, 0x08..=0x17).then_some(ServiceCode(value))
    }

    /// The code's value.
    pub fn value(self) -> u16 {
        self.0
    }

    /// The code as a node's.
    pub fn node(self) -> NodeCode {
        NodeCode(self.0)
    }

    /// Bits 15–6. Services of one number share their user blocks.
    pub fn number(self) -> u16 {
        self.0 >> 6
    }

    /// Bits 5–0.
    pub fn attribute(self) -> u8 {
        (self.0 & 0x3F) as u8
    }

    /// Whether the service is used only inside a session (attribute bit 0 clear).
    pub fn needs_authentication(self) -> bool {
        self.0 & 1 == 0
    }

    /// What its blocks are.
    pub fn kind(self) -> ServiceKind {
        match self.attribute() {
            0x08..=0x0B => ServiceKind::Random,
            0x0C..=0x0F => ServiceKind::Cyclic,
            _ => ServiceKind::Purse,
        }
    }

    /// What may be done through it.
    pub fn access(self) -> ServiceAccess {
        match self.attribute() & 0x3E {
            0x08 | 0x0C | 0x10 => ServiceAccess::ReadWrite,
            0x12 => ServiceAccess::CashbackDecrement,
            0x14 => ServiceAccess::Decrement,
            _ => ServiceAccess::ReadOnly,
        }
    }
}

impl TryFrom<u16> for ServiceCode {
    type Error = String;
    fn try_from(value: u16) -> Result<Self, String> {
        Self::new(value).ok_or_else(|| format!("{value:04X} is not a service code"))
    }
}

impl From<ServiceCode> for u16 {
    fn from(code: ServiceCode) -> u16 {
        code.0
    }
}

impl fmt::Display for ServiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for ServiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceCode({:04X})", self.0)
    }
}
