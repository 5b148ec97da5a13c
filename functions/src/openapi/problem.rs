//! Problems, described for the API reference.

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type};

use crate::problem::{Code, FieldError, NeededWorkspace, Problem};
use crate::wire::schema::text;

/// A failure (RFC 9457).
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes what `Problem::to_json` writes")]
pub struct ProblemSchema {
    /// A URI that identifies the kind of problem.
    #[schema(format = "uri", example = "urn:seatwise:problem:no_seat_available")]
    r#type: String,
    /// The name of the kind of problem.
    #[schema(example = "No seat available")]
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 409)]
    status: u16,
    /// An explanation for the user, with advice.
    #[schema(example = "All seats are taken. Buy a seat or free one first.")]
    detail: String,
    #[schema(schema_with = problem_code)]
    code: String,
    /// The reason of the policy that forbade the request, or `not_permitted` if no policy permits it. Present
    /// with the code `forbidden`.
    #[schema(nullable = false, example = "pro_seat_required")]
    reason: Option<String>,
    /// The errors, by field.
    #[schema(nullable = false)]
    errors: Option<Vec<FieldError>>,
    /// The workspaces that need the caller, each with its error code. Only `delete-me` answers them.
    #[schema(nullable = false)]
    workspaces: Option<Vec<NeededWorkspace>>,
    /// The names that the request can use in the place of an unknown one, such as the ids of roles.
    #[schema(nullable = false, example = json!(["admin", "member"]))]
    choices: Option<Vec<String>>,
    /// The workspace that the caller is a member of already. Only `join` answers it.
    #[serde(rename = "workspaceId")]
    #[schema(rename = "workspaceId", nullable = false, format = Uuid)]
    workspace_id: Option<String>,
    /// The purchase that the problem is about.
    #[serde(rename = "purchaseId")]
    #[schema(rename = "purchaseId", nullable = false, format = Uuid)]
    purchase_id: Option<String>,
    /// The page where the customer can pay, if there is one. Only with the code `payment_failed`.
    #[serde(rename = "payUrl")]
    #[schema(rename = "payUrl", nullable = false, format = "uri")]
    pay_url: Option<String>,
    /// The id of the request, to quote in a question about the failure. Absent in the rows of a list.
    #[serde(rename = "requestId")]
    #[schema(rename = "requestId", nullable = false, example = "Jq3bEhZ2oAMEJbg=")]
    request_id: Option<String>,
}

/// All codes in one place. They are no closed set: more may come.
fn problem_code() -> ObjectBuilder {
    let line = |code: &Code| format!("- `{}` ({}): {}", code.as_str(), code.status().as_u16(), code.title());
    let list: Vec<String> = Code::ALL.iter().map(line).collect();
    text()
        .description(Some(format!(
            "The error code, for clients to switch on. Later versions can add \
            codes.\n\n{}",
            list.join("\n")
        )))
        .examples([Value::from("no_seat_available")])
}

/// The response of problems with these codes, which share a status.
pub fn problem_response(codes: &[Code]) -> Response {
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
    if codes.iter().any(|code| tells_when_to_repeat(*code)) {
        let seconds = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer)).minimum(Some(0));
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some(
                "The number of seconds to \
            wait before the next attempt.",
            ))
            .build();
        return response.header("Retry-After", header).build();
    }
    response.build()
}

/// Whether a problem with this code says when to try again.
fn tells_when_to_repeat(code: Code) -> bool {
    matches!(code, Code::ConflictBusy | Code::TooManyMails | Code::RenewalInProgress)
}

/// A problem with this code, as an example.
pub fn problem_example(code: Code) -> Example {
    let problem = match code {
        Code::Invalid => Problem::field("name", "must not be empty"),
        code => code.into(),
    };
    ExampleBuilder::new().value(Some(problem.to_json(Some("Jq3bEhZ2oAMEJbg=")))).build()
}
