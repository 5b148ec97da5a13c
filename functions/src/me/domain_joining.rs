//! Joining the workspaces that have verified the domain of the caller's address (R10).

use seatwise_domain::pack::{Channel, Pack, SeatModel};
use seatwise_domain::rules::domain::{self, JOINED_AT_ONCE};
use seatwise_domain::rules::join::{self, JoinContext, JoinMethod};
use seatwise_domain::rules::maker::MakerMembership;
use seatwise_domain::rules::sign_in::PAST_PERSONS;
use seatwise_domain::{
    Changes, DomainCheck, DomainName, EmailAddress, EmailSlot, Identity, Member, Moment, Stored, Tally, User,
    UserId, VerifiedDomain, Workspace, WorkspaceId,
};
use seatwise_store::{List, MAX_TRANSACTION_ACTIONS, Many, One, PageRequest, Reads};

use super::enter::Enter;
use crate::departures::DepartureReads;
use crate::operation::{ReadSoFar, State};
use crate::seat::reads::SeatReads;

/// At most so many workspaces with the caller's domain are considered.
const VERIFIED_DOMAINS: u32 = 100;
/// The most actions of one joining, its event included.
const JOIN_ACTIONS: usize = 16 + PAST_PERSONS;

/// The workspaces that the caller may join by their domain.
pub struct DomainJoining {
    /// The workspaces that have verified the domain of the caller's address.
    verified: Option<Many<VerifiedDomain>>,
    /// Whether seats are bought, so that a free one must be found.
    finds_seat: bool,
    /// Empty until the first reading has found the workspaces.
    candidates: Vec<Candidate>,
}

/// A workspace that the caller may join by their domain.
struct Candidate {
    verified: Stored<VerifiedDomain>,
    workspace: One<Workspace>,
    member: One<Member>,
    departures: DepartureReads,
    tally: One<Tally>,
    slot: Option<One<EmailSlot>>,
    seats: SeatReads,
    check: One<DomainCheck>,
}

/// A workspace that the caller has joined.
pub struct DomainJoined {
    /// The workspace.
    pub workspace: Workspace,
    /// The membership.
    pub member: Member,
}

fn verified_domains(pack: &Pack, email: &EmailAddress) -> Option<List<VerifiedDomain>> {
    let page = PageRequest { limit: VERIFIED_DOMAINS, after: None };
    pack.offers(Channel::Domain).then(|| List::verified_domains(DomainName::of(email), page))
}

impl DomainJoining {
    /// Reads the workspaces with the domain of the caller's verified address.
    pub fn plan(pack: &Pack, caller: &Identity, reads: &mut Reads) -> Self {
        let verified = caller.verified_email().and_then(|email| verified_domains(pack, email));
        Self {
            verified: verified.map(|list| reads.many(list)),
            finds_seat: pack.seats.model == SeatModel::ByTier,
            candidates: Vec::new(),
        }
    }

    /// Reads the records of workspaces that the caller is not in.
    pub fn follow(
        &mut self,
        (caller, persons): (&Identity, &[UserId]),
        is_in: impl Fn(WorkspaceId) -> bool,
        so_far: &ReadSoFar<'_>,
        reads: &mut Reads,
    ) {
        let found = self.verified.map(|list| so_far.loaded.many(list)).unwrap_or_default();
        let found = found.into_iter().filter(|verified| !is_in(verified.value.workspace));
        // More workspaces than one sign-in joins, since some may not take the caller in.
        let found: Vec<_> = found.take(2 * JOINED_AT_ONCE).collect();
        let mut candidate = |verified| self.candidate((caller, persons), verified, reads);
        self.candidates = found.into_iter().map(&mut candidate).collect();
    }

    fn candidate(
        &self,
        (caller, persons): (&Identity, &[UserId]),
        verified: Stored<VerifiedDomain>,
        reads: &mut Reads,
    ) -> Candidate {
        let (id, user) = (verified.value.workspace, caller.user);
        let email = caller.verified_email();
        Candidate {
            workspace: reads.one(Workspace::key(id)),
            member: reads.one(Member::key(id, user)),
            departures: DepartureReads::plan(id, persons, reads),
            tally: reads.one(Tally::key(id)),
            slot: email.map(|email| reads.one(EmailSlot::key(email.key(), id))),
            seats: SeatReads::plan_if(self.finds_seat, id, reads),
            check: reads.one(DomainCheck::key(verified.value.domain.clone(), id)),
            verified,
        }
    }

    /// Brings the caller into workspaces of their domain: up to a number at once, and as many as the
    /// transaction with these changes still holds. `is_in` says where the same transaction makes them a member
    /// otherwise.
    pub fn join(
        &self,
        state: &State<'_, Enter>,
        (user, is_in): (&User, &dyn Fn(WorkspaceId) -> bool),
        changes: &mut Changes,
        moment: &mut Moment,
    ) -> Vec<DomainJoined> {
        let mut joined = Vec::new();
        for candidate in self.candidates.iter().filter(|one| !is_in(one.verified.value.workspace)) {
            if joined.len() == JOINED_AT_ONCE || changes.len() + JOIN_ACTIONS > MAX_TRANSACTION_ACTIONS {
                break;
            }
            if let Some((one, more)) = candidate.join(state, user, moment) {
                joined.push(one);
                changes.extend(more);
            }
        }
        joined
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
    ) -> Option<(DomainJoined, Changes)> {
        let workspace = state.one(self.workspace)?;
        let tally = state.one(self.tally)?;
        if state.one(self.member).is_some() || !state.may_join_by_domain(&workspace.value) {
            return None;
        }
        let slot = self.slot.and_then(|handle| state.one(handle));
        let seats = self.seats.load(state);
        let departures = self.departures.load(state.loaded);
        let rights = state.makers_in(&workspace.value);
        let joining = JoinContext {
            pack: state.pack,
            workspace: &workspace,
            caller: &state.scope.caller,
            account: Some(user),
            member: None,
            slot: slot.as_ref(),
            tally: &tally.value,
            seats: &seats,
            makers: rights.rules(),
            maker: MakerMembership::Unread,
            departures: &departures,
        };
        let (member, mut changes) = join::join(joining, JoinMethod::Domain(&self.verified), moment).ok()?;
        changes.extend(domain::watch(&self.verified.value, state.one(self.check).as_ref(), moment.now));
        Some((DomainJoined { workspace: workspace.value, member }, changes))
    }
}
