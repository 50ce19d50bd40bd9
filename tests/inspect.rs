//! What bytes say in each reading, and that what is read can be typed back.

use cardwright::model::inspect::{Epoch, Integer, Order, ParseError, Reading};
use proptest::prelude::*;

const U32_LE: Reading = Reading::Integer(Integer::unsigned(4, Order::Little));
const I32_LE: Reading = Reading::Integer(Integer::signed(4, Order::Little));
const U16_BE: Reading = Reading::Integer(Integer::unsigned(2, Order::Big));
const I8: Reading = Reading::Integer(Integer::signed(1, Order::Little));
const U64_LE: Reading = Reading::Integer(Integer::unsigned(8, Order::Little));

/// That the bytes read as the text, and that the text is those bytes.
fn both_ways(reading: Reading, bytes: &[u8], text: &str) {
    assert_eq!(reading.read(bytes).as_deref(), Some(text), "{reading:?}");
    let taken = reading.takes(bytes.len()).expect("so many are read");
    let typed = reading.parse(text, bytes.len());
    assert_eq!(typed.as_deref(), Ok(&bytes[..taken]), "{reading:?} {text}");
}

#[test]
fn numbers_are_read_in_both_orders() {
    both_ways(Reading::Hex, &[0x01, 0x12, 0x0A], "0112 0A");
    both_ways(U32_LE, &[0xB0, 0x04, 0, 0], "1200");
    both_ways(U16_BE, &[0xB0, 0x04], "45060");
    both_ways(I8, &[0x80], "-128");
    both_ways(I32_LE, &[0xFF; 4], "-1");
    both_ways(U64_LE, &[0xFF; 8], "18446744073709551615");
    let three = Reading::Integer(Integer::unsigned(3, Order::Big));
    both_ways(three, &[0x01, 0x02, 0x03], "66051");
    both_ways(Reading::Bits, &[0xB0], "1011 0000");
    both_ways(Reading::Bits, &[0x01, 0x80], "0000 0001 1000 0000");
    both_ways(Reading::Bits, &[0xB0, 0x04, 0x55], "1011 0000 0000 0100");
    both_ways(Reading::Bcd, &[0x00, 0x12, 0x34], "001234");
    // Of more bytes than it needs, a reading takes the first.
    both_ways(U16_BE, &[0xB0, 0x04, 0x55], "45060");
}

#[test]
fn dates_are_read_as_cards_have_them() {
    both_ways(Reading::BcdDate, &[0x20, 0x26, 0x11, 0x20], "2026-11-20");
    both_ways(Reading::ShortBcdDate, &[0x26, 0x11, 0x20], "2026-11-20");
    // 26 in seven bits, 11 in four, 20 in five: 0011010 1011 10100.
    both_ways(Reading::PackedDate, &[0x35, 0x74], "2026-11-20");
    let days = |epoch, order| Reading::Days(epoch, order);
    both_ways(
        days(Epoch::Year1970, Order::Big),
        &[0x51, 0x29],
        "2026-11-20",
    );
    both_ways(
        days(Epoch::Year2000, Order::Little),
        &[0x5C, 0x26],
        "2026-11-20",
    );
    let unix = Reading::UnixTime(Order::Big);
    both_ways(unix, &[0, 0, 0, 0], "1970-01-01 00:00:00");
    both_ways(unix, &[0xFF; 4], "2106-02-07 06:28:15");
    both_ways(unix, &[0x65, 0x53, 0xF1, 0x00], "2023-11-14 22:13:20");
    for (reading, bytes) in [
        (Reading::BcdDate, [0x20u8, 0x26, 0x02, 0x30]),
        (Reading::BcdDate, [0x20, 0x26, 0x0A, 0x01]),
        (Reading::ShortBcdDate, [0x26, 0x13, 0x01, 0]),
        (Reading::PackedDate, [0, 0, 0, 0]),
        (Reading::Bcd, [0x1A, 0, 0, 0]),
    ] {
        assert_eq!(reading.read(&bytes), None, "{reading:?} {bytes:02X?}");
    }
}

#[test]
fn a_purse_is_read_whole() {
    let mut block = [0; 16];
    block[..4].copy_from_slice(&1200u32.to_le_bytes());
    block[4..8].copy_from_slice(&800u32.to_le_bytes());
    block[8..].copy_from_slice(&[0x07, 0xEA, 0x0B, 0x14, 0, 0, 0, 0x1C]);
    both_ways(Reading::Purse, &block, "1200 / 800 / 07EA 0B14 / 0000 001C");
    assert_eq!(Reading::Purse.read(&[0xFF; 16]), None, "erased");
    assert_eq!(Reading::Purse.read(&block[..15]), None);
    let typed = |text| Reading::Purse.parse(text, 16);
    assert_eq!(typed("1 / 2 / 3"), Err(ParseError::NotAPurse));
    assert_eq!(
        typed("4294967295/4294967295/FFFFFFFF/FFFFFFFF"),
        Err(ParseError::NotAPurse),
        "that would be an erased block"
    );
}

#[test]
fn text_is_read_in_three_codes() {
    both_ways(Reading::Ascii, b"SAMPLE\0\0", "SAMPLE");
    both_ways(Reading::Ascii, b"a\\b\x01\xFF", "a\\\\b\\x01\\xFF");
    both_ways(Reading::Utf8, "駅 A".as_bytes(), "駅 A");
    both_ways(
        Reading::ShiftJis,
        &[0x93, 0x8C, 0x8B, 0x9E, 0xB1, 0],
        "東京ｱ",
    );
    assert_eq!(Reading::Utf8.read(&[0x93, 0x8C]), None);
    assert_eq!(Reading::ShiftJis.read(&[0x93]), None, "half a letter");
    // A mark that turns the direction of writing shows itself.
    both_ways(Reading::Utf8, "a\u{202E}b".as_bytes(), "a\\xE2\\x80\\xAEb");
    // Two codes of one letter read alike.
    assert_eq!(
        Reading::ShiftJis.read(&[0x87, 0x90]),
        Reading::ShiftJis.read(&[0x81, 0xE0])
    );
}

#[test]
fn many_bytes_are_read_as_one() {
    let mut text = "見本 ".repeat(12).into_bytes();
    both_ways(Reading::Utf8, &text, &"見本 ".repeat(12));
    text.truncate(40);
    assert_eq!(Reading::Utf8.read(&text), None, "half a letter");
    both_ways(Reading::Ascii, &[b'x'; 100], &"x".repeat(100));
    both_ways(Reading::Bcd, &[0x12; 20], &"12".repeat(20));
    both_ways(Reading::Hex, &[0xAB; 18], "ABAB ".repeat(9).trim());
    both_ways(Reading::Bits, &[0xB0; 40], "1011 0000 1011 0000");
    let whole = |signed| match signed {
        true => Reading::Integer(Integer::signed(16, Order::Big)),
        false => Reading::Integer(Integer::unsigned(16, Order::Big)),
    };
    both_ways(whole(false), &[0xFF; 16], &u128::MAX.to_string());
    both_ways(whole(true), &[0xFF; 40], "-1");
    let mut least = [0; 16];
    least[0] = 0x80;
    both_ways(whole(true), &least, &i128::MIN.to_string());
    let beyond = format!("{}0", u128::MAX);
    let max = u128::MAX;
    let range = Err(ParseError::OutOfRange { min: 0, max });
    assert_eq!(whole(false).parse(&beyond, 16), range);
    assert_eq!(whole(false).parse("-1", 16), range);
    let (min, max) = (i128::MIN, i128::MAX as u128);
    let range = Err(ParseError::OutOfRange { min, max });
    assert_eq!(whole(true).parse(&u128::MAX.to_string(), 16), range);
}

#[test]
fn what_cannot_be_written_is_refused_and_says_why() {
    let byte = Reading::Integer(Integer::unsigned(1, Order::Little));
    assert_eq!(
        byte.parse("256", 1),
        Err(ParseError::OutOfRange { min: 0, max: 255 })
    );
    assert_eq!(
        I8.parse("-129", 1),
        Err(ParseError::OutOfRange {
            min: -128,
            max: 127
        })
    );
    for text in ["", "-", "0x", "1.5", "x", ",1", "1e3", "١"] {
        assert_eq!(U32_LE.parse(text, 4), Err(ParseError::NotANumber), "{text}");
    }
    assert_eq!(U32_LE.parse(" 1,200 ", 4), Ok(vec![0xB0, 0x04, 0, 0]));
    assert_eq!(U32_LE.parse("0x4B0", 4), Ok(vec![0xB0, 0x04, 0, 0]));
    assert_eq!(
        I32_LE.parse("−1", 4),
        Ok(vec![0xFF; 4]),
        "a minus as it is printed"
    );
    assert!(matches!(
        U32_LE.parse(&"9".repeat(400), 4),
        Err(ParseError::OutOfRange { .. })
    ));
    assert_eq!(U32_LE.parse("1", 3), Err(ParseError::Width));
    assert_eq!(Reading::Hex.parse("0G", 1), Err(ParseError::NotHex));
    assert_eq!(
        Reading::Hex.parse("012", 1),
        Err(ParseError::Digits {
            expected: 2,
            found: 3
        })
    );
    assert_eq!(Reading::Bits.parse("10120000", 1), Err(ParseError::NotBits));
    assert_eq!(Reading::Bcd.parse("12a", 2), Err(ParseError::NotDigits));
    assert_eq!(Reading::Bcd.parse("12", 2), Ok(vec![0x00, 0x12]));
    assert_eq!(
        Reading::BcdDate.parse("2026-02-30", 4),
        Err(ParseError::NotADate)
    );
    let unix = Reading::UnixTime(Order::Little);
    assert_eq!(unix.parse("1970-01-01", 4), Ok(vec![0; 4]), "midnight");
    assert_eq!(unix.parse("1970-01-01 24:00", 4), Err(ParseError::NotATime));
    let years = |first: &str, last: &str| ParseError::DateRange {
        first: first.into(),
        last: last.into(),
    };
    assert_eq!(
        Reading::PackedDate.parse("2128-01-01", 2),
        Err(years("2000-01-01", "2127-12-31"))
    );
    assert_eq!(
        Reading::Days(Epoch::Year1970, Order::Big).parse("1969-12-31", 2),
        Err(years("1970-01-01", "2149-06-06"))
    );
    assert_eq!(
        Reading::Ascii.parse("SAMPLE", 4),
        Err(ParseError::TooLong { needed: 6, room: 4 })
    );
    assert_eq!(
        Reading::Ascii.parse("é", 4),
        Err(ParseError::NoSuchLetter('é'))
    );
    // Shift-JIS has one code for the yen sign and the backslash; it is read as the latter.
    assert_eq!(
        Reading::ShiftJis.parse("¥", 4),
        Err(ParseError::NoSuchLetter('¥'))
    );
    assert_eq!(Reading::Ascii.parse("\\x4", 4), Err(ParseError::Escape));
    assert_eq!(Reading::Utf8.parse("\\xFF", 4), Err(ParseError::NotText));
}

#[test]
fn each_reading_is_listed_once() {
    let all = Reading::ALL;
    for (at, reading) in all.iter().enumerate() {
        assert!(!all[..at].contains(reading), "{reading:?}");
        assert!((1..=16).any(|chosen| reading.takes(chosen).is_some()));
        assert_eq!(reading.takes(0), None);
        let all = reading.takes(1_000).expect("of more, the first or all");
        assert!(all <= 16 || all == 1_000, "{reading:?}");
    }
}

fn reading() -> impl Strategy<Value = Reading> {
    proptest::sample::select(Reading::ALL.to_vec())
}

/// Text of the letters that matter, and of any.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-0-9a-fA-F :,/x\\\\+._]{0,40}",
        "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?",
        ".{0,24}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What is read can be typed, and reads the same again; only Shift-JIS has several codes for one letter.
    #[test]
    fn what_is_read_can_be_typed(reading in reading(), bytes in prop::collection::vec(any::<u8>(), 0..70)) {
        let Some(text) = reading.read(&bytes) else { return Ok(()) };
        let taken = reading.takes(bytes.len()).expect("it was read");
        let back = reading.parse(&text, bytes.len()).expect("what is read can be typed");
        prop_assert_eq!(back.len(), taken);
        if reading != Reading::ShiftJis {
            prop_assert_eq!(&back, &bytes[..taken]);
        }
        prop_assert_eq!(reading.read(&back), Some(text));
    }

    /// What is typed and taken can be read, as what types to the same bytes.
    #[test]
    fn what_is_typed_can_be_read(reading in reading(), text in typed(), chosen in 0usize..70) {
        let Ok(bytes) = reading.parse(&text, chosen) else { return Ok(()) };
        prop_assert_eq!(Some(bytes.len()), reading.takes(chosen));
        let read = reading.read(&bytes).expect("what is typed can be read");
        prop_assert_eq!(reading.parse(&read, bytes.len()).map(|back| reading.read(&back)), Ok(Some(read)));
    }

    /// A number is what Rust reads of the same bytes.
    #[test]
    fn numbers_agree_with_a_second_way(all in any::<[u8; 16]>()) {
        let bytes: [u8; 8] = std::array::from_fn(|at| all[at]);
        let read = |bytes_of: u8, signed: bool, order| {
            let integer = if signed { Integer::signed(bytes_of, order) } else { Integer::unsigned(bytes_of, order) };
            Reading::Integer(integer).read(&all).expect("sixteen bytes are enough")
        };
        let two = [bytes[0], bytes[1]];
        let four = [bytes[0], bytes[1], bytes[2], bytes[3]];
        prop_assert_eq!(read(2, false, Order::Little), u16::from_le_bytes(two).to_string());
        prop_assert_eq!(read(2, true, Order::Big), i16::from_be_bytes(two).to_string());
        prop_assert_eq!(read(4, false, Order::Big), u32::from_be_bytes(four).to_string());
        prop_assert_eq!(read(4, true, Order::Little), i32::from_le_bytes(four).to_string());
        prop_assert_eq!(read(8, false, Order::Little), u64::from_le_bytes(bytes).to_string());
        prop_assert_eq!(read(8, true, Order::Big), i64::from_be_bytes(bytes).to_string());
        prop_assert_eq!(read(16, false, Order::Little), u128::from_le_bytes(all).to_string());
        prop_assert_eq!(read(16, true, Order::Big), i128::from_be_bytes(all).to_string());
    }
}
