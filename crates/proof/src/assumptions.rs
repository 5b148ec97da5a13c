//! The assumptions of a proof about every request, in Cedar's own language.
//!
//! `crates/policy/src/entities.rs` builds the entities of a request from facts, under a pack. The
//! assumptions state what it guarantees and no more: with more, a proof would leave out requests that can
//! be made. A request that cannot be built (with a feature that the schema does not declare) is denied, so
//! that it is safe to leave it out.

use seatwise_domain::{Pack, RoleId, RoleName};
use seatwise_policy::{DROPPED, PrincipalKind, ResourceKind, TARGET_CREATOR, TARGET_SELF};
use seatwise_workbench::diff::{ANY_TIER, Condition};

use crate::request_kind::RequestKind;
use crate::shape::Shape;

/// The conditions that every request of a kind meets, as one expression.
pub(crate) fn of(pack: &Pack, kind: &RequestKind) -> String {
    let RequestKind { principal, resource, takes_role, takes_tier, .. } = *kind;
    let mut assumptions =
        Assumptions { pack, conditions: of_roles(pack), members: vec![], placed: vec![], workspaces: vec![] };
    match principal {
        PrincipalKind::Visitor | PrincipalKind::User => {}
        PrincipalKind::Member => assumptions.member("principal"),
        PrincipalKind::Service => assumptions.service("principal"),
    }
    assumptions.resource(resource.type_name());
    assumptions.conditions.push(is_a_time("context.now"));
    if takes_role {
        assumptions.role("context.targetRole");
    }
    if takes_tier {
        assumptions.optional_tier("context", "targetTier");
    }
    assumptions.tie();
    assumptions.conditions.join(" &&\n")
}

/// The condition that the resource is in the caller's workspace, by its attributes.
pub(crate) fn at_home(resource: ResourceKind) -> &'static str {
    match resource {
        ResourceKind::Platform => "false",
        ResourceKind::Workspace => "resource == principal.workspace",
        _ => "resource.workspace == principal.workspace",
    }
}

/// The condition that the caller has one of the roles.
pub(crate) fn has_role<'r>(roles: impl IntoIterator<Item = &'r RoleName>) -> String {
    any(roles.into_iter().map(|role| format!("principal.role == {}", role_literal(role))))
}

/// A condition of the matrix as an expression. It holds at least for the examples that show it.
pub(crate) fn condition(condition: &Condition, resource: ResourceKind) -> String {
    let seats = condition.seat.iter().map(|label| seat(label));
    let targets = condition.on.iter().map(|label| target(label, resource));
    let given = condition.to.iter().map(|role| format!("context.targetRole == Role::{role:?}"));
    let tiers = condition.tier.iter().map(|label| given_tier(label));
    let parts = [seats.collect::<Vec<_>>(), targets.collect(), given.collect(), tiers.collect()];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(|part| any(part.into_iter()));
    format!("({})", parts.collect::<Vec<_>>().join(" && "))
}

/// The tier of the seat that is given, by its label in the matrix.
fn given_tier(label: &str) -> String {
    match label {
        ANY_TIER => "!(context has targetTier)".to_owned(),
        tier => format!("(context has targetTier && context.targetTier == SeatTier::{tier:?})"),
    }
}

/// The state of a seat, by its label in the matrix (`SeatState` of the workbench).
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

/// The member that an action is done to, by the label in the matrix: the resource is the member, or it
/// belongs to the member, or it has a role alone.
fn target(label: &str, resource: ResourceKind) -> String {
    let shape = Shape::of(resource.type_name());
    let of_member = shape.attributes_of("Member").next().map(|attribute| format!("resource.{attribute}"));
    let member = if resource == ResourceKind::Member { Some("resource".to_owned()) } else { of_member };
    match (label, member) {
        (_, None) if !shape.has("role") => "true".to_owned(),
        (TARGET_SELF | TARGET_CREATOR, None) => "false".to_owned(),
        (role, None) => format!("resource.role == Role::{role:?}"),
        (TARGET_SELF, Some(member)) => format!("{member} == principal"),
        (TARGET_CREATOR, Some(member)) => format!("{member}.user == {member}.workspace.creator"),
        (role, Some(member)) => format!("{member}.role == Role::{role:?}"),
    }
}

struct Assumptions<'p> {
    pack: &'p Pack,
    conditions: Vec<String>,
    /// Expressions that name a member.
    members: Vec<String>,
    /// Expressions that name entities in a workspace.
    placed: Vec<String>,
    /// Expressions that name a workspace.
    workspaces: Vec<String>,
}

impl Assumptions<'_> {
    /// The resource, by its type: a new type is covered by the types that its attributes refer to.
    fn resource(&mut self, type_name: &str) {
        match type_name {
            "Workspace" => self.workspace("resource"),
            "Member" => self.member("resource"),
            other => {
                let shape = Shape::of(other);
                if shape.has("workspace") {
                    self.placed("resource");
                }
                for role in shape.attributes_of("Role") {
                    self.role(&format!("resource.{role}"));
                }
                for member in shape.attributes_of("Member") {
                    self.member(&format!("resource.{member}"));
                }
                if other == "Invitation" {
                    self.optional_tier("resource", "tier");
                }
                if other == "Seat" {
                    let conditions = self.seat("resource");
                    self.conditions.extend(conditions);
                }
            }
        }
    }

    fn workspace(&mut self, path: &str) {
        // A plan that the pack does not have has no features.
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
        self.conditions.push(any(roles(self.pack).map(|role| format!("{path} == {role}"))));
    }

    /// A tier of the pack, or the one for tiers that the pack dropped, if there is one at all.
    fn optional_tier(&mut self, path: &str, attribute: &str) {
        let tiers = self.pack.seats.tiers.iter().map(|tier| tier.name.as_str()).chain([DROPPED]);
        let is_known = any(tiers.map(|tier| format!("{path}.{attribute} == SeatTier::{tier:?}")));
        self.conditions.push(format!("(if {path} has {attribute} then {is_known} else true)"));
    }

    fn member(&mut self, path: &str) {
        self.placed(path);
        self.conditions.push(is_a_time(&format!("{path}.joinedAt")));
        self.role(&format!("{path}.role"));
        self.conditions.push(format!("{path} in {path}.role"));
        for role in roles(self.pack) {
            self.conditions.push(format!("(({path} in {role}) == ({path}.role in {role}))"));
        }
        self.members.push(path.to_owned());
    }

    /// A service that the pack does not declare asks for nothing.
    fn service(&mut self, path: &str) {
        let declared = self.pack.services.iter().map(|service| service.id.as_str());
        self.conditions.push(any(declared.map(|id| format!("{path} == Service::{id:?}"))));
    }

    fn seat(&self, path: &str) -> Vec<String> {
        let tiers = self.pack.seats.tiers.iter().map(|tier| {
            let features = has_features(path, &tier.features);
            format!("{path}.tier == SeatTier::{:?} && {features}", tier.name.as_str())
        });
        let dropped = format!("{path}.tier == SeatTier::{DROPPED:?} && {}", has_features(path, &[]));
        let mut conditions = vec![any(tiers.chain([dropped]))];
        conditions.extend(self.workspaces.iter().map(|workspace| is_placed(path, workspace)));
        conditions.push(format!("{path} in {path}.workspace"));
        conditions.push(format!(
            "(if {path} has paidUntil then {} else true)",
            is_a_time(&format!("{path}.paidUntil"))
        ));
        conditions
    }

    /// The relations between the entities, once all are known.
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
        // A member's id consists of the workspace and the user.
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

/// Every role that a member can have: those of the pack, and the one for roles that the pack dropped.
fn roles(pack: &Pack) -> impl Iterator<Item = String> {
    pack.roles.iter().map(|role| role_literal(&role.name)).chain([dropped_role()])
}

fn dropped_role() -> String {
    format!("Role::{DROPPED:?}")
}

/// The roles of the pack with their attributes, and which role includes which. The dropped role includes none
/// and is included in none.
fn of_roles(pack: &Pack) -> Vec<String> {
    let dropped = dropped_role();
    let mut conditions = vec![format!("{dropped}.rank == {}", pack.rank_below_all())];
    conditions.extend(["governing", "staff", "baseline"].map(|flag| format!("!{dropped}.{flag}")));
    for role in &pack.roles {
        let name = role_literal(&role.name);
        conditions.push(format!("!({name} in {dropped})"));
        conditions.push(format!("!({dropped} in {name})"));
        conditions.push(format!("{name}.rank == {}", role.rank));
        let flags = [
            ("governing", role.governing),
            ("staff", role.staff),
            ("baseline", role.id == pack.roles_given.joiner),
        ];
        conditions
            .extend(flags.map(|(flag, is_set)| format!("{}{name}.{flag}", if is_set { "" } else { "!" })));
        let others = pack.roles.iter().filter(|other| other.id != role.id);
        conditions.extend(others.map(|other| {
            let not = if includes(pack, &role.id, &other.id) { "" } else { "!" };
            format!("{not}({name} in {})", role_literal(&other.name))
        }));
    }
    conditions
}

/// Whether a role includes another, directly or through the roles that it includes.
fn includes(pack: &Pack, role: &RoleId, other: &RoleId) -> bool {
    let Some(included) = pack.role(role).and_then(|role| role.includes.as_ref()) else { return false };
    // Only to a lower rank, or the recursion might not end. The entities are built by the same rule.
    pack.rank(included) < pack.rank(role) && (included == other || includes(pack, included, other))
}

fn role_literal(role: &RoleName) -> String {
    format!("Role::{:?}", role.as_str())
}

fn is_placed(path: &str, workspace: &str) -> String {
    format!("(({path} in {workspace}) == ({path}.workspace == {workspace}))")
}

/// The range of a time: its year is written with four digits.
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
