//! `enter`: called by a client after sign-in.

use http::Method;
use seatwise_domain::Moment;
use seatwise_domain::change::Changes;
use seatwise_domain::pack::Next;
use seatwise_domain::record::RecordKey;
use seatwise_domain::user::{self, Identity};
use seatwise_store::{Load, Loaded, Page, Query};
use serde::Serialize;
use utoipa::ToSchema;

use super::{entries, joined, joined_query, load_joined, my_invitations};
use crate::operation::{Context, Operation, Request, State};
use crate::output;
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere};
use crate::view::{MyInvitation, NextName, SwitcherEntry, UserView};

/// Most invitations that the answer lists; the list of their own goes on.
const LISTED: usize = 50;
/// Most slots of an address that are looked through for invitations: those of past memberships and
/// invitations lie among them.
const LOOKED_THROUGH: u32 = 1_000;

/// Creates or refreshes the caller's account from the token.
pub struct Enter;

/// Where the caller stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    /// The account.
    user: UserView,
    /// The workspaces they are in; the first 50.
    workspaces: Vec<SwitcherEntry>,
    /// The invitations for their verified address; the first 50.
    invitations: Vec<MyInvitation>,
    /// Where a client goes on.
    #[schema(value_type = NextName)]
    next: Next,
}
output!(Entered);

/// What the caller's verified address is to workspaces.
fn slots_query(identity: &Identity) -> Option<Query> {
    let email = identity.verified_email()?;
    Some(Query::EmailSlots(email.key(), Page { limit: LOOKED_THROUGH, after: None }))
}

impl Operation for Enter {
    const NAME: &'static str = "enter";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/me";
    const SUMMARY: &'static str = "Enter after sign-in";
    const DESCRIPTION: &'static str = "Creates or refreshes the caller's account from the access token and says where a \
        client goes on. Call it once after each sign-in.";
    const ANSWER: &'static str = include_str!("../../examples/enter.answer.json");

    type Path = Nowhere;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Entered;

    fn load(_: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let caller = context.caller()?;
        let load = Load::new().record(RecordKey::User(caller.user)).query(joined_query(caller));
        Ok(slots_query(caller).into_iter().fold(load, Load::query))
    }

    fn follow(_: &Request<Self>, loaded: &Loaded, context: &Context<'_>) -> Option<Load> {
        load_joined(&joined(loaded, &joined_query(context.identity?)))
    }

    fn decide(
        _: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Entered, Changes), Problem> {
        let caller = state.caller()?;
        let joined = joined(state.loaded(), &joined_query(caller));
        let account = state.get(&RecordKey::User(caller.user));
        let (user, changes) = user::enter(caller, account.as_ref(), &joined, moment.now);
        let workspaces = entries(&joined, state.followed());
        let mut invitations = match slots_query(caller) {
            Some(query) => my_invitations(state.loaded(), &query, state),
            None => Vec::new(),
        };
        invitations.truncate(LISTED);
        let next = match () {
            () if !invitations.is_empty() => Next::Invitations,
            () if !workspaces.is_empty() => Next::Dashboard,
            () => Next::Onboarding,
        };
        Ok((Entered { user: (&user).into(), workspaces, invitations, next }, changes))
    }
}
