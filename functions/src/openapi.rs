//! The API reference: OpenAPI 3.1, made from the table of operations and the types they use.

use std::collections::BTreeMap;

use seatwise_domain::invitation::MAX_PER_REQUEST;
use serde_json::Value;
use utoipa::openapi::path::{
    HttpMethod, Operation as Described, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, KnownFormat, ObjectBuilder, OpenApi, OpenApiBuilder,
    PathItem, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, SchemaFormat, Type,
};
use utoipa::{IntoParams, ToSchema};

use crate::operation::{Operation, camel_case};
use crate::operations::{self, Row};
use crate::problem::{Code, FieldError};
use crate::request::{Nothing, Paging};

/// Schemas by name.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// A query string, described.
pub trait Query {
    /// Its parameters.
    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }
}

impl Query for Nothing {}

impl Query for Paging {
    fn parameters() -> Vec<Parameter> {
        Self::into_params(|| Some(ParameterIn::Query))
    }
}

/// A body, described.
pub trait Body {
    /// Its schema, and those it refers to; none if there is no body.
    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>>;
}

/// An answer, described.
pub trait Output {
    /// Its schema, and those it refers to; none if there is no answer.
    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>>;
}

impl Body for Nothing {
    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        None
    }
}

impl Output for () {
    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        None
    }
}

/// A reference to a type's schema, which is put among the components.
pub fn refer<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    let name = T::name().into_owned();
    schemas.push((name.clone(), T::schema()));
    T::schemas(schemas);
    RefOr::Ref(Ref::from_schema_name(name))
}

/// Makes a type the body of an operation.
#[macro_export]
#[doc(hidden)]
macro_rules! body {
    ($type:ty) => {
        impl $crate::openapi::Body for $type {
            fn schema(
                schemas: &mut $crate::openapi::Schemas,
            ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
                Some($crate::openapi::refer::<$type>(schemas))
            }
        }
    };
}

/// Makes a type the answer of an operation.
#[macro_export]
#[doc(hidden)]
macro_rules! output {
    ($type:ty) => {
        impl $crate::openapi::Output for $type {
            fn schema(
                schemas: &mut $crate::openapi::Schemas,
            ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
                Some($crate::openapi::refer::<$type>(schemas))
            }
        }
    };
}

/// Makes a type the query of an operation.
#[macro_export]
#[doc(hidden)]
macro_rules! query {
    ($type:ty) => {
        impl $crate::openapi::Query for $type {
            fn parameters() -> Vec<utoipa::openapi::path::Parameter> {
                <$type as utoipa::IntoParams>::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query))
            }
        }
    };
}

/// Codes that any operation may answer.
const ANY: &[Code] =
    &[Code::Malformed, Code::Invalid, Code::PayloadTooLarge, Code::ConflictBusy, Code::Internal];
/// Codes that any operation for the signed-in may answer besides.
const SIGNED_IN: &[Code] = &[Code::Unauthenticated];
/// Codes that any operation in a workspace may answer besides.
const IN_WORKSPACE: &[Code] = &[Code::NotFound, Code::Forbidden];

/// One operation, described.
pub fn describe<O: Operation>(schemas: &mut Schemas) -> Described {
    let mut described = OperationBuilder::new()
        .operation_id(Some(camel_case(O::NAME)))
        .summary(Some(O::SUMMARY))
        .description(Some(O::DESCRIPTION).filter(|text| !text.is_empty()))
        .tag(tag(O::NAME));
    for name in parameters(O::PATH) {
        described = described.parameter(path_parameter(name));
    }
    for parameter in O::Query::parameters() {
        described = described.parameter(parameter);
    }
    if O::IDEMPOTENT {
        described = described.parameter(idempotency_key());
    }
    if let Some(schema) = O::Body::schema(schemas) {
        let mut content = ContentBuilder::new().schema(Some(schema));
        if let Some(example) = example(O::EXAMPLE) {
            content = content.example(Some(example));
        }
        let body = utoipa::openapi::request_body::RequestBodyBuilder::new()
            .content("application/json", content.build())
            .required(Some(Required::True))
            .build();
        described = described.request_body(Some(body));
    }
    let mut done = ResponseBuilder::new().description(O::SUMMARY);
    if let Some(schema) = O::Output::schema(schemas) {
        let mut content = ContentBuilder::new().schema(Some(schema));
        if let Some(example) = example(O::ANSWER) {
            content = content.example(Some(example));
        }
        done = done.content("application/json", content.build());
    }
    described = described.response(O::STATUS.as_str(), done.build());
    for (status, codes) in by_status(&codes::<O>()) {
        described = described.response(status, problem_response(&codes));
    }
    described = described.security(if O::PUBLIC {
        SecurityRequirement::default()
    } else {
        SecurityRequirement::new::<_, [&str; 0], &str>("accessToken", [])
    });
    described.build()
}

/// Every code an operation may answer.
pub fn codes<O: Operation>() -> Vec<Code> {
    let mut codes = ANY.to_vec();
    codes.extend_from_slice(O::CODES);
    if !O::PUBLIC {
        codes.extend_from_slice(SIGNED_IN);
    }
    if O::PATH.contains("{workspaceId}") {
        codes.extend_from_slice(IN_WORKSPACE);
    }
    if O::IDEMPOTENT {
        codes.push(Code::IdempotencyMismatch);
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn by_status(codes: &[Code]) -> BTreeMap<String, Vec<Code>> {
    let mut map = BTreeMap::<String, Vec<Code>>::new();
    for code in codes {
        map.entry(code.status().as_str().to_owned()).or_default().push(*code);
    }
    map
}

fn problem_response(codes: &[Code]) -> utoipa::openapi::Response {
    let list: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
    let mut content = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    for code in codes {
        let value = crate::problem::Problem::from(*code).to_json("Jq3bEhZ2oAMEJbg=");
        let example = utoipa::openapi::example::ExampleBuilder::new().value(Some(value)).build();
        content = content.examples_from_iter([(code.as_str(), example)]);
    }
    ResponseBuilder::new()
        .description(list.join("; "))
        .content("application/problem+json", content.build())
        .build()
}

fn example(json: &str) -> Option<Value> {
    (!json.is_empty()).then(|| serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned())))
}

fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let schema = match name {
        "invitationId" | "requestId" => text.pattern(Some("^[A-Za-z0-9_-]{43}$")),
        _ => text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Makes a repetition harmless: for 24 hours the same key with the same body gets the first answer.",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(SchemaType::new(Type::String))
                .pattern(Some("^[!-~]+$"))
                .min_length(Some(1))
                .max_length(Some(255)),
        ))
        .build()
}

/// The chapter of the reference: the thing that the last word of the name is about.
fn tag(name: &str) -> &'static str {
    let is_about = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if is_about(&["leave"]) => "leave requests",
        () if is_about(&["invit", "join"]) => "invitations",
        () if is_about(&["seat"]) => "seats",
        () if is_about(&["member", "role"]) => "members",
        () if is_about(&["authorize", "permissions"]) => "access",
        () if is_about(&["workspace"]) => "workspaces",
        () => "me",
    }
}

/// A failure (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Problem::to_json` writes")]
struct Problem {
    /// The same for every problem of this kind.
    #[schema(example = "urn:seatwise:problem:no_seat_available")]
    r#type: String,
    /// What it is.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What a person can do.
    detail: String,
    /// What clients switch on.
    #[schema(example = "no_seat_available")]
    code: String,
    /// Which rule of the policies refused.
    reason: Option<String>,
    /// What is wrong with which field.
    errors: Option<Vec<FieldError>>,
    /// Quote it when asking about a failure.
    #[serde(rename = "requestId")]
    #[schema(rename = "requestId")]
    request_id: String,
}

/// The whole document.
pub fn document() -> OpenApi {
    let mut schemas = Schemas::new();
    refer::<Problem>(&mut schemas);
    let mut paths = BTreeMap::<&str, Vec<(HttpMethod, Described)>>::new();
    for row in operations::all() {
        paths.entry(row.path).or_default().push((http_method(row), (row.describe)(&mut schemas)));
    }
    let mut builder = PathsBuilder::new();
    for (path, operations) in paths {
        for (method, operation) in operations {
            builder = builder.path(path, PathItem::new(method, operation));
        }
    }
    let components = schemas
        .into_iter()
        .fold(ComponentsBuilder::new(), |components, (name, schema)| components.schema(name, schema))
        .security_scheme(
            "accessToken",
            SecurityScheme::Http(
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build(),
            ),
        );
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Seatwise")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(description()))
                .build(),
        )
        .paths(builder.build())
        .components(Some(components.build()))
        .build()
}

fn description() -> String {
    format!(
        "Workspaces, members, seats, invitations and roles for a SaaS product.\n\n\
         JSON in camelCase; times are RFC 3339 in UTC; money is in minor units. Lists are \
         `{{\"items\": [...], \"nextCursor\": null}}`; a cursor is opaque. Fields that a request does not have are \
         refused. Failures are `application/problem+json` (RFC 9457): switch on `code`.\n\n\
         A `POST` that creates takes an `Idempotency-Key`. Up to {MAX_PER_REQUEST} people are invited at once.\n\n\
         Roles, seat tiers and what each role may do are data of the product's policy pack."
    )
}

fn http_method(row: &Row) -> HttpMethod {
    match row.method.as_str() {
        "GET" => HttpMethod::Get,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Post,
    }
}
