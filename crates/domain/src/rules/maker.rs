//! The makers of invitations and links: an invitation or a link works while its maker could still make it
//! (K30, K47).

use std::fmt;

use jiff::Timestamp;

use super::invitation;
use crate::change::{Change, Changes};
use crate::model::{
    Invitation, InvitationState, InvitationStatus, MakerReview, MakerStamp, Member, PendingInvitation,
    RoleLink, Task, TaskId, TaskKind, UserId, WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{AfterMaker, Channel, InvitedRole, Pack, RoleId, TierId};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// Something that lets people in with a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Made<'a> {
    /// An invitation to an address, with the tier of the seat that it reserves.
    Invitation(&'a RoleId, Option<&'a TierId>),
    /// An invitation without an address, for one person who has its link.
    SingleUse(&'a RoleId, Option<&'a TierId>),
    /// A link for a role.
    Link(&'a RoleId),
}

impl<'a> Made<'a> {
    /// The role that it gives.
    pub fn role(self) -> &'a RoleId {
        match self {
            Self::Invitation(role, _) | Self::SingleUse(role, _) | Self::Link(role) => role,
        }
    }

    /// The tier of the seat that it reserves.
    pub fn tier(self) -> Option<&'a TierId> {
        match self {
            Self::Invitation(_, tier) | Self::SingleUse(_, tier) => tier,
            Self::Link(_) => None,
        }
    }

    fn channel(self) -> Channel {
        match self {
            Self::Invitation(..) => Channel::Email,
            Self::SingleUse(..) => Channel::SingleUse,
            Self::Link(_) => Channel::Link,
        }
    }

    /// Whether the pack offers it to anybody.
    pub fn is_offered(self, pack: &Pack) -> bool {
        let is_given = match (pack.invitation.role, self) {
            (InvitedRole::Chosen, _) | (InvitedRole::ByLink, Self::Link(_)) => {
                pack.role(self.role()).is_some()
            }
            _ => *self.role() == pack.roles_given.joiner,
        };
        is_given && pack.offers(self.channel())
    }
}

impl Invitation {
    /// What the invitation is, for the question who may make it.
    pub fn made(&self) -> Made<'_> {
        let (role, tier) = (&self.role, self.tier());
        if self.email.is_some() { Made::Invitation(role, tier) } else { Made::SingleUse(role, tier) }
    }
}

impl RoleLink {
    /// What the link is, for the question who may make it.
    pub fn made(&self) -> Made<'_> {
        Made::Link(&self.role)
    }
}

/// The answers of the policies to the question who may make an invitation or a link.
pub trait MakerRights: fmt::Debug + Sync {
    /// Whether every member with this role may make it, whatever their seat.
    fn always_may(&self, user: UserId, role: &RoleId, made: Made<'_>) -> bool;
    /// Whether a member with this role may make it, with some seat.
    fn ever_may(&self, user: UserId, role: &RoleId, made: Made<'_>) -> bool;
    /// Whether this member may make it now, if they have this role.
    fn member_may(&self, member: &Member, role: &RoleId, made: Made<'_>) -> bool;
}

/// The pack and the policies, as far as makers are concerned.
#[derive(Clone, Copy, Debug)]
pub struct MakerRules<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The answers of the policies.
    pub rights: &'a dyn MakerRights,
}

/// The membership of the maker of an invitation or a link.
#[derive(Clone, Copy, Debug)]
pub enum MakerMembership<'a> {
    /// Not read: a condition of the write requires that the maker has the same standing as at the time of
    /// making.
    Unread,
    /// The membership that was read, if the maker has one.
    Read(Option<&'a Stored<Member>>),
}

/// The member who stands for an invitation or a link.
#[derive(Clone, Copy, Debug)]
pub struct Maker<'a> {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The user.
    pub user: UserId,
    /// The standing of the user at the time of making, if it is known.
    pub stamp: Option<&'a MakerStamp>,
    /// The time of making.
    pub at: Timestamp,
}

impl<'a> Maker<'a> {
    /// The maker of an invitation.
    pub fn of_invitation(invitation: &'a Invitation) -> Self {
        let Invitation { id, invited_by, maker, .. } = invitation;
        Self { workspace: id.workspace, user: *invited_by, stamp: maker.as_ref(), at: invitation.made_at() }
    }

    /// The maker of a link.
    pub fn of_link(link: &'a RoleLink) -> Self {
        let at = link.maker.as_ref().map_or(link.made_at, |maker| maker.at);
        Self { workspace: link.workspace, user: link.made_by, stamp: link.maker.as_ref(), at }
    }
}

impl MakerRules<'_> {
    /// Whether the policies must be asked about the maker's own membership: their answer for the role that
    /// the maker had depends on more than the role.
    pub fn needs_membership(self, maker: Maker<'_>, made: Made<'_>) -> bool {
        let is_plain = |stamp: &MakerStamp| self.rights.always_may(maker.user, &stamp.role, made);
        self.ends() && maker.stamp.is_some_and(|stamp| !is_plain(stamp))
    }

    /// The condition under which a person joins by something that this member made. Fails if the maker
    /// could no longer make it.
    pub(crate) fn vouch(
        self,
        maker: Maker<'_>,
        made: Made<'_>,
        membership: MakerMembership<'_>,
    ) -> Result<Option<Change>, Refusal> {
        if !made.is_offered(self.pack) {
            return Err(Refusal::InvitationRevoked);
        }
        if !self.ends() {
            return Ok(None);
        }
        let Maker { workspace, user, .. } = maker;
        match (membership, maker.stamp) {
            (MakerMembership::Read(Some(member)), _)
                if self.could_all_along(&member.value, maker.at, made) =>
            {
                Ok(Some(Change::RequireVersion(RecordKey::Member(workspace, user), member.version)))
            }
            (MakerMembership::Read(_), _) => Err(Refusal::InvitationRevoked),
            (MakerMembership::Unread, Some(stamp)) => {
                Ok(Some(Change::RequireMaker { workspace, user, stamp: stamp.clone() }))
            }
            // An earlier release has written no standing. The roles that may make it are all that is known.
            (MakerMembership::Unread, None) => {
                let may = |role: &&RoleId| self.rights.always_may(user, role, made);
                let roles = self.pack.roles.iter().map(|role| &role.id).filter(may).cloned().collect();
                Ok(Some(Change::RequireRole { workspace, user, roles }))
            }
        }
    }

    /// Whether the member could make it at every time since `at`: promotion or a second membership does not
    /// revive what had ended.
    fn could_all_along(self, member: &Member, at: Timestamp, made: Made<'_>) -> bool {
        member.joined_at <= at
            && member.roles_since(at).all(|role| self.rights.member_may(member, role, made))
    }

    /// Whether lists show it as usable. The standing of the maker is at most some seconds old: after that,
    /// the review of the maker has ended it.
    pub fn shows_usable(self, maker: UserId, role: Option<&RoleId>, made: Made<'_>) -> bool {
        made.is_offered(self.pack)
            && (!self.ends() || role.is_none_or(|role| self.rights.ever_may(maker, role, made)))
    }

    /// Whether lists show a pending invitation of an address as usable. The slot of the address does not tell the
    /// tier: any may be that of its seat.
    pub fn shows_pending(self, pending: &PendingInvitation, now: Timestamp) -> bool {
        let maker = pending.invited_by.unwrap_or(UserId(uuid::Uuid::nil()));
        let usable = |tier| {
            self.shows_usable(maker, pending.maker_role.as_ref(), Made::Invitation(&pending.role, tier))
        };
        pending.is_live(now) && tiers(self.pack).any(usable)
    }

    /// The status of an invitation, as lists show it: one that its maker could no longer make is over.
    pub fn status(self, invitation: &Invitation, now: Timestamp) -> InvitationStatus {
        let maker = invitation.maker.as_ref().map(|maker| &maker.role);
        match invitation.status(now) {
            InvitationStatus::Pending
                if !self.shows_usable(invitation.invited_by, maker, invitation.made()) =>
            {
                InvitationStatus::Revoked
            }
            status => status,
        }
    }

    /// Whether a link can be used, as lists show it.
    pub fn is_open(self, link: &RoleLink) -> bool {
        let maker = link.maker.as_ref().map(|maker| &maker.role);
        link.open && self.shows_usable(link.made_by, maker, link.made())
    }

    /// Whether the invitations and links of a maker end with their standing.
    fn ends(self) -> bool {
        self.pack.invitation.after_maker == AfterMaker::Ends
    }

    /// The task that reviews what a member has made, if they lose a right to make something.
    pub(crate) fn review(
        self,
        member: &Member,
        role: Option<&RoleId>,
        moment: &mut Moment,
    ) -> Option<Change> {
        let loses = |made| {
            self.rights.ever_may(member.user, &member.role, made)
                && !role.is_some_and(|role| self.rights.always_may(member.user, role, made))
        };
        let roles = || self.pack.roles.iter().map(|role| &role.id);
        let invites = |role| {
            tiers(self.pack)
                .any(|tier| loses(Made::Invitation(role, tier)) || loses(Made::SingleUse(role, tier)))
        };
        let is_needed = self.ends() && roles().any(|role| invites(role) || loses(Made::Link(role)));
        is_needed.then(|| {
            let Member { workspace, user, .. } = *member;
            let review = MakerReview { workspace, user, role: role.cloned(), at: moment.now };
            let kind = TaskKind::MakerReview(review);
            Change::Create(Record::Task(Task::new(TaskId(moment.fresh_id()), kind, moment.now)))
        })
    }

    /// The result of a review for one thing that the member has made.
    fn verdict(self, review: &MakerReview, maker: Maker<'_>, made: Made<'_>) -> Verdict {
        if maker.user != review.user || maker.at > review.at {
            return Verdict::Untouched;
        }
        match &review.role {
            Some(role) if self.rights.ever_may(review.user, role, made) => {
                let stamp = MakerStamp { role: role.clone(), since: Some(review.at), at: maker.at };
                if maker.stamp == Some(&stamp) { Verdict::Untouched } else { Verdict::Stays(stamp) }
            }
            _ => Verdict::Ends,
        }
    }
}

/// The tiers of the seats that an invitation can reserve; none, if it reserves no seat.
fn tiers(pack: &Pack) -> impl Iterator<Item = Option<&TierId>> {
    let reserved = pack.seats.tiers.iter().filter(|_| pack.invitation.reserves_seat);
    [None].into_iter().chain(reserved.map(|tier| Some(&tier.id)))
}

/// The result of a review for one invitation or link.
enum Verdict {
    /// The review does not concern it.
    Untouched,
    /// It stays, and its maker has a new standing.
    Stays(MakerStamp),
    /// It ends.
    Ends,
}

/// Reviews an invitation: ends it and frees its seat, or records the new standing of its maker.
pub fn review_invitation(
    rules: MakerRules<'_>,
    review: &MakerReview,
    stored: &Stored<Invitation>,
    now: Timestamp,
) -> Changes {
    let before = &stored.value;
    if before.status(now) != InvitationStatus::Pending {
        return Changes::new();
    }
    match rules.verdict(review, Maker::of_invitation(before), before.made()) {
        Verdict::Untouched => Changes::new(),
        Verdict::Ends => {
            invitation::end(stored, InvitationState::Revoked { at: now }, None, now).unwrap_or_default()
        }
        Verdict::Stays(stamp) => {
            let after = Invitation { maker: Some(stamp), ..before.clone() };
            invitation::written(stored, after)
        }
    }
}

/// Reviews a link: closes it, or records the new standing of its maker.
pub fn review_link(rules: MakerRules<'_>, review: &MakerReview, stored: &Stored<RoleLink>) -> Changes {
    let before = &stored.value;
    if !before.open {
        return Changes::new();
    }
    let after = match rules.verdict(review, Maker::of_link(before), before.made()) {
        Verdict::Untouched => return Changes::new(),
        Verdict::Ends => RoleLink { open: false, ..before.clone() },
        Verdict::Stays(stamp) => RoleLink { maker: Some(stamp), ..before.clone() },
    };
    vec![Change::update(stored, after)]
}
