//! The last place, and every way to it: fifty come at once by invitation, by a link to share, by a
//! link for a role, by the domain of their address, by promotion and by bulk, over two processes on one
//! table; of all four packs. (Races of one way at a time are in `members.rs`, `invitations.rs` and `seats.rs`.)

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::SignedDuration;
use seatwise_domain::{DomainName, Seating, WorkspaceId};
use seatwise_functions::background::verify_domains::verify_by_hand;
use seatwise_functions::plan;
use serde_json::{Value, json};

use crate::support::arena::{Arena, at_once, outcomes, people, rounds};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::Person;
use crate::support::process::Process;
use crate::support::reply::{Reply, text, token_of};
use crate::support::stream::delete_workspaces;

/// Every way in, and seats that are taken on joining.
const ALL_WAYS: (&str, &str) = (
    "channels = [\"email\", \"single-use\"]",
    "channels = [\"email\", \"single-use\", \"link\", \"domain\"]",
);
const NO_RESERVING: (&str, &str) = ("reserves-seat = true", "reserves-seat = false");
/// A trial without a quota of invitations and with the domain as a way in.
pub(super) const UNLIMITED: (&str, &str) =
    ("email-invitations = { limit = 20, per = \"lifetime\" }", "features = [\"domain-join\"]");
/// The domain of everybody's address.
pub(super) const DOMAIN: &str = "acme.example";

/// How somebody is about to come in.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Invitation(Value),
    Link(String),
    Domain,
}

impl Way {
    /// Comes in; by the domain, whether that has brought them into this workspace.
    pub(super) async fn take(self, process: Process, who: Person) -> Reply {
        match self {
            Self::Invitation(invitation) => process.join(&who, &invitation).await,
            Self::Link(url) => process.post(&who, "/v1/join", json!({ "token": token_of(&url) })).await,
            Self::Domain => process.post(&who, "/v1/me", Value::Null).await,
        }
    }
}

/// A different way for each, as far as the product has them.
async fn ways(arena: &Arena, workspace: &str, people: &[Person]) -> Vec<Way> {
    let channels = &arena.deployment.pack.invitation.channels;
    let has = |channel| channels.contains(&channel);
    let mut offered = vec!["email"];
    if has(seatwise_domain::pack::Channel::Link) {
        offered.push("link");
    }
    if has(seatwise_domain::pack::Channel::Domain) {
        offered.push("domain");
    }
    let role = arena.deployment.pack.roles_given.joiner.0.clone();
    let link = if offered.contains(&"link") {
        let path = format!("{workspace}/links/{role}");
        text(&arena.direct().call(&arena.olga, "PUT", &path, Value::Null).await.expect(200)["url"])
    } else {
        String::new()
    };
    let by_mail: Vec<Person> = people.iter().step_by(offered.len()).cloned().collect();
    let mut invitations = arena.invite_all(workspace, &by_mail, &role).await.into_iter();
    let way = |number: usize| match offered[number % offered.len()] {
        "link" => Way::Link(link.clone()),
        "domain" => Way::Domain,
        _ => Way::Invitation(invitations.next().expect("one for each")),
    };
    (0..people.len()).map(way).collect()
}

/// The workspace brings in who has an address of the domain.
pub(super) async fn open_domain(arena: &Arena, workspace: &str) {
    let path = format!("{workspace}/domains/{DOMAIN}");
    arena.direct().call(&arena.olga, "PUT", &path, Value::Null).await.expect(200);
    let domain: DomainName = DOMAIN.parse().expect("a domain");
    let verified = verify_by_hand(&arena.deployment.store(), &domain, arena.deployment.clock.now()).await;
    assert!(verified.expect("written") > 0);
}

/// Puts the workspace on a plan.
async fn set_plan(arena: &Arena, workspace: &str, plan: &str) {
    let Deployment { clock, pack, .. } = &arena.deployment;
    plan::set(&arena.deployment.store(), pack, id_of(workspace), plan, clock.now()).await.expect("on it");
}

/// All of them come at once.
async fn come(arena: &Arena, workspace: &str, people: Vec<Person>) -> Vec<Reply> {
    let ways = ways(arena, workspace, &people).await;
    let racers = people.into_iter().zip(ways).enumerate().map(|(number, (who, way))| {
        let process = arena.process(number);
        async move { way.take(process, who).await }
    });
    at_once(racers).await
}

/// How many members of each role sit, and how many do not.
async fn seated(arena: &Arena, workspace: &str) -> BTreeMap<(String, bool), usize> {
    let dump = arena.deployment.dump().await;
    let mut counts = BTreeMap::new();
    for member in dump.members_of(id_of(workspace)) {
        let sits = member.seat.is_seat() || member.seat == Seating::FreeSlot;
        *counts.entry((member.role.0.clone(), sits)).or_default() += 1;
    }
    counts
}

fn count(counts: &BTreeMap<(String, bool), usize>, role: &str, sits: bool) -> usize {
    counts.get(&(role.to_owned(), sits)).copied().unwrap_or(0)
}

fn members(counts: &BTreeMap<(String, bool), usize>) -> usize {
    counts.values().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_by_every_way_in_one_gets_the_last_seat_that_was_bought() {
    // Plans have no features here, so that the domain is open to all of them.
    let files = [ALL_WAYS, NO_RESERVING];
    rounds(
        async || Deployment::with_domains("purchased-seats", &files).await,
        async |arena| {
            let workspace = arena.workspace().await;
            arena.direct().buy(&arena.olga, &workspace, "pro", 1).await;
            open_domain(arena, &workspace).await;
            let replies = come(arena, &workspace, people("tea", 60)).await;
            assert!(replies.iter().all(|reply| reply.status.as_u16() < 500), "{:?}", outcomes(&replies));
            let counts = seated(arena, &workspace).await;
            assert_eq!((count(&counts, "member", true), members(&counts)), (1, 2), "{counts:?}");
            close_domain(arena, &workspace).await;
        },
    )
    .await;
}

/// So that those of the next round are not brought into this one's workspace.
async fn close_domain(arena: &Arena, workspace: &str) {
    let path = format!("{workspace}/domains/{DOMAIN}");
    arena.direct().call(&arena.olga, "DELETE", &path, Value::Null).await.expect(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f4_of_many_who_join_at_once_the_workspace_takes_five() {
    rounds(
        async || Deployment::under("flat-owners", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let replies = come(arena, &workspace, people("tea", 50)).await;
            let expected = BTreeMap::from([((200, ""), 4), ((409, "member_limit_reached"), 46)]);
            assert_eq!(outcomes(&replies), expected);
            assert_eq!(members(&seated(arena, &workspace).await), 5);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r5_by_every_way_in_members_while_seats_last_then_viewers() {
    // The creator sits on one seat of the trial's five.
    rounds(
        async || Deployment::under("role-seats", &[UNLIMITED]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            open_domain(arena, &workspace).await;
            let replies = come(arena, &workspace, people("tea", 60)).await;
            assert!(replies.iter().all(|reply| reply.status == 200), "{:?}", outcomes(&replies));
            let counts = seated(arena, &workspace).await;
            assert_eq!(count(&counts, "member", true), 4, "{counts:?}");
            assert_eq!(count(&counts, "viewer", false), 56, "{counts:?}");
            close_domain(arena, &workspace).await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_promotion_bulk_and_joining_share_the_seats_of_the_plan() {
    rounds(
        async || Deployment::under("role-seats", &[UNLIMITED]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let settings = format!("{workspace}/settings");
            let waits = json!({ "autoAssignSeats": false });
            arena.direct().call(&arena.olga, "PATCH", &settings, waits).await.expect(200);
            let viewers = people("view", 30);
            let replies = join_all(viewers.iter().map(async |who| {
                let role = "member";
                let invited = arena.invite_all(&workspace, std::slice::from_ref(who), role).await;
                arena.direct().join(who, &invited[0]).await
            }));
            assert!(replies.await.iter().all(|reply| reply.json["member"]["role"] == "viewer"));
            let takes = json!({ "autoAssignSeats": true });
            arena.direct().call(&arena.olga, "PATCH", &settings, takes).await.expect(200);
            let newcomers = people("tea", 15);
            let invitations = arena.invite_all(&workspace, &newcomers, "member").await;

            let promoted = viewers.iter().enumerate().map(|(number, who)| {
                let (process, olga) = (arena.process(number), arena.olga.clone());
                let path = format!("{workspace}/members/{}/role", who.id());
                tokio::spawn(
                    async move { process.call(&olga, "PUT", &path, json!({ "role": "member" })).await },
                )
            });
            let bulk = (0..5).map(|number| {
                let (process, olga) = (arena.process(number), arena.olga.clone());
                let path = format!("{workspace}/seats/assign");
                tokio::spawn(async move { process.post(&olga, &path, Value::Null).await })
            });
            let joined = newcomers.iter().zip(&invitations).enumerate().map(|(number, (who, what))| {
                let (process, who, what) = (arena.process(number), who.clone(), what.clone());
                tokio::spawn(async move { process.join(&who, &what).await })
            });
            let all: Vec<_> = promoted.chain(bulk).chain(joined).collect();
            let replies: Vec<Reply> =
                join_all(all).await.into_iter().map(|reply| reply.expect("no panic")).collect();
            let is_told = |reply: &Reply| {
                reply.status.is_success() || ["no_seat_available", "conflict_busy"].contains(&reply.code())
            };
            assert!(replies.iter().all(is_told), "{:?}", outcomes(&replies));
            let counts = seated(arena, &workspace).await;
            assert_eq!(count(&counts, "member", true), 4, "{counts:?}");
            assert_eq!(members(&counts), 46, "{counts:?}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l3_as_many_come_in_at_once_as_the_plan_includes() {
    rounds(
        async || Deployment::under("role-ladder", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let replies = come(arena, &workspace, people("tea", 50)).await;
            let expected = BTreeMap::from([((200, ""), 9), ((409, "member_limit_reached"), 41)]);
            assert_eq!(outcomes(&replies), expected);
            assert_eq!(members(&seated(arena, &workspace).await), 10);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l10_on_the_ladder_all_who_are_invited_come_in() {
    rounds(
        async || Deployment::under("role-ladder", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            arena.direct().buy_places(&arena.olga, &workspace, 41).await;
            let replies = come(arena, &workspace, people("tea", 50)).await;
            assert_eq!(outcomes(&replies), BTreeMap::from([((200, ""), 50)]));
            assert_eq!(members(&seated(arena, &workspace).await), 51);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_of_all_admins_who_step_down_by_every_way_at_once_one_stays() {
    let many = ("seats = 5", "seats = 60");
    let unlimited = ("email-invitations = { limit = 20, per = \"lifetime\" }", "");
    rounds(
        async || Deployment::under("role-seats", &[many, unlimited]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let mut admins = arena.crowd(&workspace, "admin", 49).await;
            admins.push(arena.olga.clone());
            let racers = admins.into_iter().enumerate().map(|(number, who)| {
                let process = arena.process(number);
                let own = format!("{workspace}/members/{}", who.id());
                async move {
                    match number % 3 {
                        0 => {
                            process
                                .call(&who, "PUT", &format!("{own}/role"), json!({ "role": "member" }))
                                .await
                        }
                        1 => process.call(&who, "DELETE", &own, Value::Null).await,
                        _ => process.call(&who, "DELETE", &format!("{own}/seat"), Value::Null).await,
                    }
                }
            });
            let replies = at_once(racers).await;
            let is_told = |reply: &Reply| {
                reply.status.is_success() || ["last_governor", "conflict_busy"].contains(&reply.code())
            };
            assert!(replies.iter().all(is_told), "{:?}", outcomes(&replies));
            let counts = seated(arena, &workspace).await;
            assert!(count(&counts, "admin", true) >= 1, "{counts:?}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_link_that_is_made_anew_lets_nobody_in_by_the_old_one() {
    rounds(
        async || Deployment::under("role-seats", &[("seats = 5", "seats = 100")]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let path = format!("{workspace}/links/member");
            let made = arena.direct().call(&arena.olga, "PUT", &path, Value::Null).await.expect(200);
            let old = text(&made["url"]);
            let mut racers: Vec<futures::future::BoxFuture<'static, Reply>> = Vec::new();
            for (number, who) in people("tea", 50).into_iter().enumerate() {
                let (process, way) = (arena.process(number), Way::Link(old.clone()));
                racers.push(Box::pin(way.take(process, who)));
                if number == 25 {
                    let (process, olga, path) = (arena.process(1), arena.olga.clone(), path.clone());
                    racers
                        .push(Box::pin(async move { process.call(&olga, "PUT", &path, Value::Null).await }));
                }
            }
            let replies = at_once(racers).await;
            let joined = replies.iter().filter(|reply| reply.status == 200).count() - 1;
            assert_eq!(members(&seated(arena, &workspace).await), 1 + joined);
            let late = people("late", 1).remove(0);
            let late = Way::Link(old).take(arena.direct().clone(), late).await;
            late.expect_problem(410, "invitation_revoked");
        },
    )
    .await;
}

#[tokio::test]
async fn k9_who_is_demoted_while_another_accepts_vouches_for_nobody() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let process = arena.direct();
    let bo = process.member(&arena.olga, &workspace, "bo", "admin").await;
    process.buy(&arena.olga, &workspace, "pro", 1).await;
    let tea = people("tea", 1).remove(0);
    let invitation = process.invite(&bo, &workspace, &tea, "admin").await;
    let (who, what) = (tea.clone(), invitation.clone());
    let olga = arena.olga.clone();
    let (joins, demoted) = arena
        .overtake(
            async move |process: Process| process.join(&who, &what).await,
            async |process: Process| process.change_role(&olga, &workspace, &bo, "member").await,
        )
        .await;
    demoted.expect(200);
    joins.expect_problem(410, "invitation_revoked");
    let dump = arena.deployment.audit().await;
    assert!(dump.member(id_of(&workspace), tea.id()).is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_a_quota_is_not_overspent() {
    rounds(
        async || Deployment::under("role-seats", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let racers = people("tea", 50).into_iter().enumerate().map(|(number, whom)| {
                let (process, olga) = (arena.process(number), arena.olga.clone());
                let path = format!("{workspace}/invitations");
                async move { process.post(&olga, &path, json!({ "emails": [whom.email] })).await }
            });
            let told = outcomes(&at_once(racers).await)
                .into_iter()
                .map(|((status, code), count)| ((status, code.to_owned()), count))
                .collect::<BTreeMap<_, _>>();
            let done = told.get(&(201, String::new())).copied().unwrap_or(0);
            assert!(done <= 20, "{told:?}");
            let used: u32 =
                arena.deployment.dump().await.quotas.iter().map(|used| used.used).max().unwrap_or(0);
            assert_eq!(used as usize, done, "{told:?}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l6_who_joins_while_the_workspace_is_deleted_is_not_left_in_it() {
    rounds(
        async || Deployment::under("role-ladder", &[]).await,
        async |arena| {
            let workspace = arena.workspace().await;
            let people = people("tea", 50);
            let invitations = arena.invite_all(&workspace, &people, "member").await;
            let mut racers: Vec<futures::future::BoxFuture<'static, Reply>> = Vec::new();
            for (number, (who, what)) in people.into_iter().zip(invitations).enumerate() {
                let process = arena.process(number);
                racers.push(Box::pin(async move { process.join(&who, &what).await }));
                if number == 20 {
                    let (process, olga, path) = (arena.process(1), arena.olga.clone(), workspace.clone());
                    racers.push(Box::pin(
                        async move { process.call(&olga, "DELETE", &path, Value::Null).await },
                    ));
                }
            }
            at_once(racers).await;
            // Interrupted and taken up again, by either process.
            while !arena.deployment.dump().await.deletions.is_empty() {
                delete_workspaces(&arena.process(0)).await;
            }
            assert_gone(arena, id_of(&workspace)).await;
        },
    )
    .await;
}

async fn assert_gone(arena: &Arena, id: WorkspaceId) {
    let dump = arena.deployment.dump().await;
    let name = id.to_string();
    let left: Vec<_> =
        dump.items.keys().filter(|(pk, sk)| pk.contains(&name) || sk.contains(&name)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn r7_a_smaller_plan_suspends_who_sat_down_last_and_a_larger_one_seats_them_again() {
    let arena = Arena::on(Deployment::under("role-seats", &[("seats = 5", "seats = 3")]).await);
    let workspace = arena.workspace().await;
    set_plan(&arena, &workspace, "business").await;
    // The creator sat down before the crowd.
    arena.deployment.clock.advance(SignedDuration::from_secs(1));
    let crowd = arena.crowd(&workspace, "member", 6).await;
    set_plan(&arena, &workspace, "trial").await;
    let suspended = async || {
        let dump = arena.deployment.audit().await;
        let of = |who: &Person| dump.member(id_of(&workspace), who.id()).expect("a member").seat.clone();
        crowd.iter().filter(|who| matches!(of(who), Seating::Suspended { .. })).count()
    };
    assert_eq!(suspended().await, 4);
    set_plan(&arena, &workspace, "business").await;
    assert_eq!(suspended().await, 0);
}
