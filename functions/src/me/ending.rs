//! The memberships that end with an account.

use seatwise_domain::pack::Pack;
use seatwise_domain::rules::account_deletion::EndingMembership;
use seatwise_domain::rules::member::MembershipContext;
use seatwise_domain::rules::seating::SeatPool;
use seatwise_domain::{JoinedWorkspace, Member, Stored, Tally, Workspace};
use seatwise_store::{Loaded, One, Reads};

/// The handles of what is read of one membership.
#[derive(Clone, Copy)]
pub struct MembershipHandles {
    workspace: One<Workspace>,
    member: One<Member>,
    tally: One<Tally>,
}

/// The records of one membership.
pub struct LoadedMembership {
    workspace: Stored<Workspace>,
    member: Stored<Member>,
    tally: Tally,
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
    pub fn load(self, loaded: &Loaded) -> Option<LoadedMembership> {
        Some(LoadedMembership {
            workspace: loaded.one(self.workspace)?,
            member: loaded.one(self.member)?,
            tally: loaded.one(self.tally)?.value,
        })
    }
}

impl LoadedMembership {
    /// The membership, for the rules. A way out only gives a seat back, so no seats are read.
    pub fn ending<'a>(&'a self, pack: &'a Pack) -> EndingMembership<'a> {
        let Stored { value: workspace, version } = &self.workspace;
        let seats = SeatPool { pack, workspace: workspace.id, tally: &self.tally, bought: &[] };
        let (membership_count, account) = (None, None);
        let context = MembershipContext { workspace, version: *version, seats, membership_count, account };
        EndingMembership { context, member: &self.member }
    }
}
