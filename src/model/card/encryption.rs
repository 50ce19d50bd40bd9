//! Which ciphers a card has, as Request Service v2 tells it.

use std::fmt;
use std::str::FromStr;

/// An encryption identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption(pub u8);

impl Encryption {
    /// DES keys of 56 bits and no others.
    pub const DES: Encryption = Encryption(0x2F);
    /// AES keys, whose versions come first, and DES keys of 56 bits.
    pub const AES_AND_DES: Encryption = Encryption(0x41);

    /// Those that have a name.
    const NAMES: [(Encryption, &'static str); 5] = [
        (Encryption(0x4F), "AES128"),
        (Encryption(0x43), "AES128_DES112"),
        (Encryption::AES_AND_DES, "AES128_DES56"),
        (Encryption(0x3F), "DES112"),
        (Encryption::DES, "DES56"),
    ];
}

/// The name that the proxmark3 client gives it, or else two hexadecimal digits.
impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Encryption::NAMES.iter().find(|(known, _)| known == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "{:02X}", self.0),
        }
    }
}

/// What was read is neither a name nor two hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an encryption identifier")]
pub struct NoEncryption;

impl FromStr for Encryption {
    type Err = NoEncryption;

    fn from_str(text: &str) -> Result<Encryption, NoEncryption> {
        if let Some((known, _)) = Encryption::NAMES.iter().find(|(_, name)| *name == text) {
            return Ok(*known);
        }
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u8::from_str_radix(text, 16).ok().filter(|_| digits);
        number.map(Encryption).ok_or(NoEncryption)
    }
}
