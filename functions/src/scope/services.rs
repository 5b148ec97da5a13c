//! Scopes of services: backends of the host, which are in no workspace and act in all of them.

use seatwise_domain::{Change, Identity, Member, PaidPeriod, Stored, UserId, Workspace, WorkspaceId};
use seatwise_policy::{Principal, WorkspaceFacts};
use seatwise_store::{One, Reads};
use uuid::Uuid;

use super::people::{CallerIn, InWorkspace};
use super::{FactSource, Scope, WorkspaceScope};
use crate::caller::{Caller, ServiceIdentity};
use crate::problem::Problem;
use crate::workspace::facts::workspace_facts;

/// For services alone, outside any workspace.
pub struct ServiceOnly {
    principal: Principal,
}

/// For services alone, in the workspace of the path.
pub struct ServiceInWorkspace {
    /// The service.
    pub service: ServiceIdentity,
    /// The workspace.
    pub workspace: Stored<Workspace>,
    principal: Principal,
    workspace_facts: WorkspaceFacts,
}

/// For the members of the workspace in the path, and for services.
pub struct MemberOrService {
    /// Who calls.
    pub actor: WorkspaceActor,
}

/// Who calls in a workspace.
pub enum WorkspaceActor {
    /// A member.
    Member(Box<InWorkspace>),
    /// A service.
    Service(Box<ServiceInWorkspace>),
}

/// A service and the workspace in the path.
pub struct ServiceIn {
    service: ServiceIdentity,
    workspace: WorkspaceId,
}

impl ServiceIn {
    /// The issuer of the service's token.
    pub fn issuer(&self) -> &str {
        &self.service.issuer
    }
}

/// Who calls, and the workspace in the path.
pub enum ActorIn {
    /// A person.
    Person(CallerIn),
    /// A service.
    Service(ServiceIn),
}

/// What is known of a caller who may be a person or a service.
pub enum PersonOrService {
    /// A person.
    Person(Identity),
    /// A service.
    Service(ServiceIdentity),
}

fn service(caller: &Caller) -> Result<ServiceIdentity, Problem> {
    match caller {
        Caller::Visitor => Err(Problem::unauthenticated()),
        Caller::User(_) => Err(Problem::services_only()),
        Caller::Service(service) => Ok(service.clone()),
    }
}

impl Scope for ServiceOnly {
    const SERVICES_ONLY: bool = true;
    type Place = ();
    type CallerFacts = ServiceIdentity;
    type Start = ServiceIdentity;
    type Handles = ();

    fn admit(caller: &Caller) -> Result<ServiceIdentity, Problem> {
        service(caller)
    }

    fn start(caller: ServiceIdentity, (): ()) -> ServiceIdentity {
        caller
    }

    fn plan(_: &ServiceIdentity, _: &mut Reads) {}

    fn resolve(caller: &ServiceIdentity, (): &(), _: &FactSource<'_>) -> Option<Self> {
        Some(Self { principal: Principal::Service(caller.name.clone()) })
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

impl Scope for ServiceInWorkspace {
    const SERVICES_ONLY: bool = true;
    type Place = WorkspaceId;
    type CallerFacts = ServiceIdentity;
    type Start = ServiceIn;
    type Handles = One<Workspace>;

    fn admit(caller: &Caller) -> Result<ServiceIdentity, Problem> {
        service(caller)
    }

    fn start(service: ServiceIdentity, workspace: WorkspaceId) -> ServiceIn {
        ServiceIn { service, workspace }
    }

    fn plan(start: &ServiceIn, reads: &mut Reads) -> One<Workspace> {
        reads.one(Workspace::key(start.workspace))
    }

    fn resolve(start: &ServiceIn, workspace: &One<Workspace>, given: &FactSource<'_>) -> Option<Self> {
        let workspace = given.loaded.one(*workspace)?;
        Some(Self {
            service: start.service.clone(),
            principal: Principal::Service(start.service.name.clone()),
            workspace_facts: workspace_facts(&workspace.value),
            workspace,
        })
    }

    fn asks_about_missing(start: &ServiceIn) -> Option<(Principal, WorkspaceFacts)> {
        let nobody = UserId(Uuid::nil());
        let workspace = WorkspaceFacts { id: start.workspace, creator: nobody, plan: String::new() };
        Some((Principal::Service(start.service.name.clone()), workspace))
    }

    fn principal(&self) -> &Principal {
        &self.principal
    }

    fn workspace(&self) -> Option<&WorkspaceFacts> {
        Some(&self.workspace_facts)
    }

    /// Nothing is written into a workspace that was deleted meanwhile. A service has no membership that could end.
    fn condition(&self) -> Option<Change> {
        let Stored { value: Workspace { id, .. }, version } = self.workspace;
        Some(Change::RequireVersion(Workspace::key(id).into(), version))
    }

    fn paid(&self) -> Option<PaidPeriod> {
        self.workspace.value.paid
    }
}

impl WorkspaceScope for ServiceInWorkspace {
    fn stored(&self) -> &Stored<Workspace> {
        &self.workspace
    }

    fn workspace_facts(&self) -> &WorkspaceFacts {
        &self.workspace_facts
    }

    fn person(&self) -> Option<UserId> {
        None
    }
}

impl Scope for MemberOrService {
    type Place = WorkspaceId;
    type CallerFacts = PersonOrService;
    type Start = ActorIn;
    type Handles = (One<Workspace>, Option<One<Member>>);

    fn admit(caller: &Caller) -> Result<PersonOrService, Problem> {
        match caller {
            Caller::Visitor => Err(Problem::unauthenticated()),
            Caller::User(identity) => Ok(PersonOrService::Person(identity.clone())),
            Caller::Service(service) => Ok(PersonOrService::Service(service.clone())),
        }
    }

    fn start(caller: PersonOrService, workspace: WorkspaceId) -> ActorIn {
        match caller {
            PersonOrService::Person(caller) => ActorIn::Person(CallerIn { caller, workspace }),
            PersonOrService::Service(service) => ActorIn::Service(ServiceIn { service, workspace }),
        }
    }

    fn plan(start: &ActorIn, reads: &mut Reads) -> Self::Handles {
        match start {
            ActorIn::Person(caller) => {
                let (workspace, member) = InWorkspace::plan(caller, reads);
                (workspace, Some(member))
            }
            ActorIn::Service(service) => (ServiceInWorkspace::plan(service, reads), None),
        }
    }

    fn resolve(start: &ActorIn, handles: &Self::Handles, given: &FactSource<'_>) -> Option<Self> {
        let (workspace, member) = *handles;
        let actor = match start {
            ActorIn::Person(caller) => {
                WorkspaceActor::Member(Box::new(InWorkspace::resolve(caller, &(workspace, member?), given)?))
            }
            ActorIn::Service(service) => {
                WorkspaceActor::Service(Box::new(ServiceInWorkspace::resolve(service, &workspace, given)?))
            }
        };
        Some(Self { actor })
    }

    fn asks_about_missing(start: &ActorIn) -> Option<(Principal, WorkspaceFacts)> {
        match start {
            ActorIn::Person(_) => None,
            ActorIn::Service(service) => ServiceInWorkspace::asks_about_missing(service),
        }
    }

    fn principal(&self) -> &Principal {
        match &self.actor {
            WorkspaceActor::Member(member) => member.principal(),
            WorkspaceActor::Service(service) => service.principal(),
        }
    }

    fn workspace(&self) -> Option<&WorkspaceFacts> {
        Some(self.workspace_facts())
    }

    fn condition(&self) -> Option<Change> {
        match &self.actor {
            WorkspaceActor::Member(member) => member.condition(),
            WorkspaceActor::Service(service) => service.condition(),
        }
    }

    fn paid(&self) -> Option<PaidPeriod> {
        self.stored().value.paid
    }

    fn membership(&self) -> Option<&Member> {
        match &self.actor {
            WorkspaceActor::Member(member) => member.membership(),
            WorkspaceActor::Service(_) => None,
        }
    }
}

impl WorkspaceScope for MemberOrService {
    fn stored(&self) -> &Stored<Workspace> {
        match &self.actor {
            WorkspaceActor::Member(member) => &member.workspace,
            WorkspaceActor::Service(service) => &service.workspace,
        }
    }

    fn workspace_facts(&self) -> &WorkspaceFacts {
        match &self.actor {
            WorkspaceActor::Member(member) => WorkspaceScope::workspace_facts(member.as_ref()),
            WorkspaceActor::Service(service) => WorkspaceScope::workspace_facts(service.as_ref()),
        }
    }

    fn person(&self) -> Option<UserId> {
        self.membership().map(|member| member.user)
    }
}
