//! The six operations that the figures are about, sent by two people: create a workspace, invite, join, change a role,
//! list the members, and ask what somebody may do.

use http::Method;
use serde_json::{Value, json};

/// The operations, in their order.
pub const OPERATIONS: [&str; 6] =
    ["create-workspace", "invite", "join", "change-role", "list-members", "authorize"];

/// An address that nobody has yet.
pub fn fresh_address() -> String {
    format!("{:016x}@bench.example", rand::random::<u64>())
}

/// The two people of a round: their access tokens, and the address of the second.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The token of the person who creates the workspace.
    pub owner: String,
    /// The token of the person who joins.
    pub joiner: String,
    /// The address of the person who joins.
    pub email: String,
}

/// A request of a round.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The access token.
    pub token: &'a str,
    /// The body, if there is one.
    pub body: Option<Value>,
}

/// A round: the requests of two people, each made of the answers before it.
#[derive(Debug)]
pub struct Round<'a> {
    pair: &'a Pair,
    workspace: String,
    invitation: String,
    member: String,
}

impl<'a> Round<'a> {
    /// A new round of these people.
    pub fn new(pair: &'a Pair) -> Self {
        Self { pair, workspace: String::new(), invitation: String::new(), member: String::new() }
    }

    /// The request of the operation at this place of [`OPERATIONS`].
    pub fn call(&self, operation: usize) -> Call<'a> {
        let Pair { owner, joiner, email } = self.pair;
        let workspace = format!("/v1/workspaces/{}", self.workspace);
        let (method, path, token, body) = match operation {
            0 => (Method::POST, "/v1/workspaces".to_owned(), owner, Some(json!({ "name": "Measured" }))),
            1 => {
                let body = json!({ "emails": [email], "role": "member" });
                (Method::POST, format!("{workspace}/invitations"), owner, Some(body))
            }
            2 => (
                Method::POST,
                "/v1/join".to_owned(),
                joiner,
                Some(json!({ "invitationId": self.invitation })),
            ),
            3 => {
                let path = format!("{workspace}/members/{}/role", self.member);
                (Method::PUT, path, owner, Some(json!({ "role": "admin" })))
            }
            4 => (Method::GET, format!("{workspace}/members"), owner, None),
            _ => {
                let body = json!({ "actions": ["invite", "removeMember"] });
                (Method::POST, format!("{workspace}/authorize"), joiner, Some(body))
            }
        };
        Call { method, path, token, body }
    }

    /// Takes what later requests need from an answer.
    pub fn answered(&mut self, operation: usize, answer: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match operation {
            0 => self.workspace = text(&answer["id"]),
            1 => self.invitation = text(&answer["items"][0]["invitation"]["id"]),
            2 => self.member = text(&answer["member"]["userId"]),
            _ => {}
        }
    }
}
