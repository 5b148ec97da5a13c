//! What a request does after it has begun a purchase: it waits a few seconds for the synchronisation, and tells
//! what became of the purchase.

use http::StatusCode;
use seatwise_domain::pack::Pack;
use seatwise_domain::{
    BillingChange, Credits, PaymentFailure, Purchase, PurchaseId, PurchaseState, Seat, Stored, Workspace,
    WorkspaceId,
};
use seatwise_store::{List, Reads, Store};
use tokio::time::Instant;

use super::question::WAIT;
use super::run;
use crate::answer::Answer;
use crate::billing::change_plan::ChangedPlan;
use crate::billing::get_credits::CreditsView;
use crate::billing::purchased::WaitingPurchase;
use crate::billing::set_add_on_everywhere::AddOnSet;
use crate::policies::Active;
use crate::problem::{Code, Problem};
use crate::seat::view::{SeatView, SeatsView};
use crate::service::Service;
use crate::wire::Output;

/// The detail where no card is to blame.
const REFUSED: &str = "The purchase could not be made any more, so nothing was bought, and what was paid is given back. \
    Read the workspace again before you repeat it.";

/// The answer to a request that may have begun a purchase.
pub(crate) async fn follow_up(
    service: &Service,
    store: &Store,
    workspace: Option<WorkspaceId>,
    active: &Active,
    answer: Answer,
) -> Result<Answer, Problem> {
    let (Some(workspace), Some(purchase)) = (workspace, begun(&answer)) else { return Ok(answer) };
    let deadline = Instant::now() + WAIT;
    // The task of the outbox continues what this run leaves, so its failure is no failure of the request.
    run::run_in_request(service, store, workspace, deadline).await;
    let pack = active.bundle.pack();
    match store.get(Purchase::key(workspace, purchase)).await? {
        Some(stored) => outcome(store, pack, &stored, service, answer).await,
        None => Ok(answer),
    }
}

/// The purchase that an answer names as begun.
fn begun(answer: &Answer) -> Option<PurchaseId> {
    if answer.status != StatusCode::ACCEPTED {
        return None;
    }
    answer.json()?["purchaseId"].as_str()?.parse().ok()
}

async fn outcome(
    store: &Store,
    pack: &Pack,
    stored: &Stored<Purchase>,
    service: &Service,
    waiting: Answer,
) -> Result<Answer, Problem> {
    let purchase = &stored.value;
    let payment = purchase.payment.as_ref();
    let pay_url = payment.and_then(|payment| payment.pay_url.clone());
    let failed = |code: Code| Problem::of_purchase(code, purchase.id, None);
    match purchase.state {
        PurchaseState::Paid => granted(service, store, pack, purchase).await,
        PurchaseState::Checkout | PurchaseState::Charging => {
            let content = WaitingPurchase::paid_at(purchase).into_content()?;
            Ok(Answer { content, ..waiting })
        }
        PurchaseState::ActionRequired => Err(Problem::of_purchase(Code::PaymentFailed, purchase.id, pay_url)),
        PurchaseState::Failed => Err(match payment.and_then(|payment| payment.failure) {
            Some(PaymentFailure::PriceChanged) => failed(Code::PriceChanged),
            Some(PaymentFailure::Refused) => {
                Problem { detail: Some(REFUSED.into()), ..failed(Code::PaymentFailed) }
            }
            Some(PaymentFailure::Declined) | None => failed(Code::PaymentFailed),
        }),
        PurchaseState::Discarded | PurchaseState::Expired => Err(failed(Code::PaymentFailed)),
    }
}

/// The answer of a purchase that is granted: as with the manual provider.
async fn granted(
    service: &Service,
    store: &Store,
    pack: &Pack,
    purchase: &Purchase,
) -> Result<Answer, Problem> {
    let mut reads = Reads::new();
    let workspace = reads.one(Workspace::key(purchase.workspace));
    let credits = reads.one(Credits::key(purchase.workspace));
    let seats = reads.many(List::seats(purchase.workspace));
    let loaded = store.read(&reads).await?;
    let workspace: Workspace = loaded.one(workspace).ok_or(Code::NotFound)?.value;
    let seats: Vec<Stored<Seat>> = loaded.many(seats);
    let seats = || seats.iter().map(|stored| &stored.value);
    let view = |seat: &Seat| SeatView::of(pack, workspace.paid.as_ref(), seat, service.now());
    match purchase.change.as_ref() {
        None | Some(BillingChange::Seats { .. }) => {
            let bought = seats().filter(|seat| seat.purchase == Some(purchase.id));
            made(StatusCode::CREATED, SeatsView { items: bought.map(view).collect() })
        }
        Some(BillingChange::SeatTier { seat, .. } | BillingChange::AddOn { seat, .. }) => {
            let seat = seats().find(|other| other.id == *seat).ok_or(Code::NotFound)?;
            made(StatusCode::OK, view(seat))
        }
        Some(BillingChange::AddOnEverywhere { add_on, quantity }) => {
            let changed = seats().filter(|seat| seat.add_ons.get(add_on) == Some(quantity)).count();
            made(StatusCode::OK, AddOnSet { changed, remaining: 0 })
        }
        Some(BillingChange::Plan { plan, seats, extras }) => {
            made(StatusCode::OK, ChangedPlan::of(pack, plan, *seats, extras))
        }
        Some(BillingChange::Credits { .. }) => {
            let balance = loaded.one(credits).map_or(0, |stored: Stored<Credits>| stored.value.balance);
            made(StatusCode::CREATED, CreditsView { balance })
        }
    }
}

fn made(status: StatusCode, output: impl Output) -> Result<Answer, Problem> {
    Ok(Answer { status, content: output.into_content()? })
}
