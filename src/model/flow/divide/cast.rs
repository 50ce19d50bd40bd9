//! Who takes part in a division, and what comes of it.

use super::parties::{AreaUser, Issuer, Operator, Terminal};
use crate::model::card::{Idm, SystemCode};
use crate::model::port::{CardLink, Rng};
use serde::{Deserialize, Serialize};

/// Everybody in the flow.
pub struct Cast<'a> {
    pub issuer: &'a Issuer,
    pub operator: &'a mut Operator,
    pub user: &'a AreaUser,
    pub terminal: &'a mut Terminal,
    pub card: &'a mut dyn CardLink,
    pub rng: &'a mut dyn Rng,
}

/// The new system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divided {
    pub system: SystemCode,
    pub idm: Idm,
    /// It was on the card before this flow.
    pub before: bool,
}
