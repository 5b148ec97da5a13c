//! The memberships that end with an account.

use jiff::Timestamp;
use seatwise_domain::rules::account_deletion::EndingMembership;
use seatwise_domain::rules::member::MembershipContext;
use seatwise_domain::rules::seating::SeatPool;
use seatwise_domain::{JoinedWorkspace, Member, Stored, Tally, Workspace, WorkspaceId};
use seatwise_policy::Bundle;
use seatwise_store::{Loaded, One, Reads};

use crate::maker_rights::PolicyRights;

/// The handles of what is read of one membership.
#[derive(Clone, Copy)]
pub struct MembershipHandles {
    workspace: One<Workspace>,
    member: One<Member>,
    tally: One<Tally>,
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
        }
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
            heirs: Vec::new(),
        })
    }
}

impl LoadedMembership<'_> {
    /// The workspace, if the person is its creator: the standing passes to another member.
    pub fn created_workspace(&self) -> Option<WorkspaceId> {
        (self.workspace.creator == self.member.value.user).then_some(self.workspace.id)
    }

    /// Adds the members to whom the creator's standing can pass.
    pub fn set_heirs(&mut self, heirs: Vec<Stored<Member>>) {
        self.heirs = heirs;
    }

    /// The membership, for the rules. A way out only gives a seat back, so no seats are read.
    pub fn ending(&self) -> EndingMembership<'_> {
        let (workspace, makers) = (&self.workspace, self.rights.rules());
        let seats = SeatPool { pack: makers.pack, workspace: workspace.id, tally: &self.tally, bought: &[] };
        let (membership_count, account) = (None, None);
        let heirs = &self.heirs;
        let context = MembershipContext { workspace, seats, membership_count, account, makers, heirs };
        EndingMembership { context, member: &self.member }
    }
}
