//! The caller's permissions beyond the operation itself: an operation asks if its answer depends on
//! them.

use std::collections::HashMap;

use seatwise_domain::{RoleId, Workspace};
use seatwise_policy::{AccessRequest, ActionInfo, Decision, Resource};

use crate::operation::{Operation, State};
use crate::scope::{InWorkspace, Scope as _, SignedIn};
use crate::workspace::facts::workspace_facts;

impl<O: Operation<Scope = InWorkspace>> State<'_, O> {
    /// Whether the caller may do another action on the workspace.
    pub fn may(&self, action: &str) -> bool {
        self.may_give(action, None)
    }

    /// Whether the caller may see the link of a pending invitation for this role. Whoever has the
    /// link can join with it.
    pub fn may_share(&self, role: &RoleId) -> bool {
        self.may_give("shareInvitationLink", Some(role))
    }

    /// The decision of the policies on each action that is asked about.
    pub fn attempts(&self, is_asked: impl Fn(&ActionInfo) -> bool) -> Vec<(&ActionInfo, Decision)> {
        let bundle = &self.active.bundle;
        bundle.attempts(self.scope.principal(), self.scope.workspace_facts(), self.now, is_asked)
    }

    fn may_give(&self, action: &str, target_role: Option<&RoleId>) -> bool {
        let decision = self.active.bundle.decide(&AccessRequest {
            action,
            principal: self.scope.principal(),
            workspace: Some(self.scope.workspace_facts()),
            resource: &Resource::Workspace,
            target_role,
            now: self.now,
        });
        decision == Decision::Allow
    }
}

impl<O: Operation<Scope = SignedIn>> State<'_, O> {
    /// Whether the caller may join a workspace by the domain of their address.
    pub fn may_join_by_domain(&self, workspace: &Workspace) -> bool {
        let decision = self.active.bundle.decide(&AccessRequest {
            action: "joinByDomain",
            principal: self.scope.principal(),
            workspace: Some(&workspace_facts(workspace)),
            resource: &Resource::Workspace,
            target_role: None,
            now: self.now,
        });
        decision == Decision::Allow
    }
}

/// Whether the caller may share links, asked once for each role: a list of a thousand invitations
/// has few roles.
pub struct SharePermissions<'a, 'b, O: Operation> {
    state: &'a State<'b, O>,
    known: HashMap<RoleId, bool>,
}

impl<'a, 'b, O: Operation<Scope = InWorkspace>> SharePermissions<'a, 'b, O> {
    /// Nothing was asked yet.
    pub fn of(state: &'a State<'b, O>) -> Self {
        Self { state, known: HashMap::new() }
    }

    /// Whether the caller may see links of invitations for this role.
    pub fn may(&mut self, role: &RoleId) -> bool {
        let Self { state, known } = self;
        *known.entry(role.clone()).or_insert_with(|| state.may_share(role))
    }
}
