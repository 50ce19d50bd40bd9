//! Hexadecimal text, one way everywhere: upper case, most significant digit first.

/// `bytes` as upper-case digits without gaps.
pub fn plain(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

/// `bytes` in groups of two bytes: `0112 0A1B 2C3D 4E5F`.
pub fn grouped(bytes: &[u8]) -> String {
    bytes.chunks(2).map(plain).collect::<Vec<_>>().join(" ")
}

/// Reads digits of either case, white space between them allowed. `None` when a character is not a digit or
/// a digit is left over.
pub fn parse(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|p| p[0] << 4 | p[1]).collect())
}

/// Reads exactly `N` bytes.
pub fn parse_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    parse(text)?.try_into().ok()
}

/// `N` bytes that are stored as hexadecimal text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HexBytes<const N: usize>(pub [u8; N]);

impl<const N: usize> serde::Serialize for HexBytes<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&plain(&self.0))
    }
}

impl<'de, const N: usize> serde::Deserialize<'de> for HexBytes<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_array(&text)
            .map(HexBytes)
            .ok_or_else(|| serde::de::Error::custom("hexadecimal text of another length"))
    }
}
