//! Links in answers. An answer names the invitation; the link is derived when the answer leaves,
//! so that receipts keep no token and no decision ever holds one.

use jiff::Timestamp;
use seatwise_domain::{Invitation, InvitationId, RoleLink};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::token::{Opens, TokenKeys};

/// The member that marks a link. Answers are made of typed fields and clients choose no field
/// names in them, so nothing else can be mistaken for one.
const INVITATION: &str = "$invitation";
/// The same, of a link for a role; written as an invitation's id is.
const ROLE: &str = "$link";

/// The link of an invitation, or one for a role: `<app>/join#token=…`.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    opens: Opens,
    generation: u32,
}

impl Link {
    /// The link of an invitation.
    pub fn of(invitation: &Invitation) -> Self {
        Self { opens: Opens::Invitation(invitation.id), generation: invitation.generation }
    }

    /// A link for a role.
    pub fn for_role(link: &RoleLink) -> Self {
        Self { opens: Opens::Link(link.workspace, link.serial()), generation: link.generation }
    }
}

/// Makes the text of links.
#[derive(Clone, Copy)]
pub struct Links<'a> {
    /// What tokens are made with.
    pub tokens: &'a TokenKeys,
    /// Where the client app lives.
    pub app_url: &'a str,
    /// Says which key is used.
    pub now: Timestamp,
}

impl Links<'_> {
    /// A link as text; none if there is no key to make it with. The token is in the fragment: browsers
    /// send it to no server, and no server's log has it (K24).
    pub fn url(&self, link: Link) -> Option<String> {
        let token = self.tokens.token(link.opens, link.generation, self.now)?;
        Some(format!("{}/join#token={token}", self.app_url.trim_end_matches('/')))
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self.opens {
            Opens::Invitation(id) => map.serialize_entry(INVITATION, &id)?,
            Opens::Link(workspace, serial) => {
                map.serialize_entry(ROLE, &InvitationId { workspace, serial })?;
            }
        }
        map.serialize_entry("generation", &self.generation)?;
        map.end()
    }
}

/// An answer with its links; none if one cannot be made.
pub fn render(answer: Value, links: Option<Links<'_>>) -> Option<Value> {
    if let Value::Object(map) = &answer
        && let Some(link) = marked(map)
    {
        return links?.url(link).map(Value::String);
    }
    Some(match answer {
        Value::Object(map) => {
            let named = |(name, value)| Some((name, render(value, links)?));
            Value::Object(map.into_iter().map(named).collect::<Option<_>>()?)
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| render(item, links)).collect::<Option<_>>()?)
        }
        other => other,
    })
}

fn marked(map: &Map<String, Value>) -> Option<Link> {
    let id = |mark| map.get(mark).and_then(Value::as_str)?.parse::<InvitationId>().ok();
    let link = || id(ROLE).map(|id| Opens::Link(id.workspace, id.serial));
    let opens = id(INVITATION).map(Opens::Invitation).or_else(link)?;
    let generation = map.get("generation")?.as_u64()?.try_into().ok()?;
    Some(Link { opens, generation })
}
