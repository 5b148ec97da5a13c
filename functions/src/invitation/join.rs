//! `join`: accepts an invitation, by the token of its link or by its id; or comes in by a link for a
//! role (S5, S6, S7, R9).

use http::Method;
use seatwise_domain::pack::{NextStep, Pack, SeatModel};
use seatwise_domain::rules::join::{self, InvitationProof, JoinContext, JoinMethod};
use seatwise_domain::rules::maker::{Maker, MakerMembership};
use seatwise_domain::rules::sign_in;
use seatwise_domain::{
    Changes, EmailSlot, Identity, InvitationId, Member, Moment, Refusal, Tally, User, UserId, Workspace,
    WorkspaceId,
};
use seatwise_store::{One, Reads};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::target::{Entrance, EntranceBy, EntranceHandle};
use crate::departures::{DepartureReads, PastPersonsRead};
use crate::maker_rights::PolicyRights;
use crate::member::view::MemberView;
use crate::next::NextName;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::output;
use crate::path::Root;
use crate::problem::{Code, Problem};
use crate::request::Incoming;
use crate::scope::SignedIn;
use crate::seat::reads::SeatReads;
use crate::tag::Tag;
use crate::token::{LinkTarget, TokenKeys};
use crate::wire::schema::{Schemas, refer};
use crate::wire::{Body, Nothing};
use crate::workspace::view::WorkspaceView;

/// Accepts an invitation.
pub struct Join;

/// The invitation to accept, by `token` or by `invitationId`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct JoinBody {
    token: Option<String>,
    invitation_id: Option<InvitationId>,
}

impl Body for JoinBody {
    fn read(incoming: &Incoming) -> Result<Self, Problem> {
        incoming.body(Vec::new)
    }

    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        Some(refer::<JoinBy>(schemas))
    }
}

/// The invitation to accept, by the token of its link or by its id.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = JoinBody)]
#[expect(dead_code, reason = "describes what `JoinBody` takes")]
enum JoinBy {
    Token(JoinByToken),
    Id(JoinById),
}

/// An invitation by the token of its link.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `JoinBody` takes")]
struct JoinByToken {
    /// The part of the link after `#token=`.
    #[schema(min_length = 1, max_length = 200)]
    token: String,
}

/// An invitation from the list of the caller's invitations.
#[derive(ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `JoinBody` takes")]
struct JoinById {
    /// The invitation's `id`.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    invitation_id: String,
}

/// The workspace that the caller has joined.
#[derive(Serialize, ToSchema)]
#[schema(as = JoinedWorkspace)]
pub struct JoinAnswer {
    /// The workspace.
    workspace: WorkspaceView,
    /// The caller's membership.
    member: MemberView,
    /// The page that a client shows next.
    #[schema(value_type = NextName)]
    next: NextStep,
}
output!(JoinAnswer);

impl JoinBody {
    /// The target that the body names, and the proof of the invitation. The token is checked here, once.
    fn named(&self, tokens: Option<&TokenKeys>) -> Result<(LinkTarget, InvitationProof), Problem> {
        match (&self.token, self.invitation_id) {
            (Some(token), None) => {
                let named = tokens.and_then(|tokens| tokens.verify(token));
                let (target, generation) = named.ok_or(Refusal::InvitationUnknown)?;
                Ok((target, InvitationProof::Token { generation }))
            }
            (None, Some(id)) => Ok((LinkTarget::Invitation(id), InvitationProof::Id)),
            (Some(_), Some(_)) | (None, None) => {
                Err(Problem::field("token", "give exactly one of token and invitationId"))
            }
        }
    }
}

/// The handles of the records to read, and the proof of the invitation.
pub struct JoinPlan {
    workspace: WorkspaceId,
    proof: InvitationProof,
    entrance: EntranceHandle,
    account: One<User>,
    member: One<Member>,
    past: PastPersonsRead,
    departures: DepartureReads,
    caller: Identity,
    tally: One<Tally>,
    /// The slot of the caller's verified address in the workspace.
    slot: Option<One<EmailSlot>>,
    seats: SeatReads,
    /// The membership of the maker of the invitation or link, where it was read.
    maker: Option<One<Member>>,
}

/// Whether a free seat must be found. Where an invitation keeps a seat, that seat is known; a link
/// keeps none.
fn finds_seat(pack: &Pack, target: LinkTarget) -> bool {
    let keeps = pack.invitation.reserves_seat && matches!(target, LinkTarget::Invitation(_));
    !keeps && pack.seats.model == SeatModel::ByTier
}

/// The maker of the invitation or link, if their membership must be read. In general it need not: the
/// write has the condition that the maker's standing is as it was. After a conflict, the membership tells a
/// refusal from a conflict. And some policies depend on more than the maker's role.
fn maker_to_read(plan: &JoinPlan, so_far: &ReadSoFar<'_>, workspace: &Workspace) -> Option<UserId> {
    let rights = PolicyRights::of_workspace(&so_far.active.bundle, workspace, so_far.now);
    let must = |maker, made| so_far.is_repetition || rights.rules().needs_membership(maker, made);
    match plan.entrance {
        EntranceHandle::Invitation(handle) => {
            let invitation = so_far.loaded.one(handle)?.value;
            must(Maker::of_invitation(&invitation), invitation.made()).then_some(invitation.invited_by)
        }
        EntranceHandle::Link(handle) => {
            let link = so_far.loaded.one(handle)?.value;
            must(Maker::of_link(&link), link.made()).then_some(link.made_by)
        }
    }
}

impl Operation for Join {
    const NAME: &'static str = "join";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/join";
    const TAG: Tag = Tag::Invitations;
    const IDEMPOTENT: bool = true;
    const LINKS: bool = true;
    const MISSING: Refusal = Refusal::InvitationUnknown;
    const SUMMARY: &'static str = "Accept an invitation";
    const DESCRIPTION: &'static str = "Accepts the invitation by the `token` of its link. The user whose \
        address it is for can also accept it by `invitationId`. Each kind of failure has its own code, so a \
        client can explain it.";
    const CODES: &'static [Code] = &[
        Code::AlreadyMember,
        Code::PersonalInvitationRequired,
        Code::NoSeatAvailable,
        Code::InvitationOtherEmail,
        Code::EmailNotVerified,
        Code::InvitationExpired,
        Code::InvitationRevoked,
        Code::InvitationUsed,
        Code::InvitationUnknown,
        Code::MemberLimitReached,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/join.request.json");
    const ANSWER: &'static str = include_str!("../../examples/join.answer.json");

    type Scope = SignedIn;
    type Target = Entrance;
    type Path = Root;
    type Query = Nothing;
    type Body = JoinBody;
    type Output = JoinAnswer;
    type Plan = JoinPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, SignedIn>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (target, proof) = request.body.named(start.tokens)?;
        let (caller, workspace) = (start.scope, target.workspace());
        let slot = caller.verified_email().map(|email| EmailSlot::key(email.key(), workspace));
        let plan = JoinPlan {
            workspace,
            proof,
            entrance: EntranceHandle::read(target, reads),
            account: reads.one(User::key(caller.user)),
            member: reads.one(Member::key(workspace, caller.user)),
            past: PastPersonsRead::plan(caller, reads),
            departures: DepartureReads::plan(workspace, &sign_in::persons(caller, None), reads),
            caller: caller.clone(),
            tally: reads.one(Tally::key(workspace)),
            slot: slot.map(|key| reads.one(key)),
            seats: SeatReads::plan_if(finds_seat(start.pack, target), workspace, reads),
            maker: None,
        };
        Ok(about(target, plan))
    }

    fn follow(plan: &mut JoinPlan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let workspace = so_far.loaded.one(reads.one(Workspace::key(plan.workspace)));
        let maker = workspace.and_then(|workspace| maker_to_read(plan, so_far, &workspace.value));
        plan.maker = maker.map(|maker| reads.one(Member::key(plan.workspace, maker)));
        let persons = plan.past.persons(&plan.caller, so_far.loaded);
        plan.departures = DepartureReads::plan(plan.workspace, &persons, reads);
    }

    fn decide(
        plan: &JoinPlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(JoinAnswer, Changes), Problem> {
        let Entrance { workspace, by } = state.target;
        let account = state.one(plan.account);
        let member = state.one(plan.member);
        let slot = plan.slot.and_then(|handle| state.one(handle));
        let tally = state.one(plan.tally).ok_or(Refusal::InvitationUnknown)?;
        let maker = plan.maker.map(|handle| state.one(handle));
        let seats = plan.seats.load(state);
        let departures = plan.departures.load(state.loaded);
        let rights = state.makers_in(&workspace.value);
        let joining = JoinContext {
            pack: state.pack,
            workspace,
            caller: &state.scope.caller,
            account: account.as_ref().map(|stored| &stored.value),
            member: member.as_ref().map(|stored| &stored.value),
            slot: slot.as_ref(),
            tally: &tally.value,
            seats: &seats,
            makers: rights.rules(),
            maker: match &maker {
                Some(maker) => MakerMembership::Read(maker.as_ref()),
                None => MakerMembership::Unread,
            },
            departures: &departures,
        };
        let way = match (by, plan.proof) {
            (EntranceBy::Invitation(stored), proof) => JoinMethod::Invitation { stored, key: proof },
            (EntranceBy::Link(stored), InvitationProof::Token { generation }) => {
                JoinMethod::Link { stored, generation }
            }
            (EntranceBy::Link(_), InvitationProof::Id) => return Err(Refusal::InvitationUnknown.into()),
        };
        let refused = |refusal| Problem::of_joining(refusal, workspace.value.id);
        let (member, mut changes) = join::join(joining, way, moment).map_err(refused)?;
        changes.extend(plan.past.remember(&state.scope.caller, state.loaded));
        let shows_creator = state.shows_creator_to(&member, &workspace.value);
        let joined = JoinAnswer {
            workspace: WorkspaceView::of(
                &workspace.value,
                Some(state.pack.role_name(&member.role)),
                state.origin,
                shows_creator,
            ),
            member: MemberView::of(state.pack, &workspace.value, &member, moment.now),
            next: state.pack.after_join,
        };
        Ok((joined, changes))
    }
}
