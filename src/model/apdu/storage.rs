//! The reader's half of the convention: APDUs in, FeliCa frames to the card, APDUs out.

use super::{Command, Reply, StatusWord};
use crate::model::card::{Idm, KeyVersion, NodeCode, Pmm, ServiceCode, SystemCode};
use crate::model::command::{BlockElement, Frame, PollingRequest, Request, Response, TimeSlots};

/// What Request Service answers for a node that is not there.
const NO_NODE: KeyVersion = 0xFFFF;

/// What carries a frame to the card and brings its answer; `None` is silence.
pub type Exchange<'a> = dyn FnMut(&Frame) -> Option<Frame> + 'a;

/// A card as a reader shows it: all it keeps is which service was selected.
///
/// Data and services are those of system 0. Pass-through reaches every system.
#[derive(Debug, Default)]
pub struct StorageCard {
    selected: Option<ServiceCode>,
}

impl StorageCard {
    /// The answer to one APDU, whatever its bytes are.
    pub fn answer(&mut self, apdu: &[u8], exchange: &mut Exchange) -> Reply {
        let answered = Command::parse(apdu).and_then(|command| self.run(command, exchange));
        answered.map_or_else(Reply::from, Reply::done)
    }

    /// The card lost its power: nothing is selected any more.
    pub fn field_off(&mut self) {
        self.selected = None;
    }

    fn run(&mut self, command: Command, exchange: &mut Exchange) -> Result<Vec<u8>, StatusWord> {
        match command {
            Command::Idm => Ok(poll(exchange)?.0.0.to_vec()),
            Command::Pmm => Ok(poll(exchange)?.1.0.to_vec()),
            Command::PassThrough(frame) => {
                let answer = exchange(&frame).ok_or(StatusWord::FAILED)?;
                Ok(answer.as_bytes().to_vec())
            }
            Command::Select(service) => {
                self.selected = None;
                let nodes = vec![service.node()];
                let request = Request::RequestService {
                    idm: poll(exchange)?.0,
                    nodes,
                };
                match ask(exchange, &request)? {
                    Response::RequestService { versions, .. } if versions != [NO_NODE] => {
                        self.selected = Some(service);
                        Ok(Vec::new())
                    }
                    _ => Err(StatusWord::NOT_FOUND),
                }
            }
            Command::Read(block) => {
                let (services, blocks) = self.element(block)?;
                let request = Request::ReadPlain {
                    idm: poll(exchange)?.0,
                    services,
                    blocks,
                };
                match ask(exchange, &request)? {
                    Response::ReadPlain { status, data, .. } if status.is_done() => match &data[..]
                    {
                        [block] => Ok(block.0.to_vec()),
                        _ => Err(StatusWord::FAILED),
                    },
                    _ => Err(StatusWord::FAILED),
                }
            }
            Command::Update(block, data) => {
                let (services, blocks) = self.element(block)?;
                let request = Request::WritePlain {
                    idm: poll(exchange)?.0,
                    services,
                    blocks,
                    data: vec![data],
                };
                match ask(exchange, &request)? {
                    Response::WritePlain { status, .. } if status.is_done() => Ok(Vec::new()),
                    _ => Err(StatusWord::FAILED),
                }
            }
        }
    }

    /// Service list and block list of one block of the selected service, if it needs no key.
    fn element(&self, block: u8) -> Result<(Vec<NodeCode>, Vec<BlockElement>), StatusWord> {
        let service = self.selected.ok_or(StatusWord::NOT_SELECTED)?;
        if service.needs_authentication() {
            return Err(StatusWord::SECURITY);
        }
        let element = BlockElement::normal(0, block.into());
        Ok((vec![service.node()], vec![element]))
    }
}

/// IDm and PMm of system 0. A Polling that asks for any system is answered by that one.
fn poll(exchange: &mut Exchange) -> Result<(Idm, Pmm), StatusWord> {
    let request = Request::Polling {
        system_code: SystemCode(0xFFFF),
        request: PollingRequest::None,
        time_slots: TimeSlots::One,
    };
    match ask(exchange, &request)? {
        Response::Polling { idm, pmm, .. } => Ok((idm, pmm)),
        _ => Err(StatusWord::FAILED),
    }
}

fn ask(exchange: &mut Exchange, request: &Request) -> Result<Response, StatusWord> {
    let frame = request.encode().map_err(|_| StatusWord::DATA)?;
    let answer = exchange(&frame).ok_or(StatusWord::FAILED)?;
    Response::decode(request.code(), &answer).ok_or(StatusWord::FAILED)
}
