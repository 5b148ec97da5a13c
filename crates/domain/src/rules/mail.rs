//! Mails to people outside: how many go out, and to whom (K49). No rule makes the task of a mail but
//! [`MailBudget::post`].

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::change::{Change, Changes, MailLimits};
use crate::model::{
    AddressMark, DeclineMark, Delivery, DeliveryStatus, EmailAddress, EmailSlot, Invitation, InvitationMail,
    MailSender, MailUse, QuotaWindow, Task, TaskId, TaskKind, User, UserId, WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{MailRules, QuotaPeriod};
use crate::record::{Record, Stored};
use crate::refusal::Refusal;

/// The limit of mails that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailLimit {
    /// Of the workspace to this address.
    WorkspaceToAddress,
    /// Of the sender to this address.
    SenderToAddress,
    /// Of the sender, whose account is new.
    NewAccount,
    /// Of the sender.
    Sender,
    /// Of the workspace.
    Workspace,
    /// The invited person has declined.
    Declined,
}

/// The refusal of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MailRefusal {
    /// The limit that is reached.
    pub limit: MailLimit,
    /// The seconds until the limit permits a mail again.
    pub retry_after: u32,
}

/// The people and the day whose mails are counted.
#[derive(Clone, Copy, Debug)]
pub struct MailContext<'a, 'b> {
    /// The limits.
    pub rules: &'a MailRules,
    /// The workspace that sends.
    pub workspace: WorkspaceId,
    /// The member who sends.
    pub sender: UserId,
    /// The sender's account.
    pub account: Option<&'b User>,
}

/// The mails of one request, within the limits of the pack.
///
/// It holds the tasks of the mails beside what they use of the limits, so a mail cannot go out uncounted.
#[derive(Debug)]
pub struct MailBudget<'a> {
    rules: &'a MailRules,
    window: QuotaWindow,
    is_new: bool,
    sender: Count,
    workspace: Count,
    to: BTreeMap<AddressMark, u32>,
    tasks: Changes,
}

/// The mails of one sender on one day before this request.
#[derive(Debug)]
struct Count {
    sender: MailSender,
    before: Option<MailUse>,
}

/// The day (UTC) whose mails are counted.
pub fn day(now: Timestamp) -> QuotaWindow {
    QuotaWindow::at(QuotaPeriod::Day, now)
}

impl<'a> MailBudget<'a> {
    /// The budget of a request at `now`. `of_sender` and `of_workspace` are the mails of the day so far.
    pub fn new(
        context: MailContext<'a, '_>,
        of_sender: Option<MailUse>,
        of_workspace: Option<MailUse>,
        now: Timestamp,
    ) -> Self {
        let window = day(now);
        // Counts that were read before midnight are those of another day.
        let today = |used: Option<MailUse>| used.filter(|used| used.day == window.name);
        let (of_sender, of_workspace) = (today(of_sender), today(of_workspace));
        // Who has no account yet has a new one.
        let is_new = context
            .account
            .is_none_or(|account| now < context.rules.new_account_age.after(account.created_at));
        Self {
            rules: context.rules,
            window,
            is_new,
            sender: Count { sender: MailSender::Person(context.sender), before: of_sender },
            workspace: Count { sender: MailSender::Workspace(context.workspace), before: of_workspace },
            to: BTreeMap::new(),
            tasks: Changes::new(),
        }
    }

    /// Sends an invitation to its address: makes the task that sends it, and its entry on the invitation.
    pub fn post(
        &mut self,
        invitation: &mut Invitation,
        email: &EmailAddress,
        moment: &mut Moment,
    ) -> Result<(), Refusal> {
        if let Some(until) = invitation.declined.as_ref().map(|mark| self.rest_ends(mark))
            && moment.now < until
        {
            return Err(refuse(MailLimit::Declined, until, moment.now));
        }
        let address = AddressMark::of(&email.key());
        if let Some(limit) = self.exceeded_by(&address) {
            return Err(refuse(limit, self.ends(), moment.now));
        }
        *self.to.entry(address).or_default() += 1;
        let mail = InvitationMail { invitation: invitation.id, inviter: invitation.invited_by };
        let task = Task::new(TaskId(moment.fresh_id()), TaskKind::Mail(mail), moment.now);
        let queued = Delivery { mail: task.id, status: DeliveryStatus::Queued, at: moment.now, attempts: 0 };
        *invitation = invitation.with_delivery(queued);
        self.tasks.push(Change::Create(Record::Task(task)));
        Ok(())
    }

    /// The tasks of the mails, and what they use of the limits.
    pub fn into_changes(self) -> Changes {
        let [sender, workspace] = self.limits();
        let mut changes = self.tasks;
        if self.to.is_empty() {
            return changes;
        }
        for (count, limits) in [(self.sender, sender), (self.workspace, workspace)] {
            let (sender, window, to) = (count.sender, self.window.clone(), self.to.clone());
            changes.push(Change::UseMails { sender, window, to, limits });
        }
        changes
    }

    /// The limits of the sender and of the workspace.
    fn limits(&self) -> [MailLimits; 2] {
        let rules = self.rules;
        let sender = if self.is_new { rules.new_account.min(rules.sender) } else { rules.sender };
        [
            MailLimits { all: sender, to_address: rules.sender_to_address },
            MailLimits { all: rules.workspace, to_address: rules.workspace_to_address },
        ]
    }

    /// The limit that one more mail to this address would exceed.
    fn exceeded_by(&self, address: &AddressMark) -> Option<MailLimit> {
        let [sender, workspace] = self.limits();
        let more_to_address = self.to.get(address).copied().unwrap_or_default() + 1;
        let more = self.to.values().sum::<u32>() + 1;
        let of_sender = if self.is_new && sender.all < self.rules.sender {
            MailLimit::NewAccount
        } else {
            MailLimit::Sender
        };
        [
            (
                self.workspace.to(address),
                more_to_address,
                workspace.to_address,
                MailLimit::WorkspaceToAddress,
            ),
            (self.sender.to(address), more_to_address, sender.to_address, MailLimit::SenderToAddress),
            (self.sender.all(), more, sender.all, of_sender),
            (self.workspace.all(), more, workspace.all, MailLimit::Workspace),
        ]
        .into_iter()
        .find(|(before, more, most, _)| before.saturating_add(*more) > *most)
        .map(|(.., limit)| limit)
    }

    fn ends(&self) -> Timestamp {
        self.window.ends.unwrap_or(Timestamp::MAX)
    }

    /// The end of the time in which the workspace sends no mail to a person who declined.
    fn rest_ends(&self, mark: &DeclineMark) -> Timestamp {
        self.rules.after_decline.after(mark.at)
    }
}

impl Count {
    fn to(&self, address: &AddressMark) -> u32 {
        self.before.as_ref().map_or(0, |used| used.to(address))
    }

    fn all(&self) -> u32 {
        self.before.as_ref().map_or(0, |used| used.used)
    }
}

/// Fails if the person with this address does not want to be invited into the workspace again.
pub fn require_wanted(slot: Option<&Stored<EmailSlot>>) -> Result<(), Refusal> {
    let mark = slot.and_then(|slot| slot.value.declined.as_ref());
    if mark.is_some_and(|mark| mark.not_again) { Err(Refusal::InvitationDeclined) } else { Ok(()) }
}

fn refuse(limit: MailLimit, until: Timestamp, now: Timestamp) -> Refusal {
    let seconds = until.as_second().saturating_sub(now.as_second()).max(1);
    let retry_after = u32::try_from(seconds).unwrap_or(u32::MAX);
    Refusal::TooManyMails(MailRefusal { limit, retry_after })
}
