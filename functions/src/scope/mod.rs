//! The scope of an operation: who may call it and where it takes place.
//!
//! A scope says by type what is known. Inside a workspace there is a caller, a workspace and the
//! caller's membership; outside there is a caller; a public operation has neither. A service has no membership.

mod people;
mod services;

use jiff::Timestamp;
use seatwise_domain::{Change, Member, Pack, PaidPeriod, Stored, UserId, Workspace, WorkspaceId};
use seatwise_policy::{Principal, WorkspaceFacts};
use seatwise_store::{Loaded, Reads};

pub use self::people::{CallerIn, InWorkspace, Public, SignedByStripe, SignedIn};
pub use self::services::{ActorIn, MemberOrService, ServiceInWorkspace, ServiceOnly, WorkspaceActor};
use crate::caller::Caller;
use crate::problem::Problem;

/// The kind of caller of an operation, and the records that are read of the caller.
pub trait Scope: Sized + Send + Sync + 'static {
    /// Whether a visitor may call: the route has no authorizer.
    const PUBLIC: bool = false;
    /// Whether only services call.
    const SERVICES_ONLY: bool = false;
    /// Whether the policies decide about the call.
    const ASKS_POLICIES: bool = true;

    /// Where the operation takes place.
    type Place: PathScope;
    /// The facts that are known of the caller.
    type CallerFacts: Send + Sync;
    /// The facts that are known before anything is read.
    type Start: Send + Sync;
    /// The handles of what the scope reads.
    type Handles: Send + Sync;

    /// The facts that are known of this caller; a refusal, if such a caller has to sign in first or never calls.
    fn admit(caller: &Caller) -> Result<Self::CallerFacts, Problem>;

    /// The facts that are known of this caller and this place.
    fn start(caller: Self::CallerFacts, place: Self::Place) -> Self::Start;

    /// Reads the workspace and the caller's membership, where there is a workspace.
    fn plan(start: &Self::Start, reads: &mut Reads) -> Self::Handles;

    /// The scope, made of the records. `None` if there is no such workspace or the caller is not a
    /// member: such a caller does not learn which of the two it is.
    fn resolve(start: &Self::Start, handles: &Self::Handles, given: &FactSource<'_>) -> Option<Self>;

    /// Who asks about a workspace that does not exist, where the policies are asked all the same: a caller without the
    /// permission learns nothing. Members are answered alike without the policies.
    fn asks_about_missing(start: &Self::Start) -> Option<(Principal, WorkspaceFacts)> {
        let _ = start;
        None
    }

    /// The principal that the policies are asked about.
    fn principal(&self) -> &Principal;

    /// The workspace, as the policies see it.
    fn workspace(&self) -> Option<&WorkspaceFacts>;

    /// The condition that each write of this caller rests on: a permission that is withdrawn
    /// between reading and writing stops the write (K9).
    fn condition(&self) -> Option<Change>;

    /// What the caller's workspace pays online.
    fn paid(&self) -> Option<PaidPeriod> {
        None
    }

    /// The caller's membership, where there is a workspace.
    fn membership(&self) -> Option<&Member> {
        None
    }
}

/// Where an operation takes place: in a workspace, or in none.
pub trait PathScope: Copy + Send + Sync + 'static {
    /// The workspace.
    fn workspace(self) -> Option<WorkspaceId>;
}

impl PathScope for () {
    fn workspace(self) -> Option<WorkspaceId> {
        None
    }
}

impl PathScope for WorkspaceId {
    fn workspace(self) -> Option<WorkspaceId> {
        Some(self)
    }
}

/// The source of facts.
#[derive(Clone, Copy)]
pub struct FactSource<'a> {
    /// The product's rules.
    pub pack: &'a Pack,
    /// The records that were read.
    pub loaded: &'a Loaded,
    /// The time of the decision.
    pub now: Timestamp,
    /// What the caller's workspace pays online, once the caller's scope is known.
    pub paid: Option<PaidPeriod>,
}

/// A scope in a workspace.
pub trait WorkspaceScope: Scope<Place = WorkspaceId> {
    /// The workspace.
    fn stored(&self) -> &Stored<Workspace>;

    /// The workspace, as the policies see it.
    fn workspace_facts(&self) -> &WorkspaceFacts;

    /// The person who calls; a service is no person.
    fn person(&self) -> Option<UserId>;
}
