//! What DES and AES sessions have alike: which way a frame goes, why one is refused, and how transaction numbers
//! are counted.

use crate::model::command::FrameError;
use thiserror::Error;

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Reader to card.
    Command,
    /// Card to reader.
    Response,
}

/// Why a frame is not one of this session, or cannot be made in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    /// The code is one of the other direction.
    #[error("the frame goes the other way")]
    Direction,
    /// The frame was changed on its way, or made with another key.
    #[error("the frame's MAC is wrong")]
    Mac,
    /// The frame is of another session.
    #[error("the frame's transaction ID is of another session")]
    Tid,
    /// The frame was sent before, or out of turn.
    #[error("the frame's transaction number {0} is out of turn")]
    TransactionNumber(u16),
    /// No transaction number is left; authenticate again.
    #[error("the session has used up its transaction numbers")]
    Exhausted,
    /// The payload does not fit its frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Where one side of a session stands in the numbers of its frames.
#[derive(Clone, Default)]
pub(super) struct Turns {
    /// The lowest number that the next frame may have. One more than fits two bytes when all are used up.
    next: u32,
    /// A command was sent and its answer did not come.
    unanswered: bool,
}

impl Turns {
    /// The number of a frame that is about to be sent. A command after one whose answer was lost leaves out that
    /// answer's number, for the card may have used it.
    ///
    /// # Errors
    /// [`SessionError::Exhausted`] after 65,536 frames.
    pub(super) fn to_send(&self, code: u8) -> Result<u16, SessionError> {
        let tn = self.next + u32::from(is_command(code) && self.unanswered);
        u16::try_from(tn).map_err(|_| SessionError::Exhausted)
    }

    /// The frame of that number was made.
    pub(super) fn sent(&mut self, code: u8, tn: u16) {
        self.next = u32::from(tn) + 1;
        self.unanswered = is_command(code);
    }

    /// A genuine frame of that number came.
    ///
    /// # Errors
    /// [`SessionError::TransactionNumber`] when it is not its turn; nothing changes then. A command's is refused,
    /// too, when it is the last: it could not be answered.
    pub(super) fn came(&mut self, direction: Direction, tn: u16) -> Result<(), SessionError> {
        let in_turn = match direction {
            Direction::Command => u32::from(tn) >= self.next && tn < u16::MAX,
            Direction::Response => u32::from(tn) == self.next,
        };
        if !in_turn {
            return Err(SessionError::TransactionNumber(tn));
        }
        self.next = u32::from(tn) + 1;
        self.unanswered = false;
        Ok(())
    }

    /// The lowest number that the next frame may have.
    pub(super) fn next(&self) -> u32 {
        self.next
    }
}

fn is_command(code: u8) -> bool {
    code & 1 == 0
}
