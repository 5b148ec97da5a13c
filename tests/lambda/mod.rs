//! The executable as Lambda runs it.

mod cold_start;
mod executable;
mod keys;
mod observability;
