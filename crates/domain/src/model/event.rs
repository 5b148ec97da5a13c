//! Events: what happened, who did it, and what it changed. The transaction of a change also creates its event, so the
//! log has neither gaps nor events of changes that failed (K69).

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::{EventId, UserId, WorkspaceId};

/// An event in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    /// The log.
    pub log: EventLog,
    /// The id of the event. It begins with the time, so later events sort later.
    pub id: EventId,
    /// The time of the decision that made the change.
    pub at: Timestamp,
    /// What happened: the name of an [`EventType`]. A text, because a newer release may know more types.
    #[serde(rename = "event")]
    pub event_type: String,
    /// The operation or the background function, in camelCase.
    pub operation: String,
    /// Who did it.
    pub actor: EventActor,
    /// What it happened to. The first target is the main one.
    pub targets: Vec<EventTarget>,
    /// The circumstances.
    pub context: EventContext,
    /// The end of the time that the event is kept.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A log of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "lowercase")]
pub enum EventLog {
    /// The log of a workspace.
    Workspace(WorkspaceId),
    /// The log of a person's account.
    Account(UserId),
    /// The log of what belongs to no workspace any more: the deletions of workspaces.
    Platform,
}

impl fmt::Display for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(id) => write!(f, "workspace {id}"),
            Self::Account(id) => write!(f, "account {id}"),
            Self::Platform => f.write_str("platform"),
        }
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventActor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The id: of the user, of the service, or of the background function.
    pub id: String,
    /// The name at that time.
    #[serde(default)]
    pub name: Option<String>,
    /// The person's own address at that time.
    #[serde(default)]
    pub email: Option<String>,
}

/// The kind of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person.
    User,
    /// The host's backend, or a background function of Seatwise.
    Service,
    /// The operator of the product, by the command line.
    Operator,
}

/// What something happened to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTarget {
    /// The kind of thing, such as `member`.
    pub kind: String,
    /// The id of the thing.
    pub id: String,
    /// The name of the thing at that time.
    #[serde(default)]
    pub name: Option<String>,
    /// What changed of the thing.
    #[serde(default)]
    pub changes: BTreeMap<String, FieldChange>,
}

/// The change of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The value before; absent if there was none.
    #[serde(default)]
    pub from: Option<EventValue>,
    /// The value after; absent if there is none.
    #[serde(default)]
    pub to: Option<EventValue>,
}

/// A value in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EventValue {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl EventValue {
    /// The text of a value that displays itself.
    pub fn text(value: impl fmt::Display) -> Self {
        Self::Text(value.to_string())
    }
}

/// The circumstances of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventContext {
    /// The id of the request; of a background function, the trace of the request that caused the work.
    #[serde(default)]
    pub request_id: Option<String>,
    /// The network address of the client, if the pack records clients.
    #[serde(default)]
    pub ip: Option<String>,
    /// The program of the client, if the pack records clients.
    #[serde(default)]
    pub user_agent: Option<String>,
    /// The number of the publication whose policies decided.
    #[serde(default)]
    pub policy_version: Option<u32>,
    /// The id of the policy that permitted it.
    #[serde(default)]
    pub rule: Option<String>,
}

impl LogEvent {
    /// The time that no event is older than when it is committed. The call that commits it has ended by then
    /// (`functions/src/lambda.rs` has the timeout). So whoever has read all events up to this age misses none.
    pub const SETTLES_AFTER: SignedDuration = SignedDuration::from_secs(10);
}

/// The table of types: the variant, the name, and what happened. The order matters: if a transaction does several
/// things, its event is of the type that is first here.
macro_rules! event_types {
    ($($variant:ident = $name:literal: $what:literal;)+) => {
        /// What happened. The order is from the most telling type to the least.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType {
            $(#[doc = $what] $variant,)+
        }

        impl EventType {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What happened, as a sentence.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $what,)+
                }
            }
        }
    };
}

event_types! {
    AccountDeleted = "account.deleted": "An account was deleted.";
    WorkspaceCreated = "workspace.created": "A workspace was created.";
    WorkspaceDeleted = "workspace.deleted": "A workspace was deleted.";
    LeaveApproved = "leave_request.approved": "A leave request was approved, and the member left.";
    LeaveDenied = "leave_request.denied": "A leave request was denied.";
    MemberJoined = "member.joined": "A person became a member.";
    MemberLeft = "member.left": "A member left.";
    MemberRemoved = "member.removed": "A member was removed.";
    RoleChanged = "role.changed": "A member got another role.";
    WorkspaceTransferred = "workspace.transferred": "Another member became the creator of the workspace.";
    SeatBought = "seat.bought": "Seats were bought.";
    PlanChanged = "plan.changed": "The plan, its seats or its extras changed.";
    CreditsBought = "credits.bought": "Credits were bought.";
    CreditsSpent = "credits.spent": "Credits were spent.";
    SeatTierChanged = "seat.tier_changed": "A seat got another tier.";
    AddOnsChanged = "seat.add_ons_changed": "The add-ons of a seat changed.";
    SeatCancelled = "seat.cancelled": "A seat was cancelled: it ends with the paid period.";
    SeatReactivated = "seat.reactivated": "The cancellation of a seat was taken back.";
    SeatEnded = "seat.ended": "A seat ended.";
    PurchaseOpened = "purchase.opened": "A purchase began that is not paid yet.";
    PurchasePaid = "purchase.paid": "A purchase was paid.";
    PurchaseFailed = "purchase.failed": "The payment of a purchase failed.";
    PurchaseDiscarded = "purchase.discarded": "A purchase was given up.";
    PurchaseExpired = "purchase.expired": "A purchase was not paid in time.";
    PurchaseUpdated = "purchase.updated": "The payment of a purchase made progress.";
    InvitationSent = "invitation.sent": "People were invited.";
    InvitationAccepted = "invitation.accepted": "An invitation was accepted.";
    InvitationDeclined = "invitation.declined": "An invitation was declined.";
    InvitationRevoked = "invitation.revoked": "An invitation was revoked.";
    InvitationChanged = "invitation.changed": "The role or the seat of an invitation changed.";
    InvitationResent = "invitation.resent": "An invitation was sent again.";
    LinkCreated = "link.created": "A link for a role was created; the link before it is invalid.";
    LinkRevoked = "link.revoked": "A link for a role was revoked.";
    DomainClaimed = "domain.claimed": "A domain was claimed.";
    DomainVerified = "domain.verified": "A domain was verified.";
    DomainFailing = "domain.failing": "The DNS record of a verified domain is missing.";
    DomainExpired = "domain.expired": "The verification of a domain expired.";
    DomainUnlinked = "domain.unlinked": "A domain was unlinked.";
    DomainChanged = "domain.changed": "The claim of a domain changed.";
    LeaveRequested = "leave_request.created": "A member asked to leave.";
    LeaveWithdrawn = "leave_request.withdrawn": "A leave request was withdrawn.";
    SeatAssigned = "seat.assigned": "A member got a seat.";
    SeatReleased = "seat.released": "A seat became free.";
    SeatSuspended = "seat.suspended": "A member lost a seat because the plan has fewer seats.";
    SeatReserved = "seat.reserved": "A seat was reserved for an invitation.";
    ApiKeyCreated = "api_key.created": "An API key was made.";
    ApiKeyRevoked = "api_key.revoked": "An API key was revoked.";
    ApiKeyDeleted = "api_key.deleted": "An API key was deleted.";
    ApiKeyRotated = "api_key.rotated": "An API key got another secret.";
    ApiKeyLimited = "api_key.limited": "The limits of an API key changed.";
    ResourceAdded = "resource.added": "A resource was added.";
    ResourceRemoved = "resource.removed": "A resource was removed.";
    WorkspaceUpdated = "workspace.updated": "The profile of the workspace changed.";
    SettingsChanged = "settings.changed": "The settings of the workspace changed.";
    LogoChanged = "logo.changed": "The logo of the workspace changed.";
    CoordinatorChanged = "coordinator.changed": "The coordinator of the workspace changed.";
    SubscriptionChanged = "subscription.changed": "The subscription or the paid period changed.";
    AccountCreated = "account.created": "A person signed in for the first time.";
    AccountUpdated = "account.updated": "A person's account changed.";
    InvitationMailed = "invitation.mailed": "The mail of an invitation made progress.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_in_the_past_tense() {
        let names: BTreeSet<&str> = EventType::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), EventType::ALL.len());
        assert!(names.iter().all(|name| name.split('.').count() == 2), "{names:?}");
    }
}
