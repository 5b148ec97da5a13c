//! The frame: what the history keeps of a pack, since members are counted by it. Pure.

use std::collections::BTreeMap;

use seatwise_domain::pack::{Names, Role};
use seatwise_domain::{Pack, PackBaseline, Publication, PublicationKind, RoleBaseline, RoleId};
use serde::Serialize;

use super::error::PublishError;

/// The frame of this pack, which the history keeps, on top of the frame before. The pack is refused if it
/// contradicts that frame, or drops a role that governs.
pub fn frame(before: Option<&PackBaseline>, pack: &Pack) -> Result<PackBaseline, PublishError> {
    match refusals_of_frame(before, pack).into_iter().next() {
        Some(refused) => Err(refused),
        None => Ok(frame_after(before, pack)),
    }
}

/// The frame of this pack on top of the frame before, whether or not the pack is refused.
pub fn frame_after(before: Option<&PackBaseline>, pack: &Pack) -> PackBaseline {
    let own = own_frame(pack);
    let Some(before) = before else { return own };
    let mut frame = before.clone();
    for role in frame.roles.values_mut() {
        role.is_there = false;
    }
    frame.roles.extend(own.roles);
    for is_there in frame.tiers.values_mut() {
        *is_there = false;
    }
    frame.tiers.extend(own.tiers);
    PackBaseline { seats: own.seats, given: own.given, names: frame.names.under(pack), ..frame }
}

/// Every contradiction of a pack to the frame before.
pub(super) fn refusals_of_frame(before: Option<&PackBaseline>, pack: &Pack) -> Vec<PublishError> {
    before.map(|before| contradictions(before, &own_frame(pack))).unwrap_or_default()
}

/// The frame of a pack alone.
fn own_frame(pack: &Pack) -> PackBaseline {
    PackBaseline {
        roles: pack.roles.iter().map(|role| (role.id.clone(), frame_of(role))).collect(),
        tiers: pack.seats.tiers.iter().map(|tier| (tier.id.clone(), true)).collect(),
        seats: pack.seats.model,
        given: given(pack),
        names: pack.names(),
    }
}

/// The contradictions of a version to the frame before. `own` is the frame of that version alone.
fn contradictions(before: &PackBaseline, own: &PackBaseline) -> Vec<PublishError> {
    let mut refused = mixed_names(before, own);
    // Roles cannot be compared until it is clear which of them is which.
    if refused.is_empty() {
        refused.extend(contradictions_of_roles(before, own));
    }
    if before.seats != own.seats {
        refused.push(PublishError::OtherSeats);
    }
    refused
}

fn contradictions_of_roles(before: &PackBaseline, own: &PackBaseline) -> Vec<PublishError> {
    let counted = |role: &RoleBaseline| (role.governing, role.seat);
    let differs = |(id, now): &(&RoleId, &RoleBaseline)| {
        before.roles.get(*id).is_some_and(|was| counted(was) != counted(now))
    };
    let changed = own.roles.iter().filter(differs);
    let changed = changed.map(|(id, _)| PublishError::OtherFrame { role: own.names.role(id) });
    let gone = before.roles.iter().filter(|(id, was)| was.governing && !own.roles.contains_key(id));
    let gone = gone.map(|(id, _)| PublishError::NoGovernor { role: before.names.role(id) });
    changed.chain(gone).collect()
}

/// A role or a tier, by the id that records keep.
struct Named {
    id: String,
    name: String,
    /// Whether the pack has it.
    is_there: bool,
}

/// First ids that do not name the holders that they are meant to name.
fn mixed_names(before: &PackBaseline, own: &PackBaseline) -> Vec<PublishError> {
    let named = |id: &str, name: String, is_there| Named { id: id.to_owned(), name, is_there };
    let roles = |frame: &PackBaseline| -> Vec<Named> {
        let name = |id| frame.names.role(id).to_string();
        frame.roles.iter().map(|(id, role)| named(&id.0, name(id), role.is_there)).collect()
    };
    let tiers = |frame: &PackBaseline| -> Vec<Named> {
        let name = |id| frame.names.tier(id).to_string();
        frame.tiers.iter().map(|(id, is_there)| named(&id.0, name(id), *is_there)).collect()
    };
    let mut refused = mixed("role", &roles(before), &roles(own));
    refused.extend(mixed("tier", &tiers(before), &tiers(own)));
    refused
}

fn mixed(kind: &'static str, before: &[Named], now: &[Named]) -> Vec<PublishError> {
    now.iter().filter_map(|it| mixed_name(kind, it, before, now)).collect()
}

fn mixed_name(kind: &'static str, it: &Named, before: &[Named], now: &[Named]) -> Option<PublishError> {
    let has = |all: &[Named], id: &str| all.iter().any(|it| it.id == id);
    let is_known = has(before, &it.id);
    let (name, first_id) = (it.name.clone(), it.id.clone());
    let gone = || before.iter().filter(|was| !has(now, &was.id));
    let namesake = gone().find(|was| was.name == name);
    if let Some(lost) = namesake.filter(|_| !is_known) {
        return Some(PublishError::LostFirstId { kind, name, first_id: lost.id.clone() });
    }
    let namesake = namesake.or_else(|| gone().find(|was| was.id == name));
    if let Some(Named { id: other, is_there, .. }) = namesake {
        let (other, dropped) = (other.clone(), if *is_there { DROPPED_NOW } else { DROPPED_BEFORE });
        return Some(PublishError::NameOfDropped { kind, name, first_id, other, dropped });
    }
    let missed = gone().find(|was| was.is_there).filter(|_| !is_known && first_id != name)?;
    let (gone, meant) = (missed.name.clone(), missed.id.clone());
    Some(PublishError::UnknownFirstId { kind, name, first_id, gone, meant })
}

const DROPPED_NOW: &str = "this version drops";
const DROPPED_BEFORE: &str = "an earlier version dropped";

/// Earlier versions that no rollback can make active any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LostRollbacks {
    /// Their numbers.
    pub versions: Vec<u32>,
    /// The reason for which a rollback to them is refused.
    pub why: String,
}

/// Whether a publication can make rollbacks impossible: only one that adds a role, a tier or a name can.
pub fn can_lose_rollbacks(before: &PackBaseline, after: &PackBaseline) -> bool {
    before.names != after.names
        || before.roles.len() != after.roles.len()
        || before.tiers.len() != after.tiers.len()
}

/// The versions of the history to which a rollback is possible before a publication, and not after it.
pub fn lost_rollbacks(
    before: &PackBaseline,
    after: &PackBaseline,
    history: &[Publication],
) -> Vec<LostRollbacks> {
    let mut lost: Vec<LostRollbacks> = Vec::new();
    for line in history.iter().filter(|line| line.deed != PublicationKind::SignedAnew) {
        let own = own_part(&line.frame);
        let why = contradictions(after, &own).into_iter().next();
        let Some(why) = why.filter(|_| contradictions(before, &own).is_empty()) else { continue };
        let why = why_lost(&why);
        match lost.iter_mut().find(|known| known.why == why) {
            Some(known) => known.versions.push(line.number),
            None => lost.push(LostRollbacks { versions: vec![line.number], why }),
        }
    }
    for it in &mut lost {
        it.versions.sort_unstable();
    }
    lost
}

/// The reason for which no rollback to a version is possible after a publication, and the way to keep it possible.
fn why_lost(why: &PublishError) -> String {
    match why {
        PublishError::NameOfDropped { kind, name, first_id, other, .. } => format!(
            "the {kind} with the first id {first_id} is called {name} there, and the {kind} with the id {other} needs \
             this name from now on; to keep the rollback, give the {kind} {other} another `id` before you publish"
        ),
        PublishError::NoGovernor { role } => format!(
            "the role {role} is missing there, and a role that governs can never be dropped again; to keep the \
             rollback, publish the role without `governing`"
        ),
        why => why.to_string(),
    }
}

/// The part of a frame that the version itself had.
fn own_part(frame: &PackBaseline) -> PackBaseline {
    let mut own = frame.clone();
    own.roles.retain(|_, role| role.is_there);
    own.tiers.retain(|_, is_there| *is_there);
    own
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
