//! Resources of a workspace, such as integrations, mini-apps and bots, whose numbers the product limits (L3–L5). Seatwise
//! keeps which there are, and none of their secrets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id::{UserId, WorkspaceId, WorkspaceResourceId};
use super::text::SingleLine;
use crate::pack::KindId;

/// The name of a resource in its own system, such as the id of a page.
pub type ExternalId = SingleLine<200>;
/// The name that people read.
pub type ResourceLabel = SingleLine<100>;

/// A resource of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceResource {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The id. It follows from kind, external id and account, so that the same resource has the same key.
    pub id: WorkspaceResourceId,
    /// The kind.
    pub kind: KindId,
    /// The name in its own system.
    pub external_id: ExternalId,
    /// The account, of a resource that a workspace can have for several accounts (L5).
    #[serde(default)]
    pub account: Option<ExternalId>,
    /// The name that people read.
    #[serde(default)]
    pub label: Option<ResourceLabel>,
    /// The member who added it.
    pub added_by: UserId,
    /// The time at which it was added.
    pub added_at: Timestamp,
}

/// The number of resources of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceCount {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The kind.
    pub kind: KindId,
    /// The number.
    pub used: i64,
}

/// Namespace of ids of resources. It must never change, or a resource could be added twice.
const NAMESPACE: Uuid = Uuid::from_u128(0x9a51_36e0_8d0b_4f7e_a7a5_2c1e_9b7d_30f4);

impl WorkspaceResource {
    /// The id of a resource.
    pub fn id_of(
        kind: &KindId,
        external_id: &ExternalId,
        account: Option<&ExternalId>,
    ) -> WorkspaceResourceId {
        // The lengths keep ("ab", "c") and ("a", "bc") apart.
        let parts = [kind.as_str(), external_id.as_str(), account.map_or("", ExternalId::as_str)];
        let name = parts.map(|part| format!("{}:{part}", part.len())).concat();
        WorkspaceResourceId(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_one_id() {
        let id = |kind: &str, external: &str, account: Option<&str>| {
            let text = |text: &str| ExternalId::try_from(text.to_owned()).unwrap();
            WorkspaceResource::id_of(&KindId(kind.to_owned()), &text(external), account.map(text).as_ref())
        };
        assert_eq!(id("bot", "a", None), id("bot", "a", None));
        for other in
            [id("bots", "a", None), id("bot", "ab", None), id("bot", "a", Some("b")), id("bo", "ta", None)]
        {
            assert_ne!(id("bot", "a", None), other);
        }
    }
}
