//! `enter`: called by a client after sign-in.

use http::Method;
use seatwise_domain::pack::{Channel, NextStep, Pack, SeatModel};
use seatwise_domain::rules::domain::JOINED_AT_ONCE;
use seatwise_domain::rules::join::{self, JoinContext, JoinMethod, MakerMembership};
use seatwise_domain::rules::user;
use seatwise_domain::{
    Changes, Departure, DomainName, EmailAddress, EmailSlot, Identity, JoinedWorkspace, Member, Moment,
    Stored, Tally, User, VerifiedDomain, Workspace, WorkspaceId,
};
use seatwise_store::{List, Many, One, PageRequest, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use super::joined::{EntryHandles, joined_list, my_invitations, read_entries, switcher_entries};
use super::view::UserView;
use crate::invitation::view::MyInvitation;
use crate::next::NextName;
use crate::operation::{FirstReading, Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::SignedIn;
use crate::seat::reads::SeatReads;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::Nothing;
use crate::workspace::view::SwitcherEntry;

/// The answer lists at most so many invitations; `list-my-invitations` has all of them.
const LISTED: usize = 50;
/// At most so many slots with a pending invitation are read: more than are listed, since the caller may join
/// some of their workspaces by the domain.
const SEARCHED_SLOTS: u32 = 100;
/// At most so many workspaces with the caller's domain are considered.
const VERIFIED_DOMAINS: u32 = 100;

/// Creates or refreshes the caller's account from the token.
pub struct Enter;

/// The caller's account, workspaces and invitations.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    /// The caller's account.
    user: UserView,
    /// The first 50 workspaces of the caller.
    workspaces: Vec<SwitcherEntry>,
    /// The first 50 pending invitations for the caller's verified address.
    invitations: Vec<MyInvitation>,
    /// The page that a client shows next.
    #[schema(value_type = NextName)]
    next: NextStep,
}
output!(Entered);

/// The handles of the records to read.
pub struct EnterPlan {
    caller: Identity,
    account: One<User>,
    joined: Many<JoinedWorkspace>,
    /// The slots of the caller's verified address.
    slots: Option<Many<EmailSlot>>,
    /// The workspaces that have verified the domain of the caller's address.
    verified_domains: Option<Many<VerifiedDomain>>,
    /// Whether seats are bought, so that a free one must be found.
    finds_seat: bool,
    /// Empty until the first reading has found the workspaces.
    entries: Vec<EntryHandles>,
    candidates: Vec<Candidate>,
}

/// A workspace that the caller may join by their domain.
struct Candidate {
    verified: Stored<VerifiedDomain>,
    workspace: One<Workspace>,
    member: One<Member>,
    departure: One<Departure>,
    tally: One<Tally>,
    slot: Option<One<EmailSlot>>,
    seats: SeatReads,
}

fn verified_domains(pack: &Pack, email: &EmailAddress) -> Option<List<VerifiedDomain>> {
    let page = PageRequest { limit: VERIFIED_DOMAINS, after: None };
    pack.offers(Channel::Domain).then(|| List::verified_domains(DomainName::of(email), page))
}

impl EnterPlan {
    fn candidate(&self, verified: Stored<VerifiedDomain>, reads: &mut Reads) -> Candidate {
        let (id, user) = (verified.value.workspace, self.caller.user);
        let email = self.caller.verified_email();
        Candidate {
            workspace: reads.one(Workspace::key(id)),
            member: reads.one(Member::key(id, user)),
            departure: reads.one(Departure::key(id, user)),
            tally: reads.one(Tally::key(id)),
            slot: email.map(|email| reads.one(EmailSlot::key(email.key(), id))),
            seats: SeatReads::plan_if(self.finds_seat, id, reads),
            verified,
        }
    }
}

impl Candidate {
    /// Brings the caller into the workspace. If the workspace does not take them in, because it is full
    /// or they left it before, that is not an error: nobody asked for it.
    fn join(
        &self,
        state: &State<'_, Enter>,
        user: &User,
        moment: &mut Moment,
    ) -> Option<(Workspace, Member, Changes)> {
        let workspace = state.one(self.workspace)?;
        let tally = state.one(self.tally)?;
        if state.one(self.member).is_some() || !state.may_join_by_domain(&workspace.value) {
            return None;
        }
        let slot = self.slot.and_then(|handle| state.one(handle));
        let seats = self.seats.load(state);
        let joining = JoinContext {
            pack: state.pack,
            workspace: &workspace.value,
            caller: &state.scope.caller,
            account: Some(user),
            member: None,
            slot: slot.as_ref(),
            tally: &tally.value,
            seats: &seats,
            maker: MakerMembership::Unread,
            has_left: state.one(self.departure).is_some(),
        };
        let (member, changes) = join::join(joining, JoinMethod::Domain(&self.verified), moment).ok()?;
        Some((workspace.value, member, changes))
    }
}

/// Brings the caller into workspaces of their domain, up to a number at once.
fn join_by_domain(
    plan: &EnterPlan,
    state: &State<'_, Enter>,
    user: &User,
    moment: &mut Moment,
) -> Vec<(Workspace, Member, Changes)> {
    let mut joined = Vec::new();
    for candidate in &plan.candidates {
        if joined.len() == JOINED_AT_ONCE {
            break;
        }
        joined.extend(candidate.join(state, user, moment));
    }
    joined
}

impl Operation for Enter {
    const NAME: &'static str = "enter";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/me";
    const TAG: Tag = Tag::Me;
    const SUMMARY: &'static str = "Register a sign-in";
    const DESCRIPTION: &'static str = "Creates or updates the caller's account from the access token. Adds \
        the caller to the workspaces that have verified the domain of the caller's verified address. \
        Returns the page that a client shows next. Call this operation once after each sign-in.";
    const ANSWER: &'static str = include_str!("../../examples/enter.answer.json");

    type Scope = SignedIn;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Entered;
    type Plan = EnterPlan;

    fn plan(
        _: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (pack, caller) = (start.pack, start.scope);
        let email = caller.verified_email();
        let page = PageRequest { limit: SEARCHED_SLOTS, after: None };
        let plan = EnterPlan {
            caller: caller.clone(),
            account: reads.one(User::key(caller.user)),
            joined: reads.many(joined_list(caller.user)),
            slots: email.map(|email| reads.many(List::pending_slots(email.key(), start.now, page))),
            verified_domains: email
                .and_then(|email| verified_domains(pack, email))
                .map(|list| reads.many(list)),
            finds_seat: pack.seats.model == SeatModel::ByTier,
            entries: Vec::new(),
            candidates: Vec::new(),
        };
        Ok(about((), plan))
    }

    fn follow(plan: &mut EnterPlan, first: &FirstReading<'_>, reads: &mut Reads) {
        plan.entries = read_entries(first.loaded.many(plan.joined), reads);
        let found = plan.verified_domains.map(|list| first.loaded.many(list)).unwrap_or_default();
        let is_in = |id: WorkspaceId| plan.entries.iter().any(|entry| entry.id == id);
        let found = found.into_iter().filter(|verified| !is_in(verified.value.workspace));
        // More workspaces than one sign-in joins, since some may not take the caller in.
        let found: Vec<_> = found.take(2 * JOINED_AT_ONCE).collect();
        plan.candidates = found.into_iter().map(|verified| plan.candidate(verified, reads)).collect();
    }

    fn decide(
        plan: &EnterPlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Entered, Changes), Problem> {
        let caller = &state.scope.caller;
        let joined: Vec<JoinedWorkspace> =
            state.many(plan.joined).into_iter().map(|stored| stored.value).collect();
        let account = state.one(plan.account);
        let (user, mut changes) = user::enter(caller, account.as_ref(), &joined, moment.now);
        let mut workspaces = switcher_entries(&plan.entries, state);
        let brought = join_by_domain(plan, state, &user, moment);
        let is_brought_into = |id: WorkspaceId| brought.iter().any(|(workspace, ..)| workspace.id == id);
        let slots = plan.slots.map(|slots| state.many(slots)).unwrap_or_default();
        let mut invitations = my_invitations(slots, state.now, state.origin, is_brought_into);
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
