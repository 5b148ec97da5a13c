//! The moment of a decision: what a rule may know beside its arguments.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Time, fresh ids and chance, handed to a rule. The same seed gives the same answers.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The time.
    pub now: Timestamp,
    seed: [u8; 32],
    drawn: u64,
}

impl Moment {
    /// A moment at `now`; `seed` must be fresh and unguessable outside tests.
    pub fn new(now: Timestamp, seed: [u8; 32]) -> Self {
        Self { now, seed, drawn: 0 }
    }

    /// A fresh UUIDv7: sorts by time of making (RFC 9562 section 5.7).
    pub fn fresh_id(&mut self) -> Uuid {
        let millis = u64::try_from(self.now.as_millisecond()).unwrap_or(0);
        let random = self.draw();
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }

    /// 122 random bits, as a `UUIDv4` (RFC 9562 section 5.4): what nobody can guess.
    pub fn secret(&mut self) -> Uuid {
        let random = self.draw();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&random[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// 256 random bits, for the secret of a key.
    pub fn secret_bytes(&mut self) -> [u8; 32] {
        self.draw()
    }

    /// One of `choices`, by chance, so that callers who race do not all take the first.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let random = self.draw();
        let number = random[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let count = u64::try_from(choices.len()).ok()?;
        let index = number.checked_rem(count)?;
        choices.get(usize::try_from(index).ok()?)
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }
}
