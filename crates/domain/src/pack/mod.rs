//! The product pack: everything that differs between products, as data.
//!
//! A pack is read from `policies/packs/<name>/product.toml`. The code contains no role name, no price and
//! no limit of a product.

mod api_keys;
mod billing;
mod duration;
mod events;
mod faults;
mod ids;
mod joining;
mod leaving;
mod mail;
mod names;
mod plans;
mod prices;
mod product;
mod resources;
mod roles;
mod seats;
mod services;
mod sign_in;

pub use api_keys::ApiKeyRules;
pub use billing::{Billing, BillingProvider, CreditPackage};
pub use duration::{BadBillingPeriod, BadLifetime, BillingPeriod, Lifetime, PeriodLength};
pub use events::{EventRules, EventTerms};
pub use faults::{PackFault, SEATS_MAX};
pub use ids::{
    AddOnId, AllowanceId, BadIdentifier, ItemId, KindId, Money, PackageId, RoleId, RoleName, ServiceId,
    TierId, TierName,
};
pub use joining::{
    AfterMaker, Channel, DomainRules, InvitationRules, InvitedBadge, InvitedRole, JoiningRules, MemberRules,
    NextStep, WhenFull,
};
pub use leaving::{
    CreatorDemotion, CreatorRemoval, CreatorRules, LastAccount, LeaveBy, LeaveRules, RemovalRules,
};
pub use mail::{MAILS_MAX, MailRules, WorkspaceRules};
pub use names::Names;
pub use plans::{Allowance, Limited, Plan, QuotaPeriod, QuotaRule};
pub use prices::{ItemKind, PricedItem};
pub use product::Pack;
pub use resources::{ResourceLimit, ResourceRule};
pub use roles::{BADGE_COLORS, Role, RolesGiven, SeatNeed};
pub use seats::{AddOn, OverAssignment, SeatModel, SeatRules, Tier};
pub use services::DeclaredService;
pub use sign_in::SignInRules;
