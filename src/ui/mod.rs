//! The window: what is seen and touched, drawn with egui.
//!
//! Start with [`app`], which owns the window's own state (place, selection, palette) and draws the frame
//! around the four places: [`desk`], [`card`], [`parties`] and [`faces`]; [`wizard`] stands on the desk while
//! a flow runs. What is drawn comes from the workbench's [`View`](crate::workbench::view::View); what a
//! person asks for goes back as a [`Command`](crate::workbench::command::Command). Nothing here changes a
//! card or waits for one.
//!
//! Colours and measures are in [`tokens`], type in [`theme`], icons in [`icons`], controls in [`widgets`],
//! the way numbers are written in [`numbers`], and every word in [`crate::words`]. [`action`] lists what can
//! be done; menu, shortcuts and palette all read that list.

pub mod action;
mod action_list;
pub mod app;
pub mod card;
mod desk;
mod faces;
mod faults;
pub mod files;
pub mod icons;
pub mod numbers;
mod palette;
mod parties;
mod passphrase;
mod place;
mod reader_menu;
mod shell;
mod shortcuts;
pub mod theme;
pub mod tokens;
mod top_bar;
mod torn;
pub mod widgets;
mod window;
pub mod wizard;

pub use window::{WindowError, run};
