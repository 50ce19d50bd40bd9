//! Flows: the procedures of the seed documents, one file each, and the stage they run on.
//!
//! [`divide`] is the one to read first: it is the seed's flowchart as a straight-line function; [`issue`] makes a
//! blank card somebody's. [`stage`] says
//! how it can be stepped, resumed and taken back.

pub mod at;
pub mod divide;
pub mod error;
pub mod issue;
pub mod log;
mod passed;
pub mod secrets;
pub mod stage;
pub mod table;
pub mod way;

pub use error::{FlowError, Halt};
pub use stage::{Effect, HasCard, Sent, Stage};
