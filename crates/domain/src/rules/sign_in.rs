//! A sign-in with memberships of its own whose verified address is another person's by now: the sign-in
//! was unverified before, its address has changed, or an earlier release did not link sign-ins. What it has
//! becomes the person's, so that nobody is shut out, and one membership and one seat remain (K45).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::address::{self, Membership};
use super::join::PersonDeparture;
use super::maker::MakerRules;
use super::member::{self, MembershipContext, governor_delta};
use super::seating::{self, SeatPool};
use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{
    AddressOwner, Count, EmailAddress, EmailKey, Identity, JoinedWorkspace, Member, Occupant, PastPersons,
    Seating, Tally, User, UserId, Workspace, WorkspaceId,
};
use crate::moment::Moment;
use crate::pack::{Pack, SeatNeed};
use crate::record::{Record, RecordKey, Stored};

/// The most memberships that are merged at once: a transaction holds 100 actions (AWS limit).
pub const MERGED_AT_ONCE: usize = 3;
/// The most actions of one merge, its event included.
pub const MERGE_ACTIONS: usize = 19;
/// The most persons that a sign-in is known to have stood for. Each takes an action of every way in.
pub const PAST_PERSONS: usize = 8;

/// The facts on which the merge of one membership depends.
#[derive(Clone, Copy, Debug)]
pub struct MergeContext<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The person and the sign-in.
    pub caller: &'a Identity,
    /// The person's account.
    pub account: &'a User,
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The counts of the workspace.
    pub tally: &'a Tally,
    /// The membership of the sign-in, and the slot of the person's verified address.
    pub own: &'a Membership,
    /// The membership of the person, if they have one.
    pub persons: Option<&'a Stored<Member>>,
    /// The departure of the person.
    pub departure: &'a PersonDeparture,
    /// The policies about makers.
    pub makers: MakerRules<'a>,
    /// The time.
    pub now: Timestamp,
}

/// The persons for whom a sign-in stands or has stood, itself included. Their departures count for it (K44).
pub fn persons(caller: &Identity, past: Option<&PastPersons>) -> Vec<UserId> {
    let mut persons = vec![caller.user, caller.sign_in];
    persons.extend(past.into_iter().flat_map(|past| &past.persons));
    let mut seen = BTreeSet::new();
    persons.retain(|person| seen.insert(*person));
    persons
}

/// Remembers that a sign-in stands for another person, before its address changes.
pub fn remember(caller: &Identity, past: Option<&Stored<PastPersons>>) -> Option<Change> {
    let known = past.map(|past| past.value.persons.as_slice()).unwrap_or_default();
    if !caller.is_linked() || known.contains(&caller.user) {
        return None;
    }
    let mut persons = known.to_vec();
    persons.push(caller.user);
    let excess = persons.len().saturating_sub(PAST_PERSONS);
    persons.drain(..excess);
    let remembered = PastPersons { sign_in: caller.sign_in, persons };
    Some(match past {
        Some(past) => Change::update(past, remembered),
        None => Change::Create(Record::PastPersons(remembered)),
    })
}

/// A membership that was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// It is the person's.
    Joint(Box<Member>),
    /// It has ended, because the person has left the workspace or was removed.
    Ended,
}

/// Merges the membership of the sign-in into the person's; `None` if the sign-in has no verified address.
/// The higher role remains, a governing one first, with its seat.
///
/// A person who has left does not come back by a sign-in that is theirs by now: its membership ends (K44). It
/// remains if the workspace needs it.
pub fn merge(merging: MergeContext<'_>, moment: &mut Moment) -> Option<(Merged, Changes)> {
    if let Some(changes) = merging.ended(moment) {
        return Some((Merged::Ended, changes));
    }
    let (member, changes) = merging.joint_membership(moment)?;
    Some((Merged::Joint(Box::new(member)), changes))
}

/// Deletes the account of a sign-in that has no memberships of its own any more, and frees the address of
/// that account: the sign-in is the person now.
pub fn close(account: &Stored<User>, owner: Option<&Stored<AddressOwner>>) -> Changes {
    let user = account.value.id;
    let mut changes = vec![Change::Delete(RecordKey::User(user), account.version)];
    changes.extend(address::release(user, owner));
    changes
}

/// Hands the creator's standing on. The creator must still be the one that was read.
fn creator(workspace: &Workspace, from: UserId, to: UserId) -> Change {
    let Workspace { id: workspace, creator, .. } = *workspace;
    if creator == from {
        Change::ChangeCreator { workspace, from, to }
    } else {
        Change::RequireCreator { workspace, creator }
    }
}

/// Gives the purchased seat of the sign-in to the person, if the person keeps it.
fn hand_over(
    workspace: WorkspaceId,
    from: UserId,
    to: UserId,
    seat: &Seating,
    kept: &Seating,
) -> Option<Change> {
    let hold = seat.hold().filter(|hold| kept.hold().is_some_and(|kept| kept.seat == hold.seat))?;
    Some(Change::ChangeOccupant {
        workspace,
        seat: hold.seat,
        from: Occupant::Member(from),
        to: Occupant::Member(to),
        until: None,
    })
}

impl MergeContext<'_> {
    /// One membership of the sign-in's and the person's.
    fn joint_membership(&self, moment: &mut Moment) -> Option<(Member, Changes)> {
        let MergeContext { caller, account, workspace, own, persons, now, .. } = *self;
        let email = caller.verified_email()?;
        let (id, own) = (workspace.id, &own.member);
        let mut changes = vec![
            member::deletion(own),
            Change::DeleteUnconditionally(RecordKey::JoinedWorkspace(own.value.user, id)),
            Change::AdjustWorkspaceCount { user: own.value.user, workspaces: Delta::by(-1) },
            creator(workspace, own.value.user, caller.user),
        ];
        changes.extend(member::close_request(&own.value, now));
        // Invitations and links that the sign-in made end with its membership.
        changes.extend(self.makers.review(&own.value, None, moment));
        let (slot, slots) = self.slots(id, email);
        changes.extend(slots);
        let (member, more) = match persons {
            Some(persons) => self.joint(persons)?,
            None => (self.moved(), vec![self.departure.as_read(id)]),
        };
        let member = Member { slot, ..address::named(&member, account) };
        changes.extend(more);
        match persons {
            Some(persons) => changes.push(Change::update(persons, member.clone())),
            None => changes.extend([
                Change::Create(Record::Member(member.clone())),
                Change::Create(Record::JoinedWorkspace(JoinedWorkspace::of(&member))),
                Change::AdjustWorkspaceCount { user: member.user, workspaces: Delta::by(1) },
            ]),
        }
        changes.extend(hand_over(id, own.value.user, caller.user, &own.value.seat, &member.seat));
        Some((member, changes))
    }

    /// The end of the membership, if the person has left and the workspace does not need it.
    fn ended(&self, moment: &mut Moment) -> Option<Changes> {
        let MergeContext { pack, workspace, tally, own, persons, makers, departure, .. } = *self;
        let is_creator = workspace.creator == own.member.value.user;
        departure.stored.as_ref().filter(|_| persons.is_none() && !is_creator)?;
        let seats = SeatPool { pack, workspace, tally, bought: &[] };
        let (membership_count, account, owners, heirs) = (None, None, &[], &[]);
        let context =
            MembershipContext { workspace, seats, membership_count, account, owners, makers, heirs };
        member::depart(context, &own.member, moment).ok()
    }

    /// The membership of the sign-in as the person's. A leave request belongs to the member who asked, so
    /// it does not move.
    fn moved(&self) -> Member {
        Member { user: self.caller.user, pending_leave: None, ..self.own.member.value.clone() }
    }

    /// One membership of two, and the changes of the counts and of the seat that becomes free.
    fn joint(&self, persons: &Stored<Member>) -> Option<(Member, Changes)> {
        let (pack, own, persons) = (self.pack, &self.own.member.value, &persons.value);
        let height = |member: &Member| (pack.is_governing(&member.role), pack.rank(&member.role));
        let (kept, ended) = if height(own) > height(persons) { (own, persons) } else { (persons, own) };
        let role = &kept.role;
        let waits = pack.seat_need(role) != SeatNeed::None
            && matches!(kept.seat, Seating::None | Seating::Suspended { .. });
        let (sitting, freed) = if waits && ended.seat.is_seat() { (ended, kept) } else { (kept, ended) };
        // If the ended membership governs, so does the other: it is never the last.
        let governors = governor_delta(pack, Some(&ended.role), None, self.tally).ok()?;
        let counts = CountChange::one(own.workspace, Count::Members, Delta::by(-1));
        let mut changes = vec![Change::AdjustCounts(counts.with(Count::Governors, governors))];
        changes.extend(seating::stand_up(own.workspace, freed.user, &freed.seat));
        let persons =
            if *role == persons.role { persons.clone() } else { persons.with_role(role.clone(), self.now) };
        let member = Member { seat: sitting.seat.clone(), ..persons };
        Some((member, changes))
    }

    /// The person's slot, and the changes of the slots of both memberships.
    fn slots(&self, workspace: WorkspaceId, email: &EmailAddress) -> (Option<EmailKey>, Changes) {
        let (own, slot) = (&self.own.member.value, self.own.slot.as_ref());
        let (key, mut changes) =
            address::take_slot(workspace, (own.user, self.caller.user), email, slot, self.now);
        let persons = self.persons.map(|persons| &persons.value);
        let mut left = BTreeMap::new();
        for member in [Some(own), persons].into_iter().flatten() {
            left.extend(member.slot.clone().map(|old| (old, member.user)));
        }
        left.remove(&email.key());
        changes.extend(left.iter().flat_map(|(old, user)| address::leave_slot(workspace, *user, old)));
        (key, changes)
    }
}
