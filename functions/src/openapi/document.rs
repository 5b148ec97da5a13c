//! The whole API reference.

use std::collections::BTreeMap;

use seatwise_domain::rules::invitation::MAX_PER_REQUEST;
use utoipa::openapi::path::{HttpMethod, Operation as Described};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::{Server, ServerBuilder, ServerVariableBuilder};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder};

use super::problem::{ProblemSchema, problem_example};
use crate::operations::{self, Row};
use crate::problem::Code;
use crate::tag::Tag;
use crate::wire::schema::{Schemas, refer};

/// The whole document.
pub fn document() -> OpenApi {
    let mut schemas = Schemas::new();
    refer::<ProblemSchema>(&mut schemas);
    let mut paths = BTreeMap::<&str, Vec<(HttpMethod, Described)>>::new();
    for (row, describe) in operations::described() {
        paths.entry(row.path).or_default().push((http_method(row), describe(&mut schemas)));
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
        .servers(Some([
            ServerBuilder::new().url("/").description(Some("The server that serves this document.")).build(),
            deployed(),
        ]))
        .paths(builder.build())
        .components(Some(components.build()))
        .tags(Some(
            Tag::ALL
                .map(|tag| TagBuilder::new().name(tag.name()).description(Some(tag.description())).build()),
        ))
        .build()
}

/// The address of a deployed stack, as API Gateway builds it.
fn deployed() -> Server {
    let variable = |default: &str, what: &str| {
        ServerVariableBuilder::new().default_value(default).description(Some(what)).build()
    };
    ServerBuilder::new()
        .url("https://{api}.execute-api.{region}.amazonaws.com")
        .description(Some("A deployed stack. Its output `ApiUrl` is the address."))
        .parameter("api", variable("a1b2c3d4e5", "The id of the stack's API."))
        .parameter("region", variable("eu-central-1", "The AWS region of the stack."))
        .build()
}

fn description() -> String {
    format!(
        "Workspaces, members, seats, invitations and roles for a SaaS product.\n\nBodies are JSON with \
            names in camelCase. Times are RFC 3339 in UTC. Money is in the minor unit of its currency. \
            Lists have the form `{{\"items\": [...], \"nextCursor\": null}}`; a cursor is opaque. Unknown \
            fields of a request are refused. Failures are `application/problem+json` (RFC 9457); clients \
            switch on `code`.\n\nA `POST` that creates something accepts an `Idempotency-Key`. One request \
            can invite up to {MAX_PER_REQUEST} people.\n\nRoles, seat tiers and the permissions of each \
            role are data of the product's policy pack."
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
