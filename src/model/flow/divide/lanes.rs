//! The lanes of a division, as its table names them.

use crate::model::flow::table::LaneId;

/// Card issuer: owns system (i) and lends blocks of it.
pub const ISSUER: LaneId = LaneId("issuer");
/// Area operator: runs the lent system.
pub const OPERATOR: LaneId = LaneId("operator");
/// Division terminal: relays between a card and the operator's SAM.
pub const TERMINAL: LaneId = LaneId("terminal");
/// The card itself.
pub const CARD: LaneId = LaneId("card");
