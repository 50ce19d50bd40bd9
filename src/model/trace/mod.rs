//! What passed between a reader and a card, kept and read for people: every command and its answer, with its time,
//! down to the named byte.
//!
//! A [`Recorder`] notes each [`Exchange`] in a [`Trace`], opening the frames of a session when it is handed one.
//! [`Exchange::parts`] finds the fields of a frame: [`field`] says what there can be, `commands` and `answers` in
//! which order it stands, on top of the codecs of [`command`](super::command). [`Exchange::touched`] says which
//! nodes and blocks an exchange is about. [`export`] writes a trace so that it may be given away.

mod answers;
mod commands;
mod exchange;
pub mod export;
pub mod field;
mod log;
pub mod mask;
mod record;
mod touched;
mod walk;

pub use answers::{answer_fields, answer_payload_fields};
pub use commands::{asked, asked_inside, command_fields, payload_fields};
pub use exchange::{Bytes, Direction, Ended, Exchange, Part, TracedSession};
pub use field::{About, FieldName, FieldValue, TraceField};
pub use log::Trace;
pub use record::{Passed, Recorder, needs_session};
pub use touched::{How, Touched};
pub use walk::Asked;
