//! How numbers are written, one way everywhere.

use crate::model::card::KeyVersion;

/// Groups of three: `98,416`.
pub fn grouped(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A block's address: `00A4h`.
pub fn address(address: u32) -> String {
    format!("{address:04X}h")
}

/// A run of blocks, both ends included: `006Ch…006Fh`; one block is its address. `blocks` is at least 1.
pub fn range(first: u32, blocks: u32) -> String {
    if blocks <= 1 {
        return address(first);
    }
    format!(
        "{}…{}",
        address(first),
        address(first.saturating_add(blocks - 1))
    )
}

/// A journal event: `#1,204`.
pub fn event(sequence: u64) -> String {
    format!("#{}", grouped(sequence))
}

/// A key's version: `v1`.
pub fn version(version: KeyVersion) -> String {
    format!("v{version}")
}

/// Time of day in UTC: `10:42:07`. `time_ms` is milliseconds since 1970-01-01.
pub fn time(time_ms: u64) -> String {
    let seconds = time_ms / 1000 % 86_400;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_agreed() {
        assert_eq!(grouped(0u32), "0");
        assert_eq!(grouped(999u32), "999");
        assert_eq!(grouped(98_416u32), "98,416");
        assert_eq!(grouped(1_000_000u64), "1,000,000");
        assert_eq!(address(0xA4), "00A4h");
        assert_eq!(address(0x1_0000), "10000h");
        assert_eq!(range(0x6C, 4), "006Ch…006Fh");
        assert_eq!(range(0x6C, 1), "006Ch");
        assert_eq!(event(182), "#182");
        assert_eq!(version(2), "v2");
        assert_eq!(time(38_527_000), "10:42:07");
    }
}
