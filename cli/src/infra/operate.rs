//! Operators' commands on a workspace of a deployed stack.

use jiff::Timestamp;
use seatwise_domain::{DomainName, WorkspaceId};
use seatwise_functions::background::verify_domains::verify_for;
use seatwise_functions::logging::with_causes;
use seatwise_functions::plan::{self, PlanError};
use seatwise_store::Store;

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
