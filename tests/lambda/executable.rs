//! The executable as Lambda runs it: one for every function, told apart by the Handler setting.

use futures::future::join_all;
use seatwise_domain::EventLog;
use seatwise_functions::{background, operations};
use serde_json::{Value, json};

use crate::support::account::{Account, body_of, secret};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::MAIL_FROM;
use crate::support::packs;
use crate::support::person::somebody;
use crate::support::process::event;
use crate::support::publishing::{self, bundle};
use crate::support::reply::{text, token_of};
use crate::support::runtime_api::{Function, SECRET_ACCESS_KEY, SESSION_TOKEN, run_to_end};
use crate::support::sealing::SEAL_SEED;

#[tokio::test]
async fn d1_one_executable_does_the_main_job_as_many_functions() {
    let account = Account::new().await;
    let (olga, tea, lee) = (somebody("olga"), somebody("tea"), somebody("lee"));
    let made = account.call(&olga, "POST", "/v1/workspaces", json!({ "name": "Acme" }), 201).await;
    let w = format!("/v1/workspaces/{}", text(&made["id"]));
    let buy = json!({ "tier": "pro", "quantity": 2 });
    account.call(&olga, "POST", &format!("{w}/seats"), buy, 201).await;

    let mut tokens = Vec::new();
    for who in [&tea, &lee] {
        let invite = json!({ "emails": [who.email], "role": "member" });
        let invited = account.call(&olga, "POST", &format!("{w}/invitations"), invite, 201).await;
        account.deliver().await;
        let mails = account.deployment.mailbox.sent_to(&who.email);
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].links, [text(&invited["items"][0]["invitation"]["url"])]);
        assert_eq!(
            (mails[0].from.as_str(), mails[0].configuration_set.as_deref()),
            (MAIL_FROM, Some("bounces"))
        );
        let token = token_of(&mails[0].links[0]).to_owned();
        let body = json!({ "token": token });
        let preview = account.call(who, "POST", "/v1/invitations/preview", body.clone(), 200).await;
        assert_eq!((&preview["workspace"]["name"], &preview["status"]), (&json!("Acme"), &json!("pending")));
        let joined = account.call(who, "POST", "/v1/join", body, 200).await;
        assert_eq!(joined["member"]["seat"]["tier"], "pro");
        tokens.push(token);
    }
    let role = format!("{w}/members/{}/role", tea.id());
    let changed = account.call(&olga, "PUT", &role, json!({ "role": "admin" }), 200).await;
    assert_eq!(changed["role"], "admin");
    let requests = format!("{w}/leave-requests");
    let asked = account.call(&lee, "POST", &requests, json!({ "reason": "Moving on" }), 201).await;
    let path = format!("{requests}/{}/approve", text(&asked["id"]));
    let approved = account.call(&tea, "POST", &path, json!({}), 200).await;
    assert_eq!(approved["status"], "approved");
    let listed = account.call(&olga, "GET", &format!("{w}/members?sort=-name"), Value::Null, 200).await;
    let emails: Vec<_> =
        listed["items"].as_array().expect("members").iter().map(|one| &one["email"]).collect();
    assert_eq!(emails, ["tea@acme.example", "olga@acme.example"]);
    let gone = account.call(&lee, "GET", &format!("{w}/members"), Value::Null, 404).await;
    assert_eq!(gone["code"], "not_found");

    let written = account.shut_down().await;
    let mut ran: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    ran.sort_unstable();
    let expected = [
        "approve-leave",
        "buy-seats",
        "change-role",
        "create-workspace",
        "invite",
        "join",
        "list-members",
        "preview-invitation",
        "request-leave",
        "run-tasks",
    ];
    assert_eq!(ran, expected);
    for (name, output) in &written {
        must_say_what_it_did_and_no_more(name, output, &tokens);
    }
}

/// Operations outside a workspace, or before there is one.
const OUTSIDE: &[&str] = &["create-workspace", "join", "preview-invitation"];

/// Logs hold no token, secret or address, at any level (K27).
fn must_say_what_it_did_and_no_more(name: &str, output: &str, tokens: &[String]) {
    let secret = secret();
    let mut banned: Vec<&str> =
        vec![&secret, SECRET_ACCESS_KEY, SESSION_TOKEN, "acme.example", "AKIDEXAMPLE"];
    banned.extend(tokens.iter().map(String::as_str));
    for word in banned {
        let found = output.lines().find(|line| line.contains(word));
        assert_eq!(found, None, "{name} wrote {word}");
    }
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = |line: &Value| match name {
        "run-tasks" => line["outcome"] == "Sent" && line["message"] == "mail",
        _ => line["operation"] == name && line["message"] == "request",
    };
    let mut told = lines.filter(told).peekable();
    assert!(told.peek().is_some(), "{name} did not say what it did:\n{output}");
    for line in told {
        // As the invocation is called in Lambda's own records.
        assert!(line["requestId"].is_string(), "{line}");
        assert_eq!(line["trace"], "1-5bef4de7-ad49b0e87f6ef6c87fc2e700", "{line}");
        assert_eq!(line["workspace"].is_string(), !OUTSIDE.contains(&name), "{line}");
    }
}

#[tokio::test]
async fn d5_every_warm_process_obeys_with_its_next_request() {
    let account = Account::new().await;
    let process = account.deployment.process();
    let olga = somebody("olga");
    // The processes have a clock of their own.
    account.deployment.clock.set(seatwise_cli::dev::DevClock::new().now());
    let w = process.workspace(&olga).await;
    let tea = process.member(&olga, &w, "tea", "member").await;
    let start = || Function::start("update-workspace", &account.settings);
    let warm = [start().await, start().await];
    let rename = async |status| {
        let (_, event) = event(&tea, "PATCH", &w, &json!({ "name": "Mine" }), account.deployment.clock.now());
        let answers = join_all(warm.iter().map(|function| function.invoke(&event))).await;
        answers.iter().map(|answer| body_of(answer, status)).collect::<Vec<_>>()
    };
    let publish = async |rule: &str| {
        let mut files = packs::files(packs::DEFAULT);
        files.insert("edit.cedar".to_owned(), rule.to_owned());
        publishing::publish(&account.deployment.store(), &bundle(files)).await;
    };
    rename(403).await;
    publish(
        r#"@id("edit") permit (principal in Role::"member", action == Action::"updateWorkspace", resource);"#,
    )
    .await;
    rename(200).await;
    publish(
        r#"@id("edit") @reason("frozen") forbid (principal, action == Action::"updateWorkspace", resource);"#,
    )
    .await;
    for refused in rename(403).await {
        assert_eq!((&refused["code"], &refused["reason"]), (&json!("forbidden"), &json!("frozen")));
    }
}

#[tokio::test]
async fn d1_an_unknown_handler_ends_at_once_and_names_those_there_are() {
    let account = Account::new().await;
    for handler in ["frobnicate", "", "createWorkspace", "create-workspace "] {
        let (status, stdout, stderr) = run_to_end(handler, &account.settings).await;
        assert_eq!(status.code(), Some(1), "{handler:?}");
        assert!(stderr.contains(&format!("{handler:?}")), "{stderr}");
        for name in operations::all().iter().map(|row| row.name).chain(background::names()) {
            assert!(stderr.contains(name), "{name} is not named: {stderr}");
        }
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        // And once as CloudWatch's queries read it.
        let line: Value = serde_json::from_str(stdout.lines().next().expect("a line")).expect("JSON");
        assert_eq!((&line["level"], &line["message"]), (&json!("ERROR"), &json!("cannot start")));
        assert_eq!(line["reason"], stderr.trim().replace("seatwise: ", ""));
    }
}

#[tokio::test]
async fn a_missing_setting_is_named() {
    let account = Account::new().await;
    for name in [
        "SEATWISE_TABLE",
        "SEATWISE_APP_URL",
        "SEATWISE_MAIL_FROM",
        "SEATWISE_LINK_KEYS",
        "SEATWISE_POLICY_KEYS",
    ] {
        let mut settings = account.settings.clone();
        settings.remove(name);
        let (status, _, stderr) = run_to_end("get-me", &settings).await;
        assert_eq!((status.code(), stderr.contains(name)), (Some(1), true), "{name}: {stderr}");
    }
}

/// The functions that seal logs, as Lambda starts them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_the_executable_seals_logs() {
    let account = Account::new().await;
    // The executable has the clock of the machine: an event of the deployment is old for it.
    let workspace = account.deployment.process().workspace(&somebody("olga")).await;
    let event = json!({ "Records": account.deployment.event_records().await });
    let noted = account.function("note-events").await.invoke(&event).await;
    assert_eq!(noted, json!({ "batchItemFailures": [] }));
    let sealed = account.function("seal-logs").await.invoke(&json!({})).await;
    assert!(sealed.as_u64().is_some_and(|digests| digests > 0), "{sealed}");
    let report = account.deployment.verify(EventLog::Workspace(id_of(&workspace))).await;
    assert_eq!((report.digests, report.unsealed, report.faults), (1, 0, vec![]));
    let last = report.last.expect("a digest").hash.0;
    let written = account.shut_down().await;
    let (_, lines) = written.iter().find(|(name, _)| name == "seal-logs").expect("its output");
    assert!(lines.lines().any(|line| line.contains("\"sealed\"") && line.contains(&last)), "{lines}");
    let secrets = ["3c".repeat(SEAL_SEED.len()), format!("{SEAL_SEED:?}")];
    assert!(secrets.iter().all(|secret| !lines.contains(secret)));
}
