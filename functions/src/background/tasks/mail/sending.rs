//! Hands a mail to SES.

use std::error::Error;

use aws_sdk_sesv2::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Destination, MessageTag};
use seatwise_domain::{EmailAddress, Task};

use super::Outcome;
use super::letter::Letter;
use crate::service::Service;

pub(super) async fn send(service: &Service, letter: &Letter, task: &Task) -> Outcome {
    let tokens = match service.tokens().await {
        Ok(tokens) => tokens,
        Err(error) => {
            tracing::error!(mail = %task.id, error = &error as &dyn Error, "no link for a mail");
            return Outcome::Failed;
        }
    };
    let Some(url) = service.links(&tokens).url(letter.link) else {
        tracing::error!(mail = %task.id, "no link for a mail: no key is in use yet");
        return Outcome::Failed;
    };
    let content = match letter.content(&url) {
        Ok(content) => content,
        Err(error) => {
            tracing::error!(mail = %task.id, error = &*error as &dyn Error, "a mail could not be written");
            return Outcome::Refused;
        }
    };
    let tag = |name: &str, value: String| MessageTag::builder().name(name).value(value).build().ok();
    let tags: Vec<_> = [tag("kind", "invitation".to_owned()), tag("mail", task.id.to_string())]
        .into_iter()
        .flatten()
        .collect();
    let sent = service
        .ses
        .send_email()
        .from_email_address(&service.settings.mail_from)
        .destination(Destination::builder().to_addresses(sendable(&letter.to)).build())
        .content(content)
        .set_configuration_set_name(service.settings.mail_configuration_set.clone())
        .set_email_tags(Some(tags))
        .send()
        .await;
    match sent {
        Ok(_) => Outcome::Sent,
        Err(error) => {
            let is_final = is_final(&error);
            tracing::warn!(
                mail = %task.id,
                trace = task.trace,
                code = error.code().unwrap_or("none"),
                is_final,
                attempts = task.attempts,
                mail_failures = 1,
                "mail not sent"
            );
            if is_final { Outcome::Refused } else { Outcome::Failed }
        }
    }
}

/// The address as SES takes it: ASCII before the `@` and an ASCII domain. That is the address as it was
/// typed, or else its canonical form.
fn sendable(email: &EmailAddress) -> &str {
    if email.as_typed().is_ascii() { email.as_typed() } else { email.canonical() }
}

/// Whether SES refuses this mail at any time, and not only now.
fn is_final<R>(error: &SdkError<SendEmailError, R>) -> bool {
    let Some(error) = error.as_service_error() else { return false };
    error.is_message_rejected() || error.is_bad_request_exception()
}
