//! Repetition after a conflict: how often, and how long to wait (K12).

use std::time::Duration;

/// The most attempts of a request. After them, the client is told to try again later.
pub const MAX_ATTEMPTS: u32 = 10;
/// The longest wait before the first repetition. It doubles with each, up to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(4);
/// The longest wait before any repetition.
const MAX_WAIT: Duration = Duration::from_millis(250);

/// Waits a random time before each attempt but the first, so that requests that met do not meet
/// again.
pub async fn wait(attempt: u32) {
    if attempt > 0 {
        let longest = FIRST_WAIT.saturating_mul(1 << attempt.min(16)).min(MAX_WAIT);
        tokio::time::sleep(longest.mul_f64(rand::random())).await;
    }
}
