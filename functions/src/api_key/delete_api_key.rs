//! `delete-api-key`: a key is gone, with its uses (F14).

use http::Method;
use seatwise_domain::rules::api_key;
use seatwise_domain::{Changes, Moment, Refusal};

use seatwise_store::Reads;

use super::target::OwnedKey;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::ApiKeyPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// A key is gone, with its uses (F14).
pub struct DeleteApiKey;

impl Operation for DeleteApiKey {
    const NAME: &'static str = "delete-api-key";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/api-keys/{keyId}";
    const TAG: Tag = Tag::ApiKeys;
    const MISSING: Refusal = Refusal::KeyUnknown;
    const SUMMARY: &'static str = "Delete an API key";
    const CODES: &'static [Code] = &[Code::KeyUnknown];

    type Scope = InWorkspace;
    type Target = OwnedKey;
    type Path = ApiKeyPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = ();

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        _: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about(request.path.key, ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        Ok(((), api_key::delete(&state.target.key)))
    }
}
