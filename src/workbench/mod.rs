//! One opened workspace: its cards, its keys and its running flow.
//!
//! A face (window or command line) sends a [`command::Command`]; the worker applies it and publishes a new
//! [`view::View`]. Nothing that a face does waits for a card.

pub mod command;
pub mod view;
