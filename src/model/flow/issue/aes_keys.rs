//! Giving an issued card the AES keys that its issuer has for it, by commands.
//!
//! A key is registered under its parent's, so it goes from the top down: the system, whose key the maker set, then
//! area 0, the areas, their services. What the card has already is passed over, so that this can be run again on
//! a card that left in the middle of it.

use super::plan::IssuePlan;
use crate::model::card::{Idm, NodeCode, SystemCode};
use crate::model::cipher::{AesKey, AesKeyPackage, SealedAesKey};
use crate::model::flow::FlowError;
use crate::model::party::{AesKeyName, KeyName, KeyNode, KeyRing, KeySam, Policy};
use crate::model::port::{AesTarget, CardLink, Rng};
use crate::model::reader::{Outcome, Reader};

/// Registers the AES keys of a plan's nodes. The ring is the issuer's own and names the maker's transport key under
/// system FFFFh; nodes for which it has no AES key get none, nor does what is under them. A card of the DES generation
/// gets none at all.
pub fn register_aes_keys(
    card: &mut dyn CardLink,
    ring: &KeyRing,
    plan: &IssuePlan,
    idm: Idm,
    rng: &mut dyn Rng,
) -> Result<(), FlowError> {
    let mut desk = Desk {
        card,
        ring,
        system: plan.system,
        idm,
        rng,
    };
    if !Reader::new(desk.card).has_aes(idm)? {
        return Ok(());
    }
    desk.take_over()?;
    desk.register(NodeCode::SYSTEM, &[NodeCode::AREA_0])?;
    let areas: Vec<NodeCode> = plan.areas.iter().map(|area| area.code).collect();
    desk.register(NodeCode::AREA_0, &areas)?;
    for area in &plan.areas {
        let keyed = area.services.iter().map(|service| service.code);
        let keyed = keyed.filter(|service| service.needs_authentication());
        let services: Vec<NodeCode> = keyed.map(|service| service.node()).collect();
        desk.register(area.code, &services)?;
    }
    Ok(())
}

/// Whether the card has these keys, and proves each. A card without the cipher has nothing to get: one that says so, or
/// does not know the question.
pub fn has_aes_keys(
    card: &mut dyn CardLink,
    ring: &KeyRing,
    plan: &IssuePlan,
    idm: Idm,
    rng: &mut dyn Rng,
) -> Result<bool, FlowError> {
    if !Reader::new(card).has_aes(idm)? {
        return Ok(true);
    }
    let mut desk = Desk {
        card,
        ring,
        system: plan.system,
        idm,
        rng,
    };
    let wanted = desk.wanted(plan);
    if !desk.missing(&wanted)?.is_empty() {
        return Ok(false);
    }
    let mut sam = KeySam::new(ring.clone(), Policy::Owner);
    for node in wanted {
        let target = desk.target(node);
        Reader::new(desk.card).authenticate_v2(&mut sam, &target, desk.rng)?;
    }
    Ok(true)
}

/// A node and its sealed key.
type Package = (NodeCode, SealedAesKey);

struct Desk<'a> {
    card: &'a mut dyn CardLink,
    ring: &'a KeyRing,
    system: SystemCode,
    idm: Idm,
    rng: &'a mut dyn Rng,
}

impl Desk<'_> {
    fn key(&self, system: SystemCode, node: NodeCode) -> Option<(u16, AesKey)> {
        let found = self.ring.newest_aes(system, KeyNode::Node(node));
        found.map(|(name, key)| (name.0.version, key.clone()))
    }

    /// The nodes that get a key, in the order in which they do.
    fn wanted(&self, plan: &IssuePlan) -> Vec<NodeCode> {
        let has = |node: &NodeCode| self.key(self.system, *node).is_some();
        let mut wanted = vec![NodeCode::SYSTEM, NodeCode::AREA_0];
        if !wanted.iter().all(has) {
            // Without these there is nothing that a key could be registered under.
            return wanted.into_iter().take_while(has).collect();
        }
        for area in plan.areas.iter().filter(|area| has(&area.code)) {
            wanted.push(area.code);
            let services = area.services.iter().map(|service| service.code);
            let keyed = services.filter(|service| service.needs_authentication());
            wanted.extend(keyed.map(|service| service.node()).filter(has));
        }
        wanted
    }

    fn package(&self, node: NodeCode, parent: &AesKey, old: Option<&AesKey>) -> Option<Package> {
        let (key_version, key) = self.key(self.system, node)?;
        let package = AesKeyPackage {
            node,
            key_version,
            key,
        };
        Some((node, package.seal(parent, old)))
    }

    /// Puts the issuer's key in the place of the maker's.
    fn take_over(&mut self) -> Result<(), FlowError> {
        let system = NodeCode::SYSTEM;
        if self.missing(&[system])?.is_empty() {
            return Ok(());
        }
        let transport = self.key(SystemCode::ANY, system);
        let (version, transport) = transport.ok_or_else(|| self.no_key(system))?;
        let change = self.package(system, &transport, Some(&transport));
        let change = change.ok_or_else(|| self.no_key(system))?;
        // The card's system has its code by now, and still the maker's AES key.
        let mut between = KeyRing::default();
        let name = KeyName {
            owner: "issuer:transport".into(),
            system: self.system,
            node: KeyNode::Node(system),
            version,
        };
        between.insert_aes(AesKeyName(name), transport);
        self.session(&between, system, &[change])
    }

    /// Registers, under their parent's key, the keys of those nodes that lack one.
    fn register(&mut self, parent: NodeCode, nodes: &[NodeCode]) -> Result<(), FlowError> {
        let Some((_, parent_key)) = self.key(self.system, parent) else {
            return Ok(());
        };
        let missing = self.missing(nodes)?;
        let packages = missing.iter();
        let packages: Vec<Package> = packages
            .filter_map(|node| self.package(*node, &parent_key, None))
            .collect();
        if packages.is_empty() {
            return Ok(());
        }
        let ring = self.ring;
        self.session(ring, parent, &packages)
    }

    /// Those of the nodes whose AES key is another version than the ring's.
    fn missing(&mut self, nodes: &[NodeCode]) -> Result<Vec<NodeCode>, FlowError> {
        let mut missing = Vec::new();
        for some in nodes.chunks(crate::model::command::MAX_NODES) {
            let versions = Reader::new(self.card).aes_key_versions(self.idm, some)?;
            let told = some.iter().zip(versions);
            let wanted = |node: &NodeCode| self.key(self.system, *node).map(|(version, _)| version);
            let differ = told.filter(|(node, version)| wanted(node) != *version);
            missing.extend(differ.map(|(node, _)| *node));
        }
        Ok(missing)
    }

    /// Opens a session with one node, sends the packages in it, and commits them.
    fn session(
        &mut self,
        ring: &KeyRing,
        node: NodeCode,
        packages: &[Package],
    ) -> Result<(), FlowError> {
        let target = self.target(node);
        let mut sam = KeySam::new(ring.clone(), Policy::Owner);
        self.card.field_off();
        let mut reader = Reader::new(self.card);
        let mut session = reader.open_v2(&mut sam, &target, self.rng)?;
        for (node, package) in packages {
            session.register_aes_key(*node, *package)?;
        }
        match session.change_system_block() {
            Outcome::Done => Ok(()),
            Outcome::NotDone(error) | Outcome::Unknown(error) => Err(error.into()),
        }
    }

    fn target(&self, node: NodeCode) -> AesTarget {
        AesTarget {
            idm: self.idm,
            system: self.system,
            nodes: vec![node],
        }
    }

    fn no_key(&self, node: NodeCode) -> FlowError {
        FlowError::NoKey(format!("{}/{node}/aes", self.system))
    }
}
