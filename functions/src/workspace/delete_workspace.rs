//! `delete-workspace`: gone at once for everybody in it; what was in it follows (L6).

use http::{Method, StatusCode};
use seatwise_domain::rules::workspace_deletion;
use seatwise_domain::{Changes, Moment};

use crate::operation::{Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};

/// Deletes a workspace.
pub struct DeleteWorkspace;

impl Operation for DeleteWorkspace {
    const NAME: &'static str = "delete-workspace";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Delete a workspace";
    const DESCRIPTION: &'static str = "There is no way back. Nobody has access from this moment on; everything in it is \
        removed within minutes. People's accounts stay.";

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn decide(_: &Request<Self>, state: &State<'_>, moment: &mut Moment) -> Result<((), Changes), Problem> {
        Ok(((), workspace_deletion::begin(state.workspace()?, moment.now)))
    }
}
