//! The answers of the policies to the question who may make an invitation or a link (K47).

use std::fmt;

use jiff::Timestamp;
use seatwise_domain::rules::maker::{Made, MakerRights, MakerRules};
use seatwise_domain::{Member, Pack, PaidPeriod, RoleId, SeatId, UserId, Workspace, WorkspaceId};
use seatwise_policy::{
    AccessRequest, Bundle, MemberFacts, Principal, Resource, SeatFacts, VariedAttribute, WorkspaceFacts,
};
use uuid::Uuid;

use crate::member::facts::member_facts;
use crate::operation::{Operation, State};
use crate::workspace::facts::workspace_facts;

/// The policies, asked about the makers of one workspace.
pub struct PolicyRights<'a> {
    bundle: &'a Bundle,
    place: Place,
    now: Timestamp,
}

/// The workspace that the policies are asked about.
enum Place {
    /// This workspace, and what it pays online.
    Workspace(WorkspaceFacts, Option<PaidPeriod>),
    /// A workspace of which nobody has read the plan and the creator.
    Unread,
}

impl fmt::Debug for PolicyRights<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyRights").finish_non_exhaustive()
    }
}

impl<O: Operation> State<'_, O> {
    /// The policies about the makers of a workspace.
    pub fn makers_in(&self, workspace: &Workspace) -> PolicyRights<'_> {
        PolicyRights::of_workspace(&self.active.bundle, workspace, self.now)
    }

    /// The policies about the makers of workspaces that were not read.
    pub fn makers_anywhere(&self) -> PolicyRights<'_> {
        PolicyRights { bundle: &self.active.bundle, place: Place::Unread, now: self.now }
    }
}

impl<'a> PolicyRights<'a> {
    /// The policies about the makers of a workspace.
    pub fn of_workspace(bundle: &'a Bundle, workspace: &Workspace, now: Timestamp) -> Self {
        Self { bundle, place: Place::Workspace(workspace_facts(workspace), workspace.paid), now }
    }

    /// The rules about makers, by these policies.
    pub fn rules(&self) -> MakerRules<'_> {
        MakerRules { pack: self.pack(), rights: self }
    }

    fn pack(&self) -> &Pack {
        self.bundle.pack()
    }

    /// The workspaces to ask about: the one that was read, or one of each kind.
    fn workspaces(&self, user: UserId) -> Vec<WorkspaceFacts> {
        let Place::Workspace(workspace, _) = &self.place else {
            let id = WorkspaceId(Uuid::nil());
            let of = |creator, plan: &str| WorkspaceFacts { id, creator, plan: plan.to_owned() };
            let plans = self.pack().plans.iter();
            return plans.flat_map(|plan| [of(user, &plan.id), of(UserId(Uuid::nil()), &plan.id)]).collect();
        };
        vec![workspace.clone()]
    }

    /// Members with this role: without a seat, on a free slot, and with a seat of each tier. If the policies about the
    /// action look at the time of joining, each as one who joined long ago, and as one who has just joined.
    fn members(&self, workspace: WorkspaceId, user: UserId, role: &RoleId, action: &str) -> Vec<MemberFacts> {
        let without = MemberFacts::with_role(workspace, user, role);
        let on_slot = MemberFacts { free_slot: true, ..without.clone() };
        let seats = self.pack().seats.tiers.iter().flat_map(|tier| {
            let id = SeatId(user.0);
            let seat = |live| SeatFacts { workspace, id, tier: tier.id.clone(), live, paid_until: None };
            [seat(true), seat(false)]
        });
        let seated = seats.map(|seat| MemberFacts { seat: Some(seat), ..without.clone() });
        let all: Vec<_> = [without.clone(), on_slot].into_iter().chain(seated).collect();
        let is_timed = self.bundle.looks_at(action, &[VariedAttribute::JoinedAt]);
        let newcomers = all.iter().filter(|_| is_timed);
        let newcomers: Vec<_> =
            newcomers.map(|member| MemberFacts { joined_at: self.now, ..member.clone() }).collect();
        all.into_iter().chain(newcomers).collect()
    }

    /// The answers for every kind of member with this role.
    fn answers(&self, user: UserId, role: &RoleId, made: Made<'_>) -> impl Iterator<Item = bool> {
        self.workspaces(user).into_iter().flat_map(move |workspace| {
            let members = self.members(workspace.id, user, role, action_of(made)).into_iter();
            members.map(move |member| self.may(&workspace, member, made))
        })
    }

    fn may(&self, workspace: &WorkspaceFacts, member: MemberFacts, made: Made<'_>) -> bool {
        self.bundle.allows(&AccessRequest {
            action: action_of(made),
            principal: &Principal::Member(member),
            workspace: Some(workspace),
            resource: &Resource::Workspace,
            target_role: Some(made.role()),
            target_tier: made.tier(),
            now: self.now,
        })
    }
}

/// The action that makes it.
fn action_of(made: Made<'_>) -> &'static str {
    match made {
        Made::Invitation(..) | Made::SingleUse(..) => "invite",
        Made::Link(_) => "createLink",
    }
}

impl MakerRights for PolicyRights<'_> {
    fn always_may(&self, user: UserId, role: &RoleId, made: Made<'_>) -> bool {
        self.answers(user, role, made).all(|may| may)
    }

    fn ever_may(&self, user: UserId, role: &RoleId, made: Made<'_>) -> bool {
        self.answers(user, role, made).any(|may| may)
    }

    fn member_may(&self, member: &Member, role: &RoleId, made: Made<'_>) -> bool {
        let paid = match &self.place {
            Place::Workspace(_, paid) => paid.as_ref(),
            Place::Unread => None,
        };
        let facts = MemberFacts { role: role.clone(), ..member_facts(self.pack(), paid, member, self.now) };
        self.workspaces(member.user).iter().any(|workspace| self.may(workspace, facts.clone(), made))
    }
}
