//! Seats, as clients see them.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::{Member, Occupant, PaidPeriod, Seat, SeatHold, SeatStatus, Seating};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::money::MoneyView;
use crate::operation::{Operation, State};
use crate::scope::InWorkspace;
use crate::wire::schema::one_of;
use crate::{named, output};

/// Every status of a seat.
pub const SEAT_STATUSES: [SeatStatus; 4] =
    [SeatStatus::Filled, SeatStatus::Pending, SeatStatus::Available, SeatStatus::Expired];

named! {
    /// The status of a seat. `filled`: a member has it. `pending`: it is reserved for an invitation.
    /// `available`: it is free. `expired`: it is no longer paid.
    SeatStatusName = "SeatStatus": one_of(SEAT_STATUSES);
}

/// The seat of a member or of an invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HeldSeat)]
pub struct HeldSeatView {
    /// The id of the seat; null for a seat of the plan, which has no id.
    #[schema(required, format = Uuid)]
    pub id: Option<String>,
    /// The tier of the seat.
    pub tier: String,
    /// `filled` for a member, `pending` for an invitation, `expired` for a seat that is no longer paid.
    #[schema(value_type = SeatStatusName)]
    pub status: SeatStatus,
    /// The end of the paid period; null for a seat of the plan.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub paid_through: Option<Timestamp>,
}

impl HeldSeatView {
    /// The seat of a member, if the member has one.
    pub fn of_member(
        pack: &Pack,
        paid: Option<&PaidPeriod>,
        member: &Member,
        now: Timestamp,
    ) -> Option<Self> {
        match &member.seat {
            Seating::Seat(hold) => Some(Self::of(pack, paid, hold, SeatStatus::Filled, now)),
            Seating::Plan { .. } => {
                let tier = pack.plan_tier().map_or_else(String::new, |tier| tier.name.to_string());
                Some(Self { id: None, tier, status: SeatStatus::Filled, paid_through: None })
            }
            Seating::None | Seating::FreeSlot | Seating::Suspended { .. } => None,
        }
    }

    /// The seat, with this status if the seat has not ended.
    pub fn of(
        pack: &Pack,
        paid: Option<&PaidPeriod>,
        hold: &SeatHold,
        status: SeatStatus,
        now: Timestamp,
    ) -> Self {
        Self {
            id: Some(hold.seat.to_string()),
            tier: pack.tier_name(&hold.tier).to_string(),
            status: if hold.term.is_over(paid, now) { SeatStatus::Expired } else { status },
            paid_through: Some(hold.term.paid_through(paid, pack.billing.period, now)),
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
    /// The tier of the seat.
    pub tier: String,
    /// The status of the seat.
    #[schema(value_type = SeatStatusName)]
    pub status: SeatStatus,
    /// The holder of the seat; null if the seat has none.
    #[schema(required)]
    pub holder: Option<SeatHolderView>,
    /// The add-ons of the seat, sorted by id.
    pub add_ons: Vec<AddOnView>,
    /// The end of the paid period.
    #[schema(value_type = String, format = DateTime)]
    pub paid_through: Timestamp,
    /// The end of a cancelled seat; null if the seat renews.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub cancels_at: Option<Timestamp>,
    /// The price for each billing period.
    pub price: MoneyView,
    /// The id of the purchase that added the seat; null for a seat of an earlier version.
    #[schema(required, format = Uuid)]
    pub purchase_id: Option<String>,
}
output!(SeatView);

/// Purchased seats.
#[derive(Serialize, ToSchema)]
#[schema(as = Bought)]
pub struct SeatsView {
    /// The seats.
    pub items: Vec<SeatView>,
}
output!(SeatsView);

/// The holder of a seat: a member, or an invitation that reserves the seat.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SeatHolder)]
pub struct SeatHolderView {
    /// The id of the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub user_id: Option<String>,
    /// The id of the invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    pub invitation_id: Option<String>,
}

/// An add-on of a seat.
#[derive(Serialize, ToSchema)]
#[schema(as = AddOn)]
pub struct AddOnView {
    /// The id of the add-on.
    pub id: String,
    /// The number of paid units.
    pub quantity: u32,
}

impl SeatView {
    /// A seat of the workspace of the path.
    pub fn here<O: Operation<Scope = InWorkspace>>(state: &State<'_, O>, seat: &Seat) -> Self {
        Self::of(state.pack, state.scope.workspace.value.paid.as_ref(), seat, state.now)
    }

    /// A seat at this time. `paid` is what the workspace pays online.
    pub fn of(pack: &Pack, paid: Option<&PaidPeriod>, seat: &Seat, now: Timestamp) -> Self {
        let status = seat.status(paid, now);
        let holder = match seat.occupant {
            Occupant::Member(user) => {
                Some(SeatHolderView { user_id: Some(user.to_string()), invitation_id: None })
            }
            // An invitation that is over has no hold on the seat any more.
            Occupant::Invitation(id) if status == SeatStatus::Pending => {
                Some(SeatHolderView { user_id: None, invitation_id: Some(id.to_string()) })
            }
            Occupant::Invitation(_) | Occupant::Nobody => None,
        };
        let add_ons = seat.add_ons.iter().filter(|(_, units)| **units > 0);
        Self {
            id: seat.id.to_string(),
            tier: pack.tier_name(&seat.tier).to_string(),
            status,
            holder,
            add_ons: add_ons.map(|(id, units)| AddOnView { id: id.to_string(), quantity: *units }).collect(),
            paid_through: seat.term.paid_through(paid, pack.billing.period, now),
            cancels_at: seat.term.ends,
            price: (&seat.price).into(),
            purchase_id: seat.purchase.map(|purchase| purchase.to_string()),
        }
    }
}
