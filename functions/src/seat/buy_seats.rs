//! `buy-seats`: through the pack's billing provider (S11).

use http::Method;
use seatwise_domain::rules::billing::MAX_PER_PURCHASE;
use seatwise_domain::{Changes, Moment, TierName};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{SeatView, SeatsView};
use crate::billing::agreed::AgreedFields;
use crate::billing::buying::decide_purchase;
use crate::billing::change::AskedChange;
use crate::billing::purchased::Purchased;
use crate::billing::reads::HoldingReads;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Created, Nothing, Units, of_form};
use crate::workspace::target::ThisWorkspace;

/// Buys seats.
pub struct BuySeats;

/// The seats to buy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BuySeatsBody {
    /// The tier of the seats. The default is the first tier of the product.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    tier: Option<TierName>,
    /// The number of seats.
    #[schema(value_type = u32, minimum = 1, maximum = 50)]
    quantity: Units<1, MAX_PER_PURCHASE>,
    /// The price that was agreed to. Without it, the purchase is made at the price that it has then.
    #[schema(value_type = Option<AgreedFields>)]
    #[serde(default)]
    agreed: Option<AgreedFields>,
}
body!(BuySeatsBody);

impl Operation for BuySeats {
    const NAME: &'static str = "buy-seats";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats";
    const TAG: Tag = Tag::Seats;
    const IDEMPOTENT: bool = true;
    const STRIPE: StripeUse = StripeUse::Pays;
    const SUMMARY: &'static str = "Buy seats";
    const DESCRIPTION: &'static str = "The answer is 201 with the seats when the purchase is paid, and 202 with the \
        page where the customer pays it otherwise. With the `manual` billing provider, the seats are available \
        immediately, and the purchase is recorded for an invoice. Seats renew until they are cancelled.";
    const CODES: &'static [Code] = &[Code::TierUnknown, Code::SeatLimitReached, Code::RenewalInProgress];
    const EXAMPLE: &'static str = include_str!("../../examples/buy-seats.request.json");
    const ANSWER: &'static str = include_str!("../../examples/buy-seats.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = BuySeatsBody;
    type Output = Purchased<Created<SeatsView>>;
    type Plan = HoldingReads;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let first = start.pack.seats.tiers.first().map(|tier| &tier.id);
        let asked = request.body.tier.as_ref().map(|tier| start.pack.tier_id(tier));
        let planned = about((), HoldingReads::plan(start.pack, request.path.workspace, reads));
        Ok(planned.giving_tier(asked.as_ref().or(first)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let BuySeatsBody { tier, quantity, agreed } = &state.request.body;
        let asked = AskedChange::Seats(tier.clone(), quantity.0).at_price(agreed.as_ref());
        let (decided, changes) = decide_purchase(state, &plan.load(state)?, &asked, moment)?;
        let items = |seats: &[_]| seats.iter().map(|seat| SeatView::here(state, seat)).collect();
        Ok((decided.answer(|granted| Created(SeatsView { items: items(&granted.seats) })), changes))
    }
}
