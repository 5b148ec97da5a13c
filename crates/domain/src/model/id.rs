//! Ids. An id that arrives alone in a request contains the id of its partition: one round trip finds
//! the record, and an id of one tenant cannot reach an item of another tenant.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid id")]
pub struct BadId;

/// Lets serde write an id as its text and read it from there.
macro_rules! through_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

/// A UUID, as its 36 characters.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id from the 16 bytes of its UUID.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, BadId> {
                Uuid::from_slice(bytes).map(Self).map_err(|_| BadId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let id = Uuid::try_parse(text).map_err(|_| BadId)?;
                // An id has one spelling, because it is part of keys and signatures.
                if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(BadId) }
            }
        }

        through_text!($name);
    };
}

/// Two UUIDs as 43 characters of base64url: the partition, and the record in it.
macro_rules! addressed_id {
    ($(#[$doc:meta])* $name:ident { $place:ident: $place_type:ty }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            /// The partition of the record.
            pub $place: $place_type,
            /// The record in the partition: a UUIDv7, so later records sort later.
            pub serial: Uuid,
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut bytes = [0; 32];
                bytes[..16].copy_from_slice(self.$place.0.as_bytes());
                bytes[16..].copy_from_slice(self.serial.as_bytes());
                f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let bytes: [u8; 32] = URL_SAFE_NO_PAD
                    .decode(text)
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .ok_or(BadId)?;
                let (place, serial) = bytes.split_at(16);
                Ok(Self {
                    $place: <$place_type>::from_slice(place)?,
                    serial: Uuid::from_slice(serial).map_err(|_| BadId)?,
                })
            }
        }

        through_text!($name);
    };
}

uuid_id! {
    /// The id of a workspace, which is the tenant and the partition of its records. It never changes (S4).
    WorkspaceId
}
uuid_id! {
    /// The id of a user. It is derived from the identity in the sign-in token, so it needs no look-up.
    UserId
}
uuid_id! {
    /// The id of a purchased seat.
    SeatId
}
uuid_id! {
    /// The id of a task.
    TaskId
}
uuid_id! {
    /// The id of a purchase.
    PurchaseId
}
uuid_id! {
    /// The id of a resource of a workspace.
    WorkspaceResourceId
}
uuid_id! {
    /// The id of an event: a UUIDv7.
    EventId
}
uuid_id! {
    /// The id of a line in the ledger of credits.
    CreditEntryId
}
addressed_id! {
    /// The id of an invitation. It contains the workspace, because requests to `join` and
    /// `decline-invitation` do not name the workspace elsewhere.
    InvitationId { workspace: WorkspaceId }
}
addressed_id! {
    /// The id of an API key. It contains the owner, whose membership a verification reads.
    ApiKeyId { user: UserId }
}
addressed_id! {
    /// The id of a leave request. It contains the user who asks, because a decision reads that user's
    /// membership.
    LeaveRequestId { user: UserId }
}

impl EventId {
    /// An id that no event has, and that sorts before all events.
    pub const SMALLEST: Self = Self(Uuid::nil());

    /// The smallest id of an event of this time: an id begins with the milliseconds since 1970 (RFC 9562 section 5.7).
    pub fn first_at(time: Timestamp) -> Self {
        let millis = u128::try_from(time.as_millisecond()).unwrap_or(0);
        Self(Uuid::from_u128(millis << 80))
    }

    /// The time with which the id begins.
    pub fn time(self) -> Timestamp {
        let millis = i64::try_from(self.0.as_u128() >> 80).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// The id that follows this one: between the two is none.
    #[must_use]
    pub fn next(self) -> Self {
        Self(Uuid::from_u128(self.0.as_u128().saturating_add(1)))
    }
}

/// Namespace of user ids (RFC 9562 section 6.6). It must never change, or users lose their workspaces.
const USER_NAMESPACE: Uuid = Uuid::from_u128(0x6f1f_2a3c_91d4_4c0e_8c5b_7b1e_55ea_7715);

impl UserId {
    /// The id of the user whom `issuer` identifies by `subject` (OpenID Connect Core section 2: both
    /// together are the identity).
    pub fn of_identity(issuer: &str, subject: &str) -> Self {
        // The length makes ("ab", "c") and ("a", "bc") different.
        let name = format!("{}:{issuer}{subject}", issuer.len());
        Self(Uuid::new_v5(&USER_NAMESPACE, name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addressed_id_can_be_parsed_from_its_text() {
        let id = InvitationId { workspace: WorkspaceId(Uuid::from_u128(7)), serial: Uuid::from_u128(9) };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 43);
    }

    #[test]
    fn an_id_has_one_spelling() {
        for text in [
            "",
            "x",
            "{00000000-0000-0000-0000-000000000007}",
            "00000000000000000000000000000007",
            "00000000-0000-0000-0000-00000000000A",
        ] {
            assert_eq!(text.parse::<WorkspaceId>(), Err(BadId), "{text}");
        }
    }

    #[test]
    fn issuer_and_subject_are_separated() {
        assert_ne!(UserId::of_identity("ab", "c"), UserId::of_identity("a", "bc"));
    }
}
