//! The records behind what a workspace pays for.

use seatwise_domain::pack::{BillingProvider, Pack};
use seatwise_domain::rules::billing::Holdings;
use seatwise_domain::{
    BillingAccount, Seat, Stored, Subscription, SubscriptionStatus, Tally, Workspace, WorkspaceId,
};
use seatwise_store::{One, Reads};

use crate::operation::{Operation, ReadSoFar, State};
use crate::problem::Problem;
use crate::seat::reads::SeatReads;

/// The handle of a workspace's account at Stripe, where the product is paid there.
#[derive(Clone, Copy)]
pub struct AccountRead(Option<One<BillingAccount>>);

impl AccountRead {
    /// Reads the account.
    pub fn plan(pack: &Pack, workspace: WorkspaceId, reads: &mut Reads) -> Self {
        let is_online = pack.billing.provider == BillingProvider::Stripe;
        Self(is_online.then(|| reads.one(BillingAccount::key(workspace))))
    }

    /// The account, if the workspace has one.
    pub fn load<O: Operation>(self, state: &State<'_, O>) -> Option<Stored<BillingAccount>> {
        self.0.and_then(|account| state.one(account))
    }

    /// The account, before anything else is read.
    pub fn read(self, so_far: &ReadSoFar<'_>) -> Option<Stored<BillingAccount>> {
        self.0.and_then(|account| so_far.loaded.one(account))
    }
}

/// The handles of what a workspace has that can cost something, and of its account.
pub struct HoldingReads {
    tally: One<Tally>,
    seats: SeatReads,
    account: AccountRead,
}

impl HoldingReads {
    /// Reads them.
    pub fn plan(pack: &Pack, workspace: WorkspaceId, reads: &mut Reads) -> Self {
        Self {
            tally: reads.one(Tally::key(workspace)),
            seats: SeatReads::plan(pack, workspace, reads),
            account: AccountRead::plan(pack, workspace, reads),
        }
    }

    /// The handle of the account.
    pub fn account(&self) -> AccountRead {
        self.account
    }

    /// The records.
    pub fn load<O: Operation>(&self, state: &State<'_, O>) -> Result<Held, Problem> {
        Ok(Held {
            tally: state.required(self.tally)?.value,
            seats: self.seats.load(state),
            account: self.account.load(state),
        })
    }
}

/// What a workspace has that can cost something, and its account.
pub struct Held {
    /// Its counts.
    pub tally: Tally,
    /// The seats that it has bought.
    pub seats: Vec<Stored<Seat>>,
    /// Its account at Stripe.
    pub account: Option<Stored<BillingAccount>>,
}

impl Held {
    /// The same, for the rules.
    pub fn holdings<'a>(&'a self, workspace: &'a Stored<Workspace>) -> Holdings<'a> {
        Holdings { workspace, tally: &self.tally, seats: &self.seats }
    }

    /// The subscription that still runs.
    pub fn subscription(&self) -> Option<&Subscription> {
        let subscription = self.account.as_ref()?.value.subscription.as_ref()?;
        Some(subscription).filter(|subscription| subscription.status != SubscriptionStatus::Ended)
    }
}
