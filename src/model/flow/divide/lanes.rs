//! The lanes of a division, as its table names them.

use crate::model::flow::at::Lane;
use crate::model::flow::table::LaneId;

/// Card issuer: owns system (i) and lends blocks of it.
#[derive(Clone, Copy, Debug)]
pub struct IssuerLane;
/// Area operator: runs the lent system.
#[derive(Clone, Copy, Debug)]
pub struct OperatorLane;
/// Division terminal: relays between a card and the operator's SAM.
#[derive(Clone, Copy, Debug)]
pub struct TerminalLane;

pub const ISSUER: IssuerLane = IssuerLane;
pub const OPERATOR: OperatorLane = OperatorLane;
pub const TERMINAL: TerminalLane = TerminalLane;
/// The card itself. It lies at the terminal and has no stall of its own.
pub const CARD: LaneId = LaneId("card");

impl Lane for IssuerLane {
    const ID: LaneId = LaneId("issuer");
}

impl Lane for OperatorLane {
    const ID: LaneId = LaneId("operator");
}

impl Lane for TerminalLane {
    const ID: LaneId = LaneId("terminal");
}
