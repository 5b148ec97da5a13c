//! One log line a request: no token, secret or address in it (K27).

use std::time::Duration;

use seatwise_domain::WorkspaceId;
use seatwise_policy::Decision;
use seatwise_store::Meter;

use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::Incoming;

/// The facts that the log has of a request beside its answer.
#[derive(Default)]
pub struct RequestLog {
    /// The workspace in the path.
    pub workspace: Option<WorkspaceId>,
    /// The decision of the policies; `None` if they were not asked.
    pub decision: Option<Decision>,
    /// The number of attempts that ended in a conflict.
    pub conflicts: u32,
}

impl RequestLog {
    /// Writes the line.
    pub fn write(
        &self,
        operation: &'static str,
        incoming: &Incoming,
        outcome: &Result<Answer, Problem>,
        meter: &Meter,
        elapsed: Duration,
        is_first: bool,
    ) {
        let (status, code) = match outcome {
            Ok(answer) => (answer.status, None),
            Err(problem) => (problem.status(), Some(problem.code.as_str())),
        };
        let (decision, reason) = match &self.decision {
            Some(Decision::Allow) => (Some("allow"), None),
            Some(Decision::Deny { reason }) => (Some("deny"), reason.as_deref()),
            None => (None, None),
        };
        tracing::info!(
            operation,
            request = incoming.request_id,
            trace = incoming.trace,
            caller = incoming.caller.kind(),
            service = incoming.caller.service().map(tracing::field::display),
            refused_token = incoming.refused_token,
            workspace = self.workspace.map(tracing::field::display),
            status = status.as_u16(),
            code,
            decision,
            reason,
            cold_start = is_first,
            cold_starts = is_first.then_some(1_u64),
            latency = elapsed.as_secs_f64() * 1e3,
            conflicts = self.conflicts,
            denied = u64::from(decision == Some("deny")),
            refusals = code.map(|_| 1_u64),
            rounds = meter.rounds(),
            read_units = meter.read_units(),
            write_units = meter.write_units(),
            "request"
        );
    }
}
