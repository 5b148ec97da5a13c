//! The frame: what the history keeps of a pack, since members are counted by it. Pure.

use std::collections::BTreeMap;

use seatwise_domain::pack::{Names, Role};
use seatwise_domain::{Pack, RoleId};
use seatwise_domain::{PackBaseline, RoleBaseline};

use super::error::PublishError;

/// The frame of this pack, which the history keeps, on top of the frame before. The pack is refused if it
/// contradicts that frame, or drops a role that governs.
pub fn frame(before: Option<&PackBaseline>, pack: &Pack) -> Result<PackBaseline, PublishError> {
    if let Some(before) = before {
        keep_names_apart(before, pack)?;
    }
    let mut frame = before.cloned().unwrap_or_default();
    if before.is_some() && frame.seats != pack.seats.model {
        return Err(PublishError::OtherSeats);
    }
    frame.seats = pack.seats.model;
    for role in frame.roles.values_mut() {
        role.is_there = false;
    }
    for role in &pack.roles {
        let now = frame_of(role);
        let was = frame.roles.insert(role.id.clone(), now.clone());
        if was.is_some_and(|was| (was.governing, was.seat) != (now.governing, now.seat)) {
            return Err(PublishError::OtherFrame { role: role.name.clone() });
        }
    }
    if let Some((role, _)) = frame.roles.iter().find(|(_, role)| role.governing && !role.is_there) {
        return Err(PublishError::NoGovernor { role: frame.names.role(role) });
    }
    for is_there in frame.tiers.values_mut() {
        *is_there = false;
    }
    frame.tiers.extend(pack.seats.tiers.iter().map(|tier| (tier.id.clone(), true)));
    frame.given = given(pack);
    frame.names = frame.names.under(pack);
    Ok(frame)
}

/// A role or a tier, by the id that records keep.
struct Named {
    id: String,
    name: String,
    /// Whether the pack has it.
    is_there: bool,
}

/// Requires that every first id names the holders that it is meant to name.
fn keep_names_apart(before: &PackBaseline, pack: &Pack) -> Result<(), PublishError> {
    let named = |id: &str, name: String, is_there| Named { id: id.to_owned(), name, is_there };
    let known = &before.names;
    let roles = before.roles.iter().map(|(id, was)| named(&id.0, known.role(id).to_string(), was.is_there));
    let now = pack.roles.iter().map(|role| named(&role.id.0, role.name.to_string(), true));
    keep_apart("role", &roles.collect::<Vec<_>>(), &now.collect::<Vec<_>>())?;
    let tiers = before.tiers.iter().map(|(id, is_there)| named(&id.0, known.tier(id).to_string(), *is_there));
    let now = pack.seats.tiers.iter().map(|tier| named(&tier.id.0, tier.name.to_string(), true));
    keep_apart("tier", &tiers.collect::<Vec<_>>(), &now.collect::<Vec<_>>())
}

fn keep_apart(kind: &'static str, before: &[Named], now: &[Named]) -> Result<(), PublishError> {
    let is_in = |all: &[Named], id: &str| all.iter().any(|it| it.id == id);
    for Named { id, name, .. } in now {
        if let Some(lost) = before.iter().find(|was| was.name == *name && !is_in(now, &was.id)) {
            let name = name.clone();
            // Another role that takes the name of a dropped one has lost nothing.
            return Err(if is_in(before, id) {
                PublishError::NameOfDropped { kind, name, first_id: id.clone() }
            } else {
                PublishError::LostFirstId { kind, name, first_id: lost.id.clone() }
            });
        }
        if id == name {
            continue;
        }
        let (name, first_id) = (name.clone(), id.clone());
        if is_in(before, &name) && !is_in(now, &name) {
            return Err(PublishError::NameOfDropped { kind, name, first_id });
        }
        let gone = before.iter().find(|was| was.is_there && !is_in(now, &was.id));
        if let Some(Named { id: meant, name: gone, .. }) = gone.filter(|_| !is_in(before, &first_id)) {
            let (gone, meant) = (gone.clone(), meant.clone());
            return Err(PublishError::UnknownFirstId { kind, name, first_id, gone, meant });
        }
    }
    Ok(())
}

fn frame_of(role: &Role) -> RoleBaseline {
    RoleBaseline {
        is_there: true,
        governing: role.governing,
        seat: role.seat,
        rank: role.rank,
        staff: role.staff,
        includes: role.includes.clone(),
    }
}

fn given(pack: &Pack) -> BTreeMap<String, RoleId> {
    let given = pack.roles_given.clone();
    let always =
        [("creator", Some(given.creator)), ("joiner", Some(given.joiner)), ("seatless", given.seatless)];
    always.into_iter().filter_map(|(what, role)| Some((what.to_owned(), role?))).collect()
}

/// A change that affects the guardrails or existing members. It needs a confirmation of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameChange {
    /// The role or tier.
    pub name: String,
    /// The change, in words.
    pub what: String,
}

/// The changes of the frame: ranks, sensitive powers, included roles, the roles of newcomers; roles and
/// tiers that are dropped; new roles that govern, which can never be dropped.
pub fn frame_changes(before: &PackBaseline, after: &Pack) -> Vec<FrameChange> {
    let mut changes = Vec::new();
    let names = before.names.clone().under(after);
    let mut note = |name: &str, what: String| changes.push(FrameChange { name: name.to_owned(), what });
    for (id, was) in &before.roles {
        match after.role(id) {
            None if was.is_there => note(names.role(id).as_str(), GONE.to_owned()),
            None => {}
            Some(now) => {
                for what in differences(was, &frame_of(now), &names) {
                    note(now.name.as_str(), what);
                }
            }
        }
    }
    for role in after.roles.iter().filter(|role| role.governing && !before.roles.contains_key(&role.id)) {
        note(role.name.as_str(), "is new, and governs: it can never be dropped again".to_owned());
    }
    for (id, _) in before.tiers.iter().filter(|(id, is_there)| **is_there && after.tier(id).is_none()) {
        note(
            names.tier(id).as_str(),
            "is gone: its seats have no features, and a cancelled one cannot be reactivated".to_owned(),
        );
    }
    let is = given(after);
    for what in ["creator", "joiner", "seatless"] {
        let (was, is) = (before.given.get(what), is.get(what));
        if was != is
            && let Some(role) = is.or(was)
        {
            let name =
                |role: Option<&RoleId>| role.map_or("nobody".to_owned(), |role| names.role(role).to_string());
            note(names.role(role).as_str(), format!("roles-given.{what}: {} → {}", name(was), name(is)));
        }
    }
    changes
}

const GONE: &str =
    "is gone: its members keep only what every member may do, until they are given another role";

fn differences(was: &RoleBaseline, is: &RoleBaseline, names: &Names) -> Vec<String> {
    let includes = |role: &RoleBaseline| {
        role.includes.as_ref().map_or("nothing".to_owned(), |role| names.role(role).to_string())
    };
    [
        (was.rank != is.rank, format!("rank {} → {}", was.rank, is.rank)),
        (was.staff != is.staff, format!("staff {} → {}", was.staff, is.staff)),
        (was.includes != is.includes, format!("includes {} → {}", includes(was), includes(is))),
    ]
    .into_iter()
    .filter_map(|(differs, what)| differs.then_some(what))
    .collect()
}
