//! Commands by property: what is encoded decodes to itself, nothing decodes by accident, nothing panics.

use cardwright::model::card::{Block, Idi, Idm, NodeCode, Pmi, Pmm, ServiceCode, SystemCode};
use cardwright::model::command::{
    AccessMode, Authentication2Payload, BlockElement, Frame, NodeVersions, PollingRequest, Request,
    Response, SearchResult, SecureFrame, SecureRequest, SecureResponse, SeparatePhase,
    Specification, Status, SystemStatus, TimeSlots, code,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const SECURE: [u8; 6] = [
    code::READ,
    code::WRITE,
    code::REGISTER_ISSUE_ID,
    code::REGISTER_AREA,
    code::REGISTER_SERVICE,
    code::CHANGE_SYSTEM_BLOCK,
];

fn idm() -> impl Strategy<Value = Idm> {
    any::<[u8; 8]>().prop_map(Idm)
}

fn node() -> impl Strategy<Value = NodeCode> {
    any::<u16>().prop_map(NodeCode)
}

fn block() -> impl Strategy<Value = Block> {
    any::<[u8; 16]>().prop_map(Block)
}

fn element() -> impl Strategy<Value = BlockElement> {
    (0u8..16, 0u8..8, prop_oneof![any::<u16>(), 0u16..=256]).prop_map(
        |(service, access, number)| BlockElement {
            service,
            access: AccessMode::from_bits(access).unwrap(),
            number,
        },
    )
}

fn bytes<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().unwrap())
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::OK),
        Just(Status {
            sf1: 0xFF,
            sf2: 0x71
        }),
        any::<[u8; 2]>().prop_map(|[sf1, sf2]| Status { sf1, sf2 }),
    ]
}

fn secure(direction: u8) -> impl Strategy<Value = SecureFrame> {
    prop_oneof![
        6 => (select(&SECURE[..]), 2usize..=31, any::<u8>())
            .prop_map(move |(code, blocks, byte)| SecureFrame::new(code + direction, vec![byte; blocks * 8])),
        1 => bytes::<24>().prop_map(move |body| SecureFrame::new(code::SEPARATE_SYSTEM + direction, body.to_vec())),
    ]
    .prop_map(Result::unwrap)
}

pub fn request() -> impl Strategy<Value = Request> {
    let services = || vec(node(), 0..=16);
    prop_oneof![
        (
            any::<u16>().prop_map(SystemCode),
            select(vec![
                PollingRequest::None,
                PollingRequest::SystemCode,
                PollingRequest::Performance
            ]),
            select(vec![
                TimeSlots::One,
                TimeSlots::Two,
                TimeSlots::Four,
                TimeSlots::Eight,
                TimeSlots::Sixteen
            ]),
        )
            .prop_map(|(system_code, request, time_slots)| Request::Polling {
                system_code,
                request,
                time_slots
            }),
        (idm(), vec(node(), 1..=32))
            .prop_map(|(idm, nodes)| Request::RequestService { idm, nodes }),
        idm().prop_map(|idm| Request::RequestResponse { idm }),
        (idm(), services(), vec(element(), 0..=20)).prop_map(|(idm, services, blocks)| {
            Request::ReadPlain {
                idm,
                services,
                blocks,
            }
        }),
        (idm(), services(), vec((element(), block()), 0..=10)).prop_map(
            |(idm, services, pairs)| {
                let (blocks, data) = pairs.into_iter().unzip();
                Request::WritePlain {
                    idm,
                    services,
                    blocks,
                    data,
                }
            }
        ),
        (idm(), any::<u16>()).prop_map(|(idm, index)| Request::SearchServiceCode { idm, index }),
        idm().prop_map(|idm| Request::RequestSystemCode { idm }),
        (idm(), vec(node(), 1..=32))
            .prop_map(|(idm, nodes)| Request::RequestBlockInformation { idm, nodes }),
        (idm(), vec(node(), 0..=120))
            .prop_map(|(idm, nodes)| Request::RequestServiceV2 { idm, nodes }),
        idm().prop_map(|idm| Request::GetSystemStatus { idm }),
        idm().prop_map(|idm| Request::RequestSpecificationVersion { idm }),
        idm().prop_map(|idm| Request::ResetMode { idm }),
        (idm(), vec(node(), 1..=32), vec(node(), 1..=32), bytes()).prop_map(
            |(idm, areas, services, c1a)| Request::Authentication1 {
                idm,
                areas,
                services,
                c1a
            }
        ),
        (idm(), bytes()).prop_map(|(idm, c2b)| Request::Authentication2 { idm, c2b }),
        (idm(), bytes(), bytes()).prop_map(|(idm, pj, inf_1)| Request::SeparateSystem {
            idm,
            pj,
            inf_1
        }),
        secure(0).prop_map(Request::Secure),
    ]
}

fn found() -> impl Strategy<Value = SearchResult> {
    prop_oneof![
        any::<u16>().prop_map(|code| match ServiceCode::new(code) {
            Some(service) => SearchResult::Service(service),
            None if code == 0xFFFF => SearchResult::End,
            None => SearchResult::Other(NodeCode(code)),
        }),
        (node(), node()).prop_map(|(code, end)| SearchResult::Area { code, end }),
        Just(SearchResult::End),
    ]
}

fn read_data() -> impl Strategy<Value = (Status, Vec<Block>)> {
    (status(), vec(block(), 0..=14))
        .prop_map(|(status, data)| (status, if status == Status::OK { data } else { vec![] }))
}

pub fn response() -> impl Strategy<Value = Response> {
    prop_oneof![
        (idm(), bytes().prop_map(Pmm), any::<Option<[u8; 2]>>())
            .prop_map(|(idm, pmm, data)| Response::Polling { idm, pmm, data }),
        (idm(), vec(any::<u16>(), 0..=32))
            .prop_map(|(idm, versions)| Response::RequestService { idm, versions }),
        (idm(), any::<u8>()).prop_map(|(idm, mode)| Response::RequestResponse { idm, mode }),
        (idm(), read_data()).prop_map(|(idm, (status, data))| Response::ReadPlain {
            idm,
            status,
            data
        }),
        (idm(), status()).prop_map(|(idm, status)| Response::WritePlain { idm, status }),
        (idm(), found()).prop_map(|(idm, found)| Response::SearchServiceCode { idm, found }),
        (idm(), vec(any::<u16>().prop_map(SystemCode), 0..=16))
            .prop_map(|(idm, codes)| Response::RequestSystemCode { idm, codes }),
        (idm(), vec(any::<u16>(), 0..=32))
            .prop_map(|(idm, counts)| Response::RequestBlockInformation { idm, counts }),
        (idm(), status(), any::<u8>(), vec(any::<[u16; 2]>(), 0..=32)).prop_map(
            |(idm, status, encryption, pairs)| {
                let (first, mut second): (Vec<u16>, Vec<u16>) =
                    pairs.into_iter().map(|[one, other]| (one, other)).unzip();
                if encryption & 0x0F == 0x0F {
                    second.clear();
                }
                Response::RequestServiceV2 {
                    idm,
                    status,
                    versions: (status == Status::OK).then_some(NodeVersions {
                        encryption,
                        first,
                        second,
                    }),
                }
            }
        ),
        (idm(), status(), any::<u8>(), vec(any::<u8>(), 0..=239)).prop_map(
            |(idm, status, flag, data)| Response::GetSystemStatus {
                idm,
                status,
                system: (status == Status::OK).then_some(SystemStatus { flag, data }),
            }
        ),
        (
            idm(),
            status(),
            any::<u8>(),
            any::<u16>(),
            vec(any::<u16>(), 0..=32)
        )
            .prop_map(|(idm, status, format, basic, options)| {
                Response::RequestSpecificationVersion {
                    idm,
                    status,
                    specification: (status == Status::OK).then_some(Specification {
                        format,
                        basic,
                        options,
                    }),
                }
            }),
        (idm(), status()).prop_map(|(idm, status)| Response::ResetMode { idm, status }),
        (idm(), bytes(), bytes()).prop_map(|(idm, c1b, c2a)| Response::Authentication1 {
            idm,
            c1b,
            c2a
        }),
        bytes::<32>().prop_map(|body| {
            Response::Authentication2(
                SecureFrame::new(code::AUTHENTICATION2 + 1, body.to_vec()).unwrap(),
            )
        }),
        (idm(), status(), any::<u16>()).prop_map(|(idm, status, remaining)| {
            let remaining = status.is_done().then_some(remaining);
            Response::SeparateSystem {
                idm,
                status,
                remaining,
            }
        }),
        secure(1).prop_map(Response::Secure),
    ]
}

pub fn secure_request() -> impl Strategy<Value = SecureRequest> {
    prop_oneof![
        vec(element(), 0..=255).prop_map(|blocks| SecureRequest::Read { blocks }),
        vec((element(), block()), 0..=13).prop_map(|pairs| {
            let (blocks, data) = pairs.into_iter().unzip();
            SecureRequest::Write { blocks, data }
        }),
        (bytes(), bytes(), bytes()).prop_map(|(idi, pmi, package)| {
            SecureRequest::RegisterIssueId {
                idi: Idi(idi),
                pmi: Pmi(pmi),
                package,
            }
        }),
        (node(), bytes()).prop_map(|(code, package)| SecureRequest::RegisterArea { code, package }),
        (node(), bytes())
            .prop_map(|(code, package)| SecureRequest::RegisterService { code, package }),
        select(vec![
            SeparatePhase::Carve,
            SeparatePhase::SetTopAreaKey,
            SeparatePhase::OpenInf1
        ])
        .prop_map(SecureRequest::SeparateSystem),
        Just(SecureRequest::ChangeSystemBlock),
    ]
}

/// A command code and an answer to it.
pub fn secure_response() -> impl Strategy<Value = (u8, SecureResponse)> {
    prop_oneof![
        read_data().prop_map(|(status, data)| (code::READ, SecureResponse::Read { status, data })),
        (select(&SECURE[1..]), status(), any::<u16>()).prop_map(|(command, status, remaining)| {
            let tells = [code::REGISTER_ISSUE_ID, code::REGISTER_SERVICE].contains(&command)
                && status.is_done();
            (
                command,
                SecureResponse::Status {
                    status,
                    remaining: tells.then_some(remaining),
                },
            )
        }),
    ]
}

/// A byte changed, taken away or put in.
#[derive(Clone, Debug)]
enum Damage {
    Change(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Insert(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Change(at, byte)),
        at().prop_map(Damage::Remove),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
    ]
}

/// The frame with its body damaged and the length byte put right again.
fn damaged(frame: &Frame, damage: &[Damage]) -> Frame {
    let mut body = frame.body().to_vec();
    for damage in damage {
        match damage {
            Damage::Change(at, byte) if !body.is_empty() => *at.get_mut(&mut body) = *byte,
            Damage::Remove(at) if !body.is_empty() => {
                body.remove(at.index(body.len()));
            }
            Damage::Insert(at, byte) if body.len() < 253 => {
                body.insert(at.index(body.len() + 1), *byte)
            }
            _ => {}
        }
    }
    Frame::build(frame.code(), &body).unwrap()
}

/// A decoded command encodes to what decodes to it again, and to the same bytes unless a block number was
/// in the long form without need.
fn is_consistent(frame: &Frame, request: &Request) -> Result<(), TestCaseError> {
    let again = request.encode().unwrap();
    prop_assert!(again.as_bytes().len() <= frame.as_bytes().len());
    if again.as_bytes().len() == frame.as_bytes().len() {
        prop_assert_eq!(again.as_bytes(), frame.as_bytes());
    }
    prop_assert_eq!(Request::decode(&again), Some(request.clone()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn requests_there_and_back(request in request()) {
        let frame = request.encode().unwrap();
        prop_assert!(frame.as_bytes().len() <= 255);
        prop_assert_eq!(frame.code(), request.code());
        prop_assert_eq!(Frame::parse(frame.as_bytes()), Ok(frame.clone()));
        prop_assert_eq!(Request::decode(&frame), Some(request));
    }

    #[test]
    fn responses_there_and_back(response in response()) {
        let frame = response.encode().unwrap();
        prop_assert!(frame.as_bytes().len() <= 255);
        prop_assert_eq!(frame.code(), response.code());
        prop_assert_eq!(Response::decode(frame.code() - 1, &frame), Some(response));
    }

    #[test]
    fn a_byte_too_few_or_too_many_is_silence(request in request(), byte: u8) {
        let frame = request.encode().unwrap();
        let body = frame.body();
        if let Some((_, shorter)) = body.split_last() {
            prop_assert_eq!(Request::decode(&Frame::build(frame.code(), &body[..shorter.len()]).unwrap()), None);
        }
        if let Ok(longer) = Frame::build(frame.code(), &[body, &[byte]].concat()) {
            prop_assert_eq!(Request::decode(&longer), None);
        }
    }

    #[test]
    fn an_answer_with_a_byte_too_few_or_too_many_is_none(response in response(), byte: u8) {
        let frame = response.encode().unwrap();
        let (command, body) = (frame.code() - 1, frame.body());
        let shorter = Frame::build(frame.code(), &body[..body.len() - 1]).unwrap();
        prop_assert_eq!(Response::decode(command, &shorter), None);
        if let Ok(longer) = Frame::build(frame.code(), &[body, &[byte]].concat()) {
            prop_assert_eq!(Response::decode(command, &longer), None);
        }
    }

    #[test]
    fn damaged_requests_are_silence_or_another_whole_request(
        request in request(), damage in vec(damage(), 1..4)
    ) {
        let frame = damaged(&request.encode().unwrap(), &damage);
        if let Some(request) = Request::decode(&frame) {
            is_consistent(&frame, &request)?;
        }
    }

    #[test]
    fn damaged_responses_are_none_or_another_whole_response(
        response in response(), damage in vec(damage(), 1..4)
    ) {
        let frame = damaged(&response.encode().unwrap(), &damage);
        if let Some(response) = Response::decode(frame.code() - 1, &frame) {
            prop_assert_eq!(response.encode(), Ok(frame.clone()));
        }
    }

    #[test]
    fn any_bytes_are_a_frame_or_not(bytes in vec(any::<u8>(), 0..=300)) {
        match Frame::parse(&bytes) {
            Ok(frame) => prop_assert_eq!(frame.as_bytes(), &bytes[..]),
            Err(_) => prop_assert!(bytes.len() < 2 || usize::from(bytes[0]) != bytes.len()),
        }
    }

    #[test]
    fn any_body_decodes_without_a_panic(code: u8, request_code: u8, body in vec(any::<u8>(), 0..=253)) {
        let frame = Frame::build(code, &body).unwrap();
        if let Some(request) = Request::decode(&frame) {
            is_consistent(&frame, &request)?;
        }
        for request_code in [request_code, code.wrapping_sub(1)] {
            if let Some(response) = Response::decode(request_code, &frame) {
                prop_assert_eq!(response.encode(), Ok(frame.clone()));
            }
        }
    }

    /// Random bodies of the codes that exist, with small counts, so that many of them decode.
    #[test]
    fn likely_bodies_decode_without_a_panic(
        code in (0u8..=0x4A).prop_map(|half| half * 2),
        idm: [u8; 8],
        body in vec(prop_oneof![0u8..4, any::<u8>()], 0..=40),
    ) {
        let body = [&idm[..], &body].concat();
        for code in [code, code | 1] {
            let frame = Frame::build(code, &body).unwrap();
            if let Some(request) = Request::decode(&frame) {
                is_consistent(&frame, &request)?;
            }
            if let Some(response) = Response::decode(code & !1, &frame) {
                prop_assert_eq!(response.encode(), Ok(frame.clone()));
            }
        }
    }

    #[test]
    fn payloads_there_and_back(request in secure_request(), padding in vec(any::<u8>(), 0..=8)) {
        let payload = request.encode_payload().unwrap();
        let padded = [payload, padding].concat();
        prop_assert_eq!(SecureRequest::decode_payload(request.code(), &padded), Some(request));
    }

    #[test]
    fn payloads_of_answers_there_and_back((command, response) in secure_response(), padding in vec(any::<u8>(), 0..=8)) {
        let payload = response.encode_payload(command).unwrap();
        let padded = [payload, padding].concat();
        prop_assert_eq!(SecureResponse::decode_payload(command, &padded), Some(response));
    }

    #[test]
    fn any_payload_decodes_without_a_panic(code: u8, payload in vec(any::<u8>(), 0..=240)) {
        for code in SECURE.into_iter().chain([code, code::SEPARATE_SYSTEM]) {
            if let Some(request) = SecureRequest::decode_payload(code, &payload) {
                prop_assert!(request.encode_payload().unwrap().len() <= payload.len());
            }
            if let Some(response) = SecureResponse::decode_payload(code, &payload) {
                prop_assert!(payload.starts_with(&response.encode_payload(code).unwrap()));
            }
        }
        let decoded = Authentication2Payload::decode(&payload);
        prop_assert_eq!(decoded.is_some(), payload.len() == 16);
    }
}
