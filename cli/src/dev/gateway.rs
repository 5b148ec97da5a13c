//! API Gateway, as far as the functions can tell: it finds the route, has the token checked, makes
//! the event, runs the function through `lambda_http`'s own conversion both ways, and turns the
//! answer into a reply.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::Method;
use http::header::{ALLOW, AUTHORIZATION};
use http::request::Parts;
use lambda_http::tower::Service as _;
use lambda_http::{Adapter, Context, LambdaEvent, service_fn};
use seatwise_functions::event::Event;
use seatwise_functions::operations::{self, Row};
use seatwise_functions::problem::Problem;
use seatwise_functions::{Service, handle};

use super::authorizer::{Authorizer, Claims, Refused};
use super::clock::DevClock;
use super::event::{self, Found, FunctionAnswer};
use super::input;
use super::reply::{Failed, RequestId};
use super::roles::run_as;
use super::scheduler::Scheduler;
use super::stream::noting_work;

/// The route table of all operations, and what a request needs on its way.
pub(super) struct Gateway {
    routes: matchit::Router<Vec<OperationRoute>>,
    authorizer: Authorizer,
    service: Arc<Service>,
    clock: DevClock,
    scheduler: Scheduler,
}

/// One method of one path.
struct OperationRoute {
    row: &'static Row,
    method: Method,
    /// Names of the parameters, by their place in the path.
    parameters: Vec<&'static str>,
}

/// The gateway cannot tell two routes of the table apart.
#[derive(Debug, thiserror::Error)]
#[error("route {0} cannot be told from another")]
pub struct RouteConflict(&'static str);

impl Gateway {
    pub(super) fn new(
        service: Arc<Service>,
        authorizer: Authorizer,
        clock: DevClock,
        scheduler: Scheduler,
    ) -> Result<Self, RouteConflict> {
        Ok(Self { routes: routes(operations::all())?, authorizer, service, clock, scheduler })
    }

    /// Answers a request.
    pub(super) async fn answer(
        gateway: Arc<Self>,
        Extension(id): Extension<RequestId>,
        request: Request,
    ) -> Response {
        let (parts, mut body) = request.into_parts();
        // As in Lambda, a function that was started runs to its end, also when the client leaves; and
        // a panic is the end of one request.
        let running = tokio::spawn(async move { gateway.pass_on(parts, &mut body, &id).await });
        running
            .await
            .unwrap_or_else(|error| Err(Problem::internal("a function ended early", &error)))
            .unwrap_or_else(|problem| Failed(problem).into_response())
    }

    async fn pass_on(&self, parts: Parts, body: &mut Body, id: &RequestId) -> Result<Response, Problem> {
        let Ok(found) = self.routes.at(parts.uri.path()) else { return Err(Problem::not_found()) };
        let Some(route) = found.value.iter().find(|route| route.method == parts.method) else {
            return Ok(method_not_allowed(found.value));
        };
        let claims = self.claims(route, &parts, id).await?;
        let body = input::read(body, input::MAX_BODY).await?;
        let values = found.params.iter().map(|(_, value)| percent_decode(value));
        let path_parameters = route
            .parameters
            .iter()
            .zip(values)
            .map(|(name, value)| Some(((*name).to_owned(), value?)))
            .collect::<Option<HashMap<_, _>>>()
            .ok_or_else(|| Problem::malformed("The path is not percent-encoded UTF-8."))?;
        let found = Found {
            request_id: &id.0,
            at: self.clock.now(),
            route: route.row.path,
            path_parameters,
            claims: claims.as_ref(),
        };
        let event = event::event(&parts, &body, &found);
        let event = serde_json::to_string(&event)
            .map_err(|error| broken("the event of a function cannot be converted", &error))?;
        let (reply, left_work) = noting_work(self.invoke(route.row, &event, &id.0)).await;
        if left_work {
            self.scheduler.nudge();
        }
        reply
    }

    async fn claims(
        &self,
        route: &OperationRoute,
        parts: &Parts,
        id: &RequestId,
    ) -> Result<Option<Claims>, Problem> {
        if route.row.public {
            return Ok(None);
        }
        match self.authorizer.authorize(&parts.headers).await {
            Ok(claims) => Ok(Some(claims)),
            Err(Refused(reason)) => {
                // A request without a token is usual: a page asks who is signed in.
                if parts.headers.contains_key(AUTHORIZATION) {
                    tracing::warn!(reason, operation = route.row.name, request_id = %id.0, "token refused");
                }
                Err(Problem::unauthenticated())
            }
        }
    }

    /// Runs the function as the Lambda runtime does, both conversions included.
    async fn invoke(&self, row: &'static Row, event: &str, request_id: &str) -> Result<Response, Problem> {
        let Event(request) = serde_json::from_str(event)
            .map_err(|error| broken("the event of a function cannot be converted", &error))?;
        let mut context = Context::default();
        request_id.clone_into(&mut context.request_id);
        let service = Arc::clone(&self.service);
        let mut function = Adapter::from(service_fn(move |request| {
            let service = Arc::clone(&service);
            async move { Ok::<_, Infallible>(handle(&service, row, request).await) }
        }));
        let Ok(answer) = run_as(row.name, function.call(LambdaEvent::new(request, context))).await;
        let answer = serde_json::to_value(answer)
            .map_err(|error| broken("the answer of a function cannot be converted", &error))?;
        let answer: FunctionAnswer = serde_json::from_value(answer)
            .map_err(|error| broken("the answer of a function cannot be converted", &error))?;
        answer.into_reply().ok_or_else(|| {
            broken("the answer of a function cannot be converted", &"no HTTP reply can be made of it")
        })
    }
}

fn broken(what: &'static str, why: &dyn std::fmt::Display) -> Problem {
    Problem::unexpected(what, why)
}

/// The refusal of a method. It lists the methods of the path (RFC 9110 section 15.5.6).
fn method_not_allowed(routes: &[OperationRoute]) -> Response {
    let mut reply = Failed(Problem::method_not_allowed()).into_response();
    let methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if let Ok(methods) = methods.join(", ").parse() {
        reply.headers_mut().insert(ALLOW, methods);
    }
    reply
}

/// Routes by path. The parameters of two routes may have different names in the same place, which a
/// router does not take: there they are numbered.
fn routes(rows: &'static [Row]) -> Result<matchit::Router<Vec<OperationRoute>>, RouteConflict> {
    let mut by_path: HashMap<String, Vec<OperationRoute>> = HashMap::new();
    for row in rows {
        let mut parameters = Vec::new();
        let segments = row.path.split('/').map(|segment| match parameter(segment) {
            Some(name) => {
                parameters.push(name);
                format!("{{{}}}", parameters.len())
            }
            None => segment.to_owned(),
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let same_path = by_path.entry(path).or_default();
        if same_path.iter().any(|route| route.method == row.method) {
            return Err(RouteConflict(row.path));
        }
        same_path.push(OperationRoute { row, method: row.method.clone(), parameters });
    }
    let mut router = matchit::Router::new();
    for (path, routes) in by_path {
        let shown = routes.first().map_or("", |route| route.row.path);
        router.insert(path, routes).map_err(|_| RouteConflict(shown))?;
    }
    Ok(router)
}

/// `{workspaceId}` → `workspaceId`.
fn parameter(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// RFC 3986 section 2.1. API Gateway hands parameters over decoded. `None` if it is not UTF-8 or a
/// percent sign stands alone.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_operations_can_be_told_apart() {
        assert!(routes(operations::all()).is_ok());
    }

    #[test]
    fn parameters_are_decoded() {
        assert_eq!(percent_decode("a%2Fb%20c").as_deref(), Some("a/b c"));
        assert_eq!(percent_decode("%C3%A9").as_deref(), Some("é"));
        for bad in ["%", "%2", "%zz", "%FF", "%+1"] {
            assert_eq!(percent_decode(bad), None, "{bad}");
        }
    }
}
