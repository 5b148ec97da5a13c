//! `buy-seats`: through the pack's billing provider (S11).

use http::Method;
use seatwise_domain::SeatOrder;
use seatwise_domain::pack::BillingProvider;
use seatwise_domain::rules::seat::{self, MAX_PER_PURCHASE};
use seatwise_domain::{Changes, Moment, Seat, Tally, TierId};
use seatwise_store::{List, Many, One, Reads};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::SeatView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Created, Nothing, of_form};
use crate::workspace::target::ThisWorkspace;
use crate::{body, output};

/// Buys seats.
pub struct BuySeats;

/// The seats to buy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BuySeatsBody {
    /// The tier of the seats. The default is the first tier of the product.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    tier: Option<TierId>,
    /// The number of seats.
    #[schema(value_type = u32, minimum = 1, maximum = 50)]
    quantity: Quantity,
}
body!(BuySeatsBody);

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
struct Quantity(u32);

impl TryFrom<u32> for Quantity {
    type Error = String;
    fn try_from(quantity: u32) -> Result<Self, String> {
        if (1..=MAX_PER_PURCHASE).contains(&quantity) {
            Ok(Self(quantity))
        } else {
            Err(format!("must be 1 to {MAX_PER_PURCHASE}"))
        }
    }
}

/// The purchased seats.
#[derive(Serialize, ToSchema)]
pub struct Bought {
    /// The seats.
    items: Vec<SeatView>,
}
output!(Bought);

/// The handles of the records to read.
pub struct BuyPlan {
    tally: One<Tally>,
    seats: Many<Seat>,
}

impl Operation for BuySeats {
    const NAME: &'static str = "buy-seats";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats";
    const TAG: Tag = Tag::Seats;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Buy seats";
    const DESCRIPTION: &'static str = "With the `manual` billing provider, the seats are available \
        immediately, and the purchase is recorded for an invoice. Seats renew until they are cancelled.";
    const CODES: &'static [Code] = &[Code::TierUnknown, Code::SeatLimitReached];
    const EXAMPLE: &'static str = include_str!("../../examples/buy-seats.request.json");
    const ANSWER: &'static str = include_str!("../../examples/buy-seats.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = BuySeatsBody;
    type Output = Created<Bought>;
    type Plan = BuyPlan;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let plan =
            BuyPlan { tally: reads.one(Tally::key(workspace)), seats: reads.many(List::seats(workspace)) };
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let workspace = state.request.path.workspace;
        let tally = state.required(plan.tally)?.value;
        let BuySeatsBody { tier, quantity } = &state.request.body;
        match state.pack.billing.provider {
            BillingProvider::Manual => {
                let order =
                    SeatOrder { by: state.scope.caller.user, tier: tier.as_ref(), quantity: quantity.0 };
                let existing = state.many(plan.seats);
                let (seats, changes) = seat::buy(state.pack, workspace, order, &tally, &existing, moment)?;
                let items = seats.iter().map(|seat| SeatView::of(state.pack, seat, moment.now)).collect();
                Ok((Created(Bought { items }), changes))
            }
        }
    }
}
