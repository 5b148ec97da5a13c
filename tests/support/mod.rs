//! What several tests stand on.

pub mod app;
pub mod audit;
pub mod cli;
pub mod committed;
pub mod contract;
pub mod direct;
pub mod engine;
pub mod logs;
pub mod post;
pub mod proxy;
pub mod runtime_api;
pub mod secrets;
pub mod stage;
pub mod table;
