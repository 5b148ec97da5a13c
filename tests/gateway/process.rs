//! The local service as a process, and the state that it keeps.

use std::path::PathBuf;
use std::time::Duration;

use futures::future::join_all;
use seatwise_cli::dev::{self, Data, Options, StartError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use super::{dev_post, fetch, invite, options, pack_like_default, workspace};
use crate::support::cli::seatwise;

#[tokio::test]
async fn state_keys_and_mails_survive_a_restart() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("new/folder/state.db");
    let local = dev::start(options(Data::File(file.clone()))).await.expect("a local service");
    let (path, token) = workspace(&local, "Acme").await;
    invite(&local, &path, &token, "one@x.example").await;
    local.settle().await;
    let sent = local.mailbox.sent();
    assert!(matches!(dev::start(options(Data::File(file.clone()))).await, Err(StartError::Locked { .. })));
    drop(local);

    let local = dev::start(options(Data::File(file.clone()))).await.expect("the same service");
    assert_eq!(fetch(&local, &path, &token).await.must_be(200).json()["name"], "Acme");
    assert_eq!(local.mailbox.sent(), sent);
    let link = sent[0].links[0].split_once("#token=").expect("a token").1;
    let preview = json!({ "token": link });
    let preview = dev_post(&local, "/v1/invitations/preview", preview).await.must_be(200).json();
    assert_eq!(preview["workspace"]["name"], "Acme");
    #[cfg(unix)]
    for secret in ["state.db.keys.json", "state.db.mailbox.jsonl"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file.with_file_name(secret)).expect(secret).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
}

#[tokio::test]
async fn a_data_file_stays_with_its_pack() {
    let folder = TempDir::new().expect("a folder");
    let file = Data::File(folder.path().join("state.db"));
    drop(dev::start(options(file.clone())).await.expect("a local service"));
    let pack = pack_like_default(folder.path(), "other");
    let other = Options { pack: Some(pack.clone()), ..options(file.clone()) };
    assert!(
        matches!(dev::start(other).await, Err(StartError::OtherPack { has }) if has == dev::DEFAULT_PACK)
    );
    // A new version of the same pack is taken over.
    let same = pack_like_default(folder.path(), dev::DEFAULT_PACK);
    std::fs::write(format!("{same}/more.cedar"), "// Nothing yet.\n").expect("a file");
    drop(dev::start(Options { pack: Some(same), ..options(file) }).await.expect("the same service"));
    dev::start(Options { pack: Some(pack), ..options(Data::Memory) }).await.expect("a pack in a folder");
}

/// A running server, and where it is.
async fn serve(command: &mut Command) -> (Child, String) {
    let mut child = command.spawn().expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let first = lines.next_line().await.expect("output");
    let Some(first) = first else {
        let mut error = String::new();
        child.stderr.take().expect("stderr").read_to_string(&mut error).await.expect("text");
        panic!("it did not start: {error}");
    };
    let url = first.strip_prefix("Seatwise is up at ").expect("a URL").to_owned();
    // The rest is read, so that nothing waits for us.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, url)
}

async fn remote_sign_in(url: &str) -> String {
    let body = json!({"email": "ada@x.example"});
    let reply = reqwest::Client::new().post(format!("{url}/dev/sign-in")).json(&body).send().await;
    let token: Value = reply.expect("a reply").json().await.expect("JSON");
    token["token"].as_str().expect("a token").to_owned()
}

/// Refused with exit code 2 and one line on stderr, which is returned.
async fn refused(arguments: &[&str]) -> String {
    let output = tokio::time::timeout(Duration::from_mins(1), seatwise(arguments).output());
    let output = output.await.expect("an end").expect("a process");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{arguments:?}: {error}");
    assert!(error.starts_with("seatwise: "), "{error}");
    error
}

#[tokio::test]
async fn what_cannot_be_started_is_said_in_one_line() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    std::fs::write(path("file"), "x").expect("a file");
    std::fs::write(path("corrupt.db"), "this is no database, ".repeat(500)).expect("a file");
    std::fs::create_dir(path("folder")).expect("a folder");
    let bad_pack = pack_like_default(folder.path(), "bad-pack");
    std::fs::write(format!("{bad_pack}/bad.cedar"), "permit (principal is Nobody, action, resource);")
        .expect("a file");
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();

    let cases: [(&[&str], &str); 14] = [
        (&["--memory", "--port", &port], "in use"),
        (&["--memory", "--port", "99999"], "99999"),
        (&["--port", "0", "--data", &path("file/state.db")], "cannot use"),
        (&["--port", "0", "--data", &path("folder")], "folder"),
        (&["--port", "0", "--data", &path("corrupt.db")], "not a data file"),
        (&["--port", "0", "--data", "/proc/nowhere/state.db"], "cannot use"),
        (&["--port", "0", "--memory", "--pack", "nothing"], "purchased-seats"),
        (&["--port", "0", "--memory", "--pack", "./nowhere"], "./nowhere"),
        (&["--port", "0", "--memory", "--pack", &bad_pack], "bad.cedar:1"),
        (&["--port", "0", "--memory", "--oidc-issuer", "http://id.example"], "https"),
        (&["--memory", "--data", "x"], "--data"),
        (&["--unknown"], "--unknown"),
        (&["nonsense"], "nonsense"),
        (&["policies", "check"], "<DIR>"),
    ];
    for (arguments, said) in cases {
        let error = refused(arguments).await;
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn k11_state_survives_a_kill() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("state.db").to_str().expect("UTF-8").to_owned();
    let start = || async { serve(&mut seatwise(&["--port", "0", "--data", &file])).await };
    let http = reqwest::Client::new();
    let (mut child, url) = start().await;
    let token = remote_sign_in(&url).await;
    for n in 0..5 {
        let made = http.post(format!("{url}/v1/workspaces")).bearer_auth(&token);
        let made = made.json(&json!({"name": format!("Acme {n}")})).send().await.expect("a reply");
        assert_eq!(made.status(), 201);
    }
    let error = refused(&["--port", "0", "--data", &file]).await;
    assert!(error.contains("in use by another"), "{error}");
    child.kill().await.expect("its end");

    let (_child, url) = start().await;
    let list = http.get(format!("{url}/v1/workspaces")).bearer_auth(&token).send().await.expect("a reply");
    assert_eq!(list.status(), 200, "a sign-in outlives the server");
    let list: Value = list.json().await.expect("JSON");
    assert_eq!(list["items"].as_array().expect("workspaces").len(), 5);
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_is_told_to_stop_stops_well() {
    let folder = TempDir::new().expect("a folder");
    for signal in ["-INT", "-TERM"] {
        let mut command = seatwise(&["dev", "--port", "0"]);
        command.env("XDG_DATA_HOME", folder.path()).env("HOME", folder.path());
        let (mut child, url) = serve(&mut command).await;
        let reply = reqwest::get(format!("{url}/health")).await.expect("a reply");
        assert_eq!(reply.status(), 200);
        let id = child.id().expect("an id").to_string();
        // The shell's own `kill`: a small system has no program of that name.
        let kill = format!("kill {signal} {id}");
        let told = Command::new("/bin/sh").args(["-c", &kill]).status().await.expect("a shell");
        assert!(told.success());
        let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await.expect("an end");
        assert_eq!(ended.expect("a status").code(), Some(0), "{signal}");
    }
    let default: PathBuf = folder.path().join("seatwise/seatwise.db");
    assert!(default.exists(), "the state is in the data folder");
}

/// The reply to bytes on a connection of their own.
async fn reply_to(url: &str, bytes: &str) -> String {
    let address = url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes.as_bytes()).await.expect("sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("a reply");
    reply
}

#[tokio::test]
async fn k39_a_client_gets_its_answer_whatever_it_sent() {
    let (mut child, url) = serve(&mut seatwise(&["--memory", "--port", "0"])).await;
    // Nobody wants these bodies. A connection that is reset with one of them would lose the answer.
    let http = reqwest::Client::new();
    let requests = [(900_000, 404), (2_000_000, 413)].into_iter().cycle().take(24).map(|(bytes, status)| {
        let request = http.post(format!("{url}/v1/nothing")).body(vec![b'x'; bytes]);
        async move { (request.send().await.map(|reply| reply.status().as_u16()).ok(), Some(status)) }
    });
    for (replied, expected) in join_all(requests).await {
        assert_eq!(replied, expected);
    }
    let hosts = "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let reply = reply_to(&url, hosts).await;
    assert!(reply.starts_with("HTTP/1.1 400 ") && reply.contains("malformed_request"), "{reply}");
    child.kill().await.expect("its end");
}

#[tokio::test]
async fn k27_logs_hold_no_token_and_no_address_at_any_level() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("log");
    let mut command = seatwise(&["--memory", "--port", "0"]);
    command.env("RUST_LOG", "trace").stderr(std::fs::File::create(&log).expect("a file"));
    let (mut child, url) = serve(&mut command).await;
    let http = reqwest::Client::new();
    let token = remote_sign_in(&url).await;
    let post = async |path: &str, body: Value| -> Value {
        let reply = http.post(format!("{url}{path}")).bearer_auth(&token).json(&body).send().await;
        reply.expect("a reply").json().await.expect("JSON")
    };
    let made = post("/v1/workspaces", json!({"name": "Acme"})).await;
    let path = format!("/v1/workspaces/{}", made["id"].as_str().expect("an id"));
    post(&format!("{path}/seats"), json!({"tier": "basic", "quantity": 1})).await;
    let invited = json!({"emails": ["invited@x.example"], "role": "member"});
    let invited = post(&format!("{path}/invitations"), invited).await;
    let link = invited["items"][0]["invitation"]["url"].as_str().expect("a link");
    let secret = link.split_once("#token=").expect("a token").1;
    post("/v1/invitations/preview", json!({ "token": secret })).await;
    let mails = http.get(format!("{url}/dev/mailbox")).send().await.expect("a reply");
    assert_eq!(mails.status(), 200);
    http.get(format!("{url}/v1/workspaces")).bearer_auth(format!("{token}x")).send().await.expect("a reply");
    child.kill().await.expect("its end");

    let log = std::fs::read_to_string(&log).expect("a log");
    assert!(log.contains("token refused"), "the log is not empty: {log}");
    let signature = token.rsplit('.').next().expect("a signature");
    for told in [signature, secret, "ada@x.example", "invited@x.example", "Bearer"] {
        assert!(!log.contains(told), "{told}");
    }
}

#[tokio::test]
async fn the_other_commands_print() {
    let output = seatwise(&["openapi"]).output().await.expect("a process");
    assert!(output.status.success());
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));

    let folder = TempDir::new().expect("a folder");
    let pack = pack_like_default(folder.path(), dev::DEFAULT_PACK);
    let output = seatwise(&["policies", "check", &pack]).output().await.expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let output = seatwise(&["policies", "matrix", &pack]).output().await.expect("a process");
    assert!(output.status.success() && output.stdout.len() > 100);
    std::fs::write(format!("{pack}/bad.cedar"), "permit (").expect("a file");
    let output = seatwise(&["policies", "check", &pack]).output().await.expect("a process");
    assert_eq!(output.status.code(), Some(1));
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(found.contains("bad.cedar:1:9") && found.ends_with("\n1 finding in bad.cedar\n"), "{found}");
    let output = seatwise(&["policies", "format", &pack]).output().await.expect("a process");
    assert_eq!(output.status.code(), Some(1), "what does not parse is left");
    std::fs::remove_file(format!("{pack}/bad.cedar")).expect("a file");
    let output = seatwise(&["policies", "format", &pack, "--check"]).output().await.expect("a process");
    assert!(output.status.success() && output.stdout.is_empty());
    let asked = ["policies", "test", "--dir", &pack, "createWorkspace", "--as", "user"];
    let output = seatwise(&asked).output().await.expect("a process");
    assert!(output.status.success() && output.stdout.starts_with(b"user createWorkspace: allowed"));
    let help = seatwise(&["--help"]).output().await.expect("a process");
    assert!(help.status.success() && help.stderr.is_empty());
}
