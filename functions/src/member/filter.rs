//! The filter and the order of a list of members: the same for a page and for an export.

use seatwise_domain::{NameSearch, member_sort_key};
use serde::Deserialize;
use utoipa::openapi::ObjectBuilder;

use super::view::MemberView;
use crate::listing::SortKey;
use crate::wire::schema::one_of;

/// The longest text to filter by, in characters.
const MAX_FILTER: usize = 100;

/// The schema of [`MemberSort`].
pub fn sorts() -> ObjectBuilder {
    let what = "The sort order: by name, or by name in reverse with `-name`.";
    one_of(["name", "-name"]).default(Some("name".into())).description(Some(what))
}

/// The schema of [`SeatFilter`].
pub fn seats() -> ObjectBuilder {
    one_of(["with", "without"]).description(Some("Only members with a seat, or only members without one."))
}

/// The order of a list.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum MemberSort {
    /// From A to Z.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// From Z to A.
    #[serde(rename = "-name")]
    NameDescending,
}

/// A filter by seat.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeatFilter {
    /// Members who have a seat.
    With,
    /// Members who have none.
    Without,
}

/// A text to filter by.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct FilterText(String);

impl TryFrom<String> for FilterText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let fits = text.chars().count() <= MAX_FILTER;
        if fits { Ok(Self(text)) } else { Err(format!("must be at most {MAX_FILTER} characters")) }
    }
}

/// The members that a list shows.
pub struct Filter<'a> {
    search: NameSearch,
    seat: Option<SeatFilter>,
    role: Option<&'a str>,
}

impl<'a> Filter<'a> {
    /// The filter of a request.
    pub fn new(search: Option<&FilterText>, seat: Option<SeatFilter>, role: Option<&'a FilterText>) -> Self {
        let search = search.map(|text| NameSearch::new(&text.0)).unwrap_or_default();
        Self { search, seat, role: role.map(|role| role.0.as_str()) }
    }

    /// Whether it filters at all.
    pub fn is_any(&self) -> bool {
        self.seat.is_some() || self.role.is_some() || !self.search.is_empty()
    }

    /// Whether it shows this member.
    pub fn fits(&self, member: &MemberView) -> bool {
        let seat = self.seat.is_none_or(|seat| (seat == SeatFilter::With) == member.seat.is_some());
        let role = self.role.is_none_or(|role| role == member.role);
        let (first_name, last_name, email) = shown(member);
        seat && role && self.search.finds(first_name, last_name, email)
    }
}

/// The names and the address by which a member is found and sorted.
fn shown(member: &MemberView) -> (Option<&str>, Option<&str>, Option<&str>) {
    (member.first_name.as_deref(), member.last_name.as_deref(), member.known_email().map(String::as_str))
}

/// The place of a member in a list by name, as the index by name sorts.
pub fn place(member: &MemberView) -> SortKey {
    let (first_name, last_name, email) = shown(member);
    let id = member.user_id.as_ref().or(member.invitation_id.as_ref()).cloned().unwrap_or_default();
    (member_sort_key(&id, first_name, last_name, email), id)
}
