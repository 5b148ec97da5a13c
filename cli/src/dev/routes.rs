//! The routes that the local server has beside the API.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::SignedDuration;
use seatwise_domain::{DomainName, EmailAddress, PersonName, WorkspaceId};
use seatwise_functions::Service;
use seatwise_functions::background::verify_domains;
use seatwise_functions::plan::{self, PlanError};
use seatwise_functions::problem::{Code, Problem};
use seatwise_stripe_stub::Stub;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::browser::{self, AppOrigin};
use super::clock::DevClock;
use super::console;
use super::demo::DemoPeople;
use super::docs;
use super::gateway::Gateway;
use super::input::{self, Form};
use super::issuer::{Issuer, Person};
use super::mail::SentMail;
use super::mailbox::Mailbox;
use super::reply::{self, Failed};
use super::scheduler::Scheduler;
use super::stripe::PAGES;
use crate::publish;

/// A sign-in or the like is shorter.
const MAX_FORM: usize = 16 * 1024;
/// The most seconds that ten years can have.
const MAX_ADVANCE: u32 = 10 * 366 * 24 * 60 * 60;

/// The state of the routes of `/dev`.
#[derive(Clone)]
pub(super) struct Dev {
    pub(super) service: Arc<Service>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) mailbox: Mailbox,
    pub(super) scheduler: Scheduler,
    pub(super) clock: DevClock,
    /// Where this server is reached.
    pub(super) url: String,
    /// Where the client app is.
    pub(super) app_url: String,
    /// The built-in Stripe.
    pub(super) stub: Option<Stub>,
    /// The people of the demo, once it is filled.
    pub(super) people: DemoPeople,
}

/// All routes: the API behind its gateway, and the routes that only the local server has.
pub(super) fn router(dev: Dev, gateway: Arc<Gateway>, stripe: Option<Router>) -> Router {
    let app = AppOrigin::of(&dev.app_url);
    let own = Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/dev/sign-in", post(sign_in))
        .route("/dev/service-token", post(service_token))
        .route("/dev/people", get(people))
        .route("/dev/mailbox", get(mailbox))
        .route("/dev/clock", post(advance_clock))
        .route("/dev/plan", post(set_plan))
        .route("/dev/verify-domain", post(verify_domain))
        .with_state(dev);
    let own = match stripe {
        Some(pages) => own.nest(PAGES, pages),
        None => own,
    };
    own.merge(console::pages())
        .merge(docs::reference())
        .fallback(move |id, request| Gateway::answer(Arc::clone(&gateway), id, request))
        .method_not_allowed_fallback(|| async { Failed(Problem::method_not_allowed()) })
        .layer(middleware::from_fn_with_state(app.clone(), browser::guard))
        .layer(middleware::from_fn(input::take_body))
        .layer(middleware::from_fn_with_state(app, browser::add_headers))
        .layer(middleware::from_fn(reply::identify))
}

async fn form(request: Request<Body>) -> Result<Form, Problem> {
    Form::parse(&input::read(&mut request.into_body(), MAX_FORM).await?)
}

async fn jwks(State(dev): State<Dev>) -> Json<Value> {
    Json(dev.issuer.jwks())
}

async fn discovery(State(dev): State<Dev>) -> Json<Value> {
    Json(dev.issuer.discovery(&dev.url))
}

async fn sign_in(State(dev): State<Dev>, request: Request) -> Result<Json<Value>, Failed> {
    let mut form = form(request).await?;
    let email = form.text::<EmailAddress>("email");
    let email = form.required("email", email);
    let mut name = |field| form.text::<PersonName>(field).map(String::from);
    let (first_name, last_name) = (name("firstName"), name("lastName"));
    let email_verified = form.flag("emailVerified").unwrap_or(true);
    form.finish()?;
    let person = email.map(|email| Person { email, email_verified, first_name, last_name });
    let token = person.and_then(|person| dev.issuer.sign_in(&person));
    let token =
        token.ok_or_else(|| Problem::unexpected("nobody can be signed in", &"no token could be signed"))?;
    Ok(Json(json!({ "token": token })))
}

/// The most characters of the scopes of a service's token.
const MAX_SCOPES: usize = 1_000;

/// The token of a service that the active pack declares.
async fn service_token(State(dev): State<Dev>, request: Request) -> Result<Json<Value>, Failed> {
    let mut form = form(request).await?;
    let name = form.text::<PersonName>("name").map(String::from);
    let name = form.required("name", name);
    let scopes = form.texts("scopes", MAX_SCOPES);
    form.finish()?;
    let pack = publish::active_pack(dev.service.store()).await?;
    let known: Vec<String> =
        pack.iter().flat_map(|pack| &pack.services).map(|service| service.id.to_string()).collect();
    let name = name.unwrap_or_default();
    if !known.contains(&name) {
        let message = format!("must be a service of the pack: {}", known.join(", "));
        return Err(Problem { choices: known.into(), ..Problem::field("name", message) }.into());
    }
    let token = dev.issuer.service_token(&name, &scopes.unwrap_or_default());
    let token = token.ok_or_else(|| Problem::unexpected("no token", &"no token could be signed"))?;
    Ok(Json(json!({ "token": token })))
}

/// The longest wait before the clock jumps.
const SETTLES_IN: Duration = Duration::from_secs(2);

/// The people of the demo, whom the console and the reference offer to sign in as.
async fn people(State(dev): State<Dev>) -> Json<Value> {
    let people = dev.people.get().map_or(&[][..], Vec::as_slice);
    Json(json!({ "items": people, "nextCursor": null }))
}

async fn advance_clock(State(dev): State<Dev>, request: Request) -> Result<Json<Value>, Failed> {
    let mut form = form(request).await?;
    let seconds = form.number("advanceSeconds", MAX_ADVANCE);
    let seconds = form.required("advanceSeconds", seconds);
    form.finish()?;
    let by = SignedDuration::from_secs(seconds.map_or(0, i64::from));
    // The requests before the jump take effect before it.
    let _ = timeout(SETTLES_IN, dev.scheduler.settle()).await;
    let now = dev.clock.advance(by).map_err(|error| Problem::field("advanceSeconds", error.to_string()))?;
    if let Some(stub) = &dev.stub {
        stub.tick().await;
    }
    dev.scheduler.nudge();
    Ok(Json(json!({ "now": now })))
}

async fn set_plan(State(dev): State<Dev>, request: Request) -> Result<StatusCode, Failed> {
    let mut form = form(request).await?;
    let workspace = form.text::<WorkspaceId>("workspaceId");
    let workspace = form.required("workspaceId", workspace);
    let plan = form.text::<PersonName>("plan").map(String::from);
    let plan = form.required("plan", plan);
    form.finish()?;
    let (Some(workspace), Some(plan)) = (workspace, plan) else { return Err(Problem::not_found().into()) };
    let store = dev.service.store();
    let pack = publish::active_pack(store).await?;
    let pack = pack.ok_or_else(|| Problem::unexpected("a plan cannot be set", &"no pack is active"))?;
    match plan::set(store, &pack, workspace, &plan, dev.clock.now()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(PlanError::NoWorkspace) => Err(Problem::not_found().into()),
        Err(PlanError::NoPlan) => {
            let plans: Vec<&str> = pack.plans.iter().map(|plan| plan.id.as_str()).collect();
            Err(Problem::field("plan", format!("must be one of: {}", plans.join(", "))).into())
        }
        Err(PlanError::SeatsTaken) => Err(Problem::from(Code::SeatsTaken).into()),
        Err(PlanError::TooManyMembers) => Err(Problem::from(Code::MemberLimitReached).into()),
        Err(error) => Err(Problem::internal("a plan cannot be set", &error).into()),
    }
}

async fn verify_domain(State(dev): State<Dev>, request: Request) -> Result<Json<Value>, Failed> {
    let mut form = form(request).await?;
    let domain = form.text::<DomainName>("domain");
    let domain = form.required("domain", domain);
    let record_gone = form.flag("recordGone").unwrap_or(false);
    form.finish()?;
    let Some(domain) = domain else { return Err(Problem::not_found().into()) };
    let now = dev.clock.now();
    let store = dev.service.store();
    let changed = if record_gone {
        verify_domains::remove_record_by_hand(store, &domain, now).await
    } else {
        verify_domains::verify_by_hand(store, &domain, now).await
    };
    dev.scheduler.nudge();
    match changed {
        Ok(0) => Err(Problem::not_found().into()),
        Ok(gone) if record_gone => Ok(Json(json!({ "recordGone": gone }))),
        Ok(verified) => Ok(Json(json!({ "verified": verified }))),
        Err(error) => Err(Problem::internal("a domain cannot be verified", &error).into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage<'a> {
    to: Option<&'a str>,
    mails: &'a [SentMail],
}

impl MailboxPage<'_> {
    /// Anything else may be a script.
    fn is_web_link(link: &str) -> bool {
        link.starts_with("http://") || link.starts_with("https://")
    }
}

/// Mails in frames that can do nothing; their own styles and pictures are shown.
const MAILBOX_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; frame-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

async fn mailbox(
    State(dev): State<Dev>,
    which: Result<Query<Which>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let Ok(Query(Which { to })) = which else {
        return Err(Problem::field("query", "may only have `to`").into());
    };
    let to = to.filter(|to| !to.is_empty());
    // A person who has just invited somebody sees the mail, not an empty mailbox.
    dev.scheduler.settle().await;
    let mut mails = to.as_deref().map_or_else(|| dev.mailbox.sent(), |to| dev.mailbox.sent_to(to));
    mails.reverse();
    if !prefers_html(&headers) {
        return Ok(Json(json!({ "items": mails, "nextCursor": null })).into_response());
    }
    let page = MailboxPage { to: to.as_deref(), mails: &mails };
    let html = page.render().map_err(|error| Problem::internal("the mailbox cannot be shown", &error))?;
    Ok(docs::page(html, MAILBOX_POLICY))
}

/// Browsers name `text/html` first; a client that asks for JSON, or for any type, gets JSON.
fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let place = |kind: &str| accept.split(',').position(|range| range.trim().starts_with(kind));
    match (place("text/html"), place("application/json")) {
        (Some(html), Some(json)) => html < json,
        (html, None) => html.is_some(),
        (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_a_page_and_programs_json() {
        let html = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            prefers_html(&headers)
        };
        assert!(html("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!html("*/*"));
        assert!(!html("application/json, text/html;q=0.5"));
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
