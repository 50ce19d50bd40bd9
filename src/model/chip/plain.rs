//! Commands that need no session: finding the card, its systems and nodes, and the blocks of services that
//! are free to use.

use super::mode::Mode;
use super::state::{Chip, Memory};
use crate::model::card::image::{ReadBlocks, ServiceDefinition, SystemImage};
use crate::model::card::{Block, Idm, KeyVersion, NodeCode, ServiceAccess, SystemCode};
use crate::model::command::{
    AccessMode, BlockElement, MAX_NODES, MAX_SERVICES, NodeVersions, PollingRequest, Response,
    SearchResult, Sf2, Specification, Status, SystemStatus,
};
use crate::model::port::{Nvm, PowerLost};

/// What stands for the key version or the blocks of a node that does not exist.
const NO_SUCH_NODE: u16 = 0xFFFF;
/// Communication performance: 212 and 424 kbit/s, detected automatically.
const PERFORMANCE: [u8; 2] = [0x00, 0x83];

/// Where an element of a block list leads.
pub(super) struct Target<'a> {
    /// Index of the element in the list.
    pub element: usize,
    pub service: &'a ServiceDefinition,
    /// Whether it gives back to a purse what was taken last.
    pub cashback: bool,
    /// Block number within the service.
    pub number: u16,
    /// Physical address of the block.
    pub at: u32,
}

/// What a block list is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Read,
    Write,
}

fn des_version(system: &SystemImage, node: NodeCode) -> KeyVersion {
    let key = system.node_key(node);
    key.map_or(NO_SUCH_NODE, |key| key.version)
}

fn aes_version(system: &SystemImage, node: NodeCode) -> KeyVersion {
    let key = system.aes_key(node);
    key.map_or(NO_SUCH_NODE, |key| key.version)
}

impl Chip {
    pub(super) fn polling(
        &mut self,
        code: SystemCode,
        request: PollingRequest,
    ) -> Option<Response> {
        let polled = self.image.polled(code)?;
        let (number, idm, pmm, code) = (polled.number, polled.idm, polled.pmm, polled.code);
        if number != self.selected {
            self.select(number);
        } else if !matches!(self.mode, Mode::Idle) {
            return None;
        }
        let data = match request {
            PollingRequest::None => None,
            PollingRequest::SystemCode => Some(code.0.to_be_bytes()),
            PollingRequest::Performance => Some(PERFORMANCE),
        };
        Some(Response::Polling { idm, pmm, data })
    }

    pub(super) fn request_service(&self, idm: Idm, nodes: &[NodeCode]) -> Option<Response> {
        let system = self.system()?;
        // A node that is there must not look as if it were not, whatever key it has.
        let version = |node: &NodeCode| system.key_version(*node);
        let versions = nodes.iter().map(version).collect();
        Some(Response::RequestService { idm, versions })
    }

    pub(super) fn request_service_v2(&self, idm: Idm, nodes: &[NodeCode]) -> Option<Response> {
        let system = self.system()?;
        let fits = (1..=MAX_NODES).contains(&nodes.len());
        let list = |version: fn(&SystemImage, NodeCode) -> KeyVersion| {
            nodes.iter().map(|node| version(system, *node)).collect()
        };
        let versions = || match self.profile.aes {
            true => NodeVersions {
                encryption: NodeVersions::AES_AND_DES,
                first: list(aes_version),
                second: list(des_version),
            },
            false => NodeVersions {
                encryption: NodeVersions::DES,
                first: list(des_version),
                second: Vec::new(),
            },
        };
        Some(Response::RequestServiceV2 {
            idm,
            status: if fits {
                Status::OK
            } else {
                Status::whole(Sf2::ServiceCount)
            },
            versions: fits.then(versions),
        })
    }

    pub(super) fn request_block_information(
        &self,
        idm: Idm,
        nodes: &[NodeCode],
    ) -> Option<Response> {
        let system = self.system()?;
        let blocks = |node: &NodeCode| match node.service() {
            Some(service) => system.service(service).map(|service| service.blocks),
            None => system.area(*node).map(|area| area.allotted),
        };
        let counts = nodes
            .iter()
            .map(|node| blocks(node).unwrap_or(NO_SUCH_NODE))
            .collect();
        Some(Response::RequestBlockInformation { idm, counts })
    }

    /// This chip has no state to tell.
    pub(super) fn get_system_status(&self, idm: Idm) -> Option<Response> {
        self.system()?;
        Some(Response::GetSystemStatus {
            idm,
            status: Status::OK,
            system: Some(SystemStatus {
                flag: 0,
                data: Vec::new(),
            }),
        })
    }

    /// This chip claims no version of the card specification, and none of its options.
    pub(super) fn request_specification_version(&self, idm: Idm) -> Option<Response> {
        self.system()?;
        Some(Response::RequestSpecificationVersion {
            idm,
            status: Status::OK,
            specification: Some(Specification {
                format: 0,
                basic: Specification::VERSION_MARK,
                options: Vec::new(),
            }),
        })
    }

    pub(super) fn search_service_code(&self, idm: Idm, index: u16) -> Option<Response> {
        let system = self.system()?;
        let areas = system.areas.iter().map(|a| {
            (
                a.code,
                SearchResult::Area {
                    code: a.code,
                    end: a.end,
                },
            )
        });
        let services = system
            .services
            .iter()
            .map(|s| (s.code.node(), SearchResult::Service(s.code)));
        let mut nodes: Vec<(NodeCode, SearchResult)> = areas.chain(services).collect();
        nodes.sort_by_key(|(code, _)| *code);
        let found = nodes
            .get(usize::from(index))
            .map_or(SearchResult::End, |(_, found)| *found);
        Some(Response::SearchServiceCode { idm, found })
    }

    pub(super) fn read_plain(
        &self,
        nvm: &dyn Nvm,
        idm: Idm,
        services: &[NodeCode],
        blocks: &[BlockElement],
    ) -> Option<Response> {
        if !matches!(self.mode, Mode::Idle) {
            return None;
        }
        let system = self.system()?;
        let most = self.profile.plain_read_blocks;
        let read = self
            .plain_services(system, services)
            .and_then(|found| self.read_blocks(nvm, system, &found, blocks, most));
        let (status, data) = status_and_data(read);
        Some(Response::ReadPlain { idm, status, data })
    }

    pub(super) fn write_plain(
        &mut self,
        nvm: &mut dyn Nvm,
        idm: Idm,
        services: &[NodeCode],
        blocks: &[BlockElement],
        data: &[Block],
    ) -> Result<Option<Response>, PowerLost> {
        if !matches!(self.mode, Mode::Idle) {
            return Ok(None);
        }
        let Some(system) = self.system() else {
            return Ok(None);
        };
        let targets = self
            .plain_services(system, services)
            .and_then(|found| {
                let most = self.profile.plain_write_blocks;
                let targets = self.targets(system, &found, blocks, Touch::Write, most)?;
                targets.collect::<Result<Vec<_>, _>>()
            })
            .and_then(|targets| self.writes(&*nvm, &targets, data));
        let status = match targets {
            Ok(writes) => {
                self.commit_data(nvm, &writes)?;
                Status::OK
            }
            Err(status) => status,
        };
        Ok(Some(Response::WritePlain { idm, status }))
    }

    /// The services of a list of 1 to 16, each of which must exist and be free to use without a session.
    fn plain_services<'a>(
        &self,
        system: &'a SystemImage,
        codes: &[NodeCode],
    ) -> Result<Vec<Option<&'a ServiceDefinition>>, Status> {
        if !(1..=MAX_SERVICES).contains(&codes.len()) {
            return Err(Status::whole(Sf2::ServiceCount));
        }
        let find = |(index, code): (usize, &NodeCode)| {
            let service = code
                .service()
                .ok_or(self.refuse_at(index, Sf2::NodeAttribute))?;
            if service.needs_authentication() {
                return Err(self.refuse_at(index, Sf2::Access));
            }
            let found = system.service(service);
            found
                .map(Some)
                .ok_or(self.refuse_at(index, Sf2::NoSuchNode))
        };
        codes.iter().enumerate().map(find).collect()
    }

    /// Where each element of a block list leads, or why to no block. A place in the list of services may be taken
    /// by a node that is none and has no blocks.
    pub(super) fn targets<'a>(
        &self,
        system: &SystemImage,
        services: &[Option<&'a ServiceDefinition>],
        blocks: &[BlockElement],
        touch: Touch,
        most: usize,
    ) -> Result<impl Iterator<Item = Result<Target<'a>, Status>>, Status> {
        if blocks.is_empty() || blocks.len() > most {
            return Err(Status::whole(Sf2::BlockCount));
        }
        let target = move |(index, element): (usize, &BlockElement)| {
            let service = services
                .get(usize::from(element.service))
                .ok_or(self.refuse_at(index, Sf2::ServiceIndex))?
                .ok_or(self.refuse_at(index, Sf2::NodeAttribute))?;
            let cashback = element.access == AccessMode::CASHBACK
                && touch == Touch::Write
                && service.code.access() == ServiceAccess::CashbackDecrement;
            if element.access != AccessMode::NORMAL && !cashback {
                return Err(self.refuse_at(index, Sf2::AccessMode));
            }
            if element.number >= service.blocks {
                return Err(self.refuse_at(index, Sf2::BlockNumber));
            }
            let at = system.user_run(service).first + u32::from(element.number);
            Ok(Target {
                element: index,
                service,
                cashback,
                number: element.number,
                at,
            })
        };
        Ok(blocks.iter().enumerate().map(target))
    }

    /// The blocks to which a block list leads, in its order.
    pub(super) fn read_blocks(
        &self,
        nvm: &dyn Nvm,
        system: &SystemImage,
        services: &[Option<&ServiceDefinition>],
        blocks: &[BlockElement],
        most: usize,
    ) -> Result<Vec<Block>, Status> {
        let targets = self.targets(system, services, blocks, Touch::Read, most)?;
        let memory = Memory(nvm);
        targets.map(|target| Ok(memory.block(target?.at))).collect()
    }
}

/// What the answer to a read carries.
pub(super) fn status_and_data(read: Result<Vec<Block>, Status>) -> (Status, Vec<Block>) {
    match read {
        Ok(data) => (Status::OK, data),
        Err(status) => (status, Vec::new()),
    }
}
