//! `verify-api-key`: for the host's backend: whose is this key, and may it? (F14, K65, K66)
//!
//! A refusal costs one read. A use that is counted costs one more write, alone and conditional; without a limit, a write
//! once a minute notes the last use.

use http::Method;
use seatwise_domain::rules::api_key::{self, Invalid, Remaining};
use seatwise_domain::{ApiKey, ApiKeyUse, Changes, Member, Moment, Workspace};
use seatwise_policy::{ApiKeyFacts, Check, Decision, Principal, PrincipalKind, Resource};
use seatwise_store::{One, Reads};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::ApiKeyText;
use crate::access::ACTION_MAX;
use crate::member::facts::member_facts;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::ServiceOnly;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::{Nothing, Units};
use crate::workspace::facts::workspace_facts;
use crate::{body, output};

/// Verifies an API key.
pub struct VerifyApiKey;

/// The key, and what it is used for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    /// The key.
    #[schema(max_length = 200, example = "swk_…")]
    key: String,
    /// The action that the key's owner must be permitted, in camelCase: of the host product or of this API.
    #[serde(default)]
    #[schema(max_length = 100, example = "usePublicApi")]
    action: Option<String>,
    /// The number of uses to count; 1 by default. A backend that serves many requests counts some at once.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    units: Option<Units<1, 10_000>>,
}
body!(VerifyBody);

/// The longest text that is looked at as a key.
const KEY_MAX: usize = 200;

/// The outcome of a verification.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Whether the key can be used.
    valid: bool,
    /// The reason why it cannot: `unknown`, `revoked`, `expired`, `usage_exceeded`, `rate_exceeded`, `owner_gone` or
    /// `forbidden`. Null for a valid key.
    #[schema(required)]
    reason: Option<&'static str>,
    /// The workspace of the key; null for an unknown key.
    #[schema(required, format = Uuid)]
    workspace_id: Option<String>,
    /// The id of the key; null for an unknown key.
    #[schema(required)]
    key_id: Option<String>,
    /// The flow that the key is for; null for a key of the whole workspace.
    #[schema(required)]
    flow_id: Option<String>,
    /// The member whose key it is; null unless the key is valid.
    #[schema(required)]
    owner: Option<OwnerView>,
    /// Whether the owner may do the action; null if the request names none, or if the key is not valid. Only what is
    /// allowed is counted.
    #[schema(required)]
    allowed: Option<bool>,
    /// The uses that are left, after this one if it was counted.
    remaining: RemainingView,
}
output!(Verified);

/// The owner of a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyOwner)]
pub struct OwnerView {
    /// The id of the user.
    #[schema(format = Uuid)]
    user_id: String,
    /// The role in the workspace.
    role: String,
}

/// The uses that are left, without what other requests do at the same moment.
#[derive(Clone, Copy, Default, Serialize, ToSchema)]
#[schema(as = ApiKeyRemaining)]
pub struct RemainingView {
    /// Of all; null without a limit.
    #[schema(required, minimum = 0)]
    usage: Option<i64>,
    /// Today (UTC); null without a limit.
    #[schema(required, minimum = 0)]
    today: Option<i64>,
}

impl From<Remaining> for RemainingView {
    fn from(Remaining { usage, today }: Remaining) -> Self {
        // A limit can become lower than what was used.
        let left = |count: Option<i64>| count.map(|count| count.max(0));
        Self { usage: left(usage), today: left(today) }
    }
}

impl Verified {
    fn unknown() -> Self {
        Self {
            valid: false,
            reason: Some("unknown"),
            workspace_id: None,
            key_id: None,
            flow_id: None,
            owner: None,
            allowed: None,
            remaining: RemainingView::default(),
        }
    }

    fn of(key: &ApiKey) -> Self {
        Self {
            valid: true,
            reason: None,
            workspace_id: Some(key.workspace.to_string()),
            key_id: Some(key.id.to_string()),
            flow_id: key.flow.as_ref().map(ToString::to_string),
            ..Self::unknown()
        }
    }

    fn refused(key: &ApiKey, reason: &'static str) -> Self {
        Self { valid: false, reason: Some(reason), ..Self::of(key) }
    }
}

fn reason(invalid: Invalid) -> &'static str {
    match invalid {
        Invalid::Revoked => "revoked",
        Invalid::Expired => "expired",
        Invalid::OwnerGone => "owner_gone",
        Invalid::UsageExceeded => "usage_exceeded",
        Invalid::RateExceeded => "rate_exceeded",
    }
}

/// The key, and the handles of the records to read.
pub struct VerifyPlan {
    text: ApiKeyText,
    key: One<ApiKey>,
    used: One<ApiKeyUse>,
    owner: One<Member>,
    workspace: One<Workspace>,
}

impl Operation for VerifyApiKey {
    const NAME: &'static str = "verify-api-key";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/api-keys/verify";
    const TAG: Tag = Tag::ApiKeys;
    const SUMMARY: &'static str = "Verify an API key";
    const DESCRIPTION: &'static str = "For the host's backend, with the token of a service. The answer is 200 also for a \
        key that is not valid. A key is valid while it is neither revoked nor expired, its owner is still the member who \
        made it, and the policies still permit the owner to use keys. Limits are exact: never more uses than the limit \
        come through, however many verifications run at once. If the answer of the database to a count is lost, that \
        use can be counted twice. One key with a limit takes about 1,000 counts a second; a backend that needs more \
        counts several uses at once with `units`. A key without a limit has no such bound. An `Idempotency-Key` has no effect: each \
        verification says what is true now, and counts.";
    const EXAMPLE: &'static str = include_str!("../../examples/verify-api-key.request.json");
    const ANSWER: &'static str = include_str!("../../examples/verify-api-key.answer.json");

    type Scope = ServiceOnly;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = VerifyBody;
    type Output = Verified;
    type Plan = Option<VerifyPlan>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, ServiceOnly>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let VerifyBody { key, action, .. } = &request.body;
        let too_long = |text: &str, most: usize| text.chars().count() > most;
        if too_long(key, KEY_MAX) {
            return Err(Problem::field("key", format!("must have at most {KEY_MAX} characters")));
        }
        if action.as_deref().is_some_and(|action| too_long(action, ACTION_MAX)) {
            return Err(Problem::field("action", format!("must have at most {ACTION_MAX} characters")));
        }
        let plan = ApiKeyText::parse(&request.body.key).map(|text| {
            let (workspace, id) = (text.workspace, text.id);
            VerifyPlan {
                key: reads.one(ApiKey::key(workspace, id)),
                used: reads.one(ApiKeyUse::key(workspace, id)),
                owner: reads.one(Member::key(workspace, id.user)),
                workspace: reads.one(Workspace::key(workspace)),
                text,
            }
        });
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let unknown = Ok((Verified::unknown(), Changes::new()));
        let Some(plan) = plan else { return unknown };
        let (Some(key), Some(workspace)) = (state.one(plan.key), state.one(plan.workspace)) else {
            return unknown;
        };
        let (key, workspace, now) = (key.value, workspace.value, moment.now);
        if !api_key::has_secret(&key, now, |known| plan.text.is_of(known)) {
            return unknown;
        }
        let used = state.one(plan.used).map(|used| used.value);
        let used = used.unwrap_or_else(|| ApiKeyUse::none(key.workspace, key.id));
        let uncounted = RemainingView::from(api_key::remaining(&key, &used, now));
        let refused = |reason| {
            Ok((Verified { remaining: uncounted, ..Verified::refused(&key, reason) }, Changes::new()))
        };
        let owner = state.one(plan.owner).map(|owner| owner.value);
        if let Err(invalid) = api_key::require_live(&key, owner.as_ref(), now) {
            return refused(reason(invalid));
        }
        let Some(owner) = owner else { return refused("owner_gone") };
        let (may_use, allowed) = permissions(state, &key, &owner, &workspace);
        if !may_use {
            return refused("forbidden");
        }
        let view = Verified {
            owner: Some(OwnerView {
                user_id: owner.user.to_string(),
                role: state.pack.role_name(&owner.role).to_string(),
            }),
            allowed,
            ..Verified::of(&key)
        };
        let units = state.request.body.units.map_or(1, |units| units.0);
        match api_key::count(&key, &used, units, now) {
            Err(invalid) => refused(reason(invalid)),
            Ok(_) if allowed == Some(false) => {
                Ok((Verified { remaining: uncounted, ..view }, Changes::new()))
            }
            Ok((left, change)) => {
                Ok((Verified { remaining: left.into(), ..view }, change.into_iter().collect()))
            }
        }
    }
}

/// Whether the owner may use the key; and whether they may do the action that the request names, on the most favourable
/// target that it could have.
fn permissions(
    state: &State<'_, VerifyApiKey>,
    key: &ApiKey,
    owner: &Member,
    workspace: &Workspace,
) -> (bool, Option<bool>) {
    let bundle = &state.active.bundle;
    let facts = member_facts(state.pack, workspace.paid.as_ref(), owner, state.now);
    let (id, flow) = (key.id, key.flow.is_some());
    let resource = Resource::ApiKey(ApiKeyFacts { id, workspace: key.workspace, owner: facts.clone(), flow });
    let action = state.request.body.action.as_deref();
    let of_members =
        |name: &str| bundle.action(name).filter(|info| info.principals.contains(&PrincipalKind::Member));
    let use_it =
        of_members("useApiKey").map(|action| Check { resource: Some(&resource), ..Check::of(action) });
    let do_it = action.and_then(of_members).map(Check::of);
    let checks: Vec<Check<'_>> = use_it.into_iter().chain(do_it).collect();
    let place = workspace_facts(workspace);
    let mut decided = bundle.decide_checks(&Principal::Member(facts), &place, state.now, &checks).into_iter();
    let mut is_permitted =
        |check: Option<Check<'_>>| check.and_then(|_| decided.next()) == Some(Decision::Allow);
    let may_use = is_permitted(use_it);
    (may_use, action.map(|_| is_permitted(do_it)))
}
