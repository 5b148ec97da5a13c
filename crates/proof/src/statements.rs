//! The statements that are proven of a pack before it is published.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::AuthorizationError;
use cedar_policy_symcc::{
    CompiledPolicySet, Env, WellFormedAsserts, implies_asserts, never_errors_asserts, never_matches_asserts,
};
use seatwise_domain::RoleName;
use seatwise_policy::{Bundle, Location, Origin, PACK_FILE, PrincipalKind, Source};
use seatwise_workbench::Finding;

use crate::example::words;
use crate::request_kind::{ALL, BUNDLE, FLOOR, Replay, RequestKind, RequestSpace, about, policies};
use crate::session::{SolverSession, Unanswered};
use crate::{ProofProgress, Prover, ProverError, appointing, assumptions};

/// After so many open questions the proof stops: each may have taken its whole time.
const PATIENCE: usize = 10;

/// Everything that could not be proven, sorted.
pub(crate) async fn prove(
    prover: &Prover,
    bundle: &Bundle,
    mut progress: impl FnMut(ProofProgress),
) -> Result<Vec<Finding>, ProverError> {
    let kinds = RequestKind::all(bundle);
    // The policies of the pack and the appointments are the last two steps.
    let total = kinds.len() + 2;
    let mut proof = Proof { bundle, session: SolverSession::new(prover), findings: BTreeMap::new(), open: 0 };
    for (done, kind) in kinds.iter().enumerate() {
        progress(ProofProgress { done, total });
        if proof.gives_up() {
            break;
        }
        let stated = proof.of_kind(kind).await;
        proof.settle(stated, &kind.words(), None)?;
    }
    progress(ProofProgress { done: kinds.len(), total });
    for source in bundle.sources().iter().filter(|source| source.origin == Origin::Pack) {
        if proof.gives_up() {
            break;
        }
        let stated = proof.lives(source, &kinds).await;
        proof.settle(stated, "whether it has an effect", Some(source))?;
    }
    progress(ProofProgress { done: total - 1, total });
    if !proof.gives_up() {
        let stated = proof.appoints_nobody_above().await;
        proof.settle(stated, "whether somebody gives a role that can do more", None)?;
    }
    progress(ProofProgress { done: total, total });
    Ok(proof.findings.into_values().collect())
}

/// A statement that does not hold.
struct BrokenStatement<'b> {
    statement: &'static str,
    /// The policy that is to blame.
    source: Option<&'b Source>,
    message: String,
}

struct Proof<'b> {
    bundle: &'b Bundle,
    session: SolverSession<'b>,
    /// The first finding for each statement and place: another would say the same of another action.
    findings: BTreeMap<(String, Option<u32>, String), Finding>,
    /// The number of questions that remained open.
    open: usize,
}

impl<'b> Proof<'b> {
    /// Notes a question that remains open. An unusable solver ends the proof.
    fn settle(
        &mut self,
        stated: Result<(), Unanswered>,
        what: &str,
        source: Option<&Source>,
    ) -> Result<(), ProverError> {
        match stated {
            Ok(()) => Ok(()),
            Err(Unanswered::Broken(error)) => Err(error),
            Err(Unanswered::Open(why)) => {
                let message = format!("could not be proven: {what}: {why}");
                let finding = source.map_or_else(
                    || Finding::of_file(PACK_FILE, &message),
                    |it| Finding::of_policy(it, &message),
                );
                self.findings
                    .insert((finding.location.file.clone(), finding.location.line(), message), finding);
                self.open += 1;
                Ok(())
            }
        }
    }

    /// Whether so many questions are open that the proof stops. The rest does not count as proven.
    fn gives_up(&mut self) -> bool {
        if self.open < PATIENCE {
            return false;
        }
        let message =
            format!("could not be proven: after {PATIENCE} questions without an answer, asked no more");
        self.add(&BrokenStatement { statement: "all", source: None, message });
        true
    }

    fn add(&mut self, broken: &BrokenStatement<'_>) {
        let finding = match broken.source {
            Some(source) => Finding::of_policy(source, &broken.message),
            None => Finding::of_file(PACK_FILE, &broken.message),
        };
        let finding = match remedy(broken.statement) {
            Some(help) => finding.help(help),
            None => finding,
        };
        let key = (finding.location.file.clone(), finding.location.line(), broken.statement.to_owned());
        self.findings.entry(key).or_insert(finding);
    }

    /// All statements about one kind of request. An open question does not keep the others from being asked.
    async fn of_kind(&mut self, kind: &RequestKind) -> Result<(), Unanswered> {
        let space = RequestSpace::new(self.bundle, kind)?;
        for source in space.sources(&ALL) {
            let stated = self.never_errs(&space, source).await;
            self.settle(stated, &format!("that it never errs: {}", kind.words()), Some(source))?;
        }
        let bundle = space.set(policies(&space.sources(&BUNDLE)))?;
        for stated in [
            ("what the recovery floor keeps", self.keeps_the_floor(&space, &bundle).await),
            ("that workspaces are apart", self.stays_at_home(&space, &bundle).await),
            ("what a joiner may", self.keeps_joiners_plain(&space, &bundle).await),
        ] {
            self.settle(stated.1, &format!("{}: {}", stated.0, kind.words()), None)?;
        }
        Ok(())
    }

    async fn never_errs(&mut self, space: &RequestSpace<'b>, source: &'b Source) -> Result<(), Unanswered> {
        // After a finding about one action, the next action need not be tried.
        let statement = "never errs";
        if self.findings.contains_key(&(source.file.clone(), Some(source.line()), statement.to_owned())) {
            return Ok(());
        }
        // Most policies cannot err on any request, which needs no solver to tell.
        let anywhere = space.open_policy(&source.policy)?;
        if is_plain(&never_errors_asserts(&anywhere)) {
            return Ok(());
        }
        let policy = space.policy(&source.policy)?;
        let Some(found) = self.session.find(&never_errors_asserts(&policy)).await? else { return Ok(()) };
        let replay = space.replay(&found)?;
        let response = replay.ask(&[source])?;
        let Some(AuthorizationError::PolicyEvaluationError(error)) = response.diagnostics().errors().next()
        else {
            return Err(unconfirmed());
        };
        let message = format!("errs when {}: {}", words(space, &replay), error.inner());
        self.add(&BrokenStatement { statement, source: Some(source), message });
        Ok(())
    }

    async fn keeps_the_floor(
        &mut self,
        space: &RequestSpace<'b>,
        bundle: &CompiledPolicySet,
    ) -> Result<(), Unanswered> {
        let mut repeated = space.sources(&FLOOR);
        repeated.retain(|source| !source.is_beyond_packs());
        if !repeated.iter().any(|source| source.permits()) {
            return Ok(());
        }
        let floor = space.set(policies(&repeated))?;
        let Some(replay) = self.first(space, &floor, bundle).await? else { return Ok(()) };
        let (kept, given) = (replay.is_allowed(&repeated)?, replay.is_allowed(&space.sources(&BUNDLE))?);
        confirm(kept && !given)?;
        let response = replay.ask(&space.sources(&BUNDLE))?;
        let source = response.diagnostics().reason().next().and_then(|id| self.bundle.source(id));
        let what = if source.is_some() { "takes away" } else { "no policy permits" };
        let message = format!("{what} what the recovery floor keeps: {}", words(space, &replay));
        self.add(&BrokenStatement { statement: "floor", source, message });
        Ok(())
    }

    async fn stays_at_home(
        &mut self,
        space: &RequestSpace<'b>,
        bundle: &CompiledPolicySet,
    ) -> Result<(), Unanswered> {
        if space.kind.principal != PrincipalKind::Member {
            return Ok(());
        }
        let home = space.allows_where(assumptions::at_home(space.kind.resource))?;
        let found = self.first(space, bundle, &home).await?;
        self.must_not(space, found, "tenants", "permits what lies in another workspace")
    }

    async fn keeps_joiners_plain(
        &mut self,
        space: &RequestSpace<'b>,
        bundle: &CompiledPolicySet,
    ) -> Result<(), Unanswered> {
        let sensitive = self.bundle.is_in_group(&space.kind.action, "sensitive");
        if !sensitive || space.kind.principal != PrincipalKind::Member {
            return Ok(());
        }
        let pack = self.bundle.pack();
        let given = [&pack.roles_given.joiner].into_iter().chain(&pack.roles_given.seatless);
        let given: Vec<RoleName> = given.map(|role| pack.role_name(role)).collect();
        let plain = assumptions::has_role(&given);
        let others = space.allows_where(&format!("!{plain}"))?;
        let found = self.first(space, bundle, &others).await?;
        self.must_not(
            space,
            found,
            "joiners",
            "gives a sensitive permission to joiners for whom nobody chose a role",
        )
    }

    /// Blames the permit for a request that the bundle should not allow.
    fn must_not(
        &mut self,
        space: &RequestSpace<'b>,
        found: Option<Replay>,
        statement: &'static str,
        what: &str,
    ) -> Result<(), Unanswered> {
        let Some(replay) = found else { return Ok(()) };
        let sources = space.sources(&BUNDLE);
        confirm(replay.is_allowed(&sources)?)?;
        let response = replay.ask(&sources)?;
        let source = response.diagnostics().reason().next().and_then(|id| self.bundle.source(id));
        let message = format!("{what}: {}", words(space, &replay));
        self.add(&BrokenStatement { statement, source, message });
        Ok(())
    }

    /// The first request that one set allows and the other does not.
    async fn first(
        &mut self,
        space: &RequestSpace<'b>,
        allows: &CompiledPolicySet,
        denies: &CompiledPolicySet,
    ) -> Result<Option<Replay>, Unanswered> {
        let found = self.session.find(&implies_asserts(allows, denies)).await?;
        found.map(|found| space.replay(&found)).transpose()
    }

    /// Whether nobody gives a role that can do what they cannot, except where a policy accepts it.
    async fn appoints_nobody_above(&mut self) -> Result<(), Unanswered> {
        for appointment in appointing::appointments(&mut self.session, self.bundle).await? {
            if appointment.is_accepted(self.bundle) {
                continue;
            }
            let sources = appointment.permits.iter().filter_map(|id| self.bundle.source(id));
            let source = sources.filter(|source| source.origin == Origin::Pack).min_by_key(|it| it.line());
            let finding = |message: &str| match source {
                Some(source) => Finding::of_policy(source, message),
                None => Finding::of_file(PACK_FILE, message),
            };
            let finding = finding(&appointment.words()).help(APPOINTING);
            let Location { file, .. } = &finding.location;
            // Each pair is a finding of its own.
            self.findings.insert((file.clone(), finding.location.line(), finding.message.clone()), finding);
        }
        Ok(())
    }

    /// Whether there is a request to which the policy applies and, if it permits, that it lets pass.
    async fn lives(&mut self, source: &'b Source, kinds: &[RequestKind]) -> Result<(), Unanswered> {
        let own = kinds.iter().filter(|kind| {
            about(self.bundle, kind, &[Origin::Pack]).iter().any(|it| it.policy.id() == source.policy.id())
        });
        let mut open = None;
        let mut forbidding = BTreeSet::new();
        for kind in own {
            match self.lives_in(source, kind).await {
                Ok(PolicyEffect::Decides) => return Ok(()),
                Ok(PolicyEffect::Forbidden(by)) => forbidding.extend(by),
                Ok(PolicyEffect::None) => {}
                Err(Unanswered::Open(why)) => open = Some(why),
                Err(broken) => return Err(broken),
            }
        }
        match open {
            Some(why) => return Err(Unanswered::Open(why)),
            None if forbidding.is_empty() => {
                let message = "applies to no request that can be made".to_owned();
                self.add(&BrokenStatement { statement: "dead", source: Some(source), message });
            }
            None => {
                let by: Vec<_> = forbidding.into_iter().collect();
                let message = format!("has no effect: whatever it permits, {} forbids", by.join(" or "));
                self.add(&BrokenStatement { statement: "shadowed", source: Some(source), message });
            }
        }
        Ok(())
    }

    async fn lives_in(&mut self, source: &'b Source, kind: &RequestKind) -> Result<PolicyEffect, Unanswered> {
        let space = RequestSpace::new(self.bundle, kind)?;
        if source.permits() {
            let forbids = space.sources(&BUNDLE).into_iter().filter(|it| !it.permits());
            let set = space.set(policies(&forbids.chain([source]).collect::<Vec<_>>()))?;
            let nothing = space.allows_nothing()?;
            if self.session.find(&implies_asserts(&set, &nothing)).await?.is_some() {
                return Ok(PolicyEffect::Decides);
            }
        }
        let policy = space.policy(&source.policy)?;
        let Some(found) = self.session.find(&never_matches_asserts(&policy)).await? else {
            return Ok(PolicyEffect::None);
        };
        if !source.permits() {
            return Ok(PolicyEffect::Decides);
        }
        Ok(PolicyEffect::Forbidden(forbidding(&space, &found)?))
    }
}

/// Advice about an appointment.
const APPOINTING: &str = "with a second account, this is a permission: give the role a higher rank, forbid to give it \
    (`context.targetRole`), or permit the actions to the giver as well; if it is intended, accept it with \
    `@appoints(\"…\")` and the role on this policy";

/// Advice about a statement that does not hold.
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

/// The effect of a policy on the requests that its scope includes.
enum PolicyEffect {
    /// It decides something.
    Decides,
    /// It permits requests, and these policies forbid all of them.
    Forbidden(BTreeSet<String>),
    /// It never applies.
    None,
}

/// The policies that forbid a request.
fn forbidding(space: &RequestSpace<'_>, found: &Env) -> Result<BTreeSet<String>, Unanswered> {
    let response = space.replay(found)?.ask(&space.sources(&BUNDLE))?;
    Ok(response.diagnostics().reason().map(|id| format!("`{id}`")).collect())
}

/// Whether the formulas are false as they stand, so that there is nothing to find.
fn is_plain(asserts: &WellFormedAsserts<'_>) -> bool {
    asserts.asserts().iter().any(|assert| *assert == false.into())
}

fn confirm(holds: bool) -> Result<(), Unanswered> {
    if holds { Ok(()) } else { Err(unconfirmed()) }
}

fn unconfirmed() -> Unanswered {
    Unanswered::Open("the solver has an example which, replayed, does not show it".to_owned())
}
