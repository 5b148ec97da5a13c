//! The requests as they go over the line. Where the answer is not what a test is about, the server
//! refuses.

use jiff::Timestamp;

use crate::fake::Fake;
use crate::{
    Client, ConfirmedItem, CustomerChange, EventQuery, IdempotencyKey, Interval, ItemChange, Metadata,
    NewCheckout, NewCustomer, NewPortalSession, NewPrice, NewProduct, PortalFeatures, PortalFlow,
    PortalProduct, PortalSettings, Preview, PriceQuantity, ProductChange, Proration, Recurring,
};

const ITEMS: [ItemChange<'_>; 2] =
    [ItemChange::New { price: "price_1", quantity: 2 }, ItemChange::Set { item: "si_1", quantity: 0 }];

fn key() -> IdempotencyKey {
    IdempotencyKey::new("test", 1)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Runs calls against a server that refuses all of them, and compares what it was asked.
macro_rules! asks {
    ($($call:expr => $line:expr,)+) => {{
        let fake = Fake::replying([]).await;
        $(
            assert!($call(fake.client()).await.is_err());
            let asked = fake.asked();
            assert_eq!(asked.len(), 1);
            assert_eq!(asked[0].line, $line);
        )+
    }};
}

#[tokio::test(start_paused = true)]
async fn customers() {
    let new = NewCustomer { workspace: "w1", name: Some("Ann & Co"), email: Some("ann@example.com") };
    let change = CustomerChange { name: None, email: Some("b@example.com") };
    asks! {
        async |client: Client| client.create_customer(&new, &key()).await =>
            "POST /v1/customers email=ann@example.com metadata[workspace]=w1 name=Ann & Co",
        async |client: Client| client.customer("cus_1").await => "GET /v1/customers/cus_1",
        async |client: Client| client.update_customer("cus_1", &change, &key()).await =>
            "POST /v1/customers/cus_1 email=b@example.com",
    }
}

#[tokio::test(start_paused = true)]
async fn checkout_sessions() {
    let lines =
        [PriceQuantity { price: "price_1", quantity: 3 }, PriceQuantity { price: "price_2", quantity: 1 }];
    let new = NewCheckout {
        customer: "cus_1",
        workspace: "w1",
        purchase: "p1",
        lines: &lines,
        success_url: "https://a.example/ok",
        cancel_url: "https://a.example/no",
        expires_at: at(1_790_000_000),
    };
    let common = "cancel_url=https://a.example/no client_reference_id=p1 customer=cus_1 expires_at=1790000000 \
        line_items[0][price]=price_1 line_items[0][quantity]=3 line_items[1][price]=price_2 \
        line_items[1][quantity]=1 metadata[purchase]=p1 metadata[workspace]=w1";
    asks! {
        async |client: Client| client.create_subscription_checkout(&new, &key()).await => format!(
            "POST /v1/checkout/sessions {common} mode=subscription payment_method_types[0]=card \
             subscription_data[billing_mode][type]=classic subscription_data[metadata][workspace]=w1 \
             success_url=https://a.example/ok"
        ),
        async |client: Client| client.create_payment_checkout(&new, &key()).await => format!(
            "POST /v1/checkout/sessions {common} mode=payment payment_intent_data[metadata][purchase]=p1 \
             payment_intent_data[metadata][workspace]=w1 payment_method_types[0]=card \
             success_url=https://a.example/ok"
        ),
        async |client: Client| client.checkout_session("cs_1").await => "GET /v1/checkout/sessions/cs_1",
        async |client: Client| client.checkout_sessions("cus_1", 5).await =>
            "GET /v1/checkout/sessions customer=cus_1 limit=5",
        async |client: Client| client.expire_checkout("cs_1", &key()).await =>
            "POST /v1/checkout/sessions/cs_1/expire",
    }
}

#[tokio::test(start_paused = true)]
async fn subscriptions() {
    let gone = [ItemChange::Remove { item: "si_2" }];
    asks! {
        async |client: Client| client.subscriptions("cus_1", 10).await =>
            "GET /v1/subscriptions customer=cus_1 limit=10 status=all",
        async |client: Client| client.subscription("sub_1").await => "GET /v1/subscriptions/sub_1",
        async |client: Client| client.level_subscription("sub_1", &gone, None, &key()).await =>
            "POST /v1/subscriptions/sub_1 items[0][deleted]=true items[0][id]=si_2 proration_behavior=none",
        async |client: Client| client.level_subscription("sub_1", &[], Some(true), &key()).await =>
            "POST /v1/subscriptions/sub_1 cancel_at_period_end=true proration_behavior=none",
        async |client: Client| client.charge_subscription("sub_1", &ITEMS, at(1_790_000_000), &key()).await =>
            "POST /v1/subscriptions/sub_1 items[0][price]=price_1 items[0][quantity]=2 items[1][id]=si_1 \
             items[1][quantity]=0 payment_behavior=pending_if_incomplete proration_behavior=always_invoice \
             proration_date=1790000000",
        async |client: Client| client.set_cancellation("sub_1", false, &key()).await =>
            "POST /v1/subscriptions/sub_1 cancel_at_period_end=false",
        async |client: Client| client.cancel_subscription("sub_1", false, true).await =>
            "DELETE /v1/subscriptions/sub_1 invoice_now=false prorate=true",
    }
}

#[tokio::test(start_paused = true)]
async fn invoices_and_refunds() {
    asks! {
        async |client: Client| client.invoice("in_1").await => "GET /v1/invoices/in_1 expand[0]=payments",
        async |client: Client| client.invoices("cus_1", 12).await =>
            "GET /v1/invoices customer=cus_1 limit=12",
        async |client: Client| client.void_invoice("in_1", &key()).await => "POST /v1/invoices/in_1/void",
        async |client: Client| client.create_refund("pi_1", None, &key()).await =>
            "POST /v1/refunds payment_intent=pi_1",
        async |client: Client| client.create_refund("pi_1", Some(250), &key()).await =>
            "POST /v1/refunds amount=250 payment_intent=pi_1",
    }
}

#[tokio::test(start_paused = true)]
async fn previews() {
    let items = [PriceQuantity { price: "price_1", quantity: 3 }];
    let new = Preview::New { customer: "cus_1", items: &items };
    let change = |proration| Preview::Change { subscription: "sub_1", items: &ITEMS, proration };
    let (at_once, later) = (change(Proration::AtOnce { from: at(1_790_000_000) }), change(Proration::Never));
    let renewal = Preview::Renewal { subscription: "sub_1" };
    let changed = |proration: &str| {
        format!(
            "POST /v1/invoices/create_preview subscription=sub_1 subscription_details[items][0][price]=price_1 \
             subscription_details[items][0][quantity]=2 subscription_details[items][1][id]=si_1 \
             subscription_details[items][1][quantity]=0 \
             subscription_details[proration_behavior]={proration}"
        )
    };
    asks! {
        async |client: Client| client.preview_invoice(&new).await =>
            "POST /v1/invoices/create_preview customer=cus_1 subscription_details[billing_mode][type]=classic \
             subscription_details[items][0][price]=price_1 subscription_details[items][0][quantity]=3",
        async |client: Client| client.preview_invoice(&at_once).await =>
            changed("always_invoice subscription_details[proration_date]=1790000000"),
        async |client: Client| client.preview_invoice(&later).await => changed("none"),
        async |client: Client| client.preview_invoice(&renewal).await =>
            "POST /v1/invoices/create_preview subscription=sub_1",
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_is_never_a_replay() {
    let fake = Fake::replying([]).await;
    let renewal = Preview::Renewal { subscription: "sub_1" };
    assert!(fake.client().preview_invoice(&renewal).await.is_err());
    assert_eq!(fake.asked()[0].header("idempotency-key"), None);
}

#[tokio::test(start_paused = true)]
async fn portal_sessions() {
    let whole = NewPortalSession {
        customer: "cus_1",
        configuration: Some("bpc_1"),
        return_url: "https://a.example",
        flow: None,
    };
    let card = NewPortalSession { configuration: None, flow: Some(PortalFlow::PaymentMethodUpdate), ..whole };
    let item = ConfirmedItem { item: "si_1", price: "price_2", quantity: 4 };
    let confirm = PortalFlow::SubscriptionUpdateConfirm { subscription: "sub_1", item };
    let plan = NewPortalSession { flow: Some(confirm), ..whole };
    let back = "flow_data[after_completion][redirect][return_url]=https://a.example \
        flow_data[after_completion][type]=redirect";
    asks! {
        async |client: Client| client.create_portal_session(&whole, &key()).await =>
            "POST /v1/billing_portal/sessions configuration=bpc_1 customer=cus_1 return_url=https://a.example",
        async |client: Client| client.create_portal_session(&card, &key()).await => format!(
            "POST /v1/billing_portal/sessions customer=cus_1 {back} flow_data[type]=payment_method_update \
             return_url=https://a.example"
        ),
        async |client: Client| client.create_portal_session(&plan, &key()).await => format!(
            "POST /v1/billing_portal/sessions configuration=bpc_1 customer=cus_1 {back} \
             flow_data[subscription_update_confirm][items][0][id]=si_1 \
             flow_data[subscription_update_confirm][items][0][price]=price_2 \
             flow_data[subscription_update_confirm][items][0][quantity]=4 \
             flow_data[subscription_update_confirm][subscription]=sub_1 \
             flow_data[type]=subscription_update_confirm return_url=https://a.example"
        ),
    }
}

#[tokio::test(start_paused = true)]
async fn portal_configurations() {
    let metadata = Metadata::from([("seatwise".to_owned(), "pack".to_owned())]);
    let little = PortalFeatures { payment_method_update: true, invoice_history: true, ..Default::default() };
    let much = PortalFeatures {
        customer_update: vec!["email", "tax_id"],
        subscription_cancel: true,
        subscription_update: vec![PortalProduct { product: "pack.pro", prices: vec!["price_1"] }],
        ..little.clone()
    };
    let little = PortalSettings { features: &little, metadata: &metadata };
    let much = PortalSettings { features: &much, metadata: &metadata };
    asks! {
        async |client: Client| client.portal_configurations(100).await =>
            "GET /v1/billing_portal/configurations limit=100",
        async |client: Client| client.create_portal_configuration(&little, &key()).await =>
            "POST /v1/billing_portal/configurations features[customer_update][enabled]=false \
             features[invoice_history][enabled]=true features[payment_method_update][enabled]=true \
             features[subscription_cancel][enabled]=false features[subscription_update][enabled]=false \
             metadata[seatwise]=pack",
        async |client: Client| client.update_portal_configuration("bpc_1", &much, &key()).await =>
            "POST /v1/billing_portal/configurations/bpc_1 features[customer_update][allowed_updates][0]=email \
             features[customer_update][allowed_updates][1]=tax_id features[customer_update][enabled]=true \
             features[invoice_history][enabled]=true features[payment_method_update][enabled]=true \
             features[subscription_cancel][enabled]=true features[subscription_cancel][mode]=at_period_end \
             features[subscription_update][default_allowed_updates][0]=price \
             features[subscription_update][default_allowed_updates][1]=quantity \
             features[subscription_update][enabled]=true \
             features[subscription_update][products][0][adjustable_quantity][enabled]=true \
             features[subscription_update][products][0][prices][0]=price_1 \
             features[subscription_update][products][0][product]=pack.pro \
             features[subscription_update][proration_behavior]=always_invoice metadata[seatwise]=pack",
    }
}

#[tokio::test(start_paused = true)]
async fn products_and_prices() {
    let metadata = Metadata::from([("pack".to_owned(), "acme".to_owned())]);
    let product = NewProduct { id: "acme.editor", name: "Editor", metadata: &metadata };
    let closed = ProductChange { active: Some(false), ..Default::default() };
    let once = NewPrice {
        product: "acme.credits",
        lookup_key: "acme.credits.eur",
        currency: "eur",
        unit_amount: 990,
        recurring: None,
        metadata: &metadata,
    };
    let monthly = NewPrice {
        recurring: Some(Recurring { interval: Interval::Month, interval_count: 3 }),
        ..once.clone()
    };
    asks! {
        async |client: Client| client.products(100).await => "GET /v1/products limit=100",
        async |client: Client| client.create_product(&product, &key()).await =>
            "POST /v1/products id=acme.editor metadata[pack]=acme name=Editor",
        async |client: Client| client.update_product("acme.editor", &closed, &key()).await =>
            "POST /v1/products/acme.editor active=false",
        async |client: Client| client.prices(&["a", "b"]).await =>
            "GET /v1/prices limit=2 lookup_keys[0]=a lookup_keys[1]=b",
        async |client: Client| client.create_price(&once, &key()).await =>
            "POST /v1/prices currency=eur lookup_key=acme.credits.eur metadata[pack]=acme \
             product=acme.credits transfer_lookup_key=true unit_amount=990",
        async |client: Client| client.create_price(&monthly, &key()).await =>
            "POST /v1/prices currency=eur lookup_key=acme.credits.eur metadata[pack]=acme \
             product=acme.credits recurring[interval]=month recurring[interval_count]=3 \
             transfer_lookup_key=true unit_amount=990",
        async |client: Client| client.set_price_active("price_1", false, &key()).await =>
            "POST /v1/prices/price_1 active=false",
    }
}

#[tokio::test(start_paused = true)]
async fn events() {
    let query = EventQuery { kinds: &["invoice.paid", "customer.deleted"], from: at(100), before: at(200) };
    asks! {
        async |client: Client| client.events(&query, 500).await =>
            "GET /v1/events created[gte]=100 created[lt]=200 limit=100 types[0]=invoice.paid \
             types[1]=customer.deleted",
    }
}
