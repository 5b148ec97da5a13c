//! `list-invitations`: all of a workspace, newest first (S9). Never a token; a link only for who
//! may share it.

use http::Method;
use seatwise_domain::{Changes, Invitation, InvitationStatus, Moment, WorkspaceId};
use seatwise_store::{Load, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;

use crate::listing::Page;
use crate::openapi::one_of;
use crate::operation::{Context, Operation, Request, State};
use crate::problem::Problem;
use crate::query;
use crate::request::{InWorkspace, Limit, Nothing, Paging, checked};
use crate::view::{INVITATION_STATUSES, InvitationView};

/// Lists invitations.
pub struct ListInvitations;

/// Which invitations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListInvitationsQuery {
    #[param(schema_with = statuses, required = false)]
    status: Option<InvitationStatus>,
    /// Most items to answer.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    /// `nextCursor` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
}
query!(ListInvitationsQuery);

fn statuses() -> ObjectBuilder {
    one_of(INVITATION_STATUSES).description(Some("Only these."))
}

fn query(wanted: &ListInvitationsQuery, workspace: WorkspaceId) -> Result<Query, Problem> {
    let paging = Paging { limit: wanted.limit, cursor: wanted.cursor.clone() };
    checked(Query::Invitations(workspace, paging.page()?))
}

impl Operation for ListInvitations {
    const NAME: &'static str = "list-invitations";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations";
    const LINKS: bool = true;
    const SUMMARY: &'static str = "List invitations";
    const DESCRIPTION: &'static str =
        "Newest first. With a filter a page may hold fewer than `limit` while there are more.";
    const ANSWER: &'static str = include_str!("../../examples/list-invitations.answer.json");

    type Path = InWorkspace;
    type Query = ListInvitationsQuery;
    type Body = Nothing;
    type Output = Page<InvitationView>;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().query(query(&request.query, request.path.workspace)?))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let query = query(&request.query, request.path.workspace)?;
        let invitations = state.loaded().list::<Invitation>(&query);
        let is_wanted = |status| request.query.status.is_none_or(|wanted| wanted == status);
        let items = invitations
            .iter()
            .filter(|stored| is_wanted(stored.value.status(moment.now)))
            .map(|stored| InvitationView::of(&stored.value, state.may_share(&stored.value.role), moment.now))
            .collect();
        let next_cursor = state.loaded().next(&query).map(|cursor| cursor.to_string());
        Ok((Page { items, next_cursor }, Changes::new()))
    }
}
