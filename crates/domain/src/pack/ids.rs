//! Names of roles and tiers, and amounts of money.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The text does not have the form of a name in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a name of at most 40 lower-case letters, digits and hyphens that begins with a letter")]
pub struct BadIdentifier;

/// Whether a pack can have something of this name.
pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 40
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);
    };
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        id_type! { $(#[$doc])* $name }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadIdentifier;
            fn from_str(text: &str) -> Result<Self, BadIdentifier> {
                if is_identifier(text) { Ok(Self(text.to_owned())) } else { Err(BadIdentifier) }
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

id_type! {
    /// A role, as records, keys and rules know it: by the id that it was first published with. It has no
    /// `Display`, because people, policies and clients know a role by its [`RoleName`].
    RoleId
}
id_type! {
    /// A seat tier, as records, rules and the payment provider know it: by the id that it was first published
    /// with. It has no `Display`, because people, policies and clients know a tier by its [`TierName`].
    TierId
}
name_type! {
    /// The present name of a role, in policies, requests, answers and events; the `id` in `product.toml`.
    RoleName
}
name_type! {
    /// The present name of a seat tier, in policies, requests, answers and events; the `id` in `product.toml`.
    TierName
}

name_type! {
    /// A service: a backend of the host, by its name in the pack.
    ServiceId
}
name_type! {
    /// An add-on of seats, by its name in the pack.
    AddOnId
}
name_type! {
    /// An allowance of a plan, by its name in the pack.
    AllowanceId
}
name_type! {
    /// A kind of resource, by its name in the pack.
    KindId
}
name_type! {
    /// A package of credits, by its name in the pack.
    PackageId
}
id_type! {
    /// Anything with a price, as records and the payment provider know it: a tier by its [`TierId`], an add-on, a
    /// plan, an allowance or a package of credits by its name in the pack. No two of them have the same id.
    ItemId
}

/// An amount in the minor unit of a currency (cents).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In minor units.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// How a pack writes [`Money`]. An unknown key is a mistake there, but not in a stored record: a newer
/// release may have written it.
#[derive(Deserialize)]
#[serde(remote = "Money", deny_unknown_fields)]
pub(super) struct MoneyOfPack {
    amount: i64,
    currency: String,
}

impl MoneyOfPack {
    /// An amount that can be absent.
    pub(super) fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Money>, D::Error> {
        #[derive(Deserialize)]
        struct Written(#[serde(deserialize_with = "MoneyOfPack::deserialize")] Money);
        Option::<Written>::deserialize(from).map(|written| written.map(|Written(money)| money))
    }
}
