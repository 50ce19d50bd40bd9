//! A harness for faults: it does one thing to a card over and over, with the power cut at every block write and in
//! every torn way, lets the reader settle what was cut, then cuts that at every write as well, and counts the cases.
//!
//! The card's memory is marked once and put back block by block, so that a card of 65,536 blocks costs no more than
//! one of 64.

use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{Changes, PowerCut, Torn};
use cardwright::model::port::NvmAddress;
use std::fmt;
use std::ops::AddAssign;

/// Something that is done to a card, and how a reader finds out what became of it.
pub struct Trial<'a, S> {
    /// Brings the card to where the act begins. It writes nothing.
    pub ready: &'a dyn Fn(&mut EmulatedCard) -> S,
    /// The act. `false` when it was not heard to the end.
    pub act: &'a dyn Fn(&mut EmulatedCard, &mut S) -> bool,
    /// What the reader does in one touch of the card, to know what is true or to finish it. `false` when the power went.
    pub settle: &'a dyn Fn(&mut EmulatedCard) -> bool,
    /// Looks at what a cut has left in the card's memory, before it gets power again, and panics at what must not be.
    pub torn: &'a dyn Fn(&Changes),
}

/// Where the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Once(PowerCut),
    /// The second cut is counted from the moment the card comes back.
    Twice(PowerCut, PowerCut),
}

/// Cases that were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cases {
    pub once: usize,
    pub twice: usize,
    /// Settled as it was before the act.
    pub before: usize,
    /// Settled as the act leaves it.
    pub after: usize,
}

impl AddAssign for Cases {
    fn add_assign(&mut self, other: Cases) {
        self.once += other.once;
        self.twice += other.twice;
        self.before += other.before;
        self.after += other.after;
    }
}

impl fmt::Display for Cases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (once, twice) = (self.once, self.twice);
        write!(f, "{once} cases of one cut, {twice} of two: ")?;
        write!(f, "{} as before, {} as after", self.before, self.after)
    }
}

/// Which second cuts are tried: of those that there are, every `0`th.
#[derive(Clone, Copy)]
pub struct Every(pub usize);

/// What of the changes stands in card memory; the log is no part of what a card holds.
pub fn data(changes: &Changes) -> Changes {
    let changes = changes.iter();
    changes
        .filter(|(at, _)| matches!(at, NvmAddress::Data(_)))
        .map(|(at, block)| (*at, *block))
        .collect()
}

/// Every place and way of a cut, in order of the writes.
fn points(at_write: usize) -> impl Iterator<Item = PowerCut> {
    let ways = Torn::ALL.into_iter();
    ways.map(move |leaves| PowerCut { at_write, leaves })
}

/// Runs a trial with every cut, on the card as it stands, and hands each settled card to `judge`, which says whether
/// it is as after the act (`true`) or as before, and panics at anything else.
///
/// # Panics
/// When the act or the settling do not work undisturbed, or when it takes more than two touches after a cut.
pub fn cut_everywhere<S>(
    card: &mut EmulatedCard,
    trial: &Trial<S>,
    every: Every,
    judge: &dyn Fn(&mut EmulatedCard, &Changes, Cut) -> bool,
) -> Cases {
    card.mark();
    let mut run = Run {
        card,
        trial,
        judge,
        cases: Cases::default(),
        nth: 0,
    };
    for at_write in 0.. {
        for cut in points(at_write) {
            if !run.once(cut, every) {
                run.card.back_to_mark(&Changes::new());
                return run.cases;
            }
        }
    }
    unreachable!("a command makes a finite number of writes")
}

struct Run<'a, 'b, S> {
    card: &'a mut EmulatedCard,
    trial: &'a Trial<'b, S>,
    judge: &'a dyn Fn(&mut EmulatedCard, &Changes, Cut) -> bool,
    cases: Cases,
    /// Second cuts that were counted off.
    nth: usize,
}

impl<S> Run<'_, '_, S> {
    /// The act with one cut. `false` when it was not reached.
    fn once(&mut self, cut: PowerCut, every: Every) -> bool {
        self.card.back_to_mark(&Changes::new());
        let mut state = (self.trial.ready)(self.card);
        self.card.cut_power(cut);
        let heard = (self.trial.act)(self.card, &mut state);
        if self.card.memory().is_cut_ahead() {
            assert!(heard, "undisturbed, it works");
            return false;
        }
        assert!(!heard, "{cut:?} is not noticed");
        let torn = self.card.memory().changes();
        (self.trial.torn)(&torn);
        self.cases.once += 1;
        self.settle(Cut::Once(cut));
        self.twice(cut, &torn, every);
        true
    }

    fn twice(&mut self, first: PowerCut, torn: &Changes, every: Every) {
        for at_write in 0.. {
            for second in points(at_write) {
                self.nth += 1;
                // The last way is always tried: it finds out when there are no more writes.
                if !self.nth.is_multiple_of(every.0) && second.leaves != Torn::Mixed {
                    continue;
                }
                self.card.back_to_mark(torn);
                self.card.cut_power(second);
                let heard = (self.trial.settle)(self.card);
                if self.card.memory().is_cut_ahead() {
                    assert!(heard, "undisturbed, it settles after {first:?}");
                    return;
                }
                self.cases.twice += 1;
                self.settle(Cut::Twice(first, second));
            }
        }
    }

    fn settle(&mut self, cut: Cut) {
        assert!((self.trial.settle)(self.card), "{cut:?} is not settled");
        let settled = self.card.memory().changes();
        let log = settled.keys().find(|at| **at == NvmAddress::Log(0));
        assert_eq!(log, None, "{cut:?}: the log is empty");
        match (self.judge)(self.card, &data(&settled), cut) {
            true => self.cases.after += 1,
            false => self.cases.before += 1,
        }
    }
}
