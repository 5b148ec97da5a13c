//! One way through a request. A conflict starts another, from reading on.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use seatwise_domain::{PolicyPointer, Receipt};
use seatwise_store::{Loaded, One, Reads, Store};

use super::authorize::{Authorized, authorize};
use super::commit::commit;
use super::failure::Failure;
use super::idempotency::{IdempotencyKey, ReplayOutcome};
use super::log::RequestLog;
use crate::answer::Answer;
use crate::caller::Caller;
use crate::operation::{FirstReading, Operation, Planned, Request, Start, State};
use crate::path::Path;
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
    /// The caller, and the workspace where there is one.
    pub start: <O::Scope as Scope>::Start,
    /// The `Idempotency-Key`, if there is one.
    pub key: Option<IdempotencyKey>,
    /// The keys of links, if the operation makes or checks links.
    pub tokens: Option<&'a TokenKeys>,
}

/// The plan of a request: its reads, and the handles of the records.
pub struct RequestPlan<O: Operation> {
    /// The day (UTC) of the plan. Keys of a quota contain it.
    day: Date,
    reads: Reads,
    pointer: One<PolicyPointer>,
    receipt: Option<One<Receipt>>,
    scope: <O::Scope as Scope>::Handles,
    target: <O::Target as Target>::Handles,
    planned: Planned<O>,
}

impl<O: Operation> Prepared<'_, O> {
    /// Plans the request by the rules of these policies.
    pub fn plan(&self, active: &Active) -> Result<RequestPlan<O>, Problem> {
        let mut reads = Reads::new();
        let pointer = reads.one(policies::pointer_key(&self.pointer_spread()));
        let receipt = self.key.as_ref().map(|key| reads.one(key.receipt_key()));
        let scope = O::Scope::plan(&self.start, &mut reads);
        let now = self.service.now();
        let start = Start { pack: active.bundle.pack(), scope: &self.start, tokens: self.tokens, now };
        let planned = O::plan(&self.request, &start, &mut reads)?;
        let target = O::Target::plan(&planned.target, self.request.path.place(), &mut reads);
        Ok(RequestPlan { day: day(now), reads, pointer, receipt, scope, target, planned })
    }

    /// The bytes that choose a copy of the policy pointer: requests of one workspace or caller read
    /// the same copy, and all requests together spread over the copies.
    fn pointer_spread(&self) -> [u8; 16] {
        let caller = match &self.incoming.caller {
            Caller::Visitor => None,
            Caller::User(identity) => Some(identity.user.0),
        };
        let workspace = self.request.path.place().workspace().map(|workspace| workspace.0);
        workspace.or(caller).map_or_else(rand::random, uuid::Uuid::into_bytes)
    }
}

/// One attempt.
pub struct Attempt<'a, 'b, O: Operation> {
    /// The request.
    pub prepared: &'a Prepared<'b, O>,
    /// Whether an earlier attempt ended in a conflict.
    pub is_repetition: bool,
}

impl<O: Operation> Attempt<'_, '_, O> {
    /// Reads, authorizes, replays, decides and commits.
    pub async fn run(
        &self,
        plan: &mut RequestPlan<O>,
        active: &mut Arc<Active>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        let Prepared { service, store, incoming, request, start, key, .. } = self.prepared;
        let loaded = self.read(plan, active).await?;
        // The clock is read after the reading: an invitation that expired while it was read counts as
        // expired, however long the reading took (K5).
        let mut moment = service.moment();
        let now = moment.now;
        let given = FactSource { pack: active.bundle.pack(), loaded: &loaded, now };
        let scope = O::Scope::resolve(start, &plan.scope, &given).ok_or_else(Problem::not_found)?;
        let place = request.path.place();
        let Authorized { decision, refusal, target, resource } =
            authorize::<O>(active, &scope, &plan.planned, place, &plan.target, &given)?;
        log.decision = Some(decision);
        if let Some(refusal) = refusal {
            let answered = if O::ENDS_OWN_RIGHT { self.answered_meanwhile(now).await? } else { None };
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
            let state = State::<O> {
                pack: active.bundle.pack(),
                request,
                scope: &scope,
                target: &target,
                resource: &resource,
                now,
                origin: &incoming.origin,
                loaded: &loaded,
                active,
            };
            O::decide(&plan.planned.own, &state, &mut moment).map_err(|problem| state.with_choices(problem))
        };
        let (output, mut changes) = match decided {
            Ok(decided) => decided,
            Err(problem) => {
                return self.answered_meanwhile(now).await?.ok_or(Failure::Problem(problem));
            }
        };
        let answer = Answer { status: output.status(), content: output.into_content()? };
        changes.extend(key.as_ref().map(|key| key.receipt(&answer, now, replaces)));
        commit(store, changes, scope.condition(), incoming.trace.as_ref()).await?;
        Ok(answer)
    }

    /// Reads what the plan asks for. A plan of another day is made again first. If the policy pointer
    /// names other policies than the plan was made by, plans and reads again.
    async fn read(&self, plan: &mut RequestPlan<O>, active: &mut Arc<Active>) -> Result<Loaded, Failure> {
        let Prepared { service, store, .. } = self.prepared;
        if plan.day != day(service.now()) {
            *plan = self.prepared.plan(active)?;
        }
        loop {
            let mut loaded = store.read(&plan.reads).await?;
            let copy = loaded.one(plan.pointer).map(|stored| stored.value);
            let current = service.policies.follow(store, copy, service.now()).await?;
            if current.target != active.target {
                *active = current;
                *plan = self.prepared.plan(active)?;
                continue;
            }
            let mut reads = plan.reads.clone();
            let first = FirstReading { loaded: &loaded, is_repetition: self.is_repetition };
            O::follow(&mut plan.planned.own, &first, &mut reads);
            if reads.exceed(&loaded) {
                store.read_rest(&reads, &mut loaded).await?;
            }
            return Ok(loaded);
        }
    }

    /// The answer that the same request got while this attempt was reading. Of records read at once,
    /// some may be from before another request's commit and some from after it, which can look like a
    /// refusal (K15).
    async fn answered_meanwhile(&self, now: Timestamp) -> Result<Option<Answer>, Failure> {
        let Some(key) = &self.prepared.key else { return Ok(None) };
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
