//! `get-workspace`: shows a workspace with its numbers of members and seats.

use http::Method;
use seatwise_domain::pack::{Channel, Pack};
use seatwise_domain::rules::domain;
use seatwise_domain::{Changes, DomainClaim, Member, Moment, Stored, Tally, WorkspaceId};
use seatwise_store::{List, Many, One, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use super::update_settings::SettingsView;
use crate::billing::notices::{Notice, NoticeSource, can_suspend, suspended};
use crate::billing::reads::AccountRead;
use crate::invitation::quota::QuotaReads;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::{MemberOrService, Scope as _, WorkspaceScope as _};
use crate::seat::counts::SeatCounts;
use crate::seat::reads::SeatReads;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;
use crate::workspace::view::WorkspaceView;

/// Reads a workspace.
pub struct GetWorkspace;

/// A workspace with its counts, settings and notices.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceDetails {
    #[serde(flatten)]
    workspace: WorkspaceView,
    /// The number of members.
    #[schema(minimum = 0)]
    members: i64,
    /// The number of seats, by status.
    seats: SeatCounts,
    /// The notices that a client shows as banners.
    notices: Vec<Notice>,
    /// The settings of the workspace.
    settings: SettingsView,
}
output!(WorkspaceDetails);

/// Domains without their DNS record, which bring nobody in from some time on.
fn failing_domains(pack: &Pack, claims: &[Stored<DomainClaim>]) -> impl Iterator<Item = Notice> {
    claims.iter().filter_map(|Stored { value: claim, .. }| {
        Some(Notice {
            code: "domain_record_missing",
            domain: Some(claim.domain.to_string()),
            until: Some(domain::expires_at(pack, claim)?),
            ..Notice::default()
        })
    })
}

/// The handles of the records to read.
pub struct GetPlan {
    workspace: WorkspaceId,
    tally: One<Tally>,
    seats: SeatReads,
    account: AccountRead,
    quota: QuotaReads,
    /// The members, where some can wait for a seat that they had.
    members: Option<Many<Member>>,
    /// The domains, where the product has them.
    domains: Option<Many<DomainClaim>>,
}

impl Operation for GetWorkspace {
    const NAME: &'static str = "get-workspace";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Read a workspace";
    const ANSWER: &'static str = include_str!("../../examples/get-workspace.answer.json");

    type Scope = MemberOrService;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = WorkspaceDetails;
    type Plan = GetPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, MemberOrService>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let plan = GetPlan {
            workspace,
            tally: reads.one(Tally::key(workspace)),
            seats: SeatReads::plan(start.pack, workspace, reads),
            account: AccountRead::plan(start.pack, workspace, reads),
            quota: QuotaReads::plan(start.pack, workspace, start.now, reads),
            members: None,
            domains: start.pack.offers(Channel::Domain).then(|| reads.many(List::domain_claims(workspace))),
        };
        Ok(about((), plan))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let tally = so_far.loaded.one(plan.tally);
        let is_full = tally.is_some_and(|tally| tally.value.open_seats <= 0);
        let suspends = is_full && can_suspend(so_far.active.bundle.pack());
        plan.members = suspends.then(|| reads.many(List::members(plan.workspace)));
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (pack, stored) = (state.pack, state.scope.stored());
        let workspace = &stored.value;
        let tally = state.required(plan.tally)?.value;
        let seats = plan.seats.load(state);
        let account = plan.account.load(state);
        let quota = plan.quota.load(state).filter(|_| state.may("getInvitationQuota"));
        let members = plan.members.map(|members| state.many(members)).unwrap_or_default();
        let source = NoticeSource {
            pack,
            workspace: stored,
            tally: &tally,
            seats: &seats,
            account: account.as_ref().map(|account| &account.value),
            quota: quota.as_ref(),
            suspended: suspended(&members),
            sees_billing: state.may("getBilling"),
            now: moment.now,
        };
        let mut notices = source.notices();
        let domains = plan.domains.map(|domains| state.many(domains)).unwrap_or_default();
        let mut failing = failing_domains(pack, &domains).peekable();
        if failing.peek().is_some() && state.may("listDomains") {
            notices.extend(failing);
        }
        let details = WorkspaceDetails {
            workspace: {
                let role = state.scope.membership().map(|member| pack.role_name(&member.role));
                WorkspaceView::of(workspace, role, state.origin, state.shows_creator(workspace))
            },
            members: tally.members,
            seats: SeatCounts::of(pack, workspace.paid.as_ref(), &tally, &seats, moment.now),
            notices,
            settings: SettingsView { auto_assign_seats: workspace.auto_assigns(pack) },
        };
        Ok((details, Changes::new()))
    }
}
