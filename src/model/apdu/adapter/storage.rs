//! Readers that pass no frame through: what of the card's commands their storage-card APDUs can stand for.
//!
//! That is: Polling for any system, without a request code; Read Without Encryption of blocks of one service; and, where the reader can,
//! Write Without Encryption of one block. Nothing else has an APDU, neither the walk over a card's nodes nor
//! anything with a key. Before each read and write the card is asked who it is, since the APDUs name none: a
//! frame for another card is answered by silence, as that card would.

use super::{Adapter, Wire, apdu, refused, unreadable};
use crate::model::apdu::{Command, Reply, StatusWord};
use crate::model::card::{Block, Idm, NodeCode, Pmm, ServiceCode, SystemCode};
use crate::model::command::{
    AccessMode, BlockElement, Frame, PollingRequest, Request, Response, Status,
};
use crate::model::port::LinkError;
use std::time::Duration;

/// The adapter; it keeps nothing, a service is selected anew for every command.
pub struct Storage {
    /// Whether the reader is known to write blocks.
    pub writes: bool,
}

impl Adapter for Storage {
    fn exchange(
        &mut self,
        frame: &Frame,
        _within: Duration,
        wire: &mut Wire,
    ) -> Result<Option<Frame>, LinkError> {
        let cannot = || LinkError::CannotSend(frame.code());
        let response = match Request::decode(frame) {
            Some(Request::Polling {
                system_code: SystemCode::ANY,
                request: PollingRequest::None,
                ..
            }) => {
                let idm = idm(wire)?;
                // Some readers give the historical bytes here, which are no PMm.
                let pmm = eight(apdu(wire, Command::Pmm.encode())?).ok_or_else(cannot)?;
                let pmm = Pmm(pmm);
                Some(Response::Polling {
                    idm,
                    pmm,
                    data: None,
                })
            }
            Some(Request::ReadPlain {
                idm,
                services,
                blocks,
            }) => {
                let (service, numbers) = plain(&services, &blocks).ok_or_else(cannot)?;
                read(wire, idm, service, &numbers, frame.code())?
            }
            Some(Request::WritePlain {
                idm,
                services,
                blocks,
                data,
            }) if self.writes => {
                let (service, numbers) = plain(&services, &blocks).ok_or_else(cannot)?;
                // One card command is one write; several APDUs would be several.
                let ([number], [data]) = (&numbers[..], &data[..]) else {
                    return Err(cannot());
                };
                write(wire, idm, service, (*number, *data), frame.code())?
            }
            _ => return Err(cannot()),
        };
        let encoded = response.map(|response| response.encode());
        encoded.transpose().map_err(|_| unreadable())
    }
}

/// Blocks of one service that an APDU can name, if these are such.
fn plain(services: &[NodeCode], blocks: &[BlockElement]) -> Option<(ServiceCode, Vec<u8>)> {
    let [service] = services else { return None };
    let number = |element: &BlockElement| {
        let plain = element.service == 0 && element.access == AccessMode::NORMAL;
        u8::try_from(element.number).ok().filter(|_| plain)
    };
    let numbers: Option<Vec<u8>> = blocks.iter().map(number).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty())?;
    Some((service.service()?, numbers))
}

fn read(
    wire: &mut Wire,
    card: Idm,
    service: ServiceCode,
    numbers: &[u8],
    command: u8,
) -> Result<Option<Response>, LinkError> {
    if idm(wire)? != card {
        return Ok(None);
    }
    select(wire, service, command)?;
    let mut data = Vec::new();
    for number in numbers {
        let reply = apdu(wire, Command::Read(*number).encode())?;
        if reply.status != StatusWord::DONE {
            return Err(refused(reply.status));
        }
        data.push(Block(reply.data.try_into().map_err(|_| unreadable())?));
    }
    let status = Status::OK;
    Ok(Some(Response::ReadPlain {
        idm: card,
        status,
        data,
    }))
}

fn write(
    wire: &mut Wire,
    card: Idm,
    service: ServiceCode,
    (number, data): (u8, Block),
    command: u8,
) -> Result<Option<Response>, LinkError> {
    if idm(wire)? != card {
        return Ok(None);
    }
    select(wire, service, command)?;
    let reply = apdu(wire, Command::Update(number, data).encode())?;
    if reply.status != StatusWord::DONE {
        return Err(refused(reply.status));
    }
    let status = Status::OK;
    Ok(Some(Response::WritePlain { idm: card, status }))
}

/// Selects a service. A reader that has no such instruction cannot send the command at all.
fn select(wire: &mut Wire, service: ServiceCode, command: u8) -> Result<(), LinkError> {
    let reply = apdu(wire, Command::Select(service).encode())?;
    match reply.status {
        StatusWord::DONE => Ok(()),
        StatusWord::INSTRUCTION | StatusWord::CLASS => Err(LinkError::CannotSend(command)),
        status => Err(refused(status)),
    }
}

fn idm(wire: &mut Wire) -> Result<Idm, LinkError> {
    let reply = apdu(wire, Command::Idm.encode())?;
    let status = reply.status;
    match eight(reply) {
        Some(idm) => Ok(Idm(idm)),
        // A card of another kind, whose number is shorter or longer.
        None if status == StatusWord::DONE => Err(LinkError::CannotSend(0)),
        None => Err(refused(status)),
    }
}

/// The eight bytes of an answer that are all of it.
fn eight(reply: Reply) -> Option<[u8; 8]> {
    let done = reply.status == StatusWord::DONE;
    reply.data.try_into().ok().filter(|_| done)
}
