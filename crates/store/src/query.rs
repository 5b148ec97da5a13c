//! The lists that can be asked for. Each is one range of one partition.

use std::marker::PhantomData;

use jiff::Timestamp;
use seatwise_domain::{
    ApiKeyEntry, BillingCheck, DomainCheck, DomainClaim, DomainName, EmailKey, EmailSlot, EventDigest,
    EventId, EventLog, Invitation, JoinedWorkspace, LeaveRequest, LogEvent, Member, Publication, Record,
    ResourceCount, RoleLink, Seat, UnsealedLog, UserId, VerifiedDomain, WorkspaceDeletion, WorkspaceEntry,
    WorkspaceId, WorkspaceResource,
};

use crate::cursor::{BadCursor, Cursor};
use crate::item::{self, Item};
use crate::keys;

/// The most records of one page, whatever is asked for.
const MAX_PAGE: u32 = 1000;

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RangeQuery {
    /// All members of a workspace.
    Members(WorkspaceId),
    /// Members of a workspace, in any order.
    SomeMembers(WorkspaceId, PageRequest),
    /// Members of a workspace by name.
    MembersByName(WorkspaceId, Direction, PageRequest),
    /// Every record of a workspace, whatever its kind.
    Everything(WorkspaceId, PageRequest),
    /// All links of a workspace.
    Links(WorkspaceId),
    /// All domains that a workspace has claimed.
    DomainClaims(WorkspaceId),
    /// Workspaces that have verified a domain.
    VerifiedDomains(DomainName, PageRequest),
    /// Domains that are looked up.
    DomainChecks(PageRequest),
    /// Times at which billing is checked, earliest first.
    BillingChecks(PageRequest),
    /// Workspaces that are being deleted.
    WorkspaceDeletions(PageRequest),
    /// All workspaces, in the order of their creation.
    WorkspaceEntries(PageRequest),
    /// All seats of a workspace.
    Seats(WorkspaceId),
    /// Invitations into a workspace, newest first.
    Invitations(WorkspaceId, PageRequest),
    /// Invitations into a workspace: first those that are pending at this time, the last to end first; then
    /// the others, newest first.
    InvitationsPendingFirst(WorkspaceId, Timestamp, PageRequest),
    /// All invitations into a workspace that are pending at this time.
    PendingInvitations(WorkspaceId, Timestamp),
    /// All pending leave requests in a workspace, newest first.
    PendingLeaveRequests(WorkspaceId),
    /// Leave requests in a workspace, newest first.
    LeaveRequests(WorkspaceId, PageRequest),
    /// The workspaces that a person is in.
    Joined(UserId, PageRequest),
    /// All workspaces that a person is in.
    AllJoined(UserId),
    /// The relations of an address to workspaces.
    EmailSlots(EmailKey, PageRequest),
    /// The relations of an address to workspaces with an invitation that is pending at this time.
    PendingSlots(EmailKey, Timestamp, PageRequest),
    /// Tasks, and mails of an earlier release, of one partition of the outbox.
    Outbox(u8, PageRequest),
    /// The history of the policies, newest first.
    Publications(PageRequest),
    /// The API keys of a workspace.
    ApiKeys(WorkspaceId, PageRequest),
    /// The resources of a workspace.
    Resources(WorkspaceId, PageRequest),
    /// The numbers of resources of each kind in a workspace.
    ResourceCounts(WorkspaceId),
    /// The events of a log within bounds.
    Events(EventLog, EventBounds, Direction, PageRequest),
    /// The digests of a log.
    Digests(EventLog, Direction, PageRequest),
    /// The marks of logs with events that no digest has yet, of one partition.
    UnsealedLogs(u8, PageRequest),
}

/// The bounds of a list of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventBounds {
    /// Only events from this time on.
    pub from: Option<Timestamp>,
    /// Only events before this time.
    pub to: Option<Timestamp>,
    /// Only events whose ids are larger: they are not older.
    pub after: Option<EventId>,
}

impl EventBounds {
    /// The sort keys between which the events are. An id begins with the milliseconds of the event's time. No event
    /// has one of these keys, so equal ones are bounds of nothing. DynamoDB takes no range that ends before it begins.
    fn keys(self) -> (String, String) {
        let at = |time: Timestamp| {
            let millis = format!("{:012x}", time.as_millisecond().clamp(0, MAX_MILLIS));
            format!("{}{}-{}", keys::EVENT, &millis[..8], &millis[8..])
        };
        let from = self.from.map_or_else(|| keys::EVENT.to_owned(), at);
        let after = self.after.map(|id| format!("{}{id}{}", keys::EVENT, keys::SMALLEST));
        let to = self.to.map_or_else(|| format!("{}{}", keys::EVENT, keys::LARGEST), at);
        let first = after.map_or_else(|| from.clone(), |after| after.max(from.clone()));
        let last = to.max(first.clone());
        (first, last)
    }
}

/// The largest number of milliseconds in a UUIDv7 (RFC 9562 section 5.7).
const MAX_MILLIS: i64 = (1 << 48) - 1;

/// The direction in which a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Up,
    /// Largest first.
    Down,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The most records: a number outside 1 to 1,000 is moved to the nearer bound.
    pub limit: u32,
    /// The end of the part before; absent: this part is the first.
    pub after: Option<Cursor>,
}

impl PageRequest {
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.limit.clamp(1, MAX_PAGE)).unwrap_or(usize::MAX)
    }
}

/// A list, as DynamoDB knows it.
#[derive(Debug)]
pub(crate) struct Range<'a> {
    pub(crate) pk: String,
    /// The beginning of the sort keys; absent: any.
    pub(crate) prefix: Option<&'static str>,
    /// The bounds of the sort keys, if the list is a part of those with the prefix.
    pub(crate) between: Option<(String, String)>,
    /// The bounds of the index's keys, if the list is a range of the index.
    pub(crate) index: Option<(String, String)>,
    pub(crate) direction: Direction,
    /// The page; absent: the whole list.
    pub(crate) page: Option<&'a PageRequest>,
    /// The items of the range that are in the list.
    pub(crate) keep: Keep,
}

/// The items of a range that are in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of them.
    All,
    /// Those that are pending.
    Pending,
    /// Slots with a pending invitation.
    Invited,
}

impl Range<'_> {
    /// Whether an item of the range is in the list.
    pub(crate) fn keeps(&self, item: &Item) -> bool {
        match self.keep {
            Keep::All => true,
            Keep::Pending => item::is_pending(item),
            Keep::Invited => item::has_invitation(item),
        }
    }

    /// The most items of one call; absent: as many as fit. One more than is wanted tells whether there are
    /// more. Where few items are kept, many are read.
    pub(crate) fn most_read(&self) -> Option<usize> {
        let page = self.page?;
        Some(if self.keep == Keep::Invited { MAX_PAGE as usize } else { page.size() + 1 })
    }

    /// Whether a key of the index has the prefix of the range's keys.
    fn is_of_kind(&self, place: &str) -> bool {
        let end = self.index.as_ref().and_then(|(_, to)| to.char_indices().next_back());
        let prefix = self.index.as_ref().zip(end).map(|((_, to), (end, _))| &to[..end]);
        prefix.is_some_and(|prefix| place.starts_with(prefix))
    }

    /// Whether a key of the index is in the range.
    pub(crate) fn contains(&self, place: &str) -> bool {
        self.index.as_ref().is_some_and(|(from, to)| (from.as_str()..=to.as_str()).contains(&place))
    }
}

impl RangeQuery {
    pub(crate) fn range(&self) -> Range<'_> {
        let of = |pk, prefix, page| Range {
            pk,
            prefix,
            between: None,
            index: None,
            direction: Direction::Up,
            page,
            keep: Keep::All,
        };
        let all = |pk, prefix| of(pk, Some(prefix), None);
        let some = |pk, prefix, page| of(pk, Some(prefix), Some(page));
        let newest = |range| Range { direction: Direction::Down, ..range };
        match self {
            Self::Members(id) => all(keys::workspace(*id), keys::MEMBER),
            Self::SomeMembers(id, page) => some(keys::workspace(*id), keys::MEMBER, page),
            Self::MembersByName(id, direction, page) => Range {
                index: Some((keys::MEMBERS_BY_NAME.0.to_owned(), keys::MEMBERS_BY_NAME.1.to_owned())),
                direction: *direction,
                ..of(keys::workspace(*id), None, Some(page))
            },
            Self::Everything(id, page) => of(keys::workspace(*id), None, Some(page)),
            Self::Links(id) => all(keys::workspace(*id), keys::LINK),
            Self::DomainClaims(id) => all(keys::workspace(*id), keys::DOMAIN),
            Self::VerifiedDomains(domain, page) => some(keys::verified_domain(domain), keys::SLOT, page),
            Self::DomainChecks(page) => some(keys::CHECKS.to_owned(), keys::DOMAIN, page),
            Self::BillingChecks(page) => some(keys::BILLING_CHECKS.to_owned(), keys::AT, page),
            Self::WorkspaceDeletions(page) => some(keys::WORKSPACE_DELETIONS.to_owned(), keys::SLOT, page),
            Self::WorkspaceEntries(page) => some(keys::WORKSPACES.to_owned(), keys::SLOT, page),
            Self::Seats(id) => all(keys::workspace(*id), keys::SEAT),
            Self::PendingInvitations(id, now) => Range {
                index: Some(keys::pending_after(keys::PENDING_INVITATION, *now)),
                keep: Keep::Pending,
                ..newest(of(keys::workspace(*id), None, None))
            },
            Self::PendingLeaveRequests(id) => Range {
                index: Some(keys::pending(keys::PENDING_LEAVE)),
                keep: Keep::Pending,
                ..newest(of(keys::workspace(*id), None, None))
            },
            Self::PendingSlots(key, _, page) => {
                Range { keep: Keep::Invited, ..some(keys::email(key), keys::SLOT, page) }
            }
            Self::Invitations(id, page) | Self::InvitationsPendingFirst(id, _, page) => {
                newest(some(keys::workspace(*id), keys::INVITATION, page))
            }
            Self::LeaveRequests(id, page) => newest(some(keys::workspace(*id), keys::LEAVE, page)),
            Self::Joined(id, page) => some(keys::user(*id), keys::JOINED, page),
            Self::AllJoined(id) => all(keys::user(*id), keys::JOINED),
            Self::EmailSlots(key, page) => some(keys::email(key), keys::SLOT, page),
            Self::Publications(page) => newest(some(keys::POLICY_LOG.to_owned(), keys::PUBLICATION, page)),
            Self::ApiKeys(id, page) => newest(some(keys::workspace(*id), keys::KEY, page)),
            Self::Resources(id, page) => some(keys::workspace(*id), keys::RESOURCE, page),
            Self::ResourceCounts(id) => all(keys::workspace(*id), keys::RESOURCE_COUNT),
            Self::Events(log, bounds, direction, page) => Range {
                between: Some(bounds.keys()),
                direction: *direction,
                ..some(keys::events(*log), keys::EVENT, page)
            },
            Self::Digests(log, direction, page) => {
                Range { direction: *direction, ..some(keys::events(*log), keys::DIGEST, page) }
            }
            Self::UnsealedLogs(shard, page) => of(keys::unsealed(*shard), None, Some(page)),
            Self::Outbox(shard, page) => of(keys::outbox(*shard), None, Some(page)),
        }
    }

    /// The first part of a list that has what is pending before the rest: a range of the index. The list's
    /// own range has the rest.
    pub(crate) fn pending_part(&self) -> Option<Range<'_>> {
        let (pk, prefix, now, page) = match self {
            Self::InvitationsPendingFirst(id, now, page) => {
                (keys::workspace(*id), keys::PENDING_INVITATION, now, page)
            }
            Self::PendingSlots(key, now, page) => (keys::email(key), keys::PENDING_SLOT, now, page),
            _ => return None,
        };
        let index = Some(keys::pending_after(prefix, *now));
        let (direction, page, keep) = (Direction::Down, Some(page), Keep::Pending);
        Some(Range { pk, prefix: None, between: None, index, direction, page, keep })
    }

    /// Whether the page's cursor is one of this list. Callers refuse a bad one before they load.
    pub fn check_cursor(&self) -> Result<(), BadCursor> {
        let range = self.range();
        let Range { prefix, page, index, .. } = &range;
        let Some(cursor) = page.and_then(|page| page.after.as_ref()) else { return Ok(()) };
        // A key of the index, as one of the table: 1 to 1,024 bytes (AWS limit).
        let fits = |name: &str| (1..=1024).contains(&name.len());
        let is_of_part = match (cursor.by_name(), self.pending_part()) {
            (Some(name), None) => fits(name) && range.contains(name),
            (None, None) => index.is_none(),
            // Something that was pending when the page was read may be so no more: any key of its kind is one.
            (Some(name), Some(pending)) => fits(name) && pending.is_of_kind(name),
            (None, Some(_)) => true,
        };
        if !is_of_part {
            return Err(BadCursor);
        }
        // DynamoDB refuses to start outside the bounds.
        let is_outside =
            |(from, to): &(String, String)| !(from.as_str()..=to.as_str()).contains(&cursor.sort_key());
        if range.between.as_ref().is_some_and(is_outside) {
            return Err(BadCursor);
        }
        let Some(prefix) = prefix.or(index.as_ref().map(|_| keys::MEMBER)) else { return Ok(()) };
        let id = cursor.sort_key().strip_prefix(prefix).ok_or(BadCursor)?;
        // The lists that clients page through are sorted by an id that is a UUID, in its one spelling.
        if matches!(self, Self::ApiKeys(..)) {
            let (serial, user) = id.split_once('#').ok_or(BadCursor)?;
            let is_ours = [serial, user].iter().all(|part| part.parse::<WorkspaceId>().is_ok());
            return if is_ours { Ok(()) } else { Err(BadCursor) };
        }
        let is_ours = matches!(
            self,
            Self::DomainChecks(_) | Self::BillingChecks(_) | Self::Publications(_) | Self::Digests(..)
        ) || id.parse::<WorkspaceId>().is_ok();
        if is_ours { Ok(()) } else { Err(BadCursor) }
    }
}

/// A list of records of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    query: RangeQuery,
    kind: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    fn of(query: RangeQuery) -> Self {
        Self { query, kind: PhantomData }
    }

    /// The list, if its page's cursor belongs to it.
    pub fn checked(self) -> Result<Self, BadCursor> {
        self.query.check_cursor().map(|()| self)
    }
}

impl<T> From<List<T>> for RangeQuery {
    fn from(list: List<T>) -> Self {
        list.query
    }
}

/// The constructors of [`List`], with the type of record that each query finds.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $record:ty = $variant:ident;)*) => {$(
        impl List<$record> {
            $(#[$doc])*
            pub fn $name($($arg: $type),*) -> Self {
                Self::of(RangeQuery::$variant($($arg),*))
            }
        }
    )*};
}

lists! {
    /// All members of a workspace.
    members(workspace: WorkspaceId) -> Member = Members;
    /// Members of a workspace, in any order.
    some_members(workspace: WorkspaceId, page: PageRequest) -> Record = SomeMembers;
    /// The entries of one partition of the outbox, oldest first: tasks, and mails of an earlier release.
    outbox(shard: u8, page: PageRequest) -> Record = Outbox;
    /// Members of a workspace by name.
    members_by_name(workspace: WorkspaceId, direction: Direction, page: PageRequest) -> Member = MembersByName;
    /// Every record of a workspace, whatever its kind.
    everything(workspace: WorkspaceId, page: PageRequest) -> Record = Everything;
    /// All links of a workspace.
    links(workspace: WorkspaceId) -> RoleLink = Links;
    /// All domains that a workspace has claimed.
    domain_claims(workspace: WorkspaceId) -> DomainClaim = DomainClaims;
    /// The workspaces that have verified a domain.
    verified_domains(domain: DomainName, page: PageRequest) -> VerifiedDomain = VerifiedDomains;
    /// The domains that are looked up.
    domain_checks(page: PageRequest) -> DomainCheck = DomainChecks;
    /// The times at which billing is checked, earliest first.
    billing_checks(page: PageRequest) -> BillingCheck = BillingChecks;
    /// The workspaces that are being deleted.
    workspace_deletions(page: PageRequest) -> WorkspaceDeletion = WorkspaceDeletions;
    /// All workspaces, in the order of their creation.
    workspace_entries(page: PageRequest) -> WorkspaceEntry = WorkspaceEntries;
    /// All seats of a workspace.
    seats(workspace: WorkspaceId) -> Seat = Seats;
    /// The invitations into a workspace, newest first.
    invitations(workspace: WorkspaceId, page: PageRequest) -> Invitation = Invitations;
    /// The invitations into a workspace: first those that are pending at this time, the last to end first;
    /// then the others, newest first. A page can be short although more pages follow.
    invitations_pending_first(workspace: WorkspaceId, now: Timestamp, page: PageRequest) -> Invitation = InvitationsPendingFirst;
    /// All invitations into a workspace that are pending at this time. An invitation that an earlier release
    /// has made or sent again can be missing.
    pending_invitations(workspace: WorkspaceId, now: Timestamp) -> Invitation = PendingInvitations;
    /// All pending leave requests in a workspace, newest first. A request that an earlier release has made is
    /// missing.
    pending_leave_requests(workspace: WorkspaceId) -> LeaveRequest = PendingLeaveRequests;
    /// The leave requests in a workspace, newest first.
    leave_requests(workspace: WorkspaceId, page: PageRequest) -> LeaveRequest = LeaveRequests;
    /// The workspaces that a person is in.
    joined(user: UserId, page: PageRequest) -> JoinedWorkspace = Joined;
    /// All workspaces that a person is in.
    all_joined(user: UserId) -> JoinedWorkspace = AllJoined;
    /// The relation of an address to each workspace that knows it.
    email_slots(email: EmailKey, page: PageRequest) -> EmailSlot = EmailSlots;
    /// The relations of an address to workspaces with an invitation that is pending at this time, the last to
    /// end first. A page can be short although more pages follow.
    pending_slots(email: EmailKey, now: Timestamp, page: PageRequest) -> EmailSlot = PendingSlots;
    /// The API keys of a workspace, the newest first.
    api_keys(workspace: WorkspaceId, page: PageRequest) -> ApiKeyEntry = ApiKeys;
    /// The resources of a workspace.
    resources(workspace: WorkspaceId, page: PageRequest) -> WorkspaceResource = Resources;
    /// The numbers of resources of each kind in a workspace.
    resource_counts(workspace: WorkspaceId) -> ResourceCount = ResourceCounts;
    /// The events of a log within bounds.
    events(log: EventLog, bounds: EventBounds, direction: Direction, page: PageRequest) -> LogEvent = Events;
    /// The digests of a log.
    digests(log: EventLog, direction: Direction, page: PageRequest) -> EventDigest = Digests;
    /// The marks of logs with events that no digest has yet, of one partition.
    unsealed_logs(shard: u8, page: PageRequest) -> UnsealedLog = UnsealedLogs;
    /// The history of the policies, newest first.
    publications(page: PageRequest) -> Publication = Publications;
}
