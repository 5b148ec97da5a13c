//! Roles that an operator adds: nothing but data.

use seatwise_policy::{Files, packs};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::account::Account;
use crate::support::cli::write;
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::reply::text;

/// A role at the end of the roles in product.toml.
fn add_role(files: &mut Files, role: &str, before: &str) {
    let data = files.get_mut("product.toml").expect("a file");
    assert!(data.contains(before), "{before}");
    *data = data.replacen(before, &format!("{role}\n{before}"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_billing_manager_is_added_to_purchased_seats_while_functions_run() {
    let account = Account::over(Deployment::new().await).await;
    let process = account.deployment.process();
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let w = process.workspace(&olga).await;
    process.member(&olga, &w, "tea", "member").await;
    let role = format!("{w}/members/{}/role", tea.id());
    let assign = json!({ "role": "billing-manager" });
    let buy = async |who: &Person, status| {
        account.call(who, "POST", &format!("{w}/seats"), json!({ "quantity": 1 }), status).await
    };
    // Warm, and of the version before: there is no such role yet.
    buy(&olga, 201).await;
    buy(&tea, 403).await;
    account.call(&olga, "PUT", &role, assign.clone(), 422).await;

    let mut files = packs::files("purchased-seats").expect("built in");
    add_role(
        &mut files,
        "[[role]]\nid = \"billing-manager\"\nlabel = \"Billing manager\"\nrank = 60\nstaff = true\nbadge = \"blue\"\nseat = \"none\"\n",
        "[seats]",
    );
    files.insert("billing.cedar".to_owned(), BILLING.to_owned());
    files.insert("cases/billing.toml".to_owned(), BILLING_CASES.to_owned());
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), &files);
    let pack = folder.path().to_str().expect("UTF-8");
    let told = account.policies(&["publish", pack, "--yes", "-m", "a billing manager"]).await.expect(0);
    assert!(told.contains("billing-manager"), "{told}");

    account.call(&olga, "PUT", &role, assign, 200).await;
    buy(&tea, 201).await;
    // Money, and nothing else; and nobody is raised by them.
    account.call(&tea, "PATCH", &w, json!({ "name": "New" }), 403).await;
    account.call(&tea, "POST", &format!("{w}/invitations"), json!({ "role": "member" }), 403).await;
    // Back: the role is gone, which takes a word of its own, and its holder may do nothing.
    let refused = account.policies(&["rollback", "--yes"]).await;
    assert!(refused.stderr.contains("--confirm billing-manager"), "{refused:?}");
    refused.expect(1);
    buy(&tea, 201).await;
    account.policies(&["rollback", "--yes", "--confirm", "billing-manager"]).await.expect(0);
    buy(&tea, 403).await;
    buy(&olga, 201).await;
    // And there again, with who holds it. The folder lacks the version that the rollback made.
    account.policies(&["publish", pack, "--yes"]).await.expect(1);
    account.policies(&["publish", pack, "--yes", "--overwrite"]).await.expect(0);
    buy(&tea, 201).await;
}

const BILLING: &str = r#"@id("roles.billing-manager")
@doc("A billing manager sees the workspace and its seats, and buys.")
permit (
  principal in Role::"billing-manager",
  action in [Action::"workspace.read", Action::"seats.read", Action::"seats.buy", Action::"leave.request"],
  resource
);
"#;

const BILLING_CASES: &str = r#"[[case]]
name = "a billing manager buys"
given = { caller = "billing-manager" }
when = { action = ["buySeats", "listSeats", "cancelSeat"] }
then = "allow"

[[case]]
name = "and runs nothing"
given = { caller = "billing-manager" }
when = { action = ["updateWorkspace", "listMembers", "listInvitations"] }
then = "deny"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_guest_is_added_to_role_ladder_while_functions_run() {
    let account = Account::over(Deployment::under("role-ladder", &[]).await).await;
    let process = account.deployment.process();
    let olga = somebody("olga");
    let w = process.workspace(&olga).await;
    let gus = somebody("gus");
    let invite = json!({ "emails": [gus.email], "role": "guest" });
    account.call(&olga, "POST", &format!("{w}/invitations"), invite.clone(), 422).await;

    let mut files = packs::files("role-ladder").expect("built in");
    add_role(
        &mut files,
        "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 5\nbadge = \"gray\"\n",
        "[invitation]",
    );
    files.insert("guest.cedar".to_owned(), GUEST.to_owned());
    files.insert("cases/guest.toml".to_owned(), GUEST_CASES.to_owned());
    let folder = TempDir::new().expect("a folder");
    write(folder.path(), &files);
    let pack = folder.path().to_str().expect("UTF-8");
    account.policies(&["publish", pack, "--yes"]).await.expect(0);

    let invited = account.call(&olga, "POST", &format!("{w}/invitations"), invite, 201).await;
    let id = text(&invited["items"][0]["invitation"]["id"]);
    let joined = account.call(&gus, "POST", "/v1/join", json!({ "invitationId": id }), 200).await;
    assert_eq!(joined["member"]["role"], "guest");
    account.call(&gus, "GET", &w, Value::Null, 200).await;
    let asked = json!({ "actions": ["updateWorkspace"] });
    let answer = account.call(&gus, "POST", &format!("{w}/authorize"), asked, 200).await;
    assert_eq!(answer["decisions"][0]["allowed"], json!(false), "{answer}");
    account.call(&gus, "PATCH", &w, json!({ "name": "New" }), 403).await;
    account.call(&gus, "GET", &format!("{w}/members"), Value::Null, 403).await;
}

const GUEST: &str = r#"@id("roles.guest")
@doc("A guest looks, and can go.")
permit (
  principal in Role::"guest",
  action in [Action::"workspace.read", Action::"leave.direct"],
  resource
);
"#;

const GUEST_CASES: &str = r#"[[case]]
name = "a guest looks"
given = { caller = "guest" }
when = { action = ["getWorkspace", "leaveWorkspace"] }
then = "allow"

[[case]]
name = "and touches nothing"
given = { caller = "guest" }
when = { action = ["updateWorkspace", "listMembers"] }
then = "deny"
"#;
