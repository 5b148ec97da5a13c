//! `change-seat-tier`: another tier for a seat, with its occupant (S11).

use http::Method;
use seatwise_domain::{Changes, Moment, Seat, Stored, TierName};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::SeatView;
use crate::billing::agreed::AgreedFields;
use crate::billing::buying::decide_purchase;
use crate::billing::change::AskedChange;
use crate::billing::purchased::Purchased;
use crate::billing::reads::HoldingReads;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::path::SeatPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Changes the tier of a seat.
pub struct ChangeSeatTier;

/// The new tier.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSeatTierBody {
    /// The tier.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    tier: TierName,
    /// The price that was agreed to. Without it, the purchase is made at the price that it has then.
    #[schema(value_type = Option<AgreedFields>)]
    #[serde(default)]
    agreed: Option<AgreedFields>,
}
body!(ChangeSeatTierBody);

impl Operation for ChangeSeatTier {
    const NAME: &'static str = "change-seat-tier";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats/{seatId}/tier";
    const TAG: Tag = Tag::Seats;
    const STRIPE: StripeUse = StripeUse::Pays;
    const SUMMARY: &'static str = "Change the tier of a seat";
    const DESCRIPTION: &'static str = "The occupant keeps the seat and has what the new tier gives. A tier that costs \
        more costs the rest of the period at once; one that costs less costs less from the next renewal. The tier of \
        a cancelled seat stays.";
    const CODES: &'static [Code] = &[Code::TierUnknown, Code::RenewalInProgress, Code::SeatNotAvailable];
    const EXAMPLE: &'static str = include_str!("../../examples/change-seat-tier.request.json");
    const ANSWER: &'static str = include_str!("../../examples/change-seat-tier.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Seat>;
    type Path = SeatPath;
    type Query = Nothing;
    type Body = ChangeSeatTierBody;
    type Output = Purchased<SeatView>;
    type Plan = HoldingReads;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let SeatPath { workspace, seat } = request.path;
        let planned = about(seat, HoldingReads::plan(start.pack, workspace, reads));
        Ok(planned.giving_tier(Some(&start.pack.tier_id(&request.body.tier))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let ChangeSeatTierBody { tier, agreed } = &state.request.body;
        let asked = AskedChange::SeatTier(state.request.path.seat, tier.clone()).at_price(agreed.as_ref());
        let (decided, changes) = decide_purchase(state, &plan.load(state)?, &asked, moment)?;
        let seat = &state.target.value;
        Ok((decided.answer(|granted| SeatView::here(state, granted.seat_or(seat))), changes))
    }
}
