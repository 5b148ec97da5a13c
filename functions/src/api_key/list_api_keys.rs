//! `list-api-keys`: the caller's own keys, or those of all members (F14).

use http::Method;
use seatwise_domain::{ApiKey, ApiKeyEntry, ApiKeyId, ApiKeyUse, Changes, Moment, UserId, WorkspaceId};
use seatwise_policy::Decision;
use seatwise_store::{Cursor, List, Many, One, PageRequest, Reads};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;

use super::view::ApiKeyView;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::query;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::schema::one_of;
use crate::wire::{CursorText, Limit, Nothing, Page, Paging, checked, cursor_schema};
use crate::workspace::target::ThisWorkspace;

/// Lists API keys.
pub struct ListApiKeys;

/// Whose keys to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListApiKeysQuery {
    /// The largest number of items on the page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    #[serde(default)]
    #[param(schema_with = cursor_schema, required = false)]
    cursor: Option<CursorText>,
    #[serde(default)]
    #[param(schema_with = owners, required = false)]
    owner: Owner,
}
query!(ListApiKeysQuery);

fn owners() -> ObjectBuilder {
    one_of(["me", "all"])
        .default(Some("me".into()))
        .description(Some("Only the caller's keys, or those of all members."))
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Owner {
    #[default]
    Me,
    All,
}

/// The most keys of a workspace that are looked through for those of one member: all that it can have.
const MOST_READ: u32 = 1_000;

/// The handles of the records to read.
pub struct ListPlan {
    workspace: WorkspaceId,
    entries: Many<ApiKeyEntry>,
    /// The member whose keys are listed; `None` for all.
    owner: Option<UserId>,
    limit: usize,
    /// The keys of the page and their uses, once the entries are known.
    keys: Vec<(ApiKeyId, One<ApiKey>, One<ApiKeyUse>)>,
    /// Whether more keys were found than the page shows.
    has_more: bool,
}

impl Operation for ListApiKeys {
    const NAME: &'static str = "list-api-keys";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/api-keys";
    const TAG: Tag = Tag::ApiKeys;
    const SUMMARY: &'static str = "List API keys";
    const DESCRIPTION: &'static str = "The newest come first.";
    const ANSWER: &'static str = include_str!("../../examples/list-api-keys.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ListApiKeysQuery;
    type Body = Nothing;
    type Output = Page<ApiKeyView>;
    type Plan = ListPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (workspace, query) = (request.path.workspace, &request.query);
        let page = Paging { limit: query.limit, cursor: query.cursor.clone() }.page()?;
        let owner = (query.owner == Owner::Me).then_some(start.scope.caller.user);
        let limit = if owner.is_some() { MOST_READ } else { page.limit };
        let list = checked(List::api_keys(workspace, PageRequest { limit, ..page }))?;
        let limit = usize::try_from(query.limit.0).unwrap_or(usize::MAX);
        let entries = reads.many(list);
        Ok(about((), ListPlan { workspace, entries, owner, limit, keys: Vec::new(), has_more: false }))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let entries = so_far.loaded.many(plan.entries);
        let keys = entries.iter().map(|entry| entry.value.key);
        let found: Vec<_> = keys.filter(|key| plan.owner.is_none_or(|owner| owner == key.user)).collect();
        plan.has_more = found.len() > plan.limit;
        let shown = found.into_iter().take(plan.limit);
        plan.keys = shown
            .map(|id| {
                let key = reads.one(ApiKey::key(plan.workspace, id));
                (id, key, reads.one(ApiKeyUse::key(plan.workspace, id)))
            })
            .collect();
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        if plan.owner.is_none()
            && let Decision::Deny { reason } = state.decision("listAllApiKeys")
        {
            return Err(state.denied("listAllApiKeys", reason));
        }
        let shown = plan.keys.iter().filter_map(|(_, key, used)| {
            let used = state.one(*used).map(|used| used.value);
            Some(ApiKeyView::of(&state.one(*key)?.value, used.as_ref(), moment.now))
        });
        let last = plan.keys.last().filter(|_| plan.has_more);
        let after = last.map(|(id, ..)| Cursor::of_record(&ApiKeyEntry::key(plan.workspace, *id).into()));
        let next_cursor = after.or_else(|| state.next(plan.entries)).map(|cursor| cursor.to_string());
        Ok((Page { items: shown.collect(), next_cursor }, Changes::new()))
    }
}
