//! What clients see of an invitation.

use jiff::Timestamp;
use seatwise_domain::{Delivery, DeliveryStatus, Invitation, InvitationStatus, PendingInvitation};
use serde::Serialize;
use utoipa::ToSchema;

use crate::links::LinkText;
use crate::people::typed;
use crate::wire::schema::one_of;
use crate::workspace::view::logo_url;
use crate::{named, output};

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
    /// Of an invitation: only a pending one can be accepted.
    InvitationStatusName = "InvitationStatus": one_of(INVITATION_STATUSES);
    /// Of a mail: to be sent; handed to the mail service; failed, with another try to come; given up.
    DeliveryStatusName = "DeliveryStatus": one_of(DELIVERY_STATUSES);
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
    pub url: Option<LinkText>,
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
            url: is_shared.then(|| LinkText::of(invitation)),
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
