//! The frames and payloads of the AES generation as values: there and back, and nothing by accident.

use cardwright::model::card::{Block, Idm, NodeCode};
use cardwright::model::command::{
    BlockElement, Frame, FrameError, Request, Response, Scheme, SecureFrameV2, SecureRequest,
    SecureResponse, SeparatePhase, Status, code, command_name,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const SECURE: [u8; 4] = [
    code::READ_V2,
    code::WRITE_V2,
    code::REGISTER_AES_KEY,
    code::CHANGE_SYSTEM_BLOCK_V2,
];

fn bytes<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().unwrap())
}

fn nodes() -> impl Strategy<Value = Vec<NodeCode>> {
    vec(any::<u16>().prop_map(NodeCode), 1..=32)
}

fn elements() -> impl Strategy<Value = Vec<BlockElement>> {
    let element = |(service, number)| BlockElement::normal(service, number);
    vec((0u8..16, any::<u16>()).prop_map(element), 0..=12)
}

fn payload() -> impl Strategy<Value = SecureRequest> {
    prop_oneof![
        elements().prop_map(|blocks| SecureRequest::Read { blocks }),
        (elements(), any::<[u8; 16]>()).prop_map(|(blocks, byte)| SecureRequest::Write {
            data: vec![Block(byte); blocks.len()],
            blocks,
        }),
        (any::<u16>(), bytes()).prop_map(|(node, package)| SecureRequest::RegisterAesKey {
            node: NodeCode(node),
            package
        }),
        Just(SecureRequest::ChangeSystemBlock),
    ]
}

proptest! {
    #[test]
    fn authentication_there_and_back(
        idm: [u8; 8], parameter: u8, nodes in nodes(), c1a in bytes(), c2b in bytes(),
        c1b in bytes(), c2a in bytes(), c3c: [u8; 4], more: u8,
    ) {
        let idm = Idm(idm);
        let requests = [
            Request::Authentication1V2 { idm, parameter, nodes, c1a },
            Request::Authentication2V2 { idm, c2b },
        ];
        for request in requests {
            let frame = request.encode().unwrap();
            let body = frame.body();
            let shorter = Frame::build(frame.code(), &body[..body.len() - 1]).unwrap();
            let longer = Frame::build(frame.code(), &[body, &[more]].concat()).unwrap();
            prop_assert_eq!(Request::decode(&shorter), None);
            prop_assert_eq!(Request::decode(&longer), None);
            prop_assert_eq!(Request::decode(&frame), Some(request));
        }
        let answer = Response::Authentication1V2 { idm, c1b, c2a, c3c };
        let frame = answer.encode().unwrap();
        prop_assert_eq!(frame.as_bytes().len(), 46);
        let longer = Frame::build(frame.code(), &[frame.body(), &[more]].concat()).unwrap();
        prop_assert_eq!(Response::decode(code::AUTHENTICATION1_V2, &longer), None);
        prop_assert_eq!(Response::decode(code::AUTHENTICATION1_V2, &frame), Some(answer));
    }

    #[test]
    fn enciphered_frames_there_and_back(code in select(&SECURE[..]), body in vec(any::<u8>(), 0..=253)) {
        let request = SecureFrameV2::new(code, body.clone());
        let frame = Frame::build(code, &body).unwrap();
        match request {
            Ok(secure) => {
                let request = Request::SecureV2(secure);
                prop_assert_eq!(request.encode(), Ok(frame.clone()));
                prop_assert_eq!(Request::decode(&frame), Some(request));
            }
            Err(error) => {
                prop_assert_eq!(error, FrameError::SecureBody(body.len()));
                prop_assert!(body.len() < 10);
                prop_assert_eq!(Request::decode(&frame), None);
            }
        }
        if let Ok(secure) = SecureFrameV2::new(code + 1, body.clone()) {
            let answer = Response::SecureV2(secure.clone());
            let frame = Frame::build(code + 1, &body).unwrap();
            prop_assert_eq!(answer.encode(), Ok(frame.clone()));
            prop_assert_eq!(Response::decode(code, &frame), Some(answer));
            // Not the other way.
            prop_assert_eq!(Request::SecureV2(secure).encode(), Err(FrameError::Code(code + 1)));
            prop_assert_eq!(Request::decode(&frame), None);
        }
    }

    /// Nothing may follow a payload: there is no padding.
    #[test]
    fn payloads_there_and_back(request in payload(), more: u8) {
        let command = request.code_in(Scheme::Aes).unwrap();
        let mut payload = request.encode_payload().unwrap();
        prop_assert_eq!(SecureRequest::decode_payload(command, &payload), Some(request));
        payload.push(more);
        prop_assert_eq!(SecureRequest::decode_payload(command, &payload), None);
    }

    #[test]
    fn any_payload_decodes_to_what_encodes_to_no_more(code in select(&SECURE[..]), payload in vec(any::<u8>(), 0..=243)) {
        if let Some(request) = SecureRequest::decode_payload(code, &payload) {
            prop_assert_eq!(request.code_in(Scheme::Aes), Some(code));
            prop_assert!(request.encode_payload().unwrap().len() <= payload.len());
        }
        if let Some(response) = SecureResponse::decode_payload(code, &payload) {
            prop_assert_eq!(response.encode_payload(code), Ok(payload));
        }
    }
}

#[test]
fn a_list_has_1_to_32_nodes() {
    let request = |count: usize| Request::Authentication1V2 {
        idm: Idm([1; 8]),
        parameter: 0,
        nodes: vec![NodeCode(0x1008); count],
        c1a: [0; 16],
    };
    assert_eq!(request(0).encode(), Err(FrameError::Count(0)));
    assert_eq!(request(33).encode(), Err(FrameError::Count(33)));
    assert!(request(32).encode().is_ok());
    for count in [0u8, 33] {
        let list = vec![0; 2 * usize::from(count)];
        let body = [&[1; 8][..], &[0, count], &list, &[0; 16]].concat();
        let frame = Frame::build(code::AUTHENTICATION1_V2, &body).unwrap();
        assert_eq!(Request::decode(&frame), None);
    }
}

#[test]
fn each_cipher_has_codes_of_its_own() {
    let read = SecureRequest::Read { blocks: vec![] };
    let commit = SecureRequest::ChangeSystemBlock;
    let key = SecureRequest::RegisterAesKey {
        node: NodeCode(0),
        package: [0; 36],
    };
    let phase = SecureRequest::SeparateSystem(SeparatePhase::Carve);
    let codes = |request: &SecureRequest| [Scheme::Des, Scheme::Aes].map(|s| request.code_in(s));
    assert_eq!(codes(&read), [Some(0x14), Some(0x44)]);
    assert_eq!(codes(&commit), [Some(0x8E), Some(0x8C)]);
    assert_eq!(codes(&key), [None, Some(0x8A)]);
    assert_eq!(codes(&phase), [Some(0x88), None]);
    for command in SECURE {
        assert!(code::is_secure_v2(command) && !code::is_secure(command));
        assert!(command_name(command).is_some());
    }
}

#[test]
fn the_answer_to_authentication2_v2_has_one_length() {
    let code = code::AUTHENTICATION2_V2 + 1;
    for length in [25, 27] {
        let wrong = SecureFrameV2::new(code, vec![0; length]);
        assert_eq!(wrong, Err(FrameError::SecureBody(length)));
    }
    let right = SecureFrameV2::new(code, vec![0; 26]).unwrap();
    let answer = Response::Authentication2V2(right.clone());
    assert_eq!(
        Response::decode(code - 1, &answer.encode().unwrap()),
        Some(answer)
    );
    assert_eq!(
        Response::SecureV2(right).encode(),
        Err(FrameError::Code(code))
    );
    assert!(SecureFrameV2::new(code - 1, vec![0; 26]).is_err());
    let read = SecureFrameV2::new(code::READ_V2 + 1, vec![0; 26]).unwrap();
    let wrong = Response::Authentication2V2(read).encode();
    assert_eq!(wrong, Err(FrameError::Code(code::READ_V2 + 1)));
}

#[test]
fn an_answer_to_registering_a_key_is_a_status_alone() {
    let done = SecureResponse::Status {
        status: Status::OK,
        remaining: None,
    };
    assert_eq!(done.encode_payload(code::REGISTER_AES_KEY), Ok(vec![0, 0]));
    assert_eq!(
        SecureResponse::decode_payload(code::REGISTER_AES_KEY, &[0, 0, 1, 0]),
        None
    );
}
