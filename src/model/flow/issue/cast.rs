//! Who takes part in issuing a card.

use super::desk::IssuingDesk;
use crate::model::port::{CardLink, Rng};

/// Everybody in the flow.
pub struct Cast<'a> {
    pub desk: &'a mut IssuingDesk,
    pub card: &'a mut dyn CardLink,
    pub rng: &'a mut dyn Rng,
}
