//! Mails of the local service.

use axum::body::Body;
use http::{Request, header};
use seatwise_cli::dev::MailFault;
use serde_json::json;

use super::{APP, dev_post, fetch, invite, mailbox, memory, send, workspace};

#[tokio::test]
async fn what_is_mailed_is_in_the_mailbox() {
    let local = memory().await;
    let (path, token) = workspace(&local, "Acme").await;
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    invite(&local, &path, &token, "two@x.example").await;
    local.settle().await;
    let mails = mailbox(&local, "").await;
    assert_eq!(mails.iter().map(|mail| &mail["to"]).collect::<Vec<_>>(), ["two@x.example", "one@x.example"]);
    let mails = mailbox(&local, "?to=ONE@x.example").await;
    assert_eq!(mails.len(), 1);
    let links = mails[0]["links"].as_array().expect("links");
    let link = links[0].as_str().expect("a link");
    assert!(link.starts_with(&format!("{APP}/join#token=")), "{link}");
    assert!(mails[0]["text"].as_str().expect("a text").contains(link));
    assert!(mailbox(&local, "?to=nobody@x.example").await.is_empty());
    fetch(&local, "/dev/mailbox?from=x", "").await.must_fail(422, "invalid_request");
}

#[tokio::test]
async fn k40_the_mailbox_page_shows_mails_and_runs_nothing() {
    let local = memory().await;
    let (path, token) = workspace(&local, "<script>alert(1)</script>\"'&").await;
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    let page = Request::get("/dev/mailbox?to=%22%3E%3Cscript%3E")
        .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
    let empty = send(&local, page.body(Body::empty()).expect("a request")).await.must_be(200);
    assert!(empty.text().contains("No mails to this address"));
    let page = Request::get("/dev/mailbox").header(header::ACCEPT, "text/html");
    let full = send(&local, page.body(Body::empty()).expect("a request")).await.must_be(200);
    for page in [empty, full] {
        assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"));
        assert!(page.header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        let html = page.text();
        assert!(!html.contains("<script"), "{html}");
        // Each frame may do nothing, and its content stays inside its quotes.
        for frame in html.split("<iframe").skip(1) {
            let tag = &frame[..frame.find('>').expect("an end")];
            assert!(tag.contains("sandbox=\"\""), "{tag}");
            assert!(!tag.contains('<'), "{tag}");
        }
    }
}

#[tokio::test]
async fn k19_mail_that_fails_goes_out_later() {
    let local = memory().await;
    let (path, token) = workspace(&local, "Acme").await;
    for fault in [MailFault::Throttle, MailFault::Internal] {
        let before = local.mailbox.sent().len();
        let to = format!("{fault:?}@x.example");
        local.mailbox.fail_next(1, fault);
        invite(&local, &path, &token, &to).await;
        local.settle().await;
        assert_eq!(local.mailbox.sent().len(), before, "{fault:?}");
        dev_post(&local, "/dev/clock", json!({"advanceSeconds": 600})).await.must_be(200);
        local.settle().await;
        assert_eq!(local.mailbox.sent_to(&to).len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn k19_a_lost_answer_is_at_least_one_mail() {
    let local = memory().await;
    let (path, token) = workspace(&local, "Acme").await;
    local.mailbox.lose_reply_next(1);
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    dev_post(&local, "/dev/clock", json!({"advanceSeconds": 600})).await.must_be(200);
    local.settle().await;
    let mails = local.mailbox.sent_to("one@x.example");
    assert!(!mails.is_empty());
    assert!(mails.iter().all(|mail| mail.links == mails[0].links), "the same link each time");
}
