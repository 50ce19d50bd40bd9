//! One command and what came of it.

use super::answers::{status_inside, status_of};
use super::commands::request;
use super::field::TraceField;
use super::touched::{PACKED, Touched, touched};
use super::{answer_fields, answer_payload_fields, asked, asked_inside};
use super::{command_fields, payload_fields};
use crate::model::card::{Idm, NodeCode};
use crate::model::command::{Scheme, Status, code, command_name};
use crate::model::flow::table::StepId;
use crate::model::port::Touch;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What was heard after a command was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    Answered,
    /// The card is there and said nothing.
    Silent,
    /// The card left, or its answer was lost.
    Gone,
    /// The reader failed.
    ReaderFailed,
    /// The reader has no way to send the command; nothing was sent.
    NotSent,
}

/// What a session was opened for, as its first command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedSession {
    pub idm: Idm,
    pub cipher: Scheme,
    /// Areas that only take part with their keys; empty with AES.
    pub areas: Vec<NodeCode>,
    /// The list that block lists count.
    pub nodes: Vec<NodeCode>,
}

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Reader to card.
    Command,
    /// Card to reader.
    Answer,
}

/// A frame of an exchange, or what an enciphered one said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    pub direction: Direction,
    /// The payload of an enciphered frame, padding included; else the frame itself.
    pub opened: bool,
    pub bytes: &'a [u8],
    pub fields: Vec<TraceField>,
}

/// One command, its answer and what is known of both. `Debug` shows no byte but the code, for the data may be a purse
/// or a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// From 1, in order of sending.
    pub number: u32,
    /// When it was sent: UTC, milliseconds since 1970-01-01.
    pub started_ms: u64,
    /// How long it took, in microseconds.
    pub taken_us: u32,
    /// In which stretch of power.
    pub touch: Touch,
    /// How many events the card's journal had before and after: those with the numbers from one more than the start
    /// to the end are its own. Empty for a real card.
    pub events: Range<u32>,
    /// Step of the flow that sent it.
    pub step: Option<Arc<StepId>>,
    pub ended: Ended,
    session: Option<Arc<TracedSession>>,
    /// Command, answer, their opened payloads and what is touched, packed, one behind the other: one allocation, because
    /// there are many.
    bytes: Box<[u8]>,
    /// Where the first four of these end.
    ends: [u16; 4],
    /// Whether command and answer were opened.
    opened: [bool; 2],
    // What filters ask of a hundred thousand exchanges is read from the frames once, when one is noted.
    system: Option<u8>,
    status: Option<Status>,
}

/// The bytes of an exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes<'a> {
    /// The command's frame.
    pub command: &'a [u8],
    /// The answer's frame; empty where there is none.
    pub answer: &'a [u8],
    pub opened_command: Option<&'a [u8]>,
    pub opened_answer: Option<&'a [u8]>,
}

impl Exchange {
    /// An exchange of these bytes, of which nothing else is known yet but the session that was open; it is the
    /// exchange's where something travelled enciphered. Frames and payloads of more than 255 bytes do not exist and are
    /// cut there.
    pub fn new(ended: Ended, bytes: Bytes, session: Option<Arc<TracedSession>>) -> Exchange {
        let cut = |part: Option<&'_ [u8]>| {
            let part = part.unwrap_or_default();
            part[..part.len().min(255)].to_vec()
        };
        let parts = [
            cut(Some(bytes.command)),
            cut(Some(bytes.answer)),
            cut(bytes.opened_command),
            cut(bytes.opened_answer),
        ];
        let mut end = 0;
        let ends = [0, 1, 2, 3].map(|part: usize| {
            // At most 255 each.
            end += parts[part].len() as u16;
            end
        });
        let mut exchange = Exchange {
            number: 0,
            started_ms: 0,
            taken_us: 0,
            touch: Touch(0),
            events: 0..0,
            step: None,
            session: None,
            ended,
            bytes: parts.concat().into(),
            ends,
            opened: [
                bytes.opened_command.is_some(),
                bytes.opened_answer.is_some(),
            ],
            system: None,
            status: None,
        };
        exchange.session = session.filter(|_| exchange.is_enciphered());
        exchange.read();
        exchange
    }

    /// Works out what is kept beside the bytes.
    fn read(&mut self) {
        self.system = self.idm().map(|idm| idm.system_number());
        self.status = match self.opened_answer() {
            Some(payload) => status_inside(self.code(), payload),
            None => {
                let answer = self.answer();
                answer.and_then(|answer| status_of(self.code(), answer))
            }
        };
        let fields = self.parts().into_iter().flat_map(|part| part.fields);
        let touched = touched(self.system, self.code(), fields);
        let packed: Vec<u8> = touched.iter().flat_map(Touched::packed).collect();
        self.bytes = [&self.bytes, &packed[..]].concat().into();
    }

    fn part(&self, index: usize) -> &[u8] {
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1].into(),
        };
        let end = self
            .ends
            .get(index)
            .map_or(self.bytes.len(), |end| usize::from(*end));
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The command's frame.
    pub fn command(&self) -> &[u8] {
        self.part(0)
    }

    /// The answer's frame; `None` where none was heard.
    pub fn answer(&self) -> Option<&[u8]> {
        (self.ended == Ended::Answered).then(|| self.part(1))
    }

    /// The command's payload, where it was enciphered and could be opened.
    pub fn opened_command(&self) -> Option<&[u8]> {
        self.opened[0].then(|| self.part(2))
    }

    /// The answer's payload, where it was enciphered and could be opened.
    pub fn opened_answer(&self) -> Option<&[u8]> {
        self.opened[1].then(|| self.part(3))
    }

    /// Command code; 0 for a frame without one.
    pub fn code(&self) -> u8 {
        self.command().get(1).copied().unwrap_or_default()
    }

    /// The command's standard name; `None` for a code that the protocol does not use.
    pub fn name(&self) -> Option<&'static str> {
        command_name(self.code()).filter(|_| self.code() & 1 == 0)
    }

    /// The status flags of the answer, where it has some and they can be read.
    pub fn status(&self) -> Option<Status> {
        self.status
    }

    /// Whether the command came to nothing: no answer, or a status that says so.
    pub fn has_failed(&self) -> bool {
        self.ended != Ended::Answered || self.status().is_some_and(|status| !status.is_done())
    }

    /// Whether something of it travelled enciphered.
    pub fn is_enciphered(&self) -> bool {
        let code = self.code();
        matches!(code, code::AUTHENTICATION2 | code::AUTHENTICATION2_V2)
            || code::is_secure_v2(code)
            || code::is_secure(code) && !self.is_plain_division()
    }

    /// Separate System has a plain form under the same code.
    fn is_plain_division(&self) -> bool {
        self.code() == code::SEPARATE_SYSTEM
            && request(self.command()).is_some_and(|request| request.idm().is_some())
    }

    /// The system that it went to: of the IDm in the command, or of its session's.
    pub fn idm(&self) -> Option<Idm> {
        let in_command = request(self.command()).and_then(|request| request.idm());
        in_command.or(self.session.as_ref().map(|session| session.idm))
    }

    /// The number of that system.
    pub fn system(&self) -> Option<u8> {
        self.system
    }

    /// The session that an enciphered frame belongs to, where it is known.
    pub fn session(&self) -> Option<&Arc<TracedSession>> {
        self.session.as_ref()
    }

    /// Every node and block that it is about, each way once, in order.
    pub fn touched(&self) -> impl Iterator<Item = Touched> + use<'_> {
        let packed = self.part(4).as_chunks::<PACKED>().0;
        packed.iter().map(|packed| Touched::of(self.system, packed))
    }

    fn nodes(&self) -> &[NodeCode] {
        self.session.as_ref().map_or(&[], |session| &session.nodes)
    }

    /// The frames and what they said, in the order in which they were: the command and what was in it, then the same
    /// of the answer. The fields of each lie side by side from its first byte to its last.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let code = self.code();
        let part = |direction, opened, bytes, fields| Part {
            direction,
            opened,
            bytes,
            fields,
        };
        let command = self.command();
        let mut parts = vec![part(
            Direction::Command,
            false,
            command,
            command_fields(command),
        )];
        if let Some(payload) = self.opened_command() {
            let fields = payload_fields(code, payload, self.nodes());
            parts.push(part(Direction::Command, true, payload, fields));
        }
        if let Some(answer) = self.answer() {
            let fields = answer_fields(code, &asked(command), answer);
            parts.push(part(Direction::Answer, false, answer, fields));
        }
        if let Some(payload) = self.opened_answer() {
            let inside = self.opened_command().unwrap_or_default();
            let asked = asked_inside(code, inside, self.nodes());
            let fields = answer_payload_fields(code, &asked, payload);
            parts.push(part(Direction::Answer, true, payload, fields));
        }
        parts
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, code, ended) = (self.number, self.code(), self.ended);
        write!(f, "Exchange(#{number}, {code:02X}h, {ended:?})")
    }
}
