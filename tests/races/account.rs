//! Races of people who delete their accounts (K4, K9).

use serde_json::Value;

use super::is_member;
use crate::support::arena::{Arena, RACERS, at_once, outcomes, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::somebody;
use crate::support::process::Process;
use crate::support::stream::deliver;

#[tokio::test]
async fn k44_a_workspace_that_is_joined_meanwhile_ends_with_the_account() {
    let arena = Arena::on(Deployment::under("role-ladder", &[]).await);
    let process = arena.direct();
    let tea = somebody("tea");
    process.post(&tea, "/v1/me", Value::Null).await.expect(200);
    let workspace = arena.workspace().await;
    let invitation = process.invite(&arena.olga, &workspace, &tea, "member").await;
    let slow = {
        let tea = tea.clone();
        move |process: Process| async move { process.call(&tea, "DELETE", "/v1/me", Value::Null).await }
    };
    let (slow, fast) =
        arena.overtake(slow, async |process: Process| process.join(&tea, &invitation).await).await;
    fast.expect(200);
    slow.expect(204);
    let dump = arena.deployment.audit().await;
    assert!(!is_member(&dump, &workspace, tea.id()));
    assert!(!dump.users.contains_key(&tea.id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k4_of_many_owners_who_delete_their_accounts_one_stays() {
    rounds(
        async || Deployment::under("role-ladder", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            arena.direct().buy_places(&arena.olga, &workspace, RACERS).await;
            let mut owners = arena.crowd(&workspace, "owner", RACERS - 1).await;
            owners.push(arena.olga.clone());
            let racers = owners.into_iter().enumerate().map(|(number, who)| {
                let process = arena.process(number);
                async move { process.call(&who, "DELETE", "/v1/me", Value::Null).await }
            });
            let replies = at_once(racers).await;
            let outcomes = outcomes(&replies);
            // Tasks end what the leavers made.
            let refused = outcomes.get(&(409, "last_governor")).copied().unwrap_or_default();
            let done = outcomes.get(&(204, "")).copied().unwrap_or_default();
            assert!(refused <= 1 && done + refused == RACERS, "{outcomes:?}");
            deliver(arena.direct(), &arena.deployment.records().await).await;
            let dump = arena.deployment.dump().await;
            assert_eq!(dump.tallies[&id_of(&workspace)].governors, 1);
        },
    )
    .await;
}
