//! A sign-in that stands for another person than itself: its own memberships become the person's (K45).

use seatwise_domain::rules::address::Membership;
use seatwise_domain::rules::join::PersonDeparture;
use seatwise_domain::rules::sign_in::{self, MERGE_ACTIONS, MERGED_AT_ONCE, MergeContext, Merged};
use seatwise_domain::{
    AddressOwner, Changes, Departure, EmailSlot, Identity, JoinedWorkspace, Member, Moment, Stored, Tally,
    User, Workspace, WorkspaceId,
};
use seatwise_store::{List, Many, One, PageRequest, Reads};

use super::enter::Enter;
use crate::operation::{ReadSoFar, State};

/// The account and the memberships of the sign-in itself.
pub struct OwnSignIn {
    account: One<User>,
    joined: Many<JoinedWorkspace>,
    /// The owner of the account's address; absent until the first reading has found the address.
    owner: Option<One<AddressOwner>>,
    /// Empty until the first reading has found the workspaces.
    merges: Vec<MergeHandles>,
}

struct MergeHandles {
    workspace: One<Workspace>,
    tally: One<Tally>,
    own: One<Member>,
    persons: One<Member>,
    departure: One<Departure>,
    slot: One<EmailSlot>,
}

/// The records of one membership to merge.
pub struct Merge {
    workspace: Stored<Workspace>,
    tally: Stored<Tally>,
    own: Membership,
    persons: Option<Stored<Member>>,
    departure: PersonDeparture,
}

/// A workspace whose membership became the person's.
pub struct MergedWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// The membership of the person.
    pub member: Member,
}

impl OwnSignIn {
    /// Reads the account and the first memberships of the sign-in, if it stands for another person.
    pub fn plan(caller: &Identity, reads: &mut Reads) -> Option<Self> {
        let limit = u32::try_from(MERGED_AT_ONCE).unwrap_or(u32::MAX);
        let page = PageRequest { limit, after: None };
        caller.is_linked().then(|| Self {
            account: reads.one(User::key(caller.sign_in)),
            joined: reads.many(List::joined(caller.sign_in, page)),
            owner: None,
            merges: Vec::new(),
        })
    }

    /// Reads the records of these memberships.
    pub fn follow(&mut self, caller: &Identity, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let Some(email) = caller.verified_email() else { return };
        let own_email = so_far.loaded.one(self.account).and_then(|account| account.value.email);
        let own_email = own_email.filter(|own| own != email);
        self.owner = own_email.map(|own| reads.one(AddressOwner::key(own.key())));
        let mut handles = |id: WorkspaceId| MergeHandles {
            workspace: reads.one(Workspace::key(id)),
            tally: reads.one(Tally::key(id)),
            own: reads.one(Member::key(id, caller.sign_in)),
            persons: reads.one(Member::key(id, caller.user)),
            departure: reads.one(Departure::key(id, caller.user)),
            slot: reads.one(EmailSlot::key(email.key(), id)),
        };
        self.merges = so_far
            .loaded
            .many(self.joined)
            .into_iter()
            .map(|joined| handles(joined.value.workspace))
            .collect();
    }

    /// The memberships to merge.
    pub fn merges(&self, state: &State<'_, Enter>) -> Vec<Merge> {
        let departure = |handle: One<Departure>| PersonDeparture {
            user: state.scope.caller.user,
            stored: state.one(handle),
        };
        let merge = |handles: &MergeHandles| {
            Some(Merge {
                workspace: state.one(handles.workspace)?,
                tally: state.one(handles.tally)?,
                own: Membership { member: state.one(handles.own)?, slot: state.one(handles.slot) },
                persons: state.one(handles.persons),
                departure: departure(handles.departure),
            })
        };
        self.merges.iter().filter_map(merge).collect()
    }

    /// Merges the memberships into the person's. When none is left, the account of the sign-in goes, too.
    pub fn merge(
        &self,
        merges: &[Merge],
        state: &State<'_, Enter>,
        account: &User,
        moment: &mut Moment,
    ) -> (Vec<MergedWorkspace>, Changes) {
        let (mut joint, mut done, mut changes) = (Vec::new(), 0, Changes::new());
        for Merge { workspace, tally, own, persons, departure } in merges {
            let rights = state.makers_in(&workspace.value);
            let merging = MergeContext {
                pack: state.pack,
                caller: &state.scope.caller,
                account,
                workspace: &workspace.value,
                tally: &tally.value,
                own,
                persons: persons.as_ref(),
                departure,
                makers: rights.rules(),
                now: moment.now,
            };
            let Some((outcome, more)) = sign_in::merge(merging, moment) else { continue };
            done += 1;
            changes.extend(more);
            if let Merged::Joint(member) = outcome {
                joint.push(MergedWorkspace { workspace: workspace.value.clone(), member: *member });
            }
        }
        let is_all = done == self.merges.len() && state.next(self.joined).is_none();
        if let Some(own) = state.one(self.account).filter(|_| is_all) {
            let owner = self.owner.and_then(|handle| state.one(handle));
            changes.extend(sign_in::close(&own, owner.as_ref()));
        }
        (joint, changes)
    }
}

/// The most actions that these merges take of one transaction.
pub fn actions(merges: &[Merge]) -> usize {
    // The account of the sign-in and its address.
    merges.len() * MERGE_ACTIONS + 2
}

impl Merge {
    /// The workspace.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace.value.id
    }
}
