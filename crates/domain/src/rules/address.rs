//! Verified email addresses: one person for each (K45, R12), and an address that changes (K46).

use jiff::Timestamp;

use super::pending;
use crate::change::{Change, Changes};
use crate::model::{
    AddressOwner, EmailAddress, EmailKey, EmailSlot, FormerAddress, Identity, Member, User, UserId,
    WorkspaceId,
};
use crate::record::{Record, RecordKey, Stored};

/// The most actions that [`follow`] makes of one membership: the member, both slots, the record of the
/// former address, and the invitation and the seat of a pending invitation.
pub(crate) const FOLLOW_ACTIONS: usize = 6;

/// A membership, and the relation of the person's verified address to its workspace.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The membership.
    pub member: Stored<Member>,
    /// The slot of the verified address.
    pub slot: Option<Stored<EmailSlot>>,
}

/// The person that a sign-in stands for: the owner of its verified address, or itself.
pub fn person(caller: &Identity, owner: Option<&AddressOwner>) -> UserId {
    owner.map_or(caller.sign_in, |owner| owner.user)
}

/// The change that makes the caller's verified address theirs, if it is nobody's yet. Of two sign-ins with
/// one address, the write of one fails: it then finds the other as the owner.
pub fn claim(caller: &Identity, owner: Option<&Stored<AddressOwner>>) -> Option<Change> {
    let email = caller.verified_email()?.key();
    let unowned = AddressOwner { email, user: caller.user };
    owner.is_none().then_some(Change::Create(Record::AddressOwner(unowned)))
}

/// The condition of a decision that makes an account or a membership of the caller: the caller's verified
/// address is theirs when the decision is written. `None` for any other decision.
pub fn condition(
    caller: &Identity,
    owner: Option<&Stored<AddressOwner>>,
    changes: &[Change],
) -> Option<Change> {
    let key = RecordKey::AddressOwner(caller.verified_email()?.key());
    let makes_person = |change: &Change| match change {
        Change::Create(Record::User(user)) => user.id == caller.user,
        Change::Create(Record::Member(member)) => member.user == caller.user,
        _ => false,
    };
    if !changes.iter().any(makes_person) || changes.iter().any(|change| change.key() == key) {
        return None;
    }
    claim(caller, owner).or_else(|| Some(Change::RequireVersion(key, owner?.version)))
}

/// Frees the address that an account had before, if it is the account's.
pub(crate) fn release(user: UserId, owner: Option<&Stored<AddressOwner>>) -> Option<Change> {
    let owner = owner.filter(|owner| owner.value.user == user)?;
    Some(Change::Delete(RecordKey::AddressOwner(owner.value.email.clone()), owner.version))
}

/// Frees those of these addresses that are the account's.
pub(crate) fn release_all(user: UserId, owners: &[Stored<AddressOwner>]) -> Changes {
    owners.iter().filter_map(|owner| release(user, Some(owner))).collect()
}

/// Moves a membership to the verified address that its person has now: the address before is free for
/// another person, and the new one counts as a member's. `None` if it needs no change.
pub(crate) fn follow(
    user: &User,
    email: &EmailAddress,
    membership: &Membership,
    now: Timestamp,
) -> Option<Changes> {
    let Stored { value: before, .. } = &membership.member;
    let slot = membership.slot.as_ref();
    let (key, mut changes) = take_slot(before.workspace, (before.user, before.user), email, slot, now);
    if before.slot == key {
        return None;
    }
    changes.extend(before.slot.iter().flat_map(|old| leave_slot(before.workspace, before.user, old)));
    let after = Member { slot: key, ..named(before, user) };
    changes.push(Change::update(&membership.member, after));
    Some(changes)
}

/// The membership with the address and the names of the account.
pub(crate) fn named(member: &Member, user: &User) -> Member {
    Member {
        email: user.email.clone(),
        email_verified: user.verified_email().is_some(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        ..member.clone()
    }
}

/// Makes the address known as that of `to`, who is `from` until now. An invitation that was pending for it
/// ends. If another person has the address in this workspace, because the product does not link sign-ins,
/// the member gets no slot. Answers the key of the member's slot.
pub(crate) fn take_slot(
    workspace: WorkspaceId,
    (from, to): (UserId, UserId),
    email: &EmailAddress,
    slot: Option<&Stored<EmailSlot>>,
    now: Timestamp,
) -> (Option<EmailKey>, Changes) {
    let email = email.key();
    let Some(stored) = slot else {
        let own = EmailSlot::of_member(workspace, email.clone(), to);
        return (Some(email), vec![Change::Create(Record::EmailSlot(own))]);
    };
    match stored.value.member {
        Some(other) if other != from && other != to => (None, Changes::new()),
        _ => {
            let own = EmailSlot::of_member(workspace, email.clone(), to);
            let pending = stored.value.pending.as_ref();
            let mut changes = pending.map(|pending| pending::end(pending, now)).unwrap_or_default();
            changes.push(Change::update(stored, own));
            (Some(email), changes)
        }
    }
}

/// Frees an address that the member no longer has in this workspace.
pub(crate) fn leave_slot(workspace: WorkspaceId, user: UserId, email: &EmailKey) -> [Change; 2] {
    let former = FormerAddress { workspace, email: email.clone() };
    [
        Change::VacateEmailSlot { email: email.clone(), workspace, user, left_at: None },
        Change::Put(Record::FormerAddress(former)),
    ]
}
