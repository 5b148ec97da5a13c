//! Old and new releases side by side (K70): an attribute that a newer release wrote, and that this
//! release does not know, survives what this release does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::{Change, RecordUpdate};
use serde_json::json;

use super::{bare_records, create, full_records, read_back};
use crate::support::catalogue::{self, PRODUCTS};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::engine::Engine;
use crate::support::scene::Scene;

/// The attribute that this release does not know.
const UNKNOWN: &str = "of_a_newer_release";

macro_rules! item_types {
    ($($(#[$doc:meta])* $type:ident as $record:ident: $item_type:literal, ($($field:ident: $field_type:ty = $value:expr),+);)+) => {
        /// The `type` of each kind of record, from the table of records.
        const ITEM_TYPES: &[&str] = &[$($item_type),+];
    };
}
seatwise_domain::for_each_record!(item_types);

type Item = HashMap<String, AttributeValue>;

fn word(item: &Item, name: &str) -> String {
    item[name].as_s().expect("a text").clone()
}

/// All items of a table, by their keys.
async fn items(client: &Client, table: &str) -> BTreeMap<(String, String), Item> {
    let mut items = BTreeMap::new();
    let mut start = None;
    loop {
        let scan = client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(start);
        let page = scan.send().await.expect("a scan");
        let found = page.items.unwrap_or_default();
        items.extend(found.into_iter().map(|item| ((word(&item, "pk"), word(&item, "sk")), item)));
        start = page.last_evaluated_key;
        if start.is_none() {
            return items;
        }
    }
}

/// Writes the unknown attribute into every item, as a newer release would. Answers all items.
async fn write_unknown(client: &Client, table: &str) -> BTreeMap<(String, String), Item> {
    let all = items(client, table).await;
    for ((pk, sk), _) in all.iter().filter(|(_, item)| !item.contains_key(UNKNOWN)) {
        let update = client.update_item().table_name(table).key("pk", AttributeValue::S(pk.clone()));
        let update = update.key("sk", AttributeValue::S(sk.clone())).update_expression("SET #new = :new");
        let update = update.expression_attribute_names("#new", UNKNOWN);
        let update = update.expression_attribute_values(":new", AttributeValue::N("1".to_owned()));
        update.send().await.expect("written");
    }
    all
}

#[tokio::test]
async fn k70_an_update_of_any_kind_of_record_keeps_what_a_newer_release_wrote() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    create(&store, bare_records()).await;
    let client = engine.client();
    let written = write_unknown(&client, &table).await;
    let types: BTreeSet<String> = written.values().map(|item| word(item, "type")).collect();
    assert_eq!(types, ITEM_TYPES.iter().map(ToString::to_string).collect(), "a kind has no record here");
    for bare in bare_records() {
        // A kind in which nothing can be absent is written as it is: only its version changes.
        let full = full_records().into_iter().find(|full| full.key() == bare.key());
        let full = full.unwrap_or_else(|| bare.clone());
        // All that can be absent is set, then removed again.
        for (before, after) in [(&bare, &full), (&full, &bare)] {
            let (_, version) = read_back(&store, before).await.expect("a record");
            let update = RecordUpdate { before: before.clone(), after: after.clone(), version };
            store.commit(&[Change::Update(Box::new(update))]).await.expect("updated");
            assert_eq!(read_back(&store, after).await.expect("a record").0, *after);
        }
    }
    for (key, item) in items(&client, &table).await {
        assert!(item.contains_key(UNKNOWN), "{key:?} lost what a newer release wrote");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k70_every_operation_keeps_what_a_newer_release_wrote() {
    for product in &PRODUCTS {
        let deployment = Deployment::under(product.pack, &[]).await;
        let (client, table) = (deployment.engine.client(), deployment.table().to_owned());
        let of_product = catalogue::all().into_iter().filter(|entry| entry.product.pack == product.pack);
        for (number, entry) in of_product.filter(|entry| catalogue::writes(entry.row)).enumerate() {
            let what = format!("{} in {}", entry.name(), product.pack);
            let (scene, request) = Scene::before(deployment.process(), &entry, &number.to_string()).await;
            let before = write_unknown(&client, &table).await;
            let reply = request.send(&scene.client, None).await;
            assert_eq!(reply.status.as_u16(), request.call.status, "{what}: {}", reply.text);
            let after = items(&client, &table).await;
            for (key, item) in before.keys().filter_map(|key| Some((key, after.get(key)?))) {
                assert!(item.contains_key(UNKNOWN), "{what}: {key:?} lost what a newer release wrote");
            }
        }
    }
}

#[tokio::test]
async fn k70_a_setting_of_a_newer_release_survives_a_change_of_another() {
    let deployment = Deployment::under("role-seats", &[]).await;
    let process = deployment.process();
    let ada = crate::support::person::somebody("ada");
    let workspace = process.workspace(&ada).await;
    let settings = format!("{workspace}/settings");
    let set = async |is: bool| {
        process.call(&ada, "PATCH", &settings, json!({ "autoAssignSeats": is })).await.expect(200);
    };
    set(false).await;
    let (client, table) = (deployment.engine.client(), deployment.table());
    let found = items(&client, table).await;
    let (pk, sk) = found.keys().find(|(_, sk)| sk == "WORKSPACE").expect("a workspace").clone();
    let update = client.update_item().table_name(table).key("pk", AttributeValue::S(pk.clone()));
    let update =
        update.key("sk", AttributeValue::S(sk.clone())).update_expression("SET settings.#new = :new");
    let update = update.expression_attribute_names("#new", UNKNOWN);
    let update = update.expression_attribute_values(":new", AttributeValue::Bool(true));
    update.send().await.expect("written");
    set(true).await;
    let found = items(&client, table).await;
    let kept = found[&(pk, sk)]["settings"].as_m().expect("settings").clone();
    assert_eq!(kept.get(UNKNOWN), Some(&AttributeValue::Bool(true)), "{kept:?}");
    assert_eq!(kept.get("auto_assign_seats"), Some(&AttributeValue::Bool(true)), "{kept:?}");
}
