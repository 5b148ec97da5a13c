//! The offers of a pack, by which the core schema annotates its actions.

use seatwise_domain::Pack;
use seatwise_domain::pack::{BillingProvider, Channel, ItemKind, LeaveBy, SeatModel};

/// An offer of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A workspace to run, which every pack offers.
    Workspace,
    /// Seats of tiers, which are bought one by one.
    SeatsByTier,
    /// Seats that the role decides about.
    SeatsByRole,
    /// Extras of a seat.
    AddOns,
    /// A choice of plans, or of how much a plan includes.
    Plans,
    /// Plans that the operator manages.
    OperatorPlans,
    /// Credits.
    Credits,
    /// Anything with a price.
    Billing,
    /// Anything with a price, paid online.
    OnlineBilling,
    /// Leave requests.
    LeaveByRequest,
    /// Leaving without a request.
    LeaveDirect,
    /// Invitations: by address, or as a link for one person.
    Invitations,
    /// Links.
    Links,
    /// Domains that bring people in.
    Domains,
    /// API keys.
    ApiKeys,
    /// Resources under limits.
    Resources,
    /// The choice whether joiners get a seat automatically.
    AutoAssign,
}

impl Offer {
    /// The offer of that name in an annotation.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "workspace" => Self::Workspace,
            "seats-by-tier" => Self::SeatsByTier,
            "seats-by-role" => Self::SeatsByRole,
            "add-ons" => Self::AddOns,
            "plans" => Self::Plans,
            "operator-plans" => Self::OperatorPlans,
            "credits" => Self::Credits,
            "billing" => Self::Billing,
            "online-billing" => Self::OnlineBilling,
            "leave-by-request" => Self::LeaveByRequest,
            "leave-direct" => Self::LeaveDirect,
            "invitations" => Self::Invitations,
            "links" => Self::Links,
            "domains" => Self::Domains,
            "api-keys" => Self::ApiKeys,
            "resources" => Self::Resources,
            "auto-assign" => Self::AutoAssign,
            _ => return None,
        })
    }

    /// The offers that the value of an annotation names, separated by spaces.
    pub fn listed(names: &str) -> impl Iterator<Item = Self> {
        names.split(' ').filter_map(Self::named)
    }

    /// Whether the pack has it.
    pub fn is_of(self, pack: &Pack) -> bool {
        match self {
            Self::Workspace => true,
            Self::SeatsByTier => pack.seats.model == SeatModel::ByTier,
            Self::SeatsByRole => pack.seats.model == SeatModel::ByRole,
            Self::AddOns => has_price(pack, ItemKind::AddOn),
            Self::Plans => {
                pack.plans.len() > 1 || has_price(pack, ItemKind::Plan) || has_price(pack, ItemKind::Extra)
            }
            Self::OperatorPlans => pack.plans.iter().any(|plan| plan.operator_managed),
            Self::Credits => has_price(pack, ItemKind::Credits),
            Self::Billing => !pack.items().is_empty(),
            Self::OnlineBilling => {
                Self::Billing.is_of(pack) && pack.billing.provider == BillingProvider::Stripe
            }
            Self::LeaveByRequest => pack.leave.by == LeaveBy::Request,
            Self::LeaveDirect => pack.leave.by == LeaveBy::Direct,
            Self::Invitations => pack.offers(Channel::Email) || pack.offers(Channel::SingleUse),
            Self::Links => pack.offers(Channel::Link),
            Self::Domains => pack.offers(Channel::Domain),
            Self::ApiKeys => pack.api_keys.is_some(),
            Self::Resources => !pack.resources.is_empty(),
            Self::AutoAssign => pack.joining.auto_assign.is_some(),
        }
    }
}

/// Whether the pack has a price for a thing of this kind.
fn has_price(pack: &Pack, kind: ItemKind) -> bool {
    pack.items().iter().any(|item| item.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs;
    use crate::{Bundle, Files};

    const OF_MONEY: [Offer; 5] =
        [Offer::AddOns, Offer::Plans, Offer::Credits, Offer::Billing, Offer::OnlineBilling];

    fn files(pack: &str) -> Files {
        packs::files(pack).unwrap()
    }

    /// What the pack has of the offers about money.
    fn of_money(files: &Files) -> Vec<Offer> {
        let bundle = Bundle::compile(files).unwrap();
        OF_MONEY.into_iter().filter(|offer| offer.is_of(bundle.pack())).collect()
    }

    #[test]
    fn a_pack_offers_what_it_has_a_price_for() {
        assert_eq!(of_money(&files("purchased-seats")), [Offer::AddOns, Offer::Billing]);
        assert_eq!(of_money(&files("flat-owners")), [Offer::Plans, Offer::Credits, Offer::Billing]);
        assert_eq!(of_money(&files("role-seats")), [Offer::Plans, Offer::Billing]);
        assert_eq!(of_money(&files("role-ladder")), [Offer::Plans, Offer::Billing]);
    }

    #[test]
    fn a_pack_with_stripe_is_paid_online() {
        let mut files = files("purchased-seats");
        let text = files.get_mut("product.toml").unwrap();
        *text = text.replace("provider = \"manual\"", "provider = \"stripe\"");
        assert_eq!(of_money(&files), [Offer::AddOns, Offer::Billing, Offer::OnlineBilling]);
    }
}
