//! The limits of mails: read, and turned into the budget of one request (K49).

use jiff::Timestamp;
use seatwise_domain::rules::mail::{self, MailBudget, MailContext};
use seatwise_domain::{MailSender, MailUse, User, UserId, WorkspaceId};
use seatwise_store::{One, Reads};

use crate::operation::{Operation, State};
use crate::scope::InWorkspace;

/// The handles of the mails of the day so far, of the sender and of the workspace.
pub struct MailReads {
    sender: UserId,
    account: One<User>,
    of_sender: One<MailUse>,
    of_workspace: One<MailUse>,
}

impl MailReads {
    /// Reads the mails of the day.
    pub fn plan(sender: UserId, workspace: WorkspaceId, now: Timestamp, reads: &mut Reads) -> Self {
        let day = mail::day(now).name;
        Self {
            sender,
            account: reads.one(User::key(sender)),
            of_sender: reads.one(MailUse::key(MailSender::Person(sender), day.clone())),
            of_workspace: reads.one(MailUse::key(MailSender::Workspace(workspace), day)),
        }
    }

    /// The mails that the request can send.
    pub fn budget<'a, O: Operation<Scope = InWorkspace>>(&self, state: &State<'a, O>) -> MailBudget<'a> {
        let account = state.one(self.account).map(|stored| stored.value);
        let context = MailContext {
            rules: &state.pack.mail,
            workspace: state.scope.workspace.value.id,
            sender: self.sender,
            account: account.as_ref(),
        };
        let used = |handle| state.one(handle).map(|stored| stored.value);
        MailBudget::new(context, used(self.of_sender), used(self.of_workspace), state.now)
    }
}
