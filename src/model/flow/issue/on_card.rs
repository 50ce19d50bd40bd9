//! What issuing does with the card: for each step that writes, the question whether it is true and the commands that
//! make it so.
//!
//! Nothing is undone half-way, so every step sends only what is missing, in groups that the smallest chip commits as
//! one.

use super::aes_keys::{has_aes_keys, register_aes_keys};
use super::cast::Cast;
use super::plan::{PlannedArea, PlannedService};
use crate::model::card::{NodeCode, ServiceKind, SystemCode};
use crate::model::command::{SecureRequest, code};
use crate::model::flow::error::FlowError;
use crate::model::flow::passed::Passed;
use crate::model::port::{AuthTarget, SamError};
use crate::model::reader::{BlockAccess, CardError, Change, Outcome, Reader};
use serde::{Deserialize, Serialize};

/// Nodes that are registered with one commit: what every chip takes that can be divided.
const NODES_A_COMMIT: usize = 6;
/// Blocks of first data in one write: what every chip takes.
const BLOCKS_A_WRITE: usize = 8;
/// Services that one authentication proves the keys of: its frame stays far below its limit.
const SERVICES_A_PROOF: usize = 8;

/// The card as it lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Blank {
    /// It has the plan's system code already, from an earlier touch of this flow.
    pub is_issued: bool,
}

/// A step of several writes of which some were made is not as it was before, whatever became of the last.
fn part_done(outcome: Outcome, some_made: bool) -> Result<(), FlowError> {
    match outcome {
        Outcome::NotDone(error) if some_made => Err(FlowError::Unsettled(error)),
        outcome => FlowError::from_outcome(outcome),
    }
}

impl Cast<'_> {
    /// No frame: what a step records that was found to be true.
    pub(super) fn nothing(&self) -> Passed {
        Passed::new(self.desk.idm, &[])
    }

    /// System 0 of the card on the reader, which must be the one that the order names.
    fn read_system(&mut self) -> Result<SystemCode, FlowError> {
        // A card that is put on the desk comes without a session.
        self.card.field_off();
        let mut reader = Reader::new(self.card);
        let found = reader.poll(SystemCode::ANY)?.idm;
        if found != self.desk.idm {
            let expected = self.desk.idm;
            return Err(FlowError::WrongCard { expected, found });
        }
        match reader.system_codes(found)?[..] {
            [system] => Ok(system),
            [system, ..] => Err(FlowError::Personalized(system)),
            [] => Err(CardError::Answer(code::REQUEST_SYSTEM_CODE).into()),
        }
    }

    /// IS02: a card that nobody has issued, and that has room for the plan.
    pub(super) fn read_blank(&mut self) -> Result<Blank, FlowError> {
        let system = self.read_system()?;
        if system != SystemCode::ANY {
            return Err(FlowError::Personalized(system));
        }
        let mut reader = Reader::new(self.card);
        let needed = self.desk.plan.blocks();
        match reader.block_counts(self.desk.idm, &[NodeCode::AREA_0]) {
            Ok(free) if free.iter().all(|free| u32::from(*free) >= needed) => {}
            Ok(free) => {
                let free = free.iter().map(|free| u32::from(*free)).sum();
                return Err(FlowError::TooSmall { needed, free });
            }
            // A card that does not tell refuses what does not fit.
            Err(CardError::Silent(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Blank { is_issued: false })
    }

    /// IS02 in a later touch: the same card, blank still or with the plan's system. Whether that is of this flow, its
    /// keys will tell.
    pub(super) fn read_again(&mut self) -> Result<Blank, FlowError> {
        let system = self.read_system()?;
        if system != SystemCode::ANY && system != self.desk.plan.system {
            return Err(FlowError::Personalized(system));
        }
        Ok(Blank {
            is_issued: system == self.desk.plan.system,
        })
    }

    /// IS03: an authentication with the transport keys. The session stays open for IS04 and IS05.
    pub(super) fn prove_transport_keys(&mut self) -> Result<Passed, FlowError> {
        let target = self
            .desk
            .target(SystemCode::ANY, &[NodeCode::AREA_0], &[NodeCode::SYSTEM]);
        let mut reader = Reader::new(self.card);
        reader.authenticate(&mut self.desk.blank, &target, self.rng)?;
        Ok(Passed::new(self.desk.idm, &reader.frames))
    }

    /// IS04: Register Issue ID, prepared.
    pub(super) fn prepare_identity(&mut self) -> Result<Passed, FlowError> {
        let register = SecureRequest::RegisterIssueId {
            idi: self.desk.plan.idi,
            pmi: self.desk.plan.pmi,
            package: self.desk.identity_package()?,
        };
        let mut reader = Reader::new(self.card);
        reader.secure(&mut self.desk.blank, &register)?;
        Ok(Passed::new(self.desk.idm, &reader.frames))
    }

    /// IS05: Change System Block, which makes the identity true.
    pub(super) fn commit_identity(&mut self) -> Result<Passed, FlowError> {
        let mut reader = Reader::new(self.card);
        let answer = reader.secure(&mut self.desk.blank, &SecureRequest::ChangeSystemBlock);
        let passed = Passed::new(self.desk.idm, &reader.frames);
        let outcome = Outcome::answered(answer.map(|_| ()));
        FlowError::from_outcome(outcome.confirmed(|| self.identity_holds()))?;
        Ok(passed)
    }

    /// Whether the card has system code, issuance IDs and area 0's key of the plan.
    pub(super) fn has_identity(&mut self) -> Result<bool, FlowError> {
        Ok(self.identity_holds()?)
    }

    /// The system's key may be the transport key still, or the issuer's already.
    fn identity_holds(&mut self) -> Result<bool, CardError> {
        let plan = &self.desk.plan;
        let ids = (plan.idi, plan.pmi);
        let target = self.root();
        let mut reader = Reader::new(self.card);
        let held = reader.is_issued(&target, ids, &mut self.desk.between, self.rng);
        match held {
            Err(CardError::Sam(SamError::NotGenuine)) => {
                reader.is_issued(&target, ids, &mut self.desk.own, self.rng)
            }
            held => held,
        }
    }

    /// The system's key and area 0's.
    fn root(&self) -> AuthTarget {
        let system = self.desk.plan.system;
        self.desk
            .target(system, &[NodeCode::AREA_0], &[NodeCode::SYSTEM])
    }

    /// Whether the system's key is the issuer's.
    pub(super) fn has_system_key(&mut self) -> Result<bool, FlowError> {
        let version = self.desk.version_of(NodeCode::SYSTEM)?;
        let target = self.root();
        let mut reader = Reader::new(self.card);
        let (after, before) = (&mut self.desk.own, &mut self.desk.between);
        Ok(reader.keys_are(&target, &[version], after, before, self.rng)?)
    }

    /// IS06: the transport key gives way to the issuer's. It counts when the card has authenticated with it.
    pub(super) fn change_system_key(&mut self) -> Result<Passed, FlowError> {
        let change = self.desk.system_key_change()?;
        let versions = [(change.node, change.version)];
        let target = self.root();
        let mut reader = Reader::new(self.card);
        let desk = &mut *self.desk;
        let outcome = match reader.open(&mut desk.between, &target, self.rng) {
            Ok(mut session) => session.change_keys(&[change]),
            Err(error) => Outcome::NotDone(error),
        };
        let outcome = outcome.confirmed(|| {
            let (after, before) = (&mut desk.own, &mut desk.between);
            reader.keys_are(&target, &versions, after, before, self.rng)
        });
        FlowError::from_outcome(outcome)?;
        Ok(Passed::new(desk.idm, &reader.frames))
    }

    /// Opens a session with the issuer's keys, prepares in it, and commits.
    fn register(
        &mut self,
        passed: &mut Passed,
        target: &AuthTarget,
        commands: &[SecureRequest],
    ) -> Outcome {
        let mut reader = Reader::new(self.card);
        let opened = reader.authenticate(&mut self.desk.own, target, self.rng);
        let mut prepared = opened.map(|_| ());
        for command in commands {
            let sent = prepared.and_then(|()| reader.secure(&mut self.desk.own, command));
            prepared = sent.map(|_| ());
        }
        let outcome = match prepared {
            Ok(()) => {
                let commit = SecureRequest::ChangeSystemBlock;
                Outcome::answered(reader.secure(&mut self.desk.own, &commit).map(|_| ()))
            }
            // What was prepared is gone with the session.
            Err(error) => Outcome::NotDone(error),
        };
        passed.add(&reader.frames);
        outcome
    }

    /// Whether all areas are there, and prove their keys.
    pub(super) fn has_areas(&mut self) -> Result<bool, FlowError> {
        let nodes = self.desk.area_nodes()?;
        let proof = |(area, _): &(NodeCode, u16)| self.of_area(*area, &[*area]);
        let proofs: Vec<AuthTarget> = nodes.iter().map(proof).collect();
        let mut reader = Reader::new(self.card);
        let desk = &mut *self.desk;
        Ok(reader.has_nodes(desk.idm, &nodes, &proofs, &mut desk.own, self.rng)?)
    }

    fn of_area(&self, area: NodeCode, services: &[NodeCode]) -> AuthTarget {
        let system = self.desk.plan.system;
        self.desk
            .target(system, &[NodeCode::AREA_0, area], services)
    }

    /// IS07: Register Area for every area that is not there.
    pub(super) fn register_areas(&mut self) -> Result<Passed, FlowError> {
        let nodes = self.desk.area_nodes()?;
        let missing = Reader::new(self.card).missing(self.desk.idm, &nodes);
        let missing = missing.map_err(FlowError::NotDone)?;
        let mut commands = Vec::new();
        for area in &self.desk.plan.areas {
            if missing.contains(&area.code) {
                commands.push(SecureRequest::RegisterArea {
                    code: area.code,
                    package: self.desk.area_package(area)?,
                });
            }
        }
        let system = self.desk.plan.system;
        let root = self
            .desk
            .target(system, &[NodeCode::AREA_0], &[NodeCode::AREA_0]);
        let mut passed = self.nothing();
        for (made, commands) in commands.chunks(NODES_A_COMMIT).enumerate() {
            let outcome = self.register(&mut passed, &root, commands);
            part_done(outcome, made > 0)?;
        }
        read_back(self.has_areas())?;
        Ok(passed)
    }

    /// Whether all services are there, and prove their keys.
    pub(super) fn has_services(&mut self) -> Result<bool, FlowError> {
        for area in self.desk.plan.areas.clone() {
            let nodes = self.desk.service_nodes(&area)?;
            let keyed = |service: &&PlannedService| service.code.needs_authentication();
            let keyed: Vec<NodeCode> = area
                .services
                .iter()
                .filter(keyed)
                .map(|service| service.code.node())
                .collect();
            let proofs: Vec<AuthTarget> = keyed
                .chunks(SERVICES_A_PROOF)
                .map(|services| self.of_area(area.code, services))
                .collect();
            let mut reader = Reader::new(self.card);
            let desk = &mut *self.desk;
            if !reader.has_nodes(desk.idm, &nodes, &proofs, &mut desk.own, self.rng)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// IS08: Register Service, area by area, for every service that is not there.
    pub(super) fn register_services(&mut self) -> Result<Passed, FlowError> {
        let mut passed = self.nothing();
        let mut some_made = false;
        for area in self.desk.plan.areas.clone() {
            let nodes = self.desk.service_nodes(&area)?;
            let missing = match Reader::new(self.card).missing(self.desk.idm, &nodes) {
                Ok(missing) => missing,
                Err(error) => {
                    return part_done(Outcome::NotDone(error), some_made).map(|()| passed);
                }
            };
            let mut commands = Vec::new();
            for service in &area.services {
                let code = service.code.node();
                if missing.contains(&code) {
                    let package = self.desk.service_package(&area, service)?;
                    commands.push(SecureRequest::RegisterService { code, package });
                }
            }
            let target = self.of_area(area.code, &[area.code]);
            for commands in commands.chunks(NODES_A_COMMIT) {
                let outcome = self.register(&mut passed, &target, commands);
                part_done(outcome, some_made)?;
                some_made = true;
            }
        }
        read_back(self.has_services())?;
        Ok(passed)
    }

    /// Whether every service shows its first data.
    pub(super) fn has_first_data(&mut self) -> Result<bool, FlowError> {
        for (area, service) in self.with_data() {
            if !self.shows_first_data(area, &service)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn with_data(&self) -> Vec<(NodeCode, PlannedService)> {
        let of_area = |area: &PlannedArea| {
            let filled = area
                .services
                .iter()
                .filter(|service| !service.data.is_empty());
            let code = area.code;
            filled
                .map(|service| (code, service.clone()))
                .collect::<Vec<_>>()
        };
        self.desk.plan.areas.iter().flat_map(of_area).collect()
    }

    /// A session for a service's blocks: one that is free to use comes behind its area, which has a key.
    fn for_data(&self, area: NodeCode, service: &PlannedService) -> AuthTarget {
        let code = service.code.node();
        match service.code.needs_authentication() {
            true => self.of_area(area, &[code]),
            false => self.of_area(area, &[area, code]),
        }
    }

    fn shows_first_data(
        &mut self,
        area: NodeCode,
        service: &PlannedService,
    ) -> Result<bool, CardError> {
        let target = self.for_data(area, service);
        let expected = service.first_blocks();
        let numbers: Vec<u16> = (0..expected.len()).map(|number| number as u16).collect();
        let mut reader = Reader::new(self.card);
        let mut session = reader.open(&mut self.desk.own, &target, self.rng)?;
        Ok(session.read(service.code, &numbers)? == expected)
    }

    /// IS09: the first data of every service that does not show it, read back write by write.
    pub(super) fn write_first_data(&mut self) -> Result<Passed, FlowError> {
        let mut passed = self.nothing();
        let mut some_made = false;
        for (area, service) in self.with_data() {
            let target = self.for_data(area, &service);
            let mut reader = Reader::new(self.card);
            let mut session = match reader.open(&mut self.desk.own, &target, self.rng) {
                Ok(session) => session,
                Err(error) => {
                    return part_done(Outcome::NotDone(error), some_made).map(|()| passed);
                }
            };
            for changes in first_changes(&service) {
                let outcome = match session.plan(&changes) {
                    Ok(plan) => session.write(&plan),
                    Err(error) => Outcome::NotDone(error),
                };
                part_done(outcome, some_made)?;
                some_made = true;
            }
            passed.add(&reader.frames);
        }
        read_back(self.has_first_data())?;
        Ok(passed)
    }

    /// Whether the card has the AES keys that the issuer has for it.
    pub(super) fn has_aes_keys(&mut self) -> Result<bool, FlowError> {
        let desk = &*self.desk;
        has_aes_keys(self.card, &desk.ring, &desk.plan, desk.idm, self.rng)
    }

    /// IS10: the AES keys that are not there. Each group is a commit of its own, so whatever goes wrong leaves it open.
    pub(super) fn register_aes_keys(&mut self) -> Result<Passed, FlowError> {
        let desk = &*self.desk;
        let registered = register_aes_keys(self.card, &desk.ring, &desk.plan, desk.idm, self.rng);
        read_back(registered.map(|()| true))?;
        read_back(self.has_aes_keys())?;
        Ok(self.nothing())
    }

    /// IS11: all of it once more, from the system code to the data.
    pub(super) fn check_everything(&mut self) -> Result<Passed, FlowError> {
        let holds = self.has_identity()?
            && self.has_system_key()?
            && self.has_areas()?
            && self.has_services()?
            && self.has_first_data()?
            && self.has_aes_keys()?;
        match holds {
            true => Ok(self.nothing()),
            false => Err(FlowError::ReadBack),
        }
    }
}

/// What was written must be there; what goes wrong in asking leaves that open.
fn read_back(held: Result<bool, FlowError>) -> Result<(), FlowError> {
    match held {
        Ok(true) => Ok(()),
        Ok(false) => Err(FlowError::Unsettled(CardError::ReadBack)),
        Err(FlowError::Card(error)) => Err(FlowError::Unsettled(error)),
        Err(error) => Err(error),
    }
}

/// The writes that give a service its first data. A ring takes the oldest records first; those that it has already as
/// its newest, it leaves.
fn first_changes(service: &PlannedService) -> Vec<Vec<Change>> {
    let (code, blocks) = (service.code, service.first_blocks());
    if code.kind() == ServiceKind::Cyclic {
        let push = |block: &_| Change::Push {
            service: code,
            block: *block,
        };
        let writes = blocks.rchunks(BLOCKS_A_WRITE);
        return writes
            .map(|chunk| chunk.iter().map(push).collect())
            .collect();
    }
    let set = |(number, block): (usize, &_)| Change::Set {
        service: code,
        number: number as u16,
        block: *block,
    };
    let all: Vec<Change> = blocks.iter().enumerate().map(set).collect();
    all.chunks(BLOCKS_A_WRITE).map(<[Change]>::to_vec).collect()
}
