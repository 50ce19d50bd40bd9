//! Days of the calendar, without a clock: which date a count of days is, and back. Gregorian throughout.

use std::fmt;

/// A day that exists, of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Days before the first of each month of a year that is no leap year.
const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/// Days from 0001-01-01 to 1970-01-01.
const BEFORE_1970: i64 = 719_162;

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 0001-01-01 to the first of `year`, which is at least 1.
fn before_year(year: u16) -> i64 {
    let past = i64::from(year) - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

impl Date {
    /// That day, if there is one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// 1 to 9999.
    pub fn year(self) -> u16 {
        self.year
    }

    /// 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// 1 to 31.
    pub fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01; negative before.
    pub fn days(self) -> i64 {
        let leap = i64::from(self.month > 2 && is_leap(self.year));
        let month = BEFORE_MONTH[usize::from(self.month) - 1] + leap;
        before_year(self.year) + month + i64::from(self.day) - 1 - BEFORE_1970
    }

    /// The day that is so many after 1970-01-01. `None` outside the years 1 to 9999.
    pub fn of_days(days: i64) -> Option<Date> {
        let since_1 = days.checked_add(BEFORE_1970)?;
        if !(0..before_year(10_000)).contains(&since_1) {
            return None;
        }
        // A year has at most 366 days, so this is the year or a few before it.
        let mut year = (since_1 / 366) as u16 + 1;
        while before_year(year + 1) <= since_1 {
            year += 1;
        }
        let mut left = (since_1 - before_year(year)) as u16;
        let mut month = 1;
        while left >= u16::from(days_in(year, month)) {
            left -= u16::from(days_in(year, month));
            month += 1;
        }
        Date::new(year, month, left as u8 + 1)
    }

    /// Reads `2026-11-20`; year, month and day may be parted by `-`, `/` or `.`. `None` for what is no day.
    pub fn parse(text: &str) -> Option<Date> {
        let mut parts = text.trim().split(['-', '/', '.']);
        let mut part = |digits: usize| {
            let part = parts.next()?;
            let fits = (1..=digits).contains(&part.len());
            (fits && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok())?
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let nothing_left = parts.next().is_none();
        // At most two digits each.
        Date::new(year, month as u8, day as u8).filter(|_| nothing_left)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        let day = |days: i64| Date::of_days(days).map(|date| date.to_string());
        assert_eq!(day(0).as_deref(), Some("1970-01-01"));
        assert_eq!(day(-1).as_deref(), Some("1969-12-31"));
        assert_eq!(day(11_016).as_deref(), Some("2000-02-29"));
        assert_eq!(day(20_777).as_deref(), Some("2026-11-20"));
        assert_eq!(day(-719_162).as_deref(), Some("0001-01-01"));
        assert_eq!(day(2_932_896).as_deref(), Some("9999-12-31"));
        for beyond in [-719_163, 2_932_897, i64::MIN, i64::MAX] {
            assert_eq!(day(beyond), None);
        }
    }

    #[test]
    fn days_come_back_and_follow_one_another() {
        let mut before: Option<Date> = None;
        let around_now = -30_000..=60_000;
        let until_then = (-719_162..-30_000).step_by(89);
        let after = (60_001..=2_932_896).step_by(89);
        for days in until_then.chain(around_now).chain(after) {
            let date = Date::of_days(days).expect("a day");
            assert_eq!(date.days(), days);
            assert!(before < Some(date));
            before = Some(date);
        }
    }

    #[test]
    fn what_is_no_day_is_not_read() {
        let read = |text: &str| Date::parse(text).map(|date| date.to_string());
        assert_eq!(read(" 2026-11-20 ").as_deref(), Some("2026-11-20"));
        assert_eq!(read("2026/1/2").as_deref(), Some("2026-01-02"));
        for wrong in [
            "",
            "2026",
            "2026-11",
            "2026-02-29",
            "1900-02-29",
            "2026-00-01",
            "2026-13-01",
            "2026-11-31",
            "2026-11-20-1",
            "+2026-11-20",
            "0000-01-01",
            "12026-01-01",
            "2026--1",
            "２０２６-11-20",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
