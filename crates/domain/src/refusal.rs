//! Why something is not done: the codes that clients switch on.

/// A request that was understood and is not carried out. The list is closed and its codes are
/// stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Joining: is in the workspace already. Inviting: the address is a member's.
    AlreadyMember,
    /// No seat is free.
    NoSeatAvailable,
    /// The invitation is bound to an address that is not the caller's (S6).
    InvitationOtherEmail,
    /// The invitation's time is over.
    InvitationExpired,
    /// The invitation was taken back, replaced or declined.
    InvitationRevoked,
    /// The invitation was accepted.
    InvitationUsed,
    /// There is no such invitation; also the answer to a token that was made up (K23).
    InvitationUnknown,
    /// The sign-in does not vouch for the caller's address (K25).
    EmailNotVerified,
    /// There is a pending invitation for this address (F5, K3).
    InvitationPending,
    /// The pack has no such role, or does not let anybody choose it.
    RoleUnknown,
    /// The pack has no such tier.
    TierUnknown,
    /// This seat is taken, reserved or over.
    SeatNotAvailable,
    /// The role cannot be held without a seat.
    SeatRequired,
    /// The workspace has as many seats as the pack allows.
    SeatLimitReached,
    /// A workspace keeps at least one governor (R2, K4).
    LastGovernor,
    /// The pack lets nobody ask to leave.
    LeaveNotOffered,
    /// Asked before, and not decided yet.
    LeavePending,
    /// Decided or withdrawn already.
    LeaveDecided,
    /// The pack has no invitations without an address.
    EmailRequired,
    /// The workspace has as many members as the pack allows (F4).
    MemberLimitReached,
    /// The workspace's creator keeps their place, or their role (F10).
    CreatorProtected,
    /// The pack has no such way in.
    ChannelNotOffered,
    /// The plan has no invitations left (R11).
    QuotaExceeded,
    /// The creator's standing goes to somebody who governs.
    GovernorRequired,
    /// It is no domain that mail can be sent to.
    DomainInvalid,
    /// Whoever likes has an address of that domain.
    PublicDomain,
    /// The workspace has claimed as many domains as it may.
    DomainLimitReached,
    /// More seats are taken than the plan has (R7).
    SeatsTaken,
    /// Not there, or not to be seen.
    NotFound,
}
