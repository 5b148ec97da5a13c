//! One person, who comes in by every way at once, or who is removed while they come back by every way that is
//! older than the removal (K43, K44).

use jiff::SignedDuration;
use seatwise_domain::InvitationState;
use serde_json::Value;

use super::ways_in::{DOMAIN, UNLIMITED, Way, open_domain};
use super::{invitation_of, is_member};
use crate::support::arena::{Arena, RACERS, at_once, rounds};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::{Reply, text};

async fn every_way() -> Deployment {
    Deployment::under("role-seats", &[UNLIMITED]).await
}

/// Every way into the workspace for one person: an invitation of their own, the link and the domain.
async fn ways_of(arena: &Arena, workspace: &str, who: &Person) -> (Value, Vec<Way>) {
    assert!(who.email.ends_with(DOMAIN));
    open_domain(arena, workspace).await;
    let path = format!("{workspace}/links/member");
    let link = arena.direct().call(&arena.olga, "PUT", &path, Value::Null).await.expect(200);
    let mut invited = arena.invite_all(workspace, std::slice::from_ref(who), "admin").await;
    let invitation = invited.remove(0);
    let ways = vec![Way::Invitation(invitation.clone()), Way::Link(text(&link["url"])), Way::Domain];
    (invitation, ways)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k43_of_all_ways_at_once_one_brings_the_person_in_and_ends_the_others() {
    rounds(every_way, async |arena| {
        let workspace = arena.workspace().await;
        let tea = somebody("tea");
        let (invitation, ways) = ways_of(arena, &workspace, &tea).await;
        let racers = (0..RACERS).map(|number| {
            let (process, tea, way) = (arena.process(number), tea.clone(), ways[number % ways.len()].clone());
            async move { way.take(process, tea).await }
        });
        let replies = at_once(racers).await;
        let has_joined = |reply: &&Reply| reply.status.is_success() && reply.json["member"].is_object();
        assert!(replies.iter().filter(has_joined).count() <= 1, "one membership");
        let dump = arena.deployment.audit().await;
        assert!(is_member(&dump, &workspace, tea.id()));
        assert_ne!(invitation_of(&dump, &invitation).state, InvitationState::Pending);
        let details = arena.direct().call(&arena.olga, "GET", &workspace, Value::Null).await.expect(200);
        assert_eq!(details["members"], 2, "{details}");
        assert_eq!(details["seats"]["filled"], 2, "{details}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k44_who_is_removed_while_they_come_in_by_older_ways_stays_out() {
    rounds(every_way, async |arena| {
        let workspace = arena.workspace().await;
        let tea = somebody("tea");
        let (_, ways) = ways_of(arena, &workspace, &tea).await;
        ways[1].clone().take(arena.process(0), tea.clone()).await.expect(200);
        let (olga, path, whom) = (arena.olga.clone(), workspace.clone(), tea.clone());
        let remove = |process: Process| async move { process.remove(&olga, &path, &whom).await };
        let come_in = |process: Process, number: usize| {
            let (tea, way) = (tea.clone(), ways[number % ways.len()].clone());
            way.take(process, tea)
        };
        let removal = arena.amid_racers(remove, come_in).await;
        assert!(removal.status.is_success(), "{}", removal.text);
        let dump = arena.deployment.audit().await;
        assert!(!is_member(&dump, &workspace, tea.id()));
        // A personal invitation that is made afterwards brings her back.
        arena.deployment.clock.advance(SignedDuration::from_secs(1));
        let again = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
        arena.direct().join(&tea, &again).await.expect(200);
    })
    .await;
}
