//! What is said to a person.

/// What is said to a person: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub what: String,
    pub next: String,
    /// Causes and codes, under "What happened".
    pub details: String,
}

/// Something said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// For dismissing it; `None` for one that stays until it is no longer so.
    pub id: Option<u64>,
    pub severity: Severity,
    pub words: Words,
}

/// How grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Done,
    Attention,
    Refused,
    Unknown,
}
