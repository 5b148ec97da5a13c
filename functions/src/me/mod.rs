//! What a person does about themselves, in no workspace.

pub mod enter;
pub mod get_me;
pub mod list_my_invitations;
pub mod update_me;

use seatwise_domain::rules::user::FOLLOWED_WORKSPACES;
use seatwise_domain::{EmailSlot, Identity, JoinedWorkspace, Member, RecordKey, Workspace, WorkspaceId};
use seatwise_store::{Load, Loaded, Page, Query};

use crate::operation::State;
use crate::view::{MyInvitation, SwitcherEntry};

/// The workspaces that a person is in.
pub fn joined_query(identity: &Identity) -> Query {
    Query::Joined(identity.user, Page { limit: FOLLOWED_WORKSPACES, after: None })
}

/// Reads workspaces and the caller's memberships in them.
pub fn load_joined(joined: &[JoinedWorkspace]) -> Option<Load> {
    let load = joined.iter().fold(Load::new(), |load, joined| {
        load.record(RecordKey::Workspace(joined.workspace))
            .record(RecordKey::Member(joined.workspace, joined.user))
    });
    (!joined.is_empty()).then_some(load)
}

/// The switcher's entries of workspaces that were read.
pub fn entries(joined: &[JoinedWorkspace], followed: Option<&Loaded>, origin: &str) -> Vec<SwitcherEntry> {
    let entry = |joined: &JoinedWorkspace| {
        let workspace = followed?.get::<Workspace>(&RecordKey::Workspace(joined.workspace))?;
        let member = followed?.get::<Member>(&RecordKey::Member(joined.workspace, joined.user))?;
        Some(SwitcherEntry::of(&workspace.value, &member.value.role, origin))
    };
    joined.iter().filter_map(entry).collect()
}

/// The records of a list, without their versions.
pub fn joined(loaded: &Loaded, query: &Query) -> Vec<JoinedWorkspace> {
    loaded.list::<JoinedWorkspace>(query).into_iter().map(|stored| stored.value).collect()
}

/// The invitations among what an address is to workspaces: those that can be accepted, to
/// workspaces that the person is not in, nor has come into just now.
pub fn my_invitations(
    state: &State<'_>,
    query: &Query,
    is_in: impl Fn(WorkspaceId) -> bool,
) -> Vec<MyInvitation> {
    let slots = state.loaded().list::<EmailSlot>(query).into_iter().map(|slot| slot.value);
    slots
        .filter(|slot| slot.member.is_none() && !is_in(slot.workspace))
        .filter_map(|slot| slot.pending)
        .filter(|pending| pending.is_live(state.now))
        .map(|pending| MyInvitation::of(&pending, state.origin))
        .collect()
}
