//! Workspaces: creating and changing them, transferring them, and changing their plan.

use super::billing::{WorkspacePlan, put_on};
use crate::change::{Change, Changes};
use crate::model::{
    EmailSlot, Extras, Identity, JoinedWorkspace, Member, MembershipCount, NewWorkspace, Seating,
    SettingOverrides, Tally, TimeZoneName, User, Workspace, WorkspaceEntry, WorkspaceId, WorkspaceProfile,
};
use crate::moment::Moment;
use crate::pack::{Pack, SeatModel, SeatNeed};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// Makes a workspace whose creator governs it (S1), needing no plan, role or seat (S2).
/// `user` is the creator's account, if they have one already: its names go before the token's. `count` counts
/// the workspaces that they have created.
pub fn create(
    pack: &Pack,
    caller: &Identity,
    (user, count): (Option<&User>, Option<&MembershipCount>),
    asked: NewWorkspace,
    moment: &mut Moment,
) -> Result<(Workspace, Member, Changes), Refusal> {
    let most = pack.workspaces.created_per_person;
    if count.is_some_and(|count| count.created >= i64::from(most)) {
        return Err(Refusal::WorkspaceLimitReached);
    }
    let role = pack.roles_given.creator.clone();
    let workspace = Workspace {
        extras: Extras::new(),
        paid: None,
        id: WorkspaceId(moment.fresh_id()),
        name: asked.name,
        creator: caller.user,
        made_by: Some(caller.user),
        timezone: asked.timezone.map(TimeZoneName::from),
        default_flow_theme: None,
        plan: pack.billing.plan.clone(),
        settings: None,
        logo: None,
        created_at: moment.now,
    };
    // A pack whose creator would find no seat is refused as contradictory (`Pack::faults`).
    let seat = match (pack.seat_need(&role), pack.seats.model) {
        (SeatNeed::FreeSlot, _) => Seating::FreeSlot,
        (SeatNeed::Required, SeatModel::ByRole) => Seating::Plan { since: moment.now },
        (SeatNeed::Required | SeatNeed::None, _) => Seating::None,
    };
    let seats = pack.plan(&workspace.plan).map_or(0, |plan| i64::from(plan.seats));
    let tally = Tally {
        workspace: workspace.id,
        members: 1,
        governors: 1,
        free_slots: i64::from(seat == Seating::FreeSlot),
        seats,
        open_seats: seats - i64::from(seat.is_seat()),
        domains: 0,
        api_keys: 0,
    };
    let member = Member::new(workspace.id, caller, user, role, seat, moment.now);
    let mut changes = vec![
        Change::Create(Record::Workspace(workspace.clone())),
        Change::Create(Record::WorkspaceEntry(WorkspaceEntry { workspace: workspace.id })),
        Change::Create(Record::Tally(tally)),
        Change::Create(Record::Member(member.clone())),
        Change::Create(Record::JoinedWorkspace(JoinedWorkspace::of(&member))),
        Change::CountCreatedWorkspace { user: member.user, most },
    ];
    if let Some(email) = member.slot.clone() {
        let slot = EmailSlot::of_member(workspace.id, email, member.user);
        changes.push(Change::Create(Record::EmailSlot(slot)));
    }
    Ok((workspace, member, changes))
}

/// Renames a workspace, or changes its profile.
pub fn update(stored: &Stored<Workspace>, profile: WorkspaceProfile) -> (Workspace, Changes) {
    let mut workspace = stored.value.clone();
    workspace.name = profile.name.unwrap_or(workspace.name);
    workspace.timezone = profile.timezone.map(TimeZoneName::from).applied_to(workspace.timezone);
    workspace.default_flow_theme = profile.default_flow_theme.applied_to(workspace.default_flow_theme);
    if workspace == stored.value {
        return (workspace, Vec::new());
    }
    let changes = vec![Change::update(stored, workspace.clone())];
    (workspace, changes)
}

/// Sets what a workspace may set for itself.
pub fn set(stored: &Stored<Workspace>, settings: SettingOverrides) -> (Workspace, Changes) {
    if stored.value.settings.clone().unwrap_or_default() == settings {
        return (stored.value.clone(), Vec::new());
    }
    let workspace = Workspace { settings: Some(settings), ..stored.value.clone() };
    let changes = vec![Change::update(stored, workspace.clone())];
    (workspace, changes)
}

/// Hands the creator's standing on, to somebody who governs and stays.
pub fn transfer(
    pack: &Pack,
    stored: &Stored<Workspace>,
    to: &Stored<Member>,
) -> Result<(Workspace, Changes), Refusal> {
    if !pack.is_governing(&to.value.role) {
        return Err(Refusal::GovernorRequired);
    }
    let workspace = Workspace { creator: to.value.user, ..stored.value.clone() };
    if workspace.creator == stored.value.creator {
        return Ok((workspace, Vec::new()));
    }
    let key = RecordKey::Member(workspace.id, to.value.user);
    let changes = vec![Change::update(stored, workspace.clone()), Change::RequireVersion(key, to.version)];
    Ok((workspace, changes))
}

/// Puts a workspace on another plan, as an operator says, with the seats that come with it. Extras that the plan
/// lacks are dropped. Where more seats are taken than the plan has and the pack does not block it,
/// [`super::seat::settle`] follows.
pub fn change_plan(
    pack: &Pack,
    stored: &Stored<Workspace>,
    tally: &Tally,
    plan: &str,
) -> Result<(Workspace, Changes), Refusal> {
    let plan = pack.plans.iter().find(|known| known.id == plan).ok_or(Refusal::PlanUnknown)?;
    let mut extras = stored.value.extras.clone();
    extras.retain(|id, _| plan.allowance(id).is_some_and(|allowance| allowance.price.is_some()));
    put_on(pack, stored, tally, WorkspacePlan { plan, seats: plan.seats, extras })
}
