//! Ids. Each carries what its first read needs: an id that arrives alone in a request names the
//! partition it lives in, so that one round trip finds it and one tenant's id cannot reach
//! another's item.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid id")]
pub struct BadId;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let id = Uuid::try_parse(text).map_err(|_| BadId)?;
                // One spelling only: an id is also a key and a part of signatures.
                if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(BadId) }
            }
        }

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

/// Two UUIDs as 43 characters of base64url: where it lives, and which one.
macro_rules! addressed_id {
    ($(#[$doc:meta])* $name:ident { $place:ident: $place_type:ty }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            /// Where it lives.
            pub $place: $place_type,
            /// Which one it is there: a UUIDv7, so later ones sort later.
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

uuid_id! {
    /// A workspace: the tenant, and the partition of everything in it. Never changes (S4).
    WorkspaceId
}
uuid_id! {
    /// A person, derived from their sign-in identity, so that it needs no look-up.
    UserId
}
uuid_id! {
    /// A purchased seat.
    SeatId
}
uuid_id! {
    /// A task.
    TaskId
}
uuid_id! {
    /// A recorded purchase.
    PurchaseId
}
addressed_id! {
    /// An invitation; carries its workspace, since `join` and `decline-invitation` name no other.
    InvitationId { workspace: WorkspaceId }
}
addressed_id! {
    /// A leave request; carries who asks, since a decision rests on that membership.
    LeaveRequestId { user: UserId }
}

impl WorkspaceId {
    /// From the 16 bytes of the UUID.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, BadId> {
        Uuid::from_slice(bytes).map(Self).map_err(|_| BadId)
    }
}

/// Namespace of user ids (RFC 9562 section 6.6): fixed for ever, or people lose their workspaces.
const USER_NAMESPACE: Uuid = Uuid::from_u128(0x6f1f_2a3c_91d4_4c0e_8c5b_7b1e_55ea_7715);

impl UserId {
    /// From the 16 bytes of the UUID.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, BadId> {
        Uuid::from_slice(bytes).map(Self).map_err(|_| BadId)
    }

    /// The person whom `issuer` calls `subject` (OpenID Connect Core section 2: the two together
    /// are the identity).
    pub fn of_identity(issuer: &str, subject: &str) -> Self {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        let name = format!("{}:{issuer}{subject}", issuer.len());
        Self(Uuid::new_v5(&USER_NAMESPACE, name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addressed_id_survives_its_text() {
        let id = InvitationId { workspace: WorkspaceId(Uuid::from_u128(7)), serial: Uuid::from_u128(9) };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 43);
    }

    #[test]
    fn only_one_spelling_is_an_id() {
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
    fn identities_do_not_run_together() {
        assert_ne!(UserId::of_identity("ab", "c"), UserId::of_identity("a", "bc"));
    }
}
