//! Two sign-ins of one person at once (K45).

use serde_json::{Value, json};

use crate::support::arena::{Arena, RACERS, assert_one_wins, at_once, outcome, rounds};
use crate::support::client::{Client as _, id_of, member_path};
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};

async fn role_seats() -> Deployment {
    Deployment::under("role-seats", &[]).await
}

/// A new workspace, its link, and two sign-ins of a person who has not entered yet.
async fn newcomers(arena: &Arena) -> (String, String, [Person; 2]) {
    let workspace = arena.workspace().await;
    let url = arena.direct().role_link(&arena.olga, &workspace, "member").await;
    let tea = somebody(&format!("tea-{}", id_of(&workspace)));
    let other = tea.by(&format!("other-{}", id_of(&workspace)));
    (workspace, url, [tea, other])
}

#[tokio::test]
async fn k45_two_sign_ins_that_join_at_once_are_one_member() {
    rounds(role_seats, async |arena| {
        let (workspace, url, sign_ins) = newcomers(arena).await;
        let joins = (0..RACERS).map(|number| {
            let (process, who, url) = (arena.process(number), sign_ins[number / 2 % 2].clone(), url.clone());
            async move { process.join_by(&who, &url).await }
        });
        assert_one_wins(&at_once(joins).await, 200, (409, "already_member"));
        let dump = arena.deployment.dump().await;
        let members = dump.members_of(id_of(&workspace));
        assert_eq!(members.len(), 2);
        assert_eq!(arena.direct().seats(&arena.olga, &workspace).await, [5, 2, 3]);
        let person = sign_ins.iter().find(|who| dump.member(id_of(&workspace), who.id()).is_some());
        let path = member_path(&workspace, person.expect("one of them"));
        arena.direct().call(&arena.olga, "DELETE", &path, Value::Null).await.expect(204);
        for who in &sign_ins {
            arena.direct().get(who, &workspace).await.expect_problem(404, "not_found");
        }
    })
    .await;
}

#[tokio::test]
async fn k45_the_slower_sign_in_is_a_member_already() {
    let arena = Arena::on(role_seats().await);
    let (workspace, url, [tea, other]) = newcomers(&arena).await;
    let (slow, fast) = arena
        .overtake(
            |process| {
                let url = url.clone();
                async move { process.join_by(&tea, &url).await }
            },
            async |process| process.join_by(&other, &url).await,
        )
        .await;
    assert_eq!((outcome(&slow), outcome(&fast)), ((409, "already_member"), (200, "")));
    assert_eq!(arena.deployment.audit().await.members_of(id_of(&workspace)).len(), 2);
}

#[tokio::test]
async fn k45_two_sign_ins_that_enter_at_once_are_one_account() {
    rounds(role_seats, async |arena| {
        let (_, _, sign_ins) = newcomers(arena).await;
        let entering = (0..RACERS).map(|number| {
            let (process, who) = (arena.process(number), sign_ins[number / 2 % 2].clone());
            async move { process.post(&who, "/v1/me", json!({})).await }
        });
        let entered = at_once(entering).await;
        let ids: Vec<Value> =
            entered.into_iter().map(|reply| reply.expect(200)["user"]["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let dump = arena.deployment.dump().await;
        assert_eq!(sign_ins.iter().filter(|who| dump.users.contains_key(&who.id())).count(), 1);
    })
    .await;
}
