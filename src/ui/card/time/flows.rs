//! Which flow a step belongs to, and which of its steps it is.

use crate::model::flow::table::{FlowTable, StepId};
use crate::model::flow::{divide, issue};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A step's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlow {
    /// The flow's title.
    pub title: &'static str,
    /// Which step of the flow it is, from 0.
    pub step: usize,
}

/// Every step of every flow. Their tables are part of the program.
fn steps() -> &'static HashMap<StepId, InFlow> {
    static STEPS: OnceLock<HashMap<StepId, InFlow>> = OnceLock::new();
    static TABLES: OnceLock<Vec<FlowTable>> = OnceLock::new();
    STEPS.get_or_init(|| {
        let tables = TABLES.get_or_init(|| vec![issue::table(), divide::table()]);
        let of_table = |table: &'static FlowTable| {
            let in_flow = |(step, id): (usize, StepId)| {
                (
                    id,
                    InFlow {
                        title: &table.title,
                        step,
                    },
                )
            };
            let ids = table.steps().map(|step| step.id.clone());
            ids.enumerate().map(in_flow).collect::<Vec<_>>()
        };
        tables.iter().flat_map(of_table).collect()
    })
}

/// Where that step belongs; `None` for one that no flow has.
pub fn in_flow(step: &StepId) -> Option<InFlow> {
    steps().get(step).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_names_its_flow() {
        let step = |id: &str| in_flow(&StepId(id.to_owned()));
        let (first, later) = (step("ST21").expect("a step"), step("ST69").expect("a step"));
        assert_eq!((first.title, first.step), (later.title, 0));
        assert!(later.step > 0);
        assert_ne!(step("IS08").expect("a step").title, first.title);
        assert_eq!(step("ST99"), None);
    }
}
