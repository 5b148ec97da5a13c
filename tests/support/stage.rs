//! A workspace with one of everything in it, so that every route can be called.

use seatwise_functions::{Row, operations};
use serde_json::json;

use super::app::App;
use super::catalogue::{Call, Feature, Product, Step, by, invite, set_plan};
use super::person::Person;
use super::scene::Scene;

/// A workspace with one of everything in it.
pub struct Stage {
    /// The service.
    pub app: App,
    /// The person who governs the workspace.
    pub owner: Person,
    /// A member on a seat, who has asked to leave.
    pub member: Person,
    /// A person who is invited, and has not answered.
    pub invited: Person,
    /// The workspace's path.
    pub workspace: String,
    /// The member's id.
    pub member_id: String,
    /// A free seat.
    pub seat: String,
    /// A pending invitation.
    pub invitation: String,
    /// The token of its link.
    pub token: String,
    /// A pending leave request.
    pub request: String,
    scene: Scene<App>,
}

impl Stage {
    /// A stage where seats are bought.
    pub async fn new() -> Self {
        Self::of("purchased-seats").await
    }

    /// A stage where the plan has the seats and there are links and domains. The member waits for a seat;
    /// the ids of the seat and of the leave request are ids of nothing.
    pub async fn of_role_seats() -> Self {
        Self::of("role-seats").await
    }

    /// A stage where credits are sold. The ids of the seat and of the leave request are ids of nothing.
    pub async fn of_flat_owners() -> Self {
        Self::of("flat-owners").await
    }

    async fn of(pack: &str) -> Self {
        let product = Product::of(pack);
        let app = App::with_pack(pack).await;
        let mut scene = Scene::new(app.clone(), product, "");
        let olga = json!({ "email": "olga@acme.example", "firstName": "Olga" });
        scene.add("olga", app.sign_in_as(olga).await);
        scene.set("seatId", "019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b");
        scene.set("requestId", &"A".repeat(43));
        scene.set("email", "tea@acme.example");
        scene.run_all(&one_of_everything(product)).await;
        app.local.settle().await;
        let (owner, member) = (scene.person("olga").await, scene.person("mia").await);
        let value = |name| scene.value(name).to_owned();
        Self {
            owner,
            member,
            workspace: scene.workspace(),
            member_id: value("mia"),
            seat: value("seatId"),
            invitation: value("invitationId"),
            token: value("token"),
            request: value("requestId"),
            invited: scene.person("ivo").await,
            app,
            scene,
        }
    }

    /// The path of an operation, with the query that it needs. A parameter that the stage does not know
    /// fails the test.
    pub fn path(&self, row: &'static Row) -> String {
        self.scene.fill(&Call::to(row).path)
    }

    /// The path of the operation of that name.
    pub fn path_of(&self, operation: &str) -> String {
        self.path(operations::find(operation).expect("an operation"))
    }
}

/// The steps that put one of everything into a workspace: last the pending invitation, whose id and token
/// the scene keeps.
pub fn one_of_everything(product: &Product) -> Vec<Step> {
    let buys = product.has(Feature::BoughtSeats);
    let seat = || buys.then(|| by("olga", "buy-seats"));
    let mut steps = vec![by("olga", "create-workspace"), by("olga", "upload-logo")];
    if product.has(Feature::LinksAndDomains) {
        steps.push(set_plan("enterprise"));
        let links = ["member", "viewer"].map(|role| by("olga", "create-link").role(role));
        steps.extend(links);
        steps.push(by("olga", "link-domain"));
    }
    steps.extend(seat());
    let joins_as = if product.has(Feature::PlanSeats) { "viewer" } else { product.joiner };
    steps.extend([invite("{mia.email}").role(joins_as), by("mia", "join")]);
    if product.has(Feature::LeaveRequests) {
        steps.push(by("mia", "request-leave"));
    }
    steps.extend(seat());
    steps.push(invite("{ivo.email}"));
    steps.extend(seat());
    steps
}

/// A path with more in its query.
pub fn with_query(path: &str, query: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{query}")
}
