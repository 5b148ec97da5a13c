//! The view of an operator: one line a request, and metrics in it.

use crate::support::logs::metrics;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::logs::Logs;
use crate::support::person::{Person, somebody};
use crate::support::publishing::{edited, publish_as};

fn told(line: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), line[name].clone())).collect()
}

#[tokio::test]
async fn a_request_is_one_line_that_says_what_was_decided() {
    let logs = Logs::begin(LevelFilter::INFO);
    let deployment = Deployment::new().await;
    let process = deployment.process();
    let (olga, stranger) = (somebody("olga"), somebody("stranger"));
    let w = process.workspace(&olga).await;
    let id = w.rsplit('/').next().expect("an id");
    let tea = process.member(&olga, &w, "tea", "member").await;
    let rename = async |who| process.call(who, "PATCH", &w, json!({ "name": "New" })).await.status.as_u16();
    assert_eq!((rename(&olga).await, rename(&tea).await, rename(&stranger).await), (200, 403, 404));

    let first = &logs.ours.requests("create-workspace")[0];
    assert_eq!(told(first, &["cold_start", "cold_starts"]), json!({ "cold_start": true, "cold_starts": 1 }));
    process.call(None::<&Person>, "GET", &format!("{w}/logo"), Value::Null).await;
    assert_eq!(logs.ours.requests("get-logo")[0]["caller"], "visitor");
    let lines = logs.ours.requests("update-workspace");
    let fields = ["caller", "workspace", "status", "code", "decision", "reason", "cold_start", "denied"];
    let told: Vec<Value> = lines.iter().map(|line| told(line, &fields)).collect();
    let expected = [
        json!({ "caller": "user", "workspace": id, "status": 200, "code": null, "decision": "allow", "reason": null,
            "cold_start": false, "denied": 0 }),
        json!({ "caller": "user", "workspace": id, "status": 403, "code": "forbidden", "decision": "deny", "reason": null,
            "cold_start": false, "denied": 1 }),
        json!({ "caller": "user", "workspace": id, "status": 404, "code": "not_found", "decision": null, "reason": null,
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
    let deployment = Deployment::new().await;
    let process = deployment.process();
    let olga = somebody("olga");
    let w = process.workspace(&olga).await;
    let edited = edited();
    publish_as(&deployment.store(), &edited, |unsigned| unsigned).await;
    process.get(&olga, &w).await.expect(200);
    let text = logs.ours.text();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let failure = lines.iter().find(|line| line["policy_load_failures"] == 1).expect("a failure");
    assert_eq!(
        metrics(failure),
        BTreeSet::from([("policy_load_failures".to_owned(), vec!["stack".to_owned()])])
    );
    assert_eq!(failure["why"], "it is not signed with a known key");
}

/// The log of a request is the largest part of its price: see infra/COST.md.
#[tokio::test]
async fn a_line_is_short() {
    let logs = Logs::begin(LevelFilter::INFO);
    let process = Deployment::new().await.process();
    let olga = somebody("olga");
    let w = process.workspace(&olga).await;
    process.get(&olga, &w).await.expect(200);
    let line = logs.ours.requests("get-workspace")[0].to_string();
    assert!(line.len() < 800, "{} bytes: {line}", line.len());
}

/// An alarm on a metric that nobody counts never rings.
#[test]
fn alarms_and_dashboard_look_at_metrics_that_there_are() {
    let counted: BTreeSet<&str> = seatwise_functions::logging::metrics().collect();
    let template = std::fs::read_to_string("../infra/template.yaml").expect("the template");
    let alarms = template.split("\n\n").filter(|text| text.contains("Namespace: Seatwise\n"));
    let mut watched = BTreeSet::new();
    for alarm in alarms {
        let name = alarm.lines().find_map(|line| line.trim().strip_prefix("MetricName: ")).expect("a metric");
        assert!(counted.contains(name), "{name}");
        assert!(alarm.contains("Dimensions: [{ Name: stack, Value: !Ref AWS::StackName }]"), "{alarm}");
        watched.insert(name);
    }
    let rings = [
        "billing_drift",
        "key_read_failures",
        "mails_given_up",
        "policy_load_failures",
        "seal_failures",
        "sync_failures",
    ];
    assert_eq!(watched, BTreeSet::from(rings));
    let body = template.split_once("DashboardBody: !Sub |\n").expect("a dashboard").1;
    let body = body.split_once("\n\n").expect("its end").0;
    let body: Value = serde_json::from_str(body).expect("JSON");
    let mut shown = BTreeSet::new();
    for metric in body["widgets"]
        .as_array()
        .expect("widgets")
        .iter()
        .flat_map(|widget| widget["properties"]["metrics"].as_array().expect("metrics"))
    {
        if metric[0] == "Seatwise" {
            let name = metric[1].as_str().expect("a name");
            assert_eq!((&metric[2], &metric[3]), (&json!("stack"), &json!("${AWS::StackName}")));
            shown.insert(name.to_owned());
        } else if metric[0]["expression"].as_str().is_some_and(|text| text.contains("{Seatwise,stack,code}"))
        {
            shown.insert("refusals".to_owned());
        }
    }
    assert_eq!(shown, counted.into_iter().map(str::to_owned).collect());
}
