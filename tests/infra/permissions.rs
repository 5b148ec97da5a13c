//! A function may do what was recorded: every function runs here, and its calls are recorded. The recording is
//! committed, and the roles are generated from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use seatwise_cli::infra;
use seatwise_cli::infra::template::{Permissions, functions, roles, stack};
use seatwise_functions::{Row, StripeUse, background, operations};
use seatwise_policy::Files;
use seatwise_store::Store;

use super::check;
use super::limits::check_readme;
use super::payments::{SYNCHRONISE, paid_workspaces};
use super::recorded::{Recorded, secrets, start_all};
use super::recorder::{Recorder, Seen};
use super::worlds::everything;
use crate::support::deployment::Deployment;
use crate::support::scene::Scene;
use crate::support::{catalogue, packs};

const HEADER: &str = "\
# The permissions of each function: function, action, prefixes of keys. Recorded by
# `UPDATE=1 cargo test -p seatwise-tests infra`, which runs every function; the same test fails if this
# file is stale. `seatwise infra template` generates the roles from it.
";

/// Publishes the first policies, as an operator.
async fn publish(deployment: &Deployment, recorder: &Recorder) {
    recorder.runs(infra::PUBLISHER);
    let (_, table) = deployment.engine.table().await;
    let config = deployment.engine.client().config().to_builder().interceptor(recorder.clone());
    let store = Store::new(aws_sdk_dynamodb::Client::from_conf(config.build()), &table);
    let secrets = secrets().await.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets);
    let stack = infra::Stack { store, secrets, signing: "signing-keys".to_owned() };
    let now = deployment.clock.now();
    let published = infra::publish_first(&stack, "purchased-seats", now).await.expect("published");
    assert!(published.starts_with("published purchased-seats"), "{published}");
    // Another deployment does not overwrite later publications.
    let again = infra::publish_first(&stack, "purchased-seats", now).await.expect("published");
    assert!(again.ends_with("nothing to do"), "{again}");
}

/// The functions in which a synchronisation can run.
fn synchronising() -> impl Iterator<Item = &'static str> {
    let operations = operations::all().iter().filter(|row| row.stripe == StripeUse::Pays).map(|row| row.name);
    operations.chain(["run-tasks", "sweep-tasks"])
}

/// The partitions that only synchronisations use.
const OF_PAYMENTS: [&str; 2] = ["STRIPE#", "RECONCILE"];

/// What a synchronisation did in one function, it may do in each that can run one: another one may continue it.
fn share_synchronisations(seen: &mut Seen) {
    let mut of_sync = seen.remove(SYNCHRONISE).unwrap_or_default();
    for (action, keys) in synchronising().filter_map(|function| seen.get(function)).flatten() {
        let shared = keys.iter().filter(|key| OF_PAYMENTS.contains(&key.as_str())).cloned();
        let shared: Vec<String> = shared.collect();
        if !shared.is_empty() {
            of_sync.entry(action.clone()).or_default().extend(shared);
        }
    }
    for function in synchronising() {
        let actions = seen.entry(function.to_owned()).or_default();
        for (action, keys) in &of_sync {
            actions.entry(action.clone()).or_default().extend(keys.iter().cloned());
        }
    }
}

/// The recorded permissions of all functions, as the text of the committed file.
async fn recorded() -> String {
    let recorder = Recorder::default();
    let deployment = Deployment::new().await;
    publish(&deployment, &recorder).await;
    start_all(&deployment, &recorder).await;
    everything(&recorder).await;
    paid_workspaces(&recorder).await;
    let mut text = HEADER.to_owned();
    let mut recording = recorder.0.lock().expect("the recording");
    recording.seen.remove("nobody");
    share_synchronisations(&mut recording.seen);
    for (function, actions) in &recording.seen {
        for (action, keys) in actions {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let line = format!("{function:<24}{action:<32}{}", keys.join(" "));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

/// The actions that the requests of the catalogue make under a pack, by operation.
async fn made_by_catalogue(files: Files, pack: &str) -> BTreeMap<String, BTreeSet<String>> {
    let recorder = Recorder::default();
    let app = Recorded::over(Deployment::of(files).await, &recorder).await;
    let mut made = BTreeMap::<String, BTreeSet<String>>::new();
    for (number, entry) in catalogue::of(pack).into_iter().enumerate() {
        let (_, request) = Scene::before(app.clone(), &entry, &number.to_string()).await;
        recorder.0.lock().expect("the recording").seen.clear();
        let reply = request.send(&app, None).await;
        // Where invitations reserve no seat, none can be asked for.
        let is_offered = reply.code() != "not_offered" || !entry.asks_for_seat();
        assert!(reply.status.is_success() || !is_offered, "{} in {pack}: {}", entry.name(), reply.text);
        let seen = std::mem::take(&mut recorder.0.lock().expect("the recording").seen);
        let actions = seen.into_values().flat_map(BTreeMap::into_keys);
        made.entry(entry.row.name.to_owned()).or_default().extend(actions);
    }
    made
}

/// The proof of a deployment takes each permission away, and then a request of the catalogue must fail.
#[tokio::test]
async fn d1_the_catalogue_needs_every_permission() {
    let keeps_no_seat = ("product.toml", "reserves-seat = true", "reserves-seat = false");
    let mut made =
        made_by_catalogue(packs::edited("purchased-seats", &[keeps_no_seat]), "purchased-seats").await;
    for pack in ["purchased-seats", "role-seats", "role-ladder", "flat-owners"] {
        for (operation, actions) in made_by_catalogue(packs::files(pack), pack).await {
            made.entry(operation).or_default().extend(actions);
        }
    }
    // No built-in pack both lets members leave and protects the creator; no seat ends within a request;
    // each person of the catalogue has one sign-in with one address; and there nobody who made an invitation,
    // nor the creator, leaves or is removed (whose heir is read, and whose invitations are reviewed).
    for (operation, action) in [
        ("approve-leave", "dynamodb:Query"),
        ("delete-me", "dynamodb:PutItem"),
        ("leave-workspace", "dynamodb:PutItem"),
        ("leave-workspace", "dynamodb:Query"),
        ("release-seat", "dynamodb:PutItem"),
        ("remove-member", "dynamodb:PutItem"),
        ("remove-member", "dynamodb:Query"),
        ("leave-workspace", "dynamodb:ConditionCheckItem"),
        ("buy-seats", "dynamodb:DeleteItem"),
        ("enter", "dynamodb:DeleteItem"),
    ] {
        made.entry(operation.to_owned()).or_default().insert(action.to_owned());
    }
    let lacking: Vec<&str> = include_str!("../../infra/permissions.txt")
        .lines()
        .filter(|line| {
            let mut words = line.split_whitespace();
            let (operation, action) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let is_secret = action.starts_with("secretsmanager:");
            // The products of the catalogue are not paid online, so what pays there does less in them.
            let is_offline =
                |row: &Row| row.stripe == StripeUse::None && !catalogue::ONLINE.contains(&row.name);
            let is_tried = !is_secret && operations::find(operation).is_some_and(is_offline);
            is_tried && !made[operation].contains(action)
        })
        .collect();
    assert!(lacking.is_empty(), "no request of the catalogue needs:\n{}", lacking.join("\n"));
}

#[tokio::test]
async fn d1_no_function_may_do_more_than_it_does() {
    let permissions = Box::pin(recorded()).await;
    for name in operations::all().iter().map(|row| row.name).chain(background::names()) {
        let is_there = permissions.lines().any(|line| line.split_whitespace().next() == Some(name));
        assert!(is_there, "{name} is not run here");
    }
    // Only the publisher writes policies.
    for line in permissions.lines().filter(|line| !line.starts_with(['#']) && line.contains("POLICY#")) {
        let is_read = line.contains("BatchGetItem");
        assert!(is_read || line.starts_with(infra::PUBLISHER), "{line}");
    }
    // The publisher signs and writes policies, and does nothing else.
    for line in permissions.lines().filter(|line| line.starts_with(infra::PUBLISHER)) {
        let keys: Vec<&str> = line.split_whitespace().skip(2).collect();
        assert!(keys == ["POLICY#"] || keys == ["signing-keys"], "{line}");
    }
    // Every write in a workspace checks the caller's membership, unless the membership is what is written. If this
    // fails, `everything` lacks a step with another person's record.
    // A service has no membership: its writes depend on the workspace, which `set-plan` writes itself.
    let depends = |row: &&Row| row.path.contains("{workspaceId}") && row.name != "set-plan";
    for row in operations::all().iter().filter(depends) {
        let may = |action: &str| {
            permissions
                .lines()
                .any(|line| line.starts_with(&format!("{} ", row.name)) && line.contains(action))
        };
        let is_about_oneself = ["request-leave", "withdraw-leave"].contains(&row.name);
        let writes = may("PutItem") || may("UpdateItem") || may("DeleteItem");
        assert_eq!(may("ConditionCheckItem"), writes && !is_about_oneself, "{}", row.name);
    }
    // Only the publisher reads the signing keys.
    let signers = permissions.lines().filter(|line| line.contains("signing-keys"));
    let signers: Vec<_> = signers.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(signers, [infra::PUBLISHER]);
    // Only the function that seals reads the keys that sign digests.
    let sealers = permissions.lines().filter(|line| line.contains("seal-keys"));
    let sealers: Vec<_> = sealers.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(sealers, ["seal-logs"]);
    let mailers = permissions.lines().filter(|line| line.contains("ses:SendEmail"));
    let mailers: Vec<_> = mailers.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(mailers, ["run-tasks", "sweep-tasks"]);
    // The sweep can run every task that the stream brings. If this fails, a world of `everything` runs a task in
    // one way only.
    let of = |function: &str| -> BTreeSet<(String, String)> {
        let lines = permissions.lines().filter(|line| line.split_whitespace().next() == Some(function));
        let pairs = lines.flat_map(|line| {
            let mut words = line.split_whitespace().skip(1).map(str::to_owned);
            let action = words.next().unwrap_or_default();
            words.map(move |key| (action.clone(), key)).collect::<Vec<_>>()
        });
        pairs.collect()
    };
    assert_eq!(&of("run-tasks") - &of("sweep-tasks"), BTreeSet::new());
    check("permissions.txt", &permissions);
    let permissions = Permissions::read(&permissions).expect("the recorded permissions");
    check("template.yaml", &stack(&functions(), &permissions).expect("a template"));
    check("roles.yaml", &roles(&functions(), &permissions).expect("a template"));
    check_readme();
}
