//! When a request is sent again, and after how long.

use std::time::Duration;

use crate::StripeError;

/// More would only add to the load of a Stripe in trouble.
pub(crate) const MAX_RETRIES: u32 = 2;
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(2);

/// A failed attempt, and what Stripe advises in its header `Stripe-Should-Retry`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: StripeError,
    pub(crate) advice: Option<bool>,
}

impl Failure {
    /// Stripe knows better than the status of its answer.
    pub(crate) fn is_worth_a_retry(&self) -> bool {
        self.advice.unwrap_or_else(|| self.error.is_transient())
    }
}

impl From<StripeError> for Failure {
    fn from(error: StripeError) -> Self {
        Self { error, advice: None }
    }
}

/// The pause before the next attempt; `chance` is from 0 to 1, so that clients that failed together
/// do not come back together.
pub(crate) fn pause(retries: u32, chance: f64) -> Duration {
    let longest = (SHORTEST * 2_u32.saturating_pow(retries + 1)).min(LONGEST);
    longest.mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_of_stripe_counts_more_than_the_status() {
        let failure = |status, advice| Failure { error: StripeError::Api { status }, advice };
        assert!(failure(503, None).is_worth_a_retry());
        assert!(!failure(503, Some(false)).is_worth_a_retry());
        assert!(failure(418, Some(true)).is_worth_a_retry());
        assert!(!failure(418, None).is_worth_a_retry());
    }

    #[test]
    fn pauses_grow_from_half_a_second_to_two() {
        assert_eq!(pause(0, 0.0), Duration::from_millis(500));
        assert_eq!(pause(0, 1.0), Duration::from_secs(1));
        assert_eq!(pause(1, 0.0), Duration::from_secs(1));
        assert_eq!(pause(1, 1.0), Duration::from_secs(2));
        assert_eq!(pause(40, 1.0), Duration::from_secs(2));
    }
}
