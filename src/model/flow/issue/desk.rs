//! The issuer's desk: the order, the keys, and the packages that it makes of them.

use super::plan::{IssuePlan, PlannedArea, PlannedService};
use crate::model::card::{Idi, Idm, KeyVersion, NodeCode, Pmi, SystemCode};
use crate::model::cipher::{
    AreaPackage, DesKey, IssueIdPackage, ServicePackage, key_change_package,
};
use crate::model::command::SealedPackage;
use crate::model::flow::error::FlowError;
use crate::model::party::{KeyName, KeyNode, KeyRing, KeySam, Policy};
use crate::model::port::AuthTarget;
use crate::model::reader::KeyChange;
use serde::{Deserialize, Serialize};

/// An order for one card, and the keys to carry it out.
#[derive(Debug)]
pub struct IssuingDesk {
    /// The card that the order names, by the IDm that its maker gave it.
    pub idm: Idm,
    pub plan: IssuePlan,
    pub(super) ring: KeyRing,
    /// Authenticates with a blank card, by its transport keys.
    pub(super) blank: KeySam,
    /// Authenticates with a card that has its identity, and whose system key is still the transport key.
    pub(super) between: KeySam,
    /// Authenticates with the issuer's own keys.
    pub(super) own: KeySam,
}

/// What an order comes to: a log belongs to the order that it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    idm: Idm,
    system: SystemCode,
    idi: Idi,
    pmi: Pmi,
    /// Every node with the version of its key, the system's first.
    nodes: Vec<(NodeCode, KeyVersion)>,
    /// Names and versions of the AES keys that the issuer has for the system.
    aes_keys: Vec<String>,
}

impl IssuingDesk {
    /// A desk with these keys. Those of the plan's system are the issuer's; the transport keys of blank cards stand
    /// under system FFFFh.
    pub fn new(ring: KeyRing, plan: IssuePlan, idm: Idm) -> IssuingDesk {
        let mut between = KeyRing::default();
        for (name, key) in ring.iter() {
            let system_key = name.node == KeyNode::Node(NodeCode::SYSTEM);
            let system = match name.system {
                SystemCode::ANY if system_key => plan.system,
                system if system == plan.system && !system_key => system,
                _ => continue,
            };
            let name = KeyName {
                system,
                ..name.clone()
            };
            between.insert(name, key.clone());
        }
        let sam = |ring: &KeyRing| KeySam::new(ring.clone(), Policy::Owner);
        IssuingDesk {
            idm,
            blank: sam(&ring),
            between: sam(&between),
            own: sam(&ring),
            plan,
            ring,
        }
    }

    /// The order, if the plan holds together and all its keys are there.
    pub(super) fn order(&self) -> Result<Order, FlowError> {
        if let Some(area) = self.plan.crowded() {
            return Err(FlowError::Crowded(area.code));
        }
        self.transport_key()?;
        let mut nodes = vec![self.version_of(NodeCode::SYSTEM)?];
        nodes.push(self.version_of(NodeCode::AREA_0)?);
        nodes.extend(self.area_nodes()?);
        for area in &self.plan.areas {
            nodes.extend(self.service_nodes(area)?);
        }
        Ok(Order {
            idm: self.idm,
            system: self.plan.system,
            idi: self.plan.idi,
            pmi: self.plan.pmi,
            nodes,
            aes_keys: self
                .ring
                .iter_aes()
                .filter(|(name, _)| name.0.system == self.plan.system)
                .map(|(name, _)| name.to_string())
                .collect(),
        })
    }

    /// The keys for these nodes, of the issuer's system or, under FFFFh, of a blank card.
    pub(super) fn target(
        &self,
        system: SystemCode,
        areas: &[NodeCode],
        services: &[NodeCode],
    ) -> AuthTarget {
        AuthTarget {
            idm: self.idm,
            system,
            areas: areas.to_vec(),
            services: services.to_vec(),
        }
    }

    fn key(&self, system: SystemCode, node: NodeCode) -> Result<(KeyVersion, &DesKey), FlowError> {
        let found = self.ring.newest(system, KeyNode::Node(node));
        found
            .map(|(name, key)| (name.version, key))
            .ok_or_else(|| FlowError::NoKey(format!("{system}/{node}")))
    }

    fn own_key(&self, node: NodeCode) -> Result<(KeyVersion, &DesKey), FlowError> {
        self.key(self.plan.system, node)
    }

    fn transport_key(&self) -> Result<&DesKey, FlowError> {
        self.key(SystemCode::ANY, NodeCode::AREA_0)?;
        Ok(self.key(SystemCode::ANY, NodeCode::SYSTEM)?.1)
    }

    /// A node and the version that its key is to have.
    pub(super) fn version_of(&self, node: NodeCode) -> Result<(NodeCode, KeyVersion), FlowError> {
        Ok((node, self.own_key(node)?.0))
    }

    /// The areas of the plan with their key versions.
    pub(super) fn area_nodes(&self) -> Result<Vec<(NodeCode, KeyVersion)>, FlowError> {
        let areas = self.plan.areas.iter();
        areas.map(|area| self.version_of(area.code)).collect()
    }

    /// The services of an area with their key versions; one that is free to use has version 0.
    pub(super) fn service_nodes(
        &self,
        area: &PlannedArea,
    ) -> Result<Vec<(NodeCode, KeyVersion)>, FlowError> {
        let version = |service: &PlannedService| match service.code.needs_authentication() {
            true => self.version_of(service.code.node()),
            false => Ok((service.code.node(), 0)),
        };
        area.services.iter().map(version).collect()
    }

    /// The package of Register Issue ID.
    pub(super) fn identity_package(&self) -> Result<SealedPackage, FlowError> {
        let (area0_key_version, area0_key) = self.own_key(NodeCode::AREA_0)?;
        let package = IssueIdPackage {
            system_code: self.plan.system,
            area0_key_version,
            area0_key: area0_key.clone(),
        };
        let (_, transport) = self.key(SystemCode::ANY, NodeCode::AREA_0)?;
        Ok(package.seal(transport))
    }

    /// The change from the system's transport key to the issuer's. The system's key has no parent: its old key stands
    /// for it.
    pub(super) fn system_key_change(&self) -> Result<KeyChange, FlowError> {
        let transport = self.transport_key()?;
        let (version, new) = self.own_key(NodeCode::SYSTEM)?;
        Ok(KeyChange {
            node: NodeCode::SYSTEM,
            version,
            package: key_change_package(transport, transport, new, version),
        })
    }

    /// The package of Register Area.
    pub(super) fn area_package(&self, area: &PlannedArea) -> Result<SealedPackage, FlowError> {
        let (key_version, key) = self.own_key(area.code)?;
        let package = AreaPackage {
            code: area.code,
            end: area.end,
            blocks: area.blocks,
            key_version,
            key: key.clone(),
        };
        Ok(package.seal(self.own_key(NodeCode::AREA_0)?.1))
    }

    /// The package of Register Service.
    pub(super) fn service_package(
        &self,
        area: &PlannedArea,
        service: &PlannedService,
    ) -> Result<SealedPackage, FlowError> {
        let (key_version, key) = match service.code.needs_authentication() {
            true => {
                let (version, key) = self.own_key(service.code.node())?;
                (version, key.clone())
            }
            // A service that is free to use has no key; its place is filled with zeros.
            false => (0, DesKey::new([0; 8])),
        };
        let package = ServicePackage {
            code: service.code,
            blocks: service.blocks,
            key_version,
            key,
        };
        Ok(package.seal(self.own_key(area.code)?.1))
    }
}
