//! The table as it is behind the API: to look for what must not be in it, and to put it back.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use super::app::App;

/// As the local service calls it.
const TABLE: &str = "seatwise";

type Item = HashMap<String, AttributeValue>;

/// Every item of the table, by its key.
#[derive(Clone, PartialEq)]
pub struct Dump {
    items: BTreeMap<(String, String), Item>,
}

impl Dump {
    /// The whole table, once no mail is on its way.
    pub async fn of(app: &App) -> Self {
        app.local.settle().await;
        let pages =
            app.local.engine.client().scan().table_name(TABLE).consistent_read(true).into_paginator().items();
        let items = pages.send().collect::<Result<Vec<_>, _>>().await.expect("a scan");
        Self { items: items.into_iter().map(|item| (key(&item), item)).collect() }
    }

    /// All of it as one text. Bytes are shown as numbers, so a text that is looked for has to be
    /// looked for in the texts.
    pub fn text(&self) -> String {
        format!("{:?}", self.items.values().collect::<Vec<_>>())
    }

    /// The keys of items that are not as they were in `before`, gone ones included.
    pub fn changed_since(&self, before: &Self) -> Vec<String> {
        let keys = self.items.keys().chain(before.items.keys());
        let differs = |key: &&(String, String)| self.items.get(*key) != before.items.get(*key);
        let mut changed: Vec<_> = keys.filter(differs).map(|(pk, sk)| format!("{pk} {sk}")).collect();
        changed.sort();
        changed.dedup();
        changed
    }

    /// How many items have a sort key that begins so.
    pub fn count(&self, sort_key: &str) -> usize {
        self.items.keys().filter(|(_, sk)| sk.starts_with(sort_key)).count()
    }

    /// Makes the table what it was.
    pub async fn put_back(&self, app: &App) {
        let client = app.local.engine.client();
        let now = Self::of(app).await;
        for (key, item) in &now.items {
            if !self.items.contains_key(key) {
                let delete = client.delete_item().table_name(TABLE);
                let delete = delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
                delete.send().await.expect("deleted");
            }
        }
        for (key, item) in &self.items {
            if now.items.get(key) != Some(item) {
                let put = client.put_item().table_name(TABLE).set_item(Some(item.clone()));
                put.send().await.expect("put");
            }
        }
    }
}

/// Takes one item out of the table.
pub async fn remove(app: &App, pk: &str, sk: &str) {
    let delete = app.local.engine.client().delete_item().table_name(TABLE);
    let key = |text: &str| AttributeValue::S(text.to_owned());
    delete.key("pk", key(pk)).key("sk", key(sk)).send().await.expect("deleted");
}

fn key(item: &Item) -> (String, String) {
    let part = |name| item[name].as_s().expect("a text").clone();
    (part("pk"), part("sk"))
}
