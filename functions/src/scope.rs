//! The scope of an operation: who may call it and where it takes place.
//!
//! A scope says by type what is known. Inside a workspace there is a caller, a workspace and the
//! caller's membership; outside there is a caller; a public operation has neither.

use jiff::Timestamp;
use seatwise_domain::{Change, Identity, Member, Pack, PaidPeriod, Stored, Workspace, WorkspaceId};
use seatwise_policy::{Principal, UserFacts, WorkspaceFacts};
use seatwise_store::{Loaded, One, Reads};

use crate::caller::Caller;
use crate::member::facts::member_facts;
use crate::workspace::facts::workspace_facts;

/// The kind of caller of an operation, and the records that are read of the caller.
pub trait Scope: Sized + Send + Sync + 'static {
    /// Whether a visitor may call: the route has no authorizer.
    const PUBLIC: bool = false;
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

    /// The facts that are known of this caller; `None` if the caller must sign in first.
    fn admit(caller: &Caller) -> Option<Self::CallerFacts>;

    /// The facts that are known of this caller and this place.
    fn start(caller: Self::CallerFacts, place: Self::Place) -> Self::Start;

    /// Reads the workspace and the caller's membership, where there is a workspace.
    fn plan(start: &Self::Start, reads: &mut Reads) -> Self::Handles;

    /// The scope, made of the records. `None` if there is no such workspace or the caller is not a
    /// member: such a caller does not learn which of the two it is.
    fn resolve(start: &Self::Start, handles: &Self::Handles, given: &FactSource<'_>) -> Option<Self>;

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

/// Open to everybody, signed in or not.
pub struct Public {
    principal: Principal,
}

/// For Stripe alone. The signature of the body stands for the sign-in, and no policy can permit or forbid the call:
/// a hint that is refused would be lost.
pub struct SignedByStripe {
    principal: Principal,
}

/// For signed-in people, outside any workspace.
pub struct SignedIn {
    /// The person who calls.
    pub caller: Identity,
    principal: Principal,
}

/// For the members of the workspace in the path.
pub struct InWorkspace {
    /// The person who calls.
    pub caller: Identity,
    /// The workspace.
    pub workspace: Stored<Workspace>,
    /// The caller's membership in the workspace.
    pub member: Stored<Member>,
    principal: Principal,
    workspace_facts: WorkspaceFacts,
}

impl InWorkspace {
    /// The workspace, as the policies see it.
    pub fn workspace_facts(&self) -> &WorkspaceFacts {
        &self.workspace_facts
    }
}

/// A signed-in caller and the workspace in the path.
pub struct CallerIn {
    /// The person who calls.
    pub caller: Identity,
    /// The workspace in the path.
    pub workspace: WorkspaceId,
}

impl Scope for Public {
    const PUBLIC: bool = true;
    type Place = ();
    type CallerFacts = Caller;
    type Start = Caller;
    type Handles = ();

    fn admit(caller: &Caller) -> Option<Caller> {
        Some(caller.clone())
    }

    fn start(caller: Caller, (): ()) -> Caller {
        caller
    }

    fn plan(_: &Caller, _: &mut Reads) {}

    fn resolve(caller: &Caller, (): &(), _: &FactSource<'_>) -> Option<Self> {
        let principal = match caller {
            Caller::Visitor => Principal::Visitor,
            Caller::User(identity) => Principal::User(user_facts(identity)),
        };
        Some(Self { principal })
    }

    fn principal(&self) -> &Principal {
        &self.principal
    }

    fn workspace(&self) -> Option<&WorkspaceFacts> {
        None
    }

    fn condition(&self) -> Option<Change> {
        None
    }
}

impl Scope for SignedByStripe {
    const PUBLIC: bool = true;
    const ASKS_POLICIES: bool = false;
    type Place = ();
    type CallerFacts = ();
    type Start = ();
    type Handles = ();

    fn admit(_: &Caller) -> Option<()> {
        Some(())
    }

    fn start((): (), (): ()) {}

    fn plan((): &(), _: &mut Reads) {}

    fn resolve((): &(), (): &(), _: &FactSource<'_>) -> Option<Self> {
        Some(Self { principal: Principal::Visitor })
    }

    fn principal(&self) -> &Principal {
        &self.principal
    }

    fn workspace(&self) -> Option<&WorkspaceFacts> {
        None
    }

    fn condition(&self) -> Option<Change> {
        None
    }
}

impl Scope for SignedIn {
    type Place = ();
    type CallerFacts = Identity;
    type Start = Identity;
    type Handles = ();

    fn admit(caller: &Caller) -> Option<Identity> {
        identity(caller)
    }

    fn start(caller: Identity, (): ()) -> Identity {
        caller
    }

    fn plan(_: &Identity, _: &mut Reads) {}

    fn resolve(caller: &Identity, (): &(), _: &FactSource<'_>) -> Option<Self> {
        Some(Self { caller: caller.clone(), principal: Principal::User(user_facts(caller)) })
    }

    fn principal(&self) -> &Principal {
        &self.principal
    }

    fn workspace(&self) -> Option<&WorkspaceFacts> {
        None
    }

    fn condition(&self) -> Option<Change> {
        None
    }
}

impl Scope for InWorkspace {
    type Place = WorkspaceId;
    type CallerFacts = Identity;
    type Start = CallerIn;
    type Handles = (One<Workspace>, One<Member>);

    fn admit(caller: &Caller) -> Option<Identity> {
        identity(caller)
    }

    fn start(caller: Identity, workspace: WorkspaceId) -> CallerIn {
        CallerIn { caller, workspace }
    }

    fn plan(CallerIn { caller, workspace }: &CallerIn, reads: &mut Reads) -> Self::Handles {
        (reads.one(Workspace::key(*workspace)), reads.one(Member::key(*workspace, caller.user)))
    }

    fn resolve(
        start: &CallerIn,
        (workspace, member): &Self::Handles,
        &FactSource { pack, loaded, now, .. }: &FactSource<'_>,
    ) -> Option<Self> {
        let (workspace, member) = (loaded.one(*workspace)?, loaded.one(*member)?);
        Some(Self {
            caller: start.caller.clone(),
            principal: Principal::Member(member_facts(
                pack,
                workspace.value.paid.as_ref(),
                &member.value,
                now,
            )),
            workspace_facts: workspace_facts(&workspace.value),
            workspace,
            member,
        })
    }

    fn principal(&self) -> &Principal {
        &self.principal
    }

    fn workspace(&self) -> Option<&WorkspaceFacts> {
        Some(&self.workspace_facts)
    }

    fn condition(&self) -> Option<Change> {
        let Stored { value: Member { workspace, user, .. }, version } = &self.member;
        Some(Change::RequireVersion(Member::key(*workspace, *user).into(), *version))
    }

    fn paid(&self) -> Option<PaidPeriod> {
        self.workspace.value.paid
    }

    fn membership(&self) -> Option<&Member> {
        Some(&self.member.value)
    }
}

fn identity(caller: &Caller) -> Option<Identity> {
    caller.identity().cloned()
}

fn user_facts(identity: &Identity) -> UserFacts {
    UserFacts { id: identity.user, email_verified: identity.email_verified }
}
