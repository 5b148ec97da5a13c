//! Records of API keys, and the conditions on their uses.

use jiff::SignedDuration;
use seatwise_domain::{ApiKey, ApiKeyEntry, ApiKeyId, ApiKeyUse, Change, PreviousSecret, Record, SecretHash};

use super::{USER, WORKSPACE, assert_conflict, at, text, uuid};
use crate::support::engine::Engine;

const KEY: ApiKeyId = ApiKeyId { user: USER, serial: uuid(70) };

fn key() -> ApiKey {
    ApiKey {
        workspace: WORKSPACE,
        id: KEY,
        name: text("Nightly import"),
        owner_since: at(1),
        flow: None,
        secret: SecretHash("5ec2e7".to_owned()),
        previous: None,
        created_at: at(2),
        rotated_at: None,
        expires_at: None,
        revoked_at: None,
        usage_limit: None,
        daily_rate_limit: None,
    }
}

/// Records with nothing optional.
pub(super) fn bare_records() -> Vec<Record> {
    let (workspace, key_id) = (WORKSPACE, KEY);
    vec![
        Record::ApiKey(key()),
        Record::ApiKeyEntry(ApiKeyEntry { workspace, key: key_id }),
        Record::ApiKeyUse(ApiKeyUse::none(workspace, key_id)),
    ]
}

/// Records with all that they can have.
pub(super) fn full_records() -> Vec<Record> {
    let id = ApiKeyId { serial: uuid(71), ..KEY };
    let previous = Some(PreviousSecret { secret: SecretHash("01d".to_owned()), until: at(9) });
    let full = ApiKey {
        id,
        flow: Some(text("flow-1")),
        previous,
        rotated_at: Some(at(5)),
        expires_at: Some(at(8)),
        revoked_at: Some(at(7)),
        usage_limit: Some(100),
        daily_rate_limit: Some(10),
        ..key()
    };
    let used = ApiKeyUse {
        used: 7,
        day: Some("2027-01-15".to_owned()),
        today: 3,
        last_used: Some(at(6)),
        ..ApiKeyUse::none(WORKSPACE, id)
    };
    vec![Record::ApiKey(full), Record::ApiKeyUse(used)]
}

fn count(
    units: i64,
    (before, day): (Option<&str>, &str),
    most: Option<i64>,
    most_today: Option<i64>,
) -> Change {
    Change::CountKeyUse {
        workspace: WORKSPACE,
        key: KEY,
        units,
        day_before: before.map(ToOwned::to_owned),
        day: day.to_owned(),
        most,
        most_today,
        at: at(10),
    }
}

/// K65: uses stay within both limits, and each day begins anew.
#[tokio::test]
async fn k65_uses_of_a_key_keep_their_bounds() {
    let store = Engine::memory().await.store().await;
    let write = async |change: Change| store.commit_without_events(&[change]).await;
    // A key that is deleted counts nothing.
    assert_conflict(&write(count(1, (None, "1"), None, None)).await);
    write(Change::Create(Record::ApiKeyUse(ApiKeyUse::none(WORKSPACE, KEY)))).await.expect("made");
    assert_conflict(&write(count(4, (None, "1"), Some(3), None)).await);
    write(count(2, (None, "1"), Some(9), Some(3))).await.expect("the first");
    assert_conflict(&write(count(1, (None, "1"), Some(9), Some(3))).await);
    assert_conflict(&write(count(2, (Some("1"), "1"), Some(9), Some(3))).await);
    write(count(1, (Some("1"), "1"), Some(9), Some(3))).await.expect("up to the limit of the day");
    assert_conflict(&write(count(1, (Some("1"), "1"), Some(9), Some(3))).await);
    // Another day: the uses of the day begin anew, those in all do not.
    assert_conflict(&write(count(7, (Some("1"), "2"), Some(9), Some(9))).await);
    write(count(3, (Some("1"), "2"), Some(9), Some(3))).await.expect("another day");
    assert_conflict(&write(count(1, (Some("1"), "2"), Some(9), Some(3))).await);
    write(count(3, (Some("2"), "2"), Some(9), None)).await.expect("up to the limit");
    assert_conflict(&write(count(1, (Some("2"), "2"), Some(9), None)).await);
}

/// The last use is noted by one of those who try at the same time.
#[tokio::test]
async fn the_last_use_is_noted_once() {
    let store = Engine::memory().await.store().await;
    let note = async |before: Option<i64>, second: i64| {
        let before = before.map(at);
        let change = Change::NoteKeyUse { workspace: WORKSPACE, key: KEY, before, at: at(second) };
        store.commit_without_events(&[change]).await
    };
    let key = ApiKeyUse::key(WORKSPACE, KEY);
    let last = async || store.get(key.clone()).await.expect("read").map(|used| used.value.last_used);
    // Nobody waits for a note: one that comes too late changes nothing, and is no failure.
    note(None, 1).await.expect("of no key");
    assert_eq!(last().await, None);
    let unused = [Change::Create(Record::ApiKeyUse(ApiKeyUse::none(WORKSPACE, KEY)))];
    store.commit_without_events(&unused).await.expect("made");
    note(None, 1).await.expect("the first");
    assert_eq!(last().await, Some(Some(at(1))));
    note(None, 2).await.expect("too late");
    assert_eq!(last().await, Some(Some(at(1))));
    let later = SignedDuration::from_mins(2).as_secs();
    note(Some(1), later).await.expect("a later one");
    note(Some(1), later + 1).await.expect("too late");
    assert_eq!(last().await, Some(Some(at(later))));
}
