//! What clients see of seats.

use jiff::Timestamp;
use seatwise_domain::pack::Pack;
use seatwise_domain::{Member, Money, Occupant, Seat, SeatHold, SeatStatus, Seating};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::schema::one_of;
use crate::{named, output};

/// Every status of a seat.
pub const SEAT_STATUSES: [SeatStatus; 4] =
    [SeatStatus::Filled, SeatStatus::Pending, SeatStatus::Available, SeatStatus::Expired];

named! {
    /// Of a seat: somebody has it; it is kept for an invitation; it is free; it is no longer paid.
    SeatStatusName = "SeatStatus": one_of(SEAT_STATUSES);
}

/// The seat that somebody has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HeldSeat)]
pub struct HeldSeatView {
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

impl HeldSeatView {
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
    pub holder: Option<SeatHolderView>,
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
#[schema(as = SeatHolder)]
pub struct SeatHolderView {
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
                Some(SeatHolderView { user_id: Some(user.to_string()), invitation_id: None })
            }
            // An invitation that is over has no hold on the seat any more.
            Occupant::Invitation(id) if status == SeatStatus::Pending => {
                Some(SeatHolderView { user_id: None, invitation_id: Some(id.to_string()) })
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
