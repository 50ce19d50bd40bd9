//! What a frame is made of: its bytes, in order, each run of them with a name and what it says.

use crate::model::card::{KeyVersion, NodeCode, SystemCode};
use crate::model::command::{AccessMode, PollingRequest, SeparatePhase, TimeSlots};
use std::ops::Range;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// What a run of bytes is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FieldName {
            $($(#[$doc])* $name,)*
        }

        impl FieldName {
            /// Every name.
            pub const ALL: &[FieldName] = &[$(FieldName::$name),*];

            /// The name that files have: it never changes and is not translated.
            pub fn id(self) -> &'static str {
                match self {
                    $(FieldName::$name => $id,)*
                }
            }
        }
    };
}

names! {
    /// The frame's length byte, which counts itself.
    Length = "length",
    /// Command or response code.
    Code = "code",
    Idm = "idm",
    Pmm = "pmm",
    Idi = "idi",
    Pmi = "pmi",
    SystemCode = "system_code",
    /// What Polling asks for beside the IDs.
    PollingRequest = "polling_request",
    TimeSlots = "time_slots",
    /// What Polling asked for: which speeds the card takes.
    Performance = "performance",
    /// How many members the list that follows has.
    Count = "count",
    Area = "area",
    Service = "service",
    Node = "node",
    /// The last code that may stand under an area.
    AreaEnd = "area_end",
    /// Position in a system's list of nodes.
    Index = "index",
    /// One member of a block list.
    Element = "element",
    /// Sixteen bytes of a block, read or to be written.
    Data = "data",
    /// The first status flag: where.
    StatusFlag1 = "status_flag_1",
    /// The second status flag: what.
    StatusFlag2 = "status_flag_2",
    Mode = "mode",
    KeyVersion = "key_version",
    /// Blocks that are assigned to a node.
    Blocks = "blocks",
    /// Blocks that are left.
    Remaining = "remaining",
    /// Which ciphers a card has.
    Ciphers = "ciphers",
    SystemFlag = "system_flag",
    SystemData = "system_data",
    Format = "format",
    /// Version of the specification that a card follows, or of one of its options.
    SpecificationVersion = "specification_version",
    Reserved = "reserved",
    /// Operation parameter of Authentication1 v2.
    Parameter = "parameter",
    /// Transaction number of a frame of an AES session.
    TransactionNumber = "transaction_number",
    C3c = "c3c",
    /// Phase of a division.
    Phase = "phase",
    /// What fills a payload up to whole blocks.
    Padding = "padding",
    /// The reader's challenge, enciphered.
    C1a = "c1a",
    /// The card's proof, enciphered.
    C1b = "c1b",
    /// The card's challenge, enciphered.
    C2a = "c2a",
    /// The reader's proof, enciphered.
    C2b = "c2b",
    /// What a session enciphers, its MAC included.
    Enciphered = "enciphered",
    /// A sealed registration package.
    Package = "package",
    /// The data of a key change, enciphered under the old key and the parent's.
    KeyPackage = "key_package",
    /// The card issuer's sealed package of a division.
    Pj = "pj",
    /// The area operator's sealed first issuance data.
    Inf1 = "inf_1",
    /// Bytes that are not understood.
    Unread = "unread",
}

impl FieldName {
    /// Whether its bytes may leave the program in an export or over the clipboard.
    ///
    /// Nothing enciphered or sealed may: a key of single DES can be searched for with it, and a key that is used
    /// elsewhere, or that somebody guesses, can be tried on it. Bytes that are not understood may be such.
    /// Padding says nothing and may have any value.
    pub fn may_be_shared(self) -> bool {
        !matches!(
            self,
            FieldName::C1a
                | FieldName::C1b
                | FieldName::C2a
                | FieldName::C2b
                | FieldName::Enciphered
                | FieldName::Package
                | FieldName::KeyPackage
                | FieldName::Pj
                | FieldName::Inf1
                | FieldName::Padding
                | FieldName::Unread
        )
    }

    /// Whether it tells one card from all others.
    pub fn is_id(self) -> bool {
        matches!(
            self,
            FieldName::Idm | FieldName::Pmm | FieldName::Idi | FieldName::Pmi
        )
    }
}

/// What a run of bytes says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Nothing but its bytes.
    Bytes,
    Number(u32),
    /// A command or response code.
    Code(u8),
    System(SystemCode),
    Node(NodeCode),
    Version(KeyVersion),
    /// Blocks of a node, FFFFh where there is no such node.
    Blocks(u16),
    Element {
        /// Index into the service list.
        service: u8,
        access: AccessMode,
        /// Block number; in a key change the new version.
        number: u16,
    },
    /// First status flag.
    Where(u8),
    /// Second status flag.
    What(u8),
    Mode(u8),
    Asked(PollingRequest),
    Slots(TimeSlots),
    Phase(SeparatePhase),
}

/// Which node, or which of its blocks, a run of bytes is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct About {
    pub node: NodeCode,
    /// Block number within the service.
    pub block: Option<u16>,
}

impl About {
    /// A node as a whole.
    pub fn node(node: NodeCode) -> About {
        About { node, block: None }
    }
}

/// A run of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceField {
    pub name: FieldName,
    /// Where it stands in the frame, or in the payload of an opened one.
    pub at: Range<usize>,
    pub value: FieldValue,
    pub about: Option<About>,
}
