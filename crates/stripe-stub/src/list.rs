//! Pages of lists. <https://docs.stripe.com/api/pagination>

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::form::Params;
use crate::state::Object;

/// What a request lists.
pub(crate) struct Page {
    limit: usize,
    after: Option<String>,
    before: Option<String>,
    /// `gt`, `gte`, `lt`, `lte`.
    created: [Option<i64>; 4],
}

impl Page {
    pub(crate) fn take(params: &mut Params) -> Result<Self, ApiError> {
        let limit = params.number("limit")?.unwrap_or(10);
        let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit));
        Ok(Self {
            limit: limit.ok_or_else(|| params.bad("limit", "integer"))?,
            after: params.text("starting_after")?,
            before: params.text("ending_before")?,
            created: created(params)?,
        })
    }

    /// A page of these objects, which come oldest first and leave newest first.
    pub(crate) fn of<'a, T: Object + 'a>(
        &self,
        objects: impl DoubleEndedIterator<Item = &'a T>,
        url: &str,
        render: impl Fn(&T) -> Value,
    ) -> Result<Value, ApiError> {
        let all: Vec<&T> = objects.rev().filter(|object| self.is_in_time(object.created())).collect();
        let place = |id: &str| {
            let place = all.iter().position(|object| object.id() == id);
            place.ok_or_else(|| ApiError::missing(T::KIND, id))
        };
        let start = self.after.as_deref().map(place).transpose()?.map_or(0, |place| place + 1);
        let end = self.before.as_deref().map(place).transpose()?.unwrap_or(all.len());
        let range = all.get(start..end).unwrap_or_default();
        let skipped = if self.before.is_some() { range.len().saturating_sub(self.limit) } else { 0 };
        let shown: Vec<Value> =
            range.iter().skip(skipped).take(self.limit).map(|object| render(object)).collect();
        let has_more = shown.len() < range.len();
        Ok(json!({ "object": "list", "data": shown, "has_more": has_more, "url": url }))
    }

    fn is_in_time(&self, at: i64) -> bool {
        let [gt, gte, lt, lte] = self.created;
        gt.is_none_or(|limit| at > limit)
            && gte.is_none_or(|limit| at >= limit)
            && lt.is_none_or(|limit| at < limit)
            && lte.is_none_or(|limit| at <= limit)
    }
}

fn created(params: &mut Params) -> Result<[Option<i64>; 4], ApiError> {
    if !params.has("created") {
        return Ok([None; 4]);
    }
    let Ok(Some(mut range)) = params.branch("created") else {
        return Err(ApiError::invalid("The stub knows only ranges of `created`.").param("created"));
    };
    let limits = [range.number("gt")?, range.number("gte")?, range.number("lt")?, range.number("lte")?];
    range.finish()?;
    Ok(limits)
}
