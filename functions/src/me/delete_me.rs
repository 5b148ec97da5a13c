//! `delete-me`: deletes the caller's account and ends their memberships.

use http::Method;
use seatwise_domain::rules::account_deletion::{self, ENDED_AT_ONCE};
use seatwise_domain::{Changes, EmailAddress, EmailKey, JoinedWorkspace, Moment, User};
use seatwise_store::{List, Many, One, Reads};

use super::ending::{LoadedMembership, MembershipHandles};
use super::joined::values;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::owned_addresses::OwnerReads;
use crate::path::Root;
use crate::problem::{Code, Problem};
use crate::scope::SignedIn;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::Nothing;

/// Deletes the caller's account.
pub struct DeleteMe;

/// The handles of the records to read.
pub struct DeletePlan {
    account: One<User>,
    /// The caller's verified address.
    address: Option<EmailKey>,
    /// The owners of that address, and of those that the account and its memberships have.
    owners: OwnerReads,
    joined: Many<JoinedWorkspace>,
    /// Empty until the first reading has found the workspaces.
    memberships: Vec<MembershipHandles>,
}

impl Operation for DeleteMe {
    const NAME: &'static str = "delete-me";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/me";
    const TAG: Tag = Tag::Me;
    const SUMMARY: &'static str = "Delete the caller's account";
    const DESCRIPTION: &'static str = "The caller leaves all workspaces, also where the product lets nobody \
        leave, and their seats become free. The caller's account is deleted immediately; in more than eight \
        workspaces, the memberships end within a minute. If a workspace needs the caller, nothing changes, \
        and `workspaces` lists each such workspace with its code. The answer has the code of the first. \
        Make another member a governing member or the creator there, or delete the workspace, then repeat \
        the request. A later sign-in creates a new account, which joins a former workspace only by a new \
        invitation.";
    const CODES: &'static [Code] = &[Code::LastGovernor, Code::CreatorProtected];

    type Scope = SignedIn;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = DeletePlan;

    fn plan(
        _: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let caller = start.scope.user;
        let plan = DeletePlan {
            account: reads.one(User::key(caller)),
            address: start.scope.verified_email().map(EmailAddress::key),
            owners: OwnerReads::plan(start.scope.verified_email().map(EmailAddress::key), reads),
            joined: reads.many(List::all_joined(caller)),
            memberships: Vec::new(),
        };
        Ok(about((), plan))
    }

    fn follow(plan: &mut DeletePlan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let joined = values(so_far.loaded.many(plan.joined));
        plan.memberships = joined.iter().map(|joined| MembershipHandles::plan(joined, reads)).collect();
        // More memberships end in a task, which reads the heirs itself.
        if plan.memberships.len() <= ENDED_AT_ONCE {
            plan.memberships.iter_mut().for_each(|membership| membership.read_heirs(so_far.loaded, reads));
        }
        let account = so_far.loaded.one(plan.account).and_then(|account| account.value.email);
        let addresses = plan.address.iter().cloned().chain(account.map(|email| email.key()));
        let known = plan.memberships.iter().filter_map(|membership| membership.address(so_far.loaded));
        plan.owners = OwnerReads::plan(addresses.chain(known), reads);
    }

    fn decide(
        plan: &DeletePlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<((), Changes), Problem> {
        let load = |handles: &MembershipHandles| handles.load(state.loaded, &state.active.bundle, moment.now);
        let loaded: Vec<LoadedMembership<'_>> = plan.memberships.iter().filter_map(load).collect();
        let memberships: Vec<_> = loaded.iter().map(LoadedMembership::ending).collect();
        let owners = plan.owners.load(state.loaded);
        let account = state.one(plan.account).map(|stored| stored.value);
        let (user, joined) = (state.scope.caller.user, plan.memberships.len());
        account_deletion::delete(user, account.as_ref(), &owners, &memberships, joined, moment)
            .map(|changes| ((), changes))
            .map_err(|needed_in| Problem::needed_in(&needed_in))
    }
}
