//! A workspace as the model has it, and what is promised of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::WorkspaceId;

use super::MAX_SEATS;
use crate::model::log::No;

pub(super) type Role = &'static str;

pub(super) fn rank(role: Role) -> u32 {
    match role {
        "owner" => 100,
        "admin" => 50,
        "member" => 10,
        other => panic!("there is no role {other}"),
    }
}

pub(super) fn is_role(role: Role) -> bool {
    ["owner", "admin", "member"].contains(&role)
}

/// The role that the policies are asked about for one that is not there.
pub(super) fn asked(role: Role) -> Role {
    if is_role(role) { role } else { "member" }
}

/// The holder of a seat. An invitation keeps it no longer than it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Nobody,
    Invited(usize),
    Member(usize),
}

#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: String,
    pub(super) tier: &'static str,
    pub(super) of: Of,
    pub(super) ends: Option<Timestamp>,
    /// It had ended, and made room for another.
    pub(super) is_gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sits {
    FreeSlot,
    Seat(usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) role: Role,
    pub(super) sits: Sits,
    pub(super) leave: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invited {
    Pending,
    Accepted(usize),
    Revoked,
    Declined,
}

#[derive(Debug)]
pub(super) struct Invitation {
    pub(super) id: String,
    pub(super) url: String,
    /// The person to whose address it is bound.
    pub(super) to: Option<usize>,
    /// The member who stands for it: its maker, or the last one who sent it again or changed it.
    pub(super) by: usize,
    pub(super) role: Role,
    pub(super) seat: usize,
    pub(super) state: Invited,
    pub(super) expires: Timestamp,
    /// Since when the member stands for it.
    pub(super) stood: Timestamp,
}

impl Invitation {
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.state == Invited::Pending && now < self.expires
    }

    /// Why it is over for good. An expired one can be sent again, revoked and declined.
    pub(super) fn closed(&self) -> Result<(), No> {
        self.over(Timestamp::MIN)
    }

    /// Why it cannot be used.
    pub(super) fn over(&self, now: Timestamp) -> Result<(), No> {
        match self.state {
            Invited::Accepted(_) => Err((410, "invitation_used")),
            Invited::Revoked | Invited::Declined => Err((410, "invitation_revoked")),
            Invited::Pending if self.expires <= now => Err((410, "invitation_expired")),
            Invited::Pending => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Pending,
    Approved,
    Denied,
    Withdrawn,
}

#[derive(Debug)]
pub(super) struct Leave {
    pub(super) id: String,
    pub(super) who: usize,
    pub(super) state: Asked,
}

/// The relation of an address to a workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) pending: Option<usize>,
    pub(super) member: Option<usize>,
}

/// A workspace.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) members: BTreeMap<usize, Member>,
    pub(super) seats: Vec<Seat>,
    pub(super) invitations: Vec<Invitation>,
    pub(super) leaves: Vec<Leave>,
    /// By whose the address is.
    pub(super) slots: BTreeMap<usize, Slot>,
    pub(super) standings: BTreeMap<usize, Standing>,
    /// The people who have left, and when.
    pub(super) left: BTreeMap<usize, Timestamp>,
}

/// When a member joined, and the roles that they have lost since.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) joined: Timestamp,
    pub(super) lost: Vec<(Role, Timestamp)>,
}

pub(super) const FORBIDDEN: No = (403, "forbidden");

pub(super) const NOT_FOUND: No = (404, "not_found");

/// Which seat is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    /// By its place in the model; too large: one that is not there.
    pub(super) seat: Option<usize>,
    pub(super) tier: Option<&'static str>,
}

impl Room {
    pub(super) fn id(&self) -> WorkspaceId {
        self.path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("a workspace")
    }

    pub(super) fn role(&self, who: usize) -> Result<Role, No> {
        self.members.get(&who).map(|member| member.role).ok_or(NOT_FOUND)
    }

    pub(super) fn free_slot_is_free(&self) -> bool {
        self.members.values().all(|member| member.sits != Sits::FreeSlot)
    }

    pub(super) fn is_over(&self, seat: usize, now: Timestamp) -> bool {
        self.seats[seat].ends.is_some_and(|end| end <= now)
    }

    pub(super) fn is_free(&self, seat: usize, now: Timestamp) -> bool {
        let is_open = match self.seats[seat].of {
            Of::Nobody => true,
            Of::Invited(invitation) => !self.invitations[invitation].is_live(now),
            Of::Member(_) => false,
        };
        is_open && !self.seats[seat].is_gone && !self.is_over(seat, now)
    }

    /// The seats of which one is taken.
    pub(super) fn find(&self, wish: Wish, now: Timestamp) -> Result<Vec<usize>, No> {
        let fits = |seat: usize| wish.tier.is_none_or(|tier| tier == self.seats[seat].tier);
        if let Some(seat) = wish.seat {
            let is_it = seat < self.seats.len() && self.is_free(seat, now) && fits(seat);
            return if is_it { Ok(vec![seat]) } else { Err((409, "seat_not_available")) };
        }
        if wish.tier.is_some_and(|tier| !["basic", "pro"].contains(&tier)) {
            return Err((422, "tier_unknown"));
        }
        for tier in ["basic", "pro"] {
            let free: Vec<usize> = (0..self.seats.len())
                .filter(|seat| self.seats[*seat].tier == tier && fits(*seat) && self.is_free(*seat, now))
                .collect();
            if !free.is_empty() {
                return Ok(free);
            }
        }
        Err((409, "no_seat_available"))
    }

    /// How many seats there are for which this holds.
    pub(super) fn count(&self, holds: impl Fn(usize) -> bool) -> usize {
        (0..self.seats.len()).filter(|seat| !self.seats[*seat].is_gone && holds(*seat)).count()
    }

    /// The seats that make room for so many new ones: ended, nobody's, the oldest first.
    pub(super) fn make_room(&self, quantity: usize, now: Timestamp) -> Result<Vec<usize>, No> {
        let excess = (self.count(|_| true) + quantity).saturating_sub(MAX_SEATS);
        let mut done: Vec<usize> = (0..self.seats.len())
            .filter(|seat| {
                let there = &self.seats[*seat];
                !there.is_gone && there.of == Of::Nobody && self.is_over(*seat, now)
            })
            .collect();
        done.sort_by_key(|seat| &self.seats[*seat].id);
        done.truncate(excess);
        if done.len() < excess { Err((409, "seat_limit_reached")) } else { Ok(done) }
    }

    pub(super) fn seat(&self, id: &str) -> usize {
        self.seats.iter().position(|seat| seat.id == id).expect("a seat that was bought")
    }

    /// A member sits elsewhere; their seat is free.
    pub(super) fn reseat(&mut self, who: usize, sits: Sits) {
        let member = self.members.get_mut(&who).expect("a member");
        if let Sits::Seat(seat) = std::mem::replace(&mut member.sits, sits)
            && sits != Sits::Seat(seat)
        {
            self.seats[seat].of = Of::Nobody;
        }
        if let Sits::Seat(seat) = sits {
            self.seats[seat].of = Of::Member(who);
        }
    }

    /// A member is gone.
    pub(super) fn exit(&mut self, who: usize, leave: Asked, now: Timestamp) {
        let member = self.members.remove(&who).expect("a member");
        self.standings.remove(&who);
        self.left.insert(who, now);
        if let Sits::Seat(seat) = member.sits {
            self.seats[seat].of = Of::Nobody;
        }
        if let Some(request) = member.leave {
            self.leaves[request].state = leave;
        }
        for slot in self.slots.values_mut().filter(|slot| slot.member == Some(who)) {
            slot.member = None;
        }
    }

    /// An invitation that has expired is over: its seat and its address are free already.
    pub(super) fn close_expired(&mut self, invitation: usize, state: Invited) {
        self.invitations[invitation].state = state;
    }

    /// Whether a member could make an invitation for this role at every time since `at`.
    pub(super) fn could_invite(&self, who: usize, role: Role, at: Timestamp) -> bool {
        let may = |own: Role| own != "member" && rank(role) <= rank(own);
        let Some((member, standing)) = self.members.get(&who).zip(self.standings.get(&who)) else {
            return false;
        };
        let mut lost = standing.lost.iter().filter(|(_, until)| *until > at);
        standing.joined <= at && may(member.role) && lost.all(|(role, _)| may(role))
    }

    /// An invitation is over.
    pub(super) fn close(&mut self, invitation: usize, state: Invited) {
        self.invitations[invitation].state = state;
        if let Some(slot) = self.invitations[invitation].to.and_then(|to| self.slots.get_mut(&to))
            && slot.pending == Some(invitation)
        {
            slot.pending = None;
        }
        for seat in self.seats.iter_mut().filter(|seat| seat.of == Of::Invited(invitation)) {
            seat.of = Of::Nobody;
        }
    }

    /// Whether the policies let somebody give this role by an invitation.
    pub(super) fn may_invite(&self, who: usize, role: Role) -> Result<(), No> {
        let own = self.role(who)?;
        if rank(role) > rank(own) {
            return Err((403, "role_above_own"));
        }
        if own == "member" { Err(FORBIDDEN) } else { Ok(()) }
    }

    /// Whether the policies let somebody touch where somebody sits.
    pub(super) fn may_seat(&self, who: usize, whom: usize) -> Result<(), No> {
        let own = self.role(who)?;
        let other = self.members.get(&whom).map_or("member", |member| member.role);
        if own == "member" || rank(other) > rank(own) {
            return Err(FORBIDDEN);
        }
        if self.members.contains_key(&whom) { Ok(()) } else { Err(NOT_FOUND) }
    }
}
