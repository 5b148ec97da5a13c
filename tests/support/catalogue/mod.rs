//! One working request for each operation, and what must exist before it. Every test that goes through
//! all operations reads this catalogue and adds only what is its own: a fault, a counter, a caller.
//! A new operation needs an entry in [`requests`]; without one, a test names the operation.
//!
//! `infra/requests.json` is the same catalogue for the proof of a deployment. It is generated
//! (`UPDATE=1 cargo test -p seatwise-tests catalogue`). Its form:
//!
//! - `requests`: a list of entries. An entry has an `operation`, a `variant` (empty for the plain request),
//!   the `pack` that it works under, a list of steps `before` it, and the `request` itself, which is a step
//!   too. A scene runs the steps one after the other.
//! - A caller whose name begins with `service:` is a service, and all scenes have the same services.
//! - A step is a request if it has a `path`: `operation`, `who` (the name of the caller; null for nobody
//!   who is signed in), `method`, `path`, `body` (JSON, or null for none), `picture` (true if the body is a
//!   PNG picture instead), `status` of the answer. With `atDomain`, the caller's address is at the scene's
//!   own domain. Otherwise the step is an operator's: `setPlan` puts the workspace on a plan,
//!   `verifyDomain` (true) verifies the scene's domain.
//! - Texts in `path` and `body` hold names in braces. A scene has a tag of its own, and these names from
//!   the start: `{NAME.email}` is the address of a person, `NAME-TAG@acme.example`; `{domain}` is
//!   `dTAG.example`.
//! - `keeps`: by operation, the values that its answers add to the scene: `name`, `at` (a JSON pointer into
//!   the answer), and `after` (the value is the rest of the text after this one). The name `who` stands for
//!   the name of the caller, whose id it is.

mod requests;

use http::Method;
use seatwise_functions::Row;
use seatwise_functions::operations;
use serde_json::{Value, json};

use super::contract::takes_json;

pub use requests::{by, invite, requests, set_plan};

/// A feature that some products offer and others do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Seats are bought.
    BoughtSeats,
    /// Seats come with the plan.
    PlanSeats,
    /// Members ask to leave.
    LeaveRequests,
    /// Members leave when they like.
    DirectLeave,
    /// There are links for roles, and domains.
    LinksAndDomains,
    /// Credits are sold.
    Credits,
    /// API keys that everybody may have.
    ApiKeys,
    /// Resources under limits.
    Resources,
    /// A plan with a price is sold: its name.
    PlanForSale(&'static str),
}

/// A product, as far as requests differ.
#[derive(Debug)]
pub struct Product {
    /// The pack's name.
    pub pack: &'static str,
    /// The role that governs a workspace.
    pub governor: &'static str,
    /// The role of people who join.
    pub joiner: &'static str,
    /// Another role that an invitation may be for.
    pub other: &'static str,
    features: &'static [Feature],
}

/// All products. The first one that offers an operation is the one that most tests try it in.
pub const PRODUCTS: [Product; 4] = [
    Product {
        pack: "purchased-seats",
        governor: "owner",
        joiner: "member",
        other: "admin",
        features: &[Feature::BoughtSeats, Feature::LeaveRequests],
    },
    Product {
        pack: "role-seats",
        governor: "admin",
        joiner: "member",
        other: "viewer",
        features: &[Feature::PlanSeats, Feature::LinksAndDomains, Feature::PlanForSale("business")],
    },
    Product {
        pack: "role-ladder",
        governor: "owner",
        joiner: "member",
        other: "admin",
        features: &[
            Feature::DirectLeave,
            Feature::ApiKeys,
            Feature::Resources,
            Feature::PlanForSale("growth"),
        ],
    },
    Product {
        pack: "flat-owners",
        governor: "owner",
        joiner: "member",
        other: "member",
        features: &[Feature::ApiKeys, Feature::Credits, Feature::PlanForSale("pro")],
    },
];

impl Product {
    /// The product of a pack.
    pub fn of(pack: &str) -> &'static Self {
        PRODUCTS.iter().find(|product| product.pack == pack).unwrap_or_else(|| panic!("no product {pack}"))
    }

    /// The plan with a price that the product sells.
    pub fn plan_for_sale(&self) -> Option<&'static str> {
        self.features.iter().find_map(|feature| match feature {
            Feature::PlanForSale(plan) => Some(*plan),
            _ => None,
        })
    }

    /// A plan that requests can name.
    pub fn a_plan(&self) -> &'static str {
        self.plan_for_sale().unwrap_or("workspace")
    }

    /// Whether the product offers this.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

/// A request that works, and what must exist before it.
#[derive(Clone)]
pub struct Entry {
    /// The operation.
    pub row: &'static Row,
    /// The difference from the operation's other requests; empty for the plain one.
    pub variant: &'static str,
    /// The product that it works in.
    pub product: &'static Product,
    /// The steps before it.
    pub before: Vec<Step>,
    /// The request itself.
    pub request: Step,
}

impl Entry {
    /// The operation's name, with the variant.
    pub fn name(&self) -> String {
        format!("{} {}", self.row.name, self.variant).trim_end().to_owned()
    }

    /// Whether the request asks for a certain kind of seat for an invitation.
    pub fn asks_for_seat(&self) -> bool {
        let Action::Call(call) = &self.request.action else { return false };
        let names_seat = call.body.get("tier").is_some() || call.body.get("seatId").is_some();
        names_seat && ["invite", "change-invitation"].contains(&self.row.name)
    }
}

/// One thing that happens in a scene.
#[derive(Clone)]
pub struct Step {
    /// The name of the caller; none for nobody who is signed in, and for operators.
    pub who: Option<&'static str>,
    /// Whether the caller's address is at the scene's domain.
    pub at_domain: bool,
    /// The action.
    pub action: Action,
}

/// The action of a step.
#[derive(Clone)]
pub enum Action {
    /// A request.
    Call(Call),
    /// The operator puts the workspace on a plan.
    SetPlan(&'static str),
    /// The operator verifies the domain of the scene.
    VerifyDomain,
}

/// A request to an operation. Names in braces stand for values of the scene.
#[derive(Clone)]
pub struct Call {
    /// The operation.
    pub row: &'static Row,
    /// The path, with the query.
    pub path: String,
    /// The body; null for none. Of a picture, its size in bytes.
    pub body: Value,
    /// The status of the answer.
    pub status: u16,
}

impl Call {
    /// The plain request to an operation: its path, and its example as the body, with names where a value
    /// must be one of the scene's.
    pub fn to(row: &'static Row) -> Self {
        let body = match row.name {
            "invite" => json!({ "emails": ["{email}"], "role": "{role}" }),
            "change-role" | "change-invitation" => json!({ "role": "{role}" }),
            "transfer-workspace" => json!({ "userId": "{userId}" }),
            "join" | "preview-invitation" => json!({ "token": "{token}" }),
            // A tier is for products that sell several.
            "assign-seat" => json!({}),
            "change-plan" => json!({ "plan": "{plan}" }),
            "preview-purchase" => json!({ "change": { "kind": "plan", "plan": "{plan}" } }),
            _ => example(row),
        };
        let query = if row.name == "get-logo" { "?key={logoKey}" } else { "" };
        Self { row, path: format!("{}{query}", row.path), body, status: row.status.as_u16() }
    }

    /// Whether the body is a picture.
    pub fn is_picture(&self) -> bool {
        !takes_json(self.row)
    }
}

/// Whether an operation changes anything.
pub fn writes(row: &Row) -> bool {
    let reads = ["authorize", "preview-invitation", "preview-purchase"];
    row.method != Method::GET && !reads.contains(&row.name)
}

/// The example body of an operation; null if it takes none.
pub fn example(row: &Row) -> Value {
    if row.example.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(row.example).expect("an example is JSON")
}

/// A value that answers of an operation add to a scene.
#[derive(Debug)]
pub struct Kept {
    /// The operation.
    pub operation: &'static str,
    /// The value's name; `who` for the caller's own.
    pub name: &'static str,
    /// Where it is in the answer.
    pub at: &'static str,
    /// The text that it comes after.
    pub after: &'static str,
}

const fn kept(operation: &'static str, name: &'static str, at: &'static str) -> Kept {
    Kept { operation, name, at, after: "" }
}

/// The values that answers add to a scene.
pub const KEPT: [Kept; 15] = [
    kept("create-api-key", "keyId", "/id"),
    kept("create-api-key", "apiKey", "/key"),
    kept("add-resource", "resourceId", "/id"),
    kept("enter", "who", "/user/id"),
    kept("create-workspace", "workspaceId", "/id"),
    kept("create-workspace", "who", "/creatorId"),
    Kept { after: "?key=", ..kept("upload-logo", "logoKey", "/logoUrl") },
    kept("buy-seats", "seatId", "/items/0/id"),
    kept("buy-seats", "purchaseId", "/items/0/purchaseId"),
    kept("invite", "invitationId", "/items/0/invitation/id"),
    Kept { after: "#token=", ..kept("invite", "token", "/items/0/invitation/url") },
    Kept { after: "#token=", ..kept("create-link", "token", "/url") },
    kept("join", "who", "/member/userId"),
    kept("join", "userId", "/member/userId"),
    kept("request-leave", "requestId", "/id"),
];

/// The operations that do something only in products that are paid online: no request of this catalogue is to one.
pub const ONLINE: [&str; 5] =
    ["discard-purchase", "open-billing-portal", "list-invoices", "cancel-subscription", "stripe-webhook"];

/// Every operation that people or services call.
pub fn of_callers() -> impl Iterator<Item = &'static Row> {
    operations::all().iter().filter(|row| row.name != "stripe-webhook")
}

/// Every operation that people call.
pub fn of_people() -> impl Iterator<Item = &'static Row> {
    of_callers().filter(|row| !row.services_only)
}

/// Every operation with a request in this catalogue.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    operations::all().iter().filter(|row| !ONLINE.contains(&row.name))
}

/// Every entry: of every operation, in every product that offers it.
pub fn all() -> Vec<Entry> {
    PRODUCTS.iter().flat_map(|product| of(product.pack)).collect()
}

/// The entries of every operation in the product of a pack.
pub fn of(pack: &str) -> Vec<Entry> {
    let product = Product::of(pack);
    operations::all().iter().flat_map(|row| requests(row, product)).collect()
}

/// The entries of every operation in the first product that offers it.
pub fn first() -> Vec<Entry> {
    rows().flat_map(first_of).collect()
}

/// The entries of an operation: each in the first product that offers it.
pub fn first_of(row: &'static Row) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    for entry in PRODUCTS.iter().flat_map(|product| requests(row, product)) {
        if !found.iter().any(|known| known.variant == entry.variant) {
            found.push(entry);
        }
    }
    assert!(!found.is_empty(), "tests/support/catalogue/requests.rs has no request to {}", row.name);
    found
}

/// The catalogue as infra/requests.json has it: an entry a line.
pub fn to_json() -> String {
    let lines = |values: Vec<Value>| values.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n");
    let keeps = KEPT.iter().map(
        |kept| json!({ "operation": kept.operation, "name": kept.name, "at": kept.at, "after": kept.after }),
    );
    let requests = all().into_iter().map(|entry| {
        json!({
            "operation": entry.row.name,
            "variant": entry.variant,
            "pack": entry.product.pack,
            "before": entry.before.iter().map(|step| step_to_json(step, entry.product)).collect::<Vec<_>>(),
            "request": step_to_json(&entry.request, entry.product),
        })
    });
    let (keeps, requests) = (lines(keeps.collect()), lines(requests.collect()));
    format!("{{\"keeps\": [\n{keeps}\n], \"requests\": [\n{requests}\n]}}\n")
}

fn step_to_json(step: &Step, product: &Product) -> Value {
    let step = step.clone().role(product.joiner).plan(product.a_plan());
    match &step.action {
        Action::SetPlan(plan) => json!({ "setPlan": plan }),
        Action::VerifyDomain => json!({ "verifyDomain": true }),
        Action::Call(call) => {
            let mut json = json!({
                "operation": call.row.name,
                "who": step.who,
                "method": call.row.method.as_str(),
                "path": call.path,
                "body": if call.is_picture() { &Value::Null } else { &call.body },
                "status": call.status,
            });
            if step.at_domain {
                json["atDomain"] = true.into();
            }
            if call.is_picture() {
                json["picture"] = true.into();
            }
            json
        }
    }
}
