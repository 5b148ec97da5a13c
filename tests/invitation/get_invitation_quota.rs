//! The number of people who may be invited.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::office::{come, enter, office};
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::proxy::Proxy;
use crate::support::reply::text;

async fn quota(app: &App, admin: &Person, workspace: &str) -> Value {
    app.get(admin, &format!("{workspace}/invitations/quota")).await.expect(200)
}

/// Invites new people, at most 20 at once; the problems of their rows.
async fn invite_new(app: &App, admin: &Person, workspace: &str, names: std::ops::Range<u32>) -> Vec<String> {
    let emails: Vec<String> = names.map(|number| format!("new{number}@acme.example")).collect();
    let body = json!({ "emails": emails, "sendEmail": false });
    let rows = app.post(admin, &format!("{workspace}/invitations"), body).await.expect(201);
    let problem = |row: &Value| row["problem"]["code"].as_str().unwrap_or_default().to_owned();
    rows["items"].as_array().expect("rows").iter().map(problem).filter(|code| !code.is_empty()).collect()
}

#[tokio::test]
async fn r11_a_trial_has_so_many_invitations_in_all() {
    let (app, ada, workspace) = office("role-seats").await;
    let invitations = format!("{workspace}/invitations");
    assert_eq!(
        quota(&app, &ada, &workspace).await,
        json!({ "limit": 20, "used": 0, "remaining": 20, "resetsAt": null })
    );
    assert!(invite_new(&app, &ada, &workspace, 0..18).await.is_empty());
    // A refused invitation uses nothing.
    assert_eq!(invite_new(&app, &ada, &workspace, 0..2).await, ["invitation_pending", "invitation_pending"]);
    app.post(&ada, &invitations, json!({ "emails": ["ada@acme.example"] }))
        .await
        .expect_problem(409, "already_member");
    assert_eq!(quota(&app, &ada, &workspace).await["remaining"], 2);
    // Of several the first are invited, the others told why not, each in a row.
    assert_eq!(invite_new(&app, &ada, &workspace, 18..22).await, ["invitation_quota_exceeded"; 2]);
    assert_eq!(
        quota(&app, &ada, &workspace).await,
        json!({ "limit": 20, "used": 20, "remaining": 0, "resetsAt": null })
    );
    let one_more = json!({ "emails": ["one@more.example"] });
    let refused = app.post(&ada, &invitations, one_more.clone()).await;
    assert_eq!(refused.headers["ratelimit-policy"], "\"email-invitations\";q=20");
    assert_eq!(refused.headers["ratelimit"], "\"email-invitations\";r=0");
    assert!(!refused.headers.contains_key("retry-after"));
    refused.expect_problem(429, "invitation_quota_exceeded");
    app.local.settle().await;
    assert_eq!(app.local.mailbox.sent(), []);

    // Sending again is no new invitation, and taking one back gives none back.
    let listed = app.get(&ada, &format!("{invitations}?limit=100")).await.expect(200);
    let path = format!("{invitations}/{}", text(&listed["items"][0]["id"]));
    app.post(&ada, &format!("{path}/resend"), json!({})).await.expect(200);
    app.call(&ada, "DELETE", &path, Value::Null).await.expect(204);
    app.post(&ada, &invitations, one_more.clone()).await.expect_problem(429, "invitation_quota_exceeded");
    // Links are not affected.
    let url = app.role_link(&ada, &workspace, "member").await;
    come(&app, &url, "mel@acme.example").await;
    // Nor does time help.
    app.advance(400 * 24 * 3600).await;
    let ada = app.sign_in("ada@acme.example").await;
    app.post(&ada, &invitations, one_more.clone()).await.expect_problem(429, "invitation_quota_exceeded");
    // Another plan does; and another workspace has its own.
    let other = app.workspace(&ada).await;
    app.invite(&ada, &other, "one@more.example", "member").await;
    app.put_on_plan(&workspace, "pilot").await.expect(204);
    app.post(&ada, &invitations, one_more).await.expect(201);
}

#[tokio::test]
async fn r11_business_has_so_many_invitations_a_day() {
    let (app, ada, workspace) = office("role-seats").await;
    let invitations = format!("{workspace}/invitations");
    app.put_on_plan(&workspace, "business").await.expect(204);
    // To the beginning of a day, so that none ends while this runs.
    let to_next_day = async |ada: &Person| {
        let resets_at: jiff::Timestamp =
            text(&quota(&app, ada, &workspace).await["resetsAt"]).parse().unwrap();
        app.advance(resets_at.duration_since(app.local.clock.now()).as_secs() + 60).await;
        resets_at
    };
    let first = to_next_day(&ada).await;
    let ada = app.sign_in("ada@acme.example").await;
    let end = first + jiff::SignedDuration::from_hours(24);
    let left =
        |used: u32| json!({ "limit": 50, "used": used, "remaining": 50 - used, "resetsAt": end.to_string() });
    assert_eq!(quota(&app, &ada, &workspace).await, left(0));
    for names in [0..20, 20..40, 40..49] {
        assert!(invite_new(&app, &ada, &workspace, names).await.is_empty());
    }
    assert_eq!(quota(&app, &ada, &workspace).await, left(49));
    assert_eq!(invite_new(&app, &ada, &workspace, 49..51).await, ["invitation_quota_exceeded"]);
    let refused = app.post(&ada, &invitations, json!({ "emails": ["one@more.example"] })).await;
    assert_eq!(refused.headers["ratelimit-policy"], "\"email-invitations\";q=50;w=86400");
    let limit = refused.headers["ratelimit"].to_str().unwrap().to_owned();
    let seconds: i64 = limit.strip_prefix("\"email-invitations\";r=0;t=").unwrap().parse().unwrap();
    assert!((24 * 3600 - 3600..24 * 3600).contains(&seconds), "{limit}");
    assert_eq!(refused.headers["retry-after"], seconds.to_string());
    refused.expect_problem(429, "invitation_quota_exceeded");
    assert_eq!(quota(&app, &ada, &workspace).await, left(50));

    // Links and domains are not affected.
    let url = app.role_link(&ada, &workspace, "member").await;
    come(&app, &url, "mel@acme.example").await;
    // The next day there are all of them again.
    to_next_day(&ada).await;
    let ada = app.sign_in("ada@acme.example").await;
    assert_eq!(quota(&app, &ada, &workspace).await["used"], 0);
    app.post(&ada, &invitations, json!({ "emails": ["one@more.example"] })).await.expect(201);
    assert_eq!(quota(&app, &ada, &workspace).await["used"], 1);
}

#[tokio::test]
async fn r11_pilot_and_enterprise_have_no_limit() {
    let (app, ada, workspace) = office("role-seats").await;
    let mut next = 0;
    for plan in ["pilot", "enterprise"] {
        app.put_on_plan(&workspace, plan).await.expect(204);
        for _ in 0..3 {
            assert!(invite_new(&app, &ada, &workspace, next..next + 20).await.is_empty(), "{plan}");
            next += 20;
        }
        assert_eq!(
            quota(&app, &ada, &workspace).await,
            json!({ "limit": null, "used": 0, "remaining": null, "resetsAt": null })
        );
    }
    // Invitations made without a limit do not count when there is a limit again.
    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(quota(&app, &ada, &workspace).await["remaining"], 20);
    // A domain brings people in though no invitation is left.
    assert!(invite_new(&app, &ada, &workspace, next..next + 20).await.is_empty());
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "other.example").await;
    assert_eq!(enter(&app, &app.sign_in("olaf@other.example").await).await.0, ["member"]);
}

#[tokio::test]
async fn r11_a_repetition_that_begins_on_the_next_day_reads_the_quota_of_that_day() {
    let limit = ("limit = 50, per = \"day\"", "limit = 2, per = \"day\"");
    let deployment = Deployment::under("role-seats", &[limit]).await;
    deployment.clock.set("2026-01-05T23:59:00Z".parse().expect("a moment"));
    let proxy = Proxy::before(&deployment.engine).await;
    let (slow, fast, ada) = (deployment.process_behind(&proxy), deployment.process(), somebody("ada"));
    let workspace = fast.workspace(&ada).await;
    fast.set_plan(&workspace, "business").await;
    let invitations = format!("{workspace}/invitations");
    let invite = |process: &Process, name: &str| {
        let (process, path, ada) = (process.clone(), invitations.clone(), ada.clone());
        let body = json!({ "emails": [format!("{name}@acme.example")], "sendEmail": false });
        async move { process.post(&ada, &path, body).await }
    };
    let write = proxy.hold("TransactWriteItems");
    let (refused, ()) = futures::join!(invite(&slow, "late"), async {
        write.reached().await;
        // Others use up the quota of the day, and after midnight that of the next day.
        for name in ["one", "two"] {
            invite(&fast, name).await.expect(201);
        }
        deployment.clock.set("2026-01-06T00:00:01Z".parse().expect("a moment"));
        for name in ["three", "four"] {
            invite(&fast, name).await.expect(201);
        }
        write.open();
    });
    refused.expect_problem(429, "invitation_quota_exceeded");
}
