//! One operation, described for the API reference.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::path::{
    Operation as Described, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    ContentBuilder, KnownFormat, RefOr, Required, Response, ResponseBuilder, Schema, SchemaFormat, Type,
};

use super::problem::problem_response;
use crate::operation::{Operation, StripeUse, camel_case};
use crate::problem::Code;
use crate::scope::Scope as _;
use crate::wire::schema::{Schemas, text};
use crate::wire::{Body as _, Output as _, Query as _};

/// Codes that any operation may answer.
fn any_may_answer(code: Code) -> bool {
    matches!(
        code,
        Code::Malformed | Code::Invalid | Code::PayloadTooLarge | Code::ConflictBusy | Code::Internal(_)
    )
}

/// Codes that any operation for the signed-in may answer besides.
const SIGNED_IN: &[Code] = &[Code::Unauthenticated, Code::Forbidden];
/// Codes that any operation for the signed-in outside a workspace may answer besides: a pack need not permit it.
const OUTSIDE: &[Code] = &[Code::NotOffered, Code::EmailNotVerified];
/// Codes that any operation in a workspace may answer besides.
const IN_WORKSPACE: &[Code] = &[Code::NotFound];
/// Codes that any operation that buys may answer besides.
const BUYING: &[Code] = &[Code::PaymentFailed, Code::PriceChanged, Code::PurchaseOpen];

/// One operation, described.
pub fn describe<O: Operation>(schemas: &mut Schemas) -> Described {
    let mut described = OperationBuilder::new()
        .operation_id(Some(camel_case(O::NAME)))
        .summary(Some(O::SUMMARY))
        .description(Some(O::DESCRIPTION).filter(|text| !text.is_empty()))
        .tag(O::TAG.name());
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
    for (number, status) in O::Output::STATUSES.iter().enumerate() {
        let is_usual = number == 0;
        let schema =
            if is_usual { O::Output::schema(schemas) } else { O::Output::schema_with(*status, schemas) };
        let done = done::<O>(schema, example(O::ANSWER).filter(|_| is_usual));
        described = described.response(status.as_str(), done);
    }
    for (status, codes) in by_status(&codes::<O>()) {
        described = described.response(status, problem_response(&codes));
    }
    described = described.security(if O::Scope::PUBLIC {
        SecurityRequirement::default()
    } else {
        SecurityRequirement::new::<_, [&str; 0], &str>("accessToken", [])
    });
    described.build()
}

/// An answer that is no problem.
fn done<O: Operation>(schema: Option<RefOr<Schema>>, example: Option<Value>) -> Response {
    let mut done = ResponseBuilder::new().description(O::SUMMARY);
    if let Some(schema) = schema {
        let content = ContentBuilder::new().schema(Some(schema)).example(example).build();
        done = O::Output::MEDIA.iter().fold(done, |done, media| done.content(*media, content.clone()));
    }
    done.build()
}

/// Every code an operation may answer.
pub fn codes<O: Operation>() -> Vec<Code> {
    let mut codes: Vec<Code> = Code::ALL.iter().copied().filter(|code| any_may_answer(*code)).collect();
    codes.extend_from_slice(O::CODES);
    if !O::Scope::PUBLIC {
        codes.extend_from_slice(SIGNED_IN);
    }
    if O::PATH.contains("{workspaceId}") {
        codes.extend_from_slice(IN_WORKSPACE);
        codes.push(unoffered_code(O::PATH));
    } else if !O::Scope::PUBLIC {
        codes.extend_from_slice(OUTSIDE);
    }
    if O::STRIPE == StripeUse::Pays {
        codes.extend_from_slice(BUYING);
    }
    if O::IDEMPOTENT {
        codes.push(Code::IdempotencyMismatch);
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The code of a product that does not offer the operation of this path.
fn unoffered_code(path: &str) -> Code {
    let of_workspace = path.split('/').nth(4).unwrap_or_default();
    match of_workspace {
        "leave" | "leave-requests" => Code::LeaveNotOffered,
        "billing" | "credits" | "plan" | "purchases" => Code::BillingNotOffered,
        "links" | "domains" => Code::ChannelNotOffered,
        _ => Code::NotOffered,
    }
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

fn example(json: &str) -> Option<Value> {
    (!json.is_empty()).then(|| serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned())))
}

fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Parameter {
    let schema = match name {
        "invitationId" | "requestId" | "keyId" => {
            text().pattern(Some("^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"))
        }
        "role" | "addOn" => text().pattern(Some("^[a-z][a-z0-9-]*$")).max_length(Some(40)),
        "domain" => text()
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::IdnHostname)))
            .max_length(Some(253))
            .examples(["acme.example"]),
        _ => text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
    };
    let what = match name {
        "workspaceId" => "The workspace's `id`.",
        "userId" => "The member's `userId`.",
        "seatId" => "The seat's `id`.",
        "invitationId" => "The invitation's `id`.",
        "role" => "The id of a role of the product.",
        "addOn" => "The id of an add-on of the product.",
        "purchaseId" => "The purchase's `id`.",
        "domain" => "The domain name. Case does not matter, and international names are accepted.",
        "keyId" => "The API key's `id`.",
        "resourceId" => "The resource's `id`.",
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
            "Makes the request safe to repeat. For 24 hours, a request with the same key and body gets the \
                answer of the first request.",
        ))
        .schema(Some(text().pattern(Some("^[!-~]+$")).min_length(Some(1)).max_length(Some(255))))
        .build()
}
