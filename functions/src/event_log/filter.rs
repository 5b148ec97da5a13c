//! The filters of lists of events.

use std::collections::BTreeSet;

use jiff::Timestamp;
use seatwise_domain::{EventLog, EventType, LogEvent, WorkspaceId};
use seatwise_store::{Direction, EventBounds, List, PageRequest};
use serde::Deserialize;
use utoipa::openapi::ObjectBuilder;

use crate::problem::Problem;
use crate::wire::checked;
use crate::wire::schema::text;

/// The most events that one request reads: some 700 KB, in one call to DynamoDB.
pub const MOST_READ: u32 = 1_000;

/// The filters of a list.
#[derive(Clone, Copy, Debug)]
pub struct EventFilter<'a> {
    /// Only this type; or all types with this beginning, if it ends with a dot.
    pub event_type: Option<&'a TypeFilter>,
    /// Only this operation.
    pub operation: Option<&'a FilterWord>,
    /// Only events of this actor.
    pub actor: Option<&'a FilterWord>,
    /// Only events about this target.
    pub target: Option<&'a FilterWord>,
}

impl EventFilter<'_> {
    /// Whether anything is filtered.
    pub fn is_any(&self) -> bool {
        self.event_type.is_some() || self.operation.is_some() || self.actor.is_some() || self.target.is_some()
    }

    /// Whether the event is in the list. What is past its time is not, although the table may still have it.
    pub fn fits(&self, event: &LogEvent, now: Timestamp) -> bool {
        let is = |filter: Option<&FilterWord>, value: &str| filter.is_none_or(|filter| filter.0 == value);
        let is_about = |filter: &FilterWord| event.targets.iter().any(|target| target.id == filter.0);
        event.expires_at.is_none_or(|end| now < end)
            && self.event_type.is_none_or(|filter| filter.fits(&event.event_type))
            && is(self.operation, &event.operation)
            && is(self.actor, &event.actor.id)
            && self.target.is_none_or(is_about)
    }
}

/// The list, newest first; oldest first, if it follows an event. It then ends where no other event can still
/// appear, so a follower misses none.
pub fn list(
    workspace: WorkspaceId,
    bounds: EventBounds,
    page: PageRequest,
    now: Timestamp,
) -> Result<List<LogEvent>, Problem> {
    let log = EventLog::Workspace(workspace);
    if bounds.after.is_none() {
        return checked(List::events(log, bounds, Direction::Down, page));
    }
    let settled = now.saturating_sub(LogEvent::SETTLES_AFTER).unwrap_or(Timestamp::MIN);
    let to = bounds.to.map_or(settled, |to| to.min(settled));
    checked(List::events(log, EventBounds { to: Some(to), ..bounds }, Direction::Up, page))
}

/// A type of event, or the beginning of several.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct TypeFilter(String);

impl TypeFilter {
    fn fits(&self, event_type: &str) -> bool {
        if self.0.ends_with('.') { event_type.starts_with(&self.0) } else { event_type == self.0 }
    }
}

impl TryFrom<String> for TypeFilter {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let is_known =
            |kind: &&EventType| kind.name() == text || text.ends_with('.') && kind.name().starts_with(&text);
        if EventType::ALL.iter().any(|kind| is_known(&kind)) {
            return Ok(Self(text));
        }
        let prefixes = beginnings().into_iter().collect::<Vec<_>>().join(" ");
        Err(format!("must be a type such as `member.removed`, or the beginning of several: {prefixes}"))
    }
}

/// The beginnings of types, such as `member.`.
fn beginnings() -> BTreeSet<&'static str> {
    EventType::ALL.iter().filter_map(|kind| kind.name().split_inclusive('.').next()).collect()
}

/// A word that an event must have.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct FilterWord(String);

impl TryFrom<String> for FilterWord {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        if (1..=MAX_WORD).contains(&text.chars().count()) {
            Ok(Self(text))
        } else {
            Err("must be 1 to 100 characters")
        }
    }
}

/// The longest word of a filter, in characters.
const MAX_WORD: usize = 100;

fn words(what: &str) -> ObjectBuilder {
    text().min_length(Some(1)).max_length(Some(MAX_WORD)).description(Some(what))
}

/// The schema of the filter by the operation.
pub fn operations() -> ObjectBuilder {
    words("Only events of this operation, in camelCase.").examples(["changeRole"])
}

/// The schema of the filter by the actor.
pub fn actors() -> ObjectBuilder {
    words("Only events of the actor with this id.")
}

/// The schema of the filter by the target.
pub fn targets() -> ObjectBuilder {
    words("Only events about the thing with this id.")
}

/// The schema of [`TypeFilter`].
pub fn types() -> ObjectBuilder {
    let what = "Only events of this type, such as `member.removed`; or of all types with this beginning, such as \
        `member.`.";
    let words: Vec<&str> = EventType::ALL.iter().map(|kind| kind.name()).chain(beginnings()).collect();
    let pattern = format!("^({})$", words.join("|").replace('.', "\\."));
    text()
        .pattern(Some(pattern))
        .max_length(Some(MAX_WORD))
        .description(Some(what))
        .examples(["member.removed"])
}
