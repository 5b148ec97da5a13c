//! Members: their role, their seat, and the ways out.

use jiff::Timestamp;

use super::maker::MakerRules;
use super::seating::{self, SeatPool};
use super::{account_deletion, address};
use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::model::{
    AddressOwner, Count, Departure, Member, MembershipCount, SeatChoice, Seating, Tally, User, UserId,
    Workspace,
};
use crate::moment::Moment;
use crate::pack::{CreatorDemotion, CreatorRemoval, LastAccount, LeaveBy, Pack, RoleId, SeatNeed};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// The facts beside the member on which a change of role, or a removal, depends.
#[derive(Clone, Copy, Debug)]
pub struct MembershipContext<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The seats and the counts.
    pub seats: SeatPool<'a>,
    /// The number of workspaces that the member is in, where the pack depends on it.
    pub membership_count: Option<&'a MembershipCount>,
    /// The member's account, where the pack may delete it.
    pub account: Option<&'a Stored<User>>,
    /// The owners of the member's addresses, where the pack may delete the account.
    pub owners: &'a [Stored<AddressOwner>],
    /// The policies about makers.
    pub makers: MakerRules<'a>,
    /// All members, if the member is the creator and leaves: the standing passes to one of them.
    pub heirs: &'a [Stored<Member>],
}

impl MembershipContext<'_> {
    fn pack(&self) -> &Pack {
        self.seats.pack
    }

    fn is_creator(&self, member: &Member) -> bool {
        self.workspace.creator == member.user
    }

    /// Requires that the creator is still the one that was read. The rest of the workspace may change.
    fn creator_as_read(&self) -> Change {
        let Workspace { id: workspace, creator, .. } = *self.workspace;
        Change::RequireCreator { workspace, creator }
    }

    /// Hands the creator's standing on to the member who has governed the longest, when the creator leaves.
    fn hand_on(&self, gone: &Member) -> Changes {
        let governs = |heir: &&Stored<Member>| {
            heir.value.user != gone.user && self.pack().is_governing(&heir.value.role)
        };
        let heir =
            self.heirs.iter().filter(governs).min_by_key(|heir| (heir.value.joined_at, heir.value.user));
        // Without an heir, the rule of the last governor refuses the exit.
        let Some(Stored { value: heir, version }) = heir else { return vec![self.creator_as_read()] };
        let Member { workspace, user: to, .. } = *heir;
        vec![
            Change::ChangeCreator { workspace, from: gone.user, to },
            Change::RequireVersion(RecordKey::Member(workspace, to), *version),
        ]
    }

    fn workspaces(&self) -> i64 {
        self.membership_count.map_or(0, |count| count.workspaces)
    }
}

/// Changes a member's role at once, and their seat with it (F8, R3).
pub fn change_role(
    context: MembershipContext<'_>,
    member: &Stored<Member>,
    role: &RoleId,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let (pack, before) = (context.pack(), &member.value);
    if pack.role(role).is_none() {
        return Err(Refusal::RoleUnknown);
    }
    if before.role == *role {
        return Ok((before.clone(), Vec::new()));
    }
    // A protected creator is told before a last governor.
    let mut changes: Changes = creator_stays(context, before, role)?;
    let standing = (before.user, &before.role);
    let governors = require_standing(pack, context.workspace, context.seats.tally, standing, Some(role))?;
    if governors != Delta::default() {
        changes.push(Change::AdjustCounts(CountChange::one(before.workspace, Count::Governors, governors)));
    }
    let seating = match (pack.seat_need(role), &before.seat) {
        (SeatNeed::Required | SeatNeed::FreeSlot, seating) if seating.is_seat() => seating.clone(),
        (SeatNeed::FreeSlot, Seating::FreeSlot) => Seating::FreeSlot,
        // A member who waits for a seat keeps waiting.
        (SeatNeed::Required, Seating::Suspended { .. }) => before.seat.clone(),
        (need, seating) => {
            let seated = context.seats.sit_down(need, before.user, SeatChoice::default(), moment)?;
            changes.extend(seated.changes);
            changes.extend(seating::stand_up(before.workspace, before.user, seating));
            seated.seating
        }
    };
    let after = Member { seat: seating, ..before.with_role(role.clone(), moment.now) };
    changes.extend(context.makers.review(before, Some(role), moment));
    changes.push(Change::update(member, after.clone()));
    Ok((after, changes))
}

/// Gives a member a seat. A member with the seatless role becomes a joiner (R6).
pub fn assign_seat(
    context: MembershipContext<'_>,
    member: &Stored<Member>,
    wish: SeatChoice<'_>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    let wish = context.seats.wished(wish)?;
    match promoted(context.pack(), &member.value) {
        Some(joiner) if wish == SeatChoice::default() => {
            change_role(context, member, &joiner.clone(), moment)
        }
        _ => seating::assign(context.seats, member, wish, moment),
    }
}

/// Takes a member's seat back. A member who cannot hold their role without a seat gets the seatless role, if
/// the pack has one (R3).
pub fn release_seat(
    context: MembershipContext<'_>,
    member: &Stored<Member>,
    moment: &mut Moment,
) -> Result<(Member, Changes), Refusal> {
    match role_without_seat(context.pack(), &member.value.role).cloned() {
        Some(seatless) => change_role(context, member, &seatless, moment),
        None => seating::release(context.seats, member, moment),
    }
}

/// The role that a member of this role gets with the release of the seat; `None`, if the role stays.
pub fn role_without_seat<'a>(pack: &'a Pack, role: &RoleId) -> Option<&'a RoleId> {
    pack.roles_given.seatless.as_ref().filter(|_| pack.seat_need(role) == SeatNeed::Required)
}

/// The most members who are given seats at once: a transaction holds 100 actions (AWS limit), each member
/// takes two.
const ASSIGNED_AT_ONCE: usize = 45;

/// Gives seats to all members who wait for one, first to those who joined first, until none is free (R6).
/// Answers the members who have a seat now, and those who still wait.
pub fn assign_seats(
    context: MembershipContext<'_>,
    members: &[Stored<Member>],
    moment: &mut Moment,
) -> (Vec<UserId>, Vec<UserId>, Changes) {
    let pack = context.pack();
    let waits = |member: &&Stored<Member>| {
        matches!(member.value.seat, Seating::Suspended { .. }) || promoted(pack, &member.value).is_some()
    };
    let mut waiting: Vec<&Stored<Member>> = members.iter().filter(waits).collect();
    waiting.sort_by_key(|member| (member.value.joined_at, member.value.user));
    let (mut assigned, mut still) = (Vec::new(), Vec::new());
    let mut changes = Changes::new();
    let mut bought = context.seats.bought.to_vec();
    let mut tally = context.seats.tally.clone();
    for member in waiting {
        let seats = SeatPool { bought: &bought, tally: &tally, ..context.seats };
        let given = if assigned.len() < ASSIGNED_AT_ONCE {
            assign_seat(MembershipContext { seats, ..context }, member, SeatChoice::default(), moment).ok()
        } else {
            None
        };
        let Some((after, given)) = given else {
            still.push(member.value.user);
            continue;
        };
        match &after.seat {
            Seating::Seat(hold) => bought.retain(|seat| seat.value.id != hold.seat),
            Seating::Plan { .. } => tally.open_seats -= 1,
            Seating::FreeSlot => tally.free_slots += 1,
            Seating::None | Seating::Suspended { .. } => {}
        }
        changes.extend(given);
        assigned.push(member.value.user);
    }
    (assigned, still, changes)
}

/// The role that a member with the seatless role gets along with a seat.
fn promoted<'a>(pack: &'a Pack, member: &Member) -> Option<&'a RoleId> {
    let is_seatless = pack.roles_given.seatless.as_ref() == Some(&member.role);
    let joiner = &pack.roles_given.joiner;
    (is_seatless && pack.seat_need(joiner) != SeatNeed::None).then_some(joiner)
}

/// Requires that the workspace can do without a member of this standing: that it keeps a protected creator, and a
/// governor. `role` is the member's new role; `None`, if the member goes. Answers the change of the count of governors.
pub fn require_standing(
    pack: &Pack,
    workspace: &Workspace,
    tally: &Tally,
    (user, before): (UserId, &RoleId),
    role: Option<&RoleId>,
) -> Result<Delta, Refusal> {
    let is_protected = match role {
        None => pack.creator.removal == CreatorRemoval::Refused,
        Some(role) => {
            pack.creator.demotion == CreatorDemotion::Refused && pack.rank(role) < pack.rank(before)
        }
    };
    if workspace.creator == user && is_protected {
        return Err(Refusal::CreatorProtected);
    }
    governor_delta(pack, Some(before), role, tally)
}

/// Refuses to lower the creator's role where the pack protects it (F10). The conditions hold even if the
/// creator leaves another workspace, or the standing passes on, at the same time.
fn creator_stays(context: MembershipContext<'_>, before: &Member, role: &RoleId) -> Result<Changes, Refusal> {
    let pack = context.pack();
    if pack.creator.demotion == CreatorDemotion::Allowed || pack.rank(role) >= pack.rank(&before.role) {
        return Ok(Changes::new());
    }
    let mut changes = vec![context.creator_as_read()];
    if context.is_creator(before) {
        if context.workspaces() < 2 {
            return Err(Refusal::CreatorProtected);
        }
        let workspaces = Delta::by(0).keeping(2);
        changes.push(Change::AdjustWorkspaceCount { user: before.user, workspaces });
    }
    Ok(changes)
}

/// Removes a member: frees their seat (S9) and closes their leave request. Their account stays (R13) or,
/// where the pack says so and this was their last workspace, is deleted (F9).
pub fn remove(
    context: MembershipContext<'_>,
    member: &Stored<Member>,
    moment: &mut Moment,
) -> Result<Changes, Refusal> {
    let mut changes = depart(context, member, moment)?;
    if context.pack().removal.last_account == LastAccount::Delete && !context.is_creator(&member.value) {
        let user = member.value.user;
        let is_last = context.workspaces() <= 1;
        let bound = Delta::default();
        // The bound makes the write depend on the number: a member who joins another workspace meanwhile
        // keeps the account.
        let workspaces = if is_last { bound.up_to(0) } else { bound.keeping(1) };
        changes.push(Change::AdjustWorkspaceCount { user, workspaces });
        // Whatever its version: a member who keeps changing their account must not hold up the removal.
        if is_last {
            if let Some(account) = context.account {
                changes.extend(account_deletion::records_of(&account.value));
            }
            // The next person with the address is another one.
            changes.extend(address::release_all(user, context.owners));
        }
    }
    Ok(changes)
}

/// Leaves a workspace, where the pack lets members leave by themselves (L6).
pub fn leave(
    context: MembershipContext<'_>,
    member: &Stored<Member>,
    moment: &mut Moment,
) -> Result<Changes, Refusal> {
    if context.pack().leave.by != LeaveBy::Direct {
        return Err(Refusal::LeaveNotOffered);
    }
    depart(context, member, moment)
}

/// Ends a membership, and closes the member's leave request.
pub(crate) fn depart(
    context: MembershipContext<'_>,
    member: &Stored<Member>,
    moment: &mut Moment,
) -> Result<Changes, Refusal> {
    let mut changes = exit(context, member, moment)?;
    changes.extend(close_request(&member.value, moment.now));
    Ok(changes)
}

/// The end of the member's leave request, if there is one.
pub(crate) fn close_request(member: &Member, now: Timestamp) -> Option<Change> {
    let request = member.pending_leave?;
    Some(Change::WithdrawLeaveRequest { workspace: member.workspace, request, at: now })
}

/// The end of the membership. The caller closes the leave request.
pub(crate) fn deletion(member: &Stored<Member>) -> Change {
    let Member { workspace, user, pending_leave, .. } = member.value;
    Change::DeleteMember { workspace, user, version: member.version, pending_leave }
}

/// The changes of every way out. The caller closes the leave request.
pub(crate) fn exit(
    context: MembershipContext<'_>,
    member: &Stored<Member>,
    moment: &mut Moment,
) -> Result<Changes, Refusal> {
    let (pack, gone) = (context.pack(), &member.value);
    let standing = (gone.user, &gone.role);
    let governors = require_standing(pack, context.workspace, context.seats.tally, standing, None)?;
    let mut changes = vec![
        deletion(member),
        Change::DeleteUnconditionally(RecordKey::JoinedWorkspace(gone.user, gone.workspace)),
        Change::AdjustWorkspaceCount { user: gone.user, workspaces: Delta::by(-1) },
        Change::AdjustCounts(
            CountChange::one(gone.workspace, Count::Members, Delta::by(-1)).with(Count::Governors, governors),
        ),
    ];
    changes.extend(if context.is_creator(gone) {
        context.hand_on(gone)
    } else {
        vec![context.creator_as_read()]
    });
    changes.extend(context.makers.review(gone, None, moment));
    changes.extend(seating::stand_up(gone.workspace, gone.user, &gone.seat));
    let (Member { workspace, user, .. }, at) = (gone.clone(), moment.now);
    let departure = Departure { workspace, user, email: gone.slot.clone(), at: Some(at) };
    changes.push(Change::Put(Record::Departure(departure)));
    let left_at = Some(at);
    changes.extend(gone.slot.clone().map(|email| Change::VacateEmailSlot {
        email,
        workspace,
        user,
        left_at,
    }));
    Ok(changes)
}

/// The change of the count of governors when a member's role changes; `None` is no role at all. The last
/// governor stays (R2); the bound holds even if another governor leaves at the same time.
pub(crate) fn governor_delta(
    pack: &Pack,
    before: Option<&RoleId>,
    after: Option<&RoleId>,
    tally: &Tally,
) -> Result<Delta, Refusal> {
    let governs = |role: Option<&RoleId>| role.is_some_and(|role| pack.is_governing(role));
    match (governs(before), governs(after)) {
        (true, false) if tally.governors <= 1 => Err(Refusal::LastGovernor),
        (true, false) => Ok(Delta::by(-1).keeping(1)),
        (false, true) => Ok(Delta::by(1)),
        _ => Ok(Delta::default()),
    }
}
