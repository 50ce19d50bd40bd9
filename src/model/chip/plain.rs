//! Commands that need no session: finding the card, its systems and nodes, and the blocks of services that
//! are free to use.

use super::{Chip, Memory, Mode};
use crate::model::card::image::{ReadBlocks, ServiceDefinition, SystemImage};
use crate::model::card::{Block, Idm, KeyVersion, NodeCode, ServiceAccess, SystemCode};
use crate::model::command::{
    AccessMode, BlockElement, MAX_SERVICES, PollingRequest, Response, SearchResult, Sf2, Status,
};
use crate::model::port::{Nvm, PowerLost};

/// What Request Service gives for a node that does not exist.
const NO_SUCH_NODE: KeyVersion = 0xFFFF;
/// Communication performance: 212 and 424 kbit/s, detected automatically.
const PERFORMANCE: [u8; 2] = [0x00, 0x83];

/// Where an element of a block list leads.
pub(super) struct Target {
    /// Index of the element in the list.
    pub element: usize,
    pub service: ServiceDefinition,
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
        let version = |node: &NodeCode| {
            system
                .node_key(*node)
                .map_or(NO_SUCH_NODE, |key| key.version)
        };
        Some(Response::RequestService {
            idm,
            versions: nodes.iter().map(version).collect(),
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
        let targets = self.plain_services(system, services).and_then(|found| {
            self.targets(
                system,
                &found,
                blocks,
                Touch::Read,
                self.profile.plain_read_blocks,
            )
        });
        Some(match targets {
            Ok(targets) => {
                let memory = Memory(nvm);
                let data = targets
                    .iter()
                    .map(|target| memory.block(target.at))
                    .collect();
                Response::ReadPlain {
                    idm,
                    status: Status::OK,
                    data,
                }
            }
            Err(status) => Response::ReadPlain {
                idm,
                status,
                data: Vec::new(),
            },
        })
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
                self.targets(
                    system,
                    &found,
                    blocks,
                    Touch::Write,
                    self.profile.plain_write_blocks,
                )
            })
            .and_then(|targets| self.writes(&*nvm, &targets, data));
        let status = match targets {
            Ok(writes) => {
                self.commit(nvm, &writes)?;
                Status::OK
            }
            Err(status) => status,
        };
        Ok(Some(Response::WritePlain { idm, status }))
    }

    /// The services of a list of 1 to 16, each of which must exist and be free to use without a session.
    fn plain_services(
        &self,
        system: &SystemImage,
        codes: &[NodeCode],
    ) -> Result<Vec<Option<ServiceDefinition>>, Status> {
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
            let found = system.service(service).cloned();
            found
                .map(Some)
                .ok_or(self.refuse_at(index, Sf2::NoSuchNode))
        };
        codes.iter().enumerate().map(find).collect()
    }

    /// Where the elements of a block list lead, if all of them lead to a block. A place in the list of services
    /// may be taken by a node that is none and has no blocks.
    pub(super) fn targets(
        &self,
        system: &SystemImage,
        services: &[Option<ServiceDefinition>],
        blocks: &[BlockElement],
        touch: Touch,
        most: usize,
    ) -> Result<Vec<Target>, Status> {
        if blocks.is_empty() || blocks.len() > most {
            return Err(Status::whole(Sf2::BlockCount));
        }
        let target = |(index, element): (usize, &BlockElement)| {
            let service = services
                .get(usize::from(element.service))
                .ok_or(self.refuse_at(index, Sf2::ServiceIndex))?
                .as_ref()
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
                service: service.clone(),
                cashback,
                number: element.number,
                at,
            })
        };
        blocks.iter().enumerate().map(target).collect()
    }
}
