//! What is stated of a pack before it is published.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::AuthorizationError;
use cedar_policy_symcc::{
    CompiledPolicySet, Env, WellFormedAsserts, implies_asserts, never_errors_asserts, never_matches_asserts,
};
use seatwise_policy::{Bundle, Finding, Origin, PrincipalKind, Source};

use crate::example::words;
use crate::ground::{ALL, BUNDLE, FLOOR, Ground, Kind, Replay, about, permits, policies};
use crate::session::{Session, Stop};
use crate::{Progress, Prover, ProverError, world};

const PACK_FILE: &str = "product.toml";

/// So many open questions say enough: each may have taken its whole time.
const PATIENCE: usize = 10;

/// Everything that could not be proven, sorted.
pub(crate) async fn prove(
    prover: &Prover,
    bundle: &Bundle,
    mut progress: impl FnMut(Progress),
) -> Result<Vec<Finding>, ProverError> {
    let kinds = Kind::all(bundle);
    // The rules of the pack are the last step.
    let total = kinds.len() + 1;
    let mut proof = Proof { bundle, session: Session::new(prover), findings: BTreeMap::new(), open: 0 };
    for (done, kind) in kinds.iter().enumerate() {
        progress(Progress { done, total });
        if proof.gives_up() {
            break;
        }
        let stated = proof.of_kind(kind).await;
        proof.settle(stated, &kind.words(), None)?;
    }
    progress(Progress { done: kinds.len(), total });
    for source in bundle.sources().iter().filter(|source| source.origin == Origin::Pack) {
        if proof.gives_up() {
            break;
        }
        let stated = proof.lives(source, &kinds).await;
        proof.settle(stated, "whether it has an effect", Some(source))?;
    }
    progress(Progress { done: total, total });
    Ok(proof.findings.into_values().collect())
}

/// A statement that does not hold.
struct Broken<'b> {
    statement: &'static str,
    /// Which policy is to blame.
    source: Option<&'b Source>,
    message: String,
}

struct Proof<'b> {
    bundle: &'b Bundle,
    session: Session<'b>,
    /// The first for each statement and place: the next says the same of another action.
    findings: BTreeMap<(String, Option<u32>, String), Finding>,
    /// How many questions remained open.
    open: usize,
}

impl<'b> Proof<'b> {
    /// Keeps what is open; what is broken ends it all.
    fn settle(
        &mut self,
        stated: Result<(), Stop>,
        what: &str,
        source: Option<&Source>,
    ) -> Result<(), ProverError> {
        match stated {
            Ok(()) => Ok(()),
            Err(Stop::Broken(error)) => Err(error),
            Err(Stop::Open(why)) => {
                let message = format!("could not be proven: {what}: {why}");
                let finding =
                    source.map_or_else(|| Finding::new(PACK_FILE, &message), |it| it.finding(&message));
                self.findings.insert((finding.file.clone(), finding.line(), message), finding);
                self.open += 1;
                Ok(())
            }
        }
    }

    /// Whether so much is open that the rest need not be asked: nothing of it counts as proven.
    fn gives_up(&mut self) -> bool {
        if self.open < PATIENCE {
            return false;
        }
        let message =
            format!("could not be proven: after {PATIENCE} questions without an answer, asked no more");
        self.add(&Broken { statement: "all", source: None, message });
        true
    }

    fn add(&mut self, broken: &Broken<'_>) {
        let finding = match broken.source {
            Some(source) => source.finding(&broken.message),
            None => Finding::new(PACK_FILE, &broken.message),
        };
        let finding = match remedy(broken.statement) {
            Some(help) => finding.help(help),
            None => finding,
        };
        let key = (finding.file.clone(), finding.line(), broken.statement.to_owned());
        self.findings.entry(key).or_insert(finding);
    }

    /// All statements about one kind of request. What is open in one leaves the others to be asked.
    async fn of_kind(&mut self, kind: &Kind) -> Result<(), Stop> {
        let ground = Ground::new(self.bundle, kind)?;
        for source in ground.sources(&ALL) {
            let stated = self.never_errs(&ground, source).await;
            self.settle(stated, &format!("that it never errs: {}", kind.words()), Some(source))?;
        }
        let bundle = ground.set(policies(&ground.sources(&BUNDLE)))?;
        for stated in [
            ("what the recovery floor keeps", self.keeps_the_floor(&ground, &bundle).await),
            ("that workspaces are apart", self.stays_at_home(&ground, &bundle).await),
            ("what a joiner may", self.keeps_joiners_plain(&ground, &bundle).await),
        ] {
            self.settle(stated.1, &format!("{}: {}", stated.0, kind.words()), None)?;
        }
        Ok(())
    }

    async fn never_errs(&mut self, ground: &Ground<'b>, source: &'b Source) -> Result<(), Stop> {
        // Said of one action, it need not be asked of the next.
        let statement = "never errs";
        if self.findings.contains_key(&(source.file.clone(), Some(source.line()), statement.to_owned())) {
            return Ok(());
        }
        // Most hold no matter what the request is like, which needs no solver to tell.
        let anywhere = ground.open_policy(&source.policy)?;
        if is_plain(&never_errors_asserts(&anywhere)) {
            return Ok(());
        }
        let policy = ground.policy(&source.policy)?;
        let Some(found) = self.session.find(&never_errors_asserts(&policy)).await? else { return Ok(()) };
        let replay = ground.replay(&found)?;
        let response = replay.ask(&[source])?;
        let Some(AuthorizationError::PolicyEvaluationError(error)) = response.diagnostics().errors().next()
        else {
            return Err(unconfirmed());
        };
        let message = format!("errs when {}: {}", words(ground, &replay), error.inner());
        self.add(&Broken { statement, source: Some(source), message });
        Ok(())
    }

    async fn keeps_the_floor(&mut self, ground: &Ground<'b>, bundle: &CompiledPolicySet) -> Result<(), Stop> {
        if !ground.sources(&[Origin::Floor]).into_iter().any(permits) {
            return Ok(());
        }
        let floor = ground.set(policies(&ground.sources(&FLOOR)))?;
        let Some(replay) = self.first(ground, &floor, bundle).await? else { return Ok(()) };
        let (kept, given) =
            (replay.is_allowed(&ground.sources(&FLOOR))?, replay.is_allowed(&ground.sources(&BUNDLE))?);
        confirm(kept && !given)?;
        let response = replay.ask(&ground.sources(&BUNDLE))?;
        let source = response.diagnostics().reason().next().and_then(|id| self.bundle.source(id));
        let what = if source.is_some() { "takes away" } else { "no policy permits" };
        let message = format!("{what} what the recovery floor keeps: {}", words(ground, &replay));
        self.add(&Broken { statement: "floor", source, message });
        Ok(())
    }

    async fn stays_at_home(&mut self, ground: &Ground<'b>, bundle: &CompiledPolicySet) -> Result<(), Stop> {
        if ground.kind.principal != PrincipalKind::Member {
            return Ok(());
        }
        let home = ground.allows_where(world::at_home(ground.kind.resource))?;
        let found = self.first(ground, bundle, &home).await?;
        self.must_not(ground, found, "tenants", "permits what lies in another workspace")
    }

    async fn keeps_joiners_plain(
        &mut self,
        ground: &Ground<'b>,
        bundle: &CompiledPolicySet,
    ) -> Result<(), Stop> {
        let sensitive = self.bundle.is_in_group(&ground.kind.action, "sensitive");
        if !sensitive || ground.kind.principal != PrincipalKind::Member {
            return Ok(());
        }
        let given = &self.bundle.pack().roles_given;
        let plain = world::has_role([&given.joiner].into_iter().chain(&given.seatless));
        let others = ground.allows_where(&format!("!{plain}"))?;
        let found = self.first(ground, bundle, &others).await?;
        self.must_not(ground, found, "joiners", "gives a sensitive power to whoever joins")
    }

    /// Blames the permit for a request that the bundle should not allow.
    fn must_not(
        &mut self,
        ground: &Ground<'b>,
        found: Option<Replay>,
        statement: &'static str,
        what: &str,
    ) -> Result<(), Stop> {
        let Some(replay) = found else { return Ok(()) };
        let sources = ground.sources(&BUNDLE);
        confirm(replay.is_allowed(&sources)?)?;
        let response = replay.ask(&sources)?;
        let source = response.diagnostics().reason().next().and_then(|id| self.bundle.source(id));
        let message = format!("{what}: {}", words(ground, &replay));
        self.add(&Broken { statement, source, message });
        Ok(())
    }

    /// The first request that one set allows and the other does not.
    async fn first(
        &mut self,
        ground: &Ground<'b>,
        allows: &CompiledPolicySet,
        denies: &CompiledPolicySet,
    ) -> Result<Option<Replay>, Stop> {
        let found = self.session.find(&implies_asserts(allows, denies)).await?;
        found.map(|found| ground.replay(&found)).transpose()
    }

    /// That there is a request to which the policy applies; one that it lets pass, if it permits.
    async fn lives(&mut self, source: &'b Source, kinds: &[Kind]) -> Result<(), Stop> {
        let own = kinds.iter().filter(|kind| {
            about(self.bundle, kind, &[Origin::Pack]).iter().any(|it| it.policy.id() == source.policy.id())
        });
        let mut open = None;
        let mut forbidding = BTreeSet::new();
        for kind in own {
            match self.lives_in(source, kind).await {
                Ok(Life::Effect) => return Ok(()),
                Ok(Life::Forbidden(by)) => forbidding.extend(by),
                Ok(Life::None) => {}
                Err(Stop::Open(why)) => open = Some(why),
                Err(broken) => return Err(broken),
            }
        }
        match open {
            Some(why) => return Err(Stop::Open(why)),
            None if forbidding.is_empty() => {
                let message = "applies to no request that can be made".to_owned();
                self.add(&Broken { statement: "dead", source: Some(source), message });
            }
            None => {
                let by: Vec<_> = forbidding.into_iter().collect();
                let message = format!("has no effect: whatever it permits, {} forbids", by.join(" or "));
                self.add(&Broken { statement: "shadowed", source: Some(source), message });
            }
        }
        Ok(())
    }

    async fn lives_in(&mut self, source: &'b Source, kind: &Kind) -> Result<Life, Stop> {
        let ground = Ground::new(self.bundle, kind)?;
        if permits(source) {
            let forbids = ground.sources(&BUNDLE).into_iter().filter(|it| !permits(it));
            let set = ground.set(policies(&forbids.chain([source]).collect::<Vec<_>>()))?;
            let nothing = ground.allows_nothing()?;
            if self.session.find(&implies_asserts(&set, &nothing)).await?.is_some() {
                return Ok(Life::Effect);
            }
        }
        let policy = ground.policy(&source.policy)?;
        let Some(found) = self.session.find(&never_matches_asserts(&policy)).await? else {
            return Ok(Life::None);
        };
        if !permits(source) {
            return Ok(Life::Effect);
        }
        Ok(Life::Forbidden(forbidding(&ground, &found)?))
    }
}

/// What to do about a statement that does not hold.
fn remedy(statement: &str) -> Option<&'static str> {
    Some(match statement {
        "never errs" => {
            "ask first whether it is there (`principal has seat && …`), and keep numbers and times small"
        }
        "floor" => "leave those who govern out of the forbid, or permit it to them",
        "tenants" => "permit it only where `resource in principal.workspace`",
        "joiners" => "permit it to another role, or take `staff` from this one in product.toml",
        "dead" => "mend its condition, or what it is about; or leave it out",
        "shadowed" => "permit it to a role with `staff = true`, if that is what forbids it; or leave it out",
        _ => return None,
    })
}

/// What becomes of a policy where it could apply.
enum Life {
    /// It decides something.
    Effect,
    /// It applies, and these forbid it.
    Forbidden(BTreeSet<String>),
    /// It never applies.
    None,
}

/// What forbids a request.
fn forbidding(ground: &Ground<'_>, found: &Env) -> Result<BTreeSet<String>, Stop> {
    let response = ground.replay(found)?.ask(&ground.sources(&BUNDLE))?;
    Ok(response.diagnostics().reason().map(|id| format!("`{id}`")).collect())
}

/// Whether the formulas contradict themselves as they stand, so that there is nothing to find.
fn is_plain(asserts: &WellFormedAsserts<'_>) -> bool {
    asserts.asserts().iter().any(|assert| *assert == false.into())
}

fn confirm(holds: bool) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(unconfirmed()) }
}

fn unconfirmed() -> Stop {
    Stop::Open("the solver has an example which, replayed, does not show it".to_owned())
}
