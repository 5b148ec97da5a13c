//! `join`: accepts an invitation, by the token of its link or, for whom it is bound to, by its id; or
//! comes in by a link for a role (S5, S6, S7, R9).

use http::Method;
use seatwise_domain::pack::{NextStep, SeatModel};
use seatwise_domain::rules::join::{self, InvitationProof, JoinContext, JoinMethod, MakerMembership};
use seatwise_domain::{
    Changes, EmailSlot, Identity, Invitation, InvitationId, Member, Moment, Pack, RecordKey, Refusal,
    RoleLink, Stored, Tally, User, UserId, Workspace, WorkspaceId,
};
use seatwise_store::{Load, Loaded, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::openapi::{Body, Schemas, refer};
use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::output;
use crate::problem::{Code, Problem};
use crate::request::{Incoming, Nothing, Nowhere};
use crate::token::{Opens, TokenKeys};
use crate::view::{MemberView, NextName, WorkspaceView};

/// Accepts an invitation.
pub struct Join;

/// Which invitation: `token` or `invitationId`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct JoinBody {
    token: Option<String>,
    invitation_id: Option<InvitationId>,
}

impl Body for JoinBody {
    fn read(incoming: &Incoming) -> Result<Self, Problem> {
        incoming.body()
    }

    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        Some(refer::<JoinBy>(schemas))
    }
}

/// Which invitation: by one or the other.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = JoinBody)]
#[expect(dead_code, reason = "describes what `JoinBody` takes")]
enum JoinBy {
    Token(JoinByToken),
    Id(JoinById),
}

/// By the token of a link.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `JoinBody` takes")]
struct JoinByToken {
    /// What follows `#token=` in the link.
    #[schema(min_length = 1, max_length = 200)]
    token: String,
}

/// From the list of one's own invitations.
#[derive(ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `JoinBody` takes")]
struct JoinById {
    /// The invitation's `id`.
    #[schema(pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    invitation_id: String,
}

/// Where the caller is now.
#[derive(Serialize, ToSchema)]
pub struct JoinedWorkspace {
    /// The workspace.
    workspace: WorkspaceView,
    /// The caller's membership.
    member: MemberView,
    /// Where a client goes on.
    #[schema(value_type = NextName)]
    next: NextStep,
}
output!(JoinedWorkspace);

impl JoinBody {
    fn named(&self, tokens: Option<&TokenKeys>) -> Result<(Opens, InvitationProof), Refusal> {
        match (&self.token, self.invitation_id) {
            (Some(token), _) => {
                let named = tokens.and_then(|tokens| tokens.verify(token));
                let (opens, generation) = named.ok_or(Refusal::InvitationUnknown)?;
                Ok((opens, InvitationProof::Token { generation }))
            }
            (None, Some(id)) => Ok((Opens::Invitation(id), InvitationProof::Id)),
            (None, None) => Err(Refusal::InvitationUnknown),
        }
    }
}

impl From<Opens> for Thing {
    fn from(opens: Opens) -> Self {
        match opens {
            Opens::Invitation(id) => Self::Invitation(id),
            Opens::Link(workspace, serial) => Self::Link(workspace, serial),
        }
    }
}

/// Where an invitation keeps a seat, the seat is known; else one must be found. A link keeps none.
fn finds_seat(pack: &Pack, opens: Opens) -> bool {
    let keeps = pack.invitation.reserves_seat && matches!(opens, Opens::Invitation(_));
    !keeps && pack.seats.model == SeatModel::ByTier
}

fn slot_key(caller: &Identity, workspace: WorkspaceId) -> Option<RecordKey> {
    caller.verified_email().map(|email| RecordKey::EmailSlot(email.key(), workspace))
}

/// Who made the invitation or the link that was read.
fn maker(opens: Opens, loaded: &Loaded) -> Option<UserId> {
    match opens {
        Opens::Invitation(id) => {
            loaded.get::<Invitation>(&RecordKey::Invitation(id)).map(|stored| stored.value.invited_by)
        }
        Opens::Link(workspace, serial) => {
            loaded.get::<RoleLink>(&RecordKey::RoleLink(workspace, serial)).map(|stored| stored.value.made_by)
        }
    }
}

impl Operation for Join {
    const NAME: &'static str = "join";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/join";
    const IDEMPOTENT: bool = true;
    const LINKS: bool = true;
    const MISSING: Refusal = Refusal::InvitationUnknown;
    const SUMMARY: &'static str = "Accept an invitation";
    const DESCRIPTION: &'static str = "By `token`, or by `invitationId` for whom it is bound to. Every failure has a code \
        of its own that a client can show.";
    const CODES: &'static [Code] = &[
        Code::AlreadyMember,
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

    type Path = Nowhere;
    type Query = Nothing;
    type Body = JoinBody;
    type Output = JoinedWorkspace;

    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        request.body.named(context.tokens).map(|(opens, _)| Thing::from(opens).into())
    }

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        if request.body.token.is_some() == request.body.invitation_id.is_some() {
            return Err(Problem::field("token", "give either token or invitationId"));
        }
        let caller = context.caller()?;
        let (opens, _) = request.body.named(context.tokens)?;
        let workspace = opens.workspace();
        let load = Load::new()
            .record(RecordKey::User(caller.user))
            .record(RecordKey::Member(workspace, caller.user))
            .record(RecordKey::Tally(workspace));
        let load = slot_key(caller, workspace).into_iter().fold(load, Load::record);
        Ok(if finds_seat(context.pack, opens) { load.query(Query::Seats(workspace)) } else { load })
    }

    /// That who made it may still make it is a condition of the write; only where that has failed is it
    /// read, to tell it from a conflict.
    fn follow(request: &Request<Self>, loaded: &Loaded, context: &Context<'_>) -> Option<Load> {
        if !context.is_repetition {
            return None;
        }
        let (opens, _) = request.body.named(context.tokens).ok()?;
        let maker = maker(opens, loaded)?;
        Some(Load::new().record(RecordKey::Member(opens.workspace(), maker)))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(JoinedWorkspace, Changes), Problem> {
        let caller = state.caller()?;
        let (opens, key) = request.body.named(state.tokens)?;
        let id = opens.workspace();
        let account: Option<Stored<User>> = state.get(&RecordKey::User(caller.user));
        let own: Option<Stored<Member>> = state.get(&RecordKey::Member(id, caller.user));
        let slot: Option<Stored<EmailSlot>> = slot_key(caller, id).and_then(|key| state.get(&key));
        let tally: Stored<Tally> = state.get(&RecordKey::Tally(id)).ok_or(Refusal::InvitationUnknown)?;
        let workspace: Stored<Workspace> =
            state.get(&RecordKey::Workspace(id)).ok_or(Refusal::InvitationUnknown)?;
        let seats =
            if finds_seat(state.pack, opens) { state.loaded().list(&Query::Seats(id)) } else { Vec::new() };
        let maker: Option<Stored<Member>> = state
            .followed()
            .and_then(|followed| followed.get(&RecordKey::Member(id, maker(opens, state.loaded())?)));
        let joining = JoinContext {
            pack: state.pack,
            workspace: &workspace.value,
            caller,
            account: account.as_ref().map(|stored| &stored.value),
            member: own.as_ref().map(|stored| &stored.value),
            slot: slot.as_ref(),
            tally: &tally.value,
            seats: &seats,
            maker: match state.followed() {
                Some(_) => MakerMembership::Read(maker.as_ref().map(|stored| &stored.value)),
                None => MakerMembership::Unread,
            },
            has_left: false,
        };
        let (member, changes) = match (opens, key) {
            (Opens::Invitation(_), key) => {
                join::join(joining, JoinMethod::Invitation { stored: &state.subject()?, key }, moment)?
            }
            (Opens::Link(..), InvitationProof::Token { generation }) => {
                join::join(joining, JoinMethod::Link { stored: &state.subject()?, generation }, moment)?
            }
            (Opens::Link(..), InvitationProof::Id) => return Err(Refusal::InvitationUnknown.into()),
        };
        let joined = JoinedWorkspace {
            workspace: WorkspaceView::of(&workspace.value, &member.role, state.origin),
            member: MemberView::of(state.pack, &workspace.value, &member, moment.now),
            next: state.pack.after_join,
        };
        Ok((joined, changes))
    }
}
