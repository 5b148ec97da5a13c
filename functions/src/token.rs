//! Invitation tokens: derived, never stored (K22). Reading the table yields no usable link.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use seatwise_domain::{InvitationId, WorkspaceId};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// One key of those that tokens are made with.
#[derive(Clone)]
pub struct TokenKey {
    /// Names the key in a token.
    pub id: u8,
    /// 256 random bits.
    pub secret: [u8; 32],
}

/// The key that makes tokens, and those whose tokens are still good.
#[derive(Clone)]
pub struct TokenKeys {
    current: TokenKey,
    previous: Vec<TokenKey>,
}

/// Key id, workspace, serial, generation, then 32 bytes of HMAC-SHA-256 over what precedes.
const SIGNED_LEN: usize = 1 + 16 + 16 + 4;
const TOKEN_LEN: usize = SIGNED_LEN + 32;

impl TokenKeys {
    /// `current` makes tokens; those of `previous` are still taken, so that a rotation breaks no
    /// link on its way.
    pub fn new(current: TokenKey, previous: Vec<TokenKey>) -> Self {
        Self { current, previous }
    }

    /// The token of an invitation.
    pub fn token(&self, invitation: InvitationId, generation: u32) -> String {
        let mut bytes = signed(self.current.id, invitation, generation).to_vec();
        let mac = mac(&self.current, &bytes);
        bytes.extend(mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Which invitation a token is for, and of which generation; nothing for one that was made
    /// up. Compared in constant time (K23).
    pub fn verify(&self, token: &str) -> Option<(InvitationId, u32)> {
        // Decoding is only begun on what has the length of a token.
        let bytes: [u8; TOKEN_LEN] = (token.len() == TOKEN_LEN.div_ceil(3) * 4)
            .then(|| URL_SAFE_NO_PAD.decode(token).ok())
            .flatten()?
            .try_into()
            .ok()?;
        let (signed, claimed) = bytes.split_at(SIGNED_LEN);
        let key = std::iter::once(&self.current).chain(&self.previous).find(|key| key.id == signed[0])?;
        if !bool::from(mac(key, signed).ct_eq(claimed)) {
            return None;
        }
        let workspace = WorkspaceId::from_slice(&signed[1..17]).ok()?;
        let serial = Uuid::from_slice(&signed[17..33]).ok()?;
        let generation = u32::from_be_bytes(signed[33..].try_into().ok()?);
        Some((InvitationId { workspace, serial }, generation))
    }
}

fn signed(key: u8, invitation: InvitationId, generation: u32) -> [u8; SIGNED_LEN] {
    let mut bytes = [0; SIGNED_LEN];
    bytes[0] = key;
    bytes[1..17].copy_from_slice(invitation.workspace.0.as_bytes());
    bytes[17..33].copy_from_slice(invitation.serial.as_bytes());
    bytes[33..].copy_from_slice(&generation.to_be_bytes());
    bytes
}

fn mac(key: &TokenKey, bytes: &[u8]) -> [u8; 32] {
    // An HMAC takes keys of any length, so there is no failure to speak of.
    #[expect(clippy::expect_used, reason = "HMAC-SHA-256 takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret).expect("any length will do");
    mac.update(b"seatwise invitation v1");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u8) -> TokenKey {
        TokenKey { id, secret: [id; 32] }
    }

    fn invitation() -> InvitationId {
        InvitationId { workspace: WorkspaceId(Uuid::from_u128(1)), serial: Uuid::from_u128(2) }
    }

    #[test]
    fn k22_a_token_names_its_invitation() {
        let keys = TokenKeys::new(key(1), vec![]);
        assert_eq!(keys.verify(&keys.token(invitation(), 3)), Some((invitation(), 3)));
    }

    #[test]
    fn k22_every_changed_character_spoils_a_token() {
        let keys = TokenKeys::new(key(1), vec![]);
        let token = keys.token(invitation(), 1);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(keys.verify(&String::from_utf8(bytes).unwrap()), None, "at {at}");
        }
        assert_eq!(keys.verify(&token[1..]), None);
        assert_eq!(keys.verify(""), None);
        assert_eq!(keys.verify(&"é".repeat(46)), None);
    }

    #[test]
    fn k22_a_rotation_breaks_no_link() {
        let token = TokenKeys::new(key(1), vec![]).token(invitation(), 1);
        assert!(TokenKeys::new(key(2), vec![key(1)]).verify(&token).is_some());
        assert!(TokenKeys::new(key(2), vec![]).verify(&token).is_none());
    }
}
