//! `buy-seats`: through the pack's billing provider (S11).

use http::{Method, StatusCode};
use seatwise_domain::pack::BillingProvider;
use seatwise_domain::rules::seat::{self, MAX_PER_PURCHASE};
use seatwise_domain::{Changes, Moment, RecordKey, SeatOrder, TierId};
use seatwise_store::{Load, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{InWorkspace, Nothing};
use crate::view::SeatView;
use crate::{body, output};

/// Buys seats.
pub struct BuySeats;

/// What to buy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BuySeatsBody {
    /// Which tier; the product's first, if absent.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    tier: Option<TierId>,
    /// How many.
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

/// What was bought.
#[derive(Serialize, ToSchema)]
pub struct Bought {
    /// The seats.
    items: Vec<SeatView>,
}
output!(Bought);

impl Operation for BuySeats {
    const NAME: &'static str = "buy-seats";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats";
    const STATUS: StatusCode = StatusCode::CREATED;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Buy seats";
    const DESCRIPTION: &'static str = "With the `manual` billing provider the seats are there at once, and the purchase is \
        recorded for an invoice. Seats renew until they are cancelled.";
    const CODES: &'static [Code] = &[Code::TierUnknown, Code::SeatLimitReached];
    const EXAMPLE: &'static str = include_str!("../../examples/buy-seats.request.json");
    const ANSWER: &'static str = include_str!("../../examples/buy-seats.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = BuySeatsBody;
    type Output = Bought;

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        let workspace = request.path.workspace;
        Ok(Load::new().record(RecordKey::Tally(workspace)).query(Query::Seats(workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Bought, Changes), Problem> {
        let workspace = request.path.workspace;
        let tally = state.tally(workspace)?;
        let BuySeatsBody { tier, quantity } = &request.body;
        match state.pack.billing.provider {
            BillingProvider::Manual => {
                let order = SeatOrder { by: state.caller()?.user, tier: tier.as_ref(), quantity: quantity.0 };
                let existing = state.loaded().list(&Query::Seats(workspace));
                let (seats, changes) = seat::buy(state.pack, workspace, order, &tally, &existing, moment)?;
                let items = seats.iter().map(|seat| SeatView::of(state.pack, seat, moment.now)).collect();
                Ok((Bought { items }, changes))
            }
        }
    }
}
