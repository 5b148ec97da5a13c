//! The actions that write a decision's changes: one per item, as DynamoDB requires.

use std::collections::HashMap;

use seatwise_domain::{Change, Version};

use crate::action::Action;
use crate::error::Misuse;
use crate::keys::PrimaryKey;

/// The most actions of one transaction (AWS limit, `TransactWriteItems` API reference).
pub const MAX_TRANSACTION_ACTIONS: usize = 100;

/// The change of one item, and the further versions to check.
#[derive(Default)]
struct ItemWrite {
    change: Option<Change>,
    checks: Vec<Version>,
}

/// The actions, in the order in which their items were first named.
pub(crate) fn plan(changes: &[Change], first: Version) -> Result<Vec<Action>, Misuse> {
    let mut places = HashMap::<PrimaryKey, usize>::new();
    let mut wanted = Vec::<ItemWrite>::new();
    for change in changes {
        let index = *places.entry(PrimaryKey::of(&change.key())).or_insert(wanted.len());
        if index == wanted.len() {
            wanted.push(ItemWrite::default());
        }
        wanted[index].take(change)?;
    }
    if wanted.len() > MAX_TRANSACTION_ACTIONS {
        return Err(Misuse::TooManyActions(wanted.len()));
    }
    wanted
        .into_iter()
        .map(|ItemWrite { change, checks }| {
            // An item is here because a change named it, so it has one.
            let action = Action::of(&change.ok_or(Misuse::Encoding)?, first)?;
            Ok(checks.into_iter().fold(action, Action::checked))
        })
        .collect()
}

impl ItemWrite {
    /// A check joins the condition of another change of its item: a change of a part says nothing about the
    /// rest, which the decision may depend on. Counts add up.
    fn take(&mut self, change: &Change) -> Result<(), Misuse> {
        match (self.change.as_mut(), change) {
            (None, change) => self.change = Some(change.clone()),
            (Some(_), Change::RequireVersion(_, version)) => self.checks.push(*version),
            (Some(Change::RequireVersion(_, version)), change) => {
                self.checks.push(*version);
                self.change = Some(change.clone());
            }
            (Some(Change::AdjustCounts(sum)), Change::AdjustCounts(more)) => *sum = sum.clone().and(more),
            (
                Some(Change::AdjustWorkspaceCount { workspaces, .. }),
                Change::AdjustWorkspaceCount { workspaces: more, .. },
            ) => {
                *workspaces = workspaces.and(*more);
            }
            (Some(_), _) => {
                debug_assert!(false, "two changes write the same record");
                return Err(Misuse::SameRecord);
            }
        }
        Ok(())
    }
}
