//! Races for a seat (K1, K8).

use std::collections::BTreeMap;

use seatwise_domain::{Occupant, Seating};
use serde_json::{Value, json};

use super::{is_member, seatless_admins};
use crate::support::arena::{Arena, RACERS, assert_one_wins, at_once, outcomes, people, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::text;

#[tokio::test]
async fn k1_a_join_that_is_overtaken_finds_no_seat() {
    let arena = Arena::on(Deployment::without_reserving().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let people = people("tea", 2);
    let invitations = arena.invite_all(&workspace, &people, "member").await;
    let join = |number: usize| {
        let (who, what) = (people[number].clone(), invitations[number].clone());
        move |process: Process| async move { process.join(&who, &what).await }
    };
    let (slow, fast) = arena.overtake(join(0), join(1)).await;
    fast.expect(200);
    slow.expect_problem(409, "no_seat_available");
    let dump = arena.deployment.audit().await;
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [1, 0, 0, 0]);
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
            let process = arena.process(number);
            async move { process.join(&who, &what).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "no_seat_available"));
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [1, 0, 0, 0]);
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
            move |process: Process| async move { process.post(&olga, &path, body).await }
        };
        let (slow, fast) = arena.overtake(invite("tea"), invite("lee")).await;
        slow.expect_problem(409, code);
        let invited = fast.expect(201);
        let dump = arena.deployment.audit().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 1, 0, 0]);
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
            let (process, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/invitations");
            async move { process.post(&olga, &path, json!({ "emails": [whom.email] })).await }
        });
        assert_one_wins(&at_once(racers).await, 201, (409, "no_seat_available"));
        let dump = arena.deployment.dump().await;
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [0, 1, 0, 0]);
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
        move |process: Process| async move { process.join(&who, &what).await }
    };
    let (slow, fast) = arena.overtake(join(0), join(1)).await;
    assert_eq!(fast.expect(200)["member"]["freeSlot"], true);
    slow.expect_problem(409, "no_seat_available");
    arena.deployment.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_of_many_owners_one_sits_in_the_free_slot() {
    rounds(Deployment::without_reserving, async |arena| {
        let workspace = arena.workspace().await;
        vacate_the_free_slot(arena, &workspace).await;
        let people = people("owner", RACERS);
        let invitations = arena.invite_all(&workspace, &people, "owner").await;
        let racers = people.into_iter().zip(invitations).enumerate().map(|(number, (who, what))| {
            let process = arena.process(number);
            async move { process.join(&who, &what).await }
        });
        assert_one_wins(&at_once(racers).await, 200, (409, "no_seat_available"));
    })
    .await;
}

#[tokio::test]
async fn k8_a_purchase_that_is_overtaken_is_not_lost() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
    let tea = somebody("tea");
    let invitation = arena.direct().invite(&arena.olga, &workspace, &tea, "member").await;
    let buy = |quantity: u32| {
        let (olga, path) = (arena.olga.clone(), format!("{workspace}/seats"));
        move |process: Process| async move { process.post(&olga, &path, json!({ "quantity": quantity })).await }
    };
    let join = {
        let (tea, invitation) = (tea.clone(), invitation.clone());
        move |process: Process| async move { process.join(&tea, &invitation).await }
    };
    let (slow, fast) = arena.overtake(buy(2), join).await;
    fast.expect(200);
    slow.expect(201);
    let (slow, fast) = arena.overtake(buy(3), buy(4)).await;
    fast.expect(201);
    slow.expect(201);
    let dump = arena.deployment.audit().await;
    assert_eq!(dump.tallies[&id_of(&workspace)].seats, 10);
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [1, 0, 9, 0]);
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
            let (process, olga, workspace) =
                (arena.process(number / 3), arena.olga.clone(), workspace.clone());
            let (who, what) = (joining[number / 3].clone(), invitations[number / 3].clone());
            async move {
                match number % 3 {
                    0 => process.post(&olga, &format!("{workspace}/seats"), json!({ "quantity": 2 })).await,
                    1 => process.join(&who, &what).await,
                    _ => {
                        let body = json!({ "emails": [somebody(&format!("invited{number}")).email] });
                        process.post(&olga, &format!("{workspace}/invitations"), body).await
                    }
                }
            }
        });
        let replies = at_once(racers).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((200, ""), EACH), ((201, ""), 2 * EACH)]));
        let dump = arena.deployment.dump().await;
        assert_eq!(
            dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()),
            [EACH, EACH, 2 * EACH, 0]
        );
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
        move |process: Process| async move { process.post(&olga, &path, json!({ "quantity": 6 })).await }
    };
    let (slow, fast) = arena.overtake(buy(), buy()).await;
    fast.expect(201);
    slow.expect_problem(409, "seat_limit_reached");
    arena.deployment.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k8_of_many_purchases_only_what_the_limit_allows_is_done() {
    rounds(ten_seats_at_most, async |arena| {
        let workspace = arena.workspace().await;
        let racers = (0..RACERS).map(|number| {
            let (process, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/seats");
            async move { process.post(&olga, &path, json!({ "quantity": 3 })).await }
        });
        let replies = at_once(racers).await;
        let expected = BTreeMap::from([((201, ""), 3), ((409, "seat_limit_reached"), RACERS - 3)]);
        assert_eq!(outcomes(&replies), expected);
        assert_eq!(arena.deployment.dump().await.tallies[&id_of(&workspace)].seats, 9);
    })
    .await;
}

#[tokio::test]
async fn k1_an_assignment_that_is_overtaken_gets_another_seat_or_none() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let process = arena.direct();
    let (tea, lee) = (
        process.member(&arena.olga, &workspace, "tea", "member").await,
        process.member(&arena.olga, &workspace, "lee", "member").await,
    );
    let seat = process.buy(&arena.olga, &workspace, "basic", 1).await.remove(0);
    let assign = |whom: &Person, wish: Value| {
        let (olga, path) = (arena.olga.clone(), format!("{workspace}/members/{}/seat", whom.id()));
        move |process: Process| async move { process.call(&olga, "PUT", &path, wish).await }
    };
    let wish = json!({ "seatId": seat });
    let (slow, fast) = arena.overtake(assign(&tea, wish.clone()), assign(&lee, wish)).await;
    fast.expect(200);
    slow.expect_problem(409, "seat_not_available");
    let dump = arena.deployment.audit().await;
    let seating = &dump.members[&(id_of(&workspace), tea.id())].seat;
    assert!(matches!(seating, Seating::Seat(hold) if hold.tier.0 == "pro"), "as before: {seating:?}");

    // Lee's old seat is free now. One person onto two seats at once ends on one of them.
    process.buy(&arena.olga, &workspace, "basic", 1).await;
    let seats = process.get(&arena.olga, &format!("{workspace}/seats?status=available")).await.expect(200);
    let free: Vec<Value> =
        seats["items"].as_array().expect("seats").iter().map(|seat| seat["id"].clone()).collect();
    assert_eq!(free.len(), 2);
    let (slow, fast) = arena
        .overtake(assign(&tea, json!({ "seatId": free[0] })), assign(&tea, json!({ "seatId": free[1] })))
        .await;
    fast.expect(200);
    assert_eq!(slow.expect(200)["seat"]["id"], free[0]);
    let dump = arena.deployment.audit().await;
    assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [2, 0, 2, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_of_many_assignments_of_a_seat_one_is_done() {
    rounds(seatless_admins, async |arena| {
        let workspace = arena.workspace().await;
        let crowd = arena.crowd(&workspace, "admin", RACERS).await;
        let seat = arena.direct().buy(&arena.olga, &workspace, "pro", 1).await.remove(0);
        let racers = crowd.into_iter().enumerate().map(|(number, whom)| {
            let (process, olga) = (arena.process(number), arena.olga.clone());
            let path = format!("{workspace}/members/{}/seat", whom.id());
            let wish = json!({ "seatId": seat });
            async move { process.call(&olga, "PUT", &path, wish).await }
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
            move |process: Process| async move {
                if changes_role {
                    process.change_role(&olga, &workspace, &ada, "member").await
                } else {
                    let body = json!({ "emails": ["tea@acme.example"] });
                    process.post(&olga, &format!("{workspace}/invitations"), body).await
                }
            }
        };
        let (slow, fast) = arena.overtake(act(role_is_slow), act(!role_is_slow)).await;
        fast.expect(if role_is_slow { 201 } else { 200 });
        slow.expect_problem(409, "no_seat_available");
        let dump = arena.deployment.audit().await;
        let expected = if role_is_slow { [0, 1, 0, 0] } else { [1, 0, 0, 0] };
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), expected);
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
            let (process, olga, workspace) =
                (arena.process(number / 2), arena.olga.clone(), workspace.clone());
            let whom = crowd[number / 2].clone();
            async move {
                if number % 2 == 0 {
                    process.change_role(&olga, &workspace, &whom, "member").await
                } else {
                    let body = json!({ "emails": [somebody(&format!("tea{number}")).email] });
                    process.post(&olga, &format!("{workspace}/invitations"), body).await
                }
            }
        });
        let replies = at_once(racers).await;
        let outcomes = outcomes(&replies);
        assert_eq!(outcomes.get(&(409, "no_seat_available")), Some(&(RACERS - SEATS)), "{outcomes:?}");
        let count = |outcome| outcomes.get(&(outcome, "")).copied().unwrap_or_default();
        let dump = arena.deployment.dump().await;
        let expected = [count(200), count(201), 0, 0];
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), expected);
    })
    .await;
}

#[tokio::test]
async fn k8_a_cancelled_seat_and_its_holder_agree_whoever_was_first() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let process = arena.direct();
    let seats = process.buy(&arena.olga, &workspace, "pro", 4).await;
    for (number, seat) in seats.iter().enumerate() {
        let whom = somebody(&format!("tea{number}"));
        let body = json!({ "emails": [whom.email], "seatId": seat });
        let made = process.post(&arena.olga, &format!("{workspace}/invitations"), body).await.expect(201);
        let invitation = made["items"][0]["invitation"].clone();
        let cancel = {
            let (olga, path) = (arena.olga.clone(), format!("{workspace}/seats/{seat}/cancel"));
            move |process: Process| async move { process.post(&olga, &path, Value::Null).await }
        };
        let other = {
            let (olga, whom, workspace) = (arena.olga.clone(), whom.clone(), workspace.clone());
            move |process: Process| async move {
                if number < 2 {
                    process.join(&whom, &invitation).await
                } else {
                    let path = format!("{workspace}/invitations/{}/resend", text(&invitation["id"]));
                    process.post(&olga, &path, Value::Null).await
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
        let dump = arena.deployment.audit().await;
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
            let (process, olga) = (arena.process(number / 2), arena.olga.clone());
            let (who, what) = (people[number / 2].clone(), invitations[number / 2].clone());
            let path = format!("{workspace}/seats/{}/cancel", text(&what["seatId"]));
            let cancels = (number % 2 == 0) == (number % 4 < 2);
            async move {
                if cancels {
                    process.post(&olga, &path, Value::Null).await
                } else {
                    process.join(&who, &what).await
                }
            }
        });
        let replies = at_once(racers).await;
        assert_eq!(outcomes(&replies), BTreeMap::from([((200, ""), RACERS)]));
        let dump = arena.deployment.dump().await;
        let seats = dump.seats_of(id_of(&workspace));
        assert!(seats.iter().all(|seat| seat.term.ends.is_some()));
        assert_eq!(dump.seat_counts(id_of(&workspace), arena.deployment.clock.now()), [RACERS / 2, 0, 0, 0]);
    })
    .await;
}
