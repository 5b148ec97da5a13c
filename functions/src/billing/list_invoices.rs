//! `list-invoices`: as Stripe has them (S16).

use http::Method;
use jiff::Timestamp;
use seatwise_domain::pack::BillingProvider;
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::MoneyView;
use super::reads::AccountRead;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::path::WorkspacePath;
use crate::payments::{IssuedInvoice, Question, StripeAnswer};
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Nothing, Page};
use crate::workspace::target::ThisWorkspace;

/// Lists invoices.
pub struct ListInvoices;

/// An invoice.
#[derive(Serialize, ToSchema)]
#[schema(as = Invoice)]
pub struct InvoiceView {
    /// The number of the invoice.
    #[schema(required)]
    number: Option<String>,
    /// The time of the invoice.
    #[schema(value_type = String, format = DateTime)]
    date: Timestamp,
    /// The total.
    amount: MoneyView,
    /// The status: `open`, `paid`, `uncollectible` or `void`.
    #[schema(example = "paid")]
    status: String,
    /// The page where the customer reads and pays the invoice.
    #[schema(required, format = "uri")]
    url: Option<String>,
}

impl From<&IssuedInvoice> for InvoiceView {
    fn from(invoice: &IssuedInvoice) -> Self {
        Self {
            number: invoice.number.clone(),
            date: invoice.date,
            amount: MoneyView { amount: invoice.total, currency: invoice.currency.clone() },
            status: invoice.status.clone(),
            url: invoice.url.clone(),
        }
    }
}

impl Operation for ListInvoices {
    const NAME: &'static str = "list-invoices";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/billing/invoices";
    const TAG: Tag = Tag::Billing;
    const STRIPE: StripeUse = StripeUse::Asks;
    const SUMMARY: &'static str = "List invoices";
    const DESCRIPTION: &'static str =
        "The newest 100 invoices, newest first. Nothing of them is stored here.";
    const ANSWER: &'static str = include_str!("../../examples/list-invoices.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = Page<InvoiceView>;
    type Plan = AccountRead;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        Ok(about((), AccountRead::plan(start.pack, request.path.workspace, reads)))
    }

    fn ask(plan: &Self::Plan, state: &State<'_, Self>) -> Result<Option<Question>, Problem> {
        let customer = plan.load(state).and_then(|account| account.value.customer);
        Ok(customer.map(|customer| Question::Invoices { customer }))
    }

    fn decide(
        _: &Self::Plan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let invoices: &[IssuedInvoice] = match (state.pack.billing.provider, state.answered) {
            (BillingProvider::Manual, _) => return Err(Code::BillingNotOffered.into()),
            (BillingProvider::Stripe, Some(StripeAnswer::Invoices(invoices))) => invoices,
            // Who has bought nothing has no invoices.
            (BillingProvider::Stripe, _) => &[],
        };
        Ok((
            Page { items: invoices.iter().map(InvoiceView::from).collect(), next_cursor: None },
            Changes::new(),
        ))
    }
}
