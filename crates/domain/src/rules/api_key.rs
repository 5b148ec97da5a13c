//! API keys: made, limited, rotated, revoked, deleted, and verified (F14, L7, K65, K66).

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::change::{Change, Changes};
use crate::count_change::{CountChange, Delta};
use crate::edit::Edit;
use crate::model::{
    ApiKey, ApiKeyEntry, ApiKeyId, ApiKeyName, ApiKeyUse, Count, FlowId, Member, PreviousSecret, SecretHash,
    Tally,
};
use crate::moment::Moment;
use crate::pack::{ApiKeyRules, Pack};
use crate::record::{Record, RecordKey, Stored};
use crate::refusal::Refusal;

/// The time between two writes of the last use.
const LAST_USE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A key to make.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The name.
    pub name: ApiKeyName,
    /// The flow.
    pub flow: Option<FlowId>,
    /// The end.
    pub expires_at: Option<Timestamp>,
    /// The hash of the secret.
    pub secret: SecretHash,
}

/// The rules of the pack; a refusal, if it has no keys.
pub fn rules(pack: &Pack) -> Result<&ApiKeyRules, Refusal> {
    pack.api_keys.as_ref().ok_or(Refusal::NotOffered)
}

/// Makes a key of this member.
pub fn create(
    pack: &Pack,
    owner: &Member,
    tally: &Tally,
    new: NewApiKey,
    moment: &mut Moment,
) -> Result<(ApiKey, Changes), Refusal> {
    let most = i64::from(rules(pack)?.max_per_workspace);
    if tally.api_keys >= most {
        return Err(Refusal::ApiKeyLimitReached);
    }
    let (workspace, id) = (owner.workspace, ApiKeyId { user: owner.user, serial: moment.fresh_id() });
    let key = ApiKey {
        workspace,
        id,
        name: new.name,
        owner_since: owner.joined_at,
        flow: new.flow,
        secret: new.secret,
        previous: None,
        created_at: moment.now,
        rotated_at: None,
        expires_at: new.expires_at,
        revoked_at: None,
        usage_limit: None,
        daily_rate_limit: None,
    };
    let counted = CountChange::one(workspace, Count::ApiKeys, Delta::by(1).up_to(most));
    let changes = vec![
        Change::Create(Record::ApiKey(key.clone())),
        Change::Create(Record::ApiKeyEntry(ApiKeyEntry { workspace, key: id })),
        // Later uses require it, so a late one makes nothing after the deletion of the key.
        Change::Create(Record::ApiKeyUse(ApiKeyUse::none(workspace, id))),
        Change::AdjustCounts(counted),
    ];
    Ok((key, changes))
}

/// Sets or clears the limits of a key.
pub fn set_limits(stored: &Stored<ApiKey>, usage: Edit<u32>, daily: Edit<u32>) -> (ApiKey, Changes) {
    let before = &stored.value;
    let key = ApiKey {
        usage_limit: usage.applied_to(before.usage_limit),
        daily_rate_limit: daily.applied_to(before.daily_rate_limit),
        ..before.clone()
    };
    updated(stored, key)
}

/// Revokes a key, for ever. A second revocation changes nothing.
pub fn revoke(stored: &Stored<ApiKey>, now: Timestamp) -> (ApiKey, Changes) {
    let revoked_at = stored.value.revoked_at.or(Some(now));
    updated(stored, ApiKey { revoked_at, previous: None, ..stored.value.clone() })
}

/// Gives a key another secret. The one before stays valid until a time. `owner` is the membership of the key's owner: a
/// key that does not work any more gets no secret.
pub fn rotate(
    stored: &Stored<ApiKey>,
    owner: &Member,
    secret: SecretHash,
    overlap: SignedDuration,
    now: Timestamp,
) -> Result<(ApiKey, Changes), Refusal> {
    require_live(&stored.value, Some(owner), now).map_err(|_| Refusal::ApiKeyRevoked)?;
    let until = now.saturating_add(overlap).unwrap_or(Timestamp::MAX);
    let previous = (until > now).then(|| PreviousSecret { secret: stored.value.secret.clone(), until });
    Ok(updated(stored, ApiKey { secret, previous, rotated_at: Some(now), ..stored.value.clone() }))
}

fn updated(stored: &Stored<ApiKey>, key: ApiKey) -> (ApiKey, Changes) {
    let changes =
        if key == stored.value { Changes::new() } else { vec![Change::update(stored, key.clone())] };
    (key, changes)
}

/// Deletes a key.
pub fn delete(stored: &Stored<ApiKey>) -> Changes {
    let ApiKey { workspace, id, .. } = stored.value;
    vec![
        Change::Delete(RecordKey::ApiKey(workspace, id), stored.version),
        Change::DeleteUnconditionally(RecordKey::ApiKeyEntry(workspace, id)),
        Change::DeleteUnconditionally(RecordKey::ApiKeyUse(workspace, id)),
        Change::AdjustCounts(CountChange::one(workspace, Count::ApiKeys, Delta::by(-1).keeping(0))),
    ]
}

/// The reason why a key is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It was revoked.
    Revoked,
    /// It has expired.
    Expired,
    /// The membership that it belongs to has ended.
    OwnerGone,
    /// It has no uses left.
    UsageExceeded,
    /// It has no uses left today.
    RateExceeded,
}

/// Whether a hash is that of the key's secret, or of the one before within its time. `same` compares in constant time.
pub fn has_secret(key: &ApiKey, now: Timestamp, same: impl Fn(&SecretHash) -> bool) -> bool {
    let previous = key.previous.as_ref().filter(|previous| now < previous.until);
    // Both are compared, so that the time tells nothing.
    let (is_current, is_previous) =
        (same(&key.secret), previous.is_some_and(|previous| same(&previous.secret)));
    is_current | is_previous
}

/// Whether the key can be used now by its state and its owner's membership.
pub fn require_live(key: &ApiKey, owner: Option<&Member>, now: Timestamp) -> Result<(), Invalid> {
    if key.revoked_at.is_some() {
        Err(Invalid::Revoked)
    } else if key.expires_at.is_some_and(|end| end <= now) {
        Err(Invalid::Expired)
    } else if owner.is_none_or(|owner| owner.joined_at != key.owner_since) {
        Err(Invalid::OwnerGone)
    } else {
        Ok(())
    }
}

/// The day (UTC) of a time, as its uses are counted.
pub fn day(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).date().to_string()
}

/// The uses that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Of all; absent without a limit.
    pub usage: Option<i64>,
    /// On this day; absent without a limit.
    pub today: Option<i64>,
}

/// The uses that are left now.
pub fn remaining(key: &ApiKey, used: &ApiKeyUse, now: Timestamp) -> Remaining {
    remaining_after(key, used, 0, now)
}

/// The uses that are left after these units.
fn remaining_after(key: &ApiKey, used: &ApiKeyUse, units: i64, now: Timestamp) -> Remaining {
    let left = |limit: Option<u32>, used: i64| limit.map(|limit| i64::from(limit) - used - units);
    Remaining {
        usage: left(key.usage_limit, used.used),
        today: left(key.daily_rate_limit, used.on(&counting_day(used, now))),
    }
}

/// The day on which a use counts. One that another machine has begun is not begun again by a clock that is late.
fn counting_day(used: &ApiKeyUse, now: Timestamp) -> String {
    used.day.clone().unwrap_or_default().max(day(now))
}

/// Counts so many uses. A key without a limit is not counted: only its last use is noted, once a minute.
pub fn count(
    key: &ApiKey,
    used: &ApiKeyUse,
    units: u32,
    now: Timestamp,
) -> Result<(Remaining, Option<Change>), Invalid> {
    let (day, units) = (counting_day(used, now), i64::from(units));
    let remaining = remaining_after(key, used, units, now);
    if remaining.usage.is_some_and(|left| left < 0) {
        return Err(Invalid::UsageExceeded);
    }
    if remaining.today.is_some_and(|left| left < 0) {
        return Err(Invalid::RateExceeded);
    }
    let is_limited = key.usage_limit.is_some() || key.daily_rate_limit.is_some();
    let is_noted = used.last_used.is_some_and(|last| now.duration_since(last) < LAST_USE_EVERY);
    let (workspace, id) = (key.workspace, key.id);
    let change = if is_limited {
        Some(Change::CountKeyUse {
            workspace,
            key: id,
            units,
            day_before: used.day.clone(),
            day,
            most: key.usage_limit.map(i64::from),
            most_today: key.daily_rate_limit.map(i64::from),
            at: now,
        })
    } else {
        (!is_noted).then_some(Change::NoteKeyUse { workspace, key: id, before: used.last_used, at: now })
    };
    Ok((remaining, change))
}
