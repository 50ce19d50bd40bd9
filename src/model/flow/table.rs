//! A flow's steps as data: what the wizard draws before a flow starts, and what tests hold the flow to.

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

/// Who does a step or takes part in a message.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize,
)]
pub enum Actor {
    /// Card issuer: owns system (i) and lends blocks of it.
    Issuer,
    /// Area operator: runs the lent system.
    Operator,
    /// Division terminal: relays between a card and the operator's SAM.
    Terminal,
    /// The card itself.
    Card,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    pub id: StepId,
    /// Who does it.
    pub actor: Actor,
    /// With whom, if it passes between two.
    #[serde(default)]
    pub with: Option<Actor>,
    /// Four or five words in plain speech.
    pub title: String,
    /// A paragraph: why the step is there and what it changes.
    pub why: String,
}

/// Steps that belong together, as the seed groups them.
#[derive(Clone, Debug, Deserialize)]
pub struct Phase {
    /// `ST5`.
    pub id: String,
    pub title: String,
    pub steps: Vec<Step>,
}

/// A whole flow.
#[derive(Clone, Debug, Deserialize)]
pub struct FlowTable {
    /// `divide`.
    pub id: String,
    pub title: String,
    pub phases: Vec<Phase>,
}

impl FlowTable {
    /// Every step, in the order in which the flow visits them.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.steps)
    }

    /// The step of that id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps().find(|step| step.id == *id)
    }
}
