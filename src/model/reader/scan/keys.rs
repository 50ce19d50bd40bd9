//! In which order the keys of a ring are tried, so that what came of each can be told.
//!
//! With DES keys nobody comes to a node's key but through the system's and that of an area. So first each pair of a
//! system key and an area's is tried, until the card takes one; then every other area and every service, each alone
//! behind keys that are known to be right: the areas around it that were opened, or else the first. An AES key
//! authenticates alone. A key is tried where its version is the one that the card tells.

use super::{Came, CardError, Scanner, TriedKey, read_into};
use crate::model::card::observation::ObservedSystem;
use crate::model::card::{KeyVersion, NodeCode};
use crate::model::cipher::{AesKey, DesKey, Kcv};
use crate::model::party::{AesKeyName, KeyName, KeyNode, KeyRing, KeySam, Policy};
use crate::model::port::{AesTarget, AuthTarget, SamError};
use std::cell::Cell;

/// A key that may be a node's.
#[derive(Clone)]
enum Candidate {
    Des(KeyName, DesKey),
    Aes(AesKeyName, AesKey),
}

impl Candidate {
    fn version(&self) -> KeyVersion {
        match self {
            Candidate::Des(name, _) => name.version,
            Candidate::Aes(name, _) => name.0.version,
        }
    }

    fn kcv(&self) -> Kcv {
        match self {
            Candidate::Des(_, key) => key.kcv(),
            Candidate::Aes(_, key) => key.kcv(),
        }
    }

    fn came(&self, came: Came) -> TriedKey {
        TriedKey {
            name: match self {
                Candidate::Des(name, _) => name.to_string(),
                Candidate::Aes(name, _) => name.to_string(),
            },
            kcv: self.kcv(),
            came,
        }
    }

    fn put_into(&self, ring: &mut KeyRing) {
        match self {
            Candidate::Des(name, key) => ring.insert(name.clone(), key.clone()),
            Candidate::Aes(name, key) => ring.insert_aes(name.clone(), key.clone()),
        }
    }
}

/// The keys of a system with which the card was authenticated.
struct Way {
    ring: KeyRing,
    /// Areas whose keys they are; the first stands in for those around a node of which none was opened.
    areas: Vec<NodeCode>,
}

impl Way {
    /// The areas to name on the way to a node.
    fn to(&self, system: &ObservedSystem, node: NodeCode) -> Vec<NodeCode> {
        let mut around = system.areas_around(node);
        around.retain(|area| self.areas.contains(area));
        if around.is_empty() {
            around.extend(self.areas.first());
        }
        around
    }
}

/// What to authenticate for.
enum Target {
    Des(AuthTarget),
    Aes(AesTarget),
}

impl Scanner<'_, '_> {
    /// Whether a node has a key that is worth trying.
    pub(super) fn has_key(&self, system: &ObservedSystem, node: NodeCode) -> bool {
        let (des, aes) = (des_version(system, node), aes_version(system, node));
        let (code, of) = (system.code, KeyNode::Node(node));
        let mut of_des = self.ring.of_node(code, of).map(|(name, _)| name.version);
        let mut of_aes = self
            .ring
            .aes_of_node(code, of)
            .map(|(name, _)| name.0.version);
        of_des.any(|version| Some(version) == des) || of_aes.any(|version| Some(version) == aes)
    }

    /// Tries every key of a system's nodes.
    pub(super) fn open_system(&mut self, at: usize) -> Result<(), CardError> {
        let mut nodes = super::all_nodes(&self.seen.systems[at]);
        nodes.retain(|node| {
            node.service()
                .is_none_or(|service| service.needs_authentication())
        });
        let mut way = self.way_in(at, &nodes)?;
        for node in nodes {
            let keys = self.des_keys(at, node);
            match &mut way {
                Some(way) => self.open_des(at, node, keys, way)?,
                None => keys
                    .iter()
                    .for_each(|key| self.note_first(at, node, key.came(Came::NoWayIn))),
            }
            self.open_aes(at, node)?;
            self.not_expected(at, node);
        }
        Ok(())
    }

    /// Finds a system key and an area's that the card takes.
    fn way_in(&mut self, at: usize, nodes: &[NodeCode]) -> Result<Option<Way>, CardError> {
        for system_key in self.des_keys(at, NodeCode::SYSTEM) {
            for area in nodes.iter().copied().filter(|node| node.is_area()) {
                for area_key in self.des_keys(at, area) {
                    let ring = ring_of([&system_key, &area_key]);
                    let areas = vec![area];
                    if self.try_des(at, &ring, areas.clone(), area)? {
                        self.opened(at, NodeCode::SYSTEM, &system_key);
                        self.opened(at, area, &area_key);
                        return Ok(Some(Way { ring, areas }));
                    }
                    self.note(at, area, area_key.came(Came::Refused));
                    self.note(at, NodeCode::SYSTEM, system_key.came(Came::Refused));
                }
            }
        }
        Ok(None)
    }

    /// Tries the DES keys of an area or a service behind keys that are right, and reads a service that one opens.
    fn open_des(
        &mut self,
        at: usize,
        node: NodeCode,
        keys: Vec<Candidate>,
        way: &mut Way,
    ) -> Result<(), CardError> {
        if node == NodeCode::SYSTEM || way.areas.contains(&node) {
            return Ok(());
        }
        for key in keys {
            let mut ring = way.ring.clone();
            key.put_into(&mut ring);
            let areas = way.to(&self.seen.systems[at], node);
            if self.try_des(at, &ring, areas, node)? {
                self.opened(at, node, &key);
                if node.is_area() {
                    way.ring = ring;
                    way.areas.push(node);
                }
                return Ok(());
            }
            self.note(at, node, key.came(Came::Refused));
        }
        Ok(())
    }

    /// Tries the AES keys of a node, and reads a service that one opens.
    fn open_aes(&mut self, at: usize, node: NodeCode) -> Result<(), CardError> {
        for key in self.aes_keys(at, node) {
            let target = AesTarget {
                idm: self.idms[at],
                system: self.seen.systems[at].code,
                nodes: vec![node],
            };
            if self.try_key(at, &ring_of([&key]), &Target::Aes(target), node)? {
                self.opened(at, node, &key);
                return Ok(());
            }
            self.note(at, node, key.came(Came::Refused));
        }
        Ok(())
    }

    fn try_des(
        &mut self,
        at: usize,
        ring: &KeyRing,
        areas: Vec<NodeCode>,
        node: NodeCode,
    ) -> Result<bool, CardError> {
        let target = AuthTarget {
            idm: self.idms[at],
            system: self.seen.systems[at].code,
            areas,
            services: vec![node],
        };
        self.try_key(at, ring, &Target::Des(target), node)
    }

    /// Authenticates with the keys of a ring; a service that is open then is read, unless that was done. Gives whether
    /// the card took them.
    fn try_key(
        &mut self,
        at: usize,
        ring: &KeyRing,
        target: &Target,
        node: NodeCode,
    ) -> Result<bool, CardError> {
        let entered = Cell::new(false);
        let tried = self.again(|scanner| scanner.enter(at, ring, target, node, &entered));
        self.learn();
        self.progress.keys += 1;
        self.told();
        match tried {
            Ok(()) => Ok(true),
            Err(CardError::Sam(SamError::NotGenuine)) if !entered.get() => Ok(false),
            // A list of nodes that the card does not take, or a card that has gone; or blocks that it keeps to itself.
            Err(CardError::Silent(_)) => self.is_there(self.idms[at]).map(|()| entered.get()),
            Err(error) => Err(error),
        }
    }

    fn enter(
        &mut self,
        at: usize,
        ring: &KeyRing,
        target: &Target,
        node: NodeCode,
        entered: &Cell<bool>,
    ) -> Result<(), CardError> {
        let mut sam = KeySam::new(ring.clone(), Policy::Owner);
        let mut session = match target {
            Target::Des(target) => self.reader.open(&mut sam, target, self.rng)?,
            Target::Aes(target) => self.reader.open_v2(&mut sam, target, self.rng)?,
        };
        let read_before = entered.replace(true);
        let system = &mut self.seen.systems[at];
        match node.service() {
            Some(service) if read_before || !system.data.contains_key(&service) => {
                let (progress, tell) = (&mut self.progress, &mut *self.tell);
                read_into(&mut session, system, service, progress, tell)
            }
            _ => Ok(()),
        }
    }

    /// The DES keys for a node of the version that the card tells; those of others are noted, if there is none.
    fn des_keys(&mut self, at: usize, node: NodeCode) -> Vec<Candidate> {
        let system = &self.seen.systems[at];
        let listed = self.ring.of_node(system.code, KeyNode::Node(node));
        let all = listed.map(|(name, key)| Candidate::Des(name.clone(), key.clone()));
        self.of_version(at, node, des_version(system, node), all.collect())
    }

    fn aes_keys(&mut self, at: usize, node: NodeCode) -> Vec<Candidate> {
        let system = &self.seen.systems[at];
        let listed = self.ring.aes_of_node(system.code, KeyNode::Node(node));
        let all = listed.map(|(name, key)| Candidate::Aes(name.clone(), key.clone()));
        self.of_version(at, node, aes_version(system, node), all.collect())
    }

    fn of_version(
        &mut self,
        at: usize,
        node: NodeCode,
        told: Option<KeyVersion>,
        all: Vec<Candidate>,
    ) -> Vec<Candidate> {
        // Of a key that the card does not have nothing can be said.
        let Some(told) = told else { return Vec::new() };
        let (fit, other): (Vec<_>, Vec<_>) = all.into_iter().partition(|key| key.version() == told);
        if fit.is_empty() {
            for key in other {
                self.note_first(at, node, key.came(Came::OtherVersion(told)));
            }
        }
        fit
    }

    fn noted(&mut self, at: usize, node: NodeCode) -> &mut Vec<TriedKey> {
        // A card has 16 systems at most.
        self.keys.entry((at as u8, node)).or_default()
    }

    /// Notes what came of a key, in place of what was noted of it before.
    fn note(&mut self, at: usize, node: NodeCode, tried: TriedKey) {
        let noted = self.noted(at, node);
        noted.retain(|key| key.name != tried.name);
        noted.push(tried);
    }

    /// Notes what came of a key of which nothing was noted before.
    fn note_first(&mut self, at: usize, node: NodeCode, tried: TriedKey) {
        let noted = self.noted(at, node);
        if noted.iter().all(|key| key.name != tried.name) {
            noted.push(tried);
        }
    }

    /// Notes that a key opened a node, and its check value among what is known of the card.
    fn opened(&mut self, at: usize, node: NodeCode, key: &Candidate) {
        self.note(at, node, key.came(Came::Opened));
        let system = &mut self.seen.systems[at];
        match key {
            Candidate::Des(..) => {
                system.kcvs.insert(node, key.kcv());
            }
            Candidate::Aes(..) => {
                if let Some(known) = system.aes_keys.get_mut(&node) {
                    known.kcv = Some(key.kcv());
                }
            }
        }
    }

    /// Expects the blocks of a service no longer that could not be read.
    fn not_expected(&mut self, at: usize, node: NodeCode) {
        let system = &self.seen.systems[at];
        let Some(service) = node.service() else {
            return;
        };
        let was_expected = self.has_key(system, node) && !system.data.contains_key(&service);
        let blocks = system.block_counts.get(&node).copied().unwrap_or(0);
        if was_expected && let Some(expected) = &mut self.progress.expected {
            *expected = expected.saturating_sub(usize::from(blocks));
            self.told();
        }
    }
}

/// A ring of these keys.
fn ring_of<const N: usize>(keys: [&Candidate; N]) -> KeyRing {
    let mut ring = KeyRing::default();
    for key in keys {
        key.put_into(&mut ring);
    }
    ring
}

/// The version that a card tells of a node's DES key, if the node has one.
fn des_version(system: &ObservedSystem, node: NodeCode) -> Option<KeyVersion> {
    let alone = system.aes_keys.get(&node).is_some_and(|aes| aes.alone);
    let told = system.key_versions.get(&node).copied();
    told.filter(|_| !alone)
}

fn aes_version(system: &ObservedSystem, node: NodeCode) -> Option<KeyVersion> {
    system.aes_keys.get(&node).map(|aes| aes.version)
}
