//! The lists that can be asked for. Each is one range of one partition.

use std::marker::PhantomData;

use seatwise_domain::{
    DomainCheck, DomainClaim, DomainName, EmailKey, EmailSlot, Invitation, JoinedWorkspace, LeaveRequest,
    Member, Publication, Record, RoleLink, Seat, UserId, VerifiedDomain, WorkspaceDeletion, WorkspaceId,
};

use crate::cursor::{BadCursor, Cursor};
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
    /// Workspaces that are being deleted.
    WorkspaceDeletions(PageRequest),
    /// All seats of a workspace.
    Seats(WorkspaceId),
    /// Invitations into a workspace, newest first.
    Invitations(WorkspaceId, PageRequest),
    /// Leave requests in a workspace, newest first.
    LeaveRequests(WorkspaceId, PageRequest),
    /// The workspaces that a person is in.
    Joined(UserId, PageRequest),
    /// All workspaces that a person is in.
    AllJoined(UserId),
    /// The relations of an address to workspaces.
    EmailSlots(EmailKey, PageRequest),
    /// Tasks, and mails of an earlier release, of one partition of the outbox.
    Outbox(u8, PageRequest),
    /// The history of the policies, newest first.
    Publications(PageRequest),
}

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
    /// The index, if the list is one of its partitions.
    pub(crate) index: Option<&'static str>,
    pub(crate) direction: Direction,
    /// The page; absent: the whole list.
    pub(crate) page: Option<&'a PageRequest>,
}

impl RangeQuery {
    pub(crate) fn range(&self) -> Range<'_> {
        let of = |pk, prefix, page| Range { pk, prefix, index: None, direction: Direction::Up, page };
        let all = |pk, prefix| of(pk, Some(prefix), None);
        let some = |pk, prefix, page| of(pk, Some(prefix), Some(page));
        let newest = |range| Range { direction: Direction::Down, ..range };
        match self {
            Self::Members(id) => all(keys::workspace(*id), keys::MEMBER),
            Self::SomeMembers(id, page) => some(keys::workspace(*id), keys::MEMBER, page),
            Self::MembersByName(id, direction, page) => Range {
                index: Some(keys::BY_NAME_INDEX),
                direction: *direction,
                ..of(keys::workspace(*id), None, Some(page))
            },
            Self::Everything(id, page) => of(keys::workspace(*id), None, Some(page)),
            Self::Links(id) => all(keys::workspace(*id), keys::LINK),
            Self::DomainClaims(id) => all(keys::workspace(*id), keys::DOMAIN),
            Self::VerifiedDomains(domain, page) => some(keys::verified_domain(domain), keys::SLOT, page),
            Self::DomainChecks(page) => some(keys::CHECKS.to_owned(), keys::DOMAIN, page),
            Self::WorkspaceDeletions(page) => some(keys::WORKSPACE_DELETIONS.to_owned(), keys::SLOT, page),
            Self::Seats(id) => all(keys::workspace(*id), keys::SEAT),
            Self::Invitations(id, page) => newest(some(keys::workspace(*id), keys::INVITATION, page)),
            Self::LeaveRequests(id, page) => newest(some(keys::workspace(*id), keys::LEAVE, page)),
            Self::Joined(id, page) => some(keys::user(*id), keys::JOINED, page),
            Self::AllJoined(id) => all(keys::user(*id), keys::JOINED),
            Self::EmailSlots(key, page) => some(keys::email(key), keys::SLOT, page),
            Self::Publications(page) => newest(some(keys::POLICY_LOG.to_owned(), keys::PUBLICATION, page)),
            Self::Outbox(shard, page) => of(keys::outbox(*shard), None, Some(page)),
        }
    }

    /// Whether the page's cursor is one of this list. Callers refuse a bad one before they load.
    pub fn check_cursor(&self) -> Result<(), BadCursor> {
        let Range { prefix, page, index, .. } = self.range();
        let Some(cursor) = page.and_then(|page| page.after.as_ref()) else { return Ok(()) };
        // A key of the index, as one of the table: 1 to 1,024 bytes (AWS limit).
        let fits = |name: &str| (1..=1024).contains(&name.len());
        if cursor.by_name().map(fits) != index.map(|_| true) {
            return Err(BadCursor);
        }
        let Some(prefix) = prefix.or(index.map(|_| keys::MEMBER)) else { return Ok(()) };
        let id = cursor.sort_key().strip_prefix(prefix).ok_or(BadCursor)?;
        // The lists that clients page through are sorted by an id that is a UUID, in its one spelling.
        let is_ours = matches!(self, Self::DomainChecks(_) | Self::Publications(_))
            || id.parse::<WorkspaceId>().is_ok();
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
    /// The workspaces that are being deleted.
    workspace_deletions(page: PageRequest) -> WorkspaceDeletion = WorkspaceDeletions;
    /// All seats of a workspace.
    seats(workspace: WorkspaceId) -> Seat = Seats;
    /// The invitations into a workspace, newest first.
    invitations(workspace: WorkspaceId, page: PageRequest) -> Invitation = Invitations;
    /// The leave requests in a workspace, newest first.
    leave_requests(workspace: WorkspaceId, page: PageRequest) -> LeaveRequest = LeaveRequests;
    /// The workspaces that a person is in.
    joined(user: UserId, page: PageRequest) -> JoinedWorkspace = Joined;
    /// All workspaces that a person is in.
    all_joined(user: UserId) -> JoinedWorkspace = AllJoined;
    /// The relation of an address to each workspace that knows it.
    email_slots(email: EmailKey, page: PageRequest) -> EmailSlot = EmailSlots;
    /// The history of the policies, newest first.
    publications(page: PageRequest) -> Publication = Publications;
}
