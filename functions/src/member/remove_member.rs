//! `remove-member`: at once; the seat is free, the account stays (S9, F9, R13).

use http::{Method, StatusCode};
use seatwise_domain::Moment;
use seatwise_domain::change::Changes;
use seatwise_domain::member::{self, Member};
use seatwise_domain::record::{RecordKey, Stored};
use seatwise_store::Load;

use crate::operation::{Context, Operation, Request, State};
use crate::problem::{Code, Problem};
use crate::request::{Nothing, OfMember};

/// Removes a member.
pub struct RemoveMember;

impl Operation for RemoveMember {
    const NAME: &'static str = "remove-member";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/members/{userId}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Remove a member";
    const DESCRIPTION: &'static str = "At once. Their seat is free; their account and other workspaces stay.";
    const CODES: &'static [Code] = &[Code::OwnRemoval, Code::CreatorProtected, Code::LastGovernor];

    type Path = OfMember;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ();

    fn load(request: &Request<Self>, _: &Context<'_>) -> Result<Load, Problem> {
        Ok(Load::new().record(RecordKey::Tally(request.path.workspace)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<((), Changes), Problem> {
        let member: Stored<Member> = state.subject()?;
        let tally = state.tally(request.path.workspace)?;
        Ok(((), member::remove(state.pack, &member, &tally, moment.now)?))
    }
}
