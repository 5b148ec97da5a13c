//! `run-tasks`: on the table's stream. Sends the mail of each intent that was committed: at
//! least once, and in the normal case once (K18, K19).
//!
//! An intent is claimed by a conditional write before it is sent and deleted after, so that a
//! record that comes again, or comes by the sweep as well, finds it claimed or gone. Who dies
//! between sending and deleting leaves a claim that runs out: then it is sent again.

use std::sync::Arc;

use askama::Template;
use aws_sdk_sesv2::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use futures::FutureExt as _;
use seatwise_domain::{
    Change, Delivery, DeliveryStatus, EmailAddress, Invitation, InvitationStatus, Mail, MailId, Member,
    RecordKey, Stored, Version, Workspace,
};
use seatwise_store::{CommitError, Load, OUTBOX_PREFIX, StoreError, is_outbox_key, mail_of_key};
use serde_json::{Value, json};

use crate::background::function::{BackgroundFunction, Trigger};
use crate::background::job::Job;
use crate::links::LinkText;
use crate::people::full_name;
use crate::service::Service;

pub(super) const FUNCTION: BackgroundFunction = BackgroundFunction {
    name: "run-tasks",
    trigger: Trigger::Stream { partition_prefix: OUTBOX_PREFIX, batch: 10 },
    memory_mib: 256,
    timeout_seconds: 60,
    why: "nobody waits for it, so little CPU; a batch of ten mails in a minute",
    description: "Runs tasks of the outbox.",
    needs_policies: true,
    needs_links: true,
    run: |service, event| async move { run_tasks(&service, &event).await }.boxed(),
};

/// How often what became of a mail is written anew when the invitation has changed meanwhile.
const MAX_ATTEMPTS: u32 = 10;

/// Why a mail could not be handled; it stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The table did not answer.
    #[error("the outbox could not be read")]
    Load(#[from] StoreError),
    /// The table did not take the outcome.
    #[error("the outcome could not be written")]
    Commit(#[from] CommitError),
    /// The record is none that this function understands.
    #[error("the record is no mail")]
    Poison,
}

/// Handles a batch of the stream's records. Answers which of them failed: the stream brings those
/// again and, in the end, to the dead-letter queue; the others go on (K20).
pub async fn run_tasks(service: &Arc<Service>, event: &Value) -> Value {
    let job = Job::begin(FUNCTION.name, service);
    let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut failures = Vec::new();
    for record in records {
        let outcome = match mail_of(record) {
            Ok(Some(id)) => deliver(&job, id).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            let sequence = record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default();
            tracing::error!(sequence, error = &error as &dyn std::error::Error, "mail record failed");
            failures.push(json!({ "itemIdentifier": sequence }));
        }
    }
    job.end("mails", records.len(), failures.len());
    json!({ "batchItemFailures": failures })
}

/// The mail that a record tells of; none if it tells of something else.
fn mail_of(record: &Value) -> Result<Option<MailId>, DeliverError> {
    let keys = &record["dynamodb"]["Keys"];
    let part = |name: &str| keys[name]["S"].as_str().ok_or(DeliverError::Poison);
    let (pk, sk) = (part("pk")?, part("sk")?);
    if record["eventName"] != "INSERT" || !is_outbox_key(pk) {
        return Ok(None);
    }
    mail_of_key(pk, sk).map(Some).ok_or(DeliverError::Poison)
}

/// Sends one mail, if it is due and nobody else is at it.
pub async fn deliver(job: &Job<'_>, id: MailId) -> Result<(), DeliverError> {
    let key = RecordKey::Mail(id);
    let Job { service, store, .. } = job;
    let loaded = store.load(&Load::new().record(key.clone())).await?;
    let Some(stored) = loaded.get::<Mail>(&key) else { return Ok(()) };
    let now = service.now();
    if stored.value.due_at > now {
        return Ok(());
    }
    if stored.value.is_spent() {
        // Its last try began and told of no end: whoever made it died, perhaps after sending.
        return record(job, &stored, Outcome::Refused).await;
    }
    let begun = stored.value.begun(now);
    match store.commit(&[Change::update(&stored, begun.clone())]).await {
        Ok(()) => {}
        Err(CommitError::Conflict) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let claimed = Stored { value: begun, version: Version(stored.version.0 + 1) };
    let letter = Letter::load(job, &claimed.value).await?;
    let outcome = match letter {
        // Taken back, accepted or over meanwhile: nothing to send.
        None => Outcome::Dropped,
        Some(letter) => letter.send(service, &claimed.value).await,
    };
    record(job, &claimed, outcome).await
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Sent,
    Dropped,
    /// It may go better another time.
    Failed,
    /// It will not.
    Refused,
}

/// Writes what came of a try, on the mail and on the invitation. The invitation may have changed
/// while the mail went out; that the mail did stays true.
async fn record(job: &Job<'_>, claimed: &Stored<Mail>, outcome: Outcome) -> Result<(), DeliverError> {
    let Job { service, store, .. } = job;
    let mail = &claimed.value;
    let now = service.now();
    let retry = match outcome {
        Outcome::Failed => mail.failed(now),
        Outcome::Sent | Outcome::Dropped | Outcome::Refused => None,
    };
    let status = match (outcome, &retry) {
        (Outcome::Sent, _) => Some(DeliveryStatus::Sent),
        (Outcome::Failed, Some(_)) => Some(DeliveryStatus::Retrying),
        (Outcome::Failed | Outcome::Refused, _) => Some(DeliveryStatus::Failed),
        (Outcome::Dropped, _) => None,
    };
    let mail_change = match retry {
        Some(mail) => Change::update(claimed, mail),
        None => Change::Delete(RecordKey::Mail(mail.id), claimed.version),
    };
    let key = RecordKey::Invitation(mail.invitation);
    for _ in 0..MAX_ATTEMPTS {
        let mut changes = vec![mail_change.clone()];
        let loaded = store.load(&Load::new().record(key.clone())).await?;
        let invitation = loaded.get::<Invitation>(&key);
        if let Some((status, invitation)) = status.zip(invitation) {
            let delivery = Delivery { mail: mail.id, status, at: now, attempts: mail.attempts };
            let told = invitation.value.with_delivery(delivery);
            changes.push(Change::update(&invitation, told));
        }
        match store.commit(&changes).await {
            Ok(()) => {
                tracing::info!(
                    mail = %mail.id,
                    trace = mail.trace,
                    workspace = %mail.invitation.workspace,
                    attempts = mail.attempts,
                    outcome = ?outcome,
                    "mail"
                );
                if status == Some(DeliveryStatus::Failed) {
                    tracing::warn!(mail = %mail.id, trace = mail.trace, mails_given_up = 1, "mail given up");
                }
                return Ok(());
            }
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Somebody else holds the mail by now, or the invitation never rests: the claim runs out.
    Err(DeliverError::Commit(CommitError::Conflict))
}

/// All that a mail says.
struct Letter {
    to: EmailAddress,
    workspace: String,
    role: String,
    inviter: Option<String>,
    product: String,
    link: LinkText,
    until: Option<String>,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct Html<'a> {
    letter: &'a Letter,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "invitation.txt")]
struct Text<'a> {
    letter: &'a Letter,
    url: &'a str,
}

impl Letter {
    /// Reads what the mail says; none if there is nothing to say any more.
    async fn load(job: &Job<'_>, mail: &Mail) -> Result<Option<Self>, DeliverError> {
        let Job { service, store, .. } = job;
        let id = mail.invitation;
        let key = RecordKey::Invitation(id);
        let workspace_key = RecordKey::Workspace(id.workspace);
        let loaded = store.load(&Load::new().record(key.clone()).record(workspace_key.clone())).await?;
        let (Some(invitation), Some(workspace)) =
            (loaded.get::<Invitation>(&key), loaded.get::<Workspace>(&workspace_key))
        else {
            return Ok(None);
        };
        let invitation = invitation.value;
        let (InvitationStatus::Pending, Some(to)) =
            (invitation.status(service.now()), invitation.email.clone())
        else {
            return Ok(None);
        };
        let inviter_key = RecordKey::Member(id.workspace, invitation.invited_by);
        let loaded = store.load(&Load::new().record(inviter_key.clone())).await?;
        let inviter = loaded.get::<Member>(&inviter_key).map(|stored| stored.value);
        let inviter = inviter.and_then(|member| full_name([&member.first_name, &member.last_name]));
        let active = service.load_policies(store).await.ok();
        let pack = active.as_ref().map(|active| active.bundle.pack());
        let role = pack.and_then(|pack| pack.role(&invitation.role)).map(|role| role.label.clone());
        Ok(Some(Self {
            to,
            workspace: workspace.value.name.to_string(),
            role: role.unwrap_or_else(|| invitation.role.to_string()),
            inviter,
            product: pack.map_or_else(String::new, |pack| pack.product.clone()),
            link: LinkText::of(&invitation),
            until: invitation.expires_at.map(|end| end.strftime("%-d %B %Y, %H:%M UTC").to_string()),
        }))
    }

    /// Hands the mail to SES.
    async fn send(&self, service: &Service, mail: &Mail) -> Outcome {
        let tokens = match service.tokens().await {
            Ok(tokens) => tokens,
            Err(error) => {
                tracing::error!(
                    mail = %mail.id,
                    error = &error as &dyn std::error::Error,
                    "no link for a mail"
                );
                return Outcome::Failed;
            }
        };
        let Some(url) = service.links(&tokens).url(self.link) else { return Outcome::Failed };
        let Some(content) = self.content(&url) else { return Outcome::Refused };
        let tag = |name: &str, value: String| MessageTag::builder().name(name).value(value).build().ok();
        let tags: Vec<_> = [tag("kind", "invitation".to_owned()), tag("mail", mail.id.to_string())]
            .into_iter()
            .flatten()
            .collect();
        let sent = service
            .ses
            .send_email()
            .from_email_address(&service.settings.mail_from)
            .destination(Destination::builder().to_addresses(sendable(&self.to)).build())
            .content(content)
            .set_configuration_set_name(service.settings.mail_configuration_set.clone())
            .set_email_tags(Some(tags))
            .send()
            .await;
        match sent {
            Ok(_) => Outcome::Sent,
            Err(error) => {
                let code = error.code().unwrap_or("none");
                let is_final = is_final(&error);
                tracing::warn!(
                    mail = %mail.id,
                    trace = mail.trace,
                    code,
                    is_final,
                    attempts = mail.attempts,
                    mail_failures = 1,
                    "mail not sent"
                );
                if is_final { Outcome::Refused } else { Outcome::Failed }
            }
        }
    }

    fn content(&self, url: &str) -> Option<EmailContent> {
        let part = |text: String| Content::builder().data(text).charset("UTF-8").build().ok();
        let html = Html { letter: self, url }.render().ok()?;
        let text = Text { letter: self, url }.render().ok()?;
        let body = Body::builder().html(part(html)?).text(part(text)?).build();
        let message = Message::builder().subject(part(self.subject())?).body(body).build();
        Some(EmailContent::builder().simple(message).build())
    }

    /// One line: names cannot hold line breaks, so no header can be added (K40).
    fn subject(&self) -> String {
        match &self.inviter {
            Some(inviter) => format!("{inviter} invited you to {}", self.workspace),
            None => format!("You are invited to {}", self.workspace),
        }
    }
}

/// SES takes ASCII before the `@` and an ASCII domain: what was typed if it is that, else the
/// canonical form.
fn sendable(email: &EmailAddress) -> &str {
    if email.as_typed().is_ascii() { email.as_typed() } else { email.canonical() }
}

/// What another try will not change: SES refuses this mail, not this moment.
fn is_final<R>(error: &SdkError<SendEmailError, R>) -> bool {
    let Some(error) = error.as_service_error() else { return false };
    error.is_message_rejected() || error.is_bad_request_exception()
}
