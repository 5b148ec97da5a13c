//! `buy-credits`: packages of credits, through the pack's billing provider (F13).

use http::Method;
use seatwise_domain::pack::PackageId;
use seatwise_domain::rules::billing::MAX_PER_PURCHASE;
use seatwise_domain::{Changes, Credits, Moment};
use seatwise_store::{One, Reads};
use serde::Deserialize;
use utoipa::ToSchema;

use super::agreed::AgreedFields;
use super::buying::{Granted, decide_purchase};
use super::change::AskedChange;
use super::get_credits::CreditsView;
use super::purchased::Purchased;
use super::reads::HoldingReads;
use crate::body;
use crate::operation::{Operation, Planned, Request, Start, State, StripeUse, about};
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::tag::Tag;
use crate::wire::{Created, Nothing, Units, of_form};
use crate::workspace::target::ThisWorkspace;

/// Buys credits.
pub struct BuyCredits;

/// The packages to buy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyCreditsBody {
    /// The package. The default is the first package of the product.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    package: Option<PackageId>,
    /// The number of packages.
    #[schema(value_type = u32, minimum = 1, maximum = 50)]
    quantity: Units<1, MAX_PER_PURCHASE>,
    /// The price that was agreed to. Without it, the purchase is made at the price that it has then.
    #[schema(value_type = Option<AgreedFields>)]
    #[serde(default)]
    agreed: Option<AgreedFields>,
}
body!(BuyCreditsBody);

/// The handles of the records to read.
pub struct BuyCreditsPlan {
    credits: One<Credits>,
    held: HoldingReads,
}

impl Operation for BuyCredits {
    const NAME: &'static str = "buy-credits";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/credits";
    const TAG: Tag = Tag::Billing;
    const IDEMPOTENT: bool = true;
    const STRIPE: StripeUse = StripeUse::Pays;
    const SUMMARY: &'static str = "Buy credits";
    const DESCRIPTION: &'static str = "The answer is 201 with the new balance when the purchase is paid, and 202 \
        with the page where the customer pays it otherwise. With the `manual` billing provider, the credits are \
        available immediately, and the purchase is recorded for an invoice.";
    const CODES: &'static [Code] = &[Code::PackageUnknown];
    const EXAMPLE: &'static str = include_str!("../../examples/buy-credits.request.json");
    const ANSWER: &'static str = include_str!("../../examples/buy-credits.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = BuyCreditsBody;
    type Output = Purchased<Created<CreditsView>>;
    type Plan = BuyCreditsPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let plan = BuyCreditsPlan {
            credits: reads.one(Credits::key(workspace)),
            held: HoldingReads::plan(start.pack, workspace, reads),
        };
        Ok(about((), plan))
    }

    fn decide(
        plan: &Self::Plan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let BuyCreditsBody { package, quantity, agreed } = &state.request.body;
        let asked = AskedChange::Credits(package.clone(), quantity.0).at_price(agreed.as_ref());
        let before = state.one(plan.credits).map_or(0, |credits| credits.value.balance);
        let (decided, changes) = decide_purchase(state, &plan.held.load(state)?, &asked, moment)?;
        let balance = |granted: Granted| before.saturating_add(i64::from(granted.credits));
        Ok((decided.answer(|granted| Created(CreditsView { balance: balance(granted) })), changes))
    }
}
