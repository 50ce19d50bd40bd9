//! Whole numbers of 1, 2, 3, 4, 8 and 16 bytes, bits and packed decimal digits.

use super::error::ParseError;

/// Which byte of a number stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    Little,
    Big,
}

/// A whole number in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Integer {
    bytes: u8,
    signed: bool,
    order: Order,
}

impl Integer {
    /// Of `bytes` bytes, 1 to 16, from 0 up.
    pub const fn unsigned(bytes: u8, order: Order) -> Integer {
        Integer::new(bytes, false, order)
    }

    /// Of `bytes` bytes, 1 to 16, two's complement.
    pub const fn signed(bytes: u8, order: Order) -> Integer {
        Integer::new(bytes, true, order)
    }

    const fn new(bytes: u8, signed: bool, order: Order) -> Integer {
        // Counts beyond what a u128 holds have no number here.
        let bytes = match bytes {
            0 => 1,
            1..=16 => bytes,
            _ => 16,
        };
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

    /// Values that it has from 0 up; those below 0 are as many, if there are any.
    fn greatest(self) -> u128 {
        let bits = 8 * u32::from(self.bytes) - u32::from(self.signed);
        u128::MAX >> (u128::BITS - bits)
    }

    /// The number in `bytes`, of which it takes all, in decimal digits.
    pub(super) fn value(self, bytes: &[u8]) -> String {
        let value = unsigned(bytes, self.order);
        if value <= self.greatest() {
            return value.to_string();
        }
        // Two's complement, its bits above those of the bytes filled up.
        let above = u128::MAX.checked_shl(8 * u32::from(self.bytes));
        ((value | above.unwrap_or(0)) as i128).to_string()
    }

    /// Decimal, `1,200` and `-5`, or hexadecimal after `0x`.
    pub(super) fn parse(self, typed: &str) -> Result<Vec<u8>, ParseError> {
        let (negative, size) = parse_integer(typed)?;
        let max = self.greatest();
        let least = if self.signed { max + 1 } else { 0 };
        let most = if negative { least } else { max };
        let size = size.filter(|size| *size <= most);
        let size = size.ok_or(ParseError::OutOfRange {
            // 2^127 below 0 is the least i128.
            min: 0i128.wrapping_sub_unsigned(least),
            max,
        })?;
        let value = if negative { size.wrapping_neg() } else { size };
        Ok(ordered(value, self.bytes(), self.order))
    }
}

/// A number that is typed, and whether it is below 0; `None` for one beyond all ranges.
fn parse_integer(typed: &str) -> Result<(bool, Option<u128>), ParseError> {
    let typed = typed.trim();
    let (negative, rest) = match typed.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, typed.strip_prefix('+').unwrap_or(typed)),
    };
    let hex = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"));
    let (digits, base) = hex.map_or((rest, 10), |digits| (digits, 16));
    let mut value = Some(0u128);
    let mut any = false;
    for c in digits.chars() {
        match c.to_digit(base) {
            Some(digit) => {
                any = true;
                let shifted = value.and_then(|value| value.checked_mul(base.into()));
                value = shifted.and_then(|value| value.checked_add(digit.into()));
            }
            // Between groups, not before the first digit.
            None if any && matches!(c, ',' | '_' | ' ') => {}
            None => return Err(ParseError::NotANumber),
        }
    }
    if !any {
        return Err(ParseError::NotANumber);
    }
    Ok((negative, value))
}

/// Up to sixteen bytes as a number.
pub(super) fn unsigned(bytes: &[u8], order: Order) -> u128 {
    let joined = |value: u128, byte: &u8| value << 8 | u128::from(*byte);
    match order {
        Order::Big => bytes.iter().fold(0, joined),
        Order::Little => bytes.iter().rev().fold(0, joined),
    }
}

/// The lower `bytes` bytes of a number, at most 16.
pub(super) fn ordered(value: u128, bytes: usize, order: Order) -> Vec<u8> {
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
