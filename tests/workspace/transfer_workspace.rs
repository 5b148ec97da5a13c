//! Handing the standing of the creator on.

use serde_json::json;

use crate::support::client::Client as _;
use crate::support::office::office;

#[tokio::test]
async fn f10_the_creators_standing_is_handed_on() {
    let (app, olga, workspace) = office("flat-owners").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    let transfer = format!("{workspace}/transfer");
    let to_tea = json!({ "userId": tea.id().to_string() });
    app.post(&olga, &transfer, to_tea.clone()).await.expect_problem(409, "governor_required");
    app.change_role(&olga, &workspace, &tea, "owner").await.expect(200);
    let refused = app.post(&tea, &transfer, to_tea.clone()).await.expect_problem(403, "forbidden");
    assert_eq!(refused["reason"], "not_the_creator");
    let handed_on = app.post(&olga, &transfer, to_tea.clone()).await.expect(200);
    assert_eq!(handed_on["creatorId"], to_tea["userId"]);
    // From now on it is Tea who is protected.
    app.remove(&olga, &workspace, &tea).await.expect_problem(403, "creator_protected");
    assert_eq!(app.shown(&tea, &workspace, &tea).await["isCreator"], true);
    app.remove(&tea, &workspace, &olga).await.expect(204);
    app.get(&olga, &workspace).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn f10_a_creator_hands_the_workspace_on_with_every_role() {
    for (pack, governing, lower) in [
        ("flat-owners", "owner", &["member"][..]),
        ("purchased-seats", "owner", &["admin", "member"]),
        ("role-seats", "admin", &["member", "viewer"]),
        ("role-ladder", "owner", &["admin", "member"]),
    ] {
        let (app, olga, workspace) = office(pack).await;
        if pack == "purchased-seats" {
            app.buy(&olga, &workspace, "pro", 2).await;
        }
        let tea = app.bring(&olga, &workspace, "tea", "member").await;
        app.change_role(&olga, &workspace, &tea, governing).await.expect(200);
        // In flat-owners the creator is demoted only while they have another workspace.
        app.workspace(&olga).await;
        let transfer = format!("{workspace}/transfer");
        let (to_tea, to_olga) = (json!({ "userId": tea.id() }), json!({ "userId": olga.id() }));
        for role in lower {
            app.change_role(&tea, &workspace, &olga, role).await.expect(200);
            app.post(&olga, &transfer, to_olga.clone()).await.expect_problem(409, "governor_required");
            let handed_on = app.post(&olga, &transfer, to_tea.clone()).await.expect(200);
            assert_eq!(handed_on["creatorId"], json!(tea.id()), "{pack} {role}");
            // It is Tea's now, whichever role Olga has.
            let refused = app.post(&olga, &transfer, to_olga.clone()).await.expect_problem(403, "forbidden");
            assert_eq!(refused["reason"], "not_the_creator", "{pack} {role}");
            assert_eq!(refused["detail"], "Only the creator of the workspace can do this.");
            app.change_role(&tea, &workspace, &olga, governing).await.expect(200);
            app.post(&tea, &transfer, to_olga.clone()).await.expect(200);
        }
    }
}
