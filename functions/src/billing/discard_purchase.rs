//! `discard-purchase`: a purchase that nobody wants to pay any more.

use http::Method;
use seatwise_domain::{Change, Changes, Moment, Purchase};
use seatwise_store::{One, Reads};

use super::buying::sync_request;
use super::view::PurchaseView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::PurchasePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Discards a purchase.
pub struct DiscardPurchase;

impl Operation for DiscardPurchase {
    const NAME: &'static str = "discard-purchase";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/purchases/{purchaseId}";
    const TAG: Tag = Tag::Billing;
    const SUMMARY: &'static str = "Discard a purchase";
    const DESCRIPTION: &'static str = "Its page to pay closes, and its invoice is voided. The status becomes \
        `discarded` a moment later, or `paid` if the customer was faster. A purchase that is not open stays as it \
        is.";
    const ANSWER: &'static str = include_str!("../../examples/discard-purchase.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = PurchasePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = PurchaseView;
    type Plan = One<Purchase>;

    fn plan(
        request: &Request<Self>,
        _: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let PurchasePath { workspace, purchase } = request.path;
        Ok(about((), reads.one(Purchase::key(workspace, purchase))))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let stored = state.required(*plan)?;
        let mut payment = stored.value.payment.clone().unwrap_or_default();
        if !stored.value.state.is_open() || payment.discarded {
            return Ok((PurchaseView::of(state.pack, &stored.value), Changes::new()));
        }
        payment.discarded = true;
        let purchase = Purchase { payment: Some(payment), ..stored.value.clone() };
        let view = PurchaseView::of(state.pack, &purchase);
        let mut changes = vec![Change::update(&stored, purchase)];
        changes.extend(sync_request(state.pack, state.request.path.workspace, moment.now));
        Ok((view, changes))
    }
}
