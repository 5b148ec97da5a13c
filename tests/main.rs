//! One test executable: scenarios, races, faults, snapshots.

mod access;
mod capacity;
mod faults;
mod gateway;
mod idempotency;
mod infra;
mod input;
mod lambda;
mod mail;
mod privacy;
mod model;
mod races;
mod scenarios;
mod table;

mod store;
mod support;
