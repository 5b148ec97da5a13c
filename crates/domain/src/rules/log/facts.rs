//! What the log says of a record: its log, its name, and those fields that a person can see. No token, no secret and
//! no key of a link is among them. A field whose content belongs to a person is shown as `set`.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::model::{
    ApiKey, BillingAccount, BillingChange, Cancellation, Coordinator, CreditEntry, DeliveryStatus,
    DomainStatus, EmailAddress, EventLog, EventValue, Invitation, InvitationState, LeaveState, Member,
    Occupant, PurchaseState, Seat, Seating, Subscription, SubscriptionStatus, TimeZoneName, User, Workspace,
};
use crate::pack::Names;
use crate::record::Record;

/// The fields of a record, by name.
pub type Fields = BTreeMap<String, EventValue>;

/// What the log says of a record.
pub struct Facts {
    /// The log.
    pub log: EventLog,
    /// The kind of target.
    pub kind: &'static str,
    /// The id of the record.
    pub id: String,
    /// The name of the record.
    pub name: Option<String>,
    /// The fields that have a value.
    pub fields: Fields,
}

/// Collects those values that there are.
fn fields<const N: usize>(values: [(&'static str, Option<EventValue>); N]) -> Fields {
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "a field of the lists below is a value or none")]
fn text(value: impl Display) -> Option<EventValue> {
    Some(EventValue::text(value))
}

fn some_text(value: Option<impl Display>) -> Option<EventValue> {
    value.map(EventValue::text)
}

/// A value that is not shown.
fn set<T>(value: Option<&T>) -> Option<EventValue> {
    value.map(|_| EventValue::Text("set".to_owned()))
}

/// A field for each of several things: `addOns.extra-telegram-accounts`.
fn numbers<'a, K: Display>(
    field: &'a str,
    numbers: &'a BTreeMap<K, u32>,
) -> impl Iterator<Item = (String, EventValue)> + 'a {
    let number =
        move |(name, number): (&K, &u32)| (format!("{field}.{name}"), EventValue::Number(i64::from(*number)));
    numbers.iter().map(number)
}

/// What the log says of this record, under the names of the time; `None` for a record that makes no event.
pub fn facts(record: &Record, names: &Names) -> Option<Facts> {
    match record {
        Record::User(user) => Some(of_user(user)),
        Record::Workspace(workspace) => Some(of_workspace(workspace)),
        Record::Member(member) => Some(of_member(member, names)),
        Record::Seat(seat) => Some(of_seat(seat, names)),
        Record::Invitation(invitation) => Some(of_invitation(invitation, names)),
        Record::RoleLink(link) => Some(Facts {
            log: EventLog::Workspace(link.workspace),
            kind: "link",
            id: names.role(&link.role).to_string(),
            name: None,
            fields: fields([
                ("status", text(if link.open { "open" } else { "revoked" })),
                ("generation", Some(EventValue::Number(i64::from(link.generation)))),
            ]),
        }),
        Record::LeaveRequest(request) => Some(Facts {
            log: EventLog::Workspace(request.workspace),
            kind: "leaveRequest",
            id: request.id.to_string(),
            name: None,
            fields: fields([("status", text(leave_status(&request.state)))]),
        }),
        Record::DomainClaim(claim) => Some(Facts {
            log: EventLog::Workspace(claim.workspace),
            kind: "domain",
            id: claim.domain.to_string(),
            name: None,
            fields: fields([("status", text(domain_status(claim.status())))]),
        }),
        Record::ApiKey(key) => Some(of_api_key(key)),
        Record::WorkspaceResource(resource) => Some(Facts {
            log: EventLog::Workspace(resource.workspace),
            kind: "resource",
            id: resource.id.to_string(),
            name: resource.label.as_ref().map(ToString::to_string),
            fields: fields([
                ("kind", text(&resource.kind)),
                ("externalId", text(&resource.external_id)),
                ("account", some_text(resource.account.as_ref())),
            ]),
        }),
        Record::Coordinator(coordinator) => Some(of_coordinator(coordinator)),
        Record::CreditEntry(entry) => Some(of_credits(entry)),
        Record::Purchase(purchase) => Some(Facts {
            log: EventLog::Workspace(purchase.workspace),
            kind: "purchase",
            id: purchase.id.to_string(),
            name: purchase.change.as_ref().map(|change| change_name(change).to_owned()),
            fields: fields([
                ("status", text(purchase_status(purchase.state))),
                (
                    "amount",
                    some_text(purchase.due.as_ref().map(|due| format!("{} {}", due.amount, due.currency))),
                ),
            ]),
        }),
        Record::BillingAccount(account) => Some(of_billing(account)),
        _ => None,
    }
}

fn purchase_status(state: PurchaseState) -> &'static str {
    match state {
        PurchaseState::Checkout => "checkout",
        PurchaseState::Charging => "charging",
        PurchaseState::ActionRequired => "action_required",
        PurchaseState::Paid => "paid",
        PurchaseState::Failed => "failed",
        PurchaseState::Discarded => "discarded",
        PurchaseState::Expired => "expired",
    }
}

fn change_name(change: &BillingChange) -> &'static str {
    match change {
        BillingChange::Seats { .. } => "seats",
        BillingChange::SeatTier { .. } => "seat-tier",
        BillingChange::AddOn { .. } | BillingChange::AddOnEverywhere { .. } => "add-on",
        BillingChange::Plan { .. } => "plan",
        BillingChange::Credits { .. } => "credits",
    }
}

fn of_user(user: &User) -> Facts {
    Facts {
        log: EventLog::Account(user.id),
        kind: "account",
        id: user.id.to_string(),
        name: user.full_name(),
        fields: fields([
            ("email", some_text(user.email.as_ref().map(EmailAddress::as_typed))),
            ("emailVerified", user.email_verified.map(EventValue::Flag)),
            ("firstName", some_text(user.first_name.as_ref())),
            ("lastName", some_text(user.last_name.as_ref())),
            ("timezone", some_text(user.timezone.as_ref().map(TimeZoneName::as_str))),
            ("currentWorkspaceId", some_text(user.current_workspace)),
        ]),
    }
}

fn of_workspace(workspace: &Workspace) -> Facts {
    let settings = workspace.settings.as_ref();
    let mut facts = Facts {
        log: EventLog::Workspace(workspace.id),
        kind: "workspace",
        id: workspace.id.to_string(),
        name: Some(workspace.name.to_string()),
        fields: fields([
            ("name", text(&workspace.name)),
            ("timezone", some_text(workspace.timezone.as_ref().map(TimeZoneName::as_str))),
            ("defaultFlowTheme", some_text(workspace.default_flow_theme.as_ref())),
            ("creatorId", text(workspace.creator)),
            ("plan", text(&workspace.plan)),
            ("autoAssignSeats", settings.and_then(|own| own.auto_assign_seats).map(EventValue::Flag)),
            ("logoVersion", workspace.logo.as_ref().map(|logo| EventValue::Number(i64::from(logo.version)))),
            ("paidThrough", some_text(workspace.paid.map(|paid| paid.end))),
            ("lapsesAt", some_text(workspace.paid.and_then(|paid| paid.lapses_at))),
        ]),
    };
    facts.fields.extend(numbers("extras", &workspace.extras));
    facts
}

fn of_member(member: &Member, names: &Names) -> Facts {
    let seat = match &member.seat {
        Seating::None => None,
        Seating::FreeSlot => Some("free-slot".to_owned()),
        Seating::Seat(hold) => Some(hold.seat.to_string()),
        Seating::Plan { .. } => Some("plan".to_owned()),
        Seating::Suspended { .. } => Some("suspended".to_owned()),
    };
    Facts {
        log: EventLog::Workspace(member.workspace),
        kind: "member",
        id: member.user.to_string(),
        name: member.full_name().or_else(|| member.email.as_ref().map(|email| email.as_typed().to_owned())),
        fields: fields([("role", text(names.role(&member.role))), ("seat", some_text(seat))]),
    }
}

fn of_seat(seat: &Seat, names: &Names) -> Facts {
    let mut facts = Facts {
        log: EventLog::Workspace(seat.workspace),
        kind: "seat",
        id: seat.id.to_string(),
        name: None,
        fields: fields([
            ("tier", text(names.tier(&seat.tier))),
            ("occupant", occupant(seat.occupant)),
            ("cancelsAt", some_text(seat.term.ends)),
        ]),
    };
    facts.fields.extend(numbers("addOns", &seat.add_ons));
    facts
}

/// The member or the invitation that has a seat.
pub(super) fn occupant(occupant: Occupant) -> Option<EventValue> {
    (occupant != Occupant::Nobody).then(|| EventValue::text(occupant))
}

fn of_invitation(invitation: &Invitation, names: &Names) -> Facts {
    let delivery = invitation.deliveries.last();
    Facts {
        log: EventLog::Workspace(invitation.id.workspace),
        kind: "invitation",
        id: invitation.id.to_string(),
        name: invitation.email.as_ref().map(|email| email.as_typed().to_owned()),
        fields: fields([
            ("status", text(invitation_status(&invitation.state))),
            ("role", text(names.role(&invitation.role))),
            ("seat", some_text(invitation.seat.as_ref().map(|hold| hold.seat))),
            ("expiresAt", some_text(invitation.expires_at)),
            ("sentAt", text(invitation.made_at())),
            ("delivery", delivery.map(|delivery| EventValue::text(delivery_status(delivery.status)))),
        ]),
    }
}

/// The name of a state of an invitation.
pub(super) fn invitation_status(state: &InvitationState) -> &'static str {
    match state {
        InvitationState::Pending => "pending",
        InvitationState::Accepted { .. } => "accepted",
        InvitationState::Revoked { .. } => "revoked",
        InvitationState::Declined { .. } => "declined",
    }
}

fn delivery_status(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Queued => "queued",
        DeliveryStatus::Sent => "sent",
        DeliveryStatus::Retrying => "retrying",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Cancelled => "cancelled",
    }
}

/// The name of a state of a leave request.
pub(super) fn leave_status(state: &LeaveState) -> &'static str {
    match state {
        LeaveState::Pending => "pending",
        LeaveState::Approved { .. } => "approved",
        LeaveState::Denied { .. } => "denied",
        LeaveState::Withdrawn { .. } => "withdrawn",
    }
}

fn domain_status(status: DomainStatus) -> &'static str {
    match status {
        DomainStatus::Claimed => "claimed",
        DomainStatus::Verified => "verified",
        DomainStatus::Failing => "failing",
        DomainStatus::Expired => "expired",
    }
}

fn of_coordinator(coordinator: &Coordinator) -> Facts {
    Facts {
        log: EventLog::Workspace(coordinator.workspace),
        kind: "coordinator",
        id: coordinator.workspace.to_string(),
        name: coordinator.name.as_ref().map(ToString::to_string),
        fields: fields([
            ("name", some_text(coordinator.name.as_ref())),
            ("email", set(coordinator.email.as_ref())),
            ("phone", set(coordinator.phone.as_ref())),
            ("notes", set(coordinator.notes.as_ref())),
        ]),
    }
}

/// No hash is shown: a change of the secret shows by its time.
fn of_api_key(key: &ApiKey) -> Facts {
    let number = |limit: Option<u32>| limit.map(|limit| EventValue::Number(i64::from(limit)));
    Facts {
        log: EventLog::Workspace(key.workspace),
        kind: "apiKey",
        id: key.id.to_string(),
        name: Some(key.name.to_string()),
        fields: fields([
            ("ownerId", text(key.id.user)),
            ("flowId", some_text(key.flow.as_ref())),
            ("expiresAt", some_text(key.expires_at)),
            ("revokedAt", some_text(key.revoked_at)),
            ("rotatedAt", some_text(key.rotated_at)),
            ("usageLimit", number(key.usage_limit)),
            ("dailyRateLimit", number(key.daily_rate_limit)),
        ]),
    }
}

fn of_credits(entry: &CreditEntry) -> Facts {
    Facts {
        log: EventLog::Workspace(entry.workspace),
        kind: "credits",
        id: entry.id.to_string(),
        name: None,
        fields: fields([
            ("amount", Some(EventValue::Number(entry.amount))),
            ("reason", some_text(entry.reason.as_ref())),
        ]),
    }
}

fn of_billing(account: &BillingAccount) -> Facts {
    let status = |subscription: &Subscription| match subscription.status {
        SubscriptionStatus::Active => "active",
        SubscriptionStatus::PastDue => "past_due",
        SubscriptionStatus::Ended => "ended",
    };
    let subscription = account.subscription.as_ref();
    let asked = account.cancellation == Some(Cancellation::Asked);
    Facts {
        log: EventLog::Workspace(account.workspace),
        kind: "subscription",
        id: account.workspace.to_string(),
        name: None,
        fields: fields([
            ("status", some_text(subscription.map(status))),
            ("endsAt", some_text(subscription.and_then(|subscription| subscription.ends_at))),
            ("cancelled", asked.then_some(EventValue::Flag(true))),
        ]),
    }
}
