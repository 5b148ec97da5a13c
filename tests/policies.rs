//! Policies as operators edit and publish them, while functions run.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_cli::publish::{self as policies, Draft, PublishError, PublishedState};
use seatwise_domain::policy::{Deed, PolicyPointer, PolicySchema, PolicyTarget, Publication};
use seatwise_functions::{Keyring, Keys};
use seatwise_policy::{Core, Files, packs};
use seatwise_store::{CommitError, Store};
use serde_json::{Value, json};
use tempfile::TempDir;
use tracing::level_filters::LevelFilter;

use crate::lambda::Account;
use crate::support::app::text;
use crate::support::cli::{self, Ended, ended, seatwise, write};
use crate::support::direct::{
    Direct, Ground, Somebody, bundle, changed_pack, event, patient, publish_for, publisher, publishers,
    somebody,
};
use crate::support::logs::Logs;
use crate::support::post::Post;
use crate::support::proxy::{Fault, Proxy, Tries};
use crate::support::runtime_api::Function;

/// Lets members rename a workspace.
const RENAME: &str =
    r#"@id("edit") permit (principal in Role::"member", action == Action::"updateWorkspace", resource);"#;

/// The pack, with one more rule.
fn with_rule(rule: &str) -> Files {
    let mut files = packs::files("purchased-seats").expect("built in");
    files.insert("edit.cedar".to_owned(), rule.to_owned());
    files
}

fn draft(files: Files) -> Draft {
    let (author, message) = ("ada".to_owned(), "why".to_owned());
    Draft { files, deed: Deed::Published, author, message }
}

/// Publishes it, over how things stand.
async fn put(ground: &Ground, files: Files) -> u32 {
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    let step = policies::plan(&standing, draft(files), true, ground.clock.now()).expect("a step");
    policies::commit(&ground.store(), step, &publisher()).await.expect("published").number
}

// The next request.

/// A request that one of many sent: from when to when, and what came back.
struct Sent {
    begun: Instant,
    ended: Instant,
    /// The reason of a refusal, or nothing.
    answer: Option<String>,
}

/// When somebody published: from when to when, and what holds from then on.
struct Turn {
    begun: Instant,
    ended: Instant,
    answer: Option<String>,
}

/// Processes of functions that are asked all the time, one request after the other.
struct Crowd {
    stop: Arc<AtomicBool>,
    answered: Vec<Arc<AtomicU32>>,
    askers: Vec<tokio::task::JoinHandle<(Function, Vec<Sent>)>>,
}

impl Crowd {
    fn begin(functions: Vec<Function>, ask: &Value) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (mut answered, mut askers) = (Vec::new(), Vec::new());
        for function in functions {
            let (stop, count, ask) = (Arc::clone(&stop), Arc::new(AtomicU32::new(0)), ask.clone());
            answered.push(Arc::clone(&count));
            askers.push(tokio::spawn(async move {
                let mut sent = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let begun = Instant::now();
                    let answer = function.invoke(&ask).await;
                    let ended = Instant::now();
                    let body: Value =
                        serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
                    let answer = match answer["statusCode"].as_u64() {
                        Some(200) => None,
                        Some(403) => Some(body["reason"].as_str().unwrap_or("none").to_owned()),
                        _ => panic!("{answer}"),
                    };
                    sent.push(Sent { begun, ended, answer });
                    count.fetch_add(1, Ordering::SeqCst);
                }
                (function, sent)
            }));
        }
        Self { stop, answered, askers }
    }

    /// Waits until each has been answered that often again.
    async fn more(&self, times: u32) {
        let counts = || self.answered.iter().map(|count| count.load(Ordering::SeqCst));
        let goal: Vec<u32> = counts().map(|count| count + times).collect();
        while counts().zip(&goal).any(|(count, goal)| count < *goal) {
            assert!(!self.askers.iter().any(tokio::task::JoinHandle::is_finished), "one of them has failed");
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) -> Vec<(Function, Vec<Sent>)> {
        self.stop.store(true, Ordering::SeqCst);
        let ended = futures::future::join_all(self.askers).await;
        ended.into_iter().map(|asker| asker.expect("no panic")).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k31_no_request_that_starts_after_a_publish_is_decided_by_the_version_before() {
    const PROCESSES: usize = 4;
    let account = Account::over(Post::new().await).await;
    let ground = account.post.stage.clone();
    let direct = account.post.process();
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let workspace = direct.workspace(&olga).await;
    direct.member(&olga, &workspace, "tea", "member").await;
    // A question that nobody conflicts about.
    let seats = format!("{workspace}/seats");
    let (row, ask) = event(&tea, "GET", &seats, &Value::Null, None, ground.clock.now());
    let permit =
        r#"@id("edit") permit (principal in Role::"member", action == Action::"listSeats", resource);"#;
    let mut functions = Vec::new();
    for _ in 0..PROCESSES {
        functions.push(account.start(row.name).await);
    }
    let crowd = Crowd::begin(functions, &ask);
    crowd.more(2).await;

    // Each version is told apart by its answer; the last but one is the first again.
    let start = Instant::now();
    let mut turns = vec![Turn { begun: start, ended: start, answer: Some("none".to_owned()) }];
    let forbid = |reason: &str| permit.replace("permit", &format!("@reason(\"{reason}\") forbid"));
    let edits = [
        (with_rule(permit), None),
        (with_rule(&forbid("frozen")), Some("frozen")),
        (with_rule(permit), None),
        (with_rule(&forbid("closed")), Some("closed")),
        (packs::files("purchased-seats").expect("built in"), Some("none")),
        (with_rule(permit), None),
    ];
    for (files, answer) in edits {
        let begun = Instant::now();
        put(&ground, files).await;
        turns.push(Turn { begun, ended: Instant::now(), answer: answer.map(ToOwned::to_owned) });
        crowd.more(3).await;
    }
    for (function, sent) in crowd.end().await {
        // None of them was started anew.
        let starts = function.output().matches("\"cold_start\":true").count();
        assert_eq!(starts, 1, "{}", function.output());
        assert!(sent.len() > 12);
        for request in sent.iter().filter(|request| request.begun >= start) {
            let held = turns.iter().rfind(|turn| turn.ended <= request.begun).expect("the first");
            // Who was under way while somebody published may go by either; nobody else.
            let mut new =
                turns.iter().filter(|turn| turn.ended > request.begun && turn.begun < request.ended);
            let is_right = request.answer == held.answer || new.any(|turn| turn.answer == request.answer);
            assert!(is_right, "{:?} where {:?} holds", request.answer, held.answer);
        }
    }
    ground.audit().await;
}

// Two releases at once.

/// An earlier release, which had an action of its own that is the product's by now.
fn earlier() -> Core {
    let text = format!(
        "{}\naction auditTrail in [\"workspace.read\"]\n  appliesTo {{ principal: [Member], resource: [Workspace], context: Ctx }};\n",
        Core::current().schema()
    );
    let current = Core::current().to_record();
    Core::of(PolicySchema { text, ..current })
}

fn of_release(ground: &Ground, core: Core) -> Direct {
    let keys = || (Keys::here(Keyring::of(1, [7; 32])), Keys::here(publishers()));
    let (links, trusted) = keys();
    ground.of_release(core, patient(&ground.engine.client()), links, trusted)
}

/// The pack with an action of the product that the earlier release cannot have.
fn only_for_the_later(rule: &str) -> Files {
    let mut files = with_rule(rule);
    let app = files.get_mut("app.cedarschema").expect("a file");
    app.push_str(
        "action auditTrail in [\"features.use\"] appliesTo { principal: [Member], resource: [Workspace], context: Ctx };\n",
    );
    files
}

#[tokio::test]
async fn d5_while_two_releases_run_each_goes_by_what_it_can_read() {
    let ground = Ground::new().await;
    let (new, old) = (ground.direct(), of_release(&ground, earlier()));
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let w = new.workspace(&olga).await;
    new.member(&olga, &w, "tea", "member").await;
    let rename = async |process: &Direct| {
        process.call(&tea, "PATCH", &w, json!({ "name": "New" })).await.status.as_u16()
    };
    // Nothing is published for the earlier one, but what is can be read by it.
    assert_eq!((rename(&new).await, rename(&old).await), (403, 403));
    old.get(&olga, &w).await.expect(200);
    old.buy(&olga, &w, "pro", 1).await;

    // Its operators have published for it, and say what its words are.
    let first = bundle(with_rule(RENAME));
    let of_both = [Core::current().id(), earlier().id()];
    publish_for(&ground.store(), &first, &[earlier().id()], |it| publisher().sign(it, &first.pack)).await;
    assert_eq!((rename(&new).await, rename(&old).await), (403, 200));
    // What they say is later than what this program knows, which must not take it back unseen.
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    let refused = policies::plan(&standing, draft(with_rule("// Mine.")), true, ground.clock.now());
    assert!(matches!(refused, Err(PublishError::OtherProgram { number: 2, .. })), "{refused:?}");
    publish_for(&ground.store(), &first, &of_both, |it| publisher().sign(it, &first.pack)).await;
    keep_schema(&ground.store(), &earlier()).await;
    assert_eq!((rename(&new).await, rename(&old).await), (200, 200));

    // What both can read reaches both: what is taken away is gone everywhere.
    put(&ground, with_rule("// Nothing.")).await;
    assert_eq!((rename(&new).await, rename(&old).await), (403, 403));
    put(&ground, with_rule(RENAME)).await;
    assert_eq!((rename(&new).await, rename(&old).await), (200, 200));

    // What only the later one can read leaves the other with what it has, and that is said: also where the
    // other could parse it, but has not the words that it speaks of.
    let word = r#"@id("new") permit (principal is Member, action == Action::"useProduct", resource)
        when { principal.role.staff && principal has seat && principal.seat.features.contains(Feature::"beta") };"#;
    let mut parsed = with_rule(word);
    let app = parsed.get_mut("app.cedarschema").expect("a file");
    *app = app.replace("\"public-api\"]", "\"public-api\", \"beta\"]");
    assert!(seatwise_workbench::is_readable(&earlier(), &parsed), "the pack brings the word along");
    let mut older = earlier().to_record();
    older.text = older.text.replace("staff: Bool,", "");
    assert!(!seatwise_workbench::is_readable(&Core::of(older), &parsed), "the core lacks the attribute");
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    let now = ground.clock.now();
    let step = policies::plan(&standing, draft(only_for_the_later("// Less.")), true, now).expect("a step");
    assert_eq!(step.left_behind.iter().map(|it| it.schema.clone()).collect::<Vec<_>>(), [earlier().id()]);
    policies::commit(&ground.store(), step, &publisher()).await.expect("published");
    assert_eq!((rename(&new).await, rename(&old).await), (403, 200));

    // Once it is dropped, what it cannot read leaves it the floor.
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    let step = policies::plan(&standing, draft(only_for_the_later("// None.")), false, now).expect("a step");
    policies::commit(&ground.store(), step, &publisher()).await.expect("published");
    assert_eq!((rename(&new).await, rename(&old).await), (403, 403));
    old.get(&olga, &w).await.expect(200);
    old.post(&olga, &format!("{w}/seats"), json!({ "quantity": 1 })).await.expect_problem(403, "forbidden");
    new.buy(&olga, &w, "pro", 1).await;
    ground.audit().await;
}

/// As publishing by that release would have.
async fn keep_schema(store: &Store, core: &Core) {
    let standing = PublishedState::read(store).await.expect("read");
    let head = standing.head.expect("a line");
    let pointer = standing.pointer.expect("a pointer");
    let again = Publication { number: head.number + 1, ..head };
    let files = bundle(with_rule(RENAME));
    store.publish(&again, &pointer, &files, &core.to_record()).await.expect("kept");
}

// What is damaged.

#[tokio::test]
async fn k32_copies_of_the_pointer_that_are_lost_are_looked_for_in_the_others() {
    let logs = Logs::begin(LevelFilter::INFO);
    let ground = Ground::new().await;
    let (warm, olga) = (ground.direct(), somebody("olga"));
    let w = warm.workspace(&olga).await;
    let client = ground.engine.client();
    let key = |copy: u8| {
        let text = |text: String| AttributeValue::S(text);
        (text(format!("POLICY#POINTER#{copy}")), text("POINTER".to_owned()))
    };
    for copy in 0..15 {
        let (pk, sk) = key(copy);
        let request = client.update_item().table_name(ground.table()).key("pk", pk).key("sk", sk);
        let gone = if copy % 2 == 0 { "targets" } else { "type" };
        request
            .update_expression("REMOVE #gone")
            .expression_attribute_names("#gone", gone)
            .send()
            .await
            .expect("damaged");
    }
    for process in [&warm, &ground.direct()] {
        process.buy(&olga, &w, "pro", 1).await;
    }
    assert!(logs.ours.text().contains("a copy of the pointer cannot be read"));
    // The last one is gone as well: nobody knows what holds.
    let (pk, sk) = key(15);
    client.delete_item().table_name(ground.table()).key("pk", pk).key("sk", sk).send().await.expect("gone");
    warm.get(&olga, &w).await.expect_problem(503, "conflict_busy");
    assert!(logs.ours.text().contains("\"policy_load_failures\":1"));
    // Publishing mends it.
    put(&ground, packs::files("purchased-seats").expect("built in")).await;
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    assert!(!standing.is_damaged && standing.active_files().is_some());
    for process in [&warm, &ground.direct()] {
        process.buy(&olga, &w, "pro", 1).await;
    }
}

#[tokio::test]
async fn k32_a_forged_copy_among_good_ones_leaves_only_the_floor_and_is_mended_by_publishing() {
    let ground = Ground::new().await;
    let (process, olga) = (ground.direct(), somebody("olga"));
    let w = process.workspace(&olga).await;
    let store = ground.store();
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
    put(&ground, packs::files("purchased-seats").expect("built in")).await;
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
    let ground = Ground::of(ours("// One.")).await;
    let (warm, olga) = (ground.direct(), somebody("olga"));
    let w = warm.workspace(&olga).await;
    put(&ground, ours("// Two.")).await;
    let lost = seatwise_policy::version(&ours("// Two."));
    let client = ground.engine.client();
    client
        .delete_item()
        .table_name(ground.table())
        .key("pk", AttributeValue::S(format!("POLICY#BUNDLE#{}", lost.0)))
        .key("sk", AttributeValue::S("BUNDLE".to_owned()))
        .send()
        .await
        .expect("deleted");
    for process in [&warm, &ground.direct()] {
        process.get(&olga, &w).await.expect(200);
        let buy = process.post(&olga, &format!("{w}/seats"), json!({ "quantity": 1 })).await;
        buy.expect_problem(403, "forbidden");
    }
    // The same again is not what is there: it lies there anew.
    put(&ground, ours("// Two.")).await;
    warm.buy(&olga, &w, "pro", 1).await;
}

#[tokio::test]
async fn k32_an_earlier_pointer_that_is_put_back_is_not_obeyed_by_who_knows_better() {
    let ground = Ground::new().await;
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let process = ground.direct();
    let w = process.workspace(&olga).await;
    process.member(&olga, &w, "tea", "member").await;
    put(&ground, with_rule(RENAME)).await;
    let generous = PublishedState::read(&ground.store()).await.expect("read");
    put(&ground, with_rule("// Taken back.")).await;
    let rename = async || process.call(&tea, "PATCH", &w, json!({ "name": "New" })).await.status.as_u16();
    assert_eq!(rename().await, 403);
    // Signed as it was, by who can write the table and not sign.
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    let (pointer, head) = (generous.pointer.expect("a pointer"), standing.head.expect("a line"));
    let line = Publication { number: head.number + 1, ..head };
    let files = bundle(with_rule(RENAME));
    ground.store().publish(&line, &pointer, &files, &Core::current().to_record()).await.expect("put back");
    assert_eq!(rename().await, 403);
    process.get(&olga, &w).await.expect(200);
    put(&ground, with_rule("// Mended.")).await;
    process.buy(&olga, &w, "pro", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k32_policies_that_nobody_signed_are_mended_and_never_signed_by_the_command_line() {
    let account = Account::over(Post::new().await).await;
    let ground = account.post.stage.clone();
    put(&ground, with_rule("// Good.")).await;
    let store = ground.store();
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
    let told = account.policies(&["log"]).await.expect(0);
    assert!(told.contains("not signed by a trusted key"), "{told}");
    assert!(told.contains("NOT signed") && !told.contains('\u{1b}'), "{told}");
    let number = line.number.to_string();
    let refused = account.policies(&["rollback", &number, "--yes"]).await;
    assert!(refused.stderr.contains("is not signed by a trusted key"), "{refused:?}");
    refused.expect(2);
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

// Who publishes.

#[tokio::test]
async fn of_two_who_publish_at_once_one_wins_and_nothing_of_the_other_is_active() {
    let ground = Ground::new().await;
    let store = ground.store();
    let now = ground.clock.now();
    for round in 0..10 {
        let standing = PublishedState::read(&store).await.expect("read");
        let step = |name: &str| {
            let files = with_rule(&format!("// {name} in round {round}."));
            policies::plan(&standing, draft(files), true, now).expect("a step")
        };
        let (one, other) = (step("one"), step("other"));
        let key = publisher();
        let (one, other) =
            tokio::join!(policies::commit(&store, one, &key), policies::commit(&store, other, &key));
        let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
        assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
        let won = won.expect("one of them");
        let after = PublishedState::read(&store).await.expect("read");
        assert!(!after.is_damaged);
        assert_eq!(after.active().map(|it| (it.number, it.version.clone())), Some((won.number, won.version)));
        assert_eq!(won.number, standing.head.expect("a line").number + 1);
    }
}

#[tokio::test]
async fn k11_a_publication_that_breaks_off_changes_nothing_and_can_be_done_again() {
    let ground = Ground::new().await;
    let proxy = Proxy::before(&ground.engine).await;
    let store = Store::new(patient(&proxy.client()), ground.table());
    let step = async || {
        let standing = PublishedState::read(&ground.store()).await.expect("read");
        let files = with_rule("// Broken off.");
        policies::plan(&standing, draft(files), true, ground.clock.now()).expect("a step")
    };
    let before = PublishedState::read(&ground.store()).await.expect("read");
    // At the first bundle, at the schema, and at the line with the pointer.
    for (call, nth) in [("PutItem", 0..1), ("PutItem", 1..2), ("TransactWriteItems", 0..1)] {
        proxy.calm();
        proxy.spoil_some(call, nth, Fault::Refuse(500, "InternalServerError"), Tries::All);
        let broken = policies::commit(&store, step().await, &publisher()).await;
        assert!(broken.is_err(), "{call}: {broken:?}");
        let after = PublishedState::read(&ground.store()).await.expect("read");
        assert_eq!((after.pointer, after.head), (before.pointer.clone(), before.head.clone()), "{call}");
    }
    proxy.calm();
    policies::commit(&store, step().await, &publisher()).await.expect("published");
    let after = PublishedState::read(&ground.store()).await.expect("read");
    assert_eq!(after.active_files(), Some(&with_rule("// Broken off.")));
}

#[tokio::test]
async fn what_would_make_counts_untrue_or_lock_somebody_out_is_refused() {
    let ground = Ground::new().await;
    put(&ground, packs::files("purchased-seats").expect("built in")).await;
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    let step = |standing: &PublishedState, changes: &[(&str, &str)]| {
        policies::plan(standing, draft(changed_pack("product.toml", changes)), true, ground.clock.now())
    };
    let guest = "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 5\nbadge = \"grey\"\n\n[seats]";
    for (changes, refused) in [
        (&[("seat = \"required\"", "seat = \"none\"")][..], "by which its members are counted"),
        (&[("rank = 50\n", "rank = 50\ngoverning = true\n")], "by which its members are counted"),
        (&[("name = \"purchased-seats\"", "name = \"other\"")], "are of the pack purchased-seats"),
        (
            &[("id = \"owner\"", "id = \"boss\""), ("creator = \"owner\"", "creator = \"boss\"")],
            "which governs",
        ),
    ] {
        let error = step(&standing, changes).err().map(|it| it.to_string()).expect("refused");
        assert!(error.contains(refused), "{error}");
    }
    // A role comes and goes; whoever has stayed in it must find it as it was.
    put(&ground, changed_pack("product.toml", &[("[seats]", guest)])).await;
    put(&ground, packs::files("purchased-seats").expect("built in")).await;
    let standing = PublishedState::read(&ground.store()).await.expect("read");
    let seated = guest.replace("rank = 5", "rank = 5\nseat = \"required\"");
    let refused = step(&standing, &[("[seats]", &seated)]);
    assert!(matches!(refused, Err(PublishError::OtherFrame { role }) if role.as_str() == "guest"));
    step(&standing, &[("[seats]", guest)]).expect("as it was");
    // What else people rest on takes a word of its own, also when the bundle is lost.
    let head = standing.head.expect("a line");
    let words = |changes: &[(&str, &str)]| -> Vec<String> {
        let files = changed_pack("product.toml", changes);
        let pack = seatwise_policy::Bundle::compile(&files).expect("a pack").pack().clone();
        let told = policies::frame_changes(&head.frame, &pack);
        told.iter().map(|change| format!("{}: {}", change.name, change.what)).collect()
    };
    for (changes, told) in [
        (&[("rank = 50\n", "rank = 60\n")][..], "admin: rank 50 → 60"),
        (&[("rank = 10\n", "rank = 10\nstaff = true\n")], "member: staff false → true"),
        (&[("joiner = \"member\"", "joiner = \"admin\"")], "admin: roles-given.joiner: member → admin"),
        (&[("id = \"pro\"", "id = \"plus\"")], "pro: is gone"),
    ] {
        let words = words(changes);
        assert!(words.len() == 1 && words[0].starts_with(told), "{words:?}");
    }
    assert!(words(&[("[seats]", guest)]).is_empty(), "a new role takes nothing from anybody");
}

// The command line.

/// A running server over a data file, and a pack to edit.
struct Workshop {
    folder: TempDir,
    local: seatwise_cli::dev::Local,
}

impl Workshop {
    async fn new(pack: &str) -> Self {
        use seatwise_cli::dev::{self, Data, Options};
        let folder = TempDir::new().expect("a folder");
        let options = Options {
            data: Data::File(folder.path().join("state.db")),
            pack: Some(pack.to_owned()),
            oidc: None,
            app_url: "https://app.example.com".to_owned(),
        };
        let local = Box::pin(dev::start(options)).await.expect("the service starts");
        write(&folder.path().join("pack"), &packs::files(pack).expect("built in"));
        Self { folder, local }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    /// `seatwise policies …`, for the data file.
    async fn run(&self, arguments: &[&str]) -> Ended {
        ended(cli::policies(arguments, &["--data", &self.path("state.db")])).await
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.path().join("pack").join(file);
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{from} is not in {file}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_an_operator_edits_publishes_and_goes_back_while_the_server_runs() {
    let shop = Workshop::new("purchased-seats").await;
    let app = crate::support::app::App { local: shop.local.clone() };
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let rename =
        async || app.call(&tea, "PATCH", &workspace, json!({ "name": "Tea's" })).await.status.as_u16();
    let pack = shop.path("pack");
    assert_eq!(rename().await, 403);

    // The same is no news.
    let told = shop.run(&["publish", &pack, "--yes"]).await.expect(0);
    assert!(told.contains("nothing to do: version 1"), "{told}");
    // An edit that contradicts the pack's own cases is not published.
    std::fs::write(shop.folder.path().join("pack/edit.cedar"), format!("{RENAME}\n")).expect("written");
    let told = shop.run(&["publish", &pack, "--yes"]).await.expect(1);
    assert!(told.contains("a member runs nothing"), "{told}");
    assert_eq!(rename().await, 403);
    shop.edit("cases/roles.toml", r#"action = ["updateWorkspace", "#, "action = [");

    // Where there is no solver, that takes a word of its own.
    let data = shop.path("state.db");
    let mut unproven = seatwise(&["policies", "publish", &pack, "--yes", "--data", &data]);
    let unproven = ended({
        unproven.env("PATH", "").env_remove("CVC5");
        unproven
    })
    .await;
    assert!(unproven.stderr.contains("--without-proofs"), "{unproven:?}");
    unproven.expect(1);
    // It is looked at, refused, and agreed to.
    let told = shop.run(&["publish", &pack, "--dry-run"]).await.expect(0);
    assert!(told.contains("updateWorkspace") && told.contains("nothing was changed"), "{told}");
    let refused = shop.run(&["publish", &pack]).await;
    assert!(refused.stdout.contains("nobody answered"), "{refused:?}");
    refused.expect(1);
    assert_eq!(rename().await, 403);
    let told = shop.run(&["publish", &pack, "--yes", "--message", "members may rename"]).await.expect(0);
    assert!(told.contains("version 2"), "{told}");
    assert_eq!(rename().await, 200);

    // The history, a version, and its files.
    let log = shop.run(&["log"]).await.expect(0);
    assert!(log.starts_with("*    2") && log.contains("published by ada@acme.example"), "{log}");
    assert!(log.contains("members may rename") && log.contains("published by seatwise dev"), "{log}");
    let log: Value = serde_json::from_str(&shop.run(&["log", "--json"]).await.expect(0)).expect("JSON");
    assert_eq!(
        (&log[0]["number"], &log[0]["active"], &log[0]["signed"]),
        (&json!(2), &json!(true), &json!(true))
    );
    assert_eq!((&log[1]["active"], &log[1]["signed"]), (&json!(false), &json!(true)));
    assert_eq!(shop.run(&["show", "2", "edit.cedar"]).await.expect(0), format!("{RENAME}\n"));
    let shown = shop.run(&["show"]).await.expect(0);
    assert!(shown.contains("version  2 (active)") && shown.contains("edit.cedar"), "{shown}");
    shop.run(&["show", "7"]).await.expect(2);
    let pulled = shop.path("pulled");
    shop.run(&["pull", &pulled, "--version", "1"]).await.expect(0);
    assert_eq!(
        seatwise_workbench::read_dir(Path::new(&pulled)).expect("a pack"),
        packs::files("purchased-seats").expect("built in")
    );

    // Back, and back again.
    let told = shop.run(&["rollback", "--yes", "-m", "too much"]).await.expect(0);
    assert!(told.contains("version 3"), "{told}");
    assert_eq!(rename().await, 403);
    let log = shop.run(&["log", "-n", "1"]).await.expect(0);
    assert!(log.contains("rolled back to 1 by ada@acme.example") && log.contains("too much"), "{log}");
    shop.run(&["rollback", "2", "--yes"]).await.expect(0);
    assert_eq!(rename().await, 200);
    shop.run(&["rollback", "9", "--yes"]).await.expect(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_what_an_operator_published_outlives_the_server() {
    use seatwise_cli::dev::{self, Data, Options, StartError};
    let Workshop { folder, local } = Workshop::new("role-ladder").await;
    drop(local);
    let data = Data::File(folder.path().join("state.db"));
    let options = |pack: Option<&str>| Options {
        data: data.clone(),
        pack: pack.map(ToOwned::to_owned),
        oidc: None,
        app_url: "https://app.example.com".to_owned(),
    };
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let run =
        async |arguments: &[&str]| ended(cli::policies(arguments, &["--data", &path("state.db")])).await;
    // No server runs: the command opens the file by itself.
    let pack = path("pack");
    std::fs::write(folder.path().join("pack/more.cedar"), "// Nothing yet.\n").expect("written");
    run(&["publish", &pack, "--yes", "--author", "ada"]).await.expect(0);
    // With the name of its pack, or with none; another name is another pack.
    for asked in [Some("role-ladder"), None] {
        let local = Box::pin(dev::start(options(asked))).await.expect("the service starts");
        assert_eq!(local.pack, "role-ladder");
        let standing = PublishedState::read(local.service.store()).await.expect("read");
        assert_eq!(standing.head.expect("a line").author, "ada");
        assert!(standing.files.expect("files").expect("readable").contains_key("more.cedar"));
    }
    let other = Box::pin(dev::start(options(Some("flat-owners")))).await;
    assert!(matches!(other, Err(StartError::OtherPack { has }) if has == "role-ladder"));
    assert!(run(&["log"]).await.expect(0).contains("published by ada"));
}

#[tokio::test]
async fn commands_say_what_they_need() {
    let folder = TempDir::new().expect("a folder");
    let nowhere = folder.path().join("none.db").to_str().expect("UTF-8").to_owned();
    let none = ended(seatwise(&["policies", "log", "--data", &nowhere])).await;
    assert!(none.stderr.contains("there is no data file") && none.code == Some(2), "{none:?}");
    let both = ended(seatwise(&["policies", "log", "--data", &nowhere, "--table", "t"])).await;
    assert_eq!(both.code, Some(2), "{both:?}");
}

// Roles that an operator adds: nothing but data.

/// A role at the end of the roles in product.toml.
fn add_role(files: &mut Files, role: &str, before: &str) {
    let data = files.get_mut("product.toml").expect("a file");
    assert!(data.contains(before), "{before}");
    *data = data.replacen(before, &format!("{role}\n{before}"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_billing_manager_is_added_to_purchased_seats_while_functions_run() {
    let account = Account::over(Post::new().await).await;
    let direct = account.post.process();
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let w = direct.workspace(&olga).await;
    direct.member(&olga, &w, "tea", "member").await;
    let role = format!("{w}/members/{}/role", tea.id());
    let assign = json!({ "role": "billing-manager" });
    let buy = async |who: &Somebody, status| {
        account.call(who, "POST", &format!("{w}/seats"), json!({ "quantity": 1 }), status).await
    };
    // Warm, and of the version before: there is no such role yet.
    buy(&olga, 201).await;
    buy(&tea, 403).await;
    account.call(&olga, "PUT", &role, assign.clone(), 422).await;

    let mut files = packs::files("purchased-seats").expect("built in");
    add_role(
        &mut files,
        "[[role]]\nid = \"billing-manager\"\nlabel = \"Billing manager\"\nrank = 20\nstaff = true\nbadge = \"teal\"\nseat = \"none\"\n",
        "[seats]",
    );
    files.insert("billing.cedar".to_owned(), BILLING.to_owned());
    files.insert("cases/billing.toml".to_owned(), BILLING_CASES.to_owned());
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), &files);
    let pack = folder.path().to_str().expect("UTF-8");
    let told = account.policies(&["publish", pack, "--yes", "-m", "a billing manager"]).await.expect(0);
    assert!(told.contains("billing-manager"), "{told}");

    account.call(&olga, "PUT", &role, assign, 200).await;
    buy(&tea, 201).await;
    // Money, and nothing else; and nobody is raised by them.
    account.call(&tea, "PATCH", &w, json!({ "name": "New" }), 403).await;
    account.call(&tea, "POST", &format!("{w}/invitations"), json!({ "role": "member" }), 403).await;
    // Back: the role is gone, which takes a word of its own, and its holder may do nothing.
    let refused = account.policies(&["rollback", "--yes"]).await;
    assert!(refused.stderr.contains("--confirm billing-manager"), "{refused:?}");
    refused.expect(1);
    buy(&tea, 201).await;
    account.policies(&["rollback", "--yes", "--confirm", "billing-manager"]).await.expect(0);
    buy(&tea, 403).await;
    buy(&olga, 201).await;
    // And there again, with who holds it.
    account.policies(&["publish", pack, "--yes"]).await.expect(0);
    buy(&tea, 201).await;
}

const BILLING: &str = r#"@id("roles.billing-manager")
@doc("A billing manager sees the workspace and its seats, and buys.")
permit (
  principal in Role::"billing-manager",
  action in [Action::"workspace.read", Action::"seats.read", Action::"seats.buy", Action::"leave.request"],
  resource
);
"#;

const BILLING_CASES: &str = r#"[[case]]
name = "a billing manager buys"
given = { caller = "billing-manager" }
when = { action = ["buySeats", "listSeats", "cancelSeat"] }
then = "allow"

[[case]]
name = "and runs nothing"
given = { caller = "billing-manager" }
when = { action = ["updateWorkspace", "listMembers", "listInvitations"] }
then = "deny"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_guest_is_added_to_role_ladder_while_functions_run() {
    let account = Account::over(Post::over(Ground::under("role-ladder", &[]).await).await).await;
    let direct = account.post.process();
    let olga = somebody("olga");
    let w = direct.workspace(&olga).await;
    let gus = somebody("gus");
    let invite = json!({ "emails": [gus.email], "role": "guest" });
    account.call(&olga, "POST", &format!("{w}/invitations"), invite.clone(), 422).await;

    let mut files = packs::files("role-ladder").expect("built in");
    add_role(
        &mut files,
        "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 5\nbadge = \"grey\"\n",
        "[invitation]",
    );
    files.insert("guest.cedar".to_owned(), GUEST.to_owned());
    files.insert("cases/guest.toml".to_owned(), GUEST_CASES.to_owned());
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), &files);
    let pack = folder.path().to_str().expect("UTF-8");
    account.policies(&["publish", pack, "--yes"]).await.expect(0);

    let invited = account.call(&olga, "POST", &format!("{w}/invitations"), invite, 201).await;
    let id = text(&invited["items"][0]["invitation"]["id"]);
    let joined = account.call(&gus, "POST", "/v1/join", json!({ "invitationId": id }), 200).await;
    assert_eq!(joined["member"]["role"], "guest");
    account.call(&gus, "GET", &w, Value::Null, 200).await;
    let asked = json!({ "actions": ["updateWorkspace"] });
    let answer = account.call(&gus, "POST", &format!("{w}/authorize"), asked, 200).await;
    assert_eq!(answer["decisions"][0]["allowed"], json!(false), "{answer}");
    account.call(&gus, "PATCH", &w, json!({ "name": "New" }), 403).await;
    account.call(&gus, "GET", &format!("{w}/members"), Value::Null, 403).await;
}

const GUEST: &str = r#"@id("roles.guest")
@doc("A guest looks, and can go.")
permit (
  principal in Role::"guest",
  action in [Action::"workspace.read", Action::"leave.direct"],
  resource
);
"#;

const GUEST_CASES: &str = r#"[[case]]
name = "a guest looks"
given = { caller = "guest" }
when = { action = ["getWorkspace", "leaveWorkspace"] }
then = "allow"

[[case]]
name = "and touches nothing"
given = { caller = "guest" }
when = { action = ["updateWorkspace", "listMembers"] }
then = "deny"
"#;
