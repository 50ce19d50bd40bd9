//! Cardwright, a workbench for IC-card personalization. `ARCHITECTURE.md` walks through the rooms.

pub mod cli;
pub mod device;
pub mod model;
pub mod ui;
pub mod words;
pub mod workbench;
