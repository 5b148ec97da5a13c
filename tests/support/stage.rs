//! A workspace with one of everything in it, so that every route can be called.

use http::StatusCode;
use seatwise_functions::Row;
use seatwise_functions::operations;
use serde_json::{Value, json};

use super::app::{App, Person, Reply, text, token_of};

/// A workspace with one of everything in it.
pub struct Stage {
    /// What runs.
    pub app: App,
    /// Who governs it.
    pub owner: Person,
    /// A member on a seat, who has asked to leave.
    pub member: Person,
    /// Who is invited, and has not answered.
    pub invited: Person,
    /// Its path.
    pub workspace: String,
    /// The member's id.
    pub member_id: String,
    /// A seat that is free.
    pub seat: String,
    /// A pending invitation.
    pub invitation: String,
    /// The token of its link.
    pub token: String,
    /// A pending leave request.
    pub request: String,
}

impl Stage {
    /// A new one.
    pub async fn new() -> Self {
        let app = App::new().await;
        let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
        let workspace = app.workspace(&owner).await;
        let member = app.member(&owner, &workspace, "mia@acme.example", "member").await;
        let asked = app.post(&member, &format!("{workspace}/leave-requests"), json!({})).await.expect(201);
        app.buy(&owner, &workspace, "pro", 1).await;
        let pending = app.invite(&owner, &workspace, "ivo@acme.example", "member").await;
        let seat = app.buy(&owner, &workspace, "pro", 1).await.remove(0);
        let invited = app.sign_in("ivo@acme.example").await;
        app.local.settle().await;
        Self {
            member_id: app.id_of(&member).await,
            seat,
            invitation: text(&pending["id"]),
            token: token_of(&text(&pending["url"])).to_owned(),
            request: text(&asked["id"]),
            app,
            owner,
            member,
            invited,
            workspace,
        }
    }

    /// The path of a row. A parameter that this cannot fill in fails the test.
    pub fn path(&self, row: &Row) -> String {
        let path = row.path.replace("/v1/workspaces/{workspaceId}", &self.workspace);
        let path = path.replace("{userId}", &self.member_id).replace("{seatId}", &self.seat);
        let path = path.replace("{invitationId}", &self.invitation).replace("{requestId}", &self.request);
        assert!(!path.contains('{'), "{}: teach the stage to fill in {path}", row.name);
        path
    }

    /// The path of the operation of that name.
    pub fn path_of(&self, operation: &str) -> String {
        self.path(operations::find(operation).expect("an operation"))
    }
}

/// The example body of a row; null if it takes none.
pub fn example(row: &Row) -> Value {
    if row.example.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(row.example).expect("an example is JSON")
}

/// A reply without what is of its one request alone.
pub fn anonymous(reply: &Reply) -> (StatusCode, Vec<(String, String)>, String) {
    let own_id = reply.headers.get("apigw-requestid").map_or("", |id| id.to_str().expect("ASCII"));
    let headers = reply.headers.iter().filter(|(name, _)| *name != "apigw-requestid");
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    assert!(!own_id.is_empty() && reply.text.contains(own_id), "{}", reply.text);
    (reply.status, headers, reply.text.replace(own_id, ""))
}
