//! Where each record lies.
//!
//! | record | `pk` | `sk` |
//! |---|---|---|
//! | workspace | `W#<workspace>` | `WORKSPACE` |
//! | counts | `W#<workspace>` | `TALLY` |
//! | membership | `W#<workspace>` | `MEMBER#<user>` |
//! | seat | `W#<workspace>` | `SEAT#<seat>` |
//! | purchase | `W#<workspace>` | `PURCHASE#<purchase>` |
//! | billing account | `W#<workspace>` | `BILLING` |
//! | credits | `W#<workspace>` | `CREDITS` |
//! | line of the ledger of credits | `W#<workspace>` | `CREDIT#<entry>` |
//! | invitation | `W#<workspace>` | `INVITATION#<serial>` |
//! | leave request | `W#<workspace>` | `LEAVE#<serial>` |
//! | link | `W#<workspace>` | `LINK#<what stands for the role>` |
//! | claimed domain | `W#<workspace>` | `DOMAIN#<domain>` |
//! | use of a quota | `W#<workspace>` | `QUOTA#<window>`, `QUOTA#<quota>#<subject>#<window>` |
//! | mails of a workspace on a day | `W#<workspace>` | `MAILS#<day>` |
//! | former member | `W#<workspace>` | `DEPARTURE#<user>` |
//! | address that a member had before | `W#<workspace>` | `FORMER#<hash of the address>` |
//! | event | `W#<workspace>`, `U#<user>`, `EVENTS` | `EVENT#<event>` |
//! | digest of events | `W#<workspace>`, `U#<user>`, `EVENTS` | `DIGEST#<number>` |
//! | log with events that no digest has yet | `UNSEALED#<shard>` | `W#<workspace>`, `U#<user>`, `EVENTS` |
//! | API key | `K#<workspace>#<key>` | `KEY` |
//! | place of an API key in a list | `W#<workspace>` | `KEY#<key>` |
//! | use of an API key | `K#<workspace>#<key>` | `USE` |
//! | resource | `W#<workspace>` | `RESOURCE#<resource>` |
//! | number of resources of a kind | `W#<workspace>` | `RESOURCES#<kind>` |
//! | coordinator | `W#<workspace>` | `COORDINATOR` |
//! | logo | `W#<workspace>` | `LOGO#<key>` |
//! | account | `U#<user>` | `USER` |
//! | person's side of a membership | `U#<user>` | `JOINED#<workspace>` |
//! | number of a person's workspaces | `U#<user>` | `ATTENDANCE` |
//! | persons that a sign-in has stood for | `U#<sign-in>` | `PERSONS` |
//! | mails of a person on a day | `U#<user>` | `MAILS#<day>` |
//! | receipt | `U#<user>` | `RECEIPT#<operation>#<hash>` |
//! | person of an address | `E#<hash of the address>` | `OWNER` |
//! | address in a workspace | `E#<hash of the address>` | `W#<workspace>` |
//! | verified domain | `D#<domain>` | `W#<workspace>` |
//! | domain that is looked up | `CHECK` | `DOMAIN#<domain>#<workspace>` |
//! | time of a check of billing | `RECONCILE` | `AT#<time>#<workspace>` |
//! | customer at Stripe | `STRIPE#<customer>` | `CUSTOMER` |
//! | workspace that is being deleted | `DEMOLITION` | `W#<workspace>` |
//! | place of a workspace in the list of all | `WORKSPACES` | `W#<workspace>` |
//! | task | `OUTBOX#<shard>` | `TASK#<task>` |
//! | mail of an earlier release | `OUTBOX#<shard>` | `MAIL#<mail>` |
//! | pointer to the policies | `POLICY#POINTER#<copy>` | `POINTER` |
//! | policies | `POLICY#BUNDLE#<version>` | `BUNDLE` |
//! | core schema of a release | `POLICY#SCHEMA#<schema>` | `SCHEMA` |
//! | history of the policies | `POLICY#LOG` | `PUBLICATION#<number>` |
//!
//! The tenant is part of every key that is read for it, so one tenant's id reaches nothing of
//! another's. Serials and task ids are UUIDv7: they sort by time of making. The pointer's copies
//! are partitions of their own, since a partition serves 3,000 strongly consistent reads a second
//! (AWS limit) and every request reads one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::{
    ApiKeyId, DomainName, EmailKey, EventLog, InvitationId, LeaveRequestId, MailSender, QuotaName,
    QuotaSubject, RecordKey, TaskId, UserId, WorkspaceId, outbox_shard, unsealed_shard,
};

pub(crate) const PARTITION: &str = "pk";
pub(crate) const SORT: &str = "sk";

pub(crate) const MEMBER: &str = "MEMBER#";
pub(crate) const SEAT: &str = "SEAT#";
pub(crate) const CREDIT: &str = "CREDIT#";
pub(crate) const INVITATION: &str = "INVITATION#";
pub(crate) const LEAVE: &str = "LEAVE#";
pub(crate) const JOINED: &str = "JOINED#";
pub(crate) const SLOT: &str = "W#";
pub(crate) const KEY: &str = "KEY#";
pub(crate) const RESOURCE: &str = "RESOURCE#";
pub(crate) const RESOURCE_COUNT: &str = "RESOURCES#";
/// The prefix of the sort keys of events.
pub const EVENT_PREFIX: &str = "EVENT#";
pub(crate) const EVENT: &str = EVENT_PREFIX;
pub(crate) const DIGEST: &str = "DIGEST#";
pub(crate) const PLATFORM_EVENTS: &str = "EVENTS";
const UNSEALED: &str = "UNSEALED#";
const TASK: &str = "TASK#";
const MAIL: &str = "MAIL#";
const MAILS: &str = "MAILS#";
pub(crate) const LINK: &str = "LINK#";
pub(crate) const DOMAIN: &str = "DOMAIN#";
pub(crate) const CHECKS: &str = "CHECK";
pub(crate) const BILLING_CHECKS: &str = "RECONCILE";
pub(crate) const AT: &str = "AT#";
pub(crate) const WORKSPACE_DELETIONS: &str = "DEMOLITION";
/// One partition for all: ids sort by their time, so the list is in the order of creation.
pub(crate) const WORKSPACES: &str = "WORKSPACES";
pub(crate) const POLICY_LOG: &str = "POLICY#LOG";
pub(crate) const PUBLICATION: &str = "PUBLICATION#";
/// The prefix of the outbox's partitions.
pub const OUTBOX_PREFIX: &str = "OUTBOX#";
/// The index of members by name and of what is pending: `pk` and `by_name`, of those items that have it.
pub(crate) const BY_NAME_INDEX: &str = "by-name";
/// The prefixes of the index's keys of what is pending. They sort after the names of all members.
pub(crate) const PENDING_INVITATION: &str = "\u{10FFFF}invitation#";
pub(crate) const PENDING_LEAVE: &str = "\u{10FFFF}leave#";
pub(crate) const PENDING_SLOT: &str = "\u{10FFFF}slot#";
/// The bounds of the index's keys of members.
pub(crate) const MEMBERS_BY_NAME: (&str, &str) = ("\u{1}", "\u{10FFFF}");
/// Sorts before and after every character of an id.
pub(crate) const SMALLEST: char = '!';
pub(crate) const LARGEST: char = '~';
/// Sorts after the rest of each key of what is pending: digits, letters and `#`.
const PENDING_END: &str = "~";

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PrimaryKey {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl PrimaryKey {
    pub(crate) fn of(key: &RecordKey) -> Self {
        let (pk, sk) = match key {
            RecordKey::Workspace(id) => (workspace(*id), "WORKSPACE".to_owned()),
            RecordKey::Tally(id) => (workspace(*id), "TALLY".to_owned()),
            RecordKey::Member(id, user) => (workspace(*id), format!("{MEMBER}{user}")),
            RecordKey::Seat(id, seat) => (workspace(*id), format!("{SEAT}{seat}")),
            RecordKey::Purchase(id, purchase) => (workspace(*id), format!("PURCHASE#{purchase}")),
            RecordKey::BillingAccount(id) => (workspace(*id), "BILLING".to_owned()),
            RecordKey::Credits(id) => (workspace(*id), "CREDITS".to_owned()),
            RecordKey::CreditEntry(id, entry) => (workspace(*id), format!("{CREDIT}{entry}")),
            RecordKey::BillingCheck(at, id) => {
                (BILLING_CHECKS.to_owned(), format!("{AT}{}#{id}", instant(Some(at.as_nanosecond()))))
            }
            RecordKey::StripeCustomer(customer) => (stripe_customer(customer), "CUSTOMER".to_owned()),
            RecordKey::Invitation(id) => (workspace(id.workspace), format!("{INVITATION}{}", id.serial)),
            RecordKey::LeaveRequest(id, request) => (workspace(*id), format!("{LEAVE}{}", request.serial)),
            RecordKey::User(id) => (user(*id), "USER".to_owned()),
            RecordKey::JoinedWorkspace(id, workspace) => (user(*id), format!("{JOINED}{workspace}")),
            RecordKey::Receipt(id, operation, key) => (user(*id), format!("RECEIPT#{operation}#{key}")),
            RecordKey::PastPersons(id) => (user(*id), "PERSONS".to_owned()),
            RecordKey::AddressOwner(key) => (email(key), "OWNER".to_owned()),
            RecordKey::FormerAddress(id, key) => (workspace(*id), format!("FORMER#{key}")),
            RecordKey::EmailSlot(key, workspace) => (email(key), format!("{SLOT}{workspace}")),
            RecordKey::RoleLink(id, serial) => (workspace(*id), format!("{LINK}{serial}")),
            RecordKey::DomainClaim(id, domain) => (workspace(*id), format!("{DOMAIN}{domain}")),
            RecordKey::QuotaUse(id, quota, subject, window) => {
                (workspace(*id), quota_use(*quota, *subject, window))
            }
            RecordKey::MailUse(MailSender::Person(id), day) => (user(*id), format!("{MAILS}{day}")),
            RecordKey::MailUse(MailSender::Workspace(id), day) => (workspace(*id), format!("{MAILS}{day}")),
            RecordKey::Departure(id, user) => (workspace(*id), format!("DEPARTURE#{user}")),
            RecordKey::ApiKey(id, key) => (api_key(*id, *key), "KEY".to_owned()),
            RecordKey::ApiKeyUse(id, key) => (api_key(*id, *key), "USE".to_owned()),
            RecordKey::ApiKeyEntry(id, key) => (workspace(*id), format!("{KEY}{}#{}", key.serial, key.user)),
            RecordKey::WorkspaceResource(id, resource) => (workspace(*id), format!("{RESOURCE}{resource}")),
            RecordKey::ResourceCount(id, kind) => (workspace(*id), format!("{RESOURCE_COUNT}{kind}")),
            RecordKey::LogEvent(log, id) => (events(*log), format!("{EVENT}{id}")),
            // Twenty digits hold any number, so that they sort as numbers do.
            RecordKey::EventDigest(log, number) => (events(*log), format!("{DIGEST}{number:020}")),
            RecordKey::UnsealedLog(log) => (unsealed(unsealed_shard(*log)), events(*log)),
            RecordKey::Coordinator(id) => (workspace(*id), "COORDINATOR".to_owned()),
            RecordKey::LogoImage(id, key) => (workspace(*id), format!("LOGO#{key}")),
            RecordKey::MembershipCount(id) => (user(*id), "ATTENDANCE".to_owned()),
            RecordKey::VerifiedDomain(domain, workspace) => {
                (verified_domain(domain), format!("{SLOT}{workspace}"))
            }
            RecordKey::DomainCheck(domain, id) => (CHECKS.to_owned(), format!("{DOMAIN}{domain}#{id}")),
            RecordKey::WorkspaceEntry(id) => (WORKSPACES.to_owned(), format!("{SLOT}{id}")),
            RecordKey::WorkspaceDeletion(id) => (WORKSPACE_DELETIONS.to_owned(), format!("{SLOT}{id}")),
            RecordKey::Task(id) => (outbox(outbox_shard(*id)), format!("{TASK}{id}")),
            RecordKey::EarlierMail(id) => (outbox(outbox_shard(*id)), format!("{MAIL}{id}")),
            RecordKey::PolicyPointer(copy) => (format!("POLICY#POINTER#{copy}"), "POINTER".to_owned()),
            RecordKey::PolicyBundle(version) => (format!("POLICY#BUNDLE#{}", version.0), "BUNDLE".to_owned()),
            RecordKey::PolicySchema(id) => (format!("POLICY#SCHEMA#{}", id.0), "SCHEMA".to_owned()),
            // Ten digits hold any number, so that they sort as numbers do.
            RecordKey::Publication(number) => (POLICY_LOG.to_owned(), format!("{PUBLICATION}{number:010}")),
        };
        Self { pk, sk }
    }

    /// Where an item lies that was read.
    pub(crate) fn read(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let text = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
        Some(Self { pk: text(PARTITION)?, sk: text(SORT)? })
    }

    pub(crate) fn attributes(self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            (PARTITION.to_owned(), AttributeValue::S(self.pk)),
            (SORT.to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

pub(crate) fn workspace(id: WorkspaceId) -> String {
    format!("W#{id}")
}

/// The partition of an API key: verifications of one key do not load the partition of its workspace.
fn api_key(id: WorkspaceId, key: ApiKeyId) -> String {
    format!("K#{id}#{key}")
}

/// The partition of a log of events.
pub(crate) fn events(log: EventLog) -> String {
    match log {
        EventLog::Workspace(id) => workspace(id),
        EventLog::Account(id) => user(id),
        EventLog::Platform => PLATFORM_EVENTS.to_owned(),
    }
}

/// The log whose events are in a partition.
fn log_of(pk: &str) -> Option<EventLog> {
    if pk == PLATFORM_EVENTS {
        return Some(EventLog::Platform);
    }
    let workspace = pk.strip_prefix("W#").and_then(|id| id.parse().ok()).map(EventLog::Workspace);
    workspace.or_else(|| pk.strip_prefix("U#")?.parse().ok().map(EventLog::Account))
}

/// The log that an item is in, as the table's stream or a scan names the item: of an event or of a digest. `None`
/// for an item of another kind.
pub fn log_of_key(pk: &str, sk: &str) -> Option<EventLog> {
    (sk.starts_with(EVENT) || sk.starts_with(DIGEST)).then(|| log_of(pk)).flatten()
}

pub(crate) fn unsealed(shard: u8) -> String {
    format!("{UNSEALED}{shard}")
}

/// The sort key of a quota's use. The first quota and its subject have no names in the key, because
/// their items are older than names of quotas.
fn quota_use(quota: QuotaName, subject: QuotaSubject, window: &str) -> String {
    match (quota, subject) {
        (QuotaName::EmailInvitations, QuotaSubject::Workspace) => format!("QUOTA#{window}"),
        (QuotaName::EmailInvitations, QuotaSubject::Member(user)) => {
            format!("QUOTA#email-invitations#{user}#{window}")
        }
    }
}

/// The index's key of a pending invitation, or of the slot of an address with one: those that end last sort
/// last, so that those that have expired are one range.
pub(crate) fn pending_until(prefix: &str, end: Option<Timestamp>, invitation: InvitationId) -> String {
    format!("{prefix}{}#{}", instant(end.map(Timestamp::as_nanosecond)), invitation.serial)
}

/// The index's key of a pending leave request: the newest sorts last.
pub(crate) fn pending_leave(request: LeaveRequestId) -> String {
    format!("{PENDING_LEAVE}{}", request.serial)
}

/// The bounds of the index's keys of what is pending and ends after `now`.
pub(crate) fn pending_after(prefix: &str, now: Timestamp) -> (String, String) {
    (format!("{prefix}{}", instant(Some(now.as_nanosecond() + 1))), format!("{prefix}{PENDING_END}"))
}

/// The bounds of the index's keys with this prefix.
pub(crate) fn pending(prefix: &str) -> (String, String) {
    (prefix.to_owned(), format!("{prefix}{PENDING_END}"))
}

/// Nanoseconds since 1970 in 21 digits, which hold any time after it; the largest number for no end.
fn instant(nanoseconds: Option<i128>) -> String {
    let no_end = 10_i128.pow(21) - 1;
    format!("{:021}", nanoseconds.unwrap_or(no_end).clamp(0, no_end))
}

pub(crate) fn user(id: UserId) -> String {
    format!("U#{id}")
}

pub(crate) fn email(key: &EmailKey) -> String {
    format!("E#{key}")
}

pub(crate) fn verified_domain(domain: &DomainName) -> String {
    format!("D#{domain}")
}

fn stripe_customer(customer: &str) -> String {
    format!("STRIPE#{customer}")
}

pub(crate) fn outbox(shard: u8) -> String {
    format!("{OUTBOX_PREFIX}{shard}")
}

/// An item of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboxEntry {
    /// A task.
    Task(TaskId),
    /// A mail of an earlier release.
    EarlierMail(TaskId),
}

impl OutboxEntry {
    /// The entry with this key, as the table's stream names it; `None` for an item of another kind.
    pub fn of_key(pk: &str, sk: &str) -> Option<Self> {
        let id = |prefix| sk.strip_prefix(prefix)?.parse::<TaskId>().ok();
        let entry = id(TASK).map(Self::Task).or_else(|| id(MAIL).map(Self::EarlierMail))?;
        (pk == outbox(outbox_shard(entry.id()))).then_some(entry)
    }

    /// The task's id; an earlier mail becomes a task with the same id.
    pub fn id(self) -> TaskId {
        match self {
            Self::Task(id) | Self::EarlierMail(id) => id,
        }
    }
}

/// Whether an item is in the outbox.
pub fn is_in_outbox(pk: &str) -> bool {
    pk.starts_with(OUTBOX_PREFIX)
}

/// Whether an item waits for a background function: a task, a check of a domain or of a subscription, or a workspace
/// that is being deleted.
pub fn is_for_background(pk: &str) -> bool {
    is_in_outbox(pk) || [CHECKS, BILLING_CHECKS, WORKSPACE_DELETIONS].contains(&pk)
}

/// Whether an item is about policies.
pub(crate) fn is_of_policies(pk: &str) -> bool {
    pk.starts_with("POLICY#")
}
