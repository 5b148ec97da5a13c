//! A workspace with people in every state, so that each list has something to show. All of it goes
//! through the API, as far as the product pack allows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use lambda_http::tower::ServiceExt as _;
use seatwise_domain::pack::{Channel, LeaveBy, Plan, Role, SeatModel};
use seatwise_domain::{EmailAddress, Pack, RoleName};
use seatwise_stripe_stub::{Card, StubAct};
use serde::Serialize;
use serde_json::{Value, json};

use super::Local;
use super::issuer::Person;
use crate::publish;

/// The reason why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no pack to go by.
    #[error("the demo finds no product pack")]
    NoPack,
    /// A step that the pack offers was refused.
    #[error("the demo failed at {0}")]
    Step(String),
}

/// The domain of the demo's addresses. It belongs to nobody (RFC 2606).
const DOMAIN: &str = "demo.example";
/// A picture of one pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0,
    1, 8, 6, 0, 0, 0, 0x1F, 0x15, 0xC4, 0x89, 0, 0, 0, 13, b'I', b'D', b'A', b'T', 0x78, 0xDA, 0x63, 0x64,
    0x60, 0xF8, 0x5F, 0x0F, 0, 2, 0x87, 1, 0x80, 0xEB, 0x47, 0xBA, 0x92, 0, 0, 0, 0, b'I', b'E', b'N', b'D',
    0xAE, 0x42, 0x60, 0x82,
];

/// The people of the demo; empty without a demo.
pub(super) type DemoPeople = Arc<OnceLock<Vec<DemoPerson>>>;

/// A person whom a visitor can sign in as.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemoPerson {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// The label of the role, or of the state of the invitation.
    role: String,
}

/// Somebody of the demo.
#[derive(Clone)]
struct Somebody {
    email: String,
    token: String,
}

/// Fills a workspace, and returns a text about its people. An existing workspace stays as it is.
pub async fn fill(local: &Local) -> Result<String, DemoError> {
    let pack = publish::active_pack(local.service.store()).await.ok().flatten();
    let demo = Demo { local, pack: pack.ok_or(DemoError::NoPack)? };
    let ada = demo.sign_in("Ada", "Lovelace")?;
    let there = demo.get(&ada, "/v1/workspaces").await?;
    let (workspace, is_new) = match there["items"][0]["id"].as_str() {
        Some(id) => (id.to_owned(), false),
        None => (demo.fill_anew(&ada).await?, true),
    };
    let members = demo.get(&ada, &format!("/v1/workspaces/{workspace}/members?status=all")).await?;
    let members = members["items"].as_array().map_or(&[][..], Vec::as_slice);
    let _ = local.people.set(members.iter().filter_map(person).collect());
    let links = demo.links(&ada, &format!("/v1/workspaces/{workspace}")).await?;
    let made = if is_new { "made" } else { "there already" };
    Ok(format!(
        "Demo workspace ({made}): {workspace}\n\n{}\n{}",
        tell(&local.url, members),
        tell_links(&links)
    ))
}

struct Demo<'a> {
    local: &'a Local,
    pack: Pack,
}

impl Demo<'_> {
    async fn fill_anew(&self, ada: &Somebody) -> Result<String, DemoError> {
        let body = json!({ "name": "Analytical Engines", "timezone": "Europe/London" });
        let made = self.post(ada, "/v1/workspaces", body).await?;
        let id = word(&made["id"]);
        let path = format!("/v1/workspaces/{id}");
        self.plan(&id, self.most_featured()).await?;
        self.profile(ada, &path).await?;
        self.buy(ada, &path).await?;
        self.people(ada, &path).await?;
        self.pending(ada, &path).await?;
        self.ways_in(ada, &path).await?;
        // This plan has fewer seats than are taken: some products then suspend those who took one last.
        self.plan(&id, self.smallest()).await?;
        Ok(id)
    }

    async fn profile(&self, ada: &Somebody, path: &str) -> Result<(), DemoError> {
        self.patch(ada, path, json!({ "defaultFlowTheme": "Brass" })).await?;
        let coordinator =
            json!({ "name": "Kim Kaya", "email": format!("kim@{DOMAIN}"), "notes": "Mondays to Thursdays." });
        self.put(ada, &format!("{path}/coordinator"), coordinator).await?;
        let logo = Request::builder().method(Method::PUT).uri(format!("{path}/logo"));
        let logo = logo.header("content-type", "image/png").body(Body::from(PIXEL));
        self.send(ada, logo.map_err(|_| step("the logo"))?).await.map(|_| ())
    }

    /// Buys enough seats for all but one, if the product sells seats.
    async fn buy(&self, ada: &Somebody, path: &str) -> Result<(), DemoError> {
        for tier in &self.pack.seats.tiers {
            if self.pack.seats.model == SeatModel::ByTier {
                self.post(ada, &format!("{path}/seats"), json!({ "tier": tier.name, "quantity": 5 })).await?;
                self.pay().await?;
            }
        }
        Ok(())
    }

    /// Pays the page of the built-in Stripe, if one is open.
    async fn pay(&self) -> Result<(), DemoError> {
        let Some(stub) = &self.local.stub else { return Ok(()) };
        let open = stub.account().sessions.into_iter().find(|session| session.status == "open");
        if let Some(session) = open {
            let paid = StubAct::PayCheckout { session: session.id, card: Card::Works };
            stub.act(paid).map_err(|_| step("the payment"))?;
            self.local.settle().await;
        }
        Ok(())
    }

    /// Brings in members of every role; the others get the joiner's role.
    async fn people(&self, ada: &Somebody, path: &str) -> Result<(), DemoError> {
        let names = [
            ("Bo", "Lindqvist"),
            ("Cleo", "Okafor"),
            ("Dan", "Ионов"),
            ("Eve", "佐藤"),
            ("Finn", "O’Neill"),
            ("Hana", "Nguyễn"),
        ];
        let most = self.pack.most_members(&self.pack.billing.plan, &BTreeMap::new());
        let cap = most.map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        let joiner = self.pack.role_name(&self.pack.roles_given.joiner);
        let roles: Vec<&RoleName> = self.pack.roles.iter().map(|role: &Role| &role.name).collect();
        // One place stays free, so that an invited person can join.
        for (index, (first, last)) in names.into_iter().enumerate().take(cap.saturating_sub(2)) {
            let person = self.sign_in(first, last)?;
            let role = roles.get(index).copied().unwrap_or(&joiner);
            self.bring_in(ada, path, &person, role).await?;
            self.state_of(path, ada, &person, index).await?;
        }
        Ok(())
    }

    async fn bring_in(
        &self,
        ada: &Somebody,
        path: &str,
        who: &Somebody,
        role: &RoleName,
    ) -> Result<(), DemoError> {
        let invited =
            self.post(ada, &format!("{path}/invitations"), json!({ "emails": [who.email] })).await?;
        let invitation = &invited["items"][0]["invitation"];
        self.post(who, "/v1/me", json!({})).await?;
        let joined = self.post(who, "/v1/join", json!({ "invitationId": invitation["id"] })).await?;
        if joined["member"]["role"] != role.as_str() {
            let id = word(&joined["member"]["userId"]);
            self.put(ada, &format!("{path}/members/{id}/role"), json!({ "role": role })).await?;
        }
        Ok(())
    }

    /// Brings a member into a further state: a leave request, or a workspace of their own.
    async fn state_of(
        &self,
        path: &str,
        ada: &Somebody,
        who: &Somebody,
        index: usize,
    ) -> Result<(), DemoError> {
        // The first members may have a governing role, and a pack may not offer them a leave request.
        if self.pack.leave.by == LeaveBy::Request && index >= 3 {
            let asked =
                self.post(who, &format!("{path}/leave-requests"), json!({ "reason": "A new job" })).await?;
            if index > 3 {
                let decide = format!("{path}/leave-requests/{}/deny", word(&asked["id"]));
                self.post(ada, &decide, json!({ "reason": "Stay until spring" })).await?;
            }
        }
        if index == 1 {
            self.post(who, "/v1/workspaces", json!({ "name": "A workspace of one's own" })).await?;
        }
        Ok(())
    }

    /// Invitations that are open, taken back, and declined.
    async fn pending(&self, ada: &Somebody, path: &str) -> Result<(), DemoError> {
        let invitations = format!("{path}/invitations");
        let names = ["gita", "hugo", "ines"];
        let emails: Vec<String> = names.iter().map(|name| format!("{name}@{DOMAIN}")).collect();
        let invited = self.post(ada, &invitations, json!({ "emails": emails })).await?;
        let id = |index: usize| word(&invited["items"][index]["invitation"]["id"]);
        self.delete(ada, &format!("{invitations}/{}", id(1))).await?;
        let ines = self.sign_in("Ines", "Duarte")?;
        self.post(&ines, &format!("/v1/invitations/{}/decline", id(2)), json!({})).await?;
        if self.pack.offers(Channel::SingleUse) {
            self.post(ada, &invitations, json!({})).await?;
        }
        if self.pack.seats.model == SeatModel::ByTier {
            let seats = self.get(ada, &format!("{path}/seats?status=available")).await?;
            let seat = word(&seats["items"][0]["id"]);
            self.post(ada, &format!("{path}/seats/{seat}/cancel"), json!({})).await?;
        }
        Ok(())
    }

    /// Links for each role, and domains.
    async fn ways_in(&self, ada: &Somebody, path: &str) -> Result<(), DemoError> {
        if self.pack.offers(Channel::Link) {
            for role in &self.pack.roles {
                self.put(ada, &format!("{path}/links/{}", role.name), json!({})).await?;
            }
        }
        if self.pack.offers(Channel::Domain) {
            for domain in [DOMAIN, "claimed.example"] {
                self.put(ada, &format!("{path}/domains/{domain}"), json!({})).await?;
            }
            self.post(ada, "/dev/verify-domain", json!({ "domain": DOMAIN })).await?;
        }
        Ok(())
    }

    /// Each link, with the people who can use it.
    async fn links(&self, ada: &Somebody, path: &str) -> Result<Vec<(String, String)>, DemoError> {
        let pending = self.get(ada, &format!("{path}/invitations?status=pending")).await?;
        let mut links: Vec<(String, String)> =
            items(&pending).map(|invitation| (shown_email(invitation), word(&invitation["url"]))).collect();
        if self.pack.offers(Channel::Link) {
            let of_roles = self.get(ada, &format!("{path}/links")).await?;
            links.extend(
                items(&of_roles)
                    .map(|link| (format!("{NOBODY_YET}: {}", word(&link["role"])), word(&link["url"]))),
            );
        }
        links.retain(|(_, url)| !url.is_empty());
        Ok(links)
    }

    fn most_featured(&self) -> Option<&Plan> {
        self.pack.plans.iter().max_by_key(|plan| (plan.features.len(), plan.seats))
    }

    fn smallest(&self) -> Option<&Plan> {
        self.pack.plans.iter().min_by_key(|plan| plan.seats).filter(|_| self.pack.plans.len() > 1)
    }

    /// Puts the workspace on a plan, where the product lets that be done as it stands.
    async fn plan(&self, workspace: &str, plan: Option<&Plan>) -> Result<(), DemoError> {
        let Some(plan) = plan else { return Ok(()) };
        let body = json!({ "workspaceId": workspace, "plan": plan.id });
        let request = request(Method::POST, "/dev/plan", &body)?;
        match self.answer(None, request).await? {
            (status, _) if status.is_success() || status == StatusCode::CONFLICT => Ok(()),
            _ => Err(step("/dev/plan")),
        }
    }

    fn sign_in(&self, first: &str, last: &str) -> Result<Somebody, DemoError> {
        let email = format!("{}@{DOMAIN}", first.to_lowercase());
        let address = EmailAddress::try_from(email.clone()).map_err(|_| step(&email))?;
        let names = (Some(first.to_owned()), Some(last.to_owned()));
        let person = Person { email: address, email_verified: true, first_name: names.0, last_name: names.1 };
        let token = self.local.issuer.sign_in(&person).ok_or_else(|| step("sign-in"))?;
        Ok(Somebody { email, token })
    }

    async fn get(&self, who: &Somebody, path: &str) -> Result<Value, DemoError> {
        self.send(who, request(Method::GET, path, &Value::Null)?).await
    }

    async fn post(&self, who: &Somebody, path: &str, body: Value) -> Result<Value, DemoError> {
        self.send(who, request(Method::POST, path, &body)?).await
    }

    async fn put(&self, who: &Somebody, path: &str, body: Value) -> Result<Value, DemoError> {
        self.send(who, request(Method::PUT, path, &body)?).await
    }

    async fn patch(&self, who: &Somebody, path: &str, body: Value) -> Result<Value, DemoError> {
        self.send(who, request(Method::PATCH, path, &body)?).await
    }

    async fn delete(&self, who: &Somebody, path: &str) -> Result<Value, DemoError> {
        self.send(who, request(Method::DELETE, path, &Value::Null)?).await
    }

    async fn send(&self, who: &Somebody, request: Request<Body>) -> Result<Value, DemoError> {
        let what = format!("{} {}", request.method(), request.uri());
        let (status, answer) = self.answer(Some(who), request).await?;
        if status.is_success() {
            return Ok(answer);
        }
        let detail = answer["detail"].as_str().unwrap_or_default();
        Err(DemoError::Step(format!("{what}: {status}. {detail}")))
    }

    async fn answer(
        &self,
        who: Option<&Somebody>,
        mut request: Request<Body>,
    ) -> Result<(StatusCode, Value), DemoError> {
        if let Some(token) = who.and_then(|who| format!("Bearer {}", who.token).parse().ok()) {
            request.headers_mut().insert(http::header::AUTHORIZATION, token);
        }
        let Ok(response) = self.local.router.clone().oneshot(request).await;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|_| step("an answer"))?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

fn request(method: Method, path: &str, body: &Value) -> Result<Request<Body>, DemoError> {
    let builder = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    builder.body(body).map_err(|_| step(path))
}

fn step(what: &str) -> DemoError {
    DemoError::Step(what.to_owned())
}

/// The holder of an invitation that is a link.
const NOBODY_YET: &str = "whoever has the link";

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

fn shown_email(of: &Value) -> String {
    of["email"].as_str().unwrap_or(NOBODY_YET).to_owned()
}

/// The people, and how to sign in as one of them.
fn tell(url: &str, members: &[Value]) -> String {
    let mut text = format!(
        "Sign in as one of its people with a click at {url}/console/, or with their address in the command above:\n\n"
    );
    for member in members {
        let seat = match &member["seat"] {
            Value::Null if member["seatSuspended"] == true => "seat suspended".to_owned(),
            Value::Null if member["freeSlot"] == true => "free slot".to_owned(),
            Value::Null => "no seat".to_owned(),
            seat => format!("{} seat", word(&seat["tier"])),
        };
        let (role, badge) = (word(&member["role"]), word(&member["badge"]["label"]));
        let _ = writeln!(text, "  {:24} {role:10} {badge:10} {seat}", shown_email(member));
    }
    text
}

/// The links that invite, for whom each.
fn tell_links(links: &[(String, String)]) -> String {
    if links.is_empty() {
        return String::new();
    }
    let mut text =
        "Links that invite, for a browser in which nobody or somebody else is signed in:\n\n".to_owned();
    for (holder, url) in links {
        let _ = writeln!(text, "  {holder:31} {url}");
    }
    text.push('\n');
    text
}

/// A member or an invited person, unless nobody knows who they are yet.
fn person(member: &Value) -> Option<DemoPerson> {
    let name = |field: &str| member[field].as_str().map(str::to_owned);
    Some(DemoPerson {
        email: name("email")?,
        first_name: name("firstName"),
        last_name: name("lastName"),
        role: word(&member["badge"]["label"]),
    })
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
