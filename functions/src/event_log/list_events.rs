//! `list-events`: what happened in a workspace, newest first, or forward from an event (K69).

use http::Method;
use jiff::Timestamp;
use seatwise_domain::{Changes, EventId, LogEvent, Moment};
use seatwise_store::{Cursor, EventBounds, Many, PageRequest, Reads};
use serde::Deserialize;
use utoipa::IntoParams;

use super::filter::{
    self, EventFilter, FilterWord, MOST_READ, TypeFilter, actors, operations, targets, types,
};
use super::view::EventView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::query;
use crate::scope::MemberOrService;
use crate::tag::Tag;
use crate::wire::{CursorText, Limit, Nothing, Page, Paging, cursor_schema};
use crate::workspace::target::ThisWorkspace;

/// Lists events.
pub struct ListEvents;

/// The filters, the order and the page of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListEventsQuery {
    #[serde(rename = "type")]
    #[param(schema_with = types, required = false)]
    event_type: Option<TypeFilter>,
    #[param(schema_with = operations, required = false)]
    operation: Option<FilterWord>,
    #[param(schema_with = actors, required = false)]
    actor: Option<FilterWord>,
    #[param(schema_with = targets, required = false)]
    target: Option<FilterWord>,
    /// Only events from this time on.
    #[param(value_type = Option<String>, format = DateTime, max_length = 40)]
    from: Option<Timestamp>,
    /// Only events before this time.
    #[param(value_type = Option<String>, format = DateTime, max_length = 40)]
    to: Option<Timestamp>,
    /// The id of an event: only events after it, oldest first.
    #[param(value_type = Option<String>, format = Uuid)]
    after: Option<EventId>,
    /// The largest number of items on the page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    #[param(schema_with = cursor_schema, required = false)]
    cursor: Option<CursorText>,
}
query!(ListEventsQuery);

impl ListEventsQuery {
    fn filter(&self) -> EventFilter<'_> {
        EventFilter {
            event_type: self.event_type.as_ref(),
            operation: self.operation.as_ref(),
            actor: self.actor.as_ref(),
            target: self.target.as_ref(),
        }
    }
}

impl Operation for ListEvents {
    const NAME: &'static str = "list-events";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/events";
    const TAG: Tag = Tag::Events;
    const SUMMARY: &'static str = "List events";
    const DESCRIPTION: &'static str = "Each change that was committed has one event, written in the same transaction. \
        The newest come first. With `after`, the list goes forward: a backend follows the log by asking again with \
        the id of the last event that it has seen. Such a list shows an event ten seconds after its time, so that no \
        event can still appear before one that was shown. A list with filters reads at most 1,000 events for a page: \
        a page can have fewer than `limit` items, or none, although more pages follow.";
    const ANSWER: &'static str = include_str!("../../examples/list-events.answer.json");

    type Scope = MemberOrService;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ListEventsQuery;
    type Body = Nothing;
    type Output = Page<EventView>;
    type Plan = Many<LogEvent>;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, MemberOrService>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let query = &request.query;
        let page = Paging { limit: query.limit, cursor: query.cursor.clone() }.page()?;
        let limit = if query.filter().is_any() { MOST_READ } else { page.limit };
        let bounds = EventBounds { from: query.from, to: query.to, after: query.after };
        let list = filter::list(request.path.workspace, bounds, PageRequest { limit, ..page }, start.now)?;
        Ok(about((), reads.many(list)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (query, filter) = (&state.request.query, state.request.query.filter());
        let most = usize::try_from(query.limit.0).unwrap_or(usize::MAX);
        let (mut items, mut next) = (Vec::new(), state.next(*plan));
        let events = state.many(*plan);
        for (index, event) in events.iter().map(|stored| &stored.value).enumerate() {
            if filter.fits(event, moment.now) {
                items.push(EventView::of(event));
            }
            if items.len() == most {
                // More were read than are shown.
                if index + 1 < events.len() {
                    next = Some(Cursor::of_record(&LogEvent::key(event.log, event.id).into()));
                }
                break;
            }
        }
        Ok((Page { items, next_cursor: next.map(|cursor| cursor.to_string()) }, Changes::new()))
    }
}
