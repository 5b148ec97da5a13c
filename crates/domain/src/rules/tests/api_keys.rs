//! The ends of API keys, to the second (K66).

use jiff::SignedDuration;
use uuid::Uuid;

use super::fixture::{WORKSPACE, member, now};
use crate::model::{ApiKey, ApiKeyId, Member, PreviousSecret, Seating, SecretHash};
use crate::rules::api_key::{Invalid, has_secret, require_live};

fn hash(text: &str) -> SecretHash {
    SecretHash(text.to_owned())
}

fn key(owner: &Member) -> ApiKey {
    ApiKey {
        workspace: WORKSPACE,
        id: ApiKeyId { user: owner.user, serial: Uuid::nil() },
        name: "Import".to_owned().try_into().unwrap(),
        owner_since: owner.joined_at,
        flow: None,
        secret: hash("new"),
        previous: None,
        created_at: now(),
        rotated_at: None,
        expires_at: None,
        revoked_at: None,
        usage_limit: None,
        daily_rate_limit: None,
    }
}

#[test]
fn k66_the_secret_before_ends_to_the_second() {
    let owner = member(1, "owner", Seating::None).value;
    let until = now() + SignedDuration::from_secs(60);
    let previous = Some(PreviousSecret { secret: hash("old"), until });
    let key = ApiKey { previous, ..key(&owner) };
    for (before_end, is_valid) in [(60, true), (1, true), (0, false), (-1, false)] {
        let at = until - SignedDuration::from_secs(before_end);
        let has = |text: &str| has_secret(&key, at, |known| *known == hash(text));
        assert_eq!((has("old"), has("new"), has("other")), (is_valid, true, false), "{before_end}");
    }
}

#[test]
fn k66_a_key_expires_to_the_second() {
    let owner = member(1, "owner", Seating::None).value;
    let end = now() + SignedDuration::from_secs(60);
    let key = ApiKey { expires_at: Some(end), ..key(&owner) };
    let live = |before_end| require_live(&key, Some(&owner), end - SignedDuration::from_secs(before_end));
    assert_eq!((live(1), live(0), live(-1)), (Ok(()), Err(Invalid::Expired), Err(Invalid::Expired)));
}
