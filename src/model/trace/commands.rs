//! The fields of commands, plain and opened.

use super::field::{FieldName, FieldValue, TraceField};
use super::walk::{Asked, Walk};
use crate::model::card::{NodeCode, SystemCode};
use crate::model::command::{
    BlockElement, Frame, PollingRequest, Request, SecureRequest, TimeSlots,
};

/// The fields of a command's frame.
pub fn command_fields(frame: &[u8]) -> Vec<TraceField> {
    let mut walk = Walk::new(frame);
    walk.head();
    if let Some(request) = request(frame) {
        walk_request(&mut walk, &request);
    }
    walk.finish()
}

/// What a command asks, for reading its answer. Nothing, where it is enciphered or not understood.
pub fn asked(frame: &[u8]) -> Asked {
    let mut asked = Asked::default();
    match request(frame) {
        Some(Request::Polling { request, .. }) => asked.polling = Some(request),
        Some(
            Request::RequestService { nodes, .. }
            | Request::RequestBlockInformation { nodes, .. }
            | Request::RequestServiceV2 { nodes, .. },
        ) => asked.nodes = nodes,
        Some(
            Request::ReadPlain {
                services, blocks, ..
            }
            | Request::WritePlain {
                services, blocks, ..
            },
        ) => {
            asked.nodes = services;
            asked.elements = blocks;
        }
        _ => {}
    }
    asked
}

/// The fields of an opened command's payload. `nodes` is the list that its session was opened for.
pub fn payload_fields(code: u8, payload: &[u8], nodes: &[NodeCode]) -> Vec<TraceField> {
    let mut walk = Walk::new(payload);
    if let Some(request) = SecureRequest::decode_payload(code, payload) {
        walk_payload(&mut walk, &request, nodes);
        walk.padding();
    }
    walk.finish()
}

/// What an opened command asks, for reading its answer.
pub fn asked_inside(code: u8, payload: &[u8], nodes: &[NodeCode]) -> Asked {
    let elements = match SecureRequest::decode_payload(code, payload) {
        Some(SecureRequest::Read { blocks } | SecureRequest::Write { blocks, .. }) => blocks,
        _ => Vec::new(),
    };
    Asked {
        nodes: nodes.to_vec(),
        elements,
        polling: None,
    }
}

pub(super) fn request(frame: &[u8]) -> Option<Request> {
    Request::decode(&Frame::parse(frame).ok()?)
}

fn walk_request(walk: &mut Walk, request: &Request) {
    if request.idm().is_some() {
        walk.id(FieldName::Idm);
    }
    match request {
        Request::Polling {
            system_code,
            request,
            time_slots,
        } => walk_polling(walk, *system_code, *request, *time_slots),
        Request::RequestService { nodes, .. }
        | Request::RequestBlockInformation { nodes, .. }
        | Request::RequestServiceV2 { nodes, .. } => walk.nodes(FieldName::Node, nodes),
        Request::RequestResponse { .. } | Request::RequestSystemCode { .. } => {}
        Request::GetSystemStatus { .. }
        | Request::RequestSpecificationVersion { .. }
        | Request::ResetMode { .. } => walk.bytes(FieldName::Reserved, 2),
        Request::ReadPlain {
            services, blocks, ..
        } => walk_blocks(walk, services, blocks, 0),
        Request::WritePlain {
            services,
            blocks,
            data,
            ..
        } => walk_blocks(walk, services, blocks, data.len()),
        Request::SearchServiceCode { index, .. } => walk.number16(FieldName::Index, *index),
        Request::Authentication1 {
            areas,
            services,
            c1a,
            ..
        } => {
            walk.nodes(FieldName::Area, areas);
            walk.nodes(FieldName::Service, services);
            walk.bytes(FieldName::C1a, c1a.len());
        }
        Request::Authentication2 { c2b, .. } => walk.bytes(FieldName::C2b, c2b.len()),
        Request::SeparateSystem { pj, inf_1, .. } => {
            walk.bytes(FieldName::Pj, pj.len());
            walk.bytes(FieldName::Inf1, inf_1.len());
        }
        Request::Authentication1V2 {
            parameter,
            nodes,
            c1a,
            ..
        } => {
            walk.number8(FieldName::Parameter, *parameter);
            walk.nodes(FieldName::Node, nodes);
            walk.bytes(FieldName::C1a, c1a.len());
        }
        Request::Authentication2V2 { c2b, .. } => walk.bytes(FieldName::C2b, c2b.len()),
        Request::Secure(frame) => walk.enciphered(frame.code(), frame.body()),
        Request::SecureV2(frame) => walk.enciphered(frame.code(), frame.body()),
    }
}

fn walk_polling(walk: &mut Walk, code: SystemCode, asked: PollingRequest, slots: TimeSlots) {
    walk.system(code);
    walk.take(FieldName::PollingRequest, 1, FieldValue::Asked(asked), None);
    walk.take(FieldName::TimeSlots, 1, FieldValue::Slots(slots), None);
}

/// Service list, block list and data of a plain read or write.
fn walk_blocks(walk: &mut Walk, services: &[NodeCode], blocks: &[BlockElement], data: usize) {
    let asked = Asked {
        nodes: services.to_vec(),
        elements: blocks.to_vec(),
        polling: None,
    };
    walk.nodes(FieldName::Service, services);
    walk.elements(&asked);
    walk.blocks(&asked, data);
}

fn walk_payload(walk: &mut Walk, request: &SecureRequest, nodes: &[NodeCode]) {
    let asked = |blocks: &[_]| Asked {
        nodes: nodes.to_vec(),
        elements: blocks.to_vec(),
        polling: None,
    };
    match request {
        SecureRequest::Read { blocks } => walk.elements(&asked(blocks)),
        SecureRequest::Write { blocks, data } => {
            let asked = asked(blocks);
            walk.elements(&asked);
            walk.blocks(&asked, data.len());
        }
        SecureRequest::RegisterIssueId { package, .. } => {
            walk.id(FieldName::Idi);
            walk.id(FieldName::Pmi);
            walk.bytes(FieldName::Package, package.len());
        }
        SecureRequest::RegisterArea { code, package } => {
            walk.node(FieldName::Area, *code);
            walk.bytes(FieldName::Package, package.len());
        }
        SecureRequest::RegisterService { code, package } => {
            walk.node(FieldName::Service, *code);
            walk.bytes(FieldName::Package, package.len());
        }
        SecureRequest::SeparateSystem(phase) => {
            walk.take(FieldName::Phase, 1, FieldValue::Phase(*phase), None);
        }
        SecureRequest::RegisterAesKey { node, package } => {
            walk.node(FieldName::Node, *node);
            walk.bytes(FieldName::Package, package.len());
        }
        SecureRequest::ChangeSystemBlock => {}
    }
}
