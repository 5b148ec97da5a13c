//! `list-api-keys`: the caller's own keys, or those of all members (F14).

use http::Method;
use seatwise_domain::{ApiKey, ApiKeyEntry, ApiKeyUse, Changes, Moment, WorkspaceId};
use seatwise_policy::Decision;
use seatwise_store::{List, Many, One, Reads};
use serde::{Deserialize, Serialize};
use utoipa::openapi::ObjectBuilder;
use utoipa::{IntoParams, ToSchema};

use super::view::ApiKeyView;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::wire::schema::one_of;
use crate::workspace::target::ThisWorkspace;
use crate::{output, query};

/// Lists API keys.
pub struct ListApiKeys;

/// Whose keys to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListApiKeysQuery {
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

/// The keys, the newest first. A workspace has at most 1,000.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyList {
    /// The keys.
    items: Vec<ApiKeyView>,
}
output!(ApiKeyList);

/// The handles of the records to read.
pub struct ListPlan {
    workspace: WorkspaceId,
    entries: Many<ApiKeyEntry>,
    /// The keys and their uses, once the entries are known.
    keys: Vec<(One<ApiKey>, One<ApiKeyUse>)>,
}

impl Operation for ListApiKeys {
    const NAME: &'static str = "list-api-keys";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/api-keys";
    const TAG: Tag = Tag::ApiKeys;
    const SUMMARY: &'static str = "List API keys";
    const ANSWER: &'static str = include_str!("../../examples/list-api-keys.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ListApiKeysQuery;
    type Body = Nothing;
    type Output = ApiKeyList;
    type Plan = ListPlan;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let entries = reads.many(List::api_keys(workspace));
        Ok(about((), ListPlan { workspace, entries, keys: Vec::new() }))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let entries = so_far.loaded.many(plan.entries);
        let keys = entries.iter().rev().map(|entry| entry.value.key);
        plan.keys = keys
            .map(|key| {
                (reads.one(ApiKey::key(plan.workspace, key)), reads.one(ApiKeyUse::key(plan.workspace, key)))
            })
            .collect();
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let is_all = state.request.query.owner == Owner::All;
        if is_all && let Decision::Deny { reason } = state.decision("listAllApiKeys") {
            return Err(state.denied("listAllApiKeys", reason));
        }
        let (own, now) = (state.scope.caller.user, moment.now);
        let shown = plan.keys.iter().filter_map(|(key, used)| {
            let key = state.one(*key)?.value;
            let used = state.one(*used).map(|used| used.value);
            (is_all || key.id.user == own).then(|| ApiKeyView::of(&key, used.as_ref(), now))
        });
        Ok((ApiKeyList { items: shown.collect() }, Changes::new()))
    }
}
