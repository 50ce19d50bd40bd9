//! The sealed packages that pass in a division, and how each opens.

use super::lanes::{IssuerLane, OperatorLane};
use crate::model::cipher::{DesKey, Inf1, Pf, Pj};
use crate::model::flow::at::Lane;
use crate::model::message::{Content, Inside, Part, SealKind};

/// SYSC_F, SYS_K_F and K_MU_F under K_D: what the new system starts with.
pub static PF: SealKind = SealKind {
    name: "Pf",
    key: "K_D",
    by: OperatorLane::ID,
    opened_at: Some("ST64"),
    open: open_pf,
};

/// The blocks lent and Pf under K_J.
pub static PJ: SealKind = SealKind {
    name: "Pj",
    key: "K_J",
    by: IssuerLane::ID,
    opened_at: Some("ST64"),
    open: open_pj,
};

/// SYSC_F and K_MU_F under K_MU_F: the first issuance data.
pub static INF_1: SealKind = SealKind {
    name: "INF_1",
    key: "K_MU_F",
    by: OperatorLane::ID,
    opened_at: Some("ST68"),
    open: open_inf_1,
};

/// A package as a part of a message.
pub(super) fn sealed(kind: &'static SealKind, package: &[u8]) -> Part {
    let package = package.to_vec();
    Part::Sealed { kind, package }
}

fn open_pf(key: &DesKey, package: &[u8]) -> Option<Inside> {
    let pf = Pf::open(key, package.try_into().ok()?).ok()?;
    let versions = format!("{}, {}", pf.system_key_version, pf.root_key_version);
    Some(Inside {
        fields: vec![
            ("SYSC_F", Content::Text(pf.system_code.to_string())),
            ("SYS_K_F", Content::Key(pf.system_key)),
            ("K_MU_F", Content::Key(pf.root_key)),
            ("versions", Content::Text(versions)),
        ],
        inner: Vec::new(),
    })
}

fn open_pj(key: &DesKey, package: &[u8]) -> Option<Inside> {
    let pj = Pj::open(key, package.try_into().ok()?).ok()?;
    Some(Inside {
        fields: vec![("blocks_lent", Content::Text(pj.blocks_lent.to_string()))],
        inner: vec![sealed(&PF, &pj.pf)],
    })
}

fn open_inf_1(key: &DesKey, package: &[u8]) -> Option<Inside> {
    let inside = Inf1::open(key, package.try_into().ok()?).ok()?;
    Some(Inside {
        fields: vec![
            ("SYSC_F", Content::Text(inside.system_code.to_string())),
            ("K_MU_F", Content::Key(inside.root_key)),
        ],
        inner: Vec::new(),
    })
}
