//! `export-members`: the members that a list shows, as CSV (R15).

use std::error::Error;

use http::{Method, header};
use seatwise_domain::{Changes, Member, Moment};
use seatwise_store::{List, Many, Reads};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::{RefOr, Schema};

use super::filter::{Filter, FilterText, MemberSort, SeatFilter, place, seats, sorts};
use super::view::MemberView;
use crate::answer::{BYTE_ORDER_MARK, Content, File};
use crate::csv_cell::harmless;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::query;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::schema::{Schemas, text};
use crate::wire::{Nothing, Output};
use crate::workspace::target::ThisWorkspace;

/// Exports members.
pub struct ExportMembers;

/// The filter and the order of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExportMembersQuery {
    /// Words of a name or an address, or parts of words, in any order. Case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 100)]
    search: Option<FilterText>,
    #[serde(default)]
    #[param(schema_with = sorts, required = false)]
    sort: MemberSort,
    #[param(schema_with = seats, required = false)]
    seat: Option<SeatFilter>,
    /// Only members with this role.
    #[param(value_type = Option<String>, max_length = 100, example = "member")]
    role: Option<FilterText>,
}
query!(ExportMembersQuery);

impl ExportMembersQuery {
    fn filter(&self) -> Filter<'_> {
        Filter::new(self.search.as_ref(), self.seat, self.role.as_ref())
    }
}

const COLUMNS: [&str; 8] = ["id", "email", "firstName", "lastName", "isAdmin", "hasSeat", "role", "seatTier"];

/// A table, as RFC 4180 has it, in UTF-8 with a byte order mark.
pub struct Csv(Vec<u8>);

impl Output for Csv {
    const MEDIA: &'static [&'static str] = &["text/csv"];

    fn into_content(self) -> Result<Content, Problem> {
        let disposition = "attachment; filename=\"members.csv\"".to_owned();
        let headers = vec![
            (header::CONTENT_DISPOSITION, disposition),
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        ];
        Ok(Content::File(File { media_type: "text/csv", bytes: self.0, headers }))
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        let what = "Columns: id, email, firstName, lastName, isAdmin (yes or no), hasSeat (yes or no), role, \
            seatTier (empty without a seat).";
        Some(text().description(Some(what)).into())
    }
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn row(member: &MemberView, is_admin: bool) -> [String; COLUMNS.len()] {
    let cell = |text: Option<&String>| harmless(text.map(String::as_str).unwrap_or_default());
    [
        cell(member.user_id.as_ref()),
        cell(member.known_email()),
        cell(member.first_name.as_ref()),
        cell(member.last_name.as_ref()),
        yes(is_admin),
        yes(member.seat.is_some()),
        harmless(&member.role),
        cell(member.seat.as_ref().map(|seat| &seat.tier)),
    ]
}

fn written(rows: impl Iterator<Item = [String; COLUMNS.len()]>) -> Result<Vec<u8>, Box<dyn Error>> {
    // Without the mark, Excel reads UTF-8 as the code page of its country.
    let text = BYTE_ORDER_MARK.to_string().into_bytes();
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(text);
    csv.write_record(COLUMNS)?;
    for row in rows {
        csv.write_record(row)?;
    }
    Ok(csv.into_inner()?)
}

impl Operation for ExportMembers {
    const NAME: &'static str = "export-members";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/export";
    const TAG: Tag = Tag::Members;
    const SUMMARY: &'static str = "Export members as CSV";
    const DESCRIPTION: &'static str = "Exports the members that `list-members` shows for the same search \
        and filters. An unverified address is left out. `isAdmin` says whether the member has a governing role. A cell that a spreadsheet \
        would interpret as a formula begins with an apostrophe. The text is UTF-8 and begins with a byte \
        order mark, so that spreadsheets read its names right.";

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = ExportMembersQuery;
    type Body = Nothing;
    type Output = Csv;
    type Plan = Many<Member>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.many(List::members(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let (workspace, filter) = (&state.scope.workspace.value, state.request.query.filter());
        let members = state.many(*plan);
        let views = members.iter().map(|stored| {
            let is_admin = state.pack.is_governing(&stored.value.role);
            (MemberView::of(state.pack, workspace, &stored.value, moment.now), is_admin)
        });
        let mut shown: Vec<_> = views.filter(|(view, _)| filter.fits(view)).collect();
        shown.sort_by_cached_key(|(view, _)| place(view));
        if state.request.query.sort == MemberSort::NameDescending {
            shown.reverse();
        }
        let rows = shown.iter().map(|(view, is_admin)| row(view, *is_admin));
        let bytes = written(rows).map_err(|error| Problem::internal("a CSV cannot be written", &*error))?;
        Ok((Csv(bytes), Changes::new()))
    }
}
