//! The mailbox: an SESv2 endpoint that delivers to nobody and shows everything, behind the real
//! client. <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Config, Region};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router, middleware};
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::browser;
use super::clock::DevClock;
use super::engine::credentials;
use super::files::create_private;
use super::mail::{SendEmail, SentMail};
use super::traffic::Traffic;

/// A way in which SES fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailFault {
    /// Too many requests at once: 429 `TooManyRequestsException`.
    Throttle,
    /// 500 `InternalServiceErrorException`.
    Internal,
    /// The mail is not accepted, now or later: 400 `MessageRejected`.
    Rejected,
    /// The mail is accepted, and then the answer gets lost.
    LostReply,
    /// The mail is accepted, and no answer comes.
    NoReply,
}

/// All mails that went out. Clones show the same.
#[derive(Clone)]
pub struct Mailbox {
    inbox: Inbox,
    url: String,
    client: Client,
}

/// The state of the endpoint.
#[derive(Clone)]
struct Inbox {
    state: Arc<Mutex<Mails>>,
    clock: DevClock,
    traffic: Traffic,
}

#[derive(Default)]
struct Mails {
    sent: Vec<SentMail>,
    faults: std::collections::VecDeque<MailFault>,
    file: Option<File>,
}

impl Mailbox {
    /// Starts an endpoint. It begins with the mails in the file, one a line, and adds new ones to the
    /// file; without a file, it begins with none.
    pub async fn start(file: Option<&Path>, clock: DevClock) -> io::Result<(Self, AbortHandle)> {
        let mails = match file {
            Some(file) => Mails::open(file)?,
            None => Mails::default(),
        };
        let inbox = Inbox { state: Arc::new(Mutex::new(mails)), clock, traffic: Traffic::default() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new()
            .route("/v2/email/outbound-emails", post(send))
            .with_state(inbox.clone())
            .layer(middleware::from_fn(browser::refuse_browsers));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(credentials())
            .retry_config(RetryConfig::disabled())
            .endpoint_url(&url)
            .build();
        Ok((Self { inbox, url, client: Client::from_conf(config) }, serving.abort_handle()))
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The mails that went out, oldest first.
    pub fn sent(&self) -> Vec<SentMail> {
        self.inbox.lock().sent.clone()
    }

    /// The mails that went out to this address, oldest first.
    pub fn sent_to(&self, address: &str) -> Vec<SentMail> {
        self.inbox.lock().sent.iter().filter(|mail| mail.is_to(address)).cloned().collect()
    }

    /// The next `count` attempts to send fail, in this way. The client does not repeat them by
    /// itself: the service decides which ones to repeat.
    pub fn fail_next(&self, count: usize, fault: MailFault) {
        self.inbox.lock().faults.extend(std::iter::repeat_n(fault, count));
    }

    /// The requests to send that are being answered; they can be slowed down and held up.
    pub fn traffic(&self) -> &Traffic {
        &self.inbox.traffic
    }

    /// The next `count` mails go out, and the answer says that they may not have.
    pub fn lose_reply_next(&self, count: usize) {
        self.fail_next(count, MailFault::LostReply);
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Mails> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer of SES to a request to send; `None` if no answer comes.
    fn answer(&self, body: &[u8]) -> Option<Response> {
        let mut mails = self.lock();
        let fault = mails.faults.pop_front();
        match fault {
            Some(MailFault::Throttle) => {
                let code = "TooManyRequestsException";
                return Some(failure(StatusCode::TOO_MANY_REQUESTS, code, "Too many requests."));
            }
            Some(MailFault::Internal) => return Some(internal_failure()),
            Some(MailFault::Rejected) => {
                let message = "The message was rejected.";
                return Some(failure(StatusCode::BAD_REQUEST, "MessageRejected", message));
            }
            Some(MailFault::LostReply | MailFault::NoReply) | None => {}
        }
        let bad = |message: &str| Some(failure(StatusCode::BAD_REQUEST, "BadRequestException", message));
        let Ok(request) = serde_json::from_slice::<SendEmail>(body) else {
            return bad("The request could not be read.");
        };
        let id = format!("{:032x}", rand::random::<u128>());
        let mail = match request.into_mail(id.clone(), self.clock.now()) {
            Ok(mail) => mail,
            Err(reason) => return bad(reason),
        };
        if let Err(error) = mails.add(mail) {
            tracing::error!(%error, "a mail could not be kept");
            return Some(internal_failure());
        }
        match fault {
            Some(MailFault::LostReply) => Some(internal_failure()),
            Some(MailFault::NoReply) => None,
            _ => Some(Json(json!({ "MessageId": id })).into_response()),
        }
    }
}

impl Mails {
    fn open(path: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // A line that a killed server left half written is no mail: its sender was told nothing.
        let sent = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut file = create_private(path)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        Ok(Self { sent, file: Some(file), ..Self::default() })
    }

    fn add(&mut self, mail: SentMail) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            let mut line = serde_json::to_vec(&mail)?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        self.sent.push(mail);
        Ok(())
    }
}

async fn send(State(inbox): State<Inbox>, body: Bytes) -> Response {
    let _under_way = inbox.traffic.pass().await;
    match inbox.answer(&body) {
        Some(answer) => answer,
        None => std::future::pending().await,
    }
}

fn internal_failure() -> Response {
    failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceErrorException", "Something went wrong.")
}

/// The client reads the type of a failure from this header (AWS restJson1 protocol).
fn failure(status: StatusCode, kind: &'static str, message: &str) -> Response {
    (status, [("x-amzn-errortype", kind)], Json(json!({ "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_half_written_line_is_no_mail_and_harms_none() {
        let folder = std::env::temp_dir().join(format!("seatwise-mailbox-{:x}", rand::random::<u64>()));
        fs::create_dir(&folder).unwrap();
        let path = folder.join("mailbox.jsonl");
        let mail = SentMail {
            id: "1".to_owned(),
            to: "a@x.example".to_owned(),
            from: "b@x.example".to_owned(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            links: vec![],
            sent_at: Timestamp::UNIX_EPOCH,
            tags: BTreeMap::new(),
            configuration_set: None,
        };
        Mails::open(&path).unwrap().add(mail.clone()).unwrap();
        File::options().append(true).open(&path).unwrap().write_all(b"{\"id\":").unwrap();
        Mails::open(&path).unwrap().add(mail.clone()).unwrap();
        assert_eq!(Mails::open(&path).unwrap().sent, [mail.clone(), mail]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
