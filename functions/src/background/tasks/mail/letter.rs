//! The content of an invitation's mail.

use std::error::Error;

use askama::Template;
use aws_sdk_sesv2::types::{Body, Content, EmailContent, Message};
use seatwise_domain::pack::Names;
use seatwise_domain::{
    EmailAddress, Invitation, InvitationMail, InvitationStatus, Member, PolicyPointer, Stored, TaskId,
    UserId, Workspace, without_links,
};
use seatwise_store::{Reads, Store};

use crate::background::tasks::error::TaskError;
use crate::links::LinkText;
use crate::policies::{Active, pointer_key};
use crate::service::Service;

/// The content of a mail.
pub(super) struct Letter {
    pub(super) to: EmailAddress,
    /// The name of the workspace, without links.
    workspace: Option<String>,
    role: String,
    /// The name of the inviter, without links.
    inviter: Option<String>,
    product: String,
    pub(super) link: LinkText,
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
    /// Reads the content of the mail, and the invitation. There is no content if the invitation is no longer
    /// pending.
    pub(super) async fn read(
        service: &Service,
        store: &Store,
        task: TaskId,
        mail: &InvitationMail,
    ) -> Result<(Option<Self>, Option<Stored<Invitation>>), TaskError> {
        let id = mail.invitation;
        let mut reads = Reads::new();
        let (invitation, workspace) =
            (reads.one(Invitation::key(id)), reads.one(Workspace::key(id.workspace)));
        let inviter = reads.one(Member::key(id.workspace, mail.inviter));
        let pointer = reads.one(pointer_key(task.0.as_bytes()));
        let loaded = store.read(&reads).await?;
        let Some(stored) = loaded.one(invitation) else { return Ok((None, None)) };
        let invitation = &stored.value;
        let (Some(workspace), InvitationStatus::Pending, Some(to)) =
            (loaded.one(workspace), invitation.status(service.now()), invitation.email.clone())
        else {
            return Ok((None, Some(stored)));
        };
        let inviter = sender(store, loaded.one(inviter), mail, invitation.invited_by).await?;
        let active = policies(service, store, loaded.one(pointer).map(|stored| stored.value)).await;
        let pack = active.as_ref().map(|active| active.bundle.pack());
        let role = pack.and_then(|pack| pack.role(&invitation.role)).map(|role| role.label.clone());
        let letter = Self {
            to,
            workspace: without_links(workspace.value.name.as_str()),
            role: role.unwrap_or_else(|| Names::default().role(&invitation.role).to_string()),
            inviter: inviter.and_then(|member| member.full_name()).and_then(|name| without_links(&name)),
            product: pack.map_or_else(String::new, |pack| pack.product.clone()),
            link: LinkText::of(invitation),
            until: invitation.expires_at.map(|end| end.strftime("%-d %B %Y, %H:%M UTC").to_string()),
        };
        Ok((Some(letter), Some(stored)))
    }

    /// The mail as SES takes it.
    pub(super) fn content(&self, url: &str) -> Result<EmailContent, Box<dyn Error + Send + Sync>> {
        let part = |text: String| Content::builder().data(text).charset("UTF-8").build();
        let html = Html { letter: self, url }.render()?;
        let text = Text { letter: self, url }.render()?;
        let body = Body::builder().html(part(html)?).text(part(text)?).build();
        let message = Message::builder().subject(part(self.subject())?).body(body).build();
        Ok(EmailContent::builder().simple(message).build())
    }

    /// The subject: no word of it comes from a person (K49).
    fn subject(&self) -> String {
        if self.product.is_empty() {
            "You are invited to a workspace".to_owned()
        } else {
            format!("You are invited to a workspace on {}", self.product)
        }
    }
}

/// The member who sends the invitation now. The task names another member if somebody else has sent the
/// invitation again since.
async fn sender(
    store: &Store,
    inviter: Option<Stored<Member>>,
    mail: &InvitationMail,
    sender: UserId,
) -> Result<Option<Member>, TaskError> {
    let member = if sender == mail.inviter {
        inviter
    } else {
        store.get(Member::key(mail.invitation.workspace, sender)).await?
    };
    Ok(member.map(|stored| stored.value))
}

/// The active policies. A mail goes out without them too: it then names the role by its id.
async fn policies(
    service: &Service,
    store: &Store,
    copy: Option<PolicyPointer>,
) -> Option<std::sync::Arc<Active>> {
    match service.policies.follow(store, copy, service.now()).await {
        Ok(active) => Some(active),
        Err(error) => {
            tracing::error!(error = &error as &dyn Error, "a mail without policies");
            None
        }
    }
}
