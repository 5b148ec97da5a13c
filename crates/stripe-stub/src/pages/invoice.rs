//! The page of an invoice.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{LineText, money, page, proceed, unknown_act};
use crate::act::StubAct;
use crate::error::ApiError;
use crate::form::Params;
use crate::state::Line;
use crate::stub::Stub;
use crate::world::World;

#[derive(Template)]
#[template(path = "invoice.html")]
struct InvoicePage {
    number: String,
    status: &'static str,
    lines: Vec<LineText>,
    due: String,
    needs_authentication: bool,
}

pub(super) async fn show(State(stub): State<Stub>, Path(id): Path<String>) -> Response {
    page(stub.look(None, |world| describe(world, &id)))
}

fn describe(world: &World<'_>, id: &str) -> Result<InvoicePage, ApiError> {
    let invoice = world.account.invoices.get(id)?;
    let line = |line: &Line| LineText {
        name: line.description.clone(),
        quantity: line.quantity,
        amount: money(line.amount, &invoice.currency),
    };
    Ok(InvoicePage {
        number: invoice.number.clone().unwrap_or_default(),
        status: invoice.status.name(),
        lines: invoice.lines.iter().map(line).collect(),
        due: money(invoice.remaining(), &invoice.currency),
        needs_authentication: invoice.needs_authentication,
    })
}

pub(super) async fn act(State(stub): State<Stub>, Path(id): Path<String>, body: Bytes) -> Response {
    proceed(stub.change(None, |world| press(world, &id, &body)))
}

fn press(world: &mut World<'_>, id: &str, body: &[u8]) -> Result<String, ApiError> {
    let invoice = id.to_owned();
    let act = match Params::parse(body).required("act")?.as_str() {
        "pay" => StubAct::PayInvoice { invoice },
        "decline" => StubAct::DeclineInvoice { invoice },
        "complete" => StubAct::CompleteAuthentication { id: invoice },
        _ => return Err(unknown_act()),
    };
    world.act(act)?;
    Ok(format!("{}/invoice/{id}", world.public_url))
}
