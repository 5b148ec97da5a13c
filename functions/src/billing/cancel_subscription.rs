//! `cancel-subscription`: at the end of the paid period (F13).

use http::Method;
use jiff::Timestamp;
use seatwise_domain::{BillingAccount, Cancellation, Change, Changes, Moment, Refusal, SubscriptionStatus};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;

use super::buying::{require_no_renewal, sync_request};
use super::reads::AccountRead;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Cancels the subscription.
pub struct CancelSubscription;

/// A subscription that ends.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelledSubscription {
    /// The end of what is paid.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
}
output!(CancelledSubscription);

impl Operation for CancelSubscription {
    const NAME: &'static str = "cancel-subscription";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/billing/cancel";
    const TAG: Tag = Tag::Billing;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Cancel the subscription";
    const DESCRIPTION: &'static str = "Everything stays usable until the end of the paid period. The subscription \
        continues if something that renews is bought before. A workspace without a subscription gets `not_found`.";
    const CODES: &'static [Code] = &[Code::PlanManagedByOperator, Code::RenewalInProgress];
    const ANSWER: &'static str = include_str!("../../examples/cancel-subscription.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = CancelledSubscription;
    type Plan = AccountRead;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), AccountRead::plan(start.pack, request.path.workspace, reads)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let workspace = state.request.path.workspace;
        let request = sync_request(state.pack, workspace, moment.now).ok_or(Code::BillingNotOffered)?;
        let account = plan.load(state).ok_or_else(Problem::not_found)?;
        let subscription = account.value.subscription.as_ref().ok_or_else(Problem::not_found)?;
        if subscription.status == SubscriptionStatus::Ended {
            return Err(Problem::not_found());
        }
        let plan = state.pack.plan(&state.scope.workspace.value.plan);
        if plan.is_some_and(|plan| plan.operator_managed) {
            return Err(Refusal::PlanManaged.into());
        }
        let ends_at = subscription.ends_at.unwrap_or(subscription.period_end);
        let answer = CancelledSubscription { ends_at };
        if subscription.ends_at.is_some() || account.value.cancellation.is_some() {
            return Ok((answer, Changes::new()));
        }
        require_no_renewal(Some(&account), moment.now)?;
        let after = BillingAccount { cancellation: Some(Cancellation::Asked), ..account.value.clone() };
        Ok((answer, vec![Change::update(&account, after), request]))
    }
}
