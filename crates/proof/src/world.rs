//! What is taken for granted of every request, in Cedar's own words.
//!
//! `crates/policy/src/cast.rs` builds the entities of a request: from facts, under a pack. What it
//! guarantees is stated here, and no more, or a proof would leave out requests that can be made. A
//! request that it refuses to build (of a role or tier that the pack does not have) is denied, so
//! that leaving it out hides nothing.

use seatwise_domain::{Pack, RoleId};
use seatwise_policy::diff::Situation;
use seatwise_policy::{PrincipalKind, ResourceKind};

/// The conditions that every request of a kind meets, as one expression.
pub(crate) fn of(pack: &Pack, principal: PrincipalKind, resource: ResourceKind, takes_role: bool) -> String {
    let mut world =
        World { pack, conditions: frames(pack), members: vec![], placed: vec![], workspaces: vec![] };
    if principal == PrincipalKind::Member {
        world.member("principal");
    }
    match resource {
        ResourceKind::Platform => {}
        ResourceKind::Workspace => world.workspace("resource"),
        ResourceKind::Member => world.member("resource"),
        ResourceKind::Seat => {
            world.placed("resource");
            let conditions = world.seat("resource");
            world.conditions.extend(conditions);
        }
        ResourceKind::Invitation => {
            world.placed("resource");
            world.role("resource.role");
        }
        ResourceKind::LeaveRequest => {
            world.placed("resource");
            world.member("resource.requester");
        }
    }
    world.conditions.push(is_a_time("context.now"));
    if takes_role {
        world.role("context.targetRole");
    }
    world.tie();
    world.conditions.join(" &&\n")
}

/// That the resource lies in the caller's workspace, as its attributes say it.
pub(crate) fn at_home(resource: ResourceKind) -> &'static str {
    match resource {
        ResourceKind::Platform => "false",
        ResourceKind::Workspace => "resource == principal.workspace",
        _ => "resource.workspace == principal.workspace",
    }
}

/// That the caller has one of the roles.
pub(crate) fn has_role<'r>(roles: impl IntoIterator<Item = &'r RoleId>) -> String {
    any(roles.into_iter().map(|role| format!("principal.role == {}", role_literal(role))))
}

/// What a situation of the matrix stands for: at least the examples that it was found with.
pub(crate) fn situation(situation: &Situation, resource: ResourceKind) -> String {
    let seats = situation.seat.iter().map(|label| seat(label));
    let targets = situation.on.iter().map(|label| target(label, resource));
    let given = situation.to.iter().map(|role| format!("context.targetRole == Role::{role:?}"));
    let parts = [seats.collect::<Vec<_>>(), targets.collect(), given.collect()];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(|part| any(part.into_iter()));
    format!("({})", parts.collect::<Vec<_>>().join(" && "))
}

/// As the labels of the matrix have it (`SeatState` of the policy crate).
fn seat(label: &str) -> String {
    let held = |tier: &str, live: &str| {
        format!(
            "(principal has seat && {live}principal.seat.live && principal.seat.tier == SeatTier::{tier:?})"
        )
    };
    match (label, label.strip_prefix("lapsed "), label.strip_suffix(" seat")) {
        ("no seat", ..) => "!(principal has seat || principal.freeSlot)".to_owned(),
        ("free slot", ..) => "principal.freeSlot".to_owned(),
        (_, Some(lapsed), _) => held(lapsed.trim_end_matches(" seat"), "!"),
        (_, None, Some(tier)) => held(tier, ""),
        _ => "false".to_owned(),
    }
}

fn target(label: &str, resource: ResourceKind) -> String {
    let path = match resource {
        ResourceKind::LeaveRequest => "resource.requester",
        _ => "resource",
    };
    match (label, resource) {
        (_, ResourceKind::Platform | ResourceKind::Workspace | ResourceKind::Seat) => "true".to_owned(),
        ("self" | "creator", ResourceKind::Invitation) => "false".to_owned(),
        ("self", _) => format!("{path} == principal"),
        ("creator", _) => format!("{path}.user == {path}.workspace.creator"),
        (role, _) => format!("{path}.role == Role::{role:?}"),
    }
}

struct World<'p> {
    pack: &'p Pack,
    conditions: Vec<String>,
    /// Expressions that name a member.
    members: Vec<String>,
    /// Expressions that name what lies in a workspace.
    placed: Vec<String>,
    /// Expressions that name a workspace.
    workspaces: Vec<String>,
}

impl World<'_> {
    fn workspace(&mut self, path: &str) {
        // Plans that the pack does not know have no features.
        let plans = self.pack.plans.iter().map(|plan| plan.features.as_slice());
        let features = plans.chain([&[][..]]).map(|features| has_features(path, features));
        self.conditions.push(any(features));
        self.workspaces.push(path.to_owned());
    }

    fn placed(&mut self, path: &str) {
        self.workspace(&format!("{path}.workspace"));
        self.placed.push(path.to_owned());
    }

    fn role(&mut self, path: &str) {
        let roles = self.pack.roles.iter();
        self.conditions.push(any(roles.map(|role| format!("{path} == {}", role_literal(&role.id)))));
    }

    fn member(&mut self, path: &str) {
        self.placed(path);
        self.role(&format!("{path}.role"));
        self.conditions.push(format!("{path} in {path}.role"));
        for role in self.pack.roles.iter().map(|role| role_literal(&role.id)) {
            self.conditions.push(format!("(({path} in {role}) == ({path}.role in {role}))"));
        }
        self.members.push(path.to_owned());
    }

    fn seat(&self, path: &str) -> Vec<String> {
        let tiers = self.pack.seats.tiers.iter().map(|tier| {
            let features = has_features(path, &tier.features);
            format!("{path}.tier == SeatTier::{:?} && {features}", tier.id.as_str())
        });
        let mut conditions = vec![any(tiers)];
        conditions.extend(self.workspaces.iter().map(|workspace| is_placed(path, workspace)));
        conditions.push(format!("{path} in {path}.workspace"));
        conditions.push(format!(
            "(if {path} has paidUntil then {} else true)",
            is_a_time(&format!("{path}.paidUntil"))
        ));
        conditions
    }

    /// How those who take part belong together: needs all of them.
    fn tie(&mut self) {
        let mut ties = Vec::new();
        for path in &self.placed {
            ties.push(format!("{path} in {path}.workspace"));
            let others =
                self.workspaces.iter().filter(|workspace| **workspace != format!("{path}.workspace"));
            ties.extend(others.map(|workspace| is_placed(path, workspace)));
        }
        for path in &self.members {
            let seat = self.seat(&format!("{path}.seat")).join(" && ");
            ties.push(format!("(if {path} has seat then ({seat}) else true)"));
        }
        // A member's id is made of the workspace and the user.
        for (index, one) in self.members.iter().enumerate() {
            ties.extend(self.members[..index].iter().map(|other| {
                format!(
                    "(({one} == {other}) == ({one}.user == {other}.user && {one}.workspace == {other}.workspace))"
                )
            }));
        }
        self.conditions.extend(ties);
    }
}

/// The roles as the pack has them, and which includes which.
fn frames(pack: &Pack) -> Vec<String> {
    let mut frames = Vec::new();
    for role in &pack.roles {
        let name = role_literal(&role.id);
        frames.push(format!("{name}.rank == {}", role.rank));
        let flags = [
            ("governing", role.governing),
            ("staff", role.staff),
            ("baseline", role.id == pack.roles_given.joiner),
        ];
        frames.extend(flags.map(|(flag, is_set)| format!("{}{name}.{flag}", if is_set { "" } else { "!" })));
        let others = pack.roles.iter().filter(|other| other.id != role.id);
        frames.extend(others.map(|other| {
            let not = if includes(pack, &role.id, &other.id) { "" } else { "!" };
            format!("{not}({name} in {})", role_literal(&other.id))
        }));
    }
    frames
}

/// Whether a role includes another, itself or through those that it includes.
fn includes(pack: &Pack, role: &RoleId, other: &RoleId) -> bool {
    let Some(included) = pack.role(role).and_then(|role| role.includes.as_ref()) else { return false };
    // Ranks fall, or it would not end; the entities are built by the same rule.
    pack.rank(included) < pack.rank(role) && (included == other || includes(pack, included, other))
}

fn role_literal(role: &RoleId) -> String {
    format!("Role::{:?}", role.as_str())
}

fn is_placed(path: &str, workspace: &str) -> String {
    format!("(({path} in {workspace}) == ({path}.workspace == {workspace}))")
}

/// Times are written with four digits for the year.
fn is_a_time(path: &str) -> String {
    format!("datetime(\"0000-01-01\") <= {path} && {path} <= datetime(\"9999-12-30T22:00:00.999Z\")")
}

fn has_features(path: &str, features: &[String]) -> String {
    if features.is_empty() {
        return format!("{path}.features.isEmpty()");
    }
    let features: Vec<_> = features.iter().map(|feature| format!("Feature::{feature:?}")).collect();
    format!("{path}.features == [{}]", features.join(", "))
}

fn any(alternatives: impl Iterator<Item = String>) -> String {
    let mut alternatives: Vec<_> = alternatives.map(|it| format!("({it})")).collect();
    alternatives.sort();
    alternatives.dedup();
    if alternatives.is_empty() { "false".to_owned() } else { format!("({})", alternatives.join(" || ")) }
}
