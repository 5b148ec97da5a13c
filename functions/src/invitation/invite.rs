//! `invite`: people by address, or one link to share (S3, S9, R8).

use http::{Method, StatusCode};
use seatwise_domain::rules::invitation::{InviteContext, MAX_PER_REQUEST};
use seatwise_domain::rules::{invitation, quota};
use seatwise_domain::{
    Changes, EmailAddress, EmailSlot, Invitation, InvitationTerms, Moment, Quota, RecordKey, Refusal, RoleId,
    SeatId, TierId,
};
use seatwise_store::{Load, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{KnownFormat, SchemaFormat};

use super::{load_quota, quota_of, refused};
use crate::member::asked_role;
use crate::openapi::text;
use crate::operation::{Context, Operation, Request, State, Subject, Thing};
use crate::problem::{Code, Problem};
use crate::request::{InWorkspace, Nothing};
use crate::view::InvitationView;
use crate::{body, named, output};

/// Invites people.
pub struct Invite;

/// Whom to invite, and into what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct InviteBody {
    /// Up to 20 addresses; absent: one link that whoever has it can accept, once.
    #[schema(value_type = Option<Vec<EmailName>>, min_items = 1, max_items = 20)]
    emails: Option<Emails>,
    /// As what; absent: as the product says.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    role: Option<RoleId>,
    /// Onto this seat; for one invitation only.
    #[schema(value_type = Option<String>, format = Uuid)]
    seat_id: Option<SeatId>,
    /// Onto a seat of this tier.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    tier: Option<TierId>,
    /// Whether mails go out; the invitations are there in either case.
    #[serde(default = "yes")]
    #[schema(default = true)]
    send_email: bool,
}
body!(InviteBody);

named! {
    /// An address of any script. Spellings that mean the same are one.
    EmailName = "EmailAddress": text()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::IdnEmail)))
        .max_length(Some(254))
        .examples(["tea@acme.example"]);
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<EmailAddress>")]
struct Emails(Vec<EmailAddress>);

impl TryFrom<Vec<EmailAddress>> for Emails {
    type Error = String;
    fn try_from(emails: Vec<EmailAddress>) -> Result<Self, String> {
        if (1..=MAX_PER_REQUEST).contains(&emails.len()) {
            Ok(Self(emails))
        } else {
            Err(format!("must be 1 to {MAX_PER_REQUEST} addresses"))
        }
    }
}

/// A row for each that was to be invited.
#[derive(Serialize, ToSchema)]
pub struct Invited {
    items: Vec<InvitedRow>,
}

output!(Invited);

/// What became of one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitedRow {
    /// The address; null for a link to share.
    #[schema(required)]
    email: Option<String>,
    /// The invitation, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invitation: Option<InvitationView>,
    /// Why there is none: a problem, as this operation would answer for that address alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::openapi::Problem>, nullable = false)]
    problem: Option<serde_json::Value>,
}

impl InviteBody {
    fn emails(&self) -> &[EmailAddress] {
        self.emails.as_ref().map_or(&[], |emails| &emails.0)
    }

    fn wanted(&self) -> InvitationTerms {
        InvitationTerms {
            role: self.role.clone(),
            seat: self.seat_id,
            tier: self.tier.clone(),
            send_email: self.send_email,
        }
    }
}

impl Operation for Invite {
    const NAME: &'static str = "invite";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations";
    const STATUS: StatusCode = StatusCode::CREATED;
    const IDEMPOTENT: bool = true;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Invite people, or make a link to share";
    const DESCRIPTION: &'static str = "`items` has a row for each address; without addresses one row, for a link to \
        share. With several addresses each row has its invitation or its problem, so 201 does not say that anybody was \
        invited; with one or none a problem is the answer itself. `url` is the link to accept with: share it only with \
        the invited.";
    const CODES: &'static [Code] = &[
        Code::AlreadyMember,
        Code::InvitationPending,
        Code::NoSeatAvailable,
        Code::SeatNotAvailable,
        Code::RoleAboveOwn,
        Code::RoleUnknown,
        Code::TierUnknown,
        Code::EmailRequired,
        Code::ChannelNotOffered,
        Code::InvitationQuotaExceeded,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/invite.request.json");
    const ANSWER: &'static str = include_str!("../../examples/invite.answer.json");

    type Path = InWorkspace;
    type Query = Nothing;
    type Body = InviteBody;
    type Output = Invited;

    fn subject(request: &Request<Self>, context: &Context<'_>) -> Result<Subject, Refusal> {
        let role = request.body.role.as_ref().unwrap_or(&context.pack.roles_given.joiner);
        Ok(Subject { thing: Thing::Workspace, target_role: Some(asked_role(context.pack, role)) })
    }

    fn load(request: &Request<Self>, context: &Context<'_>) -> Result<Load, Problem> {
        let workspace = request.path.workspace;
        if request.body.seat_id.is_some() && request.body.emails().len() > 1 {
            return Err(Problem::field("seatId", "can be given for one invitation only"));
        }
        let load = load_quota(context.pack, workspace, Load::new(), context.now);
        let load =
            if context.pack.invitation.reserves_seat { load.query(Query::Seats(workspace)) } else { load };
        let slots = request.body.emails().iter().map(|email| RecordKey::EmailSlot(email.key(), workspace));
        Ok(slots.fold(load, Load::record))
    }

    fn decide(
        request: &Request<Self>,
        state: &State<'_>,
        moment: &mut Moment,
    ) -> Result<(Invited, Changes), Problem> {
        let id = request.path.workspace;
        let keeps = state.pack.invitation.reserves_seat;
        let mut seats = if keeps { state.loaded().list(&Query::Seats(id)) } else { Vec::new() };
        let quota = quota_of(state)?;
        let mut left = quota.as_ref().map(Quota::remaining);
        let inviting = InviteContext {
            pack: state.pack,
            workspace: &state.workspace()?.value,
            inviter: state.caller()?.user,
            wanted: &request.body.wanted(),
        };
        let view = |invitation: &Invitation| {
            InvitationView::of(invitation, state.may_share(&invitation.role), state.now)
        };
        let emails = request.body.emails();
        if emails.len() <= 1 {
            let email = emails.first();
            let slot = email.and_then(|email| state.get::<EmailSlot>(&RecordKey::EmailSlot(email.key(), id)));
            if email.is_some() && left == Some(0) {
                return Err(refused(Refusal::QuotaExceeded, quota.as_ref(), state.now));
            }
            let (invitation, mut changes) =
                invitation::invite(inviting, email, slot.as_ref(), &mut seats, moment)?;
            changes.extend(quota.filter(|_| email.is_some()).map(|quota| quota::spend(&quota, id, 1)));
            let items =
                vec![InvitedRow { email: typed(email), invitation: Some(view(&invitation)), problem: None }];
            return Ok((Invited { items }, changes));
        }
        let mut all_changes = Changes::new();
        let mut items = Vec::new();
        for email in emails {
            let slot = state.get::<EmailSlot>(&RecordKey::EmailSlot(email.key(), id));
            // An address that was given before counts as invited if it was.
            let is_invited = emails
                .iter()
                .zip(&items)
                .any(|(earlier, row): (_, &InvitedRow)| earlier == email && row.invitation.is_some());
            let outcome = if is_invited {
                Err(Refusal::InvitationPending)
            } else if left == Some(0) {
                Err(Refusal::QuotaExceeded)
            } else {
                invitation::invite(inviting, Some(email), slot.as_ref(), &mut seats, moment)
            };
            items.push(match outcome {
                Ok((invitation, changes)) => {
                    all_changes.extend(changes);
                    left = left.map(|left| left - 1);
                    InvitedRow {
                        email: typed(Some(email)),
                        invitation: Some(view(&invitation)),
                        problem: None,
                    }
                }
                Err(refusal) => InvitedRow {
                    email: typed(Some(email)),
                    invitation: None,
                    problem: Some(Problem::from(refusal).to_json(None)),
                },
            });
        }
        let used = quota.as_ref().zip(left).map(|(quota, left)| quota.remaining() - left);
        let spent = quota.zip(used).filter(|(_, used)| *used > 0);
        all_changes.extend(spent.map(|(quota, used)| quota::spend(&quota, id, used)));
        Ok((Invited { items }, all_changes))
    }
}

fn typed(email: Option<&EmailAddress>) -> Option<String> {
    email.map(|email| email.as_typed().to_owned())
}
