//! Where members are hidden, no answer tells a rank, a role or an existence (K53).

use std::collections::{BTreeMap, BTreeSet};

use seatwise_policy::{Decision, ResourceKind};
use serde_json::{Value, json};

use super::world::{PACKS, World, action, is_of_members};
use crate::support::app::App;
use crate::support::catalogue::of_people;
use crate::support::client::{Client as _, member_path};
use crate::support::packs::edited_without_cases;
use crate::support::reply::text;

/// The refusals of a caller who may not list members, of one operation, about everybody and nobody.
async fn refusals(world: &World, plan: &str) {
    let mut asked = 0;
    for (name, person) in &world.callers {
        let listed = world.app.get(person, &format!("{}/members", world.workspace)).await;
        if listed.status.is_success() {
            continue;
        }
        for row in of_people() {
            let info = action(&world.bundle, row);
            let hidden = [ResourceKind::Member, ResourceKind::LeaveRequest, ResourceKind::Invitation];
            if !is_of_members(info) || !info.resources.iter().any(|kind| hidden.contains(kind)) {
                continue;
            }
            let facts = world.facts(plan);
            let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for case in world.cases(row, info) {
                if world.decide(&facts, info, world.member(person), &case) == Decision::Allow {
                    continue;
                }
                let reply = world.app.ask(person, row, &case.path, case.body.clone()).await;
                let mut problem = reply.json.clone();
                problem["requestId"] = Value::Null;
                // The caller chooses the role that is given, so the reason may depend on it.
                let given = case.role.as_ref().map(|role| role.0.clone()).unwrap_or_default();
                answers.entry(given).or_default().insert(problem.to_string());
                asked += 1;
            }
            let is_same = answers.values().all(|answers| answers.len() == 1);
            assert!(is_same, "{} as {name}: {answers:#?}", row.route());
        }
    }
    assert!(asked > 0, "{}", world.pack);
}

#[tokio::test]
async fn k53_a_refusal_is_the_same_for_everybody_and_nobody() {
    // In purchased-seats everybody may list members.
    for (pack, plan) in PACKS.into_iter().filter(|(pack, _)| *pack != "purchased-seats") {
        refusals(&World::new(pack, plan).await, plan).await;
    }
}

#[tokio::test]
async fn k53_staff_who_may_not_list_members_learn_no_rank() {
    let app = App::with_pack("role-ladder").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let adam = app.bring(&olga, &workspace, "adam", "admin").await;
    let mel = app.bring(&olga, &workspace, "mel", "member").await;
    let stranger = app.sign_in("stranger@acme.example").await;
    let mut answers = BTreeSet::new();
    for whom in [&olga, &adam, &mel, &stranger] {
        let mut refused = app.remove(&adam, &workspace, whom).await.expect_problem(403, "forbidden");
        refused["requestId"] = Value::Null;
        assert_eq!(refused["detail"], "Only Owner can do this.");
        answers.insert(refused.to_string());
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let asked = json!({ "actions": ["removeMember", "changeRole"] });
    let asked = app.post(&adam, &format!("{workspace}/authorize"), asked).await.expect(200);
    for decision in asked["decisions"].as_array().expect("decisions") {
        assert_eq!(decision["reason"], "not_permitted", "{decision}");
    }
}

#[tokio::test]
async fn k53_the_creator_is_named_to_those_who_may_list_members() {
    for (pack, shown) in
        [("flat-owners", false), ("role-seats", false), ("role-ladder", false), ("purchased-seats", true)]
    {
        let app = App::with_pack(pack).await;
        let olga = app.sign_in("olga@acme.example").await;
        let made = app.post(&olga, "/v1/workspaces", json!({ "name": "Acme" })).await.expect(201);
        let creator = json!(olga.id());
        assert_eq!(made["creatorId"], creator, "{pack}");
        let workspace = format!("/v1/workspaces/{}", text(&made["id"]));
        if shown {
            app.buy(&olga, &workspace, "pro", 1).await;
        }
        let invitation = app.invite(&olga, &workspace, "mel", "member").await;
        let mel = app.sign_in("mel@acme.example").await;
        let joined = app.join(&mel, &invitation).await.expect(200);
        let expected = if shown { creator.clone() } else { Value::Null };
        assert_eq!(joined["workspace"]["creatorId"], expected, "{pack}");
        let read = app.get(&mel, &workspace).await;
        if read.status.is_success() {
            assert_eq!(read.json["creatorId"], expected, "{pack}");
        }
        let renamed = app.call(&olga, "PATCH", &workspace, json!({ "name": "New" })).await.expect(200);
        assert_eq!(renamed["creatorId"], creator, "{pack}");
    }
}

#[tokio::test]
async fn k53_the_decider_of_a_leave_request_is_named_to_those_who_may_list_members() {
    let members =
        "     Action::\"members.read\",\n     Action::\"leave.request\",\n     Action::\"features.use\"],";
    let hidden = "     Action::\"leave.request\",\n     Action::\"features.use\"],";
    for hides in [false, true] {
        let app = App::new().await;
        if hides {
            let edited = edited_without_cases("purchased-seats", &[("roles.cedar", members, hidden)]);
            app.local.publish(edited).await.expect("published");
        }
        let olga = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&olga).await;
        let mel = app.member(&olga, &workspace, "mel", "member").await;
        let request = app.ask_to_leave(&mel, &workspace).await;
        app.post(&olga, &format!("{request}/deny"), json!({})).await.expect(200);
        let listed = app.get(&mel, &format!("{workspace}/leave-requests")).await.expect(200);
        let decider = if hides { Value::Null } else { json!(olga.id()) };
        assert_eq!(listed["items"][0]["decidedBy"], decider);
        assert_eq!(listed["items"][0]["status"], "denied");
        let path = format!("{}/role", member_path(&workspace, &olga));
        app.call(&mel, "PUT", &path, json!({ "role": "member" })).await.expect_problem(403, "forbidden");
    }
}
