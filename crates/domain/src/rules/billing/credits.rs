//! The credits of a workspace and their ledger (F13). Each change of the balance is an addition with a line in the
//! ledger.

use crate::change::{Change, Changes};
use crate::count_change::Delta;
use crate::model::{CreditEntry, CreditEntryId, Credits, Purchase, Reason, UserId, WorkspaceId};
use crate::moment::Moment;
use crate::pack::ServiceId;
use crate::record::Record;
use crate::refusal::Refusal;

/// Who spends credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spender {
    /// A member.
    Member(UserId),
    /// A service of the host.
    Service {
        /// The id under which records keep the service.
        id: UserId,
        /// The name.
        name: ServiceId,
    },
}

/// Spends credits, if the workspace has enough. Answers with the balance then.
pub fn spend(
    workspace: WorkspaceId,
    credits: Option<&Credits>,
    amount: u32,
    reason: Reason,
    by: &Spender,
    moment: &mut Moment,
) -> Result<(i64, Changes), Refusal> {
    let balance = credits.map_or(0, |credits| credits.balance) - i64::from(amount);
    if balance < 0 {
        return Err(Refusal::CreditsInsufficient);
    }
    let entry = CreditEntry {
        workspace,
        id: CreditEntryId(moment.fresh_id()),
        at: moment.now,
        amount: -i64::from(amount),
        by: match by {
            Spender::Member(user) => *user,
            Spender::Service { id, .. } => *id,
        },
        by_service: match by {
            Spender::Member(_) => None,
            Spender::Service { name, .. } => Some(name.clone()),
        },
        purchase: None,
        reason: Some(reason),
    };
    Ok((balance, booked(entry, |spent| spent.keeping(0))))
}

/// Adds the credits of a purchase.
pub(super) fn add(purchase: &Purchase, moment: &mut Moment) -> Changes {
    let entry = CreditEntry {
        workspace: purchase.workspace,
        id: CreditEntryId(moment.fresh_id()),
        at: moment.now,
        amount: i64::from(purchase.credits),
        by: purchase.by,
        by_service: None,
        purchase: Some(purchase.id),
        reason: None,
    };
    booked(entry, |added| added)
}

fn booked(entry: CreditEntry, within: impl FnOnce(Delta) -> Delta) -> Changes {
    let by = within(Delta::by(entry.amount));
    vec![Change::AddCredits { workspace: entry.workspace, by }, Change::Create(Record::CreditEntry(entry))]
}
