//! The product pack: all that differs between one product and another, as data.
//!
//! Deserialized from `policies/packs/<name>/product.toml`. No role name, price or limit is in code.

use std::fmt;

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self(text.to_owned()))
            }
        }

        impl $name {
            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type! {
    /// A role, by its name in the pack.
    RoleId
}
name_type! {
    /// A seat tier, by its name in the pack.
    TierId
}

/// An amount in the minor unit of a currency (cents).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// What one product needs of Seatwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pack {
    /// As its folder is called.
    pub name: String,
    /// What the product is called in mails.
    pub product: String,
    /// Who may be what; the order is the order in which a client lists them.
    #[serde(rename = "role")]
    pub roles: Vec<Role>,
    /// Which of the roles are given without asking.
    pub roles_given: RolesGiven,
    /// How people come to hold seats.
    #[serde(default)]
    pub seats: Seats,
    /// How many there may be.
    #[serde(default)]
    pub members: MemberRules,
    /// How people are invited.
    pub invitation: InvitationRules,
    /// What who joins is given.
    #[serde(default)]
    pub joining: JoiningRules,
    /// How people leave.
    pub leave: LeaveRules,
    /// What becomes of who is removed.
    #[serde(default)]
    pub removal: RemovalRules,
    /// What the creator of a workspace is safe from.
    #[serde(default)]
    pub creator: CreatorRules,
    /// What a workspace can be on.
    #[serde(rename = "plan")]
    pub plans: Vec<Plan>,
    /// How seats are paid.
    pub billing: Billing,
    /// Where a client goes on after joining.
    pub after_join: Next,
}

/// One role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Role {
    /// Its name in policies, requests and answers.
    pub id: RoleId,
    /// What people read.
    pub label: String,
    /// Who stands above whom: nobody grants a rank above their own.
    pub rank: i64,
    /// Whether a workspace must always have one, and the recovery floor protects it.
    #[serde(default)]
    pub governing: bool,
    /// Whether it may ever hold the powers that guardrails call sensitive.
    #[serde(default)]
    pub staff: bool,
    /// Colour of the badge in a list of members.
    pub badge: String,
    /// What it takes to hold it.
    #[serde(default)]
    pub seat: SeatNeed,
    /// Another role, all of whose permissions it has as well (L9).
    #[serde(default)]
    pub includes: Option<RoleId>,
}

/// Roles that nobody chooses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RolesGiven {
    /// To who creates a workspace.
    pub creator: RoleId,
    /// To who joins without a role having been chosen.
    pub joiner: RoleId,
    /// To who would be a joiner and has no seat, or gives theirs back (R3, R5).
    #[serde(default)]
    pub seatless: Option<RoleId>,
}

/// Whether a role takes a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatNeed {
    /// It takes none.
    #[default]
    None,
    /// It takes a seat.
    Required,
    /// It takes a free slot while there is one, else a seat (S2).
    FreeSlot,
}

/// What a seat is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatModel {
    /// There are none.
    #[default]
    None,
    /// Each is bought, as one of a tier, and has an id (S2).
    ByTier,
    /// The plan has a number of them, and a role takes one (R4).
    ByRole,
}

/// What becomes of a plan with fewer seats than are taken (R7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverAssignment {
    /// The workspace stays on its plan until seats are free.
    #[default]
    Block,
    /// Who took a seat last is without, until there are seats again.
    SuspendLast,
}

/// How people come to hold seats.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Seats {
    /// What a seat is.
    #[serde(default)]
    pub model: SeatModel,
    /// What becomes of a plan with fewer seats than are taken.
    #[serde(default)]
    pub over_assignment: OverAssignment,
    /// Kinds of seat; where the role decides, there is one.
    #[serde(default, rename = "tier")]
    pub tiers: Vec<Tier>,
    /// How many members hold a role without paying for a seat, per workspace.
    #[serde(default)]
    pub free_slots: u32,
    /// Most seats of one workspace, so that all of them are read in one page.
    #[serde(default)]
    pub max: u32,
    /// Extras of a seat.
    #[serde(default, rename = "add-on")]
    pub add_ons: Vec<AddOn>,
}

/// A kind of seat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// Its name in requests and answers.
    pub id: TierId,
    /// What people read.
    pub label: String,
    /// Per billing period.
    pub price: Money,
    /// What a holder may use; names of `Feature` in the pack's schema.
    #[serde(default)]
    pub features: Vec<String>,
}

/// An extra of a seat, paid per unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AddOn {
    /// Its name in requests and answers.
    pub id: String,
    /// What people read.
    pub label: String,
    /// Per unit and billing period.
    pub price: Money,
    /// Units that every seat has for nothing.
    #[serde(default)]
    pub included: u32,
}

/// How people are invited.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InvitationRules {
    /// How long one can be accepted; absent: for ever (F6).
    #[serde(default)]
    pub lifetime: Option<Lifetime>,
    /// Whether one keeps a seat for the invited from the moment it is made (S9), so that who is
    /// invited can join; else the seat is taken on joining.
    #[serde(default)]
    pub reserves_seat: bool,
    /// The ways in.
    pub channels: Vec<Channel>,
    /// Who says which role an invitation is for.
    pub role: InvitedRole,
    /// What becomes of invitations and links whose maker is removed, or ranks below them now.
    #[serde(default)]
    pub after_maker: AfterMaker,
    /// What a list of members shows of the invited (F15).
    pub badge: Badge,
}

/// A way into a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// An invitation to an address (F1).
    Email,
    /// An invitation without an address, to be shared, for one person (S3).
    SingleUse,
    /// A link for a role, for as many as come (R9).
    Link,
    /// Whoever has an address of a domain (R10).
    Domain,
}

/// What becomes of invitations and links whose maker could not make them any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterMaker {
    /// They are over: whoever made them must be a member, of no lower rank than their role, at the
    /// moment of joining.
    #[default]
    Ends,
    /// They stay what they were.
    Stays,
}

/// What a list shows beside a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Badge {
    /// What it says.
    pub label: String,
    /// Its colour.
    pub color: String,
}

/// Who says which role an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvitedRole {
    /// The inviter; the joiner's role if nothing is said.
    Chosen,
    /// Nobody: it is the joiner's role.
    Fixed,
    /// An invitation is for the joiner's role; a link is for the role that it was made for.
    ByLink,
}

/// How many members a workspace has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemberRules {
    /// At most so many (F4); absent: any number.
    #[serde(default)]
    pub max: Option<u32>,
}

/// What who joins is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JoiningRules {
    /// What happens to a joiner when no seat is free.
    #[serde(default)]
    pub when_full: WhenFull,
    /// Whether a joiner takes a seat, until the workspace sets it otherwise (R5); absent: they do, and
    /// it is no setting of a workspace.
    #[serde(default)]
    pub auto_assign: Option<bool>,
}

/// What happens to a joiner when no seat is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// They do not join (S6).
    #[default]
    Refuse,
    /// They join with the seatless role (R5).
    Seatless,
}

/// What becomes of who is removed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RemovalRules {
    /// Of the account of who is in no workspace then (F9).
    #[serde(default)]
    pub last_account: LastAccount,
}

/// What becomes of the account of somebody who was removed from their last workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastAccount {
    /// It stays (R13).
    #[default]
    Keep,
    /// It goes (F9).
    Delete,
}

/// What the creator of a workspace is safe from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CreatorRules {
    /// Whether they can be removed, or leave.
    #[serde(default)]
    pub removal: CreatorRemoval,
    /// Whether they can be given a lower role.
    #[serde(default)]
    pub demotion: CreatorDemotion,
}

/// Whether the creator of a workspace can go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreatorRemoval {
    /// As anybody.
    #[default]
    Allowed,
    /// Never (F10).
    Refused,
}

/// Whether the creator of a workspace can be given a lower role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreatorDemotion {
    /// As anybody.
    #[default]
    Allowed,
    /// Not while they are in no other workspace (F10).
    RefusedInOnlyWorkspace,
    /// Never.
    Refused,
}

/// What a workspace can be on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Its name.
    pub id: String,
    /// What people read.
    pub label: String,
    /// How many seats come with it, where the role decides the seat (R4).
    #[serde(default)]
    pub seats: u32,
    /// What a workspace on it may use; names of `Feature` in the pack's schema.
    #[serde(default)]
    pub features: Vec<String>,
    /// How many addresses may be invited (R11); absent: any number.
    #[serde(default)]
    pub email_invitations: Option<QuotaRule>,
}

/// How many in what time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuotaRule {
    /// At most.
    pub limit: u32,
    /// In this time.
    pub per: QuotaPeriod,
}

/// What a quota is counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaPeriod {
    /// A day in UTC.
    Day,
    /// The life of the workspace.
    Lifetime,
}

/// How people leave.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeaveRules {
    /// The way out.
    pub by: LeaveBy,
}

/// The way out of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaveBy {
    /// One asks, and somebody decides (S10).
    Request,
    /// One goes.
    Direct,
    /// There is none but being removed (F12).
    None,
}

/// How seats are paid.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Billing {
    /// Who is asked for the money.
    pub provider: BillingProvider,
    /// The plan a workspace starts on.
    pub plan: String,
    /// What a price is for.
    pub period: Period,
    /// How long before the end of a seat the workspace carries a notice.
    #[serde(default)]
    pub notice: Option<Lifetime>,
}

/// Who is asked for the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BillingProvider {
    /// Nobody: what is bought is granted at once and recorded, for an invoice by other means.
    Manual,
}

/// Where a client goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// Into the workspace.
    Dashboard,
    /// To the pending invitations.
    Invitations,
    /// Through the product's first steps.
    Onboarding,
}

/// The text is not an ISO 8601 duration of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a positive ISO 8601 duration such as P7D or P1M")]
pub struct BadDuration;

/// A length of time in days and smaller units, a day being 24 hours: `P7D`, `PT36H`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Lifetime(SignedDuration);

impl TryFrom<String> for Lifetime {
    type Error = BadDuration;
    fn try_from(text: String) -> Result<Self, BadDuration> {
        let span: Span = text.parse().map_err(|_| BadDuration)?;
        let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| BadDuration)?;
        // Far below what a timestamp can hold, so that adding never fails.
        let sensible = SignedDuration::ZERO < length && length <= SignedDuration::from_hours(24 * 3660);
        if sensible { Ok(Self(length)) } else { Err(BadDuration) }
    }
}

impl Lifetime {
    /// The moment that far after `start`.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.saturating_add(self.0).unwrap_or(Timestamp::MAX)
    }
}

/// A billing period: a whole number of calendar months or years, or of days.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Period(Span);

impl TryFrom<String> for Period {
    type Error = BadDuration;
    fn try_from(text: String) -> Result<Self, BadDuration> {
        let span: Span = text.parse().map_err(|_| BadDuration)?;
        let months = i64::from(span.get_years()) * 12 + i64::from(span.get_months());
        let days = i64::from(span.get_days()) + i64::from(span.get_weeks()) * 7;
        let is_sensible = matches!((months, days), (1..=120, 0) | (0, 1..=3660));
        let has_time = span.get_hours() != 0 || span.get_minutes() != 0 || span.get_seconds() != 0;
        if is_sensible && !has_time { Ok(Self(span)) } else { Err(BadDuration) }
    }
}

impl Period {
    /// The end of the period, of those that follow each other from `anchor` on, that `now` is in.
    /// Counted from the anchor, so that the 31st stays the 31st where a month has one.
    pub fn end(self, anchor: Timestamp, now: Timestamp) -> Timestamp {
        let start = anchor.to_zoned(TimeZone::UTC);
        let nth = |n: i64| {
            self.0
                .checked_mul(n)
                .and_then(|span| start.checked_add(span))
                .map_or(Timestamp::MAX, |end| end.timestamp())
        };
        // Double, then halve, instead of walking. The shortest period is a day, and a timestamp
        // spans fewer than 2^23 of them.
        let mut above = 1;
        while above < 1 << 23 && nth(above) <= now {
            above *= 2;
        }
        let mut below = above / 2;
        while above - below > 1 {
            let middle = i64::midpoint(above, below);
            if nth(middle) <= now { below = middle } else { above = middle }
        }
        nth(above)
    }
}

impl Pack {
    /// The role of that name.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == *id)
    }

    /// Whether a workspace must keep one who holds this role.
    pub fn is_governing(&self, id: &RoleId) -> bool {
        self.role(id).is_some_and(|role| role.governing)
    }

    /// What it takes to hold this role; a role the pack no longer has takes nothing.
    pub fn seat_need(&self, id: &RoleId) -> SeatNeed {
        self.role(id).map_or(SeatNeed::None, |role| role.seat)
    }

    /// The tier of that name.
    pub fn tier(&self, id: &TierId) -> Option<&Tier> {
        self.seats.tiers.iter().find(|tier| tier.id == *id)
    }

    /// The plan of that name; one that the pack no longer has is the one that workspaces start on.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        let named = |name: &str| self.plans.iter().find(|plan| plan.id == name);
        named(id).or_else(|| named(&self.billing.plan))
    }

    /// Whether there is this way in.
    pub fn offers(&self, channel: Channel) -> bool {
        self.invitation.channels.contains(&channel)
    }

    /// The roles of this rank and above.
    pub fn roles_from(&self, rank: i64) -> Vec<RoleId> {
        self.roles.iter().filter(|role| role.rank >= rank).map(|role| role.id.clone()).collect()
    }

    /// Who stands above whom; a role that the pack no longer has stands below all.
    pub fn rank(&self, id: &RoleId) -> i64 {
        self.role(id).map_or(i64::MIN, |role| role.rank)
    }

    /// The kind of all seats, where the role decides the seat.
    pub fn plan_tier(&self) -> Option<&Tier> {
        self.seats.tiers.first().filter(|_| self.seats.model == SeatModel::ByRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_ends_on_the_anchors_day() {
        let month = Period::try_from("P1M".to_owned()).unwrap();
        let anchor = at("2026-01-31T10:00:00Z");
        for (now, end) in [
            ("2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z"),
            ("2026-02-28T09:59:59Z", "2026-02-28T10:00:00Z"),
            ("2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z"),
            ("2030-06-01T00:00:00Z", "2030-06-30T10:00:00Z"),
            ("2025-06-01T00:00:00Z", "2026-02-28T10:00:00Z"),
        ] {
            assert_eq!(month.end(anchor, at(now)), at(end), "{now}");
        }
    }

    #[test]
    fn a_period_survives_the_end_of_time() {
        let day = Period::try_from("P1D".to_owned()).unwrap();
        assert!(day.end(at("2026-01-01T00:00:00Z"), Timestamp::MAX) >= at("9999-12-30T00:00:00Z"));
    }

    #[test]
    fn durations_that_mean_nothing_are_refused() {
        for bad in ["", "7 days or so", "P0D", "-P7D", "P1M", "P999Y"] {
            assert!(Lifetime::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        for bad in ["P0D", "-P1M", "P1M3D", "PT1H", "P1000Y"] {
            assert!(Period::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
