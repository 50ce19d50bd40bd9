//! Commands of authentication, division and sessions by example, and the payloads inside enciphered frames.

use super::command_frames::{I, IDM, block, block_hex, no_answer, request_is, response_is, silent};
use cardwright::model::card::{Idi, NodeCode, Pmi};
use cardwright::model::command::{
    Authentication2Payload, BlockElement, FrameError, Request, Response, SecureFrame,
    SecureRequest, SecureResponse, SeparatePhase, Sf2, Status,
};
use cardwright::model::hex::parse;

#[test]
fn authentication() {
    let request = Request::Authentication1 {
        idm: IDM,
        areas: vec![NodeCode::AREA_0, NodeCode(0x1000)],
        services: vec![NodeCode(0x1008)],
        c1a: [0xC1; 8],
    };
    request_is(
        request,
        &format!("10 {I} 02 0000 0010 01 0810 C1C1C1C1C1C1C1C1"),
    );
    silent(&format!("10 {I} 00 01 0810 C1C1C1C1C1C1C1C1"));
    silent(&format!("10 {I} 01 0000 00 C1C1C1C1C1C1C1C1"));
    silent(&format!("10 {I} 01 0000 01 0810 C1C1C1C1C1C1C1"));
    let none = Request::Authentication1 {
        idm: IDM,
        areas: vec![],
        services: vec![],
        c1a: [0; 8],
    };
    assert_eq!(none.encode(), Err(FrameError::Count(0)));
    let long = Request::Authentication1 {
        idm: IDM,
        areas: vec![NodeCode::AREA_0; 100],
        services: vec![NodeCode(0x1008); 100],
        c1a: [0; 8],
    };
    assert_eq!(long.encode(), Err(FrameError::TooLong(420)));

    let answer = Response::Authentication1 {
        idm: IDM,
        c1b: [0xCB; 8],
        c2a: [0x2A; 8],
    };
    response_is(answer, &format!("11 {I} CBCBCBCBCBCBCBCB 2A2A2A2A2A2A2A2A"));
    request_is(
        Request::Authentication2 {
            idm: IDM,
            c2b: [0x2B; 8],
        },
        &format!("12 {I} 2B2B2B2B2B2B2B2B"),
    );
    let answer = SecureFrame::new(0x13, vec![0x5A; 32]).unwrap();
    response_is(
        Response::Authentication2(answer),
        &format!("13 {}", "5A".repeat(32)),
    );
    no_answer(0x12, &format!("13 {}", "5A".repeat(24)));
    no_answer(0x12, &format!("13 {}", "5A".repeat(40)));
    let payload = Authentication2Payload {
        idi: Idi([0xB0; 8]),
        pmi: Pmi([0xC0; 8]),
    };
    assert_eq!(payload.encode(), [[0xB0; 8], [0xC0; 8]].concat()[..]);
    assert_eq!(
        Authentication2Payload::decode(&payload.encode()),
        Some(payload)
    );
    assert_eq!(Authentication2Payload::decode(&[0; 15]), None);
    assert_eq!(Authentication2Payload::decode(&[0; 17]), None);
}

#[test]
fn separate_system_is_told_from_its_enciphered_form_by_length() {
    let plain = Request::SeparateSystem {
        idm: IDM,
        pj: [0x77; 48],
        inf_1: [0x11; 24],
    };
    request_is(
        plain,
        &format!("88 {I} {} {}", "77".repeat(48), "11".repeat(24)),
    );
    let enciphered = SecureFrame::new(0x88, vec![0x5A; 24]).unwrap();
    request_is(
        Request::Secure(enciphered),
        &format!("88 {}", "5A".repeat(24)),
    );
    for bytes in [0, 8, 16, 23, 25, 32, 72, 79, 81, 88] {
        silent(&format!("88 {}", "5A".repeat(bytes)));
        assert_eq!(
            SecureFrame::new(0x88, vec![0; bytes]),
            Err(FrameError::SecureBody(bytes))
        );
    }

    let answer = |status, remaining| Response::SeparateSystem {
        idm: IDM,
        status,
        remaining,
    };
    response_is(
        answer(Status::OK, Some(0x0102)),
        &format!("89 {I} 0000 0201"),
    );
    let refused = Status::whole(Sf2::PackageMac);
    response_is(answer(refused, None), &format!("89 {I} FFAB"));
    assert_eq!(
        answer(refused, Some(1)).encode(),
        Err(FrameError::Contradiction)
    );
    assert_eq!(
        answer(Status::OK, None).encode(),
        Err(FrameError::Contradiction)
    );
    no_answer(0x88, &format!("89 {I} 0000"));
    no_answer(0x88, &format!("89 {I} FFAB 0201"));
    let enciphered = SecureFrame::new(0x89, vec![0x5A; 24]).unwrap();
    response_is(
        Response::Secure(enciphered),
        &format!("89 {}", "5A".repeat(24)),
    );
}

#[test]
fn enciphered_frames_are_whole_blocks_and_hold_a_mac() {
    for command in [0x14, 0x16, 0x80, 0x82, 0x84, 0x8E] {
        for bytes in (0..=253).filter(|bytes| bytes % 8 != 0 || *bytes < 16) {
            silent(&format!("{command:02X} {}", "5A".repeat(bytes)));
            let body = vec![0x5A; bytes];
            assert_eq!(
                SecureFrame::new(command, body),
                Err(FrameError::SecureBody(bytes))
            );
        }
        for bytes in (16..=248).step_by(8) {
            let frame = SecureFrame::new(command, vec![0x5A; bytes]).unwrap();
            assert_eq!(frame.body().len(), bytes);
            request_is(
                Request::Secure(frame),
                &format!("{command:02X} {}", "5A".repeat(bytes)),
            );
            let frame = SecureFrame::new(command + 1, vec![0x5A; bytes]).unwrap();
            response_is(
                Response::Secure(frame),
                &format!("{:02X} {}", command + 1, "5A".repeat(bytes)),
            );
        }
        assert_eq!(
            SecureFrame::new(command, vec![0; 256]),
            Err(FrameError::SecureBody(256))
        );
    }
    for other in [0x00, 0x07, 0x12, 0x18, 0x40, 0x86, 0xFF] {
        assert_eq!(
            SecureFrame::new(other, vec![0; 32]),
            Err(FrameError::Code(other))
        );
    }
}

#[test]
fn an_enciphered_frame_is_not_sent_the_wrong_way() {
    let frame = |code| SecureFrame::new(code, vec![0; 32]).unwrap();
    assert_eq!(
        Request::Secure(frame(0x15)).encode(),
        Err(FrameError::Code(0x15))
    );
    assert_eq!(
        Request::Secure(frame(0x13)).encode(),
        Err(FrameError::Code(0x13))
    );
    assert_eq!(
        Response::Secure(frame(0x14)).encode(),
        Err(FrameError::Code(0x14))
    );
    assert_eq!(
        Response::Secure(frame(0x13)).encode(),
        Err(FrameError::Code(0x13))
    );
    assert_eq!(
        Response::Authentication2(frame(0x15)).encode(),
        Err(FrameError::Code(0x15))
    );
}

#[test]
fn payloads_of_commands() {
    let package = [0x99; 24];
    let p = "99".repeat(24);
    let data = vec![block(0xAA)];
    let change = BlockElement::key_change(1, 2);
    let cases = [
        (
            SecureRequest::Read {
                blocks: vec![BlockElement::normal(0, 0)],
            },
            0x14,
            "018000".to_string(),
        ),
        (
            SecureRequest::Write {
                blocks: vec![change],
                data,
            },
            0x16,
            format!("01C102{}", block_hex(0xAA)),
        ),
        (
            SecureRequest::RegisterIssueId {
                idi: Idi([0xB0; 8]),
                pmi: Pmi([0xC0; 8]),
                package,
            },
            0x80,
            format!("{}{}{p}", "B0".repeat(8), "C0".repeat(8)),
        ),
        (
            SecureRequest::RegisterArea {
                code: NodeCode(0x1001),
                package,
            },
            0x82,
            format!("0110{p}"),
        ),
        (
            SecureRequest::RegisterService {
                code: NodeCode(0x1008),
                package,
            },
            0x84,
            format!("0810{p}"),
        ),
        (
            SecureRequest::SeparateSystem(SeparatePhase::Carve),
            0x88,
            "01".to_string(),
        ),
        (
            SecureRequest::SeparateSystem(SeparatePhase::SetTopAreaKey),
            0x88,
            "02".to_string(),
        ),
        (
            SecureRequest::SeparateSystem(SeparatePhase::OpenInf1),
            0x88,
            "03".to_string(),
        ),
        (SecureRequest::ChangeSystemBlock, 0x8E, String::new()),
    ];
    for (request, command, hex) in cases {
        let mut payload = parse(&hex).unwrap();
        assert_eq!(
            (request.code(), request.encode_payload().unwrap()),
            (command, payload.clone())
        );
        if !payload.is_empty() {
            assert_eq!(
                SecureRequest::decode_payload(command, &payload[..payload.len() - 1]),
                None
            );
        }
        // Any padding, up to a block.
        for _ in 0..=8 {
            assert_eq!(
                SecureRequest::decode_payload(command, &payload).as_ref(),
                Some(&request)
            );
            payload.push(0xE7);
        }
        assert_eq!(SecureRequest::decode_payload(command, &payload), None);
    }
    assert_eq!(SecureRequest::decode_payload(0x88, &[0]), None);
    assert_eq!(SecureRequest::decode_payload(0x88, &[4]), None);
    assert_eq!(SecureRequest::decode_payload(0x06, &[1, 0x80, 0]), None);
    let write = SecureRequest::Write {
        blocks: vec![change],
        data: vec![],
    };
    assert_eq!(write.encode_payload(), Err(FrameError::Contradiction));
}

#[test]
fn payloads_of_answers() {
    let answer = |status, remaining| SecureResponse::Status { status, remaining };
    let refused = Status::whole(Sf2::PackageMismatch);
    let cases = [
        (
            0x14,
            SecureResponse::Read {
                status: Status::OK,
                data: vec![block(0xAA)],
            },
            "000001".to_string(),
        ),
        (
            0x14,
            SecureResponse::Read {
                status: refused,
                data: vec![],
            },
            "FFC1".to_string(),
        ),
        (0x16, answer(Status::OK, None), "0000".to_string()),
        (
            0x80,
            answer(Status::OK, Some(0x0102)),
            "00000201".to_string(),
        ),
        (0x80, answer(refused, None), "FFC1".to_string()),
        (0x82, answer(Status::OK, None), "0000".to_string()),
        (0x84, answer(Status::OK, Some(3)), "00000300".to_string()),
        (0x84, answer(refused, None), "FFC1".to_string()),
        (0x88, answer(Status::OK, None), "0000".to_string()),
        (0x8E, answer(Status::OK, None), "0000".to_string()),
    ];
    for (command, response, hex) in cases {
        let mut payload = parse(&hex).unwrap();
        if let SecureResponse::Read { data, .. } = &response {
            payload.extend(data.iter().flat_map(|block| block.0));
        }
        assert_eq!(
            response.encode_payload(command).unwrap(),
            payload,
            "{command:02X}"
        );
        assert_eq!(
            SecureResponse::decode_payload(command, &payload[..payload.len() - 1]),
            None
        );
        for _ in 0..=8 {
            assert_eq!(
                SecureResponse::decode_payload(command, &payload).as_ref(),
                Some(&response)
            );
            payload.push(0xE7);
        }
        assert_eq!(SecureResponse::decode_payload(command, &payload), None);
    }
    // The blocks that remain are told after 80h and 84h, and only when done.
    for (command, response) in [
        (0x80, answer(Status::OK, None)),
        (0x84, answer(refused, Some(1))),
        (0x82, answer(Status::OK, Some(1))),
        (
            0x14,
            SecureResponse::Read {
                status: refused,
                data: vec![block(0)],
            },
        ),
    ] {
        assert_eq!(
            response.encode_payload(command),
            Err(FrameError::Contradiction),
            "{response:?}"
        );
    }
    assert_eq!(
        answer(Status::OK, None).encode_payload(0x14),
        Err(FrameError::Code(0x14))
    );
    assert_eq!(
        answer(Status::OK, None).encode_payload(0x06),
        Err(FrameError::Code(0x06))
    );
    assert_eq!(SecureResponse::decode_payload(0x06, &[0, 0]), None);
}
