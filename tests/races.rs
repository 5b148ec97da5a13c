//! Two or more at the same thing at once. Each race is run twice: once with the order forced, so
//! that one has read and decided when another commits; and once for real, with fifty requests over
//! two processes on one table. `SEATWISE_RACE_ROUNDS` sets how often the latter is repeated (2; the
//! long run has 200).

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use jiff::SignedDuration;
use seatwise_domain::{Invitation, InvitationId, InvitationState, Occupant, Seating, UserId};
use serde_json::{Value, json};

use crate::support::arena::{Arena, RACERS, assert_one_wins, at_once, outcome, outcomes, people, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::proxy::{Fault, Proxy};
use crate::support::reply::text;
use crate::support::table::Dump;

/// Lets admins sit nowhere, so that a change of role takes a seat or gives one back.
const SEATLESS_ADMIN: (&str, &str) = ("badge = \"violet\"\nseat = \"required\"", "badge = \"violet\"");

fn invitation_of<'a>(dump: &'a Dump, invitation: &Value) -> &'a Invitation {
    let id: InvitationId = text(&invitation["id"]).parse().expect("an id");
    &dump.invitations[&id]
}

fn is_member(dump: &Dump, workspace: &str, user: UserId) -> bool {
    dump.member(id_of(workspace), user).is_some()
}

// K1: one free seat.

#[tokio::test]
async fn k1_a_join_that_is_overtaken_finds_no_seat() {
    let arena = Arena::on(Deployment::without_reserving().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let people = people("tea", 2);
    let invitations = arena.invite_all(&workspace, &people, "member").await;
    let join = |number: usize| {
        let (who, what) = (people[number].clone(), invitations[number].clone());
        move |direct: Process| async move { direct.join(&who, &what).await }
    };
    let (slow, fast) = arena.overtake(join(0), join(1)).await;
    fast.expect(200);
    slow.expect_problem(409, "no_seat_available");
    let dump = arena.ground.audit().await;
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [1, 0, 0, 0]);
    assert!(!is_member(&dump, &workspace, people[0].id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_of_many_joins_one_gets_the_seat() {
    rounds(Deployment::without_reserving, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
        let people = people("tea", RACERS);
        let invitations = arena.invite_all(&workspace, &people, "member").await;
        let racers = people.into_iter().zip(invitations).enumerate().map(|(number, (who, what))| {
            let direct = arena.process(number);
            async move { direct.join(&who, &what).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "no_seat_available"));
        let dump = arena.ground.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [1, 0, 0, 0]);
        assert_eq!(dump.members_of(id_of(&workspace)).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn k1_an_invitation_that_is_overtaken_reserves_no_seat() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let seat = arena.direct().buy(&arena.olga, &workspace, "pro", 1).await.remove(0);
    for (wish, code) in [(json!({}), "no_seat_available"), (json!({ "seatId": seat }), "seat_not_available")]
    {
        let invite = |name: &str| {
            let (olga, path) = (arena.olga.clone(), format!("{workspace}/invitations"));
            let mut body = wish.clone();
            body["emails"] = json!([somebody(name).email]);
            move |direct: Process| async move { direct.post(&olga, &path, body).await }
        };
        let (slow, fast) = arena.overtake(invite("tea"), invite("lee")).await;
        slow.expect_problem(409, code);
        let invited = fast.expect(201);
        let dump = arena.ground.audit().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 1, 0, 0]);
        let revoked =
            arena.direct().revoke(&arena.olga, &workspace, &invited["items"][0]["invitation"]).await;
        revoked.expect(204);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_of_many_invitations_one_reserves_the_seat() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
        let racers = people("tea", RACERS).into_iter().enumerate().map(|(number, whom)| {
            let (direct, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/invitations");
            async move { direct.post(&olga, &path, json!({ "emails": [whom.email] })).await }
        });
        assert_one_wins(&at_once(racers).await, 201, (409, "no_seat_available"));
        let dump = arena.ground.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 1, 0, 0]);
        assert_eq!(dump.invitations_of(id_of(&workspace)).len(), 1, "nothing is left of the others");
    })
    .await;
}

/// Olga sits on a purchased seat, so the free slot is free.
async fn vacate_the_free_slot(arena: &Arena, workspace: &str) {
    arena.direct().buy(&arena.olga, workspace, "pro", 1).await;
    let path = format!("{workspace}/members/{}/seat", arena.olga.id());
    arena.direct().call(&arena.olga, "PUT", &path, json!({})).await.expect(200);
}

#[tokio::test]
async fn k1_the_free_slot_is_not_taken_by_the_overtaken() {
    let arena = Arena::on(Deployment::without_reserving().await);
    let workspace = arena.workspace().await;
    vacate_the_free_slot(&arena, &workspace).await;
    let people = people("owner", 2);
    let invitations = arena.invite_all(&workspace, &people, "owner").await;
    let join = |number: usize| {
        let (who, what) = (people[number].clone(), invitations[number].clone());
        move |direct: Process| async move { direct.join(&who, &what).await }
    };
    let (slow, fast) = arena.overtake(join(0), join(1)).await;
    assert_eq!(fast.expect(200)["member"]["freeSlot"], true);
    slow.expect_problem(409, "no_seat_available");
    arena.ground.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_of_many_owners_one_sits_in_the_free_slot() {
    rounds(Deployment::without_reserving, async |arena| {
        let workspace = arena.workspace().await;
        vacate_the_free_slot(arena, &workspace).await;
        let people = people("owner", RACERS);
        let invitations = arena.invite_all(&workspace, &people, "owner").await;
        let racers = people.into_iter().zip(invitations).enumerate().map(|(number, (who, what))| {
            let direct = arena.process(number);
            async move { direct.join(&who, &what).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "no_seat_available"));
    })
    .await;
}

// K2: one invitation.

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
            move |direct: Process| async move { direct.join(&who, &what).await }
        };
        let (slow, fast) = arena.overtake(join(first), join(second)).await;
        fast.expect(200);
        slow.expect_problem(refused.0, refused.1);
        arena.ground.audit().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k2_a_link_lets_one_of_many_in() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 3).await;
        let link = arena.direct().single_use_link(&arena.olga, &workspace, "member").await;
        let racers = people("tea", RACERS).into_iter().enumerate().map(|(number, who)| {
            let (direct, link) = (arena.process(number), link.clone());
            async move { direct.join(&who, &link).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (410, "invitation_used"));
        assert_eq!(arena.ground.dump().await.members_of(id_of(&workspace)).len(), 2);
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
            let (direct, tea, invitation) = (arena.process(number), tea.clone(), invitation.clone());
            async move {
                // By the link or from one's own list.
                match number % 3 {
                    0 => direct.post(&tea, "/v1/join", json!({ "invitationId": invitation["id"] })).await,
                    _ => direct.join(&tea, &invitation).await,
                }
            }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "already_member"));
        assert_eq!(arena.ground.dump().await.members_of(id_of(&workspace)).len(), 2);
    })
    .await;
}

// K3: one address.

#[tokio::test]
async fn k3_an_invitation_that_is_overtaken_finds_one_pending() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 4).await;
    let invite = || {
        let (olga, path) = (arena.olga.clone(), format!("{workspace}/invitations"));
        move |direct: Process| async move {
            direct.post(&olga, &path, json!({ "emails": ["Tea@acme.example"] })).await
        }
    };
    // The second time the address has been invited before, and that is over.
    for _ in 0..2 {
        let (slow, fast) = arena.overtake(invite(), invite()).await;
        fast.expect(201);
        slow.expect_problem(409, "invitation_pending");
        arena.ground.audit().await;
        arena.ground.clock.advance(SignedDuration::from_hours(24 * 7));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k3_of_many_invitations_of_an_address_one_is_made() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let racers = (0..RACERS).map(|number| {
            let (direct, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/invitations");
            // Spelt in two ways.
            let email = ["tea@acme.example", "TEA@Acme.example"][number / 2 % 2];
            async move { direct.post(&olga, &path, json!({ "emails": [email] })).await }
        });
        assert_one_wins(&at_once(racers).await, 201, (409, "invitation_pending"));
        let dump = arena.ground.dump().await;
        assert_eq!(dump.invitations_of(id_of(&workspace)).len(), 1);
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 1, RACERS - 1, 0]);
    })
    .await;
}

// K4: the last governor.

#[tokio::test]
async fn k4_of_two_owners_who_demote_or_remove_each_other_one_stays() {
    let arena = Arena::on(Deployment::new().await);
    for (slow_removes, fast_removes) in [(false, false), (false, true), (true, false), (true, true)] {
        let workspace = arena.workspace().await;
        let anna = arena.direct().member(&arena.olga, &workspace, "anna", "owner").await;
        arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
        let act = |who: &Person, whom: &Person, removes: bool| {
            let (who, whom, workspace) = (who.clone(), whom.clone(), workspace.clone());
            move |direct: Process| async move {
                if removes {
                    direct.remove(&who, &workspace, &whom).await
                } else {
                    direct.change_role(&who, &workspace, &whom, "member").await
                }
            }
        };
        let (slow, fast) = arena
            .overtake(act(&arena.olga, &anna, slow_removes), act(&anna, &arena.olga, fast_removes))
            .await;
        fast.expect(if fast_removes { 204 } else { 200 });
        // Whoever was demoted may not, and whoever was removed sees nothing.
        if fast_removes {
            slow.expect_problem(404, "not_found");
        } else {
            slow.expect_problem(403, "forbidden");
        }
        let dump = arena.ground.audit().await;
        assert_eq!(dump.tallies[&id_of(&workspace)].governors, 1);
        assert_eq!(dump.members[&(id_of(&workspace), anna.id())].role.as_str(), "owner");
    }
}

#[tokio::test]
async fn k4_the_last_governor_stays_whoever_lets_them_go() {
    let arena = Arena::on(Deployment::new().await);
    let (workspace, direct) = (arena.workspace().await, arena.direct());
    // Anna asked to leave before she became an owner: the one way in which an owner may be let go
    // by approval.
    let anna = direct.member(&arena.olga, &workspace, "anna", "member").await;
    let asked = direct.ask_to_leave(&anna, &workspace).await;
    direct.change_role(&arena.olga, &workspace, &anna, "owner").await.expect(200);
    direct.buy(&arena.olga, &workspace, "pro", 1).await;
    let approve = {
        let (olga, path) = (arena.olga.clone(), format!("{asked}/approve"));
        move |direct: Process| async move { direct.post(&olga, &path, Value::Null).await }
    };
    let demote = {
        let (anna, olga, workspace) = (anna.clone(), arena.olga.clone(), workspace.clone());
        move |direct: Process| async move { direct.change_role(&anna, &workspace, &olga, "admin").await }
    };
    let (slow, fast) = arena.overtake(approve, demote).await;
    fast.expect(200);
    // An admin does not let an owner go.
    slow.expect_problem(403, "forbidden");
    let dump = arena.ground.audit().await;
    assert_eq!(dump.tallies[&id_of(&workspace)].governors, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k4_of_many_owners_who_demote_or_remove_each_other_one_stays() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        // A seat for each of them, and one for Olga, who leaves the free slot when demoted.
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let mut owners = arena.crowd(&workspace, "owner", RACERS - 1).await;
        owners.push(arena.olga.clone());
        let racers = (0..owners.len()).map(|number| {
            let (who, whom) = (owners[number].clone(), owners[(number + 1) % owners.len()].clone());
            let (direct, workspace) = (arena.process(number), workspace.clone());
            async move {
                if number % 2 == 0 {
                    direct.remove(&who, &workspace, &whom).await
                } else {
                    direct.change_role(&who, &workspace, &whom, "member").await
                }
            }
        });
        let replies = at_once(racers).await;
        let done = replies.iter().filter(|reply| reply.status.is_success()).count();
        let known = [(200, ""), (204, ""), (403, "forbidden"), (404, "not_found"), (409, "last_governor")];
        let outcomes = outcomes(&replies);
        assert!(outcomes.keys().all(|outcome| known.contains(outcome)), "{outcomes:?}");
        let governors = arena.ground.dump().await.tallies[&id_of(&workspace)].governors;
        assert!(governors >= 1);
        assert_eq!(usize::try_from(governors).expect("few"), RACERS - done, "{outcomes:?}");
    })
    .await;
}

// K5: accepting against what ends an invitation.

#[tokio::test]
async fn k5_of_accepting_and_revoking_one_wins() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 2).await;
    let (tea, lee) = (somebody("tea"), somebody("lee"));
    let revoke = |invitation: &Value| {
        let (olga, workspace, invitation) = (arena.olga.clone(), workspace.clone(), invitation.clone());
        move |direct: Process| async move { direct.revoke(&olga, &workspace, &invitation).await }
    };
    let join = |who: &Person, invitation: &Value| {
        let (who, invitation) = (who.clone(), invitation.clone());
        move |direct: Process| async move { direct.join(&who, &invitation).await }
    };

    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let (slow, fast) = arena.overtake(join(&tea, &invitation), revoke(&invitation)).await;
    fast.expect(204);
    slow.expect_problem(410, "invitation_revoked");
    let dump = arena.ground.audit().await;
    assert!(!is_member(&dump, &workspace, tea.id()));
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 0, 2, 0]);

    let invitation = arena.direct().invite(&arena.olga, &workspace, &lee, "member").await;
    let (slow, fast) = arena.overtake(revoke(&invitation), join(&lee, &invitation)).await;
    fast.expect(200);
    slow.expect_problem(410, "invitation_used");
    let dump = arena.ground.audit().await;
    assert!(is_member(&dump, &workspace, lee.id()));
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [1, 0, 1, 0]);
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
        move |direct: Process| async move { direct.post(&tea, &path, Value::Null).await }
    };
    let join = {
        let (tea, invitation) = (tea.clone(), invitation.clone());
        move |direct: Process| async move { direct.join(&tea, &invitation).await }
    };
    let (slow, fast) = arena.overtake(join, decline).await;
    fast.expect(204);
    slow.expect_problem(410, "invitation_revoked");
    arena.ground.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_replies_to_accepting_and_revoking_match_the_state() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let people = people("tea", RACERS / 2);
        let invitations = arena.invite_all(&workspace, &people, "member").await;
        let racers = (0..RACERS).map(|number| {
            let (direct, workspace, olga) =
                (arena.process(number / 2), workspace.clone(), arena.olga.clone());
            let (who, what) = (people[number / 2].clone(), invitations[number / 2].clone());
            // Who starts first changes from pair to pair.
            let revokes = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if revokes {
                    direct.revoke(&olga, &workspace, &what).await
                } else {
                    direct.join(&who, &what).await
                }
            }
        });
        let replies = at_once(racers).await;
        let dump = arena.ground.dump().await;
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
        arena.ground.clock.set(now);
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
            arena
                .direct()
                .revoke(&arena.olga, &workspace, &invitations[number])
                .await
                .expect_problem(410, "invitation_expired");
        }
    }
    let dump = arena.ground.audit().await;
    assert_eq!(dump.seat_counts(id_of(&workspace), end), [1, 0, 2, 0]);
}

#[tokio::test]
async fn k5_who_was_slow_to_read_is_judged_by_the_time_after() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let tea = somebody("tea");
    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let proxy = Proxy::before(&arena.ground.engine).await;
    let slow = arena.ground.process_behind(&proxy);
    slow.service.warm_up(true).await;
    let gate = proxy.hold("BatchGetItem");
    let joining = tokio::spawn(async move { slow.join(&tea, &invitation).await });
    gate.reached().await;
    arena.ground.clock.advance(SignedDuration::from_hours(24 * 7));
    gate.open();
    joining.await.expect("no panic").expect_problem(410, "invitation_expired");
    arena.ground.audit().await;
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
        move |direct: Process| async move { direct.join(&tea, &invitation).await }
    };
    let give_away = {
        let (arena, workspace, lee) = (&arena, &workspace, &lee);
        move |direct: Process| async move {
            arena.ground.clock.advance(SignedDuration::from_hours(24 * 7));
            let body = json!({ "emails": [lee.email] });
            direct.post(&arena.olga, &format!("{workspace}/invitations"), body).await
        }
    };
    // Accepted in time, but not written before the seat was somebody else's.
    let (slow, fast) = arena.overtake(join, give_away).await;
    let given = fast.expect(201);
    slow.expect_problem(410, "invitation_expired");
    let dump = arena.ground.audit().await;
    assert!(!is_member(&dump, &workspace, tea.id()));
    arena.direct().join(&lee, &given["items"][0]["invitation"]).await.expect(200);
    arena.ground.audit().await;
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
        let clock = arena.ground.clock.clone();
        let watched = Arc::clone(&arrived);
        // The end comes when about half of them have begun.
        let time = tokio::spawn(async move {
            let half = u32::try_from(RACERS / 2).expect("few");
            watched.acquire_many(half).await.expect("they come").forget();
            clock.set(end);
        });
        arena.ground.clock.set(end - SignedDuration::from_nanos(1));
        let racers = people.clone().into_iter().zip(invitations.clone()).enumerate();
        let racers = racers.map(|(number, (who, what))| {
            let (direct, arrived) = (arena.process(number), Arc::clone(&arrived));
            async move {
                arrived.add_permits(1);
                direct.join(&who, &what).await
            }
        });
        let replies = at_once(racers).await;
        time.await.expect("no panic");
        let outcomes = outcomes(&replies);
        let known = [(200, ""), (410, "invitation_expired")];
        assert!(outcomes.keys().all(|outcome| known.contains(outcome)), "{outcomes:?}");
        let dump = arena.ground.dump().await;
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

// K6: a role against a removal.

async fn seatless_admins() -> Deployment {
    Deployment::under(packs::DEFAULT, &[SEATLESS_ADMIN]).await
}

#[tokio::test]
async fn k6_nobody_comes_back_by_a_change_of_role() {
    let arena = Arena::on(seatless_admins().await);
    let workspace = arena.workspace().await;
    let direct = arena.direct();
    for (name, role, new_role) in [("tea", "member", "admin"), ("lee", "admin", "member")] {
        let whom = direct.member(&arena.olga, &workspace, name, role).await;
        let act = |removes: bool| {
            let (olga, whom, workspace) = (arena.olga.clone(), whom.clone(), workspace.clone());
            move |direct: Process| async move {
                if removes {
                    direct.remove(&olga, &workspace, &whom).await
                } else {
                    direct.change_role(&olga, &workspace, &whom, new_role).await
                }
            }
        };
        let (slow, fast) = arena.overtake(act(false), act(true)).await;
        fast.expect(204);
        slow.expect_problem(404, "not_found");
        let dump = arena.ground.audit().await;
        assert!(!is_member(&dump, &workspace, whom.id()));

        let again = direct.invite(&arena.olga, &workspace, &whom, role).await;
        direct.join(&whom, &again).await.expect(200);
        let (slow, fast) = arena.overtake(act(true), act(false)).await;
        fast.expect(200);
        slow.expect(204);
        let dump = arena.ground.audit().await;
        assert!(!is_member(&dump, &workspace, whom.id()));
        assert_eq!(
            dump.seat_counts(id_of(&workspace), arena.ground.clock.now())[0],
            0,
            "no seat is left filled"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k6_of_many_who_are_removed_and_promoted_none_stays() {
    rounds(seatless_admins, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let mut crowd = arena.crowd(&workspace, "member", RACERS / 4).await;
        crowd.extend(arena.crowd(&workspace, "admin", RACERS / 2 - crowd.len()).await);
        let racers = (0..RACERS).map(|number| {
            let (direct, workspace, olga) =
                (arena.process(number / 2), workspace.clone(), arena.olga.clone());
            let whom = crowd[number / 2].clone();
            let new_role = if whom.email.starts_with("admin") { "member" } else { "admin" };
            let removes = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if removes {
                    direct.remove(&olga, &workspace, &whom).await
                } else {
                    direct.change_role(&olga, &workspace, &whom, new_role).await
                }
            }
        });
        let outcomes_of = at_once(racers).await;
        let outcomes = outcomes(&outcomes_of);
        assert_eq!(outcomes[&(204, "")], RACERS / 2, "{outcomes:?}");
        let changed = outcomes.get(&(200, "")).copied().unwrap_or_default();
        let missed = outcomes.get(&(404, "not_found")).copied().unwrap_or_default();
        assert_eq!(changed + missed, RACERS / 2, "{outcomes:?}");
        let dump = arena.ground.dump().await;
        assert_eq!(dump.members_of(id_of(&workspace)).len(), 1, "only Olga is left");
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 0, RACERS / 2, 0]);
    })
    .await;
}

// K7: leaving once.

#[tokio::test]
async fn k7_a_decision_that_is_overtaken_comes_too_late() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let direct = arena.direct();
    let asks = async |name: &str| {
        let who = direct.member(&arena.olga, &workspace, name, "member").await;
        let path = direct.ask_to_leave(&who, &workspace).await;
        (who, path)
    };
    let decide = |path: &str, how: &str| {
        let (olga, path) = (arena.olga.clone(), format!("{path}/{how}"));
        move |direct: Process| async move { direct.post(&olga, &path, Value::Null).await }
    };
    let withdraw = |who: &Person, path: &str| {
        let (who, path) = (who.clone(), path.to_owned());
        move |direct: Process| async move { direct.call(&who, "DELETE", &path, Value::Null).await }
    };
    let counts = async || arena.ground.audit().await.seat_counts(id_of(&workspace), arena.ground.clock.now());

    let (_, path) = asks("approved-twice").await;
    let (slow, fast) = arena.overtake(decide(&path, "approve"), decide(&path, "approve")).await;
    fast.expect(200);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [0, 0, 1, 0], "one seat is freed");
    decide(&path, "approve")(direct.clone()).await.expect_problem(409, "leave_decided");

    let (who, path) = asks("withdrawn-first").await;
    let (slow, fast) = arena.overtake(decide(&path, "approve"), withdraw(&who, &path)).await;
    fast.expect(204);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [1, 0, 1, 0], "they stay");

    let (who, path) = asks("approved-first").await;
    let (slow, fast) = arena.overtake(withdraw(&who, &path), decide(&path, "approve")).await;
    fast.expect(200);
    slow.expect_problem(404, "not_found");
    assert_eq!(counts().await, [1, 0, 2, 0], "they are gone");

    let (_, path) = asks("denied-first").await;
    let (slow, fast) = arena.overtake(decide(&path, "approve"), decide(&path, "deny")).await;
    fast.expect(200);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [2, 0, 2, 0], "they stay");

    // Asked anew, the old request is as decided as before.
    let (who, path) = asks("removed-first").await;
    let remove = {
        let (olga, who, workspace) = (arena.olga.clone(), who.clone(), workspace.clone());
        move |direct: Process| async move { direct.remove(&olga, &workspace, &who).await }
    };
    let (slow, fast) = arena.overtake(decide(&path, "approve"), remove).await;
    fast.expect(204);
    slow.expect_problem(409, "leave_decided");
    assert_eq!(counts().await, [2, 0, 3, 0], "one seat is freed");
}

#[tokio::test]
async fn k7_of_two_requests_to_leave_one_is_made() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let who = arena.direct().member(&arena.olga, &workspace, "tea", "member").await;
    let ask = || {
        let (who, path) = (who.clone(), format!("{workspace}/leave-requests"));
        move |direct: Process| async move { direct.post(&who, &path, Value::Null).await }
    };
    let (slow, fast) = arena.overtake(ask(), ask()).await;
    fast.expect(201);
    slow.expect_problem(409, "leave_pending");
    assert_eq!(arena.ground.audit().await.leaves.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k7_many_approvals_free_one_seat() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        let who = arena.direct().member(&arena.olga, &workspace, "tea", "member").await;
        let path = arena.direct().ask_to_leave(&who, &workspace).await;
        let racers = (0..RACERS).map(|number| {
            let (direct, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{path}/approve");
            async move { direct.post(&olga, &path, Value::Null).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "leave_decided"));
        let dump = arena.ground.dump().await;
        assert_eq!(dump.tallies[&id_of(&workspace)].members, 1);
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 0, 1, 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k7_who_withdraws_while_approved_stays_or_goes_as_told() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let crowd = arena.crowd(&workspace, "member", RACERS / 2).await;
        let asked = join_all(crowd.iter().map(|who| arena.direct().ask_to_leave(who, &workspace))).await;
        let racers = (0..RACERS).map(|number| {
            let (direct, olga) = (arena.process(number / 2), arena.olga.clone());
            let (who, path) = (crowd[number / 2].clone(), asked[number / 2].clone());
            let withdraws = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if withdraws {
                    direct.call(&who, "DELETE", &path, Value::Null).await
                } else {
                    direct.post(&olga, &format!("{path}/approve"), Value::Null).await
                }
            }
        });
        let replies = at_once(racers).await;
        let dump = arena.ground.dump().await;
        for (pair, who) in replies.chunks(2).zip(&crowd) {
            let pair = [outcome(&pair[0]), outcome(&pair[1])];
            let is_gone = !is_member(&dump, &workspace, who.id());
            // Who is gone sees nothing; who was read before that learns that it is decided.
            let expected: &[(u16, &str)] =
                if is_gone { &[(200, ""), (404, "not_found")] } else { &[(204, ""), (409, "leave_decided")] };
            assert!(expected.iter().all(|outcome| pair.contains(outcome)), "{pair:?}, gone: {is_gone}");
        }
    })
    .await;
}

// K8: buying while seats are taken.

#[tokio::test]
async fn k8_a_purchase_that_is_overtaken_is_not_lost() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let tea = somebody("tea");
    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let buy = |quantity: u32| {
        let (olga, path) = (arena.olga.clone(), format!("{workspace}/seats"));
        move |direct: Process| async move { direct.post(&olga, &path, json!({ "quantity": quantity })).await }
    };
    let join = {
        let (tea, invitation) = (tea.clone(), invitation.clone());
        move |direct: Process| async move { direct.join(&tea, &invitation).await }
    };
    let (slow, fast) = arena.overtake(buy(2), join).await;
    fast.expect(200);
    slow.expect(201);
    let (slow, fast) = arena.overtake(buy(3), buy(4)).await;
    fast.expect(201);
    slow.expect(201);
    let dump = arena.ground.audit().await;
    assert_eq!(dump.tallies[&id_of(&workspace)].seats, 10);
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [1, 0, 9, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k8_buying_inviting_and_joining_at_once_all_count() {
    rounds(Deployment::new, async |arena| {
        const EACH: usize = 20;
        let workspace = arena.workspace().await;
        // For those who join one each, and for those who are invited at the same time.
        arena.direct().buy(&arena.olga, &workspace, "pro", 2 * EACH).await;
        let joining = people("joins", EACH);
        let invitations = arena.invite_all(&workspace, &joining, "member").await;
        let racers = (0..3 * EACH).map(|number| {
            let (direct, olga, workspace) =
                (arena.process(number / 3), arena.olga.clone(), workspace.clone());
            let (who, what) = (joining[number / 3].clone(), invitations[number / 3].clone());
            async move {
                match number % 3 {
                    0 => direct.post(&olga, &format!("{workspace}/seats"), json!({ "quantity": 2 })).await,
                    1 => direct.join(&who, &what).await,
                    _ => {
                        let body = json!({ "emails": [somebody(&format!("invited{number}")).email] });
                        direct.post(&olga, &format!("{workspace}/invitations"), body).await
                    }
                }
            }
        });
        let replies = at_once(racers).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((200, ""), EACH), ((201, ""), 2 * EACH)]));
        let dump = arena.ground.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [EACH, EACH, 2 * EACH, 0]);
        assert_eq!(dump.tallies[&id_of(&workspace)].seats, i64::try_from(4 * EACH).expect("few"));
    })
    .await;
}

async fn ten_seats_at_most() -> Deployment {
    Deployment::under(packs::DEFAULT, &[("max = 1000", "max = 10")]).await
}

#[tokio::test]
async fn k8_the_limit_of_seats_holds_against_the_overtaken() {
    let arena = Arena::on(ten_seats_at_most().await);
    let workspace = arena.workspace().await;
    let buy = || {
        let (olga, path) = (arena.olga.clone(), format!("{workspace}/seats"));
        move |direct: Process| async move { direct.post(&olga, &path, json!({ "quantity": 6 })).await }
    };
    let (slow, fast) = arena.overtake(buy(), buy()).await;
    fast.expect(201);
    slow.expect_problem(409, "seat_limit_reached");
    arena.ground.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k8_of_many_purchases_only_what_the_limit_allows_is_done() {
    rounds(ten_seats_at_most, async |arena| {
        let workspace = arena.workspace().await;
        let racers = (0..RACERS).map(|number| {
            let (direct, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/seats");
            async move { direct.post(&olga, &path, json!({ "quantity": 3 })).await }
        });
        let replies = at_once(racers).await;
        let expected = BTreeMap::from([((201, ""), 3), ((409, "seat_limit_reached"), RACERS - 3)]);
        assert_eq!(outcomes(&replies), expected);
        assert_eq!(arena.ground.dump().await.tallies[&id_of(&workspace)].seats, 9);
    })
    .await;
}

// K9: a permission that is withdrawn meanwhile.

#[tokio::test]
async fn k9_who_is_demoted_or_removed_before_the_commit_writes_nothing() {
    let arena = Arena::on(Deployment::new().await);
    let direct = arena.direct();
    for removed in [false, true] {
        let workspace = arena.workspace().await;
        let tea = direct.member(&arena.olga, &workspace, "tea", "member").await;
        let leaver = direct.member(&arena.olga, &workspace, "lee", "member").await;
        let asked = direct.ask_to_leave(&leaver, &workspace).await;
        // Enough for all who come.
        let seat = direct.buy(&arena.olga, &workspace, "basic", 20).await.remove(0);
        let invited = direct.invite(&arena.olga, &workspace, &somebody("kim"), "member").await;
        let invited = format!("{workspace}/invitations/{}", text(&invited["id"]));
        let tea_path = format!("{workspace}/members/{}", tea.id());
        let acts = [
            ("PUT", format!("{tea_path}/role"), json!({ "role": "admin" })),
            ("PUT", format!("{tea_path}/seat"), json!({ "tier": "basic" })),
            ("DELETE", tea_path, Value::Null),
            ("POST", format!("{workspace}/invitations"), json!({ "emails": ["new@acme.example"] })),
            ("POST", format!("{workspace}/invitations"), json!({})),
            ("POST", format!("{invited}/resend"), Value::Null),
            ("DELETE", invited, Value::Null),
            ("POST", format!("{workspace}/seats"), json!({ "quantity": 2 })),
            ("POST", format!("{workspace}/seats/{seat}/cancel"), Value::Null),
            ("POST", format!("{asked}/approve"), Value::Null),
            ("POST", format!("{asked}/deny"), Value::Null),
            ("PATCH", workspace.clone(), json!({ "name": "Taken over" })),
        ];
        for (number, (method, path, body)) in acts.into_iter().enumerate() {
            // Not all of these are an admin's to do.
            let actor =
                direct.member(&arena.olga, &workspace, &format!("actor{removed}{number}"), "owner").await;
            let slow = {
                let (actor, path) = (actor.clone(), path.clone());
                move |direct: Process| async move {
                    direct.call_with_key(&actor, method, &path, body, Some("a-key")).await
                }
            };
            let fast = {
                let (olga, actor, workspace) = (&arena.olga, &actor, &workspace);
                move |direct: Process| async move {
                    if removed {
                        direct.remove(olga, workspace, actor).await
                    } else {
                        direct.change_role(olga, workspace, actor, "member").await
                    }
                }
            };
            let look = async || arena.ground.dump().await.items;
            let ((slow, fast), before) = arena.overtake_and_look(slow, fast, look).await;
            assert!(fast.status.is_success(), "{}", fast.text);
            // Of a member, some of it is refused with a code of its own.
            assert_eq!(slow.status, if removed { 404 } else { 403 }, "{method} {path}: {}", slow.text);
            let after = arena.ground.audit().await.items;
            assert_eq!(before, after, "{method} {path} wrote something");
        }
    }
}

#[tokio::test]
async fn k9_who_is_raised_above_the_caller_meanwhile_is_out_of_reach() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let direct = arena.direct();
    let admin = direct.member(&arena.olga, &workspace, "ada", "admin").await;
    for (number, act) in ["remove", "demote", "approve"].into_iter().enumerate() {
        let tea = direct.member(&arena.olga, &workspace, &format!("tea{number}"), "member").await;
        let asked = direct.ask_to_leave(&tea, &workspace).await;
        let slow = {
            let (admin, tea, workspace) = (admin.clone(), tea.clone(), workspace.clone());
            move |direct: Process| async move {
                match act {
                    "remove" => direct.remove(&admin, &workspace, &tea).await,
                    "demote" => direct.change_role(&admin, &workspace, &tea, "admin").await,
                    _ => direct.post(&admin, &format!("{asked}/approve"), Value::Null).await,
                }
            }
        };
        let raise = {
            let (olga, tea, workspace) = (&arena.olga, &tea, &workspace);
            move |direct: Process| async move { direct.change_role(olga, workspace, tea, "owner").await }
        };
        let (slow, fast) = arena.overtake(slow, raise).await;
        fast.expect(200);
        slow.expect_problem(403, "forbidden");
        let dump = arena.ground.audit().await;
        assert_eq!(dump.members[&(id_of(&workspace), tea.id())].role.as_str(), "owner", "{act}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k9_what_a_demoted_admin_was_told_is_what_was_written() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        let admin = arena.direct().member(&arena.olga, &workspace, "ada", "admin").await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let racers = (0..RACERS).map(|number| {
            let (direct, workspace) = (arena.process(number), workspace.clone());
            let (olga, admin) = (arena.olga.clone(), admin.clone());
            async move {
                if number == RACERS / 2 {
                    direct.change_role(&olga, &workspace, &admin, "member").await
                } else {
                    let body = json!({ "emails": [somebody(&format!("new{number}")).email] });
                    direct.post(&admin, &format!("{workspace}/invitations"), body).await
                }
            }
        });
        let replies = at_once(racers).await;
        let outcomes = outcomes(&replies);
        assert_eq!(outcomes[&(200, "")], 1, "{outcomes:?}");
        let made = outcomes.get(&(201, "")).copied().unwrap_or_default();
        let refused = outcomes.get(&(403, "forbidden")).copied().unwrap_or_default();
        assert_eq!(made + refused, RACERS - 1, "{outcomes:?}");
        let dump = arena.ground.dump().await;
        let pending = dump.seat_counts(id_of(&workspace), arena.ground.clock.now())[1];
        assert_eq!(pending, made);
    })
    .await;
}

// K12: a storm of conflicts.

/// What the database says, and how many calls a request makes of it before it gives up.
const STORMS: [(&str, Fault, usize); 6] = [
    // The runner decides again, a bounded number of times.
    ("TransactWriteItems", Fault::Cancel(&["None", "TransactionConflict"]), 10),
    ("TransactWriteItems", Fault::Cancel(&["ConditionalCheckFailed"]), 10),
    // Throttled: the SDK repeats by itself, or nobody does.
    ("TransactWriteItems", Fault::Refuse(400, "ThrottlingException"), 3),
    ("TransactWriteItems", Fault::Cancel(&["ThrottlingError"]), 1),
    ("BatchGetItem", Fault::Refuse(400, "ProvisionedThroughputExceededException"), 3),
    ("BatchGetItem", Fault::LeaveKeys, 5),
];

#[tokio::test]
async fn k12_in_a_storm_a_request_ends_and_after_it_the_same_one_works() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 3 * STORMS.len()).await;
    let path = format!("{workspace}/invitations");
    for (number, (action, fault, tries)) in STORMS.into_iter().enumerate() {
        let proxy = Proxy::before(&arena.ground.engine).await;
        let direct = arena.ground.process_behind(&proxy);
        direct.service.warm_up(true).await;
        // Three at once, so that a batch that answers one key a time does not come to its end.
        let emails = ["ann", "ben", "cem"].map(|name| somebody(&format!("{name}{number}")).email);
        let body = json!({ "emails": emails });
        let key = format!("key-{number}");
        let invite =
            async || direct.call_with_key(&arena.olga, "POST", &path, body.clone(), Some(&key)).await;
        let before = arena.ground.dump().await.items;
        let calls = proxy.calls(action);
        proxy.storm(action, fault.clone());
        let reply = invite().await;
        assert_eq!(proxy.calls(action) - calls, tries, "{fault:?}");
        let headers = reply.headers.clone();
        reply.expect_problem(503, "conflict_busy");
        assert_eq!(headers["retry-after"], "1");
        assert_eq!(arena.ground.audit().await.items, before, "{fault:?} left something behind");
        proxy.calm();
        let made = invite().await.expect(201);
        assert_eq!(invite().await.expect(201), made);
    }
    let dump = arena.ground.audit().await;
    assert_eq!(dump.invitations.len(), 3 * STORMS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k12_in_a_storm_all_requests_end_and_after_it_all_work() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS).await;
        let proxy = Proxy::before(&arena.ground.engine).await;
        let processes = [arena.ground.process_behind(&proxy), arena.ground.process_behind(&proxy)];
        join_all(processes.iter().map(|direct| direct.service.warm_up(true))).await;
        let racers = || {
            (0..RACERS).map(|number| {
                let (direct, olga) = (processes[number % 2].clone(), arena.olga.clone());
                let path = format!("{workspace}/invitations");
                let body = json!({ "emails": [somebody(&format!("tea{number}")).email] });
                let key = format!("key-{number}");
                async move { direct.call_with_key(&olga, "POST", &path, body, Some(&key)).await }
            })
        };
        proxy.storm("TransactWriteItems", Fault::Cancel(&["TransactionConflict"]));
        let replies = at_once(racers()).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((503, "conflict_busy"), RACERS)]));
        assert_eq!(proxy.calls("TransactWriteItems"), 10 * RACERS, "bounded");
        proxy.calm();
        let replies = at_once(racers()).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((201, ""), RACERS)]));
        let dump = arena.ground.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, RACERS, 0, 0]);
    })
    .await;
}

// Seats and invitations against each other.

#[tokio::test]
async fn k1_an_assignment_that_is_overtaken_gets_another_seat_or_none() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let direct = arena.direct();
    let (tea, lee) = (
        direct.member(&arena.olga, &workspace, "tea", "member").await,
        direct.member(&arena.olga, &workspace, "lee", "member").await,
    );
    let seat = direct.buy(&arena.olga, &workspace, "basic", 1).await.remove(0);
    let assign = |whom: &Person, wish: Value| {
        let (olga, path) = (arena.olga.clone(), format!("{workspace}/members/{}/seat", whom.id()));
        move |direct: Process| async move { direct.call(&olga, "PUT", &path, wish).await }
    };
    let wish = json!({ "seatId": seat });
    let (slow, fast) = arena.overtake(assign(&tea, wish.clone()), assign(&lee, wish)).await;
    fast.expect(200);
    slow.expect_problem(409, "seat_not_available");
    let dump = arena.ground.audit().await;
    let seating = &dump.members[&(id_of(&workspace), tea.id())].seat;
    assert!(matches!(seating, Seating::Seat(hold) if hold.tier.as_str() == "pro"), "as before: {seating:?}");

    // Lee's old seat is free now. One person onto two seats at once ends on one of them.
    direct.buy(&arena.olga, &workspace, "basic", 1).await;
    let seats = direct.get(&arena.olga, &format!("{workspace}/seats?status=available")).await.expect(200);
    let free: Vec<Value> =
        seats["items"].as_array().expect("seats").iter().map(|seat| seat["id"].clone()).collect();
    assert_eq!(free.len(), 2);
    let (slow, fast) = arena
        .overtake(assign(&tea, json!({ "seatId": free[0] })), assign(&tea, json!({ "seatId": free[1] })))
        .await;
    fast.expect(200);
    assert_eq!(slow.expect(200)["seat"]["id"], free[0]);
    let dump = arena.ground.audit().await;
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [2, 0, 2, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_of_many_assignments_of_a_seat_one_is_done() {
    rounds(seatless_admins, async |arena| {
        let workspace = arena.workspace().await;
        let crowd = arena.crowd(&workspace, "admin", RACERS).await;
        let seat = arena.direct().buy(&arena.olga, &workspace, "pro", 1).await.remove(0);
        let racers = crowd.into_iter().enumerate().map(|(number, whom)| {
            let (direct, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/members/{}/seat", whom.id());
            let wish = json!({ "seatId": seat });
            async move { direct.call(&olga, "PUT", &path, wish).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "seat_not_available"));
    })
    .await;
}

#[tokio::test]
async fn k1_the_last_seat_goes_to_a_role_or_to_an_invitation() {
    let arena = Arena::on(seatless_admins().await);
    for role_is_slow in [false, true] {
        let workspace = arena.workspace().await;
        let ada = somebody("ada");
        let invitation = arena.direct().invite(&arena.olga, &workspace, &ada, "admin").await;
        arena.direct().join(&ada, &invitation).await.expect(200);
        arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
        let act = |changes_role: bool| {
            let (olga, ada, workspace) = (arena.olga.clone(), ada.clone(), workspace.clone());
            move |direct: Process| async move {
                if changes_role {
                    direct.change_role(&olga, &workspace, &ada, "member").await
                } else {
                    let body = json!({ "emails": ["tea@acme.example"] });
                    direct.post(&olga, &format!("{workspace}/invitations"), body).await
                }
            }
        };
        let (slow, fast) = arena.overtake(act(role_is_slow), act(!role_is_slow)).await;
        fast.expect(if role_is_slow { 201 } else { 200 });
        slow.expect_problem(409, "no_seat_available");
        let dump = arena.ground.audit().await;
        let expected = if role_is_slow { [0, 1, 0, 0] } else { [1, 0, 0, 0] };
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_many_roles_and_invitations_share_what_seats_there_are() {
    rounds(seatless_admins, async |arena| {
        const SEATS: usize = 7;
        let workspace = arena.workspace().await;
        let crowd = arena.crowd(&workspace, "admin", RACERS / 2).await;
        arena.direct().buy(&arena.olga, &workspace, "pro", SEATS).await;
        let racers = (0..RACERS).map(|number| {
            let (direct, olga, workspace) =
                (arena.process(number / 2), arena.olga.clone(), workspace.clone());
            let whom = crowd[number / 2].clone();
            async move {
                if number % 2 == 0 {
                    direct.change_role(&olga, &workspace, &whom, "member").await
                } else {
                    let body = json!({ "emails": [somebody(&format!("tea{number}")).email] });
                    direct.post(&olga, &format!("{workspace}/invitations"), body).await
                }
            }
        });
        let replies = at_once(racers).await;
        let outcomes = outcomes(&replies);
        assert_eq!(outcomes.get(&(409, "no_seat_available")), Some(&(RACERS - SEATS)), "{outcomes:?}");
        let count = |outcome| outcomes.get(&(outcome, "")).copied().unwrap_or_default();
        let dump = arena.ground.dump().await;
        let expected = [count(200), count(201), 0, 0];
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), expected);
    })
    .await;
}

#[tokio::test]
async fn k8_a_cancelled_seat_and_its_holder_agree_whoever_was_first() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let direct = arena.direct();
    let seats = direct.buy(&arena.olga, &workspace, "pro", 4).await;
    for (number, seat) in seats.iter().enumerate() {
        let whom = somebody(&format!("tea{number}"));
        let body = json!({ "emails": [whom.email], "seatId": seat });
        let made = direct.post(&arena.olga, &format!("{workspace}/invitations"), body).await.expect(201);
        let invitation = made["items"][0]["invitation"].clone();
        let cancel = {
            let (olga, path) = (arena.olga.clone(), format!("{workspace}/seats/{seat}/cancel"));
            move |direct: Process| async move { direct.post(&olga, &path, Value::Null).await }
        };
        let other = {
            let (olga, whom, workspace) = (arena.olga.clone(), whom.clone(), workspace.clone());
            move |direct: Process| async move {
                if number < 2 {
                    direct.join(&whom, &invitation).await
                } else {
                    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
                    direct.post(&olga, &path, Value::Null).await
                }
            }
        };
        let (slow, fast) = if number % 2 == 0 {
            arena.overtake(cancel, other).await
        } else {
            arena.overtake(other, cancel).await
        };
        fast.expect(200);
        slow.expect(200);
        // The audit holds the copies against each other.
        let dump = arena.ground.audit().await;
        let seat = &dump.seats[&(id_of(&workspace), seat.parse().expect("an id"))];
        assert!(seat.term.ends.is_some());
        match number {
            0 | 1 => assert_eq!(seat.occupant, Occupant::Member(whom.id())),
            _ => assert!(matches!(seat.occupant, Occupant::Invitation(_))),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k8_many_seats_are_cancelled_while_they_are_taken() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let people = people("tea", RACERS / 2);
        let invitations = arena.invite_all(&workspace, &people, "member").await;
        let racers = (0..RACERS).map(|number| {
            let (direct, olga) = (arena.process(number / 2), arena.olga.clone());
            let (who, what) = (people[number / 2].clone(), invitations[number / 2].clone());
            let path = format!("{workspace}/seats/{}/cancel", text(&what["seatId"]));
            let cancels = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if cancels {
                    direct.post(&olga, &path, Value::Null).await
                } else {
                    direct.join(&who, &what).await
                }
            }
        });
        let replies = at_once(racers).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((200, ""), RACERS)]));
        let dump = arena.ground.dump().await;
        let seats = dump.seats_of(id_of(&workspace));
        assert!(seats.iter().all(|seat| seat.term.ends.is_some()));
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [RACERS / 2, 0, 0, 0]);
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
            move |direct: Process| async move {
                if resends {
                    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
                    direct.post(&olga, &path, Value::Null).await
                } else {
                    direct.revoke(&olga, &workspace, &invitation).await
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
        let dump = arena.ground.audit().await;
        assert!(matches!(invitation_of(&dump, &invitation).state, InvitationState::Revoked { .. }));
        let deliveries = invitation_of(&dump, &invitation).deliveries.len();
        assert_eq!(deliveries, if resend_is_slow { 1 } else { 2 });
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 0, 2, 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_many_are_revoked_while_they_are_sent_again() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        arena.direct().buy(&arena.olga, &workspace, "pro", RACERS / 2).await;
        let invitations = arena.invite_all(&workspace, &people("tea", RACERS / 2), "member").await;
        let racers = (0..RACERS).map(|number| {
            let (direct, olga, workspace) =
                (arena.process(number / 2), arena.olga.clone(), workspace.clone());
            let what = invitations[number / 2].clone();
            let resends = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if resends {
                    let path = format!("{workspace}/invitations/{}/resend", text(&what["id"]));
                    direct.post(&olga, &path, Value::Null).await
                } else {
                    direct.revoke(&olga, &workspace, &what).await
                }
            }
        });
        let replies = at_once(racers).await;
        let outcomes = outcomes(&replies);
        let resent = outcomes.get(&(200, "")).copied().unwrap_or_default();
        let late = outcomes.get(&(410, "invitation_revoked")).copied().unwrap_or_default();
        assert_eq!((outcomes[&(204, "")], resent + late), (RACERS / 2, RACERS / 2), "{outcomes:?}");
        let dump = arena.ground.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.ground.clock.now()), [0, 0, RACERS / 2, 0]);
        let mails = dump.mails.values().filter(|mail| mail.invitation.workspace == id_of(&workspace)).count();
        assert_eq!(mails, RACERS / 2 + resent, "one for each time it was sent");
    })
    .await;
}
