//! The trace: what is noted of each exchange, how frames are read into fields, and what the fields are about.

use crate::aes;
use crate::command_roundtrip::{request, response, secure_request, secure_response};
use crate::support::{ALL, Division, Issuance, SeededRng, blank_memory, card_of, demo_card};
use cardwright::device::emulated::{EmulatedCard, LinkFault};
use cardwright::model::card::{Block, Idm, NodeCode};
use cardwright::model::command::{
    AccessMode, BlockElement, Frame, PollingRequest, Request, Response, Scheme, SecureRequest,
    Status, code,
};
use cardwright::model::demo::Demo;
use cardwright::model::port::{CardLink, LinkError};
use cardwright::model::reader::{Reader, observe};
use cardwright::model::trace::{
    About, Asked, Bytes, Direction, Ended, Exchange, FieldName, FieldValue, How, Touched, Trace,
    TraceField, answer_fields, answer_payload_fields, asked, command_fields, payload_fields,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Fields lie side by side from the first byte to the last.
fn tile(bytes: &[u8], fields: &[TraceField]) -> bool {
    let mut at = 0;
    for field in fields {
        if field.at.start != at || field.at.is_empty() {
            return false;
        }
        at = field.at.end;
    }
    at == bytes.len()
}

fn unread(fields: &[TraceField]) -> bool {
    fields.iter().any(|field| field.name == FieldName::Unread)
}

fn names(fields: &[TraceField]) -> Vec<FieldName> {
    fields.iter().map(|field| field.name).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_named_from_end_to_end(
        command: u8, frame in vec(any::<u8>(), 0..=300), other in vec(any::<u8>(), 0..=300),
        nodes in vec(any::<u16>(), 0..4)
    ) {
        let nodes: Vec<NodeCode> = nodes.into_iter().map(NodeCode).collect();
        prop_assert!(tile(&frame, &command_fields(&frame)));
        prop_assert!(tile(&frame, &answer_fields(command, &asked(&other), &frame)));
        prop_assert!(tile(&frame, &payload_fields(command, &frame, &nodes)));
        prop_assert!(tile(&frame, &answer_payload_fields(command, &Asked::default(), &frame)));
        let bytes = Bytes {
            command: &frame,
            answer: &other,
            opened_command: Some(&frame),
            opened_answer: Some(&other),
        };
        for part in Exchange::new(Ended::Answered, bytes, None).parts() {
            prop_assert!(tile(part.bytes, &part.fields));
        }
    }

    #[test]
    fn whole_commands_are_understood_to_the_last_byte(request in request()) {
        let frame = request.encode().unwrap();
        let fields = command_fields(frame.as_bytes());
        prop_assert!(tile(frame.as_bytes(), &fields));
        prop_assert!(!unread(&fields), "{fields:?}");
    }

    #[test]
    fn whole_answers_are_understood_to_the_last_byte(response in response()) {
        let frame = response.encode().unwrap();
        let asked = Asked { polling: Some(PollingRequest::SystemCode), ..Asked::default() };
        let fields = answer_fields(frame.code() - 1, &asked, frame.as_bytes());
        prop_assert!(tile(frame.as_bytes(), &fields));
        prop_assert!(!unread(&fields), "{fields:?}");
    }

    #[test]
    fn whole_payloads_are_understood_to_the_last_byte(
        request in secure_request(), (command, response) in secure_response()
    ) {
        let payload = request.encode_payload().unwrap();
        let fields = payload_fields(request.code(), &payload, &[]);
        prop_assert!(tile(&payload, &fields) && !unread(&fields), "{fields:?}");
        let payload = response.encode_payload(command).unwrap();
        let fields = answer_payload_fields(command, &Asked::default(), &payload);
        prop_assert!(tile(&payload, &fields) && !unread(&fields), "{fields:?}");
    }

    /// What a frame says does not hang on how many bytes a block number takes.
    #[test]
    fn either_form_of_a_block_number_is_read(number in 0u16..=255, service in 0u8..4) {
        let idm = Demo::new().idm;
        let nodes: Vec<NodeCode> = (0..4).map(|n| NodeCode(0x1009 + (n << 6))).collect();
        let mut long = Vec::new();
        long.extend(idm.0);
        long.push(4);
        nodes.iter().for_each(|node| long.extend(node.0.to_le_bytes()));
        long.extend([1, service]);
        long.extend(number.to_le_bytes());
        let long = Frame::build(code::READ_PLAIN, &long).unwrap();
        let short = Request::ReadPlain {
            idm,
            services: nodes.clone(),
            blocks: vec![BlockElement::normal(service, number)],
        };
        let about = About { node: nodes[usize::from(service)], block: Some(number) };
        for frame in [long, short.encode().unwrap()] {
            let fields = command_fields(frame.as_bytes());
            prop_assert!(tile(frame.as_bytes(), &fields) && !unread(&fields));
            prop_assert_eq!(fields.last().unwrap().about, Some(about));
        }
    }
}

#[test]
fn a_plain_read_is_named_field_by_field() {
    let frame = Request::ReadPlain {
        idm: Idm([1, 2, 3, 4, 5, 6, 7, 8]),
        services: vec![NodeCode(0x1009), NodeCode(0x200B)],
        blocks: vec![BlockElement::normal(1, 300), BlockElement::normal(0, 7)],
    };
    let frame = frame.encode().expect("it fits");
    let fields = command_fields(frame.as_bytes());
    use FieldName::{Code, Count, Data, Element, Length, Service, StatusFlag1, StatusFlag2};
    assert_eq!(
        names(&fields),
        [
            Length,
            Code,
            FieldName::Idm,
            Count,
            Service,
            Service,
            Count,
            Element,
            Element
        ]
    );
    assert_eq!(fields[2].at, 2..10);
    assert_eq!(fields[7].at, 16..19);
    assert_eq!(
        fields[7].value,
        FieldValue::Element {
            service: 1,
            access: AccessMode::NORMAL,
            number: 300
        }
    );
    let about = |node, block| {
        Some(About {
            node: NodeCode(node),
            block: Some(block),
        })
    };
    assert_eq!(fields[7].about, about(0x200B, 300));
    assert_eq!(fields[8].about, about(0x1009, 7));
    let answer = Response::ReadPlain {
        idm: Idm([1, 2, 3, 4, 5, 6, 7, 8]),
        status: Status::OK,
        data: vec![Block([7; 16]), Block([8; 16])],
    };
    let answer = answer.encode().expect("it fits");
    let fields = answer_fields(0x06, &asked(frame.as_bytes()), answer.as_bytes());
    assert_eq!(
        names(&fields),
        [
            Length,
            Code,
            FieldName::Idm,
            StatusFlag1,
            StatusFlag2,
            Count,
            Data,
            Data
        ]
    );
    assert_eq!(fields[6].about, about(0x200B, 300));
    assert_eq!(fields[7].at, 29..45);
}

/// The demo card, issued and divided, with everything noted.
pub fn traced_flows() -> EmulatedCard {
    let demo = Demo::new();
    let mut card = card_of(blank_memory(demo.idm, &demo.division_key));
    card.record(Trace::default());
    Issuance::of(demo).run(&mut card, ALL).expect("issued");
    Division::new().run(&mut card, ALL).expect("divided");
    card
}

/// An exchange's parts that were enciphered and opened.
fn opened(exchange: &Exchange) -> usize {
    exchange.parts().iter().filter(|part| part.opened).count()
}

#[test]
fn every_frame_of_the_flows_is_noted_opened_and_understood() {
    let card = traced_flows();
    let trace = card.trace().expect("noted");
    assert!(trace.len() > 60, "{}", trace.len());
    let mut events = 0;
    for (index, exchange) in trace.iter().enumerate() {
        assert_eq!(exchange.number as usize, index + 1);
        assert_eq!(trace.position(exchange.number), Some(index));
        assert_eq!(exchange.events.start, events, "{exchange:?}");
        events = exchange.events.end;
        for part in exchange.parts() {
            assert!(tile(part.bytes, &part.fields), "{exchange:?}");
            assert!(!unread(&part.fields), "{exchange:?} {:?}", part.fields);
        }
        let expected = match exchange.code() {
            _ if exchange.ended != Ended::Answered => continue,
            code::AUTHENTICATION2 => 1,
            _ if exchange.is_enciphered() => 2,
            _ => 0,
        };
        assert_eq!(opened(exchange), expected, "{exchange:?}");
        assert_eq!(exchange.session().is_some(), expected > 0, "{exchange:?}");
    }
    assert_eq!(events as usize, card.journal().len());
    for number in 1..=events {
        let found = trace.of_event(number).and_then(|at| trace.get(at));
        let found = found.expect("an exchange wrote it");
        let event = cardwright::model::card::journal::EventId::new(number).expect("not 0");
        let event = card.journal().event(event).expect("there");
        let by = card.journal().cause(event).expect("known").by;
        let command = cardwright::model::card::journal::By::Command(found.code());
        assert_eq!(by, command);
    }
    assert_eq!(trace.of_event(0), None);
    assert_eq!(trace.of_event(events + 1), None);
    let steps = trace.iter().filter_map(|exchange| exchange.step.as_ref());
    let steps: std::collections::BTreeSet<_> = steps.map(|step| step.0.as_str()).collect();
    assert!(
        steps.contains("ST63") && steps.contains("ST69"),
        "{steps:?}"
    );
}

/// Noting changes nothing: the same flow on the same card ends with the same memory.
#[test]
fn a_card_that_is_noted_is_no_other_card() {
    let noted = traced_flows();
    let demo = Demo::new();
    let mut plain = card_of(blank_memory(demo.idm, &demo.division_key));
    Issuance::of(demo).run(&mut plain, ALL).expect("issued");
    Division::new().run(&mut plain, ALL).expect("divided");
    assert_eq!(noted.memory().data(), plain.memory().data());
    assert_eq!(plain.trace().map(Trace::len), None);
}

#[test]
fn a_session_of_aes_is_opened_too() {
    let mut card = aes::aes_card();
    card.record(Trace::default());
    let (mut sam, idm) = (aes::owner_sam(), Demo::new().idm);
    let mut reader = Reader::new(&mut card);
    let target = aes::target(idm, &[aes::PASS, aes::PASS_FREE]);
    let opened_session = reader.authenticate_v2(&mut sam, &target, &mut SeededRng(1));
    opened_session.expect("genuine");
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::normal(0, 1)],
        data: vec![Block([0x5A; 16])],
    };
    reader.secure(&mut sam, &write).expect("written");
    let trace = card.trace().expect("noted");
    assert_eq!(trace.len(), 3);
    let last = trace.last().expect("there");
    let session = last.session().expect("known");
    assert_eq!((session.cipher, session.nodes.len()), (Scheme::Aes, 2));
    let parts = last.parts();
    let fields: Vec<_> = parts.iter().map(|part| names(&part.fields)).collect();
    use FieldName::{
        Code, Count, Data, Element, Enciphered, Length, StatusFlag1, StatusFlag2, TransactionNumber,
    };
    assert_eq!(fields[0], [Length, Code, TransactionNumber, Enciphered]);
    assert_eq!(fields[1], [Count, Element, Data]);
    assert_eq!(fields[3], [StatusFlag1, StatusFlag2]);
    assert_eq!(last.status(), Some(Status::OK));
    assert_eq!(opened(trace.get(1).expect("Authentication2 v2")), 1);
    let about = |block| About {
        node: NodeCode(aes::PASS),
        block,
    };
    let touched = |about, how| Touched {
        system: Some(0),
        about,
        how,
    };
    let all: Vec<_> = last.touched().collect();
    assert_eq!(all, [touched(about(Some(1)), How::Written)]);
    let first = trace.get(0).expect("Authentication1 v2");
    let first: Vec<_> = first.touched().collect();
    assert!(
        first.contains(&touched(about(None), How::Named)),
        "{first:?}"
    );
}

#[test]
fn a_change_of_key_is_of_the_node_and_no_block() {
    let nodes = [NodeCode(0x1000), NodeCode(0x1008)];
    let change = SecureRequest::Write {
        blocks: vec![BlockElement::key_change(1, 3)],
        data: vec![Block([0x77; 16])],
    };
    let payload = change.encode_payload().expect("it fits");
    let fields = payload_fields(code::WRITE, &payload, &nodes);
    assert_eq!(
        names(&fields),
        [FieldName::Count, FieldName::Element, FieldName::KeyPackage]
    );
    assert_eq!(fields[1].about, Some(About::node(NodeCode(0x1008))));
    assert!(!FieldName::KeyPackage.may_be_shared());
}

fn request_response(card: &mut EmulatedCard) -> Result<Option<Frame>, LinkError> {
    let idm = Demo::new().idm;
    let frame = Request::RequestResponse { idm }.encode().expect("it fits");
    card.transceive(&frame)
}

#[test]
fn what_went_wrong_on_the_way_is_noted_as_it_was_heard() {
    let mut card = demo_card();
    card.record(Trace::default());
    let faults = [
        (LinkFault::Before, Ended::Gone),
        (LinkFault::AnswerLost, Ended::Gone),
        (LinkFault::Undelivered, Ended::Silent),
        (LinkFault::Unheard, Ended::Silent),
        (LinkFault::Truncated(4), Ended::Answered),
        (LinkFault::Flipped(8), Ended::Answered),
    ];
    for (fault, ended) in faults {
        card.disturb(code::REQUEST_RESPONSE, fault);
        let heard = request_response(&mut card);
        let noted = card.trace().and_then(Trace::last).expect("noted");
        assert_eq!(noted.ended, ended, "{fault:?}");
        let answer = heard.ok().flatten().map(Frame::into_bytes);
        assert_eq!(noted.answer(), answer.as_deref());
    }
    let trace = card.trace().expect("noted");
    let cut = trace.get(4).expect("there").parts();
    assert_eq!(
        names(&cut[1].fields),
        [FieldName::Length, FieldName::Code, FieldName::Unread]
    );
    assert_eq!(cut[1].direction, Direction::Answer);
    let touches: std::collections::HashSet<_> = trace.iter().map(|e| e.touch.0).collect();
    assert_eq!(touches.len(), 3, "two of them took the power");
}

/// A damaged answer does not open; the card's session and the next command are as they would have been.
#[test]
fn a_damaged_answer_in_a_session_stays_closed() {
    let mut card = aes::aes_card();
    card.record(Trace::default());
    let (mut sam, idm) = (aes::owner_sam(), Demo::new().idm);
    let mut reader = Reader::new(&mut card);
    let target = aes::target(idm, &[aes::PASS]);
    let genuine = reader.authenticate_v2(&mut sam, &target, &mut SeededRng(1));
    genuine.expect("genuine");
    card.disturb(code::READ_V2, LinkFault::Flipped(8 * 6));
    let read = SecureRequest::Read {
        blocks: vec![BlockElement::normal(0, 0)],
    };
    for opens in [1, 2] {
        let answer = Reader::new(&mut card).secure(&mut sam, &read);
        assert_eq!(answer.is_ok(), opens == 2);
        let noted = card.trace().and_then(Trace::last).expect("noted");
        assert_eq!(opened(noted), opens);
        assert_eq!(noted.status().is_some(), opens == 2);
    }
}

#[test]
fn an_observation_is_plain_and_names_what_it_asks() {
    let mut card = demo_card();
    card.record(Trace::default());
    observe(&mut Reader::new(&mut card)).expect("observed");
    let trace = card.trace().expect("noted");
    assert!(trace.iter().all(|exchange| !exchange.is_enciphered()));
    let service = About::node(NodeCode(0x1008));
    let named = |exchange: &&Exchange| {
        let mut touched = exchange.touched();
        touched.any(|touched| touched.about == service)
    };
    let of_service: Vec<_> = trace.iter().filter(named).map(Exchange::code).collect();
    assert!(
        of_service.contains(&code::SEARCH_SERVICE_CODE),
        "{of_service:02X?}"
    );
    assert!(
        of_service.contains(&code::REQUEST_SERVICE),
        "{of_service:02X?}"
    );
}

#[test]
fn a_copy_stays_as_it_was_and_a_cleared_trace_counts_on() {
    let mut card = demo_card();
    card.record(Trace::default());
    request_response(&mut card).expect("answered");
    let copy = card.trace().expect("noted").clone();
    assert!(copy.is_copy_of(card.trace().expect("noted")));
    request_response(&mut card).expect("answered");
    assert!(!copy.is_copy_of(card.trace().expect("noted")));
    assert_eq!(copy.len(), 1);
    let mut trace = card.trace().expect("noted").clone();
    trace.clear();
    assert!(trace.is_empty());
    card.record(trace);
    request_response(&mut card).expect("answered");
    let trace = card.trace().expect("noted");
    assert_eq!(trace.last().map(|e| e.number), Some(3));
    assert_eq!((trace.position(2), trace.position(3)), (None, Some(0)));
}

/// A trace of a hundred thousand exchanges must not weigh.
#[test]
fn an_exchange_is_small() {
    assert!(std::mem::size_of::<Exchange>() <= 88);
}
