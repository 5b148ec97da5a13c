//! `enter`: called by a client after sign-in.

use http::Method;
use seatwise_domain::pack::{Channel, NextStep, SeatModel};
use seatwise_domain::rules::domain::JOINED_AT_ONCE;
use seatwise_domain::rules::join::{JoinContext, JoinMethod, MakerMembership};
use seatwise_domain::rules::{join, user};
use seatwise_domain::{
    Changes, Departure, DomainName, EmailSlot, Identity, Member, Moment, Pack, RecordKey, Stored, Tally,
    User, VerifiedDomain, Workspace, WorkspaceId,
};
use seatwise_store::{Load, Loaded, Page, Query};
use serde::Serialize;
use utoipa::ToSchema;

use super::{entries, joined, joined_query, load_joined, my_invitations};
use crate::operation::{Context, Operation, Request, State};
use crate::output;
use crate::problem::Problem;
use crate::request::{Nothing, Nowhere};
use crate::seat::with_seats;
use crate::view::{MyInvitation, NextName, SwitcherEntry, UserView};

/// Most invitations that the answer lists; the list of their own goes on.
const LISTED: usize = 50;
/// Most slots of an address that are looked through for invitations: those of past memberships and
/// invitations lie among them.
const LOOKED_THROUGH: u32 = 1_000;
/// Most workspaces with the caller's domain that are looked through.
const DOORS: u32 = 100;

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
    next: NextStep,
}
output!(Entered);

/// What the caller's verified address is to workspaces.
fn slots_query(identity: &Identity) -> Option<Query> {
    let email = identity.verified_email()?;
    Some(Query::EmailSlots(email.key(), Page { limit: LOOKED_THROUGH, after: None }))
}

/// The workspaces that have verified the domain of the caller's address.
fn doors_query(pack: &Pack, identity: &Identity) -> Option<Query> {
    let email = identity.verified_email().filter(|_| pack.offers(Channel::Domain))?;
    Some(Query::DomainDoors(DomainName::of(email), Page { limit: DOORS, after: None }))
}

/// Those that the caller is not in; some more than one sign-in joins, since not all may take them.
fn doors(pack: &Pack, identity: &Identity, loaded: &Loaded) -> Vec<Stored<VerifiedDomain>> {
    let doors: Vec<Stored<VerifiedDomain>> =
        doors_query(pack, identity).map(|query| loaded.list(&query)).unwrap_or_default();
    let joined = joined(loaded, &joined_query(identity));
    let is_in = |id: WorkspaceId| joined.iter().any(|joined| joined.workspace == id);
    let doors = doors.into_iter().filter(|door| !is_in(door.value.workspace));
    doors.take(2 * JOINED_AT_ONCE).collect()
}

/// What the caller's address is to a workspace.
fn slot_key(identity: &Identity, workspace: WorkspaceId) -> Option<RecordKey> {
    identity.verified_email().map(|email| RecordKey::EmailSlot(email.key(), workspace))
}

/// Brings the caller into the workspaces of their domain. One that does not take them in, being full or
/// left before, says nothing: nobody asked for it.
fn joined_by_domain(
    state: &State<'_>,
    caller: &Identity,
    user: &User,
    moment: &mut Moment,
) -> Vec<(Workspace, Member, Changes)> {
    let Some(followed) = state.followed() else { return Vec::new() };
    let mut joined = Vec::new();
    for door in doors(state.pack, caller, state.loaded()) {
        if joined.len() == JOINED_AT_ONCE {
            break;
        }
        let id = door.value.workspace;
        let slot = slot_key(caller, id).and_then(|key| followed.get::<EmailSlot>(&key));
        let departure = followed.get::<Departure>(&RecordKey::Departure(id, caller.user));
        let Some(workspace) = followed.get::<Workspace>(&RecordKey::Workspace(id)) else { continue };
        let Some(tally) = followed.get::<Tally>(&RecordKey::Tally(id)) else { continue };
        let member = followed.get::<Member>(&RecordKey::Member(id, caller.user));
        if member.is_some() || !state.may_join_by_domain(&workspace.value) {
            continue;
        }
        let seats = match state.pack.seats.model {
            SeatModel::ByTier => followed.list(&Query::Seats(id)),
            SeatModel::ByRole | SeatModel::None => Vec::new(),
        };
        let joining = JoinContext {
            pack: state.pack,
            workspace: &workspace.value,
            caller,
            account: Some(user),
            member: None,
            slot: slot.as_ref(),
            tally: &tally.value,
            seats: &seats,
            maker: MakerMembership::Unread,
            has_left: departure.is_some(),
        };
        if let Ok((member, changes)) = join::join(joining, JoinMethod::Domain(&door), moment) {
            joined.push((workspace.value, member, changes));
        }
    }
    joined
}

impl Operation for Enter {
    const NAME: &'static str = "enter";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/me";
    const SUMMARY: &'static str = "Enter after sign-in";
    const DESCRIPTION: &'static str = "Creates or refreshes the caller's account from the access token, brings them into \
        the workspaces whose domain their verified address is of, and says where a client goes on. Call it once after each sign-in.";
    const ANSWER: &'static str = include_str!("../../examples/enter.answer.json");

    type Path = Nowhere;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Entered;

    fn load(_: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let caller = context.caller()?;
        let load = Load::new().record(RecordKey::User(caller.user)).query(joined_query(caller));
        let load = doors_query(context.pack, caller).into_iter().fold(load, Load::query);
        Ok(slots_query(caller).into_iter().fold(load, Load::query))
    }

    fn follow(_: &Request<Self>, loaded: &Loaded, context: &Context<'_>) -> Option<Load> {
        let (pack, caller) = (context.pack, context.identity?);
        let joined = joined(loaded, &joined_query(caller));
        let doors = doors(pack, caller, loaded);
        let load = load_joined(&joined);
        let load = doors.iter().fold(load.unwrap_or_default(), |load, door| {
            let workspace = door.value.workspace;
            let load = load
                .record(RecordKey::Workspace(workspace))
                .record(RecordKey::Member(workspace, caller.user))
                .record(RecordKey::Departure(workspace, caller.user))
                .record(RecordKey::Tally(workspace));
            let load = slot_key(caller, workspace).into_iter().fold(load, Load::record);
            with_seats(pack, workspace, load)
        });
        (!joined.is_empty() || !doors.is_empty()).then_some(load)
    }

    fn decide(
        _: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Entered, Changes), Problem> {
        let caller = state.caller()?;
        let joined = joined(state.loaded(), &joined_query(caller));
        let account = state.get(&RecordKey::User(caller.user));
        let (user, mut changes) = user::enter(caller, account.as_ref(), &joined, moment.now);
        let mut workspaces = entries(&joined, state.followed(), state.origin);
        let brought = joined_by_domain(state, caller, &user, moment);
        let is_brought_into = |id: WorkspaceId| brought.iter().any(|(workspace, ..)| workspace.id == id);
        let mut invitations = match slots_query(caller) {
            Some(query) => my_invitations(state, &query, is_brought_into),
            None => Vec::new(),
        };
        for (workspace, member, more) in brought {
            workspaces.push(SwitcherEntry::of(&workspace, &member.role, state.origin));
            changes.extend(more);
        }
        invitations.truncate(LISTED);
        let next = match () {
            () if !invitations.is_empty() => NextStep::Invitations,
            () if !workspaces.is_empty() => NextStep::Dashboard,
            () => NextStep::Onboarding,
        };
        Ok((Entered { user: (&user).into(), workspaces, invitations, next }, changes))
    }
}
