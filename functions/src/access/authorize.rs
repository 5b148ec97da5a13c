//! `authorize`: may the caller do that, or the user that a service names? Actions of the host product included.

use http::Method;
use seatwise_domain::rules::member;
use seatwise_domain::{Changes, Member, Moment, Pack, Refusal, RoleId, Tally, TierId, WorkspaceId};
use seatwise_policy::{
    AccessRequest, ActionInfo, Check, Decision, Principal, Resource, ResourceKind, SeatFacts,
};
use seatwise_store::{One, Reads};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::AuthorizeBody;
use super::check::{CheckBody, NamedTarget, TargetHandles};
use crate::denial;
use crate::leave::approve_leave::ApproveLeave;
use crate::member::change_role::ChangeRole;
use crate::member::facts::member_facts;
use crate::member::leave_workspace::LeaveWorkspace;
use crate::member::remove_member::RemoveMember;
use crate::operation::{Operation, Planned, Request, Start, State, about, camel_case};
use crate::operations;
use crate::output;
use crate::path::WorkspacePath;
use crate::problem::{Code, Problem};
use crate::scope::{ActorIn, MemberOrService, Scope as _, WorkspaceActor, WorkspaceScope as _};
use crate::seat::release_seat::ReleaseSeat;
use crate::tag::Tag;
use crate::target::known_role;
use crate::wire::Nothing;
use crate::workspace::target::ThisWorkspace;

/// Asks the policies.
pub struct Authorize;

/// The decisions, in the order of the actions.
#[derive(Serialize, ToSchema)]
pub struct Decisions {
    decisions: Vec<DecisionView>,
}
output!(Decisions);

/// The decision of the policies on one action.
#[derive(Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionView {
    /// The name of the action.
    #[schema(example = "viewAnalytics")]
    action: String,
    /// Whether the user has the permission.
    allowed: bool,
    /// The reason of a denial: of the policy that forbids the action, or the code with which the operation
    /// would be refused. `not_permitted` if no policy permits it, `not_offered` if the product does not offer
    /// it to anybody, `unknown_action` if the product has no such action, `not_found` if the target does not
    /// exist, `not_a_member` if the user is no member of the workspace. Null if it is allowed.
    #[schema(required, example = "pro_seat_required")]
    reason: Option<String>,
    /// A sentence that says who may, or why nobody may. Null if it is allowed.
    #[schema(required, example = "Only Owner and Admin can do this.")]
    detail: Option<String>,
}

impl DecisionView {
    fn allowed(action: String) -> Self {
        Self { action, allowed: true, reason: None, detail: None }
    }

    fn refused(action: String, reason: &str, detail: &str) -> Self {
        Self { action, allowed: false, reason: Some(reason.to_owned()), detail: Some(detail.to_owned()) }
    }

    /// The refusal with which the operation would answer.
    fn by(action: String, problem: Problem) -> Self {
        let Problem { code, detail, reason, .. } = problem;
        let reason = reason.map_or_else(|| code.as_str().to_owned(), String::from);
        let detail = detail.map_or_else(|| code.detail().to_owned(), String::from);
        Self::refused(action, &reason, &detail)
    }
}

/// A check, and what is read of its target.
pub struct PlannedCheck {
    body: CheckBody,
    /// The path of the check in the body.
    place: String,
    named: Option<(NamedTarget, TargetHandles)>,
    /// For an action that the standing of a member can refuse.
    standing: Option<(StandingAction, One<Tally>)>,
}

/// The checks, and what is read for them.
pub struct AuthorizePlan {
    checks: Vec<PlannedCheck>,
    /// The membership of the user whom a service names.
    member: Option<One<Member>>,
}

impl PlannedCheck {
    fn of(
        body: CheckBody,
        place: String,
        workspace: WorkspaceId,
        reads: &mut Reads,
    ) -> Result<Self, Problem> {
        let named = body.target(&place)?.map(|target| (target, target.plan(workspace, reads)));
        let standing = StandingAction::of(&body.action);
        let standing = standing.map(|action| (action, reads.one(Tally::key(workspace))));
        Ok(Self { body, place, named, standing })
    }

    /// Requires that the action is about what the check names. `info` is the action.
    fn require_sense(&self, info: &ActionInfo) -> Result<(), Problem> {
        let Self { body, place, named, .. } = self;
        let wrong = |field: &str, message: &str| Err(Problem::field(format!("{place}.{field}"), message));
        match named {
            Some((target, _)) if !info.resources.contains(&target.kind()) => {
                wrong(target.field(), "must be absent: the action does not act on this kind of target")
            }
            _ if body.role.is_some() && !info.takes_target_role => {
                wrong("role", "must be absent: the action gives no role")
            }
            _ if body.tier.is_none() || info.takes_target_tier => Ok(()),
            Some(_) => wrong("tier", "must be absent beside a target: the action gives no seat"),
            None if !info.resources.contains(&ResourceKind::Seat) => {
                wrong("tier", "must be absent: the action neither gives a seat nor acts on one")
            }
            None => Ok(()),
        }
    }

    /// The refusal of the action because of the standing of the member whom it concerns: the reasons that a menu can
    /// tell in advance.
    fn refusal_by_standing(
        &self,
        principal: &Principal,
        resource: Option<&Resource>,
        role: Option<&RoleId>,
        state: &State<'_, Authorize>,
    ) -> Option<Refusal> {
        let (action, tally) = self.standing?;
        let (pack, workspace, tally) = (state.pack, &state.scope.stored().value, state.one(tally)?.value);
        let (member, role) = match (action, resource) {
            (StandingAction::RemoveMember, Some(Resource::Member(member))) => (member, None),
            (StandingAction::ChangeRole, Some(Resource::Member(member))) => (member, Some(role?)),
            (StandingAction::ReleaseSeat, Some(Resource::Member(member))) => {
                (member, Some(member::role_without_seat(pack, &member.role)?))
            }
            (StandingAction::ApproveLeave, Some(Resource::LeaveRequest(request))) => {
                (&request.requester, None)
            }
            (StandingAction::LeaveWorkspace, None) => (principal.member()?, None),
            _ => return None,
        };
        member::require_standing(pack, workspace, &tally, (member.user, &member.role), role).err()
    }
}

/// A check that can be decided.
struct Question<'a> {
    info: &'a ActionInfo,
    resource: Option<Resource>,
    role: Option<RoleId>,
    /// The tier of the seat that would be given.
    tier: Option<TierId>,
    /// The refusal of somebody who has the permission: the check names what is not there, or the workspace cannot do
    /// without the member.
    otherwise: Option<Problem>,
}

/// The actions that the standing of a member can refuse, although the policies permit them.
#[derive(Clone, Copy)]
enum StandingAction {
    RemoveMember,
    ChangeRole,
    ReleaseSeat,
    ApproveLeave,
    LeaveWorkspace,
}

impl StandingAction {
    fn of(action: &str) -> Option<Self> {
        let all = [
            (RemoveMember::NAME, Self::RemoveMember),
            (ChangeRole::NAME, Self::ChangeRole),
            (ReleaseSeat::NAME, Self::ReleaseSeat),
            (ApproveLeave::NAME, Self::ApproveLeave),
            (LeaveWorkspace::NAME, Self::LeaveWorkspace),
        ];
        all.into_iter().find(|(name, _)| camel_case(name) == action).map(|(_, found)| found)
    }
}

impl<'a> Question<'a> {
    fn of(
        check: &'a PlannedCheck,
        info: &'a ActionInfo,
        principal: &Principal,
        state: &State<'_, Authorize>,
    ) -> Option<Self> {
        let pack = state.pack;
        let role = check.body.role.as_ref().map(|role| pack.role_id(role));
        let tier = check.body.tier.as_ref().map(|tier| pack.tier_id(tier));
        let (workspace, given) = (state.request.path.workspace, state.facts());
        let (resource, is_there) = match (&check.named, &tier) {
            (Some((_, handles)), _) => {
                let (resource, is_there) = handles.resolve(workspace, &given)?;
                (Some(resource), is_there)
            }
            (None, Some(tier)) if is_tier_of_target(info) => {
                (Some(Resource::Seat(SeatFacts::of_tier(pack, workspace, tier, state.now))), true)
            }
            (None, _) => (None, true),
        };
        let otherwise = if !is_there {
            Some(Problem::not_found())
        } else if role.as_ref().is_some_and(|role| !can_give(pack, info, role)) {
            Some(Code::RoleUnknown.into())
        } else if tier.as_ref().is_some_and(|tier| pack.tier(tier).is_none()) {
            Some(Code::TierUnknown.into())
        } else {
            let refusal = check.refusal_by_standing(principal, resource.as_ref(), role.as_ref(), state);
            refusal.map(Problem::from)
        };
        let role = role.as_ref().map(|role| known_role(pack, role));
        let tier = tier.filter(|_| info.takes_target_tier);
        Some(Self { info, resource, role, tier, otherwise })
    }

    fn check(&self) -> Check<'_> {
        let (resource, target_role) = (self.resource.as_ref(), self.role.as_ref());
        Check { action: self.info, resource, target_role, target_tier: self.tier.as_ref() }
    }

    fn answer(self, decision: Decision, principal: &Principal, state: &State<'_, Authorize>) -> DecisionView {
        let action = self.info.name.clone();
        match decision {
            Decision::Allow => match self.otherwise {
                None => DecisionView::allowed(action),
                Some(problem) => DecisionView::by(action, problem),
            },
            Decision::Deny { reason } => {
                let request = AccessRequest {
                    action: &self.info.name,
                    principal,
                    workspace: Some(state.scope.workspace_facts()),
                    resource: self.resource.as_ref().unwrap_or(&Resource::Workspace),
                    target_role: self.role.as_ref(),
                    target_tier: self.tier.as_ref(),
                    now: state.now,
                };
                DecisionView::by(action, denial::denied(&state.active.bundle, &request, reason))
            }
        }
    }
}

/// Whether the tier of a check without a target is the present tier of the seat that the action acts on. For an action
/// that gives a seat, it is the tier of that seat.
fn is_tier_of_target(info: &ActionInfo) -> bool {
    info.resources.contains(&ResourceKind::Seat) && !info.takes_target_tier
}

/// Whether the product has the role, and the operation can give it.
fn can_give(pack: &Pack, info: &ActionInfo, role: &RoleId) -> bool {
    pack.role(role).is_some() && operations::of_action(&info.name).is_none_or(|row| (row.gives)(pack, role))
}

/// The person who is asked about; nothing, if a service names somebody who is no member.
fn asked_about(plan: &AuthorizePlan, state: &State<'_, Authorize>) -> Option<Principal> {
    match &state.scope.actor {
        WorkspaceActor::Member(_) => Some(state.scope.principal().clone()),
        WorkspaceActor::Service(service) => {
            let member = state.one(plan.member?)?.value;
            let paid = service.workspace.value.paid.as_ref();
            Some(Principal::Member(member_facts(state.pack, paid, &member, state.now)))
        }
    }
}

impl Operation for Authorize {
    const NAME: &'static str = "authorize";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/authorize";
    const TAG: Tag = Tag::Access;
    const SUMMARY: &'static str = "Check permissions";
    const DESCRIPTION: &'static str = "The host product calls this operation with the token of its user, or as a \
        service that names the user by `userId`, or the sign-in by `issuer` and `subject`. Where several sign-ins with \
        one address are one person, name the person by `userId`. The active policies decide, including \
        the user's seat and its tier.\n\nGive either `actions` or `checks`. A check names the target of the action: \
        what the menu on a row needs. Without a target, the answer applies to the most favourable one. The decisions \
        are in the order of the request. They say what the policies permit, and whether the workspace can do without \
        the member: it keeps its last governing member and a protected creator. Other rules can still refuse the \
        operation, such as a seat that is missing.";
    const EXAMPLE: &'static str = include_str!("../../examples/authorize.request.json");
    const ANSWER: &'static str = include_str!("../../examples/authorize.answer.json");

    type Scope = MemberOrService;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = AuthorizeBody;
    type Output = Decisions;
    type Plan = AuthorizePlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, MemberOrService>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let workspace = request.path.workspace;
        let member = match start.scope {
            ActorIn::Person(_) => {
                request.body.names_nobody()?;
                None
            }
            ActorIn::Service(_) => Some(reads.one(Member::key(workspace, request.body.named_user()?))),
        };
        let (list, checks) = request.body.checks()?;
        let planned = checks
            .into_iter()
            .enumerate()
            .map(|(number, check)| PlannedCheck::of(check, format!("{list}[{number}]"), workspace, reads));
        let checks = planned.collect::<Result<_, _>>()?;
        Ok(about((), AuthorizePlan { checks, member }))
    }

    fn decide(
        plan: &AuthorizePlan,
        state: &State<'_, Self>,
        _: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let bundle = &state.active.bundle;
        let Some(principal) = asked_about(plan, state) else {
            let detail = "The user is no member of this workspace.";
            let refused = |check: &PlannedCheck| {
                DecisionView::refused(check.body.action.clone(), "not_a_member", detail)
            };
            return Ok((Decisions { decisions: plan.checks.iter().map(refused).collect() }, Changes::new()));
        };
        let is_of_members = |info: &&ActionInfo| info.principals.contains(&principal.kind());
        let mut questions = Vec::new();
        for check in &plan.checks {
            let info = bundle.action(&check.body.action).filter(is_of_members);
            info.map_or(Ok(()), |info| check.require_sense(info))?;
            questions.push(info.and_then(|info| Question::of(check, info, &principal, state)));
        }
        let asked: Vec<_> = questions.iter().flatten().map(Question::check).collect();
        let decided = bundle.decide_checks(&principal, state.scope.workspace_facts(), state.now, &asked);
        let mut decided = decided.into_iter();
        let decisions = plan.checks.iter().zip(questions).map(|(check, question)| {
            let Some((question, decision)) = question.and_then(|question| Some((question, decided.next()?)))
            else {
                let detail = "The product has no action of this name for members.";
                return DecisionView::refused(check.body.action.clone(), "unknown_action", detail);
            };
            question.answer(decision, &principal, state)
        });
        Ok((Decisions { decisions: decisions.collect() }, Changes::new()))
    }
}
