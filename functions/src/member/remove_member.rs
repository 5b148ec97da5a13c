//! `remove-member`: at once; the seat is free, the account stays (S9, F9, R13).

use http::{Method, StatusCode};
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, Stored};
use seatwise_store::Load;

use super::{Known, Need};
use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfMember};

/// Removes a member.
pub struct RemoveMember;

impl Operation for RemoveMember {
    const NAME: &'static str = "remove-member";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Remove a member";
    const DESCRIPTION: &'static str = "At once. Their seat is free, and they stay in their other workspaces. Where the product says so, who is in no \
        other loses their account.";
    const CODES: &'static [Code] = &[Code::OwnRemoval, Code::CreatorProtected, Code::LastGovernor];

    type Path = OfMember;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let OfMember { workspace, user } = request.path;
        Ok(Known::load(context.pack, workspace, user, Need::Counts))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<((), Changes), Problem> {
        let member: Stored<Member> = state.subject()?;
        let known = Known::of(state, request.path.user, Need::Counts)?;
        Ok(((), member::remove(known.standing(state)?, &member, moment.now)?))
    }
}
