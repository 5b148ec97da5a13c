//! The target of an operation: the resource that the operation acts on and the policies are asked
//! about. Each kind of resource implements [`Target`] once, in its own folder.

use seatwise_domain::{FromRecord, Key, Pack, RoleId, Stored, WorkspaceId};
use seatwise_policy::{Resource, WorkspaceFacts};
use seatwise_store::{One, Reads};

use crate::scope::{FactSource, PathScope};

/// A kind of resource that an operation can act on.
pub trait Target: Sized + Send + Sync + 'static {
    /// Where it is found: in the workspace of the path, or by an id of its own.
    type Place: PathScope;
    /// The id that names it.
    type Id: Send + Sync;
    /// The handles of what is read of it.
    type Handles: Send + Sync;

    /// Reads it.
    fn plan(id: &Self::Id, place: Self::Place, reads: &mut Reads) -> Self::Handles;

    /// The target that was found. `None` if there is nothing to ask the policies about.
    fn resolve(
        id: &Self::Id,
        place: Self::Place,
        handles: &Self::Handles,
        given: &FactSource<'_>,
    ) -> Option<Resolved<Self>>;
}

/// A target, as it was found.
pub struct Resolved<T> {
    /// The target, if there is one.
    pub found: Option<T>,
    /// The target as the policies see it. Where there is none, a placeholder: a caller without the
    /// permission gets the same 403 for a resource that exists and for one that does not.
    pub resource: Resource,
    /// The target's workspace, for an operation that takes place in no workspace.
    pub workspace: Option<WorkspaceFacts>,
}

impl<T> Resolved<T> {
    /// A target in the workspace of the path.
    pub fn here(found: Option<T>, resource: Resource) -> Self {
        Self { found, resource, workspace: None }
    }
}

/// A record of a workspace that operations act on: enough to be a target.
pub trait WorkspaceRecord: FromRecord + Send + Sync + 'static {
    /// The id that names it in the path.
    type Id: Send + Sync;

    /// Its key.
    fn key_in(workspace: WorkspaceId, id: &Self::Id) -> Key<Self>;

    /// Whether it is the one that the id names. An id may say more than the key has.
    fn is_named_by(&self, id: &Self::Id) -> bool {
        let _ = id;
        true
    }

    /// The record as the policies see it, or a placeholder for one that does not exist.
    fn resource(
        found: Option<&Self>,
        workspace: WorkspaceId,
        id: &Self::Id,
        given: &FactSource<'_>,
    ) -> Resource;
}

impl<T: WorkspaceRecord> Target for Stored<T> {
    type Place = WorkspaceId;
    type Id = T::Id;
    type Handles = One<T>;

    fn plan(id: &T::Id, workspace: WorkspaceId, reads: &mut Reads) -> One<T> {
        reads.one(T::key_in(workspace, id))
    }

    fn resolve(
        id: &T::Id,
        workspace: WorkspaceId,
        handle: &One<T>,
        given: &FactSource<'_>,
    ) -> Option<Resolved<Self>> {
        let found = given.loaded.one(*handle).filter(|stored| stored.value.is_named_by(id));
        let resource = T::resource(found.as_ref().map(|stored| &stored.value), workspace, id, given);
        Some(Resolved::here(found, resource))
    }
}

/// An operation that acts on no resource of any workspace.
pub struct Platform;

impl Target for Platform {
    type Place = ();
    type Id = ();
    type Handles = ();

    fn plan((): &(), (): (), _: &mut Reads) {}

    fn resolve((): &(), (): (), (): &(), _: &FactSource<'_>) -> Option<Resolved<Self>> {
        Some(Resolved::here(Some(Self), Resource::Platform))
    }
}

/// The role that the policies are asked about. A role that the product does not have is refused by
/// the rules, but only to a caller who may give roles at all: a joiner's role stands in for it.
pub fn known_role(pack: &Pack, role: &RoleId) -> RoleId {
    if pack.role(role).is_some() { role.clone() } else { pack.roles_given.joiner.clone() }
}
