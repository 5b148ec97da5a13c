//! One test executable. The tests of an operation are under the same path as the operation is in
//! `functions/src`: `me`, `workspace`, `member`, `seat`, `invitation`, `leave`, `access`, `background`. What goes
//! across operations has a folder or a file of its own.

mod access;
mod api;
mod api_key;
mod background;
mod billing;
mod capacity;
mod events;
mod faults;
mod gateway;
mod idempotency;
mod infra;
mod invitation;
mod lambda;
mod leave;
mod me;
mod member;
mod model;
mod payments;
mod policies;
mod privacy;
mod product;
mod races;
mod resource;
mod seat;
mod settings;
mod store;
mod walkthroughs;
mod workspace;

mod support;
