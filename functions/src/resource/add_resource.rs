//! `add-resource`: a resource of a kind, within the limit of the kind (L3–L5).

use http::Method;
use seatwise_domain::rules::resource::{self, NewResource};
use seatwise_domain::{
    Changes, ExternalId, KindId, Moment, Refusal, ResourceCount, ResourceLabel, WorkspaceResource,
};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ResourceView;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::text::{ExternalIdSchema, ResourceLabelSchema};
use crate::wire::{Created, Nothing};
use crate::workspace::target::ThisWorkspace;

/// Adds a resource.
pub struct AddResource;

/// The resource to add.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AddResourceBody {
    /// The kind of the resource.
    #[schema(pattern = "^[a-z][a-z0-9-]*$", max_length = 40, example = "smtp-profile")]
    kind: String,
    /// The name of the resource in its own system. A workspace has it once for each kind.
    #[schema(value_type = ExternalIdSchema)]
    external_id: ExternalId,
    /// The account, of a resource that the product makes for several accounts.
    #[serde(default)]
    #[schema(value_type = Option<ExternalIdSchema>)]
    account: Option<ExternalId>,
    /// The name that people read.
    #[serde(default)]
    #[schema(value_type = Option<ResourceLabelSchema>)]
    label: Option<ResourceLabel>,
}
body!(AddResourceBody);

/// The handles of the records to read.
pub struct AddPlan {
    existing: One<WorkspaceResource>,
    count: One<ResourceCount>,
}

impl Operation for AddResource {
    const NAME: &'static str = "add-resource";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/resources";
    const TAG: Tag = Tag::Resources;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Add a resource";
    const DESCRIPTION: &'static str = "A workspace has a resource once, by its kind and external id, and at most as many \
        of a kind as the product and the plan allow. Seatwise stores which resources there are. Do not send it tokens, \
        passwords or other secrets of an integration.";
    const CODES: &'static [Code] = &[Code::KindUnknown, Code::ResourceExists, Code::ResourceLimitReached];
    const EXAMPLE: &'static str = include_str!("../../examples/add-resource.request.json");
    const ANSWER: &'static str = include_str!("../../examples/add-resource.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = AddResourceBody;
    type Output = Created<ResourceView>;
    /// None, if the product has no such kind.
    type Plan = Option<AddPlan>;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let AddResourceBody { kind, external_id, account, .. } = &request.body;
        let kind = KindId(kind.clone());
        let id = WorkspaceResource::id_of(&kind, external_id, account.as_ref());
        let plan = start.pack.resource_rule(&kind).map(|_| AddPlan {
            existing: reads.one(WorkspaceResource::key(workspace, id)),
            count: reads.one(ResourceCount::key(workspace, kind)),
        });
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let plan = plan.as_ref().ok_or(Code::KindUnknown)?;
        let AddResourceBody { kind, external_id, account, label } = state.request.body.clone();
        let (pack, workspace, kind) = (state.pack, &state.scope.workspace, KindId(kind));
        if account.is_some() && !resource::takes_account(pack, &kind, &external_id) {
            let message = "must be absent: the product makes this resource for one account";
            return Err(Problem::field("account", message));
        }
        let count = state.one(plan.count).map(|count| count.value);
        let new = NewResource { kind: kind.clone(), external_id, account, label };
        let existing = state.one(plan.existing);
        let by = state.scope.caller.user;
        let added = resource::add(pack, workspace, existing.as_ref(), count.as_ref(), new, by, moment);
        let (resource, changes) = added.map_err(|refusal| match refusal {
            Refusal::ResourceLimitReached => {
                limit_reached(state, &kind, count.as_ref().map_or(0, |count| count.used))
            }
            other => other.into(),
        })?;
        Ok((Created((&resource).into()), changes))
    }
}

/// The refusal at the limit, which says the limit and the way past it. A workspace can be above a limit that became
/// lower.
fn limit_reached(state: &State<'_, AddResource>, kind: &KindId, used: i64) -> Problem {
    let workspace = &state.scope.workspace.value;
    let Some(rule) = state.pack.resource_rule(kind) else { return Code::KindUnknown.into() };
    let limit = state.pack.resource_limit(rule, &workspace.plan, &workspace.extras);
    let most = i64::from(limit.most.unwrap_or_default());
    let removal = match used - most {
        0 => "remove one".to_owned(),
        above => format!("remove {}", above + 1),
    };
    let way = match limit.sold {
        Some(allowance) => {
            format!("Buy more of `{}` with the plan, change the plan, or {removal} first.", allowance.id)
        }
        None if limit.is_of_plan => format!("Change the plan, or {removal} first."),
        None => format!("To add another one, {removal} first."),
    };
    let detail = format!("{}: the workspace has {used} of at most {most}. {way}", rule.label);
    Problem { detail: Some(detail.into()), ..Code::ResourceLimitReached.into() }
}
