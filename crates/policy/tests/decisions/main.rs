//! Decisions of bundles, as the functions ask for them.

mod attempts;
mod requests;
mod services;

use jiff::Timestamp;
use seatwise_domain::{InvitationId, LeaveRequestId, RoleId, SeatId, TierId, UserId, WorkspaceId};
use seatwise_policy::source::is_policy_file;
use seatwise_policy::{
    AccessRequest, ActionInfo, Bundle, Check, Core, Decision, Files, InvitationFacts, LeaveFacts,
    MemberFacts, Principal, PrincipalKind, Resource, SeatFacts, UserFacts, WorkspaceFacts, packs,
};

const NOW: Timestamp = Timestamp::constant(1_893_456_000, 0);
const PERMIT_ALL: &str = "@id(\"x\") permit (principal, action, resource);";
const FORBID_ALL: &str = "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);";
const OVERFLOW: &str = "@id(\"x\") @reason(\"y\") forbid (principal is Member, action, resource)
    when { principal.role.rank * 9223372036854775807 > 0 };";

fn files() -> Files {
    packs::files("purchased-seats").expect("built in")
}

/// The pack with one more file.
fn with(text: &str) -> Bundle {
    let mut files = files();
    files.insert("x.cedar".to_owned(), text.to_owned());
    Bundle::compile(&files).expect("a pack")
}

/// The pack with this in place of all its policies.
fn only(text: &str) -> Bundle {
    let mut files = files();
    files.retain(|path, _| !is_policy_file(path));
    files.insert("x.cedar".to_owned(), text.to_owned());
    Bundle::compile(&files).expect("a pack")
}

fn pack() -> Bundle {
    Bundle::compile(&files()).expect("a pack")
}

fn person(name: &str) -> UserId {
    UserId::of_identity("test", name)
}

/// The workspace, on the plan that workspaces start on.
fn workspace(bundle: &Bundle) -> WorkspaceFacts {
    WorkspaceFacts {
        id: WorkspaceId(person("workspace").0),
        creator: person("creator"),
        plan: bundle.pack().billing.plan.clone(),
    }
}

/// The caller, with that role and no seat.
fn member(role: &str) -> MemberFacts {
    MemberFacts::with_role(WorkspaceId(person("workspace").0), person("caller"), &RoleId(role.to_owned()))
}

fn other(role: &str) -> MemberFacts {
    MemberFacts { user: person(role), ..member(role) }
}

/// A member of another workspace.
fn foreigner(role: &str) -> MemberFacts {
    MemberFacts { workspace: WorkspaceId(person("another workspace").0), ..member(role) }
}

fn ask(bundle: &Bundle, who: &MemberFacts, action: &str, resource: &Resource, to: Option<&str>) -> Decision {
    let role = to.map(|role| RoleId(role.to_owned()));
    bundle.decide(&AccessRequest {
        action,
        principal: &Principal::Member(who.clone()),
        workspace: Some(&workspace(bundle)),
        resource,
        target_role: role.as_ref(),
        target_tier: None,
        now: NOW,
    })
}

fn deny(reason: &str) -> Decision {
    Decision::Deny { reason: Some(reason.to_owned()) }
}

const DENY: Decision = Decision::Deny { reason: None };

/// Whether a locked-out owner may do everything that recovery needs.
fn recovers(bundle: &Bundle) -> bool {
    let owner = member("owner");
    let admin = Resource::Member(other("admin"));
    let invitation = Resource::Invitation(InvitationFacts {
        id: InvitationId { workspace: owner.workspace, serial: owner.user.0 },
        role: RoleId("member".to_owned()),
        tier: None,
    });
    let workspace = [
        ("getWorkspace", None),
        ("listMembers", None),
        ("listInvitations", None),
        ("invite", Some("owner")),
        ("shareInvitationLink", Some("owner")),
    ];
    let user = UserFacts { id: owner.user, email_verified: false };
    let signs_in = ["enter", "getMe", "listWorkspaces"].iter().all(|action| {
        let principal = &Principal::User(user.clone());
        let request = AccessRequest {
            action,
            principal,
            workspace: None,
            resource: &Resource::Platform,
            target_role: None,
            target_tier: None,
            now: NOW,
        };
        bundle.decide(&request) == Decision::Allow
    });
    signs_in
        && workspace
            .iter()
            .all(|(action, to)| ask(bundle, &owner, action, &Resource::Workspace, *to) == Decision::Allow)
        && ["resendInvitation", "revokeInvitation"]
            .iter()
            .all(|action| ask(bundle, &owner, action, &invitation, None) == Decision::Allow)
        && ask(bundle, &owner, "changeRole", &admin, Some("owner")) == Decision::Allow
}
