//! Joining a workspace by an invitation, a link or a domain. Every way ends here: with one role, one seat
//! and one membership.

use super::invitation::require_bound_to;
use super::member::governor_delta;
use super::seating::{self, SeatAssignment, SeatPool};
use crate::change::{Change, Changes, CountChange, Delta};
use crate::model::{
    Count, EmailSlot, Identity, Invitation, InvitationId, InvitationState, JoinedWorkspace, Member, RoleLink,
    Seat, SeatChoice, Seating, Tally, User, UserId, VerifiedDomain, Workspace,
};
use crate::moment::Moment;
use crate::pack::{AfterMaker, Channel, Pack, RoleId, WhenFull};
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
}

/// The membership of the maker of an invitation or a link.
#[derive(Clone, Copy, Debug)]
pub enum MakerMembership<'a> {
    /// Not read yet: a condition of the write requires that the maker may still make it.
    Unread,
    /// The membership that was read, if the maker has one.
    Read(Option<&'a Member>),
}

/// The facts on which joining depends.
#[derive(Clone, Copy, Debug)]
pub struct JoinContext<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The workspace.
    pub workspace: &'a Workspace,
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
    /// The membership of the maker of the invitation or link.
    pub maker: MakerMembership<'a>,
    /// Whether they have left before; read only for a join by a domain.
    pub has_left: bool,
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
        InvitationProof::Id if invitation.email.is_none() => return Err(Refusal::InvitationUnknown),
        InvitationProof::Token { generation } if generation != invitation.generation => {
            return Err(Refusal::InvitationRevoked);
        }
        InvitationProof::Id | InvitationProof::Token { .. } => {}
    }
    joining.require_stranger()?;
    invitation.require_pending(moment.now)?;
    require_bound_to(joining.caller, invitation)?;
    let mut changes = Changes::new();
    changes.extend(joining.vouched(invitation.invited_by, &invitation.role)?);
    let user = joining.caller.user;
    let (role, seated) = match &invitation.seat {
        Some(hold) => (invitation.role.clone(), seating::claim(invitation.id, hold, user, moment.now)?),
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
    let mut changes =
        vec![Change::RequireVersion(RecordKey::RoleLink(link.workspace, link.serial()), stored.version)];
    changes.extend(joining.vouched(link.made_by, &link.role)?);
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
    // A former member does not join by a domain again, neither with this account nor with this address.
    let has_left = joining.has_left || joining.slot.is_some_and(|slot| slot.value.left);
    if !is_theirs || has_left || !joining.pack.offers(Channel::Domain) {
        return Err(Refusal::InvitationUnknown);
    }
    joining.require_stranger()?;
    // An invitation may be for a higher role than the joiner's, so it takes precedence.
    let pending = joining.slot.and_then(|slot| slot.value.pending.as_ref());
    if pending.is_some_and(|pending| pending.is_live(moment.now)) {
        return Err(Refusal::InvitationPending);
    }
    let changes = vec![
        Change::RequireVersion(RecordKey::VerifiedDomain(domain.clone(), *workspace), verified.version),
        Change::RequireAbsent(RecordKey::Departure(*workspace, joining.caller.user)),
    ];
    let (role, seated) = joining.seated(&joining.pack.roles_given.joiner, moment)?;
    joining.come_in(role, seated, None, changes, moment)
}

impl JoinContext<'_> {
    fn require_stranger(&self) -> Result<(), Refusal> {
        if self.member.is_some() { Err(Refusal::AlreadyMember) } else { Ok(()) }
    }

    /// The role ceiling at the moment of joining: the maker must still be able to make the invitation or link
    /// (K30). The condition names no version, so the maker's membership need not be read.
    fn vouched(&self, maker: UserId, role: &RoleId) -> Result<Option<Change>, Refusal> {
        let Some(rank) = self.pack.role(role).map(|role| role.rank) else { return Err(Refusal::RoleUnknown) };
        if self.pack.invitation.after_maker == AfterMaker::Stays {
            return Ok(None);
        }
        let is_over = match self.maker {
            // The caller is not a member, so they cannot vouch for themselves.
            _ if maker == self.caller.user => true,
            MakerMembership::Read(member) => member.is_none_or(|member| self.pack.rank(&member.role) < rank),
            MakerMembership::Unread => false,
        };
        if is_over {
            return Err(Refusal::InvitationRevoked);
        }
        let roles = self.pack.roles_from(rank);
        Ok(Some(Change::RequireRole { workspace: self.workspace.id, user: maker, roles }))
    }

    /// The role and the seat of a person who joins for this role. A joiner who takes no seat, or finds none,
    /// may get the seatless role (R5).
    fn seated(&self, role: &RoleId, moment: &mut Moment) -> Result<(RoleId, SeatAssignment), Refusal> {
        let pack = self.pack;
        let need = pack.seat_need(role);
        let seats = SeatPool { pack, workspace: self.workspace.id, tally: self.tally, bought: self.seats };
        let is_joiner = *role == pack.roles_given.joiner;
        let seatless = pack.roles_given.seatless.as_ref().filter(|_| is_joiner);
        let without = |role: &RoleId| {
            (role.clone(), SeatAssignment { seating: Seating::None, changes: Changes::new() })
        };
        if let Some(seatless) = seatless.filter(|_| self.workspace.auto_assigns(pack) == Some(false)) {
            return Ok(without(seatless));
        }
        match (seats.sit_down(need, self.caller.user, SeatChoice::default(), moment), seatless) {
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
        seated: SeatAssignment,
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
        let joined = Delta { max: pack.members.max.map(i64::from), ..Delta::by(1) };
        let governors = governor_delta(pack, None, Some(&member.role), tally)?;
        changes.extend(seated.changes);
        changes.extend([
            Change::Create(Record::Member(member.clone())),
            Change::Create(Record::JoinedWorkspace(JoinedWorkspace::of(&member))),
            Change::AdjustWorkspaceCount { user: member.user, workspaces: Delta::by(1) },
            Change::AdjustCounts(
                CountChange::one(workspace, Count::Members, joined).with(Count::Governors, governors),
            ),
        ]);
        if let Some(email) = &member.slot {
            let pending = self.slot.and_then(|slot| slot.value.pending.clone());
            let pending = pending.filter(|pending| Some(pending.invitation) != accepted);
            let (email, user) = (email.clone(), Some(member.user));
            let own = EmailSlot { workspace, email, pending, member: user, left: false, declined: None };
            changes.push(match self.slot {
                Some(slot) => Change::update(slot, own),
                None => Change::Create(Record::EmailSlot(own)),
            });
        }
        Ok((member, changes))
    }
}
