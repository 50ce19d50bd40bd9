//! Sealed packages: how keys and definitions travel to a card.
//!
//! A package is plaintext and MAC, both under one key, that of the parent node. The MAC is the last block of
//! CBC under the key's complement. That is sound for fixed lengths only, so each package is a type of one
//! length, and there is no sealing of byte strings.

use super::des_modes::{cbc_decrypt, cbc_encrypt};
use super::{DES_BYTES, DesKey, same_mac};
use crate::model::card::{KeyVersion, NodeCode, ServiceCode, SystemCode};
use thiserror::Error;
use zeroize::Zeroizing;

/// The package was made with another key, or changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the package's seal is wrong")]
pub struct WrongSeal;

/// Seals `P` bytes into `S`. `P` is a multiple of 8 and `S` is 8 more; other sizes do not compile.
pub fn seal<const P: usize, const S: usize>(key: &DesKey, plain: &[u8; P]) -> [u8; S] {
    const { assert!(P > 0 && P.is_multiple_of(DES_BYTES) && S == P + DES_BYTES) }
    let mut package = [0; S];
    package[..P].copy_from_slice(plain);
    package[P..].copy_from_slice(&mac(key, plain));
    cbc_encrypt(&key.cipher(), package.as_chunks_mut().0);
    package
}

/// Opens a package of `S` bytes. The sizes are bound as in [`seal`].
pub fn open<const S: usize, const P: usize>(
    key: &DesKey,
    package: &[u8; S],
) -> Result<Zeroizing<[u8; P]>, WrongSeal> {
    const { assert!(P > 0 && P.is_multiple_of(DES_BYTES) && S == P + DES_BYTES) }
    let mut opened = Zeroizing::new(*package);
    cbc_decrypt(&key.cipher(), opened.as_chunks_mut().0);
    let mut plain = Zeroizing::new([0; P]);
    plain.copy_from_slice(&opened[..P]);
    let mut sent = [0; DES_BYTES];
    sent.copy_from_slice(&opened[P..]);
    if same_mac(&mac(key, &plain), &sent) {
        Ok(plain)
    } else {
        Err(WrongSeal)
    }
}

/// The last block of CBC over `plain` under the complement of `key`.
fn mac<const P: usize>(key: &DesKey, plain: &[u8; P]) -> [u8; DES_BYTES] {
    let mut chain = Zeroizing::new(*plain);
    let blocks = chain.as_chunks_mut().0;
    cbc_encrypt(&key.complement().cipher(), blocks);
    // `seal` and `open` hold P to at least one block.
    blocks.last().copied().unwrap_or_default()
}

/// Why a registration package is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PackageError {
    /// The MAC is wrong: another key, or changed since it was sealed.
    #[error("the package's seal is wrong")]
    Mac,
    /// The seal is right, but what is inside is not a package of this kind.
    #[error("what the package holds is not of this kind")]
    Shape,
}

impl From<WrongSeal> for PackageError {
    fn from(_: WrongSeal) -> PackageError {
        PackageError::Mac
    }
}

/// Bytes in a registration package before it is sealed.
const PLAIN: usize = 16;
/// Bytes in a sealed registration package.
const SEALED: usize = PLAIN + DES_BYTES;

/// A plaintext of four two-byte fields and a key, the form of area and service packages.
fn four_fields(fields: [u16; 4], key: &DesKey) -> Zeroizing<[u8; PLAIN]> {
    let mut plain = Zeroizing::new([0; PLAIN]);
    for (place, field) in plain.as_chunks_mut().0.iter_mut().zip(fields) {
        *place = field.to_le_bytes();
    }
    plain[8..].copy_from_slice(key.expose());
    plain
}

fn field(plain: &[u8; PLAIN], at: usize) -> u16 {
    u16::from_le_bytes([plain[at], plain[at + 1]])
}

fn key_at(plain: &[u8; PLAIN], at: usize) -> DesKey {
    let mut key = Zeroizing::new([0; DES_BYTES]);
    key.copy_from_slice(&plain[at..at + DES_BYTES]);
    DesKey::new(*key)
}

/// What Register Area writes. Sealed under the parent area's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaPackage {
    pub code: NodeCode,
    /// Last code that may stand under it.
    pub end: NodeCode,
    /// Blocks allotted to what stands under it.
    pub blocks: u16,
    pub key_version: KeyVersion,
    pub key: DesKey,
}

impl AreaPackage {
    /// The package under the parent's key.
    pub fn seal(&self, parent: &DesKey) -> [u8; SEALED] {
        let fields = [self.code.0, self.end.0, self.blocks, self.key_version];
        seal(parent, &four_fields(fields, &self.key))
    }

    /// Opens a package. Whether the codes make sense is for the card's memory to say.
    pub fn open(parent: &DesKey, package: &[u8; SEALED]) -> Result<AreaPackage, PackageError> {
        let plain = open(parent, package)?;
        Ok(AreaPackage {
            code: NodeCode(field(&plain, 0)),
            end: NodeCode(field(&plain, 2)),
            blocks: field(&plain, 4),
            key_version: field(&plain, 6),
            key: key_at(&plain, 8),
        })
    }
}

/// What Register Service writes. Sealed under the area's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePackage {
    pub code: ServiceCode,
    /// User blocks.
    pub blocks: u16,
    pub key_version: KeyVersion,
    pub key: DesKey,
}

impl ServicePackage {
    /// The package under the area's key.
    pub fn seal(&self, area: &DesKey) -> [u8; SEALED] {
        let fields = [self.code.value(), 0, self.blocks, self.key_version];
        seal(area, &four_fields(fields, &self.key))
    }

    /// Opens a package. [`PackageError::Shape`] when the code is no service's or the second field not 0.
    pub fn open(area: &DesKey, package: &[u8; SEALED]) -> Result<ServicePackage, PackageError> {
        let plain = open(area, package)?;
        let code = ServiceCode::new(field(&plain, 0)).ok_or(PackageError::Shape)?;
        if field(&plain, 2) != 0 {
            return Err(PackageError::Shape);
        }
        Ok(ServicePackage {
            code,
            blocks: field(&plain, 4),
            key_version: field(&plain, 6),
            key: key_at(&plain, 8),
        })
    }
}

/// What Register Issue ID writes. Sealed under the system's key, which at that time is the maker's
/// transport key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueIdPackage {
    pub system_code: SystemCode,
    pub area0_key_version: KeyVersion,
    pub area0_key: DesKey,
}

impl IssueIdPackage {
    /// The package under area 0's present key.
    pub fn seal(&self, key: &DesKey) -> [u8; SEALED] {
        let mut plain = Zeroizing::new([0; PLAIN]);
        plain[..2].copy_from_slice(&self.system_code.0.to_be_bytes());
        plain[2..4].copy_from_slice(&self.area0_key_version.to_le_bytes());
        plain[4..12].copy_from_slice(self.area0_key.expose());
        seal(key, &plain)
    }

    /// Opens a package. [`PackageError::Shape`] when the last four bytes are not 0.
    pub fn open(key: &DesKey, package: &[u8; SEALED]) -> Result<IssueIdPackage, PackageError> {
        let plain: Zeroizing<[u8; PLAIN]> = open(key, package)?;
        if plain[12..] != [0; 4] {
            return Err(PackageError::Shape);
        }
        Ok(IssueIdPackage {
            system_code: SystemCode(u16::from_be_bytes([plain[0], plain[1]])),
            area0_key_version: field(&plain, 2),
            area0_key: key_at(&plain, 4),
        })
    }
}

/// The data block of a key change: `E_P(E_O(E_N(V))) ‖ E_P(E_O(N))`, where P is the parent's key, O the old
/// and N the new key, and V the new version behind six zero bytes. The system's key is its own parent.
pub fn key_change_package(
    parent: &DesKey,
    old: &DesKey,
    new: &DesKey,
    version: KeyVersion,
) -> [u8; 16] {
    let [low, high] = version.to_le_bytes();
    let proof = parent.encrypt(old.encrypt(new.encrypt([0, 0, 0, 0, 0, 0, low, high])));
    let key = parent.encrypt(old.encrypt(*new.expose()));
    let mut package = [0; 16];
    package[..8].copy_from_slice(&proof);
    package[8..].copy_from_slice(&key);
    package
}

/// Opens the data block of a key change: the new key and its version. `None` when the six zero bytes are not
/// there: another parent's or old key, or changed since.
pub fn open_key_change(
    parent: &DesKey,
    old: &DesKey,
    package: &[u8; 16],
) -> Option<(DesKey, KeyVersion)> {
    let [proof, key] = package.as_chunks().0 else {
        return None;
    };
    let new = DesKey::new(old.decrypt(parent.decrypt(*key)));
    match new.decrypt(old.decrypt(parent.decrypt(*proof))) {
        [0, 0, 0, 0, 0, 0, low, high] => Some((new, u16::from_le_bytes([low, high]))),
        _ => None,
    }
}
