//! The time of the local service: the system's, moved forward as far as somebody asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use seatwise_functions::Clock;

/// The farthest that the clock may be ahead. Beyond it, dates run out of their range.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366 * 100);

/// The clock would be too far ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock cannot be more than 100 years ahead")]
pub struct TooFar;

/// A clock that can be moved forward. Clones move together.
#[derive(Clone, Debug, Default)]
pub struct DevClock {
    ahead_seconds: Arc<AtomicI64>,
}

impl DevClock {
    /// A clock that shows the system's time.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "the one place that time comes from")]
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead_seconds.load(Ordering::Relaxed));
        Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward; back is not offered. Whole seconds count.
    pub fn advance(&self, by: SignedDuration) -> Result<Timestamp, TooFar> {
        let moved = |ahead: i64| {
            let sum = ahead.checked_add(by.as_secs())?;
            (ahead..=MAX_AHEAD.as_secs()).contains(&sum).then_some(sum)
        };
        self.ahead_seconds
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved)
            .map(|_| self.now())
            .map_err(|_| TooFar)
    }

    /// The same clock, as functions take it.
    pub fn as_clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_forward_only_and_not_for_ever() {
        let clock = DevClock::new();
        let day = SignedDuration::from_hours(24);
        let before = clock.now();
        let after = clock.clone().advance(day).unwrap();
        assert!(after.duration_since(before) >= day);
        assert!(clock.now() >= after);
        assert_eq!(clock.advance(-day), Err(TooFar));
        assert_eq!(clock.advance(SignedDuration::MAX), Err(TooFar));
        assert!(clock.now().duration_since(before) < day * 2);
    }
}
