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
    /// How people are invited.
    pub invitation: InvitationRules,
    /// How people leave.
    pub leave: LeaveRules,
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
}

/// Roles that nobody chooses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RolesGiven {
    /// To who creates a workspace.
    pub creator: RoleId,
    /// To who joins without a role having been chosen.
    pub joiner: RoleId,
}

/// Whether a role takes a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatNeed {
    /// It takes none.
    #[default]
    None,
    /// It takes a purchased seat.
    Required,
    /// It takes a free slot while there is one, else a purchased seat (S2).
    FreeSlot,
}

/// How people come to hold seats.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Seats {
    /// Kinds of seat on sale; none means that the product sells no seats.
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
    /// Whether one may be made without an address, to be shared as a link (S3).
    #[serde(default)]
    pub shareable: bool,
    /// Whether the inviter chooses the role, or the invited gets the joiner's.
    pub role: InvitedRole,
    /// What a list of members shows of the invited (F15).
    pub badge: Badge,
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

    /// What contradicts itself, each said so that its author can mend it; empty if sound.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |is: bool, text: String| {
            if is {
                faults.push(text);
            }
        };

        fault(self.name.is_empty(), "`name` must not be empty".into());
        fault(self.product.is_empty(), "`product` must not be empty".into());
        fault(
            !self.roles.iter().any(|role| role.governing),
            "no role has `governing = true`: a workspace could not be administered".into(),
        );
        for (what, id) in [("creator", &self.roles_given.creator), ("joiner", &self.roles_given.joiner)] {
            fault(self.role(id).is_none(), format!("`roles-given.{what}` names `{id}`, which is no role"));
        }
        fault(
            !self.is_governing(&self.roles_given.creator),
            "`roles-given.creator` must be a governing role, or a new workspace has no governor".into(),
        );
        for (index, role) in self.roles.iter().enumerate() {
            let before = &self.roles[..index];
            fault(
                !is_identifier(&role.id.0),
                format!("role `{}`: an id is lower-case letters, digits and hyphens", role.id),
            );
            fault(
                before.iter().any(|other| other.id == role.id),
                format!("role `{}` is there twice", role.id),
            );
            fault(
                role.governing && !role.staff,
                format!("role `{}` governs, so it needs `staff = true`", role.id),
            );
            fault(
                role.seat != SeatNeed::None && self.seats.tiers.is_empty(),
                format!("role `{}` needs a seat, but `seats.tier` sells none", role.id),
            );
            fault(
                role.seat == SeatNeed::FreeSlot && self.seats.free_slots == 0,
                format!("role `{}` uses a free slot, but `seats.free-slots` is 0", role.id),
            );
        }
        let creator_needs = self.seat_need(&self.roles_given.creator);
        fault(
            creator_needs == SeatNeed::Required,
            "the creator's role needs a seat before one can be bought: use `free-slot` or `none`".into(),
        );
        for (index, tier) in self.seats.tiers.iter().enumerate() {
            fault(
                !is_identifier(&tier.id.0),
                format!("tier `{}`: an id is lower-case letters, digits and hyphens", tier.id),
            );
            fault(
                self.seats.tiers[..index].iter().any(|other| other.id == tier.id),
                format!("tier `{}` is there twice", tier.id),
            );
            fault(tier.price.amount < 0, format!("tier `{}` has a negative price", tier.id));
        }
        fault(
            self.leave.by == LeaveBy::Direct,
            "`leave.by = \"direct\"` is not offered yet: use `request` or `none`".into(),
        );
        let sells = !self.seats.tiers.is_empty();
        fault(
            sells && self.seats.max == 0,
            "`seats.max` must say how many seats a workspace may have".into(),
        );
        fault(self.seats.max > SEATS_MAX, format!("`seats.max` must be at most {SEATS_MAX}"));
        fault(
            !sells && self.invitation.reserves_seat,
            "`invitation.reserves-seat` needs a tier of seats".into(),
        );
        faults
    }
}

/// Most seats that a pack may allow a workspace: the seats of a workspace are read in one query,
/// whose page holds 1 MB (AWS limit), at up to 416 bytes each.
pub const SEATS_MAX: u32 = 2_400;

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 40
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
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
