//! The way back for people who left a workspace or were removed, and what ends with coming in.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::office::{accept, come, enter, office};
use crate::support::packs;
use crate::support::person::Person;
use crate::support::reply::text;

/// The status of an invitation, as its workspace lists it.
async fn status(app: &App, by: &Person, workspace: &str, invitation: &Value) -> String {
    let listed = app.get(by, &format!("{workspace}/invitations")).await.expect(200);
    let own = listed["items"].as_array().expect("items").iter().find(|item| item["id"] == invitation["id"]);
    text(&own.expect("listed")["status"])
}

/// A workspace with room for more people, and the person who made it.
async fn roomy_office(pack: &str) -> (App, Person, String) {
    let (app, owner, workspace) = office(pack).await;
    if pack == packs::DEFAULT {
        app.buy(&owner, &workspace, "basic", 9).await;
    }
    (app, owner, workspace)
}

async fn seats(app: &App, owner: &Person, workspace: &str) -> (u64, u64, u64) {
    let seats = app.get(owner, workspace).await.expect(200)["seats"].clone();
    let count = |name: &str| seats[name].as_u64().expect("a count");
    (count("filled"), count("pending"), count("available"))
}

#[tokio::test]
async fn k43_coming_in_by_a_link_ends_the_invitation() {
    let (app, ada, workspace) = office("role-seats").await;
    let invitation = app.invite(&ada, &workspace, "tea@acme.example", "admin").await;
    let link = app.role_link(&ada, &workspace, "member").await;
    let (tea, joined) = come(&app, &link, "tea@acme.example").await;
    assert_eq!(joined["role"], "member");
    assert_eq!(status(&app, &ada, &workspace, &invitation).await, "revoked");
    let refused = accept(&app, &tea, &invitation).await;
    assert_eq!(
        refused.expect_problem(409, "already_member")["workspaceId"],
        workspace["/v1/workspaces/".len()..]
    );
    app.remove(&ada, &workspace, &tea).await.expect(204);
    accept(&app, &tea, &invitation).await.expect_problem(410, "invitation_revoked");
    app.join(&tea, &invitation).await.expect_problem(410, "invitation_revoked");
    let invited = app.get(&tea, "/v1/me/invitations").await.expect(200);
    assert_eq!(invited["items"], json!([]));
}

#[tokio::test]
async fn k43_coming_in_by_another_invitation_frees_the_seat_of_the_first() {
    let (app, olga, workspace) = office("purchased-seats").await;
    app.buy(&olga, &workspace, "basic", 3).await;
    let bound = app.invite(&olga, &workspace, "tea@acme.example", "admin").await;
    let shared = app.single_use_link(&olga, &workspace, "member").await;
    assert_eq!(seats(&app, &olga, &workspace).await, (0, 2, 1));
    let tea = app.sign_in("tea@acme.example").await;
    assert_eq!(app.join(&tea, &shared).await.expect(200)["member"]["role"], "member");
    assert_eq!(seats(&app, &olga, &workspace).await, (1, 0, 2));
    assert_eq!(status(&app, &olga, &workspace, &bound).await, "revoked");
}

#[tokio::test]
async fn k43_coming_in_by_the_domain_ends_an_invitation_that_nobody_can_use() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await;
    app.own_domain(&ada, &workspace, "corp.example").await;
    let bob = app.bring(&ada, &workspace, "bob@acme.example", "admin").await;
    let invitation = app.invite(&bob, &workspace, "tea@corp.example", "admin").await;
    let tea = app.sign_in("tea@corp.example").await;
    // The invitation is shown first, and the domain waits.
    assert_eq!(enter(&app, &tea).await.1, "invitations");
    app.change_role(&ada, &workspace, &bob, "member").await.expect(200);
    app.dump().await;
    assert_eq!(status(&app, &ada, &workspace, &invitation).await, "revoked");
    assert_eq!(enter(&app, &tea).await, (vec!["member".to_owned()], "dashboard".to_owned()));
}

/// Ways back in that a former member must not have, by pack; then a personal invitation, which works.
#[tokio::test]
async fn k44_only_a_personal_invitation_made_afterwards_brings_somebody_back() {
    for pack in ["purchased-seats", "role-seats", "role-ladder", "flat-owners"] {
        let (app, owner, workspace) = roomy_office(pack).await;
        let tea = app.bring(&owner, &workspace, "tea@acme.example", "member").await;
        let mut links = Vec::new();
        if pack == "purchased-seats" {
            links.push(text(&app.single_use_link(&owner, &workspace, "member").await["url"]));
        }
        if pack == "role-seats" {
            links.push(app.role_link(&owner, &workspace, "member").await);
        }
        if pack == "role-ladder" {
            app.post(&tea, &format!("{workspace}/leave"), json!({})).await.expect(204);
        } else {
            app.remove(&owner, &workspace, &tea).await.expect(204);
        }
        if pack == "purchased-seats" {
            // A link for one person is personal to nobody, whenever it was made.
            links.push(text(&app.single_use_link(&owner, &workspace, "member").await["url"]));
        }
        for link in &links {
            app.join_by(&tea, link).await.expect_problem(403, "personal_invitation_required");
        }
        // Time passes, so that the invitation is later than the departure.
        app.advance(1).await;
        let invitation = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
        app.join(&tea, &invitation).await.expect(200);
        app.get(&owner, &member_path(&workspace, &tea)).await.expect_problem(405, "method_not_allowed");
        app.get(&tea, &format!("{workspace}/permissions")).await.expect(200);
    }
}

#[tokio::test]
async fn k44_an_invitation_from_before_the_departure_does_not_bring_somebody_back() {
    let (app, ada, workspace) = office("role-seats").await;
    let link = app.role_link(&ada, &workspace, "member").await;
    // The address is not verified when the person joins, so the invitation is not known to be theirs.
    let invitation = app.invite(&ada, &workspace, "tea@acme.example", "admin").await;
    let unverified = app.sign_in_as(json!({ "email": "tea@acme.example", "emailVerified": false })).await;
    app.join_by(&unverified, &link).await.expect(200);
    app.advance(1).await;
    app.remove(&ada, &workspace, &unverified).await.expect(204);
    let tea = app.sign_in("tea@acme.example").await;
    accept(&app, &tea, &invitation).await.expect_problem(410, "invitation_revoked");
    app.join_by(&tea, &link).await.expect_problem(403, "personal_invitation_required");
    // An invitation that does not work is not shown.
    assert_eq!(enter(&app, &tea).await.1, "onboarding");
    assert_eq!(app.get(&tea, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    // It stands in nobody's way.
    app.advance(1).await;
    let anew = app.invite(&ada, &workspace, "tea@acme.example", "member").await;
    app.revoke(&ada, &workspace, &anew).await.expect(204);
    let invitation = app.invite(&ada, &workspace, "tea@acme.example", "member").await;
    // Sent again, it is an invitation that was made afterwards.
    app.advance(1).await;
    let resend = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
    app.post(&ada, &resend, json!({})).await.expect(200);
    assert_eq!(enter(&app, &tea).await.1, "invitations");
    accept(&app, &tea, &invitation).await.expect(200);
}

/// A sign-in leads to a person who is removed. Then the sign-in has another address.
#[tokio::test]
async fn k44_another_address_of_a_sign_in_brings_nobody_back() {
    for pack in ["purchased-seats", "role-seats", "flat-owners"] {
        let (app, owner, workspace) = roomy_office(pack).await;
        let way_in = match pack {
            "purchased-seats" => text(&app.single_use_link(&owner, &workspace, "member").await["url"]),
            "role-seats" => app.role_link(&owner, &workspace, "member").await,
            _ => text(&app.invite(&owner, &workspace, "new@acme.example", "member").await["url"]),
        };
        let tea = app.bring(&owner, &workspace, "tea@acme.example", "member").await;
        let other = app.signed(&tea.by("other"));
        enter(&app, &other).await;
        app.advance(1).await;
        app.remove(&owner, &workspace, &tea).await.expect(204);
        let moved = app.signed(&other.moved_to("new"));
        enter(&app, &moved).await;
        let refused = app.join_by(&moved, &way_in).await;
        assert!(
            ["personal_invitation_required", "invitation_revoked"].contains(&refused.code()),
            "{pack}: {}",
            refused.text
        );
        assert_eq!(app.get(&owner, &workspace).await.expect(200)["members"], 1, "{pack}");
    }
}

/// A sign-in was removed. Then its address is that of another person.
#[tokio::test]
async fn k44_a_removed_sign_in_stays_out_whoever_it_stands_for() {
    let (app, ada, workspace) = office("role-seats").await;
    let link = app.role_link(&ada, &workspace, "member").await;
    let unverified = app.sign_in_as(json!({ "email": "tea@acme.example", "emailVerified": false })).await;
    let moving = app.sign_in("moving@acme.example").await;
    for who in [&unverified, &moving] {
        enter(&app, who).await;
        app.join_by(who, &link).await.expect(200);
        app.remove(&ada, &workspace, who).await.expect(204);
    }
    let person = app.signed(&crate::support::person::somebody("tea").by("person"));
    enter(&app, &person).await;
    let verified = app.sign_in("tea@acme.example").await;
    for who in [verified, app.signed(&moving.moved_to("tea"))] {
        enter(&app, &who).await;
        app.join_by(&who, &link).await.expect_problem(403, "personal_invitation_required");
    }
}

/// A person was removed. Then the address of another member is theirs.
#[tokio::test]
async fn k44_a_membership_of_another_sign_in_ends_with_the_person_who_was_removed() {
    // In `flat-owners`, the account is deleted with the removal, and the address is free.
    for pack in ["purchased-seats", "role-seats", "role-ladder"] {
        let (app, owner, workspace) = roomy_office(pack).await;
        let first = app.bring(&owner, &workspace, "first@acme.example", "member").await;
        let second = app.bring(&owner, &workspace, "second@acme.example", "member").await;
        for who in [&first, &second] {
            enter(&app, who).await;
        }
        app.remove(&owner, &workspace, &first).await.expect(204);
        let second = app.signed(&second.moved_to("first"));
        assert_eq!(enter(&app, &second).await.0, Vec::<String>::new(), "{pack}");
        for who in [&first, &second] {
            app.get(who, &workspace).await.expect_problem(404, "not_found");
        }
        assert_eq!(app.get(&owner, &workspace).await.expect(200)["members"], 1, "{pack}");
        app.dump().await;
    }
}

/// An invitation expires, the person comes in by a later one and is removed: sent again, the first works.
#[tokio::test]
async fn k47_an_invitation_that_is_sent_again_works() {
    for pack in ["purchased-seats", "role-seats", "role-ladder"] {
        let (app, owner, workspace) = roomy_office(pack).await;
        let first = app.invite(&owner, &workspace, "tea@acme.example", "member").await;
        app.advance(60 * 86_400).await;
        let owner = app.signed(&owner);
        let tea = app.bring(&owner, &workspace, "tea@acme.example", "member").await;
        let resend = format!("{workspace}/invitations/{}/resend", text(&first["id"]));
        app.post(&owner, &resend, json!({})).await.expect_problem(409, "already_member");
        app.advance(1).await;
        app.remove(&owner, &workspace, &tea).await.expect(204);
        app.advance(1).await;
        app.post(&owner, &resend, json!({})).await.expect(200);
        assert_eq!(enter(&app, &tea).await.1, "invitations", "{pack}");
        accept(&app, &tea, &first).await.expect(200);
    }
}

#[tokio::test]
async fn k44_the_domain_does_not_bring_somebody_back() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "enterprise").await;
    app.own_domain(&ada, &workspace, "corp.example").await;
    let tea = app.sign_in("tea@corp.example").await;
    assert_eq!(enter(&app, &tea).await.1, "dashboard");
    app.remove(&ada, &workspace, &tea).await.expect(204);
    assert_eq!(enter(&app, &tea).await.1, "onboarding");
}

#[tokio::test]
async fn f10_a_creator_who_leaves_hands_the_standing_on() {
    for pack in ["role-ladder", "role-seats", "purchased-seats"] {
        let (app, creator, workspace) = roomy_office(pack).await;
        let governing = if pack == "role-seats" { "admin" } else { "owner" };
        let first = app.bring(&creator, &workspace, "first@acme.example", governing).await;
        app.advance(60).await;
        let second = app.bring(&creator, &workspace, "second@acme.example", governing).await;
        app.bring(&creator, &workspace, "last@acme.example", "member").await;
        if pack == "role-ladder" {
            // Owners do not leave by themselves; whoever is the creator can have another role.
            app.change_role(&second, &workspace, &creator, "admin").await.expect(200);
            app.post(&creator, &format!("{workspace}/leave"), json!({})).await.expect(204);
        } else {
            app.remove(&second, &workspace, &creator).await.expect(204);
        }
        let shown = app.get(&second, &workspace).await.expect(200);
        assert_eq!(text(&shown["creatorId"]), first.id().to_string(), "{pack}");
        let path = format!("{workspace}/transfer");
        app.post(&first, &path, json!({ "userId": second.id() })).await.expect(200);
    }
}
