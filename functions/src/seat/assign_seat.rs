//! `assign-seat`: a member onto a purchased seat, or onto another one (S2).

use http::Method;
use seatwise_domain::SeatChoice;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, Pack, SeatId, Stored, TierId, TierName};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body;
use crate::member::context::{MemberContext, Need};
use crate::member::view::MemberView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::MemberPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, of_form};

/// Gives a member a seat.
pub struct AssignSeat;

/// The seat to assign. Without a field, any free seat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AssignSeatBody {
    /// The id of the seat.
    #[schema(value_type = Option<String>, format = Uuid)]
    seat_id: Option<SeatId>,
    /// The tier of the seat.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    tier: Option<TierName>,
}
body!(AssignSeatBody);

impl AssignSeatBody {
    fn tier(&self, pack: &Pack) -> Option<TierId> {
        self.tier.as_ref().map(|tier| pack.tier_id(tier))
    }
}

impl Operation for AssignSeat {
    const NAME: &'static str = "assign-seat";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}/seat";
    const TAG: Tag = Tag::Seats;
    const SUMMARY: &'static str = "Assign a seat to a member";
    const DESCRIPTION: &'static str = "If the member already has a seat, they move to the new one, and the \
        old one becomes free. A member in a free slot leaves the slot. If the product's roles take seats \
        (`by-role`), a member with the role for members without a seat gets the joiner's role.";
    const CODES: &'static [Code] = &[Code::NoSeatAvailable, Code::SeatNotAvailable, Code::TierUnknown];
    const EXAMPLE: &'static str = include_str!("../../examples/assign-seat.request.json");
    const ANSWER: &'static str = include_str!("../../examples/assign-seat.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Member>;
    type Path = MemberPath;
    type Query = Nothing;
    type Body = AssignSeatBody;
    type Output = MemberView;
    type Plan = MemberContext;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let MemberPath { workspace, user } = request.path;
        let context = MemberContext::plan(start.pack, workspace, user, Need::Seats, reads);
        let (tier, seats) = (request.body.tier(start.pack), context.seats());
        Ok(about(user, context).seating(tier.as_ref(), request.body.seat_id, seats.list()))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let context = plan.load(state)?;
        let tier = state.request.body.tier(state.pack);
        let wish = SeatChoice { seat: state.request.body.seat_id, tier: tier.as_ref() };
        let assigned = member::assign_seat(context.membership(state), state.target, wish, moment);
        let (member, changes) = assigned.map_err(|refusal| context.refusal(refusal))?;
        Ok((MemberView::of(state.pack, &state.scope.workspace.value, &member, moment.now), changes))
    }
}
