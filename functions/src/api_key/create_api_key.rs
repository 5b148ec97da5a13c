//! `create-api-key`: a key of the caller, whose secret is shown once (F14, L7).

use http::Method;
use jiff::Timestamp;
use seatwise_domain::rules::api_key::{self, NewApiKey};
use seatwise_domain::{ApiKeyName, Changes, FlowId, Moment, Tally};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::text;
use super::view::{ApiKeyView, ApiKeyWithSecret};
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::text::{ApiKeyNameSchema, FlowIdSchema};
use crate::wire::{Created, Nothing, optional_time};
use crate::workspace::target::ThisWorkspace;

/// Makes an API key.
pub struct CreateApiKey;

/// The key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreateApiKeyBody {
    /// The name of the key, for people.
    #[schema(value_type = ApiKeyNameSchema)]
    name: ApiKeyName,
    /// The flow that the key is for.
    #[serde(default)]
    #[schema(value_type = Option<FlowIdSchema>)]
    flow_id: Option<FlowId>,
    /// The end of the key. Without it, the key does not expire.
    #[serde(default, deserialize_with = "optional_time")]
    #[schema(value_type = Option<String>, format = DateTime, max_length = 40)]
    expires_at: Option<Timestamp>,
}
body!(CreateApiKeyBody);

impl Operation for CreateApiKey {
    const NAME: &'static str = "create-api-key";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/api-keys";
    const TAG: Tag = Tag::ApiKeys;
    const IDEMPOTENT: bool = true;
    const SECRET: Option<&'static str> = Some("key");
    const SUMMARY: &'static str = "Make an API key";
    const DESCRIPTION: &'static str = "The key belongs to the caller's membership: it dies with the membership, and with \
        the permission to have keys. The answer shows the key once. Seatwise stores a hash of its secret. If the answer \
        was lost, a repetition with the same `Idempotency-Key` has `key: null`: delete that key and make another one.";
    const CODES: &'static [Code] = &[Code::ApiKeyLimitReached];
    const EXAMPLE: &'static str = include_str!("../../examples/create-api-key.request.json");
    const ANSWER: &'static str = include_str!("../../examples/create-api-key.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = CreateApiKeyBody;
    type Output = Created<ApiKeyWithSecret>;
    type Plan = One<Tally>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.one(Tally::key(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let CreateApiKeyBody { name, flow_id, expires_at } = &state.request.body;
        if expires_at.is_some_and(|end| end <= moment.now) {
            return Err(Problem::field("expiresAt", "must be in the future"));
        }
        let (tally, secret) = (state.required(*plan)?.value, moment.secret_bytes());
        let new = NewApiKey {
            name: name.clone(),
            flow: flow_id.clone(),
            expires_at: *expires_at,
            secret: text::hash(&secret),
        };
        let (key, changes) = api_key::create(state.pack, &state.scope.member.value, &tally, new, moment)?;
        let prefix = &api_key::rules(state.pack)?.prefix;
        let shown = Some(text::text(prefix, &key, &secret));
        let view = ApiKeyView::of(&key, None, moment.now);
        Ok((Created(ApiKeyWithSecret { view, key: shown }), changes))
    }
}
