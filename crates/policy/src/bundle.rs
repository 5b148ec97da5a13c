//! A pack that was parsed, and what it decides.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Range;

use cedar_policy::{
    AuthorizationError, Authorizer, Decision as CedarDecision, Effect, Entities, EntityUid, PolicyId,
    PolicySet, Request, Schema,
};
use jiff::Timestamp;
use seatwise_domain::pack::PackFault;
use seatwise_domain::{Pack, RoleId};
use toml::de::{DeTable, DeValue};

use crate::Files;
use crate::cast::Cast;
use crate::core::Core;
use crate::facts::{AccessRequest, MemberFacts, Principal, Resource, WorkspaceFacts};
use crate::finding::{Fault, Finding, first_line, suggestion};
use crate::source::{self, Origin, Source};
use crate::stage::{self, Question, Stage};
use crate::vocabulary::{self, APP_FILE, ActionInfo, PrincipalKind, Vocabulary, action, context};

pub(crate) const PACK_FILE: &str = "product.toml";
const GUARDRAILS: (&str, &str) = ("guardrails.cedar", include_str!("../../../policies/guardrails.cedar"));
const FLOOR: (&str, &str) = ("floor.cedar", include_str!("../../../policies/floor.cedar"));
/// Name and text of each.
pub(crate) const CORE_POLICIES: [(&str, &str); 2] = [GUARDRAILS, FLOOR];

/// Where operators read what keys there are.
const SETTINGS: &str = "Settings of product.toml";

/// The answer to an [`AccessRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The caller may attempt it; whether it is possible now is the domain's to say.
    Allow,
    /// The caller may not.
    Deny {
        /// The `@reason` of the policy that forbade it: guardrails before the pack's files, these
        /// by name, each from the top. None, when no policy permitted it.
        reason: Option<String>,
    },
}

/// A pack that was parsed, ready to decide. Never changes.
pub struct Bundle {
    pack: Pack,
    vocabulary: Vocabulary,
    /// In the order in which their reasons are given.
    sources: Vec<Source>,
    /// Place in `sources` by id.
    places: HashMap<PolicyId, usize>,
    /// What can be asked, by name, with the policies that are about it: the scope of all others
    /// leaves the action out, so they could neither apply nor err.
    asked: HashMap<String, Asked>,
    authorizer: Authorizer,
}

/// An action, and the two sets that decide on it.
struct Asked {
    uid: EntityUid,
    /// Guardrails and the pack's own.
    bundle: PolicySet,
    /// Guardrails and floor.
    floor: PolicySet,
}

/// Which policies a bundle is made of.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    Whole,
    FloorOnly,
}

/// What one policy set says.
pub(crate) struct Side {
    pub(crate) allows: bool,
    /// Which policies decided, as places among the sources, first things first: the forbids that
    /// applied, or else the permits.
    pub(crate) deciding: Vec<usize>,
    /// Which policies erred, and how: then the set may not allow, whatever it says.
    pub(crate) errors: Vec<(PolicyId, String)>,
    pub(crate) reason: Option<String>,
}

/// What both sets say.
pub(crate) struct Verdict {
    pub(crate) bundle: Side,
    pub(crate) floor: Side,
}

impl Verdict {
    pub(crate) fn decision(self) -> Decision {
        if self.bundle.allows || self.floor.allows {
            Decision::Allow
        } else {
            Decision::Deny { reason: self.bundle.reason }
        }
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("pack", &self.pack.name).finish_non_exhaustive()
    }
}

impl Bundle {
    /// Parses a pack. What it cannot be used with is a fault; what it should not be published with
    /// is found by [`crate::check`], which takes much longer.
    pub fn compile(files: &Files) -> Result<Self, Fault> {
        Self::compile_under(&Core::current(), files)
    }

    /// As [`Self::compile`], with the words of another release.
    pub fn compile_under(core: &Core, files: &Files) -> Result<Self, Fault> {
        Self::build(core, files, Extent::Whole).map_err(first)
    }

    /// The pack's data and roles with the permissions of the recovery floor alone: for when the
    /// policies of the active version cannot be loaded.
    pub fn floor_only(core: &Core, pack: &Files) -> Result<Self, Fault> {
        Self::build(core, pack, Extent::FloorOnly)
            // The floor uses none of the product's own words, so it need not fall with them.
            .or_else(|_| Self::build(core, &with_plain_words(pack)?, Extent::FloorOnly))
            .map_err(first)
    }

    /// As [`Self::compile`], with every fault.
    pub(crate) fn compile_all(files: &Files) -> Result<Self, Vec<Finding>> {
        Self::build(&Core::current(), files, Extent::Whole)
    }

    fn build(core: &Core, files: &Files, extent: Extent) -> Result<Self, Vec<Finding>> {
        let pack = read_pack(files);
        let vocabulary = Vocabulary::of(core, files);
        let own = match extent {
            Extent::Whole => source::of_pack(files),
            Extent::FloorOnly => Ok(Vec::new()),
        };
        let (pack, vocabulary, own) = match (pack, vocabulary, own) {
            (Ok(pack), Ok(vocabulary), Ok(own)) => (pack, vocabulary, own),
            (pack, vocabulary, own) => {
                let faults = [pack.err(), vocabulary.err(), own.err()];
                return Err(faults.into_iter().flatten().flatten().collect());
            }
        };
        let guardrails = source::of_file(Origin::Guardrails, GUARDRAILS.0, GUARDRAILS.1)?;
        let floor = source::of_file(Origin::Floor, FLOOR.0, FLOOR.1)?;
        let sources: Vec<Source> = [guardrails, own, floor].into_iter().flatten().collect();
        let places = places(&sources)?;
        let asked = vocabulary
            .actions
            .iter()
            .map(|info| Ok((info.name.clone(), Asked::of(action(&info.name), &vocabulary, &sources)?)))
            .collect::<Result<_, _>>()
            .map_err(|fault| vec![fault])?;
        Ok(Self { pack, vocabulary, sources, places, asked, authorizer: Authorizer::new() })
    }

    /// The pack's data.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// Everything that can be asked, sorted by name.
    pub fn actions(&self) -> &[ActionInfo] {
        &self.vocabulary.actions
    }

    /// Decides. Whatever is unknown, missing or contradictory is denied (K32).
    pub fn decide(&self, request: &AccessRequest<'_>) -> Decision {
        self.try_decide(request).unwrap_or(Decision::Deny { reason: None })
    }

    /// What a member may attempt in a workspace: each action that is asked about, with
    /// the decision on the workspace or, where it is done to something in it, on the most favourable
    /// example. For clients that show or hide buttons; the operation itself decides anew.
    pub fn attempts(
        &self,
        who: &MemberFacts,
        workspace: &WorkspaceFacts,
        now: Timestamp,
        is_asked: impl Fn(&ActionInfo) -> bool,
    ) -> Vec<(&ActionInfo, Decision)> {
        let stage = Stage::new(self, workspace, Some(who), now);
        let of_members =
            |info: &&ActionInfo| info.principals.contains(&PrincipalKind::Member) && is_asked(info);
        let decide = |info: &ActionInfo| {
            let questions = stage.iter().flat_map(|stage| stage.questions(PrincipalKind::Member, info));
            best(questions.filter_map(|question| Some(self.ask(&question)?.decision())))
        };
        self.actions().iter().filter(of_members).map(|info| (info, decide(info))).collect()
    }

    /// Shows requests as Cedar gets them, made of examples of everything: for whoever takes something
    /// for granted of all of them.
    pub fn show_examples(&self, mut visit: impl FnMut(&Request, &Entities)) {
        for stage in stage::all(self) {
            for info in self.actions() {
                for question in info.principals.iter().flat_map(|kind| stage.questions(*kind, info)) {
                    let request = self.asked.get(question.action).and_then(|asked| {
                        let [principal, resource] = [question.principal, question.resource].map(Clone::clone);
                        self.request(asked, principal, resource, question.target_role.cloned(), stage.now)
                    });
                    if let Some(request) = request {
                        visit(&request, &stage.entities);
                    }
                }
            }
        }
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The schema that all policies are written in: the core's and the pack's together.
    pub fn schema(&self) -> &Schema {
        &self.vocabulary.schema
    }

    /// All policies: guardrails, the pack's, floor.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Whether a policy is about an action, as far as its scope tells: if not, it neither applies nor
    /// errs when that is asked.
    pub fn is_about(&self, source: &Source, action: &EntityUid) -> bool {
        self.vocabulary.is_about(source, action)
    }

    /// Whether an action is in a group.
    pub fn is_in_group(&self, action: &EntityUid, group: &str) -> bool {
        self.vocabulary.is_in(action, &vocabulary::action(group))
    }

    /// Where a policy stands.
    pub fn source(&self, id: &PolicyId) -> Option<&Source> {
        self.sources.get(*self.places.get(id)?)
    }

    fn try_decide(&self, request: &AccessRequest<'_>) -> Option<Decision> {
        let mut cast = Cast::new(&self.pack);
        let workspace = match request.workspace {
            Some(facts) => Some(cast.workspace(facts)?),
            None => None,
        };
        let principal = match request.principal {
            Principal::Visitor => cast.visitor(),
            Principal::User(user) => cast.user(user)?,
            Principal::Member(member) => cast.member(member)?,
        };
        let resource = match request.resource {
            Resource::Platform => cast.platform(),
            Resource::Workspace => workspace?,
            Resource::Member(member) => cast.member(member)?,
            Resource::Seat(seat) => cast.seat(seat)?,
            Resource::Invitation(invitation) => cast.invitation(invitation)?,
            Resource::LeaveRequest(leave) => cast.leave_request(leave)?,
        };
        let target_role = match request.target_role {
            Some(role) => Some(cast.role(role)?),
            None => None,
        };
        let entities = cast.entities(&self.vocabulary)?;
        let asked = self.asked.get(request.action)?;
        let question = self.request(asked, principal, resource, target_role, request.now)?;

        let bundle = self.side(&question, &asked.bundle, &entities);
        if bundle.allows || self.side(&question, &asked.floor, &entities).allows {
            return Some(Decision::Allow);
        }
        Some(Decision::Deny { reason: bundle.reason })
    }

    /// Asks both sets.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Option<Verdict> {
        let asked = self.asked.get(question.action)?;
        let [principal, resource] = [question.principal, question.resource].map(Clone::clone);
        let request =
            self.request(asked, principal, resource, question.target_role.cloned(), question.stage.now)?;
        let entities = &question.stage.entities;
        Some(Verdict {
            bundle: self.side(&request, &asked.bundle, entities),
            floor: self.side(&request, &asked.floor, entities),
        })
    }

    fn request(
        &self,
        asked: &Asked,
        principal: EntityUid,
        resource: EntityUid,
        target_role: Option<EntityUid>,
        now: Timestamp,
    ) -> Option<Request> {
        let context = context(now, target_role)?;
        Request::new(principal, asked.uid.clone(), resource, context, Some(&self.vocabulary.schema)).ok()
    }

    fn side(&self, request: &Request, policies: &PolicySet, entities: &Entities) -> Side {
        let response = self.authorizer.is_authorized(request, policies, entities);
        let errors: Vec<_> = response.diagnostics().errors().map(described).collect();
        let allows = response.decision() == CedarDecision::Allow;
        // Of a denial these are the forbids that applied; of a permission, the permits.
        let mut deciding: Vec<_> =
            response.diagnostics().reason().filter_map(|id| self.places.get(id)).copied().collect();
        deciding.sort_unstable();
        let first = deciding.first().filter(|_| !allows).and_then(|place| self.sources.get(*place));
        let reason = first.and_then(|source| source.policy.annotation("reason")).map(ToOwned::to_owned);
        for (id, error) in &errors {
            // An operator's edit that errs denies; without this nobody would know why.
            tracing::error!(policy = %id, action = %describe_action(request), error, "a policy failed: its set allows nothing");
        }
        // Cedar skips what errs, forbids included (K32).
        Side { allows: allows && errors.is_empty(), deciding, errors, reason }
    }
}

impl Asked {
    fn of(uid: EntityUid, vocabulary: &Vocabulary, sources: &[Source]) -> Result<Self, Finding> {
        let mut asked = Self { uid, bundle: PolicySet::new(), floor: PolicySet::new() };
        for source in sources {
            if !vocabulary.is_about(source, &asked.uid) {
                continue;
            }
            let sets: &mut [&mut PolicySet] = match source.origin {
                Origin::Guardrails => &mut [&mut asked.bundle, &mut asked.floor],
                Origin::Pack => &mut [&mut asked.bundle],
                Origin::Floor => &mut [&mut asked.floor],
            };
            for set in sets {
                set.add(source.policy.clone()).map_err(|error| source.finding(&error.to_string()))?;
            }
        }
        Ok(asked)
    }
}

fn describe_action(request: &Request) -> String {
    request.action().map(ToString::to_string).unwrap_or_default()
}

fn described(error: &AuthorizationError) -> (PolicyId, String) {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    (error.policy_id().clone(), error.inner().to_string())
}

fn best(answers: impl Iterator<Item = Decision>) -> Decision {
    let mut best = Decision::Deny { reason: None };
    for answer in answers {
        match answer {
            Decision::Allow => return Decision::Allow,
            Decision::Deny { reason: Some(_) } if best == (Decision::Deny { reason: None }) => best = answer,
            Decision::Deny { .. } => {}
        }
    }
    best
}

fn first(faults: Vec<Finding>) -> Fault {
    // There is one, or it would be no failure.
    faults.into_iter().next().unwrap_or_else(|| Finding::new(PACK_FILE, "cannot be read"))
}

fn read_pack(files: &Files) -> Result<Pack, Vec<Finding>> {
    let Some(text) = files.get(PACK_FILE) else {
        let help = format!("add it: “{SETTINGS}” in policies/README.md says what is in it");
        return Err(vec![Finding::new(PACK_FILE, "this file is missing").help(&help)]);
    };
    let pack: Pack =
        toml::from_str(text).map_err(|error| vec![Finding::of_toml(PACK_FILE, text, &error, SETTINGS)])?;
    let faults: Vec<_> = pack.faults().iter().map(|fault| contradiction(&pack, text, fault)).collect();
    if faults.is_empty() { Ok(pack) } else { Err(faults) }
}

/// The pack with a schema that declares what its data names and nothing else.
fn with_plain_words(files: &Files) -> Result<Files, Vec<Finding>> {
    let pack = read_pack(files)?;
    let tiers = pack.seats.tiers.iter().map(|tier| tier.id.to_string());
    let of_tiers = pack.seats.tiers.iter().flat_map(|tier| &tier.features);
    let features = of_tiers.chain(pack.plans.iter().flat_map(|plan| &plan.features)).cloned();
    let app = format!(
        "entity SeatTier enum [{}]; entity Feature enum [{}];",
        quoted(tiers.collect()),
        quoted(features.collect())
    );
    Ok(files.clone().into_iter().chain([(APP_FILE.to_owned(), app)]).collect())
}

/// An enumeration cannot be empty.
fn quoted(names: BTreeSet<String>) -> String {
    let none = names.is_empty().then(|| "-".to_owned());
    let names: Vec<String> = names.into_iter().chain(none).map(|name| format!("{name:?}")).collect();
    names.join(", ")
}

fn contradiction(pack: &Pack, text: &str, fault: &PackFault) -> Finding {
    let names_role = ["creator", "joiner", "seatless", "includes"];
    let span = span_of_key(text, &fault.key);
    let named = span.clone().and_then(|span| text.get(span)?.split('"').nth(1));
    let key = fault.key.last().map(String::as_str).unwrap_or_default();
    let help = match named {
        Some(named) if names_role.contains(&key) && pack.role(&RoleId(named.to_owned())).is_none() => {
            suggestion(named, pack.roles.iter().map(|role| role.id.as_str()))
        }
        _ => format!("“{SETTINGS}” in policies/README.md says what `{}` goes with", fault.key.join(".")),
    };
    Finding::new(PACK_FILE, &fault.message).at_some(text, span).help(&help)
}

/// Where a key stands, with its value if that is in the same line; what it would be in, where it is
/// not there.
pub(crate) fn span_of_key<K: AsRef<str>>(text: &str, key: &[K]) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let mut span = None;
    let mut at = DeValue::Table(table.into_inner());
    for part in key {
        let part = part.as_ref();
        let (begins, value) = match &at {
            // A list of tables begins where its first does.
            DeValue::Array(items) => {
                let Some(item) = part.parse().ok().and_then(|index: usize| items.get(index)) else { break };
                (item.span().start, item)
            }
            DeValue::Table(table) => {
                let Some((name, value)) = table.get_key_value(part) else { break };
                (name.span().start, value)
            }
            _ => break,
        };
        let line = first_line(text, begins);
        span = Some(begins..value.span().end.clamp(begins, line.end));
        at = value.get_ref().clone();
    }
    span
}

/// Each policy's place by its id. That an id of the core is taken is the pack's fault, wherever it
/// stands in the order.
fn places(sources: &[Source]) -> Result<HashMap<PolicyId, usize>, Vec<Finding>> {
    let (mut places, mut faults) = (HashMap::new(), Vec::new());
    for (place, source) in sources.iter().enumerate() {
        if let Some(before) = places.insert(source.policy.id().clone(), place) {
            let before = &sources[before];
            let (to_blame, first) =
                if source.origin == Origin::Floor { (before, source) } else { (source, before) };
            let id = source.policy.id();
            let message = format!("the id `{id}` is taken by {}:{}", first.file, first.line());
            let help = "every policy needs an id of its own: choose another";
            faults.push(to_blame.finding(&message).help(help));
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

/// Whether the policy permits.
pub(crate) fn permits(source: &Source) -> bool {
    source.policy.effect() == Effect::Permit
}

#[cfg(test)]
mod tests {
    use seatwise_domain::{InvitationId, LeaveRequestId, TierId, UserId};

    use super::*;
    use crate::facts::{InvitationFacts, LeaveFacts, SeatFacts, UserFacts};
    use crate::packs;
    use crate::stage::{self, Caller, Place, SeatState};

    const NOW: Timestamp = Timestamp::constant(1_893_456_000, 0);
    const PERMIT_ALL: &str = "@id(\"x\") permit (principal, action, resource);";
    const FORBID_ALL: &str = "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);";
    const OVERFLOW: &str = "@id(\"x\") @reason(\"y\") forbid (principal is Member, action, resource)
        when { principal.role.rank * 9223372036854775807 > 0 };";

    fn files() -> Files {
        packs::files("purchased-seats").unwrap()
    }

    /// The pack with one more file.
    fn with(text: &str) -> Bundle {
        let mut files = files();
        files.insert("x.cedar".to_owned(), text.to_owned());
        Bundle::compile(&files).unwrap()
    }

    /// The pack with this in place of all its policies.
    fn only(text: &str) -> Bundle {
        let mut files = files();
        files.retain(|path, _| !source::is_policy_file(path));
        files.insert("x.cedar".to_owned(), text.to_owned());
        Bundle::compile(&files).unwrap()
    }

    fn pack() -> Bundle {
        Bundle::compile(&files()).unwrap()
    }

    fn member(role: &str) -> MemberFacts {
        let caller = Caller { role: RoleId(role.to_owned()), seat: SeatState::None, creator: false };
        stage::member(&caller, Place::Active)
    }

    fn other(role: &str) -> MemberFacts {
        MemberFacts { user: UserId::of_identity("test", role), ..member(role) }
    }

    fn foreigner(role: &str) -> MemberFacts {
        let caller = Caller { role: RoleId(role.to_owned()), seat: SeatState::None, creator: false };
        stage::member(&caller, Place::Foreign)
    }

    fn ask(
        bundle: &Bundle,
        who: &MemberFacts,
        action: &str,
        resource: Resource<'_>,
        to: Option<&str>,
    ) -> Decision {
        let role = to.map(|role| RoleId(role.to_owned()));
        bundle.decide(&AccessRequest {
            action,
            principal: Principal::Member(who),
            workspace: Some(&stage::workspace(bundle, true, None)),
            resource,
            target_role: role.as_ref(),
            now: NOW,
        })
    }

    fn deny(reason: &str) -> Decision {
        Decision::Deny { reason: Some(reason.to_owned()) }
    }

    const DENY: Decision = Decision::Deny { reason: None };

    /// What a locked-out owner needs, and how it is asked.
    fn recovers(bundle: &Bundle) -> bool {
        let owner = member("owner");
        let admin = other("admin");
        let invitation = InvitationFacts {
            id: InvitationId { workspace: owner.workspace, serial: owner.user.0 },
            role: RoleId("member".to_owned()),
        };
        let workspace = [
            ("getWorkspace", None),
            ("listMembers", None),
            ("listInvitations", None),
            ("invite", Some("owner")),
            ("shareInvitationLink", Some("owner")),
        ];
        let user = UserFacts { id: owner.user, email_verified: false };
        let signs_in = ["enter", "getMe", "listWorkspaces"].iter().all(|action| {
            let principal = Principal::User(&user);
            let request = AccessRequest {
                action,
                principal,
                workspace: None,
                resource: Resource::Platform,
                target_role: None,
                now: NOW,
            };
            bundle.decide(&request) == Decision::Allow
        });
        signs_in
            && workspace
                .iter()
                .all(|(action, to)| ask(bundle, &owner, action, Resource::Workspace, *to) == Decision::Allow)
            && ["resendInvitation", "revokeInvitation"].iter().all(|action| {
                ask(bundle, &owner, action, Resource::Invitation(&invitation), None) == Decision::Allow
            })
            && ask(bundle, &owner, "changeRole", Resource::Member(&admin), Some("owner")) == Decision::Allow
    }

    #[test]
    fn a_bundle_is_shared_between_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&pack());
    }

    #[test]
    fn given_facts_when_asked_then_decided() {
        let bundle = pack();
        let pro = SeatFacts {
            workspace: member("member").workspace,
            id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
            tier: TierId("pro".to_owned()),
            live: true,
            paid_until: Some(NOW),
        };
        let seated = MemberFacts { seat: Some(pro.clone()), ..member("member") };
        let leave = |requester: MemberFacts| LeaveFacts {
            id: LeaveRequestId { user: requester.user, serial: requester.user.0 },
            workspace: requester.workspace,
            requester,
        };
        let [owner, admin, plain] = ["owner", "admin", "member"].map(member);
        let theirs = leave(other("member"));
        let own = leave(plain.clone());
        for (who, action, resource, to, then) in [
            (&owner, "buySeats", Resource::Workspace, None, Decision::Allow),
            (&admin, "buySeats", Resource::Workspace, None, DENY),
            (&owner, "cancelSeat", Resource::Seat(&pro), None, Decision::Allow),
            (&plain, "listSeats", Resource::Workspace, None, DENY),
            (&plain, "listMembers", Resource::Workspace, None, Decision::Allow),
            (&plain, "viewAnalytics", Resource::Workspace, None, deny("seat_required")),
            (&seated, "viewAnalytics", Resource::Workspace, None, Decision::Allow),
            (&admin, "invite", Resource::Workspace, Some("owner"), deny("role_above_own")),
            (&owner, "changeRole", Resource::Member(&owner), Some("member"), deny("own_role")),
            (&owner, "removeMember", Resource::Member(&owner), None, deny("own_removal")),
            (&admin, "removeMember", Resource::Member(&other("owner")), None, deny("target_outranks_you")),
            (&admin, "approveLeave", Resource::LeaveRequest(&theirs), None, Decision::Allow),
            (&plain, "withdrawLeave", Resource::LeaveRequest(&theirs), None, deny("not_your_request")),
            (&plain, "withdrawLeave", Resource::LeaveRequest(&own), None, Decision::Allow),
            (&owner, "requestLeave", Resource::Workspace, None, deny("leave_not_offered")),
        ] {
            assert_eq!(ask(&bundle, who, action, resource, to), then, "{} {action}", who.role);
        }
    }

    #[test]
    fn k29_a_member_of_another_workspace_is_nobody_here() {
        for bundle in [pack(), only(PERMIT_ALL)] {
            let probes = stage::probes(&bundle);
            let mut foreign = probes.into_iter().filter(|probe| probe.place == Place::Foreign).peekable();
            assert!(foreign.peek().is_some());
            for probe in foreign {
                let (action, caller) = (&probe.info.name, &probe.caller);
                assert!(matches!(probe.verdict.decision(), Decision::Deny { .. }), "{caller} {action}");
            }
        }
        let request = |who| ask(&pack(), &who, "getWorkspace", Resource::Workspace, None);
        assert_eq!(request(foreigner("owner")), deny("other_workspace"));
    }

    #[test]
    fn k29_who_has_not_signed_in_only_previews() {
        let bundle = pack();
        let mut allowed = stage::probes(&bundle);
        allowed.retain(|probe| probe.caller == "visitor" && probe.verdict.bundle.allows);
        assert!(!allowed.is_empty());
        assert!(
            allowed.iter().all(|probe| ["previewInvitation", "getLogo"].contains(&probe.info.name.as_str()))
        );
    }

    #[test]
    fn k30_nobody_gives_a_role_above_their_own_whatever_is_published() {
        for bundle in [pack(), only(PERMIT_ALL)] {
            let rank = |role: &str| bundle.pack().role(&RoleId(role.to_owned())).map(|role| role.rank);
            let mut granted = 0;
            for probe in stage::probes(&bundle) {
                let [_, _, target, to] = &probe.situation;
                // An invitation that is sent again gives its role again.
                let gives = match probe.info.name.as_str() {
                    "resendInvitation" => rank(target),
                    _ => rank(to),
                };
                let own = rank(&probe.caller);
                let name = probe.info.name.clone();
                if let (Some(gives), Decision::Allow) = (gives, probe.verdict.decision()) {
                    granted += 1;
                    assert!(Some(gives) <= own, "{} {name} {target} → {to}", probe.caller);
                }
            }
            assert!(granted > 0);
        }
    }

    #[test]
    fn k30_under_permit_all_a_plain_role_holds_no_sensitive_power() {
        let bundle = only(PERMIT_ALL);
        let owner_or_less = other("member");
        for (action, resource) in
            [("buySeats", Resource::Workspace), ("removeMember", Resource::Member(&owner_or_less))]
        {
            assert_eq!(
                ask(&bundle, &member("member"), action, resource, None),
                deny("staff_only"),
                "{action}"
            );
        }
    }

    #[test]
    fn k32_no_edit_locks_the_governing_role_out() {
        for (edit, bundle) in [
            ("none", pack()),
            ("forbid all", with(FORBID_ALL)),
            ("empty", only("")),
            ("overflow", with(OVERFLOW)),
            ("permit all", only(PERMIT_ALL)),
            ("floor only", Bundle::floor_only(&Core::current(), &files()).unwrap()),
        ] {
            assert!(recovers(&bundle), "{edit}");
        }
    }

    #[test]
    fn k32_what_is_not_recovery_is_denied_by_a_broken_bundle() {
        for (edit, bundle) in [
            ("forbid all", with(FORBID_ALL)),
            ("empty", only("")),
            ("overflow", with(OVERFLOW)),
            ("floor only", Bundle::floor_only(&Core::current(), &files()).unwrap()),
        ] {
            let owner = member("owner");
            for (who, action, resource, to) in [
                (&owner, "buySeats", Resource::Workspace, None),
                (&owner, "updateWorkspace", Resource::Workspace, None),
                // The floor promotes others, and never oneself.
                (&owner, "changeRole", Resource::Member(&owner), Some("owner")),
                (&owner, "changeRole", Resource::Member(&other("admin")), Some("member")),
                (&member("admin"), "getWorkspace", Resource::Workspace, None),
                (&member("member"), "getWorkspace", Resource::Workspace, None),
                (&foreigner("owner"), "getWorkspace", Resource::Workspace, None),
            ] {
                let decision = ask(&bundle, who, action, resource, to);
                assert!(matches!(decision, Decision::Deny { .. }), "{edit}: {} {action}", who.role);
            }
        }
    }

    #[test]
    fn k32_what_is_unknown_or_missing_is_denied() {
        let bundle = only(PERMIT_ALL);
        let owner = member("owner");
        let workspace = stage::workspace(&bundle, true, None);
        let good = AccessRequest {
            action: "getWorkspace",
            principal: Principal::Member(&owner),
            workspace: Some(&workspace),
            resource: Resource::Workspace,
            target_role: None,
            now: NOW,
        };
        assert_eq!(bundle.decide(&good), Decision::Allow);
        let stranger = member("guest");
        let odd_seat = SeatFacts {
            workspace: owner.workspace,
            id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
            tier: TierId("gold".to_owned()),
            live: true,
            paid_until: Some(NOW),
        };
        let odd_holder = MemberFacts { seat: Some(odd_seat.clone()), ..owner.clone() };
        let ancient = SeatFacts {
            tier: TierId("pro".to_owned()),
            paid_until: Some(Timestamp::MIN),
            ..odd_seat.clone()
        };
        let (guest, admin) = (RoleId("guest".to_owned()), RoleId("admin".to_owned()));
        let invite = AccessRequest { action: "invite", ..good };
        // A seat of an unknown tier is none, and its holder not locked out.
        let needs_a_seat = AccessRequest { principal: Principal::Member(&odd_holder), ..good };
        assert_eq!(bundle.decide(&needs_a_seat), Decision::Allow);
        assert_eq!(
            pack().decide(&AccessRequest { action: "useProduct", ..needs_a_seat }),
            deny("seat_required")
        );
        for (what, request) in [
            ("an unknown action", AccessRequest { action: "fly", ..good }),
            ("a group", AccessRequest { action: "recovery", ..good }),
            ("no action", AccessRequest { action: "", ..good }),
            ("an unknown role", AccessRequest { principal: Principal::Member(&stranger), ..good }),
            (
                "an unknown role of the target",
                AccessRequest { action: "removeMember", resource: Resource::Member(&stranger), ..good },
            ),
            ("no workspace", AccessRequest { workspace: None, ..good }),
            (
                "an unknown tier of the target",
                AccessRequest { action: "cancelSeat", resource: Resource::Seat(&odd_seat), ..good },
            ),
            (
                "a time before years had four digits",
                AccessRequest { action: "cancelSeat", resource: Resource::Seat(&ancient), ..good },
            ),
            ("another resource", AccessRequest { resource: Resource::Platform, ..good }),
            ("another principal", AccessRequest { principal: Principal::Visitor, ..good }),
            ("no role to give", invite),
            ("an unknown role to give", AccessRequest { target_role: Some(&guest), ..invite }),
            ("a role where none is given", AccessRequest { target_role: Some(&admin), ..good }),
        ] {
            assert_eq!(bundle.decide(&request), DENY, "{what}");
        }
    }

    #[test]
    fn k32_an_invitation_into_a_workspace_that_was_not_loaded_is_not_joined() {
        let user = UserFacts { id: UserId::of_identity("test", "user"), email_verified: true };
        let workspace = stage::workspace(&pack(), true, None);
        let invitation = InvitationFacts {
            id: InvitationId { workspace: workspace.id, serial: user.id.0 },
            role: RoleId("member".to_owned()),
        };
        for (loaded, then) in [(Some(&workspace), Decision::Allow), (None, DENY)] {
            let request = AccessRequest {
                action: "join",
                principal: Principal::User(&user),
                workspace: loaded,
                resource: Resource::Invitation(&invitation),
                target_role: None,
                now: NOW,
            };
            assert_eq!(pack().decide(&request), then);
        }
    }

    #[test]
    fn k32_a_file_called_like_a_core_file_is_the_packs_own() {
        for name in ["floor.cedar", "guardrails.cedar"] {
            let mut files = files();
            files.insert(name.to_owned(), "@id(\"all\") permit (principal, action, resource);".to_owned());
            files.insert("x.cedar".to_owned(), FORBID_ALL.to_owned());
            let bundle = Bundle::compile(&files).unwrap();
            assert_eq!(
                ask(&bundle, &member("owner"), "buySeats", Resource::Workspace, None),
                deny("y"),
                "{name}"
            );
        }
    }

    #[test]
    fn k32_nonsense_is_a_fault_and_no_panic() {
        for text in ["", "\0", "[", "name = 1", "permit", "é;", "\"", "//", "@id(\"\\", "entity", "{}"] {
            for file in ["product.toml", "app.cedarschema", "roles.cedar"] {
                let mut files = files();
                files.insert(file.to_owned(), text.to_owned());
                // Some of it is no fault, such as an empty file of policies.
                if let Err(fault) = Bundle::compile(&files) {
                    assert_eq!(fault.file, file, "{text}");
                    assert!(!fault.message.is_empty());
                }
            }
        }
        assert!(Bundle::compile(&Files::new()).is_err());
    }

    #[test]
    fn the_first_forbid_gives_the_reason() {
        let bundle = with("@id(\"x\") @reason(\"second\") forbid (principal, action, resource);");
        let outranked =
            ask(&bundle, &member("admin"), "removeMember", Resource::Member(&other("owner")), None);
        assert_eq!(outranked, deny("target_outranks_you"), "guardrails go before the pack");
        let mut files = files();
        files.insert(
            "a.cedar".to_owned(),
            "@id(\"a\") @reason(\"first\") forbid (principal, action, resource);".to_owned(),
        );
        files.insert(
            "x.cedar".to_owned(),
            "@id(\"x\") @reason(\"last\") forbid (principal, action, resource);".to_owned(),
        );
        let bundle = Bundle::compile(&files).unwrap();
        for _ in 0..20 {
            let own = ask(&bundle, &member("owner"), "requestLeave", Resource::Workspace, None);
            assert_eq!(own, deny("first"), "files go by name");
        }
    }

    #[test]
    fn actions_say_what_they_are() {
        let bundle = pack();
        let names = |is: fn(&ActionInfo) -> bool| -> Vec<&str> {
            bundle.actions().iter().filter(|info| is(info)).map(|info| info.name.as_str()).collect()
        };
        assert!(bundle.actions().is_sorted_by_key(|info| &info.name));
        assert_eq!(names(|it| it.is_operation).len(), 49);
        assert_eq!(names(|it| it.is_product), ["useProduct", "usePublicApi", "viewAnalytics"]);
        assert_eq!(
            names(|it| !it.is_operation && !it.is_product),
            ["decideLeaveRequests", "joinByDomain", "shareInvitationLink"]
        );
        assert_eq!(
            names(|it| it.takes_target_role),
            ["changeRole", "createLink", "invite", "revokeLink", "shareInvitationLink"]
        );
    }

    #[test]
    fn attempts_are_what_buttons_are_for() {
        let bundle = pack();
        let may = |who: &MemberFacts| -> Vec<String> {
            let attempts = bundle.attempts(who, &stage::workspace(&bundle, true, None), NOW, |_| true);
            let allowed = attempts.into_iter().filter(|(_, decision)| *decision == Decision::Allow);
            allowed.map(|(info, _)| info.name.clone()).collect()
        };
        assert_eq!(
            may(&member("member")),
            [
                "authorize",
                "exportMembers",
                "getCoordinator",
                "getWorkspace",
                "listLeaveRequests",
                "listMembers",
                "listPermissions",
                "requestLeave",
                "withdrawLeave"
            ]
        );
        let admin = may(&member("admin"));
        assert!(
            ["changeRole", "invite", "removeMember"].iter().all(|name| admin.iter().any(|it| it == name))
        );
        assert!(!admin.iter().any(|name| name == "buySeats"));
        assert_eq!(may(&member("guest")), Vec::<String>::new(), "an unknown role");
        assert_eq!(may(&foreigner("owner")), Vec::<String>::new());
        let attempts =
            bundle.attempts(&member("member"), &stage::workspace(&bundle, true, None), NOW, |_| true);
        let analytics = attempts.iter().find(|(info, _)| info.name == "viewAnalytics");
        assert_eq!(analytics.map(|(_, decision)| decision), Some(&deny("seat_required")));
    }
}
