//! Workspaces: making one, naming it, and counting what is in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Changes};
use crate::edit::Edit;
use crate::id::{UserId, WorkspaceId};
use crate::member::{Member, Seating};
use crate::moment::Moment;
use crate::pack::{Pack, SeatNeed};
use crate::record::{EmailSlot, Joined, Record, Stored};
use crate::refusal::Refusal;
use crate::text::{ThemeName, TimeZoneName, WorkspaceName};
use crate::user::{Identity, User};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Never changes (S4).
    pub id: WorkspaceId,
    /// Shown to people.
    pub name: WorkspaceName,
    /// Who made it.
    pub creator: UserId,
    /// Its time zone (L2).
    pub timezone: Option<TimeZoneName>,
    /// The host product's theme for new flows (L2).
    pub default_flow_theme: Option<ThemeName>,
    /// Starts at the pack's default; changed by billing or an operator.
    pub plan: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How many of what a workspace has. Changed only by adding, under bounds, in the transaction of
/// the change itself: the bounds are what "at least one governor" and "no more than paid for"
/// rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Memberships.
    pub members: i64,
    /// Memberships with a governing role; never below one.
    pub governors: i64,
    /// Free slots taken.
    pub free_slots: i64,
    /// Seats bought, expired ones included.
    pub seats: i64,
}

/// What is asked for when a workspace is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorkspace {
    /// Its name.
    pub name: WorkspaceName,
    /// Its time zone.
    pub timezone: Option<TimeZoneName>,
}

/// Makes a workspace whose creator governs it (S1), needing no plan, role or seat (S2).
/// `user` is the creator's account, if they have one already: its names go before the token's.
pub fn create(
    pack: &Pack,
    caller: &Identity,
    user: Option<&User>,
    asked: NewWorkspace,
    moment: &mut Moment,
) -> (Workspace, Member, Changes) {
    let role = pack.roles_given.creator.clone();
    // A pack whose creator would need a paid seat is refused as contradictory (`Pack::faults`).
    let free_slot = pack.seat_need(&role) == SeatNeed::FreeSlot;
    let workspace = Workspace {
        id: WorkspaceId(moment.fresh_id()),
        name: asked.name,
        creator: caller.user,
        timezone: asked.timezone,
        default_flow_theme: None,
        plan: pack.billing.plan.clone(),
        created_at: moment.now,
    };
    let seat = if free_slot { Seating::FreeSlot } else { Seating::None };
    let member = Member::new(workspace.id, caller, user, role, seat, moment.now);
    let tally = Tally { members: 1, governors: 1, free_slots: i64::from(free_slot), seats: 0 };
    let mut changes = vec![
        Change::Create(Record::Workspace(workspace.clone())),
        Change::Create(Record::Tally(workspace.id, tally)),
        Change::Create(Record::Member(member.clone())),
        Change::Create(Record::Joined(Joined::of(&member))),
    ];
    if let Some(email) = member.slot.clone() {
        let slot = EmailSlot { workspace: workspace.id, email, pending: None, member: Some(member.user) };
        changes.push(Change::Create(Record::EmailSlot(slot)));
    }
    (workspace, member, changes)
}

/// What changes about a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name, which cannot be cleared; `None` leaves it.
    pub name: Option<WorkspaceName>,
    /// Its time zone.
    pub timezone: Edit<TimeZoneName>,
    /// The theme for new flows.
    pub default_flow_theme: Edit<ThemeName>,
}

/// Renames a workspace, or changes its profile.
pub fn update(stored: &Stored<Workspace>, profile: Profile) -> Result<(Workspace, Changes), Refusal> {
    let mut workspace = stored.value.clone();
    workspace.name = profile.name.unwrap_or(workspace.name);
    workspace.timezone = profile.timezone.applied_to(workspace.timezone);
    workspace.default_flow_theme = profile.default_flow_theme.applied_to(workspace.default_flow_theme);
    let changes = vec![Change::Update(Record::Workspace(workspace.clone()), stored.version)];
    Ok((workspace, changes))
}
