//! The form of every failure.

use super::reply::Reply;

/// Words of the inside, which are no client's business (K38).
const INSIDE: [&str; 20] = [
    "seatwise_",
    "struct ",
    "enum ",
    "variant",
    "invalid type",
    "expected ",
    "arn:",
    "panicked",
    "backtrace",
    ".rs",
    "src/",
    "dynamo",
    "batchget",
    "transact",
    "serde",
    "w#",
    "u#",
    "e#",
    "amazonaws",
    "127.0.0.1",
];

/// Every failure is a problem of one form that says nothing of the inside.
#[track_caller]
pub fn check_problem(reply: &Reply, what: &str) {
    let status = reply.status.as_u16();
    assert!((400..500).contains(&status), "{what}: {status} {}", reply.text);
    assert_eq!(reply.headers["content-type"], "application/problem+json", "{what}: {}", reply.text);
    let problem = &reply.json;
    assert_eq!(problem["status"], status, "{what}: {problem}");
    assert_eq!(problem["type"], format!("urn:seatwise:problem:{}", reply.code()), "{what}: {problem}");
    for member in ["title", "detail", "code", "requestId"] {
        assert!(
            problem[member].as_str().is_some_and(|text| !text.is_empty()),
            "{what}: {member} in {problem}"
        );
    }
    assert_eq!(problem["errors"].is_array(), reply.code() == "invalid_request", "{what}: {problem}");
    for error in problem["errors"].as_array().into_iter().flatten() {
        assert!(error["field"].as_str().is_some_and(|field| !field.is_empty()), "{what}: {problem}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{what}: {problem}");
        assert_eq!(error.as_object().map(serde_json::Map::len), Some(2), "{what}: {problem}");
    }
    // A request id is random, and may spell anything.
    let mut said = problem.clone();
    said["requestId"].take();
    let low = said.to_string().to_lowercase();
    for inside in INSIDE {
        assert!(!low.contains(inside), "{what}: {inside:?} in {problem}");
    }
    assert!(reply.text.len() < 2_000, "{what}: an answer grows with what it complains about");
}

/// The first field that is complained about, and how.
pub fn complaint(reply: &Reply) -> (String, String) {
    let first = &reply.json["errors"][0];
    let part = |name| first[name].as_str().unwrap_or_default().to_owned();
    (part("field"), part("message"))
}
