//! What clients see of the records.

use std::fmt::Display;

use jiff::Timestamp;
use seatwise_domain::{
    Coordinator, Delivery, DeliveryStatus, DomainClaim, EmailAddress, Invitation, InvitationStatus,
    LeaveRequest, LeaveState, LogoRef, Member, Money, Occupant, Pack, PendingInvitation, RoleId, Seat,
    SeatHold, SeatStatus, Seating, User, Workspace, WorkspaceId,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::links::Link;
use crate::openapi::one_of;
use crate::{named, output};

/// Every status of a seat.
pub const SEAT_STATUSES: [SeatStatus; 4] =
    [SeatStatus::Filled, SeatStatus::Pending, SeatStatus::Available, SeatStatus::Expired];
/// Every status of an invitation.
pub const INVITATION_STATUSES: [InvitationStatus; 5] = [
    InvitationStatus::Pending,
    InvitationStatus::Accepted,
    InvitationStatus::Revoked,
    InvitationStatus::Declined,
    InvitationStatus::Expired,
];
const DELIVERY_STATUSES: [DeliveryStatus; 4] =
    [DeliveryStatus::Queued, DeliveryStatus::Sent, DeliveryStatus::Retrying, DeliveryStatus::Failed];

named! {
    /// Of a seat: somebody has it; it is kept for an invitation; it is free; it is no longer paid.
    SeatStatusName = "SeatStatus": one_of(SEAT_STATUSES);
    /// Of somebody in a list of members: they are in, or they are invited.
    MemberStatusName = "MemberStatus": one_of(["member", "pending"]);
    /// Of an invitation: only a pending one can be accepted.
    InvitationStatusName = "InvitationStatus": one_of(INVITATION_STATUSES);
    /// Of a mail: to be sent; handed to the mail service; failed, with another try to come; given up.
    DeliveryStatusName = "DeliveryStatus": one_of(DELIVERY_STATUSES);
    /// Of a leave request: the asker can withdraw a pending one.
    LeaveStatusName = "LeaveRequestStatus": one_of(["pending", "approved", "denied", "withdrawn"]);
    /// Of a claimed domain: only a verified one brings people in.
    DomainStatusName = "DomainStatus": one_of(["claimed", "verified"]);
    /// Where a client goes on.
    NextName = "Next": one_of(["dashboard", "invitations", "onboarding"]);
}

/// A person's account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub struct UserView {
    /// The person's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// As the last sign-in said.
    #[schema(required)]
    pub email: Option<String>,
    /// First name.
    #[schema(required)]
    pub first_name: Option<String>,
    /// Last name.
    #[schema(required)]
    pub last_name: Option<String>,
    /// IANA time zone.
    #[schema(required, example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// Where the person works now.
    #[schema(required, format = Uuid)]
    pub current_workspace_id: Option<String>,
}
output!(UserView);

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_ref().map(typed),
            first_name: user.first_name.as_ref().map(ToString::to_string),
            last_name: user.last_name.as_ref().map(ToString::to_string),
            timezone: user.timezone.clone().map(String::from),
            current_workspace_id: user.current_workspace.map(|id| id.to_string()),
        }
    }
}

fn typed(email: &EmailAddress) -> String {
    email.as_typed().to_owned()
}

/// A workspace, as it is after it was made or changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Workspace)]
pub struct WorkspaceView {
    /// The workspace's id; never changes.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// IANA time zone.
    #[schema(required, example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// The theme for new flows.
    #[schema(required)]
    pub default_flow_theme: Option<String>,
    /// Where its logo is.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
    /// Who made it.
    #[schema(format = Uuid)]
    pub creator_id: String,
    /// The caller's role in it.
    pub role: String,
    /// The plan it is on.
    pub plan: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
output!(WorkspaceView);

impl WorkspaceView {
    /// The workspace, for somebody with this role in it.
    pub fn of(workspace: &Workspace, role: &RoleId, origin: &str) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.to_string(),
            timezone: workspace.timezone.clone().map(String::from),
            default_flow_theme: workspace.default_flow_theme.as_ref().map(ToString::to_string),
            logo_url: logo_url(origin, workspace.id, workspace.logo),
            creator_id: workspace.creator.to_string(),
            role: role.to_string(),
            plan: workspace.plan.clone(),
            created_at: workspace.created_at,
        }
    }
}

/// A workspace in the switcher.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitcherEntry {
    /// The workspace's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where its logo is.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
    /// The caller's role in it.
    pub role: String,
}

impl SwitcherEntry {
    /// The workspace, for somebody with this role in it.
    pub fn of(workspace: &Workspace, role: &RoleId, origin: &str) -> Self {
        Self {
            id: workspace.id.to_string(),
            name: workspace.name.to_string(),
            logo_url: logo_url(origin, workspace.id, workspace.logo),
            role: role.to_string(),
        }
    }
}

/// Where a logo is. Its key cannot be guessed, and its version makes the answer one to keep.
pub fn logo_url(origin: &str, workspace: WorkspaceId, logo: Option<LogoRef>) -> Option<String> {
    let LogoRef { key, version } = logo?;
    Some(format!("{origin}/v1/workspaces/{workspace}/logo?key={}&version={version}", key.simple()))
}

/// What a list shows beside a name.
#[derive(Serialize, ToSchema)]
pub struct Badge {
    /// What it says.
    pub label: String,
    /// Its colour.
    #[schema(example = "green")]
    pub color: String,
}

impl Badge {
    fn invited(pack: &Pack) -> Self {
        let badge = &pack.invitation.badge;
        Self { label: badge.label.clone(), color: badge.color.clone() }
    }

    fn of(pack: &Pack, role: &RoleId) -> Self {
        match pack.role(role) {
            Some(role) => Self { label: role.label.clone(), color: role.badge.clone() },
            // A role that the pack no longer has is shown by its name.
            None => Self { label: role.to_string(), color: "gray".to_owned() },
        }
    }
}

/// The seat that somebody has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldSeat {
    /// The seat's id; null for one of the plan's, which are all alike.
    #[schema(required, format = Uuid)]
    pub id: Option<String>,
    /// Its tier.
    pub tier: String,
    /// `filled` or, of the invited, `pending`; `expired` when it is no longer paid.
    #[schema(value_type = SeatStatusName)]
    pub status: SeatStatus,
    /// Until when it is paid; null for one of the plan's.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub paid_through: Option<Timestamp>,
}

impl HeldSeat {
    /// Where a member sits, if it is a seat.
    pub fn of_member(pack: &Pack, member: &Member, now: Timestamp) -> Option<Self> {
        match &member.seat {
            Seating::Seat(hold) => Some(Self::of(pack, hold, SeatStatus::Filled, now)),
            Seating::Plan { .. } => {
                let tier = pack.plan_tier().map_or_else(String::new, |tier| tier.id.to_string());
                Some(Self { id: None, tier, status: SeatStatus::Filled, paid_through: None })
            }
            Seating::None | Seating::FreeSlot | Seating::Suspended { .. } => None,
        }
    }

    /// The seat, with the status it has if it has not ended.
    pub fn of(pack: &Pack, hold: &SeatHold, status: SeatStatus, now: Timestamp) -> Self {
        Self {
            id: Some(hold.seat.to_string()),
            tier: hold.tier.to_string(),
            status: if hold.term.is_over(now) { SeatStatus::Expired } else { status },
            paid_through: Some(hold.term.paid_through(pack.billing.period, now)),
        }
    }
}

/// A member, or somebody who is invited.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub struct MemberView {
    /// The person's id; null for the invited.
    #[schema(required, format = Uuid)]
    pub user_id: Option<String>,
    /// The invitation's id; only for the invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub invitation_id: Option<String>,
    /// The address.
    #[schema(required)]
    pub email: Option<String>,
    /// First name.
    #[schema(required)]
    pub first_name: Option<String>,
    /// Last name.
    #[schema(required)]
    pub last_name: Option<String>,
    /// The role.
    pub role: String,
    /// What a list shows of the role.
    pub badge: Badge,
    /// In, or invited.
    #[schema(value_type = MemberStatusName)]
    pub status: &'static str,
    /// The seat.
    #[schema(required)]
    pub seat: Option<HeldSeat>,
    /// Whether they sit in a slot that costs nothing.
    pub free_slot: bool,
    /// Whether they are without their seat for now, since the plan has fewer than were taken.
    pub seat_suspended: bool,
    /// Whether they have the creator's standing.
    pub is_creator: bool,
    /// Since when; null for the invited.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub joined_at: Option<Timestamp>,
}
output!(MemberView);

impl MemberView {
    /// A member.
    pub fn of(pack: &Pack, workspace: &Workspace, member: &Member, now: Timestamp) -> Self {
        Self {
            user_id: Some(member.user.to_string()),
            invitation_id: None,
            email: member.email.as_ref().map(typed),
            first_name: member.first_name.as_ref().map(ToString::to_string),
            last_name: member.last_name.as_ref().map(ToString::to_string),
            role: member.role.to_string(),
            badge: Badge::of(pack, &member.role),
            status: "member",
            seat: HeldSeat::of_member(pack, member, now),
            free_slot: member.seat == Seating::FreeSlot,
            seat_suspended: matches!(member.seat, Seating::Suspended { .. }),
            is_creator: workspace.creator == member.user,
            joined_at: Some(member.joined_at),
        }
    }

    /// Somebody who is invited.
    pub fn invited(pack: &Pack, invitation: &Invitation, now: Timestamp) -> Self {
        Self {
            user_id: None,
            invitation_id: Some(invitation.id.to_string()),
            email: invitation.email.as_ref().map(typed),
            first_name: None,
            last_name: None,
            role: invitation.role.to_string(),
            badge: Badge::invited(pack),
            status: "pending",
            seat: invitation.seat.as_ref().map(|hold| HeldSeat::of(pack, hold, SeatStatus::Pending, now)),
            free_slot: false,
            seat_suspended: false,
            is_creator: false,
            joined_at: None,
        }
    }
}

/// A purchased seat.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Seat)]
pub struct SeatView {
    /// The seat's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its tier.
    pub tier: String,
    /// Whether somebody has it.
    #[schema(value_type = SeatStatusName)]
    pub status: SeatStatus,
    /// Who has it.
    #[schema(required)]
    pub holder: Option<SeatHolder>,
    /// Extras, by name.
    pub add_ons: Vec<AddOnView>,
    /// Until when it is paid.
    #[schema(value_type = String, format = DateTime)]
    pub paid_through: Timestamp,
    /// When it ends; null while it renews.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub cancels_at: Option<Timestamp>,
    /// Per billing period.
    pub price: MoneyView,
}
output!(SeatView);

/// Who has a seat: a member, or whoever accepts an invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatHolder {
    /// The member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub user_id: Option<String>,
    /// The invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub invitation_id: Option<String>,
}

/// An extra of a seat.
#[derive(Serialize, ToSchema)]
#[schema(as = AddOn)]
pub struct AddOnView {
    /// Its name.
    pub id: String,
    /// Units paid for.
    pub quantity: u32,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyView {
    /// In the minor unit of the currency.
    pub amount: i64,
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl From<&Money> for MoneyView {
    fn from(money: &Money) -> Self {
        Self { amount: money.amount, currency: money.currency.clone() }
    }
}

impl SeatView {
    /// A seat.
    pub fn of(pack: &Pack, seat: &Seat, now: Timestamp) -> Self {
        let status = seat.status(now);
        let holder = match seat.occupant {
            Occupant::Member(user) => {
                Some(SeatHolder { user_id: Some(user.to_string()), invitation_id: None })
            }
            // An invitation that is over has no hold on the seat any more.
            Occupant::Invitation(id) if status == SeatStatus::Pending => {
                Some(SeatHolder { user_id: None, invitation_id: Some(id.to_string()) })
            }
            Occupant::Invitation(_) | Occupant::Nobody => None,
        };
        Self {
            id: seat.id.to_string(),
            tier: seat.tier.to_string(),
            status,
            holder,
            add_ons: Vec::new(),
            paid_through: seat.term.paid_through(pack.billing.period, now),
            cancels_at: seat.term.ends,
            price: (&seat.price).into(),
        }
    }
}

/// An invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub struct InvitationView {
    /// The invitation's id.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub id: String,
    /// Whom it is bound to; null: whoever has the link.
    #[schema(required)]
    pub email: Option<String>,
    /// As what.
    pub role: String,
    /// Whether it can be accepted.
    #[schema(value_type = InvitationStatusName)]
    pub status: InvitationStatus,
    /// The seat it keeps.
    #[schema(required, format = Uuid)]
    pub seat_id: Option<String>,
    /// The tier of that seat.
    #[schema(required)]
    pub tier: Option<String>,
    /// The link to share; only for who may share it, and only while it can be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = "uri")]
    pub url: Option<Link>,
    /// From when on it cannot be accepted; null: never.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub invited_at: Timestamp,
    /// Who made it.
    #[schema(format = Uuid)]
    pub invited_by: String,
    /// What became of its mails, the latest last.
    pub deliveries: Vec<DeliveryView>,
}
output!(InvitationView);

/// What became of a mail.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    /// How far it is.
    #[schema(value_type = DeliveryStatusName)]
    pub status: DeliveryStatus,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        Self { status: delivery.status, at: delivery.at, attempts: delivery.attempts }
    }
}

impl InvitationView {
    /// An invitation; with its link if `may_share` and while it can be accepted.
    pub fn of(invitation: &Invitation, may_share: bool, now: Timestamp) -> Self {
        let status = invitation.status(now);
        let is_shared = may_share && status == InvitationStatus::Pending;
        let hold = invitation.seat.as_ref();
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.as_ref().map(typed),
            role: invitation.role.to_string(),
            status,
            seat_id: hold.map(|hold| hold.seat.to_string()),
            tier: hold.map(|hold| hold.tier.to_string()),
            url: is_shared.then(|| Link::of(invitation)),
            expires_at: invitation.expires_at,
            invited_at: invitation.invited_at,
            invited_by: invitation.invited_by.to_string(),
            deliveries: invitation.deliveries.iter().map(DeliveryView::from).collect(),
        }
    }
}

/// An invitation, as the invited sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MyInvitation {
    /// The invitation's id: join or decline with it.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub id: String,
    /// To what.
    pub workspace: InvitedTo,
    /// As what.
    pub role: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub invited_at: Timestamp,
    /// From when on it cannot be accepted; null: never.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<Timestamp>,
}

/// What somebody is invited to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitedTo {
    /// As it was called when the invitation was made.
    pub name: String,
    /// Where its logo is.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
}

impl MyInvitation {
    /// The invitation that an address has.
    pub fn of(pending: &PendingInvitation, origin: &str) -> Self {
        let logo_url = logo_url(origin, pending.invitation.workspace, pending.logo);
        Self {
            id: pending.invitation.to_string(),
            workspace: InvitedTo { name: pending.workspace_name.to_string(), logo_url },
            role: pending.role.to_string(),
            invited_at: pending.invited_at,
            expires_at: pending.expires_at,
        }
    }
}

/// A leave request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaveRequest)]
pub struct LeaveRequestView {
    /// The request's id.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub id: String,
    /// Who asks.
    #[schema(format = Uuid)]
    pub user_id: String,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
    /// Whether it was decided.
    #[schema(value_type = LeaveStatusName)]
    pub status: &'static str,
    /// When it was asked.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// Who decided.
    #[schema(required, format = Uuid)]
    pub decided_by: Option<String>,
    /// When it was decided or withdrawn.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub decided_at: Option<Timestamp>,
    /// What who decided said.
    #[schema(required)]
    pub decision_reason: Option<String>,
}
output!(LeaveRequestView);

impl From<&LeaveRequest> for LeaveRequestView {
    fn from(request: &LeaveRequest) -> Self {
        let (status, by, at, reason) = match &request.state {
            LeaveState::Pending => ("pending", None, None, None),
            LeaveState::Approved { by, at, reason } => ("approved", Some(by), Some(at), reason.as_ref()),
            LeaveState::Denied { by, at, reason } => ("denied", Some(by), Some(at), reason.as_ref()),
            LeaveState::Withdrawn { at } => ("withdrawn", None, Some(at), None),
        };
        Self {
            id: request.id.to_string(),
            user_id: request.id.user.to_string(),
            reason: request.reason.as_ref().map(ToString::to_string),
            status,
            requested_at: request.asked_at,
            decided_by: by.map(ToString::to_string),
            decided_at: at.copied(),
            decision_reason: reason.map(ToString::to_string),
        }
    }
}

/// Whom the members of a workspace ask.
#[derive(Serialize, ToSchema)]
#[schema(as = Coordinator)]
pub struct CoordinatorView {
    /// What they are called.
    #[schema(required)]
    pub name: Option<String>,
    /// Their address.
    #[schema(required)]
    pub email: Option<String>,
    /// Their telephone number.
    #[schema(required)]
    pub phone: Option<String>,
    /// When to ask them, and for what.
    #[schema(required)]
    pub notes: Option<String>,
}
output!(CoordinatorView);

impl From<&Coordinator> for CoordinatorView {
    fn from(coordinator: &Coordinator) -> Self {
        Self {
            name: coordinator.name.as_ref().map(ToString::to_string),
            email: coordinator.email.as_ref().map(typed),
            phone: coordinator.phone.as_ref().map(ToString::to_string),
            notes: coordinator.notes.as_ref().map(ToString::to_string),
        }
    }
}

/// A link for a role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Link)]
pub struct LinkView {
    /// As what whoever has it joins.
    pub role: String,
    /// The link; only for who may share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = "uri")]
    pub url: Option<Link>,
    /// Who made it.
    #[schema(format = Uuid)]
    pub created_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
output!(LinkView);

impl LinkView {
    /// A link; with its text if `may_share`.
    pub fn of(link: &seatwise_domain::RoleLink, may_share: bool) -> Self {
        Self {
            role: link.role.to_string(),
            url: may_share.then(|| Link::for_role(link)),
            created_by: link.made_by.to_string(),
            created_at: link.made_at,
        }
    }
}

/// A domain that a workspace has claimed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Domain)]
pub struct DomainView {
    /// The domain, in ASCII.
    #[schema(example = "acme.example")]
    pub domain: String,
    /// Whether it brings people in.
    #[schema(value_type = DomainStatusName)]
    pub status: &'static str,
    /// The record that shows whose the domain is; null once it is known.
    #[schema(required)]
    pub record: Option<DnsRecord>,
    /// Who claimed it.
    #[schema(format = Uuid)]
    pub claimed_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub claimed_at: Timestamp,
    /// Since when it brings people in.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub verified_at: Option<Timestamp>,
}
output!(DomainView);

/// A record to add to a domain.
#[derive(Serialize, ToSchema)]
pub struct DnsRecord {
    /// Its type.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "TXT")]
    pub kind: &'static str,
    /// Its name.
    #[schema(example = "_seatwise.acme.example")]
    pub name: String,
    /// What it says.
    pub value: String,
}

impl From<&DomainClaim> for DomainView {
    fn from(claim: &DomainClaim) -> Self {
        let record = DnsRecord { kind: "TXT", name: claim.record_name(), value: claim.record_text() };
        Self {
            domain: claim.domain.to_string(),
            status: if claim.verified_at.is_some() { "verified" } else { "claimed" },
            record: claim.verified_at.is_none().then_some(record),
            claimed_by: claim.claimed_by.to_string(),
            claimed_at: claim.claimed_at,
            verified_at: claim.verified_at,
        }
    }
}

/// A person's first and last name; none if they have told none.
pub fn full_name<T: Display>(names: [&Option<T>; 2]) -> Option<String> {
    let name = names.into_iter().flatten().map(T::to_string).collect::<Vec<_>>().join(" ");
    Some(name).filter(|name| !name.is_empty())
}
