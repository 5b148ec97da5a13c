//! Who gains and who loses what, of all possible requests.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::EntityUid;
use cedar_policy_symcc::implies_asserts;
use seatwise_domain::RoleId;
use seatwise_policy::diff::{Access, Diff, FoundBy, Place, Situation};
use seatwise_policy::{Bundle, Core, Files, Origin, PrincipalKind, Source};

use crate::example;
use crate::ground::{BUNDLE, FLOOR, Ground, Kind, Replay, about, negated, permits, policies};
use crate::session::{Session, Stop};
use crate::{Progress, Prover, ProverError, world};

/// Adds what the examples missed.
pub(crate) async fn extend(
    prover: &Prover,
    diff: &mut Diff,
    before: Option<&Files>,
    after: &Files,
    mut progress: impl FnMut(Progress),
) -> Result<(), ProverError> {
    let compiled = Bundle::compile(after);
    let Ok(new) = &compiled else { return Ok(()) };
    // As the difference itself has it, and notes it.
    let old = match before.map(Bundle::compile) {
        Some(Ok(old)) => old,
        _ => match Bundle::floor_only(&Core::current(), after) {
            Ok(floor) => floor,
            Err(_) => return Ok(()),
        },
    };
    if before.is_some() && !alike(&old, new) {
        diff.notes.push(
            "roles, tiers or features of plans change, so that requests of before and after are not the same: \
             gains and losses were found by examples, and not by proof"
                .to_owned(),
        );
        return Ok(());
    }
    let mut comparison = Comparison { old: &old, new, session: Session::new(prover), diff };
    let kinds = comparison.changed_kinds();
    for (done, kind) in kinds.iter().enumerate() {
        progress(Progress { done, total: kinds.len() });
        for direction in [Direction::Gain, Direction::Loss] {
            match comparison.explore(kind, direction).await {
                Ok(()) => {}
                Err(Stop::Broken(error)) => return Err(error),
                Err(Stop::Open(why)) => comparison.diff.notes.push(format!(
                    "could not be decided: whether somebody {} {}: {why}",
                    direction.verb(),
                    kind.words()
                )),
            }
        }
    }
    progress(Progress { done: kinds.len(), total: kinds.len() });
    Ok(())
}

/// Whether the same requests can be made of both, and mean the same.
fn alike(old: &Bundle, new: &Bundle) -> bool {
    let [old, new] = [old.pack(), new.pack()].map(|pack| {
        let roles: BTreeSet<_> = pack
            .roles
            .iter()
            .map(|role| {
                let joins = role.id == pack.roles_given.joiner;
                (&role.id, role.rank, role.governing, role.staff, joins, &role.includes)
            })
            .collect();
        let tiers: BTreeSet<_> = pack.seats.tiers.iter().map(|tier| (&tier.id, &tier.features)).collect();
        let plans: BTreeSet<_> = pack.plans.iter().map(|plan| (&plan.id, &plan.features)).collect();
        (roles, tiers, plans)
    });
    old == new
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Gain,
    Loss,
}

impl Direction {
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
    session: Session<'b>,
    diff: &'b mut Diff,
}

impl<'b> Comparison<'b> {
    /// What both can be asked, where their policies about it differ. What only one of them can be
    /// asked, the other denies: the examples show that whole.
    fn changed_kinds(&mut self) -> Vec<Kind> {
        let old = Kind::all(self.old);
        let both = Kind::all(self.new).into_iter().filter(|kind| old.contains(kind));
        let (same, regrouped): (Vec<_>, Vec<_>) =
            both.partition(|kind| groups(self.old, &kind.action) == groups(self.new, &kind.action));
        for kind in regrouped {
            self.diff.notes.push(format!(
                "{} is in other action groups than before: gains and losses of it were found by examples, and not by proof",
                kind.words()
            ));
        }
        same.into_iter().filter(|kind| texts(self.old, kind) != texts(self.new, kind)).collect()
    }

    /// Finds everybody who gains or loses it, and of whom no example told so.
    async fn explore(&mut self, kind: &Kind, direction: Direction) -> Result<(), Stop> {
        // Of all, requests are made as after the change: it is the same before.
        let ground = Ground::new(self.new, kind)?;
        let (from, to) = match direction {
            Direction::Gain => (self.new, self.old),
            Direction::Loss => (self.old, self.new),
        };
        let (from, to) = (about(from, kind, &BUNDLE), about(to, kind, &BUNDLE));
        // In which situations is known of some; whether in others as well is asked.
        for beyond in self.beyond_told(direction, kind) {
            self.find(&ground.given(&beyond), direction, &from, &to).await?;
        }
        let mut told = self.told(direction, kind);
        loop {
            let ground = ground.given(&self.other_than(&told, kind));
            let Some(who) = self.find(&ground, direction, &from, &to).await? else { return Ok(()) };
            if !told.insert(who) {
                // It would be found again for ever.
                return Err(Stop::Open("the solver repeats itself".to_owned()));
            }
        }
    }

    /// Finds somebody who gains or loses it; who that is.
    async fn find(
        &mut self,
        ground: &Ground<'b>,
        direction: Direction,
        from: &[&'b Source],
        to: &[&'b Source],
    ) -> Result<Option<String>, Stop> {
        let Some(replay) = self.first(ground, from, to).await? else { return Ok(None) };
        if !is_confirmed(ground, &replay, from, to)? {
            return Err(Stop::Open("the solver has an example which, replayed, does not show it".to_owned()));
        }
        let shown: Vec<&Source> = from.iter().chain(to).copied().collect();
        let access = Access {
            who: example::who(ground, &replay),
            action: ground.kind.name().to_owned(),
            place: example::place(ground, &replay),
            situations: Vec::new(),
            found_by: FoundBy::Proof,
            example: Some(example::example(ground, &replay, &shown)),
        };
        let who = access.who.clone();
        match direction {
            Direction::Gain => self.diff.gains.push(access),
            Direction::Loss => self.diff.losses.push(access),
        }
        Ok(Some(who))
    }

    /// Of each role that examples show in some situations: that it is another, in a workspace in use. Of one
    /// that is shown in every situation, or under some plans only, nothing more is asked.
    fn beyond_told(&self, direction: Direction, kind: &Kind) -> Vec<String> {
        let known = match direction {
            Direction::Gain => &self.diff.gains,
            Direction::Loss => &self.diff.losses,
        };
        let mut of_roles: BTreeMap<&str, Vec<&Situation>> = BTreeMap::new();
        let mut whole = BTreeSet::new();
        for access in known.iter().filter(|it| it.action == kind.name() && it.place == Place::Active) {
            let is_whole = |it: &Situation| !it.plan.is_empty() || *it == Situation::default();
            if access.situations.is_empty() || access.situations.iter().any(is_whole) {
                whole.insert(access.who.as_str());
            }
            of_roles.entry(&access.who).or_default().extend(&access.situations);
        }
        let roles = self.new.pack().roles.iter().filter(|_| kind.principal == PrincipalKind::Member);
        let conditional = roles.filter(|role| !whole.contains(role.id.as_str()));
        conditional
            .filter_map(|role| {
                let told =
                    of_roles.get(role.id.as_str())?.iter().map(|it| world::situation(it, kind.resource));
                let told: Vec<String> = told.collect();
                let role = world::has_role([&role.id]);
                Some(format!("{role} && principal.workspace.active && !({})", told.join(" || ")))
            })
            .collect()
    }

    /// Of whom it is known already.
    fn told(&self, direction: Direction, kind: &Kind) -> BTreeSet<String> {
        let known = match direction {
            Direction::Gain => &self.diff.gains,
            Direction::Loss => &self.diff.losses,
        };
        let roles = self.new.pack();
        known
            .iter()
            .filter(|access| access.action == kind.name())
            .map(|access| access.who.clone())
            .filter(|who| {
                (kind.principal == PrincipalKind::Member) == roles.role(&RoleId(who.clone())).is_some()
            })
            .collect()
    }

    /// That the caller is none of these.
    fn other_than(&self, told: &BTreeSet<String>, kind: &Kind) -> String {
        match kind.principal {
            PrincipalKind::Visitor => told.is_empty().to_string(),
            PrincipalKind::User => {
                let verified = !told.contains("user");
                let unverified = !told.contains("unverified user");
                format!("(principal.emailVerified && {verified} || !principal.emailVerified && {unverified})")
            }
            PrincipalKind::Member => {
                let roles = self.new.pack().roles.iter().map(|role| &role.id);
                world::has_role(roles.filter(|role| !told.contains(role.as_str())))
            }
        }
    }

    /// A request that one version allows and the other does not, floor included.
    async fn first(
        &mut self,
        ground: &Ground<'b>,
        from: &[&'b Source],
        to: &[&'b Source],
    ) -> Result<Option<Replay>, Stop> {
        let mut allows = policies(from);
        // What the floor allows is allowed by both.
        for floor in ground.sources(&[Origin::Floor]).into_iter().filter(|source| permits(source)) {
            allows.push(negated(&floor.policy)?);
        }
        let (allows, denies) = (ground.set(allows)?, ground.open_set(policies(to))?);
        let found = self.session.find(&implies_asserts(&allows, &denies)).await?;
        found.map(|found| ground.replay(&found)).transpose()
    }
}

/// Whether it really is as the solver says, the floor included.
fn is_confirmed(
    ground: &Ground<'_>,
    replay: &Replay,
    from: &[&Source],
    to: &[&Source],
) -> Result<bool, Stop> {
    let floor = replay.is_allowed(&ground.sources(&FLOOR))?;
    Ok(!floor && replay.is_allowed(from)? && !replay.is_allowed(to)?)
}

/// The groups that an action is in.
fn groups(bundle: &Bundle, action: &EntityUid) -> BTreeSet<String> {
    let entities = bundle.schema().action_entities().ok();
    let groups = entities
        .as_ref()
        .and_then(|entities| Some(entities.ancestors(action)?.map(ToString::to_string).collect()));
    groups.unwrap_or_default()
}

/// The pack's policies that are about it.
fn texts(bundle: &Bundle, kind: &Kind) -> BTreeSet<String> {
    about(bundle, kind, &[Origin::Pack]).iter().map(|source| source.text().to_owned()).collect()
}
