//! `/v1/events`

use super::Answer;
use crate::form::Params;
use crate::list::Page;
use crate::state::Event;
use crate::world::World;

/// Stripe lists events for so long.
const LISTED_SECONDS: i64 = 30 * 24 * 3600;

pub(super) fn list(world: &World<'_>, mut params: Params) -> Answer {
    let page = Page::take(&mut params)?;
    let (kind, kinds) = (params.text("type")?, params.texts("types")?);
    let delivered = params.flag("delivery_success")?;
    params.finish()?;
    let is_kind = |event: &Event, kind: &str| match kind.strip_suffix(".*") {
        Some(prefix) => event.kind.starts_with(&format!("{prefix}.")),
        None => event.kind == kind,
    };
    let is_meant = |event: &&Event| {
        event.created > world.now - LISTED_SECONDS
            && kind.as_ref().is_none_or(|kind| is_kind(event, kind))
            && (kinds.is_empty() || kinds.iter().any(|kind| is_kind(event, kind)))
            && delivered.is_none_or(|delivered| event.next_try.is_none() == delivered)
    };
    page.of(world.account.events.all().iter().filter(is_meant), "/v1/events", Event::json)
}
