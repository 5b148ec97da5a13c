//! A workspace that pays at the built-in Stripe.

use seatwise_functions::service_clients::ServiceClients;
use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_cli::dev::{self, Billing, Data, Options};
use seatwise_domain::{PurchaseState, Workspace};
use seatwise_stripe_stub::{AccountView, Card, Faults, Stub, StubAct, SubscriptionView};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use super::app::App;
use super::client::{Client as _, id_of};
use super::logs::Logs;
use super::office::office_of;
use super::packs;
use super::person::Person;
use super::reply::{Reply, text};
use super::table::Dump;

/// The secret that signs the webhooks.
pub const WEBHOOK_SECRET: &str = "whsec_of_the_tests";

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Longer than the events of Stripe are looked through for what no webhook told: only the check of the next day
/// finds it.
pub const NEXT_CHECK: i64 = 25 * HOUR;

/// A workspace, its owner, and Stripe.
pub struct Shop {
    /// The service.
    pub app: App,
    /// The path of the workspace.
    pub workspace: String,
    owner: Person,
    logs: Logs,
}

impl Shop {
    /// A workspace that has bought nothing.
    pub async fn open(pack: &str) -> Self {
        Self::under(pack).await
    }

    /// The same, in a product that is edited like this.
    pub async fn open_edited(pack: &str, edits: &[packs::Edit<'_>]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        packs::write(folder.path(), &packs::edited_without_cases(pack, edits));
        Self::under(&format!("{}/", folder.path().display())).await
    }

    async fn under(pack: &str) -> Self {
        let logs = Logs::begin(LevelFilter::INFO);
        let options = Options {
            data: Data::Memory,
            pack: Some(pack.to_owned()),
            oidc: None,
            services: ServiceClients::default(),
            url: "https://app.example.com".to_owned(),
            app_url: "https://app.example.com".to_owned(),
            billing: Billing::Stub { webhook_secret: Some(WEBHOOK_SECRET.to_owned()) },
        };
        let app = App { local: Box::pin(dev::start(options)).await.expect("the service starts") };
        let (app, owner, workspace) = office_of(app).await;
        Self { app, workspace, owner, logs }
    }

    /// A workspace with these seats, whose card works.
    pub async fn with_seats(tier: &str, quantity: u32) -> Self {
        let shop = Self::open("purchased-seats").await;
        shop.buy(tier, quantity).await.expect(202);
        shop.pay(Card::Works).await;
        assert_eq!(shop.quantities(), [(tier.to_owned(), i64::from(quantity))].into());
        shop
    }

    /// The owner, with a token that is good now.
    pub fn owner(&self) -> Person {
        self.app.signed(&self.owner)
    }

    /// A request of the owner about the workspace.
    pub async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        self.app.call(&self.owner(), method, &format!("{}{path}", self.workspace), body).await
    }

    /// Reads something of the workspace.
    pub async fn read(&self, path: &str) -> Value {
        self.send("GET", path, Value::Null).await.expect(200)
    }

    /// The owner buys seats.
    pub async fn buy(&self, tier: &str, quantity: u32) -> Reply {
        self.send("POST", "/seats", json!({ "tier": tier, "quantity": quantity })).await
    }

    /// What a change would cost.
    pub async fn preview(&self, change: Value) -> Value {
        self.send("POST", "/purchases/preview", json!({ "change": change })).await.expect(200)
    }

    /// The state of the purchase that an answer names.
    pub async fn state_of(&self, begun: &Value) -> String {
        let purchase = self.read(&format!("/purchases/{}", text(&begun["purchaseId"]))).await;
        text(&purchase["status"])
    }

    /// The owner discards the purchase that an answer names.
    pub async fn discard(&self, begun: &Value) {
        let path = format!("/purchases/{}", text(&begun["purchaseId"]));
        self.send("DELETE", &path, Value::Null).await.expect(200);
        self.settle().await;
    }

    /// The seats, in the order of the list.
    pub async fn seats(&self) -> Vec<Value> {
        self.read("/seats?limit=100").await["items"].as_array().expect("a list").clone()
    }

    /// The number of seats in a status.
    pub async fn count(&self, status: &str) -> usize {
        self.seats().await.iter().filter(|seat| seat["status"] == status).count()
    }

    /// The notice of the workspace with this code.
    pub async fn notice(&self, code: &str) -> Option<Value> {
        let notices = self.read("").await["notices"].as_array().expect("a list").clone();
        notices.into_iter().find(|notice| notice["code"] == code)
    }

    /// Stripe.
    pub fn stub(&self) -> Stub {
        self.app.local.stub.clone().expect("the built-in Stripe")
    }

    /// What goes wrong at Stripe.
    pub fn faults(&self) -> Faults {
        self.stub().faults()
    }

    /// What is at Stripe.
    pub fn account(&self) -> AccountView {
        self.stub().account()
    }

    /// A person does something at Stripe, and everybody hears of it.
    pub async fn act(&self, act: StubAct) {
        self.stub().act(act).expect("it can be done");
        self.settle().await;
    }

    /// The customer pays the open Checkout page.
    pub async fn pay(&self, card: Card) {
        self.act(StubAct::PayCheckout { session: self.session(), card }).await;
    }

    /// The customer's card behaves otherwise from now on.
    pub async fn set_card(&self, card: Card) {
        self.act(StubAct::SetCard { customer: self.customer(), card }).await;
    }

    /// The open Checkout session.
    pub fn session(&self) -> String {
        let sessions = self.account().sessions.into_iter();
        let mut open = sessions.filter(|session| session.status == "open").map(|session| session.id);
        let found = open.next().expect("an open session");
        assert_eq!(open.next(), None, "one page at a time");
        found
    }

    /// The customer.
    pub fn customer(&self) -> String {
        let customers = self.account().customers;
        assert_eq!(customers.len(), 1);
        customers[0].id.clone()
    }

    /// The newest subscription.
    pub fn subscription(&self) -> SubscriptionView {
        self.account().subscriptions.pop().expect("a subscription")
    }

    /// The invoice that is open.
    pub fn open_invoice(&self) -> String {
        let invoices = self.account().invoices.into_iter();
        let mut open = invoices.filter(|invoice| invoice.status == "open").map(|invoice| invoice.id);
        let found = open.next().expect("an open invoice");
        assert_eq!(open.next(), None);
        found
    }

    /// The quantities of what renews at Stripe, by the names in the pack.
    pub fn quantities(&self) -> BTreeMap<String, i64> {
        let live = self.account().subscriptions.into_iter().filter(|one| one.status != "canceled");
        let items = live.flat_map(|subscription| subscription.items);
        let some = items.filter(|item| item.quantity > 0);
        some.map(|item| (name(item.lookup_key.as_deref()), item.quantity)).collect()
    }

    /// The money that was taken and kept.
    pub fn taken(&self) -> i64 {
        self.account().payments.iter().map(|payment| payment.amount - payment.refunded).sum()
    }

    /// What was charged last.
    pub fn last_charge(&self) -> i64 {
        self.account().payments.last().map_or(0, |payment| payment.amount)
    }

    /// Waits until everybody has heard of everything.
    pub async fn settle(&self) {
        self.app.local.settle().await;
    }

    /// Time passes.
    pub async fn later(&self, seconds: i64) {
        self.app.advance(seconds).await;
        self.settle().await;
    }

    /// Time passes until so many seconds after a time.
    pub async fn until(&self, time: Timestamp, seconds: i64) {
        self.later(time.as_second() - self.app.local.clock.now().as_second() + seconds).await;
    }

    /// Time passes until so many seconds after the period ends; negative: before it.
    pub async fn until_renewal(&self, seconds: i64) {
        self.until(self.subscription().period_end, seconds).await;
    }

    /// What was mended because nothing had asked for it.
    pub fn drift(&self) -> Vec<String> {
        let lines = self.logs.all.lines().into_iter();
        lines.filter(|line| line["message"] == "drift mended").map(|line| text(&line["what"])).collect()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.logs.all.text()
    }

    /// Nothing is open, what renews at Stripe is what the workspace has, and each payment is for something (K57–K59).
    pub async fn assert_at_rest(&self) {
        self.assert_at_rest_besides(0).await;
    }

    /// The same, after so many charges that customers have made in the portal.
    pub async fn assert_at_rest_besides(&self, in_portal: usize) {
        let dump = self.app.dump().await;
        let id = id_of(&self.workspace);
        let purchases: Vec<_> = dump.purchases.iter().filter(|purchase| purchase.workspace == id).collect();
        assert!(purchases.iter().all(|purchase| !purchase.state.is_open()), "{purchases:#?}");
        assert!(dump.accounts.values().all(|account| account.open_purchase.is_none()));
        assert_eq!(self.quantities(), self.held(&dump), "at Stripe, and in the workspace");
        let paid = purchases.iter().filter(|purchase| purchase.state == PurchaseState::Paid).count();
        assert_eq!(charges(&self.account()), paid + in_portal, "{:#?}\n{purchases:#?}", self.account());
        assert!(!self.log().contains("sync_failures"), "{}", self.log());
    }

    /// The number of units of each thing that renews, counted in the table.
    fn held(&self, dump: &Dump) -> BTreeMap<String, i64> {
        let id = id_of(&self.workspace);
        let mut held = BTreeMap::new();
        let mut add = |name: &str, units: i64| *held.entry(name.to_owned()).or_default() += units;
        let Workspace { plan, extras, .. } = &dump.workspaces[&id];
        match plan.as_str() {
            "business" => add(plan, dump.tallies[&id].seats),
            "pro" | "growth" => add(plan, 1),
            _ => {}
        }
        for (name, units) in extras {
            add(name.as_str(), i64::from(*units));
        }
        for seat in dump.seats_of(id).iter().filter(|seat| seat.term.ends.is_none()) {
            add(&seat.tier.0, 1);
            for (name, units) in &seat.add_ons {
                add(name.as_str(), i64::from(*units));
            }
        }
        held
    }
}

impl Drop for Shop {
    /// What went wrong is told by the log of a test that fails.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines = self.logs.all.lines().into_iter();
            let bad = lines.filter(|line| line["level"] == "WARN" || line["level"] == "ERROR");
            bad.for_each(|line| eprintln!("{line}"));
        }
    }
}

/// The charges besides renewals that were not given back, also those of nothing.
fn charges(account: &AccountView) -> usize {
    let is_kept = |invoice: &str| {
        let paid = account.payments.iter().find(|payment| payment.invoice.as_deref() == Some(invoice));
        paid.is_none_or(|payment| payment.refunded < payment.amount)
    };
    let invoices = account.invoices.iter().filter(|invoice| invoice.status == "paid");
    let invoices = invoices.filter(|it| it.reason != "subscription_cycle" && is_kept(&it.id)).count();
    let once = account.payments.iter().filter(|payment| payment.invoice.is_none());
    invoices + once.filter(|payment| payment.refunded < payment.amount).count()
}

/// `extra` of the lookup key `pack.extra.eur`.
fn name(lookup_key: Option<&str>) -> String {
    let key = lookup_key.expect("a price of the pack");
    key.split('.').nth(1).expect("a name").to_owned()
}
