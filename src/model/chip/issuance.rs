//! Registration: what a blank card comes with, and the commands that give it an identity, areas and services.
//!
//! Each command prepares block writes in volatile memory; Change System Block writes them all as one. Until
//! then a card that loses its power is as it was. A new service's user blocks are not written: they stay erased
//! (FFh) until its first data.

use super::mode::{Mode, SessionNodes};
use super::redo;
use super::state::Chip;
use crate::model::card::definition;
use crate::model::card::image::{AreaDefinition, OWN_BLOCKS, StoredKey, SystemImage};
use crate::model::card::profile::Profile;
use crate::model::card::{Block, Idi, Idm, KeyVersion, NodeCode, Pmi, ServiceKind, SystemCode};
use crate::model::cipher::{
    AesKey, AreaPackage, DesKey, IssueIdPackage, PackageError, ServicePackage,
};
use crate::model::command::{SealedPackage, SecureRequest, SecureResponse, Sf2, Status};
use crate::model::port::{Nvm, PowerLost};

/// Version of the transport keys of a blank card.
const TRANSPORT_VERSION: u16 = 0;

/// The memory of a card fresh from the maker: identity, division key K_D, and one empty system of no code that
/// is guarded by the transport key alone. Register Issue ID makes it somebody's.
pub fn factory_image(
    profile: &Profile,
    idm: Idm,
    division_key: &DesKey,
    transport: &DesKey,
) -> Vec<Block> {
    let mut memory = vec![Block::ERASED; profile.blocks as usize];
    let last = memory.len() - 1;
    let root_blocks = (profile.blocks - OWN_BLOCKS - 1).min(0xFFFF) as u16;
    memory[last] = definition::manufacture(idm.of_system(0), profile.pmm);
    memory[last - 2] = definition::system(
        SystemCode::ANY,
        TRANSPORT_VERSION,
        transport,
        profile.blocks,
    );
    memory[last - 3] = definition::division_key(1, division_key);
    memory[last - 4] = definition::area(
        NodeCode::AREA_0,
        NodeCode::AREA_0_END,
        root_blocks,
        TRANSPORT_VERSION,
        transport,
    );
    memory
}

/// Gives a memory fresh from [`factory_image`] the AES key that its system has before it is anybody's. All other
/// AES keys of the card are registered under this one and its successors.
pub fn put_transport_aes_key(memory: &mut [Block], key: &AesKey) {
    let [first, second] = definition::aes_key(NodeCode::SYSTEM, TRANSPORT_VERSION, key);
    let last = memory.len() - 1;
    memory[last - 5] = first;
    memory[last - 6] = second;
}

impl Chip {
    /// Carries an issuance command out. Answers always carry status flags.
    pub(super) fn issue(
        &mut self,
        nvm: &mut dyn Nvm,
        nodes: &SessionNodes,
        request: SecureRequest,
    ) -> Result<SecureResponse, PowerLost> {
        let answer = match request {
            SecureRequest::RegisterIssueId { idi, pmi, package } => {
                self.register_issue_id(nvm, idi, pmi, &package).map(Some)
            }
            SecureRequest::RegisterArea { code, package } => self
                .register_area(nvm, nodes, code, &package)
                .map(|()| None),
            SecureRequest::RegisterService { code, package } => {
                self.register_service(nvm, nodes, code, &package).map(Some)
            }
            SecureRequest::SeparateSystem(phase) => self.separate_phase(nvm, phase).map(|()| None),
            SecureRequest::ChangeSystemBlock => self.change_system_block(nvm)?.map(|()| None),
            SecureRequest::RegisterAesKey { node, package } => self
                .register_aes_key(nvm, nodes, node, &package)
                .map(|()| None),
            SecureRequest::Read { .. } | SecureRequest::Write { .. } => {
                Err(Status::whole(Sf2::IssuanceDisabled))
            }
        };
        Ok(match answer {
            Ok(remaining) => SecureResponse::Status {
                status: Status::OK,
                remaining,
            },
            Err(status) => SecureResponse::Status {
                status,
                remaining: None,
            },
        })
    }

    fn register_issue_id(
        &mut self,
        nvm: &dyn Nvm,
        idi: Idi,
        pmi: Pmi,
        package: &SealedPackage,
    ) -> Result<u16, Status> {
        let system = self.issuable()?;
        if system.issuance.is_some() {
            return Err(Status::whole(Sf2::IssuanceDisabled));
        }
        let key = des_key(system, NodeCode::AREA_0)?;
        let package = IssueIdPackage::open(key, package).map_err(package_status)?;
        if package.system_code == SystemCode::ANY {
            return Err(Status::whole(Sf2::SystemCode));
        }
        // Without a DES key of area 0 nothing could be registered.
        if is_no_key(package.area0_key_version, &package.area0_key) {
            return Err(Status::whole(Sf2::IssuanceParameter));
        }
        let last = system.window.end() - 1;
        let root = system.areas.first().ok_or(Status::whole(Sf2::Memory))?;
        let writes = [
            (last - 1, definition::issuance(idi, pmi)),
            (
                last - 2,
                definition::system(
                    package.system_code,
                    system.key.version,
                    &system.key.key,
                    system.window.blocks,
                ),
            ),
            (
                root.at,
                definition::area(
                    root.code,
                    root.end,
                    root.allotted,
                    package.area0_key_version,
                    &package.area0_key,
                ),
            ),
        ];
        let remaining = system.budget_left(root);
        self.prepare(nvm, &writes)?;
        Ok(remaining)
    }

    fn register_area(
        &mut self,
        nvm: &dyn Nvm,
        nodes: &SessionNodes,
        code: NodeCode,
        package: &SealedPackage,
    ) -> Result<(), Status> {
        let system = self.issuable()?;
        let parent = registering_area(system, nodes, code)?;
        let key = des_key(system, parent.code)?;
        let package = AreaPackage::open(key, package).map_err(package_status)?;
        if package.code != code {
            return Err(Status::whole(Sf2::PackageMismatch));
        }
        self.check_key(package.key_version, &package.key)?;
        if !code.is_area() || !parent.code.allows_sub_areas() {
            return Err(Status::whole(Sf2::IssuanceAttribute));
        }
        if system.area(code).is_some() {
            return Err(Status::whole(Sf2::ServiceExists));
        }
        let inside = code < package.end && parent.spans(package.end);
        let clear = |other: &AreaDefinition| {
            other.code == parent.code
                || other.spans(parent.code)
                || package.end < other.code
                || other.end < code
        };
        let holds_nothing = system
            .services
            .iter()
            .all(|s| !(code..=package.end).contains(&s.code.node()));
        let fits = u32::from(package.blocks) < u32::from(system.budget_left(parent));
        if !(inside && system.areas.iter().all(clear) && holds_nothing && fits) {
            return Err(Status::whole(Sf2::IssuanceParameter));
        }
        let at = system
            .next_system_block()
            .ok_or(Status::whole(Sf2::IssuanceParameter))?;
        let block = definition::area(
            code,
            package.end,
            package.blocks,
            package.key_version,
            &package.key,
        );
        self.prepare(nvm, &[(at, block)])
    }

    fn register_service(
        &mut self,
        nvm: &dyn Nvm,
        nodes: &SessionNodes,
        code: NodeCode,
        package: &SealedPackage,
    ) -> Result<u16, Status> {
        let system = self.issuable()?;
        let parent = registering_area(system, nodes, code)?;
        let key = des_key(system, parent.code)?;
        let package = ServicePackage::open(key, package).map_err(package_status)?;
        if package.code.node() != code {
            return Err(Status::whole(Sf2::PackageMismatch));
        }
        self.check_key(package.key_version, &package.key)?;
        if system.service(package.code).is_some() {
            return Err(Status::whole(Sf2::ServiceExists));
        }
        let too_many = Status::whole(Sf2::IssuanceParameter);
        // A push writes the whole ring as one, so a longer one could never be written.
        if package.code.kind() == ServiceKind::Cyclic
            && self.profile.is_atomic()
            && usize::from(package.blocks) > redo::capacity(nvm.log_blocks())
        {
            return Err(too_many);
        }
        let left = system.budget_left(parent);
        let shared = system
            .services
            .iter()
            .find(|s| s.code.number() == package.code.number());
        let (first, cost) = match shared {
            Some(other) if other.blocks == package.blocks => (u32::from(other.first), 1),
            Some(_) => return Err(too_many),
            None => (
                system.place_user_blocks(package.blocks).ok_or(too_many)?,
                u32::from(package.blocks) + 1,
            ),
        };
        if package.blocks == 0 || cost > u32::from(left) {
            return Err(too_many);
        }
        let remaining = (u32::from(left) - cost) as u16;
        let at = system.next_system_block().ok_or(too_many)?;
        let block = definition::service(
            package.code,
            first as u16,
            package.blocks,
            package.key_version,
            &package.key,
        );
        self.prepare(nvm, &[(at, block)])?;
        Ok(remaining)
    }

    pub(super) fn change_system_block(
        &mut self,
        nvm: &mut dyn Nvm,
    ) -> Result<Result<(), Status>, PowerLost> {
        let complete = self
            .pending
            .as_ref()
            .is_some_and(|p| p.number == self.selected && p.is_complete());
        // A system that is not there yet is made by a whole division only.
        if self.system().is_none() && !complete {
            return Ok(Err(Status::whole(Sf2::IssuanceParameter)));
        }
        let writes: Vec<(u32, Block)> = self
            .prepared
            .iter()
            .map(|(at, block)| (*at, *block))
            .collect();
        self.commit_definitions(nvm, &writes)?;
        self.forget_prepared();
        self.pending = None;
        Ok(Ok(()))
    }

    /// Refuses a node without a DES key where it could not have another one either.
    fn check_key(&self, version: KeyVersion, key: &DesKey) -> Result<(), Status> {
        if is_no_key(version, key) && !self.profile.aes {
            return Err(Status::whole(Sf2::IssuanceParameter));
        }
        Ok(())
    }

    /// The selected system with what is prepared, for registering in it; a pending one is closed to that.
    pub(super) fn issuable(&self) -> Result<&SystemImage, Status> {
        debug_assert!(
            matches!(self.mode, Mode::Open(_) | Mode::AesOpen(_)),
            "issuance is inside a session"
        );
        let pending = self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.number == self.selected);
        let system = self.prepared_system().filter(|_| !pending);
        system.ok_or(Status::whole(Sf2::IssuanceDisabled))
    }
}

/// Whether a version and a key stand for *no key*.
fn is_no_key(version: KeyVersion, key: &DesKey) -> bool {
    let key = key.clone();
    StoredKey { version, key }.is_none()
}

/// The DES key that guards what is registered under a node.
fn des_key(system: &SystemImage, node: NodeCode) -> Result<&DesKey, Status> {
    let key = system.node_key(node).map(|key| &key.key);
    key.ok_or(Status::whole(Sf2::Access))
}

/// The area under which a node is to be registered; the session must have been opened for it.
fn registering_area<'a>(
    system: &'a SystemImage,
    nodes: &SessionNodes,
    code: NodeCode,
) -> Result<&'a AreaDefinition, Status> {
    let parent = system.area_of(code).ok_or(Status::whole(Sf2::NoSuchNode))?;
    let named = nodes.areas.contains(&parent.code) || nodes.services.contains(&parent.code);
    named.then_some(parent).ok_or(Status::whole(Sf2::Access))
}

pub(super) fn package_status(error: PackageError) -> Status {
    Status::whole(match error {
        PackageError::Mac => Sf2::PackageMac,
        PackageError::Shape => Sf2::PackageIdentifier,
    })
}
