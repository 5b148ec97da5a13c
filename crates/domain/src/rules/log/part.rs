//! The part that one change has in the event of its transaction.

use std::collections::{BTreeMap, BTreeSet};

use super::Before;
use super::facts::{Facts, facts, invitation_status, leave_status, occupant};
use crate::change::Change;
use crate::model::{
    ActorKind, ApiKey, BillingAccount, Count, DomainStatus, EventActor, EventLog, EventTarget, EventType,
    EventValue, FieldChange, Invitation, InvitationState, LeaveState, Member, Occupant, Purchase,
    PurchaseState, Seat, Seating, Workspace,
};
use crate::pack::Names;
use crate::record::{Record, RecordKey};

/// The part of one change in an event.
pub(super) struct Part {
    pub(super) log: EventLog,
    pub(super) event_type: EventType,
    pub(super) target: EventTarget,
}

/// What is known when a change is looked at: the records before it, and the names of the time.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) before: Before<'a>,
    pub(super) names: &'a Names,
}

impl Known<'_> {
    fn before(self, key: &RecordKey) -> Option<Record> {
        (self.before)(key)
    }

    fn facts(self, record: &Record) -> Option<Facts> {
        facts(record, self.names)
    }

    /// The name of a record, as it was read before the change.
    fn name(self, key: &RecordKey) -> Option<String> {
        self.before(key).and_then(|record| self.facts(&record)).and_then(|facts| facts.name)
    }
}

/// The part of this change; `None` for a change that makes no event.
pub(super) fn part(change: &Change, known: Known<'_>, actor: &EventActor) -> Option<Part> {
    match change {
        Change::Create(record) => written(None, record, known),
        Change::Replace(record, _) | Change::Put(record) => {
            written(known.before(&record.key()).as_ref(), record, known)
        }
        Change::Update(update) => updated(&update.before, &update.after, known),
        Change::Delete(key, _) | Change::DeleteUnconditionally(key) => removed(key, known, actor),
        Change::DeleteMember { .. } => removed(&change.key(), known, actor),
        Change::AdjustCounts(counts) => {
            let by = counts.delta(Count::Seats).by;
            let tally = match known.before(&change.key()) {
                Some(Record::Tally(tally)) => Some(tally.seats),
                _ => None,
            };
            let field = FieldChange {
                from: tally.map(EventValue::Number),
                to: tally.map(|seats| EventValue::Number(seats + by)),
            };
            let workspace = counts.workspace;
            let named = known.name(&RecordKey::Workspace(workspace));
            (by != 0).then(|| Part {
                log: EventLog::Workspace(workspace),
                event_type: EventType::PlanChanged,
                target: target("workspace", workspace.to_string(), named, [("seats", field)]),
            })
        }
        Change::ChangeOccupant { workspace, seat, from, to, .. } => Some(Part {
            log: EventLog::Workspace(*workspace),
            event_type: occupied(*to),
            target: target(
                "seat",
                seat.to_string(),
                None,
                [("occupant", FieldChange { from: occupant(*from), to: occupant(*to) })],
            ),
        }),
        Change::EndInvitation { invitation, state } => Some(Part {
            log: EventLog::Workspace(invitation.workspace),
            event_type: invitation_ended(state),
            target: target(
                "invitation",
                invitation.to_string(),
                known.name(&change.key()),
                [("status", texts(Some("pending"), Some(invitation_status(state))))],
            ),
        }),
        Change::MarkDeclined { workspace, .. } => Some(Part {
            log: EventLog::Workspace(*workspace),
            event_type: EventType::InvitationDeclined,
            target: target("workspace", workspace.to_string(), None, NO_CHANGES),
        }),
        Change::WithdrawLeaveRequest { workspace, request, at } => Some(Part {
            log: EventLog::Workspace(*workspace),
            event_type: EventType::LeaveWithdrawn,
            target: target(
                "leaveRequest",
                request.to_string(),
                known.name(&RecordKey::Member(*workspace, request.user)),
                [("status", texts(Some("pending"), Some(leave_status(&LeaveState::Withdrawn { at: *at }))))],
            ),
        }),
        Change::ChangeCreator { workspace, from, to } => Some(Part {
            log: EventLog::Workspace(*workspace),
            event_type: EventType::WorkspaceTransferred,
            target: target(
                "workspace",
                workspace.to_string(),
                known.name(&change.key()),
                [("creatorId", texts(Some(&from.to_string()), Some(&to.to_string())))],
            ),
        }),
        // Conditions, counts, leases, and copies of what another record says.
        Change::RequireVersion(..)
        | Change::RequireAbsent(_)
        | Change::RequireRole { .. }
        | Change::RequireMaker { .. }
        | Change::RequireCreator { .. }
        | Change::AddCredits { .. }
        | Change::AdjustResourceCount { .. }
        | Change::CountKeyUse { .. }
        | Change::NoteKeyUse { .. }
        | Change::RequestBillingSync { .. }
        | Change::UpdateSeatHold { .. }
        | Change::ClearPendingInvitation { .. }
        | Change::DeclinePendingInvitation { .. }
        | Change::UpdatePendingInvitation { .. }
        | Change::VacateEmailSlot { .. }
        | Change::UpdatePendingLeave { .. }
        | Change::AdjustWorkspaceCount { .. }
        | Change::MarkWorkspaceDeleted { .. }
        | Change::CountCreatedWorkspace { .. }
        | Change::ForgetCreatedWorkspace { .. }
        | Change::UseMails { .. }
        | Change::UseQuota { .. }
        | Change::HoldMember { .. }
        | Change::UpdateMemberProfile { .. } => None,
    }
}

const NO_CHANGES: [(String, FieldChange); 0] = [];

/// A record that was written whole.
fn written(old: Option<&Record>, after: &Record, known: Known<'_>) -> Option<Part> {
    let facts_before = old.and_then(|old| known.facts(old));
    Some(of_facts(event_type(old, after), facts_before, named(after, known)?))
}

/// A record of which some attributes were written. Without a difference that a person can see, it makes no event.
fn updated(old: &Record, after: &Record, known: Known<'_>) -> Option<Part> {
    let (facts_before, new) = (known.facts(old)?, named(after, known)?);
    let differs = facts_before.fields != new.fields;
    differs.then(|| of_facts(event_type(Some(old), after), Some(facts_before), new))
}

/// What the log says of the record. A leave request has no name of its own: it has the name of the member who asks.
fn named(record: &Record, known: Known<'_>) -> Option<Facts> {
    let facts = known.facts(record)?;
    let Record::LeaveRequest(request) = record else { return Some(facts) };
    let name = known.name(&RecordKey::Member(request.workspace, request.id.user));
    Some(Facts { name, ..facts })
}

/// A record that was removed.
fn removed(key: &RecordKey, known: Known<'_>, actor: &EventActor) -> Option<Part> {
    let (log, kind, id, event_type) = match key {
        RecordKey::User(user) => {
            (EventLog::Account(*user), "account", user.to_string(), EventType::AccountDeleted)
        }
        // Everything in the log of the workspace goes with the workspace.
        RecordKey::Workspace(id) => {
            (EventLog::Platform, "workspace", id.to_string(), EventType::WorkspaceDeleted)
        }
        RecordKey::Member(workspace, user) => {
            let is_own = actor.kind == ActorKind::User && actor.id == user.to_string();
            let event_type = if is_own { EventType::MemberLeft } else { EventType::MemberRemoved };
            (EventLog::Workspace(*workspace), "member", user.to_string(), event_type)
        }
        RecordKey::Seat(workspace, seat) => {
            (EventLog::Workspace(*workspace), "seat", seat.to_string(), EventType::SeatEnded)
        }
        RecordKey::DomainClaim(workspace, domain) => {
            (EventLog::Workspace(*workspace), "domain", domain.to_string(), EventType::DomainUnlinked)
        }
        RecordKey::ApiKey(workspace, id) => {
            (EventLog::Workspace(*workspace), "apiKey", id.to_string(), EventType::ApiKeyDeleted)
        }
        RecordKey::WorkspaceResource(workspace, id) => {
            (EventLog::Workspace(*workspace), "resource", id.to_string(), EventType::ResourceRemoved)
        }
        RecordKey::Coordinator(workspace) => (
            EventLog::Workspace(*workspace),
            "coordinator",
            workspace.to_string(),
            EventType::CoordinatorChanged,
        ),
        _ => return None,
    };
    let known = known.before(key).and_then(|record| known.facts(&record));
    // An account is deleted whatever it says by then, so what was read of it may be outdated.
    let is_exact = event_type != EventType::AccountDeleted;
    let fields = known.iter().filter(|_| is_exact).flat_map(|known| &known.fields);
    let fields =
        fields.map(|(name, value)| (name.clone(), FieldChange { from: Some(value.clone()), to: None }));
    let changes: Vec<_> = fields.collect();
    Some(Part { log, event_type, target: target(kind, id, known.and_then(|known| known.name), changes) })
}

fn of_facts(event_type: EventType, before: Option<Facts>, after: Facts) -> Part {
    let old = before.map(|before| before.fields).unwrap_or_default();
    let names: BTreeSet<&String> = old.keys().chain(after.fields.keys()).collect();
    let changes = names.into_iter().filter_map(|name| {
        let change = FieldChange { from: old.get(name).cloned(), to: after.fields.get(name).cloned() };
        (change.from != change.to).then(|| (name.clone(), change))
    });
    let changes: Vec<_> = changes.collect();
    Part { log: after.log, event_type, target: target(after.kind, after.id, after.name, changes) }
}

fn target(
    kind: &str,
    id: String,
    name: Option<String>,
    changes: impl IntoIterator<Item = (impl Into<String>, FieldChange)>,
) -> EventTarget {
    let changes: BTreeMap<String, FieldChange> =
        changes.into_iter().map(|(field, change)| (field.into(), change)).collect();
    EventTarget { kind: kind.to_owned(), id, name, changes }
}

fn texts(from: Option<&str>, to: Option<&str>) -> FieldChange {
    let value = |text: &str| EventValue::Text(text.to_owned());
    FieldChange { from: from.map(value), to: to.map(value) }
}

/// What happened to a record that exists afterwards.
fn event_type(before: Option<&Record>, after: &Record) -> EventType {
    match (before, after) {
        (None, Record::User(_)) => EventType::AccountCreated,
        (None, Record::Workspace(_)) => EventType::WorkspaceCreated,
        (None, Record::Member(_)) => EventType::MemberJoined,
        (None, Record::Seat(_)) => EventType::SeatBought,
        (None, Record::Invitation(_)) => EventType::InvitationSent,
        (None, Record::ApiKey(_)) => EventType::ApiKeyCreated,
        (Some(Record::ApiKey(before)), Record::ApiKey(after)) => of_api_key(before, after),
        (_, Record::WorkspaceResource(_)) => EventType::ResourceAdded,
        (None, Record::DomainClaim(_)) => EventType::DomainClaimed,
        (None, Record::LeaveRequest(_)) => EventType::LeaveRequested,
        (Some(Record::Workspace(before)), Record::Workspace(after)) => of_workspace(before, after),
        (Some(Record::Member(before)), Record::Member(after)) => of_member(before, after),
        (Some(Record::Seat(before)), Record::Seat(after)) => of_seat(before, after),
        (Some(Record::Invitation(before)), Record::Invitation(after)) => of_invitation(before, after),
        (_, Record::RoleLink(link)) if link.open => EventType::LinkCreated,
        (_, Record::RoleLink(_)) => EventType::LinkRevoked,
        (Some(_), Record::DomainClaim(claim)) => match claim.status() {
            DomainStatus::Claimed => EventType::DomainChanged,
            DomainStatus::Verified => EventType::DomainVerified,
            DomainStatus::Failing => EventType::DomainFailing,
            DomainStatus::Expired => EventType::DomainExpired,
        },
        (Some(_), Record::LeaveRequest(request)) => match request.state {
            LeaveState::Pending => EventType::LeaveRequested,
            LeaveState::Approved { .. } => EventType::LeaveApproved,
            LeaveState::Denied { .. } => EventType::LeaveDenied,
            LeaveState::Withdrawn { .. } => EventType::LeaveWithdrawn,
        },
        (_, Record::Coordinator(_)) => EventType::CoordinatorChanged,
        (_, Record::CreditEntry(entry)) if entry.amount < 0 => EventType::CreditsSpent,
        (_, Record::CreditEntry(_)) => EventType::CreditsBought,
        (before, Record::Purchase(purchase)) => of_purchase(before.is_some(), purchase),
        (_, Record::BillingAccount(BillingAccount { .. })) => EventType::SubscriptionChanged,
        // `facts` names no other records.
        _ => EventType::AccountUpdated,
    }
}

fn of_workspace(before: &Workspace, after: &Workspace) -> EventType {
    if before.plan != after.plan || before.extras != after.extras {
        EventType::PlanChanged
    } else if before.creator != after.creator {
        EventType::WorkspaceTransferred
    } else if before.settings != after.settings {
        EventType::SettingsChanged
    } else if before.logo != after.logo {
        EventType::LogoChanged
    } else if before.paid != after.paid {
        EventType::SubscriptionChanged
    } else {
        EventType::WorkspaceUpdated
    }
}

fn of_member(before: &Member, after: &Member) -> EventType {
    match &after.seat {
        _ if before.role != after.role => EventType::RoleChanged,
        Seating::Suspended { .. } => EventType::SeatSuspended,
        Seating::None => EventType::SeatReleased,
        Seating::FreeSlot | Seating::Seat(_) | Seating::Plan { .. } => EventType::SeatAssigned,
    }
}

fn of_seat(before: &Seat, after: &Seat) -> EventType {
    if before.tier != after.tier {
        EventType::SeatTierChanged
    } else if before.add_ons != after.add_ons {
        EventType::AddOnsChanged
    } else if before.occupant != after.occupant {
        occupied(after.occupant)
    } else if after.term.ends.is_some() {
        EventType::SeatCancelled
    } else {
        EventType::SeatReactivated
    }
}

fn occupied(by: Occupant) -> EventType {
    match by {
        Occupant::Member(_) => EventType::SeatAssigned,
        Occupant::Invitation(_) => EventType::SeatReserved,
        Occupant::Nobody => EventType::SeatReleased,
    }
}

fn of_invitation(before: &Invitation, after: &Invitation) -> EventType {
    if before.state != after.state {
        invitation_ended(&after.state)
    } else if before.role != after.role || before.seat != after.seat {
        EventType::InvitationChanged
    } else if before.made_at() != after.made_at() || before.expires_at != after.expires_at {
        EventType::InvitationResent
    } else {
        EventType::InvitationMailed
    }
}

fn invitation_ended(state: &InvitationState) -> EventType {
    match state {
        InvitationState::Pending => EventType::InvitationResent,
        InvitationState::Accepted { .. } => EventType::InvitationAccepted,
        InvitationState::Revoked { .. } => EventType::InvitationRevoked,
        InvitationState::Declined { .. } => EventType::InvitationDeclined,
    }
}

fn of_api_key(before: &ApiKey, after: &ApiKey) -> EventType {
    if before.revoked_at != after.revoked_at {
        EventType::ApiKeyRevoked
    } else if before.secret != after.secret {
        EventType::ApiKeyRotated
    } else {
        EventType::ApiKeyLimited
    }
}

fn of_purchase(existed: bool, purchase: &Purchase) -> EventType {
    match purchase.state {
        PurchaseState::Checkout | PurchaseState::Charging if !existed => EventType::PurchaseOpened,
        PurchaseState::Checkout | PurchaseState::Charging | PurchaseState::ActionRequired => {
            EventType::PurchaseUpdated
        }
        PurchaseState::Paid => EventType::PurchasePaid,
        PurchaseState::Failed => EventType::PurchaseFailed,
        PurchaseState::Discarded => EventType::PurchaseDiscarded,
        PurchaseState::Expired => EventType::PurchaseExpired,
    }
}
