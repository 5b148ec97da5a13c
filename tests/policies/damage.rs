//! Damaged, lost and forged policies (K32).

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_cli::publish::PublishedState;
use seatwise_domain::{PolicyPointer, PolicySignature, PolicyTarget, Publication};
use seatwise_policy::{Core, Files, packs};
use serde_json::json;
use tempfile::TempDir;
use tracing::level_filters::LevelFilter;

use super::{RENAME, put, with_rule};
use crate::support::account::Account;
use crate::support::cli::write;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::logs::Logs;
use crate::support::person::somebody;
use crate::support::publishing::bundle;

#[tokio::test]
async fn k32_copies_of_the_pointer_that_are_lost_are_looked_for_in_the_others() {
    let logs = Logs::begin(LevelFilter::INFO);
    let deployment = Deployment::new().await;
    let (warm, olga) = (deployment.process(), somebody("olga"));
    let w = warm.workspace(&olga).await;
    let client = deployment.engine.client();
    let key = |copy: u8| {
        let text = |text: String| AttributeValue::S(text);
        (text(format!("POLICY#POINTER#{copy}")), text("POINTER".to_owned()))
    };
    for copy in 0..15 {
        let (pk, sk) = key(copy);
        let request = client.update_item().table_name(deployment.table()).key("pk", pk).key("sk", sk);
        let gone = if copy % 2 == 0 { "targets" } else { "type" };
        request
            .update_expression("REMOVE #gone")
            .expression_attribute_names("#gone", gone)
            .send()
            .await
            .expect("damaged");
    }
    for process in [&warm, &deployment.process()] {
        process.buy(&olga, &w, "pro", 1).await;
    }
    assert!(logs.ours.text().contains("a copy of the pointer cannot be read"));
    // The last one is gone as well: nobody knows what holds.
    let (pk, sk) = key(15);
    client
        .delete_item()
        .table_name(deployment.table())
        .key("pk", pk)
        .key("sk", sk)
        .send()
        .await
        .expect("gone");
    warm.get(&olga, &w).await.expect_problem(503, "conflict_busy");
    assert!(logs.ours.text().contains("\"policy_load_failures\":1"));
    // Publishing mends it.
    put(&deployment, packs::files("purchased-seats").expect("built in")).await;
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    assert!(!standing.is_damaged && standing.active_files().is_some());
    for process in [&warm, &deployment.process()] {
        process.buy(&olga, &w, "pro", 1).await;
    }
}

#[tokio::test]
async fn k32_a_forged_copy_among_good_ones_leaves_only_the_floor_and_is_mended_by_publishing() {
    let deployment = Deployment::new().await;
    let (process, olga) = (deployment.process(), somebody("olga"));
    let w = process.workspace(&olga).await;
    let store = deployment.store();
    let pointer = PublishedState::read(&store).await.expect("read").pointer.expect("a pointer");
    let evil = bundle(with_rule("@id(\"all\") permit (principal, action, resource);"));
    // The bundle lies there, and every copy names it, signed by nobody who may.
    let targets: Vec<PolicyTarget> = pointer
        .targets
        .iter()
        .map(|it| PolicyTarget { version: evil.version.clone(), ..it.clone() })
        .collect();
    let head = PublishedState::read(&store).await.expect("read").head.expect("a line");
    let forged = PolicyPointer { targets, ..pointer };
    let line = Publication { number: head.number + 1, ..head };
    store.publish(&line, &forged, &evil, &Core::current().to_record()).await.expect("forged");
    process.get(&olga, &w).await.expect(200);
    let buy = async || process.post(&olga, &format!("{w}/seats"), json!({ "quantity": 1 })).await;
    buy().await.expect_problem(403, "forbidden");
    put(&deployment, packs::files("purchased-seats").expect("built in")).await;
    buy().await.expect(201);
}

#[tokio::test]
async fn k32_the_floor_of_a_pack_of_ones_own_goes_by_the_roles_before() {
    let ours = |edit: &str| -> Files {
        let mut files = with_rule(edit);
        for text in files.values_mut() {
            *text = text
                .replace("name = \"purchased-seats\"", "name = \"ours\"")
                .replace("\"owner\"", "\"captain\"");
        }
        files
    };
    let deployment = Deployment::of(ours("// One.")).await;
    let (warm, olga) = (deployment.process(), somebody("olga"));
    let w = warm.workspace(&olga).await;
    put(&deployment, ours("// Two.")).await;
    let lost = seatwise_policy::version(&ours("// Two."));
    let client = deployment.engine.client();
    client
        .delete_item()
        .table_name(deployment.table())
        .key("pk", AttributeValue::S(format!("POLICY#BUNDLE#{}", lost.0)))
        .key("sk", AttributeValue::S("BUNDLE".to_owned()))
        .send()
        .await
        .expect("deleted");
    for process in [&warm, &deployment.process()] {
        process.get(&olga, &w).await.expect(200);
        let buy = process.post(&olga, &format!("{w}/seats"), json!({ "quantity": 1 })).await;
        buy.expect_problem(403, "forbidden");
    }
    // The same again is not what is there: it lies there anew.
    put(&deployment, ours("// Two.")).await;
    warm.buy(&olga, &w, "pro", 1).await;
}

#[tokio::test]
async fn k32_an_earlier_pointer_that_is_put_back_is_not_obeyed_by_who_knows_better() {
    let deployment = Deployment::new().await;
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let process = deployment.process();
    let w = process.workspace(&olga).await;
    process.member(&olga, &w, "tea", "member").await;
    put(&deployment, with_rule(RENAME)).await;
    let generous = PublishedState::read(&deployment.store()).await.expect("read");
    put(&deployment, with_rule("// Taken back.")).await;
    let rename = async || process.call(&tea, "PATCH", &w, json!({ "name": "New" })).await.status.as_u16();
    assert_eq!(rename().await, 403);
    // Signed as it was, by who can write the table and not sign.
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let (pointer, head) = (generous.pointer.expect("a pointer"), standing.head.expect("a line"));
    let line = Publication { number: head.number + 1, ..head };
    let files = bundle(with_rule(RENAME));
    deployment
        .store()
        .publish(&line, &pointer, &files, &Core::current().to_record())
        .await
        .expect("put back");
    assert_eq!(rename().await, 403);
    process.get(&olga, &w).await.expect(200);
    put(&deployment, with_rule("// Mended.")).await;
    process.buy(&olga, &w, "pro", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k32_policies_that_nobody_signed_are_mended_and_never_signed_by_the_command_line() {
    let account = Account::over(Deployment::new().await).await;
    let deployment = account.deployment.clone();
    put(&deployment, with_rule("// Good.")).await;
    let store = deployment.store();
    let standing = PublishedState::read(&store).await.expect("read");
    let (pointer, head) = (standing.pointer.expect("a pointer"), standing.head.expect("a line"));
    // Every copy names another bundle, and so does the history: with signatures that were made for others.
    let evil = bundle(with_rule("// Evil."));
    let targets: Vec<PolicyTarget> = pointer
        .targets
        .iter()
        .map(|it| PolicyTarget { version: evil.version.clone(), ..it.clone() })
        .collect();
    let line = Publication {
        number: head.number + 1,
        version: evil.version.clone(),
        author: "ada\u{1b}[2J".to_owned(),
        ..head.clone()
    };
    let forged = PolicyPointer { targets, ..pointer };
    store.publish(&line, &forged, &evil, &Core::current().to_record()).await.expect("forged");
    let told = account.policies(&["log"]).await;
    let place = format!("table {} in eu-central-1, account 111122223333\n", deployment.table());
    assert!(told.stderr.starts_with(&place), "{told:?}");
    let told = told.expect(0);
    assert!(told.contains("not signed by a trusted key"), "{told}");
    assert!(told.contains("NOT signed") && !told.contains('\u{1b}'), "{told}");
    let number = line.number.to_string();
    let refused = account.policies(&["rollback", &number, "--yes"]).await;
    assert!(refused.stderr.contains("is not signed by a trusted key"), "{refused:?}");
    refused.expect(1);
    let folder = TempDir::new().expect("a folder");
    let pulled = folder.path().join("pulled").to_str().expect("UTF-8").to_owned();
    account.policies(&["pull", &pulled, "--version", &number]).await.expect(2);
    // The very same files, known to be good by who publishes them: that they are there already is not enough.
    let pack = folder.path().join("pack");
    write(&pack, &with_rule("// Evil."));
    let told = account.policies(&["publish", pack.to_str().expect("UTF-8"), "--yes"]).await.expect(0);
    assert!(told.contains(&format!("version {} (", line.number + 1)), "{told}");
    let told = account.policies(&["log", "-n", "1"]).await.expect(0);
    assert!(!told.contains("warning"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k32_a_rollback_without_a_version_to_restore_is_refused() {
    let account = Account::over(Deployment::new().await).await;
    let refused = async |arguments: &[&str], why: &str| {
        let refused = account.policies(&[&["rollback", "--yes"], arguments].concat()).await;
        assert!(refused.stderr.contains(why), "{refused:?}");
        refused.expect(1);
    };
    refused(&[], "there is no version before 1").await;

    // A version from before the rotations: no key is left that checks its signature.
    let store = account.deployment.store();
    let standing = PublishedState::read(&store).await.expect("read");
    let (pointer, head) = (standing.pointer.expect("a pointer"), standing.head.expect("a line"));
    let earlier = bundle(with_rule("// Earlier."));
    let signature = PolicySignature { key: 99, ..head.signature.clone() };
    let line =
        Publication { number: head.number + 1, version: earlier.version.clone(), signature, ..head.clone() };
    store.publish(&line, &pointer, &earlier, &Core::current().to_record()).await.expect("published");
    let number = line.number.to_string();
    refused(&[&number], "is signed with a key that is no longer kept").await;
    account.policies(&["rollback", &number, "--yes", "--trust-old-key"]).await.expect(0);

    let client = account.deployment.engine.client();
    for copy in 0..16 {
        client
            .delete_item()
            .table_name(account.deployment.table())
            .key("pk", AttributeValue::S(format!("POLICY#POINTER#{copy}")))
            .key("sk", AttributeValue::S("POINTER".to_owned()))
            .send()
            .await
            .expect("deleted");
    }
    refused(&[], "nothing is active: name a version").await;
}
