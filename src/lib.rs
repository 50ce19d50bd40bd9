//! Cardwright, a workbench for IC-card personalization. `ARCHITECTURE.md` walks through the rooms.

pub mod device;
pub mod model;
pub mod workbench;
