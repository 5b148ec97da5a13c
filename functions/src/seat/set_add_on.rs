//! `set-add-on`: the units of an add-on of a seat (S12).

use http::Method;
use seatwise_domain::{Changes, Moment, Seat, Stored};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::SeatView;
use crate::billing::agreed::AgreedFields;
use crate::billing::buying::decide_purchase;
use crate::billing::change::{AskedChange, MAX_UNITS};
use crate::billing::purchased::Purchased;
use crate::billing::reads::HoldingReads;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::path::SeatAddOnPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Units};

/// Sets the units of an add-on.
pub struct SetAddOn;

/// The number of units.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SetAddOnBody)]
pub struct AddOnBody {
    /// The number of paid units of each seat, beyond those that are included.
    #[schema(value_type = u32, minimum = 0, maximum = 1000)]
    pub quantity: Units<0, MAX_UNITS>,
    /// The price that was agreed to. Without it, the purchase is made at the price that it has then.
    #[schema(value_type = Option<AgreedFields>)]
    #[serde(default)]
    pub agreed: Option<AgreedFields>,
}
body!(AddOnBody);

/// The codes with which a change of add-ons may be refused.
pub const BUYING_ADD_ON: &[Code] = &[Code::AddOnUnknown, Code::RenewalInProgress, Code::SeatNotAvailable];

impl Operation for SetAddOn {
    const NAME: &'static str = "set-add-on";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats/{seatId}/add-ons/{addOn}";
    const TAG: Tag = Tag::Seats;
    const STRIPE: StripeUse = StripeUse::Pays;
    const SUMMARY: &'static str = "Set an add-on of a seat";
    const DESCRIPTION: &'static str = "More units cost the rest of the period at once; fewer cost less from the next \
        renewal. A cancelled seat keeps its add-ons.";
    const CODES: &'static [Code] = BUYING_ADD_ON;
    const EXAMPLE: &'static str = include_str!("../../examples/set-add-on.request.json");
    const ANSWER: &'static str = include_str!("../../examples/set-add-on.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Seat>;
    type Path = SeatAddOnPath;
    type Query = Nothing;
    type Body = AddOnBody;
    type Output = Purchased<SeatView>;
    type Plan = HoldingReads;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let SeatAddOnPath { workspace, seat, .. } = request.path;
        Ok(about(seat, HoldingReads::plan(start.pack, workspace, reads)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let SeatAddOnPath { seat, add_on, .. } = &state.request.path;
        let AddOnBody { quantity, agreed } = &state.request.body;
        let asked = AskedChange::AddOn(*seat, add_on.0.clone(), quantity.0).at_price(agreed.as_ref());
        let (decided, changes) = decide_purchase(state, &plan.load(state)?, &asked, moment)?;
        let seat = &state.target.value;
        Ok((decided.answer(|granted| SeatView::here(state, granted.seat_or(seat))), changes))
    }
}
