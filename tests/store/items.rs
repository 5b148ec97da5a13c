//! Records as items: they survive the table, and their keys are for ever.

use std::collections::HashMap;
use std::time::Duration;

use crate::support::reading::{Load, ReadByKey as _};
use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::{
    Change, MAX_BUNDLE_BYTES, POINTER_COPIES, PolicyBundle, PolicyPointer, PolicySchema, PolicyVersion,
    Publication, Receipt, Record, RecordKey, Tally, User, Version,
};
use seatwise_store::{CommitError, Flaw, PageRequest, RangeQuery, StoreError};

use super::{
    OTHER_SEAT, OTHER_WORKSPACE, SEAT, USER, WORKSPACE, address, at, bare_records, bundle, create,
    full_records, get, member, other_states, pointer, publication, read_back, receipt, schema, seat, tally,
    uuid, value,
};
use crate::support::engine::Engine;

#[tokio::test]
async fn every_record_survives_the_table() {
    let store = Engine::memory().await.store().await;
    for records in [bare_records(), full_records(), other_states()] {
        for record in records {
            store
                .commit_without_events(&[Change::DeleteUnconditionally(record.key())])
                .await
                .expect("room for it");
            create(&store, [record.clone()]).await;
            assert_eq!(read_back(&store, &record).await, Some((record, Version(1))));
        }
    }
    let shown = value::<User>(&store, &RecordKey::User(USER)).await.email;
    assert_eq!(shown.expect("an address").as_typed(), "Tea.Mate@Bücher.example");
}

#[tokio::test]
async fn what_is_none_is_absent_and_a_receipt_ends() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    let late = Receipt { expires_at: at(1) + Duration::from_millis(1), ..receipt() };
    create(&store, [Record::Member(member(USER)), Record::Receipt(late)]).await;
    let items = engine.client().scan().table_name(&table).send().await.expect("a scan").items;
    for item in items.expect("items") {
        assert!(!item.values().any(AttributeValue::is_null), "{item:?}");
        let is_receipt = item["type"] == AttributeValue::S("receipt".to_owned());
        let end = at(2).as_second().to_string();
        assert_eq!(item.get("ttl"), is_receipt.then_some(&AttributeValue::N(end)));
    }
}

/// The items of existing tables are found under these keys.
#[tokio::test]
async fn keys_are_for_ever() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    create(&store, bare_records()).await;
    let items = engine.client().scan().table_name(&table).send().await.expect("a scan").items;
    let word = |value: &AttributeValue| value.as_s().expect("a word").clone();
    let line = |item: &HashMap<_, _>| {
        format!("{} | {} | {}", word(&item["type"]), word(&item["pk"]), word(&item["sk"]))
    };
    let mut lines: Vec<_> = items.expect("items").iter().map(line).collect();
    lines.sort_unstable();
    let id = |number: u64| uuid(number).to_string();
    let (workspace, user) = (format!("W#{}", id(1)), format!("U#{}", id(3)));
    let slot = "E#f3e16ac9";
    let key = format!("K#{}#AZAAAAAAcACAAAAAAAAAAwGQAAAAAHAAgAAAAAAAAEY", id(1));
    assert_eq!(
        lines.iter().map(|line| line.replace(&address().key().to_string()[8..], "")).collect::<Vec<_>>(),
        [
            format!("address-owner | {slot} | OWNER"),
            format!("api-key | {key} | KEY"),
            format!("api-key-entry | {workspace} | KEY#{}#{}", id(70), id(3)),
            format!("api-key-use | {key} | USE"),
            format!("attendance | {user} | ATTENDANCE"),
            format!("billing | {workspace} | BILLING"),
            format!("billing-check | RECONCILE | AT#001800000007000000000#{}", id(1)),
            format!("coordinator | {workspace} | COORDINATOR"),
            format!("credit-entry | {workspace} | CREDIT#{}", id(22)),
            format!("credits | {workspace} | CREDITS"),
            format!("demolition | DEMOLITION | {workspace}"),
            format!("departure | {workspace} | DEPARTURE#{}", id(3)),
            format!("domain-check | CHECK | DOMAIN#xn--bcher-kva.example#{}", id(1)),
            format!("domain-claim | {workspace} | DOMAIN#xn--bcher-kva.example"),
            format!("domain-door | D#xn--bcher-kva.example | {workspace}"),
            format!("email-slot | {slot} | {workspace}"),
            format!("event | {workspace} | EVENT#{}", id(60)),
            format!("event-digest | {workspace} | DIGEST#00000000000000000001"),
            format!("former-address | {workspace} | FORMER#f3e16ac9"),
            format!("invitation | {workspace} | INVITATION#{}", id(7)),
            format!("joined | {user} | JOINED#{}", id(1)),
            format!("leave-request | {workspace} | LEAVE#{}", id(9)),
            format!("link | {workspace} | LINK#b8e73164-b412-56ca-ada5-858da68c27b0"),
            format!("logo-image | {workspace} | LOGO#{}", id(50)),
            format!("mail | OUTBOX#0 | MAIL#{}", id(32)),
            format!("mail-use | {workspace} | MAILS#2027-01-15"),
            format!("member | {workspace} | MEMBER#{}", id(3)),
            format!("past-persons | {user} | PERSONS"),
            "policy-bundle | POLICY#BUNDLE#beef | BUNDLE".to_owned(),
            "policy-pointer | POLICY#POINTER#15 | POINTER".to_owned(),
            "policy-schema | POLICY#SCHEMA#c0de | SCHEMA".to_owned(),
            "publication | POLICY#LOG | PUBLICATION#0000000001".to_owned(),
            format!("purchase | {workspace} | PURCHASE#{}", id(20)),
            format!("quota-use | {workspace} | QUOTA#lifetime"),
            format!("receipt | {user} | RECEIPT#create-workspace#0a1b"),
            format!("resource | {workspace} | RESOURCE#94e29893-3f7e-540f-88d2-604d9dd81c3c"),
            format!("resource-count | {workspace} | RESOURCES#bot"),
            format!("seat | {workspace} | SEAT#{}", id(5)),
            "stripe-customer | STRIPE#cus_1 | CUSTOMER".to_owned(),
            format!("tally | {workspace} | TALLY"),
            format!("task | OUTBOX#2 | TASK#{}", id(30)),
            format!("unsealed-log | UNSEALED#1 | {workspace}"),
            format!("user | {user} | USER"),
            format!("workspace | {workspace} | WORKSPACE"),
            format!("workspace-entry | WORKSPACES | {workspace}"),
        ]
    );
}

#[tokio::test]
async fn unreadable_items_stop_a_load() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    create(&store, [Record::Seat(seat(SEAT))]).await;
    let key = RecordKey::Seat(WORKSPACE, SEAT);
    let items = engine.client().scan().table_name(&table).send().await.expect("a scan").items;
    let good = items.expect("items").remove(0);
    let word = |word: &str| Some(AttributeValue::S(word.to_owned()));
    for (name, spoilt, flaw) in [
        ("type", word("spaceship"), Flaw::UnknownType),
        ("type", None, Flaw::UnknownType),
        ("v", None, Flaw::Version),
        ("v", word("1"), Flaw::Version),
        ("occupant", word("a.person@example.com"), Flaw::Content("seat")),
        ("tier", None, Flaw::Content("seat")),
        ("type", word("member"), Flaw::Content("member")),
        ("workspace", word(&OTHER_WORKSPACE.to_string()), Flaw::Misplaced("seat")),
        ("id", word(&OTHER_SEAT.to_string()), Flaw::Misplaced("seat")),
    ] {
        let mut item = good.clone();
        item.remove(name);
        item.extend(spoilt.map(|value| (name.to_owned(), value)));
        let put = engine.client().put_item().table_name(&table).set_item(Some(item));
        put.send().await.expect("spoilt");
        for load in [Load::new().record(key.clone()), Load::new().query(RangeQuery::Seats(WORKSPACE))] {
            let error = store.load(&load).await.expect_err("unreadable");
            assert!(matches!(error, StoreError::Corrupt(found) if found == flaw), "{name}: {error:?}");
            assert!(!format!("{error:?}").contains("example.com"));
        }
    }
}

#[tokio::test]
async fn published_policies_are_named_by_every_pointer() {
    let engine = Engine::memory().await;
    let store = engine.store().await;
    let first = bundle(&[("product.toml", "first")]);
    let second = PolicyBundle { version: PolicyVersion("cafe".to_owned()), ..first.clone() };
    for (number, bundle) in (1..).zip([&first, &second, &first]) {
        let line = Publication { version: bundle.version.clone(), ..publication(number) };
        store.publish(&line, &pointer(0, &line), bundle, &schema()).await.expect("published");
        // The publisher who took the same number has lost.
        let other = Publication { author: "bob".to_owned(), ..line.clone() };
        let lost = store.publish(&other, &pointer(0, &other), bundle, &schema()).await;
        assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
        assert_eq!(
            get::<Publication>(&store, &RecordKey::Publication(number)).await.expect("kept").value,
            line
        );
        let kept = value::<PolicyBundle>(&store, &RecordKey::PolicyBundle(bundle.version.clone())).await;
        assert_eq!(kept, *bundle);
        for copy in 0..POINTER_COPIES {
            let named = value::<PolicyPointer>(&store, &RecordKey::PolicyPointer(copy)).await;
            assert_eq!(named, pointer(copy, &line));
        }
    }
    let history = RangeQuery::Publications(PageRequest { limit: 2, after: None });
    let loaded = store.load(&Load::new().query(history.clone())).await.expect("loaded");
    let numbers: Vec<u32> = loaded.list::<Publication>(&history).iter().map(|it| it.value.number).collect();
    assert_eq!(numbers, [3, 2], "newest first");
    let rest = RangeQuery::Publications(PageRequest { limit: 2, after: loaded.next(&history) });
    rest.check_cursor().expect("one of this list");
    let loaded = store.load(&Load::new().query(rest.clone())).await.expect("loaded");
    assert_eq!(loaded.list::<Publication>(&rest).len(), 1);

    let of_bytes = |bytes: usize| bundle(&[("a.cedar", &"x".repeat(bytes - "a.cedar".len()))]);
    let large = of_bytes(MAX_BUNDLE_BYTES + 1);
    let line = publication(4);
    let refused = store.publish(&line, &pointer(0, &line), &large, &schema()).await;
    assert!(matches!(refused, Err(CommitError::Failed(_))), "{refused:?}");
    let fits = PolicyBundle { version: PolicyVersion("f00d".to_owned()), ..of_bytes(MAX_BUNDLE_BYTES) };
    store.publish(&line, &pointer(0, &line), &fits, &schema()).await.expect("it fits into an item");
}

#[tokio::test]
async fn publishing_mends_what_is_damaged() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    let good = bundle(&[("product.toml", "good")]);
    let first = publication(1);
    store.publish(&first, &pointer(0, &first), &good, &schema()).await.expect("published");
    let client = engine.client();
    for (pk, sk, gone) in [
        ("POLICY#BUNDLE#beef", "BUNDLE", "files"),
        ("POLICY#SCHEMA#c0de", "SCHEMA", "type"),
        ("POLICY#POINTER#0", "POINTER", "targets"),
    ] {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let update = client.update_item().table_name(&table).key("pk", key(pk)).key("sk", key(sk));
        let update = update.update_expression("REMOVE #gone").expression_attribute_names("#gone", gone);
        update.send().await.expect("damaged");
    }
    let bundle_key = RecordKey::PolicyBundle(good.version.clone());
    // A record that cannot be read is as good as missing.
    for key in [bundle_key.clone(), RecordKey::PolicySchema(schema().id), RecordKey::PolicyPointer(0)] {
        assert!(get::<Record>(&store, &key).await.is_none(), "{key:?}");
    }
    let second = publication(2);
    store.publish(&second, &pointer(0, &second), &good, &schema()).await.expect("published");
    assert_eq!(value::<PolicyBundle>(&store, &bundle_key).await, good);
    assert_eq!(value::<PolicySchema>(&store, &RecordKey::PolicySchema(schema().id)).await, schema());
    assert_eq!(value::<PolicyPointer>(&store, &RecordKey::PolicyPointer(0)).await, pointer(0, &second));
}

#[tokio::test]
async fn a_table_is_made_once() {
    let engine = Engine::memory().await;
    let store = engine.store().await;
    create(&store, [tally(1)]).await;
    store.create_table().await.expect("it is there");
    assert!(get::<Tally>(&store, &RecordKey::Tally(WORKSPACE)).await.is_some());
}
