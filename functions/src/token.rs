//! Invitation tokens: derived, never stored (K22). Reading the table yields no usable link.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use seatwise_domain::{InvitationId, WorkspaceId};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::keys::{Keyring, RotatingKey};

/// The keys that tokens are made and checked with.
#[derive(Clone)]
pub struct TokenKeys(Arc<Keyring>);

/// Key id, kind of target, workspace, serial, generation, then 32 bytes of HMAC-SHA-256 over all of
/// them.
const SIGNED_LEN: usize = 1 + 1 + 16 + 16 + 4;
const TOKEN_LEN: usize = SIGNED_LEN + 32;

/// The target that a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// An invitation.
    Invitation(InvitationId),
    /// A link for a role, by the serial that stands for the role.
    Link(WorkspaceId, Uuid),
}

impl LinkTarget {
    /// The id that stands for it where the policies are asked.
    pub fn as_invitation(self) -> InvitationId {
        let (_, workspace, serial) = self.parts();
        InvitationId { workspace, serial }
    }

    /// The workspace that it leads to.
    pub fn workspace(self) -> WorkspaceId {
        match self {
            Self::Invitation(id) => id.workspace,
            Self::Link(workspace, _) => workspace,
        }
    }

    fn parts(self) -> (u8, WorkspaceId, Uuid) {
        match self {
            Self::Invitation(id) => (0, id.workspace, id.serial),
            Self::Link(workspace, serial) => (1, workspace, serial),
        }
    }

    fn of_parts(kind: u8, workspace: WorkspaceId, serial: Uuid) -> Option<Self> {
        match kind {
            0 => Some(Self::Invitation(InvitationId { workspace, serial })),
            1 => Some(Self::Link(workspace, serial)),
            _ => None,
        }
    }
}

impl TokenKeys {
    /// With these keys.
    pub fn new(keyring: Arc<Keyring>) -> Self {
        Self(keyring)
    }

    /// The token of an invitation or a link; none if there is no key to make one with.
    pub fn token(&self, opens: LinkTarget, generation: u32, now: Timestamp) -> Option<String> {
        let key = self.0.current(now)?;
        let mut bytes = signed(key.id, opens, generation).to_vec();
        let mac = mac(key, &bytes);
        bytes.extend(mac);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The target that a token opens, and its generation; `None` for a forged token. Compared in constant
    /// time (K23).
    pub fn verify(&self, token: &str) -> Option<(LinkTarget, u32)> {
        // Only a text with the length of a token is decoded.
        let bytes: [u8; TOKEN_LEN] = (token.len() == (TOKEN_LEN * 4).div_ceil(3))
            .then(|| URL_SAFE_NO_PAD.decode(token).ok())
            .flatten()?
            .try_into()
            .ok()?;
        let (signed, claimed) = bytes.split_at(SIGNED_LEN);
        let key = self.0.find(signed[0])?;
        if !bool::from(mac(key, signed).ct_eq(claimed)) {
            return None;
        }
        let workspace = WorkspaceId::from_slice(&signed[2..18]).ok()?;
        let serial = Uuid::from_slice(&signed[18..34]).ok()?;
        let generation = u32::from_be_bytes(signed[34..].try_into().ok()?);
        Some((LinkTarget::of_parts(signed[1], workspace, serial)?, generation))
    }
}

fn signed(key: u8, opens: LinkTarget, generation: u32) -> [u8; SIGNED_LEN] {
    let (kind, workspace, serial) = opens.parts();
    let mut bytes = [0; SIGNED_LEN];
    bytes[0] = key;
    bytes[1] = kind;
    bytes[2..18].copy_from_slice(workspace.0.as_bytes());
    bytes[18..34].copy_from_slice(serial.as_bytes());
    bytes[34..].copy_from_slice(&generation.to_be_bytes());
    bytes
}

fn mac(key: &RotatingKey, bytes: &[u8]) -> [u8; 32] {
    // An HMAC takes keys of any length, so there is no failure to speak of.
    #[expect(clippy::expect_used, reason = "HMAC-SHA-256 takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.bytes).expect("any length will do");
    mac.update(b"seatwise invitation v2");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn one_key() -> Keyring {
        Keyring::of(1, [1; 32])
    }

    fn keys(keyring: Keyring) -> TokenKeys {
        TokenKeys::new(Arc::new(keyring))
    }

    fn invitation() -> LinkTarget {
        let workspace = WorkspaceId(Uuid::from_u128(1));
        LinkTarget::Invitation(InvitationId { workspace, serial: Uuid::from_u128(2) })
    }

    fn token(keyring: Keyring) -> String {
        keys(keyring).token(invitation(), 3, NOW).unwrap()
    }

    #[test]
    fn k22_a_token_names_its_invitation() {
        assert_eq!(keys(one_key()).verify(&token(one_key())), Some((invitation(), 3)));
    }

    #[test]
    fn k22_a_link_is_no_invitation() {
        let link = LinkTarget::Link(WorkspaceId(Uuid::from_u128(1)), Uuid::from_u128(2));
        let made = keys(one_key()).token(link, 3, NOW).unwrap();
        assert_ne!(made, token(one_key()));
        assert_eq!(keys(one_key()).verify(&made), Some((link, 3)));
    }

    #[test]
    fn k22_every_changed_character_spoils_a_token() {
        let keys = keys(one_key());
        let token = token(one_key());
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(keys.verify(&String::from_utf8(bytes).unwrap()), None, "at {at}");
        }
        assert_eq!(keys.verify(&token[1..]), None);
        assert_eq!(keys.verify(""), None);
        assert_eq!(keys.verify(&"é".repeat(47)), None);
    }

    #[test]
    fn k22_a_rotation_breaks_no_link() {
        let rotated = one_key().rotated([2; 32], NOW, 1);
        assert_ne!(token(rotated.clone()), token(one_key()));
        assert!(keys(rotated.clone()).verify(&token(one_key())).is_some());
        // Until its key is dropped.
        let again = rotated.rotated([3; 32], NOW, 1);
        assert!(keys(again.clone()).verify(&token(rotated)).is_some());
        assert!(keys(again).verify(&token(one_key())).is_none());
    }

    #[test]
    fn k22_without_a_key_there_are_no_links() {
        assert_eq!(keys(Keyring::default()).token(invitation(), 3, NOW), None);
        assert_eq!(keys(Keyring::default()).verify(&token(one_key())), None);
    }
}
