//! What Seatwise knows of a workspace that is synchronised.

use jiff::Timestamp;

use crate::change::Change;
use crate::model::{BillingAccount, BillingChange, Extras, Purchase, Quantities, Seat, Tally, Workspace};
use crate::pack::{Pack, Plan};
use crate::record::{RecordKey, Stored};
use crate::rules::billing::{Holdings, quantities};

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
    pub fn is_operator_managed(&self) -> bool {
        self.plan().is_some_and(|plan| plan.operator_managed)
    }

    /// Whether nothing is paid any more.
    pub fn has_lapsed(&self) -> bool {
        self.workspace.value.paid.is_some_and(|paid| paid.is_over(self.now))
    }

    /// Whether it has a plan, or extras of one, that have a price.
    pub fn has_plan(&self) -> bool {
        self.plan().is_some_and(|plan| plan.price.is_some()) || !self.workspace.value.extras.is_empty()
    }

    pub fn holdings(&self) -> Holdings<'a> {
        Holdings { workspace: self.workspace, tally: self.known.tally, seats: self.known.seats }
    }

    /// The number of units of each item that renews.
    pub fn quantities(&self) -> Quantities {
        self.holdings().quantities(self.known.pack)
    }

    /// The quantities after a purchase, also those that become zero; `None`: what it takes away is not there.
    pub fn quantities_after(&self, purchase: &Purchase) -> Option<Quantities> {
        let before = self.quantities();
        if let Some(BillingChange::Plan { plan, seats, extras }) = &purchase.change {
            let mut after: Quantities = before.into_keys().map(|sold| (sold, 0)).collect();
            after.extend(self.on_plan(plan, *seats, extras));
            return Some(after);
        }
        let mut after = before;
        for (sold, by) in &purchase.difference {
            let sum = i64::from(after.get(sold).copied().unwrap_or(0)) + by;
            after.insert(sold.clone(), u32::try_from(sum).ok()?);
        }
        Some(after)
    }

    /// The quantities on another plan. They do not depend on the present one, which can change meanwhile.
    fn on_plan(&self, plan: &str, seats: Option<u32>, extras: &Extras) -> Quantities {
        let seats = seats.or(self.pack().plan(plan).map(|plan| plan.seats)).unwrap_or(0);
        let tally = Tally { seats: i64::from(seats), ..self.known.tally.clone() };
        let (plan, extras) = (plan.to_owned(), extras.clone());
        let workspace = Workspace { plan, extras, ..self.workspace.value.clone() };
        quantities(self.pack(), &workspace, &tally, self.known.seats.iter().map(|seat| &seat.value))
    }

    /// The account must still be as it was read.
    pub fn require_account(&self) -> Change {
        let key = RecordKey::BillingAccount(self.account().workspace);
        Change::RequireVersion(key, self.known.account.version)
    }

    /// The workspace must be as it was read.
    pub fn require_workspace(&self) -> Change {
        Change::RequireVersion(RecordKey::Workspace(self.workspace.value.id), self.workspace.version)
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
