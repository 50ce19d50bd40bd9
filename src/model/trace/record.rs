//! Notes what passes on a link.

use super::exchange::{Bytes, Ended, Exchange, TracedSession};
use super::log::Trace;
use crate::model::command::{Frame, Request, Scheme, code};
use crate::model::flow::table::StepId;
use crate::model::party::HeldSession;
use crate::model::port::{LinkError, Touch};
use std::ops::Range;
use std::sync::Arc;

/// What a link knows of one exchange.
pub struct Passed<'a> {
    pub command: &'a Frame,
    /// What the reader heard.
    pub heard: &'a Result<Option<Frame>, LinkError>,
    /// The session as it stood before the command, if somebody here has it.
    pub session: Option<HeldSession>,
    /// UTC, milliseconds since 1970-01-01.
    pub started_ms: u64,
    /// Microseconds.
    pub taken_us: u32,
    /// The stretch of power in which the command was sent.
    pub touch: Touch,
    /// How many events the card's journal had before and after.
    pub events: Range<usize>,
    pub step: Option<&'a StepId>,
}

/// Keeps a trace.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    trace: Trace,
    /// The session that was authenticated for last, and in which stretch of power.
    session: Option<(Touch, Arc<TracedSession>)>,
    /// The step of the newest exchange, which the next most often has as well.
    step: Option<Arc<StepId>>,
}

impl Recorder {
    /// Goes on behind what is there.
    pub fn behind(trace: Trace) -> Recorder {
        Recorder {
            trace,
            ..Recorder::default()
        }
    }

    /// All that was noted and not taken.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Takes what was noted since it was last taken, for a trace that is kept elsewhere.
    pub fn take(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }

    /// Notes one exchange.
    pub fn note(&mut self, passed: Passed) {
        let (command, heard) = (passed.command, passed.heard);
        self.note_session(command, heard, passed.touch);
        let answer = heard.as_ref().ok().and_then(Option::as_ref);
        let [opened_command, opened_answer] = opened(passed.session, command, answer);
        let bytes = Bytes {
            command: command.as_bytes(),
            answer: answer.map_or(&[], Frame::as_bytes),
            opened_command: opened_command.as_deref(),
            opened_answer: opened_answer.as_deref(),
        };
        let session = self.session.as_ref();
        let session = session.filter(|(touch, _)| *touch == passed.touch);
        let session = session.map(|(_, session)| Arc::clone(session));
        let mut exchange = Exchange::new(ended(heard), bytes, session);
        exchange.started_ms = passed.started_ms;
        exchange.taken_us = passed.taken_us;
        exchange.touch = passed.touch;
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        exchange.events = index(passed.events.start)..index(passed.events.end);
        if self.step.as_deref() != passed.step {
            self.step = passed.step.cloned().map(Arc::new);
        }
        exchange.step.clone_from(&self.step);
        self.trace.push(exchange);
    }

    /// An authentication that the card answered names the nodes of the session to come.
    fn note_session(
        &mut self,
        command: &Frame,
        heard: &Result<Option<Frame>, LinkError>,
        touch: Touch,
    ) {
        if !matches!(
            command.code(),
            code::AUTHENTICATION1 | code::AUTHENTICATION1_V2
        ) {
            return;
        }
        let answered = matches!(heard, Ok(Some(_)));
        let session = match Request::decode(command).filter(|_| answered) {
            Some(Request::Authentication1 {
                idm,
                areas,
                services,
                ..
            }) => TracedSession {
                idm,
                cipher: Scheme::Des,
                areas,
                nodes: services,
            },
            Some(Request::Authentication1V2 { idm, nodes, .. }) => TracedSession {
                idm,
                cipher: Scheme::Aes,
                areas: Vec::new(),
                nodes,
            },
            _ => {
                self.session = None;
                return;
            }
        };
        self.session = Some((touch, Arc::new(session)));
    }
}

fn ended(heard: &Result<Option<Frame>, LinkError>) -> Ended {
    match heard {
        Ok(Some(_)) => Ended::Answered,
        Ok(None) => Ended::Silent,
        Err(LinkError::CardGone) => Ended::Gone,
        Err(LinkError::Reader(_)) => Ended::ReaderFailed,
        Err(LinkError::CannotSend(_)) => Ended::NotSent,
    }
}

/// The payloads of command and answer, as far as the session opens them. What does not open was damaged on its way, or
/// is of another session.
fn opened(
    session: Option<HeldSession>,
    command: &Frame,
    answer: Option<&Frame>,
) -> [Option<Vec<u8>>; 2] {
    let Some(mut session) = session else {
        return [None, None];
    };
    if matches!(
        command.code(),
        code::AUTHENTICATION2 | code::AUTHENTICATION2_V2
    ) {
        let payload = answer.and_then(|answer| session.unwrap_closing(answer).ok());
        return [None, payload];
    }
    let inside = session.unwrap_command(command);
    let told = answer.filter(|_| inside.is_some());
    let told = told.and_then(|answer| session.unwrap(command.code(), answer).ok());
    [inside, told]
}

/// Whether a session is needed to read what passes.
pub fn needs_session(command: &Frame) -> bool {
    let code = command.code();
    matches!(code, code::AUTHENTICATION2 | code::AUTHENTICATION2_V2)
        || code::is_secure(code)
        || code::is_secure_v2(code)
}
