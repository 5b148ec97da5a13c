//! Operators' commands on a workspace of a deployed stack.

use std::collections::HashSet;
use std::error::Error;

use jiff::Timestamp;
use seatwise_domain::{Change, DomainName, Record, RecordKey, Workspace, WorkspaceEntry, WorkspaceId};
use seatwise_functions::background::verify_domains::verify_for;
use seatwise_functions::logging::with_causes;
use seatwise_functions::plan::{self, PlanError};
use seatwise_store::{CommitError, Store};

use crate::publish;

/// Puts a workspace on a plan.
pub async fn set_plan(
    store: &Store,
    workspace: WorkspaceId,
    plan: &str,
    now: Timestamp,
) -> Result<String, String> {
    let pack = publish::active_pack(store).await.map_err(|error| with_causes(&error))?;
    let pack = pack.ok_or("the table has no readable policies")?;
    match plan::set(store, &pack, workspace, plan, now).await {
        Ok(()) => Ok(format!("{workspace} is on plan {plan}")),
        Err(PlanError::NoPlan) => {
            let plans: Vec<&str> = pack.plans.iter().map(|plan| plan.id.as_str()).collect();
            Err(format!("there is no plan {plan}; there are {}", plans.join(", ")))
        }
        Err(error) => Err(with_causes(&error)),
    }
}

/// Puts the workspaces that an earlier release created into the list of all workspaces.
pub async fn list_workspaces(store: &Store) -> Result<String, String> {
    let (mut workspaces, mut listed) = (Vec::new(), HashSet::new());
    let visit = |record: &Record| match record {
        Record::Workspace(workspace) => workspaces.push(workspace.id),
        Record::WorkspaceEntry(entry) => drop(listed.insert(entry.workspace)),
        _ => {}
    };
    store.visit_all(visit).await.map_err(|error| with_causes(&error))?;
    let mut added = 0;
    let missing = workspaces.iter().copied().filter(|workspace| !listed.contains(workspace));
    for workspace in missing {
        added += usize::from(list_one(store, workspace).await.map_err(|error| with_causes(&*error))?);
    }
    Ok(format!("{} workspaces, of which {added} were not in the list", workspaces.len()))
}

/// Whether it was added: not if it was deleted meanwhile, or listed by another run.
async fn list_one(store: &Store, workspace: WorkspaceId) -> Result<bool, Box<dyn Error>> {
    while let Some(stored) = store.get(Workspace::key(workspace)).await? {
        if store.get(WorkspaceEntry::key(workspace)).await?.is_some() {
            return Ok(false);
        }
        let exists = Change::RequireVersion(RecordKey::Workspace(workspace), stored.version);
        let entry = Change::Create(Record::WorkspaceEntry(WorkspaceEntry { workspace }));
        match store.commit_without_events(&[exists, entry]).await {
            Ok(()) => return Ok(true),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// Verifies a workspace's claim of a domain. Claims of other workspaces stay unverified.
pub async fn verify_domain(
    store: &Store,
    workspace: WorkspaceId,
    domain: &DomainName,
    now: Timestamp,
) -> Result<String, String> {
    match verify_for(store, workspace, domain, now).await {
        Ok(true) => Ok(format!("{domain} is verified for {workspace}")),
        Ok(false) => Err(format!("{workspace} has not claimed {domain}")),
        Err(error) => Err(with_causes(&error)),
    }
}
