//! One way through a request. A conflict starts another, from reading on.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use seatwise_domain::rules::address;
use seatwise_domain::{AddressOwner, Change, Key, Pack, PolicyPointer, Receipt};
use seatwise_store::{CommitError, Loaded, One, Reads, Store};

use super::authorize::{self, Authorized, authorize};
use super::commit::{Cause, commit};
use super::failure::Failure;
use super::hold;
use super::idempotency::{IdempotencyKey, ReplayOutcome};
use super::log::RequestLog;
use crate::answer::Answer;
use crate::caller::Caller;
use crate::events;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State};
use crate::path::Path;
use crate::payments::{self, Webhook};
use crate::policies::{self, Active};
use crate::problem::Problem;
use crate::request::Incoming;
use crate::scope::{FactSource, PathScope as _, Scope};
use crate::service::Service;
use crate::target::Target;
use crate::token::TokenKeys;
use crate::wire::Output as _;

/// A request that was read, and what it needs: the same for each attempt.
pub struct Prepared<'a, O: Operation> {
    /// The service.
    pub service: &'a Service,
    /// The table, with this request's meter.
    pub store: &'a Store,
    /// The request, as it came.
    pub incoming: &'a Incoming,
    /// The request, as it was understood.
    pub request: Request<O>,
    /// The `Idempotency-Key`, if there is one.
    pub key: Option<&'a str>,
    /// The keys of links, if the operation makes or checks links.
    pub tokens: Option<&'a TokenKeys>,
    /// The secrets of webhooks, if the operation is one.
    pub webhook: Option<&'a Webhook>,
}

/// The plan of a request: its reads, and the handles of the records.
pub struct RequestPlan<O: Operation> {
    /// The day (UTC) of the plan. Keys of a quota contain it.
    day: Date,
    /// The caller, as the person that their sign-in stands for.
    caller: Caller,
    /// The caller, and the workspace where there is one.
    start: <O::Scope as Scope>::Start,
    /// The `Idempotency-Key`, if there is one.
    key: Option<IdempotencyKey>,
    reads: Reads,
    pointer: One<PolicyPointer>,
    receipt: Option<One<Receipt>>,
    /// The owner of the caller's verified address, where the product links sign-ins.
    owner: Option<One<AddressOwner>>,
    scope: <O::Scope as Scope>::Handles,
    target: <O::Target as Target>::Handles,
    planned: Planned<O>,
}

impl<O: Operation> Prepared<'_, O> {
    /// Plans the request of this caller by the rules of these policies.
    pub fn plan(&self, active: &Active, caller: Caller) -> Result<RequestPlan<O>, Problem> {
        let (mut reads, pack, place) = (Reads::new(), active.bundle.pack(), self.request.path.place());
        let known = O::Scope::admit(&caller)?;
        let start = O::Scope::start(known, place);
        let pointer = reads.one(policies::pointer_key(&self.pointer_spread()));
        let key = self.key.zip(caller.receipt_owner());
        let key = key.map(|(key, owner)| IdempotencyKey::new::<O>(key, owner, self.incoming));
        let receipt = key.as_ref().map(|key| reads.one(key.receipt_key()));
        let owner = owner_key(pack, &caller).map(|key| reads.one(key));
        let scope = O::Scope::plan(&start, &mut reads);
        let now = self.service.now();
        let services = &self.service.settings.services;
        let known = Start { pack, scope: &start, tokens: self.tokens, services, webhook: self.webhook, now };
        let planned = O::plan(&self.request, &known, &mut reads)?;
        let target = O::Target::plan(&planned.target, place, &mut reads);
        let day = day(now);
        Ok(RequestPlan { day, caller, start, key, reads, pointer, receipt, owner, scope, target, planned })
    }

    /// The bytes that choose a copy of the policy pointer: requests of one workspace or person read
    /// the same copy, and all requests together spread over the copies. A service outside a workspace may call
    /// for all of them.
    fn pointer_spread(&self) -> [u8; 16] {
        let caller = match &self.incoming.caller {
            Caller::Visitor | Caller::Service(_) => None,
            Caller::User(identity) => Some(identity.user.0),
        };
        let workspace = self.request.path.place().workspace().map(|workspace| workspace.0);
        workspace.or(caller).map_or_else(rand::random, uuid::Uuid::into_bytes)
    }
}

impl<O: Operation> RequestPlan<O> {
    /// The caller as the person to whom their verified address belongs, if the plan was made for another.
    fn other_person(&self, loaded: &Loaded) -> Option<Caller> {
        let identity = self.caller.identity()?;
        let owner = loaded.one(self.owner?).map(|stored| stored.value);
        let person = address::person(identity, owner.as_ref());
        (person != identity.user).then(|| Caller::User(identity.of_person(person)))
    }

    /// The condition under which the changes make an account or a membership of the caller.
    fn address_condition(&self, loaded: &Loaded, changes: &[Change]) -> Option<Change> {
        address::condition(self.caller.identity()?, loaded.one(self.owner?).as_ref(), changes)
    }
}

/// The key of the owner of the caller's verified address, where the product links sign-ins.
fn owner_key(pack: &Pack, caller: &Caller) -> Option<Key<AddressOwner>> {
    let email = caller.identity()?.verified_email()?;
    pack.sign_in.one_person_per_address.then(|| AddressOwner::key(email.key()))
}

/// One attempt.
pub struct Attempt<'a, 'b, O: Operation> {
    /// The request.
    pub prepared: &'a Prepared<'b, O>,
    /// The number of earlier attempts, each of which ended in a conflict.
    pub earlier_conflicts: u32,
}

impl<O: Operation> Attempt<'_, '_, O> {
    /// Reads, authorizes, replays, decides and commits.
    pub async fn run(
        &self,
        plan: &mut RequestPlan<O>,
        active: &mut Arc<Active>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        let Prepared { service, store, incoming, request, .. } = self.prepared;
        let loaded = self.read(plan, active).await?;
        let RequestPlan { start, key, .. } = &*plan;
        // The clock is read after the reading: an invitation that expired while it was read counts as
        // expired, however long the reading took (K5).
        let mut moment = service.moment();
        let now = moment.now;
        let given = FactSource { pack: active.bundle.pack(), loaded: &loaded, now, paid: None };
        let Some(scope) = O::Scope::resolve(start, &plan.scope, &given) else {
            return Err(authorize::missing_workspace::<O>(active, start, &plan.planned, now).into());
        };
        let given = FactSource { paid: scope.paid(), ..given };
        let place = request.path.place();
        let Authorized { decision, rule, refusal, target, resource, given: wanted } =
            authorize::<O>(active, &scope, &plan.planned, place, &plan.target, &given)?;
        log.decision = Some(decision);
        if let Some(refusal) = refusal {
            let answered =
                if O::ENDS_OWN_RIGHT { self.answered_meanwhile(key.as_ref(), now).await? } else { None };
            return answered.ok_or(Failure::Problem(refusal));
        }
        let target = target.ok_or(O::MISSING)?;
        let replaces = match key.as_ref().zip(plan.receipt) {
            Some((key, receipt)) => match key.replay(loaded.one(receipt), now)? {
                ReplayOutcome::Answered(answer) => return Ok(answer),
                ReplayOutcome::New(version) => version,
            },
            None => None,
        };
        let decided = {
            let mut state = State::<O> {
                pack: active.bundle.pack(),
                request,
                scope: &scope,
                target: &target,
                resource: &resource,
                given: &wanted,
                now,
                origin: &incoming.origin,
                answered: None,
                loaded: &loaded,
                active,
            };
            let question = if O::STRIPE.calls_api() {
                O::ask(&plan.planned.own, &state).map_err(|problem| state.with_choices(problem))?
            } else {
                None
            };
            let answered = match question {
                Some(question) => Some(payments::ask(service, active.bundle.pack(), question).await?),
                None => None,
            };
            state.answered = answered.as_ref();
            O::decide(&plan.planned.own, &state, &mut moment).map_err(|problem| state.with_choices(problem))
        };
        let (output, mut changes) = match decided {
            Ok(decided) => decided,
            Err(problem) => {
                return self.answered_meanwhile(key.as_ref(), now).await?.ok_or(Failure::Problem(problem));
            }
        };
        let answer = Answer { status: output.status(), content: output.into_content()? };
        changes.extend(plan.address_condition(&loaded, &changes));
        if !changes.is_empty() {
            hold::require_free::<O>(&scope, &target, now)?;
        }
        changes.extend(key.as_ref().map(|key| key.receipt(&answer, O::SECRET, now, replaces)));
        let pack = active.bundle.pack();
        let by = (&plan.caller, scope.membership());
        let cause = Cause {
            source: events::of_request(O::NAME, pack, incoming, by, (active.target.number, rule)),
            before: &|key| loaded.find(key),
            trace: incoming.trace.as_ref(),
        };
        let written = commit(store, changes, scope.condition(), cause, &mut moment).await;
        if let Err(Failure::Conflict) = written
            && let Some(hold) = hold::hold::<O>(&scope, &target, self.earlier_conflicts, now)
        {
            match store.commit(&[hold]).await {
                // Best effort: the member may be gone.
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        written.map(|()| answer)
    }

    /// Reads what the plan asks for. A plan of another day is made again first. If the policy pointer
    /// names other policies than the plan was made by, or the caller's address belongs to another person
    /// than the plan was made for, plans and reads again.
    async fn read(&self, plan: &mut RequestPlan<O>, active: &mut Arc<Active>) -> Result<Loaded, Failure> {
        let Prepared { service, store, .. } = self.prepared;
        if plan.day != day(service.now()) {
            *plan = self.prepared.plan(active, plan.caller.clone())?;
        }
        loop {
            let mut loaded = store.read(&plan.reads).await?;
            let copy = loaded.one(plan.pointer).map(|stored| stored.value);
            let current = service.policies.follow(store, copy, service.now()).await?;
            if current.target != active.target {
                *active = current;
                *plan = self.prepared.plan(active, self.prepared.incoming.caller.clone())?;
                continue;
            }
            if let Some(person) = plan.other_person(&loaded) {
                *plan = self.prepared.plan(active, person)?;
                continue;
            }
            let mut reads = plan.reads.clone();
            loop {
                let so_far = ReadSoFar {
                    loaded: &loaded,
                    is_repetition: self.earlier_conflicts > 0,
                    now: service.now(),
                    active,
                };
                O::follow(&mut plan.planned.own, &so_far, &mut reads);
                if !reads.exceed(&loaded) {
                    return Ok(loaded);
                }
                store.read_rest(&reads, &mut loaded).await?;
            }
        }
    }

    /// The answer that the same request got while this attempt was reading. Of records read at once,
    /// some may be from before another request's commit and some from after it, which can look like a
    /// refusal (K15).
    async fn answered_meanwhile(
        &self,
        key: Option<&IdempotencyKey>,
        now: Timestamp,
    ) -> Result<Option<Answer>, Failure> {
        let Some(key) = key else { return Ok(None) };
        let receipt = self.prepared.store.get(key.receipt_key()).await?;
        match key.replay(receipt, now)? {
            ReplayOutcome::Answered(answer) => Ok(Some(answer)),
            ReplayOutcome::New(_) => Ok(None),
        }
    }
}

fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}
