//! Policies that cannot be loaded (K11, K12, K32).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use seatwise_domain::{PolicyBundle, PolicyTarget, PolicyVersion};
use seatwise_functions::operations;
use seatwise_policy::PolicySigningKey;
use serde_json::json;

use crate::support::catalogue::{Call, Product};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::proxy::{Fault, Proxy, Tries};
use crate::support::publishing::{bundle, publish, publish_as, publisher};
use crate::support::scene::Scene;
use crate::support::stage::one_of_everything;

/// A workspace with one of everything in it, and somebody of each role.
struct StaffedWorkspace {
    scene: Scene<Process>,
    workspace: String,
    owner: Person,
    others: [Person; 2],
    stranger: Person,
}

impl StaffedWorkspace {
    async fn new(process: &Process, tag: &str) -> Self {
        let product = Product::of(packs::DEFAULT);
        let mut scene = Scene::new(process.clone(), product, tag);
        scene.run_all(&one_of_everything(product)).await;
        let (owner, member) = (scene.person("olga").await, scene.person("mia").await);
        let workspace = scene.workspace();
        let admin = process.member(&owner, &workspace, &format!("ada-{tag}"), "admin").await;
        process.buy(&owner, &workspace, "pro", 2).await;
        for (name, value) in [("role", "admin"), ("email", "new@acme.example")] {
            scene.set(name, value);
        }
        Self { scene, workspace, owner, others: [admin, member], stranger: somebody("sam") }
    }

    /// Sends every operation as this person; the operations that were let through to the rules.
    async fn try_all(&self, process: &Process, who: &Person) -> BTreeSet<&'static str> {
        let mut allowed = BTreeSet::new();
        for row in operations::all() {
            let call = Call::to(row);
            let body = serde_json::from_str(&self.scene.fill(&call.body.to_string())).expect("JSON");
            let reply = process.ask(who, row, &self.scene.fill(&call.path), body).await;
            assert!(reply.status.as_u16() < 500, "{} of {}: {}", row.name, who.email, reply.text);
            match (reply.status.as_u16(), reply.code()) {
                (
                    403,
                    "forbidden"
                    | "not_offered"
                    | "channel_not_offered"
                    | "leave_not_offered"
                    | "billing_not_offered",
                )
                | (404, "not_found") => {}
                // A picture is open to everybody who has its address, policies or not.
                _ if row.public => {}
                _ => {
                    allowed.insert(row.name);
                }
            }
        }
        allowed
    }
}

/// The operations that the floor leaves to everybody who is signed in.
const SIGNING_IN: [&str; 3] = ["enter", "get-me", "list-workspaces"];
/// And to who governs a workspace.
const RECOVERY: [&str; 10] = [
    "authorize",
    "change-role",
    "get-workspace",
    "invite",
    "list-invitations",
    "list-members",
    "list-permissions",
    "resend-invitation",
    "revoke-invitation",
    // Of the creator.
    "transfer-workspace",
];

/// Ways in which the active version is not there to be used.
#[derive(Clone, Copy, Debug)]
enum Spoilt {
    Missing,
    /// The files are not those that the version was made of.
    Tampered,
    /// The item is none that the store reads.
    Unreadable,
    /// It is what it says, and no policy.
    Nonsense,
    /// It is what it says, and more than may be published.
    Oversized,
    /// The key of its publisher is none of the trusted keys.
    Forged,
    /// It is signed for another version.
    Borrowed,
}

const LONG_FILE: &str = "long.cedar";

/// More than a bundle may have.
fn long_text() -> String {
    "// long\n".repeat(40_000)
}

/// Makes a version active that cannot be used.
async fn spoil(deployment: &Deployment, how: Spoilt) {
    let files = match how {
        Spoilt::Nonsense => {
            packs::edited(packs::DEFAULT, &[("roles.cedar", "permit (", "permit nonsense (")])
        }
        _ => packs::commented("// Another version."),
    };
    let published = match how {
        Spoilt::Tampered => PolicyBundle { version: PolicyVersion("0".repeat(64)), ..bundle(files) },
        // The store does not publish so much: the long file is added afterwards.
        Spoilt::Oversized => {
            let mut all = files.clone();
            all.insert(LONG_FILE.to_owned(), long_text());
            PolicyBundle { version: seatwise_policy::version(&all), ..bundle(files) }
        }
        _ => bundle(files),
    };
    let key = || {
        let pk = format!("POLICY#BUNDLE#{}", published.version.0);
        [("pk", pk), ("sk", "BUNDLE".to_owned())].map(|(name, text)| (name, AttributeValue::S(text)))
    };
    match how {
        Spoilt::Forged => {
            let forger = PolicySigningKey::new(1, &[0xF0; 32]).expect("a key");
            publish_as(&deployment.store(), &published, |target| forger.sign(target, &published.pack)).await;
        }
        Spoilt::Borrowed => {
            let sign = |target: PolicyTarget| {
                let other = PolicyTarget { version: PolicyVersion("0".repeat(64)), ..target.clone() };
                PolicyTarget { signature: publisher().sign(other, &published.pack).signature, ..target }
            };
            publish_as(&deployment.store(), &published, sign).await;
        }
        _ => publish(&deployment.store(), &published).await,
    }
    let client = deployment.engine.client();
    let [(pk, partition), (sk, sort)] = key();
    match how {
        Spoilt::Missing => {
            let delete = client.delete_item().table_name(deployment.table()).key(pk, partition).key(sk, sort);
            delete.send().await.expect("deleted");
        }
        Spoilt::Unreadable => {
            let update = client.update_item().table_name(deployment.table()).key(pk, partition).key(sk, sort);
            let update = update.update_expression("REMOVE files");
            update.send().await.expect("spoilt");
        }
        Spoilt::Oversized => {
            let update = client.update_item().table_name(deployment.table()).key(pk, partition).key(sk, sort);
            let update = update
                .update_expression("SET files.#long = :long")
                .expression_attribute_names("#long", LONG_FILE)
                .expression_attribute_values(":long", AttributeValue::S(long_text()));
            update.send().await.expect("spoilt");
        }
        Spoilt::Tampered | Spoilt::Nonsense | Spoilt::Forged | Spoilt::Borrowed => {}
    }
}

#[tokio::test]
async fn k32_without_usable_policies_only_the_floor_holds_until_there_are_some() {
    let deployment = Deployment::new().await;
    let good = bundle(seatwise_policy::packs::files("purchased-seats").expect("built in"));
    let all = [
        Spoilt::Missing,
        Spoilt::Tampered,
        Spoilt::Unreadable,
        Spoilt::Nonsense,
        Spoilt::Oversized,
        Spoilt::Forged,
        Spoilt::Borrowed,
    ];
    for (number, how) in all.into_iter().enumerate() {
        // One that knows the version before, and one that starts only now.
        let knows = deployment.process();
        let office = StaffedWorkspace::new(&knows, &number.to_string()).await;
        spoil(&deployment, how).await;
        let starts = deployment.process();
        starts.service.warm_up(true).await;
        for process in [&knows, &starts] {
            let governing = office.try_all(process, &office.owner).await;
            let floor: BTreeSet<_> = SIGNING_IN.into_iter().chain(RECOVERY).collect();
            assert_eq!(governing, floor, "{how:?}");
            for other in office.others.iter().chain([&office.stranger]) {
                assert_eq!(office.try_all(process, other).await, BTreeSet::from(SIGNING_IN), "{how:?}");
            }
            // Nobody is demoted by who only recovers.
            let admin = &office.others[0];
            process
                .change_role(&office.owner, &office.workspace, admin, "member")
                .await
                .expect_problem(403, "forbidden");
        }
        publish(&deployment.store(), &good).await;
        for process in [&knows, &starts] {
            process.buy(&office.owner, &office.workspace, "pro", 1).await;
            let may = process.get(&office.others[0], &format!("{}/members", office.workspace)).await;
            may.expect(200);
        }
        deployment.audit().await;
    }
}

#[tokio::test]
async fn k11_policies_that_could_not_be_read_are_read_again() {
    let deployment = Deployment::new().await;
    let proxy = Proxy::before(&deployment.engine).await;
    let process = deployment.process_behind(&proxy);
    let owner = somebody("olga");
    let workspace = process.workspace(&owner).await;
    let edit = |number: u32| {
        let comment = format!("// Version {number}.");
        bundle(packs::commented(&comment))
    };
    let buy = async || process.post(&owner, &format!("{workspace}/seats"), json!({ "quantity": 1 })).await;

    // The first call reads the request's own records and the pointer, the second the bundle. Once is
    // mended by trying again.
    publish(&deployment.store(), &edit(1)).await;
    proxy.spoil_some("BatchGetItem", 1..2, Fault::Refuse(500, "InternalServerError"), Tries::All);
    buy().await.expect(201);
    assert_eq!(proxy.actions().iter().filter(|action| *action == "BatchGetItem").count(), 4);

    // Twice is not, and the version before does not decide: the client is to come again.
    publish(&deployment.store(), &edit(2)).await;
    proxy.calm();
    proxy.spoil_some("BatchGetItem", 1..3, Fault::Refuse(400, "ThrottlingException"), Tries::All);
    buy().await.expect_problem(503, "conflict_busy");
    assert!(proxy.actions().len() <= 5, "{:?}", proxy.actions());
    proxy.calm();
    buy().await.expect(201);
    deployment.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k12_many_requests_on_the_floor_cost_a_few_calls_each() {
    let deployment = Deployment::new().await;
    let proxy = Proxy::before(&deployment.engine).await;
    let process = deployment.process_behind(&proxy);
    let office = StaffedWorkspace::new(&process, "").await;
    spoil(&deployment, Spoilt::Missing).await;
    process.get(&office.owner, &office.workspace).await.expect(200);
    let before = proxy.calls("BatchGetItem");
    let asking = (0..50).map(|number| {
        let (process, owner, path) = (process.clone(), office.owner.clone(), office.workspace.clone());
        tokio::spawn(async move {
            if number % 2 == 0 {
                process.get(&owner, &path).await.expect(200);
            } else {
                let reply = process.post(&owner, &format!("{path}/seats"), json!({ "quantity": 1 })).await;
                reply.expect_problem(403, "forbidden");
            }
        })
    });
    for asked in join_all(asking).await {
        asked.expect("no panic");
    }
    // Its own records, the pointer, and the bundle twice.
    assert!(proxy.calls("BatchGetItem") - before <= 4 * 50, "{}", proxy.calls("BatchGetItem") - before);
}
