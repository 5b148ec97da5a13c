//! Calls to the database that fail, lost answers, processes that die, and policies that cannot be loaded.
//! Whichever call fails, a client that asks again with the same `Idempotency-Key` ends where it would have
//! ended without the fault.

mod acts;
mod calls;
mod policies;
mod summary;
