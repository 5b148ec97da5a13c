//! Keys that rotate while functions run: no link breaks, and nobody is without policies.

use jiff::SignedDuration;
use seatwise_cli::infra::{self, Stack};
use seatwise_domain::policy::PolicyPointer;
use seatwise_domain::record::RecordKey;
use seatwise_functions::keys::{ADOPTION, MAX_AGE};
use seatwise_functions::{Keyring, Keys};
use seatwise_policy::packs;
use seatwise_store::Load;
use serde_json::json;

use crate::support::app::text;
use crate::support::direct::{
    Direct, Ground, PUBLISHER_SEED, bundle, patient, publish_as, publishers, somebody,
};
use crate::support::secrets::Secrets;

/// A stack whose keys are in Secrets Manager.
struct Deployed {
    ground: Ground,
    secrets: Secrets,
}

impl Deployed {
    async fn new() -> Self {
        let links = Keyring::of(1, [7; 32]);
        let signing = Keyring::of(1, PUBLISHER_SEED);
        let secrets = [("links", links), ("signing", signing), ("trusted", publishers())];
        Self { ground: Ground::new().await, secrets: Secrets::start(secrets).await }
    }

    /// One more process.
    fn process(&self) -> Direct {
        let keys = |name: &str| Keys::in_secrets_manager(self.secrets.client(), name.to_owned());
        let client = patient(&self.ground.engine.client());
        self.ground.with_keys(client, keys("links"), keys("trusted"))
    }

    fn stack(&self) -> Stack {
        let (store, secrets) = (self.ground.store(), self.secrets.client());
        Stack { store, secrets, signing: "signing".to_owned() }
    }

    fn pass(&self, time: SignedDuration) {
        self.ground.clock.advance(time);
    }

    async fn rotate_links(&self) {
        let now = self.ground.clock.now();
        infra::rotate_links(&self.secrets.client(), "links", now).await.expect("rotated");
    }

    async fn rotate_signing(&self) {
        let now = self.ground.clock.now();
        infra::rotate_signing(&self.stack(), "trusted", now).await.expect("rotated");
    }

    async fn active(&self) -> PolicyPointer {
        let key = RecordKey::PolicyPointer(0);
        let loaded = self.ground.store().load(&Load::new().record(key.clone())).await.expect("loaded");
        loaded.get::<PolicyPointer>(&key).expect("policies").value
    }
}

/// The number of the key that a link was made with: a token begins with it.
fn key_of(link: &str) -> u8 {
    use base64::Engine as _;
    let token = link.split_once("#token=").expect("a token").1;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).expect("base64")[0]
}

#[tokio::test]
async fn k22_links_in_flight_survive_a_rotation_in_every_process() {
    let deployed = Deployed::new().await;
    let (makes, checks) = (deployed.process(), deployed.process());
    let olga = somebody("olga");
    let w = makes.workspace(&olga).await;
    let invite = async |name: &str| {
        makes.buy(&olga, &w, "pro", 1).await;
        let whom = somebody(name);
        let invitation = makes.invite(&olga, &w, &whom, "member").await;
        (whom, invitation)
    };
    // Both have read the keys when they change.
    let before = invite("before").await;
    let (whom, early) = invite("early").await;
    checks.join(&whom, &early).await.expect(200);
    deployed.rotate_links().await;

    // At every moment from then on, whatever copies the processes go by, a new link is good.
    let step = SignedDuration::from_secs(45);
    let mut keys = Vec::new();
    let mut passed = SignedDuration::ZERO;
    while passed < ADOPTION + MAX_AGE {
        let (whom, invitation) = invite(&format!("late-{}", keys.len())).await;
        keys.push(key_of(&text(&invitation["url"])));
        checks.join(&whom, &invitation).await.expect(200);
        // Only now and then do they look for new keys.
        deployed.pass(step);
        passed += step;
    }
    assert!(keys.is_sorted() && keys.first() == Some(&1) && keys.last() == Some(&2), "{keys:?}");
    // Both processes read each five minutes, no more.
    let most = 2 * (2 + usize::try_from(passed.as_secs() / MAX_AGE.as_secs()).expect("few"));
    assert!(deployed.secrets.reads() <= most + 3, "{} reads", deployed.secrets.reads());

    // What went out before it all still opens, to who knew the old key and to who starts now.
    let (whom, old) = before;
    let fresh = deployed.process();
    let token = json!({ "token": text(&old["url"]).split_once("#token=").expect("a token").1 });
    fresh.post(&whom, "/v1/invitations/preview", token).await.expect(200);
    checks.join(&whom, &old).await.expect(200);
    deployed.ground.audit().await;
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
    for _ in 0..5 {
        warm.get(&olga, &format!("{w}/invitations")).await.expect(200);
    }
    // Who never had the keys does what needs none, and says of the rest that it is for later.
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
    let rename = async |process: &Direct, name: &str| {
        process.call(&olga, "PATCH", &w, json!({ "name": name })).await.expect(200);
    };
    let publish = async |edit: u32| {
        let mut files = packs::files("purchased-seats").expect("built in");
        files.insert("edit.cedar".to_owned(), format!("// edit {edit}"));
        let bundle = bundle(files);
        let keyring = deployed.secrets.keyring("signing");
        let key = keyring.current(deployed.ground.clock.now()).expect("a key");
        let key = seatwise_policy::SigningKey::new(key.id, &key.bytes).expect("a key");
        publish_as(&deployed.ground.store(), &bundle, &key.sign(&bundle.version, &bundle.pack)).await;
    };
    assert_eq!(deployed.active().await.signature.key, 1);
    for round in 0..4 {
        let published = deployed.active().await.version;
        deployed.rotate_signing().await;
        let active = deployed.active().await;
        assert_eq!((active.version, active.signature.key), (published, round + 2));
        // Of the keys before, one is still trusted.
        assert_eq!(deployed.secrets.keyring("trusted").keys().len(), 2);
        // Who starts now, and who has run all the time; before the next edit, and after it.
        rename(&deployed.process(), "cold").await;
        rename(&warm, "warm").await;
        publish(u32::from(round)).await;
        rename(&warm, "warm, edited").await;
        rename(&deployed.process(), "cold, edited").await;
    }
    // No function can read what signs.
    let trusted = deployed.secrets.text("trusted");
    for key in deployed.secrets.keyring("signing").keys() {
        let secret = Keyring::of(key.id, key.bytes).to_text();
        let digits = secret.split('"').find(|part| part.len() == 64).expect("64 hex digits");
        assert!(!trusted.contains(digits));
    }
}

#[tokio::test]
async fn a_rotation_that_was_interrupted_is_ended_by_the_next() {
    let deployed = Deployed::new().await;
    let olga = somebody("olga");
    let w = deployed.process().workspace(&olga).await;
    let (first, trusted) = (deployed.secrets.text("signing"), deployed.secrets.text("trusted"));
    let signed = deployed.active().await.signature;
    deployed.rotate_signing().await;
    // As if it had ended before it signed anew: with the new keys, and the old signature.
    let version = deployed.active().await.version;
    let bundle = bundle(packs::files("purchased-seats").expect("built in"));
    assert_eq!(bundle.version, version);
    publish_as(&deployed.ground.store(), &bundle, &signed).await;
    deployed.process().get(&olga, &w).await.expect(200);
    deployed.rotate_signing().await;
    assert_eq!(deployed.active().await.signature.key, 3);
    deployed.process().get(&olga, &w).await.expect(200);
    // As if it had ended before the new key could sign: trusted already, and used by nobody.
    let trusted_later = deployed.secrets.text("trusted");
    assert_ne!(trusted, trusted_later);
    let before = deployed.secrets.text("signing");
    deployed.rotate_signing().await;
    deployed.secrets.put("signing", &before);
    deployed.process().get(&olga, &w).await.expect(200);
    assert_ne!(first, before);
}

#[tokio::test]
async fn a_new_stack_trusts_its_signing_key_before_anything_is_published() {
    let deployed = Deployed::new().await;
    deployed.secrets.put("trusted", "[]");
    let olga = somebody("olga");
    let process = deployed.process();
    // Nothing is trusted yet: only the floor holds, under which nobody makes a workspace.
    process.post(&olga, "/v1/workspaces", json!({ "name": "Acme" })).await.expect_problem(403, "forbidden");
    for _ in 0..2 {
        infra::trust(&deployed.secrets.client(), "signing", "trusted").await.expect("trusted");
    }
    assert_eq!(deployed.secrets.keyring("trusted"), publishers());
    process.post(&olga, "/v1/workspaces", json!({ "name": "Acme" })).await.expect(201);
}
