//! Scopes of people, of visitors, and of Stripe.

use seatwise_domain::{Change, Identity, Member, PaidPeriod, Stored, UserId, Workspace, WorkspaceId};
use seatwise_policy::{Principal, UserFacts, WorkspaceFacts};
use seatwise_store::{One, Reads};

use super::{FactSource, Scope, WorkspaceScope};
use crate::caller::Caller;
use crate::member::facts::member_facts;
use crate::problem::Problem;
use crate::workspace::facts::workspace_facts;

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

    fn admit(caller: &Caller) -> Result<Caller, Problem> {
        Ok(caller.clone())
    }

    fn start(caller: Caller, (): ()) -> Caller {
        caller
    }

    fn plan(_: &Caller, _: &mut Reads) {}

    fn resolve(caller: &Caller, (): &(), _: &FactSource<'_>) -> Option<Self> {
        let principal = match caller {
            Caller::Visitor => Principal::Visitor,
            Caller::User(identity) => Principal::User(user_facts(identity)),
            Caller::Service(service) => Principal::Service(service.name.clone()),
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

    fn admit(_: &Caller) -> Result<(), Problem> {
        Ok(())
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

    fn admit(caller: &Caller) -> Result<Identity, Problem> {
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

    fn admit(caller: &Caller) -> Result<Identity, Problem> {
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

impl WorkspaceScope for InWorkspace {
    fn stored(&self) -> &Stored<Workspace> {
        &self.workspace
    }

    fn workspace_facts(&self) -> &WorkspaceFacts {
        &self.workspace_facts
    }

    fn person(&self) -> Option<UserId> {
        Some(self.caller.user)
    }
}

fn identity(caller: &Caller) -> Result<Identity, Problem> {
    match caller {
        Caller::Visitor => Err(Problem::unauthenticated()),
        Caller::User(identity) => Ok(identity.clone()),
        Caller::Service(_) => Err(Problem::people_only()),
    }
}

fn user_facts(identity: &Identity) -> UserFacts {
    UserFacts { id: identity.user, email_verified: identity.email_verified }
}
