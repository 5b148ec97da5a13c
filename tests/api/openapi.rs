//! The API reference: sound, complete, and as committed.

use std::collections::BTreeSet;
use std::process::Command;

use seatwise_domain::DeliveryStatus;
use seatwise_functions::camel_case;
use seatwise_functions::problem::Code;
use seatwise_functions::{Row, operations};
use serde_json::{Value, json};

use super::NEVER_ANSWERED;
use crate::support::catalogue::{example, of_people};
use crate::support::client::Client as _;
use crate::support::committed;
use crate::support::contract::{DOCUMENT, described, faults, takes_json};
use crate::support::reply::text;
use crate::support::stage::{Stage, with_query};

/// Where the document is committed.
const FILE: &str = "../../functions/openapi.json";
/// The schema of OpenAPI documents, by the OpenAPI Initiative:
/// <https://spec.openapis.org/oas/3.1/schema/2022-10-07>.
const META: &str = include_str!("../support/openapi-3.1.json");

#[test]
fn the_committed_document_is_the_one_that_is_printed() {
    let document = seatwise_functions::openapi::document().to_pretty_json().expect("JSON");
    committed::check(FILE, &format!("{document}\n"));
    let printed =
        Command::new(env!("CARGO_BIN_EXE_test-seatwise")).arg("openapi").output().expect("a process");
    assert!(printed.status.success());
    assert!(
        String::from_utf8_lossy(&printed.stdout) == format!("{document}\n"),
        "`seatwise openapi` differs"
    );
}

#[test]
fn it_is_sound_by_the_rules_of_openapi() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    let meta: Value = serde_json::from_str(META).expect("JSON");
    let meta = jsonschema::draft202012::new(&meta).expect("a schema");
    let faults: Vec<_> = meta.iter_errors(&DOCUMENT).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    // A document that is none is found to be none.
    let mut broken = DOCUMENT.clone();
    broken["paths"]["/v1/me"]["get"]["parameters"] = json!([{ "name": "x" }]);
    assert!(!meta.is_valid(&broken));

    // Its own schemas are ones, every reference leads somewhere, and everything is referred to.
    let dialect = jsonschema::draft202012::meta::validator();
    let mut referred = BTreeSet::new();
    references(&DOCUMENT, &mut referred);
    for reference in &referred {
        let pointer = reference.strip_prefix('#').expect("in the document itself");
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
    }
    for kind in ["schemas", "examples"] {
        for (name, item) in DOCUMENT["components"][kind].as_object().expect("components") {
            let is_referred = NEVER_ANSWERED.contains(&name.as_str())
                || referred.contains(&format!("#/components/{kind}/{name}"));
            assert!(is_referred, "nothing refers to {name}");
            assert!(kind == "examples" || dialect.is_valid(item), "{name}");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_operation_is_in_it() {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let count: usize = paths.values().map(|path| path.as_object().expect("methods").len()).sum();
    assert_eq!(count, operations::all().len());
    let tags: Vec<_> = DOCUMENT["tags"].as_array().expect("tags").iter().map(|tag| &tag["name"]).collect();
    let mut used = BTreeSet::new();
    for row in operations::all() {
        let name = row.name;
        let described = described(row);
        assert_eq!(described["operationId"], camel_case(name), "{name}");
        assert!(described["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        for tag in described["tags"].as_array().expect("tags") {
            assert!(tags.contains(&tag), "{tag} is not described");
            used.insert(tag.to_string());
        }
        let security = if row.public { json!([{}]) } else { json!([{ "accessToken": [] }]) };
        assert_eq!(described["security"], security, "{name}");

        let empty = Vec::new();
        let parameters = described["parameters"].as_array().unwrap_or(&empty);
        let in_path: Vec<_> =
            row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let named = |place: &str| -> Vec<&str> {
            let wanted = parameters.iter().filter(|parameter| parameter["in"] == place);
            wanted.map(|parameter| parameter["name"].as_str().expect("a name")).collect()
        };
        assert_eq!(named("path"), in_path, "{name}");
        let headers = if row.idempotent { vec!["Idempotency-Key"] } else { vec![] };
        assert_eq!(named("header"), headers, "{name}");
        for parameter in parameters {
            let is_told =
                parameter["description"].is_string() || parameter["schema"]["description"].is_string();
            assert!(is_told, "{name}: {}", parameter["name"]);
            // Without its key a logo's address is none.
            let is_key = name == "get-logo" && parameter["name"] == "key";
            let is_required = is_key || parameter["in"] == "path";
            assert_eq!(parameter["required"], is_required, "{name}: {}", parameter["name"]);
            bounded(&format!("{name} {}", parameter["name"]), &parameter["schema"]);
        }
        let takes_body = !row.example.is_empty() || !takes_json(row);
        assert_eq!(described["requestBody"].is_object(), takes_body, "{name}");
    }
    assert_eq!(used.len(), tags.len(), "a tag is of no use");
}

#[test]
fn every_operation_is_in_the_chapter_of_what_it_is_about() {
    let tag = |row: &Row| text(&described(row)["tags"][0]);
    for row in operations::all() {
        let names = |words: &[&str]| words.iter().any(|word| row.name.contains(word));
        let inside = row.path.strip_prefix("/v1/workspaces/{workspaceId}/").unwrap_or_default();
        let expected = match inside.split('/').next().unwrap_or_default() {
            _ if inside.contains("/seat") => "seats",
            "members" | "leave" => "members",
            "invitations" | "links" | "domains" => "invitations",
            "seats" | "add-ons" => "seats",
            "purchases" | "billing" | "plan" | "credits" => "billing",
            "" if row.path.starts_with("/v1/stripe") => "billing",
            "" if row.path.starts_with("/v1/service") => "services",
            "" if row.path.starts_with("/v1/product") => "product",
            "leave-requests" => "leave requests",
            "events" => "events",
            "resources" => "resources",
            "api-keys" => "API keys",
            "" if row.path.starts_with("/v1/api-keys") => "API keys",
            "authorize" | "permissions" => "access",
            "" if names(&["invit", "join"]) => "invitations",
            "" if row.path.starts_with("/v1/me") => "me",
            _ => "workspaces",
        };
        assert_eq!(tag(row), expected, "{}", row.name);
    }
}

#[test]
fn files_are_described_as_what_they_are() {
    let images = ["image/jpeg", "image/png", "image/webp"];
    let media = |content: &Value| -> Vec<String> {
        let mut media: Vec<_> = content.as_object().expect("content").keys().cloned().collect();
        media.sort();
        media
    };
    let of = |name: &str| described(operations::find(name).expect("an operation"));
    assert_eq!(media(&of("upload-logo")["requestBody"]["content"]), images);
    assert_eq!(of("upload-logo")["requestBody"]["required"], true);
    assert_eq!(media(&of("get-logo")["responses"]["200"]["content"]), images);
    assert_eq!(media(&of("export-members")["responses"]["200"]["content"]), ["text/csv"]);
    let events = &of("export-events")["responses"]["200"]["content"];
    assert_eq!(media(events), ["application/x-ndjson", "text/csv"]);
    // All else is JSON.
    for row in operations::all() {
        let told = described(row);
        if let Some(body) = told["requestBody"]["content"].as_object() {
            assert!(row.name == "upload-logo" || body.keys().eq(["application/json"]), "{}", row.name);
        }
        if let Some(answer) = told["responses"][row.status.as_str()]["content"].as_object() {
            let is_file = ["get-logo", "export-members", "export-events"].contains(&row.name);
            assert!(is_file || answer.keys().eq(["application/json"]), "{}", row.name);
            for content in answer.values().filter(|_| is_file) {
                assert_eq!(content["schema"]["type"], "string", "{}", row.name);
                assert!(content["schema"]["description"].is_string(), "{}", row.name);
            }
        }
    }
}

#[test]
fn every_code_is_in_it_where_it_may_be_answered() {
    let told = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["description"].as_str();
    let mut answered = BTreeSet::new();
    for code in Code::ALL {
        let line = format!("- `{}` ({}): ", code.as_str(), code.status().as_u16());
        assert!(told.is_some_and(|told| told.contains(&line)), "{line}");
        let example = &DOCUMENT["components"]["examples"][code.as_str()]["value"];
        assert_eq!(
            (&example["code"], &example["status"]),
            (&json!(code.as_str()), &json!(code.status().as_u16()))
        );
        assert_eq!(faults(&json!({ "$ref": "#/components/schemas/Problem" }), example), [""; 0]);
    }
    for row in operations::all() {
        let codes = (row.codes)();
        let responses = described(row)["responses"].as_object().expect("responses");
        for (status, response) in responses {
            let shown = response["content"]["application/problem+json"]["examples"].as_object();
            let shown: BTreeSet<&str> = shown.into_iter().flatten().map(|(code, _)| code.as_str()).collect();
            let expected = codes.iter().filter(|code| code.status().as_str() == status);
            let expected: BTreeSet<&str> = expected.map(|code| code.as_str()).collect();
            assert_eq!(shown, expected, "{} {status}", row.name);
            assert_eq!(shown.is_empty(), status.starts_with('2'), "{} {status}", row.name);
            for code in shown {
                assert!(response["description"].as_str().expect("a text").contains(&format!("`{code}`: ")));
                answered.insert(code);
            }
        }
        assert!(responses["503"]["headers"]["Retry-After"].is_object(), "{}", row.name);
    }
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let never: Vec<&str> = all.difference(&answered).copied().collect();
    assert_eq!(never, NEVER_ANSWERED);
}

#[test]
fn requests_are_closed_and_bounded() {
    for row in of_people() {
        let body = &described(row)["requestBody"];
        // A file's bound is told in words.
        if body.is_null() || !takes_json(row) {
            continue;
        }
        let schema = &body["content"]["application/json"]["schema"];
        bounded(row.name, schema);
        // None at all is taken as an empty one.
        assert_eq!(body["required"], !faults(schema, &json!({})).is_empty(), "{}", row.name);
        assert!(!faults(schema, &json!({ "unknown": 1 })).is_empty(), "{}", row.name);
    }
}

/// Every text, number and list in what clients send has its limits, and every object is closed.
fn bounded(place: &str, schema: &Value) {
    if let Some(pointer) = schema["$ref"].as_str() {
        bounded(pointer, DOCUMENT.pointer(&pointer[1..]).expect("a schema"));
        return;
    }
    if let Some(parts) = schema["oneOf"].as_array() {
        for part in parts {
            bounded(place, part);
        }
        return;
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    for kind in &kinds {
        let is_bounded = match kind.as_str().expect("a type") {
            "string" => {
                let fixed = |pattern: &str| pattern.starts_with('^') && !pattern.contains(['*', '+']);
                schema["maxLength"].is_number()
                    || schema["format"] == "uuid"
                    || schema["enum"].is_array()
                    || schema["pattern"].as_str().is_some_and(fixed)
            }
            "integer" => schema["minimum"].is_number() && schema["maximum"].is_number(),
            "array" => schema["minItems"].is_number() && schema["maxItems"].is_number(),
            "object" => schema["additionalProperties"] == false,
            "boolean" | "null" => true,
            other => panic!("{place}: {other}"),
        };
        assert!(is_bounded, "{place}: {schema}");
    }
    if schema["items"].is_object() {
        bounded(place, &schema["items"]);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        // Of what may be null, the other part is described.
        let tells = |schema: &Value| schema["description"].is_string();
        let is_told = tells(property)
            || property["$ref"].is_string()
            || property["oneOf"].as_array().is_some_and(|parts| parts.iter().any(tells));
        assert!(is_told, "{place}.{name} is not described");
        bounded(&format!("{place}.{name}"), property);
    }
}

#[tokio::test]
async fn examples_of_bodies_are_taken() {
    let stages = [Stage::new().await, Stage::of_role_seats().await, Stage::of_flat_owners().await];
    for row in of_people() {
        let example = example(row);
        if !takes_json(row) {
            continue;
        }
        assert_eq!(
            described(row)["requestBody"]["content"]["application/json"]["example"],
            example,
            "{}",
            row.name
        );
        if example.is_null() {
            continue;
        }
        let schema = &described(row)["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(faults(schema, &example), [""; 0], "{}", row.name);
        let mut is_taken = false;
        for stage in &stages {
            let path = stage.path(row);
            let reply = stage.app.call(&stage.owner, row.method.as_str(), &path, example.clone()).await;
            is_taken |= !["malformed_request", "invalid_request"].contains(&reply.code());
            // The same with a field too many is not taken.
            let mut more = example.clone();
            more["unknown"] = json!(1);
            let reply = stage.app.call(&stage.owner, row.method.as_str(), &path, more).await;
            let problem = reply.expect_problem(422, "invalid_request");
            assert_eq!(problem["errors"][0]["field"], "unknown", "{}", row.name);
        }
        assert!(is_taken, "no product takes the example of {}", row.name);
    }
}

#[tokio::test]
async fn words_in_a_query_are_those_that_are_taken() {
    let stage = Stage::new().await;
    let mut checked = 0;
    for row in operations::all() {
        let parameters = described(row)["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|parameter| parameter["schema"]["enum"].is_array()) {
            let words: Vec<String> =
                parameter["schema"]["enum"].as_array().expect("words").iter().map(text).collect();
            let get = async |word: &str| {
                let query = format!("{}={word}", text(&parameter["name"]));
                let path = with_query(&stage.path(row), &query);
                stage.app.get(&stage.owner, &path).await
            };
            for word in &words {
                get(word).await.expect(200);
            }
            let refused = get("nonsense").await.expect_problem(422, "invalid_request");
            let message = text(&refused["errors"][0]["message"]);
            assert_eq!(message, format!("must be one of: {}", words.join(", ")), "{}", row.name);
            checked += 1;
        }
    }
    assert_eq!(checked, 10);
}

#[test]
fn words_of_answers_are_all_there() {
    // Serde names the statuses that it knows when it meets another one.
    let error =
        serde_json::from_value::<DeliveryStatus>(json!("nonsense")).expect_err("no status").to_string();
    let named: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert_eq!(DOCUMENT["components"]["schemas"]["DeliveryStatus"]["enum"], json!(named));
}
