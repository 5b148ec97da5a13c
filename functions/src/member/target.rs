//! A member as a target.

use seatwise_domain::{Key, Member, UserId, WorkspaceId};
use seatwise_policy::{MemberFacts, Resource};

use super::facts::member_facts;
use crate::scope::FactSource;
use crate::target::WorkspaceRecord;

impl WorkspaceRecord for Member {
    type Id = UserId;

    fn key_in(workspace: WorkspaceId, user: &UserId) -> Key<Self> {
        Self::key(workspace, *user)
    }

    fn resource(
        found: Option<&Self>,
        workspace: WorkspaceId,
        user: &UserId,
        given: &FactSource<'_>,
    ) -> Resource {
        Resource::Member(match found {
            Some(member) => member_facts(given.pack, given.paid.as_ref(), member, given.now),
            None => MemberFacts::placeholder(given.pack, workspace, *user),
        })
    }
}
