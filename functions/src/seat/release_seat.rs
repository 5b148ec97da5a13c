//! `release-seat`: a member gives a purchased seat back (S2).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, Stored};
use seatwise_store::Reads;

use crate::member::context::{MemberContext, Need};
use crate::member::view::MemberView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::MemberPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Takes a member's seat back.
pub struct ReleaseSeat;

impl Operation for ReleaseSeat {
    const NAME: &'static str = "release-seat";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}/seat";
    const TAG: Tag = Tag::Seats;
    const SUMMARY: &'static str = "Release a member's seat";
    const DESCRIPTION: &'static str = "A member whose role can use a free slot moves to a free slot, if \
        there is one. A member whose role needs a seat gets the product's role for members without a seat. \
        If the product has no such role, the request is refused.";
    const CODES: &'static [Code] = &[Code::SeatRequired, Code::LastGovernor, Code::CreatorProtected];
    const ANSWER: &'static str = include_str!("../../examples/release-seat.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Member>;
    type Path = MemberPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = MemberView;
    type Plan = MemberContext;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let MemberPath { workspace, user } = request.path;
        Ok(about(user, MemberContext::plan(start.pack, workspace, user, Need::Counts, reads)))
    }

    fn decides_about(target: &Stored<Member>) -> Option<&Stored<Member>> {
        Some(target)
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let context = plan.load(state)?;
        let (member, changes) = member::release_seat(context.membership(state), state.target, moment)?;
        Ok((MemberView::of(state.pack, &state.scope.workspace.value, &member, moment.now), changes))
    }
}
