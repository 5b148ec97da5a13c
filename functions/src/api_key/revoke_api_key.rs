//! `revoke-api-key`: a key is refused from the next verification on (F14, K66).

use http::Method;
use seatwise_domain::rules::api_key;
use seatwise_domain::{ApiKeyUse, Changes, Moment, Refusal};

use seatwise_store::{One, Reads};

use super::target::OwnedKey;
use super::view::ApiKeyView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::ApiKeyPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// A key is refused from the next verification on (F14, K66).
pub struct RevokeApiKey;

impl Operation for RevokeApiKey {
    const NAME: &'static str = "revoke-api-key";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/api-keys/{keyId}/revoke";
    const TAG: Tag = Tag::ApiKeys;
    const IDEMPOTENT: bool = true;
    const MISSING: Refusal = Refusal::KeyUnknown;
    const SUMMARY: &'static str = "Revoke an API key";
    const DESCRIPTION: &'static str = "The key is refused from the next verification on, and for ever.";
    const CODES: &'static [Code] = &[Code::KeyUnknown];
    const ANSWER: &'static str = include_str!("../../examples/revoke-api-key.answer.json");

    type Scope = InWorkspace;
    type Target = OwnedKey;
    type Path = ApiKeyPath;
    type Query = Nothing;
    type Body = Nothing;
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
        let (key, changes) = api_key::revoke(&state.target.key, moment.now);
        Ok((ApiKeyView::of(&key, used.as_ref(), moment.now), changes))
    }
}
