//! `upload-logo`: a picture, by its content (S4, L2).

use http::Method;
use seatwise_domain::rules::logo;
use seatwise_domain::{Changes, ImageKind, LOGO_MAX_BYTES, Moment};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::view::logo_url;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::request::Incoming;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::schema::{Schemas, file};
use crate::wire::{Body, Nothing};
use crate::workspace::target::ThisWorkspace;

/// Uploads a logo.
pub struct UploadLogo;

/// The picture itself.
pub struct UploadLogoBody {
    kind: ImageKind,
    bytes: Vec<u8>,
}

/// The most pixels on each side: a logo in a corner needs no more, and a small file can claim a picture
/// that fills a reader's memory.
const MAX_SIDE: usize = 4096;

impl Body for UploadLogoBody {
    const MEDIA: &'static [&'static str] = &["image/png", "image/jpeg", "image/webp"];

    fn read(incoming: &Incoming) -> Result<Self, Problem> {
        let bytes = incoming.raw_body();
        if bytes.len() > LOGO_MAX_BYTES {
            return Err(Problem::payload_too_large());
        }
        let kind = sniff(bytes).map_err(|message| Problem::field("body", message))?;
        Ok(Self { kind, bytes: bytes.to_vec() })
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        let what = "A PNG, JPEG or WebP image of at most 256 KiB and at most 4096 pixels on each side.";
        Some(file().description(Some(what)).into())
    }
}

/// The kind of the picture by its content, whatever it is called (K41).
fn sniff(bytes: &[u8]) -> Result<ImageKind, String> {
    let kind = match imagesize::image_type(bytes) {
        Ok(imagesize::ImageType::Png) => ImageKind::Png,
        Ok(imagesize::ImageType::Jpeg) => ImageKind::Jpeg,
        Ok(imagesize::ImageType::Webp) => ImageKind::Webp,
        _ => return Err("must be a PNG, JPEG or WebP image".to_owned()),
    };
    let size = imagesize::blob_size(bytes).map_err(|_| "must be a complete image".to_owned())?;
    let fits = |side: usize| (1..=MAX_SIDE).contains(&side);
    if fits(size.width) && fits(size.height) {
        Ok(kind)
    } else {
        Err(format!("must be at most {MAX_SIDE} pixels on each side"))
    }
}

/// The address of the uploaded logo.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadedLogo {
    /// The address of the logo. Everybody who has the address can load the logo.
    #[schema(format = "uri")]
    logo_url: Option<String>,
}
output!(UploadedLogo);

impl Operation for UploadLogo {
    const NAME: &'static str = "upload-logo";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/logo";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Upload a logo";
    const DESCRIPTION: &'static str = "The content determines the image format, not the file name. People \
        who are not signed in can load `logoUrl`, for example on an invitation page.";
    const ANSWER: &'static str = include_str!("../../examples/upload-logo.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = UploadLogoBody;
    type Output = UploadedLogo;
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, InWorkspace>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide(
        (): &(),
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let UploadLogoBody { kind, bytes } = &state.request.body;
        let (workspace, changes) = logo::upload(&state.scope.workspace, *kind, bytes.clone(), moment);
        let logo_url = logo_url(state.origin, workspace.id, workspace.logo);
        Ok((UploadedLogo { logo_url }, changes))
    }
}
