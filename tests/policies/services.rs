//! What services may do changes with the next request after a publication (K31, K64).

use seatwise_policy::{Files, packs};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use super::put;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::logs::Logs;
use crate::support::person::{Person, somebody};

/// The pack, with these texts of a file replaced.
fn with(file: &str, from: &str, to: &str) -> Files {
    let mut files = packs::files("purchased-seats").expect("built in");
    let text = files.get_mut(file).expect("a file");
    assert!(text.contains(from), "{file} has no {from}");
    *text = text.replace(from, to);
    files
}

#[tokio::test]
async fn k64_a_publication_holds_for_the_next_request_of_a_service() {
    let logs = Logs::begin(LevelFilter::INFO);
    let deployment = Deployment::new().await;
    let process = deployment.process();
    let workspace = process.workspace(&somebody("olga")).await;
    let (backend, reporting) = (Person::service("service:backend"), Person::service("service:reporting"));
    let members = format!("{workspace}/members");
    let reads = async |who: &Person| process.get(who, &members).await.status.as_u16();
    assert_eq!((reads(&backend).await, reads(&reporting).await), (200, 200));

    let less =
        with("services.cedar", "principal == Service::\"reporting\"", "principal == Service::\"backend\"");
    put(&deployment, less).await;
    assert_eq!((reads(&backend).await, reads(&reporting).await), (200, 403));
    put(&deployment, packs::files("purchased-seats").expect("built in")).await;
    assert_eq!(reads(&reporting).await, 200);

    // A pack that does not declare the service, whoever its policies permit it to.
    let mut undeclared = with("product.toml", "[[service]]\nid = \"reporting\"\nlabel = \"Reporting\"\n", "");
    let everybody = "@id(\"x\") permit (principal, action == Action::\"listMembers\", resource);";
    undeclared.insert("x.cedar".to_owned(), everybody.to_owned());
    put(&deployment, undeclared).await;
    assert_eq!((reads(&backend).await, reads(&reporting).await), (200, 403));

    // A pack of an earlier release declares no service.
    let mut earlier = packs::files("purchased-seats").expect("built in");
    earlier.retain(|path, _| !path.ends_with("services.cedar") && !path.ends_with("services.toml"));
    let product = earlier.get_mut("product.toml").expect("data");
    product.truncate(product.find("[[service]]").expect("services"));
    put(&deployment, earlier).await;
    assert_eq!((reads(&backend).await, reads(&reporting).await), (403, 403));

    let lines = logs.ours.requests("list-members");
    let told: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["caller"], line["service"], line["status"], line["refused_token"]]))
        .collect();
    let line = |service: &str, status: u16| json!(["service", service, status, null]);
    assert_eq!(
        told[..4],
        [line("backend", 200), line("reporting", 200), line("backend", 200), line("reporting", 403)]
    );
    deployment.audit().await;
}
