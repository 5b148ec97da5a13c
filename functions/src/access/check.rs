//! Checks: an action, with the target and the role that it is about.

use seatwise_domain::{
    ApiKeyId, InvitationId, LeaveRequestId, Member, RoleName, Seat, SeatId, Stored, TierName, UserId,
    WorkspaceId,
};
use seatwise_policy::{Resource, ResourceKind};
use seatwise_store::Reads;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::ActionName;
use crate::api_key::target::OwnedKey;
use crate::leave::target::AskedLeave;
use crate::problem::Problem;
use crate::scope::FactSource;
use crate::target::Target;
use crate::wire::of_form;

/// An action to check, with at most one target.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Check)]
pub struct CheckBody {
    /// The name of the action.
    #[schema(value_type = ActionName)]
    pub action: String,
    /// The id of a member.
    #[schema(value_type = Option<String>, format = Uuid)]
    member: Option<UserId>,
    /// The id of a seat.
    #[schema(value_type = Option<String>, format = Uuid)]
    seat: Option<SeatId>,
    /// The id of an invitation.
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    invitation: Option<InvitationId>,
    /// The id of a leave request.
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    leave_request: Option<LeaveRequestId>,
    /// The id of an API key.
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    api_key: Option<ApiKeyId>,
    /// The role that would be given, for an action that gives one. Without it, an invitation keeps its role; for
    /// another target, the answer applies to the most favourable role.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    pub role: Option<RoleName>,
    /// The tier of the seat that would be given, for an action that gives one. Without it, an invitation keeps its seat;
    /// for another target, the answer applies to the most favourable tier. For another action on seats, the tier of a
    /// seat that is not chosen yet.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    pub tier: Option<TierName>,
}

/// The table of targets: the field of a check, the kind of resource, the id, and the target.
macro_rules! targets {
    ($($field:ident, $name:literal, $kind:ident($id:ty), $target:ty;)*) => {
        /// The target that a check names.
        #[derive(Clone, Copy, Debug)]
        pub enum NamedTarget {
            $(
                #[doc = concat!("`", $name, "`")]
                $kind($id),
            )*
        }

        /// The handles of what is read of a target.
        pub enum TargetHandles {
            $(
                #[doc = concat!("Of `", $name, "`")]
                $kind($id, <$target as Target>::Handles),
            )*
        }

        impl CheckBody {
            fn named(&self) -> Vec<NamedTarget> {
                let mut named = Vec::new();
                $(named.extend(self.$field.map(NamedTarget::$kind));)*
                named
            }
        }

        impl NamedTarget {
            /// The kind of resource.
            pub fn kind(self) -> ResourceKind {
                match self {
                    $(Self::$kind(_) => ResourceKind::$kind,)*
                }
            }

            /// The field that names it.
            pub fn field(self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                }
            }

            /// Reads it.
            pub fn plan(self, workspace: WorkspaceId, reads: &mut Reads) -> TargetHandles {
                match self {
                    $(Self::$kind(id) => {
                        TargetHandles::$kind(id, <$target as Target>::plan(&id, workspace, reads))
                    })*
                }
            }
        }

        impl TargetHandles {
            /// The target as the policies see it, and whether it exists. Nothing, if there is nothing to ask about.
            pub fn resolve(&self, workspace: WorkspaceId, given: &FactSource<'_>) -> Option<(Resource, bool)> {
                match self {
                    $(Self::$kind(id, handles) => {
                        let resolved = <$target as Target>::resolve(id, workspace, handles, given)?;
                        Some((resolved.resource, resolved.found.is_some()))
                    })*
                }
            }
        }
    };
}

targets! {
    member, "member", Member(UserId), Stored<Member>;
    seat, "seat", Seat(SeatId), Stored<Seat>;
    invitation, "invitation", Invitation(InvitationId), Stored<seatwise_domain::Invitation>;
    leave_request, "leaveRequest", LeaveRequest(LeaveRequestId), AskedLeave;
    api_key, "apiKey", ApiKey(ApiKeyId), OwnedKey;
}

impl CheckBody {
    /// A check of the action alone.
    pub fn alone(action: String) -> Self {
        Self {
            action,
            member: None,
            seat: None,
            invitation: None,
            leave_request: None,
            api_key: None,
            role: None,
            tier: None,
        }
    }

    /// The target, if the check names one. `place` is the path of the check in the body.
    pub fn target(&self, place: &str) -> Result<Option<NamedTarget>, Problem> {
        match *self.named() {
            [] => Ok(None),
            [target] => Ok(Some(target)),
            [_, second, ..] => {
                let message = "must be absent: a check has one target";
                Err(Problem::field(format!("{place}.{}", second.field()), message))
            }
        }
    }
}
