//! Two releases at once, each under its own schema.

use seatwise_cli::publish::{self as policies, PublishError, PublishedState};
use seatwise_domain::{PolicySchema, Publication};
use seatwise_policy::{Core, Files};
use seatwise_store::Store;
use serde_json::json;

use super::{RENAME, draft, put, with_rule};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::somebody;
use crate::support::process::Process;
use crate::support::publishing::{bundle, publish_for, publisher};

/// An earlier release, which had an action of its own that is the product's by now.
fn earlier() -> Core {
    let text = format!(
        "{}\naction auditTrail in [\"workspace.read\"]\n  appliesTo {{ principal: [Member], resource: [Workspace], context: Ctx }};\n",
        Core::current().schema()
    );
    let current = Core::current().to_record();
    Core::of(PolicySchema { text, ..current })
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
    let deployment = Deployment::new().await;
    let (new, old) = (deployment.process(), deployment.process_of_release(earlier()));
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let w = new.workspace(&olga).await;
    new.member(&olga, &w, "tea", "member").await;
    let rename = async |process: &Process| {
        process.call(&tea, "PATCH", &w, json!({ "name": "New" })).await.status.as_u16()
    };
    // Nothing is published for the earlier one, but what is can be read by it.
    assert_eq!((rename(&new).await, rename(&old).await), (403, 403));
    old.get(&olga, &w).await.expect(200);
    old.buy(&olga, &w, "pro", 1).await;

    // Its operators have published for it, and say what its words are.
    let first = bundle(with_rule(RENAME));
    let of_both = [Core::current().id(), earlier().id()];
    publish_for(&deployment.store(), &first, &[earlier().id()], |it| publisher().sign(it, &first.pack)).await;
    assert_eq!((rename(&new).await, rename(&old).await), (403, 200));
    // Their publication is later than the one that this program knows, which must not take it back unseen.
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let refused = policies::plan(&standing, draft(with_rule("// Mine.")), true, deployment.clock.now());
    assert!(matches!(refused, Err(PublishError::OtherProgram { number: 2, .. })), "{refused:?}");
    publish_for(&deployment.store(), &first, &of_both, |it| publisher().sign(it, &first.pack)).await;
    keep_schema(&deployment.store(), &earlier()).await;
    assert_eq!((rename(&new).await, rename(&old).await), (200, 200));

    // A version that both can read reaches both: a permission that it takes away is gone everywhere.
    put(&deployment, with_rule("// Nothing.")).await;
    assert_eq!((rename(&new).await, rename(&old).await), (403, 403));
    put(&deployment, with_rule(RENAME)).await;
    assert_eq!((rename(&new).await, rename(&old).await), (200, 200));

    // A version that only the later one can read leaves the other with its own, and that is said: also where the
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
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let now = deployment.clock.now();
    let step = policies::plan(&standing, draft(only_for_the_later("// Less.")), true, now).expect("a step");
    assert_eq!(step.left_behind.iter().map(|it| it.schema.clone()).collect::<Vec<_>>(), [earlier().id()]);
    policies::commit(&deployment.store(), step, &publisher()).await.expect("published");
    assert_eq!((rename(&new).await, rename(&old).await), (403, 200));

    // Once it is dropped, what it cannot read leaves it the floor.
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let step = policies::plan(&standing, draft(only_for_the_later("// None.")), false, now).expect("a step");
    policies::commit(&deployment.store(), step, &publisher()).await.expect("published");
    assert_eq!((rename(&new).await, rename(&old).await), (403, 403));
    old.get(&olga, &w).await.expect(200);
    old.post(&olga, &format!("{w}/seats"), json!({ "quantity": 1 })).await.expect_problem(403, "forbidden");
    new.buy(&olga, &w, "pro", 1).await;
    deployment.audit().await;
}

/// A release that has not yet an attribute and a setting of this one.
fn without_latest() -> Core {
    let current = Core::current().to_record();
    let text = current.text.replace("  joinedAt: datetime,\n", "");
    let settings =
        current.settings.iter().filter(|it| !it.starts_with("workspaces")).cloned().collect::<Vec<_>>();
    assert!(text != current.text && settings.len() + 2 == current.settings.len());
    Core::of(PolicySchema { text, settings, ..current })
}

#[tokio::test]
async fn d5_what_a_release_adds_is_asked_about_only_if_a_pack_uses_it() {
    let (deployment, older) = (Deployment::new().await, without_latest());
    let first = bundle(with_rule("// Nothing."));
    let of_both = [Core::current().id(), older.id()];
    publish_for(&deployment.store(), &first, &of_both, |it| publisher().sign(it, &first.pack)).await;
    keep_schema(&deployment.store(), &older).await;
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let left = |files: Files| {
        let step = policies::plan(&standing, draft(files), true, deployment.clock.now()).expect("a step");
        step.left_behind.iter().map(|it| it.schema.clone()).collect::<Vec<_>>()
    };
    assert_eq!(left(with_rule(RENAME)), []);
    let newcomers = r#"@id("new") permit (principal is Member, action == Action::"updateWorkspace", resource)
        when { principal.joinedAt < context.now };"#;
    assert_eq!(left(with_rule(newcomers)), [older.id()]);
    let mut limited = with_rule(RENAME);
    let data = limited.get_mut("product.toml").expect("a file");
    data.push_str("\n[workspaces]\ncreated-per-person = 3\n");
    assert_eq!(left(limited), [older.id()]);

    // A release that lists no settings has those of its time; of a still earlier one, nobody knows them.
    let of_format =
        |format| Core::of(PolicySchema { format, settings: vec![], ..Core::current().to_record() });
    assert!(seatwise_workbench::is_readable(&of_format(2), &with_rule(RENAME)));
    assert!(!seatwise_workbench::is_readable(&of_format(1), &with_rule(RENAME)));
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
