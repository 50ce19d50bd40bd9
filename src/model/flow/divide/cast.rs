//! Who takes part in a division, and what comes of it.

use super::lanes::{IssuerLane, OperatorLane, TerminalLane};
use super::parties::{AreaUser, Issuer, Operator, OperatorDesk};
use crate::model::card::{Idm, SystemCode};
use crate::model::flow::at::Has;
use crate::model::flow::stage::HasCard;
use crate::model::port::{CardLink, Rng, Sam};
use serde::{Deserialize, Serialize};

/// Everybody in the flow, as far as they are here.
pub struct Cast<'a> {
    pub issuer: Option<&'a Issuer>,
    pub operator: Option<OperatorDesk<'a>>,
    pub terminal: Option<Terminal<'a>>,
}

/// Division terminal: a card, and a line to the operator's SAM. No key.
pub struct Terminal<'a> {
    pub card: &'a mut dyn CardLink,
    /// The operator's SAM, and the system that it is for.
    pub sam: &'a mut dyn Sam,
    pub system: SystemCode,
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

impl<'a> Cast<'a> {
    /// All of them here: the terminal stands at the operator's SAM.
    pub fn whole(
        issuer: &'a Issuer,
        operator: &'a mut Operator,
        user: &'a AreaUser,
        card: &'a mut dyn CardLink,
        rng: &'a mut dyn Rng,
    ) -> Cast<'a> {
        Cast {
            issuer: Some(issuer),
            operator: Some(OperatorDesk {
                ring: &operator.ring,
                system: operator.system,
                parent: issuer.system,
                user,
            }),
            terminal: Some(Terminal {
                card,
                sam: &mut operator.sam,
                system: operator.system,
                rng,
            }),
        }
    }

    /// Takes the power from the card, if it is here.
    pub(super) fn field_off(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.card.field_off();
        }
    }
}

impl<'a> Has<IssuerLane> for Cast<'a> {
    type Stall = &'a Issuer;

    fn stall(&mut self, _: IssuerLane) -> Option<&mut &'a Issuer> {
        self.issuer.as_mut()
    }
}

impl<'a> Has<OperatorLane> for Cast<'a> {
    type Stall = OperatorDesk<'a>;

    fn stall(&mut self, _: OperatorLane) -> Option<&mut OperatorDesk<'a>> {
        self.operator.as_mut()
    }
}

impl<'a> Has<TerminalLane> for Cast<'a> {
    type Stall = Terminal<'a>;

    fn stall(&mut self, _: TerminalLane) -> Option<&mut Terminal<'a>> {
        self.terminal.as_mut()
    }
}

impl HasCard for Terminal<'_> {
    fn card(&mut self) -> &mut dyn CardLink {
        self.card
    }
}
