//! What `authorize` is asked: actions or checks, and the user whom a service names.

use seatwise_domain::{ClaimText, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::check::CheckBody;
use crate::named;
use crate::problem::Problem;
use crate::request::Incoming;
use crate::wire::Body;
use crate::wire::schema::{Schemas, refer, text};
use crate::wire::text::ClaimTextSchema;

/// Most actions of one request.
const MAX_ACTIONS: usize = 50;
/// The longest name of an action, in characters.
pub const ACTION_MAX: usize = 100;
/// Most checks of one request: what the menus of a page of rows need.
const MAX_CHECKS: usize = 100;

/// What to check: `actions` alone, or `checks` with targets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AuthorizeBody {
    actions: Option<Actions>,
    checks: Option<Checks>,
    user_id: Option<UserId>,
    issuer: Option<ClaimText>,
    subject: Option<ClaimText>,
}

impl Body for AuthorizeBody {
    fn read(incoming: &Incoming) -> Result<Self, Problem> {
        incoming.body(Vec::new)
    }

    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        Some(refer::<Asked>(schemas))
    }
}

/// What to check: `actions` alone, or `checks` with targets.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = AuthorizeBody)]
#[expect(dead_code, reason = "describes what `AuthorizeBody` takes")]
enum Asked {
    Actions(AskedActions),
    Checks(AskedChecks),
}

/// Actions alone.
#[derive(ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `AuthorizeBody` takes")]
struct AskedActions {
    /// The names of actions, in camelCase.
    #[schema(value_type = Vec<ActionName>, min_items = 1, max_items = 50)]
    actions: Actions,
    /// The user who is asked about. Only a service names one.
    #[schema(value_type = Option<String>, format = Uuid)]
    user_id: Option<UserId>,
    /// The issuer of the user's token, with `subject` in place of `userId`.
    #[schema(value_type = Option<ClaimTextSchema>)]
    issuer: Option<ClaimText>,
    /// The subject of the user's token.
    #[schema(value_type = Option<ClaimTextSchema>)]
    subject: Option<ClaimText>,
}

/// Actions on targets.
#[derive(ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `AuthorizeBody` takes")]
struct AskedChecks {
    /// Actions, each with its target.
    #[schema(value_type = Vec<CheckBody>, min_items = 1, max_items = 100)]
    checks: Checks,
    /// The user who is asked about. Only a service names one.
    #[schema(value_type = Option<String>, format = Uuid)]
    user_id: Option<UserId>,
    /// The issuer of the user's token, with `subject` in place of `userId`.
    #[schema(value_type = Option<ClaimTextSchema>)]
    issuer: Option<ClaimText>,
    /// The subject of the user's token.
    #[schema(value_type = Option<ClaimTextSchema>)]
    subject: Option<ClaimText>,
}

named! {
    /// The `operationId` of an operation of this API, or the name of an action of the host product.
    ActionName = "ActionName": text().max_length(Some(ACTION_MAX)).examples(["viewAnalytics"]);
}

/// Whether it is as long as the name of an action can be.
fn is_name(name: &str) -> bool {
    name.chars().count() <= ACTION_MAX
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Actions(Vec<String>);

impl TryFrom<Vec<String>> for Actions {
    type Error = String;
    fn try_from(actions: Vec<String>) -> Result<Self, String> {
        if (1..=MAX_ACTIONS).contains(&actions.len()) && actions.iter().all(|name| is_name(name)) {
            Ok(Self(actions))
        } else {
            Err(format!("must have 1 to {MAX_ACTIONS} action names of at most 100 characters each"))
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<CheckBody>")]
struct Checks(Vec<CheckBody>);

impl TryFrom<Vec<CheckBody>> for Checks {
    type Error = String;
    fn try_from(checks: Vec<CheckBody>) -> Result<Self, String> {
        if (1..=MAX_CHECKS).contains(&checks.len()) && checks.iter().all(|check| is_name(&check.action)) {
            Ok(Self(checks))
        } else {
            Err(format!("must have 1 to {MAX_CHECKS} checks of actions with at most 100 characters each"))
        }
    }
}

impl AuthorizeBody {
    /// The checks that the body asks for, and the name of their list.
    pub fn checks(&self) -> Result<(&'static str, Vec<CheckBody>), Problem> {
        match (&self.actions, &self.checks) {
            (Some(Actions(names)), None) => {
                Ok(("actions", names.iter().cloned().map(CheckBody::alone).collect()))
            }
            (None, Some(Checks(checks))) => Ok(("checks", checks.clone())),
            (Some(_), Some(_)) => Err(Problem::field("checks", "must be absent beside actions")),
            (None, None) => Err(Problem::field("actions", "give either actions or checks")),
        }
    }

    /// The user whom a service names.
    pub fn named_user(&self) -> Result<UserId, Problem> {
        match (self.user_id, &self.issuer, &self.subject) {
            (Some(user), None, None) => Ok(user),
            (None, Some(issuer), Some(subject)) => Ok(UserId::of_identity(issuer.as_str(), subject.as_str())),
            (Some(_), ..) => Err(Problem::field("userId", "give either userId, or issuer and subject")),
            (None, Some(_), None) => Err(Problem::field("subject", "is required beside issuer")),
            (None, None, Some(_)) => Err(Problem::field("issuer", "is required beside subject")),
            (None, None, None) => Err(Problem::field(
                "userId",
                "is required: name the user by userId, or by issuer and subject",
            )),
        }
    }

    /// Requires that the body names no user.
    pub fn names_nobody(&self) -> Result<(), Problem> {
        let given = [
            ("userId", self.user_id.is_some()),
            ("issuer", self.issuer.is_some()),
            ("subject", self.subject.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((field, _)) => {
                Err(Problem::field(*field, "must be absent: only a service asks about others"))
            }
            None => Ok(()),
        }
    }
}
