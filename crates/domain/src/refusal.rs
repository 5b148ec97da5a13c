//! Refusals of requests, with the codes that clients switch on.

use crate::rules::mail::MailRefusal;

/// The reason why a request that was understood is not carried out. The list is closed and its codes are
/// stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The caller who joins is a member already, or the invited address is a member's.
    AlreadyMember,
    /// No seat is free.
    NoSeatAvailable,
    /// No seat of the wanted tier is free; another seat is.
    NoSeatOfTier,
    /// The invitation is bound to an address that is not the caller's (S6).
    InvitationOtherEmail,
    /// The invitation has expired.
    InvitationExpired,
    /// The invitation was revoked, replaced or declined.
    InvitationRevoked,
    /// The invitation was accepted.
    InvitationUsed,
    /// There is no such invitation; also the answer to an invented token (K23).
    InvitationUnknown,
    /// The person has left the workspace or was removed: only a personal invitation brings them back (K44).
    PersonalInvitationRequired,
    /// The issuer of the sign-in has not verified the caller's address (K25).
    EmailNotVerified,
    /// There is a pending invitation for this address (F5, K3).
    InvitationPending,
    /// The pack has no such role, or does not let anybody choose it.
    RoleUnknown,
    /// The pack has no such tier.
    TierUnknown,
    /// The seat is taken, reserved or expired.
    SeatNotAvailable,
    /// The role cannot be held without a seat.
    SeatRequired,
    /// The workspace has as many seats as the pack allows.
    SeatLimitReached,
    /// A workspace keeps at least one governor (R2, K4).
    LastGovernor,
    /// The pack does not offer this way to leave.
    LeaveNotOffered,
    /// The member's leave request is not decided yet.
    LeavePending,
    /// The leave request was decided or withdrawn already.
    LeaveDecided,
    /// The workspace has as many members as the pack allows (F4).
    MemberLimitReached,
    /// The creator of the workspace keeps their membership, or their role (F10).
    CreatorProtected,
    /// The pack does not offer this way to join.
    ChannelNotOffered,
    /// The plan has no invitations left (R11).
    QuotaExceeded,
    /// A limit of mails is reached (K49).
    TooManyMails(MailRefusal),
    /// The invited person does not want to be invited into the workspace again (K49).
    InvitationDeclined,
    /// The person has created as many workspaces as the pack allows (K49).
    WorkspaceLimitReached,
    /// The new creator needs a governing role.
    GovernorRequired,
    /// The text is no domain that mail can be sent to.
    DomainInvalid,
    /// Anybody can get an address of this domain.
    PublicDomain,
    /// The workspace has claimed as many domains as it may.
    DomainLimitReached,
    /// More seats are taken than the plan has (R7).
    SeatsTaken,
    /// The pack has no such add-on.
    AddOnUnknown,
    /// The pack has no such plan.
    PlanUnknown,
    /// The plan has no such allowance, or no more of it is sold.
    AllowanceUnknown,
    /// The pack has no such package of credits.
    PackageUnknown,
    /// Only an operator changes a workspace to or from the plan (R7).
    PlanManaged,
    /// More units than can be bought.
    TooManyUnits,
    /// The workspace has fewer credits (F13).
    CreditsInsufficient,
    /// The price is not the one that the person agreed to.
    PriceChanged,
    /// Another purchase is not paid, failed or discarded yet.
    PurchaseOpen,
    /// The subscription is about to renew.
    RenewalInProgress,
    /// The billing provider does not offer this.
    BillingNotOffered,
    /// The product does not offer this at all.
    NotOffered,
    /// The workspace has as many API keys as the pack allows.
    ApiKeyLimitReached,
    /// The API key was revoked.
    ApiKeyRevoked,
    /// There is no such API key.
    KeyUnknown,
    /// The pack has no such kind of resource.
    KindUnknown,
    /// The workspace has this resource already.
    ResourceExists,
    /// The workspace has as many resources of this kind as it may.
    ResourceLimitReached,
    /// The resource does not exist, or the caller may not see it.
    NotFound,
}
