//! One test executable: scenarios, races, faults, snapshots.

mod gateway;
mod scenarios;

mod store;
mod support;
