//! The fields of answers, plain and opened.

use super::field::{FieldName, FieldValue, TraceField};
use super::walk::{Asked, Walk};
use crate::model::card::{Block, NodeCode, SystemCode};
use crate::model::command::{
    Authentication2Payload, Frame, NodeVersions, PollingRequest, Response, SearchResult,
    SecureResponse, Specification, Status, SystemStatus, code,
};

/// The fields of the frame that answered a command of that code.
pub fn answer_fields(command: u8, asked: &Asked, frame: &[u8]) -> Vec<TraceField> {
    let mut walk = Walk::new(frame);
    walk.head();
    if let Some(response) = response(command, frame) {
        walk_response(&mut walk, asked, &response);
    }
    walk.finish()
}

/// The fields of the payload of an opened answer to a command of that code.
pub fn answer_payload_fields(command: u8, asked: &Asked, payload: &[u8]) -> Vec<TraceField> {
    let mut walk = Walk::new(payload);
    if matches!(command, code::AUTHENTICATION2 | code::AUTHENTICATION2_V2) {
        if Authentication2Payload::decode(payload).is_some() {
            walk.id(FieldName::Idi);
            walk.id(FieldName::Pmi);
        }
        return walk.finish();
    }
    match SecureResponse::decode_payload(command, payload) {
        Some(SecureResponse::Read { status, data }) => walk_read(&mut walk, asked, status, &data),
        Some(SecureResponse::Status { status, remaining }) => {
            walk.status(status);
            walk_remaining(&mut walk, remaining);
        }
        None => return walk.finish(),
    }
    walk.padding();
    walk.finish()
}

/// The status flags of an opened answer to a command of that code.
pub(super) fn status_inside(command: u8, payload: &[u8]) -> Option<Status> {
    match SecureResponse::decode_payload(command, payload)? {
        SecureResponse::Read { status, .. } | SecureResponse::Status { status, .. } => Some(status),
    }
}

/// The status flags of an answer that shows them.
pub(super) fn status_of(command: u8, frame: &[u8]) -> Option<Status> {
    match response(command, frame)? {
        Response::ReadPlain { status, .. }
        | Response::WritePlain { status, .. }
        | Response::RequestServiceV2 { status, .. }
        | Response::GetSystemStatus { status, .. }
        | Response::RequestSpecificationVersion { status, .. }
        | Response::ResetMode { status, .. }
        | Response::SeparateSystem { status, .. } => Some(status),
        _ => None,
    }
}

pub(super) fn response(command: u8, frame: &[u8]) -> Option<Response> {
    Response::decode(command, &Frame::parse(frame).ok()?)
}

fn walk_response(walk: &mut Walk, asked: &Asked, response: &Response) {
    if response.idm().is_some() {
        walk.id(FieldName::Idm);
    }
    match response {
        Response::Polling { data, .. } => walk_polled(walk, asked, *data),
        Response::RequestService { versions, .. } => {
            walk.count(versions.len());
            walk.of_nodes(FieldName::KeyVersion, &asked.nodes, versions);
        }
        Response::RequestResponse { mode, .. } => {
            walk.take(FieldName::Mode, 1, FieldValue::Mode(*mode), None);
        }
        Response::ReadPlain { status, data, .. } => walk_read(walk, asked, *status, data),
        Response::WritePlain { status, .. } | Response::ResetMode { status, .. } => {
            walk.status(*status);
        }
        Response::SearchServiceCode { found, .. } => walk_found(walk, *found),
        Response::RequestSystemCode { codes, .. } => {
            walk.count(codes.len());
            codes.iter().for_each(|code| walk.system(*code));
        }
        Response::RequestBlockInformation { counts, .. } => {
            walk.count(counts.len());
            walk.of_nodes(FieldName::Blocks, &asked.nodes, counts);
        }
        Response::RequestServiceV2 { .. }
        | Response::GetSystemStatus { .. }
        | Response::RequestSpecificationVersion { .. } => walk_told(walk, asked, response),
        Response::Authentication1 { c1b, c2a, .. } => {
            walk.bytes(FieldName::C1b, c1b.len());
            walk.bytes(FieldName::C2a, c2a.len());
        }
        Response::Authentication1V2 { c1b, c2a, c3c, .. } => {
            walk.bytes(FieldName::C1b, c1b.len());
            walk.bytes(FieldName::C2a, c2a.len());
            walk.bytes(FieldName::C3c, c3c.len());
        }
        Response::SeparateSystem {
            status, remaining, ..
        } => {
            walk.status(*status);
            walk_remaining(walk, *remaining);
        }
        Response::Authentication2(frame) | Response::Secure(frame) => {
            walk.enciphered(frame.code() & !1, frame.body());
        }
        Response::Authentication2V2(frame) | Response::SecureV2(frame) => {
            walk.enciphered(frame.code() & !1, frame.body());
        }
    }
}

fn walk_polled(walk: &mut Walk, asked: &Asked, data: Option<[u8; 2]>) {
    walk.id(FieldName::Pmm);
    match (data, asked.polling) {
        (Some(code), Some(PollingRequest::SystemCode)) => {
            walk.system(SystemCode(u16::from_be_bytes(code)));
        }
        (Some(_), Some(PollingRequest::Performance)) => walk.bytes(FieldName::Performance, 2),
        _ => {}
    }
}

/// What newer readers ask: there when the status is 00 00.
fn walk_told(walk: &mut Walk, asked: &Asked, response: &Response) {
    match response {
        Response::RequestServiceV2 {
            status, versions, ..
        } => {
            walk.status(*status);
            versions.iter().for_each(|v| walk_versions(walk, asked, v));
        }
        Response::GetSystemStatus { status, system, .. } => {
            walk.status(*status);
            system.iter().for_each(|system| walk_system(walk, system));
        }
        Response::RequestSpecificationVersion {
            status,
            specification,
            ..
        } => {
            walk.status(*status);
            let told = specification.iter();
            told.for_each(|specification| walk_specification(walk, specification));
        }
        _ => {}
    }
}

fn walk_read(walk: &mut Walk, asked: &Asked, status: Status, data: &[Block]) {
    walk.status(status);
    if status == Status::OK {
        walk.count(data.len());
        walk.blocks(asked, data.len());
    }
}

fn walk_remaining(walk: &mut Walk, remaining: Option<u16>) {
    let told = remaining.into_iter();
    told.for_each(|blocks| walk.number16(FieldName::Remaining, blocks));
}

fn walk_found(walk: &mut Walk, found: SearchResult) {
    match found {
        SearchResult::Service(code) => walk.node(FieldName::Service, code.node()),
        SearchResult::Area { code, end } => {
            walk.node(FieldName::Area, code);
            walk.take(FieldName::AreaEnd, 2, FieldValue::Node(end), None);
        }
        SearchResult::Other(code) => walk.node(FieldName::Node, code),
        SearchResult::End => {
            let end = FieldValue::Node(NodeCode::SYSTEM);
            walk.take(FieldName::Node, 2, end, None);
        }
    }
}

fn walk_versions(walk: &mut Walk, asked: &Asked, versions: &NodeVersions) {
    walk.number8(FieldName::Ciphers, versions.encryption);
    walk.count(versions.first.len());
    walk.of_nodes(FieldName::KeyVersion, &asked.nodes, &versions.first);
    walk.of_nodes(FieldName::KeyVersion, &asked.nodes, &versions.second);
}

fn walk_system(walk: &mut Walk, system: &SystemStatus) {
    walk.number8(FieldName::SystemFlag, system.flag);
    walk.count(system.data.len());
    walk.bytes(FieldName::SystemData, system.data.len());
}

fn walk_specification(walk: &mut Walk, specification: &Specification) {
    walk.number8(FieldName::Format, specification.format);
    walk.bytes(FieldName::SpecificationVersion, 2);
    walk.count(specification.options.len());
    let options = specification.options.iter();
    options.for_each(|_| walk.bytes(FieldName::SpecificationVersion, 2));
}
