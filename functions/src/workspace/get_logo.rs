//! `get-logo`: the picture, for whoever has its address (S4). Needs no sign-in, since invitation pages
//! show it before.

use http::{HeaderName, Method, header};
use seatwise_domain::{Changes, LogoImage, Moment, Workspace};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

use crate::answer::{Content, File};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::PublicWorkspacePath;
use crate::problem::{Code, Problem};
use crate::query;
use crate::scope::Public;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::schema::{Schemas, file};
use crate::wire::{Nothing, Output};

/// Reads the logo.
pub struct GetLogo;

/// As `logoUrl` has it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GetLogoQuery {
    /// The secret key in the address of the logo.
    #[param(value_type = String, format = Uuid)]
    key: Uuid,
    /// The version of the logo.
    #[param(minimum = 0, maximum = 2_147_483_647)]
    version: Option<u32>,
}
query!(GetLogoQuery);

/// The picture.
pub struct LogoFile {
    image: LogoImage,
    /// Whether its address will never lead to another picture.
    is_for_ever: bool,
}

impl Output for LogoFile {
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
        Some(file().description(Some("The image.")).into())
    }
}

/// The handles of the records to read.
pub struct GetLogoPlan {
    workspace: One<Workspace>,
    image: One<LogoImage>,
}

impl Operation for GetLogo {
    const NAME: &'static str = "get-logo";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/logo";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Read the logo";
    const DESCRIPTION: &'static str =
        "Use the address in `logoUrl`. Without the key of that address, the answer is 404.";
    const CODES: &'static [Code] = &[Code::NotFound];

    type Scope = Public;
    type Target = Platform;
    type Path = PublicWorkspacePath;
    type Query = GetLogoQuery;
    type Body = Nothing;
    type Output = LogoFile;
    type Plan = GetLogoPlan;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, Public>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (workspace, key) = (request.path.workspace, request.query.key);
        let plan = GetLogoPlan {
            workspace: reads.one(Workspace::key(workspace)),
            image: reads.one(LogoImage::key(workspace, key)),
        };
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        // A workspace that is being deleted shows nothing any more.
        state.required(plan.workspace)?;
        let image = state.required(plan.image)?.value;
        let is_for_ever = state.request.query.version == Some(image.version);
        Ok((LogoFile { image, is_for_ever }, Changes::new()))
    }
}
