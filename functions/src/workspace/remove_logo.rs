//! `remove-logo`: its address leads nowhere from then on (S4).

use http::Method;
use seatwise_domain::rules::logo;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Removes the logo.
pub struct RemoveLogo;

impl Operation for RemoveLogo {
    const NAME: &'static str = "remove-logo";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/logo";
    const TAG: Tag = Tag::Workspaces;
    const SUMMARY: &'static str = "Remove the logo";

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, InWorkspace>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        Ok(((), logo::remove(&state.scope.workspace)))
    }
}
