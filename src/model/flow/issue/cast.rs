//! Who takes part in issuing a card.

use super::desk::IssuingDesk;
use crate::model::flow::at::{Has, Lane};
use crate::model::flow::stage::HasCard;
use crate::model::flow::table::LaneId;
use crate::model::port::{CardLink, Rng};

/// The issuer's desk, whose SAM proves itself to the card.
#[derive(Clone, Copy, Debug)]
pub struct IssuerLane;

pub const ISSUER: IssuerLane = IssuerLane;
/// The card. It lies on the desk and has no stall of its own.
pub const CARD: LaneId = LaneId("card");

impl Lane for IssuerLane {
    const ID: LaneId = LaneId("issuer");
}

/// Everybody in the flow: the desk, with the card on it.
pub struct Cast<'a> {
    pub desk: &'a mut IssuingDesk,
    pub card: &'a mut dyn CardLink,
    pub rng: &'a mut dyn Rng,
}

impl<'a> Has<IssuerLane> for Cast<'a> {
    type Stall = Cast<'a>;

    fn stall(&mut self, _: IssuerLane) -> Option<&mut Cast<'a>> {
        Some(self)
    }
}

impl HasCard for Cast<'_> {
    fn card(&mut self) -> &mut dyn CardLink {
        self.card
    }
}
