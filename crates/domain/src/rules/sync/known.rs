//! What Seatwise knows of a workspace that is synchronised.

use jiff::Timestamp;

use crate::change::Change;
use crate::model::{BillingAccount, Purchase, Quantities, Seat, Tally, Workspace};
use crate::pack::{Pack, Plan};
use crate::record::{RecordKey, Stored};
use crate::rules::billing::Holdings;

/// What Seatwise knows of a workspace.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The product.
    pub pack: &'a Pack,
    /// The workspace; `None`: it is deleted.
    pub workspace: Option<&'a Stored<Workspace>>,
    /// The counts of the workspace; of a deleted one, any.
    pub tally: &'a Tally,
    /// All seats of the workspace.
    pub seats: &'a [Stored<Seat>],
    /// The account at Stripe.
    pub account: &'a Stored<BillingAccount>,
    /// The open purchase of the account.
    pub purchase: Option<&'a Stored<Purchase>>,
    /// Whether only a check asks for the synchronisation.
    pub is_check: bool,
}

/// A workspace that is not deleted, with what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub known: &'a Known<'a>,
    pub workspace: &'a Stored<Workspace>,
    pub now: Timestamp,
}

impl<'a> Here<'a> {
    pub fn pack(&self) -> &'a Pack {
        self.known.pack
    }

    pub fn account(&self) -> &'a BillingAccount {
        &self.known.account.value
    }

    pub fn plan(&self) -> Option<&'a Plan> {
        self.known.pack.plan(&self.workspace.value.plan)
    }

    /// Whether only an operator changes what the workspace has.
    pub fn is_operators(&self) -> bool {
        self.plan().is_some_and(|plan| plan.operator_managed)
    }

    pub fn holdings(&self) -> Holdings<'a> {
        Holdings { workspace: self.workspace, tally: self.known.tally, seats: self.known.seats }
    }

    /// The number of units of each item that renews.
    pub fn quantities(&self) -> Quantities {
        self.holdings().quantities(self.known.pack)
    }

    /// The account must still be as it was read.
    pub fn require_account(&self) -> Change {
        let key = RecordKey::BillingAccount(self.account().workspace);
        Change::RequireVersion(key, self.known.account.version)
    }

    /// The account with a change, if it is still as it was read.
    pub fn update_account(&self, change: impl FnOnce(&mut BillingAccount)) -> Change {
        update_account(self.known.account, change)
    }
}

pub(super) fn update_account(
    account: &Stored<BillingAccount>,
    change: impl FnOnce(&mut BillingAccount),
) -> Change {
    let mut after = account.value.clone();
    change(&mut after);
    Change::update(account, after)
}
