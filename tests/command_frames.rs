//! Frames and commands by example: the bytes of each command as the protocol has them, and what is no frame,
//! no command or no answer.

use cardwright::model::card::{Block, Idm, NodeCode, Pmm, ServiceCode, SystemCode};
use cardwright::model::command::{
    AccessMode, BlockElement, Frame, FrameError, NodeVersions, PollingRequest, Request, Response,
    SearchResult, SecureFrame, SecureRequest, Sf2, Specification, Status, SystemStatus, TimeSlots,
    code, command_name,
};
use cardwright::model::hex::parse;

pub const IDM: Idm = Idm([1, 2, 3, 4, 5, 6, 7, 8]);
pub const I: &str = "0102030405060708";

/// The frame whose code and body are `hex`; the length byte is put before.
pub fn frame(hex: &str) -> Frame {
    let bytes = parse(hex).unwrap();
    Frame::build(bytes[0], &bytes[1..]).unwrap()
}

pub fn request_is(request: Request, hex: &str) {
    let frame = frame(hex);
    assert_eq!(
        request.encode().unwrap().as_bytes(),
        frame.as_bytes(),
        "{request:?}"
    );
    assert_eq!(Request::decode(&frame), Some(request));
}

pub fn response_is(response: Response, hex: &str) {
    let frame = frame(hex);
    assert_eq!(
        response.encode().unwrap().as_bytes(),
        frame.as_bytes(),
        "{response:?}"
    );
    assert_eq!(Response::decode(frame.code() - 1, &frame), Some(response));
}

pub fn silent(hex: &str) {
    assert_eq!(Request::decode(&frame(hex)), None, "{hex}");
}

pub fn no_answer(request_code: u8, hex: &str) {
    assert_eq!(Response::decode(request_code, &frame(hex)), None, "{hex}");
}

pub fn block(byte: u8) -> Block {
    Block([byte; 16])
}

pub fn block_hex(byte: u8) -> String {
    format!("{byte:02X}").repeat(16)
}

#[test]
fn a_frame_is_what_its_length_byte_says() {
    assert_eq!(Frame::parse(&[]), Err(FrameError::TooShort(0)));
    assert_eq!(Frame::parse(&[1]), Err(FrameError::TooShort(1)));
    assert_eq!(Frame::parse(&[2]), Err(FrameError::TooShort(1)));
    assert_eq!(
        Frame::parse(&[0, 0]),
        Err(FrameError::Length { said: 0, got: 2 })
    );
    assert_eq!(
        Frame::parse(&[3, 0]),
        Err(FrameError::Length { said: 3, got: 2 })
    );
    assert_eq!(
        Frame::parse(&[2, 0, 0]),
        Err(FrameError::Length { said: 2, got: 3 })
    );
    // 258 bytes, which is 2 in one byte.
    let long = [vec![2], vec![0; 257]].concat();
    assert_eq!(
        Frame::parse(&long),
        Err(FrameError::Length { said: 2, got: 258 })
    );
    let frame = Frame::parse(&[4, 0x0C, 0xAB, 0xCD]).unwrap();
    assert_eq!((frame.code(), frame.body()), (0x0C, &[0xAB, 0xCD][..]));
    assert_eq!(frame.as_bytes(), [4, 0x0C, 0xAB, 0xCD]);
    assert_eq!(format!("{frame:?}"), "Frame(0Ch, 4 bytes)");
}

#[test]
fn a_frame_has_at_most_255_bytes() {
    assert_eq!(Frame::build(0, &[7; 253]).unwrap().as_bytes()[0], 255);
    assert_eq!(Frame::build(0, &[7; 254]), Err(FrameError::TooLong(256)));
    assert_eq!(Frame::build(0, &[7; 600]), Err(FrameError::TooLong(602)));
}

#[test]
fn polling() {
    let polling = |system_code, request, time_slots| Request::Polling {
        system_code: SystemCode(system_code),
        request,
        time_slots,
    };
    request_is(
        polling(0xFFFF, PollingRequest::SystemCode, TimeSlots::One),
        "00 FFFF 01 00",
    );
    request_is(
        polling(0x8092, PollingRequest::None, TimeSlots::Sixteen),
        "00 8092 00 0F",
    );
    request_is(
        polling(0x12FC, PollingRequest::Performance, TimeSlots::Four),
        "00 12FC 02 03",
    );
    assert_eq!(polling(0, PollingRequest::None, TimeSlots::One).idm(), None);
    silent("00 FFFF 03 00");
    silent("00 FFFF 00 02");
    silent("00 FFFF 00 1F");
    silent("00 FFFF 00");
    silent("00 FFFF 00 00 00");

    let pmm = Pmm([0x01, 0x20, 0x22, 0x04, 0x27, 0x67, 0x4E, 0xFF]);
    let plain = Response::Polling {
        idm: IDM,
        pmm,
        data: None,
    };
    response_is(plain, &format!("01 {I} 01202204 27674EFF"));
    let with_code = Response::Polling {
        idm: IDM,
        pmm,
        data: Some([0x80, 0x92]),
    };
    response_is(with_code, &format!("01 {I} 01202204 27674EFF 8092"));
    no_answer(0, &format!("01 {I} 01202204 27674EFF 80"));
    no_answer(0, &format!("01 {I} 01202204 27674EFF 809200"));
    no_answer(0, &format!("01 {I} 01202204 27674E"));
}

#[test]
fn request_service() {
    let nodes = vec![NodeCode(0x1008), NodeCode::SYSTEM];
    request_is(
        Request::RequestService { idm: IDM, nodes },
        &format!("02 {I} 02 0810 FFFF"),
    );
    let thirty_two = Request::RequestService {
        idm: IDM,
        nodes: vec![NodeCode::AREA_0; 32],
    };
    request_is(thirty_two, &format!("02 {I} 20 {}", "0000".repeat(32)));
    silent(&format!("02 {I} 00"));
    silent(&format!("02 {I} 21 {}", "0000".repeat(33)));
    silent(&format!("02 {I} 02 0810"));
    silent(&format!("02 {I} 01 0810 FFFF"));
    for count in [0, 33, 300] {
        let request = Request::RequestService {
            idm: IDM,
            nodes: vec![NodeCode::AREA_0; count],
        };
        assert_eq!(request.encode(), Err(FrameError::Count(count)));
    }
    let versions = vec![0x0102, 0xFFFF];
    response_is(
        Response::RequestService { idm: IDM, versions },
        &format!("03 {I} 02 0201 FFFF"),
    );
    no_answer(2, &format!("03 {I} 02 0201"));
}

#[test]
fn request_response_and_system_code() {
    request_is(Request::RequestResponse { idm: IDM }, &format!("04 {I}"));
    response_is(
        Response::RequestResponse { idm: IDM, mode: 2 },
        &format!("05 {I} 02"),
    );
    silent("04 01020304050607");
    silent(&format!("04 {I} 00"));
    request_is(Request::RequestSystemCode { idm: IDM }, &format!("0C {I}"));
    let codes = vec![SystemCode(0x8092), SystemCode(0x0003)];
    response_is(
        Response::RequestSystemCode { idm: IDM, codes },
        &format!("0D {I} 02 8092 0003"),
    );
}

#[test]
fn read_and_write_without_encryption() {
    let services = vec![NodeCode(0x100B), NodeCode(0x2009)];
    let blocks = vec![
        BlockElement::normal(0, 0),
        BlockElement {
            service: 1,
            access: AccessMode::CASHBACK,
            number: 0x0134,
        },
    ];
    let list = "02 0B10 0920 02 8000 11 3401";
    let read = Request::ReadPlain {
        idm: IDM,
        services: services.clone(),
        blocks: blocks.clone(),
    };
    request_is(read, &format!("06 {I} {list}"));
    let data = vec![block(0xAA), block(0xBB)];
    let write = Request::WritePlain {
        idm: IDM,
        services,
        blocks,
        data: data.clone(),
    };
    request_is(
        write,
        &format!("08 {I} {list} {} {}", block_hex(0xAA), block_hex(0xBB)),
    );
    silent(&format!("06 {I} {list} 00"));
    silent(&format!("06 {I} 02 0B10 0920 02 8000 11 34"));
    silent(&format!("08 {I} {list} {}", block_hex(0xAA)));
    silent(&format!("08 {I} {list}"));

    let answer = Response::ReadPlain {
        idm: IDM,
        status: Status::OK,
        data,
    };
    response_is(
        answer,
        &format!("07 {I} 0000 02 {} {}", block_hex(0xAA), block_hex(0xBB)),
    );
    let status = Status::at(0x02, Sf2::BlockNumber);
    let refused = Response::ReadPlain {
        idm: IDM,
        status,
        data: vec![],
    };
    response_is(refused, &format!("07 {I} 02A8"));
    response_is(
        Response::WritePlain { idm: IDM, status },
        &format!("09 {I} 02A8"),
    );
    no_answer(6, &format!("07 {I} 0000 02 {}", block_hex(0xAA)));
    no_answer(6, &format!("07 {I} 0000"));
    no_answer(6, &format!("07 {I} 02A8 01 {}", block_hex(0xAA)));
}

/// A card answers these with status A1h and A2h, so they are no reason for silence.
#[test]
fn plain_lists_of_a_wrong_length_reach_the_card() {
    let read = Request::ReadPlain {
        idm: IDM,
        services: vec![],
        blocks: vec![],
    };
    request_is(read, &format!("06 {I} 00 00"));
    let services = vec![NodeCode(0x100B); 17];
    let read = Request::ReadPlain {
        idm: IDM,
        services,
        blocks: vec![BlockElement::normal(0, 0)],
    };
    request_is(read, &format!("06 {I} 11 {} 01 8000", "0B10".repeat(17)));
}

#[test]
fn a_write_whose_parts_contradict_is_not_sent() {
    let write = |blocks: usize, data: usize| Request::WritePlain {
        idm: IDM,
        services: vec![NodeCode(0x1009)],
        blocks: vec![BlockElement::normal(0, 0); blocks],
        data: vec![block(0); data],
    };
    assert_eq!(write(1, 2).encode(), Err(FrameError::Contradiction));
    assert_eq!(write(1, 0).encode(), Err(FrameError::Contradiction));
    // One frame holds 13 blocks of one service.
    assert_eq!(write(13, 13).encode().unwrap().as_bytes().len(), 248);
    assert_eq!(write(14, 14).encode(), Err(FrameError::TooLong(266)));
    let read = Response::ReadPlain {
        idm: IDM,
        status: Status::OK,
        data: vec![block(0); 15],
    };
    assert_eq!(read.encode().unwrap().as_bytes().len(), 253);
    let read = Response::ReadPlain {
        idm: IDM,
        status: Status::OK,
        data: vec![block(0); 16],
    };
    assert_eq!(read.encode(), Err(FrameError::TooLong(269)));
    let status = Status::whole(Sf2::Memory);
    let read = Response::ReadPlain {
        idm: IDM,
        status,
        data: vec![block(0)],
    };
    assert_eq!(read.encode(), Err(FrameError::Contradiction));
}

#[test]
fn block_list_elements() {
    let list = |blocks| SecureRequest::Read { blocks }.encode_payload();
    let element = |service, access, number| BlockElement {
        service,
        access,
        number,
    };
    assert_eq!(
        list(vec![BlockElement::normal(0, 0)]).unwrap(),
        [1, 0x80, 0x00]
    );
    assert_eq!(
        list(vec![BlockElement::normal(15, 255)]).unwrap(),
        [1, 0x8F, 0xFF]
    );
    assert_eq!(
        list(vec![BlockElement::normal(15, 256)]).unwrap(),
        [1, 0x0F, 0x00, 0x01]
    );
    assert_eq!(
        list(vec![BlockElement::key_change(3, 0x0201)]).unwrap(),
        [1, 0x43, 0x01, 0x02]
    );
    assert_eq!(
        list(vec![element(2, AccessMode::CASHBACK, 1)]).unwrap(),
        [1, 0x92, 0x01]
    );
    assert_eq!(
        list(vec![BlockElement::normal(16, 0)]),
        Err(FrameError::ServiceIndex(16))
    );
    assert_eq!(
        list(vec![BlockElement::normal(0, 0); 256]),
        Err(FrameError::Count(256))
    );

    // The long form of a short number is read as well, and all three access bits are kept.
    let decoded = SecureRequest::decode_payload(code::READ, &[2, 0x05, 0x07, 0x00, 0xF1, 0x02]);
    let odd = AccessMode::from_bits(0b111).unwrap();
    let blocks = vec![BlockElement::normal(5, 7), element(1, odd, 2)];
    assert_eq!(decoded, Some(SecureRequest::Read { blocks }));
    assert_eq!((odd.bits(), AccessMode::from_bits(8)), (7, None));
}

#[test]
fn search_service_code() {
    request_is(
        Request::SearchServiceCode {
            idm: IDM,
            index: 0x0102,
        },
        &format!("0A {I} 0201"),
    );
    let found = |found| Response::SearchServiceCode { idm: IDM, found };
    let area = SearchResult::Area {
        code: NodeCode::AREA_0,
        end: NodeCode::AREA_0_END,
    };
    response_is(found(area), &format!("0B {I} 0000 FEFF"));
    let service = SearchResult::Service(ServiceCode::new(0x100B).unwrap());
    response_is(found(service), &format!("0B {I} 0B10"));
    response_is(
        found(SearchResult::Other(NodeCode(0x1029))),
        &format!("0B {I} 2910"),
    );
    response_is(found(SearchResult::End), &format!("0B {I} FFFF"));
    no_answer(0x0A, &format!("0B {I} 00"));
    no_answer(0x0A, &format!("0B {I} 0000 FE"));
    no_answer(0x0A, &format!("0B {I} 0000 FEFF 00"));
}

#[test]
fn what_newer_readers_ask() {
    let nodes = || vec![NodeCode(0x1000), NodeCode(0x1008)];
    request_is(
        Request::RequestBlockInformation {
            idm: IDM,
            nodes: nodes(),
        },
        &format!("0E {I} 02 0010 0810"),
    );
    response_is(
        Response::RequestBlockInformation {
            idm: IDM,
            counts: vec![6, 0x0104],
        },
        &format!("0F {I} 02 0600 0401"),
    );
    silent(&format!("0E {I} 00"));
    silent(&format!("0E {I} 02 0010"));
    request_is(
        Request::RequestServiceV2 {
            idm: IDM,
            nodes: nodes(),
        },
        &format!("32 {I} 02 0010 0810"),
    );
    let versions = |encryption, second: &[u16]| Response::RequestServiceV2 {
        idm: IDM,
        status: Status::OK,
        versions: Some(NodeVersions {
            encryption,
            first: vec![1, 0xFFFF],
            second: second.to_vec(),
        }),
    };
    response_is(versions(0x2F, &[]), &format!("33 {I} 0000 2F 02 0100 FFFF"));
    response_is(
        versions(0x41, &[2, 3]),
        &format!("33 {I} 0000 41 02 0100 FFFF 0200 0300"),
    );
    for wrong in [versions(0x41, &[2]), versions(0x2F, &[2, 3])] {
        assert_eq!(wrong.encode(), Err(FrameError::Contradiction));
    }
    no_answer(0x32, &format!("33 {I} 0000 41 02 0100 FFFF 0200"));
    no_answer(0x32, &format!("33 {I} 0000 2F 02 0100 FFFF 0200 0300"));
    response_is(
        Response::RequestServiceV2 {
            idm: IDM,
            status: Status::whole(Sf2::ServiceCount),
            versions: None,
        },
        &format!("33 {I} FFA1"),
    );
}

#[test]
fn status_specification_and_reset() {
    request_is(
        Request::GetSystemStatus { idm: IDM },
        &format!("38 {I} 0000"),
    );
    response_is(
        Response::GetSystemStatus {
            idm: IDM,
            status: Status::OK,
            system: Some(SystemStatus {
                flag: 1,
                data: vec![2, 3],
            }),
        },
        &format!("39 {I} 0000 01 02 0203"),
    );
    request_is(
        Request::RequestSpecificationVersion { idm: IDM },
        &format!("3C {I} 0000"),
    );
    response_is(
        Response::RequestSpecificationVersion {
            idm: IDM,
            status: Status::OK,
            specification: Some(Specification {
                format: 0,
                basic: 0x0500,
                options: vec![0x0100],
            }),
        },
        &format!("3D {I} 0000 00 0005 01 0001"),
    );
    request_is(Request::ResetMode { idm: IDM }, &format!("3E {I} 0000"));
    response_is(
        Response::ResetMode {
            idm: IDM,
            status: Status::OK,
        },
        &format!("3F {I} 0000"),
    );
    for code in ["38", "3C", "3E"] {
        for tail in ["", "00", "0001", "000000"] {
            silent(&format!("{code} {I} {tail}"));
        }
    }
    // What a status does not allow is neither sent nor taken.
    let told = Response::GetSystemStatus {
        idm: IDM,
        status: Status::OK,
        system: None,
    };
    assert_eq!(told.encode(), Err(FrameError::Contradiction));
    no_answer(0x38, &format!("39 {I} FFA5 01 00"));
    no_answer(0x38, &format!("39 {I} 0000 01 02 02"));
}

#[test]
fn unknown_codes_are_silent() {
    let known = [
        0, 2, 4, 6, 8, 0x0A, 0x0C, 0x0E, 0x10, 0x12, 0x14, 0x16, 0x32, 0x38, 0x3C, 0x3E, 0x40,
        0x42, 0x44, 0x46, 0x80, 0x82, 0x84, 0x88, 0x8A, 0x8C, 0x8E,
    ];
    for code in (0..=255u8).filter(|code| !known.contains(code)) {
        for bytes in [0, 4, 8, 10, 16, 24, 32, 80] {
            let frame = Frame::build(code, &vec![0; bytes]).unwrap();
            assert_eq!(Request::decode(&frame), None, "{code:02X} of {bytes} bytes");
            assert_eq!(Response::decode(code, &frame), None);
        }
    }
}

#[test]
fn an_answer_to_another_command_is_none() {
    let frame = frame(&format!("05 {I} 00"));
    assert!(Response::decode(0x04, &frame).is_some());
    for other in (0..=255).filter(|other| *other != 0x04) {
        assert_eq!(Response::decode(other, &frame), None);
    }
}

#[test]
fn status_flags() {
    assert!(Status::OK.is_done());
    assert!(
        Status {
            sf1: 0xFF,
            sf2: 0x71
        }
        .is_done()
    );
    assert!(
        Status {
            sf1: 0x00,
            sf2: 0x71
        }
        .is_done()
    );
    assert!(
        !Status {
            sf1: 0x01,
            sf2: 0x00
        }
        .is_done()
    );
    for &what in Sf2::ALL {
        let done = matches!(what, Sf2::Fine | Sf2::RewriteLimit);
        assert_eq!(Status::at(0, what).is_done(), done, "{what:?}");
        assert_eq!(Status::whole(what).what(), Some(what));
    }
    assert_eq!(Sf2::ALL.len(), (0..=255).filter_map(Sf2::from_byte).count());
    assert_eq!(Sf2::ALL.len(), 25);
    assert_eq!(Sf2::from_byte(0xA8), Some(Sf2::BlockNumber));
    assert_eq!(Sf2::from_byte(0xAF), Some(Sf2::CyclicOverflow));
    assert_eq!(Sf2::from_byte(0xC3), Some(Sf2::IssuanceAttribute));
    assert_eq!(Status::at(1, Sf2::ServiceIndex).to_string(), "01 A3");
    assert_eq!(Status { sf1: 0, sf2: 0xB7 }.what(), None);
}

#[test]
fn every_command_has_its_standard_name() {
    assert_eq!(command_name(0x06), Some("Read Without Encryption"));
    assert_eq!(command_name(0x07), Some("Read Without Encryption"));
    assert_eq!(command_name(0x8E), Some("Change System Block"));
    assert_eq!(command_name(0x36), None);
    assert_eq!(
        Request::RequestResponse { idm: IDM }.name(),
        "Request Response"
    );
    let secure = Request::Secure(SecureFrame::new(0x14, vec![0; 16]).unwrap());
    assert_eq!(
        (secure.name(), secure.code(), secure.idm()),
        ("Read", 0x14, None)
    );
}

#[test]
fn data_is_not_shown_by_debug() {
    let data = vec![Block([0xDB; 16])];
    let shown = format!(
        "{:?}",
        Response::ReadPlain {
            idm: IDM,
            status: Status::OK,
            data
        }
    );
    assert!(
        !shown.contains("219") && !shown.to_lowercase().contains("db"),
        "{shown}"
    );
    let shown = format!("{:?}", SecureFrame::new(0x14, vec![0xDB; 16]).unwrap());
    assert_eq!(shown, "SecureFrame(14h, 16 bytes)");
}
