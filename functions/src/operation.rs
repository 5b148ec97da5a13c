//! The contract of an operation. The steps of a request are in [`crate::runner`].

use http::Method;
use jiff::Timestamp;
use seatwise_domain::{
    Changes, FromRecord, Member, Moment, Pack, Refusal, RoleId, Seat, SeatId, Stored, TierId,
};
use seatwise_policy::Resource;
use seatwise_store::{Cursor, Loaded, Many, One, Reads};
use serde::de::DeserializeOwned;

use crate::path::Path;
use crate::payments::{Question, StripeAnswer, Webhook};
use crate::policies::Active;
use crate::problem::{Code, Problem};
use crate::scope::Scope;
use crate::service_clients::ServiceClients;
use crate::tag::Tag;
use crate::target::Target;
use crate::token::TokenKeys;
use crate::wire;

/// One operation: one file, one row of the table, one Lambda function.
pub trait Operation: Sized + Send + Sync + 'static {
    /// Its name: file, Handler setting, and (in camelCase) Cedar action and `operationId`.
    const NAME: &'static str;
    /// HTTP method.
    const METHOD: Method;
    /// Path, as API Gateway writes it.
    const PATH: &'static str;
    /// The chapter of the API reference.
    const TAG: Tag;
    /// Whether it keeps a receipt for an `Idempotency-Key`.
    const IDEMPOTENT: bool = false;
    /// Whether it takes away the caller's own right to call it. A repetition with the same
    /// `Idempotency-Key` then gets the first answer all the same.
    const ENDS_OWN_RIGHT: bool = false;
    /// Whether it makes or checks invitation links. Only then can it read the keys of links.
    const LINKS: bool = false;
    /// The field of its answer with a secret, which no receipt keeps: a repetition with the same `Idempotency-Key`
    /// answers it as null.
    const SECRET: Option<&'static str> = None;
    /// What it has to do with Stripe.
    const STRIPE: StripeUse = StripeUse::None;
    /// The refusal when its target does not exist.
    const MISSING: Refusal = Refusal::NotFound;
    /// One line for a reader of the API reference.
    const SUMMARY: &'static str;
    /// More for a reader of the API reference.
    const DESCRIPTION: &'static str = "";
    /// The codes it may answer beside those that every operation may.
    const CODES: &'static [Code] = &[];
    /// An example of a body, as JSON; empty if it takes none.
    const EXAMPLE: &'static str = "";
    /// An example of an answer, as JSON; empty if it has none.
    const ANSWER: &'static str = "";

    /// Its scope: the kind of caller, and the place.
    type Scope: Scope;
    /// The resource it acts on.
    type Target: Target<Place = PlaceOf<Self>>;
    /// The ids in the path.
    type Path: Path<Place = PlaceOf<Self>>;
    /// The query string.
    type Query: DeserializeOwned + Send + Sync + wire::Query;
    /// The body.
    type Body: Send + Sync + wire::Body;
    /// The answer; `()` for none. It says with which status it is sent.
    type Output: Send + wire::Output;
    /// The plan that it makes of a request before anything is read: checked values, and the handles of
    /// the records to read.
    type Plan: Send + Sync;

    /// Whether it can give the role to somebody, by the pack's data: the choices of who names an unknown role.
    fn gives(pack: &Pack, role: &RoleId) -> bool {
        let _ = (pack, role);
        true
    }

    /// Checks the request, names the target and says what to read. Runs once per request, and again
    /// only if other policies became active or another day (UTC) began meanwhile.
    fn plan(
        request: &Request<Self>,
        start: &Start<'_, Self::Scope>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem>;

    /// Says what else to read, now that the records so far have told the keys. Costs another round trip, so
    /// only operations that cross workspaces need it. Runs at each attempt, until it asks for nothing new.
    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let _ = (plan, so_far, reads);
    }

    /// What to ask Stripe before deciding, once the policies have agreed. A question changes nothing at Stripe.
    /// Only operations that call Stripe's API by [`Operation::STRIPE`] are asked.
    fn ask(plan: &Self::Plan, state: &State<'_, Self>) -> Result<Option<Question>, Problem> {
        let _ = (plan, state);
        Ok(None)
    }

    /// The member about whom it decides, who must not hold the decision up with requests of their own (K54).
    fn decides_about(target: &Self::Target) -> Option<&Stored<Member>> {
        let _ = target;
        None
    }

    /// Decides, once the policies have agreed: no waiting, no clock, no I/O.
    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem>;
}

/// What an operation has to do with Stripe. The role and the environment of its function follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripeUse {
    /// Nothing.
    None,
    /// It asks Stripe something that changes nothing there.
    Asks,
    /// It can begin a synchronisation. The request then waits a few seconds for it, and the answer to a purchase
    /// tells what became of it.
    Pays,
    /// Stripe calls it. It has the secrets that sign webhooks, and no key of the API.
    Webhook,
}

impl StripeUse {
    /// Whether it calls Stripe's API.
    pub fn calls_api(self) -> bool {
        matches!(self, Self::Asks | Self::Pays)
    }
}

/// Where an operation takes place.
pub type PlaceOf<O> = <<O as Operation>::Scope as Scope>::Place;

/// A request that was understood.
pub struct Request<O: Operation> {
    /// The ids in the path.
    pub path: O::Path,
    /// The query string.
    pub query: O::Query,
    /// The body.
    pub body: O::Body,
}

/// The facts that are known before anything is read.
pub struct Start<'a, S: Scope> {
    /// The product's rules.
    pub pack: &'a Pack,
    /// The caller, and the workspace where there is one.
    pub scope: &'a S::Start,
    /// The keys that check invitation links, if [`Operation::LINKS`] is set.
    pub tokens: Option<&'a TokenKeys>,
    /// The access tokens of services, to tell a person's sign-in from a service's.
    pub services: &'a ServiceClients,
    /// The secrets that check webhooks, if [`StripeUse::Webhook`] is set.
    pub webhook: Option<&'a Webhook>,
    /// The time of planning: for keys that contain a day, and for the age of a webhook. No other decision may
    /// depend on it.
    pub now: Timestamp,
}

/// The plan that an operation makes of a request before anything is read.
pub struct Planned<O: Operation> {
    pub(crate) target: <O::Target as Target>::Id,
    pub(crate) given_role: GivenRole,
    pub(crate) given_tier: GivenTier,
    pub(crate) own: O::Plan,
}

/// The role that an operation gives.
pub(crate) enum GivenRole {
    /// It gives no role.
    None,
    /// This role.
    New(RoleId),
    /// The role that the target has, which is known only when the target was read.
    Same,
}

impl GivenRole {
    /// The role, once the target was read.
    pub(crate) fn of<'a>(&'a self, target: &'a Resource) -> Option<&'a RoleId> {
        match self {
            Self::None => None,
            Self::New(role) => Some(role),
            Self::Same => target.role(),
        }
    }
}

/// The tier of the seat that an operation gives.
pub(crate) enum GivenTier {
    /// It gives no seat, or leaves the choice to the service.
    Open,
    /// This tier.
    Named(TierId),
    /// The tier of this seat, which is known only when the seats were read.
    OfSeat(SeatId, Many<Seat>),
    /// The tier of the seat that the target keeps.
    Same,
}

impl GivenTier {
    fn of(&self, target: &Resource, loaded: &Loaded) -> Option<TierId> {
        match self {
            Self::Open => None,
            Self::Named(tier) => Some(tier.clone()),
            Self::OfSeat(id, seats) => {
                let seat = loaded.many(*seats).into_iter().find(|seat| seat.value.id == *id)?;
                Some(seat.value.tier)
            }
            Self::Same => target.tier().cloned(),
        }
    }

    /// The tier, as far as the request alone tells.
    pub(crate) fn named(&self) -> Option<&TierId> {
        match self {
            Self::Named(tier) => Some(tier),
            Self::Open | Self::OfSeat(..) | Self::Same => None,
        }
    }
}

/// The role and the tier of the seat that a request gives: what the policies were asked about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) role: Option<RoleId>,
    pub(crate) tier: Option<TierId>,
}

/// A plan for acting on this target.
pub fn about<O: Operation>(target: <O::Target as Target>::Id, own: O::Plan) -> Planned<O> {
    Planned { target, given_role: GivenRole::None, given_tier: GivenTier::Open, own }
}

impl<O: Operation> Planned<O> {
    /// The operation gives this role: the policies are asked about it, too.
    #[must_use]
    pub fn giving(self, role: RoleId) -> Self {
        Self { given_role: GivenRole::New(role), ..self }
    }

    /// The target keeps its role: the policies are asked about that role, as if the operation gave it
    /// again.
    #[must_use]
    pub fn giving_the_same(self) -> Self {
        Self { given_role: GivenRole::Same, ..self }
    }

    /// The operation gives a seat of this tier, or this one of the seats: the policies are asked about its tier, too.
    /// If the request names neither, they are asked about a seat of any tier.
    #[must_use]
    pub fn seating(self, tier: Option<&TierId>, seat: Option<SeatId>, seats: Option<Many<Seat>>) -> Self {
        match (seat, seats) {
            (Some(seat), Some(seats)) if tier.is_none() => {
                Self { given_tier: GivenTier::OfSeat(seat, seats), ..self }
            }
            _ => self.giving_tier(tier),
        }
    }

    /// The operation gives seats of this tier, if one is named.
    #[must_use]
    pub fn giving_tier(self, tier: Option<&TierId>) -> Self {
        match tier {
            Some(tier) => Self { given_tier: GivenTier::Named(tier.clone()), ..self },
            None => self,
        }
    }

    /// The target keeps its seat: the policies are asked about the tier of that seat.
    #[must_use]
    pub fn seating_the_same(self) -> Self {
        Self { given_tier: GivenTier::Same, ..self }
    }

    /// The role and the tier, once the target and the seats were read.
    pub(crate) fn given(&self, target: &Resource, loaded: &Loaded) -> Given {
        Given { role: self.given_role.of(target).cloned(), tier: self.given_tier.of(target, loaded) }
    }
}

/// The records that an attempt has read so far.
pub struct ReadSoFar<'a> {
    /// The records.
    pub loaded: &'a Loaded,
    /// Whether an earlier attempt ended in a conflict.
    pub is_repetition: bool,
    /// The time of the reading.
    pub now: Timestamp,
    pub(crate) active: &'a Active,
}

/// The state that an operation decides on. Only the runner makes one, and only after the policies agreed.
pub struct State<'a, O: Operation> {
    /// The product's rules.
    pub pack: &'a Pack,
    /// The request.
    pub request: &'a Request<O>,
    /// The caller, and the workspace where there is one.
    pub scope: &'a O::Scope,
    /// The resource that the operation acts on.
    pub target: &'a O::Target,
    /// The target as the policies see it.
    pub(crate) resource: &'a Resource,
    /// What the policies were asked to let the operation give.
    pub(crate) given: &'a Given,
    /// The time of the decision.
    pub now: Timestamp,
    /// Where clients reach this API: scheme and host.
    pub origin: &'a str,
    /// What Stripe has answered, if the operation asked.
    pub(crate) answered: Option<&'a StripeAnswer>,
    pub(crate) loaded: &'a Loaded,
    pub(crate) active: &'a Active,
}

impl<O: Operation> State<'_, O> {
    /// A record that was read, if it exists.
    pub fn one<T: FromRecord>(&self, handle: One<T>) -> Option<Stored<T>> {
        self.loaded.one(handle)
    }

    /// A record that was read and has to exist.
    pub fn required<T: FromRecord>(&self, handle: One<T>) -> Result<Stored<T>, Refusal> {
        self.one(handle).ok_or(Refusal::NotFound)
    }

    /// A list that was read.
    pub fn many<T: FromRecord>(&self, handle: Many<T>) -> Vec<Stored<T>> {
        self.loaded.many(handle)
    }

    /// Where the next page of a list begins; `None` after the last page.
    pub fn next<T>(&self, handle: Many<T>) -> Option<Cursor> {
        self.loaded.next(handle)
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
