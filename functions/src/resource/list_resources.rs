//! `list-resources`: the resources of a workspace, and how many of each kind it may have (L3–L5).

use http::Method;
use seatwise_domain::{Changes, KindId, Moment, ResourceCount, WorkspaceResource};
use seatwise_store::{Cursor, List, Many, PageRequest, Reads};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::ResourceView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{CursorText, Limit, Nothing, Paging, checked, cursor_schema};
use crate::workspace::target::ThisWorkspace;
use crate::{output, query};

/// Lists resources.
pub struct ListResources;

/// The filter and the page of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListResourcesQuery {
    /// Only resources of this kind.
    #[param(value_type = Option<String>, max_length = 40, example = "smtp-profile")]
    kind: Option<String>,
    /// The largest number of items on the page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    #[param(schema_with = cursor_schema, required = false)]
    cursor: Option<CursorText>,
}
query!(ListResourcesQuery);

/// The most resources that a page with a filter reads.
const MOST_READ: u32 = 1_000;

/// The resources of a workspace, and the use of each kind.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceList {
    /// The resources of the page.
    items: Vec<ResourceView>,
    /// The cursor of the next page; null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
    /// The kinds of the product, in the order in which a client lists them.
    kinds: Vec<KindUse>,
}
output!(ResourceList);

/// The use of one kind of resource.
#[derive(Serialize, ToSchema)]
pub struct KindUse {
    /// The kind.
    #[schema(example = "smtp-profile")]
    kind: String,
    /// The name that people read.
    label: String,
    /// The heading under which a client lists it; null if there is none.
    #[schema(required)]
    group: Option<String>,
    /// The number that the workspace has. It can be above the limit, if the limit became lower.
    #[schema(minimum = 0)]
    used: i64,
    /// The most that the workspace may have; null for any number.
    #[schema(required)]
    limit: Option<u32>,
}

/// The handles of the records to read.
pub struct ListPlan {
    resources: Many<WorkspaceResource>,
    counts: Many<ResourceCount>,
}

impl Operation for ListResources {
    const NAME: &'static str = "list-resources";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/resources";
    const TAG: Tag = Tag::Resources;
    const SUMMARY: &'static str = "List resources, and the use of each kind";
    const DESCRIPTION: &'static str = "A page with a filter reads at most 1,000 resources: it can have fewer than \
        `limit` items although more pages follow.";
    const ANSWER: &'static str = include_str!("../../examples/list-resources.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ListResourcesQuery;
    type Body = Nothing;
    type Output = ResourceList;
    type Plan = ListPlan;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (workspace, query) = (request.path.workspace, &request.query);
        let page = Paging { limit: query.limit, cursor: query.cursor.clone() }.page()?;
        let limit = if query.kind.is_some() { MOST_READ } else { page.limit };
        let list = checked(List::resources(workspace, PageRequest { limit, ..page }))?;
        let resources = reads.many(list);
        let counts = reads.many(List::resource_counts(workspace));
        Ok(about((), ListPlan { resources, counts }))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (pack, workspace, query) = (state.pack, &state.scope.workspace.value, &state.request.query);
        let counts = state.many(plan.counts);
        let used = |kind: &KindId| {
            counts.iter().find(|count| count.value.kind == *kind).map_or(0, |count| count.value.used)
        };
        let kinds = pack.resources.iter().map(|rule| KindUse {
            kind: rule.id.to_string(),
            label: rule.label.clone(),
            group: rule.group.clone(),
            used: used(&rule.id),
            limit: pack.resource_limit(rule, &workspace.plan, &workspace.extras).most,
        });
        let most = usize::try_from(query.limit.0).unwrap_or(usize::MAX);
        let is_wanted = |resource: &WorkspaceResource| {
            query.kind.as_ref().is_none_or(|kind| resource.kind.as_str() == kind)
        };
        let (read, mut next) = (state.many(plan.resources), state.next(plan.resources));
        let mut items = Vec::new();
        for (index, resource) in read.iter().map(|stored| &stored.value).enumerate() {
            if is_wanted(resource) {
                items.push(resource.into());
            }
            if items.len() == most {
                if index + 1 < read.len() {
                    let key = WorkspaceResource::key(resource.workspace, resource.id);
                    next = Some(Cursor::of_record(&key.into()));
                }
                break;
            }
        }
        let list =
            ResourceList { items, next_cursor: next.map(|next| next.to_string()), kinds: kinds.collect() };
        Ok((list, Changes::new()))
    }
}
