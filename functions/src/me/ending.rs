//! The memberships that end with an account.

use jiff::Timestamp;
use seatwise_domain::rules::account_deletion::EndingMembership;
use seatwise_domain::rules::member::MembershipContext;
use seatwise_domain::rules::seating::SeatPool;
use seatwise_domain::{EmailKey, JoinedWorkspace, Member, Stored, Tally, Workspace};
use seatwise_policy::Bundle;
use seatwise_store::{List, Loaded, Many, One, Reads};

use crate::maker_rights::PolicyRights;

/// The handles of what is read of one membership.
#[derive(Clone, Copy)]
pub struct MembershipHandles {
    workspace: One<Workspace>,
    member: One<Member>,
    tally: One<Tally>,
    /// The members to whom the creator's standing can pass; `None` for the membership of another person.
    heirs: Option<Many<Member>>,
}

/// The records of one membership.
pub struct LoadedMembership<'a> {
    workspace: Workspace,
    member: Stored<Member>,
    tally: Tally,
    rights: PolicyRights<'a>,
    heirs: Vec<Stored<Member>>,
}

impl MembershipHandles {
    /// Reads the membership.
    pub fn plan(joined: &JoinedWorkspace, reads: &mut Reads) -> Self {
        let JoinedWorkspace { user, workspace, .. } = *joined;
        Self {
            workspace: reads.one(Workspace::key(workspace)),
            member: reads.one(Member::key(workspace, user)),
            tally: reads.one(Tally::key(workspace)),
            heirs: None,
        }
    }

    /// Reads the members to whom the standing passes, if the person is the creator of the workspace.
    pub fn read_heirs(&mut self, loaded: &Loaded, reads: &mut Reads) {
        let workspace = loaded.one(self.workspace).map(|stored| stored.value);
        let member = loaded.one(self.member).map(|stored| stored.value);
        let created = workspace.zip(member).filter(|(workspace, member)| workspace.creator == member.user);
        self.heirs = created.map(|(workspace, _)| reads.many(List::members(workspace.id)));
    }

    /// The address by which the workspace knows the person.
    pub fn address(self, loaded: &Loaded) -> Option<EmailKey> {
        loaded.one(self.member)?.value.slot
    }

    /// The records; `None` if the membership is over, or ends because the workspace was deleted.
    pub fn load<'a>(
        self,
        loaded: &Loaded,
        bundle: &'a Bundle,
        now: Timestamp,
    ) -> Option<LoadedMembership<'a>> {
        let workspace = loaded.one(self.workspace)?.value;
        Some(LoadedMembership {
            rights: PolicyRights::of_workspace(bundle, &workspace, now),
            workspace,
            member: loaded.one(self.member)?,
            tally: loaded.one(self.tally)?.value,
            heirs: self.heirs.map(|heirs| loaded.many(heirs)).unwrap_or_default(),
        })
    }
}

impl LoadedMembership<'_> {
    /// The membership, for the rules. A way out only gives a seat back, so no seats are read.
    pub fn ending(&self) -> EndingMembership<'_> {
        let (workspace, makers) = (&self.workspace, self.rights.rules());
        let seats = SeatPool { pack: makers.pack, workspace, tally: &self.tally, bought: &[] };
        let (membership_count, account, owners) = (None, None, &[]);
        let heirs = &self.heirs;
        let context =
            MembershipContext { workspace, seats, membership_count, account, owners, makers, heirs };
        EndingMembership { context, member: &self.member }
    }
}
