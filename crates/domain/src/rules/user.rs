//! Accounts: signing in, and changing the own profile.

use jiff::Timestamp;

use crate::change::{Change, Changes};
use crate::model::{EmailAddress, Identity, JoinedWorkspace, TimeZoneName, User, UserProfile, WorkspaceId};
use crate::record::{Record, Stored};

/// Most workspaces whose lists of members follow a changed name or address in the same
/// transaction (which holds 100 actions, AWS limit).
pub const FOLLOWED_WORKSPACES: u32 = 50;

/// The account, made or refreshed from the sign-in token. No change, no write.
pub fn enter(
    identity: &Identity,
    user: Option<&Stored<User>>,
    joined: &[JoinedWorkspace],
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
    let mut changes = vec![Change::update(stored, user.clone())];
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
    joined: &[JoinedWorkspace],
    profile: UserProfile,
    now: Timestamp,
) -> (User, Changes) {
    let mut after = user.map_or_else(|| account(identity, now), |stored| stored.value.clone());
    after.first_name = profile.first_name.applied_to(after.first_name);
    after.last_name = profile.last_name.applied_to(after.last_name);
    after.timezone = profile.timezone.map(TimeZoneName::from).applied_to(after.timezone);
    after.current_workspace = profile.current_workspace.applied_to(after.current_workspace);
    let mut changes = match user {
        Some(stored) => vec![Change::update(stored, after.clone())],
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
fn follow<'a>(user: &'a User, joined: &'a [JoinedWorkspace]) -> impl Iterator<Item = Change> + 'a {
    joined.iter().map(|joined| Change::UpdateMemberProfile {
        workspace: joined.workspace,
        user: user.id,
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
    })
}
