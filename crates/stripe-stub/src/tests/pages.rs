//! The pages, as a browser without scripts sees them.

use super::*;

fn buttons(text: &str) -> Vec<&str> {
    let parts = text.split("<button").skip(1);
    parts.filter_map(|part| part.split_once('>')?.1.split_once('<')).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn checkout_leads_to_the_shop_and_back() {
    let bench = Bench::new();
    let (customer, price) = bench.shop().await;
    bench.post("products/demo.pro", "name=<b>Pro</b>").await;
    let session = bench.checkout(&customer, &price, 3).await;
    let path = format!("/checkout/{session}");
    let (status, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert_eq!((status, buttons(&text)), (StatusCode::OK, vec!["Pay", "Decline", "Ask for authentication"]));
    assert!(text.contains("30.00 EUR") && text.contains("https://x.example/no") && !text.contains("<b>Pro"));
    page(bench.stub.pages(), "POST", &path, "act=decline").await;
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert!(text.contains("Your card was declined."));
    let (status, here, _) = page(bench.stub.pages(), "POST", &path, "act=ask").await;
    assert_eq!((status, here), (StatusCode::SEE_OTHER, format!("http://stub.example{path}")));
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert_eq!(buttons(&text), ["Complete authentication", "Fail authentication"]);
    let (_, shop, _) = page(bench.stub.pages(), "POST", &path, "act=complete").await;
    assert_eq!(shop, format!("https://x.example/?s={session}"));
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert!(buttons(&text).is_empty() && text.contains("This session is complete."));
    let (status, _, text) = page(bench.stub.pages(), "POST", &path, "act=pay").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("not open any more"));
    let (status, ..) = page(bench.stub.pages(), "GET", "/checkout/cs_test_none", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_invoice_can_be_paid_on_its_page() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::AsksForAuthentication).await;
    bench.charge(&subscription, 4, "charge:1").await;
    let path = format!("/invoice/{}", bench.last_invoice().id);
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert_eq!(buttons(&text), ["Complete authentication", "Pay", "Decline"]);
    assert!(text.contains("10.00 EUR") && text.contains("−30.00 EUR"));
    page(bench.stub.pages(), "POST", &path, "act=decline").await;
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert_eq!(buttons(&text), ["Pay", "Decline"]);
    page(bench.stub.pages(), "POST", &path, "act=pay").await;
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert!(text.contains("This invoice is paid."));
    assert_eq!(bench.subscription().items[0].quantity, 4);
}

#[tokio::test]
async fn the_portal_shows_what_its_configuration_allows() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let plain = bench.post("billing_portal/configurations", "features[invoice_history][enabled]=true").await;
    let full = bench
        .post(
            "billing_portal/configurations",
            "features[subscription_cancel][enabled]=true&features[subscription_update][enabled]=true\
             &features[payment_method_update][enabled]=true\
             &features[subscription_update][default_allowed_updates][]=quantity",
        )
        .await;
    let open = async |configuration: &Value| {
        let form = format!(
            "customer={}&configuration={}&return_url=https://x.example/back",
            subscription.customer,
            id(configuration)
        );
        format!("/portal/{}", id(&bench.post("billing_portal/sessions", &form).await))
    };
    let path = open(&plain).await;
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert_eq!(buttons(&text), ["Next payment fails"]);
    assert!(
        text.contains("3 × Pro") && text.contains("30.00 EUR") && text.contains("https://x.example/back")
    );
    let (status, ..) = page(bench.stub.pages(), "POST", &path, "act=cancel").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let path = open(&full).await;
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert_eq!(
        buttons(&text),
        ["Change quantity", "Cancel subscription", "Change card", "Next payment fails"]
    );
    for act in ["act=quantity&quantity=5", "act=cancel", "act=card&card=is_declined", "act=fails"] {
        let (status, here, _) = page(bench.stub.pages(), "POST", &path, act).await;
        assert_eq!((status, here), (StatusCode::SEE_OTHER, format!("http://stub.example{path}")), "{act}");
    }
    let changed = bench.subscription();
    assert_eq!((changed.items[0].quantity, changed.cancel_at_period_end), (5, true));
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert!(buttons(&text).contains(&"Keep subscription") && text.contains("The next payment will fail."));
    page(bench.stub.pages(), "POST", &path, "act=keep").await;
    assert_eq!(bench.subscription().cancel_at, None);
}

#[tokio::test]
async fn a_confirmed_update_leads_back() {
    let bench = Bench::new();
    let subscription = bench.subscribed(Card::Works).await;
    let configuration = bench
        .post(
            "billing_portal/configurations",
            "features[subscription_update][enabled]=true\
             &features[subscription_update][default_allowed_updates][]=quantity",
        )
        .await;
    let form = format!(
        "customer={}&configuration={}&flow_data[type]=subscription_update_confirm\
         &flow_data[after_completion][type]=redirect\
         &flow_data[after_completion][redirect][return_url]=https://x.example/done\
         &flow_data[subscription_update_confirm][subscription]={}\
         &flow_data[subscription_update_confirm][items][0][id]={}\
         &flow_data[subscription_update_confirm][items][0][quantity]=2",
        subscription.customer,
        id(&configuration),
        subscription.id,
        subscription.items[0].id
    );
    let path = format!("/portal/{}", id(&bench.post("billing_portal/sessions", &form).await));
    let (_, _, text) = page(bench.stub.pages(), "GET", &path, "").await;
    assert_eq!(buttons(&text), ["Confirm"]);
    assert!(text.contains("From 3 × Pro to 2 × Pro."));
    let (status, done, _) = page(bench.stub.pages(), "POST", &path, "act=confirm").await;
    assert_eq!((status, done.as_str()), (StatusCode::SEE_OTHER, "https://x.example/done"));
    assert_eq!(bench.subscription().items[0].quantity, 2);
}
