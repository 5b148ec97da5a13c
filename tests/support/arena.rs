//! Races: two processes on one table, and many requests at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::{FutureExt as _, join_all};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::client::Client as _;
use super::deployment::Deployment;
use super::person::{Person, somebody};
use super::process::Process;
use super::proxy::Proxy;
use super::reply::Reply;

/// How many are at it at once.
pub const RACERS: usize = 50;

/// Two processes on one table.
pub struct Arena {
    /// The deployment that the processes share.
    pub deployment: Deployment,
    processes: [Process; 2],
    /// The person who makes workspaces.
    pub olga: Person,
}

impl Arena {
    /// An arena on a deployment.
    pub fn on(deployment: Deployment) -> Self {
        Self { processes: [deployment.process(), deployment.process()], deployment, olga: somebody("olga") }
    }

    /// The process that serves the racer of this number.
    pub fn process(&self, number: usize) -> Process {
        self.processes[number % 2].clone()
    }

    /// The first process.
    pub fn direct(&self) -> &Process {
        &self.processes[0]
    }

    /// A new workspace of Olga's.
    pub async fn workspace(&self) -> String {
        self.direct().workspace(&self.olga).await
    }

    /// Invites all of them, in as few requests as it takes; the invitations in their order.
    pub async fn invite_all(&self, workspace: &str, people: &[Person], role: &str) -> Vec<Value> {
        let mut invitations = Vec::new();
        for some in people.chunks(20) {
            let emails: Vec<&str> = some.iter().map(|person| person.email.as_str()).collect();
            let body = json!({ "emails": emails, "role": role });
            let path = format!("{workspace}/invitations");
            let invited = self.direct().post(&self.olga, &path, body).await.expect(201);
            invitations.extend(
                invited["items"].as_array().expect("rows").iter().map(|row| row["invitation"].clone()),
            );
        }
        assert!(invitations.iter().all(Value::is_object), "all are invited: {invitations:?}");
        invitations
    }

    /// People who are members with this role, each on a seat of their own where it needs one.
    pub async fn crowd(&self, workspace: &str, role: &str, count: usize) -> Vec<Person> {
        let people = people(role, count);
        let invitations = self.invite_all(workspace, &people, role).await;
        let joining = people.iter().zip(&invitations).map(|(who, what)| self.direct().join(who, what));
        for reply in join_all(joining).await {
            reply.expect(200);
        }
        people
    }

    /// One has decided and stands before its commit, when another begins and ends. Answers what
    /// both were told, the overtaken first.
    pub async fn overtake<F, G>(
        &self,
        slow: impl FnOnce(Process) -> F,
        fast: impl FnOnce(Process) -> G,
    ) -> (Reply, Reply)
    where
        F: Future<Output = Reply> + Send + 'static,
        G: Future<Output = Reply>,
    {
        self.overtake_and_look(slow, fast, async || ()).await.0
    }

    /// The same, with a look at what is there when the overtaken is about to commit.
    pub async fn overtake_and_look<F, G, T>(
        &self,
        slow: impl FnOnce(Process) -> F,
        fast: impl FnOnce(Process) -> G,
        look: impl AsyncFnOnce() -> T,
    ) -> ((Reply, Reply), T)
    where
        F: Future<Output = Reply> + Send + 'static,
        G: Future<Output = Reply>,
    {
        let proxy = Proxy::before(&self.deployment.engine).await;
        let gate = proxy.hold("TransactWriteItems");
        let slow = tokio::spawn(slow(self.deployment.process_behind(&proxy)));
        gate.reached().await;
        let fast = fast(self.processes[1].clone()).await;
        let seen = look().await;
        gate.open();
        let slow = slow.await.expect("no panic");
        ((slow, fast), seen)
    }

    /// An act in the middle of racers, who have the numbers from 0 on. Answers what the actor was told.
    pub async fn amid_racers<F, G>(
        &self,
        act: impl FnOnce(Process) -> F,
        racer: impl Fn(Process, usize) -> G,
    ) -> Reply
    where
        F: Future<Output = Reply> + Send + 'static,
        G: Future<Output = Reply> + Send + 'static,
    {
        const MIDDLE: usize = RACERS / 2;
        let mut racers: Vec<_> =
            (0..RACERS).map(|number| racer(self.process(number), number).boxed()).collect();
        racers.insert(MIDDLE, act(self.process(MIDDLE)).boxed());
        at_once(racers).await.swap_remove(MIDDLE)
    }
}

/// People with names of their own.
pub fn people(name: &str, count: usize) -> Vec<Person> {
    (0..count).map(|number| somebody(&format!("{name}{number}"))).collect()
}

/// Runs a race as often as it is asked for, on an empty table every few rounds, and looks after
/// each round whether all is as it must be.
pub async fn rounds(deployment: impl AsyncFn() -> Deployment, race: impl AsyncFn(&Arena)) {
    let rounds = std::env::var("SEATWISE_RACE_ROUNDS").map_or(2, |text| text.parse().expect("a number"));
    let mut arena = None;
    for round in 0_u32..rounds {
        if round.is_multiple_of(8) {
            arena = None;
        }
        let arena = match &mut arena {
            Some(arena) => arena,
            none => none.insert(Arena::on(deployment().await)),
        };
        race(arena).await;
        arena.deployment.audit().await;
    }
}

/// All of them at once; the replies in their order.
pub async fn at_once<F>(racers: impl IntoIterator<Item = F>) -> Vec<Reply>
where
    F: Future<Output = Reply> + Send + 'static,
{
    let racers: Vec<F> = racers.into_iter().collect();
    assert!(racers.len() >= RACERS, "a race has {RACERS} racers");
    let start = Arc::new(Barrier::new(racers.len()));
    let running = racers.into_iter().map(|racer| {
        let start = Arc::clone(&start);
        tokio::spawn(async move {
            start.wait().await;
            racer.await
        })
    });
    join_all(running).await.into_iter().map(|reply| reply.expect("no panic")).collect()
}

/// How often each status and code was answered.
pub fn outcomes(replies: &[Reply]) -> BTreeMap<(u16, &str), usize> {
    let mut outcomes = BTreeMap::new();
    for reply in replies {
        *outcomes.entry(outcome(reply)).or_default() += 1;
    }
    outcomes
}

/// The status and the code of a reply.
pub fn outcome(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.code())
}

/// One of them was done, all others were refused for this reason.
#[track_caller]
pub fn assert_one_wins(replies: &[Reply], done: u16, refused: (u16, &str)) {
    let expected = BTreeMap::from([((done, ""), 1), (refused, replies.len() - 1)]);
    assert_eq!(outcomes(replies), expected);
}
