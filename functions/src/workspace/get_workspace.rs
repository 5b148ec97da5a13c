//! `get-workspace`: shows a workspace with its numbers of members and seats.

use http::Method;
use jiff::Timestamp;
use seatwise_domain::pack::{Channel, Pack, SeatModel};
use seatwise_domain::rules::domain;
use seatwise_domain::{Changes, DomainClaim, Moment, PaidPeriod, Seat, SeatStatus, Stored, Tally};
use seatwise_store::{List, Many, One, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use super::update_settings::SettingsView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
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

/// The number of seats, by status.
#[derive(Default, Serialize, ToSchema)]
pub struct SeatCounts {
    /// All seats.
    total: u32,
    /// Seats with a member.
    filled: u32,
    /// Seats that are reserved for an invitation.
    pending: u32,
    /// Free seats.
    available: u32,
    /// Seats that are no longer paid.
    expired: u32,
}

/// A notice for the members of a workspace.
#[derive(Default, Serialize, ToSchema)]
pub struct Notice {
    /// The kind of notice. `seats_ending`: cancelled seats end soon. `domain_record_missing`: a verified
    /// domain has lost its DNS record; shown to callers who can list the domains. Later versions can add
    /// codes.
    #[schema(example = "seats_ending")]
    code: &'static str,
    /// `seats_ending`: the number of affected seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    count: Option<u32>,
    /// `seats_ending`: the end of the first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    at: Option<Timestamp>,
    /// `domain_record_missing`: the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    domain: Option<String>,
    /// `domain_record_missing`: the time from which nobody joins by the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    until: Option<Timestamp>,
}

/// Seats of a plan: they have no status of their own.
fn count_of_plan(tally: &Tally) -> SeatCounts {
    let number = |count: i64| u32::try_from(count).unwrap_or(0);
    let filled = tally.seats - tally.open_seats;
    SeatCounts {
        total: number(tally.seats),
        filled: number(filled),
        available: number(tally.open_seats),
        ..SeatCounts::default()
    }
}

fn count(paid: Option<&PaidPeriod>, seats: &[Stored<Seat>], now: Timestamp) -> SeatCounts {
    let mut counts = SeatCounts::default();
    for seat in seats {
        counts.total += 1;
        *match seat.value.status(paid, now) {
            SeatStatus::Filled => &mut counts.filled,
            SeatStatus::Pending => &mut counts.pending,
            SeatStatus::Available => &mut counts.available,
            SeatStatus::Expired => &mut counts.expired,
        } += 1;
    }
    counts
}

/// Seats that end within the pack's time of notice.
fn ending_seats(pack: &Pack, seats: &[Stored<Seat>], now: Timestamp) -> Vec<Notice> {
    let Some(horizon) = pack.billing.notice.map(|notice| notice.after(now)) else { return Vec::new() };
    let ends =
        seats.iter().filter_map(|seat| seat.value.term.ends).filter(|end| now < *end && *end <= horizon);
    let ends: Vec<Timestamp> = ends.collect();
    let notice = |at: &Timestamp| Notice {
        code: "seats_ending",
        count: Some(u32::try_from(ends.len()).unwrap_or(u32::MAX)),
        at: Some(*at),
        ..Notice::default()
    };
    ends.iter().min().map(notice).into_iter().collect()
}

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
    tally: One<Tally>,
    seats: SeatReads,
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

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = WorkspaceDetails;
    type Plan = GetPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let plan = GetPlan {
            tally: reads.one(Tally::key(workspace)),
            seats: SeatReads::plan(start.pack, workspace, reads),
            domains: start.pack.offers(Channel::Domain).then(|| reads.many(List::domain_claims(workspace))),
        };
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (pack, workspace) = (state.pack, &state.scope.workspace.value);
        let tally = state.required(plan.tally)?.value;
        let seats = plan.seats.load(state);
        let mut notices = ending_seats(pack, &seats, moment.now);
        let domains = plan.domains.map(|domains| state.many(domains)).unwrap_or_default();
        let mut failing = failing_domains(pack, &domains).peekable();
        if failing.peek().is_some() && state.may("listDomains") {
            notices.extend(failing);
        }
        let details = WorkspaceDetails {
            workspace: {
                let role = &state.scope.member.value.role;
                WorkspaceView::of(workspace, role, state.origin, state.shows_creator(workspace))
            },
            members: tally.members,
            seats: match pack.seats.model {
                SeatModel::ByRole => count_of_plan(&tally),
                SeatModel::ByTier | SeatModel::None => {
                    count(state.scope.workspace.value.paid.as_ref(), &seats, moment.now)
                }
            },
            notices,
            settings: SettingsView { auto_assign_seats: workspace.auto_assigns(pack) },
        };
        Ok((details, Changes::new()))
    }
}
