//! A request that the solver found, in words.

use std::collections::BTreeMap;

use cedar_policy::{Entity, EntityUid, EvalResult};
use jiff::Timestamp;
use seatwise_policy::{PrincipalKind, ResourceKind, Source};
use seatwise_workbench::diff::{ExampleEntity, ExampleRequest};
use seatwise_workbench::{SERVICE, UNVERIFIED_USER, USER, VISITOR, WorkspaceRelation};

use crate::request_kind::{ALL, Replay, RequestSpace};
use crate::shape::Shape;

/// The whole request in words, as far as it matters to the policies about it.
pub(crate) fn words(space: &RequestSpace<'_>, replay: &Replay) -> String {
    let example = example(space, replay, &space.sources(&ALL));
    format!("{}, {}, {}", who(space, replay), space.kind.name(), example.words)
}

/// Whether the workspace that the caller asks about is their own.
pub(crate) fn place(space: &RequestSpace<'_>, replay: &Replay) -> WorkspaceRelation {
    let view = ExampleView { space, replay, sources: &[] };
    let Some(workspace) = view.link("principal", "workspace") else { return WorkspaceRelation::Own };
    match view.resource_workspace() {
        Some(other) if other != workspace => WorkspaceRelation::Foreign,
        _ => WorkspaceRelation::Own,
    }
}

/// The caller: a role, or the name in the matrix.
pub(crate) fn who(space: &RequestSpace<'_>, replay: &Replay) -> String {
    let view = ExampleView { space, replay, sources: &[] };
    match space.kind.principal {
        PrincipalKind::Visitor => VISITOR.to_owned(),
        PrincipalKind::User => {
            let is_verified = view.is_set(replay.request.principal(), "emailVerified");
            if is_verified == Some(false) { UNVERIFIED_USER } else { USER }.to_owned()
        }
        PrincipalKind::Member => name(view.link("principal", "role").as_ref()).unwrap_or_default(),
        PrincipalKind::Service => {
            let id = replay.request.principal().map(|uid| uid.id().unescaped().to_owned());
            format!("{SERVICE}{}", id.unwrap_or_default())
        }
    }
}

/// The request, as far as it matters to these policies.
pub(crate) fn example(space: &RequestSpace<'_>, replay: &Replay, sources: &[&Source]) -> ExampleRequest {
    let view = ExampleView { space, replay, sources };
    let principal = view.principal();
    let resource = view.resource();
    let given = |key: &str| {
        view.context(key).map(|it| match it {
            EvalResult::EntityUid(uid) => uid.id().unescaped().to_owned(),
            other => other.to_string(),
        })
    };
    let (target_role, target_tier) =
        (given("targetRole"), given("targetTier").filter(|_| view.matters("targetTier")));
    let now = view.context("now").filter(|_| view.matters("now")).map(|now| plain_time(&now.to_string()));
    let caller = (!principal.is_empty()).then(|| format!("the caller{}", in_brackets(&principal)));
    let mut words: Vec<_> = caller.into_iter().collect();
    words.push(format!("on {}{}", view.resource_name(), in_brackets(&resource)));
    words.extend(target_role.iter().map(|role| format!("to role {role}")));
    words.extend(target_tier.iter().map(|tier| format!("with a seat of {tier}")));
    words.extend(now.iter().map(|now| format!("at {now}")));
    let entity = |kind: &str, attributes| ExampleEntity { kind: kind.to_owned(), attributes };
    ExampleRequest {
        words: words.join(", "),
        principal: entity(space.kind.principal.type_name(), principal),
        resource: entity(space.kind.resource.type_name(), resource),
        target_role,
        target_tier,
        now,
    }
}

type Attributes = BTreeMap<String, String>;

fn in_brackets(attributes: &Attributes) -> String {
    let each: Vec<_> = attributes.iter().map(|(name, value)| format!("{}: {value}", spaced(name))).collect();
    if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) }
}

/// `freeSlot` as `free slot`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// A time, which Cedar shows as the calls that make it: `datetime("…")` and an offset in milliseconds.
fn plain_time(shown: &str) -> String {
    let mut quoted = shown.split('"').skip(1).step_by(2);
    let date = quoted.next().unwrap_or(shown);
    let offset = quoted.next().and_then(|offset| offset.strip_suffix("ms")?.parse().ok());
    let time = offset.and_then(|offset| Timestamp::from_millisecond(offset).ok());
    time.map_or_else(|| date.to_owned(), |time| time.to_string())
}

struct ExampleView<'a> {
    space: &'a RequestSpace<'a>,
    replay: &'a Replay,
    sources: &'a [&'a Source],
}

impl ExampleView<'_> {
    /// Whether a policy contains the word. The solver chooses all other attributes at random.
    fn matters(&self, word: &str) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        self.sources.iter().any(|source| source.text().split(|c| !is_part(c)).any(|part| part == word))
    }

    fn uid(&self, variable: &str) -> Option<&EntityUid> {
        match variable {
            "principal" => self.replay.request.principal(),
            _ => self.replay.request.resource(),
        }
    }

    fn entity(&self, uid: &EntityUid) -> Option<&Entity> {
        self.replay.entities.get(uid)
    }

    fn value(&self, uid: Option<&EntityUid>, attribute: &str) -> Option<EvalResult> {
        self.entity(uid?)?.attr(attribute)?.ok()
    }

    fn is_set(&self, uid: Option<&EntityUid>, attribute: &str) -> Option<bool> {
        match self.value(uid, attribute)? {
            EvalResult::Bool(is_set) => Some(is_set),
            _ => None,
        }
    }

    fn linked(&self, uid: Option<&EntityUid>, attribute: &str) -> Option<EntityUid> {
        match self.value(uid, attribute)? {
            EvalResult::EntityUid(linked) => Some(linked),
            _ => None,
        }
    }

    fn link(&self, variable: &str, attribute: &str) -> Option<EntityUid> {
        self.linked(self.uid(variable), attribute)
    }

    fn context(&self, key: &str) -> Option<EvalResult> {
        self.replay.request.context()?.get(key)
    }

    fn resource_workspace(&self) -> Option<EntityUid> {
        match self.uid("resource") {
            Some(uid) if uid.type_name().to_string() == "Workspace" => Some(uid.clone()),
            _ => self.link("resource", "workspace"),
        }
    }

    fn resource_name(&self) -> String {
        if self.uid("principal") == self.uid("resource") {
            return "themselves".to_owned();
        }
        self.space.kind.resource.words().to_owned()
    }

    fn principal(&self) -> Attributes {
        let mut attributes = Attributes::new();
        let me = self.uid("principal");
        if self.space.kind.principal != PrincipalKind::Member {
            return attributes;
        }
        self.add_seat(&mut attributes, me);
        self.add_joining(&mut attributes, me);
        if self.matters("freeSlot")
            && let Some(free) = self.is_set(me, "freeSlot")
        {
            attributes.insert("freeSlot".to_owned(), free.to_string());
        }
        let workspace = self.linked(me, "workspace");
        if self.matters("creator") {
            let creator = self.linked(workspace.as_ref(), "creator");
            let is_creator = creator.is_some() && creator == self.linked(me, "user");
            attributes.insert("creator".to_owned(), is_creator.to_string());
        }
        self.add_plan(&mut attributes, workspace.as_ref());
        attributes
    }

    fn add_plan(&self, attributes: &mut Attributes, workspace: Option<&EntityUid>) {
        let features = self.value(workspace, "features").filter(|_| self.matters("features"));
        if let Some(names) = features.as_ref().and_then(names) {
            attributes.insert("planFeatures".to_owned(), names);
        }
    }

    fn add_joining(&self, attributes: &mut Attributes, member: Option<&EntityUid>) {
        let joined = self.value(member, "joinedAt").filter(|_| self.matters("joinedAt"));
        attributes.extend(joined.map(|time| ("joinedAt".to_owned(), plain_time(&time.to_string()))));
    }

    fn add_seat(&self, attributes: &mut Attributes, member: Option<&EntityUid>) {
        if !self.matters("seat") {
            return;
        }
        let seat = self.linked(member, "seat");
        let told = seat.as_ref().map_or_else(|| "none".to_owned(), |seat| self.seat(seat));
        attributes.insert("seat".to_owned(), told);
    }

    fn seat(&self, seat: &EntityUid) -> String {
        let tier = name(self.linked(Some(seat), "tier").as_ref()).unwrap_or_default();
        let live = if self.is_set(Some(seat), "live") == Some(false) { ", not live" } else { "" };
        let paid = self.value(Some(seat), "paidUntil").filter(|_| self.matters("paidUntil"));
        let paid =
            paid.map(|paid| format!(", paid until {}", plain_time(&paid.to_string()))).unwrap_or_default();
        format!("{tier}{live}{paid}")
    }

    fn resource(&self) -> Attributes {
        let mut attributes = Attributes::new();
        let it = self.uid("resource");
        if self.uid("principal") == it {
            return attributes;
        }
        self.add_roles(&mut attributes, it);
        self.add_joining(&mut attributes, it);
        let reserved = self
            .linked(it, "tier")
            .filter(|_| self.space.kind.resource == ResourceKind::Invitation && self.matters("tier"));
        attributes.extend(name(reserved.as_ref()).map(|tier| ("tier".to_owned(), tier)));
        if self.space.kind.resource == ResourceKind::Seat
            && let Some(seat) = it
        {
            attributes.insert("seat".to_owned(), self.seat(seat));
        }
        let theirs = self.resource_workspace();
        if let Some(own) = self.link("principal", "workspace") {
            if theirs.as_ref().is_some_and(|theirs| *theirs != own) {
                attributes.insert("workspace".to_owned(), "another".to_owned());
                self.add_creator(&mut attributes, theirs.as_ref());
            }
        } else {
            self.add_plan(&mut attributes, theirs.as_ref());
        }
        attributes
    }

    /// The role of the resource, and those of the members that it belongs to.
    fn add_roles(&self, attributes: &mut Attributes, resource: Option<&EntityUid>) {
        let shape = Shape::of(self.space.kind.resource.type_name());
        let members =
            shape.attributes_of("Member").map(|name| (format!("{name}Role"), self.linked(resource, name)));
        let members: Vec<_> = members.collect();
        if members.iter().any(|(_, member)| member.is_some() && member.as_ref() == self.uid("principal")) {
            attributes.insert("own".to_owned(), "true".to_owned());
        }
        for (label, holder) in [("role".to_owned(), resource.cloned())].into_iter().chain(members) {
            if let Some(role) = name(self.linked(holder.as_ref(), "role").as_ref()) {
                attributes.insert(label, role);
            }
        }
    }

    fn add_creator(&self, attributes: &mut Attributes, workspace: Option<&EntityUid>) {
        let creator = self.linked(workspace, "creator");
        if creator.is_some() && creator == self.link("principal", "user") {
            attributes.insert("creator".to_owned(), "the caller".to_owned());
        }
    }
}

fn name(uid: Option<&EntityUid>) -> Option<String> {
    Some(uid?.id().unescaped().to_owned())
}

/// The names of the entities in a set; nothing, if it is empty.
fn names(set: &EvalResult) -> Option<String> {
    let EvalResult::Set(set) = set else { return None };
    let name = |value: &EvalResult| match value {
        EvalResult::EntityUid(uid) => uid.id().unescaped().to_owned(),
        other => other.to_string(),
    };
    let names: Vec<_> = set.iter().map(name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
