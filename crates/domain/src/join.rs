//! Coming in: by an invitation, by a link, by the domain of one's address. Whichever way, it ends here:
//! one role, one seat, one membership.

use crate::change::{Change, Changes, Delta, TallyChange};
use crate::email_domain::DomainDoor;
use crate::id::{InvitationId, UserId};
use crate::invitation::{Invitation, InvitationState, require_bound_to};
use crate::link::Link;
use crate::member::{self, Member, Seating};
use crate::moment::Moment;
use crate::pack::{AfterMaker, Channel, Pack, RoleId, WhenFull};
use crate::record::{EmailSlot, Joined, Record, RecordKey, Stored};
use crate::refusal::Refusal;
use crate::seat::{self, Seat, Seated, Seats, Wish};
use crate::user::{Identity, User};
use crate::workspace::{Tally, Workspace};

/// How an invitation was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// By a token, which was checked and is of this generation.
    Token {
        /// Of the invitation, when the token was made.
        generation: u32,
    },
    /// By its id: only for who is invited by address.
    Id,
}

/// The way somebody comes in.
#[derive(Clone, Copy, Debug)]
pub enum Way<'a> {
    /// By an invitation.
    Invitation {
        /// Which.
        stored: &'a Stored<Invitation>,
        /// How it was named.
        key: Key,
    },
    /// By a link.
    Link {
        /// Which.
        stored: &'a Stored<Link>,
        /// Of the token.
        generation: u32,
    },
    /// By a verified domain.
    Domain(&'a Stored<DomainDoor>),
}

/// What is known of who made an invitation or a link.
#[derive(Clone, Copy, Debug)]
pub enum Maker<'a> {
    /// Nothing yet: that they may still make it is a condition of the write.
    Unread,
    /// Their membership, if they have one.
    Read(Option<&'a Member>),
}

/// All that coming in rests on.
#[derive(Clone, Copy, Debug)]
pub struct Joining<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// Into what.
    pub workspace: &'a Workspace,
    /// Who joins.
    pub caller: &'a Identity,
    /// Their account, if they have one.
    pub account: Option<&'a User>,
    /// Their membership, if they are in already.
    pub member: Option<&'a Member>,
    /// What their address is to the workspace.
    pub slot: Option<&'a Stored<EmailSlot>>,
    /// The counts of the workspace.
    pub tally: &'a Tally,
    /// The seats of the workspace, where one may have to be found.
    pub seats: &'a [Stored<Seat>],
    /// Who made the invitation or link.
    pub maker: Maker<'a>,
    /// Whether they have left before; only who comes by a domain is asked.
    pub has_left: bool,
}

/// Comes in: the one way into a workspace (S6, S7).
pub fn join(joining: Joining<'_>, way: Way<'_>, moment: &mut Moment) -> Result<(Member, Changes), Refusal> {
    match way {
        Way::Invitation { stored, key } => by_invitation(joining, stored, key, moment),
        Way::Link { stored, generation } => by_link(joining, stored, generation, moment),
        Way::Domain(door) => by_domain(joining, door, moment),
    }
}

fn by_invitation(
    joining: Joining<'_>,
    stored: &Stored<Invitation>,
    key: Key,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let invitation = &stored.value;
    match key {
        Key::Id if invitation.email.is_none() => return Err(Refusal::InvitationUnknown),
        Key::Token { generation } if generation != invitation.generation => {
            return Err(Refusal::InvitationRevoked);
        }
        Key::Id | Key::Token { .. } => {}
    }
    joining.require_stranger()?;
    invitation.require_pending(moment.now)?;
    require_bound_to(joining.caller, invitation)?;
    let mut changes = Changes::new();
    changes.extend(joining.vouched(invitation.invited_by, &invitation.role)?);
    let user = joining.caller.user;
    let (role, seated) = match &invitation.seat {
        Some(hold) => (invitation.role.clone(), seat::claim(invitation.id, hold, user, moment.now)?),
        None => joining.seated(&invitation.role, moment)?,
    };
    let accepted = InvitationState::Accepted { by: user, at: moment.now };
    changes.push(Change::Update(
        Record::Invitation(Invitation { state: accepted, ..invitation.clone() }),
        stored.version,
    ));
    joining.come_in(role, seated, Some(invitation.id), changes, moment)
}

fn by_link(
    joining: Joining<'_>,
    stored: &Stored<Link>,
    generation: u32,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let link = &stored.value;
    if generation != link.generation || !link.open || !joining.pack.offers(Channel::Link) {
        return Err(Refusal::InvitationRevoked);
    }
    joining.require_stranger()?;
    // The link as it is: one that is taken back meanwhile lets nobody in.
    let mut changes = vec![Change::Check(link.key(), stored.version)];
    changes.extend(joining.vouched(link.made_by, &link.role)?);
    let (role, seated) = joining.seated(&link.role, moment)?;
    joining.come_in(role, seated, None, changes, moment)
}

fn by_domain(
    joining: Joining<'_>,
    door: &Stored<DomainDoor>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let DomainDoor { domain, workspace } = &door.value;
    let is_theirs = joining.caller.verified_email().is_some_and(|email| email.is_of(domain));
    // Who has left, or was removed, is not brought in again, by this account or with this address.
    let has_left = joining.has_left || joining.slot.is_some_and(|slot| slot.value.left);
    if !is_theirs || has_left || !joining.pack.offers(Channel::Domain) {
        return Err(Refusal::InvitationUnknown);
    }
    joining.require_stranger()?;
    // An invitation may be for more than a joiner's role: it goes first.
    let pending = joining.slot.and_then(|slot| slot.value.pending.as_ref());
    if pending.is_some_and(|pending| pending.is_live(moment.now)) {
        return Err(Refusal::InvitationPending);
    }
    let changes = vec![
        Change::Check(RecordKey::DomainDoor(domain.clone(), *workspace), door.version),
        Change::Absent(RecordKey::Departure(*workspace, joining.caller.user)),
    ];
    let (role, seated) = joining.seated(&joining.pack.roles_given.joiner, moment)?;
    joining.come_in(role, seated, None, changes, moment)
}

impl Joining<'_> {
    fn require_stranger(&self) -> Result<(), Refusal> {
        if self.member.is_some() { Err(Refusal::AlreadyMember) } else { Ok(()) }
    }

    /// The role ceiling, at the moment of joining: whoever made it must still be able to (K30). The
    /// condition names no version, so that it costs no reading.
    fn vouched(&self, maker: UserId, role: &RoleId) -> Result<Option<Change>, Refusal> {
        let Some(rank) = self.pack.role(role).map(|role| role.rank) else { return Err(Refusal::RoleUnknown) };
        if self.pack.invitation.after_maker == AfterMaker::Stays {
            return Ok(None);
        }
        let is_over = match self.maker {
            // Who is no member vouches for nobody, for themselves least of all.
            _ if maker == self.caller.user => true,
            Maker::Read(member) => member.is_none_or(|member| self.pack.rank(&member.role) < rank),
            Maker::Unread => false,
        };
        if is_over {
            return Err(Refusal::InvitationRevoked);
        }
        let roles = self.pack.roles_from(rank);
        Ok(Some(Change::Vouch { workspace: self.workspace.id, user: maker, roles }))
    }

    /// The role and the seat of somebody who comes in for this role: a joiner who takes no seat, or
    /// finds none, may have another (R5).
    fn seated(&self, role: &RoleId, moment: &mut Moment) -> Result<(RoleId, Seated), Refusal> {
        let pack = self.pack;
        let need = pack.seat_need(role);
        let seats = Seats { pack, workspace: self.workspace.id, tally: self.tally, bought: self.seats };
        let is_joiner = *role == pack.roles_given.joiner;
        let seatless = pack.roles_given.seatless.as_ref().filter(|_| is_joiner);
        let without =
            |role: &RoleId| (role.clone(), Seated { seating: Seating::None, changes: Changes::new() });
        if let Some(seatless) = seatless.filter(|_| self.workspace.auto_assigns(pack) == Some(false)) {
            return Ok(without(seatless));
        }
        match (seats.sit_down(need, self.caller.user, Wish::default(), moment), seatless) {
            (Err(Refusal::NoSeatAvailable), Some(seatless))
                if pack.joining.when_full == WhenFull::Seatless =>
            {
                Ok(without(seatless))
            }
            (seated, _) => seated.map(|seated| (role.clone(), seated)),
        }
    }

    /// The records of a new membership, on the workspace's side and on the person's.
    fn come_in(
        &self,
        role: RoleId,
        seated: Seated,
        accepted: Option<InvitationId>,
        mut changes: Changes,
        moment: &Moment,
    ) -> Result<(Member, Changes), Refusal> {
        let Self { pack, caller, tally, .. } = *self;
        let workspace = self.workspace.id;
        if pack.members.max.is_some_and(|max| tally.members >= i64::from(max)) {
            return Err(Refusal::MemberLimitReached);
        }
        let member = Member::new(workspace, caller, self.account, role, seated.seating, moment.now);
        changes.extend(seated.changes);
        changes.extend([
            Change::Create(Record::Member(member.clone())),
            Change::Create(Record::Joined(Joined::of(&member))),
            Change::Attend { user: member.user, workspaces: Delta::by(1) },
            Change::Tally(TallyChange {
                members: Delta { max: pack.members.max.map(i64::from), ..Delta::by(1) },
                governors: member::governor_delta(pack, None, Some(&member.role), tally)?,
                ..TallyChange::of(workspace)
            }),
        ]);
        if let Some(email) = &member.slot {
            let pending = self.slot.and_then(|slot| slot.value.pending.clone());
            let pending = pending.filter(|pending| Some(pending.invitation) != accepted);
            let (email, user) = (email.clone(), Some(member.user));
            let own = EmailSlot { workspace, email, pending, member: user, left: false };
            changes.push(match self.slot {
                Some(slot) => Change::Update(Record::EmailSlot(own), slot.version),
                None => Change::Create(Record::EmailSlot(own)),
            });
        }
        Ok((member, changes))
    }
}
