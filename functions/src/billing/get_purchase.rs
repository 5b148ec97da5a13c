//! `get-purchase`: what became of a purchase.

use http::Method;
use seatwise_domain::{Changes, Moment, Purchase};
use seatwise_store::{One, Reads};

use super::view::PurchaseView;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::PurchasePath;
use crate::problem::Problem;
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Reads a purchase.
pub struct GetPurchase;

impl Operation for GetPurchase {
    const NAME: &'static str = "get-purchase";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/purchases/{purchaseId}";
    const TAG: Tag = Tag::Billing;
    const SUMMARY: &'static str = "Read a purchase";
    const ANSWER: &'static str = include_str!("../../examples/get-purchase.answer.json");

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
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let purchase = state.required(*plan)?.value;
        Ok((PurchaseView::of(state.pack, &purchase), Changes::new()))
    }
}
