//! What an operator sees: one line a request, and metrics in it.

use std::collections::BTreeSet;

use seatwise_domain::policy::PolicySignature;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::support::direct::{Ground, bundle, changed_pack, publish_as, somebody};
use crate::support::logs::Logs;

/// The metrics that a line tells of, each with its dimensions.
pub fn metrics(line: &Value) -> BTreeSet<(String, Vec<String>)> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten();
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    let found = directives.map(|directive| {
        let name = directive["Metrics"][0]["Name"].as_str().expect("a name").to_owned();
        let dimensions = texts(&directive["Dimensions"][0]);
        // The format wants each of them at the top level: a number, and texts.
        assert!(line[&name].is_number(), "{name} in {line}");
        assert!(dimensions.iter().all(|name| line[name].is_string()), "{line}");
        (name, dimensions)
    });
    found.collect()
}

fn told(line: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), line[name].clone())).collect()
}

#[tokio::test]
async fn a_request_is_one_line_that_says_what_was_decided() {
    let logs = Logs::begin(LevelFilter::INFO);
    let ground = Ground::new().await;
    let direct = ground.direct();
    let (olga, stranger) = (somebody("olga"), somebody("stranger"));
    let w = direct.workspace(&olga).await;
    let id = w.rsplit('/').next().expect("an id");
    let tea = direct.member(&olga, &w, "tea", "member").await;
    let rename = async |who| direct.call(who, "PATCH", &w, json!({ "name": "New" })).await.status.as_u16();
    assert_eq!((rename(&olga).await, rename(&tea).await, rename(&stranger).await), (200, 403, 404));

    let first = &logs.ours.requests("create-workspace")[0];
    assert_eq!(told(first, &["cold_start", "cold_starts"]), json!({ "cold_start": true, "cold_starts": 1 }));
    let lines = logs.ours.requests("update-workspace");
    let fields = ["workspace", "status", "code", "decision", "reason", "cold_start", "denied"];
    let told: Vec<Value> = lines.iter().map(|line| told(line, &fields)).collect();
    let expected = [
        json!({ "workspace": id, "status": 200, "code": null, "decision": "allow", "reason": null,
            "cold_start": false, "denied": 0 }),
        json!({ "workspace": id, "status": 403, "code": "forbidden", "decision": "deny", "reason": null,
            "cold_start": false, "denied": 1 }),
        json!({ "workspace": id, "status": 404, "code": "not_found", "decision": null, "reason": null,
            "cold_start": false, "denied": 0 }),
    ];
    assert_eq!(told, expected);
    for line in &lines {
        assert!(line["request"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
        assert!(line["latency"].as_f64().is_some_and(|latency| latency > 0.0), "{line}");
        assert!(line["read_units"].as_f64().is_some_and(|units| units > 0.0), "{line}");
    }
    let all = |names: &[(&str, &[&str])]| -> BTreeSet<(String, Vec<String>)> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        names.iter().map(|(name, dimensions)| ((*name).to_owned(), owned(dimensions))).collect()
    };
    let always: [(&str, &[&str]); 3] =
        [("latency", &["stack"]), ("conflicts", &["stack"]), ("denied", &["stack"])];
    assert_eq!(metrics(&lines[0]), all(&always));
    let refused = [always.as_slice(), &[("refusals", &["stack", "code"])]].concat();
    assert_eq!(metrics(&lines[1]), all(&refused));
}

#[tokio::test]
async fn policies_that_cannot_be_used_are_counted() {
    let logs = Logs::begin(LevelFilter::INFO);
    let ground = Ground::new().await;
    let direct = ground.direct();
    let olga = somebody("olga");
    let w = direct.workspace(&olga).await;
    let edited = bundle(changed_pack("roles.cedar", &[("// Who may what in a workspace.", "// Edited.")]));
    publish_as(&ground.store(), &edited, &PolicySignature::default()).await;
    direct.get(&olga, &w).await.expect(200);
    let text = logs.ours.text();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let failure = lines.iter().find(|line| line["policy_load_failures"] == 1).expect("a failure");
    assert_eq!(
        metrics(failure),
        BTreeSet::from([("policy_load_failures".to_owned(), vec!["stack".to_owned()])])
    );
    assert_eq!(failure["why"], "it is not signed with a known key");
}
