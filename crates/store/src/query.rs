//! The lists that can be asked for. Each is one range of one partition.

use seatwise_domain::{EmailKey, UserId, WorkspaceId};

use crate::cursor::{BadCursor, Cursor};
use crate::keys;

/// Most records of one page, whatever is asked for.
const MAX_PAGE: u32 = 1000;

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// All members of a workspace.
    Members(WorkspaceId),
    /// All seats of a workspace.
    Seats(WorkspaceId),
    /// Invitations into a workspace, newest first.
    Invitations(WorkspaceId, Page),
    /// Leave requests in a workspace, newest first.
    LeaveRequests(WorkspaceId, Page),
    /// Where a person is.
    Joined(UserId, Page),
    /// What an address is to whom.
    EmailSlots(EmailKey, Page),
    /// Mail of one partition of the outbox, oldest first.
    Outbox(u8, Page),
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// At most so many records: at least 1 and at most 1,000, whatever it says.
    pub limit: u32,
    /// Where the part before it ended; absent: from the start.
    pub after: Option<Cursor>,
}

impl Page {
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.limit.clamp(1, MAX_PAGE)).unwrap_or(usize::MAX)
    }
}

/// A list, as DynamoDB knows it.
#[derive(Debug)]
pub(crate) struct Range<'a> {
    pub(crate) pk: String,
    pub(crate) prefix: &'static str,
    pub(crate) newest_first: bool,
    /// Absent: all of it.
    pub(crate) page: Option<&'a Page>,
}

impl Query {
    pub(crate) fn range(&self) -> Range<'_> {
        let (pk, prefix, page) = match self {
            Self::Members(id) => (keys::workspace(*id), keys::MEMBER, None),
            Self::Seats(id) => (keys::workspace(*id), keys::SEAT, None),
            Self::Invitations(id, page) => (keys::workspace(*id), keys::INVITATION, Some(page)),
            Self::LeaveRequests(id, page) => (keys::workspace(*id), keys::LEAVE, Some(page)),
            Self::Joined(id, page) => (keys::user(*id), keys::JOINED, Some(page)),
            Self::EmailSlots(key, page) => (keys::email(key), keys::SLOT, Some(page)),
            Self::Outbox(shard, page) => (keys::outbox(*shard), keys::MAIL, Some(page)),
        };
        let newest_first = matches!(self, Self::Invitations(..) | Self::LeaveRequests(..));
        Range { pk, prefix, newest_first, page }
    }

    /// Whether the page's cursor is one of this list. Callers refuse a bad one before they load.
    pub fn check_cursor(&self) -> Result<(), BadCursor> {
        let Range { prefix, page, .. } = self.range();
        let Some(cursor) = page.and_then(|page| page.after.as_ref()) else { return Ok(()) };
        // Every list is sorted by an id that is a UUID, in its one spelling.
        let id = cursor.sort_key().strip_prefix(prefix).ok_or(BadCursor)?;
        id.parse::<WorkspaceId>().map(|_| ()).map_err(|_| BadCursor)
    }
}
