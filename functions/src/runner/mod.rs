//! The runner that every request goes through: plan → read → authorize → replay → decide → commit →
//! reply. Each step is a file; [`attempt`] has their order.

mod attempt;
mod authorize;
mod commit;
mod failure;
mod hold;
mod idempotency;
mod log;
mod retry;

use std::sync::Arc;
use std::time::Instant;

use attempt::{Attempt, Prepared};
use failure::Failure;
use http::Response;
use lambda_http::Body;
use log::RequestLog;
use seatwise_store::Store;

use crate::answer::{Answer, Content, respond_problem};
use crate::fields::both;
use crate::links::{self, Links};
use crate::operation::{Operation, Request, StripeUse};
use crate::path::{Path, WorkspacePath};
use crate::payments;
use crate::problem::{Code, Problem};
use crate::request::Incoming;
use crate::scope::{PathScope as _, Scope};
use crate::service::Service;
use crate::wire::Body as _;

/// Runs one request of one operation to its response.
pub async fn run<O: Operation>(service: Arc<Service>, incoming: Incoming) -> Response<Body> {
    let begun = Instant::now();
    let (store, meter) = service.store.metered();
    let mut log = RequestLog::default();
    let outcome = answer::<O>(&service, &store, &incoming, &mut log).await;
    log.write(O::NAME, &incoming, &outcome, &meter, begun.elapsed(), service.is_first_request());
    match outcome {
        Ok(answer) => answer.into_response(),
        Err(problem) => respond_problem(&problem, &incoming.request_id),
    }
}

async fn answer<O: Operation>(
    service: &Service,
    store: &Store,
    incoming: &Incoming,
    log: &mut RequestLog,
) -> Result<Answer, Problem> {
    let path = O::Path::read(incoming);
    log.workspace = path.as_ref().ok().and_then(|path| path.place().workspace());
    O::Scope::admit(&incoming.caller)?;
    // The request is read before anything else, so that a malformed one costs nothing.
    let key = if O::IDEMPOTENT { incoming.idempotency_key()? } else { None };
    let request = read::<O>(incoming, path)?;
    let mut active = match service.policies.held() {
        Some(active) if !active.is_floor_only => active,
        _ => service.load_policies(store).await?,
    };
    let tokens = if O::LINKS { Some(service.tokens().await?) } else { None };
    let webhook = if O::STRIPE == StripeUse::Webhook { Some(service.webhook().await?) } else { None };
    let prepared = Prepared {
        service,
        store,
        incoming,
        request,
        key,
        tokens: tokens.as_ref(),
        webhook: webhook.as_ref(),
    };
    let mut plan = prepared.plan(&active, incoming.caller.clone())?;
    for number in 0..retry::MAX_ATTEMPTS {
        retry::wait(number).await;
        let attempt = Attempt { prepared: &prepared, earlier_conflicts: number };
        match attempt.run(&mut plan, &mut active, log).await {
            Ok(answer) => {
                let answer = if O::STRIPE == StripeUse::Pays {
                    let workspace = prepared.request.path.place().workspace();
                    payments::follow_up(service, store, workspace, &active, answer).await?
                } else {
                    answer
                };
                return with_links(answer, tokens.as_ref().map(|tokens| service.links(tokens)));
            }
            Err(Failure::Conflict) => log.conflicts += 1,
            Err(Failure::Problem(problem)) => return Err(problem),
        }
    }
    Err(Code::ConflictBusy.into())
}

/// Reads query and body into the operation's types, and puts the path beside them.
fn read<O: Operation>(incoming: &Incoming, path: Result<O::Path, Problem>) -> Result<Request<O>, Problem> {
    let path = path.map_err(|_| unknown_path::<O>(incoming))?;
    let (query, body) = both(incoming.query(), O::Body::read(incoming))?;
    Ok(Request { path, query, body })
}

/// The answer to a path that names nothing. A path without a workspace, where it should have one,
/// names no workspace first of all.
fn unknown_path<O: Operation>(incoming: &Incoming) -> Problem {
    let has_no_workspace = O::PATH.contains("{workspaceId}") && WorkspacePath::read(incoming).is_err();
    if has_no_workspace { Problem::not_found() } else { O::MISSING.into() }
}

/// The answer with the text of its links.
fn with_links(answer: Answer, links: Option<Links<'_>>) -> Result<Answer, Problem> {
    let Content::Json(body) = answer.content else { return Ok(answer) };
    let body = links::render(body, links)
        .map_err(|error| Problem::internal("an answer has a link that cannot be made", &error))?;
    Ok(Answer { content: Content::Json(body), ..answer })
}
