//! Keys that rotate while functions run: no link breaks, and nobody is without policies.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use seatwise_cli::infra::{self, Stack};
use seatwise_domain::{PolicyPointer, PolicySignature, PolicyTarget};
use seatwise_functions::keys::{ADOPTION, MAX_AGE};
use seatwise_functions::{Keyring, Keys};
use seatwise_policy::{Files, PolicySigningKey};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::support::account::secret;
use crate::support::client::Client as _;
use crate::support::deployment::{Deployment, TOKEN_SECRET};
use crate::support::logs::Logs;
use crate::support::packs;
use crate::support::person::somebody;
use crate::support::process::Process;
use crate::support::publishing::{PUBLISHER_SEED, bundle, edited, publish_as, publishers};
use crate::support::reply::text;
use crate::support::secrets::Secrets;

/// A stack whose keys are in Secrets Manager.
struct Deployed {
    deployment: Deployment,
    secrets: Secrets,
}

impl Deployed {
    async fn new() -> Self {
        let links = Keyring::of(1, TOKEN_SECRET);
        let signing = Keyring::of(1, PUBLISHER_SEED);
        let secrets = [("links", links), ("signing", signing), ("trusted", publishers())];
        Self { deployment: Deployment::new().await, secrets: Secrets::start(secrets).await }
    }

    /// One more process.
    fn process(&self) -> Process {
        let keys = |name: &str| Keys::in_secrets_manager(self.secrets.client(), name.to_owned());
        self.deployment.process_with_keys(keys("links"), keys("trusted"))
    }

    fn stack(&self) -> Stack {
        let (store, secrets) = (self.deployment.store(), self.secrets.client());
        Stack { store, secrets, signing: "signing".to_owned() }
    }

    fn pass(&self, time: SignedDuration) {
        self.deployment.clock.advance(time);
    }

    async fn rotate_links(&self) {
        let now = self.deployment.clock.now();
        infra::rotate_links(&self.secrets.client(), "links", now).await.expect("rotated");
    }

    async fn rotate_signing(&self) {
        let now = self.deployment.clock.now();
        infra::rotate_signing(&self.stack(), "trusted", now).await.expect("rotated");
    }

    /// The key that signs now.
    fn signing_key(&self) -> PolicySigningKey {
        let keyring = self.secrets.keyring("signing");
        let key = keyring.current(self.deployment.clock.now()).expect("a key");
        PolicySigningKey::new(key.id, &key.bytes).expect("a key")
    }

    async fn active(&self) -> PolicyTarget {
        let pointer = self.deployment.store().get(PolicyPointer::key(0)).await.expect("read");
        pointer.expect("policies").value.targets.remove(0)
    }
}

/// The number of the key that a link was made with: a token begins with it.
fn key_of(link: &str) -> u8 {
    use base64::Engine as _;
    let token = link.split_once("#token=").expect("a token").1;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).expect("base64")[0]
}

/// Whatever the age of the copies that processes go by when keys rotate: those who make links may learn of
/// the new key as early, and those who check them as late, as can be.
#[tokio::test]
async fn k22_links_in_flight_survive_a_rotation_in_every_process() {
    let second = SignedDuration::from_secs(1);
    for (checks_read, makes_read) in
        [(SignedDuration::ZERO, MAX_AGE - second), (MAX_AGE - second, SignedDuration::ZERO)]
    {
        let deployed = Deployed::new().await;
        let olga = somebody("olga");
        // They read their keys before the rotation, one long ago and one just then.
        let (makes, checks) = (deployed.process(), deployed.process());
        let (first, last) = if makes_read > checks_read { (&makes, &checks) } else { (&checks, &makes) };
        first.service.warm_up(true).await;
        deployed.pass(MAX_AGE - second);
        last.service.warm_up(true).await;
        let w = makes.workspace(&olga).await;
        let invite = async |name: &str| {
            makes.buy(&olga, &w, "pro", 1).await;
            let whom = somebody(name);
            let invitation = makes.invite(&olga, &w, &whom, "member").await;
            (whom, invitation)
        };
        let before = invite("before").await;
        deployed.rotate_links().await;

        // At every moment from then on a new link is good.
        let (step, mut passed) = (SignedDuration::from_secs(45), SignedDuration::ZERO);
        let (mut keys, asked) = (Vec::new(), deployed.secrets.asked());
        while passed < ADOPTION + MAX_AGE + step {
            let (whom, invitation) = invite(&format!("late-{}", keys.len())).await;
            keys.push(key_of(&text(&invitation["url"])));
            checks.join(&whom, &invitation).await.expect(200);
            deployed.pass(step);
            passed += step;
        }
        assert!(keys.is_sorted() && keys.first() == Some(&1) && keys.last() == Some(&2), "{keys:?}");
        // Two processes, each five minutes.
        assert!(deployed.secrets.asked() - asked <= 2 * 4, "asked too often");

        // Links from before it all still open, in a process that knew the old key and in one that starts now.
        let (whom, old) = before;
        let fresh = deployed.process();
        let token = json!({ "token": text(&old["url"]).split_once("#token=").expect("a token").1 });
        fresh.post(&whom, "/v1/invitations/preview", token).await.expect(200);
        checks.join(&whom, &old).await.expect(200);
        deployed.deployment.audit().await;
    }
}

#[tokio::test]
async fn k22_a_key_that_was_dropped_opens_nothing() {
    let deployed = Deployed::new().await;
    let process = deployed.process();
    let olga = somebody("olga");
    let w = process.workspace(&olga).await;
    process.buy(&olga, &w, "pro", 1).await;
    let whom = somebody("tea");
    let invitation = process.invite(&olga, &w, &whom, "member").await;
    // A key has leaked, and is taken out by hand.
    deployed.secrets.put("links", &Keyring::of(9, [9; 32]).to_text());
    deployed.pass(MAX_AGE + SignedDuration::from_secs(1));
    process.join(&whom, &invitation).await.expect_problem(404, "invitation_unknown");
    // The same invitation has a link of the new key.
    let listed = process.get(&olga, &format!("{w}/invitations")).await.expect(200);
    let again = &listed["items"][0];
    assert_eq!(key_of(&text(&again["url"])), 9);
    process.join(&whom, again).await.expect(200);
}

#[tokio::test]
async fn links_go_on_working_while_secrets_manager_does_not() {
    let deployed = Deployed::new().await;
    let warm = deployed.process();
    let olga = somebody("olga");
    let w = warm.workspace(&olga).await;
    warm.buy(&olga, &w, "pro", 1).await;
    let tea = somebody("tea");
    let invitation = warm.invite(&olga, &w, &tea, "member").await;
    let cold = deployed.process();
    cold.service.warm_up(false).await;
    deployed.secrets.is_down(true);
    deployed.pass(MAX_AGE * 3);
    // It asks, gets nothing, and does not ask with every request.
    let asked = deployed.secrets.asked();
    for _ in 0..5 {
        warm.get(&olga, &format!("{w}/invitations")).await.expect(200);
    }
    assert_eq!(deployed.secrets.asked(), asked + 1);
    // A process that never had the keys does the work that needs none, and says of the rest that it is for later.
    cold.get(&olga, &w).await.expect(200);
    cold.join(&tea, &invitation).await.expect_problem(503, "conflict_busy");
    deployed.secrets.is_down(false);
    cold.join(&tea, &invitation).await.expect(200);
}

#[tokio::test]
async fn a_rotation_of_the_signing_key_is_felt_by_nobody() {
    let deployed = Deployed::new().await;
    let olga = somebody("olga");
    let warm = deployed.process();
    let w = warm.workspace(&olga).await;
    let rename = async |process: &Process, name: &str| {
        process.call(&olga, "PATCH", &w, json!({ "name": name })).await.expect(200);
    };
    let publish = async |edit: u32| {
        let mut files = packs::files(packs::DEFAULT);
        files.insert("edit.cedar".to_owned(), format!("// edit {edit}"));
        let bundle = bundle(files);
        let key = deployed.signing_key();
        publish_as(&deployed.deployment.store(), &bundle, |target| key.sign(target, &bundle.pack)).await;
    };
    assert_eq!(deployed.active().await.signature.key, 1);
    for round in 0..4 {
        let published = deployed.active().await.version;
        deployed.rotate_signing().await;
        let active = deployed.active().await;
        assert_eq!((active.version, active.signature.key), (published, round + 2));
        // Of the keys before, one is still trusted.
        assert_eq!(deployed.secrets.keyring("trusted").keys().len(), 2);
        // A process that starts now, and one that has run all the time; before the next edit, and after it.
        rename(&deployed.process(), "cold").await;
        rename(&warm, "warm").await;
        publish(u32::from(round)).await;
        rename(&warm, "warm, edited").await;
        rename(&deployed.process(), "cold, edited").await;
    }
}

#[tokio::test]
async fn a_rotation_that_was_interrupted_is_ended_by_the_next() {
    let deployed = Deployed::new().await;
    let olga = somebody("olga");
    let w = deployed.process().workspace(&olga).await;
    // The floor would let nobody rename anything.
    let works = async || {
        let renamed = deployed.process().call(&olga, "PATCH", &w, json!({ "name": "New" })).await;
        renamed.expect(200);
    };
    let bundle = bundle(packs::files(packs::DEFAULT));
    let signed = async || deployed.active().await.signature;
    let publish_with = async |key: &PolicySigningKey| {
        publish_as(&deployed.deployment.store(), &bundle, |target| key.sign(target, &bundle.pack)).await;
    };
    // As if it had ended before it signed anew: with the new keys, and the old signature.
    let old = deployed.signing_key();
    deployed.rotate_signing().await;
    publish_with(&old).await;
    works().await;
    deployed.rotate_signing().await;
    assert_eq!(signed().await.key, 3);
    works().await;
    // As if it had ended before the new key could sign: it is trusted already, and used by nobody.
    let (old, keys) = (deployed.signing_key(), deployed.secrets.text("signing"));
    deployed.rotate_signing().await;
    deployed.secrets.put("signing", &keys);
    publish_with(&old).await;
    works().await;
    deployed.rotate_signing().await;
    works().await;
}

/// Somebody who can write the table gets nothing signed by waiting for a rotation.
#[tokio::test]
async fn a_rotation_signs_nothing_that_was_not_signed() {
    let deployed = Deployed::new().await;
    let edited = edited();
    let good = deployed.active().await;
    for forged in
        [PolicySignature::default(), PolicySignature { key: 1, ..Default::default() }, good.signature]
    {
        publish_as(&deployed.deployment.store(), &edited, |target| PolicyTarget {
            signature: forged.clone(),
            ..target
        })
        .await;
        let (signing, trusted) = (deployed.secrets.text("signing"), deployed.secrets.text("trusted"));
        let now = deployed.deployment.clock.now();
        let refused = infra::rotate_signing(&deployed.stack(), "trusted", now).await.expect_err("refused");
        assert!(refused.contains("not signed by a key of this stack"), "{refused}");
        assert_eq!(deployed.active().await.signature, forged);
        assert_eq!((deployed.secrets.text("signing"), deployed.secrets.text("trusted")), (signing, trusted));
    }
    // Publishing what is known to be good mends it.
    let now = deployed.deployment.clock.now();
    infra::publish(&deployed.stack(), "purchased-seats", now).await.expect("published");
    assert_eq!(deployed.active().await.version, good.version);
    deployed.rotate_signing().await;
    // Nor a bundle that is not what its version says.
    let version = deployed.active().await.version;
    let key = [("pk", format!("POLICY#BUNDLE#{}", version.0)), ("sk", "BUNDLE".to_owned())];
    let [pk, sk] = key.map(|(name, text)| (name, AttributeValue::S(text)));
    let client = deployed.deployment.engine.client();
    let update = client.update_item().table_name(deployed.deployment.table()).key(pk.0, pk.1).key(sk.0, sk.1);
    let update = update.update_expression("SET files.extra = :text");
    update
        .expression_attribute_values(
            ":text",
            AttributeValue::S("permit(principal,action,resource);".to_owned()),
        )
        .send()
        .await
        .expect("spoilt");
    let refused = infra::rotate_signing(&deployed.stack(), "trusted", now).await.expect_err("refused");
    assert!(refused.contains("are missing"), "{refused}");
}

#[tokio::test]
async fn d5_a_stack_obeys_what_is_published_to_it() {
    let deployed = Deployed::new().await;
    let olga = somebody("olga");
    let process = deployed.process();
    let w = process.workspace(&olga).await;
    let tea = process.member(&olga, &w, "tea", "member").await;
    let now = deployed.deployment.clock.now();
    let folder = tempfile::tempdir().expect("a folder");
    let put = |files: &Files| {
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
    };
    put(&packs::files(packs::DEFAULT));
    let name = format!("{}/", folder.path().display());
    let publish = async || infra::publish(&deployed.stack(), &name, now).await;
    let rename = async |who| process.call(who, "PATCH", &w, json!({ "name": "New" })).await;
    let rule =
        r#"@id("edit") permit (principal in Role::"member", action == Action::"updateWorkspace", resource);"#;
    put(&[("edit.cedar".to_owned(), rule.to_owned())].into());
    // Its own cases say that a member may not: it is not published.
    let refused = publish().await.expect_err("refused");
    assert!(refused.contains("is not sound"), "{refused}");
    rename(&tea).await.expect_problem(403, "forbidden");
    put(&packs::edited(
        packs::DEFAULT,
        &[("cases/roles.toml", r#"action = ["updateWorkspace", "#, r"action = [")],
    ));
    let told = publish().await.expect("published");
    assert!(told.starts_with("published purchased-seats"), "{told}");
    rename(&tea).await.expect(200);
    // People hold the role.
    let text = std::fs::read_to_string(folder.path().join("product.toml")).expect("a file");
    std::fs::write(
        folder.path().join("product.toml"),
        text.replacen("seat = \"required\"", "seat = \"none\"", 1),
    )
    .expect("written");
    let refused = publish().await.expect_err("refused");
    assert!(refused.contains("changes `governing` or `seat` of role"), "{refused}");
    infra::publish(&deployed.stack(), "purchased-seats", now).await.expect("published");
    rename(&tea).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_for_is_a_case_for_later() {
    let deployed = Deployed::new().await;
    let olga = somebody("olga");
    let (warm, cold) = (deployed.process(), deployed.process());
    let w = warm.workspace(&olga).await;
    deployed.rotate_signing().await;
    let edited = edited();
    let keyring = deployed.secrets.keyring("signing");
    let key = PolicySigningKey::new(2, &keyring.find(2).expect("the new one").bytes).expect("a key");
    publish_as(&deployed.deployment.store(), &edited, |target| key.sign(target, &edited.pack)).await;
    deployed.secrets.is_down(true);
    // One has keys that are too old, one has none: neither takes good policies for forged ones.
    for process in [&warm, &cold] {
        process.call(&olga, "PATCH", &w, json!({ "name": "New" })).await.expect_problem(503, "conflict_busy");
    }
    deployed.secrets.is_down(false);
    for process in [&warm, &cold] {
        process.call(&olga, "PATCH", &w, json!({ "name": "New" })).await.expect(200);
    }
}

#[tokio::test]
async fn policies_that_cannot_be_used_are_not_tried_with_every_request() {
    let deployed = Deployed::new().await;
    let olga = somebody("olga");
    let process = deployed.process();
    let w = process.workspace(&olga).await;
    let edited = edited();
    let signature = PolicySignature { key: 9, bytes: String::new() };
    let sign = |target: PolicyTarget| PolicyTarget { signature: signature.clone(), ..target };
    publish_as(&deployed.deployment.store(), &edited, sign).await;
    process.get(&olga, &w).await.expect(200);
    let asked = deployed.secrets.asked();
    for _ in 0..5 {
        process.get(&olga, &w).await.expect(200);
    }
    assert_eq!(deployed.secrets.asked(), asked);
    // A second later it is, and another version at once.
    deployed.pass(SignedDuration::from_secs(1));
    process.get(&olga, &w).await.expect(200);
    assert_eq!(deployed.secrets.asked(), asked + 1);
    let now = deployed.deployment.clock.now();
    infra::publish(&deployed.stack(), "purchased-seats", now).await.expect("published");
    process.call(&olga, "PATCH", &w, json!({ "name": "New" })).await.expect(200);
}

#[tokio::test]
async fn k27_a_secret_that_is_not_understood_is_not_shown() {
    let logs = Logs::begin(LevelFilter::TRACE);
    let deployed = Deployed::new().await;
    deployed.secrets.is_garbled(true);
    let process = deployed.process();
    process.service.warm_up(true).await;
    process.get(&somebody("olga"), "/v1/me").await.expect_problem(503, "conflict_busy");
    let now = deployed.deployment.clock.now();
    let told = infra::rotate_links(&deployed.secrets.client(), "links", now).await.expect_err("unread");
    // Halves of it would do.
    let digits = &secret()[..8];
    assert!(deployed.secrets.text("links").contains(digits));
    let text = logs.ours.text();
    assert!(text.contains("GetSecretValue: ") && told.contains("GetSecretValue: "), "{told}\n{text}");
    assert!(!text.contains(digits) && !told.contains(digits), "{told}\n{text}");
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let failures: Vec<&Value> = lines.iter().filter(|line| line["key_read_failures"] == 1).collect();
    assert!(failures.len() >= 2, "{text}");
    // Policies are not at fault, and their alarm is silent.
    assert!(lines.iter().all(|line| line["policy_load_failures"].is_null()), "{text}");
}

#[tokio::test]
async fn a_new_stack_trusts_its_signing_key_before_anything_is_published() {
    let deployed = Deployed::new().await;
    deployed.secrets.put("trusted", "[]");
    let olga = somebody("olga");
    let process = deployed.process();
    // Nothing is trusted yet: only the floor holds, under which nobody makes a workspace.
    process.post(&olga, "/v1/workspaces", json!({ "name": "Acme" })).await.expect_problem(403, "forbidden");
    deployed.pass(SignedDuration::from_secs(1));
    for _ in 0..2 {
        infra::trust(&deployed.secrets.client(), "signing", "trusted").await.expect("trusted");
    }
    assert_eq!(deployed.secrets.keyring("trusted"), publishers());
    process.post(&olga, "/v1/workspaces", json!({ "name": "Acme" })).await.expect(201);
}

#[tokio::test]
async fn a_deployment_during_a_rotation_takes_no_trust_away() {
    let deployed = Deployed::new().await;
    // The rotation has written whom to trust, and not yet who signs.
    let before = deployed.secrets.text("signing");
    deployed.rotate_signing().await;
    let (after, trusted) = (deployed.secrets.text("signing"), deployed.secrets.text("trusted"));
    deployed.secrets.put("signing", &before);
    infra::trust(&deployed.secrets.client(), "signing", "trusted").await.expect("trusted");
    deployed.secrets.put("signing", &after);
    assert_eq!(deployed.secrets.text("trusted"), trusted);
}
