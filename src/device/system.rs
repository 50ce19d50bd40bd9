//! The machine's clock and randomness.

use crate::model::port::{Clock, Rng};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&mut self) -> u64 {
        // A clock set before 1970 reads as 1970.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64)
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    /// # Panics
    /// When the operating system has no randomness to give: going on with guessable challenges would be worse.
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_milliseconds_since_1970() {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let before = since.expect("after 1970").as_millis();
        assert!(u128::from(SystemClock.now_ms()) >= before);
    }
}
