//! `get-logo`: the picture, for whoever has its address (S4). Needs no sign-in, since invitation pages
//! show it before.

use http::{HeaderName, Method, header};
use seatwise_domain::{Changes, LogoImage, Moment, RecordKey, Refusal, Stored, Workspace};
use seatwise_store::Load;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

use crate::openapi::{Output, Schemas, file};
use crate::operation::{Content, Context, File, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::query;
use crate::request::{Nothing, OfPublic};

/// Reads the logo.
pub struct GetLogo;

/// As `logoUrl` has it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GetLogoQuery {
    /// What cannot be guessed.
    #[param(value_type = String, max_length = 40)]
    key: Uuid,
    /// Of which upload.
    #[param(minimum = 0, maximum = 2_147_483_647)]
    version: Option<u32>,
}
query!(GetLogoQuery);

/// The picture.
pub struct Logo {
    image: LogoImage,
    /// Whether its address will never lead to another picture.
    is_for_ever: bool,
}

impl Output for Logo {
    const MEDIA: &'static [&'static str] = &["image/png", "image/jpeg", "image/webp"];

    fn into_content(self) -> Result<Content, Problem> {
        let LogoImage { kind, bytes, .. } = self.image;
        let cache =
            if self.is_for_ever { "public, max-age=31536000, immutable" } else { "public, max-age=60" };
        let headers = [
            (header::CACHE_CONTROL, cache),
            // Opened by itself it can do nothing, whatever a reader takes it for.
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
            (header::CONTENT_DISPOSITION, "inline"),
        ];
        let headers = headers.map(|(name, value)| (name, value.to_owned())).to_vec();
        Ok(Content::File(File { media_type: kind.media_type(), bytes, headers }))
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        Some(file().description(Some("The picture.")).into())
    }
}

impl Operation for GetLogo {
    const NAME: &'static str = "get-logo";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/logo";
    const PUBLIC: bool = true;
    const SUMMARY: &'static str = "Read the logo";
    const DESCRIPTION: &'static str =
        "By the address that `logoUrl` gives; without its key there is nothing to see.";
    const CODES: &'static [Code] = &[Code::NotFound];

    type Path = OfPublic;
    type Query = GetLogoQuery;
    type Body = Nothing;
    type Output = Logo;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        let (workspace, key) = (request.path.workspace, request.query.key);
        let load = Load::new().record(RecordKey::Workspace(workspace));
        Ok(load.record(RecordKey::LogoImage(workspace, key)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        _: &mut Moment,
    ) -> Result<(Logo, Changes), Problem> {
        let id = request.path.workspace;
        let workspace: Option<Stored<Workspace>> = state.get(&RecordKey::Workspace(id));
        let image: Option<Stored<LogoImage>> = state.get(&RecordKey::LogoImage(id, request.query.key));
        // Of a workspace that is there: one that is being deleted shows nothing any more.
        workspace.ok_or(Refusal::NotFound)?;
        let image = image.ok_or(Refusal::NotFound)?.value;
        let is_for_ever = request.query.version == Some(image.version);
        Ok((Logo { image, is_for_ever }, Changes::new()))
    }
}
