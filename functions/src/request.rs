//! A request, read into types that cannot hold nonsense: 400, 404 or 422 with the field named.

use std::collections::HashMap;
use std::net::IpAddr;
use std::str::FromStr;

use lambda_http::request::RequestContext;
use lambda_http::{Request as HttpRequest, RequestExt as _};
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::fields;
use crate::problem::Problem;
use crate::service_clients::ServiceClients;

/// Largest body that an operation reads, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Longest `Idempotency-Key`, in characters (as Stripe's).
const MAX_IDEMPOTENCY_KEY: usize = 255;

/// The most that is kept of the name of a client's program, in characters.
const MAX_USER_AGENT: usize = 200;

/// A request as API Gateway handed it over, not yet understood.
pub struct Incoming {
    /// The caller.
    pub caller: Caller,
    /// The reason why a token that the authorizer has accepted stands for nobody, for the log.
    pub refused_token: Option<&'static str>,
    /// The id of the request: for the log, and for questions about a failure.
    pub request_id: String,
    /// Where this API is reached: scheme and host.
    pub origin: String,
    /// The trace that it belongs to, as AWS X-Ray names it: `1-5bef4de7-ad49b0e87f6ef6c87fc2e700`.
    pub trace: Option<String>,
    /// The network address of the client, as API Gateway or CloudFront reports it.
    pub ip: Option<String>,
    /// The program of the client, as it names itself.
    pub user_agent: Option<String>,
    path: HashMap<String, String>,
    raw_path: String,
    raw_query: String,
    body: Vec<u8>,
    idempotency_key: Option<String>,
    stripe_signature: Option<String>,
}

impl Incoming {
    /// Takes what operations need out of an HTTP request.
    pub fn new(request: &HttpRequest, services: &ServiceClients) -> Self {
        let (request_id, http) = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => (context.request_id.clone(), Some(&context.http)),
            _ => (None, None),
        };
        let (caller, refused_token) = Caller::of(request, services);
        let path = request.path_parameters();
        let header = request.headers().get("idempotency-key");
        let signature = request.headers().get("stripe-signature");
        Self {
            caller,
            refused_token,
            request_id: request_id.unwrap_or_default(),
            origin: origin(request),
            trace: trace(request),
            ip: if is_behind_front(request) {
                viewer_address(request)
            } else {
                http.and_then(|http| http.source_ip.clone())
            },
            user_agent: http.and_then(|http| http.user_agent.as_deref()).map(shortened),
            path: path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            raw_path: request.raw_http_path().to_owned(),
            raw_query: request.uri().query().unwrap_or_default().to_owned(),
            body: request.body().to_vec(),
            // A value that is not text is kept as an empty key, which is refused.
            idempotency_key: header.map(|value| value.to_str().unwrap_or_default().to_owned()),
            stripe_signature: signature.and_then(|value| value.to_str().ok()).map(str::to_owned),
        }
    }

    /// The key that makes a repetition of this request harmless.
    pub fn idempotency_key(&self) -> Result<Option<&str>, Problem> {
        let Some(key) = self.idempotency_key.as_deref() else { return Ok(None) };
        let is_sound = !key.is_empty()
            && key.len() <= MAX_IDEMPOTENCY_KEY
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sound {
            return Ok(Some(key));
        }
        let message = format!("must be 1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters without spaces");
        Err(Problem::field("Idempotency-Key", message))
    }

    /// The path and the query, to which an idempotency key is bound beside caller and operation.
    pub fn path_and_query(&self) -> (&str, &str) {
        (&self.raw_path, &self.raw_query)
    }

    /// The header by which Stripe signs a webhook.
    pub fn stripe_signature(&self) -> Option<&str> {
        self.stripe_signature.as_deref()
    }

    /// The body as it came.
    pub fn raw_body(&self) -> &[u8] {
        &self.body
    }

    /// The body as `T`; an empty body counts as `{}`. `required` are the fields that it must have.
    pub fn body<T: DeserializeOwned>(&self, required: fn() -> Vec<String>) -> Result<T, Problem> {
        if self.body.len() > MAX_BODY {
            return Err(Problem::payload_too_large());
        }
        let text = if self.body.is_empty() { b"{}".as_slice() } else { &self.body };
        // Serde would take a list for an object, its items for the fields.
        if text.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(Problem::malformed("The body must be one JSON object."));
        }
        fields::of_json(text, required)
    }

    /// The query string as `T`.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        fields::of_query(&self.raw_query)
    }

    /// One parameter of the path. A text that is not an id names nothing: 404.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.path.get(name).and_then(|text| text.parse().ok()).ok_or_else(Problem::not_found)
    }
}

/// A text of the client's choice, of bounded length and without control characters.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect()
}

/// The origin that API Gateway reports, not the one that a client claims.
fn origin(request: &HttpRequest) -> String {
    let host = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.clone(),
        _ => None,
    };
    let scheme = request.headers().get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let scheme = if scheme == Some("http") { "http" } else { "https" };
    format!("{scheme}://{}", host.unwrap_or_default())
}

/// Whether the API answers only CloudFront, as a variable of the gateway's stage says (`ApiAccess` of the template).
/// Without it, everybody could send the header of `viewer_address`.
fn is_behind_front(request: &HttpRequest) -> bool {
    request.stage_variables_ref().and_then(|variables| variables.first("front")) == Some("cloudfront")
}

/// The address of CloudFront's client. To the gateway, CloudFront itself is the client.
fn viewer_address(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get("cloudfront-viewer-address")?.to_str().ok()?;
    let (address, _port) = header.rsplit_once(':')?;
    let address: IpAddr = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    Some(address.to_string())
}

/// The trace that API Gateway reports, which takes it from a client's own header if there is one; else the
/// trace of Lambda. A text of any other form is refused, because the trace goes into logs.
fn trace(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get("x-amzn-trace-id").and_then(|value| value.to_str().ok());
    let lambda = || request.lambda_context_ref()?.xray_trace_id.clone();
    let root = |text: &str| {
        let root = text.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
        let is_trace = (1..=64).contains(&root.len())
            && root.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        is_trace.then(|| root.to_owned())
    };
    header.and_then(root).or_else(|| lambda().as_deref().and_then(root))
}

#[cfg(test)]
mod tests {
    use lambda_http::http::HeaderValue;
    use serde_json::json;

    use super::*;

    /// The address that is recorded of a request whose client sends this header.
    fn recorded(stage: &serde_json::Value, header: &'static str) -> Option<String> {
        let event = json!({
            "version": "2.0", "routeKey": "GET /v1/me", "rawPath": "/v1/me", "rawQueryString": "",
            "headers": {}, "isBase64Encoded": false, "stageVariables": stage,
            "requestContext": {
                "accountId": "1", "apiId": "1", "domainName": "api.example.com", "domainPrefix": "api",
                "http": { "method": "GET", "path": "/v1/me", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
                "requestId": "1", "routeKey": "GET /v1/me", "stage": "$default", "timeEpoch": 0,
            },
        });
        let mut request = lambda_http::request::from_str(&event.to_string()).expect("an event");
        request.headers_mut().insert("cloudfront-viewer-address", HeaderValue::from_static(header));
        Incoming::new(&request, &ServiceClients::default()).ip
    }

    #[test]
    fn an_address_in_a_header_counts_only_behind_cloudfront() {
        let (front, open) = (json!({ "front": "cloudfront" }), json!(null));
        for (header, address) in [
            ("198.51.100.10:46532", Some("198.51.100.10")),
            ("2001:db8::7:46532", Some("2001:db8::7")),
            ("[2001:db8::7]:46532", Some("2001:db8::7")),
            ("somewhere:46532", None),
            ("", None),
        ] {
            assert_eq!(recorded(&front, header).as_deref(), address, "{header}");
            assert_eq!(recorded(&open, header).as_deref(), Some("192.0.2.1"), "{header}");
        }
    }
}
