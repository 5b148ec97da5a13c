//! The records that the rules need before they change a membership.

use seatwise_domain::pack::{CreatorDemotion, LastAccount, Pack};
use seatwise_domain::rules::member::MembershipContext;
use seatwise_domain::rules::seating::SeatPool;
use seatwise_domain::{
    AddressOwner, Member, MembershipCount, Refusal, Stored, Tally, User, UserId, Workspace, WorkspaceId,
};
use seatwise_store::{List, Many, One, Reads};

use crate::maker_rights::PolicyRights;
use crate::operation::{Operation, ReadSoFar, State};
use crate::owned_addresses::OwnerReads;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::seat::reads::{SeatReads, SeatsToGive};

/// The handles of the records behind a membership, and no more than the product's rules ask for.
pub struct MemberContext {
    workspace: WorkspaceId,
    user: UserId,
    tally: One<Tally>,
    seats: SeatReads,
    membership_count: Option<One<MembershipCount>>,
    account: Option<One<User>>,
    /// The owners of the member's addresses, if the account goes with the removal.
    owners: OwnerReads,
    /// The members to whom the creator's standing can pass.
    heirs: Option<Many<Member>>,
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
            workspace,
            user,
            tally: reads.one(Tally::key(workspace)),
            seats: match need {
                Need::Seats => SeatReads::plan(pack, workspace, reads),
                Need::Counts => no_seats(reads),
            },
            membership_count: counts_workspaces(pack).then(|| reads.one(MembershipCount::key(user))),
            account: deletes_accounts(pack).then(|| reads.one(User::key(user))),
            owners: OwnerReads::default(),
            heirs: None,
        }
    }

    /// Reads the owners of the member's addresses, if the account goes with the removal. This costs a further round
    /// trip, once in the time of an account.
    pub fn read_owners(&mut self, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let Some(account) = self.account else { return };
        let count = self.membership_count.and_then(|handle| so_far.loaded.one(handle));
        let is_last = count.is_none_or(|count| count.value.workspaces <= 1);
        let member = so_far.loaded.one(reads.one(Member::key(self.workspace, self.user)));
        let account = so_far.loaded.one(account).and_then(|account| account.value.email);
        let addresses = member.and_then(|member| member.value.slot).into_iter();
        let addresses = addresses.chain(account.map(|email| email.key()));
        self.owners = OwnerReads::plan(addresses.filter(|_| is_last), reads);
    }

    /// Reads the members of the workspace, if its creator is about to go: the standing passes to one of them. This
    /// costs a further round trip, once in the time of a creator.
    pub fn read_heirs(&mut self, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let workspace = so_far.loaded.one(reads.one(Workspace::key(self.workspace)));
        let is_creator = workspace.is_some_and(|workspace| workspace.value.creator == self.user);
        self.heirs = is_creator.then(|| reads.many(List::members(self.workspace)));
    }

    /// The seats to read.
    pub fn seats(&self) -> SeatReads {
        self.seats
    }

    /// The records that were read.
    pub fn load<'a, O: Operation<Scope = InWorkspace>>(
        &self,
        state: &'a State<'_, O>,
    ) -> Result<LoadedContext<'a>, Refusal> {
        Ok(LoadedContext {
            tally: state.required(self.tally)?.value,
            seats: self.seats.to_give(state),
            membership_count: self.membership_count.and_then(|handle| state.one(handle)),
            account: self.account.and_then(|handle| state.one(handle)),
            owners: self.owners.load(state.loaded),
            rights: state.makers_in(&state.scope.workspace.value),
            heirs: self.heirs.map(|heirs| state.many(heirs)).unwrap_or_default(),
        })
    }
}

/// The records of a membership.
pub struct LoadedContext<'a> {
    tally: Tally,
    seats: SeatsToGive,
    membership_count: Option<Stored<MembershipCount>>,
    account: Option<Stored<User>>,
    owners: Vec<Stored<AddressOwner>>,
    rights: PolicyRights<'a>,
    heirs: Vec<Stored<Member>>,
}

impl LoadedContext<'_> {
    /// The context for the rules.
    pub fn membership<'a, O: Operation<Scope = InWorkspace>>(
        &'a self,
        state: &State<'a, O>,
    ) -> MembershipContext<'a> {
        let workspace = &state.scope.workspace.value;
        let seats = SeatPool { pack: state.pack, workspace, tally: &self.tally, bought: &self.seats.seats };
        MembershipContext {
            workspace,
            seats,
            membership_count: self.membership_count.as_ref().map(|stored| &stored.value),
            account: self.account.as_ref(),
            owners: &self.owners,
            makers: self.rights.rules(),
            heirs: &self.heirs,
        }
    }

    /// The refusal by the rules, or by the policies, if these withhold the seats that are free.
    pub fn refusal(&self, refusal: Refusal) -> Problem {
        self.seats.refusal(refusal)
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
