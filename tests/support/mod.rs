//! What several tests stand on.

pub mod app;
pub mod engine;
pub mod proxy;
