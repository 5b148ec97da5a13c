//! `resend-invitation`: the same link again, for as long as a new one (S9, F7).

use http::Method;
use seatwise_domain::rules::invitation::{self, ResendContext};
use seatwise_domain::{Changes, EmailSlot, Invitation, Moment, Stored};
use seatwise_store::{One, Reads};

use super::mails::MailReads;
use super::view::InvitationView;
use crate::operation::{Operation, Planned, ReadSoFar, Request, Start, State, about};
use crate::path::InvitationPath;
use crate::problem::{Code, Problem};
use crate::scope::InWorkspace;
use crate::seat::reads::SeatReads;
use crate::tag::Tag;
use crate::wire::Nothing;

/// Sends an invitation again.
pub struct ResendInvitation;

/// The handles of the records to read.
pub struct ResendPlan {
    invitation: One<Invitation>,
    /// The seats, where an invitation can keep one: the seat of an expired invitation can be taken.
    seats: SeatReads,
    /// The slot of the invited address; read after a conflict only. In general the invitation is the
    /// pending one of its address, which the write has as a condition.
    slot: Option<One<EmailSlot>>,
    mails: MailReads,
}

/// The caller stands for the invitation from now on, so they must be able to make it. An invitation that is over,
/// or for a role that the product dropped, has a refusal of its own.
fn require_making(state: &State<'_, ResendInvitation>, invitation: &Invitation) -> Result<(), Problem> {
    let is_over = invitation.require_open(state.now).is_err() || state.pack.role(&invitation.role).is_none();
    if is_over { Ok(()) } else { state.require_making(invitation.made()) }
}

impl Operation for ResendInvitation {
    const NAME: &'static str = "resend-invitation";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/workspaces/{workspaceId}/invitations/{invitationId}/resend";
    const TAG: Tag = Tag::Invitations;
    const IDEMPOTENT: bool = true;
    const LINKS: bool = true;
    const SUMMARY: &'static str = "Send an invitation again";
    const DESCRIPTION: &'static str = "Sends the mail again with the same link. The lifetime of the \
        invitation starts again, and the caller becomes its inviter. An expired invitation becomes valid again, \
        unless the address has another invitation by now. A person who has left comes back by an invitation \
        that is sent again afterwards. An invitation without an address has \
        no mail; share its `url` instead. The mail counts towards the limits of mails in a day (UTC), and not \
        towards the quota of the plan.";
    const CODES: &'static [Code] = &[
        Code::RoleAboveOwn,
        Code::RoleUnknown,
        Code::ChannelNotOffered,
        Code::AlreadyMember,
        Code::InvitationPending,
        Code::InvitationDeclined,
        Code::NoSeatAvailable,
        Code::InvitationRevoked,
        Code::InvitationUsed,
        Code::TooManyMails,
    ];
    const ANSWER: &'static str = include_str!("../../examples/resend-invitation.answer.json");

    type Scope = InWorkspace;
    type Target = Stored<Invitation>;
    type Path = InvitationPath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = InvitationView;
    type Plan = ResendPlan;

    fn plan(
        request: &Request<Self>,
        start: &Start<'_, InWorkspace>,
        reads: &mut Reads,
    ) -> Result<Planned<Self>, Problem> {
        let InvitationPath { workspace, invitation } = request.path;
        let sender = start.scope.caller.user;
        let plan = ResendPlan {
            invitation: reads.one(Invitation::key(invitation)),
            seats: SeatReads::plan(start.pack, workspace, reads),
            slot: None,
            mails: MailReads::plan(sender, workspace, start.now, reads),
        };
        Ok(about(invitation, plan))
    }

    fn follow(plan: &mut ResendPlan, so_far: &ReadSoFar<'_>, reads: &mut Reads) {
        let invitation = so_far.loaded.one(plan.invitation).filter(|_| so_far.is_repetition);
        plan.slot = invitation.and_then(|stored| {
            let Invitation { id, email, .. } = stored.value;
            Some(reads.one(EmailSlot::key(email?.key(), id.workspace)))
        });
    }

    fn decide(
        plan: &ResendPlan,
        state: &State<'_, Self>,
        moment: &mut Moment,
    ) -> Result<(Self::Output, Changes), Problem> {
        let workspace = &state.scope.workspace.value;
        let (rights, seats) = (state.makers_in(workspace), plan.seats.load(state));
        let slot = plan.slot.map(|handle| state.one(handle));
        let context = ResendContext {
            pack: state.pack,
            makers: rights.rules(),
            workspace,
            sender: &state.scope.member.value,
            seats: &seats,
            slot: slot.as_ref().map(Option::as_ref),
        };
        let mut mails = plan.mails.budget(state);
        require_making(state, &state.target.value)?;
        let (invitation, mut changes) = invitation::resend(context, state.target, &mut mails, moment)?;
        changes.extend(mails.into_changes());
        let may_share = state.may_share_invitation(&invitation);
        Ok((InvitationView::of(state.pack, &invitation, invitation.status(moment.now), may_share), changes))
    }
}
