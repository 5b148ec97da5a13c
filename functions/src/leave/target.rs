//! A leave request as a target.

use seatwise_domain::{LeaveRequest, LeaveRequestId, Member, Stored, WorkspaceId};
use seatwise_policy::{LeaveFacts, MemberFacts, Resource};
use seatwise_store::{One, Reads};

use crate::member::facts::member_facts;
use crate::scope::FactSource;
use crate::target::{Resolved, Target};

/// A leave request and the member who asks to leave.
pub struct AskedLeave {
    /// The request.
    pub request: Stored<LeaveRequest>,
    /// The asker's membership; `None` once the asker is gone.
    pub asker: Option<Stored<Member>>,
}

impl Target for AskedLeave {
    type Place = WorkspaceId;
    type Id = LeaveRequestId;
    type Handles = (One<LeaveRequest>, One<Member>);

    fn plan(id: &LeaveRequestId, workspace: WorkspaceId, reads: &mut Reads) -> Self::Handles {
        (reads.one(LeaveRequest::key(workspace, *id)), reads.one(Member::key(workspace, id.user)))
    }

    fn resolve(
        id: &LeaveRequestId,
        workspace: WorkspaceId,
        (request, asker): &Self::Handles,
        FactSource { pack, loaded, now, paid }: &FactSource<'_>,
    ) -> Option<Resolved<Self>> {
        let asker = loaded.one(*asker);
        let requester = match &asker {
            Some(asker) => member_facts(pack, paid.as_ref(), &asker.value, *now),
            None => MemberFacts::placeholder(pack, workspace, id.user),
        };
        let found = loaded.one(*request).map(|request| Self { request, asker });
        Some(Resolved::here(found, Resource::LeaveRequest(LeaveFacts { id: *id, workspace, requester })))
    }
}
