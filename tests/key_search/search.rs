//! Finds key bytes in whatever was written: raw, as hexadecimal in either case and with or without separators, as
//! lists of decimal numbers, and as base64 from any offset. The parity bit of a byte is not looked at, since DES
//! does not. Of a long key each half counts.

use std::collections::HashMap;

/// Bytes that are looked for at once: a DES key, or half an AES key.
const WINDOW: usize = 8;
/// Every bit but the parity bits.
const NO_PARITY: u64 = 0xFEFE_FEFE_FEFE_FEFE;

/// The keys that must be nowhere.
pub struct Search {
    /// Name of each key, by its window without parity.
    names: HashMap<u64, String>,
}

/// A key that is somewhere.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Of the key.
    pub name: String,
    /// How it was written.
    pub how: &'static str,
}

impl Search {
    /// A search for keys of 8 or 16 bytes, by name.
    pub fn new<'k>(keys: impl IntoIterator<Item = (&'k str, &'k [u8])>) -> Search {
        let mut names = HashMap::new();
        for (name, key) in keys {
            assert!(key.len() >= WINDOW && key.len() % WINDOW == 0, "{name}");
            for part in key.chunks(WINDOW) {
                // Zeros stand for "no key", and are everywhere.
                if window(part) != 0 {
                    names.insert(window(part), name.to_string());
                }
            }
        }
        Search { names }
    }

    /// Every key that `text` holds, in whatever form.
    pub fn find(&self, text: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        self.slide(text, "raw", &mut found);
        for run in hexadecimal(text) {
            // A run may begin with a digit that belongs to something else.
            self.slide(&bytes_of(&run), "hexadecimal", &mut found);
            self.slide(
                &bytes_of(run.get(1..).unwrap_or_default()),
                "hexadecimal",
                &mut found,
            );
        }
        for run in decimals(text) {
            self.slide(&run, "decimal", &mut found);
        }
        for run in base64(text) {
            for start in 0..4.min(run.len()) {
                self.slide(&sextets(&run[start..]), "base64", &mut found);
            }
        }
        found
    }

    fn slide(&self, bytes: &[u8], how: &'static str, found: &mut Vec<Found>) {
        for part in bytes.windows(WINDOW) {
            if let Some(name) = self.names.get(&window(part)) {
                let name = name.clone();
                found.push(Found { name, how });
            }
        }
    }
}

fn window(bytes: &[u8]) -> u64 {
    let bytes: [u8; WINDOW] = bytes.try_into().expect("a window's length");
    u64::from_be_bytes(bytes) & NO_PARITY
}

/// Runs of hexadecimal digits as their values; what may stand between two bytes is passed over.
fn hexadecimal(text: &[u8]) -> Vec<Vec<u8>> {
    let mut runs = vec![Vec::new()];
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        // The zero of 0x is no digit of a key.
        if byte == b'0' && matches!(text.get(at), Some(b'x' | b'X')) {
            at += 1;
            continue;
        }
        let run = runs.last_mut().expect("never empty");
        match (byte as char).to_digit(16) {
            Some(digit) => run.push(digit as u8),
            None if byte.is_ascii_whitespace() || b":-,;_.\"'[](){}|\\".contains(&byte) => {}
            None if run.is_empty() => {}
            None => runs.push(Vec::new()),
        }
    }
    runs
}

fn bytes_of(digits: &[u8]) -> Vec<u8> {
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// Runs of decimal numbers below 256, with nothing between them but separators.
fn decimals(text: &[u8]) -> Vec<Vec<u8>> {
    let mut runs = vec![Vec::new()];
    let mut number: Option<u32> = None;
    for &byte in text.iter().chain(b"!") {
        if byte.is_ascii_digit() {
            let value = number.unwrap_or(0).saturating_mul(10);
            number = Some(value.saturating_add(u32::from(byte - b'0')));
            continue;
        }
        let run = runs.last_mut().expect("never empty");
        let whole = number.take().map(u8::try_from);
        match whole {
            Some(Ok(value)) => run.push(value),
            Some(Err(_)) => runs.push(Vec::new()),
            None => {}
        }
        if !(byte.is_ascii_whitespace() || b",;|[](){}".contains(&byte)) {
            runs.push(Vec::new());
        }
    }
    runs.retain(|run| run.len() >= WINDOW);
    runs
}

/// Runs of base64 digits of either alphabet as their values; lines may be broken.
fn base64(text: &[u8]) -> Vec<Vec<u8>> {
    let mut runs = vec![Vec::new()];
    for &byte in text {
        let run = runs.last_mut().expect("never empty");
        match byte {
            b'A'..=b'Z' => run.push(byte - b'A'),
            b'a'..=b'z' => run.push(byte - b'a' + 26),
            b'0'..=b'9' => run.push(byte - b'0' + 52),
            b'+' | b'-' => run.push(62),
            b'/' | b'_' => run.push(63),
            b'\r' | b'\n' => {}
            _ if run.is_empty() => {}
            _ => runs.push(Vec::new()),
        }
    }
    runs
}

fn sextets(values: &[u8]) -> Vec<u8> {
    let bytes = values.chunks(4).flat_map(|four| {
        let bits = four
            .iter()
            .fold(0_u32, |bits, six| bits << 6 | u32::from(*six));
        let bits = bits << (6 * (4 - four.len()));
        [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]
    });
    bytes.collect()
}
