//! Signed digests of the log of events, and their verification (K69).
//!
//! [`next`] makes the next digest of a log, [`SealingKey`] signs it, and [`verify`] compares a whole log with its
//! digests. Everything here is a pure function of its arguments: the store hashes the items, and the time is a
//! parameter.

mod key;
mod message;
mod sealing;
mod verification;

#[cfg(test)]
mod tests;

pub use key::{SealingKey, is_signed};
pub use message::hash;
pub use sealing::{UnsealedEvents, next};
pub use verification::{
    DigestRead, Expectation, ExpectedDigest, FoundEvent, LogReport, SealFault, SealedLog, verify,
};
