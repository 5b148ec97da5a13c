//! `authorize`: may the caller do that? Actions of the host product included.

use http::Method;
use seatwise_domain::{Changes, Moment};
use seatwise_policy::Decision;
use seatwise_store::Reads;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::wire::schema::text;
use crate::workspace::target::ThisWorkspace;
use crate::{body, named, output};

/// Asks the policies.
pub struct Authorize;

/// Most actions of one request.
const MAX_ACTIONS: usize = 50;

/// The actions to check.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorizeBody {
    /// The names of the actions, in camelCase.
    #[schema(value_type = Vec<ActionName>, min_items = 1, max_items = 50)]
    actions: Actions,
}
body!(AuthorizeBody);

named! {
    /// The `operationId` of an operation of this API, or the name of an action of the host product.
    ActionName = "ActionName": text().max_length(Some(100)).examples(["viewAnalytics"]);
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Actions(Vec<String>);

impl TryFrom<Vec<String>> for Actions {
    type Error = String;
    fn try_from(actions: Vec<String>) -> Result<Self, String> {
        let is_sound = (1..=MAX_ACTIONS).contains(&actions.len())
            && actions.iter().all(|name| name.chars().count() <= 100);
        if is_sound {
            Ok(Self(actions))
        } else {
            Err(format!("must have 1 to {MAX_ACTIONS} action names of at most 100 characters each"))
        }
    }
}

/// The decisions, in the order of the actions.
#[derive(Serialize, ToSchema)]
pub struct Decisions {
    decisions: Vec<DecisionView>,
}
output!(Decisions);

/// The decision of the policies on one action.
#[derive(Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionView {
    /// The name of the action.
    #[schema(example = "viewAnalytics")]
    action: String,
    /// Whether the caller has the permission.
    allowed: bool,
    /// The reason of a denial: of the policy that forbids the action, or the code with which the operation
    /// would be refused. `not_permitted` if no policy permits it, `not_offered` if the product does not offer
    /// it to anybody, `unknown_action` if the product has no such action. Null if it is allowed.
    #[schema(required, example = "pro_seat_required")]
    reason: Option<String>,
    /// A sentence that says who may, or why nobody may. Null if it is allowed.
    #[schema(required, example = "Only Owner and Admin can do this.")]
    detail: Option<String>,
}

impl DecisionView {
    fn of(state: &State<'_, Authorize>, name: &str, decision: Option<&Decision>) -> Self {
        let (reason, detail) = match decision {
            Some(Decision::Allow) => (None, None),
            Some(Decision::Deny { reason }) => {
                let Problem { code, detail, reason, .. } = state.denied(name, reason.clone());
                let reason = reason.map_or_else(|| code.as_str().to_owned(), String::from);
                (Some(reason), Some(detail.map_or_else(|| code.detail().to_owned(), String::from)))
            }
            None => {
                let detail = "The product has no action of this name.";
                (Some("unknown_action".to_owned()), Some(detail.to_owned()))
            }
        };
        Self { action: name.to_owned(), allowed: reason.is_none(), reason, detail }
    }
}

impl Operation for Authorize {
    const NAME: &'static str = "authorize";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/authorize";
    const TAG: Tag = Tag::Access;
    const SUMMARY: &'static str = "Check permissions of the caller";
    const DESCRIPTION: &'static str = "The host product calls this operation with the token of its user. \
        The active policies decide, including the caller's seat and its tier. For an action on a member, \
        seat or invitation, the answer applies to the most favourable target.";
    const EXAMPLE: &'static str = include_str!("../../examples/authorize.request.json");
    const ANSWER: &'static str = include_str!("../../examples/authorize.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = AuthorizeBody;
    type Output = Decisions;
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, InWorkspace>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        let actions = &state.request.body.actions.0;
        let attempts = state.attempts(|action| actions.contains(&action.name));
        let decide = |name: &String| {
            let decided = attempts.iter().find(|(action, _)| action.name == *name);
            DecisionView::of(state, name, decided.map(|(_, decision)| decision))
        };
        Ok((Decisions { decisions: actions.iter().map(decide).collect() }, Changes::new()))
    }
}
