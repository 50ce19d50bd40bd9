//! What a division does with the card: each call is one step's frames, and what came of them.

use super::cast::{Divided, Terminal};
use super::letters::Lent;
use crate::model::card::{Idm, NodeCode, SystemCode};
use crate::model::command::{SecureRequest, Status, code};
use crate::model::flow::error::FlowError;
use crate::model::flow::passed::Passed;
use crate::model::port::{AuthTarget, SamError};
use crate::model::reader::{CardError, Reader};
use serde::{Deserialize, Serialize};

/// What the terminal reads off a card first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadCard {
    pub idm: Idm,
    /// Every system of the card, from system 0 on.
    pub systems: Vec<SystemCode>,
    /// SYSC_(i): that of system 0.
    pub system: SystemCode,
}

/// The card's answer to Separate System.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answered {
    /// Status flags, and on success the blocks that system (i) will have left.
    Status {
        sf1: u8,
        sf2: u8,
        remaining: Option<u16>,
    },
    /// The card has the operator's system from an earlier division.
    HasIt(Divided),
    /// The card took these packages in an earlier touch, and they are committed.
    Committed(Divided),
}

impl Terminal<'_> {
    /// Reads the system codes of the card on the reader.
    pub(super) fn read_card(&mut self) -> Result<ReadCard, FlowError> {
        // A card that is put on the terminal comes without a session.
        self.card.field_off();
        let mut reader = Reader::new(self.card);
        let polled = reader.poll(SystemCode::ANY)?;
        let systems = reader.system_codes(polled.idm)?;
        let system = *systems
            .first()
            .ok_or(CardError::Answer(code::REQUEST_SYSTEM_CODE))?;
        Ok(ReadCard {
            idm: polled.idm,
            systems,
            system,
        })
    }

    /// What was read before, if the same card is on the reader.
    pub(super) fn read_again(
        &mut self,
        before: Option<ReadCard>,
    ) -> Result<Option<ReadCard>, FlowError> {
        let Some(before) = before else {
            return Ok(None);
        };
        let found = self.read_card()?.idm;
        if found == before.idm {
            Ok(Some(before))
        } else {
            Err(FlowError::WrongCard {
                expected: before.idm,
                found,
            })
        }
    }

    /// Hands the packages over. A card that has the operator's system already refuses them, and that is no
    /// error: it says so itself, by proving that it knows the operator's keys.
    pub(super) fn separate_system(
        &mut self,
        read: &ReadCard,
        lent: &Lent,
    ) -> Result<Answered, FlowError> {
        match Reader::new(self.card).separate_system(read.idm, lent.pj.0, lent.inf_1.0) {
            Ok(remaining) => Ok(Answered::Status {
                sf1: 0,
                sf2: 0,
                remaining: Some(remaining),
            }),
            Err(CardError::Status { status, .. }) => Ok(match self.new_system(read)? {
                Some(divided) => Answered::HasIt(divided),
                None => Answered::Status {
                    sf1: status.sf1,
                    sf2: status.sf2,
                    remaining: None,
                },
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// The operator's system on the card, if it is there and proves genuine.
    pub(super) fn new_system(&mut self, read: &ReadCard) -> Result<Option<Divided>, FlowError> {
        let codes = Reader::new(self.card).system_codes(read.idm)?;
        for (number, system) in codes.into_iter().enumerate().skip(1) {
            let idm = read.idm.of_system(number as u8);
            match self.authenticate_with(idm, system) {
                Ok(_) => {
                    return Ok(Some(Divided {
                        system,
                        idm,
                        before: read.systems.contains(&system),
                    }));
                }
                // Somebody else's system: the key holder has no key for it, or the card does not know ours.
                Err(CardError::Sam(
                    SamError::NoKey(_) | SamError::Policy | SamError::NotGenuine,
                )) => continue,
                // Silence tells nothing: the card may be on its way out of the field.
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Relays a mutual authentication with system key and area 0 between the card and the operator's SAM.
    fn authenticate_with(&mut self, idm: Idm, system: SystemCode) -> Result<Passed, CardError> {
        let target = AuthTarget {
            idm,
            system,
            areas: vec![NodeCode::AREA_0],
            services: vec![NodeCode::AREA_0],
        };
        let mut reader = Reader::new(self.card);
        reader.authenticate(self.sam, &target, self.rng)?;
        Ok(Passed::new(idm, &reader.frames))
    }

    /// Authenticates with the system that is being made: it has the next number.
    pub(super) fn authenticate(&mut self, read: &ReadCard) -> Result<Passed, FlowError> {
        let idm = read.idm.of_system(read.systems.len() as u8);
        Ok(self.authenticate_with(idm, self.system)?)
    }

    /// Sends what the operator's SAM wraps.
    pub(super) fn secure(
        &mut self,
        read: &ReadCard,
        request: &SecureRequest,
    ) -> Result<Passed, FlowError> {
        let mut reader = Reader::new(self.card);
        reader.secure(self.sam, request)?;
        Ok(Passed::new(read.idm, &reader.frames))
    }

    /// Commits, and reads back: the card lists the new system, and it authenticates.
    pub(super) fn commit(&mut self, read: &ReadCard) -> Result<(Divided, Passed), FlowError> {
        let passed = self.secure(read, &SecureRequest::ChangeSystemBlock)?;
        // From here on the card has committed, and what goes wrong in asking it leaves that open.
        let unsettled = |error| match error {
            FlowError::Card(error) => FlowError::Unsettled(error),
            other => other,
        };
        let divided = self.new_system(read).map_err(unsettled)?;
        let divided = divided.ok_or(FlowError::ReadBack)?;
        Ok((divided, passed))
    }
}

impl Answered {
    /// The operator's system was found on the card, in a later touch than that in which the card answered `before`.
    pub(super) fn found(before: Option<Answered>, divided: Divided) -> Answered {
        match before {
            Some(Answered::Status { sf1: 0, sf2: 0, .. } | Answered::Committed(_)) => {
                Answered::Committed(divided)
            }
            _ => Answered::HasIt(divided),
        }
    }

    /// What the card made of the packages (ST64).
    pub(super) fn judge(self) -> Result<(), FlowError> {
        match self {
            Answered::Status { sf1, sf2, .. } => {
                let status = Status { sf1, sf2 };
                let refused = CardError::Status {
                    command: code::SEPARATE_SYSTEM,
                    status,
                };
                if status.is_done() {
                    Ok(())
                } else {
                    Err(refused.into())
                }
            }
            Answered::HasIt(_) | Answered::Committed(_) => Ok(()),
        }
    }
}
