//! The card's commands as values, with the exact bytes they have on the air.
//!
//! Both ends use this one set: the emulated chip decodes a [`Request`] and encodes a [`Response`], a reader
//! does the reverse. A [`Frame`] is any run of bytes whose length byte is right; a `Request` is a frame that
//! a card would look at. What `Request::decode` refuses, a card does not answer at all.
//!
//! Commands inside a session travel as a [`SecureFrame`], of which only the code is readable. The session
//! ([`cipher::Session`](crate::model::cipher::Session)) opens it to a payload, and [`SecureRequest`],
//! [`SecureResponse`] and [`Authentication2Payload`] are those payloads as values. In a session of AES the frames
//! have codes of their own and another form, [`SecureFrameV2`]; the payloads are the same.
//!
//! Numbers on the wire are little endian, system codes big endian.

mod bytes;
mod element;
mod facts;
mod frame;
mod frame_v2;
mod names;
mod request;
mod response;
mod secure;
mod status;
mod time;

pub use element::{AccessMode, BlockElement};
pub use facts::{NodeVersions, Specification, SystemStatus};
pub use frame::{Frame, FrameError, MAX_FRAME, SecureFrame};
pub use frame_v2::SecureFrameV2;
pub use names::command_name;
pub use request::{MAX_NODES, MAX_SERVICES, PollingRequest, Request, TimeSlots};
pub use response::{Response, SearchResult};
pub use secure::{
    Authentication2Payload, Scheme, SealedPackage, SecureRequest, SecureResponse, SeparatePhase,
};
pub use status::{Sf2, Status};
pub use time::response_time;

/// Command codes. The response's code is the command's plus 1.
pub mod code {
    /// Polling.
    pub const POLLING: u8 = 0x00;
    /// Request Service.
    pub const REQUEST_SERVICE: u8 = 0x02;
    /// Request Response.
    pub const REQUEST_RESPONSE: u8 = 0x04;
    /// Read Without Encryption.
    pub const READ_PLAIN: u8 = 0x06;
    /// Write Without Encryption.
    pub const WRITE_PLAIN: u8 = 0x08;
    /// Search Service Code.
    pub const SEARCH_SERVICE_CODE: u8 = 0x0A;
    /// Request System Code.
    pub const REQUEST_SYSTEM_CODE: u8 = 0x0C;
    /// Request Block Information.
    pub const REQUEST_BLOCK_INFORMATION: u8 = 0x0E;
    /// Authentication1.
    pub const AUTHENTICATION1: u8 = 0x10;
    /// Authentication2.
    pub const AUTHENTICATION2: u8 = 0x12;
    /// Read, in a session.
    pub const READ: u8 = 0x14;
    /// Write, in a session.
    pub const WRITE: u8 = 0x16;
    /// Request Service v2.
    pub const REQUEST_SERVICE_V2: u8 = 0x32;
    /// Get System Status.
    pub const GET_SYSTEM_STATUS: u8 = 0x38;
    /// Request Specification Version.
    pub const REQUEST_SPECIFICATION_VERSION: u8 = 0x3C;
    /// Reset Mode.
    pub const RESET_MODE: u8 = 0x3E;
    /// Authentication1 v2, of the AES generation.
    pub const AUTHENTICATION1_V2: u8 = 0x40;
    /// Authentication2 v2.
    pub const AUTHENTICATION2_V2: u8 = 0x42;
    /// Read v2, in a session of AES.
    pub const READ_V2: u8 = 0x44;
    /// Write v2, in a session of AES.
    pub const WRITE_V2: u8 = 0x46;
    /// Register Issue ID, in a session.
    pub const REGISTER_ISSUE_ID: u8 = 0x80;
    /// Register Area, in a session.
    pub const REGISTER_AREA: u8 = 0x82;
    /// Register Service, in a session.
    pub const REGISTER_SERVICE: u8 = 0x84;
    /// Separate System, outside a session and, for its later phases, in one. Its layout is this project's.
    pub const SEPARATE_SYSTEM: u8 = 0x88;
    /// Register AES Key, in a session of AES. Code and layout are this project's.
    pub const REGISTER_AES_KEY: u8 = 0x8A;
    /// Change System Block in a session of AES. The code is this project's.
    pub const CHANGE_SYSTEM_BLOCK_V2: u8 = 0x8C;
    /// Change System Block, in a session.
    pub const CHANGE_SYSTEM_BLOCK: u8 = 0x8E;

    /// Whether `code` is a command that travels enciphered by AES.
    pub fn is_secure_v2(code: u8) -> bool {
        matches!(
            code,
            READ_V2 | WRITE_V2 | REGISTER_AES_KEY | CHANGE_SYSTEM_BLOCK_V2
        )
    }

    /// Whether `code` is a command that travels enciphered by DES.
    pub fn is_secure(code: u8) -> bool {
        matches!(
            code,
            READ | WRITE
                | REGISTER_ISSUE_ID
                | REGISTER_AREA
                | REGISTER_SERVICE
                | SEPARATE_SYSTEM
                | CHANGE_SYSTEM_BLOCK
        )
    }
}
