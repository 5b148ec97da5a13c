//! `open-billing-portal`: the page of Stripe for cards and invoices (S16).

use http::Method;
use seatwise_domain::pack::BillingProvider;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;

use super::reads::AccountRead;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::output;
use crate::path::WorkspacePath;
use crate::payments::{Question, StripeAnswer};
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Opens the portal.
pub struct OpenBillingPortal;

/// The page of the portal.
#[derive(Serialize, ToSchema)]
pub struct Portal {
    /// The address of the page, for the caller alone, and for a few minutes.
    #[schema(format = "uri")]
    url: String,
}
output!(Portal);

impl Operation for OpenBillingPortal {
    const NAME: &'static str = "open-billing-portal";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/billing/portal";
    const TAG: Tag = Tag::Billing;
    const STRIPE: StripeUse = StripeUse::Asks;
    const SUMMARY: &'static str = "Open the billing portal";
    const DESCRIPTION: &'static str = "Cards and invoices are managed in Stripe's portal. A workspace that has \
        bought nothing yet has none (`not_found`).";
    const ANSWER: &'static str = include_str!("../../examples/open-billing-portal.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Portal;
    type Plan = AccountRead;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), AccountRead::plan(start.pack, request.path.workspace, reads)))
    }

    fn ask(plan: &Self::Plan, state: &State<'_, Self>) -> Result<Option<Question>, Problem> {
        match state.pack.billing.provider {
            BillingProvider::Manual => Ok(None),
            BillingProvider::Stripe => {
                let customer = plan.load(state).and_then(|account| account.value.customer);
                let customer = customer.ok_or_else(Problem::not_found)?;
                let workspace = state.request.path.workspace;
                Ok(Some(Question::Portal { workspace, customer, visit: None }))
            }
        }
    }

    fn decide(_: &Self::Plan, state: &State<'_, Self>, _: &mut Moment) -> Result<(Portal, Changes), Problem> {
        match state.answered {
            Some(StripeAnswer::Page(url)) => Ok((Portal { url: url.clone() }, Changes::new())),
            _ => Err(Code::BillingNotOffered.into()),
        }
    }
}
