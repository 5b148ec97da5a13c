//! People: the identity in a sign-in token, the account, and the user's side of memberships.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::{EmailAddress, EmailKey};
use super::id::{UserId, WorkspaceId};
use super::member::Member;
use super::text::{IanaTimeZone, PersonName, TimeZoneName, full_name};
use crate::edit::Edit;

/// The caller: the person, and what the sign-in token says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person. This is the owner of the verified address, where the pack links sign-ins; otherwise it
    /// is the same as [`Self::sign_in`].
    pub user: UserId,
    /// The id of this sign-in, derived from the token's issuer and subject.
    pub sign_in: UserId,
    /// The email address, if the token has a valid one.
    pub email: Option<EmailAddress>,
    /// Whether the issuer has verified that the address belongs to the user.
    pub email_verified: bool,
    /// The claim `given_name`.
    pub first_name: Option<PersonName>,
    /// The claim `family_name`.
    pub last_name: Option<PersonName>,
}

impl Identity {
    /// The address, if the issuer has verified it. Rights depend on no other address (K25).
    pub fn verified_email(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|_| self.email_verified)
    }

    /// The same sign-in of this person.
    #[must_use]
    pub fn of_person(&self, user: UserId) -> Self {
        Self { user, ..self.clone() }
    }

    /// Whether the person is another user than this sign-in alone would be.
    pub fn is_linked(&self) -> bool {
        self.user != self.sign_in
    }
}

/// The person to whom a verified address belongs: all sign-ins with this address are this person (K45,
/// R12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressOwner {
    /// The hash of the address.
    pub email: EmailKey,
    /// The person.
    pub user: UserId,
}

/// The persons that a sign-in has stood for beside itself: the owners of verified addresses that it had. Their
/// departures count for the sign-in, whatever its address is by now (K44).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastPersons {
    /// The sign-in.
    pub sign_in: UserId,
    /// The persons, the latest last.
    pub persons: Vec<UserId>,
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The address in the token of the last sign-in. An unverified address never replaces a verified one
    /// (K51).
    pub email: Option<EmailAddress>,
    /// Whether the issuer has verified the address; `None` if an earlier release stored the account.
    #[serde(default)]
    pub email_verified: Option<bool>,
    /// The first name that the user has set; otherwise the one in the token.
    pub first_name: Option<PersonName>,
    /// The last name that the user has set; otherwise the one in the token.
    pub last_name: Option<PersonName>,
    /// The time zone in which the user reads times (L8).
    pub timezone: Option<TimeZoneName>,
    /// The workspace that a client opens for the user.
    pub current_workspace: Option<WorkspaceId>,
    /// The time of the first sign-in.
    pub created_at: Timestamp,
}

impl User {
    /// The first and last name; `None` if the person has given neither.
    pub fn full_name(&self) -> Option<String> {
        full_name(self.first_name.as_ref(), self.last_name.as_ref())
    }

    /// The address, if it is known to be the user's.
    pub fn verified_email(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|_| self.email_verified == Some(true))
    }
}

/// A partial change of a user's own profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserProfile {
    /// The change of the first name.
    pub first_name: Edit<PersonName>,
    /// The change of the last name.
    pub last_name: Edit<PersonName>,
    /// The change of the time zone.
    pub timezone: Edit<IanaTimeZone>,
    /// The change of the workspace that a client opens.
    pub current_workspace: Edit<WorkspaceId>,
}

/// The user's side of a membership, from which a client lists the user's workspaces (L6). The role is
/// only in [`Member`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedWorkspace {
    /// The user.
    pub user: UserId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The time when the user joined.
    pub at: Timestamp,
    /// Whether the workspace was deleted. The record is deleted with the membership.
    #[serde(default)]
    pub deleted: bool,
}

impl JoinedWorkspace {
    /// The user's side of `member`.
    pub fn of(member: &Member) -> Self {
        Self { user: member.user, workspace: member.workspace, at: member.joined_at, deleted: false }
    }
}

/// The number of workspaces that a user is a member of. Rules about a user's only workspace depend on
/// it (F9, F10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipCount {
    /// The user.
    pub user: UserId,
    /// The number of workspaces.
    pub workspaces: i64,
    /// The number of existing workspaces that the user has created (K49). Workspaces that are older than
    /// this count are not in it.
    #[serde(default)]
    pub created: i64,
}
