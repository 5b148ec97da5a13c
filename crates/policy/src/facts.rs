//! The facts of a request: the caller, the workspace and the resource. The users of this crate load them; no
//! policy can invent one.
//!
//! A new kind of resource is a row of the table of resources, a struct of facts, an arm in
//! `entities.rs` and an arm in `placeholder.rs`; the compiler names each. What the workbench and the
//! proofs need beyond that they read from the schema.

use jiff::Timestamp;
use seatwise_domain::{
    ApiKeyId, InvitationId, LeaveRequestId, RoleId, SeatId, ServiceId, TierId, UserId, WorkspaceId,
};

/// May `principal` do `action` to `resource`, now?
#[derive(Clone, Copy, Debug)]
pub struct AccessRequest<'a> {
    /// The operation in camelCase, a finer question of an operation, or an action of the product.
    pub action: &'a str,
    /// The caller.
    pub principal: &'a Principal,
    /// The workspace that the resource is in; none for the platform.
    pub workspace: Option<&'a WorkspaceFacts>,
    /// The resource that the action acts on.
    pub resource: &'a Resource,
    /// The role that would be given, for the actions that give one.
    pub target_role: Option<&'a RoleId>,
    /// The tier of the seat that would be given, for the actions that give one. None, if the request leaves the
    /// choice to the service, or gives no seat.
    pub target_tier: Option<&'a TierId>,
    /// The time.
    pub now: Timestamp,
}

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Somebody who has not signed in.
    Visitor,
    /// Somebody signed in, outside any workspace.
    User(UserFacts),
    /// Somebody in a workspace.
    Member(MemberFacts),
    /// A backend of the host.
    Service(ServiceId),
}

/// The kinds of [`Principal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// Not signed in.
    Visitor,
    /// Signed in, outside any workspace.
    User,
    /// In a workspace.
    Member,
    /// A backend of the host.
    Service,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Visitor, Self::User, Self::Member, Self::Service];

    /// The name of the entity type in the schema.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Visitor => "Visitor",
            Self::User => "User",
            Self::Member => "Member",
            Self::Service => "Service",
        }
    }
}

impl Principal {
    /// Its kind.
    pub fn kind(&self) -> PrincipalKind {
        match self {
            Self::Visitor => PrincipalKind::Visitor,
            Self::User(_) => PrincipalKind::User,
            Self::Member(_) => PrincipalKind::Member,
            Self::Service(_) => PrincipalKind::Service,
        }
    }

    /// The membership of somebody in a workspace.
    pub fn member(&self) -> Option<&MemberFacts> {
        match self {
            Self::Member(member) => Some(member),
            Self::Visitor | Self::User(_) | Self::Service(_) => None,
        }
    }
}

/// The table of resources: name of the entity type, its facts, and its name in a sentence.
macro_rules! resources {
    ($($(#[$doc:meta])* $kind:ident $(($facts:ty))? = $words:literal;)*) => {
        /// The resource that an action acts on.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Resource {
            $($(#[$doc])* $kind $(($facts))?,)*
        }

        /// The kinds of [`Resource`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ResourceKind {
            $($(#[$doc])* $kind,)*
        }

        impl Resource {
            /// Its kind.
            pub fn kind(&self) -> ResourceKind {
                match self {
                    $(Self::$kind { .. } => ResourceKind::$kind,)*
                }
            }
        }

        impl ResourceKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name of the entity type in the schema.
            pub fn type_name(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)*
                }
            }

            /// The name in a sentence, such as `a seat`.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)*
                }
            }
        }
    };
}

resources! {
    /// Everything that is in no workspace.
    Platform = "the platform";
    /// The workspace of the request.
    Workspace = "the workspace";
    /// A membership, the caller's own included.
    Member(MemberFacts) = "a member";
    /// An invitation, or a link: an invitation for anybody who has the link.
    Invitation(InvitationFacts) = "an invitation";
    /// A seat.
    Seat(SeatFacts) = "a seat";
    /// A leave request.
    LeaveRequest(LeaveFacts) = "a leave request";
    /// An API key.
    ApiKey(ApiKeyFacts) = "an API key";
}

impl Resource {
    /// The role that it has: of a member, or that an invitation gives.
    pub fn role(&self) -> Option<&RoleId> {
        match self {
            Self::Member(member) => Some(&member.role),
            Self::Invitation(invitation) => Some(&invitation.role),
            Self::Platform | Self::Workspace | Self::Seat(_) | Self::LeaveRequest(_) | Self::ApiKey(_) => {
                None
            }
        }
    }

    /// The tier that it has: of a seat, of the seat that a member fills, or of the seat that an invitation reserves.
    pub fn tier(&self) -> Option<&TierId> {
        match self {
            Self::Member(member) => member.seat.as_ref().map(|seat| &seat.tier),
            Self::Invitation(invitation) => invitation.tier.as_ref(),
            Self::Seat(seat) => Some(&seat.tier),
            Self::Platform | Self::Workspace | Self::LeaveRequest(_) | Self::ApiKey(_) => None,
        }
    }
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceFacts {
    /// The workspace.
    pub id: WorkspaceId,
    /// The member with the creator's standing.
    pub creator: UserId,
    /// The plan that it is on; the pack says what the plan offers.
    pub plan: String,
}

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The person.
    pub id: UserId,
    /// Whether the identity provider has verified the address.
    pub email_verified: bool,
}

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFacts {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The person.
    pub user: UserId,
    /// The role. All roles that the pack does not have are one to the policies, which ranks below the
    /// others.
    pub role: RoleId,
    /// The seat that the member fills.
    pub seat: Option<SeatFacts>,
    /// Whether the role came with a free slot (S2).
    pub free_slot: bool,
    /// The time when the member joined.
    pub joined_at: Timestamp,
}

/// A seat: one that was bought, or one of the plan's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatFacts {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The seat.
    pub id: SeatId,
    /// Its tier; the pack says what the tier offers. A tier that the pack does not have offers nothing.
    pub tier: TierId,
    /// Whether the seat can be used now.
    pub live: bool,
    /// The end of the time that is paid for, if the seat was bought.
    pub paid_until: Option<Timestamp>,
}

/// An invitation; its id names the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationFacts {
    /// The invitation.
    pub id: InvitationId,
    /// The role that it gives.
    pub role: RoleId,
    /// The tier of the seat that it reserves.
    pub tier: Option<TierId>,
}

/// A leave request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveFacts {
    /// The leave request.
    pub id: LeaveRequestId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The member who wants to leave.
    pub requester: MemberFacts,
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyFacts {
    /// The key.
    pub id: ApiKeyId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The member whose key it is.
    pub owner: MemberFacts,
    /// Whether the key is for a flow.
    pub flow: bool,
}
