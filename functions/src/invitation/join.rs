//! `join`: accepts an invitation, by the token of its link or, for whom it is bound to, by its id
//! (S5, S6, S7).

use http::Method;
use seatwise_domain::change::Changes;
use seatwise_domain::invitation::{self, Invitation, Joining, Key};
use seatwise_domain::member::Member;
use seatwise_domain::pack::Next;
use seatwise_domain::record::{EmailSlot, RecordKey, Stored};
use seatwise_domain::user::{Identity, User};
use seatwise_domain::workspace::{Tally, Workspace};
use seatwise_domain::{InvitationId, Moment, Pack, Refusal};
use seatwise_store::{Load, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::openapi::{Body, Schemas, refer};
use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::output;
use crate::problem::{Code, Problem};
use crate::request::{Nothing, Nowhere};
use crate::token::TokenKeys;
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
    next: Next,
}
output!(JoinedWorkspace);

impl JoinBody {
    fn named(&self, tokens: Option<&TokenKeys>) -> Result<(InvitationId, Key), Refusal> {
        match (&self.token, self.invitation_id) {
            (Some(token), _) => {
                let named = tokens.and_then(|tokens| tokens.verify(token));
                let (id, generation) = named.ok_or(Refusal::InvitationUnknown)?;
                Ok((id, Key::Token { generation }))
            }
            (None, Some(id)) => Ok((id, Key::Id)),
            (None, None) => Err(Refusal::InvitationUnknown),
        }
    }
}

/// Where invitations keep seats, the seat is known; else one must be found.
fn finds_seat(pack: &Pack) -> bool {
    !pack.invitation.reserves_seat && !pack.seats.tiers.is_empty()
}

fn slot_key(caller: &Identity, id: InvitationId) -> Option<RecordKey> {
    caller.verified_email().map(|email| RecordKey::EmailSlot(email.key(), id.workspace))
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
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/join.request.json");
    const ANSWER: &'static str = include_str!("../../examples/join.answer.json");

    type Path = Nowhere;
    type Query = Nothing;
    type Body = JoinBody;
    type Output = JoinedWorkspace;

    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        request.body.named(context.tokens).map(|(id, _)| Thing::Invitation(id).into())
    }

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        if request.body.token.is_some() == request.body.invitation_id.is_some() {
            return Err(Problem::field("token", "give either token or invitationId"));
        }
        let caller = context.caller()?;
        let (id, _) = request.body.named(context.tokens)?;
        let load = Load::new()
            .record(RecordKey::User(caller.user))
            .record(RecordKey::Member(id.workspace, caller.user))
            .record(RecordKey::Tally(id.workspace));
        let load = slot_key(caller, id).into_iter().fold(load, Load::record);
        Ok(if finds_seat(context.pack) { load.query(Query::Seats(id.workspace)) } else { load })
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(JoinedWorkspace, Changes), Problem> {
        let caller = state.caller()?;
        let (id, key) = request.body.named(state.tokens)?;
        let invitation: Stored<Invitation> = state.subject()?;
        let account: Option<Stored<User>> = state.get(&RecordKey::User(caller.user));
        let own: Option<Stored<Member>> = state.get(&RecordKey::Member(id.workspace, caller.user));
        let slot: Option<Stored<EmailSlot>> = slot_key(caller, id).and_then(|key| state.get(&key));
        let tally: Option<Stored<Tally>> = state.get(&RecordKey::Tally(id.workspace));
        let workspace: Stored<Workspace> =
            state.get(&RecordKey::Workspace(id.workspace)).ok_or(Refusal::InvitationUnknown)?;
        let seats = if finds_seat(state.pack) {
            state.loaded().list(&Query::Seats(id.workspace))
        } else {
            Vec::new()
        };
        let joining = Joining {
            pack: state.pack,
            caller,
            account: account.as_ref().map(|stored| &stored.value),
            key,
            invitation: &invitation,
            member: own.as_ref().map(|stored| &stored.value),
            slot: slot.as_ref(),
            tally: tally.as_ref().map(|stored| &stored.value),
            seats: &seats,
        };
        let (member, changes) = invitation::join(joining, moment)?;
        let joined = JoinedWorkspace {
            workspace: WorkspaceView::of(&workspace.value, &member.role),
            member: MemberView::of(state.pack, &workspace.value, &member, moment.now),
            next: state.pack.after_join,
        };
        Ok((joined, changes))
    }
}
