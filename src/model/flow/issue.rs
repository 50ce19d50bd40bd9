//! Issuing a blank card: identity, keys, areas, services and first data, by commands alone.
//!
//! The card comes from its maker with K_D and transport keys. Register Issue ID gives it its system code and the
//! key of area 0; the system's transport key is then changed to the issuer's; areas and services follow, each
//! group committed by Change System Block; last the first data is written and read back.

use super::error::FlowError;
use crate::model::card::tree::Tree;
use crate::model::card::{Block, Idi, Idm, NodeCode, Pmi, ServiceCode, ServiceKind, SystemCode};
use crate::model::cipher::{
    AreaPackage, DesKey, IssueIdPackage, ServicePackage, key_change_package,
};
use crate::model::command::{BlockElement, SecureRequest, SecureResponse};
use crate::model::hex;
use crate::model::party::{KeyNode, KeyRing, KeySam};
use crate::model::port::{AuthTarget, CardLink, Rng};
use crate::model::reader::{CardError, Reader};
use std::collections::BTreeMap;

/// An area to register under area 0.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedArea {
    pub code: NodeCode,
    /// What people call it.
    pub name: String,
    pub end: NodeCode,
    /// Blocks allotted.
    pub blocks: u16,
    pub services: Vec<PlannedService>,
}

/// A service to register.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedService {
    pub code: ServiceCode,
    /// What people call it.
    pub name: String,
    /// User blocks.
    pub blocks: u16,
    /// First contents, a block a line: text, or `0x` and hexadecimal. Of a ring, the first line is the newest.
    #[serde(default)]
    pub data: Vec<String>,
}

/// What a finished card of this kind holds.
#[derive(Clone, Debug)]
pub struct IssuePlan {
    pub system: SystemCode,
    pub idi: Idi,
    pub pmi: Pmi,
    pub areas: Vec<PlannedArea>,
}

impl IssuePlan {
    /// Writes into a tree what people call the nodes of this plan's system.
    pub fn name_nodes(&self, tree: &mut Tree) {
        let Some(system) = tree
            .systems
            .iter_mut()
            .find(|system| system.code == self.system)
        else {
            return;
        };
        let areas = self.areas.iter();
        let services = areas.clone().flat_map(|area| &area.services);
        let services: BTreeMap<_, _> = services
            .map(|service| (service.code, &service.name))
            .collect();
        let areas: BTreeMap<_, _> = areas.map(|area| (area.code, &area.name)).collect();
        for area in &mut system.areas {
            area.name = areas.get(&area.code).map(|name| name.to_string());
        }
        for service in &mut system.services {
            service.name = services.get(&service.code).map(|name| name.to_string());
        }
    }
}

/// Issues the blank card on the link. `sam` holds the ring's keys; the ring is the issuer's own and names the
/// transport keys under system FFFFh.
pub fn issue(
    card: &mut dyn CardLink,
    sam: &mut KeySam,
    ring: &KeyRing,
    plan: &IssuePlan,
    rng: &mut dyn Rng,
) -> Result<Idm, FlowError> {
    let mut desk = Desk {
        card,
        sam,
        ring,
        plan,
        rng,
    };
    let idm = Reader::new(desk.card).poll(SystemCode::ANY)?.idm;
    desk.register_identity(idm)?;
    desk.change_system_key(idm)?;
    desk.register_areas(idm)?;
    for area in &plan.areas {
        desk.register_services(idm, area)?;
        desk.write_first_data(idm, area)?;
    }
    Ok(idm)
}

struct Desk<'a> {
    card: &'a mut dyn CardLink,
    sam: &'a mut KeySam,
    ring: &'a KeyRing,
    plan: &'a IssuePlan,
    rng: &'a mut dyn Rng,
}

impl Desk<'_> {
    fn key(&self, system: SystemCode, node: NodeCode) -> Result<(u16, DesKey), FlowError> {
        let found = self
            .ring
            .newest(system, KeyNode::Node(node))
            .map(|(name, key)| (name.version, key.clone()));
        found.ok_or_else(|| FlowError::NoKey(format!("{system}/{node}")))
    }

    /// Opens a session, sends the commands in it, and ends it.
    fn session(
        &mut self,
        idm: Idm,
        system: SystemCode,
        areas: &[NodeCode],
        services: &[NodeCode],
        commands: &[SecureRequest],
    ) -> Result<Vec<SecureResponse>, FlowError> {
        let target = AuthTarget {
            idm,
            system,
            areas: areas.to_vec(),
            services: services.to_vec(),
        };
        self.card.field_off();
        let mut reader = Reader::new(self.card);
        reader.authenticate(self.sam, &target, self.rng)?;
        let answers = commands
            .iter()
            .map(|command| reader.secure(self.sam, command));
        Ok(answers.collect::<Result<Vec<_>, CardError>>()?)
    }

    fn register_identity(&mut self, idm: Idm) -> Result<(), FlowError> {
        let (_, transport) = self.key(SystemCode::ANY, NodeCode::SYSTEM)?;
        let (area0_key_version, area0_key) = self.key(self.plan.system, NodeCode::AREA_0)?;
        let package = IssueIdPackage {
            system_code: self.plan.system,
            area0_key_version,
            area0_key,
        };
        let package = package.seal(&transport);
        let register = SecureRequest::RegisterIssueId {
            idi: self.plan.idi,
            pmi: self.plan.pmi,
            package,
        };
        let commands = [register, SecureRequest::ChangeSystemBlock];
        self.session(
            idm,
            SystemCode::ANY,
            &[NodeCode::AREA_0],
            &[NodeCode::SYSTEM],
            &commands,
        )?;
        Ok(())
    }

    /// The system's key has no parent: its old key stands for it.
    fn change_system_key(&mut self, idm: Idm) -> Result<(), FlowError> {
        let (_, transport) = self.key(SystemCode::ANY, NodeCode::SYSTEM)?;
        let (version, new) = self.key(self.plan.system, NodeCode::SYSTEM)?;
        let (area0_version, area0) = self.key(self.plan.system, NodeCode::AREA_0)?;
        // Between two keys: the system's own is still the transport key.
        let owner = |node, version, key| {
            let name = crate::model::party::KeyName {
                owner: "issuer:transport".into(),
                system: self.plan.system,
                node: KeyNode::Node(node),
                version,
            };
            (name, key)
        };
        let ring = KeyRing::new([
            owner(NodeCode::SYSTEM, 0, transport.clone()),
            owner(NodeCode::AREA_0, area0_version, area0),
        ]);
        let package = key_change_package(&transport, &transport, &new, version);
        let write = SecureRequest::Write {
            blocks: vec![BlockElement::key_change(0, version)],
            data: vec![Block(package)],
        };
        let mut sam = KeySam::new(ring, crate::model::party::Policy::Owner);
        let mut between = Desk {
            card: self.card,
            sam: &mut sam,
            ring: self.ring,
            plan: self.plan,
            rng: self.rng,
        };
        between.session(
            idm,
            self.plan.system,
            &[NodeCode::AREA_0],
            &[NodeCode::SYSTEM],
            &[write],
        )?;
        Ok(())
    }

    fn register_areas(&mut self, idm: Idm) -> Result<(), FlowError> {
        let (_, root) = self.key(self.plan.system, NodeCode::AREA_0)?;
        let mut commands = Vec::new();
        for area in &self.plan.areas {
            let (key_version, key) = self.key(self.plan.system, area.code)?;
            let package = AreaPackage {
                code: area.code,
                end: area.end,
                blocks: area.blocks,
                key_version,
                key,
            };
            commands.push(SecureRequest::RegisterArea {
                code: area.code,
                package: package.seal(&root),
            });
        }
        commands.push(SecureRequest::ChangeSystemBlock);
        self.session(
            idm,
            self.plan.system,
            &[NodeCode::AREA_0],
            &[NodeCode::AREA_0],
            &commands,
        )?;
        Ok(())
    }

    fn register_services(&mut self, idm: Idm, area: &PlannedArea) -> Result<(), FlowError> {
        let (_, area_key) = self.key(self.plan.system, area.code)?;
        let mut commands = Vec::new();
        for service in &area.services {
            let (key_version, key) = match service.code.needs_authentication() {
                true => self.key(self.plan.system, service.code.node())?,
                // A service that is free to use has no key; its place is filled with zeros.
                false => (0, DesKey::new([0; 8])),
            };
            let package = ServicePackage {
                code: service.code,
                blocks: service.blocks,
                key_version,
                key,
            };
            let package = package.seal(&area_key);
            commands.push(SecureRequest::RegisterService {
                code: service.code.node(),
                package,
            });
        }
        commands.push(SecureRequest::ChangeSystemBlock);
        self.session(
            idm,
            self.plan.system,
            &[NodeCode::AREA_0, area.code],
            &[area.code],
            &commands,
        )?;
        Ok(())
    }

    /// Writes the first blocks of a service and reads them back.
    fn write_first_data(&mut self, idm: Idm, area: &PlannedArea) -> Result<(), FlowError> {
        for service in area
            .services
            .iter()
            .filter(|service| !service.data.is_empty())
        {
            let data: Vec<Block> = service.data.iter().map(|line| first_block(line)).collect();
            let element = |number: usize| BlockElement::normal(0, number as u16);
            // A ring takes every record at block 0.
            let ring = service.code.kind() == ServiceKind::Cyclic;
            let written = (0..data.len()).map(|number| element(if ring { 0 } else { number }));
            let commands = [
                SecureRequest::Write {
                    blocks: written.collect(),
                    data: data.clone(),
                },
                SecureRequest::Read {
                    blocks: (0..data.len()).map(element).collect(),
                },
            ];
            let areas = [NodeCode::AREA_0, area.code];
            let answers = self.session(
                idm,
                self.plan.system,
                &areas,
                &[service.code.node()],
                &commands,
            )?;
            match answers.last() {
                Some(SecureResponse::Read { data: read, .. }) if *read == data => {}
                _ => return Err(FlowError::ReadBack),
            }
        }
        Ok(())
    }
}

/// A line as a block: at most 16 bytes, filled up with zeros.
fn first_block(line: &str) -> Block {
    let mut block = Block::ZERO;
    let digits = line.strip_prefix("0x").and_then(hex::parse);
    let bytes = digits.unwrap_or_else(|| line.as_bytes().to_vec());
    block.put(0, &bytes[..bytes.len().min(16)]);
    block
}
