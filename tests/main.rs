//! One test executable: scenarios, races, faults, snapshots.

mod access;
mod capacity;
mod catalogue;
mod cold_start;
mod demo;
mod faults;
mod flat_owners;
mod gateway;
mod histories;
mod idempotency;
mod infra;
mod input;
mod keys;
mod lambda;
mod mail;
mod model;
mod observability;
mod openapi;
mod policies;
mod privacy;
mod races;
mod role_ladder;
mod role_seats;
mod scenarios;
mod settings;
mod table;
mod ways_in;

mod store;
mod support;
