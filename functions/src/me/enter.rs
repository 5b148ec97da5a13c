//! `enter`: called by a client after sign-in.

use http::Method;
use seatwise_domain::Moment;
use seatwise_domain::change::Changes;
use seatwise_domain::member::Member;
use seatwise_domain::pack::Next;
use seatwise_domain::record::{EmailSlot, Joined, RecordKey};
use seatwise_domain::user::{self, FOLLOWED_WORKSPACES, Identity};
use seatwise_domain::workspace::Workspace;
use seatwise_store::{Load, Loaded, Page, Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::operation::{Context, Operation, Request, State};
use crate::output;
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere};
use crate::view::{self, MyInvitation, NextName, SwitcherEntry, UserView};

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
    next: &'static str,
}
output!(Entered);

/// The workspaces that a person is in.
pub fn joined_query(identity: &Identity) -> Query {
    Query::Joined(identity.user, Page { limit: FOLLOWED_WORKSPACES, after: None })
}

/// What the caller's verified address is to workspaces.
fn slots_query(identity: &Identity) -> Option<Query> {
    let email = identity.verified_email()?;
    Some(Query::EmailSlots(email.key(), Page { limit: LOOKED_THROUGH, after: None }))
}

/// Reads workspaces and the caller's memberships in them.
pub fn load_joined(joined: &[Joined]) -> Option<Load> {
    let load = joined.iter().fold(Load::new(), |load, joined| {
        load.record(RecordKey::Workspace(joined.workspace))
            .record(RecordKey::Member(joined.workspace, joined.user))
    });
    (!joined.is_empty()).then_some(load)
}

/// The switcher's entries of workspaces that were read.
pub fn entries(joined: &[Joined], followed: Option<&Loaded>) -> Vec<SwitcherEntry> {
    let entry = |joined: &Joined| {
        let workspace = followed?.get::<Workspace>(&RecordKey::Workspace(joined.workspace))?;
        let member = followed?.get::<Member>(&RecordKey::Member(joined.workspace, joined.user))?;
        Some(SwitcherEntry::of(&workspace.value, &member.value.role))
    };
    joined.iter().filter_map(entry).collect()
}

/// The records of a list, without their versions.
pub fn joined(loaded: &Loaded, query: &Query) -> Vec<Joined> {
    loaded.list::<Joined>(query).into_iter().map(|stored| stored.value).collect()
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
        Ok((Entered { user: (&user).into(), workspaces, invitations, next: view::next(next) }, changes))
    }
}

/// The invitations among what an address is to workspaces: those that can be accepted, to
/// workspaces that the person is not in.
pub fn my_invitations(loaded: &Loaded, query: &Query, state: &State<'_>) -> Vec<MyInvitation> {
    let slots = loaded.list::<EmailSlot>(query).into_iter().map(|slot| slot.value);
    slots
        .filter(|slot| slot.member.is_none())
        .filter_map(|slot| slot.pending)
        .filter(|pending| pending.is_live(state.now))
        .map(|pending| MyInvitation::from(&pending))
        .collect()
}
