//! The ids in a path, read into types that cannot hold nonsense.

use std::convert::Infallible;
use std::str::FromStr;

use seatwise_domain::pack::AddOnId;
use seatwise_domain::{
    ApiKeyId, DomainName, InvitationId, LeaveRequestId, Pack, PurchaseId, RoleId, RoleName, SeatId, UserId,
    WorkspaceId, WorkspaceResourceId,
};

use crate::problem::Problem;
use crate::request::Incoming;
use crate::scope::PathScope;

/// The ids in a path.
pub trait Path: Sized + Send + Sync {
    /// Where the operation takes place.
    type Place: PathScope;

    /// Reads them. A text that is not an id names nothing: 404.
    fn read(incoming: &Incoming) -> Result<Self, Problem>;

    /// Where the operation takes place.
    fn place(&self) -> Self::Place;
}

/// Defines the ids of a path. `in workspace` puts the id of a workspace first: the operation takes place there.
macro_rules! path {
    ($(#[$doc:meta])* $name:ident in workspace { $($ids:tt)* }) => {
        path! {
            $(#[$doc])*
            $name {
                /// The workspace.
                workspace: WorkspaceId = "workspaceId",
                $($ids)*
            }
            type Place = WorkspaceId;
            fn place(&self) -> WorkspaceId { self.workspace }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($ids:tt)* }) => {
        path! {
            $(#[$doc])*
            $name { $($ids)* }
            type Place = ();
            fn place(&self) {}
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $param:literal),* $(,)?
        }
        $($place:tt)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Path for $name {
            fn read(incoming: &Incoming) -> Result<Self, Problem> {
                // A path without ids reads nothing.
                let _ = incoming;
                Ok(Self { $($field: incoming.id($param)?,)* })
            }

            $($place)+
        }
    };
}

path! {
    /// No id.
    Root {}
}
path! {
    /// A workspace.
    WorkspacePath in workspace {}
}
path! {
    /// A member of a workspace.
    MemberPath in workspace {
        /// The member.
        user: UserId = "userId"
    }
}
path! {
    /// A seat of a workspace.
    SeatPath in workspace {
        /// The seat.
        seat: SeatId = "seatId"
    }
}
path! {
    /// An invitation of a workspace. The invitation's id names its workspace once more.
    InvitationPath in workspace {
        /// The invitation.
        invitation: InvitationId = "invitationId"
    }
}
path! {
    /// A role of the product, in a workspace.
    RolePath in workspace {
        /// The role.
        role: RoleInPath = "role"
    }
}

/// The role that a path names. A text that cannot be a role's name is an unknown role, and not an unknown path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleInPath(RoleName);

impl RoleInPath {
    /// The role that has this name in a pack.
    pub fn id(&self, pack: &Pack) -> RoleId {
        pack.role_id(&self.0)
    }
}

impl FromStr for RoleInPath {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(RoleName(text.to_owned())))
    }
}
path! {
    /// An add-on of a seat of a workspace.
    SeatAddOnPath in workspace {
        /// The seat.
        seat: SeatId = "seatId",
        /// The add-on.
        add_on: AddOnInPath = "addOn"
    }
}
path! {
    /// An add-on of every seat of a workspace.
    AddOnPath in workspace {
        /// The add-on.
        add_on: AddOnInPath = "addOn"
    }
}

/// The add-on that a path names. As with [`RoleInPath`], a text that cannot be the name of one is an unknown
/// add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOnInPath(pub AddOnId);

impl FromStr for AddOnInPath {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(AddOnId(text.to_owned())))
    }
}
path! {
    /// An API key of a workspace.
    ApiKeyPath in workspace {
        /// The key.
        key: ApiKeyId = "keyId"
    }
}
path! {
    /// A resource of a workspace.
    ResourcePath in workspace {
        /// The resource.
        resource: WorkspaceResourceId = "resourceId"
    }
}
path! {
    /// A purchase of a workspace.
    PurchasePath in workspace {
        /// The purchase.
        purchase: PurchaseId = "purchaseId"
    }
}
path! {
    /// An email domain, in a workspace.
    DomainPath in workspace {
        /// The domain.
        domain: DomainName = "domain"
    }
}
path! {
    /// A leave request in a workspace.
    LeaveRequestPath in workspace {
        /// The leave request.
        request: LeaveRequestId = "requestId"
    }
}
path! {
    /// A workspace, for callers who need not be a member.
    PublicWorkspacePath {
        /// The workspace.
        workspace: WorkspaceId = "workspaceId"
    }
}
path! {
    /// An invitation, for the person who is invited.
    OwnInvitationPath {
        /// The invitation.
        invitation: InvitationId = "invitationId"
    }
}
