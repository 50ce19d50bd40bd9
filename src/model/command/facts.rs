//! What a card tells of itself when newer readers ask: key versions by cipher, its state, its specification.

use super::FrameError;
use super::bytes::{Cursor, count, put_counted};
use crate::model::card::KeyVersion;

/// Key versions of nodes, by cipher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeVersions {
    /// Which ciphers the card has; [`NodeVersions::DES`] on one of the DES generation. Its low half is Fh when
    /// there is one list only.
    pub encryption: u8,
    /// In the order asked, FFFFh where there is no such node or no key of this cipher.
    pub first: Vec<KeyVersion>,
    /// The same for the second cipher; empty when there is none.
    pub second: Vec<KeyVersion>,
}

/// What Get System Status tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemStatus {
    pub flag: u8,
    /// At most 239 bytes, which is what a frame holds.
    pub data: Vec<u8>,
}

/// What Request Specification Version tells. Versions are three decimal digits of four bits each, under
/// [`Specification::VERSION_MARK`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specification {
    /// Layout of what follows; 00h.
    pub format: u8,
    pub basic: u16,
    pub options: Vec<u16>,
}

impl NodeVersions {
    /// The encryption identifier of a card with DES keys of 56 bits and no others.
    pub const DES: u8 = 0x2F;
    /// That of a card with AES keys, whose versions come first, and DES keys.
    pub const AES_AND_DES: u8 = 0x41;

    fn has_second(encryption: u8) -> bool {
        encryption & 0x0F != 0x0F
    }

    pub(super) fn take(at: &mut Cursor) -> Option<NodeVersions> {
        let encryption = at.byte()?;
        let first = at.counted(Cursor::u16_le)?;
        let others = if Self::has_second(encryption) {
            first.len()
        } else {
            0
        };
        let second = (0..others).map(|_| at.u16_le()).collect::<Option<_>>()?;
        Some(NodeVersions {
            encryption,
            first,
            second,
        })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let others = if Self::has_second(self.encryption) {
            self.first.len()
        } else {
            0
        };
        if self.second.len() != others {
            return Err(FrameError::Contradiction);
        }
        out.push(self.encryption);
        put_counted(out, &self.first)?;
        out.extend(self.second.iter().flat_map(|version| version.to_le_bytes()));
        Ok(())
    }
}

impl SystemStatus {
    pub(super) fn take(at: &mut Cursor) -> Option<SystemStatus> {
        Some(SystemStatus {
            flag: at.byte()?,
            data: at.counted(Cursor::byte)?,
        })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        out.extend([self.flag, count(self.data.len())?]);
        out.extend(&self.data);
        Ok(())
    }
}

impl Specification {
    /// The upper four bits of a version. Without them open reader software takes it for none; with no digits they
    /// name no version.
    pub const VERSION_MARK: u16 = 0x8000;

    pub(super) fn take(at: &mut Cursor) -> Option<Specification> {
        Some(Specification {
            format: at.byte()?,
            basic: at.u16_le()?,
            options: at.counted(Cursor::u16_le)?,
        })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        out.push(self.format);
        out.extend(self.basic.to_le_bytes());
        put_counted(out, &self.options)
    }
}
