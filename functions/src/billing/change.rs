//! A change of what a workspace pays for, as a client asks for it, and as clients see it.

use std::collections::BTreeMap;

use seatwise_domain::pack::{AddOnId, AllowanceId, Pack, PackageId, SeatModel};
use seatwise_domain::rules::billing::{Holdings, MAX_PER_PURCHASE};
use seatwise_domain::{BillingChange, Extras, Refusal, SeatId, TierName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::wire::{Units, of_form};

/// The most units of an add-on that a request can name.
pub const MAX_UNITS: u32 = 1000;
/// The most extras of a request.
const MAX_EXTRAS: usize = 20;

/// A change that a client asks for. What it leaves open follows from the product and the workspace.
#[derive(Clone, Debug)]
pub enum AskedChange {
    /// More seats; without a tier, of the product's first tier.
    Seats(Option<TierName>, u32),
    /// Another tier for a seat.
    SeatTier(SeatId, TierName),
    /// Another number of units of an add-on for a seat.
    AddOn(SeatId, AddOnId, u32),
    /// Another number of units of an add-on for each seat.
    AddOnEverywhere(AddOnId, u32),
    /// Another plan, another number of its seats, or other extras.
    Plan(AskedPlan),
    /// Packages of credits; without a name, of the product's first package.
    Credits(Option<PackageId>, u32),
}

/// A plan that a client asks for.
#[derive(Clone, Debug)]
pub struct AskedPlan {
    /// The plan.
    pub plan: String,
    /// The number of seats; `None`: as it is on this plan, or as another plan has it.
    pub seats: Option<u32>,
    /// The extras; `None`: those that the workspace has and the plan sells.
    pub extras: Option<Extras>,
}

impl AskedChange {
    /// The change of this workspace.
    pub fn of(&self, pack: &Pack, holdings: &Holdings<'_>) -> Result<BillingChange, Refusal> {
        Ok(match self.clone() {
            Self::Seats(tier, quantity) => {
                let first = || pack.seats.tiers.first().map(|tier| tier.id.clone());
                let tier = tier.map(|tier| pack.tier_id(&tier)).or_else(first);
                BillingChange::Seats { tier: tier.ok_or(Refusal::NotOffered)?, quantity }
            }
            Self::SeatTier(seat, tier) => BillingChange::SeatTier { seat, tier: pack.tier_id(&tier) },
            Self::AddOn(seat, add_on, quantity) => BillingChange::AddOn { seat, add_on, quantity },
            Self::AddOnEverywhere(add_on, quantity) => BillingChange::AddOnEverywhere { add_on, quantity },
            Self::Plan(asked) => asked.of(pack, holdings).change(),
            Self::Credits(package, quantity) => {
                let first = || pack.billing.credit_packages.first().map(|package| package.id.clone());
                let package = package.or_else(first).ok_or(Refusal::BillingNotOffered)?;
                BillingChange::Credits { package, quantity }
            }
        })
    }
}

/// A plan, with the number of its seats and its extras.
pub struct ChosenPlan {
    /// The plan.
    pub plan: String,
    /// The number of seats; `None`: the plan's own.
    pub seats: Option<u32>,
    /// The extras.
    pub extras: Extras,
}

impl AskedPlan {
    /// The plan for this workspace.
    pub fn of(self, pack: &Pack, holdings: &Holdings<'_>) -> ChosenPlan {
        let Self { plan, seats, extras } = self;
        let workspace = &holdings.workspace.value;
        let as_now = || (workspace.plan == plan).then(|| u32::try_from(holdings.tally.seats).ok()).flatten();
        let kept = || {
            let is_sold = |id: &AllowanceId| {
                let allowance = pack.plan(&plan).and_then(|plan| plan.allowance(id));
                allowance.is_some_and(|allowance| allowance.price.is_some())
            };
            workspace.extras.iter().filter(|(id, _)| is_sold(id)).map(|(id, n)| (id.clone(), *n)).collect()
        };
        let seats = if pack.seats.model == SeatModel::ByRole { seats.or_else(as_now) } else { seats };
        let extras = extras.unwrap_or_else(kept);
        ChosenPlan { plan, seats, extras }
    }
}

impl ChosenPlan {
    /// The change to this plan.
    pub fn change(self) -> BillingChange {
        let Self { plan, seats, extras } = self;
        BillingChange::Plan { plan, seats, extras }
    }
}

/// Units of an extra of a plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanExtra)]
pub struct ExtraFields {
    /// The name of the extra.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    id: AllowanceId,
    /// The number of units beyond what the plan includes.
    #[schema(value_type = u32, minimum = 0, maximum = 1_000_000)]
    quantity: Units<0, 1_000_000>,
}

/// The extras of a plan, each once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<ExtraFields>")]
pub struct ExtraList(Vec<ExtraFields>);

impl TryFrom<Vec<ExtraFields>> for ExtraList {
    type Error = String;
    fn try_from(list: Vec<ExtraFields>) -> Result<Self, String> {
        let named: BTreeMap<_, _> = list.iter().map(|extra| (&extra.id, ())).collect();
        if list.len() <= MAX_EXTRAS && named.len() == list.len() {
            Ok(Self(list))
        } else {
            Err(format!("must have at most {MAX_EXTRAS} extras, each once"))
        }
    }
}

impl ExtraList {
    /// The number of units of each extra.
    pub fn extras(&self) -> Extras {
        let some = self.0.iter().filter(|extra| extra.quantity.0 > 0);
        some.map(|extra| (extra.id.clone(), extra.quantity.0)).collect()
    }

    /// The list of these extras.
    pub fn of(extras: &Extras) -> Self {
        let field =
            |(id, units): (&AllowanceId, &u32)| ExtraFields { id: id.clone(), quantity: Units(*units) };
        Self(extras.iter().map(field).collect())
    }
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = BillingChangeKind)]
pub enum ChangeKind {
    /// More seats: `quantity`, and `tier` (without it, the first tier of the product).
    Seats,
    /// Another tier for a seat: `seatId` and `tier`.
    SeatTier,
    /// Another number of units of an add-on: `addOn` and `quantity`, for the seat `seatId` or, without it, for
    /// each seat that renews.
    AddOn,
    /// Another plan: `plan`, and `seats` and `extras` where the plan has them.
    Plan,
    /// Credits: `quantity` packages, and `package` (without it, the first package of the product).
    Credits,
}

/// A change of what a workspace pays for. The kind says which of the other fields it has.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = BillingChange)]
pub struct ChangeFields {
    /// The kind of change.
    kind: ChangeKind,
    /// The tier.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form", skip_serializing_if = "Option::is_none")]
    tier: Option<TierName>,
    /// The number of seats, units or packages.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quantity: Option<Units<0, MAX_UNITS>>,
    /// The seat.
    #[schema(value_type = Option<String>, format = Uuid)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seat_id: Option<SeatId>,
    /// The add-on.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form", skip_serializing_if = "Option::is_none")]
    add_on: Option<AddOnId>,
    /// The plan.
    #[schema(pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// The number of seats of the plan, where the role decides about the seat.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seats: Option<Units<1, 100_000>>,
    /// The extras of the plan.
    #[schema(value_type = Option<Vec<ExtraFields>>, min_items = 0, max_items = 20)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extras: Option<ExtraList>,
    /// The package of credits.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form", skip_serializing_if = "Option::is_none")]
    package: Option<PackageId>,
}

/// The field of a change that the kind needs.
fn needed<T>(name: &str, field: &mut Option<T>) -> Result<T, Problem> {
    let missing = || Problem::field(format!("change.{name}"), "is required for this kind of change");
    field.take().ok_or_else(missing)
}

/// The number of units, within the limits of the kind.
fn within(least: u32, most: u32, units: Units<0, MAX_UNITS>) -> Result<u32, Problem> {
    let outside = || Problem::field("change.quantity", format!("must be {least} to {most}"));
    Some(units.0).filter(|units| (least..=most).contains(units)).ok_or_else(outside)
}

impl ChangeFields {
    /// The change, in the field `change` of a request.
    pub fn asked(&self) -> Result<AskedChange, Problem> {
        let mut rest = self.clone();
        let asked = match rest.kind {
            ChangeKind::Seats => {
                let quantity = within(1, MAX_PER_PURCHASE, needed("quantity", &mut rest.quantity)?)?;
                AskedChange::Seats(rest.tier.take(), quantity)
            }
            ChangeKind::SeatTier => {
                AskedChange::SeatTier(needed("seatId", &mut rest.seat_id)?, needed("tier", &mut rest.tier)?)
            }
            ChangeKind::AddOn => {
                let add_on = needed("addOn", &mut rest.add_on)?;
                let quantity = needed("quantity", &mut rest.quantity)?.0;
                match rest.seat_id.take() {
                    Some(seat) => AskedChange::AddOn(seat, add_on, quantity),
                    None => AskedChange::AddOnEverywhere(add_on, quantity),
                }
            }
            ChangeKind::Plan => AskedChange::Plan(AskedPlan {
                plan: needed("plan", &mut rest.plan)?,
                seats: rest.seats.take().map(|seats| seats.0),
                extras: rest.extras.take().map(|list| list.extras()),
            }),
            ChangeKind::Credits => {
                let quantity = within(1, MAX_PER_PURCHASE, needed("quantity", &mut rest.quantity)?)?;
                AskedChange::Credits(rest.package.take(), quantity)
            }
        };
        match rest.left() {
            None => Ok(asked),
            Some(name) => {
                Err(Problem::field(format!("change.{name}"), "has no meaning in this kind of change"))
            }
        }
    }

    /// A field that the kind has not used.
    fn left(&self) -> Option<&'static str> {
        let fields = [
            (self.tier.is_some(), "tier"),
            (self.quantity.is_some(), "quantity"),
            (self.seat_id.is_some(), "seatId"),
            (self.add_on.is_some(), "addOn"),
            (self.plan.is_some(), "plan"),
            (self.seats.is_some(), "seats"),
            (self.extras.is_some(), "extras"),
            (self.package.is_some(), "package"),
        ];
        fields.into_iter().find(|(is_left, _)| *is_left).map(|(_, name)| name)
    }

    fn none(kind: ChangeKind) -> Self {
        Self {
            kind,
            tier: None,
            quantity: None,
            seat_id: None,
            add_on: None,
            plan: None,
            seats: None,
            extras: None,
            package: None,
        }
    }
}

impl ChangeFields {
    /// A change of this product.
    pub fn of(pack: &Pack, change: &BillingChange) -> Self {
        let units = |units: &u32| Some(Units(*units));
        match change {
            BillingChange::Seats { tier, quantity } => {
                let tier = Some(pack.tier_name(tier));
                Self { tier, quantity: units(quantity), ..Self::none(ChangeKind::Seats) }
            }
            BillingChange::SeatTier { seat, tier } => {
                let tier = Some(pack.tier_name(tier));
                Self { seat_id: Some(*seat), tier, ..Self::none(ChangeKind::SeatTier) }
            }
            BillingChange::AddOn { seat, add_on, quantity } => Self {
                seat_id: Some(*seat),
                add_on: Some(add_on.clone()),
                quantity: units(quantity),
                ..Self::none(ChangeKind::AddOn)
            },
            BillingChange::AddOnEverywhere { add_on, quantity } => Self {
                add_on: Some(add_on.clone()),
                quantity: units(quantity),
                ..Self::none(ChangeKind::AddOn)
            },
            BillingChange::Plan { plan, seats, extras } => Self {
                plan: Some(plan.clone()),
                seats: seats.map(Units),
                extras: Some(ExtraList::of(extras)),
                ..Self::none(ChangeKind::Plan)
            },
            BillingChange::Credits { package, quantity } => Self {
                package: Some(package.clone()),
                quantity: units(quantity),
                ..Self::none(ChangeKind::Credits)
            },
        }
    }
}
