//! What the tables of the rules are made of: a pack, people, a workspace with seats.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::email::EmailAddress;
use crate::id::{InvitationId, LeaveRequestId, SeatId, UserId, WorkspaceId};
use crate::invitation::{Invitation, InvitationState};
use crate::leave::{LeaveRequest, LeaveState};
use crate::member::{Member, Seating};
use crate::moment::Moment;
use crate::pack::{
    Badge, Billing, BillingProvider, InvitationRules, InvitedRole, LeaveBy, LeaveRules, Lifetime, Money,
    Next, Pack, Period, Role, RoleId, RolesGiven, SeatNeed, Seats, Tier, TierId,
};
use crate::record::{Stored, Version};
use crate::seat::{Occupant, Seat, Term};
use crate::user::Identity;
use crate::workspace::{Tally, Workspace};

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0xA));

pub(crate) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_000)
}

pub(crate) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

pub(crate) fn moment() -> Moment {
    Moment::new(now(), [7; 32])
}

pub(crate) fn role(name: &str) -> RoleId {
    RoleId(name.to_owned())
}

pub(crate) fn tier(name: &str) -> TierId {
    TierId(name.to_owned())
}

pub(crate) fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

/// `boss` governs from a free slot, `worker` needs a seat, `guest` needs none.
pub(crate) fn pack() -> Pack {
    let frame = |id: &str, rank, seat| Role {
        id: role(id),
        label: id.to_owned(),
        rank,
        governing: rank == 9,
        staff: rank == 9,
        badge: "gray".to_owned(),
        seat,
    };
    let sold = |id: &str| Tier {
        id: tier(id),
        label: id.to_owned(),
        price: Money { amount: 100, currency: "EUR".to_owned() },
        features: Vec::new(),
    };
    Pack {
        name: "fixture".to_owned(),
        product: "Fixture".to_owned(),
        roles: vec![
            frame("boss", 9, SeatNeed::FreeSlot),
            frame("worker", 2, SeatNeed::Required),
            frame("guest", 1, SeatNeed::None),
        ],
        roles_given: RolesGiven { creator: role("boss"), joiner: role("worker") },
        seats: Seats {
            tiers: vec![sold("small"), sold("large")],
            free_slots: 1,
            max: 5,
            add_ons: Vec::new(),
        },
        invitation: InvitationRules {
            lifetime: Lifetime::try_from("P7D".to_owned()).ok(),
            reserves_seat: true,
            shareable: true,
            role: InvitedRole::Chosen,
            badge: Badge { label: "invited".to_owned(), color: "gray".to_owned() },
        },
        leave: LeaveRules { by: LeaveBy::Request },
        billing: Billing {
            provider: BillingProvider::Manual,
            plan: "plan".to_owned(),
            period: Period::try_from("P1M".to_owned()).unwrap(),
            notice: None,
        },
        after_join: Next::Dashboard,
    }
}

pub(crate) fn stored<T>(value: T) -> Stored<T> {
    Stored { value, version: Version(3) }
}

pub(crate) fn workspace() -> Workspace {
    Workspace {
        id: WORKSPACE,
        name: "Acme".to_owned().try_into().unwrap(),
        creator: user(1),
        timezone: None,
        default_flow_theme: None,
        plan: "plan".to_owned(),
        created_at: now(),
    }
}

pub(crate) fn tally(governors: i64, free_slots: i64) -> Tally {
    Tally { members: 3, governors, free_slots, seats: 2 }
}

pub(crate) fn email(text: &str) -> EmailAddress {
    text.to_owned().try_into().unwrap()
}

pub(crate) fn identity(number: u128, address: &str) -> Identity {
    Identity {
        user: user(number),
        email: Some(email(address)),
        email_verified: true,
        first_name: None,
        last_name: None,
    }
}

pub(crate) fn seat(number: u128, kind: &str, occupant: Occupant) -> Stored<Seat> {
    stored(Seat {
        workspace: WORKSPACE,
        id: SeatId(Uuid::from_u128(number)),
        tier: tier(kind),
        occupant,
        reserved_until: None,
        term: Term { anchor: now(), ends: None },
        price: Money { amount: 100, currency: "EUR".to_owned() },
        bought_at: now(),
    })
}

pub(crate) fn member(number: u128, id: &str, seat: Seating) -> Stored<Member> {
    let identity = identity(number, "x@acme.example");
    stored(Member::new(WORKSPACE, &identity, None, role(id), seat, now()))
}

pub(crate) fn invitation_id(number: u128) -> InvitationId {
    InvitationId { workspace: WORKSPACE, serial: Uuid::from_u128(number) }
}

pub(crate) fn invitation(address: Option<&str>, seat: Option<&Stored<Seat>>) -> Stored<Invitation> {
    stored(Invitation {
        id: invitation_id(50),
        email: address.map(email),
        role: role("worker"),
        seat: seat.map(|seat| seat.value.hold()),
        generation: 1,
        state: InvitationState::Pending,
        expires_at: Some(now() + days(7)),
        invited_by: user(1),
        invited_at: now(),
        deliveries: Vec::new(),
    })
}

pub(crate) fn leave_request(number: u128, state: LeaveState) -> Stored<LeaveRequest> {
    let id = LeaveRequestId { user: user(number), serial: Uuid::from_u128(90) };
    stored(LeaveRequest { workspace: WORKSPACE, id, reason: None, asked_at: now(), state })
}
