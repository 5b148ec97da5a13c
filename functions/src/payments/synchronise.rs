//! One synchronisation: fresh records and readings, one step, and again, until nothing is left to do.

use jiff::Timestamp;
use seatwise_domain::rules::sync::{self, Known, SyncStep};
use seatwise_domain::{
    BillingAccount, Pack, Purchase, Record, RecordKey, Seat, Stored, Tally, Workspace, WorkspaceId,
};
use seatwise_store::{CommitError, List, Reads, Store};

use super::error::SyncError;
use super::perform::AtStripe;
use super::reading;
use crate::events;
use crate::service::Service;

/// How a synchronisation ends.
pub enum Rest {
    /// Nothing is left to do.
    Done,
    /// Something is to do at this time.
    Until(Timestamp),
}

/// The most steps of one run. The longest known one, a purchase for a workspace with 1,000 seats, takes some 30.
const MAX_STEPS: u32 = 100;

/// The records of a workspace's billing.
struct Records {
    workspace: Option<Stored<Workspace>>,
    tally: Tally,
    seats: Vec<Stored<Seat>>,
    account: Stored<BillingAccount>,
    purchase: Option<Stored<Purchase>>,
}

/// Synchronises a workspace.
pub async fn synchronise(
    service: &Service,
    store: &Store,
    workspace: WorkspaceId,
    is_check: bool,
) -> Result<Rest, SyncError> {
    let active = service.load_policies(store).await?;
    if active.is_floor_only {
        return Err(SyncError::FloorOnly);
    }
    let pack = active.bundle.pack();
    let client = service.stripe.client(service.now()).await?;
    let source = events::of_function("synchronise-billing", None, pack.event_terms());
    let (mut answer, mut asked) = (None, None);
    for _ in 0..MAX_STEPS {
        let Some(records) = load(store, workspace).await? else { return Ok(Rest::Done) };
        let known = records.known(pack, is_check);
        let customer = records.account.value.customer.as_deref();
        // The moment is no later than the reading: what closes at a time must be read after it.
        let mut moment = service.moment();
        let reading = reading::read(&client, pack, customer).await?;
        let step = sync::next(&known, &reading, answer.take().as_ref(), &mut moment)?;
        if step.mends(&known) {
            tracing::error!(%workspace, what = mended(&step), billing_drift = 1, "drift mended");
        }
        match &step {
            SyncStep::Done => return Ok(Rest::Done),
            SyncStep::Wait { until } => return Ok(Rest::Until(*until)),
            SyncStep::Commit(changes) => {
                let before = |key: &RecordKey| records.find(key);
                let written = events::commit(store, changes.clone(), &before, &source, &mut moment).await;
                match written {
                    Ok(()) | Err(CommitError::Conflict) => asked = None,
                    Err(error) => return Err(error.into()),
                }
            }
            // Stripe refuses it in this state, or tells its effect later.
            _ if asked.as_ref() == Some(&step) => return Err(SyncError::NoEffect),
            _ => {
                let at_stripe = AtStripe {
                    client: &client,
                    pack,
                    workspace,
                    name: records.workspace.as_ref().map(|stored| stored.value.name.to_string()),
                    customer: records.account.value.customer.clone(),
                    page: service.billing_page(workspace),
                };
                answer = at_stripe.perform(&step).await?;
                asked = Some(step);
            }
        }
    }
    Err(SyncError::Endless)
}

/// What a step mends, in words.
fn mended(step: &SyncStep) -> &'static str {
    match step {
        SyncStep::EndOther { .. } => "a second subscription",
        SyncStep::Refund { .. } => "a payment for which nothing could be granted",
        SyncStep::Level { .. } => "quantities",
        SyncStep::SetCancellation { .. } => "a cancellation",
        SyncStep::VoidInvoice { .. } => "an invoice that nobody asked for",
        _ => "something else",
    }
}

impl Records {
    /// A record that was read, for the events of its change.
    fn find(&self, key: &RecordKey) -> Option<Record> {
        let workspace = self.workspace.as_ref().map(|stored| stored.value.clone());
        let single = [workspace.map(Record::from), Some(Record::from(self.tally.clone()))];
        let seats = self.seats.iter().map(|seat| Record::from(seat.value.clone()));
        single.into_iter().flatten().chain(seats).find(|record| record.key() == *key)
    }

    fn known<'a>(&'a self, pack: &'a Pack, is_check: bool) -> Known<'a> {
        Known {
            pack,
            workspace: self.workspace.as_ref(),
            tally: &self.tally,
            seats: &self.seats,
            account: &self.account,
            purchase: self.purchase.as_ref(),
            is_check,
        }
    }
}

/// Loads the records; `None` if the workspace has nothing to do with Stripe.
async fn load(store: &Store, id: WorkspaceId) -> Result<Option<Records>, SyncError> {
    let mut reads = Reads::new();
    let account = reads.one(BillingAccount::key(id));
    let workspace = reads.one(Workspace::key(id));
    let tally = reads.one(Tally::key(id));
    let seats = reads.many(List::seats(id));
    let loaded = store.read(&reads).await?;
    let Some(account) = loaded.one(account) else { return Ok(None) };
    let account: Stored<BillingAccount> = account;
    let purchase = match account.value.open_purchase {
        Some(purchase) => store.get(Purchase::key(id, purchase)).await?,
        None => None,
    };
    Ok(Some(Records {
        workspace: loaded.one(workspace),
        tally: loaded.one(tally).map_or_else(|| Tally::empty(id), |stored: Stored<Tally>| stored.value),
        seats: loaded.many(seats),
        account,
        purchase,
    }))
}
