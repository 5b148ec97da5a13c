//! Whole walk-throughs.

mod demo;
mod main_job;
