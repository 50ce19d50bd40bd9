//! The sealed packages of a division: Pf, Pj and INF_1 (seed 000, ST21–ST25 and ST35).
//!
//! They nest: the area operator seals Pf for the card under K_D; the card issuer adds the number of blocks lent
//! and seals both as Pj under K_J. INF_1 stands beside them, sealed under the new system's own area key. Each
//! is a type of one length, because the seal is sound for fixed lengths only.

use super::seal::{WrongSeal, open, seal};
use super::{DesKey, group_key};
use crate::model::card::{KeyVersion, SystemCode};
use zeroize::Zeroizing;

/// Bytes of a sealed Pf.
pub const PF_BYTES: usize = 32;
/// Bytes of a sealed Pj.
pub const PJ_BYTES: usize = 48;
/// Bytes of a sealed INF_1.
pub const INF_1_BYTES: usize = 24;

/// Pf as it travels.
pub type SealedPf = [u8; PF_BYTES];
/// Pj as it travels.
pub type SealedPj = [u8; PJ_BYTES];
/// INF_1 as it travels.
pub type SealedInf1 = [u8; INF_1_BYTES];

/// K_J = E_{SYS_K_(i)}(K_MU_(i)): the key under which an issuer seals Pj. It needs both keys, and it is not the
/// degenerate key E_{K_MU}(SYS_K) that terminals authenticate with. It never leaves the issuer and the card.
pub fn issuer_package_key(system: &DesKey, root: &DesKey) -> DesKey {
    group_key(root, &[system]).0
}

/// What the area operator gives the card: the new system's code and its two first keys (ST21).
///
/// Plaintext, 24 bytes: system code (2 BE), system key version (2 LE), system key (8), area 0 key version (2
/// LE), area 0 key (8), zeros (2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pf {
    /// SYSC_F.
    pub system_code: SystemCode,
    pub system_key_version: KeyVersion,
    /// SYS_K_F.
    pub system_key: DesKey,
    pub root_key_version: KeyVersion,
    /// K_MU_F.
    pub root_key: DesKey,
}

impl Pf {
    /// Seals it with the division key K_D (ST22).
    pub fn seal(&self, division_key: &DesKey) -> SealedPf {
        let mut plain = Zeroizing::new([0; 24]);
        plain[..2].copy_from_slice(&self.system_code.0.to_be_bytes());
        plain[2..4].copy_from_slice(&self.system_key_version.to_le_bytes());
        plain[4..12].copy_from_slice(self.system_key.expose());
        plain[12..14].copy_from_slice(&self.root_key_version.to_le_bytes());
        plain[14..22].copy_from_slice(self.root_key.expose());
        seal(division_key, &plain)
    }

    /// Opens it with K_D.
    pub fn open(division_key: &DesKey, package: &SealedPf) -> Result<Pf, WrongSeal> {
        let plain: Zeroizing<[u8; 24]> = open(division_key, package)?;
        let [
            c0,
            c1,
            v0,
            v1,
            k0,
            k1,
            k2,
            k3,
            k4,
            k5,
            k6,
            k7,
            w0,
            w1,
            r0,
            r1,
            r2,
            r3,
            r4,
            r5,
            r6,
            r7,
            0,
            0,
        ] = *plain
        else {
            return Err(WrongSeal);
        };
        Ok(Pf {
            system_code: SystemCode(u16::from_be_bytes([c0, c1])),
            system_key_version: u16::from_le_bytes([v0, v1]),
            system_key: DesKey::new([k0, k1, k2, k3, k4, k5, k6, k7]),
            root_key_version: u16::from_le_bytes([w0, w1]),
            root_key: DesKey::new([r0, r1, r2, r3, r4, r5, r6, r7]),
        })
    }
}

/// What the card issuer gives the card: how many blocks it lends, and the operator's Pf, which it cannot open
/// (ST24).
///
/// Plaintext, 40 bytes: blocks lent (2 LE), zeros (6), sealed Pf (32).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pj {
    /// Blocks of 16 bytes, the new system's own among them.
    pub blocks_lent: u16,
    pub pf: SealedPf,
}

impl Pj {
    /// Seals it with K_J (ST25).
    pub fn seal(&self, issuer_key: &DesKey) -> SealedPj {
        let mut plain = [0; 40];
        plain[..2].copy_from_slice(&self.blocks_lent.to_le_bytes());
        plain[8..].copy_from_slice(&self.pf);
        seal(issuer_key, &plain)
    }

    /// Opens it with K_J.
    pub fn open(issuer_key: &DesKey, package: &SealedPj) -> Result<Pj, WrongSeal> {
        let plain: Zeroizing<[u8; 40]> = open(issuer_key, package)?;
        let ([n0, n1, 0, 0, 0, 0, 0, 0], pf) = plain.split_first_chunk().ok_or(WrongSeal)? else {
            return Err(WrongSeal);
        };
        let pf = pf.try_into().map_err(|_| WrongSeal)?;
        Ok(Pj {
            blocks_lent: u16::from_le_bytes([*n0, *n1]),
            pf,
        })
    }
}

/// First issuance data: the new system's code and area key once more, sealed under that area key, so that only
/// who made Pf can have made it (ST35).
///
/// Plaintext, 16 bytes: system code (2 BE), zeros (6), area 0 key (8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inf1 {
    /// SYSC_F.
    pub system_code: SystemCode,
    /// K_MU_F.
    pub root_key: DesKey,
}

impl Inf1 {
    /// Seals it with K_MU_F, the key that it also carries.
    pub fn seal(&self) -> SealedInf1 {
        let mut plain = Zeroizing::new([0; 16]);
        plain[..2].copy_from_slice(&self.system_code.0.to_be_bytes());
        plain[8..].copy_from_slice(self.root_key.expose());
        seal(&self.root_key, &plain)
    }

    /// Opens it with K_MU_F.
    pub fn open(root_key: &DesKey, package: &SealedInf1) -> Result<Inf1, WrongSeal> {
        let plain: Zeroizing<[u8; 16]> = open(root_key, package)?;
        let [c0, c1, 0, 0, 0, 0, 0, 0, key @ ..] = *plain else {
            return Err(WrongSeal);
        };
        Ok(Inf1 {
            system_code: SystemCode(u16::from_be_bytes([c0, c1])),
            root_key: DesKey::new(key),
        })
    }
}
