//! Accounts: signing in, and changing the own profile.

use jiff::Timestamp;

use super::address::{self, Membership};
use crate::change::{Change, Changes};
use crate::model::{
    AddressOwner, EmailAddress, Identity, JoinedWorkspace, TimeZoneName, User, UserProfile, WorkspaceId,
};
use crate::record::{Record, Stored};

/// Most workspaces whose lists of members follow a changed name or address in the same
/// transaction (which holds 100 actions, AWS limit).
pub const FOLLOWED_WORKSPACES: usize = 50;

/// The workspace that a client opens for the user, if they are still in it. `joined` is the whole list of
/// their workspaces.
pub fn current_workspace(user: &User, joined: &[JoinedWorkspace]) -> Option<WorkspaceId> {
    let is_in = |id: &WorkspaceId| joined.iter().any(|joined| joined.workspace == *id && !joined.deleted);
    user.current_workspace.filter(is_in)
}

/// The most actions that entering takes of one transaction, without those that add workspaces, and without the event
/// of the account.
const ENTER_ACTIONS: usize = 94;

/// The owners of a person's addresses, where the pack links sign-ins.
#[derive(Clone, Copy, Debug)]
pub struct AddressOwners<'a> {
    /// The owner of the verified address of the sign-in.
    pub of_sign_in: Option<&'a Stored<AddressOwner>>,
    /// The owners of the other addresses that the account and its memberships have, if the sign-in has a verified
    /// one.
    pub of_others: &'a [Stored<AddressOwner>],
}

/// The facts on which entering depends.
#[derive(Clone, Copy, Debug)]
pub struct EnterContext<'a> {
    /// The person.
    pub caller: &'a Identity,
    /// Their account, if they have one.
    pub account: Option<&'a Stored<User>>,
    /// The owners of their addresses, where the pack links sign-ins.
    pub owners: Option<AddressOwners<'a>>,
    /// All workspaces that they are in.
    pub joined: &'a [JoinedWorkspace],
    /// Their memberships in the first of these workspaces.
    pub memberships: &'a [Membership],
    /// The workspaces in which the same transaction changes the membership otherwise.
    pub merging: &'a [WorkspaceId],
    /// The number of actions that the same transaction needs for other changes.
    pub reserved: usize,
    /// The time.
    pub now: Timestamp,
}

/// The account, made or refreshed from the sign-in token, and the address made theirs. Memberships follow
/// a changed address, as many as one transaction holds; the rest follow at the next entering (K46). No
/// change, no write.
pub fn enter(entering: EnterContext<'_>) -> (User, Changes) {
    let EnterContext { caller, account: stored, joined, now, .. } = entering;
    let mut changes = Changes::new();
    let user = stored.map_or_else(|| account(caller, now), |stored| refreshed(caller, &stored.value, joined));
    let is_changed =
        stored.is_some_and(|stored| user != stored.value || !same_spelling(&user, &stored.value));
    match stored {
        None => changes.push(Change::Create(Record::User(user.clone()))),
        Some(stored) if is_changed => changes.push(Change::update(stored, user.clone())),
        Some(_) => {}
    }
    if let Some(owners) = entering.owners {
        changes.extend(address::claim(caller, owners.of_sign_in));
        changes.extend(address::release_all(user.id, owners.of_others));
    }
    let room = ENTER_ACTIONS.saturating_sub(entering.reserved + changes.len());
    changes.extend(followed(&entering, &user, is_changed, room));
    (user, changes)
}

/// The account as the sign-in says. An unverified address does not take the place of a verified one, nor of
/// one from an earlier release, which may have been verified (K51).
fn refreshed(caller: &Identity, before: &User, joined: &[JoinedWorkspace]) -> User {
    let mut user = before.clone();
    let gives_way = before.email.is_none() || before.email_verified == Some(false);
    if caller.email.is_some() && (caller.email_verified || gives_way) {
        user.email.clone_from(&caller.email);
        user.email_verified = Some(caller.email_verified);
    }
    user.first_name = user.first_name.or_else(|| caller.first_name.clone());
    user.last_name = user.last_name.or_else(|| caller.last_name.clone());
    user.current_workspace = current_workspace(&user, joined);
    user
}

/// The memberships with the person's address and names.
fn followed(entering: &EnterContext<'_>, user: &User, is_changed: bool, room: usize) -> Changes {
    let email = entering.caller.verified_email();
    let mut changes = Changes::new();
    let joined = entering.joined.iter().take(FOLLOWED_WORKSPACES).map(|joined| joined.workspace);
    let joined: Vec<WorkspaceId> = joined.filter(|id| !entering.merging.contains(id)).collect();
    let mut to_follow = joined.len();
    for workspace in joined {
        to_follow -= 1;
        let profiles = if is_changed { to_follow } else { 0 };
        let fits = changes.len() + profiles + address::FOLLOW_ACTIONS <= room;
        let membership = entering.memberships.iter().find(|own| own.member.value.workspace == workspace);
        // Others decide about the member: the membership follows at the next entering (K54).
        if membership.is_some_and(|own| own.member.value.is_held(entering.now)) {
            continue;
        }
        let moved = membership
            .filter(|_| fits)
            .zip(email)
            .and_then(|(membership, email)| address::follow(user, email, membership, entering.now));
        match moved {
            Some(moved) => changes.extend(moved),
            None if is_changed && changes.len() < room => changes.push(profile(user, workspace)),
            None => {}
        }
    }
    changes
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
    after.current_workspace = profile.current_workspace.applied_to(current_workspace(&after, joined));
    let mut changes = match user {
        Some(stored) => vec![Change::update(stored, after.clone())],
        None => vec![Change::Create(Record::User(after.clone()))],
    };
    let followed = joined.iter().take(FOLLOWED_WORKSPACES);
    changes.extend(followed.map(|joined| self::profile(&after, joined.workspace)));
    (after, changes)
}

/// A new account, as the sign-in says.
pub fn account(identity: &Identity, now: Timestamp) -> User {
    User {
        id: identity.user,
        email: identity.email.clone(),
        email_verified: Some(identity.verified_email().is_some()),
        first_name: identity.first_name.clone(),
        last_name: identity.last_name.clone(),
        timezone: None,
        current_workspace: None,
        created_at: now,
    }
}

/// The list of members of a workspace shows names and addresses: it follows.
fn profile(user: &User, workspace: WorkspaceId) -> Change {
    Change::UpdateMemberProfile {
        workspace,
        user: user.id,
        email: user.email.clone(),
        email_verified: user.verified_email().is_some(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
    }
}
