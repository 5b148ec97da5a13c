//! Each change as one action of a transaction, with its condition.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use seatwise_domain::{Change, MakerStamp, Record, RecordUpdate, Version};

use crate::difference::difference;
use crate::error::Misuse;
use crate::expression::Expression;
use crate::item::{self, Item};
use crate::keys::PrimaryKey;
use crate::partial_update::{PENDING_LEAVE, bounded, update, update_pending_leave, upsert};

/// The action on one item.
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
        let by_version = |version: Version| Expression::default().at(version);
        let (effect, expression, version) = match change {
            Change::Create(record) => (put(record, first)?, Expression::default().absent(), None),
            Change::Replace(record, None) => (put(record, first)?, Expression::default(), None),
            Change::Replace(record, Some(version)) => {
                (put(record, next(*version))?, by_version(*version), Some(*version))
            }
            Change::Put(record) => (Effect::Update, write_known(change, record, first)?, None),
            Change::Update(update) => {
                (Effect::Update, update_record(update)?.counted(), Some(update.version))
            }
            Change::Delete(_, version) => (Effect::Delete, by_version(*version), Some(*version)),
            Change::DeleteMember { version, pending_leave, .. } => {
                let pending_leave = item::optional(pending_leave.as_ref())?;
                (Effect::Delete, by_version(*version).equals(PENDING_LEAVE, pending_leave), Some(*version))
            }
            Change::DeleteUnconditionally(_) => (Effect::Delete, Expression::default(), None),
            Change::RequireVersion(_, version) => (Effect::Check, by_version(*version), Some(*version)),
            Change::RequireAbsent(_) => (Effect::Check, Expression::default().absent(), None),
            Change::RequireRole { roles, .. } => {
                let roles = roles.iter().map(item::value).collect::<Result<_, _>>()?;
                (Effect::Check, Expression::default().one_of("role", roles), None)
            }
            Change::RequireMaker { stamp: MakerStamp { role, since, .. }, .. } => {
                let same_role = Expression::default().holds("role", "=", item::value(role)?);
                (Effect::Check, same_role.equals("role_since", item::optional(since.as_ref())?), None)
            }
            Change::RequireCreator { creator, .. } => {
                (Effect::Check, Expression::default().holds("creator", "=", item::value(creator)?), None)
            }
            Change::AdjustWorkspaceCount { workspaces, .. } if workspaces.by == 0 => {
                (Effect::Check, bounded(Expression::default(), "workspaces", *workspaces), None)
            }
            Change::UpdatePendingLeave { from, to, .. } => {
                (Effect::Update, update_pending_leave(*from, *to)?, None)
            }
            // No rule depends on a name, and a member can change theirs at any time: a new version would let
            // them hold up every change of their membership (K54).
            Change::UpdateMemberProfile { .. } | Change::HoldMember { .. } => {
                (Effect::Update, update(change)?, None)
            }
            // A run must not delete a task that was made anew, so that begins with a version that nobody has read.
            Change::RequestBillingSync { .. } => (Effect::Update, update(change)?.counted_from(first), None),
            partial => (Effect::Update, update(partial)?.counted(), None),
        };
        Ok(Self { place, effect, expression, version })
    }

    /// The same action, on the further condition that the item is at `version`.
    pub(crate) fn checked(self, version: Version) -> Self {
        if self.version == Some(version) {
            return self;
        }
        Self { expression: self.expression.at(version), version: Some(version), ..self }
    }

    /// The key and the expression of an update.
    pub(crate) fn into_update(self) -> (Item, Expression) {
        (self.place.attributes(), self.expression)
    }

    /// The action in DynamoDB's form.
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

fn next(version: Version) -> Version {
    Version(version.0 + 1)
}

/// Writes the attributes in which the contents differ.
fn update_record(update: &RecordUpdate) -> Result<Expression, Misuse> {
    let RecordUpdate { before, after, version } = update;
    if before.key() != after.key() {
        return Err(Misuse::KeyChanged);
    }
    Ok(difference(&item::attributes(before)?, &item::attributes(after)?).at(*version))
}

/// Writes all attributes that this release knows, whether or not the item exists.
fn write_known(change: &Change, record: &Record, first: Version) -> Result<Expression, Misuse> {
    let absent = item::absent_attributes(record)?;
    let expression = absent.iter().fold(upsert(change), |expression, name| expression.remove_at(&[name]));
    let attributes = item::attributes(record)?.into_iter();
    let expression =
        attributes.fold(expression, |expression, (name, value)| expression.set_at(&[&name], value));
    Ok(expression.counted_from(first))
}
