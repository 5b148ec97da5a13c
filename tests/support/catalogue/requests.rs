//! The requests of the catalogue. Where an operation does different things, each has an entry of its own.
//! An entry should make its operation do as much as it can: touch every kind of record, move a seat.

use seatwise_functions::Row;
use seatwise_functions::operations;
use serde_json::{Value, json};

use super::{Action, Call, Entry, Feature, Product, Step};

/// The requests to an operation that work in a product; none if the product does not offer it.
#[expect(clippy::match_same_arms, clippy::too_many_lines, reason = "a table: an arm for each operation")]
pub fn requests(row: &'static Row, product: &'static Product) -> Vec<Entry> {
    let scene = ProductSteps(product);
    let entry = |before: Vec<Step>, request: Step| Entry { row, variant: "", product, before, request };
    let one = |before: Vec<Step>, request: Step| vec![entry(before, request)];
    let olga = || by("olga", row.name);
    let tea = || by("tea", row.name);
    let backend = || by(BACKEND, row.name);
    let by_service = |entry: Entry| Entry { variant: "by a service", ..entry };
    let has = |feature| product.has(feature);
    match row.name {
        // me
        "enter" => {
            let mut entries = one(vec![by("tea", "create-workspace")], tea());
            if has(Feature::LinksAndDomains) {
                let before = [domain(), vec![operator(Action::VerifyDomain)]].concat();
                let request = Step { at_domain: true, ..by("ada", row.name) };
                entries.push(Entry { variant: "by domain", ..entry(before, request) });
            }
            entries
        }
        "get-me" => one(vec![by("tea", "create-workspace")], tea()),
        "update-me" => {
            let body = json!({ "firstName": "Tea", "currentWorkspaceId": "{workspaceId}" });
            let (before, request) = (by("tea", "create-workspace"), tea().body(body));
            vec![
                entry(vec![before.clone()], request.clone()),
                Entry { variant: "of an account", ..entry(vec![before, by("tea", "enter")], request) },
            ]
        }
        "delete-me" => {
            let before = if has(Feature::LeaveRequests) { scene.leave_request() } else { scene.member() };
            one([before, vec![by("tea", "enter")]].concat(), tea())
        }
        "list-my-invitations" => one(scene.invitation(), tea()),
        // workspace
        "create-workspace" => vec![
            entry(vec![], tea()),
            Entry { variant: "of an account", ..entry(vec![by("tea", "enter")], tea()) },
        ],
        "get-workspace" => vec![entry(workspace(), olga()), by_service(entry(workspace(), backend()))],
        "list-workspaces" | "update-workspace" | "delete-workspace" => one(workspace(), olga()),
        "update-settings" if has(Feature::PlanSeats) => one(workspace(), olga()),
        "upload-logo" => one(workspace(), olga()),
        "remove-logo" => one(logo(), olga()),
        "get-logo" => one(logo(), Step { who: None, ..olga() }),
        "get-coordinator" => one(workspace(), olga()),
        "set-coordinator" => vec![
            entry(workspace(), olga()),
            Entry {
                variant: "to another one",
                ..entry([workspace(), vec![olga()]].concat(), olga().body(json!({ "name": "Kim" })))
            },
            Entry {
                variant: "to nobody",
                ..entry([workspace(), vec![olga()]].concat(), olga().body(json!({})))
            },
        ],
        "transfer-workspace" => vec![
            // To oneself changes nothing.
            Entry { variant: "to oneself", ..entry(scene.second_governor(), olga().of("{olga}")) },
            entry(scene.second_governor(), olga().of("{anna}")),
        ],
        // member
        "list-members" => vec![
            entry(scene.member(), olga()),
            Entry { variant: "by a search", ..entry(scene.member(), olga().query("?search=olga")) },
            by_service(entry(scene.member(), backend())),
        ],
        "list-all-workspaces" => one(scene.member(), backend()),
        "add-member" => one([workspace(), scene.seats(1)].concat(), backend()),
        "export-members" => one(scene.member(), olga()),
        "remove-member" if has(Feature::LeaveRequests) => one(scene.leave_request(), olga()),
        "remove-member" => one(scene.member(), olga()),
        "leave-workspace" if has(Feature::DirectLeave) => one(scene.member(), tea()),
        // Olga has another workspace, so that nothing protects her role. Where seats are bought, she moves from
        // the free slot to a seat.
        "change-role" => {
            let before = [workspace(), scene.second_governor()].concat();
            one(before, by("anna", row.name).of("{olga}"))
        }
        // seat
        "assign-seat" if has(Feature::BoughtSeats) => {
            one(scene.second_governor(), by("anna", row.name).of("{olga}"))
        }
        "release-seat" if has(Feature::BoughtSeats) => {
            let seated = by("anna", "assign-seat").of("{olga}");
            one([scene.second_governor(), vec![seated]].concat(), by("anna", row.name).of("{olga}"))
        }
        "assign-seat" | "assign-seats" if has(Feature::PlanSeats) => one(scene.unseated_member(), olga()),
        "release-seat" if has(Feature::PlanSeats) => {
            one([scene.unseated_member(), vec![by("olga", "assign-seat")]].concat(), olga())
        }
        "buy-seats" if has(Feature::BoughtSeats) => {
            one(workspace(), olga().body(json!({ "tier": "pro", "quantity": 3 })))
        }
        "list-seats" | "cancel-seat" if has(Feature::BoughtSeats) => one(scene.member(), olga()),
        "reactivate-seat" if has(Feature::BoughtSeats) => {
            one([scene.member(), vec![by("olga", "cancel-seat")]].concat(), olga())
        }
        "change-seat-tier" | "set-add-on" if has(Feature::BoughtSeats) => {
            let basic = by("olga", "buy-seats").body(json!({ "tier": "basic", "quantity": 1 }));
            one([scene.member(), vec![basic]].concat(), olga())
        }
        "set-add-on-everywhere" if has(Feature::BoughtSeats) => one(scene.member(), olga()),
        // billing
        "preview-purchase" => one(workspace(), olga()),
        "get-purchase" if has(Feature::BoughtSeats) => one(scene.member(), olga()),
        "get-billing" => one(scene.member(), olga()),
        "change-plan" => {
            let plan = product.plan_for_sale();
            plan.map(|plan| entry(workspace(), olga().body(json!({ "plan": plan })))).into_iter().collect()
        }
        "get-credits" | "buy-credits" if has(Feature::Credits) => one(workspace(), olga()),
        "spend-credits" if has(Feature::Credits) => {
            let before = [workspace(), vec![by("olga", "buy-credits")]].concat();
            vec![entry(before.clone(), olga()), by_service(entry(before, backend()))]
        }
        "set-plan" if has(Feature::PlanSeats) => one(scene.member(), backend()),
        // invitation
        "invite" => {
            let both = json!({ "emails": ["{tea.email}", "{lee.email}"] });
            let mut entries = one([workspace(), scene.seats(2)].concat(), olga().body(both));
            if has(Feature::BoughtSeats) {
                let before = [workspace(), scene.seats(1)].concat();
                entries.push(Entry { variant: "by a link", ..entry(before, olga().body(Value::Null)) });
            }
            entries
        }
        "get-invitation-quota" => one(workspace(), olga()),
        "list-invitations" | "resend-invitation" | "revoke-invitation" => one(scene.invitation(), olga()),
        // Where seats are sold, another role and another seat.
        "change-invitation" if has(Feature::BoughtSeats) => {
            let basic = by("olga", "buy-seats").body(json!({ "tier": "basic", "quantity": 1 }));
            let body = json!({ "role": product.other, "tier": "basic" });
            one([scene.invitation(), vec![basic]].concat(), olga().body(body))
        }
        "change-invitation" => one(scene.invitation(), olga().role(product.other)),
        "preview-invitation" => one(scene.invitation(), Step { who: None, ..olga() }),
        "join" | "decline-invitation" => one(scene.invitation(), tea()),
        "create-link" if has(Feature::LinksAndDomains) => vec![
            entry(workspace(), olga()),
            Entry {
                variant: "in the place of another",
                ..entry([workspace(), vec![olga()]].concat(), olga())
            },
        ],
        "list-links" | "revoke-link" if has(Feature::LinksAndDomains) => {
            one([workspace(), vec![by("olga", "create-link")]].concat(), olga())
        }
        "link-domain" if has(Feature::LinksAndDomains) => one(with_domains(), olga()),
        "list-domains" | "unlink-domain" if has(Feature::LinksAndDomains) => one(domain(), olga()),
        // leave
        "request-leave" if has(Feature::LeaveRequests) => one(scene.member(), tea()),
        "withdraw-leave" if has(Feature::LeaveRequests) => one(scene.leave_request(), tea()),
        "list-leave-requests" | "approve-leave" | "deny-leave" if has(Feature::LeaveRequests) => {
            one(scene.leave_request(), olga())
        }
        // API keys
        "create-api-key" if has(Feature::ApiKeys) => one(scene.member(), tea()),
        "list-api-keys" if has(Feature::ApiKeys) => {
            let before = [scene.member(), vec![by("tea", "create-api-key")]].concat();
            let all = olga().query("?owner=all");
            vec![entry(before.clone(), tea()), Entry { variant: "of all members", ..entry(before, all) }]
        }
        "revoke-api-key" | "delete-api-key" | "rotate-api-key" if has(Feature::ApiKeys) => {
            one([scene.member(), vec![by("tea", "create-api-key")]].concat(), tea())
        }
        "set-api-key-limits" if has(Feature::ApiKeys) => {
            one([scene.member(), vec![by("tea", "create-api-key")]].concat(), olga())
        }
        "verify-api-key" if has(Feature::ApiKeys) => {
            let made = [scene.member(), vec![by("tea", "create-api-key")]].concat();
            let limited = [made.clone(), vec![by("olga", "set-api-key-limits")]].concat();
            let body = json!({ "key": "{apiKey}" });
            let request = || backend().body(body.clone());
            vec![entry(made, request()), Entry { variant: "of a limited key", ..entry(limited, request()) }]
        }
        // product and resources
        "get-product" => one(vec![], Step { who: None, ..olga() }),
        "add-resource" | "list-resources" if has(Feature::Resources) => one(workspace(), olga()),
        "remove-resource" if has(Feature::Resources) => {
            one([workspace(), vec![by("olga", "add-resource")]].concat(), olga())
        }
        // events
        "list-events" | "export-events" => {
            vec![entry(scene.member(), olga()), by_service(entry(scene.member(), backend()))]
        }
        // access
        "authorize" => {
            let body = json!({ "userId": "{tea}", "actions": ["getWorkspace"] });
            let mut entries =
                vec![entry(scene.member(), olga()), by_service(entry(scene.member(), backend().body(body)))];
            if has(Feature::ApiKeys) {
                let before = [scene.member(), vec![by("tea", "create-api-key")]].concat();
                let checks = json!({ "checks": [{ "action": "revokeApiKey", "apiKey": "{keyId}" }] });
                entries.push(Entry { variant: "about a key", ..entry(before, olga().body(checks)) });
            }
            entries
        }
        "list-permissions" => one(workspace(), olga()),
        _ => vec![],
    }
}

/// The service that may do whatever services do.
pub const BACKEND: &str = "service:backend";

/// A workspace of Olga's.
fn workspace() -> Vec<Step> {
    vec![by("olga", "create-workspace")]
}

/// The steps before a request, in a product.
struct ProductSteps(&'static Product);

impl ProductSteps {
    /// So many free seats, where seats are bought.
    fn seats(&self, quantity: u32) -> Vec<Step> {
        let buy = by("olga", "buy-seats").body(json!({ "tier": "pro", "quantity": quantity }));
        self.0.has(Feature::BoughtSeats).then_some(buy).into_iter().collect()
    }

    /// An invitation for Tea, in a workspace.
    fn invitation(&self) -> Vec<Step> {
        [workspace(), self.seats(1), vec![invite("{tea.email}")]].concat()
    }

    /// Tea, as a member.
    fn member(&self) -> Vec<Step> {
        [self.invitation(), vec![by("tea", "join")]].concat()
    }

    /// Tea, as a member who has asked to leave.
    fn leave_request(&self) -> Vec<Step> {
        [self.member(), vec![by("tea", "request-leave")]].concat()
    }

    /// Tea, as a member who waits for a seat of the plan.
    fn unseated_member(&self) -> Vec<Step> {
        let mut steps = self.member();
        steps.insert(1, by("olga", "update-settings"));
        steps
    }

    /// Anna, who governs the workspace as Olga does, and a free seat.
    fn second_governor(&self) -> Vec<Step> {
        let promote = by("olga", "change-role").of("{anna}").role(self.0.governor);
        let steps = [by("anna", "join"), promote];
        [workspace(), self.seats(2), vec![invite("{anna.email}")], steps.into()].concat()
    }
}

/// A workspace with a logo.
fn logo() -> Vec<Step> {
    [workspace(), vec![by("olga", "upload-logo")]].concat()
}

/// A workspace whose plan has domains.
fn with_domains() -> Vec<Step> {
    [workspace(), vec![set_plan("enterprise")]].concat()
}

/// A domain that a workspace has claimed.
fn domain() -> Vec<Step> {
    [with_domains(), vec![by("olga", "link-domain")]].concat()
}

/// The plain request to an operation, by somebody.
pub fn by(who: &'static str, operation: &str) -> Step {
    let row = operations::find(operation).unwrap_or_else(|| panic!("no operation {operation}"));
    Step { who: Some(who), at_domain: false, action: Action::Call(Call::to(row)) }
}

/// Olga invites an address.
pub fn invite(email: &str) -> Step {
    by("olga", "invite").set("{email}", email)
}

/// The operator puts the workspace on a plan.
pub fn set_plan(plan: &'static str) -> Step {
    operator(Action::SetPlan(plan))
}

fn operator(action: Action) -> Step {
    Step { who: None, at_domain: false, action }
}

impl Step {
    /// The step with another body.
    pub fn body(self, body: Value) -> Self {
        self.edit(|call| call.body = body)
    }

    /// The step with a query.
    pub fn query(self, query: &str) -> Self {
        self.edit(|call| call.path.push_str(query))
    }

    /// The step about this member.
    pub fn of(self, user: &str) -> Self {
        self.set("{userId}", user)
    }

    /// The step with this role.
    pub fn role(self, role: &str) -> Self {
        self.set("{role}", role)
    }

    /// The step with this plan.
    pub fn plan(self, plan: &str) -> Self {
        self.set("{plan}", plan)
    }

    /// The step with another text in the place of a name.
    fn set(self, name: &str, text: &str) -> Self {
        self.edit(|call| {
            call.path = call.path.replace(name, text);
            let body = call.body.to_string().replace(name, text);
            call.body = serde_json::from_str(&body).expect("JSON");
        })
    }

    fn edit(mut self, edit: impl FnOnce(&mut Call)) -> Self {
        if let Action::Call(call) = &mut self.action {
            edit(call);
        }
        self
    }
}
