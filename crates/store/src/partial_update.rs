//! Updates of a part of a record, whose version is not known: the expression names what must be true of it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::{
    AddressMark, BilledWorkspace, Change, CountChange, Delta, EmailKey, Invitation, InvitationId,
    LeaveRequestId, LeaveState, MailLimits, MailSender, QuotaName, QuotaSubject, QuotaWindow, Record,
    SeatHold, SeatTerm, Task, TaskKind, UserId, WorkspaceId,
};

use crate::error::Misuse;
use crate::expression::Expression;
use crate::item::{self, SLOT_MEMBER, TTL, TYPE};

/// The changes of a part of a record, whose version is not known.
pub(crate) fn update(change: &Change) -> Result<Expression, Misuse> {
    let new = Expression::default();
    Ok(match change {
        Change::AdjustCounts(tally) => add_up(tally),
        Change::AddCredits { workspace, by } => bounded(upsert(change), "balance", *by)
            .set("workspace", item::value(workspace)?)
            .add("balance", by.by),
        Change::CountKeyUse { .. } => count_key_use(new.present(), change)?,
        Change::NoteKeyUse { before, at, .. } => new
            .present()
            .equals("last_used", item::optional(before.as_ref())?)
            .set("last_used", item::value(at)?),
        Change::AdjustResourceCount { workspace, kind, by } => bounded(upsert(change), "used", *by)
            .set("workspace", item::value(workspace)?)
            .set("kind", item::value(kind)?)
            .add("used", by.by),
        Change::RequestBillingSync { workspace, at } => {
            request_billing_sync(upsert(change), *workspace, *at)?
        }
        Change::ChangeOccupant { from, to, until, .. } => new
            .holds("occupant", "=", item::value(from)?)
            .set("occupant", item::value(to)?)
            .set_or_remove("reserved_until", item::optional(until.as_ref())?),
        Change::UpdateSeatHold { hold, .. } => update_seat_hold(new, hold)?,
        Change::ClearPendingInvitation { invitation, .. } => {
            is_pending(*invitation)?.remove("pending").remove(item::BY_NAME)
        }
        Change::DeclinePendingInvitation { invitation, mark, .. } => is_pending(*invitation)?
            .remove("pending")
            .remove(item::BY_NAME)
            .set("declined", item::value(mark)?),
        Change::MarkDeclined { email, workspace, mark } => upsert(change)
            .set("email", item::value(email)?)
            .set("workspace", item::value(workspace)?)
            .set("declined", item::value(mark)?),
        Change::UpdatePendingInvitation { invitation, mailed, .. } => {
            update_pending_invitation(invitation, *mailed)?
        }
        Change::EndInvitation { state, .. } => new
            .holds("state.kind", "=", word(PENDING))
            .set("state", item::value(state)?)
            .remove(item::BY_NAME),
        Change::VacateEmailSlot { email, workspace, user, left_at } => {
            let slot = vacate(upsert(change), email, *workspace, *user)?;
            match left_at {
                Some(at) => slot.set("left", AttributeValue::Bool(true)).set("left_at", item::value(at)?),
                None => slot,
            }
        }
        Change::WithdrawLeaveRequest { at, .. } => new
            .one_of("state.kind", vec![word(PENDING), word("withdrawn")])
            .set("state", item::value(&LeaveState::Withdrawn { at: *at })?)
            .remove(item::BY_NAME),
        Change::ChangeCreator { from, to, .. } => {
            new.holds("creator", "=", item::value(from)?).set("creator", item::value(to)?)
        }
        Change::AdjustWorkspaceCount { user, workspaces } => {
            bounded(upsert(change), "workspaces", *workspaces)
                .set("user", item::value(user)?)
                .add("workspaces", workspaces.by)
        }
        Change::MarkWorkspaceDeleted { .. } => new.present().set("deleted", AttributeValue::Bool(true)),
        Change::CountCreatedWorkspace { user, most } => {
            let created = Delta::by(1).up_to(i64::from(*most));
            bounded(upsert(change), "created", created)
                .set("user", item::value(user)?)
                .add("created", created.by)
                .add("workspaces", 1)
        }
        Change::ForgetCreatedWorkspace { user } => {
            upsert(change).set("user", item::value(user)?).add("created", -1).add("workspaces", 0)
        }
        Change::UseMails { sender, window, to, limits } => {
            send_mails(upsert(change), *sender, window, to, *limits)?
        }
        Change::UseQuota { workspace, quota, subject, window, by, limit } => {
            spend(upsert(change), (*workspace, *quota, *subject), window, *by, *limit)?
        }
        Change::HoldMember { until, .. } => new.present().set("held_until", item::value(until)?),
        Change::UpdateMemberProfile { .. } => update_member_profile(new.present(), change)?,
        Change::Create(_)
        | Change::Replace(..)
        | Change::Put(_)
        | Change::Update(_)
        | Change::Delete(..)
        | Change::DeleteMember { .. }
        | Change::DeleteUnconditionally(_)
        | Change::RequireVersion(..)
        | Change::RequireAbsent(_)
        | Change::RequireRole { .. }
        | Change::RequireMaker { .. }
        | Change::RequireCreator { .. }
        | Change::UpdatePendingLeave { .. } => return Err(Misuse::Encoding),
    })
}

/// The copy of a seat that its holder has. It is written member by member: a newer release may have added one.
fn update_seat_hold(new: Expression, hold: &SeatHold) -> Result<Expression, Misuse> {
    let SeatHold { seat, tier, term: SeatTerm { anchor, ends } } = hold;
    Ok(new
        .holds("seat.seat", "=", item::value(seat)?)
        .set("seat.tier", item::value(tier)?)
        .set("seat.term.anchor", item::value(anchor)?)
        .set_or_remove("seat.term.ends", item::optional(ends.as_ref())?))
}

/// What a member says of themselves, and the place in the list by name that follows from it.
fn update_member_profile(member: Expression, change: &Change) -> Result<Expression, Misuse> {
    let Change::UpdateMemberProfile { user, email, email_verified, first_name, last_name, .. } = change
    else {
        return Err(Misuse::Encoding);
    };
    let known_email = email.as_ref().filter(|_| *email_verified);
    Ok(member
        .set(item::BY_NAME, item::by_name(*user, first_name.as_ref(), last_name.as_ref(), known_email))
        .set("email_verified", AttributeValue::Bool(*email_verified))
        .set_or_remove("email", item::optional(email.as_ref())?)
        .set_or_remove("first_name", item::optional(first_name.as_ref())?)
        .set_or_remove("last_name", item::optional(last_name.as_ref())?))
}

/// Counts uses of an API key within its limits. The first use of a day begins the day's count.
fn count_key_use(expression: Expression, change: &Change) -> Result<Expression, Misuse> {
    let Change::CountKeyUse { units, day_before, day, most, most_today, at, .. } = change else {
        return Err(Misuse::Encoding);
    };
    let within = |expression: Expression, name: &str, most: Option<i64>| match most {
        Some(most) => expression.absent_or(name, "<=", item::number(most - units)),
        None => expression,
    };
    let is_same_day = day_before.as_ref() == Some(day);
    let counted = within(expression, "used", *most)
        .equals("day", item::optional(day_before.as_ref())?)
        .set("last_used", item::value(at)?)
        .add("used", *units);
    Ok(if is_same_day {
        within(counted, "today", *most_today).add("today", *units)
    } else {
        counted.set("day", item::value(day)?).set("today", item::number(*units))
    })
}

/// The attributes of the task, whose lease and attempts stay.
fn request_billing_sync(
    upsert: Expression,
    workspace: WorkspaceId,
    at: Timestamp,
) -> Result<Expression, Misuse> {
    let kind = TaskKind::BillingSync(BilledWorkspace { workspace, is_check: false });
    let task = Task::new(Task::of_billing(workspace), kind, at);
    let attributes = item::attributes(&Record::Task(task))?;
    Ok(attributes.into_iter().fold(upsert, |expression, (name, value)| {
        if name == "attempts" { expression.set_first(&name, value) } else { expression.set(&name, value) }
    }))
}

/// The start of an update that creates a missing item: the item needs its type.
pub(crate) fn upsert(change: &Change) -> Expression {
    let item_type = item::type_of(&change.key());
    Expression::default().set(TYPE, AttributeValue::S(item_type.to_owned()))
}

/// The attribute of a member's pending leave request.
pub(crate) const PENDING_LEAVE: &str = "pending_leave";

/// The `kind` of the states of invitations and leave requests that are still open.
const PENDING: &str = "pending";

fn word(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Member by member: a newer release may have added one to the pending invitation.
fn update_pending_invitation(invitation: &Invitation, mailed: bool) -> Result<Expression, Misuse> {
    let Invitation { id, role, expires_at, seat, invited_by, inviter_name, maker, declined, .. } = invitation;
    let (seat, maker_role) =
        (seat.as_ref().map(|hold| hold.seat), maker.as_ref().map(|maker| maker.role.clone()));
    let mut slot = is_pending(*id)?;
    if mailed {
        slot = slot.equals("declined", item::optional(declined.as_ref())?);
    }
    Ok(slot
        .set("pending.made_at", item::value(&invitation.made_at())?)
        .set("pending.role", item::value(role)?)
        .set("pending.invited_by", item::value(invited_by)?)
        .set_or_remove("pending.inviter_name", item::optional(inviter_name.as_ref())?)
        .set_or_remove("pending.expires_at", item::optional(expires_at.as_ref())?)
        .set_or_remove("pending.seat", item::optional(seat.as_ref())?)
        .set_or_remove("pending.maker_role", item::optional(maker_role.as_ref())?)
        .set(item::BY_NAME, item::pending_slot(*expires_at, *id)))
}

/// The version stays as it is.
pub(crate) fn update_pending_leave(
    from: Option<LeaveRequestId>,
    to: Option<LeaveRequestId>,
) -> Result<Expression, Misuse> {
    Ok(Expression::default()
        .present()
        .equals(PENDING_LEAVE, item::optional(from.as_ref())?)
        .set_or_remove(PENDING_LEAVE, item::optional(to.as_ref())?))
}

fn is_pending(invitation: InvitationId) -> Result<Expression, Misuse> {
    Ok(Expression::default().holds("pending.invitation", "=", item::value(&invitation)?))
}

/// Takes the member out of the slot, if they are in it; otherwise the slot keeps its member. There is no
/// condition: a slot that is gone, or that another account with the same address has taken over since, must
/// never prevent a removal. So the member is a set, from which an absent element can be deleted without
/// effect. An update creates a missing item, so this one writes it whole: an empty slot means the same as
/// none. (A conditional delete would not do: the slot may also hold a pending invitation.)
fn vacate(
    upsert: Expression,
    email: &EmailKey,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Expression, Misuse> {
    Ok(upsert
        .set("email", item::value(email)?)
        .set("workspace", item::value(&workspace)?)
        .take_out(SLOT_MEMBER, user.to_string()))
}

/// Uses some of a quota. The first use creates the item: nothing is used of a quota without an item.
fn spend(
    upsert: Expression,
    (workspace, quota, subject): (WorkspaceId, QuotaName, QuotaSubject),
    window: &QuotaWindow,
    by: u32,
    limit: u32,
) -> Result<Expression, Misuse> {
    let Some(most_before) = limit.checked_sub(by) else { return Err(Misuse::Encoding) };
    let ends = window.ends.as_ref();
    Ok(upsert
        .absent_or("used", "<=", item::number(most_before))
        .set("workspace", item::value(&workspace)?)
        .set("quota", item::value(&quota)?)
        .set_first("subject", item::value(&subject)?)
        .set("window", item::value(&window.name)?)
        .set_or_remove("ends", item::optional(ends)?)
        .set_or_remove(TTL, ends.map(|ends| item::number(item::ttl(*ends))))
        .add("used", i64::from(by)))
}

/// Counts mails. The first of a day creates the item.
fn send_mails(
    upsert: Expression,
    sender: MailSender,
    window: &QuotaWindow,
    to: &BTreeMap<AddressMark, u32>,
    limits: MailLimits,
) -> Result<Expression, Misuse> {
    let Some(ends) = window.ends else { return Err(Misuse::Encoding) };
    let count = |expression: Expression, name: &str, by: u32, limit: u32| {
        let most_before = limit.checked_sub(by).ok_or(Misuse::Encoding)?;
        Ok(expression.absent_or(name, "<=", item::number(most_before)).add(name, i64::from(by)))
    };
    let expression = upsert
        .set_first("sender", item::value(&sender)?)
        .set("day", item::value(&window.name)?)
        .set("ends", item::value(&ends)?)
        .set(TTL, item::number(item::ttl(ends)));
    let expression = count(expression, "used", to.values().sum(), limits.all)?;
    to.iter().try_fold(expression, |expression, (address, by)| {
        count(expression, &item::mails_to(address), *by, limits.to_address)
    })
}

fn add_up(change: &CountChange) -> Expression {
    change.counts.iter().fold(Expression::default().present(), |expression, (count, delta)| {
        let expression = bounded(expression, count.name(), *delta);
        if delta.by == 0 { expression } else { expression.add(count.name(), delta.by) }
    })
}

/// The bounds of a sum, as a condition. A condition sees the item before the update, so it bounds the
/// summand. An absent attribute counts as 0.
pub(crate) fn bounded(expression: Expression, name: &str, delta: Delta) -> Expression {
    let Delta { by, min, max } = delta;
    let least = min.map(|min| min.saturating_sub(by));
    let most = max.map(|max| max.saturating_sub(by));
    let expression = least
        .into_iter()
        .fold(expression, |expression, least| compare(expression, name, ">=", least, 0 >= least));
    most.into_iter().fold(expression, |expression, most| compare(expression, name, "<=", most, 0 <= most))
}

fn compare(expression: Expression, name: &str, operator: &str, bound: i64, holds_for_0: bool) -> Expression {
    if holds_for_0 {
        expression.absent_or(name, operator, item::number(bound))
    } else {
        expression.holds(name, operator, item::number(bound))
    }
}
