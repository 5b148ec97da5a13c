//! Members: roles, lists, removal.

mod add_member;
mod change_role;
mod coming_back;
mod export_members;
mod leave_workspace;
mod list_members;
mod remove_member;
mod taken_over;

use serde_json::json;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::person::Person;

/// Ada, and people whose names a list and a table must get right.
async fn team(app: &App, ada: &Person, workspace: &str) -> Vec<Person> {
    let mut team = Vec::new();
    for (email, role, first, last) in [
        ("zoe@acme.example", "member", "Zoë", "Ångström"),
        ("calc@acme.example", "viewer", "=1+1", "@SUM(A1)"),
        ("pat@acme.example", "member", "Pat \"Patty\"", "O'Neil, Jr."),
        ("lei@acme.example", "viewer", "雷", "李"),
        ("zhanna@acme.example", "viewer", "Жанна", "Борисова"),
        ("nameless@other.example", "member", "", ""),
    ] {
        let mut body = json!({ "email": email });
        if !first.is_empty() {
            body["firstName"] = json!(first);
            body["lastName"] = json!(last);
        }
        let invitation = app.invite(ada, workspace, email, role).await;
        let person = app.sign_in_as(body).await;
        app.join(&person, &invitation).await.expect(200);
        team.push(person);
    }
    team
}
