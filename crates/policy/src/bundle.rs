//! A pack that was read, with the policy sets that decide.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use cedar_policy::{Authorizer, Entities, EntityUid, PolicyId, PolicySet, Schema};
use seatwise_domain::Pack;
use seatwise_domain::pack::BillingProvider;

use crate::Files;
use crate::core::{Core, CorePolicies};
use crate::decision_class::DecisionClass;
use crate::entities::{TimesLookedAt, action_uid, role_entities};
use crate::fault::{BundleFault, FaultCause, Location};
use crate::pack_file::{PACK_FILE, read_pack, with_plain_schema};
use crate::permitted::PermittedRoles;
use crate::source::{Origin, Source, policies_of_pack};
use crate::text::first_line;
use crate::toml_file::TomlAdvice;
use crate::vocabulary::{ActionInfo, Vocabulary};

/// A pack that was read, ready to decide. Never changes.
pub struct Bundle {
    pack: Pack,
    vocabulary: Vocabulary,
    /// The entities of all roles. Nothing, if they do not conform to the schema: then every request is denied.
    pub(crate) roles: Option<Entities>,
    /// In the order in which their reasons are given.
    sources: Vec<Source>,
    /// The index in `sources` of each policy id.
    places: HashMap<PolicyId, usize>,
    /// The policy sets of each action, by its name. They are made when the action is first asked about: most Lambda
    /// functions ask about few actions.
    sets: HashMap<String, OnceLock<Option<ActionSets>>>,
    pub(crate) authorizer: Authorizer,
    pub(crate) permitted: PermittedRoles,
}

/// An action, and the two policy sets that decide on it: the bundle's permits and forbids, and the floor's permits with
/// the guardrails. They hold only the policies whose scope includes the action: all others could neither apply nor err.
pub(crate) struct ActionSets {
    /// The action.
    pub(crate) action: EntityUid,
    /// The permits of the pack.
    pub(crate) permits: PolicySet,
    /// The guardrails and the forbids of the pack.
    pub(crate) forbids: PolicySet,
    /// The floor, which permits.
    pub(crate) floor: PolicySet,
    /// The guardrails, which forbid.
    pub(crate) guardrails: PolicySet,
    /// Whether a permit can depend on more than the caller.
    pub(crate) permits_look_beyond_caller: bool,
    /// The attributes among [`VariedAttribute::ALL`] that the policies look at.
    looks_at: Vec<VariedAttribute>,
    /// The attributes among them that the policies can look at in the target.
    looks_at_in_target: Vec<VariedAttribute>,
    /// Whether a policy looks at the context.
    looks_at_context: bool,
    /// Whether a policy can look at the groups that an action is in.
    pub(crate) looks_at_groups: bool,
    /// The class that the action shares with those that are decided alike.
    pub(crate) class: DecisionClass,
}

/// Attributes that are not the same for all who stand for others: whoever asks about a person or thing that is not
/// named tries several values of them, if the policies look at them at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariedAttribute {
    /// The time when a member joined.
    JoinedAt,
    /// The seat of a member.
    Seat,
    /// The tier of a seat, or of the seat that an invitation reserves.
    Tier,
    /// The tier of the seat that would be given.
    TargetTier,
}

impl VariedAttribute {
    const ALL: [Self; 4] = [Self::JoinedAt, Self::Seat, Self::Tier, Self::TargetTier];

    /// The name in the schema.
    fn name(self) -> &'static str {
        match self {
            Self::JoinedAt => "joinedAt",
            Self::Seat => "seat",
            Self::Tier => "tier",
            Self::TargetTier => "targetTier",
        }
    }
}

/// The policies of which a bundle is made.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    Whole,
    FloorOnly,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("pack", &self.pack.name).finish_non_exhaustive()
    }
}

impl Bundle {
    /// Reads a pack. A fault makes the pack unusable. The workbench finds more reasons not to publish a pack,
    /// which takes longer.
    pub fn compile(files: &Files) -> Result<Self, BundleFault> {
        Self::compile_under(&Core::current(), files)
    }

    /// As [`Self::compile`], with the core schema of another release.
    pub fn compile_under(core: &Core, files: &Files) -> Result<Self, BundleFault> {
        Self::build(core, files, Extent::Whole).map_err(first)
    }

    /// As [`Self::compile`], with every fault.
    pub fn compile_with_all_faults(files: &Files) -> Result<Self, Vec<BundleFault>> {
        Self::build(&Core::current(), files, Extent::Whole)
    }

    /// The pack's data and roles with the permissions of the recovery floor alone: for when the
    /// policies of the active version cannot be loaded.
    pub fn floor_only(core: &Core, pack: &Files) -> Result<Self, BundleFault> {
        Self::build(core, pack, Extent::FloorOnly)
            // The floor uses none of the product's own words, so that it survives a broken schema.
            .or_else(|_| Self::build(core, &with_plain_schema(pack)?, Extent::FloorOnly))
            .map_err(first)
    }

    fn build(core: &Core, files: &Files, extent: Extent) -> Result<Self, Vec<BundleFault>> {
        let pack = read_pack(files);
        // Before the vocabulary, which waits for the core schema if another thread still parses it.
        let own = match extent {
            Extent::Whole => policies_of_pack(files),
            Extent::FloorOnly => Ok(Vec::new()),
        };
        let vocabulary = Vocabulary::of(core, files);
        let (pack, vocabulary, own) = match (pack, vocabulary, own) {
            (Ok(pack), Ok(vocabulary), Ok(own)) => (pack, vocabulary, own),
            (pack, vocabulary, own) => {
                let faults = [pack.err(), vocabulary.err(), own.err()];
                return Err(faults.into_iter().flatten().flatten().collect());
            }
        };
        let CorePolicies { guardrails, floor } = CorePolicies::current()?;
        let (guardrails, floor) = (guardrails.iter().cloned(), floor.iter().cloned());
        let sources: Vec<Source> = guardrails.chain(own).chain(floor).collect();
        let places = places(&sources)?;
        let roles = role_entities(&pack, &vocabulary.schema);
        let sets = vocabulary.actions.iter().map(|info| (info.name.clone(), OnceLock::new())).collect();
        let (authorizer, permitted) = (Authorizer::new(), PermittedRoles::default());
        Ok(Self { pack, vocabulary, roles, sources, places, sets, authorizer, permitted })
    }

    /// The same pack with this payment provider, if there is one: for one machine and for tests.
    #[must_use]
    pub fn with_provider(mut self, provider: Option<BillingProvider>) -> Self {
        self.pack.billing.provider = provider.unwrap_or(self.pack.billing.provider);
        self
    }

    /// The pack's data.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// Every action that can be asked about, sorted by name.
    pub fn actions(&self) -> &[ActionInfo] {
        &self.vocabulary.actions
    }

    /// The action of that name.
    pub fn action(&self, name: &str) -> Option<&ActionInfo> {
        self.actions().iter().find(|info| info.name == name)
    }

    /// Actions that the pack declares and nothing can ask about, each with the reason.
    pub fn unusable_actions(&self) -> &[(String, &'static str)] {
        &self.vocabulary.unusable
    }

    /// The schema that all policies are written in: the core's and the pack's together.
    pub fn schema(&self) -> &Schema {
        &self.vocabulary.schema
    }

    /// All policies: guardrails, the pack's own, floor.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The policy of that id.
    pub fn source(&self, id: &PolicyId) -> Option<&Source> {
        self.sources.get(self.place(id)?)
    }

    /// Whether the scope of a policy includes the action: otherwise it neither applies nor errs when
    /// the action is asked about.
    pub fn is_about(&self, source: &Source, action: &EntityUid) -> bool {
        self.vocabulary.is_about(source, action)
    }

    /// Whether an action is in a group.
    pub fn is_in_group(&self, action: &EntityUid, group: &str) -> bool {
        self.vocabulary.is_in(action, &action_uid(group))
    }

    /// Whether a policy about the action names one of these attributes, or can: what is unknown could.
    pub fn looks_at(&self, action: &str, attributes: &[VariedAttribute]) -> bool {
        self.sets(action).is_none_or(|sets| attributes.iter().any(|it| sets.looks_at.contains(it)))
    }

    /// As [`Bundle::looks_at`], for the attributes of the target.
    pub(crate) fn looks_at_in_target(&self, action: &str, attributes: &[VariedAttribute]) -> bool {
        self.sets(action).is_none_or(|sets| attributes.iter().any(|it| sets.looks_at_in_target.contains(it)))
    }

    /// The groups of an action, sorted by name.
    pub fn groups(&self, action: &str) -> Vec<String> {
        self.vocabulary.groups(action)
    }

    /// The policy sets of an action. Nothing, if there is no such action, or Cedar refuses one of its policies: then
    /// nobody may do it.
    pub(crate) fn sets(&self, action: &str) -> Option<&ActionSets> {
        let made = || ActionSets::of(self.action(action)?, &self.vocabulary, &self.sources);
        self.sets.get(action)?.get_or_init(made).as_ref()
    }

    /// The index among the sources of the policy of that id.
    pub(crate) fn place(&self, id: &PolicyId) -> Option<usize> {
        self.places.get(id).copied()
    }
}

impl ActionSets {
    /// The times that the policies can look at. A context can be compared as a whole, with the time in it.
    pub(crate) fn times(&self) -> TimesLookedAt {
        let joining = self.looks_at.contains(&VariedAttribute::JoinedAt);
        TimesLookedAt { now: self.looks_at_context, joining }
    }

    /// Nothing, if Cedar refuses a policy: a set that lacks one may not decide. It would refuse templates and equal
    /// ids, and [`Bundle::compile`] has refused both.
    fn of(info: &ActionInfo, vocabulary: &Vocabulary, sources: &[Source]) -> Option<Self> {
        let mut sets = Self {
            action: action_uid(&info.name),
            permits: PolicySet::new(),
            forbids: PolicySet::new(),
            floor: PolicySet::new(),
            guardrails: PolicySet::new(),
            permits_look_beyond_caller: false,
            looks_at: Vec::new(),
            looks_at_in_target: Vec::new(),
            looks_at_context: false,
            looks_at_groups: false,
            class: DecisionClass {
                policies: Vec::new(),
                action: None,
                principals: info.principals.clone(),
                resources: info.resources.clone(),
                takes_target_role: info.takes_target_role,
                takes_target_tier: info.takes_target_tier,
            },
        };
        for (place, source) in sources.iter().enumerate() {
            if !vocabulary.is_about(source, &sets.action) {
                continue;
            }
            sets.class.policies.push(place);
            if source.terms().has_variable("action") {
                sets.class.action = Some(info.name.clone());
            }
            sets.looks_at_groups |= source.looks_at_groups();
            sets.looks_at_context |= source.terms().has_variable("context");
            let is_named = |it: &VariedAttribute| source.terms().has_attribute(it.name());
            let named: Vec<_> = VariedAttribute::ALL.into_iter().filter(is_named).collect();
            if source.terms().has_variable("resource") {
                sets.looks_at_in_target.extend(&named);
            }
            sets.looks_at.extend(named);
            sets.permits_look_beyond_caller |= source.permits() && !source.looks_at_caller_alone();
            let of_part: &mut [&mut PolicySet] = match (source.origin, source.permits()) {
                (Origin::Pack, true) => &mut [&mut sets.permits],
                (Origin::Pack, false) => &mut [&mut sets.forbids],
                (Origin::Guardrails, false) => &mut [&mut sets.forbids, &mut sets.guardrails],
                (Origin::Floor, true) => &mut [&mut sets.floor],
                // There are none: a test proves it.
                (Origin::Guardrails, true) | (Origin::Floor, false) => return None,
            };
            for set in of_part {
                set.add(source.of_any_action().clone()).ok()?;
            }
        }
        Some(sets)
    }
}

fn first(faults: Vec<BundleFault>) -> BundleFault {
    // Without a fault it would be no failure.
    faults.into_iter().next().unwrap_or_else(|| {
        let cause = FaultCause::Toml { advice: Box::new(TomlAdvice::None) };
        BundleFault::new(Location::file(PACK_FILE), "cannot be read", cause)
    })
}

/// The index of each policy by its id. If the core has the same id, the pack is to blame, whatever the
/// order.
fn places(sources: &[Source]) -> Result<HashMap<PolicyId, usize>, Vec<BundleFault>> {
    let (mut places, mut faults) = (HashMap::new(), Vec::new());
    for (place, source) in sources.iter().enumerate() {
        if let Some(before) = places.insert(source.policy.id().clone(), place) {
            let before = &sources[before];
            let (to_blame, first) =
                if source.origin == Origin::Floor { (before, source) } else { (source, before) };
            let id = source.policy.id();
            let message = format!("the id `{id}` is taken by {}:{}", first.file, first.line());
            // The first line of the policy stands for it.
            let place = to_blame.location(&first_line(to_blame.text(), 0));
            faults.push(BundleFault::new(place, &message, FaultCause::DuplicateId));
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}
