//! The page of a Checkout session.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{LineText, money, page, proceed, unknown_act, web_link};
use crate::act::{Card, StubAct};
use crate::error::ApiError;
use crate::form::Params;
use crate::state::SessionStatus;
use crate::stub::Stub;
use crate::world::World;

#[derive(Template)]
#[template(path = "checkout.html")]
struct CheckoutPage {
    status: &'static str,
    lines: Vec<LineText>,
    total: String,
    needs_authentication: bool,
    declined: bool,
    back: Option<String>,
}

pub(super) async fn show(State(stub): State<Stub>, Path(id): Path<String>) -> Response {
    page(stub.look(None, |world| describe(world, &id)))
}

fn describe(world: &World<'_>, id: &str) -> Result<CheckoutPage, ApiError> {
    let session = world.account.sessions.get(id)?;
    let line = |line: &crate::state::SessionLine| LineText {
        name: world.product_name(&line.price),
        quantity: line.quantity,
        amount: money(line.amount, &session.currency),
    };
    let is_late = session.status == SessionStatus::Open && session.expires_at <= world.now;
    Ok(CheckoutPage {
        status: if is_late { "expired" } else { session.status.name() },
        lines: session.lines.iter().map(line).collect(),
        total: money(session.total(), &session.currency),
        needs_authentication: session.needs_authentication,
        declined: session.declined,
        back: web_link(session.cancel_url.as_ref()),
    })
}

pub(super) async fn act(State(stub): State<Stub>, Path(id): Path<String>, body: Bytes) -> Response {
    proceed(stub.change(None, |world| press(world, &id, &body)))
}

fn press(world: &mut World<'_>, id: &str, body: &[u8]) -> Result<String, ApiError> {
    let session = id.to_owned();
    let act = match Params::parse(body).required("act")?.as_str() {
        "pay" => StubAct::PayCheckout { session, card: Card::Works },
        "decline" => StubAct::DeclineCheckout { session },
        "ask" => StubAct::AskAuthenticationCheckout { session },
        "complete" => StubAct::CompleteAuthentication { id: session },
        "fail" => StubAct::FailAuthentication { id: session },
        _ => return Err(unknown_act()),
    };
    world.act(act)?;
    let session = world.account.sessions.get(id)?;
    Ok(if session.status == SessionStatus::Complete {
        session.success_url.replace("{CHECKOUT_SESSION_ID}", id)
    } else {
        format!("{}/checkout/{id}", world.public_url)
    })
}
