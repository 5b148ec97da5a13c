//! Links in answers. An answer names the invitation; the link is derived when the answer leaves,
//! so that receipts keep no token and no decision ever holds one.

use seatwise_domain::InvitationId;
use seatwise_domain::invitation::Invitation;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::service::Service;

/// The member that marks a link. Answers are made of typed fields and clients choose no field
/// names in them, so nothing else can be mistaken for one.
const MARK: &str = "$invitation";

/// The link of an invitation: `<app>/join#token=…`.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    invitation: InvitationId,
    generation: u32,
}

impl Link {
    /// The link of an invitation.
    pub fn of(invitation: &Invitation) -> Self {
        Self { invitation: invitation.id, generation: invitation.generation }
    }

    /// As text. The token is in the fragment: browsers send it to no server, and no server's log
    /// has it (K24).
    pub fn url(&self, service: &Service) -> String {
        let token = service.tokens.token(self.invitation, self.generation);
        format!("{}/join#token={token}", service.settings.app_url.trim_end_matches('/'))
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(MARK, &self.invitation)?;
        map.serialize_entry("generation", &self.generation)?;
        map.end()
    }
}

/// An answer with its links.
pub fn render(answer: Value, service: &Service) -> Value {
    match answer {
        Value::Object(map) => match marked(&map) {
            Some(link) => Value::String(link.url(service)),
            None => {
                Value::Object(map.into_iter().map(|(name, value)| (name, render(value, service))).collect())
            }
        },
        Value::Array(items) => items.into_iter().map(|item| render(item, service)).collect(),
        other => other,
    }
}

fn marked(map: &Map<String, Value>) -> Option<Link> {
    let invitation = map.get(MARK)?.as_str()?.parse().ok()?;
    let generation = map.get("generation")?.as_u64()?.try_into().ok()?;
    Some(Link { invitation, generation })
}
