//! Two pictures of cards beside each other, and what differs between them.
//!
//! A side is named by a [`Side`] and held as a [`Held`]: the card in the emulator is looked at anew for every view, so
//! that a comparison follows it; a file is read once; what the division would make of the card is tried on a copy.
//! Side B, where it is the card in the emulator, is at the moment that the whole window shows, so that the time line
//! moves it. The difference is worked out anew only when a side changed.

pub use super::side::Side;

use super::card_view::{Lookup, Picture, looked_at, observed_view};
use super::view::{CardSource, CardView, ComparisonView, OwnerView, SideView};
use crate::device::emulated::EmulatedCard;
use crate::device::memory::Memory;
use crate::device::system::{SystemClock, SystemRng};
use crate::model::card::Block;
use crate::model::card::difference::{self, Difference, Sides};
use crate::model::card::journal::Moment;
use crate::model::card::tree::Tree;
use crate::model::demo::Demo;
use crate::model::flow::divide::{Cast, divide, table};
use crate::model::flow::error::FlowError;
use crate::model::flow::log::{MemoryLog, Recording};
use crate::model::flow::{Halt, Stage};
use crate::model::port::LinkError;
use std::sync::Arc;

/// A side as the worker holds it.
pub(super) enum Held {
    /// The card in the emulator as it is now.
    Live,
    /// It, after that event.
    Moment(Moment),
    /// It, at the moment that the window shows.
    Shown,
    OnReader,
    /// What was read or made once, and its name.
    Kept(Side, Kept),
}

/// A card of a comparison's own, with its name.
pub(super) enum Kept {
    Card(String, Box<EmulatedCard>, Box<Picture>),
    /// Of a sealed file: its keys are masked, whatever else is shown.
    Sealed(String, Box<EmulatedCard>, Box<Picture>),
    Tree(String, Arc<Tree>),
}

/// An open comparison.
pub(super) struct Comparing {
    held: Sides<Held>,
    /// Of side A, where that is the card in the emulator.
    picture: Picture,
    made: Option<Made>,
}

/// The newest pictures of both sides, and what was worked out of them.
struct Made {
    sides: Sides<Pictured>,
    /// Whether keys were shown, and to whom what belonged: what a picture depends on besides its card.
    keys_shown: bool,
    owners: Vec<OwnerView>,
    view: Arc<ComparisonView>,
}

/// One side as it was last looked at.
#[derive(Clone)]
struct Pictured {
    card: Arc<CardView>,
    /// The whole memory, keys included; it stays in the worker.
    blocks: Option<Arc<Vec<Block>>>,
}

/// What a comparison looks at besides what it holds.
pub(super) struct Around<'a> {
    /// The card in the emulator, and its picture at the moment that is shown.
    pub card: Option<&'a EmulatedCard>,
    pub shown: &'a mut Picture,
    /// Its view, if there is one already.
    pub shown_view: Option<&'a Arc<CardView>>,
    /// The card on the chosen reader.
    pub on_reader: Option<(String, &'a Tree)>,
    pub lookup: &'a Lookup<'a>,
    pub revision: u64,
}

impl Comparing {
    /// Side B is given as [`Held::Shown`] where it is the card in the emulator.
    pub fn new(held: Sides<Held>) -> Comparing {
        Comparing {
            held,
            picture: Picture::default(),
            made: None,
        }
    }

    /// Whether it is of the card in the emulator only, or of what was made of it, so that it ends with that card.
    pub fn needs_the_card(&self) -> bool {
        [&self.held.a, &self.held.b]
            .into_iter()
            .any(|held| matches!(held, Held::Moment(_) | Held::Kept(Side::Planned, _)))
    }

    /// The sides as they are named, given the moment that the window shows; `None` for the present.
    pub fn sides(&self, shown: Option<Moment>) -> Sides<Side> {
        self.held.as_ref().map(|held| match held {
            Held::Live => Side::Live,
            Held::Moment(moment) => Side::Moment(*moment),
            Held::Shown => shown.map_or(Side::Live, Side::Moment),
            Held::OnReader => Side::OnReader,
            Held::Kept(side, _) => side.clone(),
        })
    }

    /// Whether it has read that file.
    pub fn has_read(&self, side: &Side) -> bool {
        let read =
            |held: &Held| matches!((held, side), (Held::Kept(of, _), Side::File(_)) if of == side);
        read(&self.held.a) || read(&self.held.b)
    }

    /// Gives away what it holds of a side that was read.
    pub fn take(&mut self, side: &Side) -> Option<Held> {
        let mut held = [&mut self.held.a, &mut self.held.b].into_iter();
        let read = held.find(|held| matches!(held, Held::Kept(of, _) if of == side))?;
        Some(std::mem::replace(read, Held::Live))
    }

    /// Both sides as they are now, and what differs. `None` while a side is not there.
    pub fn view(&mut self, mut around: Around<'_>) -> Option<Arc<ComparisonView>> {
        let names = self.sides(around.shown.moment());
        let before = self.made.take();
        let (keys_shown, owners) = (around.lookup.keys_shown, around.lookup.owners.to_vec());
        let as_now = |made: &&Made| made.keys_shown == keys_shown && made.owners == owners;
        let drawn = before
            .as_ref()
            .filter(as_now)
            .map(|made| made.sides.as_ref());
        let (was_a, was_b) = (drawn.map(|sides| sides.a), drawn.map(|sides| sides.b));
        let a = pictured(&mut self.held.a, &mut self.picture, &mut around, was_a)?;
        let b = {
            let mut none = Picture::default();
            pictured(&mut self.held.b, &mut none, &mut around, was_b)?
        };
        let sides = Sides { a, b };
        let known =
            before.filter(|made| same(&made.sides.a, &sides.a) && same(&made.sides.b, &sides.b));
        let difference = match &known {
            Some(made) => Arc::clone(&made.view.difference),
            None => Arc::new(Difference::between(sides.a.picture(), sides.b.picture())),
        };
        let view = Arc::new(ComparisonView {
            sides: Sides {
                a: SideView {
                    side: names.a,
                    card: Arc::clone(&sides.a.card),
                },
                b: SideView {
                    side: names.b,
                    card: Arc::clone(&sides.b.card),
                },
            },
            difference,
        });
        self.made = Some(Made {
            sides,
            keys_shown,
            owners,
            view: Arc::clone(&view),
        });
        Some(view)
    }
}

impl Pictured {
    fn picture(&self) -> difference::Picture<'_> {
        let memory = self.blocks.as_ref().zip(self.card.map.as_ref());
        difference::Picture {
            tree: &self.card.tree,
            memory: memory.map(|(blocks, map)| difference::Memory { blocks, map }),
        }
    }
}

/// Whether two looks at a side saw the same.
fn same(before: &Pictured, now: &Pictured) -> bool {
    let (old, new) = (&before.card, &now.card);
    before.blocks == now.blocks && (Arc::ptr_eq(&old.tree, &new.tree) || old.tree == new.tree)
}

/// Looks at one side. `own` is the picture of a side that is not at the moment that the window shows.
fn pictured(
    held: &mut Held,
    own: &mut Picture,
    around: &mut Around<'_>,
    before: Option<&Pictured>,
) -> Option<Pictured> {
    let (lookup, revision) = (around.lookup, around.revision);
    match (held, before) {
        (Held::Moment(_) | Held::Kept(..), Some(before)) => Some(before.clone()),
        (Held::Shown, _) => {
            let card = around.card?;
            match around.shown_view {
                Some(view) => Some(Pictured {
                    card: Arc::clone(view),
                    blocks: Some(Arc::new(around.shown.memory(card))),
                }),
                None => drawn(around.shown, card, lookup, revision),
            }
        }
        (Held::Live, _) => {
            own.show_now();
            drawn(own, around.card?, lookup, revision)
        }
        (Held::Moment(moment), None) => {
            own.show_moment(around.card?, *moment);
            drawn(own, around.card?, lookup, revision)
        }
        (Held::OnReader, _) => {
            let (name, tree) = around.on_reader.as_ref()?;
            let source = CardSource::Reader { name: name.clone() };
            Some(told(source, Arc::new((*tree).clone()), revision))
        }
        (Held::Kept(_, kept), None) => pictured_alone(kept, lookup, revision),
    }
}

/// Looks at a card of a comparison's own.
fn pictured_alone(kept: &mut Kept, lookup: &Lookup<'_>, revision: u64) -> Option<Pictured> {
    match kept {
        Kept::Card(name, card, picture) => {
            let drawn = drawn(picture, card, lookup, revision)?;
            let mut view = (*drawn.card).clone();
            view.source = CardSource::File { name: name.clone() };
            // Events are gone to and edits made on the card in the emulator, which this is not.
            view.history = None;
            Some(Pictured {
                card: Arc::new(view),
                ..drawn
            })
        }
        Kept::Sealed(name, card, picture) => {
            let masked = Lookup {
                keys_shown: false,
                ..*lookup
            };
            let drawn = drawn(picture, card, &masked, revision)?;
            let source = CardSource::Sealed { name: name.clone() };
            Some(Pictured {
                card: Arc::new(looked_at((*drawn.card).clone(), source)),
                ..drawn
            })
        }
        Kept::Tree(name, tree) => {
            let source = CardSource::File { name: name.clone() };
            Some(told(source, Arc::clone(tree), revision))
        }
    }
}

fn drawn(
    picture: &mut Picture,
    card: &EmulatedCard,
    lookup: &Lookup<'_>,
    revision: u64,
) -> Option<Pictured> {
    let mut view = picture.view(card, lookup)?;
    view.revision = revision;
    Some(Pictured {
        card: Arc::new(view),
        blocks: Some(Arc::new(picture.memory(card))),
    })
}

fn told(source: CardSource, tree: Arc<Tree>, revision: u64) -> Pictured {
    Pictured {
        card: Arc::new(CardView {
            revision,
            ..observed_view(source, tree)
        }),
        blocks: None,
    }
}

/// A copy of a card, divided by the flow that would divide it: the same code and the same parties, but nothing is
/// written to the card itself, to its journal or to a registry.
///
/// # Errors
/// What the flow would be refused with.
pub(super) fn divided_copy(card: &EmulatedCard, demo: &Demo) -> Result<EmulatedCard, FlowError> {
    let memory = Memory::with_log(card.memory().data().to_vec(), card.memory().log().to_vec());
    let mut copy = EmulatedCard::new(card.profile().clone(), memory)
        .map_err(|_| FlowError::Card(LinkError::CardGone.into()))?;
    let mut parties = Demo {
        idm: demo.idm,
        ..Demo::new()
    };
    let (mut recording, mut log) = (Recording::default(), MemoryLog::default());
    let (table, mut clock) = (table(), SystemClock);
    let mut stage = Stage::new(&table, &mut recording, &mut log, &mut clock, usize::MAX);
    let mut rng = SystemRng;
    let mut cast = Cast::whole(
        &parties.issuer,
        &mut parties.operator,
        &parties.user,
        &mut copy,
        &mut rng,
    );
    match divide(&mut stage, &mut cast).map_err(Halt::into_error) {
        Err(Some(error)) => Err(error),
        // There is no end to the steps that may be done, so it does not pause.
        Ok(_) | Err(None) => Ok(copy),
    }
}
