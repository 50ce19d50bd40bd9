//! Everything that is true without a machine.
//!
//! Start with [`card`] (what a card's memory is), then [`chip`] (how a card behaves), [`cipher`] and
//! [`command`] (the bytes that pass; [`apdu`] is how a PC/SC reader wraps them), [`party`] and [`message`] (who talks to whom), and [`flow`] (the
//! procedures of the seed documents, one file each). [`trace`] reads what passed for people. [`port`] holds the few traits by which all of this
//! reaches the world: a card, a key holder, memory, time, randomness and a durable log. Nothing in here
//! does input or output, starts a thread, or knows of a window.

pub mod apdu;
pub mod card;
pub mod chip;
pub mod cipher;
pub mod command;
pub mod date;
pub mod demo;
pub mod dump;
pub mod flow;
pub mod hex;
pub mod inspect;
pub mod message;
pub mod party;
pub mod port;
pub mod reader;
pub mod shared_log;
pub mod trace;
pub mod utc;
