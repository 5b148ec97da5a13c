//! The two sides of a Lambda invocation by an HTTP API: the event that API Gateway makes of a
//! request, and the HTTP reply that it makes of a function's answer. Payload format version 2.0:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::{BTreeMap, HashMap};

use aws_lambda_events::apigw::{
    ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription, ApiGatewayV2httpRequest,
    ApiGatewayV2httpRequestContext, ApiGatewayV2httpRequestContextHttpDescription,
};
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::authorizer::Claims;

/// Everybody is on this machine.
const SOURCE_IP: &str = "127.0.0.1";
/// The stage that is not part of paths.
const STAGE: &str = "$default";

/// The facts that the gateway has found out about a request.
pub struct Found<'a> {
    /// As the gateway and the function call it in their logs.
    pub request_id: &'a str,
    /// The time it came.
    pub at: Timestamp,
    /// The route that it took: `/v1/workspaces/{workspaceId}`.
    pub route: &'a str,
    /// Values of the route's parameters, decoded.
    pub path_parameters: HashMap<String, String>,
    /// The claims of the token; none on a route that needs no token.
    pub claims: Option<&'a Claims>,
}

/// The event that a function gets.
pub fn event(request: &Parts, body: &[u8], found: &Found<'_>) -> ApiGatewayV2httpRequest {
    let query = request.uri.query().unwrap_or_default();
    let route_key = format!("{} {}", request.method, found.route);
    let (body, is_base64_encoded) = encode_body(&request.headers, body);
    let mut event = ApiGatewayV2httpRequest::default();
    event.version = Some("2.0".to_owned());
    event.route_key = Some(route_key.clone());
    event.raw_path = Some(request.uri.path().to_owned());
    event.raw_query_string = Some(query.to_owned());
    event.cookies = cookies(&request.headers);
    event.headers = headers(&request.headers);
    // Infallible: what cannot be read is left out.
    event.query_string_parameters = query.parse().unwrap_or_default();
    event.path_parameters.clone_from(&found.path_parameters);
    event.request_context = context(request, route_key, found);
    event.body = body;
    event.is_base64_encoded = is_base64_encoded;
    event
}

fn context(request: &Parts, route_key: String, found: &Found<'_>) -> ApiGatewayV2httpRequestContext {
    let mut http = ApiGatewayV2httpRequestContextHttpDescription::default();
    http.method = request.method.clone();
    http.path = Some(request.uri.path().to_owned());
    http.protocol = Some(format!("{:?}", request.version));
    http.source_ip = Some(SOURCE_IP.to_owned());
    http.user_agent = request.headers.get(USER_AGENT).and_then(text).map(ToOwned::to_owned);

    let mut context = ApiGatewayV2httpRequestContext::default();
    context.route_key = Some(route_key);
    context.account_id = Some("000000000000".to_owned());
    context.apiid = Some("local".to_owned());
    context.domain_name = Some(host(&request.headers));
    context.domain_prefix = Some("localhost".to_owned());
    context.stage = Some(STAGE.to_owned());
    context.request_id = Some(found.request_id.to_owned());
    context.time = Some(found.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string());
    context.time_epoch = found.at.as_millisecond();
    context.http = http;
    context.authorizer = found.claims.map(authorizer);
    context
}

/// Without `scopes`: API Gateway lists the scopes that a route asks for, and our routes ask for none.
fn authorizer(claims: &Claims) -> ApiGatewayRequestAuthorizer {
    let mut jwt = ApiGatewayRequestAuthorizerJwtDescription::default();
    jwt.claims = claims.iter().map(|(name, value)| (name.clone(), claim_text(value))).collect();
    let mut authorizer = ApiGatewayRequestAuthorizer::default();
    authorizer.jwt = Some(jwt);
    authorizer
}

/// A claim as API Gateway hands it over: always text. Lists are written as Go prints them, without
/// commas or quotes, so that `["a b"]` and `["a", "b"]` are the same: nothing may rest on a list.
fn claim_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(claim_text).collect::<Vec<_>>().join(" "))
        }
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{name}:{}", claim_text(value))).collect();
            members.sort();
            format!("map[{}]", members.join(" "))
        }
    }
}

/// Lower-case names, values of the same name joined by commas; cookies have a field of their own.
/// A client cannot set the headers that the gateway sets. The event is JSON: bytes that are not UTF-8
/// are replaced, not left out, so that no `Idempotency-Key` is overlooked.
fn headers(given: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in given.keys().filter(|name| *name != COOKIE) {
        let values: Vec<_> =
            given.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        if let Ok(value) = HeaderValue::from_bytes(values.join(",").as_bytes()) {
            headers.insert(name.clone(), value);
        }
    }
    if let Ok(host) = HeaderValue::try_from(host(given)) {
        headers.insert(HOST, host);
    }
    headers.insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static(SOURCE_IP));
    headers.insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("http"));
    headers.remove(HeaderName::from_static("x-forwarded-port"));
    headers.remove(HeaderName::from_static("x-amzn-trace-id"));
    headers
}

/// The host that the request names. Unlike the host of a deployed API, it includes the port.
fn host(given: &HeaderMap) -> String {
    given.get(HOST).and_then(text).unwrap_or("localhost").to_owned()
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

fn cookies(headers: &HeaderMap) -> Option<Vec<String>> {
    let cookies: Vec<String> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(text)
        .flat_map(|line| line.split(';'))
        .map(|cookie| cookie.trim().to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect();
    (!cookies.is_empty()).then_some(cookies)
}

/// The body as text, or in base64 if it is not text.
fn encode_body(headers: &HeaderMap, body: &[u8]) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text(headers) => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(body)), true),
    }
}

/// Whether API Gateway hands the body over as it is: `text/*`, JSON, XML and JavaScript, uncompressed.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(text).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = ["application/json", "application/xml", "application/javascript"].contains(&kind.as_str());
    let is_text = kind.starts_with("text/") || known || kind.ends_with("+json") || kind.ends_with("+xml");
    is_text && !headers.contains_key(CONTENT_ENCODING)
}

/// A function's answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionAnswer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

impl FunctionAnswer {
    /// The reply that the gateway makes of it; `None` where API Gateway would say that the function
    /// is broken.
    pub(super) fn into_reply(self) -> Option<Response> {
        let body = self.body.unwrap_or_default();
        let body = if self.is_base64_encoded { STANDARD.decode(body).ok()? } else { body.into_bytes() };
        let mut reply = Response::builder().status(self.status_code);
        for (name, value) in self.headers {
            reply = reply.header(name, value);
        }
        for cookie in self.cookies {
            reply = reply.header(SET_COOKIE, cookie);
        }
        reply.body(Body::from(body)).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_become_text() {
        for (claim, text) in [
            (json!("a"), "a"),
            (json!(true), "true"),
            (json!(1_700_000_000), "1700000000"),
            (json!(1.5), "1.5"),
            (json!(["a", "b"]), "[a b]"),
            (json!([]), "[]"),
            (json!({"b": 1, "a": [true]}), "map[a:[true] b:1]"),
            (json!(null), "<nil>"),
        ] {
            assert_eq!(claim_text(&claim), text);
        }
    }

    #[test]
    fn only_text_goes_as_text() {
        let encoded = |kind: &str, body: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            encode_body(&headers, body)
        };
        assert_eq!(encoded("application/json; charset=utf-8", b"{}"), (Some("{}".to_owned()), false));
        assert_eq!(encoded("application/merge-patch+json", b"{}"), (Some("{}".to_owned()), false));
        assert_eq!(encoded("application/json", b"\xff"), (Some("/w==".to_owned()), true));
        assert_eq!(encoded("image/png", b"{}"), (Some("e30=".to_owned()), true));
        assert_eq!(encoded("application/json", b""), (None, false));
    }

    #[test]
    fn an_answer_that_is_none_is_not_passed_on() {
        let reply = |answer: Value| serde_json::from_value::<FunctionAnswer>(answer).ok()?.into_reply();
        assert!(reply(json!({"statusCode": 200})).is_some());
        assert!(reply(json!({"statusCode": 42})).is_none());
        assert!(reply(json!({"statusCode": 200, "headers": {"a b": "c"}})).is_none());
        assert!(reply(json!({"statusCode": 200, "body": "?", "isBase64Encoded": true})).is_none());
        let two = reply(json!({"statusCode": 204, "cookies": ["a=b", "c=d"]})).unwrap();
        assert_eq!(two.headers().get_all(SET_COOKIE).iter().count(), 2);
    }
}
