//! Whole numbers of 1, 2, 3, 4 and 8 bytes, bits and packed decimal digits.

use super::{Order, ParseError};

/// A whole number in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Integer {
    bytes: u8,
    signed: bool,
    order: Order,
}

impl Integer {
    /// Of `bytes` bytes, 1 to 8, from 0 up.
    pub const fn unsigned(bytes: u8, order: Order) -> Integer {
        Integer::new(bytes, false, order)
    }

    /// Of `bytes` bytes, 1 to 8, two's complement.
    pub const fn signed(bytes: u8, order: Order) -> Integer {
        Integer::new(bytes, true, order)
    }

    const fn new(bytes: u8, signed: bool, order: Order) -> Integer {
        // Counts beyond what a u64 holds have no number here.
        let bytes = if bytes > 8 { 8 } else { bytes };
        Integer {
            bytes,
            signed,
            order,
        }
    }

    /// Bytes that it takes.
    pub fn bytes(self) -> usize {
        usize::from(self.bytes)
    }

    /// Whether it may be negative.
    pub fn is_signed(self) -> bool {
        self.signed
    }

    /// Which of its bytes stands first.
    pub fn order(self) -> Order {
        self.order
    }

    /// Least and greatest value.
    fn range(self) -> (i128, i128) {
        let values = 1i128 << (8 * u32::from(self.bytes));
        if self.signed {
            (-values / 2, values / 2 - 1)
        } else {
            (0, values - 1)
        }
    }

    /// The number in `bytes`, of which it takes all.
    pub(super) fn value(self, bytes: &[u8]) -> i128 {
        let value = i128::from(unsigned(bytes, self.order));
        let (_, max) = self.range();
        if value > max {
            value - (1i128 << (8 * u32::from(self.bytes)))
        } else {
            value
        }
    }

    /// Decimal, `1,200` and `-5`, or hexadecimal after `0x`.
    pub(super) fn parse(self, typed: &str) -> Result<Vec<u8>, ParseError> {
        let (min, max) = self.range();
        let value = parse_integer(typed)?;
        if !(min..=max).contains(&value) {
            return Err(ParseError::OutOfRange { min, max });
        }
        // The lower eight bytes of a negative number are its two's complement.
        Ok(ordered(value as u64, self.bytes(), self.order))
    }
}

/// A number of any size that is typed; one beyond all ranges comes out as the greatest or least there is.
fn parse_integer(typed: &str) -> Result<i128, ParseError> {
    let typed = typed.trim();
    let (negative, rest) = match typed.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, typed.strip_prefix('+').unwrap_or(typed)),
    };
    let hex = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"));
    let (digits, base) = hex.map_or((rest, 10), |digits| (digits, 16));
    let mut value: i128 = 0;
    let mut any = false;
    for c in digits.chars() {
        match c.to_digit(base) {
            Some(digit) => {
                any = true;
                let base = i128::from(base);
                value = value.saturating_mul(base).saturating_add(i128::from(digit));
            }
            // Between groups, not before the first digit.
            None if any && matches!(c, ',' | '_' | ' ') => {}
            None => return Err(ParseError::NotANumber),
        }
    }
    if !any {
        return Err(ParseError::NotANumber);
    }
    Ok(if negative { -value } else { value })
}

/// Up to eight bytes as a number.
pub(super) fn unsigned(bytes: &[u8], order: Order) -> u64 {
    let joined = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    match order {
        Order::Big => bytes.iter().fold(0, joined),
        Order::Little => bytes.iter().rev().fold(0, joined),
    }
}

/// The lower `bytes` bytes of a number, at most 8.
pub(super) fn ordered(value: u64, bytes: usize, order: Order) -> Vec<u8> {
    let mut out = value.to_le_bytes().to_vec();
    out.truncate(bytes);
    if order == Order::Big {
        out.reverse();
    }
    out
}

/// `1011 0000`, a group of four after the other.
pub(super) fn bits(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    let groups: Vec<String> = nibbles.map(|nibble| format!("{nibble:04b}")).collect();
    groups.join(" ")
}

pub(super) fn parse_bits(typed: &str, width: usize) -> Result<Vec<u8>, ParseError> {
    let digits: Vec<char> = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.iter().any(|c| !matches!(c, '0' | '1')) {
        return Err(ParseError::NotBits);
    }
    if digits.len() != width * 8 {
        return Err(ParseError::Digits {
            expected: width * 8,
            found: digits.len(),
        });
    }
    let byte = |bits: &[char]| bits.iter().fold(0, |b, bit| b << 1 | u8::from(*bit == '1'));
    Ok(digits.chunks(8).map(byte).collect())
}

/// Two digits a byte; `None` when a half byte is no decimal digit.
pub(super) fn bcd(bytes: &[u8]) -> Option<String> {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    nibbles
        .map(|nibble| char::from_digit(u32::from(nibble), 10))
        .collect()
}

/// Fewer digits than there is room for stand at the right, after zeros.
pub(super) fn parse_bcd(typed: &str, width: usize) -> Result<Vec<u8>, ParseError> {
    let typed = typed.chars().filter(|c| !c.is_whitespace());
    let digits: Option<Vec<u8>> = typed.map(|c| c.to_digit(10).map(|d| d as u8)).collect();
    let digits = digits.filter(|digits| !digits.is_empty());
    let digits = digits.ok_or(ParseError::NotDigits)?;
    let expected = width * 2;
    let zeros = expected
        .checked_sub(digits.len())
        .ok_or(ParseError::Digits {
            expected,
            found: digits.len(),
        })?;
    let mut all = vec![0; zeros];
    all.extend(digits);
    Ok(all.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
