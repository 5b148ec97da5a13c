//! `set-api-key-limits`: the most uses of a key, in all and a day (F14, K65).

use http::Method;
use seatwise_domain::rules::api_key;
use seatwise_domain::{ApiKeyUse, Changes, Edit, Moment, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

use seatwise_store::{One, Reads};

use super::target::OwnedKey;
use super::view::ApiKeyView;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::ApiKeyPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Units};

/// The most uses of a key, in all and a day (F14, K65).
pub struct SetApiKeyLimits;

/// The largest limit.
const MOST: u32 = 1_000_000_000;

/// The limits. A field that is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LimitsBody {
    /// The most uses; null for no limit.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1_000_000_000)]
    usage_limit: Edit<Units<0, MOST>>,
    /// The most uses on one day (UTC); null for no limit.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1_000_000_000)]
    daily_rate_limit: Edit<Units<0, MOST>>,
}
body!(LimitsBody);

impl Operation for SetApiKeyLimits {
    const NAME: &'static str = "set-api-key-limits";
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/api-keys/{keyId}";
    const TAG: Tag = Tag::ApiKeys;
    const MISSING: Refusal = Refusal::KeyUnknown;
    const SUMMARY: &'static str = "Set the limits of an API key";
    const DESCRIPTION: &'static str = "Null clears a limit. Uses are counted while the key has a limit.";
    const CODES: &'static [Code] = &[Code::KeyUnknown];
    const EXAMPLE: &'static str = include_str!("../../examples/set-api-key-limits.request.json");
    const ANSWER: &'static str = include_str!("../../examples/set-api-key-limits.answer.json");

    type Scope = InWorkspace;
    type Target = OwnedKey;
    type Path = ApiKeyPath;
    type Query = Nothing;
    type Body = LimitsBody;
    type Output = ApiKeyView;
    /// The use of the key.
    type Plan = One<ApiKeyUse>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let ApiKeyPath { workspace, key } = request.path;
        Ok(about(key, reads.one(ApiKeyUse::key(workspace, key))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let used = state.one(*plan).map(|used| used.value);
        let LimitsBody { usage_limit, daily_rate_limit } = &state.request.body;
        let number = |edit: &Edit<Units<0, MOST>>| edit.clone().map(|units| units.0);
        let (key, changes) =
            api_key::set_limits(&state.target.key, number(usage_limit), number(daily_rate_limit));
        Ok((ApiKeyView::of(&key, used.as_ref(), moment.now), changes))
    }
}
