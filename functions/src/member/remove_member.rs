//! `remove-member`: at once; the seat is free, the account stays (S9, F9, R13).

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, Stored};
use seatwise_store::Reads;

use super::context::{MemberContext, Need};
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::MemberPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Removes a member.
pub struct RemoveMember;

impl Operation for RemoveMember {
    const NAME: &'static str = "remove-member";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}";
    const TAG: Tag = Tag::Members;
    const SUMMARY: &'static str = "Remove a member";
    const DESCRIPTION: &'static str = "The member loses access immediately, and their seat becomes free. \
        They stay in their other workspaces. If this was their last workspace, the product can delete their \
        account.";
    const CODES: &'static [Code] = &[Code::OwnRemoval, Code::CreatorProtected, Code::LastGovernor];

    type Scope = InWorkspace;
    type Target = Stored<Member>;
    type Path = MemberPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();
    type Plan = MemberContext;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let MemberPath { workspace, user } = request.path;
        Ok(about(user, MemberContext::plan(start.pack, workspace, user, Need::Counts, reads)))
    }

    fn follow(plan: &mut Self::Plan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        plan.read_heirs(so_far, reads);
        plan.read_owners(so_far, reads);
    }

    fn decides_about(target: &Stored<Member>) -> Option<&Stored<Member>> {
        Some(target)
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let context = plan.load(state)?;
        Ok(((), member::remove(context.membership(state), state.target, moment)?))
    }
}
