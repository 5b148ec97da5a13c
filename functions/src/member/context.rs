//! The records that the rules need before they change a membership.

use seatwise_domain::pack::{CreatorDemotion, LastAccount, Pack};
use seatwise_domain::rules::member::MembershipContext;
use seatwise_domain::rules::seating::SeatPool;
use seatwise_domain::{MembershipCount, Refusal, Seat, Stored, Tally, User, UserId, WorkspaceId};
use seatwise_store::{One, Reads};

use crate::operation::{Operation, State};
use crate::scope::InWorkspace;
use crate::seat::reads::SeatReads;

/// The handles of the records behind a membership, and no more than the product's rules ask for.
pub struct MemberContext {
    tally: One<Tally>,
    seats: SeatReads,
    membership_count: Option<One<MembershipCount>>,
    account: Option<One<User>>,
}

/// Whether a seat may have to be found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A free seat may have to be found: all are read.
    Seats,
    /// Seats are only given back.
    Counts,
}

impl MemberContext {
    /// Reads the records of this member.
    pub fn plan(pack: &Pack, workspace: WorkspaceId, user: UserId, need: Need, reads: &mut Reads) -> Self {
        let no_seats = |reads: &mut Reads| SeatReads::plan_if(false, workspace, reads);
        Self {
            tally: reads.one(Tally::key(workspace)),
            seats: match need {
                Need::Seats => SeatReads::plan(pack, workspace, reads),
                Need::Counts => no_seats(reads),
            },
            membership_count: counts_workspaces(pack).then(|| reads.one(MembershipCount::key(user))),
            account: deletes_accounts(pack).then(|| reads.one(User::key(user))),
        }
    }

    /// The records that were read.
    pub fn load<O: Operation<Scope = InWorkspace>>(
        &self,
        state: &State<'_, O>,
    ) -> Result<LoadedContext, Refusal> {
        Ok(LoadedContext {
            tally: state.required(self.tally)?.value,
            seats: self.seats.load(state),
            membership_count: self.membership_count.and_then(|handle| state.one(handle)),
            account: self.account.and_then(|handle| state.one(handle)),
        })
    }
}

/// The records of a membership.
pub struct LoadedContext {
    tally: Tally,
    seats: Vec<Stored<Seat>>,
    membership_count: Option<Stored<MembershipCount>>,
    account: Option<Stored<User>>,
}

impl LoadedContext {
    /// The context for the rules.
    pub fn membership<'a, O: Operation<Scope = InWorkspace>>(
        &'a self,
        state: &State<'a, O>,
    ) -> MembershipContext<'a> {
        let Stored { value: workspace, version } = &state.scope.workspace;
        let seats =
            SeatPool { pack: state.pack, workspace: workspace.id, tally: &self.tally, bought: &self.seats };
        MembershipContext {
            workspace,
            version: *version,
            seats,
            membership_count: self.membership_count.as_ref().map(|stored| &stored.value),
            account: self.account.as_ref(),
        }
    }
}

/// Whether the rules ask how many workspaces a person is in.
fn counts_workspaces(pack: &Pack) -> bool {
    deletes_accounts(pack) || pack.creator.demotion == CreatorDemotion::RefusedInOnlyWorkspace
}

/// Whether an account is deleted with its last workspace.
fn deletes_accounts(pack: &Pack) -> bool {
    pack.removal.last_account == LastAccount::Delete
}
