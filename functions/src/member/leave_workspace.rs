//! `leave-workspace`: one goes, where the product lets people go (L6).

use http::{Method, StatusCode};
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Load;

use super::{Known, Need};
use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{InWorkspace, Nothing};

/// Leaves a workspace.
pub struct LeaveWorkspace;

impl Operation for LeaveWorkspace {
    const NAME: &'static str = "leave-workspace";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/leave";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Leave a workspace";
    const DESCRIPTION: &'static str = "At once, where the product lets people leave on their own.";
    const CODES: &'static [Code] = &[Code::LeaveNotOffered, Code::LastGovernor, Code::CreatorProtected];

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        Ok(Known::load(context.pack, request.path.workspace, context.caller()?.user, Need::Counts))
    }

    fn decide(_: &Request<Self>, state: &State<'_>, moment: &mut Moment) -> Result<((), Changes), Problem> {
        let known = Known::of(state, state.caller()?.user, Need::Counts)?;
        Ok(((), member::leave(known.standing(state)?, state.member()?, moment.now)?))
    }
}
