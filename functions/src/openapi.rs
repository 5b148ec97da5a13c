//! The API reference: OpenAPI 3.1, made from the table of operations and the types they use.

use std::collections::BTreeMap;

use seatwise_domain::rules::invitation::MAX_PER_REQUEST;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation as Described, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, KnownFormat, ObjectBuilder, OpenApi, OpenApiBuilder,
    PathItem, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, SchemaFormat, Type,
};
use utoipa::{IntoParams, ToSchema};

use crate::operation::{Content, Operation, camel_case};
use crate::operations::{self, Row};
use crate::problem::{Code, FieldError, Problem as Fault};
use crate::request::{Incoming, Nothing, Paging};

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

/// A body, read and described.
pub trait Body: Sized {
    /// What it may be sent as.
    const MEDIA: &'static [&'static str] = &["application/json"];

    /// Reads it.
    fn read(incoming: &Incoming) -> Result<Self, Fault>;

    /// Its schema, and those it refers to; none if there is no body.
    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>>;
}

/// An answer, described and made.
pub trait Output: Sized {
    /// What it is sent as.
    const MEDIA: &'static [&'static str] = &["application/json"];

    /// What goes to the client.
    fn into_content(self) -> Result<Content, Fault>;

    /// Its schema, and those it refers to; none if there is no answer.
    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>>;
}

/// An answer in JSON.
pub fn json<T: Serialize>(answer: &T) -> Result<Content, Fault> {
    serde_json::to_value(answer).map(Content::Json).map_err(|_| Code::Internal.into())
}

/// A file, as the API reference has it.
pub fn file() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
}

impl Body for Nothing {
    fn read(incoming: &Incoming) -> Result<Self, Fault> {
        incoming.body()
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        None
    }
}

impl Output for () {
    fn into_content(self) -> Result<Content, Fault> {
        Ok(Content::Empty)
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        None
    }
}

/// A reference to a type's schema, which is put among the components.
pub fn refer<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    refer_as::<T>(T::name().into_owned(), schemas)
}

/// The same, under a name that is not the type's.
pub fn refer_as<T: ToSchema>(name: String, schemas: &mut Schemas) -> RefOr<Schema> {
    schemas.push((name.clone(), T::schema()));
    T::schemas(schemas);
    RefOr::Ref(Ref::from_schema_name(name))
}

/// A text.
pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

/// A text that is one of these words, as they are serialized.
pub fn one_of<W: Serialize>(words: impl IntoIterator<Item = W>) -> ObjectBuilder {
    text().enum_values(Some(words.into_iter().filter_map(|word| serde_json::to_value(word).ok())))
}

/// Types that stand for texts in the API reference, each with its name there and its schema.
#[macro_export]
#[doc(hidden)]
macro_rules! named {
    ($(#[doc = $doc:literal] $name:ident = $as:literal: $schema:expr;)*) => {$(
        #[doc = $doc]
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema.description(Some($doc.trim())).into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $as.into()
            }
        }
    )*};
}

/// Makes a type the body of an operation.
#[macro_export]
#[doc(hidden)]
macro_rules! body {
    ($type:ty) => {
        impl $crate::openapi::Body for $type {
            fn read(incoming: &$crate::request::Incoming) -> Result<Self, $crate::problem::Problem> {
                incoming.body()
            }

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
            fn into_content(self) -> Result<$crate::operation::Content, $crate::problem::Problem> {
                $crate::openapi::json(&self)
            }

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
const SIGNED_IN: &[Code] = &[Code::Unauthenticated, Code::Forbidden];
/// Codes that any operation in a workspace may answer besides.
const IN_WORKSPACE: &[Code] = &[Code::NotFound];

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
        described = described.parameter(without_null(parameter));
    }
    if O::IDEMPOTENT {
        described = described.parameter(idempotency_key());
    }
    if let Some(schema) = O::Body::schema(schemas) {
        let required = if takes_empty(&schema, schemas) { Required::False } else { Required::True };
        let mut content = ContentBuilder::new().schema(Some(schema));
        if let Some(example) = example(O::EXAMPLE) {
            content = content.example(Some(example));
        }
        let content = content.build();
        let body = utoipa::openapi::request_body::RequestBodyBuilder::new().required(Some(required));
        let body = O::Body::MEDIA.iter().fold(body, |body, media| body.content(*media, content.clone()));
        let body = body.build();
        described = described.request_body(Some(body));
    }
    let mut done = ResponseBuilder::new().description(O::SUMMARY);
    if let Some(schema) = O::Output::schema(schemas) {
        let mut content = ContentBuilder::new().schema(Some(schema));
        if let Some(example) = example(O::ANSWER) {
            content = content.example(Some(example));
        }
        let content = content.build();
        done = O::Output::MEDIA.iter().fold(done, |done, media| done.content(*media, content.clone()));
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

/// Whether a body without any field is one, which is how none at all is taken.
fn takes_empty(schema: &RefOr<Schema>, schemas: &Schemas) -> bool {
    let RefOr::Ref(reference) = schema else { return false };
    let named = schemas.iter().find(|(name, _)| reference.ref_location.ends_with(&format!("/{name}")));
    matches!(named, Some((_, RefOr::T(Schema::Object(object)))) if object.required.is_empty())
}

/// A query string can leave a parameter out, but has no null.
fn without_null(mut parameter: Parameter) -> Parameter {
    if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &object.schema_type
        && let [Type::Null, of] | [of, Type::Null] = types.as_slice()
    {
        object.schema_type = SchemaType::Type(of.clone());
    }
    parameter
}

fn problem_response(codes: &[Code]) -> utoipa::openapi::Response {
    let list: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
    let mut content = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    for code in codes {
        let example: RefOr<Example> =
            RefOr::Ref(Ref::new(format!("#/components/examples/{}", code.as_str())));
        content = content.examples_from_iter([(code.as_str(), example)]);
    }
    let response = ResponseBuilder::new()
        .description(list.join("; "))
        .content("application/problem+json", content.build());
    if codes.contains(&Code::ConflictBusy) {
        let seconds = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer)).minimum(Some(0));
        let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait.")).build();
        return response.header("Retry-After", header).build();
    }
    response.build()
}

/// What a code looks like in an answer.
fn problem_example(code: Code) -> Example {
    let problem = match code {
        Code::Invalid => crate::problem::Problem::field("name", "must not be empty"),
        code => code.into(),
    };
    ExampleBuilder::new().value(Some(problem.to_json(Some("Jq3bEhZ2oAMEJbg=")))).build()
}

fn example(json: &str) -> Option<Value> {
    (!json.is_empty()).then(|| serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned())))
}

fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Parameter {
    let schema = match name {
        "invitationId" | "requestId" => text().pattern(Some("^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")),
        "role" => text().pattern(Some("^[a-z][a-z0-9-]*$")).max_length(Some(40)),
        "domain" => text().max_length(Some(253)).examples(["acme.example"]),
        _ => text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
    };
    let what = match name {
        "workspaceId" => "The workspace's `id`.",
        "userId" => "The member's `userId`.",
        "seatId" => "The seat's `id`.",
        "invitationId" => "The invitation's `id`.",
        "role" => "A role of the product, by its name.",
        "domain" => "The domain, in any spelling.",
        _ => "The leave request's `id`.",
    };
    ParameterBuilder::new()
        .name(name)
        .description(Some(what))
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
        .schema(Some(text().pattern(Some("^[!-~]+$")).min_length(Some(1)).max_length(Some(255))))
        .build()
}

/// The chapters of the reference.
const TAGS: &[(&str, &str)] = &[
    ("me", "The person who calls: their account, and what they are invited to."),
    ("workspaces", "The tenants."),
    ("members", "Who is in a workspace, and as what."),
    ("invitations", "The ways into a workspace."),
    ("seats", "What is bought, and who sits on it."),
    ("leave requests", "The way out, where somebody else decides."),
    ("access", "What the caller may do, the host product's own actions included."),
];

/// The chapter of the reference: the thing that the name is about.
fn tag(name: &str) -> &'static str {
    let is_about = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if is_about(&["member", "role", "leave-workspace"]) => "members",
        () if is_about(&["leave"]) => "leave requests",
        () if is_about(&["invit", "join", "link", "domain"]) => "invitations",
        () if is_about(&["seat"]) => "seats",
        () if is_about(&["authorize", "permissions"]) => "access",
        () if is_about(&["workspace", "settings", "logo", "coordinator"]) => "workspaces",
        () => "me",
    }
}

/// A failure (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Problem::to_json` writes")]
pub struct Problem {
    /// The same for every problem of this kind.
    #[schema(format = "uri", example = "urn:seatwise:problem:no_seat_available")]
    r#type: String,
    /// What it is.
    #[schema(example = "No seat available")]
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 409)]
    status: u16,
    /// What a person can do.
    #[schema(example = "All seats are taken. Buy a seat or free one first.")]
    detail: String,
    #[schema(schema_with = problem_code)]
    code: String,
    /// What the rule of the policies that refused gives as its reason.
    #[schema(nullable = false, example = "pro_seat_required")]
    reason: Option<String>,
    /// What is wrong with which field.
    #[schema(nullable = false)]
    errors: Option<Vec<FieldError>>,
    /// Quote it when asking about a failure. Not in a row of several.
    #[serde(rename = "requestId")]
    #[schema(rename = "requestId", nullable = false, example = "Jq3bEhZ2oAMEJbg=")]
    request_id: Option<String>,
}

/// All codes in one place. They are no closed set: more may come.
fn problem_code() -> ObjectBuilder {
    let line = |code: &Code| format!("- `{}` ({}): {}", code.as_str(), code.status().as_u16(), code.title());
    let list: Vec<String> = Code::ALL.iter().map(line).collect();
    text()
        .description(Some(format!("What clients switch on. More may come.\n\n{}", list.join("\n"))))
        .examples([Value::from("no_seat_available")])
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
    let mut by_name = BTreeMap::new();
    for (name, schema) in schemas {
        let known = by_name.insert(name.clone(), schema.clone());
        debug_assert!(known.is_none_or(|known| known == schema), "two schemas are called {name}");
    }
    let components = by_name
        .into_iter()
        .fold(ComponentsBuilder::new(), |components, (name, schema)| components.schema(name, schema));
    let components = Code::ALL
        .iter()
        .fold(components, |components, code| components.example(code.as_str(), problem_example(*code)))
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
        .tags(Some(
            TAGS.iter().map(|(name, what)| TagBuilder::new().name(*name).description(Some(*what)).build()),
        ))
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
