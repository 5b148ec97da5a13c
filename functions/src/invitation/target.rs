//! Invitations and links as targets.

use seatwise_domain::{Invitation, InvitationId, Key, RoleLink, Stored, Workspace, WorkspaceId};
use seatwise_policy::{InvitationFacts, Resource};
use seatwise_store::{One, Reads};

use crate::scope::FactSource;
use crate::target::{Resolved, Target, WorkspaceRecord};
use crate::token::LinkTarget;
use crate::workspace::facts::workspace_facts;

/// The facts of an invitation.
fn invitation_facts(invitation: &Invitation) -> InvitationFacts {
    let tier = invitation.tier().cloned();
    InvitationFacts { id: invitation.id, role: invitation.role.clone(), tier }
}

/// The facts of a link: an invitation for everybody who has it.
fn link_facts(link: &RoleLink) -> InvitationFacts {
    let id = InvitationId { workspace: link.workspace, serial: link.serial() };
    InvitationFacts { id, role: link.role.clone(), tier: None }
}

impl WorkspaceRecord for Invitation {
    type Id = InvitationId;

    fn key_in(workspace: WorkspaceId, id: &InvitationId) -> Key<Self> {
        Self::key(InvitationId { workspace, ..*id })
    }

    /// An id of another workspace names nothing here.
    fn is_named_by(&self, id: &InvitationId) -> bool {
        self.id == *id
    }

    fn resource(
        found: Option<&Self>,
        workspace: WorkspaceId,
        id: &InvitationId,
        given: &FactSource<'_>,
    ) -> Resource {
        Resource::Invitation(match found {
            Some(invitation) => invitation_facts(invitation),
            None => InvitationFacts::placeholder(given.pack, InvitationId { workspace, ..*id }),
        })
    }
}

/// An invitation, for the person who is invited and in no workspace yet.
pub struct OwnInvitation {
    /// The invitation.
    pub invitation: Stored<Invitation>,
}

impl Target for OwnInvitation {
    type Place = ();
    type Id = InvitationId;
    type Handles = (One<Invitation>, One<Workspace>);

    fn plan(id: &InvitationId, (): (), reads: &mut Reads) -> Self::Handles {
        (reads.one(Invitation::key(*id)), reads.one(Workspace::key(id.workspace)))
    }

    fn resolve(
        id: &InvitationId,
        (): (),
        (invitation, workspace): &Self::Handles,
        given: &FactSource<'_>,
    ) -> Option<Resolved<Self>> {
        let workspace = given.loaded.one(*workspace)?;
        let invitation = given.loaded.one(*invitation);
        let facts = invitation.as_ref().map(|stored| invitation_facts(&stored.value));
        Some(Resolved {
            found: invitation.map(|invitation| Self { invitation }),
            resource: Resource::Invitation(
                facts.unwrap_or_else(|| InvitationFacts::placeholder(given.pack, *id)),
            ),
            workspace: Some(workspace_facts(&workspace.value)),
        })
    }
}

/// The way in that a token or an invitation's id opens, for a person who is in no workspace yet.
pub struct Entrance {
    /// The workspace that it leads into.
    pub workspace: Stored<Workspace>,
    /// The invitation or the link.
    pub by: EntranceBy,
}

/// An invitation or a link for a role.
pub enum EntranceBy {
    /// An invitation.
    Invitation(Box<Stored<Invitation>>),
    /// A link for a role.
    Link(Stored<RoleLink>),
}

/// The handle of an invitation or a link.
#[derive(Clone, Copy)]
pub enum EntranceHandle {
    /// Of an invitation.
    Invitation(One<Invitation>),
    /// Of a link for a role.
    Link(One<RoleLink>),
}

impl EntranceHandle {
    /// Reads the invitation or the link.
    pub fn read(target: LinkTarget, reads: &mut Reads) -> Self {
        match target {
            LinkTarget::Invitation(id) => Self::Invitation(reads.one(Invitation::key(id))),
            LinkTarget::Link(workspace, serial) => Self::Link(reads.one(RoleLink::key(workspace, serial))),
        }
    }
}

impl Target for Entrance {
    type Place = ();
    type Id = LinkTarget;
    type Handles = (EntranceHandle, One<Workspace>);

    fn plan(id: &LinkTarget, (): (), reads: &mut Reads) -> Self::Handles {
        (EntranceHandle::read(*id, reads), reads.one(Workspace::key(id.workspace())))
    }

    fn resolve(
        id: &LinkTarget,
        (): (),
        (entrance, workspace): &Self::Handles,
        given: &FactSource<'_>,
    ) -> Option<Resolved<Self>> {
        let workspace = given.loaded.one(*workspace)?;
        let by = match entrance {
            EntranceHandle::Invitation(handle) => {
                given.loaded.one(*handle).map(Box::new).map(EntranceBy::Invitation)
            }
            EntranceHandle::Link(handle) => given.loaded.one(*handle).map(EntranceBy::Link),
        };
        let facts = match &by {
            Some(EntranceBy::Invitation(stored)) => invitation_facts(&stored.value),
            Some(EntranceBy::Link(stored)) => link_facts(&stored.value),
            None => InvitationFacts::placeholder(given.pack, id.as_invitation()),
        };
        let workspace_facts = workspace_facts(&workspace.value);
        Some(Resolved {
            found: by.map(|by| Self { workspace, by }),
            resource: Resource::Invitation(facts),
            workspace: Some(workspace_facts),
        })
    }
}
