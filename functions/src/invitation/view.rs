//! An invitation, as clients see it.

use jiff::Timestamp;
use seatwise_domain::{Delivery, DeliveryStatus, Invitation, InvitationStatus, Pack, PendingInvitation};
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
const DELIVERY_STATUSES: [DeliveryStatus; 5] = [
    DeliveryStatus::Queued,
    DeliveryStatus::Sent,
    DeliveryStatus::Retrying,
    DeliveryStatus::Failed,
    DeliveryStatus::Cancelled,
];

named! {
    /// The status of an invitation. Only a pending invitation can be accepted.
    InvitationStatusName = "InvitationStatus": one_of(INVITATION_STATUSES);
    /// The status of a mail. `queued`: it waits to be sent. `sent`: the mail service has accepted it.
    /// `retrying`: an attempt failed, and another will follow. `failed`: no further attempt follows.
    /// `cancelled`: it is not sent, because the invitation was over before.
    DeliveryStatusName = "DeliveryStatus": one_of(DELIVERY_STATUSES);
}

/// An invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub struct InvitationView {
    /// The id of the invitation.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub id: String,
    /// The address that the invitation is for; null if anybody with the link can accept it.
    #[schema(required)]
    pub email: Option<String>,
    /// The role that the invitation gives.
    pub role: String,
    /// The status of the invitation.
    #[schema(value_type = InvitationStatusName)]
    pub status: InvitationStatus,
    /// The seat that the invitation reserves; null if it reserves none.
    #[schema(required, format = Uuid)]
    pub seat_id: Option<String>,
    /// The tier of the reserved seat.
    #[schema(required)]
    pub tier: Option<String>,
    /// The link that accepts the invitation. Present if the caller has permission to share it and the
    /// invitation is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, format = "uri")]
    pub url: Option<LinkText>,
    /// The time at which the invitation expires; null if it does not expire.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<Timestamp>,
    /// The time of the invitation.
    #[schema(value_type = String, format = DateTime)]
    pub invited_at: Timestamp,
    /// The id of the inviter.
    #[schema(format = Uuid)]
    pub invited_by: String,
    /// The deliveries of its mails, the latest last.
    pub deliveries: Vec<DeliveryView>,
}
output!(InvitationView);

/// The delivery of a mail.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    /// The status of the delivery.
    #[schema(value_type = DeliveryStatusName)]
    pub status: DeliveryStatus,
    /// The time of the last change of the status.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The number of attempts.
    pub attempts: u32,
}

impl DeliveryView {
    /// A delivery of an invitation with this status. A mail of an invitation that is over is not sent, even if
    /// its task has not ended yet.
    fn of(delivery: &Delivery, invitation: InvitationStatus) -> Self {
        let is_over = invitation != InvitationStatus::Pending && delivery.status.is_open();
        let status = if is_over { DeliveryStatus::Cancelled } else { delivery.status };
        Self { status, at: delivery.at, attempts: delivery.attempts }
    }
}

impl InvitationView {
    /// An invitation with this status; with its link if `may_share` and while it can be accepted.
    pub fn of(pack: &Pack, invitation: &Invitation, status: InvitationStatus, may_share: bool) -> Self {
        let is_shared = may_share && status == InvitationStatus::Pending;
        let hold = invitation.seat.as_ref();
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.as_ref().map(typed),
            role: pack.role_name(&invitation.role).to_string(),
            status,
            seat_id: hold.map(|hold| hold.seat.to_string()),
            tier: hold.map(|hold| pack.tier_name(&hold.tier).to_string()),
            url: is_shared.then(|| LinkText::of(invitation)),
            expires_at: invitation.expires_at,
            invited_at: invitation.invited_at,
            invited_by: invitation.invited_by.to_string(),
            deliveries: invitation
                .deliveries
                .iter()
                .map(|delivery| DeliveryView::of(delivery, status))
                .collect(),
        }
    }
}

/// An invitation for the caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MyInvitation {
    /// The id of the invitation, to accept or decline it.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub id: String,
    /// The workspace of the invitation.
    pub workspace: InvitedTo,
    /// The role that the invitation gives.
    pub role: String,
    /// The inviter's name at the time of the invitation; null if they had given none.
    #[schema(required)]
    pub invited_by_name: Option<String>,
    /// The time of the invitation.
    #[schema(value_type = String, format = DateTime)]
    pub invited_at: Timestamp,
    /// The time at which the invitation expires; null if it does not expire.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<Timestamp>,
}

/// The workspace of an invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitedTo {
    /// The name of the workspace at the time of the invitation.
    pub name: String,
    /// The address of the logo; null if there is none.
    #[schema(required, format = "uri")]
    pub logo_url: Option<String>,
}

impl MyInvitation {
    /// The invitation that an address has.
    pub fn of(pack: &Pack, pending: &PendingInvitation, origin: &str) -> Self {
        let logo_url = logo_url(origin, pending.invitation.workspace, pending.logo);
        Self {
            id: pending.invitation.to_string(),
            workspace: InvitedTo { name: pending.workspace_name.to_string(), logo_url },
            role: pack.role_name(&pending.role).to_string(),
            invited_by_name: pending.inviter_name.clone(),
            invited_at: pending.invited_at,
            expires_at: pending.expires_at,
        }
    }
}
