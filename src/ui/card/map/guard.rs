//! Which key guards a block, for the map's mode that colours by key.

use crate::model::card::map::{Cell, CellKind};
use crate::model::card::tree::{KeyFacts, SystemBlockKind, SystemTree, Tree};
use crate::model::card::{KeyVersion, NodeCode, ServiceAccess, ServiceCode};
use std::cmp::Reverse;
use std::collections::HashMap;

/// What opens a block. In the order of the legend: from what anybody may do to what needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// Anybody may read and write it.
    Open,
    /// Anybody may read it; writing needs a key, or is not possible.
    FreeToRead,
    /// A DES key of that version; where services share the block, the oldest of theirs.
    Des(KeyVersion),
    /// An AES key of that version, and no DES key.
    Aes(KeyVersion),
    /// A key of any other version.
    OtherKey,
    /// A key of which nothing is known.
    NotKnown,
    /// IDs, records, and keys that no version tells.
    Unversioned,
}

/// Versions that are told apart, those of most nodes; the others are one class.
const VERSIONS: usize = 4;

impl Guard {
    /// Its colour among [`Tokens::classes`](crate::ui::tokens::Tokens::classes), if it has one. Versions take theirs
    /// in order; `versions` counts them.
    pub fn colour(self, versions: &mut usize) -> Option<usize> {
        const OF_VERSIONS: [usize; VERSIONS] = [0, 2, 4, 5];
        match self {
            Guard::Open => Some(3),
            Guard::FreeToRead => Some(1),
            Guard::Des(_) | Guard::Aes(_) => {
                *versions += 1;
                OF_VERSIONS.get(*versions - 1).copied()
            }
            Guard::OtherKey | Guard::NotKnown | Guard::Unversioned => None,
        }
    }
}

/// What opens the nodes of one card.
#[derive(Clone, Debug, Default)]
pub struct Guards {
    /// User blocks, by system and number of the services that share them.
    data: HashMap<(u8, u16), Guard>,
    /// Definitions, by system and node.
    nodes: HashMap<(u8, NodeCode), Guard>,
}

impl Guards {
    /// Works them out of a tree.
    pub fn of(tree: &Tree) -> Guards {
        let mut guards = Guards::default();
        for system in &tree.systems {
            guards.take(system);
        }
        guards.keep_common_versions();
        guards
    }

    /// Makes one class of all versions but those of most nodes.
    fn keep_common_versions(&mut self) {
        let mut nodes: HashMap<Guard, usize> = HashMap::new();
        for guard in self.nodes.values() {
            if matches!(guard, Guard::Des(_) | Guard::Aes(_)) {
                *nodes.entry(*guard).or_default() += 1;
            }
        }
        let mut common: Vec<Guard> = nodes.keys().copied().collect();
        common.sort_by_key(|guard| (Reverse(nodes[guard]), *guard));
        common.truncate(VERSIONS);
        for guard in self.nodes.values_mut().chain(self.data.values_mut()) {
            if matches!(guard, Guard::Des(_) | Guard::Aes(_)) && !common.contains(guard) {
                *guard = Guard::OtherKey;
            }
        }
    }

    fn take(&mut self, system: &SystemTree) {
        let number = system.number;
        let key = guard_of_key(system.key);
        self.nodes.insert((number, NodeCode::SYSTEM), key);
        for area in &system.areas {
            let key = guard_of_key(area.key);
            self.nodes.insert((number, area.code), key);
        }
        for service in &system.services {
            let guard = guard_of_service(service.code, service.key);
            let data = self.data.entry((number, service.code.number()));
            data.and_modify(|known| *known = weaker(*known, guard))
                .or_insert(guard);
            // A service that needs no key is changed with that of the area around it.
            let own = if service.code.needs_authentication() {
                guard
            } else {
                let area = service.area.and_then(|area| system.areas.get(area));
                area.map_or(Guard::NotKnown, |area| guard_of_key(area.key))
            };
            self.nodes.insert((number, service.code.node()), own);
        }
    }

    /// What opens a used block.
    pub fn of_cell(&self, cell: &Cell) -> Guard {
        let node = |node| self.nodes.get(&(cell.system, node)).copied();
        let found = match cell.kind {
            CellKind::User { service, .. } => {
                self.data.get(&(cell.system, service.number())).copied()
            }
            CellKind::System(SystemBlockKind::Area(code)) => node(code),
            CellKind::System(SystemBlockKind::Service(code)) => node(code.node()),
            CellKind::System(SystemBlockKind::System) => node(NodeCode::SYSTEM),
            CellKind::System(SystemBlockKind::AesKey { node: of, .. }) => node(of),
            CellKind::System(_) | CellKind::Free | CellKind::Unknown => Some(Guard::Unversioned),
        };
        found.unwrap_or(Guard::NotKnown)
    }
}

fn guard_of_key(key: KeyFacts) -> Guard {
    match (key.des_version(), key.aes) {
        (Some(version), _) => Guard::Des(version),
        (None, Some(aes)) => Guard::Aes(aes.version),
        (None, None) => Guard::NotKnown,
    }
}

fn guard_of_service(code: ServiceCode, key: KeyFacts) -> Guard {
    match (code.needs_authentication(), code.access()) {
        (true, _) => guard_of_key(key),
        (false, ServiceAccess::ReadOnly) => Guard::FreeToRead,
        (false, _) => Guard::Open,
    }
}

/// Of two services that share blocks, what opens them more easily: no key before a key, an older version before a
/// newer one.
fn weaker(a: Guard, b: Guard) -> Guard {
    a.min(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: KeyVersion) -> KeyFacts {
        KeyFacts {
            version: Some(version),
            ..KeyFacts::default()
        }
    }

    fn service(code: u16) -> ServiceCode {
        ServiceCode::new(code).expect("a service code")
    }

    #[test]
    fn what_is_free_needs_no_key_and_what_is_shared_has_the_oldest() {
        assert_eq!(guard_of_service(service(0x1008), key(2)), Guard::Des(2));
        assert_eq!(guard_of_service(service(0x1009), key(2)), Guard::Open);
        assert_eq!(guard_of_service(service(0x100B), key(2)), Guard::FreeToRead);
        assert_eq!(weaker(Guard::Des(2), Guard::Des(1)), Guard::Des(1));
        assert_eq!(weaker(Guard::Des(1), Guard::FreeToRead), Guard::FreeToRead);
        assert_eq!(guard_of_key(KeyFacts::default()), Guard::NotKnown);
    }

    #[test]
    fn versions_of_few_nodes_are_one_class() {
        let mut guards = Guards::default();
        for (node, version) in [1, 1, 2, 3, 4, 5, 5].into_iter().enumerate() {
            let node = NodeCode(node as u16);
            guards.nodes.insert((0, node), Guard::Des(version));
        }
        guards.keep_common_versions();
        let mut left: Vec<_> = guards.nodes.values().copied().collect();
        left.sort();
        left.dedup();
        let versions = [1, 2, 3, 5].map(Guard::Des);
        assert_eq!(left[..4], versions);
        assert_eq!(left[4..], [Guard::OtherKey]);
        let mut count = 0;
        let colours = versions.map(|guard| guard.colour(&mut count));
        assert_eq!(colours, [0, 2, 4, 5].map(Some));
    }
}
