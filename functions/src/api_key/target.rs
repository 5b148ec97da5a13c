//! An API key as a target.

use seatwise_domain::{ApiKey, ApiKeyId, Member, Stored, WorkspaceId};
use seatwise_policy::{ApiKeyFacts, MemberFacts, Resource};
use seatwise_store::{One, Reads};

use crate::member::facts::member_facts;
use crate::scope::FactSource;
use crate::target::{Resolved, Target};

/// An API key and its owner.
pub struct OwnedKey {
    /// The key.
    pub key: Stored<ApiKey>,
}

impl Target for OwnedKey {
    type Place = WorkspaceId;
    type Id = ApiKeyId;
    type Handles = (One<ApiKey>, One<Member>);

    fn plan(id: &ApiKeyId, workspace: WorkspaceId, reads: &mut Reads) -> Self::Handles {
        (reads.one(ApiKey::key(workspace, *id)), reads.one(Member::key(workspace, id.user)))
    }

    fn resolve(
        id: &ApiKeyId,
        workspace: WorkspaceId,
        (key, owner): &Self::Handles,
        FactSource { pack, loaded, now, paid }: &FactSource<'_>,
    ) -> Option<Resolved<Self>> {
        let owner = match loaded.one(*owner) {
            Some(owner) => member_facts(pack, paid.as_ref(), &owner.value, *now),
            None => MemberFacts::placeholder(pack, workspace, id.user),
        };
        let found = loaded.one(*key).map(|key| Self { key });
        let flow = found.as_ref().is_some_and(|found| found.key.value.flow.is_some());
        Some(Resolved::here(found, Resource::ApiKey(ApiKeyFacts { id: *id, workspace, owner, flow })))
    }
}
