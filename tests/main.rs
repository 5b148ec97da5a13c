//! One test executable: scenarios, races, faults, snapshots.

mod access;
mod capacity;
mod cold_start;
mod faults;
mod gateway;
mod idempotency;
mod infra;
mod input;
mod keys;
mod lambda;
mod mail;
mod model;
mod observability;
mod openapi;
mod privacy;
mod races;
mod scenarios;
mod table;

mod store;
mod support;
