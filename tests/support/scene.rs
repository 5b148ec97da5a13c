//! A scene: people and values, in which steps of the catalogue are run one after the other.

use std::collections::BTreeMap;

use seatwise_functions::service_clients::BUILT_IN_PREFIX;
use serde_json::Value;

use super::catalogue::{Action, Call, Entry, KEPT, Product, Step};
use super::client::{Client, picture};
use super::person::Person;
use super::reply::Reply;

/// A scene of its own: scenes with different tags have nobody in common, also on one table.
pub struct Scene<C> {
    /// The service that it is played on.
    pub client: C,
    tag: String,
    people: BTreeMap<String, Person>,
    values: BTreeMap<String, String>,
}

/// A request, ready to be sent.
#[derive(Clone)]
pub struct Sent {
    /// The caller.
    pub who: Option<Person>,
    /// The request as the catalogue has it.
    pub call: Call,
    /// The path.
    pub path: String,
    /// The body; null for none.
    pub body: Value,
}

impl Sent {
    /// Sends the request, with an `Idempotency-Key` if there is one.
    pub async fn send(&self, client: &impl Client, key: Option<&str>) -> Reply {
        let (who, method) = (self.who.as_ref(), self.call.row.method.as_str());
        if self.call.is_picture() {
            let size = self.body.as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
            return client.call_raw(who, method, &self.path, "image/png", &picture(size)).await;
        }
        client.call_with_key(who, method, &self.path, self.body.clone(), key).await
    }
}

impl<C: Client> Scene<C> {
    /// An empty scene in a product. Without a tag, people have addresses without one.
    pub fn new(client: C, product: &Product, tag: &str) -> Self {
        let mut scene =
            Self { client, tag: tag.to_owned(), people: BTreeMap::new(), values: BTreeMap::new() };
        let domain = if tag.is_empty() { "acme.example".to_owned() } else { format!("d{tag}.example") };
        scene.set("domain", &domain);
        scene.set("role", product.joiner);
        scene.set("purchaseId", "019aa7f6-2d3e-7f40-9b5c-6d7e8f9a0b1c");
        scene.set("resourceId", "94e29893-3f7e-540f-88d2-604d9dd81c3c");
        scene.set("keyId", &"A".repeat(43));
        scene.set("apiKey", "swk_none");
        scene.set("addOn", "extra-telegram-accounts");
        scene.set("plan", product.a_plan());
        scene
    }

    /// A scene in which everything has happened that comes before the entry's request, and this request.
    pub async fn before(client: C, entry: &Entry, tag: &str) -> (Self, Sent) {
        let mut scene = Self::new(client, entry.product, tag);
        scene.run_all(&entry.before).await;
        let request = scene.request(&entry.request).await;
        (scene, request)
    }

    /// Runs steps. Each must be answered as the catalogue says.
    pub async fn run_all(&mut self, steps: &[Step]) {
        for step in steps {
            self.run(step).await;
        }
    }

    /// Runs a step; the answer of a request.
    pub async fn run(&mut self, step: &Step) -> Value {
        match &step.action {
            Action::SetPlan(plan) => self.client.set_plan(&self.workspace(), plan).await,
            Action::VerifyDomain => self.client.verify_domain(self.value("domain")).await,
            Action::Call(call) => {
                let request = self.request(step).await;
                let reply = request.send(&self.client, None).await;
                assert_eq!(reply.status.as_u16(), call.status, "{}: {}", call.row.name, reply.text);
                self.keep(call.row.name, step.who, &reply.json);
                return reply.json;
            }
        }
        Value::Null
    }

    /// The request of a step, ready to be sent.
    pub async fn request(&mut self, step: &Step) -> Sent {
        let Action::Call(call) = &step.action else { panic!("an operator sends no request") };
        let who = match step.who {
            Some(name) => Some(self.person_at(name, step.at_domain).await),
            None => None,
        };
        let body = serde_json::from_str(&self.fill(&call.body.to_string())).expect("JSON");
        Sent { who, path: self.fill(&call.path), body, call: call.clone() }
    }

    /// The person of this name, signed in.
    pub async fn person(&mut self, name: &str) -> Person {
        self.person_at(name, false).await
    }

    /// Gives the scene a person who is signed in already.
    pub fn add(&mut self, name: &str, person: Person) {
        self.people.insert(name.to_owned(), person);
    }

    async fn person_at(&mut self, name: &str, at_domain: bool) -> Person {
        if let Some(person) = self.people.get(name) {
            return person.clone();
        }
        if name.starts_with(BUILT_IN_PREFIX) {
            return self.client.sign_in(name).await;
        }
        let domain = if at_domain { self.value("domain") } else { "acme.example" };
        let person = self.client.sign_in(&self.address(name, domain)).await;
        self.people.insert(name.to_owned(), person.clone());
        person
    }

    /// The path of the workspace.
    pub fn workspace(&self) -> String {
        format!("/v1/workspaces/{}", self.value("workspaceId"))
    }

    /// A value of the scene.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).unwrap_or_else(|| panic!("the scene has no {name}: {:?}", self.values))
    }

    /// Gives the scene a value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    /// A text with the scene's values in the place of names in braces. A name that is not in the scene
    /// fails the test.
    #[track_caller]
    pub fn fill(&self, text: &str) -> String {
        fill(text, |name| match name.strip_suffix(".email") {
            Some(person) => self.address(person, "acme.example"),
            None => self.value(name).to_owned(),
        })
    }

    fn address(&self, name: &str, domain: &str) -> String {
        let joint = if self.tag.is_empty() { "" } else { "-" };
        format!("{name}{joint}{}@{domain}", self.tag)
    }

    /// Keeps what the answer of an operation says.
    pub fn keep(&mut self, operation: &str, who: Option<&str>, answer: &Value) {
        for kept in KEPT.iter().filter(|kept| kept.operation == operation) {
            let text = answer.pointer(kept.at).and_then(Value::as_str);
            let text = text.unwrap_or_else(|| panic!("{operation} answers without {}: {answer}", kept.at));
            let value = match text.split_once(kept.after) {
                Some((_, rest)) if !kept.after.is_empty() => rest,
                _ => text,
            };
            let name = if kept.name == "who" { who.unwrap_or_default() } else { kept.name };
            self.set(name, value);
        }
    }
}

/// A text with values in the place of names in braces.
#[track_caller]
pub fn fill(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((head, name, tail)) = next_name(rest) {
        filled = filled + head + &value(name);
        rest = tail;
    }
    filled + rest
}

/// The text before the first name in braces, the name, and the text after it. In JSON, a brace that opens
/// an object is followed by a quotation mark, or closed at once.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '.';
    text.match_indices('{').find_map(|(start, _)| {
        let (name, tail) = text[start + 1..].split_once('}')?;
        (!name.is_empty() && name.chars().all(is_of_name)).then(|| (&text[..start], name, tail))
    })
}
