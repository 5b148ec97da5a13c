//! `remove-logo`: its address leads nowhere from then on (S4).

use http::{Method, StatusCode};
use seatwise_domain::rules::logo;
use seatwise_domain::{Changes, Moment};

use crate::operation::{Operation, Request, State};
use crate::problem::Problem;
use crate::request::{InWorkspace, Nothing};

/// Removes the logo.
pub struct RemoveLogo;

impl Operation for RemoveLogo {
    const NAME: &'static str = "remove-logo";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/logo";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Remove the logo";

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn decide(_: &Request<Self>, state: &State<'_>, _: &mut Moment) -> Result<((), Changes), Problem> {
        Ok(((), logo::remove(state.workspace()?)))
    }
}
