//! `rotate-api-key`: a key gets another secret, with an overlap (L7, K67).

use http::Method;
use jiff::SignedDuration;
use seatwise_domain::rules::api_key;
use seatwise_domain::{ApiKeyUse, Changes, Moment, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

use seatwise_store::{One, Reads};

use super::target::OwnedKey;
use super::text;
use super::view::{ApiKeyView, ApiKeyWithSecret};
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::ApiKeyPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Units};

/// A key gets another secret, with an overlap (L7, K67).
pub struct RotateApiKey;

/// How long the secret before stays valid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RotateBody {
    /// The seconds in which both secrets are valid; 0 by default. The pack limits them.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 31_622_400)]
    overlap_seconds: Option<Units<0, 31_622_400>>,
}
body!(RotateBody);

impl Operation for RotateApiKey {
    const NAME: &'static str = "rotate-api-key";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/api-keys/{keyId}/rotate";
    const TAG: Tag = Tag::ApiKeys;
    const IDEMPOTENT: bool = true;
    const SECRET: Option<&'static str> = Some("key");
    const MISSING: Refusal = Refusal::KeyUnknown;
    const SUMMARY: &'static str = "Rotate an API key";
    const DESCRIPTION: &'static str = "The key gets another secret, which the answer shows once. The secret before it stays valid for the overlap, so that programs can be changed one after the other. Another rotation within the overlap ends it: a key has at most two secrets. Only the owner of a key rotates it.";
    const CODES: &'static [Code] = &[Code::KeyUnknown, Code::ApiKeyRevoked];
    const EXAMPLE: &'static str = include_str!("../../examples/rotate-api-key.request.json");
    const ANSWER: &'static str = include_str!("../../examples/rotate-api-key.answer.json");

    type Scope = InWorkspace;
    type Target = OwnedKey;
    type Path = ApiKeyPath;
    type Query = Nothing;
    type Body = RotateBody;
    type Output = ApiKeyWithSecret;
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
        let rules = api_key::rules(state.pack)?;
        let overlap =
            SignedDuration::from_secs(state.request.body.overlap_seconds.map_or(0, |it| i64::from(it.0)));
        if overlap > rules.longest_overlap.length() {
            let most = rules.longest_overlap.length().as_secs();
            return Err(Problem::field("overlapSeconds", format!("must be at most {most}")));
        }
        let secret = moment.secret_bytes();
        let (key, changes) = api_key::rotate(
            &state.target.key,
            &state.scope.member.value,
            text::hash(&secret),
            overlap,
            moment.now,
        )?;
        let shown = Some(text::text(&rules.prefix, &key, &secret));
        Ok((ApiKeyWithSecret { view: ApiKeyView::of(&key, used.as_ref(), moment.now), key: shown }, changes))
    }
}
