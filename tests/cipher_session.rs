//! Degenerate keys, mutual authentication and sessions: the known exchange from both sides, and every way in
//! which a frame can be wrong.

use cardwright::model::card::{Block, Idi, Idm, NodeCode, Pmi};
use cardwright::model::cipher::{
    DesKey, Direction, GroupKey, MutualAuth, Session, SessionError, UserKey, group_key, user_key,
};
use cardwright::model::command::{
    Authentication2Payload, BlockElement, Frame, FrameError, Request, Response, SecureFrame,
    SecureRequest, SecureResponse, Status, code,
};
use cardwright::model::hex::{parse, parse_array};
use proptest::prelude::*;

const IDM: Idm = Idm([1, 2, 3, 4, 5, 6, 7, 8]);
const R1: [u8; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

fn key(hex: &str) -> DesKey {
    DesKey::new(parse_array(hex).unwrap())
}

fn r2() -> DesKey {
    key("A0A1A2A3A4A5A6A7")
}

fn frame(hex: &str) -> Frame {
    Frame::parse(&parse(hex).unwrap()).unwrap()
}

fn degenerate_keys() -> (GroupKey, UserKey) {
    let group = group_key(&key("0001020304050607"), &[&key("1011121314151617")]);
    let user = user_key(&group, &[&key("2021222324252627")]);
    (group, user)
}

fn auth() -> MutualAuth {
    let (group, user) = degenerate_keys();
    MutualAuth::new(&group, &user, IDM)
}

/// Reader and card, Authentication2's answer already exchanged.
fn sides() -> (Session, Session) {
    let (mut reader, mut card) = (Session::new(&R1, r2()), Session::new(&R1, r2()));
    let answer = card.wrap(code::AUTHENTICATION2 + 1, &[0; 16]).unwrap();
    reader.unwrap(&answer, Direction::Response).unwrap();
    (reader, card)
}

const AUTH1: &str = "18100102030405060708010000010810c08cb45006b6e7bd";
const AUTH1_ANSWER: &str = "1a11010203040506070810bedfbac62697a9ae4710710d76028a";
const AUTH2: &str = "12120102030405060708b55fd8a176ea38fc";
const AUTH2_ANSWER: &str = "22135727b5062e9b74d26286d1a65c66109462792e1d7d4fb404f3cca1226d7626a4";
const READ: &str = "1a14a20d46c77d919a939d0ca37757f51a97c7b27785b9870874";
const READ_ANSWER: &str =
    "2a15cd3c3af06c767ec8f91685dc5d2a1649fb32e74c99b45b51adc70da9fa00a8a3f91c52a95a6e66d5";

fn auth2_payload() -> Authentication2Payload {
    Authentication2Payload {
        idi: Idi(parse_array("B0B1B2B3B4B5B6B7").unwrap()),
        pmi: Pmi(parse_array("C0C1C2C3C4C5C6C7").unwrap()),
    }
}

fn read_request() -> SecureRequest {
    SecureRequest::Read {
        blocks: vec![BlockElement::normal(0, 0)],
    }
}

fn read_answer() -> SecureResponse {
    let data = vec![Block(std::array::from_fn(|i| i as u8))];
    SecureResponse::Read {
        status: Status::OK,
        data,
    }
}

#[test]
fn known_degenerate_keys() {
    let (group, user) = degenerate_keys();
    assert_eq!(group, GroupKey(key("78103C9289C92681")));
    assert_eq!(user, UserKey(key("588ED0018472BA14")));
}

#[test]
fn order_and_number_of_nodes_matter() {
    let system = key("0001020304050607");
    let (a, b) = (key("1011121314151617"), key("2021222324252627"));
    let keys = [
        group_key(&system, &[]),
        group_key(&system, &[&a]),
        group_key(&system, &[&a, &b]),
        group_key(&system, &[&b, &a]),
    ];
    assert_eq!(keys[0].0, system);
    for (i, key) in keys.iter().enumerate() {
        assert!(!keys[i + 1..].contains(key));
    }
    // The user key goes on where the group key ended.
    assert_eq!(user_key(&keys[1], &[&b]).0, keys[2].0);
}

/// L, α and β are not shown; L = G xor IDm, α = E_L(U), β = E_α(L) are checked through what they encipher.
#[test]
fn known_working_keys() {
    let (l, alpha, beta) = (
        key("79123F968CCF2189"),
        key("10061B492169EB31"),
        key("4948541E19F0015F"),
    );
    let e3 = |a: &DesKey, b: &DesKey, x| a.encrypt(b.decrypt(a.encrypt(x)));
    for x in [R1, [0xA5; 8], [0; 8]] {
        assert_eq!(auth().c1a(&x), e3(&alpha, &l, x));
        assert_eq!(auth().c1b(&x), e3(&l, &beta, x));
        assert_eq!(auth().c2a(&DesKey::new(x)), e3(&l, &beta, x));
        assert_eq!(auth().c2b(&DesKey::new(x)), e3(&alpha, &l, x));
    }
}

#[test]
fn known_exchange_from_the_readers_side() {
    let auth = auth();
    let request = Request::Authentication1 {
        idm: IDM,
        areas: vec![NodeCode::AREA_0],
        services: vec![NodeCode(0x1008)],
        c1a: auth.c1a(&R1),
    };
    assert_eq!(request.encode(), Ok(frame(AUTH1)));

    let answer = Response::decode(code::AUTHENTICATION1, &frame(AUTH1_ANSWER));
    let Some(Response::Authentication1 { idm, c1b, c2a }) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!((idm, c1b), (IDM, auth.c1b(&R1)));
    assert_eq!(auth.open_c1b(&c1b), R1);
    let r2 = auth.open_c2a(&c2a);
    assert_eq!(r2, self::r2());

    let request = Request::Authentication2 {
        idm: IDM,
        c2b: auth.c2b(&r2),
    };
    assert_eq!(request.encode(), Ok(frame(AUTH2)));

    let mut session = Session::new(&R1, r2);
    let answer = Response::decode(code::AUTHENTICATION2, &frame(AUTH2_ANSWER));
    let Some(Response::Authentication2(answer)) = answer else {
        panic!("{answer:?}")
    };
    let payload = session.unwrap(&answer, Direction::Response).unwrap();
    assert_eq!(
        Authentication2Payload::decode(&payload),
        Some(auth2_payload())
    );

    let payload = read_request().encode_payload().unwrap();
    assert_eq!(payload, [0x01, 0x80, 0x00]);
    let request = session.wrap(code::READ, &payload).unwrap();
    assert_eq!(Request::Secure(request).encode(), Ok(frame(READ)));

    let answer = Response::decode(code::READ, &frame(READ_ANSWER));
    let Some(Response::Secure(answer)) = answer else {
        panic!("{answer:?}")
    };
    let payload = session.unwrap(&answer, Direction::Response).unwrap();
    assert_eq!(
        SecureResponse::decode_payload(code::READ, &payload),
        Some(read_answer())
    );
}

#[test]
fn known_exchange_from_the_cards_side() {
    let auth = auth();
    let request = Request::decode(&frame(AUTH1));
    let Some(Request::Authentication1 {
        idm,
        areas,
        services,
        c1a,
    }) = request
    else {
        panic!("{request:?}")
    };
    assert_eq!(
        (idm, areas, services),
        (IDM, vec![NodeCode::AREA_0], vec![NodeCode(0x1008)])
    );
    let r1 = auth.open_c1a(&c1a);
    assert_eq!(r1, R1);

    let answer = Response::Authentication1 {
        idm: IDM,
        c1b: auth.c1b(&r1),
        c2a: auth.c2a(&r2()),
    };
    assert_eq!(answer.encode(), Ok(frame(AUTH1_ANSWER)));

    let request = Request::decode(&frame(AUTH2));
    let Some(Request::Authentication2 { idm: IDM, c2b }) = request else {
        panic!("{request:?}")
    };
    assert_eq!(c2b, auth.c2b(&r2()));
    assert_eq!(auth.open_c2b(&c2b), r2());

    let mut session = Session::new(&r1, r2());
    let answer = session
        .wrap(code::AUTHENTICATION2 + 1, &auth2_payload().encode())
        .unwrap();
    assert_eq!(
        Response::Authentication2(answer).encode(),
        Ok(frame(AUTH2_ANSWER))
    );

    let request = Request::decode(&frame(READ));
    let Some(Request::Secure(request)) = request else {
        panic!("{request:?}")
    };
    let payload = session.unwrap(&request, Direction::Command).unwrap();
    assert_eq!(
        SecureRequest::decode_payload(code::READ, &payload),
        Some(read_request())
    );

    let payload = read_answer().encode_payload(code::READ).unwrap();
    let answer = session.wrap(code::READ + 1, &payload).unwrap();
    assert_eq!(Response::Secure(answer).encode(), Ok(frame(READ_ANSWER)));
}

#[test]
fn another_key_or_card_gives_another_exchange() {
    let (group, user) = degenerate_keys();
    let other_card = MutualAuth::new(&group, &user, IDM.of_system(1));
    assert_ne!(other_card.open_c1a(&auth().c1a(&R1)), R1);
    // A bit that is not parity, in the service's key.
    let other_user = user_key(&group, &[&key("2021222324252625")]);
    let other_key = MutualAuth::new(&group, &other_user, IDM);
    assert_ne!(other_key.open_c1a(&auth().c1a(&R1)), R1);
}

#[test]
fn a_repeated_command_is_refused() {
    let (mut reader, mut card) = sides();
    let first = reader.wrap(code::READ, &[0x01, 0x80, 0x00]).unwrap();
    card.unwrap(&first, Direction::Command).unwrap();
    let refused = Err(SessionError::TransactionNumber(1));
    assert_eq!(card.unwrap(&first, Direction::Command), refused);
    // The card's own answer takes number 2; the first command stays refused after it.
    let answer = card.wrap(code::READ + 1, &[0, 0, 0]).unwrap();
    assert_eq!(card.unwrap(&first, Direction::Command), refused);
    assert!(reader.unwrap(&answer, Direction::Response).is_ok());
    assert_eq!(
        reader.unwrap(&answer, Direction::Response),
        Err(SessionError::TransactionNumber(2))
    );
}

#[test]
fn an_answer_has_exactly_the_next_number() {
    let (mut reader, mut card) = sides();
    let (mut skipped, command) = (card.clone(), reader.wrap(code::READ, &[0]).unwrap());
    card.unwrap(&command, Direction::Command).unwrap();
    skipped.unwrap(&command, Direction::Command).unwrap();
    skipped.wrap(code::READ + 1, &[0, 0]).unwrap();
    let late = skipped.wrap(code::READ + 1, &[0, 0]).unwrap();
    assert_eq!(
        reader.unwrap(&late, Direction::Response),
        Err(SessionError::TransactionNumber(3))
    );
    let answer = card.wrap(code::READ + 1, &[0, 0]).unwrap();
    assert!(reader.unwrap(&answer, Direction::Response).is_ok());
}

#[test]
fn the_session_goes_on_after_a_lost_answer() {
    for card_got_it in [true, false] {
        let (mut reader, mut card) = sides();
        let lost = reader.wrap(code::READ, &[0x01, 0x80, 0x00]).unwrap();
        let mut late = None;
        if card_got_it {
            card.unwrap(&lost, Direction::Command).unwrap();
            late = Some(card.wrap(code::READ + 1, &[0, 0, 0]).unwrap());
        }
        let again = reader.wrap(code::READ, &[0x01, 0x80, 0x01]).unwrap();
        card.unwrap(&again, Direction::Command).unwrap();
        let answer = card.wrap(code::READ + 1, &[0, 0, 0]).unwrap();
        if let Some(late) = late {
            // The answer to the first command is not taken for that to the second.
            assert_eq!(
                reader.unwrap(&late, Direction::Response),
                Err(SessionError::TransactionNumber(2))
            );
        }
        reader.unwrap(&answer, Direction::Response).unwrap();
    }
}

#[test]
fn a_frame_of_another_session_is_refused() {
    let (mut reader, _) = sides();
    let mut other = R1;
    other[7] ^= 1;
    let mut card = Session::new(&other, r2());
    let command = reader.wrap(code::READ, &[0]).unwrap();
    assert_eq!(
        card.unwrap(&command, Direction::Command),
        Err(SessionError::Tid)
    );
    let mut card = Session::new(&R1, key("A0A1A2A3A4A5A6A4"));
    assert_eq!(
        card.unwrap(&command, Direction::Command),
        Err(SessionError::Mac)
    );
}

#[test]
fn a_frame_of_the_other_direction_is_refused() {
    let (mut reader, mut card) = sides();
    let command = reader.wrap(code::READ, &[0]).unwrap();
    assert_eq!(
        card.unwrap(&command, Direction::Response),
        Err(SessionError::Direction)
    );
    card.unwrap(&command, Direction::Command).unwrap();
}

#[test]
fn code_and_length_are_under_the_mac() {
    let (mut reader, mut card) = sides();
    let command = reader.wrap(code::READ, &[0x01, 0x80, 0x00]).unwrap();
    let other = SecureFrame::new(code::WRITE, command.body().to_vec()).unwrap();
    assert_eq!(
        card.unwrap(&other, Direction::Command),
        Err(SessionError::Mac)
    );
    let shorter = SecureFrame::new(code::READ, command.body()[..16].to_vec()).unwrap();
    assert_eq!(
        card.unwrap(&shorter, Direction::Command),
        Err(SessionError::Mac)
    );
}

#[test]
fn every_turned_bit_is_found() {
    let (mut reader, mut card) = sides();
    let command = reader.wrap(code::READ, &[0x01, 0x80, 0x00]).unwrap();
    for bit in 0..command.body().len() * 8 {
        let mut body = command.body().to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        let turned = SecureFrame::new(code::READ, body).unwrap();
        assert_eq!(
            card.unwrap(&turned, Direction::Command),
            Err(SessionError::Mac),
            "bit {bit}"
        );
    }
    // What was refused changed nothing.
    assert!(card.unwrap(&command, Direction::Command).is_ok());
}

#[test]
fn transaction_numbers_run_out() {
    let mut card = Session::new(&R1, r2());
    let mut reader = Session::new(&R1, r2());
    for tn in 0..0xFFFFu32 {
        let code = if tn % 2 == 0 {
            code::WRITE + 1
        } else {
            code::READ + 1
        };
        card.wrap(code, &[0, 0])
            .unwrap_or_else(|e| panic!("{tn}: {e}"));
        reader.wrap(code, &[0, 0]).unwrap();
    }
    // A command with the last number could not be answered.
    let last = reader.wrap(code::READ, &[0]).unwrap();
    assert_eq!(
        card.unwrap(&last, Direction::Command),
        Err(SessionError::TransactionNumber(0xFFFF))
    );
    assert_eq!(reader.wrap(code::READ, &[0]), Err(SessionError::Exhausted));
    card.wrap(code::READ + 1, &[0, 0]).unwrap();
    assert_eq!(
        card.wrap(code::READ + 1, &[0, 0]),
        Err(SessionError::Exhausted)
    );
}

#[test]
fn a_payload_that_is_too_long_is_refused_and_costs_no_number() {
    let (mut reader, mut card) = sides();
    // 248 bytes of body: 232 of payload.
    for bytes in [233, 240, 241, 4000] {
        let refused = reader.wrap(code::READ, &vec![0; bytes]);
        assert!(
            matches!(refused, Err(SessionError::Frame(FrameError::TooLong(_)))),
            "{refused:?}"
        );
    }
    let refused = reader.wrap(code::READ_PLAIN, &[0]);
    assert_eq!(
        refused,
        Err(SessionError::Frame(FrameError::Code(code::READ_PLAIN)))
    );
    let command = reader.wrap(code::READ, &[0; 232]).unwrap();
    assert_eq!(card.unwrap(&command, Direction::Command), Ok(vec![0; 232]));
    assert_eq!(card.wrap(code::READ + 1, &[7; 3]), {
        // The answer is number 2: the refused payloads took none.
        let mut twin = Session::new(&R1, r2());
        (0..2).for_each(|_| drop(twin.wrap(code::READ + 1, &[0]).unwrap()));
        twin.wrap(code::READ + 1, &[7; 3])
    });
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?} {:?} {:?}", auth(), sides().0, degenerate_keys());
    assert!(
        !shown.contains("7810") && !shown.contains("120") && !shown.contains("160"),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn payloads_arrive_with_less_than_a_block_of_padding(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..=232), 1..6)
    ) {
        let (mut reader, mut card) = sides();
        for payload in payloads {
            let command = reader.wrap(code::WRITE, &payload).unwrap();
            let got = card.unwrap(&command, Direction::Command).unwrap();
            prop_assert!(got.starts_with(&payload) && got.len() - payload.len() < 8);
            prop_assert!(got[payload.len()..].iter().all(|pad| usize::from(*pad) == got.len() - payload.len()));
            let answer = card.wrap(code::WRITE + 1, &got).unwrap();
            prop_assert_eq!(reader.unwrap(&answer, Direction::Response).unwrap(), got);
        }
    }

    #[test]
    fn any_body_is_refused_without_a_panic(body in prop::collection::vec(any::<[u8; 8]>(), 2..=31)) {
        let (_, mut card) = sides();
        let frame = SecureFrame::new(code::READ, body.concat()).unwrap();
        prop_assert!(card.unwrap(&frame, Direction::Command).is_err());
    }

    #[test]
    fn challenges_open_to_what_was_sent(g: [u8; 8], u: [u8; 8], idm: [u8; 8], x: [u8; 8]) {
        let auth = MutualAuth::new(&GroupKey(DesKey::new(g)), &UserKey(DesKey::new(u)), Idm(idm));
        prop_assert_eq!(auth.open_c1a(&auth.c1a(&x)), x);
        prop_assert_eq!(auth.open_c1b(&auth.c1b(&x)), x);
        prop_assert_eq!(auth.open_c2a(&auth.c2a(&DesKey::new(x))), DesKey::new(x));
        prop_assert_eq!(auth.open_c2b(&auth.c2b(&DesKey::new(x))), DesKey::new(x));
    }
}
