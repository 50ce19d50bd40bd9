//! Real readers, through the platform's PC/SC service.
//!
//! Here: which readers there are and whether a card lies on them. The calls are answered by the service at
//! once when it is well, but nothing bounds them when it is not: call from a worker thread. [`link`] is the way
//! to a card on one of them.

pub mod link;

use pcsc::{Context, Error, ReaderState, Scope, State};
use std::time::Duration;

/// How often the list is asked for again when a reader comes or goes while it is made.
const TRIES: usize = 3;

/// A reader that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcscReader {
    /// The name the service gives it. Readers of one model differ in the number at its end.
    pub name: String,
    /// Whether a card lies on it, readable or not.
    pub card_present: bool,
}

/// Why there are no readers to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PcscError {
    #[error("the PC/SC service is not running")]
    NoService,
    #[error("no reader is plugged in")]
    NoReader,
    #[error("the PC/SC service: {0}")]
    Other(#[from] Error),
}

/// The readers that are plugged in, at least one, in the order of the service.
pub fn readers() -> Result<Vec<PcscReader>, PcscError> {
    let mut result = Err(PcscError::NoReader);
    for _ in 0..TRIES {
        result = list();
        // A reader came or went between two questions.
        let changed = [
            Error::InsufficientBuffer,
            Error::UnknownReader,
            Error::ReaderUnavailable,
        ];
        if !matches!(result, Err(PcscError::Other(error)) if changed.contains(&error)) {
            break;
        }
    }
    result
}

fn list() -> Result<Vec<PcscReader>, PcscError> {
    let context = Context::establish(Scope::User).map_err(typed)?;
    let names = context.list_readers_owned().map_err(typed)?;
    if names.is_empty() {
        return Err(PcscError::NoReader);
    }
    let mut states: Vec<ReaderState> = names
        .into_iter()
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect();
    // From "unaware" every state is news, so this does not wait.
    match context.get_status_change(Duration::ZERO, &mut states) {
        Ok(()) | Err(Error::Timeout) => {}
        Err(error) => return Err(typed(error)),
    }
    let readers = states.iter().map(|state| PcscReader {
        name: state.name().to_string_lossy().into_owned(),
        card_present: state.event_state().contains(State::PRESENT),
    });
    Ok(readers.collect())
}

fn typed(error: Error) -> PcscError {
    match error {
        Error::NoService | Error::ServiceStopped => PcscError::NoService,
        Error::NoReadersAvailable => PcscError::NoReader,
        other => PcscError::Other(other),
    }
}
