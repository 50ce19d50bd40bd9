//! The bytes of a text file as text: what editors and Windows make of a dump or a key list is read as well.
//!
//! UTF-8, with or without a byte order mark, and UTF-16 with one, of either order. Lines that end in CR LF or in CR
//! alone come out ending in LF, so that a line's number is the one that an editor shows.

use std::borrow::Cow;
use std::ops::Deref;
use zeroize::{Zeroize, Zeroizing};

/// Bytes that [`head`] looks at.
const HEAD_BYTES: usize = 4096;

/// What stands there is neither UTF-8 nor UTF-16 with a byte order mark; `line` counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: not text")]
pub struct NotText {
    pub line: usize,
}

/// How the characters of a file are written, and its bytes behind the mark that says so.
enum Encoded<'a> {
    Utf8(&'a [u8]),
    Utf16(&'a [u8], fn([u8; 2]) -> u16),
}

impl Encoded<'_> {
    fn of(bytes: &[u8]) -> Encoded<'_> {
        match bytes {
            [0xEF, 0xBB, 0xBF, rest @ ..] => Encoded::Utf8(rest),
            [0xFF, 0xFE, rest @ ..] => Encoded::Utf16(rest, u16::from_le_bytes),
            [0xFE, 0xFF, rest @ ..] => Encoded::Utf16(rest, u16::from_be_bytes),
            _ => Encoded::Utf8(bytes),
        }
    }
}

/// The text of a file. Where it is not the bytes themselves it is a single copy, never moved while it grows, so that
/// who reads secrets from it can wipe it.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    match Encoded::of(bytes) {
        Encoded::Utf8(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|error| NotText {
                line: lines_before(&bytes[..error.valid_up_to()]),
            })?;
            if !text.contains('\r') {
                return Ok(Cow::Borrowed(text));
            }
            let mut out = String::with_capacity(text.len());
            push_lines(&mut out, text.chars());
            Ok(Cow::Owned(out))
        }
        Encoded::Utf16(bytes, order) => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units = pairs.iter().map(|pair| order(*pair));
            // A unit becomes three bytes at most.
            let mut out = String::with_capacity(3 * pairs.len());
            let mut whole = rest.is_empty();
            let decoded = char::decode_utf16(units).map_while(|unit| {
                whole &= unit.is_ok();
                unit.ok()
            });
            push_lines(&mut out, decoded);
            if whole {
                return Ok(Cow::Owned(out));
            }
            let line = lines_before(out.as_bytes());
            drop(Zeroizing::new(out));
            Err(NotText { line })
        }
    }
}

/// The text of a file that may hold keys. What had to be copied out of the file is wiped.
pub fn decode_secret(bytes: &[u8]) -> Result<SecretText<'_>, NotText> {
    decode(bytes).map(SecretText)
}

/// A text that may hold keys.
pub struct SecretText<'a>(Cow<'a, str>);

impl Deref for SecretText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for SecretText<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

/// The first of a file's text, as far as it is text: enough to tell what kind of file it is.
pub fn head(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(HEAD_BYTES)];
    let mut out = String::new();
    match Encoded::of(bytes) {
        Encoded::Utf8(bytes) => {
            let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            push_lines(&mut out, valid.chars());
        }
        Encoded::Utf16(bytes, order) => {
            let units = bytes.as_chunks::<2>().0.iter().map(|pair| order(*pair));
            push_lines(&mut out, char::decode_utf16(units).map_while(Result::ok));
        }
    }
    out
}

/// Adds characters with every line end an LF.
fn push_lines(out: &mut String, chars: impl Iterator<Item = char>) {
    let mut after_cr = false;
    for char in chars {
        match char {
            '\r' => out.push('\n'),
            '\n' if after_cr => {}
            char => out.push(char),
        }
        after_cr = char == '\r';
    }
}

/// The line in which the next byte stands, counted from 1.
fn lines_before(bytes: &[u8]) -> usize {
    let lone_cr = |(at, byte): (usize, &u8)| *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    let ends = bytes.iter().enumerate();
    1 + ends
        .filter(|&(at, byte)| *byte == b'\n' || lone_cr((at, byte)))
        .count()
}
