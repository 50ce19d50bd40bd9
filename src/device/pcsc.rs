//! Real readers, through the platform's PC/SC service.
//!
//! Here: which readers there are and whether a card lies on them. [`watch`] tells when that changes, [`link`] is the way
//! to a card on one of them. Every call into the service may block for as long as the service likes, so all of
//! them are made in threads of their own, under a [`Guard`].

pub mod link;
mod port;
mod watch;

pub use super::readers::{PcscError, PcscReader};
pub use watch::{PcscWatch, watch};

use super::guard::{Guard, LEFT_BEHIND};
use super::readers::{ReaderLink, ReaderSource, Seen, Watch};
use crate::model::apdu::Family;
use crate::model::port::LinkError;
use pcsc::{Context, Error, ReaderState, Scope, State};
use std::time::Duration;

/// How often the list is asked for again when a reader comes or goes while it is made.
const TRIES: usize = 3;
/// How long the service may take for the list.
const LIST: Duration = Duration::from_secs(5);

/// The readers of the machine.
pub struct Pcsc;

impl ReaderSource for Pcsc {
    fn list(&self) -> Seen {
        readers()
    }

    fn watch(&self, tell: Box<dyn FnMut(Seen) + Send>) -> Box<dyn Watch> {
        Box::new(watch(tell))
    }

    fn link(&self, reader: &str, family: Family) -> Result<Box<dyn ReaderLink>, LinkError> {
        Ok(Box::new(link::PcscLink::of_family(reader, family)?))
    }
}

/// The readers that are plugged in, at least one, in the order of the service.
pub fn readers() -> Seen {
    let mut guard = Guard::start(&LEFT_BEHIND, |()| calmly(list)).map_err(other)?;
    guard.call((), LIST).map_err(other)?
}

/// Asks for the list, and again where it changed while it was made.
fn calmly<T>(mut list: impl FnMut() -> Result<T, Error>) -> Result<T, PcscError> {
    let mut result = Err(Error::NoReadersAvailable);
    for _ in 0..TRIES {
        result = list();
        if !matches!(result, Err(error) if list_changed(error)) {
            break;
        }
    }
    result.map_err(typed)
}

fn list() -> Result<Vec<PcscReader>, Error> {
    let context = Context::establish(Scope::User)?;
    let names = context.list_readers_owned()?;
    if names.is_empty() {
        return Err(Error::NoReadersAvailable);
    }
    let mut states: Vec<ReaderState> = names
        .into_iter()
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect();
    // From "unaware" every state is news, so this does not wait.
    match context.get_status_change(Duration::ZERO, &mut states) {
        Ok(()) | Err(Error::Timeout) => Ok(states.iter().map(seen).collect()),
        Err(error) => Err(error),
    }
}

/// Whether a reader came or went between two questions.
fn list_changed(error: Error) -> bool {
    matches!(
        error,
        Error::InsufficientBuffer | Error::UnknownReader | Error::ReaderUnavailable
    )
}

fn seen(state: &ReaderState) -> PcscReader {
    PcscReader {
        name: state.name().to_string_lossy().into_owned(),
        card_present: state.event_state().contains(State::PRESENT),
        changes: state.event_count(),
    }
}

fn typed(error: Error) -> PcscError {
    match error {
        Error::NoService | Error::ServiceStopped => PcscError::NoService,
        Error::NoReadersAvailable => PcscError::NoReader,
        error => other(error),
    }
}

fn other(error: impl ToString) -> PcscError {
    PcscError::Other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a service that answers so, and how often it is asked.
    fn asked(answers: &[Result<u8, Error>]) -> (Result<u8, PcscError>, usize) {
        let mut asked = 0;
        let result = calmly(|| {
            asked += 1;
            answers[asked - 1]
        });
        (result, asked)
    }

    #[test]
    fn a_list_that_changes_is_asked_for_again() {
        use Error::{InsufficientBuffer, ReaderUnavailable, UnknownReader};
        assert_eq!(asked(&[Ok(1)]), (Ok(1), 1));
        let settles = [Err(InsufficientBuffer), Err(UnknownReader), Ok(3)];
        assert_eq!(asked(&settles), (Ok(3), 3));
        let (never, times) = asked(&[Err(ReaderUnavailable); TRIES]);
        assert!(matches!(never, Err(PcscError::Other(_))));
        assert_eq!(times, TRIES);
    }

    #[test]
    fn what_does_not_change_is_asked_for_once() {
        let no_service = (Err(PcscError::NoService), 1);
        assert_eq!(asked(&[Err(Error::NoService)]), no_service);
        assert_eq!(asked(&[Err(Error::ServiceStopped)]), no_service);
        let no_reader = (Err(PcscError::NoReader), 1);
        assert_eq!(asked(&[Err(Error::NoReadersAvailable)]), no_reader);
    }
}
