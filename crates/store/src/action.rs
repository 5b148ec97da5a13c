//! Each change as one action of a transaction, with its condition.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use seatwise_domain::{
    Change, Delta, EmailKey, InvitationId, QuotaWindow, Record, TallyChange, UserId, Version, WorkspaceId,
};

use crate::error::Misuse;
use crate::expression::Expression;
use crate::item::{self, Item, SLOT_MEMBER, TTL, TYPE};
use crate::keys::PrimaryKey;

/// What is done to one item.
#[derive(Debug)]
pub(crate) struct Action {
    place: PrimaryKey,
    effect: Effect,
    expression: Expression,
    /// The version that the condition already names.
    version: Option<Version>,
}

#[derive(Debug)]
enum Effect {
    Put(Item),
    Update,
    Delete,
    Check,
}

impl Action {
    /// The action of one change.
    pub(crate) fn of(change: &Change, first: Version) -> Result<Self, Misuse> {
        let place = PrimaryKey::of(&change.key());
        let by_version = |version: Version| Expression::default().at(version.0);
        let (effect, expression, version) = match change {
            Change::Create(record) => (put(record, first)?, Expression::default().absent(), None),
            Change::Replace(record) => (put(record, first)?, Expression::default(), None),
            Change::Update(record, version) => {
                (put(record, Version(version.0 + 1))?, by_version(*version), Some(*version))
            }
            Change::Delete(_, version) => (Effect::Delete, by_version(*version), Some(*version)),
            Change::DeleteUnconditionally(_) => (Effect::Delete, Expression::default(), None),
            Change::RequireVersion(_, version) => (Effect::Check, by_version(*version), Some(*version)),
            Change::RequireAbsent(_) => (Effect::Check, Expression::default().absent(), None),
            Change::RequireRole { roles, .. } => {
                let roles = roles.iter().map(item::value).collect::<Result<_, _>>()?;
                (Effect::Check, Expression::default().one_of("role", roles), None)
            }
            Change::AdjustWorkspaceCount { workspaces, .. } if workspaces.by == 0 => {
                (Effect::Check, bounded(Expression::default(), "workspaces", *workspaces), None)
            }
            partial => (Effect::Update, update(partial)?.counted(), None),
        };
        Ok(Self { place, effect, expression, version })
    }

    /// The same action, on the further condition that the item is at `version`.
    pub(crate) fn checked(self, version: Version) -> Self {
        if self.version == Some(version) {
            return self;
        }
        Self { expression: self.expression.at(version.0), version: Some(version), ..self }
    }

    /// As DynamoDB takes it.
    pub(crate) fn into_item(self, table: &str) -> Result<TransactWriteItem, Misuse> {
        self.build(table).map_err(|_| Misuse::Encoding)
    }

    fn build(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let Self { place, effect, expression, .. } = self;
        let condition = expression.condition();
        let (names, values) = (expression.names(), expression.values());
        let item = TransactWriteItem::builder();
        Ok(match effect {
            Effect::Put(content) => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(content))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Effect::Update => item.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(place.attributes()))
                    .update_expression(expression.update())
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Effect::Delete => item.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(place.attributes()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Effect::Check => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(place.attributes()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
        }
        .build())
    }
}

fn put(record: &Record, version: Version) -> Result<Effect, Misuse> {
    item::encode(record, version).map(Effect::Put)
}

/// The changes of a part of a record, whose version is not known.
fn update(change: &Change) -> Result<Expression, Misuse> {
    let new = Expression::default();
    Ok(match change {
        Change::AdjustCounts(tally) => add_up(tally),
        Change::ChangeOccupant { from, to, until, .. } => new
            .holds("occupant", "=", item::value(from)?)
            .set("occupant", item::value(to)?)
            .set_or_remove("reserved_until", item::optional(until.as_ref())?),
        Change::UpdateSeatTerm { seat, term, .. } => {
            new.holds("seat.seat", "=", item::value(seat)?).set("seat.term", item::value(term)?)
        }
        Change::ClearPendingInvitation { invitation, .. } => is_pending(*invitation)?.remove("pending"),
        Change::ExtendPendingInvitation { invitation, expires_at, .. } => {
            is_pending(*invitation)?.set_or_remove("pending.expires_at", item::optional(expires_at.as_ref())?)
        }
        Change::VacateEmailSlot { email, workspace, user } => {
            vacate(upsert(change), email, *workspace, *user)?
        }
        Change::CloseLeaveRequest { state, .. } => new
            .holds("state.kind", "=", AttributeValue::S("pending".to_owned()))
            .set("state", item::value(state)?),
        Change::AdjustWorkspaceCount { user, workspaces } => {
            bounded(upsert(change), "workspaces", *workspaces)
                .set("user", item::value(user)?)
                .add("workspaces", workspaces.by)
        }
        Change::UseQuota { workspace, window, by, limit } => {
            spend(upsert(change), *workspace, window, *by, *limit)?
        }
        Change::UpdateMemberProfile { email, first_name, last_name, .. } => new
            .present()
            .set(item::BY_NAME, item::by_name(first_name.as_ref(), last_name.as_ref(), email.as_ref()))
            .set_or_remove("email", item::optional(email.as_ref())?)
            .set_or_remove("first_name", item::optional(first_name.as_ref())?)
            .set_or_remove("last_name", item::optional(last_name.as_ref())?),
        Change::Create(_)
        | Change::Replace(_)
        | Change::RequireAbsent(_)
        | Change::RequireRole { .. }
        | Change::Update(..)
        | Change::Delete(..)
        | Change::DeleteUnconditionally(_)
        | Change::RequireVersion(..) => return Err(Misuse::Encoding),
    })
}

/// The start of an update that creates a missing item: the item needs its type.
fn upsert(change: &Change) -> Expression {
    let item_type = item::type_of(&change.key());
    Expression::default().set(TYPE, AttributeValue::S(item_type.to_owned()))
}

fn is_pending(invitation: InvitationId) -> Result<Expression, Misuse> {
    Ok(Expression::default().holds("pending.invitation", "=", item::value(&invitation)?))
}

/// The member leaves the slot, if they are in it; else nothing of it changes. No condition: a slot
/// that is gone, or that another account with the same address has taken over since, must not
/// keep a removal from happening, for ever. So the member is a set, which deleting leaves as it is
/// if they are not in it. Where the item is missing an update makes one, so this one makes it
/// whole: an empty slot means the same as none. (A conditional delete would not do: the slot may
/// also hold a pending invitation.)
fn vacate(
    upsert: Expression,
    email: &EmailKey,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Expression, Misuse> {
    Ok(upsert
        .set("email", item::value(email)?)
        .set("workspace", item::value(&workspace)?)
        .set("left", AttributeValue::Bool(true))
        .take_out(SLOT_MEMBER, user.to_string()))
}

/// Uses some of a quota. The first use makes the item, so a missing one is one that has all left.
fn spend(
    upsert: Expression,
    workspace: WorkspaceId,
    window: &QuotaWindow,
    by: u32,
    limit: u32,
) -> Result<Expression, Misuse> {
    let Some(most_before) = limit.checked_sub(by) else { return Err(Misuse::Encoding) };
    let ends = window.ends.as_ref();
    Ok(upsert
        .absent_or("used", "<=", item::number(most_before))
        .set("workspace", item::value(&workspace)?)
        .set("window", item::value(&window.name)?)
        .set_or_remove("ends", item::optional(ends)?)
        .set_or_remove(TTL, ends.map(|ends| item::number(item::ttl(*ends))))
        .add("used", i64::from(by)))
}

fn add_up(tally: &TallyChange) -> Expression {
    tally.deltas().into_iter().fold(Expression::default().present(), |expression, (name, delta)| {
        let expression = bounded(expression, name, delta);
        if delta.by == 0 { expression } else { expression.add(name, delta.by) }
    })
}

/// The bounds are on the sum, so the condition is on what the sum is made from: a condition sees
/// the item as it was.
fn bounded(expression: Expression, name: &str, delta: Delta) -> Expression {
    let Delta { by, min, max } = delta;
    let expression = match min {
        Some(min) => expression.holds(name, ">=", item::number(min.saturating_sub(by))),
        None => expression,
    };
    match max {
        Some(max) => expression.holds(name, "<=", item::number(max.saturating_sub(by))),
        None => expression,
    }
}
