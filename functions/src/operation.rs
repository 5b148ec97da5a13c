//! What an operation is, and the one runner that every request goes through:
//! authenticate → parse → load → authorize → decide → commit → reply.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use lambda_http::Body;
use seatwise_domain::{
    Change, Changes, FromRecord, Identity, Invitation, InvitationId, LeaveRequest, LeaveRequestId, Member,
    Moment, Pack, PolicyPointer, Receipt, Record, RecordKey, Refusal, RoleId, RoleLink, Seat, SeatId, Stored,
    Tally, UserId, Workspace, WorkspaceId,
};
use seatwise_policy::{
    AccessRequest, ActionInfo, Decision, MemberFacts, Principal, Resource, UserFacts, WorkspaceFacts,
};
use seatwise_store::{CommitError, Load, Loaded, Meter, Store};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::facts;
use crate::keys::KeysError;
use crate::links::{self, Links};
use crate::openapi::{Body as _, Output as _};
use crate::policies::{self, Active, PolicyError};
use crate::problem::{Code, Problem, QuotaState};
use crate::request::{InWorkspace, Incoming, Path};
use crate::service::Service;
use crate::token::TokenKeys;

/// How often a decision is made anew because another was quicker, before the client is told to
/// come back (K12).
const MAX_ATTEMPTS: u32 = 10;
/// The longest wait before the first repetition; it doubles with each, up to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(4);
/// The longest wait before any repetition.
const MAX_WAIT: Duration = Duration::from_millis(250);
/// How long a receipt is kept (K13), in hours; the hour more is for clocks that differ.
const RECEIPT_HOURS: i64 = 25;

/// One operation: one file, one row of the table, one Lambda function.
pub trait Operation: Sized + Send + Sync + 'static {
    /// Its name: file, Handler setting, and (in camelCase) Cedar action and `operationId`.
    const NAME: &'static str;
    /// HTTP method.
    const METHOD: Method;
    /// Path, as API Gateway writes it.
    const PATH: &'static str;
    /// Status of the answer when it is done.
    const STATUS: StatusCode = StatusCode::OK;
    /// Whether it is open to who is not signed in.
    const PUBLIC: bool = false;
    /// Whether it keeps a receipt for an `Idempotency-Key`.
    const IDEMPOTENT: bool = false;
    /// Whether doing it takes away the right to do it: who repeats it is given the first answer all
    /// the same.
    const GIVES_UP: bool = false;
    /// Whether it makes or checks invitation links: the others have no keys to do so.
    const LINKS: bool = false;
    /// What the answer is when the thing it is about is not there.
    const MISSING: Refusal = Refusal::NotFound;
    /// One line for a reader of the API reference.
    const SUMMARY: &'static str;
    /// What else there is to know.
    const DESCRIPTION: &'static str = "";
    /// The codes it may answer beside those that every operation may.
    const CODES: &'static [Code] = &[];
    /// An example of a body, as JSON; empty if it takes none.
    const EXAMPLE: &'static str = "";
    /// An example of an answer, as JSON; empty if it has none.
    const ANSWER: &'static str = "";

    /// The ids in the path.
    type Path: Path;
    /// The query string.
    type Query: DeserializeOwned + Send + Sync + crate::openapi::Query;
    /// The body.
    type Body: Send + Sync + crate::openapi::Body;
    /// The answer; `()` for none.
    type Output: Send + crate::openapi::Output;

    /// What it acts on, which is what the policies are asked about: as a rule what the path names.
    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        let _ = context;
        Ok(request.path.thing().into())
    }

    /// What it needs beside the caller's membership, the workspace and the subject, which are
    /// always read. A problem here is one of the request's.
    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let _ = (request, context);
        Ok(Load::new())
    }

    /// What it needs that only the first read tells: for the few that cross workspaces.
    fn follow(request: &Request<Self>, loaded: &Loaded, context: &Context<'_>) -> Option<Load> {
        let _ = (request, loaded, context);
        None
    }

    /// Decides, once the policies have agreed: no waiting, no clock, no I/O.
    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem>;
}

/// A request that was understood.
pub struct Request<O: Operation> {
    /// The ids in the path.
    pub path: O::Path,
    /// The query string.
    pub query: O::Query,
    /// The body.
    pub body: O::Body,
}

/// What is known before anything was read.
pub struct Context<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// Who calls; none where the operation is public.
    pub identity: Option<&'a Identity>,
    /// What invitation links are checked with, where the operation does.
    pub tokens: Option<&'a TokenKeys>,
    /// The time before anything was read: for keys that have a day in them, and no decision.
    pub now: Timestamp,
    /// Whether the decision is made anew, because another was quicker.
    pub is_repetition: bool,
}

impl Context<'_> {
    /// Who calls. Only public operations have nobody, and they do not ask.
    pub fn caller(&self) -> Result<&Identity, Refusal> {
        self.identity.ok_or(Refusal::NotFound)
    }
}

/// What an operation acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The thing.
    pub thing: Thing,
    /// The role that is given, where one is.
    pub target_role: Option<RoleId>,
}

/// The thing an operation acts on: a resource of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// None of any workspace.
    Platform,
    /// The workspace in the path.
    Workspace,
    /// A member of it.
    Member(UserId),
    /// A seat of it.
    Seat(SeatId),
    /// An invitation.
    Invitation(InvitationId),
    /// A link for a role, by what stands for the role.
    Link(WorkspaceId, Uuid),
    /// A leave request in it.
    LeaveRequest(LeaveRequestId),
}

impl From<Thing> for Subject {
    fn from(thing: Thing) -> Self {
        Self { thing, target_role: None }
    }
}

/// What an operation decides on. Only the runner makes one, and only after the policies agreed.
pub struct State<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// What invitation links are checked with, where the operation does.
    pub tokens: Option<&'a TokenKeys>,
    /// The time of the decision.
    pub now: Timestamp,
    /// Where this API is reached: scheme and host.
    pub origin: &'a str,
    identity: Option<&'a Identity>,
    subject: Thing,
    scope: Option<&'a Scope>,
    active: &'a Active,
    loaded: &'a Loaded,
    followed: Option<&'a Loaded>,
}

/// The workspace that a request is in, and the caller there.
struct Scope {
    workspace: Stored<Workspace>,
    member: Stored<Member>,
    workspace_facts: WorkspaceFacts,
    member_facts: MemberFacts,
}

impl State<'_> {
    /// Who calls.
    pub fn caller(&self) -> Result<&Identity, Refusal> {
        self.identity.ok_or(Refusal::NotFound)
    }

    /// The workspace in the path.
    pub fn workspace(&self) -> Result<&Stored<Workspace>, Refusal> {
        self.scope.map(|scope| &scope.workspace).ok_or(Refusal::NotFound)
    }

    /// The caller's membership in it.
    pub fn member(&self) -> Result<&Stored<Member>, Refusal> {
        self.scope.map(|scope| &scope.member).ok_or(Refusal::NotFound)
    }

    /// A record that was read.
    pub fn get<T: FromRecord>(&self, key: &RecordKey) -> Option<Stored<T>> {
        self.loaded.get(key)
    }

    /// The counts of the workspace.
    pub fn tally(&self, workspace: WorkspaceId) -> Result<Tally, Refusal> {
        let stored: Option<Stored<Tally>> = self.get(&RecordKey::Tally(workspace));
        stored.map(|stored| stored.value).ok_or(Refusal::NotFound)
    }

    /// What the operation acts on.
    pub fn subject<T: FromRecord>(&self) -> Result<Stored<T>, Refusal> {
        let workspace = self.scope.map(|scope| scope.workspace.value.id);
        subject_key(self.subject, workspace).and_then(|key| self.loaded.get(&key)).ok_or(Refusal::NotFound)
    }

    /// Everything that was read first.
    pub fn loaded(&self) -> &Loaded {
        self.loaded
    }

    /// What was read after that, for the few operations that cross workspaces.
    pub fn followed(&self) -> Option<&Loaded> {
        self.followed
    }

    /// Whether the caller may do another action on the workspace.
    pub fn may(&self, action: &str) -> bool {
        self.may_give(action, None)
    }

    /// Whether the caller may see the link of a pending invitation for this role: who holds the
    /// link can come in with it.
    pub fn may_share(&self, role: &RoleId) -> bool {
        self.may_give("shareInvitationLink", Some(role))
    }

    /// Whether the caller is brought into a workspace by the domain of their address.
    pub fn may_join_by_domain(&self, workspace: &Workspace) -> bool {
        let Some(user) = self.identity.map(facts::user) else { return false };
        let decision = self.active.bundle.decide(&AccessRequest {
            action: "joinByDomain",
            principal: Principal::User(&user),
            workspace: Some(&facts::workspace(workspace)),
            resource: Resource::Workspace,
            target_role: None,
            now: self.now,
        });
        decision == Decision::Allow
    }

    fn may_give(&self, action: &str, target_role: Option<&RoleId>) -> bool {
        let Some(scope) = self.scope else { return false };
        let decision = self.active.bundle.decide(&AccessRequest {
            action,
            principal: Principal::Member(&scope.member_facts),
            workspace: Some(&scope.workspace_facts),
            resource: Resource::Workspace,
            target_role,
            now: self.now,
        });
        decision == Decision::Allow
    }

    /// What the policies say of each action that is asked about.
    pub fn attempts(&self, is_asked: impl Fn(&ActionInfo) -> bool) -> Vec<(&ActionInfo, Decision)> {
        let Some(scope) = self.scope else { return Vec::new() };
        self.active.bundle.attempts(&scope.member_facts, &scope.workspace_facts, self.now, is_asked)
    }
}

/// What an answer holds.
pub enum Content {
    /// Nothing.
    Empty,
    /// JSON; links are put in when it leaves.
    Json(Value),
    /// A file.
    File(File),
}

/// A file, as it goes to the client.
pub struct File {
    /// What it is.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Headers of its own; they go before those that every answer has.
    pub headers: Vec<(HeaderName, String)>,
}

/// What is answered.
struct Answer {
    status: StatusCode,
    content: Content,
}

impl Answer {
    /// With the text of its links.
    fn with_links(self, links: Option<Links<'_>>) -> Result<Self, Problem> {
        let Content::Json(body) = self.content else { return Ok(self) };
        let body = links::render(body, links).ok_or_else(|| {
            tracing::error!("no key to make a link with");
            Problem::from(Code::Internal)
        })?;
        Ok(Self { content: Content::Json(body), ..self })
    }

    fn json(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(value) => Some(value),
            Content::Empty | Content::File(_) => None,
        }
    }
}

/// What the log tells of a request beside its answer.
#[derive(Default)]
struct Told {
    /// What the policies said; nothing, if they were not asked.
    decision: Option<Decision>,
    /// How often another was quicker.
    conflicts: u32,
}

/// Runs one request of one operation to its reply.
pub async fn run<O: Operation>(service: Arc<Service>, incoming: Incoming) -> Response<Body> {
    let begun = Instant::now();
    let (store, meter) = service.store.metered();
    let mut told = Told::default();
    let outcome = attempt_all::<O>(&service, &store, &incoming, &mut told).await;
    let latency = begun.elapsed().as_secs_f64() * 1e3;
    log::<O>(&incoming, &outcome, &told, &meter, latency, service.is_first_request());
    match outcome {
        Ok(answer) => respond(answer.status, answer.content),
        Err(problem) => respond_problem(&problem, &incoming.request_id),
    }
}

/// One line a request: no token, secret or address in it (K27).
fn log<O: Operation>(
    incoming: &Incoming,
    outcome: &Result<Answer, Problem>,
    told: &Told,
    meter: &Meter,
    latency: f64,
    is_first: bool,
) {
    let (status, code) = match outcome {
        Ok(answer) => (answer.status, None),
        Err(problem) => (problem.status(), Some(problem.code.as_str())),
    };
    let (decision, reason) = match &told.decision {
        Some(Decision::Allow) => (Some("allow"), None),
        Some(Decision::Deny { reason }) => (Some("deny"), reason.as_deref()),
        None => (None, None),
    };
    tracing::info!(
        operation = O::NAME,
        request = incoming.request_id,
        trace = incoming.trace,
        workspace =
            O::Path::read(incoming).ok().and_then(|path| path.workspace()).map(tracing::field::display),
        status = status.as_u16(),
        code,
        decision,
        reason,
        cold_start = is_first,
        cold_starts = is_first.then_some(1_u64),
        latency,
        conflicts = told.conflicts,
        denied = u64::from(decision == Some("deny")),
        refusals = code.map(|_| 1_u64),
        rounds = meter.rounds(),
        read_units = meter.read_units(),
        write_units = meter.write_units(),
        "request"
    );
}

/// A problem as an HTTP reply.
pub fn respond_problem(problem: &Problem, request_id: &str) -> Response<Body> {
    let mut response = respond(problem.status(), Content::Json(problem.to_json(Some(request_id))));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    for (name, value) in problem.quota.into_iter().flat_map(QuotaState::headers) {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    if let Some(seconds) = problem.quota.and_then(|quota| quota.resets_in) {
        headers.insert(http::header::RETRY_AFTER, seconds.max(1).into());
    }
    match problem.code {
        Code::ConflictBusy => {
            headers.insert(http::header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Code::Unauthenticated => {
            headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        _ => {}
    }
    response
}

fn respond(status: StatusCode, content: Content) -> Response<Body> {
    use http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
    let (body, media_type, own) = match content {
        Content::Empty => (Body::Empty, None, Vec::new()),
        Content::Json(value) => (Body::Text(value.to_string()), Some("application/json"), Vec::new()),
        Content::File(File { media_type, bytes, headers }) => {
            // API Gateway hands texts on as they are, and all else in base64.
            let body = match String::from_utf8(bytes) {
                Ok(text) if media_type.starts_with("text/") => Body::Text(text),
                Ok(text) => Body::Binary(text.into_bytes()),
                Err(error) => Body::Binary(error.into_bytes()),
            };
            (body, Some(media_type), headers)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in
        [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer"), (X_CONTENT_TYPE_OPTIONS, "nosniff")]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(media_type) = media_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    for (name, value) in own {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// Why an attempt did not end in an answer.
enum Failure {
    /// Another was quicker: decide again.
    Conflict,
    /// It is over.
    Problem(Problem),
}

impl<P: Into<Problem>> From<P> for Failure {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

async fn attempt_all<O: Operation>(
    service: &Service,
    store: &Store,
    incoming: &Incoming,
    told: &mut Told,
) -> Result<Answer, Problem> {
    if incoming.identity.is_none() && !O::PUBLIC {
        return Err(Problem::unauthenticated());
    }
    let key = if O::IDEMPOTENT { incoming.idempotency_key()? } else { None };
    // Read before anything else of the request, so that what is no request costs nothing.
    let request = Request::<O> {
        path: O::Path::read(incoming).map_err(|_| unread::<O>(incoming))?,
        query: incoming.query()?,
        body: O::Body::read(incoming)?,
    };
    let mut active = match service.policies.held() {
        Some(active) if !active.is_floor_only => active,
        _ => service.load_policies(store).await?,
    };
    let tokens = if O::LINKS { Some(service.tokens().await?) } else { None };
    let slip =
        key.zip(incoming.identity.as_ref()).map(|(key, caller)| Slip::new::<O>(key, caller.user, incoming));
    for attempt in 0..MAX_ATTEMPTS {
        if attempt > 0 {
            wait(attempt).await;
        }
        let tokens = tokens.as_ref();
        let slip = slip.as_ref();
        let run = Attempt { service, store, incoming, request: &request, slip, tokens, number: attempt };
        match run.attempt(&mut active, told).await {
            Ok(answer) => return answer.with_links(tokens.map(|tokens| service.links(tokens))),
            Err(Failure::Conflict) => told.conflicts += 1,
            Err(Failure::Problem(problem)) => return Err(problem),
        }
    }
    Err(Code::ConflictBusy.into())
}

/// What a path is answered that names nothing: first of all no workspace, where it should.
fn unread<O: Operation>(incoming: &Incoming) -> Problem {
    let is_nowhere = O::PATH.contains("{workspaceId}") && InWorkspace::read(incoming).is_err();
    if is_nowhere { Problem::not_found() } else { O::MISSING.into() }
}

/// Waits a random time, so that those who met do not meet again.
async fn wait(attempt: u32) {
    let most = FIRST_WAIT.saturating_mul(1 << attempt.min(16)).min(MAX_WAIT);
    tokio::time::sleep(most.mul_f64(rand::random())).await;
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        // Who could not be reached is counted where that is noticed.
        let is_about_policies = matches!(error, PolicyError::NonePublished | PolicyError::Unusable(_));
        tracing::error!(
            error = &error as &dyn std::error::Error,
            policy_load_failures = is_about_policies.then_some(1_u64),
            "no policies to decide by"
        );
        Code::ConflictBusy.into()
    }
}

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "no keys of links");
        Code::ConflictBusy.into()
    }
}

impl From<seatwise_store::StoreError> for Problem {
    fn from(error: seatwise_store::StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "load failed");
        match error {
            seatwise_store::StoreError::Busy => Code::ConflictBusy.into(),
            _ => Code::Internal.into(),
        }
    }
}

/// One way through a request; a conflict starts another.
struct Attempt<'a, O: Operation> {
    service: &'a Service,
    store: &'a Store,
    incoming: &'a Incoming,
    request: &'a Request<O>,
    slip: Option<&'a Slip>,
    tokens: Option<&'a TokenKeys>,
    number: u32,
}

impl<O: Operation> Attempt<'_, O> {
    async fn attempt(&self, active: &mut Arc<Active>, told: &mut Told) -> Result<Answer, Failure> {
        let identity = self.incoming.identity.as_ref();
        let pointer = policies::pointer_key(&self.spread());
        let (subject, loaded, followed) = loop {
            let context = Context {
                pack: active.bundle.pack(),
                identity,
                tokens: self.tokens,
                now: self.service.now(),
                is_repetition: self.number > 0,
            };
            let load = O::load(self.request, &context)?;
            let subject = O::subject(self.request, &context)?;
            let loaded =
                self.store.load(&self.base_load(load, &subject, &pointer)).await.map_err(Problem::from)?;
            let policies = &self.service.policies;
            let copy = loaded.get::<PolicyPointer>(&pointer).map(|stored| stored.value);
            let published =
                policies.published(self.store, copy, self.service.now()).await.map_err(Problem::from)?;
            if published.target != active.target {
                // What was read was asked for by the rules of another version: read again.
                *active = policies
                    .switch_to(self.store, &published, self.service.now())
                    .await
                    .map_err(Problem::from)?;
                continue;
            }
            let followed = match O::follow(self.request, &loaded, &context) {
                Some(load) => Some(self.store.load(&load).await.map_err(Problem::from)?),
                None => None,
            };
            break (subject, loaded, followed);
        };
        // Not before: what was over when it was read must not be taken for open, however long the
        // reading took (K5).
        let mut moment = self.service.moment();
        let scope = self.scope(active, &loaded, moment.now)?;
        let (decision, is_missing) = self.authorize(active, scope.as_ref(), &subject, &loaded, moment.now)?;
        told.decision = Some(decision.clone());
        match decision {
            Decision::Deny { reason } => {
                let denied = Failure::Problem(Problem::denied(reason));
                let answered = if O::GIVES_UP { self.answered_meanwhile(moment.now).await? } else { None };
                return answered.ok_or(denied);
            }
            Decision::Allow if is_missing => return Err(O::MISSING.into()),
            Decision::Allow => {}
        }
        let receipt = match self.slip {
            Some(slip) => slip.known(&loaded, moment.now)?,
            None => Found::Fresh(None),
        };
        let receipt_version = match receipt {
            Found::Answer(answer) => return Ok(answer),
            Found::Fresh(version) => version,
        };
        let state = State {
            pack: active.bundle.pack(),
            tokens: self.tokens,
            now: moment.now,
            origin: &self.incoming.origin,
            identity,
            subject: subject.thing,
            scope: scope.as_ref(),
            active,
            loaded: &loaded,
            followed: followed.as_ref(),
        };
        let (output, mut changes) = match O::decide(self.request, &state, &mut moment) {
            Ok(decided) => decided,
            Err(problem) => {
                return self.answered_meanwhile(moment.now).await?.ok_or(Failure::Problem(problem));
            }
        };
        let answer = Answer { status: O::STATUS, content: output.into_content()? };
        self.trace_mails(&mut changes);
        if let Some(slip) = self.slip {
            changes.push(slip.receipt(&answer, moment.now, receipt_version));
        }
        self.commit(changes, scope.as_ref()).await?;
        Ok(answer)
    }

    /// The answer that the same request has had while this one read: of what was read at once, some
    /// may have been as it was before and some as it was after, which looks like a refusal (K15).
    async fn answered_meanwhile(&self, now: Timestamp) -> Result<Option<Answer>, Problem> {
        let Some(slip) = self.slip else { return Ok(None) };
        let loaded = self.store.load(&Load::new().record(slip.key())).await?;
        match slip.known(&loaded, now)? {
            Found::Answer(answer) => Ok(Some(answer)),
            Found::Fresh(_) => Ok(None),
        }
    }

    /// A mail goes out later and elsewhere: it says which request it came from.
    fn trace_mails(&self, changes: &mut Changes) {
        for change in changes {
            if let Change::Create(Record::Mail(mail)) = change {
                mail.trace.clone_from(&self.incoming.trace);
            }
        }
    }

    /// What spreads the reads of the pointer over its copies.
    fn spread(&self) -> [u8; 16] {
        let user = || self.incoming.identity.as_ref().map(|identity| identity.user.0);
        self.request
            .path
            .workspace()
            .map(|workspace| workspace.0)
            .or_else(user)
            .map_or_else(rand::random, Uuid::into_bytes)
    }

    fn base_load(&self, load: Load, subject: &Subject, pointer: &RecordKey) -> Load {
        let mut load = load.record(pointer.clone());
        let workspace = self.request.path.workspace();
        if let Some((workspace, identity)) = workspace.zip(self.incoming.identity.as_ref()) {
            load = load
                .record(RecordKey::Workspace(workspace))
                .record(RecordKey::Member(workspace, identity.user));
        }
        if let Some(key) = subject_key(subject.thing, workspace) {
            load = load.record(key);
        }
        match (subject.thing, workspace) {
            (Thing::LeaveRequest(id), Some(workspace)) => {
                load = load.record(RecordKey::Member(workspace, id.user));
            }
            (Thing::Invitation(InvitationId { workspace, .. }) | Thing::Link(workspace, _), None) => {
                load = load.record(RecordKey::Workspace(workspace));
            }
            _ => {}
        }
        if let Some(slip) = self.slip {
            load = load.record(slip.key());
        }
        load
    }

    /// The workspace and the caller's membership. Who is not in it does not learn that it exists.
    fn scope(&self, active: &Active, loaded: &Loaded, now: Timestamp) -> Result<Option<Scope>, Problem> {
        let Some(id) = self.request.path.workspace() else { return Ok(None) };
        let Some(identity) = self.incoming.identity.as_ref() else { return Err(Problem::not_found()) };
        let workspace = loaded.get::<Workspace>(&RecordKey::Workspace(id)).ok_or_else(Problem::not_found)?;
        let member =
            loaded.get::<Member>(&RecordKey::Member(id, identity.user)).ok_or_else(Problem::not_found)?;
        let workspace_facts = facts::workspace(&workspace.value);
        let member_facts = facts::member(active.bundle.pack(), &member.value, now);
        Ok(Some(Scope { workspace, member, workspace_facts, member_facts }))
    }

    /// Asks the policies; also says whether what it is about is missing. That is asked about all the
    /// same, with a stand-in: who may not do it is told so, and does not learn what is there.
    fn authorize(
        &self,
        active: &Active,
        scope: Option<&Scope>,
        subject: &Subject,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<(Decision, bool), Problem> {
        let pack = active.bundle.pack();
        let workspace = scope.map(|scope| scope.workspace.value.id);
        let key = subject_key(subject.thing, workspace);
        let stand_in = facts::StandIn { pack, workspace, now };
        let (is_missing, resource) = match subject.thing {
            Thing::Platform => (false, facts::Owned::Platform),
            Thing::Workspace => (scope.is_none(), facts::Owned::Workspace),
            Thing::Member(id) => {
                let found = key.and_then(|key| loaded.get::<Member>(&key));
                let facts = found.as_ref().map(|member| facts::member(pack, &member.value, now));
                (found.is_none(), facts::Owned::Member(facts.unwrap_or_else(|| stand_in.member(id))))
            }
            Thing::Seat(id) => {
                let found = key.and_then(|key| loaded.get::<Seat>(&key));
                let facts = found
                    .as_ref()
                    .map(|seat| facts::seat(pack, &seat.value.workspace, &seat.value.hold(), now));
                (found.is_none(), facts::Owned::Seat(facts.unwrap_or_else(|| stand_in.seat(id))))
            }
            Thing::Invitation(id) => {
                // An id from another workspace than the path's names nothing here.
                let is_here = workspace.is_none_or(|workspace| workspace == id.workspace);
                let found = key.and_then(|key| loaded.get::<Invitation>(&key)).filter(|_| is_here);
                let facts = found.as_ref().map(|invitation| facts::invitation(&invitation.value));
                (found.is_none(), facts::Owned::Invitation(facts.unwrap_or_else(|| stand_in.invitation(id))))
            }
            Thing::Link(workspace, serial) => {
                let found = key.and_then(|key| loaded.get::<RoleLink>(&key));
                let facts = found.as_ref().map(|link| facts::link(&link.value));
                let id = InvitationId { workspace, serial };
                (found.is_none(), facts::Owned::Invitation(facts.unwrap_or_else(|| stand_in.invitation(id))))
            }
            Thing::LeaveRequest(id) => {
                let found = key.and_then(|key| loaded.get::<LeaveRequest>(&key));
                let asker = workspace
                    .and_then(|workspace| loaded.get::<Member>(&RecordKey::Member(workspace, id.user)))
                    .map(|member| facts::member(pack, &member.value, now));
                let asker = asker.unwrap_or_else(|| stand_in.member(id.user));
                (found.is_none(), facts::Owned::LeaveRequest(stand_in.leave(id, asker)))
            }
        };
        let user = self.incoming.identity.as_ref().map(facts::user);
        // Who is invited is in no workspace yet: the one that the invitation is for.
        let invited_to = match (scope, subject.thing) {
            (None, Thing::Invitation(InvitationId { workspace, .. }) | Thing::Link(workspace, _)) => {
                let found = loaded.get::<Workspace>(&RecordKey::Workspace(workspace));
                Some(found.ok_or_else(|| Problem::from(O::MISSING))?)
            }
            _ => None,
        };
        let invited_to = invited_to.map(|stored| facts::workspace(&stored.value));
        let decision = active.bundle.decide(&AccessRequest {
            action: &camel_case(O::NAME),
            principal: principal(user.as_ref(), scope),
            workspace: scope.map(|scope| &scope.workspace_facts).or(invited_to.as_ref()),
            resource: resource.borrow(),
            target_role: subject.target_role.as_ref(),
            now,
        });
        Ok((decision, is_missing))
    }

    /// Writes all of it or nothing. What the decision rests on is checked in the same transaction,
    /// the caller's membership included: a permission withdrawn meanwhile stops the write (K9).
    async fn commit(&self, mut changes: Changes, scope: Option<&Scope>) -> Result<(), Failure> {
        if changes.is_empty() {
            return Ok(());
        }
        if let Some(Scope { member, .. }) = scope {
            let key = RecordKey::Member(member.value.workspace, member.value.user);
            changes.push(Change::RequireVersion(key, member.version));
        }
        match self.store.commit(&changes).await {
            Ok(()) => Ok(()),
            Err(CommitError::Conflict) => Err(Failure::Conflict),
            Err(CommitError::Busy) => Err(Problem::from(Code::ConflictBusy).into()),
            Err(CommitError::Failed(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    operation = O::NAME,
                    "commit failed"
                );
                Err(Problem::from(Code::Internal).into())
            }
        }
    }
}

fn principal<'a>(user: Option<&'a UserFacts>, scope: Option<&'a Scope>) -> Principal<'a> {
    match (scope, user) {
        (Some(scope), _) => Principal::Member(&scope.member_facts),
        (None, Some(user)) => Principal::User(user),
        (None, None) => Principal::Visitor,
    }
}

/// The record of what an operation acts on.
fn subject_key(thing: Thing, workspace: Option<WorkspaceId>) -> Option<RecordKey> {
    match (thing, workspace) {
        (Thing::Member(id), Some(workspace)) => Some(RecordKey::Member(workspace, id)),
        (Thing::Seat(id), Some(workspace)) => Some(RecordKey::Seat(workspace, id)),
        (Thing::LeaveRequest(id), Some(workspace)) => Some(RecordKey::LeaveRequest(workspace, id)),
        (Thing::Invitation(id), _) => Some(RecordKey::Invitation(id)),
        (Thing::Link(workspace, serial), _) => Some(RecordKey::RoleLink(workspace, serial)),
        _ => None,
    }
}

/// `create-workspace` → `createWorkspace`.
pub fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1.min(word.len()));
        text.push_str(&first.to_uppercase());
        text.push_str(rest);
    }
    text
}

/// An `Idempotency-Key`, bound to caller, operation, path and body (K14, K16).
struct Slip {
    user: UserId,
    operation: &'static str,
    key: String,
    request: String,
}

/// What is known of a key.
enum Found {
    /// It was used for this very request: the answer it got.
    Answer(Answer),
    /// It is new, or so old that it may be used anew: then with the version of the old receipt.
    Fresh(Option<seatwise_domain::Version>),
}

impl Slip {
    fn new<O: Operation>(key: &str, user: UserId, incoming: &Incoming) -> Self {
        let (path, query) = incoming.path_and_query();
        Self {
            user,
            operation: O::NAME,
            key: hash(&[path.as_bytes(), key.as_bytes()]),
            request: hash(&[query.as_bytes(), incoming.raw_body()]),
        }
    }

    fn key(&self) -> RecordKey {
        RecordKey::Receipt(self.user, self.operation.to_owned(), self.key.clone())
    }

    fn known(&self, loaded: &Loaded, now: Timestamp) -> Result<Found, Problem> {
        let Some(stored) = loaded.get::<Receipt>(&self.key()) else { return Ok(Found::Fresh(None)) };
        let receipt = stored.value;
        if receipt.expires_at <= now {
            return Ok(Found::Fresh(Some(stored.version)));
        }
        if receipt.request != self.request {
            return Err(Code::IdempotencyMismatch.into());
        }
        let status = StatusCode::from_u16(receipt.status).map_err(|_| Problem::from(Code::Internal))?;
        let body = serde_json::from_str::<Option<Value>>(&receipt.body)
            .map_err(|_| Problem::from(Code::Internal))?;
        Ok(Found::Answer(Answer { status, content: body.map_or(Content::Empty, Content::Json) }))
    }

    fn receipt(&self, answer: &Answer, now: Timestamp, replaces: Option<seatwise_domain::Version>) -> Change {
        let kept = SignedDuration::from_hours(RECEIPT_HOURS);
        let receipt = Record::Receipt(Receipt {
            user: self.user,
            operation: self.operation.to_owned(),
            key: self.key.clone(),
            request: self.request.clone(),
            status: answer.status.as_u16(),
            body: serde_json::json!(answer.json()).to_string(),
            expires_at: now.saturating_add(kept).unwrap_or(Timestamp::MAX),
        });
        match replaces {
            Some(version) => Change::Update(receipt, version),
            None => Change::Create(receipt),
        }
    }
}

/// SHA-256 of several texts, each with its length, in hex.
fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
