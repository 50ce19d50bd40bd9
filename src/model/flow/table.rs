//! A flow's lanes and steps as data: what the wizard draws before a flow starts, and what tests hold the flow to.

use serde::Deserialize;
use std::fmt;

/// A step's name, as in the seed document: `ST65`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a lane of a flow, as its table does: `issuer`. Whoever does a step or takes part in a message stands in one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct LaneId(pub &'static str);

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What stands in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum LaneKind {
    /// A company or a person, with keys and books of its own.
    Party,
    /// A machine that carries messages to a card and holds no key.
    Terminal,
    /// A card. It only ever answers.
    Card,
}

/// A lane as the table has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
pub struct TableLane {
    pub id: LaneId,
    pub kind: LaneKind,
    /// What stands there, for people: `Card issuer`.
    pub role: String,
    /// The same where room is short: `Issuer`.
    pub short: String,
    /// Name of its picture, as Phosphor has it: `buildings`.
    pub icon: String,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Step {
    pub id: StepId,
    /// Who does it.
    pub lane: LaneId,
    /// With whom, if it passes between two.
    #[serde(default)]
    pub with: Option<LaneId>,
    /// Four or five words in plain speech.
    pub title: String,
    /// A paragraph: why the step is there and what it changes.
    pub why: String,
}

/// Steps that belong together, as the seed groups them.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Phase {
    /// `ST5`.
    pub id: String,
    pub title: String,
    pub steps: Vec<Step>,
}

/// A whole flow.
#[derive(Clone, Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct FlowTable {
    /// `divide`.
    pub id: String,
    pub title: String,
    /// Who takes part, in the order of the chart, left to right.
    pub lanes: Vec<TableLane>,
    pub phases: Vec<Phase>,
}

impl FlowTable {
    /// The lane of that name.
    pub fn lane(&self, id: LaneId) -> Option<&TableLane> {
        self.lanes.iter().find(|lane| lane.id == id)
    }

    /// Every step, in the order in which the flow visits them.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.steps)
    }

    /// The step of that id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps().find(|step| step.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::flow::{divide, issue};

    #[test]
    fn every_step_is_done_in_a_lane_of_its_table() {
        for table in [divide::table(), issue::table()] {
            for step in table.steps() {
                for lane in [Some(step.lane), step.with].into_iter().flatten() {
                    assert!(table.lane(lane).is_some(), "{}: {}", table.id, step.id);
                }
            }
        }
    }
}
