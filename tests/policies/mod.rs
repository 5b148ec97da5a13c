//! Policies as operators edit and publish them, while functions run.

mod attributes;
mod command_line;
mod damage;
mod dropped;
mod makers;
mod messages;
mod next_request;
mod publish;
mod publishers;
mod releases;
mod renames;
mod roles;
mod services;

use seatwise_cli::publish::{self as policies, Draft, PublishedState};
use seatwise_domain::PublicationKind;
use seatwise_policy::{Files, packs};

use crate::support::deployment::Deployment;
use crate::support::publishing::publisher;

/// Lets members rename a workspace.
const RENAME: &str =
    r#"@id("edit") permit (principal in Role::"member", action == Action::"updateWorkspace", resource);"#;

/// The pack, with one more rule.
fn with_rule(rule: &str) -> Files {
    let mut files = packs::files("purchased-seats").expect("built in");
    files.insert("edit.cedar".to_owned(), rule.to_owned());
    files
}

fn draft(files: Files) -> Draft {
    let (author, message) = ("ada".to_owned(), "why".to_owned());
    Draft { files, deed: PublicationKind::Published, author, message }
}

/// Publishes it, over how things stand.
async fn put(deployment: &Deployment, files: Files) -> u32 {
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let step = policies::plan(&standing, draft(files), true, deployment.clock.now()).expect("a step");
    policies::commit(&deployment.store(), step, &publisher()).await.expect("published").number
}
