//! `list-invitations`: all of a workspace, those that are pending first (S9, K50). Never a token; a link only for callers
//! who may share it.

use http::Method;
use seatwise_domain::{Changes, Invitation, InvitationStatus, Moment};
use seatwise_store::{List, Many, Reads};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;

use super::view::{INVITATION_STATUSES, InvitationView};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::permissions::SharePermissions;
use crate::problem::Problem;
use crate::query;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::schema::one_of;
use crate::wire::{CursorText, Limit, Nothing, Page, Paging, checked, cursor_schema};
use crate::workspace::target::ThisWorkspace;

/// Lists invitations.
pub struct ListInvitations;

/// The filter and the page of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListInvitationsQuery {
    #[param(schema_with = statuses, required = false)]
    status: Option<InvitationStatus>,
    /// The largest number of items on the page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    #[param(schema_with = cursor_schema, required = false)]
    cursor: Option<CursorText>,
}
query!(ListInvitationsQuery);

fn statuses() -> ObjectBuilder {
    one_of(INVITATION_STATUSES).description(Some("Only invitations with this status."))
}

impl Operation for ListInvitations {
    const NAME: &'static str = "list-invitations";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations";
    const TAG: Tag = Tag::Invitations;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "List invitations";
    const DESCRIPTION: &'static str = "Pending invitations come first, the last to expire first; then the others, newest first. A page can \
        have fewer than `limit` items although more pages follow.";
    const ANSWER: &'static str = include_str!("../../examples/list-invitations.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ListInvitationsQuery;
    type Body = Nothing;
    type Output = Page<InvitationView>;
    type Plan = Many<Invitation>;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let ListInvitationsQuery { limit, cursor, .. } = &request.query;
        let page = Paging { limit: *limit, cursor: cursor.clone() }.page()?;
        let invitations =
            reads.many(checked(List::invitations_pending_first(request.path.workspace, start.now, page))?);
        Ok(about((), invitations))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let wanted = state.request.query.status;
        let mut share = SharePermissions::of(state);
        let rights = state.makers_in(&state.scope.workspace.value);
        let items = state
            .many(*plan)
            .iter()
            .map(|stored| (&stored.value, rights.rules().status(&stored.value, moment.now)))
            .filter(|(_, status)| wanted.is_none_or(|wanted| wanted == *status))
            .map(|(invitation, status)| {
                InvitationView::of(state.pack, invitation, status, share.may(invitation))
            })
            .collect();
        let next_cursor = state.next(*plan).map(|cursor| cursor.to_string());
        Ok((Page { items, next_cursor }, Changes::new()))
    }
}
