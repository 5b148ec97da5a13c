//! The end of what was paid: the seats end, and the workspace is back on the plan that costs nothing.

use jiff::Timestamp;

use super::known::Here;
use super::level::set_seats;
use super::step::SyncStep;
use crate::change::{Change, Changes};
use crate::model::{Extras, Seat, SeatTerm, SubscriptionStatus, Workspace};
use crate::moment::Moment;
use crate::pack::SeatModel;
use crate::record::Stored;

/// The most seats of one step: a transaction holds 100 actions (AWS limit), a seat takes two.
const AT_ONCE: usize = 45;

/// One more step after the subscription has ended. The workspace comes last: until then its paid period says that
/// all is over.
pub(super) fn next(here: &Here<'_>, moment: &mut Moment) -> Option<SyncStep> {
    let subscription = here.account().subscription.as_ref()?;
    // What was paid before the end can be granted after it.
    let has_more = here.workspace.value.paid.is_some() || !here.quantities().is_empty();
    if subscription.status != SubscriptionStatus::Ended || !has_more || here.is_operator_managed() {
        return None;
    }
    let lapsed = here.workspace.value.paid.and_then(|paid| paid.lapses_at).or(subscription.ends_at)?;
    let renewing = here.known.seats.iter().filter(|seat| !is_over_by(seat.value.term, lapsed));
    let mut changes: Changes = renewing.take(AT_ONCE).flat_map(|seat| end(seat, lapsed)).collect();
    if changes.is_empty() {
        changes = without_plan(here, moment);
    }
    changes.push(here.require_account());
    Some(SyncStep::Commit(changes))
}

fn is_over_by(term: SeatTerm, time: Timestamp) -> bool {
    term.ends.is_some_and(|end| end <= time)
}

fn end(seat: &Stored<Seat>, time: Timestamp) -> Changes {
    let after = Seat { term: SeatTerm { ends: Some(time), ..seat.value.term }, ..seat.value.clone() };
    let holder = after.holder().map(|holder| Change::UpdateSeatHold {
        workspace: after.workspace,
        holder,
        hold: after.hold(),
    });
    [Change::update(seat, after)].into_iter().chain(holder).collect()
}

fn without_plan(here: &Here<'_>, moment: &mut Moment) -> Changes {
    let workspace = &here.workspace.value;
    let is_paid = here.plan().is_some_and(|plan| plan.price.is_some());
    let plan = if is_paid { here.pack().billing.plan.clone() } else { workspace.plan.clone() };
    let seats = here.pack().plan(&plan).map_or(0, |plan| plan.seats);
    let after = Workspace { plan, extras: Extras::new(), paid: None, ..workspace.clone() };
    let mut changes = vec![Change::update(here.workspace, after)];
    if here.pack().seats.model == SeatModel::ByRole && is_paid {
        changes.extend(set_seats(here, seats, moment));
    }
    changes
}
