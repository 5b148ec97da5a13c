//! Deleting the own account.

use jiff::SignedDuration;
use seatwise_cli::publish::active_pack;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::catalogue::{Feature, PRODUCTS};
use crate::support::client::{Client, id_of};
use crate::support::deployment::Deployment;
use crate::support::office::{accept, enter, me, office, settle_in};
use crate::support::person::{Person, somebody};
use crate::support::reply::Reply;
use crate::support::stream::deliver;
use crate::support::table::Dump;

async fn delete(client: &impl Client, who: &Person) -> Reply {
    client.call(who, "DELETE", "/v1/me", Value::Null).await
}

/// A member, on a seat where the product has seats.
async fn member(app: &App, by: &Person, workspace: &str, name: &str, role: &str) -> Person {
    if app.local.pack == "purchased-seats" {
        app.buy(by, workspace, "pro", 1).await;
    }
    app.bring(by, workspace, name, role).await
}

#[tokio::test]
async fn k44_who_deleted_their_account_comes_back_only_by_a_new_invitation() {
    for product in &PRODUCTS {
        let (app, olga, workspace) = office(product.pack).await;
        let before = app.seats(&olga, &workspace).await;
        let tea = member(&app, &olga, &workspace, "tea", "member").await;
        settle_in(&app, &tea).await;
        if product.has(Feature::LeaveRequests) {
            app.ask_to_leave(&tea, &workspace).await;
        }
        delete(&app, &tea).await.expect(204);
        let dump = app.dump().await;
        let pack = active_pack(&app.store()).await.expect("read").expect("a pack");
        assert_eq!(dump.faults(&pack, app.now()), [""; 0], "{}", product.pack);
        assert!(!dump.users.contains_key(&tea.id()), "{}", product.pack);
        // All is as it is for somebody who has never been here.
        assert_eq!(me(&app, &tea).await["timezone"], Value::Null);
        app.get(&tea, &workspace).await.expect_problem(404, "not_found");
        let [total, filled, _] = app.seats(&olga, &workspace).await;
        assert_eq!(filled, before[1], "{}: the seat is free, of {total}", product.pack);
        let repeated = app.dump().await;
        delete(&app, &tea).await.expect(204);
        assert_eq!(app.dump().await.changed_since(&repeated), [""; 0], "a repetition writes nothing");
        // The same sign-in makes a new account, and a new invitation brings it in.
        assert_eq!(enter(&app, &tea).await, (vec![], "onboarding".to_owned()));
        let invitation = app.invite(&olga, &workspace, "tea", "member").await;
        accept(&app, &tea, &invitation).await.expect(200);
    }
}

#[tokio::test]
async fn k44_a_domain_brings_nobody_back_who_deleted_their_account() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await.expect(204);
    app.own_domain(&ada, &workspace, "acme.example").await;
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(enter(&app, &tea).await.0, ["member"]);
    delete(&app, &tea).await.expect(204);
    assert_eq!(enter(&app, &tea).await, (vec![], "onboarding".to_owned()));
}

#[tokio::test]
async fn k4_workspaces_that_need_a_person_keep_them_and_are_all_named() {
    for product in &PRODUCTS {
        let (app, olga, first) = office(product.pack).await;
        let second = app.workspace(&olga).await;
        let code = if product.pack == "flat-owners" { "creator_protected" } else { "last_governor" };
        let status = if product.pack == "flat-owners" { 403 } else { 409 };
        let tea = member(&app, &olga, &second, "tea", "member").await;
        // In another one she is not needed.
        let lee = app.sign_in("lee@acme.example").await;
        let third = app.workspace(&lee).await;
        member(&app, &lee, &third, &olga.email, "member").await;
        let before = app.dump().await;
        let refused = delete(&app, &olga).await.expect_problem(status, code);
        let needed = |path: &str| json!({ "id": id_of(path), "name": "Acme", "code": code });
        assert_eq!(refused["workspaces"], json!([needed(&first), needed(&second)]), "{}", product.pack);
        assert_eq!(app.dump().await.changed_since(&before), [""; 0], "{}", product.pack);

        app.call(&olga, "DELETE", &first, Value::Null).await.expect(204);
        app.change_role(&olga, &second, &tea, product.governor).await.expect(200);
        if code == "creator_protected" {
            delete(&app, &olga).await.expect_problem(status, code);
            let to = json!({ "userId": tea.id() });
            app.post(&olga, &format!("{second}/transfer"), to).await.expect(200);
        }
        app.dump().await;
        delete(&app, &olga).await.expect(204);
        // Tasks end what the person made.
        app.local.settle().await;
        assert_eq!(app.listed(&tea, &second, "").await, std::slice::from_ref(&tea.email), "{}", product.pack);
    }
}

/// The memberships of a person.
fn memberships(dump: &Dump, who: &Person) -> usize {
    dump.members.keys().filter(|(_, user)| *user == who.id()).count()
}

fn tasks(dump: &Dump) -> usize {
    dump.items.keys().filter(|(partition, _)| partition.starts_with("OUTBOX#")).count()
}

#[tokio::test]
async fn r2_memberships_in_many_workspaces_end_in_steps_and_a_needed_one_stays() {
    let deployment = Deployment::under("role-ladder", &[]).await;
    let process = deployment.process();
    let (tea, anna) = (somebody("tea"), somebody("anna"));
    process.post(&tea, "/v1/me", Value::Null).await.expect(200);
    let mut workspaces = Vec::new();
    for number in 0..12 {
        let owner = somebody(&format!("owner{}", number % 3));
        let workspace = process.workspace(&owner).await;
        process.bring(&owner, &workspace, "tea", "member").await;
        workspaces.push(workspace);
    }
    // Anna and Tea govern the last one.
    let last = process.workspace(&tea).await;
    process.bring(&tea, &last, "anna", "owner").await;
    deliver(&process, &deployment.records().await).await;
    assert_eq!(tasks(&deployment.dump().await), 0);

    delete(&process, &tea).await.expect(204);
    let dump = deployment.dump().await;
    assert!(!dump.users.contains_key(&tea.id()), "the account is deleted at once");
    assert_eq!(tasks(&dump), 1);
    // Anna is faster than the task.
    delete(&process, &anna).await.expect(204);
    // Tea signs in again and makes a workspace: it has nothing to do with the deletion.
    deployment.clock.advance(SignedDuration::from_secs(1));
    process.post(&tea, "/v1/me", Value::Null).await.expect(200);
    let new = process.workspace(&tea).await;

    let records = deployment.records().await;
    deliver(&process, &records).await;
    let dump = deployment.audit().await;
    assert_eq!(memberships(&dump, &tea), 2);
    assert!(dump.member(id_of(&last), tea.id()).is_some(), "a workspace keeps its last governor");
    assert!(dump.member(id_of(&new), tea.id()).is_some());
    for workspace in &workspaces {
        process.get(&tea, workspace).await.expect_problem(404, "not_found");
    }
    // Once somebody else governs it, the membership ends.
    process.bring(&tea, &last, "bob", "owner").await;
    deployment.clock.advance(SignedDuration::from_hours(1));
    // The ends of memberships, and then the reviews of what the person made.
    for _ in 0..2 {
        deliver(&process, &deployment.records().await).await;
    }
    let dump = deployment.audit().await;
    assert_eq!((memberships(&dump, &tea), tasks(&dump)), (1, 0));
}
