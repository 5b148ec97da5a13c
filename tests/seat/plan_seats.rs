//! Seats that come with the plan.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::office::{AI, come, crowd, office, office_of, stands};

#[tokio::test]
async fn r7_who_took_a_seat_last_is_without_one_until_there_are_enough() {
    let (app, ada, workspace) = office("role-seats").await;
    app.put_on_plan(&workspace, "business").await.expect(204);
    let people = crowd(&app, &ada, &workspace, 6).await;
    app.change_role(&ada, &workspace, &people[5], "admin").await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [25, 7, 18]);
    let suspended = async || {
        let mut found = Vec::new();
        for (number, person) in people.iter().enumerate() {
            let shown = app.shown(&ada, &workspace, person).await;
            assert_eq!(shown["seatSuspended"] == true, shown["seat"].is_null());
            if shown["seatSuspended"] == true {
                found.push(number);
            }
        }
        found
    };
    assert!(suspended().await.is_empty());

    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [5, 5, 0]);
    assert_eq!(suspended().await, [4, 5]);
    // They keep their role and lose what the seat gave, at once.
    assert_eq!(app.shown(&ada, &workspace, &people[4]).await["role"], "member");
    assert!(app.allowed(&people[4], &workspace, &AI).await.is_empty());
    assert_eq!(app.allowed(&people[3], &workspace, &AI).await, AI);
    assert_eq!(app.allowed(&people[5], &workspace, &["useChat", "listMembers"]).await, ["listMembers"]);
    assert_eq!(
        app.listed(&ada, &workspace, "?seat=without").await,
        [people[4].email.clone(), people[5].email.clone()]
    );
    let export = app.get(&ada, &format!("{workspace}/members/export?search=p4")).await.text;
    assert!(export.ends_with(",p4@acme.example,,,no,no,member,\r\n"), "{export}");
    // No seat is free for anybody else.
    let url = app.role_link(&ada, &workspace, "member").await;
    assert_eq!(stands(&come(&app, &url, "late@acme.example").await.1), ("viewer", false));

    // With enough seats they are as before, who joined meanwhile aside.
    app.put_on_plan(&workspace, "pilot").await.expect(204);
    assert!(suspended().await.is_empty());
    assert_eq!(app.allowed(&people[4], &workspace, &AI).await, AI);
    assert_eq!(app.allowed(&people[5], &workspace, &AI).await, AI);
    assert_eq!(app.seats(&ada, &workspace).await, [25, 7, 18]);
}

#[tokio::test]
async fn r7_a_freed_seat_is_for_who_is_without_theirs() {
    let app = App::with_edited_pack(
        "role-seats",
        &[("product.toml", "seats = 5\n", "seats = 3\n"), ("product.toml", "seats = 25\n", "seats = 6\n")],
    )
    .await;
    let (app, ada, workspace) = office_of(app).await;
    app.put_on_plan(&workspace, "business").await.expect(204);
    let people = crowd(&app, &ada, &workspace, 5).await;
    app.put_on_plan(&workspace, "trial").await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);
    // A member without a seat frees none on leaving; a member with a seat does.
    app.remove(&ada, &workspace, &people[4]).await.expect(204);
    app.change_role(&ada, &workspace, &people[3], "viewer").await.expect(200);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 3, 0]);
    app.remove(&ada, &workspace, &people[0]).await.expect(204);
    assert_eq!(app.seats(&ada, &workspace).await, [3, 2, 1]);
    let given = app.post(&ada, &format!("{workspace}/seats/assign"), Value::Null).await.expect(200);
    let ids = [people[2].id(), people[3].id()];
    assert_eq!(given, json!({ "assigned": [ids[0]], "waiting": [ids[1]] }));
    assert_eq!(stands(&app.shown(&ada, &workspace, &people[2]).await), ("member", true));
    assert_eq!(app.shown(&ada, &workspace, &people[2]).await["seatSuspended"], false);
}

#[tokio::test]
async fn r7_only_an_operator_changes_the_plan_to_one_that_there_is() {
    let (app, ada, workspace) = office("role-seats").await;
    let refused = app.put_on_plan(&workspace, "gold").await.expect_problem(422, "invalid_request");
    assert_eq!(refused["errors"][0]["field"], "plan");
    let nowhere = format!("/v1/workspaces/{}", uuid::Uuid::nil());
    app.put_on_plan(&nowhere, "pilot").await.expect_problem(404, "not_found");
    app.call(&ada, "PATCH", &workspace, json!({ "plan": "pilot" }))
        .await
        .expect_problem(422, "invalid_request");
    assert_eq!(app.get(&ada, &workspace).await.expect(200)["plan"], "trial");
}

#[tokio::test]
async fn r4_the_last_free_seat_is_taken_once_whichever_way_somebody_comes() {
    // Two seats on every plan: the admin's, and one.
    let app = App::with_edited_pack(
        "role-seats",
        &[("product.toml", "seats = 5\n", "seats = 2\n"), ("product.toml", "seats = 250\n", "seats = 2\n")],
    )
    .await;
    let ada = app.sign_in("ada@acme.example").await;
    for (number, way) in
        ["email", "link", "domain", "promotion", "assign-seat", "assign-seats", "restored"].iter().enumerate()
    {
        let workspace = app.workspace(&ada).await;
        app.put_on_plan(&workspace, "enterprise").await.expect(204);
        let domain = format!("way{number}.example");
        let emails = ["first", "second"].map(|name| format!("{name}@{domain}"));
        let (by_link, viewers) = (
            app.role_link(&ada, &workspace, "member").await,
            app.role_link(&ada, &workspace, "viewer").await,
        );
        match *way {
            "domain" => app.own_domain(&ada, &workspace, &domain).await,
            "restored" => drop(app.put_on_plan(&workspace, "business").await.expect(204)),
            _ => {}
        }
        let mut people = Vec::new();
        for email in &emails {
            let person = app.sign_in(email).await;
            match *way {
                "email" => {
                    app.bring(&ada, &workspace, email, "member").await;
                }
                "link" | "restored" => {
                    app.join_by(&person, &by_link).await.expect(200);
                }
                "domain" => {
                    app.post(&person, "/v1/me", json!({})).await.expect(200);
                }
                _ => {
                    app.join_by(&person, &viewers).await.expect(200);
                }
            }
            people.push(person);
        }
        let [first, second] = [&people[0], &people[1]];
        match *way {
            "promotion" => {
                app.change_role(&ada, &workspace, first, "member").await.expect(200);
                let refused = app.change_role(&ada, &workspace, second, "member").await;
                refused.expect_problem(409, "no_seat_available");
            }
            "assign-seat" => {
                let seat = async |who| format!("{}/seat", member_path(&workspace, who));
                app.call(&ada, "PUT", &seat(first).await, json!({})).await.expect(200);
                let refused = app.call(&ada, "PUT", &seat(second).await, json!({})).await;
                refused.expect_problem(409, "no_seat_available");
            }
            "assign-seats" => {
                let given =
                    app.post(&ada, &format!("{workspace}/seats/assign"), Value::Null).await.expect(200);
                assert_eq!(given["assigned"], json!([first.id().to_string()]));
                assert_eq!(given["waiting"], json!([second.id().to_string()]));
            }
            // Both have one, then none, then there is one of the two again.
            "restored" => {
                app.put_on_plan(&workspace, "trial").await.expect(204);
            }
            _ => {}
        }
        let seated = ("member", true);
        let without = if *way == "restored" { ("member", false) } else { ("viewer", false) };
        assert_eq!(stands(&app.shown(&ada, &workspace, first).await), seated, "{way}");
        assert_eq!(stands(&app.shown(&ada, &workspace, second).await), without, "{way}");
        assert_eq!(app.seats(&ada, &workspace).await, [2, 2, 0], "{way}");
    }
}
