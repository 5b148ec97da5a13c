//! `release-seat`: a member gives a purchased seat back (S2).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, Stored};
use seatwise_store::Load;

use crate::member::{Known, Need};
use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfMember};
use crate::view::MemberView;

/// Takes a member's seat back.
pub struct ReleaseSeat;

impl Operation for ReleaseSeat {
    const NAME: &'static str = "release-seat";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}/seat";
    const SUMMARY: &'static str = "Take a member's seat back";
    const DESCRIPTION: &'static str = "Who may sit in a free slot does so. Where there is a role for those without a \
        seat, they get it; else a role that cannot be held without a seat keeps it.";
    const CODES: &'static [Code] = &[Code::SeatRequired, Code::LastGovernor, Code::CreatorProtected];
    const ANSWER: &'static str = include_str!("../../examples/release-seat.answer.json");

    type Path = OfMember;
    type Query = Nothing;
    type Body = Nothing;
    type Output = MemberView;

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let OfMember { workspace, user } = request.path;
        Ok(Known::load(context.pack, workspace, user, Need::Counts))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(MemberView, Changes), Problem> {
        let member: Stored<Member> = state.subject()?;
        let known = Known::of(state, request.path.user, Need::Counts)?;
        let (member, changes) = member::release_seat(known.standing(state)?, &member, moment)?;
        Ok((MemberView::of(state.pack, &state.workspace()?.value, &member, moment.now), changes))
    }
}
