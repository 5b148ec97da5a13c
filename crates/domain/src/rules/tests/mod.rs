//! The rules as tables: for the records that were read and a request, the changes or the refusal.

mod account_deletion;
mod api_keys;
mod billing_grants;
mod billing_orders;
mod billing_previews;
mod change_invitation;
mod domains;
mod fixture;
mod invitations;
mod joining;
mod mails;
mod makers;
mod members;
mod pack_prices;
mod packs;
mod people;
mod seats;
mod sold;
mod sync;
mod workspaces;

use crate::rules::tests::fixture::{WORKSPACE, moment};
use crate::{Change, CountChange, Delta, Record, RecordKey, UserId};

/// The sum of the changes to the counts of the workspace, as the store adds it up.
fn tallies(changes: &[Change]) -> CountChange {
    changes.iter().fold(CountChange::none(WORKSPACE), |sum, change| match change {
        Change::AdjustCounts(more) => sum.and(more),
        _ => sum,
    })
}

/// The sum of the changes to the number of a user's workspaces; `None` if there is no change.
fn attends(changes: &[Change], who: UserId) -> Option<Delta> {
    let deltas = changes.iter().filter_map(|change| match change {
        Change::AdjustWorkspaceCount { user, workspaces } if *user == who => Some(*workspaces),
        Change::CountCreatedWorkspace { user, .. } if *user == who => Some(Delta::by(1)),
        _ => None,
    });
    deltas.reduce(Delta::and)
}

fn keys(changes: &[Change]) -> Vec<RecordKey> {
    changes.iter().map(Change::key).collect()
}

/// The records that are written whole.
fn written(changes: &[Change]) -> impl Iterator<Item = &Record> {
    changes.iter().filter_map(|change| match change {
        Change::Create(record) | Change::Replace(record, _) | Change::Put(record) => Some(record),
        Change::Update(update) => Some(&update.after),
        _ => None,
    })
}

#[test]
fn a_moment_is_as_fresh_as_its_seed() {
    let (mut one, mut same) = (moment(), moment());
    assert_eq!(one.fresh_id(), same.fresh_id());
    assert_ne!(one.fresh_id(), one.fresh_id());
    assert_eq!(one.pick::<u8>(&[]), None);
    assert_eq!(one.fresh_id().get_version_num(), 7);
}
