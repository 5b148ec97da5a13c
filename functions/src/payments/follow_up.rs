//! What a request does after it has begun a purchase: it waits a few seconds for the synchronisation, and tells
//! what became of the purchase.

use http::StatusCode;
use seatwise_domain::pack::Pack;
use seatwise_domain::{
    BillingChange, Credits, PaymentFailure, Purchase, PurchaseId, PurchaseState, Seat, Stored, WorkspaceId,
};
use seatwise_store::{Reads, Store};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::question::WAIT;
use super::run;
use crate::answer::{Answer, Content};
use crate::policies::Active;
use crate::problem::{Code, Problem};
use crate::service::Service;

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
    let pay_url = payment.and_then(|payment| payment.pay_url.as_deref()).map(Box::from);
    let failed = |code: Code| Problem { purchase: Some(purchase.id), ..code.into() };
    match purchase.state {
        PurchaseState::Paid => granted(store, pack, purchase, service).await,
        PurchaseState::Checkout | PurchaseState::Charging => {
            let checkout_url = payment.and_then(|payment| payment.checkout_url.as_deref());
            let body = json!({ "purchaseId": purchase.id.to_string(), "checkoutUrl": checkout_url });
            Ok(Answer { content: Content::Json(body), ..waiting })
        }
        PurchaseState::ActionRequired => Err(Problem { pay_url, ..failed(Code::PaymentFailed) }),
        PurchaseState::Failed => Err(match payment.and_then(|payment| payment.failure) {
            Some(PaymentFailure::PriceChanged) => failed(Code::PriceChanged),
            _ => failed(Code::PaymentFailed),
        }),
        PurchaseState::Discarded | PurchaseState::Expired => Err(failed(Code::PaymentFailed)),
    }
}

async fn granted(_: &Store, _: &Pack, _: &Purchase, _: &Service) -> Result<Answer, Problem> {
    Err(Code::ConflictBusy.into())
}
