//! `invite`: people by address, or one link to share (S3, S9, R8).

use http::Method;
use seatwise_domain::InvitationTerms;
use seatwise_domain::Quota;
use seatwise_domain::rules::invitation::{self, InviteContext, MAX_PER_REQUEST};
use seatwise_domain::rules::mail::MailBudget;
use seatwise_domain::rules::quota;
use seatwise_domain::{
    Changes, EmailAddress, EmailSlot, Invitation, Moment, Pack, Refusal, RoleId, RoleName, SeatId, Stored,
    TierName,
};
use seatwise_store::{MAX_TRANSACTION_ACTIONS, One, Reads};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{KnownFormat, SchemaFormat};

use super::mails::MailReads;
use super::quota::{QuotaReads, refused};
use super::view::InvitationView;
use crate::maker_rights::PolicyRights;
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::WorkspacePath;
use crate::permissions::SharePermissions;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::seat::reads::{SeatReads, SeatsToGive};
use crate::tag::Tag;
use crate::target::known_role;
use crate::wire::schema::text;
use crate::wire::{Created, Nothing, of_form};
use crate::workspace::target::ThisWorkspace;
use crate::{body, named, output};

/// Invites people.
pub struct Invite;

/// The people to invite, and their role and seats.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct InviteBody {
    /// Up to 20 addresses. If the field is absent, the request creates one link that one person can use.
    #[schema(value_type = Option<Vec<EmailName>>, min_items = 1, max_items = 20)]
    emails: Option<Emails>,
    /// The role. If the field is absent, the product determines the role.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    role: Option<RoleName>,
    /// The seat to reserve. Allowed for a single invitation only.
    #[schema(value_type = Option<String>, format = Uuid)]
    seat_id: Option<SeatId>,
    /// The tier of the seats to reserve.
    #[schema(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]*$", max_length = 40)]
    #[serde(default, deserialize_with = "of_form")]
    tier: Option<TierName>,
    /// Whether to send mails. The invitations are created in either case.
    #[serde(default = "yes")]
    #[schema(default = true)]
    send_email: bool,
}
body!(InviteBody);

named! {
    /// An email address in any script. Equivalent spellings count as one address.
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
            Err(format!("must have 1 to {MAX_PER_REQUEST} addresses"))
        }
    }
}

/// The results, one row for each invitation.
#[derive(Serialize, ToSchema)]
pub struct Invited {
    items: Vec<InvitedRow>,
}

output!(Invited);

/// The result for one invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitedRow {
    /// The invited address; null for a link.
    #[schema(required)]
    email: Option<String>,
    /// The invitation; null if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invitation: Option<InvitationView>,
    /// The problem that prevented the invitation; null if it succeeded. It equals the answer to a request for
    /// this address alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::openapi::problem::ProblemSchema>, nullable = false)]
    problem: Option<serde_json::Value>,
}

impl InviteBody {
    fn emails(&self) -> &[EmailAddress] {
        self.emails.as_ref().map_or(&[], |emails| &emails.0)
    }

    fn wanted(&self, pack: &Pack) -> InvitationTerms {
        InvitationTerms {
            role: self.role.as_ref().map(|role| pack.role_id(role)),
            seat: self.seat_id,
            tier: self.tier.as_ref().map(|tier| pack.tier_id(tier)),
            send_email: self.send_email,
        }
    }
}

impl InvitedRow {
    fn refused(email: &EmailAddress, problem: &Problem) -> Self {
        let email = Some(email.as_typed().to_owned());
        Self { email, invitation: None, problem: Some(problem.to_json(None)) }
    }
}

/// The most actions of one invitation: its own, its slot, its seat and its mail, and the end of an invitation that
/// it replaces, with its seat.
const ROW_ACTIONS: usize = 6;
/// The actions of a request beside those of its invitations and mails: the caller's membership, the receipt, the
/// quota of the plan, and the mails of the sender and of the workspace.
const OTHER_ACTIONS: usize = 5;

/// The handles of the records to read.
pub struct InvitePlan {
    /// The slot of each address, in the order of the request.
    slots: Vec<One<EmailSlot>>,
    quota: QuotaReads,
    mails: MailReads,
    /// All seats, where an invitation keeps one.
    seats: SeatReads,
}

/// The invitations of one request, with the seats and the quota that they have used so far.
struct Invitations<'a, 'b> {
    state: &'a State<'b, Invite>,
    wanted: InvitationTerms,
    seats: SeatsToGive,
    quota: Option<Quota>,
    mails: MailBudget<'a>,
    /// The number of invited addresses.
    invited: u32,
    share: SharePermissions<'a, 'b, Invite>,
    rights: PolicyRights<'a>,
    changes: Changes,
}

impl<'a, 'b> Invitations<'a, 'b> {
    fn of(plan: &InvitePlan, state: &'a State<'b, Invite>) -> Self {
        Self {
            state,
            wanted: state.request.body.wanted(state.pack),
            seats: plan.seats.to_give(state),
            quota: plan.quota.load(state),
            mails: plan.mails.budget(state),
            invited: 0,
            share: SharePermissions::of(state),
            rights: state.makers_in(&state.scope.workspace.value),
            changes: Changes::new(),
        }
    }

    /// Invites one address.
    fn by_email(
        &mut self,
        email: &EmailAddress,
        slot: One<EmailSlot>,
        moment: &mut Moment,
    ) -> Result<InvitedRow, Problem> {
        if self.quota.as_ref().is_some_and(|quota| quota.remaining() <= self.invited) {
            return Err(refused(Refusal::QuotaExceeded, self.quota.as_ref(), self.state.now));
        }
        let mails = usize::try_from(self.invited).unwrap_or(usize::MAX);
        if self.changes.len().saturating_add(mails) + ROW_ACTIONS + OTHER_ACTIONS > MAX_TRANSACTION_ACTIONS {
            return Err(Code::ConflictBusy.into());
        }
        let slot = self.state.one(slot);
        let row = self.row(Some(email), slot.as_ref(), moment)?;
        self.invited += 1;
        Ok(row)
    }

    /// Makes one link to share.
    fn link(&mut self, moment: &mut Moment) -> Result<InvitedRow, Problem> {
        self.row(None, None, moment)
    }

    fn row(
        &mut self,
        email: Option<&EmailAddress>,
        slot: Option<&Stored<EmailSlot>>,
        moment: &mut Moment,
    ) -> Result<InvitedRow, Problem> {
        let inviting = InviteContext {
            pack: self.state.pack,
            workspace: &self.state.scope.workspace.value,
            inviter: &self.state.scope.member.value,
            makers: self.rights.rules(),
            wanted: &self.wanted,
        };
        let invited = invitation::invite(inviting, email, slot, &self.seats.seats, &mut self.mails, moment);
        let (invitation, changes) = invited.map_err(|refusal| self.seats.refusal(refusal))?;
        self.changes.extend(changes);
        // The next invitation of the same request gets another seat.
        if let Some(hold) = &invitation.seat {
            self.seats.seats.retain(|seat| seat.value.id != hold.seat);
        }
        Ok(InvitedRow {
            email: email.map(|email| email.as_typed().to_owned()),
            invitation: Some(self.view(&invitation)),
            problem: None,
        })
    }

    fn view(&mut self, invitation: &Invitation) -> InvitationView {
        let may_share = self.share.may(invitation);
        InvitationView::of(self.state.pack, invitation, invitation.status(self.state.now), may_share)
    }

    /// All changes, with what they use of the quota and of the limits of mails.
    fn into_changes(self) -> Changes {
        let Self { state, quota, mails, invited, mut changes, .. } = self;
        changes.extend(mails.into_changes());
        let workspace = state.request.path.workspace;
        let used = quota.filter(|_| invited > 0);
        changes.extend(used.map(|quota| quota::spend(&quota, workspace, invited)));
        changes
    }
}

impl Operation for Invite {
    const NAME: &'static str = "invite";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations";
    const TAG: Tag = Tag::Invitations;
    const IDEMPOTENT: bool = true;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Invite people by email, or create a single-use link";
    const DESCRIPTION: &'static str = "`items` has one row for each address. Without addresses, it has one \
        row for a link to share. With several addresses, each row contains either its invitation or its \
        problem, so the status 201 does not mean that every address was invited. With at most one address, \
        a problem is the answer itself. `url` is the link that accepts the invitation. Share it only with \
        the invited person. The number of mails in a day (UTC) is limited, for each address, sender and \
        workspace; with `sendEmail: false` no limit of mails applies. A person who has declined gets no mail \
        from the workspace for a while, and cannot be invited again if they asked for that.";
    const CODES: &'static [Code] = &[
        Code::AlreadyMember,
        Code::InvitationPending,
        Code::NoSeatAvailable,
        Code::SeatNotAvailable,
        Code::RoleAboveOwn,
        Code::RoleUnknown,
        Code::TierUnknown,
        Code::ChannelNotOffered,
        Code::InvitationQuotaExceeded,
        Code::TooManyMails,
        Code::InvitationDeclined,
    ];
    const EXAMPLE: &'static str = include_str!("../../examples/invite.request.json");
    const ANSWER: &'static str = include_str!("../../examples/invite.answer.json");

    type Scope = InWorkspace;
    type Target = ThisWorkspace;
    type Path = WorkspacePath;
    type Query = Nothing;
    type Body = InviteBody;
    type Output = Created<Invited>;
    type Plan = InvitePlan;

    fn gives(pack: &Pack, role: &RoleId) -> bool {
        pack.invites_as(role)
    }

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let (workspace, body, pack) = (request.path.workspace, &request.body, start.pack);
        if body.seat_id.is_some() && body.emails().len() > 1 {
            return Err(Problem::field("seatId", "is allowed for a single invitation only"));
        }
        let slot = |email: &EmailAddress| reads.one(EmailSlot::key(email.key(), workspace));
        let slots = body.emails().iter().map(slot).collect();
        let plan = InvitePlan {
            slots,
            quota: QuotaReads::plan(pack, workspace, start.now, reads),
            mails: MailReads::plan(start.scope.caller.user, workspace, start.now, reads),
            seats: SeatReads::plan_if(pack.invitation.reserves_seat, workspace, reads),
        };
        let (wanted, seats) = (body.wanted(pack), plan.seats);
        let role = wanted.role.as_ref().unwrap_or(&pack.roles_given.joiner);
        let planned = about((), plan).giving(known_role(pack, role));
        Ok(planned.seating(wanted.tier.as_ref(), body.seat_id, seats.list()))
    }

    fn decide(
        plan: &InvitePlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Created<Invited>, Changes), Problem> {
        let mut inviting = Invitations::of(plan, state);
        let emails = state.request.body.emails();
        let mut items: Vec<InvitedRow> = Vec::new();
        match emails {
            [] => items.push(inviting.link(moment)?),
            [email] => items.push(inviting.by_email(email, plan.slots[0], moment)?),
            _ => {
                for (index, email) in emails.iter().enumerate() {
                    // An address that is repeated counts as invited if its invitation succeeded before.
                    let is_invited = emails
                        .iter()
                        .zip(&items)
                        .any(|(earlier, row)| earlier == email && row.invitation.is_some());
                    let invited = if is_invited {
                        Err(Refusal::InvitationPending.into())
                    } else {
                        inviting.by_email(email, plan.slots[index], moment)
                    };
                    let refused = |problem| InvitedRow::refused(email, &state.with_choices(problem));
                    items.push(invited.unwrap_or_else(refused));
                }
            }
        }
        Ok((Created(Invited { items }), inviting.into_changes()))
    }
}
