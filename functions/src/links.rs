//! Links in answers. An answer names the invitation; the link is derived when the answer leaves,
//! so that receipts keep no token and no decision ever holds one.

use jiff::Timestamp;
use seatwise_domain::{Invitation, InvitationId, RoleLink};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::token::{LinkTarget, TokenKeys};

/// The member that marks a link. Answers are made of typed fields and clients choose no field
/// names in them, so nothing else can be mistaken for one.
const INVITATION: &str = "$invitation";
/// The member that marks a link for a role. Its value is written like an invitation's id.
const ROLE: &str = "$link";

/// The link of an invitation, or one for a role: `<app>/join#token=…`.
#[derive(Clone, Copy, Debug)]
pub struct LinkText {
    target: LinkTarget,
    generation: u32,
}

impl LinkText {
    /// The link of an invitation.
    pub fn of(invitation: &Invitation) -> Self {
        Self { target: LinkTarget::Invitation(invitation.id), generation: invitation.generation }
    }

    /// A link for a role.
    pub fn for_role(link: &RoleLink) -> Self {
        Self { target: LinkTarget::Link(link.workspace, link.serial()), generation: link.generation }
    }
}

/// Makes the text of links.
#[derive(Clone, Copy)]
pub struct Links<'a> {
    /// The keys that make tokens.
    pub tokens: &'a TokenKeys,
    /// The address of the client app.
    pub app_url: &'a str,
    /// The time that determines the key.
    pub now: Timestamp,
}

impl Links<'_> {
    /// A link as text; none if there is no key to make it with. The token is in the fragment: browsers
    /// send it to no server, and no server's log has it (K24).
    pub fn url(&self, link: LinkText) -> Option<String> {
        let token = self.tokens.token(link.target, link.generation, self.now)?;
        Some(format!("{}/join#token={token}", self.app_url.trim_end_matches('/')))
    }
}

impl Serialize for LinkText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self.target {
            LinkTarget::Invitation(id) => map.serialize_entry(INVITATION, &id)?,
            LinkTarget::Link(workspace, serial) => {
                map.serialize_entry(ROLE, &InvitationId { workspace, serial })?;
            }
        }
        map.serialize_entry("generation", &self.generation)?;
        map.end()
    }
}

/// There is no key to make a link with.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("there is no key to make a link with")]
pub struct NoLinkKey;

/// An answer with the text of its links.
pub fn render(answer: Value, links: Option<Links<'_>>) -> Result<Value, NoLinkKey> {
    if let Value::Object(map) = &answer
        && let Some(link) = marked(map)
    {
        return links.and_then(|links| links.url(link)).map(Value::String).ok_or(NoLinkKey);
    }
    Ok(match answer {
        Value::Object(map) => {
            let named = |(name, value)| Ok((name, render(value, links)?));
            Value::Object(map.into_iter().map(named).collect::<Result<_, NoLinkKey>>()?)
        }
        Value::Array(items) => {
            let items = items.into_iter().map(|item| render(item, links));
            Value::Array(items.collect::<Result<_, NoLinkKey>>()?)
        }
        other => other,
    })
}

fn marked(map: &Map<String, Value>) -> Option<LinkText> {
    let id = |mark| map.get(mark).and_then(Value::as_str)?.parse::<InvitationId>().ok();
    let link = || id(ROLE).map(|id| LinkTarget::Link(id.workspace, id.serial));
    let target = id(INVITATION).map(LinkTarget::Invitation).or_else(link)?;
    let generation = map.get("generation")?.as_u64()?.try_into().ok()?;
    Some(LinkText { target, generation })
}
