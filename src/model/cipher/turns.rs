//! The transaction numbers of a session, which DES and AES sessions count alike.

use super::session::{Direction, SessionError};

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
