//! Gains and losses of permissions, over all possible requests.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy_symcc::implies_asserts;
use seatwise_policy::{Bundle, Core, Files, Origin, PrincipalKind, Source};
use seatwise_workbench::diff::{Access, Condition, Diff, FoundBy};
use seatwise_workbench::{SERVICE, UNVERIFIED_USER, USER, WorkspaceRelation};

use crate::appointing::{self, Appointment};
use crate::example;
use crate::request_kind::{BUNDLE, FLOOR, Replay, RequestKind, RequestSpace, about, negated, policies};
use crate::session::{SolverSession, Unanswered};
use crate::{ProofProgress, Prover, ProverError, assumptions};

/// Adds the gains and losses that no example shows.
pub(crate) async fn extend(
    prover: &Prover,
    diff: &mut Diff,
    before: Option<&Files>,
    after: &Files,
    mut progress: impl FnMut(ProofProgress),
) -> Result<(), ProverError> {
    let compiled = Bundle::compile(after);
    let Ok(new) = &compiled else { return Ok(()) };
    // The difference itself compares with the floor in this case, and notes it.
    let old = match before.map(Bundle::compile) {
        Some(Ok(old)) => old,
        _ => match Bundle::floor_only(&Core::current(), after) {
            Ok(floor) => floor,
            Err(_) => return Ok(()),
        },
    };
    note_appointments(prover, diff, &old, new).await?;
    if before.is_some() && !alike(&old, new) {
        diff.notes.push(
            "roles, tiers or features of plans change, so that requests of before and after are not the same: \
             gains and losses were found by examples, and not by proof"
                .to_owned(),
        );
        return Ok(());
    }
    let mut comparison = Comparison { old: &old, new, session: SolverSession::new(prover), diff };
    let kinds = comparison.changed_kinds();
    for (done, kind) in kinds.iter().enumerate() {
        progress(ProofProgress { done, total: kinds.len() });
        for direction in [ChangeDirection::Gain, ChangeDirection::Loss] {
            match comparison.explore(kind, direction).await {
                Ok(()) => {}
                Err(Unanswered::Broken(error)) => return Err(error),
                Err(Unanswered::Open(why)) => comparison.diff.notes.push(format!(
                    "could not be decided: whether somebody {} {}: {why}",
                    direction.verb(),
                    kind.words()
                )),
            }
        }
    }
    progress(ProofProgress { done: kinds.len(), total: kinds.len() });
    Ok(())
}

/// Notes who can give a role that can do more, where that is new.
async fn note_appointments(
    prover: &Prover,
    diff: &mut Diff,
    old: &Bundle,
    new: &Bundle,
) -> Result<(), ProverError> {
    let mut session = SolverSession::new(prover);
    let mut found = Vec::new();
    for bundle in [old, new] {
        match appointing::appointments(&mut session, bundle).await {
            Ok(appointments) => found.push(appointments),
            Err(Unanswered::Broken(error)) => return Err(error),
            Err(Unanswered::Open(why)) => {
                let what = "could not be decided: whether somebody gives a role that can do more";
                diff.notes.push(format!("{what}: {why}"));
                return Ok(());
            }
        }
    }
    if let (Some(after), Some(before)) = (found.pop(), found.pop()) {
        diff.notes.extend(appointing::new_ones(&before, after).iter().map(Appointment::words));
    }
    Ok(())
}

/// Whether the same requests can be made under both packs, with the same meaning.
fn alike(old: &Bundle, new: &Bundle) -> bool {
    let [old, new] = [old.pack(), new.pack()].map(|pack| {
        let roles: BTreeSet<_> = pack
            .roles
            .iter()
            .map(|role| {
                let joins = role.id == pack.roles_given.joiner;
                (&role.name, role.rank, role.governing, role.staff, joins, &role.includes)
            })
            .collect();
        let tiers: BTreeSet<_> = pack.seats.tiers.iter().map(|tier| (&tier.name, &tier.features)).collect();
        let plans: BTreeSet<_> = pack.plans.iter().map(|plan| (&plan.id, &plan.features)).collect();
        (roles, tiers, plans)
    });
    old == new
}

#[derive(Clone, Copy, PartialEq)]
enum ChangeDirection {
    Gain,
    Loss,
}

impl ChangeDirection {
    fn verb(self) -> &'static str {
        match self {
            Self::Gain => "gains",
            Self::Loss => "loses",
        }
    }
}

struct Comparison<'b> {
    old: &'b Bundle,
    new: &'b Bundle,
    session: SolverSession<'b>,
    diff: &'b mut Diff,
}

impl<'b> Comparison<'b> {
    /// The kinds of requests that exist under both packs and whose policies differ. Examples suffice for
    /// the kinds that exist under one pack alone: the other denies them.
    fn changed_kinds(&mut self) -> Vec<RequestKind> {
        let old = RequestKind::all(self.old);
        let both = RequestKind::all(self.new).into_iter().filter(|kind| old.contains(kind));
        let (same, regrouped): (Vec<_>, Vec<_>) =
            both.partition(|kind| self.old.groups(kind.name()) == self.new.groups(kind.name()));
        for kind in regrouped {
            self.diff.notes.push(format!(
                "{} is in other action groups than before: gains and losses of it were found by examples, and not by proof",
                kind.words()
            ));
        }
        same.into_iter().filter(|kind| texts(self.old, kind) != texts(self.new, kind)).collect()
    }

    /// Finds all callers who gain or lose the action without an example that shows it.
    async fn explore(&mut self, kind: &RequestKind, direction: ChangeDirection) -> Result<(), Unanswered> {
        // Requests are built under the new pack: under the old one they are the same.
        let space = RequestSpace::new(self.new, kind)?;
        let (from, to) = match direction {
            ChangeDirection::Gain => (self.new, self.old),
            ChangeDirection::Loss => (self.old, self.new),
        };
        let (from, to) = (about(from, kind, &BUNDLE), about(to, kind, &BUNDLE));
        // Some callers are known to gain or lose it under some conditions: try the others.
        for beyond in self.beyond_known(direction, kind) {
            self.find(&space.given(&beyond), direction, &from, &to).await?;
        }
        let mut known = self.known(direction, kind);
        loop {
            let space = space.given(&self.other_than(&known, kind));
            let Some(who) = self.find(&space, direction, &from, &to).await? else { return Ok(()) };
            if !known.insert(who) {
                // The loop would not end.
                return Err(Unanswered::Open("the solver repeats itself".to_owned()));
            }
        }
    }

    /// Finds a caller who gains or loses the action, and returns their name.
    async fn find(
        &mut self,
        space: &RequestSpace<'b>,
        direction: ChangeDirection,
        from: &[&'b Source],
        to: &[&'b Source],
    ) -> Result<Option<String>, Unanswered> {
        let Some(replay) = self.first(space, from, to).await? else { return Ok(None) };
        if !is_confirmed(space, &replay, from, to)? {
            return Err(Unanswered::Open(
                "the solver has an example which, replayed, does not show it".to_owned(),
            ));
        }
        let shown: Vec<&Source> = from.iter().chain(to).copied().collect();
        let access = Access {
            who: example::who(space, &replay),
            action: space.kind.name().to_owned(),
            place: example::place(space, &replay),
            situations: Vec::new(),
            found_by: FoundBy::Proof,
            example: Some(example::example(space, &replay, &shown)),
        };
        let who = access.who.clone();
        match direction {
            ChangeDirection::Gain => self.diff.gains.push(access),
            ChangeDirection::Loss => self.diff.losses.push(access),
        }
        Ok(Some(who))
    }

    /// For each role that examples show under some conditions: the condition that it is none of these.
    /// Nothing for a role that examples show under every condition, or only on some plans.
    fn beyond_known(&self, direction: ChangeDirection, kind: &RequestKind) -> Vec<String> {
        let known = match direction {
            ChangeDirection::Gain => &self.diff.gains,
            ChangeDirection::Loss => &self.diff.losses,
        };
        let mut of_roles: BTreeMap<&str, Vec<&Condition>> = BTreeMap::new();
        let mut whole = BTreeSet::new();
        for access in known.iter().filter(|it| it.action == kind.name() && it.place == WorkspaceRelation::Own)
        {
            let is_whole = |it: &Condition| !it.plan.is_empty() || *it == Condition::default();
            if access.situations.is_empty() || access.situations.iter().any(is_whole) {
                whole.insert(access.who.as_str());
            }
            of_roles.entry(&access.who).or_default().extend(&access.situations);
        }
        let roles = self.new.pack().roles.iter().filter(|_| kind.principal == PrincipalKind::Member);
        let conditional = roles.filter(|role| !whole.contains(role.name.as_str()));
        conditional
            .filter_map(|role| {
                let known = of_roles
                    .get(role.name.as_str())?
                    .iter()
                    .map(|it| assumptions::condition(it, kind.resource));
                let known: Vec<String> = known.collect();
                let role = assumptions::has_role([&role.name]);
                Some(format!("{role} && !({})", known.join(" || ")))
            })
            .collect()
    }

    /// The callers who are known to gain or lose the action.
    fn known(&self, direction: ChangeDirection, kind: &RequestKind) -> BTreeSet<String> {
        let known = match direction {
            ChangeDirection::Gain => &self.diff.gains,
            ChangeDirection::Loss => &self.diff.losses,
        };
        let roles = self.new.pack();
        known
            .iter()
            .filter(|access| access.action == kind.name())
            .map(|access| access.who.clone())
            .filter(|who| {
                let of_who = if who.starts_with(SERVICE) {
                    PrincipalKind::Service
                } else if roles.role_called(who).is_some() {
                    PrincipalKind::Member
                } else {
                    PrincipalKind::User
                };
                let is_outside = |kind| matches!(kind, PrincipalKind::Visitor | PrincipalKind::User);
                kind.principal == of_who || is_outside(kind.principal) && is_outside(of_who)
            })
            .collect()
    }

    /// The condition that the caller is none of these.
    fn other_than(&self, known: &BTreeSet<String>, kind: &RequestKind) -> String {
        match kind.principal {
            PrincipalKind::Visitor => known.is_empty().to_string(),
            PrincipalKind::User => {
                let verified = !known.contains(USER);
                let unverified = !known.contains(UNVERIFIED_USER);
                format!("(principal.emailVerified && {verified} || !principal.emailVerified && {unverified})")
            }
            PrincipalKind::Service => {
                let services = known.iter().filter_map(|who| who.strip_prefix(SERVICE));
                let others: Vec<String> =
                    services.map(|name| format!("principal != Service::{name:?}")).collect();
                if others.is_empty() { "true".to_owned() } else { others.join(" && ") }
            }
            PrincipalKind::Member => {
                let roles = self.new.pack().roles.iter().map(|role| &role.name);
                assumptions::has_role(roles.filter(|role| !known.contains(role.as_str())))
            }
        }
    }

    /// A request that one version allows and the other does not, with the floor in both.
    async fn first(
        &mut self,
        space: &RequestSpace<'b>,
        from: &[&'b Source],
        to: &[&'b Source],
    ) -> Result<Option<Replay>, Unanswered> {
        let mut allows = policies(from);
        // Both versions allow what the floor allows.
        for floor in space.sources(&[Origin::Floor]).into_iter().filter(|source| source.permits()) {
            allows.push(negated(&floor.policy)?);
        }
        let (allows, denies) = (space.set(allows)?, space.open_set(policies(to))?);
        let found = self.session.find(&implies_asserts(&allows, &denies)).await?;
        found.map(|found| space.replay(&found)).transpose()
    }
}

/// Whether Cedar's authorizer confirms the request that the solver found.
fn is_confirmed(
    space: &RequestSpace<'_>,
    replay: &Replay,
    from: &[&Source],
    to: &[&Source],
) -> Result<bool, Unanswered> {
    let floor = replay.is_allowed(&space.sources(&FLOOR))?;
    Ok(!floor && replay.is_allowed(from)? && !replay.is_allowed(to)?)
}

/// The texts of the pack's policies about these requests.
fn texts(bundle: &Bundle, kind: &RequestKind) -> BTreeSet<String> {
    about(bundle, kind, &[Origin::Pack]).iter().map(|source| source.text().to_owned()).collect()
}
