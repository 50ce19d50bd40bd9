//! Text in ASCII, Shift-JIS and UTF-8.
//!
//! What is no letter to be seen (controls, marks that turn the direction of writing, bytes that ASCII lacks) is
//! written `\xNN`, and a backslash `\\`, so that nothing hides in what is shown and all of it can be typed. Zeros at
//! the end fill the room that text leaves and are not shown.

use super::error::ParseError;
use encoding_rs::SHIFT_JIS;

pub(super) fn ascii(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in without_zeros(bytes) {
        let letter = char::from(*byte);
        push(&mut out, Some(letter).filter(char::is_ascii), &[*byte]);
    }
    out
}

/// `None` for bytes that are no Shift-JIS.
pub(super) fn shift_jis(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    let mut rest = without_zeros(bytes);
    while let Some(first) = rest.first() {
        let long = matches!(first, 0x81..=0x9F | 0xE0..=0xFC);
        let (unit, after) = rest.split_at_checked(if long { 2 } else { 1 })?;
        let decoded = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(unit)?;
        let mut letters = decoded.chars();
        let letter = letters.next().filter(|_| letters.next().is_none());
        push(
            &mut out,
            letter.filter(|c| as_shift_jis(*c).is_some()),
            unit,
        );
        rest = after;
    }
    Some(out)
}

/// `None` for bytes that are no UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    for letter in std::str::from_utf8(without_zeros(bytes)).ok()?.chars() {
        push(&mut out, Some(letter), &as_utf8(letter));
    }
    Some(out)
}

pub(super) fn parse_ascii(typed: &str, width: usize) -> Result<Vec<u8>, ParseError> {
    let byte = |c: char| c.is_ascii().then(|| vec![c as u8]);
    encoded(typed, width, &byte)
}

pub(super) fn parse_shift_jis(typed: &str, width: usize) -> Result<Vec<u8>, ParseError> {
    let bytes = encoded(typed, width, &as_shift_jis)?;
    shift_jis(&bytes).map(|_| bytes).ok_or(ParseError::NotText)
}

pub(super) fn parse_utf8(typed: &str, width: usize) -> Result<Vec<u8>, ParseError> {
    let bytes = encoded(typed, width, &|c| Some(as_utf8(c)))?;
    utf8(&bytes).map(|_| bytes).ok_or(ParseError::NotText)
}

/// The bytes without the zeros at their end.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0);
    end.and_then(|end| bytes.get(..=end)).unwrap_or(&[])
}

/// Puts a letter behind `out`, or its bytes where there is none to be seen.
fn push(out: &mut String, letter: Option<char>, bytes: &[u8]) {
    match letter.filter(|letter| is_seen(*letter)) {
        Some('\\') => out.push_str("\\\\"),
        Some(letter) => out.push(letter),
        None => out.extend(bytes.iter().map(|byte| format!("\\x{byte:02X}"))),
    }
}

/// Whether a letter shows itself, and nothing but itself.
fn is_seen(letter: char) -> bool {
    let hidden = matches!(letter,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..);
    let space = letter.is_whitespace() && !matches!(letter, ' ' | '\u{3000}');
    !letter.is_control() && !hidden && !space
}

fn as_utf8(letter: char) -> Vec<u8> {
    letter.encode_utf8(&mut [0; 4]).as_bytes().to_vec()
}

/// A letter's bytes, if they stand for that letter and no other that looks like it.
fn as_shift_jis(letter: char) -> Option<Vec<u8>> {
    let mut room = [0; 4];
    let (bytes, _, lost) = SHIFT_JIS.encode(letter.encode_utf8(&mut room));
    let back = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes)?;
    (!lost && back.chars().eq([letter])).then(|| bytes.to_vec())
}

/// Typed text as bytes, filled with zeros up to `width`.
fn encoded(
    typed: &str,
    width: usize,
    bytes_of: &dyn Fn(char) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, ParseError> {
    let mut bytes = Vec::with_capacity(width);
    let mut rest = typed.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            let seen = is_seen(letter).then(|| bytes_of(letter)).flatten();
            bytes.extend(seen.ok_or(ParseError::NoSuchLetter(letter))?);
            continue;
        }
        match rest.next() {
            Some('\\') => bytes.extend(bytes_of('\\').ok_or(ParseError::NoSuchLetter('\\'))?),
            Some('x') => {
                let mut digit = || rest.next().and_then(|c| c.to_digit(16));
                let (high, low) = (digit(), digit());
                let byte = high.zip(low).map(|(high, low)| (high << 4 | low) as u8);
                bytes.push(byte.ok_or(ParseError::Escape)?);
            }
            _ => return Err(ParseError::Escape),
        }
    }
    if bytes.len() > width {
        return Err(ParseError::TooLong {
            needed: bytes.len(),
            room: width,
        });
    }
    bytes.resize(width, 0);
    Ok(bytes)
}
