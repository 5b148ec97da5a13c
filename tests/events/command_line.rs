//! `seatwise audit verify`, as a process beside a running server.

use seatwise_cli::dev::{self, Billing, Data, Local, Options};
use seatwise_functions::service_clients::ServiceClients;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::app::App;
use crate::support::cli::{Ended, ended, seatwise};
use crate::support::client::{Client as _, id_of};

/// A running server over a data file.
struct Server {
    folder: TempDir,
    app: App,
}

impl Server {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let local = Self::start(&folder).await;
        Self { folder, app: App { local } }
    }

    async fn start(folder: &TempDir) -> Local {
        let options = Options {
            data: Data::File(folder.path().join("state.db")),
            pack: Some("purchased-seats".to_owned()),
            oidc: None,
            services: ServiceClients::default(),
            url: "https://app.example.com".to_owned(),
            app_url: "https://app.example.com".to_owned(),
            billing: Billing::OfPack,
        };
        Box::pin(dev::start(options)).await.expect("the service starts")
    }

    /// `seatwise audit verify …`, for the data file.
    async fn verify(&self, arguments: &[&str]) -> Ended {
        let file = self.folder.path().join("state.db");
        let place = ["--data", file.to_str().expect("UTF-8")];
        ended(seatwise(&[&["audit", "verify"], arguments, &place].concat())).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_an_operator_verifies_the_logs_of_a_running_server() {
    let server = Server::new().await;
    assert_eq!(server.verify(&[]).await.expect(0), "there are no events\n");
    let olga = server.app.sign_in("olga@acme.example").await;
    server.app.post(&olga, "/v1/me", json!({})).await.expect(200);
    let path = server.app.workspace(&olga).await;
    let id = id_of(&path).to_string();
    let line = server.verify(&["--workspace", &id]).await.expect(0);
    assert!(line.starts_with(&format!("workspace {id}: 0 digests, 0 events unchanged, ")), "{line}");
    assert!(line.contains("not sealed yet, the oldest of 20"), "{line}");
    server.app.advance(2 * 3600).await;
    server.app.local.settle().await;
    let line = server.verify(&["--workspace", &id]).await.expect(0);
    assert!(
        line.starts_with(&format!("workspace {id}: 1 digest, ")) && line.contains("; last digest 1:"),
        "{line}"
    );
    let last = line.trim_end().rsplit(' ').next().expect("the last digest").to_owned();
    let all = server.verify(&[]).await.expect(0);
    assert!(all.contains(&line) && all.contains(&format!("account {}: 1 digest", olga.id())), "{all}");
    for arguments in [&["--account", &olga.id().to_string()][..], &["--platform"]] {
        server.verify(arguments).await.expect(0);
    }
    server.verify(&["--workspace", &id, "--expect", &last]).await.expect(0);

    // Somebody deletes an event.
    let dump = server.app.dump().await;
    let of_workspace = |(pk, sk): &&(String, String)| *pk == format!("W#{id}") && sk.starts_with("EVENT#");
    let (pk, sk) = dump.items.keys().find(of_workspace).expect("an event").clone();
    server.app.remove_item(&pk, &sk).await;
    let found = server.verify(&["--workspace", &id]).await.expect(1);
    let event = sk.trim_start_matches("EVENT#");
    let fault = format!("    event {event}: removed since digest 1 was signed\n");
    assert!(found.contains(", 1 FAULT; last digest 1:") && found.ends_with(&fault), "{found}");
    assert!(server.verify(&[]).await.expect(1).contains(&fault));
    // Whoever removes the record of the workspace, too, hides nothing.
    let with_record = server.app.dump().await;
    server.app.remove_item(&pk, "WORKSPACE").await;
    assert!(server.verify(&["--workspace", &id]).await.expect(1).contains(&fault));
    server.app.put_back(&with_record).await;
    // And the digest with it.
    server.app.remove_item(&pk, &format!("DIGEST#{:020}", 1)).await;
    server.verify(&["--workspace", &id]).await.expect(0);
    let found = server.verify(&["--workspace", &id, "--expect", &last]).await.expect(1);
    assert!(found.contains("    digest 1: not the expected one"), "{found}");

    for (arguments, told) in [
        (&["--expect", &last][..], "--workspace"),
        (&["--workspace", &id, "--platform"], "cannot be used with"),
        (&["--workspace", &id, "--expect", "1"], "64 hexadecimal digits"),
        (&["--table", "t"], "cannot be used with"),
    ] {
        let refused = server.verify(arguments).await;
        assert!(refused.code == Some(2) && refused.stderr.contains(told), "{refused:?}");
    }
    let refused = ended(seatwise(&["audit", "verify", "--table", "t"])).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("--public-keys"), "{refused:?}");
    let refused = ended(seatwise(&["audit", "verify", "--data", "/nowhere/at.all"])).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("there is no data file"), "{refused:?}");
    // The log of a deleted workspace goes with it. Her token has expired meanwhile.
    let olga = server.app.sign_in("olga@acme.example").await;
    server.app.call(&olga, "DELETE", &path, Value::Null).await.expect(204);
    server.app.local.settle().await;
    let gone = server.verify(&["--workspace", &id]).await.expect(0);
    assert!(gone.contains("there is no such workspace"), "{gone}");
}

/// What a server has sealed, it and the command still know after a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k69_seals_of_a_local_server_survive_its_restart() {
    let mut server = Server::new().await;
    let olga = server.app.sign_in("olga@acme.example").await;
    let path = server.app.workspace(&olga).await;
    server.app.advance(2 * 3600).await;
    server.app.local.settle().await;
    drop(server.app);
    server.app = App { local: Server::start(&server.folder).await };
    server.app.advance(3 * 3600).await;
    let olga = server.app.sign_in_as(json!({ "email": "olga@acme.example" })).await;
    server.app.call(&olga, "PATCH", &path, json!({ "name": "Again" })).await.expect(200);
    server.app.advance(2 * 3600).await;
    server.app.local.settle().await;
    let line = server.verify(&["--workspace", &id_of(&path).to_string()]).await.expect(0);
    assert!(line.contains(": 2 digests, "), "{line}");
}
