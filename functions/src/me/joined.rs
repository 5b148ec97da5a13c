//! The workspaces that a person is in, and the invitations that wait for them.

use std::collections::BTreeMap;

use seatwise_domain::rules::join;
use seatwise_domain::rules::user::FOLLOWED_WORKSPACES;
use seatwise_domain::{
    Change, Changes, EmailKey, EmailSlot, JoinedWorkspace, Member, Stored, UserId, Workspace, WorkspaceId,
};
use seatwise_store::{Loaded, One, Reads};

use crate::departures::DepartureReads;
use crate::invitation::view::MyInvitation;
use crate::operation::{Operation, State};
use crate::workspace::view::SwitcherEntry;

/// The content of a list that was read.
pub fn values<T>(stored: Vec<Stored<T>>) -> Vec<T> {
    stored.into_iter().map(|stored| stored.value).collect()
}

/// The handles of one workspace and of the person's membership in it.
#[derive(Clone, Copy)]
pub struct EntryHandles {
    /// The workspace.
    pub id: WorkspaceId,
    workspace: One<Workspace>,
    member: One<Member>,
}

impl EntryHandles {
    /// The address by which the workspace knows the person.
    pub fn address(&self, loaded: &Loaded) -> Option<EmailKey> {
        loaded.one(self.member)?.value.slot
    }

    /// The person's membership.
    pub fn member<O: Operation>(&self, state: &State<'_, O>) -> Option<Stored<Member>> {
        state.one(self.member)
    }
}

/// Reads the workspaces that a person is in, and their memberships; the first 50.
pub fn read_entries(joined: Vec<Stored<JoinedWorkspace>>, reads: &mut Reads) -> Vec<EntryHandles> {
    let mut read = |JoinedWorkspace { workspace, user, .. }: JoinedWorkspace| EntryHandles {
        id: workspace,
        workspace: reads.one(Workspace::key(workspace)),
        member: reads.one(Member::key(workspace, user)),
    };
    joined.into_iter().take(FOLLOWED_WORKSPACES).map(|stored| read(stored.value)).collect()
}

/// The entries of the switcher.
pub fn switcher_entries<O: Operation>(entries: &[EntryHandles], state: &State<'_, O>) -> Vec<SwitcherEntry> {
    let entry = |handles: &EntryHandles| {
        let (workspace, member) = (state.one(handles.workspace)?, state.one(handles.member)?);
        Some(SwitcherEntry::of(&workspace.value, &state.pack.role_name(&member.value.role), state.origin))
    };
    entries.iter().filter_map(entry).collect()
}

/// The most departures that are noted at once, beside the other changes of entering.
const NOTED_AT_ONCE: usize = 5;

/// The departures of a person from the workspaces that have invited them. An invitation that is older than the
/// departure brings nobody back (K44), so it is not shown (K47).
#[derive(Default)]
pub struct InviterDepartures(BTreeMap<WorkspaceId, DepartureReads>);

impl InviterDepartures {
    /// Reads the departures from the workspaces of these slots.
    pub fn plan(pending: &[Stored<EmailSlot>], persons: &[UserId], reads: &mut Reads) -> Self {
        let mut read = |id: WorkspaceId| (id, DepartureReads::plan(id, persons, reads));
        Self(pending.iter().map(|slot| read(slot.value.workspace)).collect())
    }

    /// Notes the departures in these slots of the person's address, as far as the slots do not know them. Answers
    /// the slots, and the first changes of them.
    pub fn note(
        &self,
        slots: Vec<Stored<EmailSlot>>,
        is_in: impl Fn(WorkspaceId) -> bool,
        loaded: &Loaded,
    ) -> (Vec<Stored<EmailSlot>>, Changes) {
        let mut changes = Changes::new();
        let noted = slots.into_iter().map(|stored| {
            let workspace = stored.value.workspace;
            let reads = self.0.get(&workspace).filter(|_| !is_in(workspace));
            let departure = reads.and_then(|reads| join::last_departure(&reads.load(loaded)));
            let after = departure.and_then(|at| stored.value.after_departure(at));
            let Some(after) = after else { return stored };
            if changes.len() < NOTED_AT_ONCE {
                changes.push(Change::update(&stored, after.clone()));
            }
            Stored { value: after, ..stored }
        });
        (noted.collect(), changes)
    }
}

/// The invitations that an address can accept and that work: to workspaces that the person is not in, and has not
/// just joined.
pub fn my_invitations<O: Operation>(
    slots: Vec<Stored<EmailSlot>>,
    state: &State<'_, O>,
    is_in: impl Fn(WorkspaceId) -> bool,
) -> Vec<MyInvitation> {
    let slots = slots.into_iter().map(|stored| stored.value);
    let rights = state.makers_anywhere();
    slots
        .filter(|slot| slot.member.is_none() && !is_in(slot.workspace))
        .filter_map(|slot| slot.usable_pending().cloned())
        .filter(|pending| rights.rules().shows_pending(pending, state.now))
        .map(|pending| MyInvitation::of(state.pack, &pending, state.origin))
        .collect()
}
