//! The target of a removal or of a change of role cannot hold it up (K54).

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::is_member;
use crate::support::arena::{Arena, rounds};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::Person;
use crate::support::process::Process;
use crate::support::proxy::Proxy;
use crate::support::reply::Reply;

/// Each product, and a role that Olga can give to a member.
const PRODUCTS: [(&str, &str); 4] = [
    ("purchased-seats", "admin"),
    ("flat-owners", "owner"),
    ("role-seats", "member"),
    ("role-ladder", "admin"),
];

/// An act of Olga's against somebody.
#[derive(Clone, Copy, Debug)]
enum Act {
    ChangeRole(&'static str),
    ReleaseSeat,
    Remove,
}

impl Act {
    /// Runs the act. The future keeps what it needs, so that it can run beside others.
    fn run(
        self,
        process: Process,
        arena: &Arena,
        workspace: &str,
        target: &Person,
    ) -> impl Future<Output = Reply> + Send + use<> {
        let (olga, workspace, target) = (arena.olga.clone(), workspace.to_owned(), target.clone());
        async move {
            match self {
                Self::ChangeRole(role) => process.change_role(&olga, &workspace, &target, role).await,
                Self::ReleaseSeat => {
                    let path = format!("{workspace}/members/{}/seat", target.id());
                    process.call(&olga, "DELETE", &path, Value::Null).await
                }
                Self::Remove => process.remove(&olga, &workspace, &target).await,
            }
        }
    }
}

/// The acts that a product offers, the removal last.
fn acts(pack: &str, role: &'static str) -> Vec<Act> {
    // Elsewhere, no member keeps their role without their seat.
    let release = (pack == "role-seats").then_some(Act::ReleaseSeat);
    release.into_iter().chain([Act::ChangeRole(role), Act::Remove]).collect()
}

/// A member with an account, on a seat where the product has seats.
async fn target(arena: &Arena, workspace: &str, name: &str) -> Person {
    let process = arena.direct();
    if arena.deployment.pack.name == packs::DEFAULT {
        process.buy(&arena.olga, workspace, "pro", 2).await;
    }
    let target = process.bring(&arena.olga, workspace, name, "member").await;
    process.post(&target, "/v1/me", Value::Null).await.expect(200);
    target
}

/// Runs a request of Olga's. Before each of its commits, the target comes first with an act of their own.
async fn under_fire<F>(
    arena: &Arena,
    request: impl FnOnce(Process) -> F,
    distract: impl AsyncFn(Process),
) -> Reply
where
    F: Future<Output = Reply> + Send + 'static,
{
    let proxy = Proxy::before(&arena.deployment.engine).await;
    let mut gate = proxy.hold("TransactWriteItems");
    let mut running = tokio::spawn(request(arena.deployment.process_behind(&proxy)));
    loop {
        tokio::select! {
            reply = &mut running => return reply.expect("no panic"),
            () = gate.reached() => {
                distract(arena.process(1)).await;
                let held = std::mem::replace(&mut gate, proxy.hold("TransactWriteItems"));
                held.open();
            }
        }
    }
}

#[tokio::test]
async fn k54_a_target_who_changes_their_name_before_each_commit_holds_up_nothing() {
    for (pack, role) in PRODUCTS {
        let arena = Arena::on(Deployment::under(pack, &[]).await);
        let workspace = arena.workspace().await;
        let tea = target(&arena, &workspace, "tea").await;
        for act in acts(pack, role) {
            let request = |process| act.run(process, &arena, &workspace, &tea);
            let rename = async |process: Process| {
                let name = json!({ "firstName": format!("Tea {}", rand::random::<u32>()) });
                process.call(&tea, "PATCH", "/v1/me", name).await.expect(200);
            };
            let reply = under_fire(&arena, request, rename).await;
            assert!(reply.status.is_success(), "{pack}, {act:?}: {}", reply.text);
        }
        let dump = arena.deployment.audit().await;
        assert!(!is_member(&dump, &workspace, tea.id()), "{pack}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k54_a_flood_of_changes_to_the_own_profile_holds_up_nothing() {
    for (pack, role) in PRODUCTS {
        rounds(
            async || Deployment::under(pack, &[]).await,
            async |arena| {
                let workspace = arena.workspace().await;
                let tea = target(arena, &workspace, "tea").await;
                for act in acts(pack, role) {
                    let request = |process| act.run(process, arena, &workspace, &tea);
                    let rename = |process: Process, number: usize| {
                        let tea = tea.clone();
                        async move {
                            let name = json!({ "firstName": format!("Tea {number}") });
                            process.call(&tea, "PATCH", "/v1/me", name).await
                        }
                    };
                    let reply = arena.amid_racers(request, rename).await;
                    assert!(reply.status.is_success(), "{pack}, {act:?}: {}", reply.text);
                }
            },
        )
        .await;
    }
}

#[tokio::test]
async fn k54_a_target_who_asks_to_leave_and_withdraws_before_each_commit_holds_up_nothing() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let tea = target(&arena, &workspace, "tea").await;
    let asked = std::sync::Mutex::new(None);
    for act in acts(packs::DEFAULT, "admin") {
        let request = |process| act.run(process, &arena, &workspace, &tea);
        let ask_or_withdraw = async |process: Process| {
            let pending: Option<String> = asked.lock().expect("a path").take();
            // While she is held, she can do neither.
            let is_busy = |reply: &Reply| reply.code() == "conflict_busy";
            let requests = format!("{workspace}/leave-requests");
            let then = if let Some(path) = pending {
                let reply = process.call(&tea, "DELETE", &path, Value::Null).await;
                if is_busy(&reply) { Some(path) } else { reply.expect(204).as_null().and(None) }
            } else {
                let reply = process.post(&tea, &requests, Value::Null).await;
                let made = (!is_busy(&reply)).then(|| reply.expect(201)["id"].clone());
                made.and_then(|id| Some(format!("{requests}/{}", id.as_str()?)))
            };
            *asked.lock().expect("a path") = then;
        };
        let reply = under_fire(&arena, request, ask_or_withdraw).await;
        assert!(reply.status.is_success(), "{act:?}: {}", reply.text);
    }
    // She is gone, and the audit finds no leave request of hers that is still pending.
    let dump = arena.deployment.audit().await;
    assert!(!is_member(&dump, &workspace, tea.id()));
}

/// An admin can change their own seat, on which a decision about them rests.
#[tokio::test]
async fn k54_a_target_who_changes_their_seat_before_each_commit_holds_up_nothing() {
    let arena = Arena::on(Deployment::new().await);
    let workspace = arena.workspace().await;
    let seats = arena.direct().buy(&arena.olga, &workspace, "pro", 9).await;
    let tea = arena.direct().bring(&arena.olga, &workspace, "tea", "admin").await;
    let seat = format!("{workspace}/members/{}/seat", tea.id());
    let (next, busy) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for act in [Act::ChangeRole("owner"), Act::Remove] {
        let request = |process| act.run(process, &arena, &workspace, &tea);
        let sit_elsewhere = async |process: Process| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let wish = json!({ "seatId": seats[number % seats.len()] });
            let reply = process.call(&tea, "PUT", &seat, wish).await;
            if reply.code() == "conflict_busy" {
                busy.fetch_add(1, Ordering::Relaxed);
            }
        };
        let reply = under_fire(&arena, request, sit_elsewhere).await;
        assert!(reply.status.is_success(), "{act:?}: {}", reply.text);
    }
    assert!(busy.into_inner() > 0, "she was never held");
    let dump = arena.deployment.audit().await;
    assert!(!is_member(&dump, &workspace, tea.id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k54_a_flood_of_leave_requests_and_profiles_holds_up_nothing() {
    rounds(Deployment::new, async |arena| {
        let workspace = arena.workspace().await;
        let tea = target(arena, &workspace, "tea").await;
        for act in acts(packs::DEFAULT, "admin") {
            let request = |process| act.run(process, arena, &workspace, &tea);
            let rename_or_ask = |process: Process, number: usize| {
                let (tea, requests) = (tea.clone(), format!("{workspace}/leave-requests"));
                async move {
                    if number.is_multiple_of(2) {
                        let name = json!({ "firstName": format!("Tea {number}") });
                        return process.call(&tea, "PATCH", "/v1/me", name).await;
                    }
                    let asked = process.post(&tea, &requests, Value::Null).await;
                    if asked.status.as_u16() != 201 {
                        return asked;
                    }
                    let own = format!("{requests}/{}", asked.json["id"].as_str().unwrap_or_default());
                    process.call(&tea, "DELETE", &own, Value::Null).await
                }
            };
            let reply = arena.amid_racers(request, rename_or_ask).await;
            assert!(reply.status.is_success(), "{act:?}: {}", reply.text);
        }
    })
    .await;
}
