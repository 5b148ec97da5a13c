//! `delete-workspaces`: on a schedule. Removes what was in deleted workspaces, in steps; what one run
//! does not finish, the next one does (L6).

use std::error::Error;
use std::sync::Arc;

use futures::FutureExt as _;
use seatwise_domain::rules::workspace_deletion::{self, STEP};
use seatwise_domain::{Record, Stored, WorkspaceDeletion, WorkspaceId};
use seatwise_store::{CommitError, List, PageRequest, Reads, StoreError};

use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "delete-workspaces",
    trigger: Trigger::Schedule { rate_minutes: 1 },
    memory_mib: 256,
    // A run takes 200 steps at most, each a read and a write. Two runs at once would only be in each
    // other's way.
    timeout_seconds: 55,
    why: "nobody waits for it; done before the next minute's run",
    description: "Removes the records of deleted workspaces.",
    needs_policies: false,
    needs_links: false,
    seals_logs: false,
    calls_stripe: false,
    run: |service, _| async move { delete_workspaces(&service).await.into() }.boxed(),
};

/// Most workspaces of one page.
const WORKSPACES: u32 = 20;
/// Most steps of one run, which must end before its function's time does.
const STEPS: u32 = 200;

/// The reason why a workspace is not deleted yet. The next run goes on.
#[derive(Debug, thiserror::Error)]
enum DeleteError {
    #[error("its records could not be read")]
    Load(#[from] StoreError),
    #[error("its records could not be removed")]
    Commit(#[from] CommitError),
}

/// Removes what was in deleted workspaces. Answers how many steps it took.
pub async fn delete_workspaces(service: &Arc<Service>) -> usize {
    let job = Job::begin(FUNCTION.name, service);
    let (mut steps, mut failed) = (0, 0);
    let mut after = None;
    // Page by page, so that a workspace that cannot be removed does not hold up the others.
    while steps < STEPS {
        let page = PageRequest { limit: WORKSPACES, after };
        let (deletions, next) = match job.store.list(List::workspace_deletions(page)).await {
            Ok(read) => read,
            Err(error) => {
                failed += 1;
                tracing::error!(error = &error as &dyn Error, "deleted workspaces could not be read");
                break;
            }
        };
        for deletion in deletions {
            if let Err(error) = delete(&job, &deletion, &mut steps).await {
                failed += 1;
                let (workspace, error) = (deletion.value.workspace, &error as &dyn Error);
                tracing::error!(%workspace, error, "a deleted workspace is still there");
            }
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    let taken = usize::try_from(steps).unwrap_or(usize::MAX);
    job.end("steps", taken, failed);
    taken
}

async fn delete(
    job: &Job<'_>,
    deletion: &Stored<WorkspaceDeletion>,
    steps: &mut u32,
) -> Result<(), DeleteError> {
    let id = deletion.value.workspace;
    while *steps < STEPS {
        *steps += 1;
        let records = next(job, id).await?;
        let changes = if records.is_empty() {
            workspace_deletion::end(deletion)
        } else {
            workspace_deletion::step(&records, job.service.now())
        };
        // What is left may wait for the payment provider; a later run goes on.
        let ends = records.iter().all(|record| workspace_deletion::waits(&record.value));
        // The deletion of the workspace has its event.
        match job.store.commit_without_events(&changes).await {
            Ok(()) if ends => return Ok(()),
            // Somebody who had begun before the workspace was deleted was quicker: read again.
            Ok(()) | Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The next records to remove: the members first, because a request of a former member cannot write.
async fn next(job: &Job<'_>, id: WorkspaceId) -> Result<Vec<Stored<Record>>, StoreError> {
    let page = || PageRequest { limit: STEP, after: None };
    let mut reads = Reads::new();
    let members = reads.many(List::some_members(id, page()));
    let everything = reads.many(List::everything(id, page()));
    let loaded = job.store.read(&reads).await?;
    let members = loaded.many(members);
    Ok(if members.is_empty() { loaded.many(everything) } else { members })
}
