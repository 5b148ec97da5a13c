//! People: who signs in, and what they keep about themselves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes};
use crate::edit::Edit;
use crate::email::EmailAddress;
use crate::id::{UserId, WorkspaceId};
use crate::record::{Joined, Record, Stored};
use crate::text::{PersonName, TimeZoneName};

/// Who calls, as the sign-in token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Derived from issuer and subject.
    pub user: UserId,
    /// The address, if the token has a usable one.
    pub email: Option<EmailAddress>,
    /// Whether the issuer vouches that the address is theirs.
    pub email_verified: bool,
    /// `given_name`.
    pub first_name: Option<PersonName>,
    /// `family_name`.
    pub last_name: Option<PersonName>,
}

impl Identity {
    /// The address, if the issuer vouches for it: the only one that rights may rest on (K25).
    pub fn verified_email(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|_| self.email_verified)
    }
}

/// A person's account here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// As the last sign-in said.
    pub email: Option<EmailAddress>,
    /// Kept when the person has set it; else as the sign-in says.
    pub first_name: Option<PersonName>,
    /// Kept when the person has set it; else as the sign-in says.
    pub last_name: Option<PersonName>,
    /// Shown times follow it (L8).
    pub timezone: Option<TimeZoneName>,
    /// Where the person works now, for a client to open.
    pub current_workspace: Option<WorkspaceId>,
    /// First sign-in.
    pub created_at: Timestamp,
}

/// What a person changes about themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// First name.
    pub first_name: Edit<PersonName>,
    /// Last name.
    pub last_name: Edit<PersonName>,
    /// Time zone.
    pub timezone: Edit<TimeZoneName>,
    /// Where to go on.
    pub current_workspace: Edit<WorkspaceId>,
}

/// Most workspaces whose lists of members follow a changed name or address in the same
/// transaction (which holds 100 actions, AWS limit).
pub const FOLLOWED_WORKSPACES: u32 = 50;

/// The account, made or refreshed from the sign-in token. No change, no write.
pub fn enter(
    identity: &Identity,
    user: Option<&Stored<User>>,
    joined: &[Joined],
    now: Timestamp,
) -> (User, Changes) {
    let Some(stored) = user else {
        let user = account(identity, now);
        return (user.clone(), vec![Change::Create(Record::User(user))]);
    };
    let mut user = stored.value.clone();
    user.email = identity.email.clone().or(user.email);
    user.first_name = user.first_name.or_else(|| identity.first_name.clone());
    user.last_name = user.last_name.or_else(|| identity.last_name.clone());
    let is_whole_list = joined.len() < FOLLOWED_WORKSPACES as usize;
    let is_gone = |id: &WorkspaceId| is_whole_list && !joined.iter().any(|joined| joined.workspace == *id);
    user.current_workspace = user.current_workspace.filter(|id| !is_gone(id));
    if user == stored.value && same_spelling(&user, &stored.value) {
        return (user, Vec::new());
    }
    let mut changes = vec![Change::Update(Record::User(user.clone()), stored.version)];
    changes.extend(follow(&user, joined));
    (user, changes)
}

/// Two spellings of one address are equal, but the newer is shown.
fn same_spelling(a: &User, b: &User) -> bool {
    a.email.as_ref().map(EmailAddress::as_typed) == b.email.as_ref().map(EmailAddress::as_typed)
}

/// The account with what the person changed.
pub fn update(
    identity: &Identity,
    user: Option<&Stored<User>>,
    joined: &[Joined],
    profile: Profile,
    now: Timestamp,
) -> (User, Changes) {
    let mut after = user.map_or_else(|| account(identity, now), |stored| stored.value.clone());
    after.first_name = profile.first_name.applied_to(after.first_name);
    after.last_name = profile.last_name.applied_to(after.last_name);
    after.timezone = profile.timezone.applied_to(after.timezone);
    after.current_workspace = profile.current_workspace.applied_to(after.current_workspace);
    let mut changes = match user {
        Some(stored) => vec![Change::Update(Record::User(after.clone()), stored.version)],
        None => vec![Change::Create(Record::User(after.clone()))],
    };
    changes.extend(follow(&after, joined));
    (after, changes)
}

/// A new account, as the sign-in says.
pub fn account(identity: &Identity, now: Timestamp) -> User {
    User {
        id: identity.user,
        email: identity.email.clone(),
        first_name: identity.first_name.clone(),
        last_name: identity.last_name.clone(),
        timezone: None,
        current_workspace: None,
        created_at: now,
    }
}

/// The lists of members show names and addresses: they follow.
fn follow<'a>(user: &'a User, joined: &'a [Joined]) -> impl Iterator<Item = Change> + 'a {
    joined.iter().map(|joined| Change::Introduce {
        workspace: joined.workspace,
        user: user.id,
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
    })
}
