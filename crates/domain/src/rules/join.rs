//! Joining a workspace by an invitation, a link, a domain or the host's backend. Every way ends here: with one role, one seat
//! and one membership.

use jiff::Timestamp;

use super::billing::{limit_as_read, member_limit, members_within};
use super::invitation::{require_bound_to, require_own};
use super::maker::{Made, Maker, MakerMembership, MakerRules};
use super::member::governor_delta;
use super::pending;
use super::seating::{self, SeatAssignment, SeatPool};
use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{
    Count, Departure, EmailSlot, Identity, Invitation, InvitationId, InvitationState, JoinedWorkspace,
    Member, Occupant, PaidPeriod, RoleLink, Seat, SeatChoice, Seating, Tally, User, UserId, VerifiedDomain,
    Workspace, WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{Channel, Pack, RoleId, WhenFull};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// The proof that a caller may use an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationProof {
    /// A token, which was checked.
    Token {
        /// The generation of the invitation when the token was made.
        generation: u32,
    },
    /// The id, for a person who is invited by address.
    Id,
}

/// The way in which a person joins.
#[derive(Clone, Copy, Debug)]
pub enum JoinMethod<'a> {
    /// By an invitation.
    Invitation {
        /// The invitation.
        stored: &'a Stored<Invitation>,
        /// The proof that the caller may use it.
        key: InvitationProof,
    },
    /// By a link.
    Link {
        /// The link.
        stored: &'a Stored<RoleLink>,
        /// The generation of the token.
        generation: u32,
    },
    /// By a verified domain.
    Domain(&'a Stored<VerifiedDomain>),
    /// By a backend of the host, which adds the person with this role.
    Service(&'a RoleId),
}

/// The facts on which joining depends.
#[derive(Clone, Copy, Debug)]
pub struct JoinContext<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The workspace.
    pub workspace: &'a Stored<Workspace>,
    /// The person who joins.
    pub caller: &'a Identity,
    /// Their account, if they have one.
    pub account: Option<&'a User>,
    /// Their membership, if they are a member already.
    pub member: Option<&'a Member>,
    /// The relation of their address to the workspace.
    pub slot: Option<&'a Stored<EmailSlot>>,
    /// The counts of the workspace.
    pub tally: &'a Tally,
    /// The seats of the workspace, if a free one may be needed.
    pub seats: &'a [Stored<Seat>],
    /// The policies about makers.
    pub makers: MakerRules<'a>,
    /// The membership of the maker of the invitation or link.
    pub maker: MakerMembership<'a>,
    /// Their departures from the workspace.
    pub departures: &'a [PersonDeparture],
}

/// The departure of a person from a workspace, if they have left it. The person is the caller, or one that the
/// caller's sign-in has stood for.
#[derive(Clone, Debug)]
pub struct PersonDeparture {
    /// The person.
    pub user: UserId,
    /// The departure.
    pub stored: Option<Stored<Departure>>,
}

/// Joins: the only way into a workspace (S6, S7).
pub fn join(
    joining: JoinContext<'_>,
    way: JoinMethod<'_>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    match way {
        JoinMethod::Invitation { stored, key } => by_invitation(joining, stored, key, moment),
        JoinMethod::Link { stored, generation } => by_link(joining, stored, generation, moment),
        JoinMethod::Domain(verified) => by_domain(joining, verified, moment),
        JoinMethod::Service(role) => by_service(joining, role, moment),
    }
}

fn by_invitation(
    joining: JoinContext<'_>,
    stored: &Stored<Invitation>,
    key: InvitationProof,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let invitation = &stored.value;
    match key {
        InvitationProof::Id => require_own(joining.caller, invitation)?,
        InvitationProof::Token { generation } if generation != invitation.generation => {
            return Err(Refusal::InvitationRevoked);
        }
        InvitationProof::Token { .. } => {}
    }
    joining.require_stranger()?;
    invitation.require_pending(moment.now)?;
    require_bound_to(joining.caller, invitation)?;
    let invited = invitation.email.as_ref().map(|_| invitation.made_at());
    let mut changes = joining.admitted(invited)?;
    changes.extend(joining.vouched(Maker::of_invitation(invitation), invitation.made())?);
    let user = joining.caller.user;
    let (role, seated) = match &invitation.seat {
        Some(hold) => {
            (invitation.role.clone(), seating::claim(joining.paid(), invitation.id, hold, user, moment.now)?)
        }
        None => joining.seated(&invitation.role, moment)?,
    };
    let accepted = InvitationState::Accepted { by: user, at: moment.now };
    changes.push(Change::update(stored, Invitation { state: accepted, ..invitation.clone() }));
    joining.come_in(role, seated, Some(invitation.id), changes, moment)
}

fn by_link(
    joining: JoinContext<'_>,
    stored: &Stored<RoleLink>,
    generation: u32,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let link = &stored.value;
    if generation != link.generation || !link.open || !joining.pack.offers(Channel::Link) {
        return Err(Refusal::InvitationRevoked);
    }
    joining.require_stranger()?;
    // The link must be unchanged: nobody joins by a link that is revoked meanwhile.
    let unchanged =
        Change::RequireVersion(RecordKey::RoleLink(link.workspace, link.serial()), stored.version);
    let mut changes = vec![unchanged];
    changes.extend(joining.admitted(None)?);
    changes.extend(joining.vouched(Maker::of_link(link), link.made())?);
    let (role, seated) = joining.seated(&link.role, moment)?;
    joining.come_in(role, seated, None, changes, moment)
}

fn by_domain(
    joining: JoinContext<'_>,
    verified: &Stored<VerifiedDomain>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let VerifiedDomain { domain, workspace } = &verified.value;
    let is_theirs = joining.caller.verified_email().is_some_and(|email| domain.contains(email));
    if !is_theirs || !joining.pack.offers(Channel::Domain) {
        return Err(Refusal::InvitationUnknown);
    }
    joining.require_stranger()?;
    let admitted = joining.admitted(None)?;
    // An invitation may be for a higher role than the joiner's, so it takes precedence.
    let pending = joining.slot.and_then(|slot| slot.value.usable_pending());
    if pending.is_some_and(|pending| joining.makers.shows_pending(pending, moment.now)) {
        return Err(Refusal::InvitationPending);
    }
    let key = RecordKey::VerifiedDomain(domain.clone(), *workspace);
    let mut changes = vec![Change::RequireVersion(key, verified.version)];
    changes.extend(admitted);
    let (role, seated) = joining.seated(&joining.pack.roles_given.joiner, moment)?;
    joining.come_in(role, seated, None, changes, moment)
}

/// A person who has left comes back only by an invitation of their own, so no backend brings them back (K44).
fn by_service(
    joining: JoinContext<'_>,
    role: &RoleId,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    if joining.pack.role(role).is_none() {
        return Err(Refusal::RoleUnknown);
    }
    joining.require_stranger()?;
    let admitted = joining.admitted(None)?;
    let (role, seated) = joining.seated(role, moment)?;
    joining.come_in(role, seated, None, admitted, moment)
}

/// The time of the last of these departures.
pub fn last_departure(departures: &[PersonDeparture]) -> Option<Timestamp> {
    let departures = departures.iter().filter_map(|person| person.stored.as_ref());
    departures.map(|departure| departure.value.time()).max()
}

impl PersonDeparture {
    /// Requires that the departure is still the one that was read.
    pub(crate) fn as_read(&self, workspace: WorkspaceId) -> Change {
        let key = RecordKey::Departure(workspace, self.user);
        match &self.stored {
            Some(departure) => Change::RequireVersion(key, departure.version),
            None => Change::RequireAbsent(key),
        }
    }
}

impl JoinContext<'_> {
    fn require_stranger(&self) -> Result<(), Refusal> {
        if self.member.is_some() { Err(Refusal::AlreadyMember) } else { Ok(()) }
    }

    fn paid(&self) -> Option<&PaidPeriod> {
        self.workspace.value.paid.as_ref()
    }

    /// The conditions under which the person may come in: they have not left before, or are invited
    /// personally since then. `invited` is the time of a personal invitation (K44).
    fn admitted(&self, invited: Option<Timestamp>) -> Result<Changes, Refusal> {
        let left_with_address = self.slot.and_then(|slot| slot.value.departure());
        let left = left_with_address.max(last_departure(self.departures));
        match (left, invited) {
            (Some(_), None) => return Err(Refusal::PersonalInvitationRequired),
            (Some(left), Some(invited)) if invited <= left => return Err(Refusal::InvitationRevoked),
            _ => {}
        }
        Ok(self.departures.iter().map(|person| person.as_read(self.workspace.value.id)).collect())
    }

    /// The role ceiling at the moment of joining: the maker must still be able to make the invitation or
    /// link (K30, K47).
    fn vouched(&self, maker: Maker<'_>, made: Made<'_>) -> Result<Option<Change>, Refusal> {
        // The caller is not a member, so they cannot vouch for themselves.
        let membership =
            if maker.user == self.caller.user { MakerMembership::Read(None) } else { self.maker };
        self.makers.vouch(maker, made, membership)
    }

    /// The role and the seat of a person who joins for this role. A joiner who takes no seat, or finds none,
    /// may get the seatless role (R5).
    fn seated(&self, role: &RoleId, moment: &mut Moment) -> Result<(RoleId, SeatAssignment), Refusal> {
        let pack = self.pack;
        let need = pack.seat_need(role);
        let seats =
            SeatPool { pack, workspace: &self.workspace.value, tally: self.tally, bought: self.seats };
        let is_joiner = *role == pack.roles_given.joiner;
        let seatless = pack.roles_given.seatless.as_ref().filter(|_| is_joiner);
        let without = |role: &RoleId| {
            (role.clone(), SeatAssignment { seating: Seating::None, changes: Changes::new() })
        };
        if let Some(seatless) = seatless.filter(|_| self.workspace.value.auto_assigns(pack) == Some(false)) {
            return Ok(without(seatless));
        }
        let seated = match seats.sit_down(need, self.caller.user, SeatChoice::default(), moment) {
            Err(Refusal::NoSeatAvailable) => self.own_seat(moment).ok_or(Refusal::NoSeatAvailable),
            seated => seated,
        };
        match (seated, seatless) {
            (Err(Refusal::NoSeatAvailable), Some(seatless))
                if pack.joining.when_full == WhenFull::Seatless =>
            {
                Ok(without(seatless))
            }
            (seated, _) => seated.map(|seated| (role.clone(), seated)),
        }
    }

    /// The seat that is kept for the person by an invitation of theirs that ends with their coming in.
    fn own_seat(&self, moment: &Moment) -> Option<SeatAssignment> {
        let pending = self.slot?.value.pending.as_ref().filter(|pending| pending.is_live(moment.now))?;
        let own = Occupant::Invitation(pending.invitation);
        let seat = self.seats.iter().find(|seat| seat.value.occupant == own)?;
        seating::claim(self.paid(), pending.invitation, &seat.value.hold(), self.caller.user, moment.now).ok()
    }

    /// The records of a new membership, on the workspace's side and on the person's.
    fn come_in(
        &self,
        role: RoleId,
        seated: SeatAssignment,
        accepted: Option<InvitationId>,
        mut changes: Changes,
        moment: &Moment,
    ) -> Result<(Member, Changes), Refusal> {
        let Self { pack, caller, tally, .. } = *self;
        let workspace = self.workspace.value.id;
        let limit = member_limit(pack, &self.workspace.value);
        if limit.is_some_and(|max| tally.members >= i64::from(max)) {
            return Err(Refusal::MemberLimitReached);
        }
        let member = Member::new(workspace, caller, self.account, role, seated.seating, moment.now);
        changes.extend(limit_as_read(pack, self.workspace));
        let governors = governor_delta(pack, None, Some(&member.role), tally)?;
        changes.extend(seated.changes);
        changes.extend([
            Change::Create(Record::Member(member.clone())),
            Change::Create(Record::JoinedWorkspace(JoinedWorkspace::of(&member))),
            Change::AdjustWorkspaceCount { user: member.user, workspaces: Delta::by(1) },
            Change::AdjustCounts(
                CountChange::one(workspace, Count::Members, members_within(limit))
                    .with(Count::Governors, governors),
            ),
        ]);
        if let Some(email) = &member.slot {
            // What was pending for the person ends with their coming in, whichever way it was (K43).
            let pending = self.slot.and_then(|slot| slot.value.pending.as_ref());
            let other = pending.filter(|pending| Some(pending.invitation) != accepted);
            let ended = other.map(|other| pending::end(other, moment.now)).unwrap_or_default();
            // The person may have taken the seat that was kept for them.
            let is_taken = |change: &Change| changes.iter().any(|other| other.key() == change.key());
            let ended: Changes = ended.into_iter().filter(|change| !is_taken(change)).collect();
            changes.extend(ended);
            let own = EmailSlot::of_member(workspace, email.clone(), member.user);
            changes.push(match self.slot {
                Some(slot) => Change::update(slot, own),
                None => Change::Create(Record::EmailSlot(own)),
            });
        }
        Ok((member, changes))
    }
}
