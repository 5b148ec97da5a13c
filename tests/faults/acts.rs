//! Every request of the catalogue that writes, and a person in each scene.

use seatwise_functions::Row;

use crate::support::catalogue::{self, Entry};
use crate::support::person::Person;
use crate::support::process::Process;
use crate::support::reply::Reply;
use crate::support::scene::{Scene, Sent};

/// The people of a scene.
pub(super) const NAMES: [&str; 5] = ["olga", "anna", "tea", "lee", "ada"];

/// Every request of the catalogue that writes.
pub(super) fn acts() -> Vec<Entry> {
    // A verification writes no transaction; the tests of API keys have its limits.
    let acts = catalogue::first().into_iter().filter(|entry| entry.row.name != "verify-api-key");
    acts.filter(|entry| catalogue::writes(entry.row)).collect()
}

/// A request that is about to be sent, in a scene that was prepared for it.
pub(super) struct Act {
    pub(super) request: Sent,
    /// The answer if it was done before and left no receipt; none where there is a receipt.
    pub(super) done_before: Option<(u16, &'static str)>,
}

impl Act {
    /// Prepares an act in the scene of this number: scenes on one table have nobody in common.
    pub(super) async fn prepare(entry: &Entry, scene: usize, process: &Process) -> Self {
        let (_, request) = Scene::before(process.clone(), entry, &scene.to_string()).await;
        let done_before = (!entry.row.idempotent).then(|| done_before(entry.row));
        Self { request, done_before }
    }

    pub(super) async fn send(&self, process: &Process) -> Reply {
        self.request.send(process, Some("the-key")).await
    }
}

/// The answer of an operation without receipts to a request that was done before.
pub(super) fn done_before(row: &Row) -> (u16, &'static str) {
    match row.name {
        "revoke-invitation" => (410, "invitation_revoked"),
        "withdraw-leave" => (409, "leave_decided"),
        "revoke-link" | "remove-logo" | "delete-me" => (204, ""),
        "delete-api-key" => (404, "key_unknown"),
        "remove-member" | "delete-workspace" | "leave-workspace" | "unlink-domain" | "remove-resource" => {
            (404, "not_found")
        }
        _ => (200, ""),
    }
}

/// The person of this name in the scene of this number.
pub(super) fn of_scene(name: &str, scene: usize) -> Person {
    // Ada comes by the domain.
    let domain = if name == "ada" { format!("d{scene}.example") } else { "acme.example".to_owned() };
    Person::new(&format!("{name}-{scene}@{domain}"))
}
