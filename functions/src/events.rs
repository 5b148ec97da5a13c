//! Events at the commit: what a request or a background function says of itself, and the commit of changes with their
//! events (K69). The events themselves follow from the changes: [`seatwise_domain::rules::log`].

use seatwise_domain::pack::EventTerms;
use seatwise_domain::rules::log::{self, Before, EventSource};
use seatwise_domain::{
    ActorKind, Change, Changes, EmailAddress, EventActor, EventContext, Identity, Member, Moment, Pack,
    PersonName, Record,
};
use seatwise_store::{CommitError, Store};

use crate::caller::Caller;
use crate::operation::camel_case;
use crate::request::Incoming;

/// The name of Seatwise as an actor.
const SEATWISE: &str = "Seatwise";

/// The events' source for a request. `None` for a visitor, who changes nothing.
pub fn of_request(
    operation: &str,
    pack: &Pack,
    incoming: &Incoming,
    (caller, member): (&Caller, Option<&Member>),
    (policy_version, rule): (u32, Option<String>),
) -> Option<EventSource> {
    let record_client = pack.events.record_client;
    let client = |text: &Option<String>| text.clone().filter(|_| record_client);
    let actor = match caller {
        Caller::Visitor => return None,
        Caller::User(identity) => person(identity, member),
        Caller::Service(service) => EventActor {
            kind: ActorKind::Service,
            id: service.name.to_string(),
            name: pack
                .services
                .iter()
                .find(|known| known.id == service.name)
                .map(|known| known.label.clone()),
            email: None,
        },
    };
    let context = EventContext {
        request_id: Some(incoming.request_id.clone()),
        ip: client(&incoming.ip),
        user_agent: client(&incoming.user_agent),
        policy_version: Some(policy_version),
        rule,
    };
    Some(EventSource { operation: camel_case(operation), actor, context, terms: pack.event_terms() })
}

/// The events' source for a background function. `cause` is the trace of the request that it works for.
pub fn of_function(name: &str, cause: Option<&String>, terms: EventTerms) -> EventSource {
    let actor = EventActor {
        kind: ActorKind::Service,
        id: name.to_owned(),
        name: Some(SEATWISE.to_owned()),
        email: None,
    };
    let context = EventContext { request_id: cause.cloned(), ..EventContext::default() };
    EventSource { operation: camel_case(name), actor, context, terms }
}

/// The events' source for a command of the operator.
pub fn of_operator(command: &str, terms: EventTerms) -> EventSource {
    let actor = EventActor { kind: ActorKind::Operator, id: "operator".to_owned(), name: None, email: None };
    EventSource { operation: camel_case(command), actor, context: EventContext::default(), terms }
}

/// The changes with their events.
pub fn with_events(
    mut changes: Changes,
    before: Before<'_>,
    source: &EventSource,
    moment: &mut Moment,
) -> Changes {
    let events = log::events(&changes, before, source, moment);
    changes.extend(events.into_iter().map(|event| Change::Create(Record::LogEvent(event))));
    changes
}

/// Nothing was read before: the changes themselves say what they change.
pub const NOTHING_READ: Before<'static> = &|_| None;

/// Commits the changes with their events.
pub async fn commit(
    store: &Store,
    changes: Changes,
    before: Before<'_>,
    source: &EventSource,
    moment: &mut Moment,
) -> Result<(), CommitError> {
    store.commit(&with_events(changes, before, source, moment)).await
}

fn person(identity: &Identity, member: Option<&Member>) -> EventActor {
    let names = member.map_or((&identity.first_name, &identity.last_name), |member| {
        (&member.first_name, &member.last_name)
    });
    let names: Vec<&str> = [names.0, names.1].into_iter().flatten().map(PersonName::as_str).collect();
    let email = member.and_then(|member| member.email.as_ref()).or(identity.email.as_ref());
    EventActor {
        kind: ActorKind::User,
        id: identity.user.to_string(),
        name: (!names.is_empty()).then(|| names.join(" ")),
        email: email.map(EmailAddress::as_typed).map(str::to_owned),
    }
}
