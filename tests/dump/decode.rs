//! Text files as editors and Windows write them.

use super::{KEYS, PM3, V2, read};
use cardwright::model::dump::decode::{NotText, decode};
use cardwright::model::dump::keys::KeyList;
use cardwright::model::dump::{self, Opened, proxmark3};
use proptest::prelude::*;

/// Every way of writing a text that is read, as the bytes of a file.
pub fn written_anew(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = |text: &str, order: fn(u16) -> [u8; 2]| {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(order).collect::<Vec<u8>>()
    };
    let crlf = text.replace('\n', "\r\n");
    vec![
        ("plain", text.into()),
        ("CR LF", crlf.clone().into()),
        ("CR", text.replace('\n', "\r").into()),
        ("UTF-8 with a mark", format!("\u{FEFF}{text}").into()),
        ("mark and CR LF", format!("\u{FEFF}{crlf}").into()),
        ("UTF-16 LE", utf16(text, u16::to_le_bytes)),
        ("UTF-16 BE", utf16(text, u16::to_be_bytes)),
        ("UTF-16 LE, CR LF", utf16(&crlf, u16::to_le_bytes)),
    ]
}

#[test]
fn dumps_and_key_lists_are_read_however_an_editor_writes_them() {
    for (how, bytes) in written_anew(V2) {
        let opened = dump::open(&bytes);
        assert_eq!(opened, Ok(Opened::Observation(read(V2))), "Flipper, {how}");
    }
    let told = proxmark3::parse(PM3.as_bytes()).expect("a good dump");
    for (how, bytes) in written_anew(PM3) {
        let opened = dump::open(&bytes);
        assert_eq!(
            opened,
            Ok(Opened::Observation(told.clone())),
            "proxmark3, {how}"
        );
    }
    let keys = KeyList::parse(KEYS.as_bytes()).expect("a good list").len();
    for (how, bytes) in written_anew(KEYS) {
        let list = KeyList::parse(&bytes);
        assert_eq!(list.map(|list| list.len()), Ok(keys), "key list, {how}");
    }
}

#[test]
fn what_is_not_text_is_told_by_its_line() {
    assert_eq!(decode(b"one\ntwo\n\xFF"), Err(NotText { line: 3 }));
    assert_eq!(decode(b"one\r\ntwo\r\xFF"), Err(NotText { line: 3 }));
    assert_eq!(decode(b"\xEF\xBB\xBFone\n\x80"), Err(NotText { line: 2 }));
    // Half a unit, and half of a pair of units.
    assert_eq!(decode(b"\xFF\xFEa\0\n\0b"), Err(NotText { line: 2 }));
    assert_eq!(
        decode(b"\xFF\xFEa\0\n\0\0\xD8b\0"),
        Err(NotText { line: 2 })
    );
}

proptest! {
    #[test]
    fn every_way_of_writing_gives_the_same_text(text in "[^\r\u{FEFF}]{0,60}") {
        for (how, bytes) in written_anew(&text) {
            let read = decode(&bytes).expect("text");
            prop_assert_eq!(read, text.as_str(), "{}", how);
        }
    }
}
