//! `spend-credits`: as many as there are, and no more (F13).

use http::Method;
use seatwise_domain::rules::billing::{self, Spender};
use seatwise_domain::{Changes, Credits, Moment, Reason};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::get_credits::CreditsView;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::{MemberOrService, WorkspaceActor};
use crate::tag::Tag;
use crate::wire::text::ReasonSchema;
use crate::wire::{Nothing, Units};
use crate::workspace::target::ThisWorkspace;

/// Spends credits.
pub struct SpendCredits;

/// The credits to spend.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendCreditsBody {
    /// The number of credits.
    #[schema(value_type = u32, minimum = 1, maximum = 1_000_000)]
    amount: Units<1, 1_000_000>,
    /// What the credits are spent for, for the ledger.
    #[schema(value_type = ReasonSchema)]
    reason: Reason,
}
body!(SpendCreditsBody);

impl Operation for SpendCredits {
    const NAME: &'static str = "spend-credits";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/credits/spend";
    const TAG: Tag = Tag::Billing;
    const IDEMPOTENT: bool = true;
    const SUMMARY: &'static str = "Spend credits";
    const DESCRIPTION: &'static str = "The balance never falls below zero, however many requests spend at once. \
        The answer has the balance without what other requests do at the same moment.";
    const CODES: &'static [Code] = &[Code::CreditsInsufficient];
    const EXAMPLE: &'static str = include_str!("../../examples/spend-credits.request.json");
    const ANSWER: &'static str = include_str!("../../examples/spend-credits.answer.json");

    type Scope = MemberOrService;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = SpendCreditsBody;
    type Output = CreditsView;
    type Plan = One<Credits>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, MemberOrService>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), reads.one(Credits::key(request.path.workspace))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let SpendCreditsBody { amount, reason } = &state.request.body;
        let workspace = state.request.path.workspace;
        let by = match &state.scope.actor {
            WorkspaceActor::Member(member) => Spender::Member(member.caller.user),
            WorkspaceActor::Service(service) => {
                Spender::Service { id: service.service.id(), name: service.service.name.clone() }
            }
        };
        let credits = state.one(*plan).map(|credits| credits.value);
        let (balance, changes) =
            billing::spend(workspace, credits.as_ref(), amount.0, reason.clone(), &by, moment)?;
        Ok((CreditsView { balance }, changes))
    }
}
