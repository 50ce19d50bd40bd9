//! Where a value lives.
//!
//! A flow tells what *all* its parties do, and each value in it is somebody's: [`At`] says whose. What is done in a lane
//! reads the values of that lane alone; to be read in another, a value has to be sent there, and then it is a message
//! that everybody can see pass. So a flow that hands one party's secret to another does not compile.
//!
//! Not every lane of a flow is here: in a workspace that is one company's, the others are elsewhere. Their steps are
//! passed over, and their values are not there; nothing here can ask for them.

use super::table::LaneId;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A lane of a flow, as a type of its own.
pub trait Lane: Copy {
    /// Its name in the flow's table.
    const ID: LaneId;

    /// The same of a lane at hand.
    fn id(self) -> LaneId {
        Self::ID
    }
}

/// Everybody who takes part, as far as they are here: what stands in lane `L`.
pub trait Has<L: Lane> {
    /// A party or a terminal as this flow knows it: its keys, its SAM, its card.
    type Stall;
    /// `None` when the lane is elsewhere.
    fn stall(&mut self, lane: L) -> Option<&mut Self::Stall>;
}

/// A value that lives in lane `L`. It is there if the lane is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<L, T> {
    value: Option<T>,
    lane: PhantomData<L>,
}

impl<L: Lane, T> At<L, T> {
    /// A value of a lane that is here.
    pub(super) fn here(value: T) -> At<L, T> {
        At {
            value: Some(value),
            lane: PhantomData,
        }
    }

    /// A value of a lane that is elsewhere.
    pub(super) fn elsewhere() -> At<L, T> {
        At {
            value: None,
            lane: PhantomData,
        }
    }

    /// The value, where its lane is here.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

/// What is done in lane `L` sees its stall, and the values that live there.
pub struct Here<'a, L, S> {
    stall: &'a mut S,
    lane: PhantomData<L>,
}

impl<'a, L: Lane, S> Here<'a, L, S> {
    pub(super) fn new(stall: &'a mut S) -> Here<'a, L, S> {
        Here {
            stall,
            lane: PhantomData,
        }
    }

    /// A value of this lane.
    pub fn get<'v, T>(&self, at: &'v At<L, T>) -> &'v T {
        // A value of a lane that is here is there: each is made by a step of the lane or came with a message to it, and
        // the stage goes no further without either.
        at.value.as_ref().expect("a value of a lane that is here")
    }
}

impl<L, S> Deref for Here<'_, L, S> {
    type Target = S;

    fn deref(&self) -> &S {
        self.stall
    }
}

impl<L, S> DerefMut for Here<'_, L, S> {
    fn deref_mut(&mut self) -> &mut S {
        self.stall
    }
}
