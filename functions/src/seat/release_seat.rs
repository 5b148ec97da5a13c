//! `release-seat`: a member gives a purchased seat back (S2).

use http::Method;
use seatwise_domain::Moment;
use seatwise_domain::change::Changes;
use seatwise_domain::member::Member;
use seatwise_domain::record::{RecordKey, Stored};
use seatwise_domain::seat;
use seatwise_store::Load;

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
    const DESCRIPTION: &'static str = "Who may sit in a free slot does so; a role that cannot be held without a seat \
        keeps it.";
    const CODES: &'static [Code] = &[Code::SeatRequired];
    const ANSWER: &'static str = include_str!("../../examples/release-seat.answer.json");

    type Path = OfMember;
    type Query = Nothing;
    type Body = Nothing;
    type Output = MemberView;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().record(RecordKey::Tally(request.path.workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(MemberView, Changes), Problem> {
        let member: Stored<Member> = state.subject()?;
        let tally = state.tally(request.path.workspace)?;
        let (member, changes) = seat::release(state.pack, &member, &tally)?;
        Ok((MemberView::of(state.pack, &state.workspace()?.value, &member, moment.now), changes))
    }
}
