//! Policies on the command line.

use seatwise_functions::service_clients::ServiceClients;
use std::path::Path;

use seatwise_cli::publish::PublishedState;
use seatwise_policy::packs;
use seatwise_workbench::NamedKind;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::RENAME;
use super::dropped::{HELPER, HELPS};
use super::renames::renamed;
use crate::support::app::App;
use crate::support::cli::{self, Ended, ended, seatwise, write};
use crate::support::client::Client as _;
use crate::support::packs::edited;

/// A running server over a data file, and a pack to edit.
struct Workshop {
    folder: TempDir,
    local: seatwise_cli::dev::Local,
}

impl Workshop {
    async fn new(pack: &str) -> Self {
        use seatwise_cli::dev::{self, Billing, Data, Options};
        let folder = TempDir::new().expect("a folder");
        let options = Options {
            data: Data::File(folder.path().join("state.db")),
            pack: Some(pack.to_owned()),
            oidc: None,
            services: ServiceClients::default(),
            url: "https://app.example.com".to_owned(),
            app_url: "https://app.example.com".to_owned(),
            billing: Billing::OfPack,
        };
        let local = Box::pin(dev::start(options)).await.expect("the service starts");
        write(&folder.path().join("pack"), &packs::files(pack).expect("built in"));
        Self { folder, local }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    /// `seatwise policies …`, for the data file.
    async fn run(&self, arguments: &[&str]) -> Ended {
        ended(cli::policies(arguments, &["--data", &self.path("state.db")])).await
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.path().join("pack").join(file);
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{from} is not in {file}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_an_operator_edits_publishes_and_goes_back_while_the_server_runs() {
    let shop = Workshop::new("purchased-seats").await;
    let app = App { local: shop.local.clone() };
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let tea = app.member(&owner, &workspace, "tea@acme.example", "member").await;
    let rename =
        async || app.call(&tea, "PATCH", &workspace, json!({ "name": "Tea's" })).await.status.as_u16();
    let pack = shop.path("pack");
    assert_eq!(rename().await, 403);

    // The same is no news.
    let told = shop.run(&["publish", &pack, "--yes"]).await.expect(0);
    assert!(told.contains("nothing to do: version 1"), "{told}");
    // An edit that contradicts the pack's own cases is not published.
    std::fs::write(shop.folder.path().join("pack/edit.cedar"), format!("{RENAME}\n")).expect("written");
    let told = shop.run(&["publish", &pack, "--yes"]).await.expect(1);
    assert!(told.contains("a member runs nothing"), "{told}");
    assert_eq!(rename().await, 403);
    shop.edit("cases/roles.toml", r#"action = ["updateWorkspace", "#, "action = [");

    // Where there is no solver, that takes a word of its own.
    let data = shop.path("state.db");
    let mut unproven = seatwise(&["policies", "publish", &pack, "--yes", "--data", &data]);
    let unproven = ended({
        unproven.env("PATH", "").env_remove("CVC5");
        unproven
    })
    .await;
    assert!(unproven.stderr.contains("--without-proofs"), "{unproven:?}");
    assert!(
        unproven.stderr.contains("nothing was proven") && unproven.stderr.contains("apt-get install cvc5")
    );
    unproven.expect(1);
    // It is looked at, refused, and agreed to.
    let told = shop.run(&["publish", &pack, "--dry-run"]).await.expect(0);
    assert!(told.contains("updateWorkspace") && told.contains("nothing was changed"), "{told}");
    let refused = shop.run(&["publish", &pack]).await;
    assert!(refused.stdout.contains("nobody answered"), "{refused:?}");
    refused.expect(1);
    assert_eq!(rename().await, 403);
    let told = shop.run(&["publish", &pack, "--yes", "--message", "members may rename"]).await.expect(0);
    assert!(told.contains("version 2"), "{told}");
    assert_eq!(rename().await, 200);

    // The history, a version, and its files.
    let log = shop.run(&["log"]).await.expect(0);
    assert!(log.starts_with("*    2") && log.contains("published by ada@acme.example"), "{log}");
    assert!(log.contains("members may rename") && log.contains("published by seatwise dev"), "{log}");
    let log: Value = serde_json::from_str(&shop.run(&["log", "--json"]).await.expect(0)).expect("JSON");
    assert_eq!(
        (&log[0]["number"], &log[0]["active"], &log[0]["signed"]),
        (&json!(2), &json!(true), &json!(true))
    );
    assert_eq!((&log[1]["active"], &log[1]["signed"]), (&json!(false), &json!(true)));
    assert_eq!(shop.run(&["show", "2", "edit.cedar"]).await.expect(0), format!("{RENAME}\n"));
    let shown = shop.run(&["show"]).await.expect(0);
    assert!(shown.contains("version  2 (active)") && shown.contains("edit.cedar"), "{shown}");
    shop.run(&["show", "7"]).await.expect(2);
    let pulled = shop.path("pulled");
    shop.run(&["pull", &pulled, "--version", "1"]).await.expect(0);
    assert_eq!(
        seatwise_workbench::read_dir(Path::new(&pulled)).expect("a pack"),
        packs::files("purchased-seats").expect("built in")
    );

    // Back, and back again.
    let told = shop.run(&["rollback", "--yes", "-m", "too much"]).await.expect(0);
    assert!(told.contains("version 3"), "{told}");
    assert_eq!(rename().await, 403);
    let log = shop.run(&["log", "-n", "1"]).await.expect(0);
    assert!(log.contains("rolled back to 1 by ada@acme.example") && log.contains("too much"), "{log}");
    shop.run(&["rollback", "2", "--yes"]).await.expect(0);
    assert_eq!(rename().await, 200);
    shop.run(&["rollback", "9", "--yes"]).await.expect(2);
}

/// `seatwise policies …` where no solver is.
async fn without_solver(arguments: &[&str], data: &str) -> Ended {
    let mut command = cli::policies(arguments, &["--data", data]);
    command.env("PATH", "").env_remove("CVC5");
    ended(command).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_folder_knows_its_version_and_overwrites_no_other_unseen() {
    let shop = Workshop::new("purchased-seats").await;
    let data = shop.path("state.db");
    let run = async |arguments: &[&str]| without_solver(arguments, &data).await;
    let (one, two) = (shop.path("one"), shop.path("two"));
    let edit = |folder: &str, comment: &str| {
        std::fs::write(Path::new(folder).join("edit.cedar"), format!("// {comment}\n")).expect("written");
    };
    for folder in [&one, &two] {
        run(&["pull", folder]).await.expect(0);
    }
    edit(&one, "One.");
    run(&["publish", &one, "--yes", "-m", "the first"]).await.expect(0);
    // The other folder lacks that version. It is said by whom it is, and nothing else is done.
    edit(&two, "Two.");
    let refused = run(&["publish", &two, "--yes"]).await;
    for part in [
        "two comes from version 1, but version 2 is active: ada@acme.example published it at",
        "(“the first”)",
        "--overwrite",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {refused:?}");
    }
    refused.expect(1);
    let shown = run(&["publish", &two, "--dry-run"]).await;
    assert!(shown.stdout.contains("--yes would need --overwrite"), "{shown:?}");
    let asked = run(&["publish", &two]).await;
    assert!(asked.stdout.contains("To agree, type `overwrite`: (nobody answered)"), "{asked:?}");
    asked.expect(1);
    let done = run(&["publish", &two, "--yes", "--overwrite"]).await.expect(0);
    assert!(done.contains("version 3"), "{done}");
    // Published folders know what they published.
    edit(&two, "Two again.");
    run(&["publish", &two, "--yes"]).await.expect(0);
    edit(&one, "One again.");
    run(&["publish", &one, "--yes"]).await.expect(1);
    // A rollback is a version that a folder lacks, as well. It takes no solver and no word about proofs.
    run(&["rollback", "--yes"]).await.expect(0);
    edit(&two, "Two, a third time.");
    let refused = run(&["publish", &two, "--yes"]).await;
    assert!(refused.stderr.contains("rolled back to version 3"), "{refused:?}");
    // A folder of which nothing is known says so, once.
    let pack = shop.path("pack");
    edit(&pack, "A copy.");
    let told = run(&["publish", &pack, "--yes"]).await;
    assert!(told.stderr.contains("does not say which version of this place it comes from"), "{told:?}");
    told.expect(0);
    let told = run(&["publish", &pack, "--yes"]).await;
    assert!(!told.stderr.contains("does not say") && told.stdout.contains("nothing to do"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_price_that_changes_by_more_than_half_is_agreed_to_by_name() {
    let shop = Workshop::new("purchased-seats").await;
    let data = shop.path("state.db");
    shop.edit("product.toml", "amount = 2900", "amount = 290");
    shop.edit("product.toml", "amount = 1500", "amount = 1600");
    let pack = shop.path("pack");
    let refused = without_solver(&["publish", &pack, "--yes"], &data).await;
    assert!(refused.stderr.contains("from 29.00 EUR to 2.90 EUR"), "{refused:?}");
    assert!(refused.stderr.contains("this needs --confirm-price pro; nothing was changed"), "{refused:?}");
    refused.expect(1);
    without_solver(&["publish", &pack, "--yes", "--confirm-price", "pro"], &data).await.expect(0);
    // The way back is open.
    without_solver(&["rollback", "--yes"], &data).await.expect(0);
}

/// `seatwise dev …` as a process, and its address.
async fn server(arguments: &[&str], home: &Path) -> (tokio::process::Child, String) {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let mut command = seatwise(&[&["dev", "--port", "0"], arguments].concat());
    command.env("XDG_DATA_HOME", home).stderr(std::process::Stdio::null());
    let mut child = command.spawn().expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let first = lines.next_line().await.expect("read").expect("a first line");
    let url = first.strip_prefix("Seatwise is up at ").expect("its address").to_owned();
    (child, url)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_command_says_which_place_it_reached_and_which_server_it_did_not() {
    let home = TempDir::new().expect("a folder");
    let data = home.path().join("state.db").to_str().expect("UTF-8").to_owned();
    let policies = async |arguments: &[&str]| {
        let mut command = cli::policies(arguments, &["--data", &data]);
        command.env("XDG_DATA_HOME", home.path()).env("PATH", "").env_remove("CVC5");
        ended(command).await
    };
    let (mut owner, url) = server(&["--data", &data], home.path()).await;
    let told = policies(&["log"]).await;
    let first = format!("data file {data}, which the server at {url} has open\n");
    assert!(told.stderr.starts_with(&first), "{told:?}");
    let pack = home.path().join("pack").to_str().expect("UTF-8").to_owned();
    policies(&["pull", &pack]).await.expect(0);
    std::fs::write(Path::new(&pack).join("edit.cedar"), "// An edit.\n").expect("written");
    let told = policies(&["publish", &pack, "--yes"]).await.expect(0);
    assert!(
        told.contains(&format!("is active: the server at {url} obeys it with its next request")),
        "{told}"
    );
    owner.kill().await.expect("killed");

    // Another server has its state in memory. Nobody has the file open, and nobody obeys what is published there.
    let (_memory, url) = server(&["--memory"], home.path()).await;
    let told = policies(&["rollback", "--yes"]).await;
    let first = format!(
        "data file {data}, which no server has open\nnote: the server at {url} has its state in memory"
    );
    assert!(told.stderr.starts_with(&first), "{told:?}");
    assert!(told.stdout.contains("is active: no server has this data file open"), "{told:?}");
    let mut command = seatwise(&["policies", "log"]);
    command.env("XDG_DATA_HOME", home.path());
    let told = ended(command).await;
    assert!(told.stderr.contains("there is no data file") && told.stderr.contains(&url), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k48_who_holds_a_dropped_role_is_counted_and_moved() {
    let shop = Workshop::new("purchased-seats").await;
    let app = App { local: shop.local.clone() };
    let role = format!("{HELPER}\n[invitation]");
    let first = "@id(\"roles.member\")";
    let helps = format!("{HELPS}{first}");
    app.local
        .publish(edited(
            "purchased-seats",
            &[("product.toml", "[invitation]", &role), ("roles.cedar", first, &helps)],
        ))
        .await
        .expect("published");
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    // A helper needs no seat: the one seat passes from one to the next.
    app.buy(&owner, &workspace, "pro", 1).await;
    let mut helpers = Vec::new();
    for name in ["hal", "hana"] {
        let helper = app.bring(&owner, &workspace, name, "member").await;
        app.change_role(&owner, &workspace, &helper, "helper").await.expect(200);
        helpers.push(helper);
    }
    app.invite(&owner, &workspace, "henry", "helper").await;

    let pack = shop.path("pack");
    let told = shop.run(&["publish", &pack, "--dry-run"]).await.expect(0);
    assert!(told.contains("  role helper: 1 invitation, 2 members\n"), "{told}");
    assert!(told.contains("seatwise policies move-role helper ROLE"), "{told}");
    let told = shop.run(&["diff", &pack]).await.expect(0);
    assert!(told.contains("  role helper: 1 invitation, 2 members\n"), "{told}");
    shop.run(&["publish", &pack, "--yes", "--confirm", "helper"]).await.expect(0);

    let refused = shop.run(&["move-role", "helper", "wizard"]).await;
    assert!(refused.stderr.contains("owner, admin, member"), "{refused:?}");
    refused.expect(1);
    // Another seat is needed for the second; the command goes on where it stopped.
    let asked = shop.run(&["move-role", "helper", "member"]).await;
    assert!(asked.stdout.contains("2 members in 1 workspace would get the role member"), "{asked:?}");
    assert!(asked.stderr.contains("nothing was changed; in a script, --yes agrees"), "{asked:?}");
    asked.expect(1);
    let told = shop.run(&["move-role", "helper", "member", "--yes"]).await.expect(1);
    assert!(told.contains("not moved, no_seat_available"), "{told}");
    assert!(told.contains("1 member got the role member; 1 keeps helper"), "{told}");
    app.buy(&owner, &workspace, "pro", 1).await;
    let told = shop.run(&["move-role", "helper", "member", "--yes"]).await.expect(0);
    assert!(told.contains("1 member got the role member; 0 keep helper"), "{told}");
    // Without members there is nothing to ask.
    shop.run(&["move-role", "helper", "member"]).await.expect(0);
    for helper in &helpers {
        let shown = app.shown(&owner, &workspace, helper).await;
        assert_eq!((&shown["role"], shown["seat"].is_object()), (&json!("member"), true), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_an_operator_renames_a_role_and_a_tier_and_their_holders_keep_them() {
    let shop = Workshop::new("purchased-seats").await;
    let app = App { local: shop.local.clone() };
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let ann = app.member(&owner, &workspace, "ann@acme.example", "admin").await;
    let shown = async || {
        let member = app.shown(&owner, &workspace, &ann).await;
        (member["role"].clone(), member["seat"]["tier"].clone())
    };
    let (pack, text) = (shop.path("pack"), |file: &str| {
        std::fs::read_to_string(shop.folder.path().join("pack").join(file)).expect("a file")
    });
    let read = || seatwise_workbench::read_dir(Path::new(&pack)).expect("a pack");
    let first = read();
    std::fs::write(shop.folder.path().join("pack/matrix.txt"), "old").expect("written");

    // What cannot be done changes nothing, and says what can.
    for (arguments, why) in [
        (["rename-role", "admn", "manager"], "did you mean `admin`?"),
        (["rename-role", "admin", "owner"], "has a role `owner` already"),
        (["rename-tier", "admin", "gold"], "there are `basic`, `pro`"),
        (["rename-tier", "pro", "Pro Plus"], "is no id"),
        // Sound as a name; but then a tier and the plan have one id.
        (["rename-tier", "pro", "extra-telegram-accounts"], "nothing was written"),
    ] {
        let [command, old, new] = arguments;
        let refused = ended(cli::policies(&[command, old, new, &pack], &[])).await;
        assert!(refused.stderr.contains(why), "{refused:?}");
        refused.expect(1);
        assert_eq!(read(), first);
    }

    let told = ended(cli::policies(&["rename-role", "admin", "manager", &pack], &[])).await.expect(0);
    assert!(told.contains("role admin is called manager now") && told.contains("roles.cedar: "), "{told}");
    assert!(told.contains("  matrix.txt: written anew\n"), "{told}");
    let told = ended(cli::policies(&["rename-tier", "pro", "premium", &pack], &[])).await.expect(0);
    assert!(told.contains("tier pro is called premium now") && told.contains("app.cedarschema: 1"), "{told}");
    assert!(text("product.toml").contains("id = \"manager\"\nfirst-id = \"admin\"\nlabel = \"Admin\"\n"));
    assert!(text("matrix.txt").contains("manager") && !text("matrix.txt").contains("admin"));
    let told = shop.run(&["diff", &pack]).await.expect(0);
    assert!(
        told.contains("  role admin is called manager now\n  tier pro is called premium now\n"),
        "{told}"
    );
    assert!(told.contains("Gains: none") && told.contains("Losses: none"), "{told}");
    assert!(!told.contains("Rules") && !told.contains("Settings") && !told.contains("Holders"), "{told}");
    assert_eq!(shown().await, (json!("admin"), json!("pro")));
    shop.run(&["publish", &pack, "--yes"]).await.expect(0);
    assert_eq!(shown().await, (json!("manager"), json!("premium")));
    // A comparison shows what publishing would refuse, with its advice and no other.
    shop.edit("product.toml", "first-id = \"admin\"\n", "");
    let told = shop.run(&["diff", &pack]).await.expect(0);
    for part in [
        "  role.manager.first-id: \"admin\" → not set\n",
        "\nRefused by publish\n  the role manager had the first id admin",
        "  role manager: 1 member\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("move-role"), "{told}");
    let told: Value =
        serde_json::from_str(&shop.run(&["diff", &pack, "--json"]).await.expect(0)).expect("JSON");
    assert_eq!(told["refusals"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(told["lostRollbacks"], json!([]), "{told}");
    let against = ended(cli::policies(&["diff", &pack, "--against", &pack, "--json"], &[])).await.expect(0);
    assert!(!against.contains("refusals"), "{against}");
    shop.edit("product.toml", "id = \"manager\"\n", "id = \"manager\"\nfirst-id = \"admin\"\n");
    let refused = shop.run(&["move-role", "admin", "member"]).await;
    assert!(refused.stderr.contains("role admin is called manager now"), "{refused:?}");
    refused.expect(1);
    shop.run(&["rollback", "--yes"]).await.expect(0);
    assert_eq!(shown().await, (json!("admin"), json!("pro")));
    // Without its first id, the role would be another one.
    shop.edit("product.toml", "first-id = \"admin\"\n", "");
    shop.run(&["publish", &pack, "--yes"]).await.expect(1);
    shop.edit("product.toml", "id = \"manager\"\n", "id = \"manager\"\nfirst-id = \"admin\"\n");
    ended(cli::policies(&["rename-role", "manager", "admin", &pack], &[])).await.expect(0);
    ended(cli::policies(&["rename-tier", "premium", "pro", &pack], &[])).await.expect(0);
    assert_eq!(read(), first, "nothing of it is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_role_that_takes_a_former_name_ends_the_rollbacks_to_that_name_and_says_so_before() {
    let shop = Workshop::new("purchased-seats").await;
    let first = packs::files("purchased-seats").expect("built in");
    let helper = renamed(&first, NamedKind::Role, &[("admin", "helper")]);
    let manager = renamed(&helper, NamedKind::Role, &[("helper", "manager")]);
    for version in [&helper, &manager] {
        shop.local.publish(version.clone()).await.expect("published");
    }
    write(&shop.folder.path().join("pack"), &manager);
    shop.edit("product.toml", "[invitation]", &format!("{HELPER}\n[invitation]"));
    shop.edit("roles.cedar", "@id(\"roles.member\")", &format!("{HELPS}@id(\"roles.member\")"));
    let pack = shop.path("pack");
    let told = shop.run(&["diff", &pack]).await.expect(0);
    let expected = "\nNo rollback after this publication\n  to version 2: the role with the first id admin is called helper there";
    assert!(told.contains(expected) && !told.contains("Refused by publish"), "{told}");
    let told = shop.run(&["publish", &pack, "--dry-run"]).await.expect(0);
    assert!(told.contains(expected), "{told}");
    let files = seatwise_workbench::read_dir(Path::new(&pack)).expect("a pack");
    shop.local.publish(files).await.expect("published");
    let refused = shop.run(&["rollback", "2", "--yes"]).await;
    assert!(refused.stderr.contains("version 2 cannot come back as it is"), "{refused:?}");
    assert!(refused.stderr.contains("`seatwise policies pull DIR --version 2`"), "{refused:?}");
    refused.expect(1);
    let told = shop.run(&["rollback", "1", "--dry-run"]).await.expect(0);
    assert!(told.contains("move-role helper ROLE`\n"), "a rollback changes no file: {told}");
    // The way that it names, and a rollback to another version.
    let old = shop.path("old");
    shop.run(&["pull", &old, "--version", "2"]).await.expect(0);
    ended(cli::policies(&["rename-role", "helper", "manager", &old], &[])).await.expect(0);
    let told = shop.run(&["publish", &old, "--yes", "--overwrite", "--confirm", "helper"]).await.expect(0);
    assert!(told.contains("helper: is gone") && told.contains("write `first-id = "), "{told}");
    shop.run(&["rollback", "1", "--yes"]).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_what_an_operator_published_outlives_the_server() {
    use seatwise_cli::dev::{self, Billing, Data, Options, StartError};
    let Workshop { folder, local } = Workshop::new("role-ladder").await;
    drop(local);
    let data = Data::File(folder.path().join("state.db"));
    let options = |pack: Option<&str>| Options {
        data: data.clone(),
        pack: pack.map(ToOwned::to_owned),
        oidc: None,
        services: ServiceClients::default(),
        url: "https://app.example.com".to_owned(),
        app_url: "https://app.example.com".to_owned(),
        billing: Billing::OfPack,
    };
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let run =
        async |arguments: &[&str]| ended(cli::policies(arguments, &["--data", &path("state.db")])).await;
    // No server runs: the command opens the file by itself.
    let pack = path("pack");
    std::fs::write(folder.path().join("pack/more.cedar"), "// Nothing yet.\n").expect("written");
    run(&["publish", &pack, "--yes", "--author", "ada"]).await.expect(0);
    // With the name of its pack, or with none; another name is another pack.
    for asked in [Some("role-ladder"), None] {
        let local = Box::pin(dev::start(options(asked))).await.expect("the service starts");
        assert_eq!(local.pack, "role-ladder");
        let standing = PublishedState::read(local.service.store()).await.expect("read");
        assert_eq!(standing.head.expect("a line").author, "ada");
        assert!(standing.files.expect("files").expect("readable").contains_key("more.cedar"));
    }
    let other = Box::pin(dev::start(options(Some("flat-owners")))).await;
    assert!(matches!(other, Err(StartError::OtherPack { has }) if has == "role-ladder"));
    assert!(run(&["log"]).await.expect(0).contains("published by ada"));
}

#[tokio::test]
async fn commands_say_what_they_need() {
    let folder = TempDir::new().expect("a folder");
    let nowhere = folder.path().join("none.db").to_str().expect("UTF-8").to_owned();
    let none = ended(seatwise(&["policies", "log", "--data", &nowhere])).await;
    assert!(none.stderr.contains("there is no data file") && none.code == Some(2), "{none:?}");
    let both = ended(seatwise(&["policies", "log", "--data", &nowhere, "--table", "t"])).await;
    assert_eq!(both.code, Some(2), "{both:?}");
}
