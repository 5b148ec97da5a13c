//! Facts as Cedar entities, gathered once for any number of questions.

use std::sync::OnceLock;

use cedar_policy::{Context, Entities, EntityUid, Request, RestrictedExpression};
use jiff::Timestamp;
use seatwise_domain::{RoleId, TierId};

use crate::bundle::{ActionSets, Bundle};
use crate::entities::{EntityBuilder, Times, TimesLookedAt, context, role_uid, tier_uid};
use crate::facts::{Principal, PrincipalKind, Resource, ResourceKind, WorkspaceFacts};

/// A caller among gathered facts.
#[derive(Clone, Debug)]
pub struct PrincipalRef {
    uid: EntityUid,
    kind: PrincipalKind,
}

/// A resource among gathered facts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceRef {
    uid: EntityUid,
    kind: ResourceKind,
}

/// Gathers facts. Every method returns nothing if Cedar refuses a fact.
pub struct FactGatherer<'b> {
    bundle: &'b Bundle,
    /// The actions that they are gathered for, if not for all.
    only: Option<Vec<&'b ActionSets>>,
    entities: EntityBuilder<'b>,
    workspace: Option<EntityUid>,
}

/// Gathered facts, and the bundle that decides about them.
pub struct GatheredFacts<'b> {
    pub(crate) bundle: &'b Bundle,
    /// The actions that they were gathered for, if not for all.
    only: Option<Vec<&'b ActionSets>>,
    pub(crate) entities: Entities,
    /// The time.
    now: RestrictedExpression,
    /// The context of the questions that give no role and no seat, once there is one: to make it, Cedar evaluates the
    /// time.
    plain_context: OnceLock<Option<Context>>,
}

/// A question about gathered facts; the fields are those of [`AccessRequest`](crate::AccessRequest).
#[derive(Clone, Copy, Debug)]
pub struct GatheredQuestion<'a> {
    /// The action.
    pub action: &'a str,
    /// The caller.
    pub principal: &'a PrincipalRef,
    /// The resource.
    pub resource: &'a ResourceRef,
    /// The role that would be given, for the actions that give one.
    pub target_role: Option<&'a RoleId>,
    /// The tier of the seat that would be given, for the actions that give one.
    pub target_tier: Option<&'a TierId>,
}

impl Bundle {
    /// Begins to gather facts for questions at this time. `workspace` is the one that the resources are in.
    pub fn gather(&self, workspace: Option<&WorkspaceFacts>, now: Timestamp) -> Option<FactGatherer<'_>> {
        self.begin(None, workspace, Times::at(now, TimesLookedAt::ALL))
    }

    /// Begins to gather facts for questions about some actions, which is quicker. Where their policies do not look at the
    /// time of the request, at times of joining or at groups of actions, these are not among the facts.
    pub(crate) fn gather_for<'a>(
        &self,
        actions: impl Iterator<Item = &'a str>,
        workspace: Option<&WorkspaceFacts>,
        now: Timestamp,
    ) -> Option<FactGatherer<'_>> {
        let only: Vec<_> = actions.filter_map(|action| self.sets(action)).collect();
        let times = only.iter().fold(TimesLookedAt::default(), |times, sets| times.or(sets.times()));
        self.begin(Some(only), workspace, Times::at(now, times))
    }

    fn begin<'b>(
        &'b self,
        only: Option<Vec<&'b ActionSets>>,
        workspace: Option<&WorkspaceFacts>,
        times: Times,
    ) -> Option<FactGatherer<'b>> {
        let mut entities = EntityBuilder::new(self.pack(), times);
        let workspace = match workspace {
            Some(facts) => Some(entities.workspace(facts)?),
            None => None,
        };
        Some(FactGatherer { bundle: self, only, entities, workspace })
    }
}

impl<'b> FactGatherer<'b> {
    /// Adds a caller.
    pub fn principal(&mut self, principal: &Principal) -> Option<PrincipalRef> {
        let uid = self.entities.principal(principal)?;
        Some(PrincipalRef { uid, kind: principal.kind() })
    }

    /// Adds a resource.
    pub fn resource(&mut self, resource: &Resource) -> Option<ResourceRef> {
        let uid = self.entities.resource(resource, self.workspace.as_ref())?;
        Some(ResourceRef { uid, kind: resource.kind() })
    }

    /// The gathered facts. Nothing, if the schema does not declare a tier or a feature among them.
    pub fn finish(self) -> Option<GatheredFacts<'b>> {
        let Self { bundle, only, entities, .. } = self;
        let (roles, schema) = (bundle.roles.as_ref()?, bundle.schema());
        let (now, plain_context) = (entities.now(), entities.known_context());
        let needs_actions = only.as_ref().is_none_or(|only| only.iter().any(|sets| sets.looks_at_groups));
        let entities = if needs_actions {
            entities.with_all_actions(roles, schema)?
        } else {
            entities.with_roles(roles.clone(), schema)?
        };
        Some(GatheredFacts { bundle, only, entities, now, plain_context })
    }
}

impl<'b> GatheredFacts<'b> {
    /// The question in Cedar's form, and the policy sets that decide. Nothing, if the question does not
    /// conform to the schema, or is about another action than the facts were gathered for.
    pub(crate) fn request(&self, question: &GatheredQuestion<'_>) -> Option<(Request, &'b ActionSets)> {
        let sets = self.bundle.sets(question.action)?;
        if self.only.as_ref().is_some_and(|only| !only.iter().any(|it| std::ptr::eq(*it, sets))) {
            return None;
        }
        let GatheredQuestion { principal, resource, target_role, target_tier, .. } = *question;
        let (context, schema) = if target_role.is_none() && target_tier.is_none() {
            let plain = self.plain_context.get_or_init(|| context(self.now.clone(), None, None)).clone()?;
            if sets.class.takes_target_role {
                (plain, Some(self.bundle.schema()))
            } else {
                // Only the kinds can be wrong. To compare them is quicker than Cedar's validation.
                sets.class.is_about(principal.kind, resource.kind).then_some(())?;
                (plain, None)
            }
        } else {
            let pack = self.bundle.pack();
            let target_role = target_role.map(|role| role_uid(pack, role));
            let target_tier = target_tier.map(|tier| tier_uid(pack, tier));
            (context(self.now.clone(), target_role, target_tier)?, Some(self.bundle.schema()))
        };
        let [principal, resource] = [principal.uid.clone(), resource.uid.clone()];
        let request = Request::new(principal, sets.action.clone(), resource, context, schema);
        Some((request.ok()?, sets))
    }
}

#[cfg(test)]
mod tests {
    use cedar_policy::{
        ActionConstraint, AuthorizationError, Authorizer, Decision as CedarDecision, PolicyId, PolicySet,
    };
    use seatwise_domain::{UserId, WorkspaceId};

    use super::*;
    use crate::decide::{Decision, Detail, SetAnswer, Verdict};
    use crate::facts::{MemberFacts, SeatFacts, UserFacts};
    use crate::packs;
    use crate::placeholder::placeholders;
    use crate::source::Origin;
    use crate::vocabulary::APP_FILE;

    const NOW: Timestamp = Timestamp::constant(1_893_456_000, 0);

    /// Conditions of many forms, each of which applies to some callers and not to others.
    const CONDITIONS: [&str; 18] = [
        r#"when { if principal has seat.tier then principal.seat.tier == SeatTier::"pro" else principal.freeSlot }"#,
        r#"when { principal["joined\u{41}t"] < context.now }"#,
        r#"when { principal.joinedAt.offset(duration("1h")) > datetime("2020-01-01") }"#,
        r#"when { {a: [principal.role, Role::"member"]}.a.containsAll([Role::"owner"]) }"#,
        r#"when { [principal.role].containsAny([Role::"member", Role::"admin"]) }"#,
        r#"when { "a\u{2a}b" like "a\**" && principal.role.governing }"#,
        r"when { principal.role.rank * 2 + -(-3) - 1 >= 100 }",
        r"when { principal.role.rank != 10 } unless { principal.role.rank <= 50 }",
        r#"when { resource is Workspace in principal.workspace && principal in Role::"owner" }"#,
        r#"when { principal.role.baseline && Action::"listMembers" in Action::"members.read" }"#,
        r#"when { principal.role.staff && action in Action::"members.read" }"#,
        r#"when { principal.role.staff && action == Action::"listMembers" }"#,
        r#"when { principal.role.baseline && [Action::"listMembers"].contains(action) }"#,
        r"when { principal.user == principal.workspace.creator }",
        r"when { principal has seat && principal.seat has paidUntil && principal.seat.paidUntil > context.now }",
        r"when { [principal.role].isEmpty() || !principal.role.staff }",
        r#"when { {"if": principal.role.staff}["if"] }"#,
        // An overflow for the highest rank.
        r"when { principal.role.rank * 100000000000000000 > 2000000000000000000 }",
    ];

    /// An action that can be asked about with a role and without.
    const OPTIONAL_ROLE: &str = "action exportAll appliesTo { principal: [Member], resource: [Workspace], \
                                 context: { now: datetime, targetRole?: Role } };";

    /// A file with a policy for each of them.
    fn many_forms() -> String {
        let policy = |(number, condition): (usize, &&str)| {
            format!(
                "@id(\"x.{number}\") @reason(\"x, ({number}\")\nforbid (principal is Member, \
                 action in [Action::\"listMembers\", Action::\"recovery\"], resource)\n{condition};\n"
            )
        };
        CONDITIONS.iter().enumerate().map(policy).collect()
    }

    fn bundles() -> Vec<Bundle> {
        let built_in = packs::names().map(|name| packs::files(name).unwrap());
        let mut own = packs::files("purchased-seats").unwrap();
        own.insert("x.cedar".to_owned(), many_forms());
        own.get_mut(APP_FILE).unwrap().push_str(OPTIONAL_ROLE);
        built_in.chain([own]).map(|files| Bundle::compile(&files).unwrap()).collect()
    }

    fn person(name: &str) -> UserId {
        UserId::of_identity("test", name)
    }

    fn workspace(bundle: &Bundle) -> WorkspaceFacts {
        let (id, creator) = (WorkspaceId(person("workspace").0), person("creator"));
        WorkspaceFacts { id, creator, plan: bundle.pack().billing.plan.clone() }
    }

    /// One caller of each kind, and one member of each role.
    fn callers(bundle: &Bundle) -> Vec<Principal> {
        let pack = bundle.pack();
        let of_role = |(number, role): (usize, &seatwise_domain::pack::Role)| {
            let user = person(if number == 0 { "creator" } else { &role.id.0 });
            Principal::Member(MemberFacts::with_role(WorkspaceId(person("workspace").0), user, &role.id))
        };
        let services = pack.services.iter().map(|service| Principal::Service(service.id.clone()));
        let user = UserFacts { id: person("caller"), email_verified: false };
        let seated = pack.seats.tiers.iter().zip(&pack.roles).map(|(tier, role)| {
            let workspace = WorkspaceId(person("workspace").0);
            let seat = Some(SeatFacts::of_tier(pack, workspace, &tier.id, NOW));
            Principal::Member(MemberFacts {
                seat,
                joined_at: NOW,
                ..MemberFacts::with_role(workspace, person(&tier.id.0), &role.id)
            })
        });
        let members = pack.roles.iter().enumerate().map(of_role).chain(seated);
        [Principal::Visitor, Principal::User(user)]
            .into_iter()
            .chain(services.take(1))
            .chain(members)
            .collect()
    }

    /// The answer of Cedar by these policies as they are written.
    fn as_written(bundle: &Bundle, origins: [Origin; 2], request: &Request, entities: &Entities) -> Written {
        let sources = bundle.sources().iter().filter(|source| origins.contains(&source.origin));
        let policies = PolicySet::from_policies(sources.map(|source| source.policy.clone())).unwrap();
        let response = Authorizer::new().is_authorized(request, &policies, entities);
        let place = |id: &PolicyId| bundle.place(id).unwrap();
        let sorted = |mut places: Vec<usize>| {
            places.sort_unstable();
            places
        };
        let erred = |error: &AuthorizationError| {
            let AuthorizationError::PolicyEvaluationError(error) = error;
            place(error.policy_id())
        };
        let errors = sorted(response.diagnostics().errors().map(erred).collect());
        let allows = response.decision() == CedarDecision::Allow && errors.is_empty();
        Written { allows, deciding: sorted(response.diagnostics().reason().map(place).collect()), errors }
    }

    /// An answer: whether it allows, the policies that decide, and those that err.
    #[derive(Debug, PartialEq)]
    struct Written {
        allows: bool,
        deciding: Vec<usize>,
        errors: Vec<usize>,
    }

    /// The same of an answer of ours.
    fn written(bundle: &Bundle, answer: &SetAnswer) -> Written {
        let mut errors: Vec<_> = answer.errors.iter().map(|(id, _)| bundle.place(id).unwrap()).collect();
        errors.sort_unstable();
        Written { allows: answer.allows, deciding: answer.deciding.clone(), errors }
    }

    #[test]
    fn k32_questions_are_decided_as_by_all_policies_as_they_are_written() {
        let (mut asked, mut of_condition) = ([0; 2], [[0; 2]; CONDITIONS.len()]);
        for bundle in bundles() {
            assert!(
                bundle
                    .sources()
                    .iter()
                    .all(|source| { source.of_any_action().action_constraint() == ActionConstraint::Any })
            );
            let (workspace, pack) = (workspace(&bundle), bundle.pack());
            let mut facts = bundle.gather(Some(&workspace), NOW).unwrap();
            let principals = callers(&bundle);
            let callers: Vec<_> = principals.iter().map(|it| facts.principal(it).unwrap()).collect();
            let (mut targets, mut resources) = (Vec::new(), Vec::new());
            for kind in ResourceKind::ALL {
                let of_kind = placeholders(*kind, pack, &workspace, None, NOW).into_iter();
                let ends = of_kind.clone().take(1).chain(of_kind.skip(1).last());
                for resource in ends.map(|it| it.resource) {
                    targets.push(facts.resource(&resource).unwrap());
                    resources.push(resource);
                }
            }
            let facts = facts.finish().unwrap();
            let (role, tier) =
                (pack.roles.first().map(|it| &it.id), pack.seats.tiers.first().map(|it| &it.id));
            for info in bundle.actions() {
                let action = info.name.as_str();
                let mut few = bundle.gather_for([action].into_iter(), Some(&workspace), NOW).unwrap();
                for principal in &principals {
                    few.principal(principal).unwrap();
                }
                for resource in &resources {
                    few.resource(resource).unwrap();
                }
                let few = few.finish().unwrap();
                let pairs = callers.iter().flat_map(|it| targets.iter().map(move |at| (it, at)));
                let given = [(None, None), (role, None), (None, tier), (role, tier)];
                for ((principal, resource), (target_role, target_tier)) in
                    pairs.flat_map(|pair| given.map(|given| (pair, given)))
                {
                    let question = GatheredQuestion { action, principal, resource, target_role, target_tier };
                    let role = target_role.map(|it| role_uid(pack, it));
                    let tier = target_tier.map(|it| tier_uid(pack, it));
                    let request = Request::new(
                        principal.uid.clone(),
                        crate::entities::action_uid(action),
                        resource.uid.clone(),
                        context(facts.now.clone(), role, tier).unwrap(),
                        Some(bundle.schema()),
                    );
                    let verdict = facts.explain(&question);
                    assert_eq!(verdict.is_some(), request.is_ok(), "{question:?}");
                    let allows = verdict.as_ref().is_some_and(Verdict::allows);
                    let found = few.answer(&question, Detail::Permission);
                    assert_eq!(found.decision == Decision::Allow, allows, "{question:?}");
                    let found = few.answer(&question, Detail::Reason);
                    let (Some(verdict), Ok(request)) = (verdict, request) else { continue };
                    for (answer, second) in [(&verdict.bundle, Origin::Pack), (&verdict.floor, Origin::Floor)]
                    {
                        let origins = [Origin::Guardrails, second];
                        let expected = as_written(&bundle, origins, &request, &facts.entities);
                        assert_eq!(written(&bundle, answer), expected, "{question:?}");
                    }
                    for (number, counts) in of_condition.iter_mut().enumerate() {
                        let id = PolicyId::new(format!("x.{number}"));
                        if let Some(place) = bundle.place(&id).filter(|_| action == "listMembers") {
                            counts[usize::from(verdict.bundle.deciding.contains(&place))] += 1;
                        }
                    }
                    let decided = if verdict.bundle.allows { &verdict.bundle } else { &verdict.floor };
                    let permit = decided.deciding.first().copied().filter(|_| allows);
                    assert_eq!(
                        (found.decision, found.permit),
                        (verdict.into_decision(), permit),
                        "{question:?}"
                    );
                    asked[usize::from(allows)] += 1;
                }
            }
        }
        assert!(asked.iter().all(|count| *count > 250), "{asked:?}");
        for (number, counts) in of_condition.into_iter().enumerate() {
            assert!(counts.iter().all(|count| *count > 0), "{counts:?}: {}", CONDITIONS[number]);
        }
    }
}
