//! `get-invitation-quota`: how many more addresses may be invited (R11).

use http::Method;
use jiff::Timestamp;
use seatwise_domain::Quota;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;

use super::quota::QuotaReads;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Reads the quota.
pub struct GetInvitationQuota;

/// The quota for invitations by email.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationQuota {
    /// The largest number of addresses; null if it is unlimited.
    #[schema(required, minimum = 0)]
    limit: Option<u32>,
    /// The used part of the quota.
    #[schema(minimum = 0)]
    used: u32,
    /// The unused part of the quota; null if it is unlimited.
    #[schema(required, minimum = 0)]
    remaining: Option<u32>,
    /// The time at which the quota resets; null if it never resets or is unlimited.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    resets_at: Option<Timestamp>,
}
output!(InvitationQuota);

impl Operation for GetInvitationQuota {
    const NAME: &'static str = "get-invitation-quota";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations/quota";
    const TAG: Tag = Tag::Invitations;
    const SUMMARY: &'static str = "Read the quota for invitations by email";
    const DESCRIPTION: &'static str =
        "The plan of the workspace sets the quota. Links, domains and resent invitations do not count.";
    const ANSWER: &'static str = include_str!("../../examples/get-invitation-quota.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = InvitationQuota;
    type Plan = QuotaReads;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), QuotaReads::plan(start.pack, request.path.workspace, start.now, reads)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let quota = plan.load(state);
        let answer = InvitationQuota {
            limit: quota.as_ref().map(Quota::limit),
            used: quota.as_ref().map_or(0, |quota| quota.used),
            remaining: quota.as_ref().map(Quota::remaining),
            resets_at: quota.and_then(|quota| quota.window.ends),
        };
        Ok((answer, Changes::new()))
    }
}
