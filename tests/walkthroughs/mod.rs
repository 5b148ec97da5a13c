//! Whole walk-throughs.

mod demo;
mod main_job;
mod pro_teammate;
mod solo_to_workspace;
