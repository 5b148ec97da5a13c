//! What each function may do is what it was seen to do: every operation runs here as the function
//! that it is deployed as, its calls recorded. The recording is committed, and the template's roles
//! are made of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueInput;
use aws_sdk_sesv2::operation::send_email::SendEmailInput;
use futures::FutureExt as _;
use jiff::SignedDuration;
use lambda_http::Body;
use seatwise_cli::dev::{DevClock, Mailbox};
use seatwise_cli::infra;
use seatwise_functions::lambda::BACKGROUND;
use seatwise_functions::{Dns, Keyring, Keys, Parts, Row, Service, Settings, background, handle, operations};
use seatwise_policy::{Core, packs};
use seatwise_store::Store;
use serde_json::{Value, json};

use crate::support::deployment::{Deployment, TOKEN_SECRET};
use crate::support::person::{Person, somebody};
use crate::support::process::event;
use crate::support::publishing::{self, PUBLISHER_SEED, publishers};
use crate::support::reply::{text, token_of};
use crate::support::secrets::Secrets;

const HEADER: &str = "\
# What each function does, and therefore may do: function, action, keys it begins with. Recorded by
# `UPDATE=1 cargo test -p seatwise-tests infra`, which runs every one; the same test fails when this
# is stale. The roles in template.yaml are made of it: `seatwise infra template`.
";

/// What was seen of each function: its actions, and on which keys.
type Seen = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Listens to the calls of the function that runs. One process stands for all of them: who runs
/// changes between requests, what they have in common is read once.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Recording>>);

#[derive(Debug, Default)]
struct Recording {
    function: String,
    seen: Seen,
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input();
        if let Some(batch) = input.downcast_ref::<BatchGetItemInput>() {
            let tables = batch.request_items().into_iter().flatten();
            let keys = tables.flat_map(|(_, wanted)| wanted.keys());
            keys.for_each(|key| self.saw("dynamodb:BatchGetItem", Some(key)));
        } else if let Some(query) = input.downcast_ref::<QueryInput>() {
            let of = query.expression_attribute_values().and_then(|values| values.get(":pk"));
            // An index is a resource of its own.
            let action = match query.index_name() {
                Some(index) => format!("dynamodb:Query/{index}"),
                None => "dynamodb:Query".to_owned(),
            };
            self.saw_at(&action, of.expect("every query is of one partition"));
        } else if let Some(transaction) = input.downcast_ref::<TransactWriteItemsInput>() {
            transaction.transact_items().iter().for_each(|item| self.saw_write(item));
        } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
            self.saw("dynamodb:PutItem", put.item());
        } else if let Some(get) = input.downcast_ref::<GetSecretValueInput>() {
            self.note("secretsmanager:GetSecretValue", get.secret_id());
        } else if input.downcast_ref::<SendEmailInput>().is_some() {
            self.note("ses:SendEmail", None);
        } else {
            panic!("a call that the recorder does not know: {input:?}");
        }
        Ok(())
    }
}

impl Recorder {
    /// A transaction is checked as the actions on single items that it is made of.
    fn saw_write(&self, item: &TransactWriteItem) {
        if let Some(put) = item.put() {
            self.saw("dynamodb:PutItem", Some(put.item()));
        }
        if let Some(update) = item.update() {
            self.saw("dynamodb:UpdateItem", Some(update.key()));
        }
        if let Some(delete) = item.delete() {
            self.saw("dynamodb:DeleteItem", Some(delete.key()));
        }
        if let Some(check) = item.condition_check() {
            self.saw("dynamodb:ConditionCheckItem", Some(check.key()));
        }
    }

    fn saw(&self, action: &str, item: Option<&HashMap<String, AttributeValue>>) {
        self.saw_at(action, &item.expect("an item")["pk"]);
    }

    fn saw_at(&self, action: &str, pk: &AttributeValue) {
        let pk = pk.as_s().expect("a text");
        self.note(action, pk.split_inclusive('#').next());
    }

    /// From here on, this function runs.
    fn runs(&self, function: &str) {
        function.clone_into(&mut self.0.lock().expect("what was seen").function);
    }

    fn note(&self, action: &str, keys: Option<&str>) {
        let Recording { function, seen } = &mut *self.0.lock().expect("what was seen");
        let actions = seen.entry(function.clone()).or_default();
        actions.entry(action.to_owned()).or_default().extend(keys.map(str::to_owned));
    }
}

/// The text records of the world's domains.
type Records = Arc<Mutex<HashMap<String, Vec<String>>>>;

/// The service, with its calls recorded.
struct Recorded {
    ground: Deployment,
    service: Arc<Service>,
    recorder: Recorder,
    records: Records,
}

/// Each function reads the policies when it starts, and the keys that it needs.
async fn start_all(ground: &Deployment, recorder: &Recorder) {
    let (mailbox, _) = Mailbox::start(None, DevClock::new()).await.expect("a mailbox");
    let secrets = secrets().await;
    let sends = |name: &str| ["deliver-mail", "sweep-outbox"].contains(&name);
    let links = |name: &str| operations::find(name).map_or_else(|| sends(name), |row| row.links);
    // What only tidies up decides nothing, and reads neither policies nor keys.
    let tidies = |name: &&str| ["delete-workspaces", "verify-domains"].contains(name);
    let background = BACKGROUND.iter().copied().filter(|name| !tidies(name));
    for name in operations::all().iter().map(|row| row.name).chain(background) {
        recorder.runs(name);
        service(ground, &mailbox, &secrets, recorder, &Records::default()).warm_up(links(name)).await;
    }
}

impl Recorded {
    async fn over(ground: Deployment, recorder: &Recorder) -> Self {
        let (mailbox, _) = Mailbox::start(None, DevClock::new()).await.expect("a mailbox");
        let records = Records::default();
        recorder.runs("nobody");
        let service = service(&ground, &mailbox, &secrets().await, recorder, &records);
        // What is read once, all functions have in common.
        service.warm_up(true).await;
        Self { ground, service, recorder: recorder.clone(), records }
    }

    /// One request of somebody, to the function that its route leads to. Whatever may have an
    /// `Idempotency-Key` has one.
    async fn call(&self, who: &Person, method: &str, path: &str, body: Value) -> Value {
        self.call_as(who, method, path, body, json!({})).await
    }

    /// The same, with a body that is no JSON, in base64.
    async fn send(&self, who: &Person, method: &str, path: &str, body: &str) -> Value {
        let (row, mut event) = event(who, method, path, &Value::Null, self.ground.clock.now());
        event["body"] = body.into();
        event["isBase64Encoded"] = true.into();
        self.run(row, &event).await
    }

    /// The same, with more claims in the token.
    async fn call_as(&self, who: &Person, method: &str, path: &str, body: Value, claims: Value) -> Value {
        let key = format!("key-{:032x}", rand::random::<u128>());
        let now = self.ground.clock.now();
        let (row, mut event) = event(who, method, path, &body, now);
        if row.idempotent {
            event["headers"]["idempotency-key"] = key.into();
        }
        for (name, value) in claims.as_object().into_iter().flatten() {
            event["requestContext"]["authorizer"]["jwt"]["claims"][name] = value.clone();
        }
        self.run(row, &event).await
    }

    async fn run(&self, row: &'static Row, event: &Value) -> Value {
        let request = lambda_http::request::from_str(&event.to_string()).expect("a request");
        self.recorder.runs(row.name);
        let response = handle(&self.service, row, request).await;
        let answer = match response.body() {
            Body::Text(text) => text.clone(),
            _ => String::new(),
        };
        assert_eq!(response.status(), row.status, "{}: {answer}", row.name);
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    async fn post(&self, who: &Person, path: &str, body: Value) -> Value {
        self.call(who, "POST", path, body).await
    }

    async fn get(&self, who: &Person, path: &str) -> Value {
        self.call(who, "GET", path, Value::Null).await
    }

    /// Brings the mails that wait to the function on the stream, which tells keys only.
    async fn deliver(&self) {
        let scan = self.ground.engine.client().scan().table_name(self.ground.table()).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let key = |item: &HashMap<String, AttributeValue>, name: &str| json!({ "S": item[name].as_s().ok() });
        let keys = items.expect("a scan").into_iter().filter_map(|item| {
            let is_mail = item["pk"].as_s().is_ok_and(|pk| pk.starts_with("OUTBOX#"));
            is_mail.then(|| json!({ "pk": key(&item, "pk"), "sk": key(&item, "sk") }))
        });
        let record =
            |keys| json!({ "eventName": "INSERT", "dynamodb": { "Keys": keys, "SequenceNumber": "1" } });
        let event = json!({ "Records": keys.map(record).collect::<Vec<_>>() });
        assert_ne!(event["Records"], json!([]), "no mail waits");
        self.recorder.runs("deliver-mail");
        let answer = background::deliver_mail(&self.service, &event).await;
        assert_eq!(answer["batchItemFailures"], json!([]));
    }

    async fn sweep(&self) -> usize {
        self.recorder.runs("sweep-outbox");
        background::sweep_outbox(&self.service).await
    }

    async fn verify_domains(&self) -> usize {
        self.recorder.runs("verify-domains");
        background::verify_domains(&self.service).await
    }

    /// Until nothing is left of what was deleted.
    async fn delete_workspaces(&self) {
        self.recorder.runs("delete-workspaces");
        assert_ne!(background::delete_workspaces(&self.service).await, 0, "nothing was deleted");
        assert_eq!(background::delete_workspaces(&self.service).await, 0, "something is left");
    }

    /// The operator puts a workspace on a plan.
    async fn put_on(&self, plan: &str, workspace: &str) {
        let id = workspace.rsplit('/').next().expect("an id").parse().expect("an id");
        infra::set_plan(&self.ground.store(), id, plan).await.expect("a plan of the product");
    }

    async fn workspace(&self, owner: &Person) -> String {
        let made = self.post(owner, "/v1/workspaces", json!({ "name": "Acme" })).await;
        format!("/v1/workspaces/{}", text(&made["id"]))
    }

    async fn buy(&self, owner: &Person, workspace: &str, quantity: u32) -> Vec<String> {
        let body = json!({ "tier": "pro", "quantity": quantity });
        let bought = self.post(owner, &format!("{workspace}/seats"), body).await;
        bought["items"].as_array().expect("seats").iter().map(|seat| text(&seat["id"])).collect()
    }

    async fn invite(&self, owner: &Person, workspace: &str, body: Value) -> Value {
        let invited = self.post(owner, &format!("{workspace}/invitations"), body).await;
        invited["items"][0]["invitation"].clone()
    }

    /// Somebody new, on a seat that is bought for them.
    async fn member(&self, owner: &Person, workspace: &str, name: &str) -> Person {
        self.buy(owner, workspace, 1).await;
        self.joiner(owner, workspace, name).await
    }

    /// Somebody new, by an invitation.
    async fn joiner(&self, owner: &Person, workspace: &str, name: &str) -> Person {
        let person = somebody(name);
        let invitation = self.invite(owner, workspace, json!({ "emails": [person.email] })).await;
        let url = text(&invitation["url"]);
        self.post(&person, "/v1/join", json!({ "token": token_of(&url) })).await;
        person
    }
}

/// The secrets of a stack.
async fn secrets() -> Secrets {
    let links = Keyring::of(1, TOKEN_SECRET);
    let signing = Keyring::of(1, PUBLISHER_SEED);
    Secrets::start([("link-keys", links), ("signing-keys", signing), ("policy-keys", publishers())]).await
}

fn service(
    ground: &Deployment,
    mailbox: &Mailbox,
    secrets: &Secrets,
    recorder: &Recorder,
    records: &Records,
) -> Arc<Service> {
    let Deployment { engine, clock, .. } = ground;
    let table = engine.client().config().to_builder().interceptor(recorder.clone()).build();
    let ses = mailbox.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = secrets.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets);
    let (clock, records) = (clock.clone(), records.clone());
    let look_up = move |name: String| {
        let texts = records.lock().expect("records").get(&name).cloned();
        async move { Ok(texts.unwrap_or_default()) }.boxed()
    };
    Service::new(Parts {
        dns: Dns::new(look_up),
        store: Store::new(aws_sdk_dynamodb::Client::from_conf(table), ground.table()),
        ses: aws_sdk_sesv2::Client::from_conf(ses),
        clock: Arc::new(move || clock.now()),
        settings: Settings {
            app_url: "https://app.example.com".to_owned(),
            mail_from: "no-reply@example.com".to_owned(),
            mail_configuration_set: None,
        },
        link_keys: Keys::in_secrets_manager(secrets.clone(), "link-keys".to_owned()),
        policy_keys: Keys::in_secrets_manager(secrets, "policy-keys".to_owned()),
        core: Core::current(),
    })
}

/// A world: a table under a pack that comes with the program, with some of its texts replaced.
async fn under(pack: &str, changes: &[(&str, &str, &str)]) -> Deployment {
    let mut files = packs::files(pack).expect("built in");
    for (file, from, to) in changes {
        let text = files.get_mut(*file).expect("a file of the pack");
        assert!(text.contains(from), "{from} is not in {file}");
        *text = text.replace(from, to);
    }
    let ground = Deployment::new().await;
    publishing::publish(&ground.store(), &publishing::bundle(files)).await;
    ground
}

/// What makes rules look at people beyond the workspace: what protects creators, and what becomes of
/// accounts. A pack may say so whatever its seats are.
const WATCHFUL: &str = "[creator]\ndemotion = \"refused-in-only-workspace\"\n\n\
    [removal]\nlast-account = \"delete\"\n\n[roles-given]";

/// Every function, on every way through its rule that touches other kinds of records. A rule that
/// comes to touch more of them needs its step here: without, its function is refused on AWS. What
/// packs differ in is a world each, and what one function does in any of them it may do.
async fn everything(recorder: &Recorder) {
    let watchful = ("product.toml", "[roles-given]", WATCHFUL);
    let keeps_no_seat = ("product.toml", "reserves-seat = true", "reserves-seat = false");
    let by_any_way = (
        "product.toml",
        r#"channels = ["email", "single-use"]"#,
        r#"channels = ["email", "single-use", "link", "domain"]"#,
    );
    // Who may what is not asked here.
    let allows_all = (
        "people.cedar",
        "@id(\"people.preview\")",
        "permit (principal, action, resource);\n\n@id(\"people.preview\")",
    );
    let by_tier = Recorded::over(under("purchased-seats", &[]).await, recorder).await;
    seats_by_tier(&by_tier).await;
    // Where invitations keep no seat, who comes looks for one, whichever way they come.
    let changes = [watchful, keeps_no_seat, by_any_way, allows_all];
    let by_tier = Recorded::over(under("purchased-seats", &changes).await, recorder).await;
    seats_by_tier(&by_tier).await;
    ways_in(&by_tier, &somebody("ora"), "workspace", "admin", 3).await;
    for changes in [&[][..], &[watchful]] {
        seats_by_role(&Recorded::over(under("role-seats", changes).await, recorder).await).await;
        no_seats(&Recorded::over(under("role-ladder", changes).await, recorder).await).await;
    }
    flat_owners(&Recorded::over(under("flat-owners", &[]).await, recorder).await).await;
}

/// Seats are bought.
async fn seats_by_tier(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    invitations(app, &olga, &workspace).await;
    app.member(&olga, &workspace, "tea").await;
    members_and_seats(app, &olga, &tea, &workspace).await;
    leaving(app, &olga, &workspace).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

/// Seats come with the plan.
async fn seats_by_role(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    quotas(app, &olga, &workspace).await;
    ways_in(app, &olga, "enterprise", "admin", 0).await;
    app.put_on("enterprise", &workspace).await;
    app.joiner(&olga, &workspace, "tea").await;
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    app.call(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "admin" })).await;
    // Who has no seat gets one; and so does who waits for one.
    let settings = format!("{workspace}/settings");
    app.call(&olga, "PATCH", &settings, json!({ "autoAssignSeats": false })).await;
    let vic = app.joiner(&olga, &workspace, "vic").await;
    app.call(&olga, "PUT", &format!("{}/seat", member(&vic)), json!({})).await;
    app.call(&olga, "DELETE", &format!("{}/seat", member(&vic)), Value::Null).await;
    let assigned = app.post(&olga, &format!("{workspace}/seats/assign"), Value::Null).await;
    assert_eq!(assigned["assigned"], json!([vic.id().to_string()]));
    app.call(&olga, "DELETE", &member(&vic), Value::Null).await;
    // The creator is in two workspaces, so that nothing protects her role.
    app.call(&tea, "DELETE", &format!("{}/seat", member(&olga)), Value::Null).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "admin" })).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

/// There are no seats, and whoever likes leaves.
async fn no_seats(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    app.joiner(&olga, &workspace, "tea").await;
    let lee = app.joiner(&olga, &workspace, "lee").await;
    app.post(&lee, &format!("{workspace}/leave"), Value::Null).await;
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    app.call(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "owner" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "admin" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "owner" })).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

/// Creators are protected, and accounts go with the last workspace.
async fn flat_owners(app: &Recorded) {
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    people_and_workspaces(app, &olga).await;
    let workspace = app.workspace(&olga).await;
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    // One has another workspace, one has an account to lose, and one has none.
    for (name, enters, has_another) in [("pat", true, true), ("kim", true, false), ("ivo", false, false)] {
        let person = app.joiner(&olga, &workspace, name).await;
        if enters {
            app.post(&person, "/v1/me", Value::Null).await;
        }
        if has_another {
            app.workspace(&person).await;
        }
        app.call(&olga, "DELETE", &member(&person), Value::Null).await;
    }
    app.joiner(&olga, &workspace, "tea").await;
    app.call(&olga, "PUT", &format!("{}/role", member(&tea)), json!({ "role": "owner" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "member" })).await;
    app.call(&tea, "PUT", &format!("{}/role", member(&olga)), json!({ "role": "owner" })).await;
    the_workspace_itself(app, &olga, &workspace).await;
    handing_on(app, &olga, &tea, &workspace).await;
    deletion(app, &tea, &workspace).await;
}

async fn people_and_workspaces(app: &Recorded, olga: &Person) {
    app.post(olga, "/v1/me", Value::Null).await;
    let workspace = app.workspace(olga).await;
    // The issuer tells a name now, which the member lists of their workspaces show.
    app.call_as(olga, "POST", "/v1/me", Value::Null, json!({ "given_name": "Olga" })).await;
    app.get(olga, "/v1/me").await;
    let id = workspace.rsplit('/').next();
    app.call(olga, "PATCH", "/v1/me", json!({ "lastName": "Owner", "currentWorkspaceId": id })).await;
    app.get(olga, "/v1/me/invitations").await;
    app.get(olga, "/v1/workspaces").await;
    app.get(olga, &workspace).await;
    app.call(olga, "PATCH", &workspace, json!({ "name": "Acme Europe" })).await;
    // By the index, and otherwise.
    app.get(olga, &format!("{workspace}/members")).await;
    app.get(olga, &format!("{workspace}/members?status=all")).await;
    app.get(olga, &format!("{workspace}/members/export")).await;
    app.get(olga, &format!("{workspace}/permissions")).await;
    app.post(olga, &format!("{workspace}/authorize"), json!({ "actions": ["buySeats"] })).await;
}

async fn invitations(app: &Recorded, olga: &Person, workspace: &str) {
    app.buy(olga, workspace, 4).await;
    let path = |invitation: &Value| format!("{workspace}/invitations/{}", text(&invitation["id"]));
    // One that is declined, one that is taken back: both for an address and a seat.
    let pat = somebody("pat");
    let for_pat = app.invite(olga, workspace, json!({ "emails": [pat.email] })).await;
    let token = text(&for_pat["url"]);
    app.post(&pat, "/v1/invitations/preview", json!({ "token": token_of(&token) })).await;
    app.deliver().await;
    app.post(olga, &format!("{}/resend", path(&for_pat)), Value::Null).await;
    // Its mail is not brought by the stream.
    assert_eq!(app.sweep().await, 1);
    app.post(&pat, &format!("/v1/invitations/{}/decline", text(&for_pat["id"])), Value::Null).await;
    let for_ivo = app.invite(olga, workspace, json!({ "emails": [somebody("ivo").email] })).await;
    app.call(olga, "DELETE", &path(&for_ivo), Value::Null).await;
    // The mail of an invitation that is over is dropped.
    app.deliver().await;
    app.get(olga, &format!("{workspace}/invitations")).await;
    // Over by itself, an invitation makes way for the next.
    let late = json!({ "emails": [somebody("late").email] });
    app.invite(olga, workspace, late.clone()).await;
    app.ground.clock.advance(SignedDuration::from_hours(24 * 8));
    app.invite(olga, workspace, late).await;
    app.deliver().await;
}

async fn members_and_seats(app: &Recorded, olga: &Person, tea: &Person, workspace: &str) {
    let member = |who: &Person| format!("{workspace}/members/{}", who.id());
    // Governing is counted, so a second owner changes the counts; and each owner stands up once.
    app.call(olga, "PUT", &format!("{}/role", member(tea)), json!({ "role": "admin" })).await;
    app.call(olga, "PUT", &format!("{}/role", member(tea)), json!({ "role": "owner" })).await;
    let seats = app.buy(olga, workspace, 2).await;
    app.call(olga, "PUT", &format!("{}/seat", member(olga)), json!({ "seatId": seats[0] })).await;
    app.call(olga, "PUT", &format!("{}/seat", member(tea)), json!({ "seatId": seats[1] })).await;
    app.call(olga, "DELETE", &format!("{}/seat", member(tea)), Value::Null).await;
    app.get(olga, &format!("{workspace}/seats")).await;
    // Who sits on a seat carries its term; the caller, or nobody.
    for seat in &seats {
        app.post(olga, &format!("{workspace}/seats/{seat}/cancel"), Value::Null).await;
        app.post(olga, &format!("{workspace}/seats/{seat}/reactivate"), Value::Null).await;
    }
    let ann = app.member(olga, workspace, "ann").await;
    app.post(&ann, &format!("{workspace}/leave-requests"), Value::Null).await;
    app.call(olga, "DELETE", &member(&ann), Value::Null).await;
}

async fn leaving(app: &Recorded, olga: &Person, workspace: &str) {
    let lee = app.member(olga, workspace, "lee").await;
    let requests = format!("{workspace}/leave-requests");
    let ask = async || {
        let asked = app.post(&lee, &requests, json!({ "reason": "Moving on" })).await;
        format!("{requests}/{}", text(&asked["id"]))
    };
    app.call(&lee, "DELETE", &ask().await, Value::Null).await;
    app.post(olga, &format!("{}/deny", ask().await), Value::Null).await;
    let request = ask().await;
    app.get(olga, &requests).await;
    app.post(olga, &format!("{request}/approve"), Value::Null).await;
}

/// A picture of one pixel, as API Gateway hands it on.
const LOGO: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

async fn the_workspace_itself(app: &Recorded, olga: &Person, workspace: &str) {
    let logo = format!("{workspace}/logo");
    for _ in 0..2 {
        let uploaded = app.send(olga, "PUT", &logo, LOGO).await;
        let url = text(&uploaded["logoUrl"]);
        let (_, query) = url.split_once('?').expect("a key");
        app.get(olga, &format!("{logo}?{query}")).await;
    }
    app.call(olga, "DELETE", &logo, Value::Null).await;
    let coordinator = format!("{workspace}/coordinator");
    app.get(olga, &coordinator).await;
    for name in [json!("Kim"), json!("Kaya"), Value::Null] {
        app.call(olga, "PUT", &coordinator, json!({ "name": name })).await;
    }
    // Nothing is set: what can be is the pack's to say.
    app.call(olga, "PATCH", &format!("{workspace}/settings"), json!({})).await;
    // Left for the deletion.
    app.send(olga, "PUT", &logo, LOGO).await;
    app.call(olga, "PUT", &coordinator, json!({ "name": "Kim" })).await;
}

/// To oneself, which changes nothing, and to somebody else.
async fn handing_on(app: &Recorded, olga: &Person, tea: &Person, workspace: &str) {
    for to in [olga, tea] {
        app.post(olga, &format!("{workspace}/transfer"), json!({ "userId": to.id() })).await;
    }
}

/// A workspace goes, with all that the others have left in it.
async fn deletion(app: &Recorded, owner: &Person, workspace: &str) {
    app.call(owner, "DELETE", workspace, Value::Null).await;
    app.delete_workspaces().await;
}

/// How many people may be invited: by a plan that says it for ever, and by one that says it for a day.
async fn quotas(app: &Recorded, olga: &Person, workspace: &str) {
    for (plan, name) in [("trial", "qi"), ("business", "qo")] {
        app.put_on(plan, workspace).await;
        app.invite(olga, workspace, json!({ "emails": [somebody(name).email] })).await;
        app.get(olga, &format!("{workspace}/invitations/quota")).await;
    }
}

/// Links and domains, of a workspace of its own. Each who comes needs a seat.
async fn ways_in(app: &Recorded, olga: &Person, plan: &str, role: &str, seats: u32) {
    let workspace = app.workspace(olga).await;
    app.put_on(plan, &workspace).await;
    if seats > 0 {
        app.buy(olga, &workspace, seats).await;
    }
    // Made twice, the first is no good; the second lets somebody in.
    let link = format!("{workspace}/links/{role}");
    app.call(olga, "PUT", &link, Value::Null).await;
    let made = app.call(olga, "PUT", &link, Value::Null).await;
    let token = json!({ "token": token_of(&text(&made["url"])) });
    app.get(olga, &format!("{workspace}/links")).await;
    app.post(olga, "/v1/invitations/preview", token.clone()).await;
    let una = somebody("una");
    app.post(&una, "/v1/join", token).await;
    app.call(olga, "DELETE", &link, Value::Null).await;
    domains(app, olga, &workspace).await;
    // With a domain that is verified, one that is not, and a link.
    app.call(olga, "PUT", &link, Value::Null).await;
    deletion(app, olga, &workspace).await;
}

async fn domains(app: &Recorded, olga: &Person, workspace: &str) {
    let path = |domain: &str| format!("{workspace}/domains/{domain}");
    let link = async |domain: &str| app.call(olga, "PUT", &path(domain), Value::Null).await;
    // One that nobody shows to be theirs is looked up for a while; claimed again, for as long again.
    link("late.example").await;
    assert_eq!(app.verify_domains().await, 0);
    app.ground.clock.advance(SignedDuration::from_hours(24 * 8));
    assert_eq!(app.verify_domains().await, 0);
    link("late.example").await;
    // One that is shown brings in who has an address there, once they enter.
    let record = link("acme.example").await["record"].clone();
    app.records.lock().expect("records").insert(text(&record["name"]), vec![text(&record["value"])]);
    assert_eq!(app.verify_domains().await, 1);
    app.get(olga, &format!("{workspace}/domains")).await;
    // Somebody who was invited as well, and somebody who was not.
    let ada = somebody("ada");
    app.invite(olga, workspace, json!({ "emails": [ada.email] })).await;
    // An invitation goes first.
    for (person, workspaces) in [(ada, 0), (somebody("abe"), 1)] {
        let entered = app.post(&person, "/v1/me", Value::Null).await;
        assert_eq!(entered["workspaces"].as_array().map(Vec::len), Some(workspaces), "{entered}");
    }
    app.call(olga, "DELETE", &path("late.example"), Value::Null).await;
    link("late.example").await;
}

/// An operator publishes the first policies.
async fn publish(ground: &Deployment, recorder: &Recorder) {
    recorder.runs(infra::PUBLISHER);
    let (_, table) = ground.engine.table().await;
    let config = ground.engine.client().config().to_builder().interceptor(recorder.clone());
    let store = Store::new(aws_sdk_dynamodb::Client::from_conf(config.build()), &table);
    let secrets = secrets().await.client().config().to_builder().interceptor(recorder.clone()).build();
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets);
    let stack = infra::Stack { store, secrets, signing: "signing-keys".to_owned() };
    let now = ground.clock.now();
    let published = infra::publish_first(&stack, "purchased-seats", now).await.expect("published");
    assert!(published.starts_with("published purchased-seats"), "{published}");
    // What was edited since is not overwritten by another deployment.
    let again = infra::publish_first(&stack, "purchased-seats", now).await.expect("published");
    assert!(again.ends_with("nothing to do"), "{again}");
}

/// What all functions were seen to do, as the committed text.
async fn recorded() -> String {
    let recorder = Recorder::default();
    let ground = Deployment::new().await;
    publish(&ground, &recorder).await;
    start_all(&ground, &recorder).await;
    everything(&recorder).await;
    let mut text = HEADER.to_owned();
    let mut recording = recorder.0.lock().expect("what was seen");
    recording.seen.remove("nobody");
    for (function, actions) in &recording.seen {
        for (action, keys) in actions {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let line = format!("{function:<24}{action:<32}{}", keys.join(" "));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

/// Fails unless the committed file is this text. `UPDATE=1` writes it.
#[track_caller]
fn check(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, now).expect("written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "infra/{file} is stale: UPDATE=1 cargo test -p seatwise-tests infra");
}

#[tokio::test]
async fn d1_no_function_may_do_more_than_it_does() {
    let permissions = recorded().await;
    for name in operations::all().iter().map(|row| row.name).chain(BACKGROUND.iter().copied()) {
        let is_there = permissions.lines().any(|line| line.split_whitespace().next() == Some(name));
        assert!(is_there, "{name} is not run here");
    }
    // Policies are read, and written by nobody but who publishes them.
    for line in permissions.lines().filter(|line| !line.starts_with(['#']) && line.contains("POLICY#")) {
        let is_read = line.contains("BatchGetItem");
        assert!(is_read || line.starts_with(infra::PUBLISHER), "{line}");
    }
    // And who publishes them does nothing else, but sign.
    for line in permissions.lines().filter(|line| line.starts_with(infra::PUBLISHER)) {
        let keys: Vec<&str> = line.split_whitespace().skip(2).collect();
        assert!(keys == ["POLICY#"] || keys == ["signing-keys"], "{line}");
    }
    // Every write in a workspace rests on the caller's membership: checked, unless it is what is
    // written. A line that is missing here was not run with somebody else's record.
    for row in operations::all().iter().filter(|row| row.path.contains("{workspaceId}")) {
        let may = |action: &str| {
            permissions
                .lines()
                .any(|line| line.starts_with(&format!("{} ", row.name)) && line.contains(action))
        };
        let is_about_oneself = ["request-leave", "withdraw-leave"].contains(&row.name);
        let writes = may("PutItem") || may("UpdateItem") || may("DeleteItem");
        assert_eq!(may("ConditionCheckItem"), writes && !is_about_oneself, "{}", row.name);
    }
    // What signs policies is read by nobody else either.
    let signers = permissions.lines().filter(|line| line.contains("signing-keys"));
    let signers: Vec<_> = signers.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(signers, [infra::PUBLISHER]);
    let mailers = permissions.lines().filter(|line| line.contains("ses:SendEmail"));
    let mailers: Vec<_> = mailers.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(mailers, ["deliver-mail", "sweep-outbox"]);
    check("permissions.txt", &permissions);
    check("template.yaml", &infra::template(&permissions).expect("a template"));
}

/// The template as it is committed, taken apart by its top-level resources.
fn resources() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
    let template = std::fs::read_to_string(path).expect("the template");
    let (_, resources) = template.split_once("\nResources:\n").expect("its resources");
    let mut found = BTreeMap::<String, String>::new();
    let mut name = String::new();
    for line in resources.lines() {
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name {
            line.trim().trim_end_matches(':').clone_into(&mut name);
        } else if !line.trim_start().starts_with('#') {
            let text = found.entry(name.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

#[test]
fn d1_every_operation_is_a_function_with_a_role_of_its_own() {
    let resources = resources();
    let functions: Vec<_> =
        resources.values().filter(|text| text.contains("Type: AWS::Lambda::Function\n")).collect();
    let of = |text: &str, setting: &str| {
        let mut lines = text.lines().filter_map(|line| line.trim().strip_prefix(setting));
        lines.next().unwrap_or_default().trim().to_owned()
    };
    let handlers: BTreeSet<_> = functions.iter().map(|text| of(text, "Handler:")).collect();
    let names = operations::all().iter().map(|row| row.name).chain(BACKGROUND.iter().copied());
    assert_eq!(handlers, names.map(str::to_owned).collect());
    let roles: BTreeSet<_> = functions.iter().map(|text| of(text, "Role:")).collect();
    assert_eq!(roles.len(), functions.len());
    let actions = resources.values().flat_map(|text| text.lines()).filter(|line| line.contains("Action: "));
    for line in actions {
        assert!(!line.contains('*'), "{line}");
    }
}

#[test]
fn d1_routes_are_closed_unless_named_here() {
    let resources = resources();
    let routes = resources.values().filter(|text| text.contains("Type: AWS::ApiGatewayV2::Route\n"));
    let open: Vec<_> = routes.clone().filter(|text| !text.contains("AuthorizationType: JWT")).collect();
    assert_eq!(routes.count(), operations::all().len());
    let open: BTreeSet<_> = open
        .iter()
        .filter_map(|text| text.lines().find_map(|line| line.trim().strip_prefix("RouteKey: ")))
        .collect();
    assert_eq!(open, ["GET /v1/workspaces/{workspaceId}/logo", "POST /v1/invitations/preview"].into());
    // Neither ids nor what somebody searched for.
    let stage = &resources["ApiStage"];
    for leaky in ["context.path", "queryString", "header", "context.authorizer.claims"] {
        assert!(!stage.contains(leaky), "{leaky}");
    }
    for row in operations::all() {
        assert!(
            stage.contains(&format!("        {}: {{ ThrottlingBurstLimit: ", row.route())),
            "{}",
            row.name
        );
    }
}

/// What the emulator does not look at.
#[test]
fn d2_the_table_is_kept_encrypted_and_recoverable() {
    let table = &resources()["Table"];
    for setting in [
        "BillingMode: PAY_PER_REQUEST",
        "DeletionPolicy: !Ref RemovalPolicy",
        "UpdateReplacePolicy: !Ref RemovalPolicy",
        "DeletionProtectionEnabled: !If [IsProtected, true, false]",
        "PointInTimeRecoveryEnabled: true",
        "SSEEnabled: true",
        "StreamViewType: KEYS_ONLY",
        "IndexName: by-name",
        "AttributeName: ttl",
    ] {
        assert!(table.contains(&format!("{setting}\n")), "{setting}");
    }
}

/// List prices of eu-central-1 in US dollars, as known in November 2026: a million of each.
mod price {
    pub const READ_UNIT: f64 = 0.1525;
    pub const WRITE_UNIT: f64 = 0.7625;
    pub const GATEWAY: f64 = 1.20;
    pub const GATEWAY_BEYOND_300: f64 = 1.08;
    pub const FUNCTION: f64 = 0.20;
    pub const GB_SECOND: f64 = 16.67;
    /// 0.63 for a GB, 1.5 KB a request.
    pub const LOG: f64 = 0.63 * 1.5;
    /// Not a million: one mail.
    pub const MAIL: f64 = 0.10 / 1e3;
    /// Not a million: a GB and month, with its backup.
    pub const GB_MONTH: f64 = 0.306 + 0.245;
}

/// What a member and their seat take, in GB, as an estimate: six records of 300 to 600 bytes, and 100
/// bytes that DynamoDB adds to each.
const GB_PER_MEMBER: f64 = 3e-6;

/// A line of infra/capacity.txt.
#[derive(Clone, Debug)]
struct Measured {
    /// Of the second table: how many members the workspace has.
    members: Option<u32>,
    operation: String,
    is_write: bool,
    rounds: String,
    read_units: f64,
    write_units: f64,
}

impl Measured {
    fn read(line: &str) -> Option<Self> {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let mut number = || words.pop()?.parse::<f64>().ok();
        let (write_units, read_units, _calls, rounds) = (number()?, number()?, number()?, number()?);
        let is_write = words.pop()? == "write";
        let members = words.first().and_then(|word| word.parse().ok());
        let operation = words.split_off(usize::from(members.is_some())).join(" ");
        Some(Self { members, operation, is_write, rounds: rounds.to_string(), read_units, write_units })
    }

    /// A million of it, in the table alone.
    fn table(&self) -> f64 {
        self.read_units * price::READ_UNIT + self.write_units * price::WRITE_UNIT
    }

    /// A million of it, in Lambda and in the logs.
    fn run(&self) -> f64 {
        let seconds = if self.is_write { 0.040 } else { 0.010 };
        price::FUNCTION + seconds * 0.5 * price::GB_SECOND + price::LOG
    }

    fn has_route(&self) -> bool {
        !BACKGROUND.iter().any(|name| self.operation.starts_with(name))
    }
}

fn table_of_prices(measured: &[Measured]) -> String {
    let mut text =
        "| operation | round trips | RCU | WCU | a million: the table | all |\n|---|--:|--:|--:|--:|--:|\n"
            .to_owned();
    for one in measured.iter().filter(|one| one.members.is_none()) {
        let Measured { operation, rounds, read_units, write_units, .. } = one;
        let gateway = if one.has_route() { price::GATEWAY } else { 0.0 };
        let (table, all) = (one.table(), one.table() + one.run() + gateway);
        let line =
            format!("| {operation} | {rounds} | {read_units} | {write_units} | {table:.2} | {all:.2} |");
        let _ = writeln!(text, "{line}");
    }
    text
}

/// What a member does in a month, in a workspace of 100.
const MONTH: &[(&str, f64)] = &[
    ("authorize", 400.0),
    ("enter, again", 20.0),
    ("get-workspace", 20.0),
    ("get-me", 20.0),
    ("list-members", 5.0),
    ("list-seats", 2.0),
    ("invite, one address", 0.1),
    ("deliver-mail, one mail", 0.1),
    ("join", 0.1),
    ("change-role", 0.05),
    ("request-leave", 0.02),
    ("approve-leave", 0.02),
];

fn table_of_members(measured: &[Measured]) -> String {
    let of = |name: &str| {
        let of_100 = measured.iter().find(|one| one.members == Some(100) && one.operation == name);
        of_100
            .or_else(|| measured.iter().find(|one| one.operation == name))
            .unwrap_or_else(|| panic!("{name} is not in capacity.txt"))
    };
    let month: Vec<(&Measured, f64)> = MONTH.iter().map(|(name, times)| (of(name), *times)).collect();
    let sum =
        |each: &dyn Fn(&Measured) -> f64| month.iter().map(|(one, times)| each(one) * times).sum::<f64>();
    let (reads, writes) = (sum(&|one| one.read_units), sum(&|one| one.write_units));
    let requests = sum(&|one| f64::from(u8::from(one.has_route())));
    let mails = MONTH.iter().find(|(name, _)| name.starts_with("deliver")).map_or(0.0, |(_, times)| *times);
    let mut text = format!(
        "A member and month: {requests:.0} requests, {reads:.0} read units, {writes:.1} write units, {mails} mails.\n\n\
         | members | requests a second, on average | gateway | Lambda and logs | table | storage, backup | mails | USD a month |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    for (members, written) in [(1e3, "1,000"), (1e5, "100,000"), (1e7, "10 million")] {
        let millions = members * requests / 1e6;
        let gateway =
            millions.min(300.0) * price::GATEWAY + (millions - 300.0).max(0.0) * price::GATEWAY_BEYOND_300;
        let run = sum(&Measured::run) * members / 1e6;
        let table = sum(&Measured::table) * members / 1e6;
        let storage = members * GB_PER_MEMBER * price::GB_MONTH;
        let mail = members * mails * price::MAIL;
        let rate = members * requests / (30.0 * 86_400.0);
        let all = gateway + run + table + storage + mail;
        let _ = writeln!(
            text,
            "| {written} | {rate:.1} | {gateway:.2} | {run:.2} | {table:.2} | {storage:.2} | {mail:.2} | **{all:.0}** |"
        );
    }
    text
}

/// Puts a text between the line that begins so and the next `<!-- end -->`.
fn put_between(document: &str, begins: &str, text: &str) -> String {
    let (head, rest) = document.split_once(begins).expect("where it begins");
    let (line, rest) = rest.split_once('\n').expect("a line");
    let (_, tail) = rest.split_once("<!-- end -->").expect("where it ends");
    format!("{head}{begins}{line}\n{text}<!-- end -->{tail}")
}

#[test]
fn costs_are_as_measured() {
    let read = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(file);
        std::fs::read_to_string(path).expect(file)
    };
    let measured: Vec<_> = read("capacity.txt").lines().filter_map(Measured::read).collect();
    assert!(measured.len() > operations::all().len(), "infra/capacity.txt cannot be read");
    let document = put_between(&read("COST.md"), "<!-- operations", &table_of_prices(&measured));
    check("COST.md", &put_between(&document, "<!-- example", &table_of_members(&measured)));
}
