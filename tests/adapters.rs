//! Each family's adapter against exchanges written down byte for byte: what goes to the reader, what comes back, and
//! what that means. Hardware of these makes is not here; the forms are those of `docs/readers.md`.

use cardwright::model::apdu::Family;
use cardwright::model::apdu::StorageCard;
use cardwright::model::apdu::adapter::{Adapter, Ask};
use cardwright::model::command::Frame;
use cardwright::model::hex;
use cardwright::model::port::{CardLink as _, LinkError};
use std::time::Duration;

use crate::support::demo_card;

type Answer = Result<Option<Frame>, LinkError>;

fn bytes(digits: &str) -> Vec<u8> {
    hex::parse(&digits.replace(' ', "")).expect("hexadecimal")
}

fn frame(digits: &str) -> Frame {
    Frame::parse(&bytes(digits)).expect("a frame")
}

/// What an `Ask` looks like in a script.
fn shown(ask: &Ask) -> String {
    match ask {
        Ask::Apdu(sent) => hex::plain(sent),
        Ask::Escape(sent) => format!("escape {}", hex::plain(sent)),
        Ask::Wait(time) => format!("wait {}", time.as_millis()),
    }
}

/// Plays a reader: each line is what must be asked next and what is answered. All lines must be asked for.
fn play<R>(
    script: &[(&str, &str)],
    run: impl FnOnce(&mut dyn FnMut(&Ask) -> Result<Vec<u8>, LinkError>) -> R,
) -> R {
    let mut lines = script.iter();
    let mut wire = |ask: &Ask| {
        let (asked, answer) = lines
            .next()
            .unwrap_or_else(|| panic!("too much: {}", shown(ask)));
        let asked = match asked.split_once(' ') {
            Some(("escape", rest)) => format!("escape {}", rest.replace(' ', "")),
            Some(("wait", time)) => format!("wait {time}"),
            _ => asked.replace(' ', ""),
        };
        assert_eq!(shown(ask), asked);
        match *answer {
            "gone" => Err(LinkError::CardGone),
            answer => Ok(bytes(answer)),
        }
    };
    let result = run(&mut wire);
    assert_eq!(lines.count(), 0, "not asked for");
    result
}

const WITHIN: Duration = Duration::from_millis(40);

fn exchange(adapter: &mut dyn Adapter, script: &[(&str, &str)], sent: &str) -> Answer {
    play(script, |wire| adapter.exchange(&frame(sent), WITHIN, wire))
}

/// One exchange over a new connection.
fn once(family: Family, script: &[(&str, &str)], sent: &str) -> Answer {
    exchange(&mut *family.adapter(), script, sent)
}

/// `error` without the words of its cause.
fn is_reader_error(answer: &Answer, part: &str) {
    match answer {
        Err(LinkError::Reader(why)) => assert!(why.contains(part), "{why}"),
        other => panic!("{other:?}"),
    }
}

const POLL: &str = "06 00 FFFF 00 00";
const POLLED: &str = "12 01 01010601CB095703 0120220427674EFF";

#[test]
fn readers_of_acs_and_identiv_pass_a_frame_through() {
    for (family, head) in [(Family::Acs, "FF000000"), (Family::Identiv, "FFFE0000")] {
        let ask = format!("{head} 06 {POLL}");
        let done = format!("{POLLED} 9000");
        let answer = once(family, &[(&ask, &done)], POLL);
        assert_eq!(answer, Ok(Some(frame(POLLED))));
        for silence in ["6300", "6301", "6401"] {
            assert_eq!(
                once(family, &[(&ask, silence)], POLL),
                Ok(None),
                "{silence}"
            );
        }
        for (error, part) in [("6F00", "6F00"), ("6A81", "6A81"), ("6982", "6982")] {
            is_reader_error(&once(family, &[(&ask, error)], POLL), part);
        }
        // No status, done without a frame, and a frame whose length is another.
        for damaged in ["", "90", "9000", "0501 9000", "1201 01 9000"] {
            is_reader_error(&once(family, &[(&ask, damaged)], POLL), "cannot be read");
        }
        assert_eq!(
            once(family, &[(&ask, "gone")], POLL),
            Err(LinkError::CardGone)
        );
    }
}

#[test]
fn the_longest_frame_passes_through() {
    let long = Frame::build(0x08, &[0x5A; 253]).expect("255 bytes");
    let digits = hex::plain(long.as_bytes());
    let ask = format!("FF000000 FF {digits}");
    assert_eq!(once(Family::Acs, &[(&ask, "6300")], &digits), Ok(None));
    // Behind three bytes of the ACR122's chip there is no room for it, nor for 253 bytes, but for 252.
    let refused = once(Family::Acr122, &[], &digits);
    assert_eq!(refused, Err(LinkError::CannotSend(0x08)));
    let short = |data: usize| {
        hex::plain(
            Frame::build(0x08, &vec![0; data])
                .expect("short")
                .as_bytes(),
        )
    };
    assert!(once(Family::Acr122, &[], &short(251)).is_err());
    let fits = short(250);
    let ask = format!("FF000000 FF D44001 {fits}");
    assert_eq!(
        once(Family::Acr122, &[(&ask, "D54101 9000")], &fits),
        Ok(None)
    );
}

#[test]
fn the_acr122_wraps_a_frame_for_its_chip() {
    let ask = format!("FF000000 09 D44001 {POLL}");
    let said = |answer: &str| once(Family::Acr122, &[(&ask, answer)], POLL);
    assert_eq!(
        said(&format!("D54100 {POLLED} 9000")),
        Ok(Some(frame(POLLED)))
    );
    for silence in ["D54101 9000", "D54141 9000", "6300", "6301"] {
        assert_eq!(said(silence), Ok(None), "{silence}");
    }
    for gone in ["D54129 9000", "D5412A 9000", "D5412B 9000"] {
        assert_eq!(said(gone), Err(LinkError::CardGone), "{gone}");
    }
    is_reader_error(&said("D54102 9000"), "02h");
    is_reader_error(&said("D54127 9000"), "27h");
    is_reader_error(&said("6F00"), "6F00");
    for damaged in [
        "9000",
        "D541 9000",
        "D54300 9000",
        "D54100 9000",
        "D5410003 01 9000",
    ] {
        is_reader_error(&said(damaged), "cannot be read");
    }
}

const DONE: &str = "C003009000 9000";

/// The beginning of a session of the RC-S300.
const SESSION: [(&str, &str); 7] = [
    // One left open is ended, whatever the reader says.
    ("escape FF50000002820000", "C003016A81 9000"),
    ("escape FF50000002810000", DONE),
    ("escape FF50000002830000", DONE),
    ("wait 30", ""),
    ("escape FF50000002840000", DONE),
    ("wait 21", ""),
    ("escape FF500002048F02030000", "C003009000 8F0103 9000"),
];
/// A Polling in it: flags, 40,000 µs, the frame.
const S300_POLL: &str =
    "escape FF500001 00 0015 9002001C 5F4604409C0000 95820006 0600FFFF0000 000000";

fn s300(answer: &str) -> Answer {
    let script = [&SESSION[..], &[(S300_POLL, answer)]].concat();
    once(Family::SonyS300, &script, POLL)
}

#[test]
fn the_rc_s300_exchanges_in_a_transparent_session() {
    let polled = frame(POLLED);
    for length in ["12", "8112", "820012"] {
        let answer = format!("C003009000 920100 96020000 97{length} {POLLED} 9000");
        assert_eq!(s300(&answer), Ok(Some(polled.clone())), "{length}");
    }
    // Objects of the maker, and in another order.
    let answer = format!("9712 {POLLED} FF6D03AABBCC C003009000 9000");
    assert_eq!(s300(&answer), Ok(Some(polled)));
    assert_eq!(s300("C003006401 9000"), Ok(None));
    assert_eq!(s300("C003006400 9000"), Ok(None));
    is_reader_error(&s300("C00300698A 9000"), "698A");
    is_reader_error(&s300("6F00"), "6F00");
    is_reader_error(
        &s300(&format!("C003009000 96020100 9712 {POLLED} 9000")),
        "01h",
    );
    // No status object, an object cut short, no frame, and nothing.
    for damaged in [
        "9000",
        "9712 9000",
        "C003009000 9000",
        "C0030090 9000",
        "C003009000 9785 9000",
        "",
    ] {
        is_reader_error(&s300(damaged), "cannot be read");
    }
    assert_eq!(s300("gone"), Err(LinkError::CardGone));
}

#[test]
fn the_rc_s300_begins_one_session_and_ends_it() {
    let mut adapter = Family::SonyS300.adapter();
    let silent = [&SESSION[..], &[(S300_POLL, "C003006401 9000")]].concat();
    assert_eq!(exchange(&mut *adapter, &silent, POLL), Ok(None));
    assert_eq!(
        exchange(&mut *adapter, &[(S300_POLL, "C003006401 9000")], POLL),
        Ok(None)
    );
    let ending = [
        ("escape FF50000002830000", DONE),
        ("escape FF50000002820000", DONE),
    ];
    play(&ending, |wire| adapter.close(wire)).expect("ended");
    // What was ended is not ended again.
    play(&[], |wire| adapter.close(wire)).expect("nothing to do");
    let refused = [
        ("escape FF50000002820000", DONE),
        ("escape FF50000002810000", "C00300698A 9000"),
    ];
    is_reader_error(&exchange(&mut *adapter, &refused, POLL), "698A");
}

const IDM: (&str, &str) = ("FFCA000000", "01010601CB095703 9000");

#[test]
fn the_rc_s380_polls_reads_and_writes_single_blocks_of_plain_services() {
    let polled = [IDM, ("FFCA010000", "0120220427674EFF 9000")];
    assert_eq!(
        once(Family::SonyS380, &polled, POLL),
        Ok(Some(frame(POLLED)))
    );
    let read = "12 06 01010601CB095703 01 0B10 02 8000 8001";
    let block = "000102030405060708090A0B0C0D0E0F";
    let done = format!("{block} 9000");
    let script = [
        IDM,
        ("FFA40001020B10", "9000"),
        ("FFB0000000", &done),
        ("FFB0000100", &done),
    ];
    let answer = format!("2D 07 01010601CB095703 0000 02 {block}{block}");
    assert_eq!(
        once(Family::SonyS380, &script, read),
        Ok(Some(frame(&answer)))
    );
    let write = format!("20 08 01010601CB095703 01 0910 01 8003 {block}");
    let ask = format!("FFD6000310 {block}");
    let script = [IDM, ("FFA40001020910", "9000"), (&ask, "9000")];
    let answer = once(Family::SonyS380, &script, &write);
    assert_eq!(answer, Ok(Some(frame("0C 09 01010601CB095703 0000"))));
    // After the write was asked for, a refusal leaves open what the card did.
    let script = [IDM, ("FFA40001020910", "9000"), (&ask, "6300")];
    is_reader_error(&once(Family::SonyS380, &script, &write), "6300");
    // The reader that nobody knows reads, and is not known to write.
    let refused = once(Family::Basic, &[], &write);
    assert_eq!(refused, Err(LinkError::CannotSend(0x08)));
    // One that has no selection cannot read either.
    let script = [IDM, ("FFA40001020B10", "6D00")];
    let refused = once(Family::Basic, &script, read);
    assert_eq!(refused, Err(LinkError::CannotSend(0x06)));
}

#[test]
fn a_frame_for_another_card_is_not_carried_to_this_one() {
    let other = ("FFCA000000", "0101060199999999 9000");
    let read = "10 06 01010601CB095703 01 0B10 01 8000";
    assert_eq!(once(Family::SonyS380, &[other], read), Ok(None));
    let write = "20 08 01010601CB095703 01 0910 01 8003 000102030405060708090A0B0C0D0E0F";
    assert_eq!(once(Family::SonyS380, &[other], write), Ok(None));
}

#[test]
fn a_limited_reader_says_what_it_cannot_send_and_sends_nothing() {
    let idm = "01010601CB095703";
    let cannot = [
        // Another system, a request code, the walk over the nodes, versions, systems, mode.
        "06 00 0003 00 00".to_string(),
        "06 00 FFFF 01 00".into(),
        format!("0C 0A {idm} 0000"),
        format!("0D 02 {idm} 01 0000"),
        format!("0A 0C {idm}"),
        format!("0A 04 {idm}"),
        // Authentication and what follows.
        format!("18 10 {idm} 01 0000 01 0810 0011223344556677"),
        format!("1A 14 {}", "00".repeat(24)),
        // Two services, block 256, cashback, no block, an area.
        format!("12 06 {idm} 02 0B10 0B11 01 8000"),
        format!("11 06 {idm} 01 0B10 01 000001"),
        format!("10 06 {idm} 01 0B10 01 9000"),
        format!("0E 06 {idm} 01 0B10 00"),
        format!("10 06 {idm} 01 0010 01 8000"),
        // Two blocks in one write.
        format!("32 08 {idm} 01 0910 02 8000 8001 {}", "00".repeat(32)),
    ];
    for family in [Family::SonyS380, Family::Basic] {
        assert!(!family.is_whole());
        for sent in &cannot {
            let code = frame(sent).code();
            let answer = once(family, &[], sent);
            assert_eq!(answer, Err(LinkError::CannotSend(code)), "{sent}");
        }
        // Historical bytes are no PMm, and a number of four bytes is no IDm.
        let answer = once(family, &[IDM, ("FFCA010000", "11003B 9000")], POLL);
        assert_eq!(answer, Err(LinkError::CannotSend(0)));
        let answer = once(family, &[("FFCA000000", "04A1B2C3 9000")], POLL);
        assert_eq!(answer, Err(LinkError::CannotSend(0)));
        is_reader_error(&once(family, &[("FFCA000000", "6A81")], POLL), "6A81");
    }
}

#[test]
fn a_card_of_any_kind_has_a_number() {
    for family in [Family::Acs, Family::Acr122, Family::Identiv, Family::Basic] {
        let number = |answer| {
            play(&[("FFCA000000", answer)], |wire| {
                family.adapter().card_id(wire)
            })
        };
        assert_eq!(number("04A1B2C3 9000"), Ok(bytes("04A1B2C3")));
        assert!(matches!(number("6A81"), Err(LinkError::Reader(_))));
    }
}

/// The reader's half of this program is what two of the families meet: both ends agree.
#[test]
fn adapters_reach_a_card_behind_our_own_readers_half() {
    let mut card = demo_card();
    let own = card.transceive(&frame(POLL)).expect("there");
    for family in [Family::Acs, Family::SonyS380, Family::Basic] {
        let mut reader = StorageCard::default();
        let mut wire = |ask: &Ask| match ask {
            Ask::Apdu(apdu) => {
                let mut carry = |frame: &Frame| card.transceive(frame).ok().flatten();
                Ok(reader.answer(apdu, &mut carry).encode())
            }
            other => panic!("{}", shown(other)),
        };
        let answer = family.adapter().exchange(&frame(POLL), WITHIN, &mut wire);
        assert_eq!(answer, Ok(own.clone()), "{family:?}");
    }
}
