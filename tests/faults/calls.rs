//! Calls to the database that fail, lost answers, processes that die (K11).

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use futures::StreamExt as _;

use super::acts::{Act, acts};
use super::summary::summary;
use crate::support::catalogue::{self, Entry};
use crate::support::deployment::Deployment;
use crate::support::process::Process;
use crate::support::proxy::{Fault, Proxy, Tries};
use crate::support::reply::Reply;
use crate::support::stream::delete_workspaces;

/// Acts that run at the same time: more would wait for each other longer than a call may take.
const AT_A_TIME: usize = 8;

/// The answer that the request that meets the fault gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExpectedAnswer {
    /// As if nothing had happened.
    Done,
    /// 503: nobody knows whether it was done.
    Busy,
    /// One or the other: it is a matter of time.
    Either,
}

/// The faults of each call of an action.
fn faults(action: &str) -> Vec<(Fault, Tries, ExpectedAnswer)> {
    let broken = Fault::Refuse(500, "InternalServerError");
    let throttled = Fault::Refuse(400, "ThrottlingException");
    let mut faults = vec![
        (broken.clone(), Tries::First, ExpectedAnswer::Done),
        (broken, Tries::All, ExpectedAnswer::Busy),
        (throttled.clone(), Tries::First, ExpectedAnswer::Done),
        (throttled, Tries::All, ExpectedAnswer::Busy),
        (Fault::Stall, Tries::First, ExpectedAnswer::Either),
    ];
    match action {
        "BatchGetItem" => faults.push((Fault::LeaveKeys, Tries::First, ExpectedAnswer::Done)),
        "Query" => {}
        "TransactWriteItems" => faults.extend([
            (Fault::LoseReply, Tries::First, ExpectedAnswer::Done),
            (Fault::LoseReply, Tries::All, ExpectedAnswer::Busy),
            (Fault::Stall, Tries::All, ExpectedAnswer::Either),
            (Fault::Cancel(&["None", "TransactionConflict"]), Tries::First, ExpectedAnswer::Done),
            (Fault::Cancel(&["ThrottlingError", "None"]), Tries::First, ExpectedAnswer::Busy),
        ]),
        other => panic!("no request calls {other}"),
    }
    faults
}

/// The same client, which waits for no answer longer than this.
fn impatient(client: &Client) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(400)).build();
    Client::from_conf(client.config().to_builder().timeout_config(timeouts).build())
}

/// One act, done once without a fault, to compare with.
struct Rehearsal {
    deployment: Deployment,
    process: Process,
    proxy: Proxy,
    /// Through the proxy.
    faulty: Process,
    /// The same, and does not wait long.
    impatient: Process,
    reply: Reply,
    summary: String,
    /// The calls that it takes.
    actions: Vec<String>,
}

impl Rehearsal {
    async fn of(entry: &Entry) -> Self {
        let name = entry.name();
        let deployment = Deployment::under(entry.product.pack, &[]).await;
        let process = deployment.process();
        let proxy = Proxy::before(&deployment.engine).await;
        let (faulty, impatient) =
            (deployment.process_behind(&proxy), deployment.process_with(impatient(&proxy.client())));
        faulty.service.warm_up(true).await;
        impatient.service.warm_up(true).await;
        let act = Act::prepare(entry, 0, &process).await;
        // Forgets the calls so far.
        proxy.spoil_some("none", 0..0, Fault::LoseReply, Tries::First);
        let reply = act.send(&faulty).await;
        assert!(reply.status.is_success(), "{name}: {}", reply.text);
        let actions = proxy.actions();
        delete_workspaces(&process).await;
        let summary = summary(&deployment.audit().await, 0);
        Self { deployment, process, proxy, faulty, impatient, reply, summary, actions }
    }

    /// The request has been repeated after whatever happened: it is as if it had been sent once.
    async fn assert_the_same(&self, name: &str, act: &Act, scene: usize, what: &str) {
        // The contents of a deleted workspace go on a schedule.
        delete_workspaces(&self.process).await;
        let dump = self.deployment.audit().await;
        assert_eq!(summary(&dump, scene), self.summary, "{name} after {what}");
        if act.done_before.is_none() {
            let again = act.send(&self.process).await;
            assert_eq!(again.status, self.reply.status, "{name} after {what}: {}", again.text);
        }
    }

    /// The answer to the repetition is the one that was, or would have been, given at first.
    fn assert_answer(&self, name: &str, act: &Act, answer: &Reply, was_done: bool, what: &str) {
        let told = (answer.status.as_u16(), answer.code());
        let done = (self.reply.status.as_u16(), "");
        let expected: &[_] = match act.done_before {
            Some(before) if was_done => &[before],
            Some(before) => &[before, done],
            None => &[done],
        };
        assert!(expected.contains(&told), "{name} after {what}: {}", answer.text);
    }
}

async fn survives_every_fault(entry: Entry) {
    let (name, rehearsal) = (&entry.name(), Rehearsal::of(&entry).await);
    assert_eq!(rehearsal.actions.last().map(String::as_str), Some("TransactWriteItems"), "{name} writes");
    let kinds: BTreeSet<&String> = rehearsal.actions.iter().collect();
    let mut scene = 0;
    for action in kinds {
        for nth in 0..rehearsal.actions.iter().filter(|other| *other == action).count() {
            for (fault, tries, told) in faults(action) {
                scene += 1;
                let what = format!("{fault:?} at {tries:?} of {action} {nth}");
                let act = Act::prepare(&entry, scene, &rehearsal.process).await;
                let process =
                    if matches!(fault, Fault::Stall) { &rehearsal.impatient } else { &rehearsal.faulty };
                rehearsal.proxy.spoil_some(action, nth..nth + 1, fault, tries);
                let first = act.send(process).await;
                rehearsal.proxy.calm();
                let is_busy = (first.status.as_u16(), first.code()) == (503, "conflict_busy");
                let is_done = first.status == rehearsal.reply.status;
                match told {
                    ExpectedAnswer::Done => assert!(is_done, "{name}, {what}: {}", first.text),
                    ExpectedAnswer::Busy => assert!(is_busy, "{name}, {what}: {}", first.text),
                    ExpectedAnswer::Either => assert!(is_done || is_busy, "{name}, {what}: {}", first.text),
                }
                assert!(!is_busy || first.headers.contains_key("retry-after"));
                // The repetition comes to the same process or to another one.
                let other = if scene.is_multiple_of(2) { &rehearsal.process } else { &rehearsal.faulty };
                let second = act.send(other).await;
                rehearsal.assert_answer(name, &act, &second, is_done, &what);
                if is_done && act.done_before.is_none() {
                    assert_eq!(second.json, first.as_repeated(), "{name} after {what}");
                }
                rehearsal.assert_the_same(name, &act, scene, &what).await;
            }
        }
    }
}

/// A process that dies at the commit: its write gets through before the client asks again, or
/// after that, or not at all.
async fn survives_every_death(entry: Entry) {
    let (name, rehearsal) = (&entry.name(), Rehearsal::of(&entry).await);
    for (scene, what) in [(1, "a write in time"), (2, "a late write"), (3, "a write that is lost")] {
        let act = Act::prepare(&entry, scene, &rehearsal.process).await;
        let gate = rehearsal.proxy.hold("TransactWriteItems");
        let dying = {
            let (faulty, request) = (rehearsal.faulty.clone(), act.request.clone());
            tokio::spawn(async move { request.send(&faulty, Some("the-key")).await })
        };
        gate.reached().await;
        dying.abort();
        assert!(dying.await.is_err_and(|error| error.is_cancelled()));
        let get_through = async || {
            gate.open();
            gate.through().await;
        };
        if scene == 1 {
            get_through().await;
        }
        let second = act.send(&rehearsal.process).await;
        rehearsal.assert_answer(name, &act, &second, scene == 1, what);
        if scene == 2 {
            get_through().await;
        }
        rehearsal.assert_the_same(name, &act, scene, what).await;
    }
}

/// Runs the test with every act, some at a time.
async fn all_acts<F: Future<Output = ()> + Send + 'static>(test: impl Fn(Entry) -> F) {
    let running = acts().into_iter().map(|entry| {
        let (name, running) = (entry.name(), test(entry));
        async move { tokio::spawn(running).await.unwrap_or_else(|error| panic!("{name}: {error}")) }
    });
    futures::stream::iter(running).buffer_unordered(AT_A_TIME).for_each(async |()| ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k11_whichever_call_fails_a_repetition_ends_where_it_should() {
    all_acts(survives_every_fault).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k11_a_process_that_dies_at_the_commit_leaves_nothing_half_done() {
    all_acts(survives_every_death).await;
}

#[test]
fn k11_every_operation_that_writes_is_put_to_the_test() {
    let written: BTreeSet<&str> = catalogue::rows()
        .map(|row| row.name)
        .filter(|name| !name.starts_with("get-") && !name.starts_with("list-"))
        .filter(|name| {
            let reads =
                ["authorize", "export-events", "export-members", "preview-invitation", "preview-purchase"];
            !reads.contains(name) && *name != "verify-api-key"
        })
        .collect();
    let tested: BTreeSet<&str> = acts().iter().map(|entry| entry.row.name).collect();
    assert_eq!(written, tested);
}
