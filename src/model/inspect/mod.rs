//! What chosen bytes say when they are read as a number, bits, a date, a purse or text, and the way back.
//!
//! A [`Reading`] is one way to read bytes: text and digits any number of them, numbers up to sixteen.
//! [`Reading::read`] puts bytes into text, [`Reading::parse`] puts typed text into bytes or says by a [`ParseError`]
//! why that cannot be; what is read can always be typed back. A reading of a fixed width takes the first of the chosen
//! bytes. [`number`], [`time`] and [`text`] hold the rules of each kind.

mod error;
mod number;
mod text;
mod time;

pub use error::ParseError;
pub use number::{Integer, Order};
pub use time::Epoch;

use crate::model::card::{BLOCK_BYTES, purse};
use crate::model::hex;

/// One way to read bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// The bytes themselves, in groups of two: `0112 0A1B`.
    Hex,
    /// A whole number: `1200`.
    Integer(Integer),
    /// One byte or two, most significant bit first, in groups of four: `1011 0000`.
    Bits,
    /// Two decimal digits a byte, leading zeros kept: `00001200`.
    Bcd,
    /// A date as eight decimal digits, YYYYMMDD, in four bytes.
    BcdDate,
    /// A date as six decimal digits, YYMMDD, in three bytes; of the years 2000 to 2099.
    ShortBcdDate,
    /// A date in 16 bits, big endian: years since 2000 in seven, month in four, day in five. Transit cards have it.
    PackedDate,
    /// A number of days since a day, in 16 bits.
    Days(Epoch, Order),
    /// Seconds since 1970-01-01 00:00 UTC, in 32 bits.
    UnixTime(Order),
    /// A whole purse block: amount, cashback, user data, execution ID.
    Purse,
    /// Letters of ASCII; see [`text`] for what is none.
    Ascii,
    /// Shift-JIS, as the WHATWG's Encoding Standard has it.
    ShiftJis,
    Utf8,
}

impl Reading {
    /// Every reading, in the order of an inspector.
    pub const ALL: [Reading; 36] = [
        Reading::Hex,
        Reading::Integer(Integer::unsigned(1, Order::Little)),
        Reading::Integer(Integer::signed(1, Order::Little)),
        Reading::Integer(Integer::unsigned(2, Order::Little)),
        Reading::Integer(Integer::unsigned(2, Order::Big)),
        Reading::Integer(Integer::signed(2, Order::Little)),
        Reading::Integer(Integer::signed(2, Order::Big)),
        Reading::Integer(Integer::unsigned(3, Order::Little)),
        Reading::Integer(Integer::unsigned(3, Order::Big)),
        Reading::Integer(Integer::unsigned(4, Order::Little)),
        Reading::Integer(Integer::unsigned(4, Order::Big)),
        Reading::Integer(Integer::signed(4, Order::Little)),
        Reading::Integer(Integer::signed(4, Order::Big)),
        Reading::Integer(Integer::unsigned(8, Order::Little)),
        Reading::Integer(Integer::unsigned(8, Order::Big)),
        Reading::Integer(Integer::signed(8, Order::Little)),
        Reading::Integer(Integer::signed(8, Order::Big)),
        Reading::Integer(Integer::unsigned(16, Order::Little)),
        Reading::Integer(Integer::unsigned(16, Order::Big)),
        Reading::Integer(Integer::signed(16, Order::Little)),
        Reading::Integer(Integer::signed(16, Order::Big)),
        Reading::Bits,
        Reading::Bcd,
        Reading::BcdDate,
        Reading::ShortBcdDate,
        Reading::PackedDate,
        Reading::Days(Epoch::Year1970, Order::Little),
        Reading::Days(Epoch::Year1970, Order::Big),
        Reading::Days(Epoch::Year2000, Order::Little),
        Reading::Days(Epoch::Year2000, Order::Big),
        Reading::UnixTime(Order::Little),
        Reading::UnixTime(Order::Big),
        Reading::Purse,
        Reading::Ascii,
        Reading::ShiftJis,
        Reading::Utf8,
    ];

    /// How many of `chosen` bytes the reading takes, from the first on; `None` when it cannot read so many.
    pub fn takes(self, chosen: usize) -> Option<usize> {
        if chosen == 0 {
            return None;
        }
        let needs = match self {
            Reading::Hex | Reading::Bcd | Reading::Ascii | Reading::ShiftJis | Reading::Utf8 => {
                return Some(chosen);
            }
            Reading::Bits => return Some(chosen.min(2)),
            Reading::Integer(integer) => integer.bytes(),
            Reading::BcdDate | Reading::UnixTime(_) => 4,
            Reading::ShortBcdDate => 3,
            Reading::PackedDate | Reading::Days(..) => 2,
            Reading::Purse => BLOCK_BYTES,
        };
        (needs <= chosen).then_some(needs)
    }

    /// The bytes in this reading, as text that [`Reading::parse`] takes. `None` where it cannot read so many bytes,
    /// or where these are nothing of its kind, as 31 February is no date.
    pub fn read(self, chosen: &[u8]) -> Option<String> {
        let bytes = chosen.get(..self.takes(chosen.len())?)?;
        match self {
            Reading::Hex => Some(hex::grouped(bytes)),
            Reading::Integer(integer) => Some(integer.value(bytes)),
            Reading::Bits => Some(number::bits(bytes)),
            Reading::Bcd => number::bcd(bytes),
            Reading::BcdDate => time::read_bcd_date(bytes),
            Reading::ShortBcdDate => time::read_short_bcd_date(bytes),
            Reading::PackedDate => time::read_packed(bytes),
            Reading::Days(epoch, order) => time::read_days(epoch, number::unsigned(bytes, order)),
            Reading::UnixTime(order) => time::read_unix(number::unsigned(bytes, order)),
            Reading::Purse => read_purse(bytes),
            Reading::Ascii => Some(text::ascii(bytes)),
            Reading::ShiftJis => text::shift_jis(bytes),
            Reading::Utf8 => text::utf8(bytes),
        }
    }

    /// The bytes of typed text: as many as the reading [takes](Reading::takes) of `chosen`.
    pub fn parse(self, typed: &str, chosen: usize) -> Result<Vec<u8>, ParseError> {
        let width = self.takes(chosen).ok_or(ParseError::Width)?;
        match self {
            Reading::Hex => parse_hex(typed, width),
            Reading::Integer(integer) => integer.parse(typed),
            Reading::Bits => number::parse_bits(typed, width),
            Reading::Bcd => number::parse_bcd(typed, width),
            Reading::BcdDate => time::parse_bcd_date(typed),
            Reading::ShortBcdDate => time::parse_short_bcd_date(typed),
            Reading::PackedDate => time::parse_packed(typed),
            Reading::Days(epoch, order) => {
                Ok(number::ordered(time::parse_days(epoch, typed)?, 2, order))
            }
            Reading::UnixTime(order) => Ok(number::ordered(time::parse_unix(typed)?, 4, order)),
            Reading::Purse => parse_purse(typed),
            Reading::Ascii => text::parse_ascii(typed, width),
            Reading::ShiftJis => text::parse_shift_jis(typed, width),
            Reading::Utf8 => text::parse_utf8(typed, width),
        }
    }
}

/// Exactly `width` bytes of hexadecimal text.
fn parse_hex(typed: &str, width: usize) -> Result<Vec<u8>, ParseError> {
    let digits = typed.chars().filter(|c| !c.is_whitespace());
    if digits.clone().any(|c| !c.is_ascii_hexdigit()) {
        return Err(ParseError::NotHex);
    }
    let wrong = ParseError::Digits {
        expected: width * 2,
        found: digits.count(),
    };
    hex::parse(typed)
        .filter(|bytes| bytes.len() == width)
        .ok_or(wrong)
}

const AMOUNT: Integer = Integer::unsigned(4, Order::Little);

/// `1200 / 0 / 07EA 0B14 / 0000 001C`. An erased block holds no purse.
fn read_purse(block: &[u8]) -> Option<String> {
    let part = |at: usize| block.get(at..at + 4);
    let amount = |at| part(at).map(|bytes| AMOUNT.value(bytes));
    let (value, cashback) = (amount(purse::PURSE_AT)?, amount(purse::CASHBACK_AT)?);
    let data = hex::grouped(part(purse::USER_DATA_AT)?);
    let id = hex::grouped(part(purse::EXECUTION_ID_AT)?);
    let erased = block.iter().all(|byte| *byte == 0xFF);
    (!erased).then(|| format!("{value} / {cashback} / {data} / {id}"))
}

fn parse_purse(typed: &str) -> Result<Vec<u8>, ParseError> {
    let parts: Vec<&str> = typed.split('/').collect();
    let [value, cashback, data, id] = parts[..] else {
        return Err(ParseError::NotAPurse);
    };
    let mut block = vec![0; BLOCK_BYTES];
    let parts = [
        (purse::PURSE_AT, AMOUNT.parse(value)?),
        (purse::CASHBACK_AT, AMOUNT.parse(cashback)?),
        (purse::USER_DATA_AT, parse_hex(data, 4)?),
        (purse::EXECUTION_ID_AT, parse_hex(id, 4)?),
    ];
    for (at, bytes) in parts {
        // Each part is of four bytes and ends within the block.
        block[at..at + 4].copy_from_slice(&bytes);
    }
    if block.iter().all(|byte| *byte == 0xFF) {
        return Err(ParseError::NotAPurse);
    }
    Ok(block)
}
