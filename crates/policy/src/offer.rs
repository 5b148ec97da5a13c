//! The offers of a pack, by which the core schema annotates its actions.

use seatwise_domain::Pack;
use seatwise_domain::pack::{Channel, LeaveBy, SeatModel};

/// An offer of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A workspace to run, which every pack offers.
    Workspace,
    /// Seats of tiers, which are bought one by one.
    SeatsByTier,
    /// Seats that the role decides about.
    SeatsByRole,
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
            "leave-by-request" => Self::LeaveByRequest,
            "leave-direct" => Self::LeaveDirect,
            "invitations" => Self::Invitations,
            "links" => Self::Links,
            "domains" => Self::Domains,
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
            Self::LeaveByRequest => pack.leave.by == LeaveBy::Request,
            Self::LeaveDirect => pack.leave.by == LeaveBy::Direct,
            Self::Invitations => pack.offers(Channel::Email) || pack.offers(Channel::SingleUse),
            Self::Links => pack.offers(Channel::Link),
            Self::Domains => pack.offers(Channel::Domain),
            Self::AutoAssign => pack.joining.auto_assign.is_some(),
        }
    }
}
