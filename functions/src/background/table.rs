//! The table of all background functions: the one list. Lambda's main, the local server, the
//! deployable template and the tests read it.

use super::function::BackgroundFunction;
use super::{
    delete_workspaces, note_events, reconcile_billing, run_tasks, seal_logs, sweep_tasks, verify_domains,
};

static TABLE: &[BackgroundFunction] = &[
    delete_workspaces::FUNCTION,
    note_events::FUNCTION,
    reconcile_billing::FUNCTION,
    run_tasks::FUNCTION,
    seal_logs::FUNCTION,
    sweep_tasks::FUNCTION,
    verify_domains::FUNCTION,
];

/// Every background function, by name.
pub fn all() -> &'static [BackgroundFunction] {
    TABLE
}

/// The background function of that name.
pub fn find(name: &str) -> Option<&'static BackgroundFunction> {
    TABLE.iter().find(|function| function.name == name)
}

/// The names of all background functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|function| function.name)
}
