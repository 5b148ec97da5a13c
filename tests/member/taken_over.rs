//! An address that goes from one person to another takes no membership with it (K44, K46).

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::{accept, enter, office};
use crate::support::person::somebody;

/// A person is removed, and their account is deleted with their last workspace.
#[tokio::test]
async fn k46_the_address_of_a_deleted_account_is_free_for_the_next_person() {
    let (app, olga, workspace) = office("flat-owners").await;
    for enters in [true, false] {
        let name = if enters { "tea" } else { "tim" };
        let before = app.bring(&olga, &workspace, &format!("{name}@acme.example"), "member").await;
        if enters {
            enter(&app, &before).await;
        }
        app.advance(1).await;
        app.remove(&olga, &workspace, &before).await.expect(204);
        app.advance(1).await;
        let invitation = app.invite(&olga, &workspace, &before.email, "member").await;
        let next = app.signed(&somebody(name).by("next"));
        accept(&app, &next, &invitation).await.expect(200);
        let moved = app.signed(&before.moved_to(&format!("{name}-elsewhere")));
        enter(&app, &moved).await;
        app.get(&moved, &workspace).await.expect_problem(404, "not_found");
        app.get(&next, &format!("{workspace}/permissions")).await.expect(200);
        app.remove(&olga, &workspace, &next).await.expect(204);
    }
}

/// A person joins without having entered, and has another address when they enter.
#[tokio::test]
async fn k46_an_address_that_was_never_entered_with_is_free_as_well() {
    let (app, ada, workspace) = office("role-seats").await;
    let link = app.role_link(&ada, &workspace, "member").await;
    let tea = app.sign_in("tea@acme.example").await;
    app.join_by(&tea, &link).await.expect(200);
    let moved = app.signed(&tea.moved_to("tea-now"));
    assert_eq!(enter(&app, &moved).await.1, "dashboard");
    let next = app.signed(&somebody("tea").by("next"));
    assert_eq!(enter(&app, &next).await.1, "onboarding");
    app.get(&next, &workspace).await.expect_problem(404, "not_found");
    app.get(&moved, &workspace).await.expect(200);
}

/// The membership of a sign-in becomes the person's in a workspace that the person could join by their domain.
#[tokio::test]
async fn k45_a_sign_in_whose_workspace_has_the_domain_enters() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await;
    let link = app.role_link(&ada, &workspace, "member").await;
    let unverified = json!({ "email": "tea@corp.example", "emailVerified": false });
    let unverified = app.sign_in_as(unverified).await;
    enter(&app, &unverified).await;
    app.join_by(&unverified, &link).await.expect(200);
    let mut person = somebody("tea").by("person");
    person.email = "tea@corp.example".to_owned();
    let person = app.signed(&person);
    enter(&app, &person).await;
    app.own_domain(&ada, &workspace, "corp.example").await;
    let verified = app.sign_in("tea@corp.example").await;
    for who in [&verified, &person] {
        assert_eq!(enter(&app, who).await, (vec!["member".to_owned()], "dashboard".to_owned()));
    }
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["members"], 2);
}
