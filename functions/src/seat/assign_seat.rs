//! `assign-seat`: a member onto a purchased seat, or onto another one (S2).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, SeatChoice, SeatId, Stored, TierId};
use seatwise_store::Load;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::member::{Known, Need};
use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfMember};
use crate::view::MemberView;

/// Gives a member a seat.
pub struct AssignSeat;

/// Which seat; any that is free, if nothing is said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AssignSeatBody {
    /// This one.
    #[schema(value_type = Option<String>, format = Uuid)]
    seat_id: Option<SeatId>,
    /// One of this tier.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    tier: Option<TierId>,
}
body!(AssignSeatBody);

impl Operation for AssignSeat {
    const NAME: &'static str = "assign-seat";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}/seat";
    const SUMMARY: &'static str = "Give a member a seat";
    const DESCRIPTION: &'static str = "Or another than they have, which is free then. Who sits in a free slot leaves it. Where the role decides the \
         seat, who has the role of those without one becomes a joiner.";
    const CODES: &'static [Code] = &[Code::NoSeatAvailable, Code::SeatNotAvailable, Code::TierUnknown];
    const EXAMPLE: &'static str = include_str!("../../examples/assign-seat.request.json");
    const ANSWER: &'static str = include_str!("../../examples/assign-seat.answer.json");

    type Path = OfMember;
    type Query = Nothing;
    type Body = AssignSeatBody;
    type Output = MemberView;

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let OfMember { workspace, user } = request.path;
        Ok(Known::load(context.pack, workspace, user, Need::Seats))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(MemberView, Changes), Problem> {
        let member: Stored<Member> = state.subject()?;
        let known = Known::of(state, request.path.user, Need::Seats)?;
        let wish = SeatChoice { seat: request.body.seat_id, tier: request.body.tier.as_ref() };
        let (member, changes) = member::assign_seat(known.standing(state)?, &member, wish, moment)?;
        Ok((MemberView::of(state.pack, &state.workspace()?.value, &member, moment.now), changes))
    }
}
