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
    /// The address of its logo.
    pub logo: String,
}

/// A domain that the workspace has claimed, where the product has domains.
pub const DOMAIN: &str = "acme.example";

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
        let logo = app.logo(&owner, &workspace).await;
        app.local.settle().await;
        Self {
            member_id: app.id_of(&member).await,
            seat,
            invitation: text(&pending["id"]),
            token: token_of(&text(&pending["url"])).to_owned(),
            request: text(&asked["id"]),
            logo,
            app,
            owner,
            member,
            invited,
            workspace,
        }
    }

    /// The same where the plan has the seats and there are links and domains. The member waits for a
    /// seat; no seat has an id, and nobody asks to leave: those are ids of nothing.
    pub async fn of_role_seats() -> Self {
        let app = App::with_pack("role-seats").await;
        let owner = app.sign_in_as(json!({ "email": "olga@acme.example", "firstName": "Olga" })).await;
        let workspace = app.workspace(&owner).await;
        app.plan(&workspace, "enterprise").await;
        let joining = app.invite(&owner, &workspace, "mia@acme.example", "viewer").await;
        let member = app.sign_in("mia@acme.example").await;
        app.join(&member, &text(&joining["url"])).await.expect(200);
        let pending = app.invite(&owner, &workspace, "ivo@acme.example", "member").await;
        for path in ["links/member", "links/viewer", &format!("domains/{DOMAIN}")] {
            app.call(&owner, "PUT", &format!("{workspace}/{path}"), Value::Null).await.expect(200);
        }
        let invited = app.sign_in("ivo@acme.example").await;
        let logo = app.logo(&owner, &workspace).await;
        app.local.settle().await;
        Self {
            member_id: app.id_of(&member).await,
            seat: "019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b".to_owned(),
            invitation: text(&pending["id"]),
            token: token_of(&text(&pending["url"])).to_owned(),
            request: "A".repeat(43),
            logo,
            app,
            owner,
            member,
            invited,
            workspace,
        }
    }

    /// The path of a row; of the logo, its whole address. A parameter that this cannot fill in fails the
    /// test.
    pub fn path(&self, row: &Row) -> String {
        if row.name == "get-logo" {
            return self.logo.clone();
        }
        let path = row.path.replace("/v1/workspaces/{workspaceId}", &self.workspace);
        let path = path.replace("{role}", "member").replace("{domain}", DOMAIN);
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

/// A path with more in its query.
pub fn with_query(path: &str, query: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{query}")
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
