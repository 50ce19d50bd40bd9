//! Dates as cards have them, and seconds since 1970.

use super::error::ParseError;
use super::number;
use crate::model::date::Date;

/// The day from which days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Epoch {
    /// 1970-01-01.
    Year1970,
    /// 2000-01-01.
    Year2000,
}

impl Epoch {
    /// Days from 1970-01-01 to it.
    fn days(self) -> i64 {
        match self {
            Epoch::Year1970 => 0,
            Epoch::Year2000 => 10_957,
        }
    }
}

const DAY: u128 = 86_400;
/// Years that a two-digit year and a packed date are counted from.
const CENTURY: u16 = 2000;
/// Last year that a packed date can say.
const LAST_PACKED: u16 = CENTURY + 0x7F;

fn parse_date(typed: &str) -> Result<Date, ParseError> {
    Date::parse(typed).ok_or(ParseError::NotADate)
}

/// That the bytes hold dates of these years alone.
fn years(first: u16, last: u16) -> ParseError {
    ParseError::DateRange {
        first: format!("{first}-01-01"),
        last: format!("{last}-12-31"),
    }
}

/// The date of eight digits.
fn of_digits(digits: &str) -> Option<Date> {
    let number = |part: std::ops::Range<usize>| digits.get(part)?.parse::<u16>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    Date::new(year, month as u8, day as u8)
}

pub(super) fn read_bcd_date(bytes: &[u8]) -> Option<String> {
    of_digits(&number::bcd(bytes)?).map(|date| date.to_string())
}

pub(super) fn parse_bcd_date(typed: &str) -> Result<Vec<u8>, ParseError> {
    let date = parse_date(typed)?;
    let digits = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    number::parse_bcd(&digits, 4)
}

pub(super) fn read_short_bcd_date(bytes: &[u8]) -> Option<String> {
    of_digits(&format!("20{}", number::bcd(bytes)?)).map(|date| date.to_string())
}

pub(super) fn parse_short_bcd_date(typed: &str) -> Result<Vec<u8>, ParseError> {
    let date = parse_date(typed)?;
    let year = date.year().checked_sub(CENTURY).filter(|year| *year < 100);
    let year = year.ok_or_else(|| years(CENTURY, CENTURY + 99))?;
    let digits = format!("{year:02}{:02}{:02}", date.month(), date.day());
    number::parse_bcd(&digits, 3)
}

pub(super) fn read_packed(bytes: &[u8]) -> Option<String> {
    let packed = u16::from_be_bytes(bytes.try_into().ok()?);
    let (month, day) = ((packed >> 5 & 0x0F) as u8, (packed & 0x1F) as u8);
    Date::new(CENTURY + (packed >> 9), month, day).map(|date| date.to_string())
}

pub(super) fn parse_packed(typed: &str) -> Result<Vec<u8>, ParseError> {
    let date = parse_date(typed)?;
    if !(CENTURY..=LAST_PACKED).contains(&date.year()) {
        return Err(years(CENTURY, LAST_PACKED));
    }
    let year = date.year() - CENTURY;
    let packed = year << 9 | u16::from(date.month()) << 5 | u16::from(date.day());
    Ok(packed.to_be_bytes().to_vec())
}

/// `days` fits 16 bits.
pub(super) fn read_days(epoch: Epoch, days: u128) -> Option<String> {
    let days = i64::try_from(days).ok()?.checked_add(epoch.days())?;
    Date::of_days(days).map(|date| date.to_string())
}

pub(super) fn parse_days(epoch: Epoch, typed: &str) -> Result<u128, ParseError> {
    let days = parse_date(typed)?.days() - epoch.days();
    let fits = u16::try_from(days).map(u128::from);
    fits.map_err(|_| ParseError::DateRange {
        first: read_days(epoch, 0).unwrap_or_default(),
        last: read_days(epoch, u16::MAX.into()).unwrap_or_default(),
    })
}

/// `2026-11-20 10:42:07`, UTC. `seconds` fits 32 bits.
pub(super) fn read_unix(seconds: u128) -> Option<String> {
    let date = read_days(Epoch::Year1970, seconds / DAY)?;
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    Some(format!("{date} {hour:02}:{minute:02}:{:02}", seconds % 60))
}

/// A date, and a time of day behind it; without one it is midnight.
pub(super) fn parse_unix(typed: &str) -> Result<u128, ParseError> {
    let typed = typed.trim();
    let (date, time) = typed.split_once(' ').unwrap_or((typed, "0:00"));
    let date = Date::parse(date).ok_or(ParseError::NotATime)?;
    let time = parse_time(time.trim()).ok_or(ParseError::NotATime)?;
    let seconds = u128::try_from(date.days()).map(|days| days * DAY + time);
    let fits = seconds
        .ok()
        .filter(|seconds| u32::try_from(*seconds).is_ok());
    fits.ok_or_else(|| ParseError::DateRange {
        first: read_unix(0).unwrap_or_default(),
        last: read_unix(u32::MAX.into()).unwrap_or_default(),
    })
}

/// Seconds of `10:42` or `10:42:07`.
fn parse_time(typed: &str) -> Option<u128> {
    let parts: Vec<&str> = typed.split(':').collect();
    let part = |at: usize, below: u128| {
        let text = parts.get(at).copied().unwrap_or("0");
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = fits.then(|| text.parse::<u128>().ok())?;
        number.filter(|number| *number < below)
    };
    let (hours, minutes, seconds) = (part(0, 24)?, part(1, 60)?, part(2, 60)?);
    let whole = matches!(parts.len(), 2 | 3);
    whole.then_some(hours * 3600 + minutes * 60 + seconds)
}
