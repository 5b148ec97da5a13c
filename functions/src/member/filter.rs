//! The filter and the order of a list of members: the same for a page and for an export.

use seatwise_domain::RoleId;
use serde::Deserialize;
use utoipa::openapi::ObjectBuilder;

use super::view::MemberView;
use crate::listing::SortKey;
use crate::people::full_name;
use crate::problem::Problem;
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

/// The members that a list shows.
#[derive(Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Part of a name or an address.
    pub search: Option<&'a str>,
    /// By seat.
    pub seat: Option<SeatFilter>,
    /// By role.
    pub role: Option<&'a RoleId>,
}

impl Filter<'_> {
    /// Refuses a text that is too long to search for.
    pub fn check(&self) -> Result<(), Problem> {
        for (name, text) in [("search", self.search), ("role", self.role.map(RoleId::as_str))] {
            if text.is_some_and(|text| text.chars().count() > MAX_FILTER) {
                return Err(Problem::field(name, format!("must be at most {MAX_FILTER} characters")));
            }
        }
        Ok(())
    }

    /// Whether it filters at all.
    pub fn is_any(&self) -> bool {
        self.seat.is_some() || self.role.is_some() || self.search.is_some_and(|text| !text.trim().is_empty())
    }

    /// Whether it shows this member.
    pub fn fits(&self, member: &MemberView) -> bool {
        let seat = self.seat.is_none_or(|seat| (seat == SeatFilter::With) == member.seat.is_some());
        let role = self.role.is_none_or(|role| role.as_str() == member.role);
        let search = self.search.is_none_or(|search| {
            let wanted = search.trim().to_lowercase();
            let has = |text: Option<&String>| text.is_some_and(|text| text.to_lowercase().contains(&wanted));
            wanted.is_empty()
                || has(member.known_email())
                || has(full_name([&member.first_name, &member.last_name]).as_ref())
        });
        seat && role && search
    }
}

/// The place of a member in a list by name, as the index by name sorts: by name, and by verified
/// address where there is no name.
pub fn place(member: &MemberView) -> SortKey {
    let name = full_name([&member.first_name, &member.last_name]);
    let shown = name.or_else(|| member.known_email().cloned()).unwrap_or_default();
    let id = member.user_id.as_ref().or(member.invitation_id.as_ref());
    (shown.to_lowercase(), id.cloned().unwrap_or_default())
}
