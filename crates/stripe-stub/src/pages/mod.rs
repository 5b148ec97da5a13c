//! The pages where people pay. They need no script.

mod checkout;
mod invoice;
mod portal;

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::StatusCode;

use crate::error::ApiError;
use crate::stub::Stub;

pub(crate) fn router(stub: Stub) -> Router {
    Router::new()
        .route("/checkout/{id}", get(checkout::show).post(checkout::act))
        .route("/portal/{id}", get(portal::show).post(portal::act))
        .route("/invoice/{id}", get(invoice::show).post(invoice::act))
        .with_state(stub)
}

/// A line of what is bought.
struct LineText {
    name: String,
    quantity: i64,
    amount: String,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Refusal<'a> {
    message: &'a str,
}

fn page(template: Result<impl Template, ApiError>) -> Response {
    template.map_or_else(|error| refusal(&error), |template| render(StatusCode::OK, &template))
}

fn render(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the built-in Stripe could not be shown");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn refusal(error: &ApiError) -> Response {
    render(error.status, &Refusal { message: &error.message })
}

/// Where the browser goes after an act.
fn proceed(result: Result<String, ApiError>) -> Response {
    result.map_or_else(|error| refusal(&error), |url| Redirect::to(&url).into_response())
}

fn unknown_act() -> ApiError {
    ApiError::invalid("The page has no such button.")
}

/// Anything else may be a script.
fn web_link(url: Option<&String>) -> Option<String> {
    url.filter(|url| url.starts_with("http://") || url.starts_with("https://")).cloned()
}

fn money(amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "−" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:02} {}", amount / 100, amount % 100, currency.to_uppercase())
}
