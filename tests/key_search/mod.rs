//! No key in anything that is shown or kept. Recognisable keys are planted, everything is run, and all that came of
//! it is searched.

pub mod runs;
mod sealed;
pub mod search;

use crate::support::SeededRng;
use cardwright::model::demo::Demo;
use cardwright::model::port::Rng;
use runs::{Keys, Said};
use search::{Found, Search};

/// Nothing that was said holds a key; a key that is put among it afterwards is found.
fn none_is_found((mut said, keys): (Said, Keys)) {
    let search = runs::search(&keys);
    assert_eq!(said.found(&search), []);
    assert!(said.len() >= 10, "only {} things were said", said.len());
    let key = &keys[0].1;
    let list: Vec<String> = key.iter().map(|byte| format!("{:02x}", byte ^ 1)).collect();
    said.text("planted", format!("debug: key=[{}]", list.join(", ")));
    let found = said.found(&search);
    assert!(
        found.iter().any(|(place, _)| *place == "planted"),
        "{found:?}"
    );
}

#[test]
fn issuing_and_dividing_show_no_key() {
    none_is_found(runs::flows());
}

#[test]
fn a_card_of_the_aes_generation_shows_no_key() {
    none_is_found(runs::aes_card());
}

#[test]
fn the_command_line_shows_and_keeps_no_key() {
    none_is_found(runs::command_line());
}

#[test]
fn a_workspace_shows_and_keeps_no_key() {
    none_is_found(runs::workspace());
}

#[test]
fn a_sealed_file_in_the_window_shows_and_keeps_no_key() {
    none_is_found(sealed::sealed_file());
}

/// What all other tests printed, and what the fuzz targets did. `scripts/run-tests.sh` calls this when they are done.
#[test]
#[ignore = "it reads what the other tests have printed"]
fn the_tests_printed_no_key() {
    let places =
        std::env::var("CARDWRIGHT_PRINTED").expect("the files to search, with blanks between");
    let mut said = Said::default();
    for place in places.split(' ') {
        said.text(
            place,
            std::fs::read(place).unwrap_or_else(|error| panic!("{place}: {error}")),
        );
    }
    let keys = runs::keys_of(&Demo::new());
    assert_eq!(said.found(&runs::search(&keys)), []);
}

/// A key that no text holds by chance.
const PLANTED: [u8; 8] = [0x9B, 0x3E, 0xD5, 0x61, 0xF8, 0x2C, 0xA7, 0x40];

fn planted() -> Search {
    Search::new([("planted", &PLANTED[..])])
}

/// The alphabet of base64.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_of(bytes: &[u8]) -> String {
    let digits = bytes.chunks(3).flat_map(|three| {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        let digit = move |at: u32| char::from(DIGITS[(bits >> (18 - 6 * at) & 0x3F) as usize]);
        (0..=three.len() as u32).map(digit)
    });
    digits.collect()
}

/// The control: each form in which a key can be written is found, amid other text.
#[test]
fn a_key_is_found_in_every_form() {
    let list = |format: fn(&u8) -> String, between: &str| {
        let parts: Vec<String> = PLANTED.iter().map(format).collect();
        parts.join(between).into_bytes()
    };
    let lower: fn(&u8) -> String = |byte| format!("{byte:02x}");
    let upper: fn(&u8) -> String = |byte| format!("{byte:02X}");
    let mut forms = vec![("raw", PLANTED.to_vec())];
    for digits in [lower, upper, |byte| format!("0x{byte:02X}")] {
        for between in ["", " ", ":", "-", ", ", ",\n    "] {
            forms.push(("hexadecimal", list(digits, between)));
        }
    }
    for between in [",", ", ", " ", ";", ",\n    "] {
        forms.push(("decimal", list(|byte| byte.to_string(), between)));
    }
    for before in 0..3 {
        let bytes = [&vec![0x55; before][..], &PLANTED, b"after"].concat();
        forms.push(("base64", base64_of(&bytes).into_bytes()));
        let url: Vec<u8> = base64_of(&bytes)
            .replace('+', "-")
            .replace('/', "_")
            .into_bytes();
        forms.push(("base64", url));
    }
    for (how, form) in forms {
        for (before, after) in [
            ("", ""),
            ("key ", " end"),
            ("[1, f", "]"),
            ("\"key\": \"", "\","),
        ] {
            let text = [before.as_bytes(), &form, after.as_bytes()].concat();
            let found = planted().find(&text);
            let shown = String::from_utf8_lossy(&text);
            assert!(
                found.iter().any(|found| found.how == how),
                "{how}: {shown}: {found:?}"
            );
        }
    }
}

#[test]
fn parity_bits_do_not_hide_a_key() {
    for turned in 0..=255_u8 {
        let key: Vec<u8> = PLANTED
            .iter()
            .zip(0..)
            .map(|(byte, bit)| byte ^ (turned >> bit & 1))
            .collect();
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(planted().find(text.as_bytes()).len(), 1, "{turned:08b}");
    }
}

#[test]
fn half_of_a_long_key_is_found() {
    let long = [PLANTED, *b"0123DEMO"].concat();
    let search = Search::new([("long", &long[..])]);
    for half in [&long[..8], &long[8..]] {
        let found = Found {
            name: "long".into(),
            how: "raw",
        };
        assert_eq!(search.find(half), [found]);
    }
}

#[test]
fn other_bytes_are_no_key() {
    let mut other = vec![0; 1 << 16];
    SeededRng(9).fill(&mut other);
    assert_eq!(planted().find(&other), []);
    let mut near = PLANTED;
    near[7] ^= 0x10;
    let text: String = near.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(planted().find(text.as_bytes()), []);
    assert_eq!(planted().find(&near), []);
}
