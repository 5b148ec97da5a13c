//! `get-credits`: the balance (F13).

use http::Method;
use seatwise_domain::{Changes, Credits, Moment};
use seatwise_store::{One, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Reads the balance.
pub struct GetCredits;

/// The credits of a workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Credits)]
pub struct CreditsView {
    /// The number of credits that can be spent.
    #[schema(minimum = 0)]
    pub balance: i64,
}
output!(CreditsView);

impl Operation for GetCredits {
    const NAME: &'static str = "get-credits";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/credits";
    const TAG: Tag = Tag::Billing;
    const SUMMARY: &'static str = "Read the balance of credits";
    const ANSWER: &'static str = include_str!("../../examples/get-credits.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = CreditsView;
    type Plan = One<Credits>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.one(Credits::key(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let balance = state.one(*plan).map_or(0, |credits| credits.value.balance);
        Ok((CreditsView { balance }, Changes::new()))
    }
}
