//! `list-members`: the members of a workspace, and the invited people (S9, R14).

use std::collections::BTreeMap;

use http::Method;
use seatwise_domain::{Changes, Invitation, InvitationStatus, Member, Moment, Stored, WorkspaceId};
use seatwise_store::{List, Many, Reads};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;

use super::filter::{Filter, FilterText, MemberSort, SeatFilter, place, seats, sorts};
use super::view::MemberView;
use crate::listing;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::query;
use crate::scope::{MemberOrService, WorkspaceScope as _};
use crate::tag::Tag;
use crate::wire::schema::one_of;
use crate::wire::{CursorText, Limit, Nothing, Page, Paging, checked, cursor_schema};
use crate::workspace::target::ThisWorkspace;
use seatwise_store::Direction;

/// Lists members.
pub struct ListMembers;

/// The filter, the order and the page of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListMembersQuery {
    /// Words of a name or an address, or parts of words, in any order. Case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 100)]
    search: Option<FilterText>,
    #[serde(default)]
    #[param(schema_with = sorts, required = false)]
    sort: MemberSort,
    #[param(schema_with = seats, required = false)]
    seat: Option<SeatFilter>,
    /// Only members with this role.
    #[param(value_type = Option<String>, max_length = 100, example = "member")]
    role: Option<FilterText>,
    #[serde(default)]
    #[param(schema_with = statuses, required = false)]
    status: StatusFilter,
    /// The largest number of items on the page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    #[param(schema_with = cursor_schema, required = false)]
    cursor: Option<CursorText>,
}
query!(ListMembersQuery);

fn statuses() -> ObjectBuilder {
    let what = "Only members, only invited people, or both.";
    one_of(["member", "pending", "all"]).default(Some("member".into())).description(Some(what))
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusFilter {
    #[default]
    Member,
    Pending,
    All,
}

/// At most so many invitations, the newest first, are searched for pending ones that an earlier release has
/// made. All others are found by the index.
const SEARCHED_INVITATIONS: u32 = 1_000;

/// The handles of the records to read.
pub enum MembersPlan {
    /// One page of the index by name: nothing is filtered, so no member beside those of the page is
    /// read.
    Index(Many<Member>),
    /// All records that the filters may show.
    Whole {
        /// All members, unless only the invited are asked for.
        members: Option<Many<Member>>,
        /// The pending invitations, and the newest of any status, unless only members are asked for.
        invitations: Option<[Many<Invitation>; 2]>,
    },
}

impl ListMembersQuery {
    fn filter(&self) -> Filter<'_> {
        Filter::new(self.search.as_ref(), self.seat, self.role.as_ref())
    }

    fn page_of_index(&self, workspace: WorkspaceId) -> Result<List<Member>, Problem> {
        let direction = match self.sort {
            MemberSort::Name => Direction::Up,
            MemberSort::NameDescending => Direction::Down,
        };
        let page = Paging { limit: self.limit, cursor: self.cursor.clone() }.page()?;
        checked(List::members_by_name(workspace, direction, page))
    }
}

impl Operation for ListMembers {
    const NAME: &'static str = "list-members";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members";
    const TAG: Tag = Tag::Members;
    const SUMMARY: &'static str = "List members";
    const DESCRIPTION: &'static str = "The order by name is that of the Unicode collation for the root \
        locale (CLDR). With `status=pending` or `status=all`, callers with permission to \
        list invitations also see invited people. Other callers see members only.";
    const ANSWER: &'static str = include_str!("../../examples/list-members.answer.json");

    type Scope = MemberOrService;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ListMembersQuery;
    type Body = Nothing;
    type Output = Page<MemberView>;
    type Plan = MembersPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, MemberOrService>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (workspace, query) = (request.path.workspace, &request.query);
        if !query.filter().is_any() && query.status == StatusFilter::Member {
            return Ok(about((), MembersPlan::Index(reads.many(query.page_of_index(workspace)?))));
        }
        let newest = seatwise_store::PageRequest { limit: SEARCHED_INVITATIONS, after: None };
        let members = query.status != StatusFilter::Pending;
        let invitations = query.status != StatusFilter::Member;
        let plan = MembersPlan::Whole {
            members: members.then(|| reads.many(List::members(workspace))),
            invitations: invitations.then(|| {
                let pending = List::pending_invitations(workspace, start.now);
                [reads.many(pending), reads.many(List::invitations(workspace, newest))]
            }),
        };
        Ok(about((), plan))
    }

    fn decide(
        plan: &MembersPlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Page<MemberView>, Changes), Problem> {
        let workspace = &state.scope.stored().value;
        let wanted = &state.request.query;
        let view = |member: &Stored<Member>| MemberView::of(state.pack, workspace, &member.value, moment.now);
        let (members, invitations) = match *plan {
            MembersPlan::Index(members) => {
                let items = state.many(members).iter().map(view).collect();
                let next_cursor = state.next(members).map(|cursor| cursor.to_string());
                return Ok((Page { items, next_cursor }, Changes::new()));
            }
            MembersPlan::Whole { members, invitations } => (members, invitations),
        };
        let mut views: Vec<MemberView> =
            members.map(|members| state.many(members).iter().map(view).collect()).unwrap_or_default();
        if let Some(invitations) = invitations
            && state.may("listInvitations")
        {
            let found = invitations.into_iter().flat_map(|invitations| state.many(invitations));
            let rights = state.makers_in(workspace);
            let pending: BTreeMap<_, _> = found
                .filter(|one| rights.rules().status(&one.value, moment.now) == InvitationStatus::Pending)
                .map(|one| (one.value.id, one.value))
                .collect();
            views.extend(
                pending.values().map(|one| MemberView::invited(state.pack, workspace, one, moment.now)),
            );
        }
        let filter = wanted.filter();
        let items =
            views.into_iter().filter(|view| filter.fits(view)).map(|view| (place(&view), view)).collect();
        let direction = match wanted.sort {
            MemberSort::Name => Direction::Up,
            MemberSort::NameDescending => Direction::Down,
        };
        let page = listing::page("members by name", items, direction, wanted.limit, wanted.cursor.as_ref())?;
        Ok((page, Changes::new()))
    }
}
