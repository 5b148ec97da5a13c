//! Races about what is paid for.

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::support::arena::{Arena, RACERS, at_once, people, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::process::Process;
use crate::support::reply::Reply;

async fn flat_owners() -> Deployment {
    Deployment::under("flat-owners", &[]).await
}

/// A request of Olga's about a workspace.
fn by_olga(
    arena: &Arena,
    workspace: &str,
    method: &'static str,
    path: &str,
    body: Value,
) -> impl FnOnce(Process) -> BoxFuture<'static, Reply> + use<> {
    let (olga, path) = (arena.olga.clone(), format!("{workspace}/{path}"));
    move |process| Box::pin(async move { process.call(&olga, method, &path, body).await })
}

fn expense(amount: u32) -> Value {
    json!({ "amount": amount, "reason": "A call" })
}

async fn balance(arena: &Arena, workspace: &str) -> Value {
    arena.direct().get(&arena.olga, &format!("{workspace}/credits")).await.expect(200)["balance"].clone()
}

#[tokio::test]
async fn f13_an_overtaken_expense_is_refused_when_too_little_is_left() {
    let arena = Arena::on(flat_owners().await);
    let workspace = arena.workspace().await;
    let buy = json!({ "quantity": 1 });
    by_olga(&arena, &workspace, "POST", "credits", buy.clone())(arena.direct().clone()).await.expect(201);
    let spend = |amount| by_olga(&arena, &workspace, "POST", "credits/spend", expense(amount));
    let (slow, fast) = arena.overtake(spend(60), spend(50)).await;
    fast.expect(200);
    slow.expect_problem(409, "credits_insufficient");
    let (slow, fast) = arena.overtake(spend(20), by_olga(&arena, &workspace, "POST", "credits", buy)).await;
    fast.expect(201);
    slow.expect(200);
    assert_eq!(balance(&arena, &workspace).await, 130);
    arena.deployment.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_however_many_spend_at_once_the_balance_stays_at_zero_or_above() {
    rounds(flat_owners, async |arena| {
        let workspace = arena.workspace().await;
        let buy = by_olga(arena, &workspace, "POST", "credits", json!({ "quantity": 1 }));
        buy(arena.direct().clone()).await.expect(201);
        let racers = (0..RACERS).map(|number| {
            by_olga(arena, &workspace, "POST", "credits/spend", expense(9))(arena.process(number))
        });
        let replies = at_once(racers).await;
        let spent = replies.iter().filter(|reply| reply.status == 200).count();
        let refused = |reply: &&Reply| ["credits_insufficient", "conflict_busy"].contains(&reply.code());
        assert_eq!(spent + replies.iter().filter(refused).count(), RACERS);
        assert!(spent <= 11, "{spent}");
        assert_eq!(balance(arena, &workspace).await, json!(100 - 9 * spent));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k8_everything_that_is_bought_at_once_is_granted_once() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        let body = json!({ "tier": "pro", "quantity": 1 });
        let racers = (0..RACERS)
            .map(|number| by_olga(arena, &workspace, "POST", "seats", body.clone())(arena.process(number)));
        let replies = at_once(racers).await;
        let bought = replies.iter().filter(|reply| reply.status == 201).count();
        assert!(replies.iter().all(|reply| reply.status == 201 || reply.code() == "conflict_busy"));
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.seats_of(id_of(&workspace)).len(), bought);
        let purchases = dump.purchases.iter().filter(|purchase| purchase.workspace == id_of(&workspace));
        assert_eq!(purchases.count(), bought);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r7_the_same_number_of_seats_asked_for_at_once_is_bought_once() {
    rounds(
        async || Deployment::under("role-seats", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let plan = json!({ "plan": "business", "seats": 30 });
            by_olga(arena, &workspace, "PUT", "plan", plan)(arena.direct().clone()).await.expect(200);
            for seats in [42, 7] {
                let plan = json!({ "plan": "business", "seats": seats });
                let racers = (0..RACERS).map(|number| {
                    by_olga(arena, &workspace, "PUT", "plan", plan.clone())(arena.process(number))
                });
                let replies = at_once(racers).await;
                assert!(replies.iter().all(|reply| reply.status == 200 || reply.code() == "conflict_busy"));
                let dump = arena.deployment.dump().await;
                assert_eq!(dump.tallies[&id_of(&workspace)].seats, seats);
            }
            let dump = arena.deployment.dump().await;
            let purchases = dump.purchases.iter().filter(|purchase| purchase.workspace == id_of(&workspace));
            assert_eq!(purchases.count(), 2);
        },
    )
    .await;
}

#[tokio::test]
async fn s12_an_add_on_for_a_seat_that_is_cancelled_meanwhile_is_not_bought() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let seats = arena.direct().buy(&arena.olga, &workspace, "pro", 2).await;
    let set = |seat: &str| {
        let path = format!("seats/{seat}/add-ons/extra-telegram-accounts");
        by_olga(&arena, &workspace, "PUT", &path, json!({ "quantity": 1 }))
    };
    let cancel =
        |seat: &str| by_olga(&arena, &workspace, "POST", &format!("seats/{seat}/cancel"), Value::Null);
    let (slow, fast) = arena.overtake(set(&seats[0]), cancel(&seats[0])).await;
    fast.expect(200);
    slow.expect_problem(409, "seat_not_available");
    let (slow, fast) = arena.overtake(cancel(&seats[1]), set(&seats[1])).await;
    fast.expect(200);
    let cancelled = slow.expect(200);
    assert_eq!(cancelled["addOns"][0]["quantity"], 1);
    let everywhere =
        by_olga(&arena, &workspace, "PUT", "add-ons/extra-telegram-accounts", json!({ "quantity": 4 }));
    assert_eq!(everywhere(arena.direct().clone()).await.expect(200), json!({ "changed": 0, "remaining": 0 }));
    arena.deployment.audit().await;
}

/// A product whose plan has room for three members.
async fn small_ladder() -> Deployment {
    Deployment::under("role-ladder", &[("included = 10\n", "included = 2\n")]).await
}

#[tokio::test]
async fn l3_a_join_and_fewer_extras_do_not_both_happen() {
    let arena = Arena::on(small_ladder().await);
    for joins_first in [true, false] {
        let workspace = arena.workspace().await;
        let extras = |units: u32| {
            let extras = json!([{ "id": "members", "quantity": units }]);
            by_olga(&arena, &workspace, "PUT", "plan", json!({ "plan": "standard", "extras": extras }))
        };
        extras(1)(arena.direct().clone()).await.expect(200);
        let people = people(if joins_first { "first" } else { "second" }, 2);
        let invitations = arena.invite_all(&workspace, &people, "member").await;
        arena.direct().join(&people[0], &invitations[0]).await.expect(200);
        let (who, what) = (people[1].clone(), invitations[1].clone());
        let join = move |process: Process| async move { process.join(&who, &what).await };
        let (overtaken, faster) = if joins_first {
            arena.overtake(extras(0), join).await
        } else {
            arena.overtake(join, extras(0)).await
        };
        faster.expect(200);
        overtaken.expect_problem(409, "member_limit_reached");
        arena.deployment.audit().await;
    }
}
