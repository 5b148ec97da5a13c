//! The settings of a pack: each value of each setting of `product.toml`, in a pack that was changed for it.

mod contradictions;
mod invitations;
mod mail;
mod people;
mod seats;

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::packs::edited_without_cases;
use crate::support::person::Person;
use crate::support::reply::text;

const DATA: &str = "product.toml";
const ROLES: &str = "roles.cedar";
const PEOPLE: &str = "people.cedar";
const DAY: i64 = 24 * 3600;

/// The creator of a workspace, and its path.
async fn office(app: &App) -> (Person, String) {
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    (olga, workspace)
}

/// Invites somebody, who then signs in: who, and the link.
async fn invited(app: &App, by: &Person, workspace: &str, email: &str, role: &str) -> (Person, String) {
    let invitation = app.invite(by, workspace, email, role).await;
    (app.sign_in(email).await, text(&invitation["url"]))
}

/// The roles that somebody has after they have entered.
async fn enter(app: &App, email: &str) -> Vec<String> {
    let person = app.sign_in(email).await;
    let entered = app.post(&person, "/v1/me", json!({})).await.expect(200);
    entered["workspaces"].as_array().expect("a list").iter().map(|one| text(&one["role"])).collect()
}

/// The policy of a pack that has this id, to its end.
fn policy(pack: &str, file: &str, id: &str) -> String {
    let files = edited_without_cases(pack, &[]);
    let start = files[file].find(&format!("@id(\"{id}\")")).expect("such a policy");
    let text = &files[file][start..];
    text[..=text.find(";\n").expect("an end")].to_owned()
}

/// Somebody with an account that one can tell from a new one.
async fn settled(app: &App, by: &Person, workspace: &str, email: &str) -> Person {
    let person = app.bring(by, workspace, email, "member").await;
    app.call(&person, "PATCH", "/v1/me", json!({ "timezone": "Europe/Riga" })).await.expect(200);
    person
}
