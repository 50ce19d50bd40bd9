//! Watching: which readers come and go, and the cards on them.
//!
//! One thread waits in the service until something changes; in between it costs nothing. When the service ends the
//! thread tries it again now and then, so that the readers come back with it.

use super::{list_changed, seen, typed};
use crate::device::readers::{PcscError, Seen, Watch};
use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longest wait for a change. A reader that comes between two questions is seen after it at the latest.
const WAIT: Duration = Duration::from_secs(30);
/// How long the service is left alone when it does not run.
const AGAIN: Duration = Duration::from_secs(1);
/// The same when it only broke off.
const BREATH: Duration = Duration::from_millis(50);
/// How long the thread may take to end before it is left to itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// A thread that watches the readers; it ends when this is dropped.
pub struct PcscWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<Stopping>,
    stopped: Condvar,
}

#[derive(Default)]
struct Stopping {
    stop: bool,
    /// What the thread waits in.
    context: Option<Context>,
}

/// Watches the machine's readers: `tell` hears what is there at once, and then whenever it is something else.
pub fn watch(mut tell: impl FnMut(Seen) + Send + 'static) -> PcscWatch {
    let shared = Arc::new(Shared::default());
    let watched = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        let mut told: Option<Seen> = None;
        let mut news = |seen: Seen| {
            if told.as_ref() != Some(&seen) {
                tell(seen.clone());
                told = Some(seen);
            }
        };
        while !watched.is_stopped() {
            match Context::establish(Scope::User) {
                Ok(context) => {
                    // It ends when the service breaks off; whether that is for good, the next round tells.
                    let _broken = follow(&context, &watched, &mut news);
                    watched.rest(BREATH);
                }
                Err(error) => {
                    news(Err(typed(error)));
                    watched.rest(AGAIN);
                }
            }
        }
    });
    PcscWatch {
        shared,
        thread: Some(thread),
    }
}

/// Tells of changes until the service breaks off or the watch is stopped.
fn follow(context: &Context, shared: &Shared, news: &mut dyn FnMut(Seen)) -> Result<(), Error> {
    shared.lock().context = Some(context.clone());
    let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
    while !shared.is_stopped() {
        let names = match context.list_readers_owned() {
            Err(Error::NoReadersAvailable) => Vec::new(),
            names => names?,
        };
        states.retain(|state| {
            state.name() == PNP_NOTIFICATION() || names.iter().any(|name| **name == *state.name())
        });
        for name in names {
            if states.iter().all(|state| *state.name() != *name) {
                states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        match context.get_status_change(Duration::ZERO, &mut states) {
            Ok(()) | Err(Error::Timeout) => {}
            Err(error) if list_changed(error) => {
                shared.rest(BREATH);
                continue;
            }
            Err(error) => return Err(error),
        }
        let readers: Vec<_> = states[1..].iter().map(seen).collect();
        news(if readers.is_empty() {
            Err(PcscError::NoReader)
        } else {
            Ok(readers)
        });
        states.iter_mut().for_each(ReaderState::sync_current_state);
        match context.get_status_change(WAIT, &mut states) {
            Ok(()) | Err(Error::Timeout | Error::Cancelled) => {}
            Err(error) if list_changed(error) => shared.rest(BREATH),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Stopping> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.lock().stop
    }

    /// Waits, no longer than until the watch is stopped.
    fn rest(&self, time: Duration) {
        let going = |state: &mut Stopping| !state.stop;
        let _ = self.stopped.wait_timeout_while(self.lock(), time, going);
    }
}

impl Watch for PcscWatch {}

impl Drop for PcscWatch {
    fn drop(&mut self) {
        let context = {
            let mut state = self.shared.lock();
            state.stop = true;
            state.context.take()
        };
        self.shared.stopped.notify_all();
        let Some(thread) = self.thread.take() else {
            return;
        };
        // A wait that has not begun yet is not broken off, so it is asked again.
        let asked = Instant::now();
        while !thread.is_finished() && asked.elapsed() < PATIENCE {
            if let Some(context) = &context {
                let _ = context.cancel();
            }
            thread::sleep(Duration::from_millis(2));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}
