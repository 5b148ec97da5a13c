//! The pieces that tests share: ways to run the service, steps of people, looks at the table, the catalogue of
//! requests.

pub mod account;
pub mod app;
pub mod arena;
pub mod built_in_stripe;
pub mod catalogue;
pub mod cli;
pub mod client;
pub mod committed;
pub mod contract;
pub mod deployment;
pub mod documented;
pub mod engine;
pub mod invariants;
pub mod logs;
pub mod office;
pub mod packs;
pub mod person;
pub mod problem;
pub mod process;
pub mod proxy;
pub mod publishing;
pub mod reading;
pub mod replay;
pub mod reply;
pub mod runtime_api;
pub mod scene;
pub mod sealing;
pub mod secrets;
pub mod stage;
pub mod stream;
pub mod stripe;
pub mod table;
