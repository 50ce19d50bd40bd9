//! Reading and writing blocks, without a session ([`Plain`](super::Plain)) or in one ([`Session`](super::Session)).
//!
//! A write is planned first: [`Change`]s say what is wanted, and a [`WritePlan`] holds the one command that does it
//! and what must be seen on the card afterwards. The plan is what an unknown outcome is settled with: it asks the
//! card whether that is what stands there. Sending the *same* plan again is safe while nothing else was written in
//! between: a random block takes what it has, a ring keeps what its newest generations already are, and a purse knows
//! the execution ID.

use super::{CardError, Outcome};
use crate::model::card::observation::Fact;
use crate::model::card::purse::{CASHBACK_AT, EXECUTION_ID_AT, PURSE_AT};
use crate::model::card::{Block, ServiceCode};
use crate::model::command::{AccessMode, Sf2};
use std::collections::BTreeMap;

/// Which block of which service, and how it is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub service: ServiceCode,
    pub access: AccessMode,
    /// Block number within the service.
    pub number: u16,
}

impl Place {
    /// A block touched in the normal way.
    pub fn normal(service: ServiceCode, number: u16) -> Place {
        Place {
            service,
            access: AccessMode::NORMAL,
            number,
        }
    }

    /// Services of one number share their blocks.
    fn is_same_block(&self, other: Place) -> bool {
        (self.service.number(), self.number) == (other.service.number(), other.number)
    }
}

/// One block's part in a write. Amounts are in the purse's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A block of a random service, or a purse through its direct service, becomes this.
    Set {
        service: ServiceCode,
        number: u16,
        block: Block,
    },
    /// A ring gets a new record. Of several in one write the first is the newest.
    Push { service: ServiceCode, block: Block },
    /// A purse is taken from. The execution ID is the terminal's own, and another one for each payment.
    Take {
        service: ServiceCode,
        number: u16,
        amount: u32,
        execution_id: u32,
    },
    /// A purse is given back what was taken last, or a part of it.
    GiveBack {
        service: ServiceCode,
        number: u16,
        amount: u32,
        execution_id: u32,
    },
}

/// One write command, and what it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritePlan {
    places: Vec<Place>,
    data: Vec<Block>,
    expected: Vec<Expected>,
}

/// A block as it stands after a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expected {
    service: ServiceCode,
    number: u16,
    /// Of a purse, what stood there: a purse that holds neither is torn and must not be taken from again.
    before: Option<Block>,
    after: Block,
}

/// How many blocks a card takes in one command. What newer chips take is tried first; a card that takes fewer says
/// so (A2h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub read_blocks: usize,
}

/// A way to a card's blocks.
pub trait BlockAccess {
    /// Sends one read. The blocks come in the order of the places.
    fn read_once(&mut self, places: &[Place]) -> Result<Vec<Block>, CardError>;
    /// Sends one write, a block of data for each place.
    fn write_once(&mut self, places: &[Place], data: &[Block]) -> Result<(), CardError>;
    /// What the card was found to take.
    fn limits(&mut self) -> &mut Limits;
    /// Keeps what the card told.
    fn learn(&mut self, fact: Fact);

    /// Blocks of one service, in the order asked; in as many commands as the card wants.
    fn read(&mut self, service: ServiceCode, numbers: &[u16]) -> Result<Vec<Block>, CardError> {
        let places: Vec<Place> = numbers
            .iter()
            .map(|number| Place::normal(service, *number))
            .collect();
        self.read_places(&places)
    }

    /// Blocks of any services, in the order asked; in as many commands as the card wants.
    fn read_places(&mut self, places: &[Place]) -> Result<Vec<Block>, CardError> {
        let mut data = Vec::with_capacity(places.len());
        while let Some(left) = places.get(data.len()..).filter(|left| !left.is_empty()) {
            let count = self.limits().read_blocks.clamp(1, left.len());
            match self.read_once(&left[..count]) {
                Ok(blocks) => {
                    for (place, block) in left.iter().zip(&blocks) {
                        self.learn(Fact::Data(place.service, place.number, *block));
                    }
                    data.extend(blocks);
                }
                Err(CardError::Status { status, .. })
                    if status.what() == Some(Sf2::BlockCount) && count > 1 =>
                {
                    self.limits().read_blocks = count / 2;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(data)
    }

    /// The write that makes these changes as one command. Purses are read for it, because what they will hold depends
    /// on what they hold. An amount that a purse cannot bear is left to the card to refuse.
    ///
    /// # Errors
    /// [`CardError::TwiceInOne`], and what reading the purses gives.
    fn plan(&mut self, changes: &[Change]) -> Result<WritePlan, CardError> {
        let mut purses = Vec::new();
        for change in changes {
            if let Change::Take { service, .. } | Change::GiveBack { service, .. } = *change {
                let purse = change.place();
                let same = |other: &&Change| other.place().is_same_block(purse);
                if changes.iter().filter(same).count() > 1 {
                    return Err(CardError::TwiceInOne(service));
                }
                purses.push(Place::normal(service, purse.number));
            }
        }
        let held = self.read_places(&purses)?;
        Ok(WritePlan::new(changes, &held))
    }

    /// Sends the plan's command and reads back what it left. The outcome is unknown when no answer came; then open
    /// the way to the card anew and ask by [`BlockAccess::holds`].
    fn write(&mut self, plan: &WritePlan) -> Outcome {
        let sent = self.write_once(&plan.places, &plan.data);
        for place in &plan.places {
            self.learn(Fact::Written(place.service));
        }
        Outcome::answered(sent).confirmed(|| self.holds(plan))
    }

    /// Whether the card holds what the plan leaves.
    ///
    /// # Errors
    /// [`CardError::ReadBack`] when a purse holds neither what it held nor what it should: such a purse is torn.
    fn holds(&mut self, plan: &WritePlan) -> Result<bool, CardError> {
        let places: Vec<Place> = plan
            .expected
            .iter()
            .map(|expected| Place::normal(expected.service, expected.number))
            .collect();
        let found = self.read_places(&places)?;
        let mut pairs = plan.expected.iter().zip(&found);
        let torn = |(expected, found): (&Expected, &Block)| {
            *found != expected.after && expected.before.is_some_and(|before| before != *found)
        };
        if pairs.clone().any(torn) {
            return Err(CardError::ReadBack);
        }
        Ok(pairs.all(|(expected, found)| expected.after == *found))
    }
}

impl Change {
    /// Where it is sent. A ring takes every record at block 0.
    fn place(&self) -> Place {
        match *self {
            Change::Push { service, .. } => Place::normal(service, 0),
            Change::Set {
                service, number, ..
            }
            | Change::Take {
                service, number, ..
            } => Place::normal(service, number),
            Change::GiveBack {
                service, number, ..
            } => Place {
                access: AccessMode::CASHBACK,
                ..Place::normal(service, number)
            },
        }
    }

    /// The block of data that is sent.
    fn data(&self) -> Block {
        match *self {
            Change::Set { block, .. } | Change::Push { block, .. } => block,
            Change::Take {
                amount,
                execution_id,
                ..
            }
            | Change::GiveBack {
                amount,
                execution_id,
                ..
            } => asked(amount, execution_id),
        }
    }
}

impl WritePlan {
    /// `held`: what the purses hold that are taken from or given back to, in the order of the changes.
    fn new(changes: &[Change], held: &[Block]) -> WritePlan {
        let mut plan = WritePlan {
            places: Vec::new(),
            data: Vec::new(),
            expected: Vec::new(),
        };
        // Records that go into each ring: the first stands at generation 0.
        let mut pushed: BTreeMap<u16, u16> = BTreeMap::new();
        let mut held = held.iter().copied();
        let mut next_purse = || held.next().unwrap_or(Block::ERASED);
        for change in changes {
            let place = change.place();
            plan.places.push(place);
            plan.data.push(change.data());
            let (number, before, after) = match *change {
                Change::Set { block, .. } => (place.number, None, block),
                Change::Push { block, .. } => {
                    let next = pushed.entry(place.service.number()).or_default();
                    let generation = *next;
                    *next += 1;
                    (generation, None, block)
                }
                Change::Take {
                    amount,
                    execution_id,
                    ..
                } => {
                    let before = next_purse();
                    let after = taken(before, amount, execution_id);
                    (place.number, Some(before), after)
                }
                Change::GiveBack {
                    amount,
                    execution_id,
                    ..
                } => {
                    let before = next_purse();
                    let after = given_back(before, amount, execution_id);
                    (place.number, Some(before), after)
                }
            };
            plan.expect(place.service, number, before, after);
        }
        plan
    }

    /// The last change of a block counts.
    fn expect(&mut self, service: ServiceCode, number: u16, before: Option<Block>, after: Block) {
        let place = Place::normal(service, number);
        let same = |expected: &&mut Expected| {
            Place::normal(expected.service, expected.number).is_same_block(place)
        };
        match self.expected.iter_mut().find(same) {
            Some(expected) => expected.after = after,
            None => self.expected.push(Expected {
                service,
                number,
                before,
                after,
            }),
        }
    }
}

/// The data block of a decrement or a cashback.
fn asked(amount: u32, execution_id: u32) -> Block {
    let mut block = Block::ZERO;
    block
        .put(PURSE_AT, &amount.to_le_bytes())
        .put(EXECUTION_ID_AT, &execution_id.to_le_bytes());
    block
}

/// A purse after a decrement; as it was where the card does nothing or refuses.
fn taken(held: Block, amount: u32, execution_id: u32) -> Block {
    let left = held.u32_le(PURSE_AT).checked_sub(amount);
    purse(held, left, amount, execution_id)
}

/// A purse after a cashback; as it was where the card does nothing or refuses.
fn given_back(held: Block, amount: u32, execution_id: u32) -> Block {
    let sum = held.u32_le(PURSE_AT).checked_add(amount);
    let sum = sum.filter(|_| amount <= held.u32_le(CASHBACK_AT));
    purse(held, sum, 0, execution_id)
}

fn purse(mut held: Block, value: Option<u32>, cashback: u32, execution_id: u32) -> Block {
    let done_before = held.u32_le(EXECUTION_ID_AT) == execution_id;
    let Some(value) = value.filter(|_| !held.is_erased() && !done_before) else {
        return held;
    };
    held.put(PURSE_AT, &value.to_le_bytes())
        .put(CASHBACK_AT, &cashback.to_le_bytes())
        .put(EXECUTION_ID_AT, &execution_id.to_le_bytes());
    held
}
