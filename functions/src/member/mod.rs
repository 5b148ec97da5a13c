//! Members of a workspace.

pub mod change_role;
pub mod export_members;
pub mod leave_workspace;
pub mod list_members;
pub mod remove_member;

use seatwise_domain::pack::{CreatorDemotion, LastAccount};
use seatwise_domain::rules::member::MembershipContext;
use seatwise_domain::rules::seating::SeatPool;
use seatwise_domain::{
    MembershipCount, Pack, RecordKey, Refusal, RoleId, Seat, Stored, Tally, User, UserId, WorkspaceId,
};
use seatwise_store::Load;

use crate::operation::State;
use crate::seat::{seats_of, with_seats};

/// The role that the policies are asked about. One that the product does not have is refused by
/// its rules, but only to who might give a role at all: for them a known one stands in.
pub fn asked_role(pack: &Pack, role: &RoleId) -> RoleId {
    if pack.role(role).is_some() { role.clone() } else { pack.roles_given.joiner.clone() }
}

/// What a member's standing rests on, as it is read: no more than the product's rules ask for.
pub struct Known {
    workspace: WorkspaceId,
    tally: Tally,
    seats: Vec<Stored<Seat>>,
    attendance: Option<Stored<MembershipCount>>,
    account: Option<Stored<User>>,
}

/// Whether a seat may have to be found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It may.
    Seats,
    /// Seats are only given back.
    Counts,
}

impl Known {
    /// Reads it.
    pub fn load(pack: &Pack, workspace: WorkspaceId, user: UserId, need: Need) -> Load {
        let load = Load::new().record(RecordKey::Tally(workspace));
        let load = if need == Need::Seats { with_seats(pack, workspace, load) } else { load };
        let load = if counts(pack) { load.record(RecordKey::MembershipCount(user)) } else { load };
        if deletes(pack) { load.record(RecordKey::User(user)) } else { load }
    }

    /// What was read.
    pub fn of(state: &State<'_>, user: UserId, need: Need) -> Result<Self, Refusal> {
        let (pack, workspace) = (state.pack, state.workspace()?.value.id);
        Ok(Self {
            workspace,
            tally: state.tally(workspace)?,
            seats: if need == Need::Seats { seats_of(state, workspace) } else { Vec::new() },
            attendance: if counts(pack) { state.get(&RecordKey::MembershipCount(user)) } else { None },
            account: if deletes(pack) { state.get(&RecordKey::User(user)) } else { None },
        })
    }

    /// For the rules.
    pub fn standing<'a>(&'a self, state: &'a State<'_>) -> Result<MembershipContext<'a>, Refusal> {
        Ok(MembershipContext {
            workspace: &state.workspace()?.value,
            version: state.workspace()?.version,
            seats: SeatPool {
                pack: state.pack,
                workspace: self.workspace,
                tally: &self.tally,
                bought: &self.seats,
            },
            attendance: self.attendance.as_ref().map(|stored| &stored.value),
            account: self.account.as_ref(),
        })
    }
}

fn counts(pack: &Pack) -> bool {
    deletes(pack) || pack.creator.demotion == CreatorDemotion::RefusedInOnlyWorkspace
}

fn deletes(pack: &Pack) -> bool {
    pack.removal.last_account == LastAccount::Delete
}
