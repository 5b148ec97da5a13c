//! A member, as clients see them.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::{Invitation, Member, RoleId, SeatStatus, Seating, Workspace};
use serde::Serialize;
use utoipa::ToSchema;

use crate::people::typed;
use crate::seat::view::HeldSeatView;
use crate::wire::schema::one_of;
use crate::{named, output};

named! {
    /// The status of an entry in a list of members. `member`: the person is a member. `pending`: the person
    /// is invited.
    MemberStatusName = "MemberStatus": one_of(["member", "pending"]);
}

/// The badge that a list shows beside a name.
#[derive(Serialize, ToSchema)]
#[schema(as = Badge)]
pub struct BadgeView {
    /// The text of the badge.
    pub label: String,
    /// The colour of the badge.
    #[schema(example = "green")]
    pub color: String,
}

impl BadgeView {
    fn invited(pack: &Pack) -> Self {
        let badge = &pack.invitation.badge;
        Self { label: badge.label.clone(), color: badge.color.clone() }
    }

    fn of(pack: &Pack, role: &RoleId) -> Self {
        match pack.role(role) {
            Some(role) => Self { label: role.label.clone(), color: role.badge.clone() },
            // A role that the pack no longer has is shown by its name.
            None => Self { label: pack.role_name(role).to_string(), color: "gray".to_owned() },
        }
    }
}

/// A member or an invited person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own in the answer")]
pub struct MemberView {
    /// The id of the user; null for an invited person.
    #[schema(required, format = Uuid)]
    pub user_id: Option<String>,
    /// The id of the invitation; null for a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub invitation_id: Option<String>,
    /// The email address.
    #[schema(required)]
    pub email: Option<String>,
    /// Whether the member has verified the address; false for an invited person.
    pub email_verified: bool,
    /// First name.
    #[schema(required)]
    pub first_name: Option<String>,
    /// Last name.
    #[schema(required)]
    pub last_name: Option<String>,
    /// The role of the member, or the role of the invitation.
    pub role: String,
    /// The badge of the role or of the invitation.
    pub badge: BadgeView,
    /// Whether the person is a member or is invited.
    #[schema(value_type = MemberStatusName)]
    pub status: &'static str,
    /// The seat; null if the person has none.
    #[schema(required)]
    pub seat: Option<HeldSeatView>,
    /// Whether the member holds the role through a free slot.
    pub free_slot: bool,
    /// Whether the member's seat is suspended, because the plan has fewer seats than were taken.
    pub seat_suspended: bool,
    /// Whether the member is the creator of the workspace.
    pub is_creator: bool,
    /// The time of joining; null for an invited person.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub joined_at: Option<Timestamp>,
}
output!(MemberView);

impl MemberView {
    /// The address by which the entry is found, sorted and exported: never an unverified one of a member
    /// (K51).
    pub fn known_email(&self) -> Option<&String> {
        self.email.as_ref().filter(|_| self.email_verified || self.invitation_id.is_some())
    }

    /// A member.
    pub fn of(pack: &Pack, workspace: &Workspace, member: &Member, now: Timestamp) -> Self {
        Self {
            user_id: Some(member.user.to_string()),
            invitation_id: None,
            email: member.email.as_ref().map(typed),
            email_verified: member.verified_email().is_some(),
            first_name: member.first_name.as_ref().map(ToString::to_string),
            last_name: member.last_name.as_ref().map(ToString::to_string),
            role: pack.role_name(&member.role).to_string(),
            badge: BadgeView::of(pack, &member.role),
            status: "member",
            seat: HeldSeatView::of_member(pack, workspace.paid.as_ref(), member, now),
            free_slot: member.seat == Seating::FreeSlot,
            seat_suspended: matches!(member.seat, Seating::Suspended { .. }),
            is_creator: workspace.creator == member.user,
            joined_at: Some(member.joined_at),
        }
    }

    /// Somebody who is invited.
    pub fn invited(pack: &Pack, workspace: &Workspace, invitation: &Invitation, now: Timestamp) -> Self {
        Self {
            user_id: None,
            invitation_id: Some(invitation.id.to_string()),
            email: invitation.email.as_ref().map(typed),
            email_verified: false,
            first_name: None,
            last_name: None,
            role: pack.role_name(&invitation.role).to_string(),
            badge: BadgeView::invited(pack),
            status: "pending",
            seat: invitation
                .seat
                .as_ref()
                .map(|hold| HeldSeatView::of(pack, workspace.paid.as_ref(), hold, SeatStatus::Pending, now)),
            free_slot: false,
            seat_suspended: false,
            is_creator: false,
            joined_at: None,
        }
    }
}
