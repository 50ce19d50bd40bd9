//! Moments as text, in UTC. All times are milliseconds since 1970-01-01.

use super::date::Date;

/// `2026-11-21`; empty for a day after the year 9999, which no clock of ours comes near.
pub fn date(time_ms: u64) -> String {
    let days = i64::try_from(time_ms / 86_400_000).ok();
    let date = days.and_then(Date::of_days);
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// `14:05:07.042`.
pub fn clock(time_ms: u64) -> String {
    let (seconds, ms) = (time_ms / 1000 % 86_400, time_ms % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{ms:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        let text = |time_ms| format!("{} {}", date(time_ms), clock(time_ms));
        assert_eq!(text(0), "1970-01-01 00:00:00.000");
        assert_eq!(text(951_782_399_999), "2000-02-28 23:59:59.999");
        assert_eq!(text(951_868_800_000), "2000-03-01 00:00:00.000");
        assert_eq!(text(1_709_164_800_000), "2024-02-29 00:00:00.000");
        assert_eq!(text(1_795_269_907_042), "2026-11-21 14:05:07.042");
        // The last moment that fits.
        assert!(!text(u64::MAX).is_empty());
    }
}
