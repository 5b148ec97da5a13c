//! `list-members`: who is in a workspace, and who is invited (S9, R14).

use http::Method;
use seatwise_domain::{Changes, Invitation, InvitationStatus, Member, Moment, RoleId, Stored, WorkspaceId};
use seatwise_store::{Load, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;

use crate::listing::{self, Direction, Page, Place};
use crate::openapi::one_of;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::query;
use crate::request::{InWorkspace, Limit, Nothing, Paging, checked};
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
    #[param(max_length = 3000)]
    cursor: Option<String>,
}
query!(ListMembersQuery);

/// By name; `-name` turns it around.
pub fn sorts() -> ObjectBuilder {
    let what = "By name; `-name` turns it around.";
    one_of(["name", "-name"]).default(Some("name".into())).description(Some(what))
}

/// Who has a seat, or who has none.
pub fn seats() -> ObjectBuilder {
    one_of(["with", "without"]).description(Some("Only who has a seat, or who has none."))
}

fn statuses() -> ObjectBuilder {
    let what = "Only members, only the invited, or both.";
    one_of(["member", "pending", "all"]).default(Some("member".into())).description(Some(what))
}

/// In what order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Sort {
    /// From A to Z.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// From Z to A.
    #[serde(rename = "-name")]
    NameDescending,
}

/// By whether they have a seat.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeatFilter {
    /// They have.
    With,
    /// They have none.
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

/// Whom a list shows: the same for a page and for an export.
#[derive(Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Part of a name or an address.
    pub search: Option<&'a str>,
    /// By seat.
    pub seat: Option<SeatFilter>,
    /// By role.
    pub role: Option<&'a RoleId>,
}

impl Filter<'_> {
    /// Refuses what is too long to search for.
    pub fn check(&self) -> Result<(), Problem> {
        for (name, text) in [("search", self.search), ("role", self.role.map(RoleId::as_str))] {
            if text.is_some_and(|text| text.chars().count() > MAX_FILTER) {
                return Err(Problem::field(name, format!("must be at most {MAX_FILTER} characters")));
            }
        }
        Ok(())
    }

    fn is_any(&self) -> bool {
        self.seat.is_some() || self.role.is_some() || self.search.is_some_and(|text| !text.trim().is_empty())
    }

    /// Whether it shows this one.
    pub fn fits(&self, member: &MemberView) -> bool {
        let seat = self.seat.is_none_or(|seat| (seat == SeatFilter::With) == member.seat.is_some());
        let role = self.role.is_none_or(|role| role.as_str() == member.role);
        let search = self.search.is_none_or(|search| {
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

/// By name; who has none, by address: as the index by name sorts.
pub fn place(member: &MemberView) -> Place {
    let name = full_name([&member.first_name, &member.last_name]);
    let shown = name.or_else(|| member.email.clone()).unwrap_or_default();
    let id = member.user_id.as_ref().or(member.invitation_id.as_ref());
    (shown.to_lowercase(), id.cloned().unwrap_or_default())
}

impl ListMembersQuery {
    fn filter(&self) -> Filter<'_> {
        Filter { search: self.search.as_deref(), seat: self.seat, role: self.role.as_ref() }
    }

    /// The page that the index by name has, where nothing is filtered: no member beside those of the
    /// page is read then.
    fn index(&self, workspace: WorkspaceId) -> Result<Option<Query>, Problem> {
        if self.filter().is_any() || self.status != StatusFilter::Member {
            return Ok(None);
        }
        let direction = match self.sort {
            Sort::Name => seatwise_store::Direction::Up,
            Sort::NameDescending => seatwise_store::Direction::Down,
        };
        let page = Paging { limit: self.limit, cursor: self.cursor.clone() }.page()?;
        checked(Query::MembersByName(workspace, direction, page)).map(Some)
    }
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
        request.query.filter().check()?;
        if let Some(index) = request.query.index(workspace)? {
            return Ok(Load::new().query(index));
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
        let view = |member: &Stored<Member>| MemberView::of(state.pack, workspace, &member.value, moment.now);
        if let Some(index) = wanted.index(id)? {
            let items = state.loaded().list::<Member>(&index).iter().map(view).collect();
            let next_cursor = state.loaded().next(&index).map(|cursor| cursor.to_string());
            return Ok((Page { items, next_cursor }, Changes::new()));
        }
        let mut views = Vec::new();
        if wanted.status != StatusFilter::Pending {
            views.extend(state.loaded().list::<Member>(&Query::Members(id)).iter().map(view));
        }
        if wanted.status != StatusFilter::Member && state.may("listInvitations") {
            let invited = state.loaded().list::<Invitation>(&invited_query(id));
            let pending =
                invited.iter().filter(|one| one.value.status(moment.now) == InvitationStatus::Pending);
            views.extend(pending.map(|one| MemberView::invited(state.pack, &one.value, moment.now)));
        }
        let filter = wanted.filter();
        let items =
            views.into_iter().filter(|view| filter.fits(view)).map(|view| (place(&view), view)).collect();
        let direction = match wanted.sort {
            Sort::Name => Direction::Up,
            Sort::NameDescending => Direction::Down,
        };
        let page =
            listing::page("members by name", items, direction, wanted.limit, wanted.cursor.as_deref())?;
        Ok((page, Changes::new()))
    }
}
