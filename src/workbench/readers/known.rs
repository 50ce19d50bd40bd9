//! What is known of a card on a reader: by a look without a key, and by scans.

use crate::device::registry;
use crate::model::card::observation::Observation;
use crate::model::card::tree::Tree;
use crate::model::reader::CardError;
use crate::model::reader::scan::{Came, Scan, ScanEnd};
use crate::workbench::says::card_error_words;
use crate::workbench::view::ScanView;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A card that was looked at.
pub(super) struct Known {
    pub seen: Observation,
    pub tree: Arc<Tree>,
    pub scan: Option<Arc<ScanView>>,
}

impl Known {
    pub fn new(seen: Observation, scan: Option<Arc<ScanView>>) -> Known {
        let tree = Arc::new(seen.tree());
        Known { seen, tree, scan }
    }

    /// With what a scan came to; one that did not come to its end takes nothing away.
    pub fn scanned(mut self, scan: Scan) -> Known {
        let broken = match &scan.end {
            ScanEnd::Broken(error) => Some(card_error_words(error)),
            ScanEnd::Whole | ScanEnd::Stopped => None,
        };
        self.seen.merge(scan.seen.clone());
        let whole = Scan {
            seen: self.seen,
            ..scan
        };
        let count = |which: &dyn Fn(Came) -> bool| {
            let tried = whole.keys.values().flatten();
            tried.filter(|key| which(key.came)).count()
        };
        let view = ScanView {
            opened: count(&|came| came == Came::Opened),
            refused: count(&|came| came == Came::Refused),
            closed: whole.closed().count(),
            whole: whole.end == ScanEnd::Whole,
            broken,
            keys: whole.keys,
        };
        Known::new(whole.seen, Some(Arc::new(view)))
    }

    /// With why a scan did not begin.
    pub fn not_scanned(self, error: CardError) -> Known {
        let end = match error {
            CardError::Stopped(_) => ScanEnd::Stopped,
            error => ScanEnd::Broken(error),
        };
        let nothing = Scan {
            seen: Observation::default(),
            keys: BTreeMap::new(),
            end,
        };
        self.scanned(nothing)
    }

    /// The card as the registry takes note of it, once it told all that is kept there.
    pub fn met(&self, reader: &str) -> Option<registry::SeenCard> {
        let systems = &self.seen.systems;
        let first = systems.first()?;
        Some(registry::SeenCard {
            idm: first.idm?,
            pmm: first.pmm?,
            issuance: first.issuance,
            place: registry::Place::Reader(reader.to_string()),
            systems: systems.iter().map(|system| system.code).collect(),
        })
    }
}
