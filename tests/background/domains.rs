//! Domains are looked up again after their verification.

use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{Change, DomainCheck, DomainName};
use seatwise_functions::{Dns, DnsError, ServiceParts};
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::arena::Arena;
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::office::{enter, office};
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::text;
use crate::support::stream::verify_domains;

const DOMAIN: &str = "acme.example";
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What the name servers of the domain answer; `None`: nothing at all.
type Zone = Arc<Mutex<Option<Vec<String>>>>;

/// A workspace with a domain, and the name servers of the domain.
struct Town {
    deployment: Deployment,
    process: Process,
    zone: Zone,
    ada: Person,
    workspace: String,
    record: String,
}

impl Town {
    async fn new(changes: &[(&str, &str)]) -> Self {
        let deployment = Deployment::under("role-seats", changes).await;
        let zone = Zone::new(Mutex::new(Some(Vec::new())));
        let answers = Arc::clone(&zone);
        let dns = Dns::new(move |_| {
            let answer = answers.lock().expect("a zone").clone().ok_or(DnsError);
            async move { answer }.boxed()
        });
        let process = deployment.start(ServiceParts { dns, ..deployment.parts(deployment.store()) });
        let ada = somebody("ada");
        let workspace = process.workspace(&ada).await;
        process.set_plan(&workspace, "enterprise").await;
        let path = format!("{workspace}/domains/{DOMAIN}");
        let claimed = process.call(&ada, "PUT", &path, Value::Null).await.expect(200);
        let record = text(&claimed["record"]["value"]);
        let town = Self { deployment, process, zone, ada, workspace, record };
        town.answers(Some(true));
        assert_eq!(town.look_up().await, 1);
        town
    }

    /// The name servers answer that the record is there or not; or they do not answer.
    fn answers(&self, there: Option<bool>) {
        let texts =
            |there| if there { vec!["v=spf1 -all".to_owned(), self.record.clone()] } else { Vec::new() };
        *self.zone.lock().expect("a zone") = there.map(texts);
    }

    async fn look_up(&self) -> usize {
        verify_domains(&self.process).await
    }

    async fn after(&self, wait: SignedDuration) -> usize {
        self.deployment.clock.advance(wait);
        self.look_up().await
    }

    /// The domain in the list.
    async fn domain(&self) -> Value {
        let listed = self.process.get(&self.ada, &format!("{}/domains", self.workspace)).await.expect(200);
        listed["items"][0].clone()
    }

    async fn notices(&self, who: &Person) -> Value {
        self.process.get(who, &self.workspace).await.expect(200)["notices"].clone()
    }

    /// The number of workspaces of somebody who signs in.
    async fn brought(&self, name: &str) -> usize {
        let entered = self.process.post(&somebody(name), "/v1/me", Value::Null).await.expect(200);
        entered["workspaces"].as_array().expect("a list").len()
    }

    fn now(&self) -> Timestamp {
        self.deployment.clock.now()
    }
}

#[tokio::test]
async fn r10_a_domain_that_loses_its_record_loses_its_standing_after_a_notice() {
    let town = Town::new(&[]).await;
    assert_eq!((town.brought("tea").await, &town.domain().await["status"]), (1, &json!("verified")));
    assert_eq!(town.domain().await["record"], Value::Null);

    // Looked up once a day.
    town.answers(Some(false));
    assert_eq!(town.after(DAY - HOUR).await, 0);
    assert_eq!(town.domain().await["missingSince"], Value::Null);
    assert_eq!(town.after(HOUR).await, 1);
    let (since, end) = (town.now(), town.now() + DAY * 7);
    let failing = town.domain().await;
    assert_eq!(failing["status"], "failing");
    assert_eq!((&failing["missingSince"], &failing["expiresAt"]), (&json!(since), &json!(end)));
    assert_eq!(failing["record"]["value"], json!(town.record));
    let notice = json!([{ "code": "domain_record_missing", "domain": DOMAIN, "until": end }]);
    assert_eq!(town.notices(&town.ada).await, notice);
    // Only those who can list the domains are told.
    assert_eq!(town.notices(&somebody("tea")).await, json!([]));
    assert_eq!(town.brought("lee").await, 1, "until then, people join");

    // No answer is no reason, however long it lasts; and a claim that is repeated changes nothing.
    town.answers(None);
    for _ in 0..10 {
        assert_eq!(town.after(DAY).await, 0);
    }
    let path = format!("{}/domains/{DOMAIN}", town.workspace);
    assert_eq!(
        town.process.call(&town.ada, "PUT", &path, Value::Null).await.expect(200)["status"],
        "failing"
    );
    assert_eq!((town.brought("kim").await, &town.domain().await["status"]), (1, &json!("failing")));

    town.answers(Some(false));
    assert_eq!(town.after(HOUR).await, 1);
    let expired = town.domain().await;
    assert_eq!((&expired["status"], &expired["expiresAt"]), (&json!("expired"), &json!(town.now())));
    assert_eq!((&expired["verifiedAt"], &expired["missingSince"]), (&Value::Null, &Value::Null));
    assert_eq!(town.notices(&town.ada).await, json!([]));
    assert_eq!(town.brought("new").await, 0);
    assert_eq!(town.brought("tea").await, 1, "members stay");
    town.deployment.audit().await;

    // The record is back: so is the domain.
    town.answers(Some(true));
    assert_eq!(town.look_up().await, 1);
    assert_eq!((town.brought("new").await, &town.domain().await["status"]), (1, &json!("verified")));

    // A record that was away for a while only.
    town.answers(Some(false));
    assert_eq!(town.after(DAY).await, 1);
    town.answers(Some(true));
    assert_eq!(town.after(DAY).await, 1);
    assert_eq!(town.domain().await["status"], "verified");
    assert_eq!(town.notices(&town.ada).await, json!([]));
    town.deployment.audit().await;
}

#[tokio::test]
async fn r10_an_expired_domain_is_verified_later_only_after_another_claim() {
    let town = Town::new(&[]).await;
    town.answers(Some(false));
    town.after(DAY).await;
    assert_eq!(town.after(DAY * 7).await, 1);
    // A week later nobody looks any more.
    assert_eq!(town.after(DAY * 7).await, 0);
    assert!(town.deployment.audit().await.checks.is_empty());
    town.answers(Some(true));
    assert_eq!(town.after(HOUR).await, 0);
    let path = format!("{}/domains/{DOMAIN}", town.workspace);
    let again = town.process.call(&town.ada, "PUT", &path, Value::Null).await.expect(200);
    assert_eq!((&again["status"], &again["record"]["value"]), (&json!("expired"), &json!(town.record)));
    assert_eq!(town.look_up().await, 1);
    assert_eq!(town.domain().await["status"], "verified");
}

#[tokio::test]
async fn the_setting_domains_grace_is_the_time_until_a_domain_expires() {
    let town = Town::new(&[("[leave]", "[domains]\ngrace = \"PT36H\"\n\n[leave]")]).await;
    town.answers(Some(false));
    town.after(DAY).await;
    assert_eq!(town.domain().await["expiresAt"], json!(town.now() + HOUR * 36));
    assert_eq!(town.after(HOUR * 35).await, 0);
    assert_eq!((town.brought("tea").await, town.after(HOUR).await), (1, 1));
    assert_eq!(town.brought("lee").await, 0);
}

#[tokio::test]
async fn r10_a_domain_that_an_earlier_release_verified_is_looked_up_from_the_next_join_on() {
    let town = Town::new(&[]).await;
    // That release looked up no verified domain.
    let domain: DomainName = DOMAIN.parse().expect("a domain");
    let key = DomainCheck::key(domain, id_of(&town.workspace));
    town.deployment
        .store()
        .commit_without_events(&[Change::DeleteUnconditionally(key.into())])
        .await
        .expect("deleted");
    town.answers(Some(false));
    assert_eq!(town.after(DAY * 2).await, 0);
    assert_eq!(town.brought("tea").await, 1);
    assert_eq!(town.look_up().await, 1);
    assert_eq!(town.domain().await["status"], "failing");
}

#[tokio::test]
async fn r10_nobody_joins_by_a_domain_that_expires_meanwhile() {
    let town = Town::new(&[]).await;
    town.answers(Some(false));
    town.after(DAY).await;
    town.deployment.clock.advance(DAY * 7);
    let Town { deployment, process, ada, workspace, .. } = town;
    let arena = Arena::on(deployment);
    let slow = |process: Process| async move { process.post(&somebody("tea"), "/v1/me", Value::Null).await };
    let fast = async |process: Process| process.get(&ada, &workspace).await;
    let expire = async || verify_domains(&process).await;
    let ((entered, _), expired) = arena.overtake_and_look(slow, fast, expire).await;
    assert_eq!((expired, &entered.expect(200)["workspaces"]), (1, &json!([])));
    assert_eq!(arena.deployment.audit().await.members.len(), 1);
}

#[tokio::test]
async fn r10_on_one_machine_a_verified_domain_stays_until_its_record_is_taken_away() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, DOMAIN).await;
    let status = async |app: &App| {
        app.local.settle().await;
        let ada = app.sign_in(&ada.email).await;
        text(&app.get(&ada, &format!("{workspace}/domains")).await.expect(200)["items"][0]["status"])
    };
    app.advance(60 * 24 * 3600).await;
    assert_eq!(status(&app).await, "verified");
    let gone = json!({ "domain": DOMAIN, "recordGone": true });
    app.call(None, "POST", "/dev/verify-domain", gone).await.expect(200);
    assert_eq!(status(&app).await, "failing");
    app.advance(8 * 24 * 3600).await;
    assert_eq!(status(&app).await, "expired");
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(enter(&app, &tea).await.0, [""; 0]);
    app.call(None, "POST", "/dev/verify-domain", json!({ "domain": DOMAIN })).await.expect(200);
    assert_eq!(status(&app).await, "verified");
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(enter(&app, &tea).await.0, ["member"]);
}
