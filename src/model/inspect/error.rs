//! Why typed text is no value.

use thiserror::Error;

/// Why typed text is no value of a reading. The bytes it would go to are as they were.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    #[error("this reading takes another number of bytes")]
    Width,
    #[error("not a whole number")]
    NotANumber,
    #[error("not from {min} to {max}")]
    OutOfRange { min: i128, max: u128 },
    #[error("not hexadecimal digits")]
    NotHex,
    #[error("not zeros and ones")]
    NotBits,
    #[error("not decimal digits")]
    NotDigits,
    /// Another number of digits than the bytes take.
    #[error("{found} digits; {expected} are taken")]
    Digits { expected: usize, found: usize },
    #[error("not a day of the calendar")]
    NotADate,
    #[error("not a day of the calendar and a time of day")]
    NotATime,
    /// A date that the bytes cannot hold; first and last that they can.
    #[error("not from {first} to {last}")]
    DateRange { first: String, last: String },
    #[error("not four parts between strokes")]
    NotAPurse,
    #[error("{needed} bytes; there is room for {room}")]
    TooLong { needed: usize, room: usize },
    #[error("{0:?} cannot be written so")]
    NoSuchLetter(char),
    #[error("a backslash begins no \\xNN")]
    Escape,
    #[error("the bytes are no text of this kind")]
    NotText,
}
