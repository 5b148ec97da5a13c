//! The error codes. Clients switch on them, so these are stable.

use http::StatusCode;
use seatwise_domain::Refusal;

/// One table of codes. A row says `from` where a refusal of the domain becomes that code.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $(from $($refusal:ident)|+)?, $code:literal, $status:ident, $title:literal, $detail:literal;)*) => {
        /// The error code of a failed request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
            /// Internal error. To answer it, call [`Problem::internal`](super::Problem::internal) or [`Problem::unexpected`](super::Problem::unexpected), which log
            /// the cause.
            Internal(Logged),
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)* Self::Internal(Logged(()))];

            fn row(self) -> (&'static str, StatusCode, &'static str, &'static str) {
                match self {
                    $(Self::$variant => ($code, StatusCode::$status, $title, $detail),)*
                    Self::Internal(_) => (
                        "internal_error",
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "Internal error",
                        "The service failed. Try again. If the failure persists, report it with `requestId`.",
                    ),
                }
            }
        }

        impl From<Refusal> for Code {
            fn from(refusal: Refusal) -> Self {
                match refusal {
                    $($($(Refusal::$refusal { .. })|+ => Self::$variant,)?)*
                }
            }
        }
    };
}

/// Stands for a cause that was logged. Only a [`Problem`](super::Problem) that logs makes one; the lists of codes
/// ([`Code::ALL`]) have one for the API reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Logged(pub(super) ());

codes! {
    // Joining.
    AlreadyMember from AlreadyMember, "already_member", CONFLICT, "Already a member", "This person is already a member of the workspace.";
    NoSeatAvailable from NoSeatAvailable | NoSeatOfTier, "no_seat_available", CONFLICT, "No seat available", "All seats are taken. Buy a seat or free one first.";
    InvitationOtherEmail from InvitationOtherEmail, "invitation_other_email", FORBIDDEN, "Invitation for another address", "This invitation is for another email address. Sign in with that address.";
    InvitationExpired from InvitationExpired, "invitation_expired", GONE, "Invitation expired", "This invitation has expired. Ask for a new one.";
    InvitationRevoked from InvitationRevoked, "invitation_revoked", GONE, "Invitation revoked", "This invitation was revoked or declined. Ask for a new one.";
    InvitationUsed from InvitationUsed, "invitation_used", GONE, "Invitation used", "This invitation has already been accepted.";
    InvitationUnknown from InvitationUnknown, "invitation_unknown", NOT_FOUND, "Unknown invitation", "There is no such invitation. Check that the link is complete.";
    MemberLimitReached from MemberLimitReached, "member_limit_reached", CONFLICT, "Member limit reached", "The workspace has the largest number of members that the product allows.";
    PersonalInvitationRequired from PersonalInvitationRequired, "personal_invitation_required", FORBIDDEN, "Personal invitation required", "You left this workspace or were removed from it. Ask a member to invite your email address again.";
    EmailNotVerified from EmailNotVerified, "email_not_verified", FORBIDDEN, "Address not verified", "Verify your email address with your sign-in provider, then try again.";
    EmailRequired, "email_required", FORBIDDEN, "Email address required", "Your sign-in has no usable email address. Sign in with an account that has one.";
    PersonUnknown, "person_unknown", UNPROCESSABLE_ENTITY, "Unknown person", "Nobody has signed in with this address. Give the `subject` of their sign-in, or invite the address.";
    // Inviting.
    InvitationPending from InvitationPending, "invitation_pending", CONFLICT, "Invitation pending", "This address already has a pending invitation. Resend or revoke it.";
    RoleAboveOwn, "role_above_own", FORBIDDEN, "Role above your own", "You cannot give a role that ranks above your own.";
    RoleUnknown from RoleUnknown, "role_unknown", UNPROCESSABLE_ENTITY, "Unknown role", "The product has no such role, or this role cannot be chosen here.";
    InvitationQuotaExceeded from QuotaExceeded, "invitation_quota_exceeded", TOO_MANY_REQUESTS, "Invitation quota exceeded", "The workspace has used up the email invitations of its plan for now. Share a link, or change the plan.";
    TooManyMails from TooManyMails, "too_many_mails", TOO_MANY_REQUESTS, "Too many mails", "No more invitation mails can be sent for now. Try again later, or share the link yourself.";
    InvitationDeclined from InvitationDeclined, "invitation_declined", FORBIDDEN, "Invitation declined", "This person has declined and does not want to be invited to this workspace again.";
    ChannelNotOffered from ChannelNotOffered, "channel_not_offered", FORBIDDEN, "Way to join not offered", "This product does not offer this way to join.";
    DomainInvalid from DomainInvalid, "domain_invalid", UNPROCESSABLE_ENTITY, "Invalid domain", "Use a domain that can receive mail, such as acme.example.";
    DomainPublic from PublicDomain, "domain_public", UNPROCESSABLE_ENTITY, "Public mail domain", "Everybody can get an address of this domain. Use a domain of your own.";
    DomainLimitReached from DomainLimitReached, "domain_limit_reached", CONFLICT, "Domain limit reached", "The workspace has the largest number of domains. Unlink one first.";
    WorkspaceLimitReached from WorkspaceLimitReached, "workspace_limit_reached", CONFLICT, "Workspace limit reached", "You have created the largest number of workspaces that the product allows. Delete one first.";
    // Seats.
    SeatNotAvailable from SeatNotAvailable, "seat_not_available", CONFLICT, "Seat not available", "This seat is taken or reserved, has ended, or does not exist.";
    SeatRequired from SeatRequired, "seat_required", CONFLICT, "Seat required", "This role needs a seat.";
    SeatLimitReached from SeatLimitReached, "seat_limit_reached", CONFLICT, "Seat limit reached", "The workspace has the largest number of seats that the product allows.";
    TierUnknown from TierUnknown, "tier_unknown", UNPROCESSABLE_ENTITY, "Unknown tier", "The product has no such seat tier.";
    // Billing.
    AddOnUnknown from AddOnUnknown, "add_on_unknown", UNPROCESSABLE_ENTITY, "Unknown add-on", "The product has no such add-on.";
    PlanUnknown from PlanUnknown, "plan_unknown", UNPROCESSABLE_ENTITY, "Unknown plan", "The product has no such plan.";
    ExtraUnknown from AllowanceUnknown, "extra_unknown", UNPROCESSABLE_ENTITY, "Unknown extra", "The plan sells no such extra.";
    PackageUnknown from PackageUnknown, "package_unknown", UNPROCESSABLE_ENTITY, "Unknown package", "The product has no such package of credits.";
    PlanManagedByOperator from PlanManaged, "plan_managed_by_operator", CONFLICT, "Plan managed by an operator", "Your account manager changes this plan. Ask them.";
    PurchaseOpen from PurchaseOpen, "purchase_open", CONFLICT, "Purchase open", "Another purchase waits for its payment. Pay or discard it first.";
    RenewalInProgress from RenewalInProgress, "renewal_in_progress", CONFLICT, "Renewal in progress", "The subscription is about to renew, or has just renewed. Try again a little later.";
    CreditsInsufficient from CreditsInsufficient, "credits_insufficient", CONFLICT, "Too few credits", "The workspace has too few credits. Buy more first.";
    BillingNotOffered from BillingNotOffered, "billing_not_offered", FORBIDDEN, "Billing not offered", "This product does not offer this way to buy or to pay.";
    PaymentFailed, "payment_failed", PAYMENT_REQUIRED, "Payment failed", "The payment did not succeed, and nothing was bought. Pay at `payUrl` if there is one; otherwise use another card and try again.";
    PriceChanged from PriceChanged, "price_changed", CONFLICT, "Price changed", "The price is no longer the one that was shown. Preview the purchase again.";
    // Roles and members.
    OwnRole, "own_role", FORBIDDEN, "Own role cannot be changed", "You cannot change your own role. Ask another member who has the permission.";
    OwnRemoval, "own_removal", FORBIDDEN, "Own removal not allowed", "You cannot remove yourself.";
    LastGovernor from LastGovernor, "last_governor", CONFLICT, "Last governing member", "A workspace needs at least one member with a governing role. Give such a role to another member first.";
    CreatorProtected from CreatorProtected, "creator_protected", FORBIDDEN, "Creator protected", "The workspace's creator cannot be removed or demoted.";
    GovernorRequired from GovernorRequired, "governor_required", CONFLICT, "Governing role required", "Only a member with a governing role can become the creator of the workspace. Give the member such a role first.";
    SeatsTaken from SeatsTaken, "seats_taken", CONFLICT, "Too many seats taken", "More seats are taken than the plan has. Release some seats first.";
    // Leaving.
    LeaveNotOffered from LeaveNotOffered, "leave_not_offered", FORBIDDEN, "Leave not offered", "You cannot leave this workspace in this way.";
    LeavePending from LeavePending, "leave_pending", CONFLICT, "Leave request pending", "You have already asked to leave. Wait for a decision, or withdraw the request.";
    LeaveDecided from LeaveDecided, "leave_decided", CONFLICT, "Leave request decided", "This leave request has already been decided or withdrawn.";
    // API keys.
    KeyUnknown from KeyUnknown, "key_unknown", NOT_FOUND, "Unknown API key", "There is no such API key, or you cannot see it.";
    ApiKeyRevoked from ApiKeyRevoked, "api_key_revoked", CONFLICT, "API key over", "This API key was revoked, has expired, or is of an earlier membership. Make another one.";
    ApiKeyLimitReached from ApiKeyLimitReached, "api_key_limit_reached", CONFLICT, "API key limit reached", "The workspace has the largest number of API keys. Delete one first.";
    // Resources.
    KindUnknown from KindUnknown, "kind_unknown", UNPROCESSABLE_ENTITY, "Unknown kind", "The product has no such kind of resource.";
    ResourceExists from ResourceExists, "resource_exists", CONFLICT, "Resource exists", "The workspace has this resource already.";
    ResourceLimitReached from ResourceLimitReached, "resource_limit_reached", CONFLICT, "Resource limit reached", "The workspace has the largest number of resources of this kind. Remove one first.";
    // General.
    Malformed, "malformed_request", BAD_REQUEST, "Malformed request", "The request could not be read.";
    Invalid from TooManyUnits, "invalid_request", UNPROCESSABLE_ENTITY, "Invalid request", "The request has invalid fields. `errors` says what to change.";
    IdempotencyMismatch, "idempotency_mismatch", UNPROCESSABLE_ENTITY, "Idempotency key already used", "This Idempotency-Key was already used for another request. Use a new key.";
    Unauthenticated, "unauthenticated", UNAUTHORIZED, "Not signed in", "Send a valid access token as `Authorization: Bearer …`. If the token has expired, sign in again.";
    Forbidden, "forbidden", FORBIDDEN, "Not allowed", "You do not have the permission.";
    NotOffered from NotOffered, "not_offered", FORBIDDEN, "Not offered", "This product does not offer this.";
    NotFound from NotFound, "not_found", NOT_FOUND, "Not found", "The resource does not exist, or you cannot see it.";
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed", "This path does not support this method.";
    PayloadTooLarge, "payload_too_large", PAYLOAD_TOO_LARGE, "Request too large", "Send a smaller request.";
    ConflictBusy, "conflict_busy", SERVICE_UNAVAILABLE, "Busy", "The service is busy, or many requests are changing the same resource. Try again in a moment.";
}

impl Code {
    /// The code, as clients see it.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status it comes with.
    pub fn status(self) -> StatusCode {
        self.row().1
    }

    /// A title, the same every time.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// The advice to the user.
    pub fn detail(self) -> &'static str {
        self.row().3
    }

    /// The code with this text, if there is one. With it, a policy's reason becomes the code of the
    /// answer.
    ///
    /// Only a code that a policy can mean: a refusal, not a failure of ours.
    pub fn named(text: &str) -> Option<Self> {
        let is_refusal = |code: &Self| matches!(code.status(), StatusCode::FORBIDDEN | StatusCode::CONFLICT);
        Self::ALL.iter().copied().filter(is_refusal).find(|code| code.as_str() == text)
    }
}
