//! `enter`: called by a client after sign-in.

use http::Method;
use seatwise_domain::pack::NextStep;
use seatwise_domain::rules::address::Membership;
use seatwise_domain::rules::user::{self, AddressOwners, EnterContext};
use seatwise_domain::{
    AddressOwner, Changes, EmailSlot, Identity, JoinedWorkspace, Moment, Stored, User, WorkspaceId,
};
use seatwise_store::{List, MAX_TRANSACTION_ACTIONS, Many, One, PageRequest, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use super::domain_joining::DomainJoining;
use super::joined::{
    EntryHandles, InviterDepartures, my_invitations, read_entries, switcher_entries, values,
};
use super::own_sign_in::{self, OwnSignIn};
use super::view::UserView;
use crate::departures::PastPersonsRead;
use crate::invitation::view::MyInvitation;
use crate::next::NextName;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::output;
use crate::owned_addresses::OwnerReads;
use crate::path::Root;
use crate::problem::{Code, Problem};
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::Nothing;
use crate::workspace::view::SwitcherEntry;

/// The answer lists at most so many invitations; `list-my-invitations` has all of them.
const LISTED: usize = 50;
/// At most so many slots of an address are searched for the slots of the caller's workspaces. Slots of past
/// memberships and invitations lie among them.
const SEARCHED_SLOTS: u32 = 1_000;
/// At most so many slots with a pending invitation are read: more than are listed, since the caller may join
/// some of their workspaces by the domain.
const PENDING_SLOTS: u32 = 100;

/// The most changes of entering: the caller's address and the event of the account take one more action each, and one
/// is spare.
const MOST_CHANGES: usize = MAX_TRANSACTION_ACTIONS - 3;

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
    /// The owner of the caller's verified address, where the product links sign-ins.
    owner: Option<One<AddressOwner>>,
    /// The owners of the other addresses that the account and its memberships have.
    owners_before: OwnerReads,
    /// The slots of the caller's verified address.
    slots: Option<Many<EmailSlot>>,
    /// The slots of this address with a pending invitation.
    pending: Option<Many<EmailSlot>>,
    /// The slots in the caller's workspaces, if the list has not all slots.
    more_slots: Vec<One<EmailSlot>>,
    domains: DomainJoining,
    /// The account and the memberships of the sign-in itself, if it stands for another person.
    own: Option<OwnSignIn>,
    past: PastPersonsRead,
    /// The departures from the workspaces that have invited the caller. Empty until the first reading has found
    /// the workspaces.
    departures: InviterDepartures,
    /// Empty until the first reading has found the workspaces.
    entries: Vec<EntryHandles>,
}

impl EnterPlan {
    /// The slots of the caller's verified address.
    fn slots(&self, state: &State<'_, Enter>) -> Vec<Stored<EmailSlot>> {
        self.slots.map(|slots| state.many(slots)).unwrap_or_default()
    }

    /// The caller's memberships, each with the slot of the caller's verified address.
    fn memberships(&self, slots: &[Stored<EmailSlot>], state: &State<'_, Enter>) -> Vec<Membership> {
        let more: Vec<_> = self.more_slots.iter().filter_map(|handle| state.one(*handle)).collect();
        let slot = |id: WorkspaceId| slots.iter().chain(&more).find(|slot| slot.value.workspace == id);
        let membership = |entry: &EntryHandles| {
            Some(Membership { member: entry.member(state)?, slot: slot(entry.id).cloned() })
        };
        self.entries.iter().filter_map(membership).collect()
    }
}

impl Operation for Enter {
    const NAME: &'static str = "enter";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/me";
    const TAG: Tag = Tag::Me;
    const SUMMARY: &'static str = "Register a sign-in";
    const DESCRIPTION: &'static str = "Creates or updates the caller's account from the access token. All \
        sign-ins with the same verified address are one person, unless the product switches this off. If \
        the verified address has changed, the caller's memberships follow it. Adds the caller to the \
        workspaces that have verified the domain of the caller's verified address. Returns the page that a \
        client shows next. Call this operation once after each sign-in.";
    const CODES: &'static [Code] = &[Code::EmailRequired];
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
        if caller.email.is_none() {
            return Err(Code::EmailRequired.into());
        }
        let email = caller.verified_email();
        let linked_by = email.filter(|_| pack.sign_in.one_person_per_address);
        let page = PageRequest { limit: SEARCHED_SLOTS, after: None };
        let pending = PageRequest { limit: PENDING_SLOTS, after: None };
        let plan = EnterPlan {
            caller: caller.clone(),
            account: reads.one(User::key(caller.user)),
            joined: reads.many(List::all_joined(caller.user)),
            owner: linked_by.map(|email| reads.one(AddressOwner::key(email.key()))),
            owners_before: OwnerReads::default(),
            slots: email.map(|email| reads.many(List::email_slots(email.key(), page))),
            pending: email.map(|email| reads.many(List::pending_slots(email.key(), start.now, pending))),
            more_slots: Vec::new(),
            domains: DomainJoining::plan(pack, caller, reads),
            own: OwnSignIn::plan(caller, reads),
            past: PastPersonsRead::plan(caller, reads),
            departures: InviterDepartures::default(),
            entries: Vec::new(),
        };
        Ok(about((), plan))
    }

    fn follow(plan: &mut EnterPlan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let EnterPlan { caller, account, joined, owner, owners_before, slots, .. } = plan;
        plan.entries = read_entries(so_far.loaded.many(*joined), reads);
        if let Some(email) = caller.verified_email() {
            let before = so_far.loaded.one(*account).and_then(|account| account.value.email);
            let known = plan.entries.iter().filter_map(|entry| entry.address(so_far.loaded));
            let others = before.map(|before| before.key()).into_iter().chain(known);
            let others = others.filter(|before| owner.is_some() && *before != email.key());
            *owners_before = OwnerReads::plan(others, reads);
            let is_cut = slots.is_some_and(|slots| so_far.loaded.next(slots).is_some());
            let more = plan.entries.iter().filter(|_| is_cut);
            plan.more_slots = more.map(|entry| reads.one(EmailSlot::key(email.key(), entry.id))).collect();
        }
        let is_in = |id: WorkspaceId| plan.entries.iter().any(|entry| entry.id == id);
        let persons = plan.past.persons(caller, so_far.loaded);
        plan.domains.follow((caller, &persons), is_in, so_far, reads);
        let pending = plan.pending.map(|pending| so_far.loaded.many(pending)).unwrap_or_default();
        plan.departures = InviterDepartures::plan(&pending, &persons, reads);
        if let Some(own) = &mut plan.own {
            own.follow(caller, so_far, reads);
        }
    }

    fn decide(
        plan: &EnterPlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Entered, Changes), Problem> {
        let caller = &state.scope.caller;
        let account = state.one(plan.account);
        let slots = plan.slots(state);
        let merges = plan.own.as_ref().map(|own| own.merges(state)).unwrap_or_default();
        let is_merged = |id: WorkspaceId| merges.iter().any(|merge| merge.workspace() == id);
        let joined = values(state.many(plan.joined));
        let of_sign_in = plan.owner.map(|owner| state.one(owner));
        let of_others = plan.owners_before.load(state.loaded);
        let (user, mut changes) = user::enter(EnterContext {
            caller,
            account: account.as_ref(),
            owners: of_sign_in
                .as_ref()
                .map(|of_sign_in| AddressOwners { of_sign_in: of_sign_in.as_ref(), of_others: &of_others }),
            joined: &joined,
            memberships: &plan.memberships(&slots, state),
            merging: &merges.iter().map(own_sign_in::Merge::workspace).collect::<Vec<_>>(),
            // And the person that the sign-in stands for.
            reserved: own_sign_in::actions(&merges) + 1,
            now: moment.now,
        });
        changes.extend(plan.past.remember(caller, state.loaded));
        let mut entries = plan.entries.clone();
        entries.retain(|entry| !is_merged(entry.id));
        let mut workspaces = switcher_entries(&entries, state);
        if let Some(own) = &plan.own {
            let (joint, more) = own.merge(&merges, state, &user, moment);
            changes.extend(more);
            workspaces.extend(joint.iter().map(|one| {
                SwitcherEntry::of(&one.workspace, &state.pack.role_name(&one.member.role), state.origin)
            }));
        }
        let brought = plan.domains.join(state, (&user, &is_merged), &mut changes, moment);
        workspaces.extend(brought.iter().map(|one| {
            SwitcherEntry::of(&one.workspace, &state.pack.role_name(&one.member.role), state.origin)
        }));
        let is_in = |id: WorkspaceId| is_merged(id) || brought.iter().any(|one| one.workspace.id == id);
        let pending = plan.pending.map(|pending| state.many(pending)).unwrap_or_default();
        let (pending, noted) = plan.departures.note(pending, is_in, state.loaded);
        if changes.len() + noted.len() <= MOST_CHANGES {
            changes.extend(noted);
        }
        let mut invitations = my_invitations(pending, state, is_in);
        invitations.truncate(LISTED);
        let next = match () {
            () if !invitations.is_empty() => NextStep::Invitations,
            () if !workspaces.is_empty() => NextStep::Dashboard,
            () => NextStep::Onboarding,
        };
        Ok((Entered { user: (&user).into(), workspaces, invitations, next }, changes))
    }
}
