//! Times: of checks, and of the renewal.

use jiff::{SignedDuration, Timestamp};

use super::known::{Here, update_account};
use super::step::SyncStep;
use crate::change::{Change, Changes};
use crate::model::{BillingAccount, BillingCheck, SubscriptionStatus};
use crate::record::{Record, RecordKey, Stored};

/// The longest time between two checks.
const CHECK_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// A check this long before a renewal mends what the renewal would charge wrongly.
const BEFORE_RENEWAL: SignedDuration = SignedDuration::from_mins(30);

/// A check this long after a renewal finds the new period, if nothing has told of it.
const RIGHT_AFTER_RENEWAL: SignedDuration = SignedDuration::from_mins(5);

/// A check this long after a renewal finds the payment that nothing has told of: Stripe charges after an hour.
const AFTER_RENEWAL: SignedDuration = SignedDuration::from_hours(2);

/// A check takes less time.
const RECENT: SignedDuration = SignedDuration::from_mins(1);

/// The time before a renewal in which nothing is bought: the invoice could already be on its way.
pub(super) const RENEWAL_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// The longest time after a renewal in which nothing is bought or cancelled: a check has found the next period by then,
/// unless something is wrong that must not keep people from cancelling.
const UNTIL_RECORDED: SignedDuration = SignedDuration::from_hours(3);

/// Whether the renewal is so near that quantities are not changed by requests. It stays so until the next period is
/// known: what is cancelled before then would end with a period that is over.
pub fn is_in_pause(period_end: Timestamp, now: Timestamp) -> bool {
    before(period_end, RENEWAL_PAUSE) <= now && now < after(period_end, UNTIL_RECORDED)
}

/// The time of the next check of an account: daily, around the renewal, and when the time of grace ends.
pub fn check_at(now: Timestamp, account: &BillingAccount, lapses_at: Option<Timestamp>) -> Timestamp {
    let latest = after(now, CHECK_EVERY);
    let renewal = account.subscription.as_ref().map(|subscription| subscription.period_end);
    let around = renewal
        .map(|end| [before(end, BEFORE_RENEWAL), after(end, RIGHT_AFTER_RENEWAL), after(end, AFTER_RENEWAL)]);
    around.into_iter().flatten().chain(lapses_at).filter(|time| *time > now).fold(latest, Timestamp::min)
}

/// Arranges the next check, if there is something to check.
pub(super) fn arrange(here: &Here<'_>) -> Option<SyncStep> {
    let account = here.account();
    // A check at this very second would come too early.
    let lapses_at = here.workspace.value.paid.and_then(|paid| paid.lapses_at);
    let lapses_at = lapses_at.map(|at| after(whole_second(at), SignedDuration::from_secs(1)));
    let is_live = |status| status != SubscriptionStatus::Ended;
    let is_running = account.subscription.as_ref().is_some_and(|subscription| is_live(subscription.status));
    let is_checked = is_running || account.open_purchase.is_some();
    let wanted = is_checked.then(|| whole_second(check_at(here.now, account, lapses_at)));
    let stands = match (account.check_at, wanted) {
        (Some(at), Some(wanted)) => here.now < at && at <= wanted,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if stands && is_noted(here) {
        return None;
    }
    // A check at the same time takes the place of the one that was arranged.
    let mut changes = if account.check_at == wanted { Changes::new() } else { forget(here.known.account) };
    changes.extend(
        wanted.map(|at| Change::Put(Record::BillingCheck(BillingCheck { workspace: account.workspace, at }))),
    );
    changes.push(update_account(here.known.account, |account| {
        account.check_at = wanted;
        account.synced_at = Some(here.now);
    }));
    Some(SyncStep::Commit(changes))
}

/// Whether the account says that this check has taken place. Otherwise the event for which it was made would ask for
/// another.
fn is_noted(here: &Here<'_>) -> bool {
    let is_recent = |at| here.now < after(at, RECENT);
    !here.known.is_check || here.account().synced_at.is_some_and(is_recent)
}

/// Deletes the check that was arranged.
pub(super) fn forget(account: &Stored<BillingAccount>) -> Changes {
    let key = |at| RecordKey::BillingCheck(at, account.value.workspace);
    account.value.check_at.map(|at| Change::DeleteUnconditionally(key(at))).into_iter().collect()
}

pub(super) fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

pub(super) fn before(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

pub(super) fn after(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}
