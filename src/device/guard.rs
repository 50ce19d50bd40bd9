//! A watchdog around calls that may never return.
//!
//! The PC/SC service answers when it likes, and a call into it cannot be broken off. [`Guard`] makes such calls in
//! a thread of its own and waits for each no longer than it is told. A call that runs over keeps its thread; until
//! it returns the guard takes no other. Threads that are left behind are counted, in a [`LeftBehind`], and past a few
//! nothing new is started, so that a service that hangs does not eat up the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;
use thiserror::Error;

/// Threads left behind in a call that does not return, past which no new guard is made.
pub const MOST_LEFT: usize = 4;

/// How many threads were left behind, at most [`MOST_LEFT`] before nothing new is started.
pub struct LeftBehind(AtomicUsize);

/// Those of the whole process.
pub static LEFT_BEHIND: LeftBehind = LeftBehind::new();

impl LeftBehind {
    /// None so far.
    pub const fn new() -> LeftBehind {
        LeftBehind(AtomicUsize::new(0))
    }
}

impl Default for LeftBehind {
    fn default() -> LeftBehind {
        LeftBehind::new()
    }
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Overrun {
    /// It was made and has not returned in time. What it does is not known.
    #[error("it did not answer in time")]
    Late,
    /// It was not made: an earlier one has not returned yet.
    #[error("it has not answered an earlier call yet")]
    Busy,
    /// It was not made: too many others have not returned.
    #[error("it has not answered several earlier calls")]
    TooMany,
    /// The thread is gone.
    #[error("its thread has ended")]
    Ended,
}

/// A thread that makes one call at a time, of an order `Q` that gives an answer `A`.
pub struct Guard<Q, A> {
    orders: Sender<Q>,
    answers: Receiver<A>,
    /// A call that ran over may still be under way.
    overdue: bool,
    /// Dropped while a call was under way; its thread counts itself out when it ends.
    was_left: Arc<AtomicBool>,
    left: &'static LeftBehind,
}

impl<Q: Send + 'static, A: Send + 'static> Guard<Q, A> {
    /// Starts the thread; if it is left behind, it is counted in `left`. `call` is dropped in it, after the guard was.
    pub fn start(
        left: &'static LeftBehind,
        mut call: impl FnMut(Q) -> A + Send + 'static,
    ) -> Result<Guard<Q, A>, Overrun> {
        if left.0.load(Ordering::SeqCst) >= MOST_LEFT {
            return Err(Overrun::TooMany);
        }
        let (orders, ordered) = channel();
        let (answer, answers) = channel();
        let was_left = Arc::new(AtomicBool::new(false));
        let at_drop = Arc::clone(&was_left);
        thread::spawn(move || {
            for order in ordered {
                if answer.send(call(order)).is_err() {
                    break;
                }
            }
            // It gets here only after the guard was dropped: until then it waits for an order.
            if was_left.load(Ordering::SeqCst) {
                left.0.fetch_sub(1, Ordering::SeqCst);
            }
        });
        Ok(Guard {
            orders,
            answers,
            overdue: false,
            was_left: at_drop,
            left,
        })
    }

    /// Makes a call and waits for its answer, no longer than `within`. The answer to a call that ran over is
    /// thrown away: it must not be taken for that to another.
    pub fn call(&mut self, order: Q, within: Duration) -> Result<A, Overrun> {
        if self.overdue {
            match self.answers.try_recv() {
                Ok(_late) => self.overdue = false,
                Err(TryRecvError::Empty) => return Err(Overrun::Busy),
                Err(TryRecvError::Disconnected) => return Err(Overrun::Ended),
            }
        }
        self.orders.send(order).map_err(|_| Overrun::Ended)?;
        self.answers
            .recv_timeout(within)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => {
                    self.overdue = true;
                    Overrun::Late
                }
                RecvTimeoutError::Disconnected => Overrun::Ended,
            })
    }
}

impl<Q, A> Drop for Guard<Q, A> {
    fn drop(&mut self) {
        if self.overdue {
            self.left.0.fetch_add(1, Ordering::SeqCst);
            self.was_left.store(true, Ordering::SeqCst);
        }
    }
}
