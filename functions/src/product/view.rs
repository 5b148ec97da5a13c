//! The product, as clients see it: what the active pack says, without its policies.

use seatwise_domain::pack::{
    Allowance, BillingProvider, Channel, ItemKind, LeaveBy, Plan, SeatModel, SeatNeed, Tier,
};
use seatwise_domain::{Money, Pack};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::money::MoneyView;

/// The product.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Product)]
pub struct ProductView {
    /// The number of the publication that says so. It changes with each publication.
    version: u32,
    /// The name of the product.
    #[schema(example = "Seatwise")]
    name: String,
    /// The roles, in the order in which a client lists them.
    roles: Vec<RoleView>,
    /// The role of a workspace's creator.
    creator_role: String,
    /// The role of a person who joins, if nobody chose another.
    joiner_role: String,
    /// Where seats come from: `none`, `by-tier` (bought one by one) or `by-role` (of the plan).
    #[schema(example = "by-tier")]
    seat_model: SeatModelName,
    /// The tiers of seats.
    tiers: Vec<TierView>,
    /// The add-ons of seats.
    add_ons: Vec<AddOnView>,
    /// The plans.
    plans: Vec<PlanView>,
    /// The packages of credits.
    credit_packages: Vec<PackageView>,
    /// The kinds of resources.
    resource_kinds: Vec<KindView>,
    /// The most members of a workspace; null if only the plan limits them, or nothing does.
    #[schema(required)]
    most_members: Option<u32>,
    /// What the product offers. A client hides the rest.
    offers: OffersView,
}

/// The name of a seat model.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SeatModel)]
pub enum SeatModelName {
    /// There are no seats.
    None,
    /// Seats are bought one by one.
    ByTier,
    /// Seats come with the plan.
    ByRole,
}

/// A role.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductRole)]
pub struct RoleView {
    /// The name in requests and answers.
    id: String,
    /// The name that people read.
    label: String,
    /// The order: nobody gives a role that ranks above their own.
    rank: i64,
    /// Whether a workspace needs a member with a role like this.
    governing: bool,
    /// The color of the badge.
    color: String,
    /// Whether the role needs a seat: `none`, `required` or `free-slot`.
    #[schema(example = "required")]
    seat: &'static str,
}

/// A tier of seats.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductTier)]
pub struct TierView {
    /// The name in requests and answers.
    id: String,
    /// The name that people read.
    label: String,
    /// The price for each seat and period; null if the plan pays for it.
    #[schema(required)]
    price: Option<MoneyView>,
    /// The features of the tier.
    features: Vec<String>,
}

/// An add-on of a seat.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductAddOn)]
pub struct AddOnView {
    /// The name in requests and answers.
    id: String,
    /// The name that people read.
    label: String,
    /// The price for each unit and period.
    price: MoneyView,
    /// The number that each seat has without the add-on.
    included: u32,
    /// The most units of one seat.
    max: u32,
}

/// A plan.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProductPlan)]
pub struct PlanView {
    /// The name in requests and answers.
    id: String,
    /// The name that people read.
    label: String,
    /// The price for each period, of the plan or of each of its seats; null if it is not bought online.
    #[schema(required)]
    price: Option<MoneyView>,
    /// Whether the price is for each seat.
    price_per_seat: bool,
    /// Whether only the operator changes a workspace to or from the plan.
    operator_managed: bool,
    /// The number of seats that come with the plan.
    seats: u32,
    /// The features of the plan.
    features: Vec<String>,
    /// What the plan includes, and the prices of more.
    allowances: Vec<AllowanceView>,
}

/// A number of something that a plan includes.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductAllowance)]
pub struct AllowanceView {
    /// The name in requests and answers.
    id: String,
    /// The name that people read.
    label: String,
    /// The number that the plan includes.
    included: u32,
    /// The price for each one more and period; null if more cannot be bought.
    #[schema(required)]
    price: Option<MoneyView>,
}

/// A package of credits.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductPackage)]
pub struct PackageView {
    /// The name in requests and answers.
    id: String,
    /// The name that people read.
    label: String,
    /// The number of credits.
    credits: u32,
    /// The price.
    price: MoneyView,
}

/// A kind of resource.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductResourceKind)]
pub struct KindView {
    /// The name in requests and answers.
    id: String,
    /// The name that people read.
    label: String,
    /// The heading under which a client lists it; null if there is none.
    #[schema(required)]
    group: Option<String>,
    /// The allowance of the plans that limits it, by its id; null if no plan does.
    #[schema(required, example = "bots")]
    allowance: Option<String>,
}

/// What the product offers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProductOffers)]
#[expect(clippy::struct_excessive_bools, reason = "a list of offers")]
pub struct OffersView {
    /// Invitations by email.
    email_invitations: bool,
    /// A link for one person.
    single_use_links: bool,
    /// A link for each role.
    role_links: bool,
    /// Joining by the domain of an address.
    domains: bool,
    /// How a member leaves: `request`, `direct` or `none`.
    #[schema(example = "request")]
    leave: &'static str,
    /// The choice whether joiners get a seat automatically.
    auto_assign: bool,
    /// Anything with a price.
    billing: bool,
    /// Payments online.
    online_billing: bool,
    /// Credits.
    credits: bool,
    /// Resources under limits.
    resources: bool,
}

impl ProductView {
    /// The product of a pack.
    pub fn of(pack: &Pack, version: u32) -> Self {
        let has = |kind: ItemKind| pack.items().iter().any(|item| item.kind == kind);
        let billing = !pack.items().is_empty();
        Self {
            version,
            name: pack.product.clone(),
            roles: pack.roles.iter().map(role).collect(),
            creator_role: pack.role_name(&pack.roles_given.creator).to_string(),
            joiner_role: pack.role_name(&pack.roles_given.joiner).to_string(),
            seat_model: match pack.seats.model {
                SeatModel::None => SeatModelName::None,
                SeatModel::ByTier => SeatModelName::ByTier,
                SeatModel::ByRole => SeatModelName::ByRole,
            },
            tiers: pack.seats.tiers.iter().map(tier).collect(),
            add_ons: pack.seats.add_ons.iter().map(add_on).collect(),
            plans: pack.plans.iter().map(|it| plan(it, pack.seats.model == SeatModel::ByRole)).collect(),
            credit_packages: pack.billing.credit_packages.iter().map(package).collect(),
            resource_kinds: pack.resources.iter().map(kind).collect(),
            most_members: pack.members.max,
            offers: OffersView {
                email_invitations: pack.offers(Channel::Email),
                single_use_links: pack.offers(Channel::SingleUse),
                role_links: pack.offers(Channel::Link),
                domains: pack.offers(Channel::Domain),
                leave: match pack.leave.by {
                    LeaveBy::Request => "request",
                    LeaveBy::Direct => "direct",
                    LeaveBy::None => "none",
                },
                auto_assign: pack.joining.auto_assign.is_some(),
                billing,
                online_billing: billing && pack.billing.provider == BillingProvider::Stripe,
                credits: has(ItemKind::Credits),
                resources: !pack.resources.is_empty(),
            },
        }
    }
}

fn money(price: Option<&Money>) -> Option<MoneyView> {
    price.map(MoneyView::from)
}

fn role(role: &seatwise_domain::pack::Role) -> RoleView {
    RoleView {
        id: role.name.to_string(),
        label: role.label.clone(),
        rank: role.rank,
        governing: role.governing,
        color: role.badge.clone(),
        seat: match role.seat {
            SeatNeed::None => "none",
            SeatNeed::Required => "required",
            SeatNeed::FreeSlot => "free-slot",
        },
    }
}

fn tier(tier: &Tier) -> TierView {
    TierView {
        id: tier.name.to_string(),
        label: tier.label.clone(),
        price: money(tier.price.as_ref()),
        features: tier.features.clone(),
    }
}

fn add_on(add_on: &seatwise_domain::pack::AddOn) -> AddOnView {
    AddOnView {
        id: add_on.id.to_string(),
        label: add_on.label.clone(),
        price: (&add_on.price).into(),
        included: add_on.included,
        max: add_on.max,
    }
}

fn plan(plan: &Plan, by_role: bool) -> PlanView {
    PlanView {
        id: plan.id.clone(),
        label: plan.label.clone(),
        price: money(plan.price.as_ref()),
        price_per_seat: by_role && plan.price.is_some(),
        operator_managed: plan.operator_managed,
        seats: plan.seats,
        features: plan.features.clone(),
        allowances: plan.allowances.iter().map(allowance).collect(),
    }
}

fn allowance(allowance: &Allowance) -> AllowanceView {
    AllowanceView {
        id: allowance.id.to_string(),
        label: allowance.label.clone(),
        included: allowance.included,
        price: money(allowance.price.as_ref()),
    }
}

fn package(package: &seatwise_domain::pack::CreditPackage) -> PackageView {
    PackageView {
        id: package.id.to_string(),
        label: package.label.clone(),
        credits: package.credits,
        price: (&package.price).into(),
    }
}

fn kind(rule: &seatwise_domain::pack::ResourceRule) -> KindView {
    KindView {
        id: rule.id.to_string(),
        label: rule.label.clone(),
        group: rule.group.clone(),
        allowance: rule.allowance.as_ref().map(ToString::to_string),
    }
}
