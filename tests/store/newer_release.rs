//! Old and new releases side by side (K70): an attribute that a newer release wrote, and that this
//! release does not know, survives what this release does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::pack::SeatNeed;
use seatwise_domain::{
    Change, EmailSlot, Invitation, InvitationId, LogoRef, Member, Money, PendingInvitation, Record,
    RecordUpdate, RoleBaseline, RoleId, Seat, SeatHold, SeatHolder, SeatId, Seating, SettingOverrides,
    TierId, Workspace,
};
use seatwise_store::Store;
use serde_json::json;

use super::{
    INVITATION, OTHER_INVITATION, OTHER_SEAT, SEAT, USER, WORKSPACE, bare_records, create, full_records,
    hold, invitation, member, money, other_states, pending, publication, read_back, seat, slot, term, uuid,
    workspace,
};
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

/// The maps whose members are data of their own: files by path; roles, tiers and what is sold by name.
const COLLECTIONS: [&str; 12] = [
    "changes",
    "files",
    "roles",
    "tiers",
    "given",
    "extras",
    "add_ons",
    "difference",
    "quantities",
    "target",
    "items",
    "before",
];

/// The unknown attribute, in a map and in every map within.
fn with_unknown(members: &Item) -> Item {
    let mut members: Item = members.iter().map(|(name, value)| (name.clone(), within(name, value))).collect();
    members.insert(UNKNOWN.to_owned(), AttributeValue::N("1".to_owned()));
    members
}

fn within(name: &str, value: &AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::M(members) if COLLECTIONS.contains(&name) => {
            let members = members.iter().map(|(name, value)| (name.clone(), within("", value)));
            AttributeValue::M(members.collect())
        }
        AttributeValue::M(members) => AttributeValue::M(with_unknown(members)),
        AttributeValue::L(values) => {
            AttributeValue::L(values.iter().map(|value| within(name, value)).collect())
        }
        other => other.clone(),
    }
}

/// Writes the unknown attribute into every map of every item, as a newer release would. Answers all items,
/// as they are then.
async fn write_unknown(client: &Client, table: &str) -> BTreeMap<(String, String), Item> {
    let mut all = items(client, table).await;
    for item in all.values_mut() {
        let newer = with_unknown(item);
        if newer != *item {
            client.put_item().table_name(table).set_item(Some(newer.clone())).send().await.expect("written");
            *item = newer;
        }
    }
    all
}

/// The maps that lost the unknown attribute, by their paths. A map may lose it if it stands for another
/// thing than before, or if it is a state that has changed. Lists are replaced whole.
fn lost(before: &Item, after: &Item) -> Vec<String> {
    let mut lost: Vec<String> = Vec::new();
    if before.contains_key(UNKNOWN) && !after.contains_key(UNKNOWN) {
        lost.push(String::new());
    }
    for (name, value) in before {
        if let (AttributeValue::M(before), Some(AttributeValue::M(after))) = (value, after.get(name))
            && stands_for_the_same(before, after)
        {
            lost.extend(self::lost(before, after).into_iter().map(|path| format!("{name}.{path}")));
        }
    }
    lost
}

/// Whether both maps stand for the same thing. A state does as long as nothing of it changes.
fn stands_for_the_same(before: &Item, after: &Item) -> bool {
    let is_state = before.contains_key("kind");
    let tells = |name: &&String| {
        let name = name.as_str();
        name != UNKNOWN && (is_state || ["invitation", "seat", "key"].contains(&name))
    };
    before.keys().chain(after.keys()).filter(tells).all(|name| before.get(name) == after.get(name))
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
            store.commit_without_events(&[Change::Update(Box::new(update))]).await.expect("updated");
            assert_eq!(read_back(&store, after).await.expect("a record").0, *after);
        }
    }
    for (key, item) in items(&client, &table).await {
        assert!(item.contains_key(UNKNOWN), "{key:?} lost what a newer release wrote");
    }
}

/// A table with these records, into every map of which a newer release has written.
async fn table_of(engine: &Engine, records: &[Record]) -> (Store, String) {
    let (store, table) = engine.table().await;
    create(&store, records.iter().cloned()).await;
    write_unknown(&engine.client(), &table).await;
    (store, table)
}

#[tokio::test]
async fn k70_a_record_of_a_newer_release_is_read() {
    let engine = Engine::memory().await;
    for records in [bare_records(), full_records(), other_states(), vec![publication_of_a_role()]] {
        let (store, _) = table_of(&engine, &records).await;
        for record in records {
            assert_eq!(read_back(&store, &record).await.expect("a record").0, record);
        }
    }
}

/// A publication of a pack with a role.
fn publication_of_a_role() -> Record {
    let role = RoleBaseline {
        is_there: true,
        governing: true,
        seat: SeatNeed::Required,
        rank: 9,
        staff: true,
        includes: None,
    };
    let mut publication = publication(7);
    publication.frame.roles.insert(RoleId("owner".to_owned()), role);
    publication.frame.tiers.insert(TierId("pro".to_owned()), true);
    publication.frame.given.insert("joiner".to_owned(), RoleId("owner".to_owned()));
    Record::Publication(publication)
}

fn with_settings(auto_assign_seats: bool) -> Workspace {
    let settings = Some(SettingOverrides { auto_assign_seats: Some(auto_assign_seats) });
    Workspace { settings, ..workspace() }
}

fn with_logo(key: u64, version: u32) -> Workspace {
    Workspace { logo: Some(LogoRef { key: uuid(key), version }), ..workspace() }
}

fn with_hold(seat: SeatId, ends: Option<i64>) -> Invitation {
    Invitation { seat: Some(SeatHold { seat, ..hold(ends) }), ..invitation(INVITATION) }
}

fn with_pending(invitation: InvitationId, logo: LogoRef) -> EmailSlot {
    let pending = PendingInvitation { logo: Some(logo), ..pending(invitation, Some(5)) };
    EmailSlot { pending: Some(pending), ..slot() }
}

#[tokio::test]
async fn k70_a_nested_map_keeps_what_a_newer_release_wrote_while_it_stands_for_the_same() {
    let logo = |key, version| LogoRef { key: uuid(key), version };
    let dearer = Money { amount: 9, ..money() };
    let (one, other) = (INVITATION, OTHER_INVITATION);
    // The record before and after, and the maps that the update replaces.
    let cases: Vec<(Record, Record, &[&str])> = vec![
        (with_settings(true).into(), with_settings(false).into(), &[]),
        (with_logo(50, 3).into(), with_logo(50, 4).into(), &[]),
        (with_logo(50, 3).into(), with_logo(51, 1).into(), &["logo"]),
        (seat(SEAT).into(), Seat { term: term(Some(8)), price: dearer, ..seat(SEAT) }.into(), &[]),
        (with_hold(SEAT, None).into(), with_hold(SEAT, Some(8)).into(), &[]),
        (with_hold(SEAT, None).into(), with_hold(OTHER_SEAT, None).into(), &["seat"]),
        (with_pending(one, logo(50, 3)).into(), with_pending(one, logo(50, 4)).into(), &[]),
        (with_pending(one, logo(50, 3)).into(), with_pending(one, logo(51, 1)).into(), &["pending.logo"]),
        (with_pending(one, logo(50, 3)).into(), with_pending(other, logo(50, 3)).into(), &["pending"]),
    ];
    let engine = Engine::memory().await;
    for (before, after, replaced) in cases {
        let (store, table) = table_of(&engine, std::slice::from_ref(&before)).await;
        let (_, version) = read_back(&store, &before).await.expect("a record");
        let update = RecordUpdate { before: before.clone(), after: after.clone(), version };
        store.commit_without_events(&[Change::Update(Box::new(update))]).await.expect("updated");
        assert_eq!(read_back(&store, &after).await.expect("a record").0, after);
        let written = items(&engine.client(), &table).await.into_values().next().expect("an item");
        assert_eq!(without_unknown(&written), replaced, "{before:?} {after:?}");
    }
}

/// The maps that lack the unknown attribute, by their paths. What is in such a map is new as well.
fn without_unknown(item: &Item) -> Vec<String> {
    let of_names = |name: &str| COLLECTIONS.contains(&name);
    let maps = item.iter().filter(|(name, _)| !of_names(name));
    let maps = maps.filter_map(|(name, value)| Some((name, value.as_m().ok()?)));
    let mut found: Vec<String> = maps
        .flat_map(|(name, map)| {
            let here = (!map.contains_key(UNKNOWN)).then(|| name.clone());
            let within = without_unknown(map).into_iter().map(|path| format!("{name}.{path}"));
            if here.is_some() { here.into_iter().collect() } else { within.collect::<Vec<_>>() }
        })
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn k70_a_holders_copy_of_a_term_keeps_what_a_newer_release_wrote() {
    let engine = Engine::memory().await;
    let seated = Member { seat: Seating::Seat(hold(None)), ..member(USER) };
    for (record, holder) in [
        (Record::from(seated), SeatHolder::Member(USER)),
        (with_hold(SEAT, None).into(), SeatHolder::Invitation(INVITATION)),
    ] {
        let (store, table) = table_of(&engine, &[record]).await;
        for ends in [Some(8), None] {
            let change = Change::UpdateSeatHold { workspace: WORKSPACE, holder, hold: hold(ends) };
            store.commit_without_events(&[change]).await.expect("updated");
            let written = items(&engine.client(), &table).await.into_values().next().expect("an item");
            assert_eq!(without_unknown(&written), [""; 0], "{holder:?}");
            let kept = written["seat"].as_m().expect("a hold")["term"].as_m().expect("a term").clone();
            assert_eq!(kept.contains_key("ends"), ends.is_some(), "{holder:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k70_every_operation_keeps_what_a_newer_release_wrote() {
    for product in &PRODUCTS {
        let deployment = Deployment::under(product.pack, &[]).await;
        let (client, table) = (deployment.engine.client(), deployment.table().to_owned());
        let of_product = catalogue::of(product.pack).into_iter();
        for (number, entry) in of_product.filter(|entry| catalogue::writes(entry.row)).enumerate() {
            let what = format!("{} in {}", entry.name(), product.pack);
            let (scene, request) = Scene::before(deployment.process(), &entry, &number.to_string()).await;
            let before = write_unknown(&client, &table).await;
            let reply = request.send(&scene.client, None).await;
            assert_eq!(reply.status.as_u16(), request.call.status, "{what}: {}", reply.text);
            let after = items(&client, &table).await;
            for (key, item) in &before {
                let lost = after.get(key).map_or_else(Vec::new, |after| lost(item, after));
                assert!(lost.is_empty(), "{what}: {key:?} lost what a newer release wrote: {lost:?}");
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
