//! An event, as clients see it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::{ActorKind, EventTarget, EventType, EventValue, FieldChange, LogEvent};
use serde::Serialize;
use utoipa::ToSchema;

use crate::named;
use crate::wire::schema::text;

named! {
    /// What happened. Later versions can add types.
    EventTypeName = "EventType": text()
        .max_length(Some(100))
        .examples(["member.removed"])
        .description(Some(described_types()));
}

/// The types with their sentences, for the API reference.
fn described_types() -> String {
    let lines = EventType::ALL.iter().map(|kind| format!("- `{}`: {}", kind.name(), kind.sentence()));
    format!("What happened. Later versions can add types.\n\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// An event.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    /// The id. Events with larger ids are not older.
    #[schema(format = Uuid)]
    pub id: String,
    /// The time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[serde(rename = "type")]
    #[schema(value_type = EventTypeName)]
    pub event_type: String,
    /// The operation, or the background function, in camelCase.
    #[schema(example = "removeMember")]
    pub operation: String,
    /// Who did it.
    pub actor: ActorView,
    /// What it happened to. The first target is the main one.
    pub targets: Vec<TargetView>,
    /// The circumstances.
    pub context: ContextView,
    /// What changed of the first target, by field.
    pub changes: BTreeMap<String, ChangeView>,
}

/// Who did something, as they were called then.
#[derive(Serialize, ToSchema)]
#[schema(as = EventActor)]
pub struct ActorView {
    /// `user`, `service` (the host's backend, or a background function of Seatwise) or `operator`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    pub kind: &'static str,
    /// The id of the user; the name of the service or the background function.
    pub id: String,
    /// The name; null if it is not known.
    #[schema(required)]
    pub name: Option<String>,
    /// The person's own address; null for others.
    #[schema(required)]
    pub email: Option<String>,
}

/// What something happened to, as it was called then.
#[derive(Serialize, ToSchema)]
#[schema(as = EventTarget)]
pub struct TargetView {
    /// The kind of thing.
    #[serde(rename = "type")]
    #[schema(example = "member")]
    pub kind: String,
    /// The id of the thing.
    pub id: String,
    /// The name of the thing; null if it has none.
    #[schema(required)]
    pub name: Option<String>,
    /// What changed of it, by field.
    pub changes: BTreeMap<String, ChangeView>,
}

/// The change of one field. `set` stands for a value that is not kept.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = EventChange)]
pub struct ChangeView {
    /// The value before; null if there was none.
    #[schema(required, value_type = Option<EventFieldValue>)]
    pub from: Option<EventValue>,
    /// The value after; null if there is none.
    #[schema(required, value_type = Option<EventFieldValue>)]
    pub to: Option<EventValue>,
}

/// A text, a number, or yes or no.
#[derive(ToSchema)]
#[schema(as = EventValue)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes `EventValue` of the domain")]
pub enum EventFieldValue {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

/// The circumstances of an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventContext)]
pub struct ContextView {
    /// The id of the request, which the answer had as `apigw-requestid`.
    #[schema(required)]
    pub request_id: Option<String>,
    /// The network address of the client; null unless the product records it.
    #[schema(required)]
    pub ip: Option<String>,
    /// The program of the client; null unless the product records it.
    #[schema(required)]
    pub user_agent: Option<String>,
    /// The number of the published policies that decided.
    #[schema(required)]
    pub policy_version: Option<u32>,
    /// The id of the policy that permitted it.
    #[schema(required, example = "roles.owner")]
    pub rule: Option<String>,
}

impl EventView {
    /// The event.
    pub fn of(event: &LogEvent) -> Self {
        let LogEvent { id, at, event_type, operation, actor, targets, context, .. } = event;
        let context = context.clone();
        Self {
            id: id.to_string(),
            at: *at,
            event_type: event_type.clone(),
            operation: operation.clone(),
            actor: ActorView {
                kind: actor_kind(actor.kind),
                id: actor.id.clone(),
                name: actor.name.clone(),
                email: actor.email.clone(),
            },
            changes: targets.first().map(changes).unwrap_or_default(),
            targets: targets.iter().map(target).collect(),
            context: ContextView {
                request_id: context.request_id,
                ip: context.ip,
                user_agent: context.user_agent,
                policy_version: context.policy_version,
                rule: context.rule,
            },
        }
    }
}

/// The name of a kind of actor.
pub fn actor_kind(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::User => "user",
        ActorKind::Service => "service",
        ActorKind::Operator => "operator",
    }
}

fn target(target: &EventTarget) -> TargetView {
    let EventTarget { kind, id, name, .. } = target.clone();
    TargetView { kind, id, name, changes: changes(target) }
}

fn changes(target: &EventTarget) -> BTreeMap<String, ChangeView> {
    let change = |(field, change): (&String, &FieldChange)| {
        (field.clone(), ChangeView { from: change.from.clone(), to: change.to.clone() })
    };
    target.changes.iter().map(change).collect()
}
