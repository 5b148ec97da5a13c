//! `list-members`: who is in a workspace, and who is invited (S9, R14).

use http::Method;
use seatwise_domain::change::Changes;
use seatwise_domain::invitation::{Invitation, InvitationStatus};
use seatwise_domain::member::Member;
use seatwise_domain::{Moment, RoleId, WorkspaceId};
use seatwise_store::{Load, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;

use crate::listing::{self, Direction, Page, Place};
use crate::openapi::one_of;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::query;
use crate::request::{InWorkspace, Limit, Nothing};
use crate::view::{MemberView, full_name};

/// Lists members.
pub struct ListMembers;

/// Which members, and in what order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListMembersQuery {
    /// Part of a name or an address, in any case.
    #[param(max_length = 100)]
    search: Option<String>,
    #[serde(default)]
    #[param(schema_with = sorts, required = false)]
    sort: Sort,
    #[param(schema_with = seats, required = false)]
    seat: Option<SeatFilter>,
    /// Only who has this role.
    #[param(value_type = Option<String>, max_length = 100, example = "member")]
    role: Option<RoleId>,
    #[serde(default)]
    #[param(schema_with = statuses, required = false)]
    status: StatusFilter,
    /// Most items to answer.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    /// `nextCursor` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
}
query!(ListMembersQuery);

fn sorts() -> ObjectBuilder {
    let what = "By name; `-name` turns it around.";
    one_of(["name", "-name"]).default(Some("name".into())).description(Some(what))
}

fn seats() -> ObjectBuilder {
    one_of(["with", "without"]).description(Some("Only who has a purchased seat, or who has none."))
}

fn statuses() -> ObjectBuilder {
    let what = "Only members, only the invited, or both.";
    one_of(["member", "pending", "all"]).default(Some("member".into())).description(Some(what))
}

#[derive(Clone, Copy, Default, Deserialize)]
enum Sort {
    #[default]
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDescending,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SeatFilter {
    With,
    Without,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusFilter {
    #[default]
    Member,
    Pending,
    All,
}

/// Longest text to filter by, in characters.
const MAX_FILTER: usize = 100;
/// Most invitations, of any status and the newest first, that are looked through for the invited;
/// `list-invitations` has all.
const INVITED: u32 = 1_000;

fn invited_query(workspace: WorkspaceId) -> Query {
    Query::Invitations(workspace, seatwise_store::Page { limit: INVITED, after: None })
}

impl ListMembersQuery {
    fn fits(&self, member: &MemberView) -> bool {
        let seat = match self.seat {
            Some(SeatFilter::With) => member.seat.is_some(),
            Some(SeatFilter::Without) => member.seat.is_none(),
            None => true,
        };
        let role = self.role.as_ref().is_none_or(|role| role.as_str() == member.role);
        let search = self.search.as_ref().is_none_or(|search| {
            let wanted = search.trim().to_lowercase();
            let has = |text: &Option<String>| {
                text.as_ref().is_some_and(|text| text.to_lowercase().contains(&wanted))
            };
            wanted.is_empty()
                || has(&member.email)
                || has(&full_name([&member.first_name, &member.last_name]))
        });
        seat && role && search
    }
}

/// By name; who has none, by address.
fn place(member: &MemberView) -> Place {
    let name = full_name([&member.first_name, &member.last_name]);
    let shown = name.or_else(|| member.email.clone()).unwrap_or_default();
    let id = member.user_id.as_ref().or(member.invitation_id.as_ref());
    (shown.to_lowercase(), id.cloned().unwrap_or_default())
}

impl Operation for ListMembers {
    const NAME: &'static str = "list-members";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members";
    const SUMMARY: &'static str = "List members";
    const DESCRIPTION: &'static str = "Who may list invitations sees the invited too, with `status=pending` or `all`; \
        others then see members only.";
    const ANSWER: &'static str = include_str!("../../examples/list-members.answer.json");

    type Path = InWorkspace;
    type Query = ListMembersQuery;
    type Body = Nothing;
    type Output = Page<MemberView>;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        let workspace = request.path.workspace;
        let ListMembersQuery { search, role, .. } = &request.query;
        for (name, text) in [("search", search.as_deref()), ("role", role.as_ref().map(RoleId::as_str))] {
            if text.is_some_and(|text| text.chars().count() > MAX_FILTER) {
                return Err(Problem::field(name, format!("must be at most {MAX_FILTER} characters")));
            }
        }
        let load = Load::new();
        let load = match request.query.status {
            StatusFilter::Pending => load,
            StatusFilter::Member | StatusFilter::All => load.query(Query::Members(workspace)),
        };
        Ok(match request.query.status {
            StatusFilter::Member => load,
            StatusFilter::Pending | StatusFilter::All => load.query(invited_query(workspace)),
        })
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let id = request.path.workspace;
        let workspace = &state.workspace()?.value;
        let wanted = &request.query;
        let mut views = Vec::new();
        if wanted.status != StatusFilter::Pending {
            let members = state.loaded().list::<Member>(&Query::Members(id));
            views.extend(
                members.iter().map(|member| MemberView::of(state.pack, workspace, &member.value, moment.now)),
            );
        }
        if wanted.status != StatusFilter::Member && state.may("listInvitations") {
            let invited = state.loaded().list::<Invitation>(&invited_query(id));
            let pending =
                invited.iter().filter(|one| one.value.status(moment.now) == InvitationStatus::Pending);
            views.extend(pending.map(|one| MemberView::invited(state.pack, &one.value, moment.now)));
        }
        let items =
            views.into_iter().filter(|view| wanted.fits(view)).map(|view| (place(&view), view)).collect();
        let direction = match wanted.sort {
            Sort::Name => Direction::Up,
            Sort::NameDescending => Direction::Down,
        };
        let page =
            listing::page("members by name", items, direction, wanted.limit, wanted.cursor.as_deref())?;
        Ok((page, Changes::new()))
    }
}
