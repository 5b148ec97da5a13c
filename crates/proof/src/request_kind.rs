//! One kind of request, and the policy sets about it.

use cedar_policy::{
    Authorizer, Context, Entities, EntityUid, Policy, PolicyId, PolicySet, PrincipalConstraint, Request,
    RequestEnv, ResourceConstraint, Response,
};
use cedar_policy_symcc::{CompiledPolicy, CompiledPolicySet, Env};
use seatwise_policy::{Bundle, Origin, PrincipalKind, ResourceKind, Source};
use serde_json::{Value, json};

use crate::assumptions;
use crate::session::Unanswered;

/// The policies of the bundle's set.
pub(crate) const BUNDLE: [Origin; 2] = [Origin::Guardrails, Origin::Pack];
/// The policies of the floor's set.
pub(crate) const FLOOR: [Origin; 2] = [Origin::Guardrails, Origin::Floor];
/// All policies.
pub(crate) const ALL: [Origin; 3] = [Origin::Guardrails, Origin::Pack, Origin::Floor];

/// An action, by a kind of caller, on a kind of resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestKind {
    pub(crate) action: EntityUid,
    pub(crate) principal: PrincipalKind,
    pub(crate) resource: ResourceKind,
    pub(crate) takes_role: bool,
    pub(crate) takes_tier: bool,
}

impl RequestKind {
    /// All kinds of requests under a pack.
    pub(crate) fn all(bundle: &Bundle) -> Vec<Self> {
        let kinds = bundle.actions().iter().flat_map(|info| {
            info.principals.iter().flat_map(move |principal| {
                info.resources.iter().filter_map(move |resource| {
                    let action = format!("Action::{:?}", info.name).parse().ok()?;
                    let (takes_role, takes_tier) = (info.takes_target_role, info.takes_target_tier);
                    let (principal, resource) = (*principal, *resource);
                    Some(Self { action, principal, resource, takes_role, takes_tier })
                })
            })
        });
        kinds.collect()
    }

    pub(crate) fn name(&self) -> &str {
        self.action.id().unescaped()
    }

    /// The kind in words.
    pub(crate) fn words(&self) -> String {
        format!("{} by a {} on a {}", self.name(), self.principal.type_name(), self.resource.type_name())
    }

    fn env(&self) -> Result<RequestEnv, Unanswered> {
        let type_name =
            |name: &str| name.parse().map_err(|error| Unanswered::Open(format!("{name}: {error}")));
        let principal = type_name(self.principal.type_name())?;
        let resource = type_name(self.resource.type_name())?;
        Ok(RequestEnv::new(principal, self.action.clone(), resource))
    }
}

/// A kind of request under a pack, with the assumptions about it.
pub(crate) struct RequestSpace<'b> {
    pub(crate) bundle: &'b Bundle,
    pub(crate) kind: RequestKind,
    env: RequestEnv,
    /// The assumptions about all these requests.
    assumptions: String,
}

impl<'b> RequestSpace<'b> {
    pub(crate) fn new(bundle: &'b Bundle, kind: &RequestKind) -> Result<Self, Unanswered> {
        let assumptions = assumptions::of(bundle.pack(), kind);
        Ok(Self { bundle, kind: kind.clone(), env: kind.env()?, assumptions })
    }

    /// The same with one more assumption.
    pub(crate) fn given(&self, condition: &str) -> Self {
        let assumptions = format!("{} &&\n{condition}", self.assumptions);
        Self { bundle: self.bundle, kind: self.kind.clone(), env: self.env.clone(), assumptions }
    }

    /// The policies of these origins whose scope includes these requests.
    pub(crate) fn sources(&self, origins: &[Origin]) -> Vec<&'b Source> {
        about(self.bundle, &self.kind, origins)
    }

    /// The policies as one set, over all requests that meet the assumptions.
    pub(crate) fn set(
        &self,
        policies: impl IntoIterator<Item = Policy>,
    ) -> Result<CompiledPolicySet, Unanswered> {
        let outside = self.statement("forbid", "unless", &self.assumptions)?;
        let outside = outside.new_id(PolicyId::new("outside the assumptions"));
        self.open_set(policies.into_iter().chain([outside]))
    }

    /// The policies as one set, over any request.
    pub(crate) fn open_set(
        &self,
        policies: impl IntoIterator<Item = Policy>,
    ) -> Result<CompiledPolicySet, Unanswered> {
        let set = PolicySet::from_policies(policies).map_err(|error| Unanswered::Open(error.to_string()))?;
        Ok(CompiledPolicySet::compile(&set, &self.env, self.bundle.schema())?)
    }

    /// A set that allows where the condition holds.
    pub(crate) fn allows_where(&self, condition: &str) -> Result<CompiledPolicySet, Unanswered> {
        self.open_set([self.statement("permit", "when", condition)?])
    }

    /// A set that allows nothing.
    pub(crate) fn allows_nothing(&self) -> Result<CompiledPolicySet, Unanswered> {
        self.open_set([])
    }

    /// One policy, over any request.
    pub(crate) fn open_policy(&self, policy: &Policy) -> Result<CompiledPolicy, Unanswered> {
        Ok(CompiledPolicy::compile(policy, &self.env, self.bundle.schema())?)
    }

    /// One policy, over all requests that meet the assumptions: for others it neither applies nor errs.
    pub(crate) fn policy(&self, policy: &Policy) -> Result<CompiledPolicy, Unanswered> {
        let assumptions = self.statement("permit", "when", &self.assumptions)?;
        let conditions = |mut json: Value| json["conditions"].take().as_array().cloned().unwrap_or_default();
        let edited = edited(policy, |json| {
            let mut all = conditions(assumptions.to_json().unwrap_or_default());
            all.extend(conditions(json.clone()));
            json["conditions"] = Value::Array(all);
        })?;
        self.open_policy(&edited)
    }

    fn statement(&self, effect: &str, clause: &str, condition: &str) -> Result<Policy, Unanswered> {
        let text = format!("{effect} (principal, action, resource) {clause} {{ {condition} }};");
        Policy::parse(None, &text)
            .map_err(|error| Unanswered::Open(format!("{}: {error}", self.kind.words())))
    }

    /// The request that the solver found, for Cedar's own authorizer.
    pub(crate) fn replay(&self, found: &Env) -> Result<Replay, Unanswered> {
        Replay::new(self.bundle, found)
    }
}

/// The policies of these origins whose scope includes such requests.
pub(crate) fn about<'b>(bundle: &'b Bundle, kind: &RequestKind, origins: &[Origin]) -> Vec<&'b Source> {
    let sources = bundle.sources().iter();
    sources
        .filter(|source| origins.contains(&source.origin) && bundle.is_about(source, &kind.action))
        .filter(|source| fits(&source.policy, kind))
        .collect()
}

/// Whether the scope includes such callers and resources, as far as it names types.
fn fits(policy: &Policy, kind: &RequestKind) -> bool {
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Is(name) | PrincipalConstraint::IsIn(name, _) => {
            name.to_string() == kind.principal.type_name()
        }
        _ => true,
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Is(name) | ResourceConstraint::IsIn(name, _) => {
            name.to_string() == kind.resource.type_name()
        }
        _ => true,
    };
    principal && resource
}

/// The policies themselves.
pub(crate) fn policies(sources: &[&Source]) -> Vec<Policy> {
    sources.iter().map(|source| source.policy.clone()).collect()
}

/// The policy, with forbid in place of permit.
pub(crate) fn negated(policy: &Policy) -> Result<Policy, Unanswered> {
    edited(policy, |json| json["effect"] = json!("forbid"))
}

/// The policy, changed in its JSON form, so that no text has to be searched.
fn edited(policy: &Policy, edit: impl FnOnce(&mut Value)) -> Result<Policy, Unanswered> {
    let mut json = policy.to_json().map_err(|error| Unanswered::Open(error.to_string()))?;
    edit(&mut json);
    Policy::from_json(Some(policy.id().clone()), json).map_err(|error| Unanswered::Open(error.to_string()))
}

/// A request with its entities, for Cedar's own authorizer.
pub(crate) struct Replay {
    pub(crate) request: Request,
    pub(crate) entities: Entities,
}

impl Replay {
    fn new(bundle: &Bundle, found: &Env) -> Result<Self, Unanswered> {
        let wrong = |error: &dyn std::fmt::Display| {
            Unanswered::Open(format!("the solver's example cannot be made: {error}"))
        };
        let (Some(principal), Some(action), Some(resource)) =
            (found.request.principal(), found.request.action(), found.request.resource())
        else {
            return Err(wrong(&"it leaves something out"));
        };
        let schema = Some(bundle.schema());
        let context = found.request.context().cloned().unwrap_or_else(Context::empty);
        let request = Request::new(principal.clone(), action.clone(), resource.clone(), context, schema)
            .map_err(|error| wrong(&error))?;
        // Given the schema, Cedar adds the groups of actions, and refuses what does not conform.
        let others = found.entities.iter().filter(|entity| entity.uid().type_name() != action.type_name());
        let entities = Entities::from_entities(others.cloned(), schema).map_err(|error| wrong(&error))?;
        Ok(Self { request, entities })
    }

    /// The answer of the policies; a set in which a policy errs allows nothing.
    pub(crate) fn ask(&self, sources: &[&Source]) -> Result<Response, Unanswered> {
        let set = PolicySet::from_policies(policies(sources))
            .map_err(|error| Unanswered::Open(error.to_string()))?;
        Ok(Authorizer::new().is_authorized(&self.request, &set, &self.entities))
    }

    /// Whether the policies allow it.
    pub(crate) fn is_allowed(&self, sources: &[&Source]) -> Result<bool, Unanswered> {
        let response = self.ask(sources)?;
        let errs = response.diagnostics().errors().next().is_some();
        Ok(!errs && response.decision() == cedar_policy::Decision::Allow)
    }
}
