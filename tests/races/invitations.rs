//! Races for an invitation: its link, its address, its end (K2, K3, K5).

use std::sync::Arc;

use jiff::SignedDuration;
use seatwise_domain::InvitationState;
use serde_json::{Value, json};

use super::{invitation_of, is_member};
use crate::support::arena::{Arena, RACERS, assert_one_wins, at_once, outcome, outcomes, people, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::proxy::Proxy;
use crate::support::reply::text;

#[tokio::test]
async fn k2_a_link_that_is_overtaken_is_used() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 2).await;
    for (first, second, refused) in
        [("tea", "lee", (410, "invitation_used")), ("kim", "kim", (409, "already_member"))]
    {
        let link = arena.direct().single_use_link(&arena.olga, &workspace, "member").await;
        let join = |name: &str| {
            let (who, what) = (somebody(name), link.clone());
            move |process: Process| async move { process.join(&who, &what).await }
        };
        let (slow, fast) = arena.overtake(join(first), join(second)).await;
        fast.expect(200);
        slow.expect_problem(refused.0, refused.1);
        arena.deployment.audit().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k2_a_link_lets_one_of_many_in() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 3).await;
        let link = arena.direct().single_use_link(&arena.olga, &workspace, "member").await;
        let racers = people("tea", RACERS).into_iter().enumerate().map(|(number, who)| {
            let (process, link) = (arena.process(number), link.clone());
            async move { process.join(&who, &link).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (410, "invitation_used"));
        assert_eq!(arena.deployment.dump().await.members_of(id_of(&workspace)).len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k2_who_accepts_many_times_is_in_once() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 3).await;
        let tea = somebody("tea");
        let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
        let racers = (0..RACERS).map(|number| {
            let (process, tea, invitation) = (arena.process(number), tea.clone(), invitation.clone());
            async move {
                // By the link or from one's own list.
                match number % 3 {
                    0 => process.post(&tea, "/v1/join", json!({ "invitationId": invitation["id"] })).await,
                    _ => process.join(&tea, &invitation).await,
                }
            }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "already_member"));
        assert_eq!(arena.deployment.dump().await.members_of(id_of(&workspace)).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn k3_an_invitation_that_is_overtaken_finds_one_pending() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 4).await;
    let invite = || {
        let (olga, path) = (arena.olga.clone(), format!("{workspace}/invitations"));
        move |process: Process| async move {
            process.post(&olga, &path, json!({ "emails": ["Tea@acme.example"] })).await
        }
    };
    // The second time the address has been invited before, and that is over.
    for _ in 0..2 {
        let (slow, fast) = arena.overtake(invite(), invite()).await;
        fast.expect(201);
        slow.expect_problem(409, "invitation_pending");
        arena.deployment.audit().await;
        arena.deployment.clock.advance(SignedDuration::from_hours(24 * 7));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k3_of_many_invitations_of_an_address_one_is_made() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let racers = (0..RACERS).map(|number| {
            let (process, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/invitations");
            // Spelt in two ways.
            let email = ["tea@acme.example", "TEA@Acme.example"][number / 2 % 2];
            async move { process.post(&olga, &path, json!({ "emails": [email] })).await }
        });
        assert_one_wins(&at_once(racers).await, 201, (409, "invitation_pending"));
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.invitations_of(id_of(&workspace)).len(), 1);
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 1, RACERS - 1, 0]);
    })
    .await;
}

#[tokio::test]
async fn k5_of_accepting_and_revoking_one_wins() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 2).await;
    let (tea, lee) = (somebody("tea"), somebody("lee"));
    let revoke = |invitation: &Value| {
        let (olga, workspace, invitation) = (arena.olga.clone(), workspace.clone(), invitation.clone());
        move |process: Process| async move { process.revoke(&olga, &workspace, &invitation).await }
    };
    let join = |who: &Person, invitation: &Value| {
        let (who, invitation) = (who.clone(), invitation.clone());
        move |process: Process| async move { process.join(&who, &invitation).await }
    };

    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let (slow, fast) = arena.overtake(join(&tea, &invitation), revoke(&invitation)).await;
    fast.expect(204);
    slow.expect_problem(410, "invitation_revoked");
    let dump = arena.deployment.audit().await;
    assert!(!is_member(&dump, &workspace, tea.id()));
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 0, 2, 0]);

    let invitation = arena.direct().invite(&arena.olga, &workspace, &lee, "member").await;
    let (slow, fast) = arena.overtake(revoke(&invitation), join(&lee, &invitation)).await;
    fast.expect(200);
    slow.expect_problem(410, "invitation_used");
    let dump = arena.deployment.audit().await;
    assert!(is_member(&dump, &workspace, lee.id()));
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [1, 0, 1, 0]);
}

#[tokio::test]
async fn k5_of_accepting_and_declining_one_wins() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let tea = somebody("tea");
    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let decline = {
        let (tea, path) = (tea.clone(), format!("/v1/invitations/{}/decline", text(&invitation["id"])));
        move |process: Process| async move { process.post(&tea, &path, Value::Null).await }
    };
    let join = {
        let (tea, invitation) = (tea.clone(), invitation.clone());
        move |process: Process| async move { process.join(&tea, &invitation).await }
    };
    let (slow, fast) = arena.overtake(join, decline).await;
    fast.expect(204);
    slow.expect_problem(410, "invitation_revoked");
    arena.deployment.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_replies_to_accepting_and_revoking_match_the_state() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let people = people("tea", RACERS / 2);
        let invitations = arena.invite_all(&workspace, &people, "member").await;
        let racers = (0..RACERS).map(|number| {
            let (process, workspace, olga) =
                (arena.process(number / 2), workspace.clone(), arena.olga.clone());
            let (who, what) = (people[number / 2].clone(), invitations[number / 2].clone());
            // The two kinds of request take turns in starting first, from pair to pair.
            let revokes = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if revokes {
                    process.revoke(&olga, &workspace, &what).await
                } else {
                    process.join(&who, &what).await
                }
            }
        });
        let replies = at_once(racers).await;
        let dump = arena.deployment.dump().await;
        for ((pair, who), what) in replies.chunks(2).zip(&people).zip(&invitations) {
            let (accepted, revoked) = ((200, ""), (204, ""));
            let pair = [outcome(&pair[0]), outcome(&pair[1])];
            let state = &invitation_of(&dump, what).state;
            if pair.contains(&accepted) {
                assert!(pair.contains(&(410, "invitation_used")), "{pair:?}");
                assert!(
                    matches!(state, InvitationState::Accepted { by, .. } if *by == who.id()),
                    "{state:?}"
                );
            } else {
                assert!(pair.contains(&revoked) && pair.contains(&(410, "invitation_revoked")), "{pair:?}");
                assert!(matches!(state, InvitationState::Revoked { .. }), "{state:?}");
            }
            assert_eq!(is_member(&dump, &workspace, who.id()), pair.contains(&accepted));
        }
    })
    .await;
}

#[tokio::test]
async fn k5_an_invitation_is_over_at_its_end() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 3).await;
    let people = people("tea", 3);
    let invitations = arena.invite_all(&workspace, &people, "member").await;
    let end: jiff::Timestamp = text(&invitations[0]["expiresAt"]).parse().expect("a moment");
    let instant = SignedDuration::from_nanos(1);
    let now = [end - instant, end, end + instant];
    for (number, now) in now.into_iter().enumerate() {
        arena.deployment.clock.set(now);
        let reply = arena.direct().join(&people[number], &invitations[number]).await;
        if now < end {
            reply.expect(200);
        } else {
            reply.expect_problem(410, "invitation_expired");
            let by_id = json!({ "invitationId": invitations[number]["id"] });
            arena
                .direct()
                .post(&people[number], "/v1/join", by_id)
                .await
                .expect_problem(410, "invitation_expired");
            // It can still be revoked, so that nobody sends it again.
            arena.direct().revoke(&arena.olga, &workspace, &invitations[number]).await.expect(204);
        }
    }
    let dump = arena.deployment.audit().await;
    assert_eq!(dump.seat_counts(id_of(&workspace), end), [1, 0, 2, 0]);
}

#[tokio::test]
async fn k5_who_was_slow_to_read_is_judged_by_the_time_after() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let tea = somebody("tea");
    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let proxy = Proxy::before(&arena.deployment.engine).await;
    let slow = arena.deployment.process_behind(&proxy);
    slow.service.warm_up(true).await;
    let gate = proxy.hold("BatchGetItem");
    let joining = tokio::spawn(async move { slow.join(&tea, &invitation).await });
    gate.reached().await;
    arena.deployment.clock.advance(SignedDuration::from_hours(24 * 7));
    gate.open();
    joining.await.expect("no panic").expect_problem(410, "invitation_expired");
    arena.deployment.audit().await;
}

#[tokio::test]
async fn k5_a_seat_that_is_given_away_at_the_end_is_not_joined() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let (tea, lee) = (somebody("tea"), somebody("lee"));
    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let join = {
        let (tea, invitation) = (tea.clone(), invitation.clone());
        move |process: Process| async move { process.join(&tea, &invitation).await }
    };
    let give_away = {
        let (arena, workspace, lee) = (&arena, &workspace, &lee);
        move |process: Process| async move {
            arena.deployment.clock.advance(SignedDuration::from_hours(24 * 7));
            let body = json!({ "emails": [lee.email] });
            process.post(&arena.olga, &format!("{workspace}/invitations"), body).await
        }
    };
    // Accepted in time, but not written before the seat was somebody else's.
    let (slow, fast) = arena.overtake(join, give_away).await;
    let given = fast.expect(201);
    slow.expect_problem(410, "invitation_expired");
    let dump = arena.deployment.audit().await;
    assert!(!is_member(&dump, &workspace, tea.id()));
    arena.direct().join(&lee, &given["items"][0]["invitation"]).await.expect(200);
    arena.deployment.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_none_of_many_is_accepted_after_the_end() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let people = people("tea", RACERS);
        let invitations = arena.invite_all(&workspace, &people, "member").await;
        let end: jiff::Timestamp = text(&invitations[0]["expiresAt"]).parse().expect("a moment");
        let arrived = Arc::new(tokio::sync::Semaphore::new(0));
        let clock = arena.deployment.clock.clone();
        let watched = Arc::clone(&arrived);
        // The end comes when about half of them have begun.
        let time = tokio::spawn(async move {
            let half = u32::try_from(RACERS / 2).expect("few");
            watched.acquire_many(half).await.expect("they come").forget();
            clock.set(end);
        });
        arena.deployment.clock.set(end - SignedDuration::from_nanos(1));
        let racers = people.clone().into_iter().zip(invitations.clone()).enumerate();
        let racers = racers.map(|(number, (who, what))| {
            let (process, arrived) = (arena.process(number), Arc::clone(&arrived));
            async move {
                arrived.add_permits(1);
                process.join(&who, &what).await
            }
        });
        let replies = at_once(racers).await;
        time.await.expect("no panic");
        let outcomes = outcomes(&replies);
        let known = [(200, ""), (410, "invitation_expired")];
        assert!(outcomes.keys().all(|outcome| known.contains(outcome)), "{outcomes:?}");
        let dump = arena.deployment.dump().await;
        for ((reply, who), what) in replies.iter().zip(&people).zip(&invitations) {
            let accepted = match invitation_of(&dump, what).state {
                InvitationState::Accepted { at, .. } => {
                    assert!(at < end);
                    true
                }
                _ => false,
            };
            assert_eq!(accepted, outcome(reply) == (200, ""));
            assert_eq!(accepted, is_member(&dump, &workspace, who.id()));
        }
    })
    .await;
}

#[tokio::test]
async fn k5_what_is_revoked_is_not_sent_again() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 2).await;
    for resend_is_slow in [true, false] {
        let whom = somebody(&format!("tea{resend_is_slow}"));
        let invitation = arena.direct().invite(&arena.olga, &workspace, &whom, "member").await;
        let act = |resends: bool| {
            let (olga, workspace, invitation) = (arena.olga.clone(), workspace.clone(), invitation.clone());
            move |process: Process| async move {
                if resends {
                    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
                    process.post(&olga, &path, Value::Null).await
                } else {
                    process.revoke(&olga, &workspace, &invitation).await
                }
            }
        };
        let (slow, fast) = arena.overtake(act(resend_is_slow), act(!resend_is_slow)).await;
        if resend_is_slow {
            fast.expect(204);
            slow.expect_problem(410, "invitation_revoked");
        } else {
            fast.expect(200);
            slow.expect(204);
        }
        let dump = arena.deployment.audit().await;
        assert!(matches!(invitation_of(&dump, &invitation).state, InvitationState::Revoked { .. }));
        let deliveries = invitation_of(&dump, &invitation).deliveries.len();
        assert_eq!(deliveries, if resend_is_slow { 1 } else { 2 });
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 0, 2, 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_many_are_revoked_while_they_are_sent_again() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let invitations = arena.invite_all(&workspace, &people("tea", RACERS / 2), "member").await;
        let racers = (0..RACERS).map(|number| {
            let (process, olga, workspace) =
                (arena.process(number / 2), arena.olga.clone(), workspace.clone());
            let what = invitations[number / 2].clone();
            let resends = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if resends {
                    let path = format!("{workspace}/invitations/{}/resend", text(&what["id"]));
                    process.post(&olga, &path, Value::Null).await
                } else {
                    process.revoke(&olga, &workspace, &what).await
                }
            }
        });
        let replies = at_once(racers).await;
        let outcomes = outcomes(&replies);
        let resent = outcomes.get(&(200, "")).copied().unwrap_or_default();
        let late = outcomes.get(&(410, "invitation_revoked")).copied().unwrap_or_default();
        assert_eq!((outcomes[&(204, "")], resent + late), (RACERS / 2, RACERS / 2), "{outcomes:?}");
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 0, RACERS / 2, 0]);
        let mails = dump.mails.values().filter(|mail| mail.invitation.workspace == id_of(&workspace)).count();
        assert_eq!(mails, RACERS / 2 + resent, "one for each time it was sent");
    })
    .await;
}
