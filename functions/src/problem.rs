//! Every failure, as `application/problem+json` (RFC 9457). Causes go to the log with the request id, never
//! to the client.

mod code;

use std::error::Error;
use std::fmt;

use http::StatusCode;
use seatwise_domain::rules::account_deletion::NeededIn;
use seatwise_domain::rules::mail::{MailLimit, MailRefusal};
use seatwise_domain::{PurchaseId, Refusal, WorkspaceId};
use serde::Serialize;
use serde_json::{Value, json};

pub use self::code::Code;
use self::code::Logged;

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

/// A failure, as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The error code, for clients to switch on.
    pub code: Code,
    /// The advice to the user, where it differs from the advice of the code.
    pub detail: Option<Box<str>>,
    /// The `@reason` of the policy that forbade the request.
    pub reason: Option<Box<str>>,
    /// The errors, by field.
    pub errors: Box<[FieldError]>,
    /// The names that the request can use in the place of an unknown one.
    pub choices: Box<[String]>,
    /// The quota that the request exceeded.
    pub quota: Option<Box<QuotaState>>,
    /// The seconds until the same request can succeed, if that is known.
    pub retry_after: Option<u32>,
    /// The workspaces that need the caller.
    pub workspaces: Box<[NeededWorkspace]>,
    /// What the problem is about, where the request does not name it.
    pub subject: Option<Box<Subject>>,
}

/// What a problem is about, where the request does not name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The workspace.
    pub workspace: Option<WorkspaceId>,
    /// The purchase.
    pub purchase: Option<PurchaseId>,
    /// The page where the customer can pay the purchase.
    pub pay_url: Option<String>,
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
            errors: Box::default(),
            choices: Box::default(),
            quota: None,
            retry_after: None,
            workspaces: Box::default(),
            subject: None,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::from(Code::from(refusal));
        match refusal {
            Refusal::TooManyMails(MailRefusal { limit, retry_after }) => {
                Self { detail: Some(mail_limit(limit).into()), retry_after: Some(retry_after), ..problem }
            }
            Refusal::NoSeatOfTier => Self {
                detail: Some(
                    "All seats of this tier are taken. Choose another tier, or buy or free a seat of it."
                        .into(),
                ),
                ..problem
            },
            Refusal::TooManyUnits => Self::field("quantity", "is more than can be bought"),
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

impl Subject {
    fn write(&self, body: &mut Value) {
        if let Some(workspace) = self.workspace {
            body["workspaceId"] = json!(workspace.to_string());
        }
        if let Some(purchase) = self.purchase {
            body["purchaseId"] = json!(purchase.to_string());
        }
        if let Some(pay_url) = &self.pay_url {
            body["payUrl"] = json!(pay_url);
        }
    }
}

impl Problem {
    /// A refusal to join, with the workspace that a member is in already.
    pub fn of_joining(refusal: Refusal, workspace: WorkspaceId) -> Self {
        if refusal != Refusal::AlreadyMember {
            return refusal.into();
        }
        let subject = Subject { workspace: Some(workspace), ..Subject::default() };
        Self { subject: Some(Box::new(subject)), ..refusal.into() }
    }

    /// A problem about a purchase, which the customer can pay on this page if there is one.
    pub fn of_purchase(code: Code, purchase: PurchaseId, pay_url: Option<String>) -> Self {
        let subject = Subject { purchase: Some(purchase), pay_url, ..Subject::default() };
        Self { subject: Some(Box::new(subject)), ..code.into() }
    }

    /// The last renewal is not paid.
    pub fn overdue(pay_url: Option<String>) -> Self {
        let subject = Subject { pay_url, ..Subject::default() };
        let detail = "The last renewal is not paid. Pay it first, at `payUrl` if there is one.".into();
        Self { subject: Some(Box::new(subject)), detail: Some(detail), ..Code::PaymentFailed.into() }
    }

    /// The resource does not exist, or the caller cannot see it.
    pub fn not_found() -> Self {
        Code::NotFound.into()
    }

    /// The caller is not signed in.
    pub fn unauthenticated() -> Self {
        Code::Unauthenticated.into()
    }

    /// A service called what only people do.
    pub fn people_only() -> Self {
        let detail = "Only people can do this: call it with the token of a signed-in person.";
        Self { detail: Some(detail.into()), reason: Some("people_only".into()), ..Code::Forbidden.into() }
    }

    /// A person called what only services do.
    pub fn services_only() -> Self {
        let detail = "Only the backend of the product can do this, with a token of its own.";
        Self { detail: Some(detail.into()), reason: Some("services_only".into()), ..Code::Forbidden.into() }
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
    pub fn malformed(detail: impl Into<Box<str>>) -> Self {
        Self { detail: Some(detail.into()), ..Code::Malformed.into() }
    }

    /// The request has invalid fields.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors: errors.into(), ..Code::Invalid.into() }
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
        Self { detail: Some(ADVICE.into()), workspaces, ..code.into() }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The members of RFC 9457, and `code`, `reason`, `errors`, `choices`, `workspaces`, `purchaseId`, `payUrl`
    /// and, for an answer of its own, `requestId`.
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
        if let Some(subject) = &self.subject {
            subject.write(&mut body);
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
