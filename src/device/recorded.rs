//! A link whose frames are noted: any way to a card, with somebody who listens, as a rule a
//! [`Recorder`](crate::model::trace::Recorder).
//!
//! The emulated card notes for itself, because it has the session that opens what is enciphered. Here frames are
//! noted as they are.

use super::readers::ReaderLink;
use super::system::SystemClock;
use crate::model::command::Frame;
use crate::model::flow::table::StepId;
use crate::model::port::{CardLink, Clock, LinkError, Touch};
use crate::model::trace::Passed;
use std::time::Instant;

/// Listens to what passes.
pub type Note<'a> = &'a mut (dyn FnMut(Passed) + Send);

/// See the module.
pub struct Recorded<'a> {
    link: &'a mut dyn ReaderLink,
    note: Note<'a>,
    step: Option<StepId>,
}

impl<'a> Recorded<'a> {
    /// Hands what passes on the link from now on to `note`, each exchange once it has ended.
    pub fn new(link: &'a mut dyn ReaderLink, note: Note<'a>) -> Recorded<'a> {
        Recorded {
            link,
            note,
            step: None,
        }
    }
}

/// Microseconds since then; the longest that there is room for is over an hour.
pub(super) fn taken_us(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX)
}

impl CardLink for Recorded<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let (started_ms, touch) = (SystemClock.now_ms(), self.link.touch());
        let began = Instant::now();
        let heard = self.link.transceive(frame);
        (self.note)(Passed {
            command: frame,
            heard: &heard,
            session: None,
            started_ms,
            taken_us: taken_us(began),
            touch,
            events: 0..0,
            step: self.step.as_ref(),
        });
        heard
    }

    fn field_off(&mut self) {
        self.link.field_off();
    }

    fn touch(&self) -> Touch {
        self.link.touch()
    }

    fn at_step(&mut self, step: Option<&StepId>) {
        self.step = step.cloned();
        self.link.at_step(step);
    }
}

impl ReaderLink for Recorded<'_> {
    fn card_id(&mut self) -> Result<Vec<u8>, LinkError> {
        self.link.card_id()
    }
}
