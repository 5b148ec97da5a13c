//! Purchased seats: their term and their occupant.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::billing::PaidPeriod;
use super::id::{BadId, InvitationId, PurchaseId, SeatId, UserId, WorkspaceId};
use crate::pack::{AddOnId, BillingPeriod, Money, TierId};

/// A purchased seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The workspace that the seat belongs to.
    pub workspace: WorkspaceId,
    /// The id of the seat.
    pub id: SeatId,
    /// The tier.
    pub tier: TierId,
    /// The occupant.
    pub occupant: Occupant,
    /// The end of a reservation for an invitation; `None`: the reservation has no end.
    pub reserved_until: Option<Timestamp>,
    /// The paid term.
    pub term: SeatTerm,
    /// The price of one billing period at the time of purchase.
    pub price: Money,
    /// The paid units of each add-on, beyond those that are included (S12).
    #[serde(default)]
    pub add_ons: BTreeMap<AddOnId, u32>,
    /// The time of purchase.
    pub bought_at: Timestamp,
    /// The purchase that added the seat; `None`: an earlier release added it.
    #[serde(default)]
    pub purchase: Option<PurchaseId>,
}

/// The paid term of a seat. It renews until it is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatTerm {
    /// The start of the billing periods.
    pub anchor: Timestamp,
    /// The end of a cancelled seat, from which it is expired.
    pub ends: Option<Timestamp>,
}

impl SeatTerm {
    /// Whether the term is over at `now`. It is over at its end, not only after it. `paid` is what the workspace
    /// pays online: a seat ends with it.
    pub fn is_over(self, paid: Option<&PaidPeriod>, now: Timestamp) -> bool {
        self.ends.is_some_and(|end| end <= now) || paid.is_some_and(|paid| paid.is_over(now))
    }

    /// The time at which the period of the seat ends.
    pub fn renews_at(self, paid: Option<&PaidPeriod>, period: BillingPeriod, now: Timestamp) -> Timestamp {
        paid.map_or_else(|| period.around(self.anchor, now).1, |paid| paid.end)
    }

    /// The time until which the seat is paid.
    pub fn paid_through(self, paid: Option<&PaidPeriod>, period: BillingPeriod, now: Timestamp) -> Timestamp {
        let end = self.ends.unwrap_or_else(|| self.renews_at(paid, period, now));
        paid.and_then(|paid| paid.lapses_at).map_or(end, |lapse| end.min(lapse))
    }
}

/// The occupant of a seat. It is a single string in the item, so that a write condition can compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Occupant {
    /// The seat is empty.
    Nobody,
    /// The seat is reserved for the person who accepts this invitation.
    Invitation(InvitationId),
    /// The seat belongs to this member.
    Member(UserId),
}

/// The record that carries a copy of a seat's term: the occupant of a seat that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatHolder {
    /// A member.
    Member(UserId),
    /// An invitation.
    Invitation(InvitationId),
}

impl fmt::Display for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Invitation(id) => write!(f, "invitation:{id}"),
            Self::Member(id) => write!(f, "member:{id}"),
        }
    }
}

impl FromStr for Occupant {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.split_once(':') {
            None if text == "nobody" => Ok(Self::Nobody),
            Some(("invitation", id)) => id.parse().map(Self::Invitation),
            Some(("member", id)) => id.parse().map(Self::Member),
            _ => Err(BadId),
        }
    }
}

impl TryFrom<String> for Occupant {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<Occupant> for String {
    fn from(occupant: Occupant) -> String {
        occupant.to_string()
    }
}

/// The copy of a seat in its holder's record, so that the holder's rights are known without reading the
/// seat. A change of the seat's tier or term changes this copy in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatHold {
    /// The id of the seat.
    pub seat: SeatId,
    /// The tier of the seat.
    pub tier: TierId,
    /// The paid term of the seat.
    pub term: SeatTerm,
}

/// The status of a seat in a list of seats (S8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeatStatus {
    /// A member has the seat.
    Filled,
    /// The seat is reserved for an invitation.
    Pending,
    /// The seat is paid and empty.
    Available,
    /// The seat is no longer paid.
    Expired,
}

impl Seat {
    /// The status at `now`. `paid` is what the workspace pays online.
    pub fn status(&self, paid: Option<&PaidPeriod>, now: Timestamp) -> SeatStatus {
        if self.term.is_over(paid, now) {
            return SeatStatus::Expired;
        }
        match self.occupant {
            Occupant::Member(_) => SeatStatus::Filled,
            Occupant::Invitation(_) if self.reserved_until.is_none_or(|end| now < end) => SeatStatus::Pending,
            Occupant::Invitation(_) | Occupant::Nobody => SeatStatus::Available,
        }
    }

    /// The copy for the holder's record.
    pub fn hold(&self) -> SeatHold {
        SeatHold { seat: self.id, tier: self.tier.clone(), term: self.term }
    }

    /// The record that has a copy of the term, if there is one.
    pub fn holder(&self) -> Option<SeatHolder> {
        match self.occupant {
            Occupant::Nobody => None,
            Occupant::Invitation(id) => Some(SeatHolder::Invitation(id)),
            Occupant::Member(id) => Some(SeatHolder::Member(id)),
        }
    }
}

/// The seat that a caller asks for. The default is any seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatChoice<'a> {
    /// This seat only.
    pub seat: Option<SeatId>,
    /// A seat of this tier.
    pub tier: Option<&'a TierId>,
}
