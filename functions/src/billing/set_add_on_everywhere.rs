//! `set-add-on-everywhere`: the units of an add-on of every seat (S12).

use http::Method;
use seatwise_domain::pack::{AddOnId, BillingProvider};
use seatwise_domain::rules::billing::{self, GRANTED_AT_ONCE};
use seatwise_domain::{Changes, Moment, Seat, Stored};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;

use super::buying::decide_purchase;
use super::change::AskedChange;
use super::purchased::Purchased;
use super::reads::{Held, HoldingReads};
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
        has to be paid first.";
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
        let (add_on, quantity) = (&state.request.path.add_on.0, state.request.body.quantity.0);
        let mut held = plan.load(state)?;
        let concerned = concerned(state, &held, add_on, quantity);
        let asked = AskedChange::AddOnEverywhere(add_on.clone(), quantity);
        if !is_paid_first(state, &held, &asked)? {
            // A request must say no more than what its transaction grants.
            held.seats = concerned.iter().take(GRANTED_AT_ONCE).cloned().collect();
        }
        let (decided, changes) = decide_purchase(state, &held, &asked, moment)?;
        let answer = decided.answer(|granted| {
            let done = granted.seats.len();
            AddOnSet { changed: done, remaining: concerned.len().saturating_sub(done) }
        });
        Ok((answer, changes))
    }
}

/// Whether the change is granted by a synchronisation, in as many steps as it takes.
fn is_paid_first(
    state: &State<'_, SetAddOnEverywhere>,
    held: &Held,
    asked: &AskedChange,
) -> Result<bool, Problem> {
    if state.pack.billing.provider == BillingProvider::Manual {
        return Ok(false);
    }
    let holdings = held.holdings(&state.scope.workspace);
    let order = billing::order(state.pack, &holdings, asked.of(state.pack, &holdings)?, state.now)?;
    Ok(order.rises)
}

/// The seats that renew and have another number of units.
fn concerned(
    state: &State<'_, SetAddOnEverywhere>,
    held: &Held,
    add_on: &AddOnId,
    quantity: u32,
) -> Vec<Stored<Seat>> {
    let paid = state.scope.workspace.value.paid.as_ref();
    let is_concerned = |seat: &Seat| {
        let renews = seat.term.ends.is_none() && !seat.term.is_over(paid, state.now);
        renews && seat.add_ons.get(add_on).copied().unwrap_or(0) != quantity
    };
    held.seats.iter().filter(|seat| is_concerned(&seat.value)).cloned().collect()
}
