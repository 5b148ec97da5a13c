//! `list-seats`: filtered and sorted (S8, S9).

use http::Method;
use seatwise_domain::{Changes, Moment, Seat, SeatStatus};
use seatwise_store::{List, Many, Reads};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::ObjectBuilder;

use super::view::{SEAT_STATUSES, SeatView};
use crate::listing::{self, SortKey};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::query;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::schema::one_of;
use crate::wire::{CursorText, Limit, Nothing, Page, cursor_schema};
use crate::workspace::target::ThisWorkspace;
use seatwise_store::Direction;

/// Lists seats.
pub struct ListSeats;

/// The filter, the order and the page of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListSeatsQuery {
    #[param(schema_with = statuses, required = false)]
    status: Option<SeatStatus>,
    #[serde(default)]
    #[param(schema_with = sorts, required = false)]
    sort: SeatSort,
    /// The largest number of items on the page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: Limit,
    #[param(schema_with = cursor_schema, required = false)]
    cursor: Option<CursorText>,
}
query!(ListSeatsQuery);

fn sorts() -> ObjectBuilder {
    let sorts =
        ["boughtAt", "-boughtAt", "status", "-status", "tier", "-tier", "paidThrough", "-paidThrough"];
    let what = "The field to sort by. A leading `-` reverses the order.";
    one_of(sorts).default(Some("boughtAt".into())).description(Some(what))
}

fn statuses() -> ObjectBuilder {
    one_of(SEAT_STATUSES).description(Some("Only seats with this status."))
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum SeatSort {
    #[default]
    #[serde(rename = "boughtAt")]
    BoughtAt,
    #[serde(rename = "-boughtAt")]
    BoughtAtDescending,
    #[serde(rename = "status")]
    Status,
    #[serde(rename = "-status")]
    StatusDescending,
    #[serde(rename = "tier")]
    Tier,
    #[serde(rename = "-tier")]
    TierDescending,
    #[serde(rename = "paidThrough")]
    PaidThrough,
    #[serde(rename = "-paidThrough")]
    PaidThroughDescending,
}

impl SeatSort {
    fn direction(self) -> Direction {
        match self {
            Self::BoughtAt | Self::Status | Self::Tier | Self::PaidThrough => Direction::Up,
            _ => Direction::Down,
        }
    }

    fn order(self) -> &'static str {
        match self {
            Self::BoughtAt | Self::BoughtAtDescending => "seats by boughtAt",
            Self::Status | Self::StatusDescending => "seats by status",
            Self::Tier | Self::TierDescending => "seats by tier",
            Self::PaidThrough | Self::PaidThroughDescending => "seats by paidThrough",
        }
    }

    fn place(self, seat: &Seat, view: &SeatView) -> SortKey {
        let key = match self {
            Self::BoughtAt | Self::BoughtAtDescending => millis(seat.bought_at),
            Self::Status | Self::StatusDescending => (view.status as u8).to_string(),
            Self::Tier | Self::TierDescending => view.tier.clone(),
            Self::PaidThrough | Self::PaidThroughDescending => millis(view.paid_through),
        };
        (key, view.id.clone())
    }
}

/// As text of a fixed length, which sorts as the time does.
fn millis(at: jiff::Timestamp) -> String {
    format!("{:016}", at.as_millisecond().max(0))
}

impl Operation for ListSeats {
    const NAME: &'static str = "list-seats";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/seats";
    const TAG: Tag = Tag::Seats;
    const SUMMARY: &'static str = "List seats";
    const ANSWER: &'static str = include_str!("../../examples/list-seats.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ListSeatsQuery;
    type Body = Nothing;
    type Output = Page<SeatView>;
    type Plan = Many<Seat>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.many(List::seats(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let ListSeatsQuery { status, sort, limit, cursor } = &state.request.query;
        let seats = state.many(*plan);
        let items = seats
            .iter()
            .map(|seat| (&seat.value, SeatView::here(state, &seat.value)))
            .filter(|(_, view)| status.is_none_or(|status| status == view.status))
            .map(|(seat, view)| (sort.place(seat, &view), view))
            .collect();
        let page = listing::page(sort.order(), items, sort.direction(), *limit, cursor.as_ref())?;
        Ok((page, Changes::new()))
    }
}
