//! `export-events`: the events of a time, as NDJSON or CSV.

use std::error::Error;

use http::{HeaderName, Method, header};
use jiff::Timestamp;
use seatwise_domain::{Changes, EventId, EventValue, LogEvent, Moment};
use seatwise_store::{EventBounds, Many, PageRequest, Reads};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

use super::filter::{
    self, EventFilter, FilterWord, MOST_READ, TypeFilter, actors, operations, targets, types,
};
use super::view::{EventView, actor_kind};
use crate::answer::{BYTE_ORDER_MARK, Content, File};
use crate::csv_cell::harmless;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::query;
use crate::scope::MemberOrService;
use crate::tag::Tag;
use crate::wire::schema::{Schemas, one_of, text};
use crate::wire::{Nothing, Output};
use crate::workspace::target::ThisWorkspace;

/// Exports events.
pub struct ExportEvents;

/// The header with the id after which the next export goes on.
const NEXT: &str = "seatwise-next-after";

/// The filters of the export, and its format.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExportEventsQuery {
    #[serde(default)]
    #[param(schema_with = formats, required = false)]
    format: Format,
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
    /// The id of an event: only events after it.
    #[param(value_type = Option<String>, format = Uuid)]
    after: Option<EventId>,
}
query!(ExportEventsQuery);

fn formats() -> ObjectBuilder {
    one_of(["ndjson", "csv"])
        .default(Some("ndjson".into()))
        .description(Some("One JSON object a line, or a table."))
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Ndjson,
    Csv,
}

/// A file with events.
pub struct EventFile {
    format: Format,
    bytes: Vec<u8>,
    /// The last event that was read, if more follow.
    next: Option<EventId>,
}

impl Output for EventFile {
    const MEDIA: &'static [&'static str] = &["application/x-ndjson", "text/csv"];

    fn into_content(self) -> Result<Content, Problem> {
        let (media_type, name) = match self.format {
            Format::Ndjson => ("application/x-ndjson", "events.ndjson"),
            Format::Csv => ("text/csv", "events.csv"),
        };
        let mut headers = vec![
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            (header::CONTENT_TYPE, format!("{media_type}; charset=utf-8")),
        ];
        headers.extend(self.next.map(|next| (HeaderName::from_static(NEXT), next.to_string())));
        Ok(Content::File(File { media_type, bytes: self.bytes, headers }))
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        let what = "One event a line, oldest first: JSON objects as `list-events` shows them, or the columns id, at, \
            type, operation, actorType, actorId, actorName, actorEmail, targetType, targetId, targetName, changes.";
        Some(text().description(Some(what)).into())
    }
}

const COLUMNS: [&str; 12] = [
    "id",
    "at",
    "type",
    "operation",
    "actorType",
    "actorId",
    "actorName",
    "actorEmail",
    "targetType",
    "targetId",
    "targetName",
    "changes",
];

fn row(event: &LogEvent) -> [String; 12] {
    let target = event.targets.first();
    let of_target = |text: Option<&String>| text.map(String::as_str).unwrap_or_default().to_owned();
    let cells = [
        event.id.to_string(),
        event.at.to_string(),
        event.event_type.clone(),
        event.operation.clone(),
        actor_kind(event.actor.kind).to_owned(),
        event.actor.id.clone(),
        event.actor.name.clone().unwrap_or_default(),
        event.actor.email.clone().unwrap_or_default(),
        of_target(target.map(|target| &target.kind)),
        of_target(target.map(|target| &target.id)),
        of_target(target.and_then(|target| target.name.as_ref())),
        changes(event),
    ];
    cells.map(|cell| harmless(&cell))
}

/// The changes of the first target: `role: member → admin`.
fn changes(event: &LogEvent) -> String {
    let shown = |value: Option<&EventValue>| match value {
        None => "none".to_owned(),
        Some(EventValue::Flag(flag)) => flag.to_string(),
        Some(EventValue::Number(number)) => number.to_string(),
        Some(EventValue::Text(text)) => text.clone(),
    };
    let of_target = event.targets.first().map(|target| &target.changes);
    let lines = of_target.into_iter().flatten().map(|(field, change)| {
        format!("{field}: {} → {}", shown(change.from.as_ref()), shown(change.to.as_ref()))
    });
    lines.collect::<Vec<_>>().join(", ")
}

fn table(events: &[&LogEvent]) -> Result<Vec<u8>, Box<dyn Error>> {
    let text = BYTE_ORDER_MARK.to_string().into_bytes();
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(text);
    csv.write_record(COLUMNS)?;
    for event in events {
        csv.write_record(row(event))?;
    }
    Ok(csv.into_inner()?)
}

fn lines(events: &[&LogEvent]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut text = Vec::new();
    for event in events {
        serde_json::to_writer(&mut text, &EventView::of(event))?;
        text.push(b'\n');
    }
    Ok(text)
}

impl Operation for ExportEvents {
    const NAME: &'static str = "export-events";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/events/export";
    const TAG: Tag = Tag::Events;
    const SUMMARY: &'static str = "Export events as NDJSON or CSV";
    const DESCRIPTION: &'static str = "Exports the events that `list-events` shows for the same filters, oldest first. \
        One export reads at most 1,000 events. If more follow, the header `seatwise-next-after` has the id for `after` \
        of the next export. An event is exported ten seconds after its time. In a CSV, a cell that a spreadsheet would \
        interpret as a formula begins with an apostrophe.";
    const ANSWER: &'static str = "";

    type Scope = MemberOrService;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ExportEventsQuery;
    type Body = Nothing;
    type Output = EventFile;
    type Plan = Many<LogEvent>;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, MemberOrService>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let ExportEventsQuery { from, to, after, .. } = request.query;
        // From the beginning on, an export goes forward as well.
        let after = after.unwrap_or(EventId(uuid::Uuid::nil()));
        let bounds = EventBounds { from, to, after: Some(after) };
        let page = PageRequest { limit: MOST_READ, after: None };
        let list = filter::list(request.path.workspace, bounds, page, start.now)?;
        Ok(about((), reads.many(list)))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let query = &state.request.query;
        let filter = EventFilter {
            event_type: query.event_type.as_ref(),
            operation: query.operation.as_ref(),
            actor: query.actor.as_ref(),
            target: query.target.as_ref(),
        };
        let read = state.many(*plan);
        let next = state.next(*plan).and_then(|_| read.last().map(|last| last.value.id));
        let shown: Vec<&LogEvent> =
            read.iter().map(|stored| &stored.value).filter(|event| filter.fits(event, moment.now)).collect();
        let bytes = if query.format == Format::Csv { table(&shown) } else { lines(&shown) };
        let bytes = bytes.map_err(|error| Problem::internal("an export cannot be written", &*error))?;
        Ok((EventFile { format: query.format, bytes, next }, Changes::new()))
    }
}
