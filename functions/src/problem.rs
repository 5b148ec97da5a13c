//! Every failure, as `application/problem+json` (RFC 9457). Clients switch on the codes, so these
//! are stable. Causes go to the log with the request id, never to the client.

use std::error::Error;
use std::fmt;

use http::StatusCode;
use seatwise_domain::rules::account_deletion::NeededIn;
use seatwise_domain::rules::mail::{MailLimit, MailRefusal};
use seatwise_domain::{Refusal, WorkspaceId};
use serde::Serialize;
use serde_json::{Value, json};

/// The reason of a request that no policy forbids and none permits.
pub const NOT_PERMITTED: &str = "not_permitted";

/// An error in one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The path of the field, such as `name` or `emails[2]`.
    #[schema(example = "name")]
    pub field: String,
    /// The rule that the value must satisfy.
    #[schema(example = "must not be empty")]
    pub message: String,
}

/// One table of codes. A row says `from` where a refusal of the domain becomes that code.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $(from $($refusal:ident)|+)?, $code:literal, $status:ident, $title:literal, $detail:literal;)*) => {
        /// The error code of a failed request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
            /// Internal error. To answer it, call [`Problem::internal`] or [`Problem::unexpected`], which log
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

/// Stands for a cause that was logged. Nothing outside this module can make one; the lists of codes
/// ([`Code::ALL`]) have one for the API reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Logged(());

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
    // General.
    Malformed, "malformed_request", BAD_REQUEST, "Malformed request", "The request could not be read.";
    Invalid, "invalid_request", UNPROCESSABLE_ENTITY, "Invalid request", "The request has invalid fields. `errors` says what to change.";
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

/// A failure, as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The error code, for clients to switch on.
    pub code: Code,
    /// The advice to the user, where it differs from the advice of the code.
    pub detail: Option<String>,
    /// The `@reason` of the policy that forbade the request.
    pub reason: Option<String>,
    /// The errors, by field.
    pub errors: Vec<FieldError>,
    /// The names that the request can use in the place of an unknown one.
    pub choices: Box<[String]>,
    /// The quota that the request exceeded.
    pub quota: Option<QuotaState>,
    /// The seconds until the same request can succeed, if that is known.
    pub retry_after: Option<u32>,
    /// The workspace that the problem is about, where the request does not name it.
    pub workspace: Option<WorkspaceId>,
    /// The workspaces that need the caller.
    pub workspaces: Vec<NeededWorkspace>,
}

/// A workspace that needs the caller, so that they cannot delete their account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NeededWorkspace {
    /// The id of the workspace.
    #[schema(format = Uuid)]
    pub id: String,
    /// The name of the workspace.
    #[schema(example = "Acme")]
    pub name: String,
    /// The error code of this workspace.
    #[schema(example = "last_governor")]
    pub code: &'static str,
}

/// The state of a quota, for the headers of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaState {
    /// The quota.
    pub limit: u32,
    /// The unused part of the quota.
    pub remaining: u32,
    /// The seconds until the quota resets; `None` if it never resets.
    pub resets_in: Option<i64>,
}

impl QuotaState {
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
    pub fn headers(self) -> [(&'static str, String); 2] {
        const NAME: &str = "\"email-invitations\"";
        const DAY: u32 = 24 * 60 * 60;
        let Self { limit, remaining, resets_in } = self;
        match resets_in {
            Some(seconds) => [
                ("ratelimit-policy", format!("{NAME};q={limit};w={DAY}")),
                ("ratelimit", format!("{NAME};r={remaining};t={}", seconds.max(0))),
            ],
            None => [
                ("ratelimit-policy", format!("{NAME};q={limit}")),
                ("ratelimit", format!("{NAME};r={remaining}")),
            ],
        }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self {
            code,
            detail: None,
            reason: None,
            errors: Vec::new(),
            choices: Box::default(),
            quota: None,
            retry_after: None,
            workspace: None,
            workspaces: Vec::new(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::from(Code::from(refusal));
        match refusal {
            Refusal::TooManyMails(MailRefusal { limit, retry_after }) => {
                Self { detail: Some(mail_limit(limit).to_owned()), retry_after: Some(retry_after), ..problem }
            }
            Refusal::NoSeatOfTier => Self {
                detail: Some(
                    "All seats of this tier are taken. Choose another tier, or buy or free a seat of it."
                        .to_owned(),
                ),
                ..problem
            },
            _ => problem,
        }
    }
}

/// The advice to a sender whose mail exceeds a limit.
fn mail_limit(limit: MailLimit) -> &'static str {
    match limit {
        MailLimit::WorkspaceToAddress => {
            "This address has got as many invitation mails from this workspace as it may in a day. Share the \
             link yourself, or try again tomorrow (UTC)."
        }
        MailLimit::SenderToAddress => {
            "This address has got as many invitation mails from you as it may in a day. Share the link yourself, \
             or try again tomorrow (UTC)."
        }
        MailLimit::NewAccount => {
            "Your account is new and has sent as many invitation mails as it may in a day. Share links yourself, \
             or try again tomorrow (UTC)."
        }
        MailLimit::Sender => {
            "You have sent as many invitation mails as you may in a day. Share links yourself, or try again \
             tomorrow (UTC)."
        }
        MailLimit::Workspace => {
            "The workspace has sent as many invitation mails as it may in a day. Share links yourself, or try \
             again tomorrow (UTC)."
        }
        MailLimit::Declined => {
            "This person declined an invitation to this workspace a short time ago, and gets no mail from it for \
             a while. Share a link yourself, or try again later."
        }
    }
}

impl Problem {
    /// A refusal to join, with the workspace that a member is in already.
    pub fn of_joining(refusal: Refusal, workspace: WorkspaceId) -> Self {
        let workspace = Some(workspace).filter(|_| refusal == Refusal::AlreadyMember);
        Self { workspace, ..refusal.into() }
    }

    /// The resource does not exist, or the caller cannot see it.
    pub fn not_found() -> Self {
        Code::NotFound.into()
    }

    /// The caller is not signed in.
    pub fn unauthenticated() -> Self {
        Code::Unauthenticated.into()
    }

    /// Something went wrong on our side. The cause goes to the log, and not to the client (K38).
    pub fn internal(what: &'static str, cause: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = cause, what, "internal error");
        Code::Internal(Logged(())).into()
    }

    /// Something went wrong on our side that has no error of its own: `why` says what, for the log.
    pub fn unexpected(what: &'static str, why: &dyn fmt::Display) -> Self {
        tracing::error!(%why, what, "internal error");
        Code::Internal(Logged(())).into()
    }

    /// The path does not support the method.
    pub fn method_not_allowed() -> Self {
        Code::MethodNotAllowed.into()
    }

    /// The body is larger than the limit.
    pub fn payload_too_large() -> Self {
        Code::PayloadTooLarge.into()
    }

    /// The request could not be parsed.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Code::Malformed.into() }
    }

    /// The request has invalid fields.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Code::Invalid.into() }
    }

    /// The request has one invalid field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// The caller cannot delete their account, because these workspaces need them.
    pub fn needed_in(workspaces: &[NeededIn]) -> Self {
        const ADVICE: &str = "Some workspaces need you. In each of `workspaces`, make another member a \
            governing member or the creator, or delete the workspace. Then delete your account.";
        let code = workspaces.first().map_or(Code::LastGovernor, |first| first.refusal.into());
        let needed = |NeededIn { workspace, name, refusal }: &NeededIn| NeededWorkspace {
            id: workspace.to_string(),
            name: name.to_string(),
            code: Code::from(*refusal).as_str(),
        };
        let workspaces = workspaces.iter().map(needed).collect();
        Self { detail: Some(ADVICE.to_owned()), workspaces, ..code.into() }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The members of RFC 9457, and `code`, `reason`, `errors`, `choices`, `workspaces` and, for an answer of its own,
    /// `requestId`.
    pub fn to_json(&self, request_id: Option<&str>) -> Value {
        let mut body = json!({
            "type": format!("urn:seatwise:problem:{}", self.code.as_str()),
            "title": self.code.title(),
            "status": self.status().as_u16(),
            "detail": self.detail.as_deref().unwrap_or(self.code.detail()),
            "code": self.code.as_str(),
        });
        if let Some(request_id) = request_id {
            body["requestId"] = json!(request_id);
        }
        if let Some(reason) = &self.reason {
            body["reason"] = json!(reason);
        }
        if let Some(workspace) = self.workspace {
            body["workspaceId"] = json!(workspace.to_string());
        }
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        if !self.workspaces.is_empty() {
            body["workspaces"] = json!(self.workspaces);
        }
        if !self.choices.is_empty() {
            body["choices"] = json!(self.choices);
        }
        body
    }
}
