//! A card in a window of its own.

use super::View;
use std::sync::Arc;

/// Windows that may be open at once; more cannot be told apart.
pub const MOST_WINDOWS: usize = 8;

/// A card in a window of its own.
#[derive(Clone, Debug)]
pub struct TornView {
    /// Stays while the window is open, and no later window has it.
    pub id: u64,
    /// As for the main window, with that card, its owners and its trace, what is said in that window, and nothing of
    /// flows, comparisons and readers.
    pub view: Arc<View>,
}
