//! `set-add-on-everywhere`: the units of an add-on of every seat (S12).

use http::Method;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;

use super::buying::{Granted, decide_purchase};
use super::change::AskedChange;
use super::purchased::Purchased;
use super::reads::HoldingReads;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::output;
use crate::path::AddOnPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::seat::set_add_on::{AddOnBody, BUYING_ADD_ON};
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Sets the units of an add-on of every seat.
pub struct SetAddOnEverywhere;

/// The seats that have the number of units.
#[derive(Serialize, ToSchema)]
pub struct AddOnSet {
    /// The number of seats that were changed.
    pub(crate) changed: usize,
    /// The number of seats that are still to be changed. If it is not 0, repeat the request.
    pub(crate) remaining: usize,
}
output!(AddOnSet);

impl Operation for SetAddOnEverywhere {
    const NAME: &'static str = "set-add-on-everywhere";
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/add-ons/{addOn}";
    const TAG: Tag = Tag::Seats;
    const STRIPE: StripeUse = StripeUse::Pays;
    const SUMMARY: &'static str = "Set an add-on of every seat";
    const DESCRIPTION: &'static str = "Sets the number of units for each seat that renews. More units cost more at \
        once; fewer cost less from the next renewal. One request changes at most 90 seats, except where the change \
        has to be paid first. Preview it again before you repeat it with an agreed price.";
    const CODES: &'static [Code] = BUYING_ADD_ON;
    const EXAMPLE: &'static str = include_str!("../../examples/set-add-on-everywhere.request.json");
    const ANSWER: &'static str = include_str!("../../examples/set-add-on-everywhere.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = AddOnPath;
    type Query = Nothing;
    type Body = AddOnBody;
    type Output = Purchased<AddOnSet>;
    type Plan = HoldingReads;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), HoldingReads::plan(start.pack, request.path.workspace, reads)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let AddOnBody { quantity, agreed } = &state.request.body;
        let asked = AskedChange::AddOnEverywhere(state.request.path.add_on.0.clone(), quantity.0)
            .at_price(agreed.as_ref());
        let (decided, changes) = decide_purchase(state, &plan.load(state)?, &asked, moment)?;
        let answer =
            |granted: Granted| AddOnSet { changed: granted.seats.len(), remaining: granted.remaining };
        Ok((decided.answer(answer), changes))
    }
}
