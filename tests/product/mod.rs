//! The product as data for clients.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::packs;

#[tokio::test]
async fn the_product_is_what_the_pack_says_in_every_pack() {
    for pack in ["purchased-seats", "flat-owners", "role-seats", "role-ladder"] {
        let app = App::with_pack(pack).await;
        let reply = app.call(None, "GET", "/v1/product", Value::Null).await;
        assert_eq!(reply.headers["cache-control"], "public, max-age=60");
        let product: Value = serde_json::from_str(&reply.text).expect("JSON");
        let file: toml::Value = toml::from_str(&packs::files(pack)["product.toml"]).expect("TOML");
        let ids = |list: &Value| -> Vec<String> {
            let items = list.as_array().expect("a list").iter();
            items.map(|item| item["id"].as_str().expect("a name").to_owned()).collect()
        };
        let written = |name: &str| -> Vec<String> {
            let tables = file.get(name).and_then(toml::Value::as_array).into_iter().flatten();
            tables.map(|table| table["id"].as_str().expect("a name").to_owned()).collect()
        };
        assert_eq!(ids(&product["roles"]), written("role"), "{pack}");
        assert_eq!(ids(&product["plans"]), written("plan"), "{pack}");
        assert_eq!(ids(&product["resourceKinds"]), written("resource"), "{pack}");
        assert_eq!(product["version"], 1, "{pack}");
        assert_eq!(product["offers"]["resources"], json!(pack == "role-ladder"));
        assert_eq!(product["offers"]["leave"].as_str(), file["leave"]["by"].as_str());
    }
}
