//! The commands that need no session: reading and writing free blocks, and what a card tells of itself.

use super::blocks::{BlockAccess, Limits, Place};
use super::{CardError, NO_SUCH_NODE, Reader};
use crate::model::card::observation::Fact;
use crate::model::card::{Block, Idm, NodeCode, ServiceCode};
use crate::model::command::{
    BlockElement, NodeVersions, Request, Response, Specification, Status, SystemStatus, code,
};

/// Blocks of services that need no authentication, of one system of a card in mode 0.
pub struct Plain<'r, 'a> {
    reader: &'r mut Reader<'a>,
    idm: Idm,
    limits: Limits,
}

impl<'a> Reader<'a> {
    /// The free blocks of the system of that IDm.
    pub fn plain<'r>(&'r mut self, idm: Idm) -> Plain<'r, 'a> {
        Plain {
            reader: self,
            idm,
            limits: Limits { read_blocks: 15 },
        }
    }
}

impl BlockAccess for Plain<'_, '_> {
    fn read_once(&mut self, places: &[Place]) -> Result<Vec<Block>, CardError> {
        let (services, blocks) = listed(places);
        self.reader.read_free(self.idm, services, blocks)
    }

    fn write_once(&mut self, places: &[Place], data: &[Block]) -> Result<(), CardError> {
        let (services, blocks) = listed(places);
        let request = Request::WritePlain {
            idm: self.idm,
            services,
            blocks,
            data: data.to_vec(),
        };
        match self.reader.ask(&request)? {
            Response::WritePlain { status, .. } => done(code::WRITE_PLAIN, status),
            _ => Err(CardError::Answer(code::WRITE_PLAIN)),
        }
    }

    fn limits(&mut self) -> &mut Limits {
        &mut self.limits
    }

    fn learn(&mut self, fact: Fact) {
        self.reader.learned.push((self.idm, fact));
    }
}

/// The service list of these places, each service once, and the block list that points into it.
fn listed(places: &[Place]) -> (Vec<NodeCode>, Vec<BlockElement>) {
    let mut services: Vec<NodeCode> = Vec::new();
    let mut blocks = Vec::new();
    for place in places {
        let node = place.service.node();
        let known = services.iter().position(|service| *service == node);
        let index = known.unwrap_or_else(|| {
            services.push(node);
            services.len() - 1
        });
        blocks.push(BlockElement {
            // A list of more than 16 services does not encode.
            service: u8::try_from(index).unwrap_or(u8::MAX),
            access: place.access,
            number: place.number,
        });
    }
    (services, blocks)
}

fn done(command: u8, status: Status) -> Result<(), CardError> {
    match status.is_done() {
        true => Ok(()),
        false => Err(CardError::Status { command, status }),
    }
}

impl Reader<'_> {
    /// Read Without Encryption: these blocks of one service in one command, in the order asked.
    pub fn read_plain(
        &mut self,
        idm: Idm,
        service: ServiceCode,
        numbers: &[u16],
    ) -> Result<Vec<Block>, CardError> {
        let element = |number: &u16| BlockElement::normal(0, *number);
        let blocks = numbers.iter().map(element).collect();
        self.read_free(idm, vec![service.node()], blocks)
    }

    fn read_free(
        &mut self,
        idm: Idm,
        services: Vec<NodeCode>,
        blocks: Vec<BlockElement>,
    ) -> Result<Vec<Block>, CardError> {
        let count = blocks.len();
        let request = Request::ReadPlain {
            idm,
            services,
            blocks,
        };
        match self.ask(&request)? {
            Response::ReadPlain { status, data, .. } if status == Status::OK => {
                let whole = data.len() == count;
                whole
                    .then_some(data)
                    .ok_or(CardError::Answer(code::READ_PLAIN))
            }
            Response::ReadPlain { status, .. } => Err(CardError::Status {
                command: code::READ_PLAIN,
                status,
            }),
            _ => Err(CardError::Answer(code::READ_PLAIN)),
        }
    }

    /// Request Response: the card's mode, 0 to 3.
    pub fn mode(&mut self, idm: Idm) -> Result<u8, CardError> {
        match self.ask(&Request::RequestResponse { idm })? {
            Response::RequestResponse { mode, .. } => Ok(mode),
            _ => Err(CardError::Answer(code::REQUEST_RESPONSE)),
        }
    }

    /// Request Block Information: of a service its blocks, of an area its allotment, whatever of it is left, FFFFh for
    /// any other node.
    pub fn block_counts(&mut self, idm: Idm, nodes: &[NodeCode]) -> Result<Vec<u16>, CardError> {
        let request = Request::RequestBlockInformation {
            idm,
            nodes: nodes.to_vec(),
        };
        match self.ask(&request)? {
            Response::RequestBlockInformation { counts, .. } if counts.len() == nodes.len() => {
                let known = nodes
                    .iter()
                    .zip(&counts)
                    .filter(|(_, count)| **count != NO_SUCH_NODE);
                let fact = |(node, count): (&NodeCode, &u16)| {
                    Some((idm, Fact::Blocks(node.service()?, *count)))
                };
                self.learned.extend(known.filter_map(fact));
                Ok(counts)
            }
            _ => Err(CardError::Answer(code::REQUEST_BLOCK_INFORMATION)),
        }
    }

    /// Request Service v2: key versions of the nodes, by cipher.
    pub fn key_versions_v2(
        &mut self,
        idm: Idm,
        nodes: &[NodeCode],
    ) -> Result<NodeVersions, CardError> {
        let command = code::REQUEST_SERVICE_V2;
        let request = Request::RequestServiceV2 {
            idm,
            nodes: nodes.to_vec(),
        };
        match self.ask(&request)? {
            Response::RequestServiceV2 {
                versions: Some(versions),
                ..
            } if versions.first.len() == nodes.len() => Ok(versions),
            Response::RequestServiceV2 { status, .. } if !status.is_done() => {
                Err(CardError::Status { command, status })
            }
            _ => Err(CardError::Answer(command)),
        }
    }

    /// Get System Status.
    pub fn system_status(&mut self, idm: Idm) -> Result<SystemStatus, CardError> {
        let command = code::GET_SYSTEM_STATUS;
        match self.ask(&Request::GetSystemStatus { idm })? {
            Response::GetSystemStatus {
                system: Some(system),
                ..
            } => Ok(system),
            Response::GetSystemStatus { status, .. } => Err(CardError::Status { command, status }),
            _ => Err(CardError::Answer(command)),
        }
    }

    /// Request Specification Version.
    pub fn specification(&mut self, idm: Idm) -> Result<Specification, CardError> {
        let command = code::REQUEST_SPECIFICATION_VERSION;
        match self.ask(&Request::RequestSpecificationVersion { idm })? {
            Response::RequestSpecificationVersion {
                specification: Some(specification),
                ..
            } => Ok(specification),
            Response::RequestSpecificationVersion { status, .. } => {
                Err(CardError::Status { command, status })
            }
            _ => Err(CardError::Answer(command)),
        }
    }

    /// Reset Mode: the card goes to mode 0; a session, and what was prepared in it, is gone.
    pub fn reset_mode(&mut self, idm: Idm) -> Result<(), CardError> {
        match self.ask(&Request::ResetMode { idm })? {
            Response::ResetMode { status, .. } => done(code::RESET_MODE, status),
            _ => Err(CardError::Answer(code::RESET_MODE)),
        }
    }
}
