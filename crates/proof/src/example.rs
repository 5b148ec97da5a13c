//! A request that the solver found, as a person would say it.

use std::collections::BTreeMap;

use cedar_policy::{Entity, EntityUid, EvalResult};
use jiff::Timestamp;
use seatwise_policy::diff::{Example, Place, Thing};
use seatwise_policy::{PrincipalKind, ResourceKind, Source};

use crate::ground::{ALL, Ground, Replay};

/// The whole request in words, as far as it matters to the policies of the ground.
pub(crate) fn words(ground: &Ground<'_>, replay: &Replay) -> String {
    let example = example(ground, replay, &ground.sources(&ALL));
    format!("{}, {}, {}", who(ground, replay), ground.kind.name(), example.words)
}

/// Where the caller asks.
pub(crate) fn place(ground: &Ground<'_>, replay: &Replay) -> Place {
    let scene = Scene { ground, replay, sources: &[] };
    let Some(workspace) = scene.link("principal", "workspace") else { return Place::Active };
    match scene.resource_workspace() {
        Some(other) if other != workspace => Place::Foreign,
        _ if scene.is_set(Some(&workspace), "active") == Some(false) => Place::Suspended,
        _ => Place::Active,
    }
}

/// Who asks: a role, or as the matrix calls them.
pub(crate) fn who(ground: &Ground<'_>, replay: &Replay) -> String {
    let scene = Scene { ground, replay, sources: &[] };
    match ground.kind.principal {
        PrincipalKind::Visitor => "visitor".to_owned(),
        PrincipalKind::User => {
            let is_verified = scene.is_set(replay.request.principal(), "emailVerified");
            if is_verified == Some(false) { "unverified user" } else { "user" }.to_owned()
        }
        PrincipalKind::Member => name(scene.link("principal", "role").as_ref()).unwrap_or_default(),
    }
}

/// The request, as far as it matters to these policies.
pub(crate) fn example(ground: &Ground<'_>, replay: &Replay, sources: &[&Source]) -> Example {
    let scene = Scene { ground, replay, sources };
    let principal = scene.principal();
    let resource = scene.resource();
    let target_role = scene.context("targetRole").map(|role| match role {
        EvalResult::EntityUid(uid) => uid.id().unescaped().to_owned(),
        other => other.to_string(),
    });
    let now = scene.context("now").filter(|_| scene.matters("now")).map(|now| plain_time(&now.to_string()));
    let caller = (!principal.is_empty()).then(|| format!("the caller{}", in_brackets(&principal)));
    let mut words: Vec<_> = caller.into_iter().collect();
    words.push(format!("on {}{}", scene.resource_name(), in_brackets(&resource)));
    words.extend(target_role.iter().map(|role| format!("to role {role}")));
    words.extend(now.iter().map(|now| format!("at {now}")));
    let thing = |kind: String, attributes| Thing { kind, attributes };
    Example {
        words: words.join(", "),
        principal: thing(format!("{:?}", ground.kind.principal), principal),
        resource: thing(format!("{:?}", ground.kind.resource), resource),
        target_role,
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

/// Cedar shows a time as the calls that make it: `datetime("…")`, some milliseconds after 1970.
fn plain_time(shown: &str) -> String {
    let mut quoted = shown.split('"').skip(1).step_by(2);
    let date = quoted.next().unwrap_or(shown);
    let offset = quoted.next().and_then(|offset| offset.strip_suffix("ms")?.parse().ok());
    let time = offset.and_then(|offset| Timestamp::from_millisecond(offset).ok());
    time.map_or_else(|| date.to_owned(), |time| time.to_string())
}

struct Scene<'a> {
    ground: &'a Ground<'a>,
    replay: &'a Replay,
    sources: &'a [&'a Source],
}

impl Scene<'_> {
    /// Whether a policy speaks of it: of all else a solver's example says what came to its mind.
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
        match self.ground.kind.resource {
            ResourceKind::Platform => "the platform",
            ResourceKind::Workspace => "the workspace",
            ResourceKind::Member => "a member",
            ResourceKind::Seat => "a seat",
            ResourceKind::Invitation => "an invitation",
            ResourceKind::LeaveRequest => "a leave request",
        }
        .to_owned()
    }

    fn principal(&self) -> Attributes {
        let mut attributes = Attributes::new();
        let me = self.uid("principal");
        if self.ground.kind.principal != PrincipalKind::Member {
            return attributes;
        }
        self.add_seat(&mut attributes, me);
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
        self.add_workspace(&mut attributes, workspace.as_ref());
        attributes
    }

    fn add_workspace(&self, attributes: &mut Attributes, workspace: Option<&EntityUid>) {
        if self.is_set(workspace, "active") == Some(false) {
            attributes.insert("workspace".to_owned(), "suspended".to_owned());
        }
        let features = self.value(workspace, "features").filter(|_| self.matters("features"));
        if let Some(names) = features.as_ref().and_then(names) {
            attributes.insert("planFeatures".to_owned(), names);
        }
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
        let requester = self.linked(it, "requester");
        for (label, member) in [("role", it), ("requesterRole", requester.as_ref())] {
            if let Some(role) = name(self.linked(member, "role").as_ref()) {
                attributes.insert(label.to_owned(), role);
            }
        }
        if requester.is_some() && requester.as_ref() == self.uid("principal") {
            attributes.insert("own".to_owned(), "true".to_owned());
        }
        if it.is_some_and(|it| it.type_name().to_string() == "Seat")
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
            self.add_workspace(&mut attributes, theirs.as_ref());
        }
        attributes
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

/// The names of what is in a set; nothing, if it is empty.
fn names(set: &EvalResult) -> Option<String> {
    let EvalResult::Set(set) = set else { return None };
    let name = |value: &EvalResult| match value {
        EvalResult::EntityUid(uid) => uid.id().unescaped().to_owned(),
        other => other.to_string(),
    };
    let names: Vec<_> = set.iter().map(name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
