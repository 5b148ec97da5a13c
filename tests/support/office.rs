//! A workspace of each product, and small questions about the people in it.

use serde_json::{Value, json};

use super::app::App;
use super::client::Client as _;
use super::person::Person;
use super::reply::{Reply, text};

/// The actions of the product that need a seat in role-seats.
pub const AI: [&str; 4] = ["useChat", "useAssistants", "useWorkflows", "useTranslations"];

/// A workspace under a built-in pack, and the person who made it.
pub async fn office(pack: &str) -> (App, Person, String) {
    office_of(App::with_pack(pack).await).await
}

/// A workspace of role-seats whose plan has so many seats, the admin's included.
pub async fn office_with_seats(seats: u32) -> (App, Person, String) {
    let seats = format!("seats = {seats}\n");
    office_of(App::with_edited_pack("role-seats", &[("product.toml", "seats = 5\n", &seats)]).await).await
}

/// A workspace on a running service, and the person who made it: Ada in role-seats, Olga elsewhere.
pub async fn office_of(app: App) -> (App, Person, String) {
    let name = if app.local.pack == "role-seats" { "Ada" } else { "Olga" };
    let email = format!("{}@acme.example", name.to_lowercase());
    let creator = app.sign_in_as(json!({ "email": email, "firstName": name })).await;
    let workspace = app.workspace(&creator).await;
    (app, creator, workspace)
}

/// Somebody comes by a link; the person, and their membership.
pub async fn come(app: &App, url: &str, email: &str) -> (Person, Value) {
    let person = app.sign_in(email).await;
    let joined = app.join_by(&person, url).await.expect(200);
    (person, joined["member"].clone())
}

/// So many people come by the link for members.
pub async fn crowd(app: &App, admin: &Person, workspace: &str, count: usize) -> Vec<Person> {
    let url = app.role_link(admin, workspace, "member").await;
    let mut people = Vec::new();
    for number in 0..count {
        people.push(come(app, &url, &format!("p{number}@acme.example")).await.0);
    }
    people
}

/// Switches on or off that joiners take a seat.
pub async fn auto_assign(app: &App, admin: &Person, workspace: &str, is_on: bool) {
    let body = json!({ "autoAssignSeats": is_on });
    let set = app.call(admin, "PATCH", &format!("{workspace}/settings"), body.clone()).await.expect(200);
    assert_eq!(set, body);
}

/// The role of a member, and whether the member is on a seat.
pub fn stands(member: &Value) -> (&str, bool) {
    (member["role"].as_str().unwrap_or_default(), !member["seat"].is_null())
}

/// Enters; the roles by workspace name, and where to go on.
pub async fn enter(app: &App, who: &Person) -> (Vec<String>, String) {
    let entered = app.post(who, "/v1/me", json!({})).await.expect(200);
    let roles =
        entered["workspaces"].as_array().expect("a list").iter().map(|one| text(&one["role"])).collect();
    (roles, text(&entered["next"]))
}

/// Somebody's account.
pub async fn me(app: &App, who: &Person) -> Value {
    app.get(who, "/v1/me").await.expect(200)
}

/// Sets what only an account that is kept still knows later.
pub async fn settle_in(app: &App, who: &Person) {
    let zone = json!({ "timezone": "Europe/Riga" });
    app.call(who, "PATCH", "/v1/me", zone).await.expect(200);
}

/// Accepts an invitation by its id.
pub async fn accept(app: &App, who: &Person, invitation: &Value) -> Reply {
    app.post(who, "/v1/join", json!({ "invitationId": invitation["id"] })).await
}

/// The workspaces that somebody can switch between: paths and roles.
pub async fn switcher(app: &App, who: &Person) -> Vec<(String, String)> {
    let listed = app.get(who, "/v1/workspaces").await.expect(200);
    let entry = |entry: &Value| (format!("/v1/workspaces/{}", text(&entry["id"])), text(&entry["role"]));
    let mut entries: Vec<_> = listed["items"].as_array().expect("a list").iter().map(entry).collect();
    entries.sort();
    entries
}

/// Paths and roles in the order of [`switcher`].
pub fn sorted(mut entries: Vec<(&str, &str)>) -> Vec<(String, String)> {
    entries.sort_unstable();
    entries.into_iter().map(|(path, role)| (path.to_owned(), role.to_owned())).collect()
}
