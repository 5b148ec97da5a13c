//! Mail: at least once, in the normal case once, never for what did not happen.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use jiff::SignedDuration;
use seatwise_cli::dev::{DevClock, MailFault};
use seatwise_domain::{
    Change, DeliveryStatus, InvitationId, InvitationMail, OUTBOX_SHARDS, Record, Stored, Task, TaskId,
    TaskKind, UserId, WorkspaceId, outbox_shard,
};
use seatwise_functions::background::{self, MOST_AT_ONCE, Trigger};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;
use uuid::Uuid;

use crate::support::client::Client as _;
use crate::support::deployment::{Deployment, MAIL_FROM};
use crate::support::logs::Logs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::proxy::Proxy;
use crate::support::reply::{text, token_of};
use crate::support::runtime_api::Function;
use crate::support::stream::{deliver, sweep};
use crate::support::{account, packs};

/// The subject of every mail: no word of it comes from a person.
const SUBJECT: &str = "You are invited to a workspace on Seatwise";

/// A workspace whose owner invites people.
struct MailOffice {
    deployment: Deployment,
    /// A process; it delivers nothing that it is not brought.
    process: Process,
    owner: Person,
    /// The workspace's path.
    workspace: String,
}

impl MailOffice {
    async fn new() -> Self {
        Self::over(Deployment::new().await).await
    }

    async fn over(deployment: Deployment) -> Self {
        let (process, owner) = (deployment.process(), somebody("olga"));
        let workspace = process.workspace(&owner).await;
        process.buy(&owner, &workspace, "pro", 30).await;
        Self { deployment, process, owner, workspace }
    }

    /// Invites somebody; the invitation.
    async fn invite(&self, name: &str) -> Value {
        self.process.invite(&self.owner, &self.workspace, &somebody(name), "member").await
    }

    /// How many mails went out to somebody.
    fn sent(&self, name: &str) -> usize {
        self.deployment.mailbox.sent_to(&somebody(name).email).len()
    }

    /// The mails of the only invitation in the answer of the API: status and tries of each.
    async fn deliveries(&self) -> Vec<(String, u64)> {
        let path = format!("{}/invitations", self.workspace);
        let listed = self.process.get(&self.owner, &path).await.expect(200);
        let invitations = listed["items"].as_array().expect("invitations");
        assert_eq!(invitations.len(), 1);
        let deliveries = invitations[0]["deliveries"].as_array().expect("deliveries");
        let pair =
            |delivery: &Value| (text(&delivery["status"]), delivery["attempts"].as_u64().expect("a count"));
        deliveries.iter().map(pair).collect()
    }

    fn advance(&self, seconds: i64) {
        self.deployment.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// How many mails wait in the outbox.
    async fn waiting(&self) -> usize {
        self.deployment.dump().await.mails.len()
    }

    /// The only task in the outbox.
    async fn task(&self) -> Stored<Task> {
        let dump = self.deployment.dump().await;
        assert_eq!(dump.mails.len(), 1);
        let id = *dump.mails.keys().next().expect("a task waits");
        self.deployment.store().get(Task::key(id)).await.expect("read").expect("a task waits")
    }

    /// Writes a task as somebody else would.
    async fn change(&self, task: Task, stored: &Stored<Task>) {
        let change = Change::update(stored, task);
        self.deployment.store().commit_without_events(&[change]).await.expect("written");
    }

    /// Lets all attempts of the only task begin, each in a run that dies; the number of attempts.
    async fn spend_attempts(&self) -> u32 {
        let attempts = self.task().await.value.kind.retries().max_attempts;
        for _ in 0..attempts {
            let task = self.task().await;
            self.change(task.value.claimed(self.deployment.clock.now()), &task).await;
            self.advance(60);
        }
        attempts
    }

    /// Puts the mail that an earlier release would have written in the place of a task.
    async fn replace_with_earlier_mail(
        &self,
        id: TaskId,
        mail: &InvitationMail,
        due_at: &str,
        attempts: u32,
    ) {
        let (client, table) = (self.deployment.engine.client(), self.deployment.table());
        let text = |text: String| AttributeValue::S(text);
        let number = |number: u32| AttributeValue::N(number.to_string());
        let shard = format!("OUTBOX#{}", outbox_shard(id));
        let key = |kind: &str| {
            HashMap::from([
                ("pk".to_owned(), text(shard.clone())),
                ("sk".to_owned(), text(format!("{kind}#{id}"))),
            ])
        };
        client.delete_item().table_name(table).set_key(Some(key("TASK"))).send().await.expect("deleted");
        let mut item = key("MAIL");
        item.extend([
            ("type".to_owned(), text("mail".to_owned())),
            ("v".to_owned(), number(17)),
            ("id".to_owned(), text(id.to_string())),
            ("invitation".to_owned(), text(mail.invitation.to_string())),
            ("attempts".to_owned(), number(attempts)),
            ("due_at".to_owned(), text(due_at.to_owned())),
            ("trace".to_owned(), text("1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned())),
        ]);
        client.put_item().table_name(table).set_item(Some(item)).send().await.expect("put");
    }

    /// Damages an invitation, so that its content cannot be read.
    async fn damage(&self, id: InvitationId) {
        let client = self.deployment.engine.client();
        let update = client
            .update_item()
            .table_name(self.deployment.table())
            .key("pk", AttributeValue::S(format!("W#{}", id.workspace)))
            .key("sk", AttributeValue::S(format!("INVITATION#{}", id.serial)))
            .update_expression("REMOVE #role")
            .condition_expression("attribute_exists(#role)")
            .expression_attribute_names("#role", "role");
        update.send().await.expect("damaged");
    }

    /// The records that the stream brings when the tasks that wait have changed.
    async fn changed_records(&self) -> Vec<Value> {
        let mut records = self.deployment.records().await;
        for record in &mut records {
            record["eventName"] = json!("MODIFY");
        }
        records
    }
}

fn status(name: &str, attempts: u64) -> (String, u64) {
    (name.to_owned(), attempts)
}

#[tokio::test]
async fn k18_mails_that_the_earlier_release_left_go_out_once() {
    let office = MailOffice::new().await;
    office.invite("tea").await;
    office.deployment.make_mails_earlier().await;
    let records = office.deployment.records().await;
    assert!(text(&records[0]["dynamodb"]["Keys"]["sk"]["S"]).starts_with("MAIL#"), "{records:?}");
    for _ in 0..2 {
        assert_eq!(deliver(&office.process, &records).await, json!({ "batchItemFailures": [] }));
    }
    office.invite("lee").await;
    office.deployment.make_mails_earlier().await;
    sweep(&office.process).await;
    sweep(&office.process).await;
    assert_eq!((office.sent("tea"), office.sent("lee"), office.waiting().await), (1, 1, 0));
}

#[tokio::test]
async fn k18_a_record_that_comes_thrice_is_one_mail() {
    let office = MailOffice::new().await;
    office.invite("tea").await;
    assert_eq!(office.deliveries().await, [status("queued", 0)]);
    let records = office.deployment.records().await;
    assert_eq!(records.len(), 1);
    // Twice in one batch, then again, then to another process, then by the sweep.
    let batch = [records.clone(), records.clone()].concat();
    let done = json!({ "batchItemFailures": [] });
    assert_eq!(deliver(&office.process, &batch).await, done);
    assert_eq!(deliver(&office.process, &records).await, done);
    let other = office.deployment.process();
    assert_eq!(deliver(&other, &records).await, done);
    assert_eq!(sweep(&other).await, 0);
    assert_eq!(office.sent("tea"), 1);
    assert_eq!((office.deliveries().await, office.waiting().await), (vec![status("sent", 1)], 0));
}

#[tokio::test]
async fn k18_two_who_deliver_at_once_send_one_mail() {
    let office = MailOffice::new().await;
    office.invite("tea").await;
    let records = office.deployment.records().await;
    // The first has read that the mail is due when the second does all of it.
    let proxy = Proxy::before(&office.deployment.engine).await;
    let claim = proxy.hold("TransactWriteItems");
    let first = office.deployment.process_with(proxy.client());
    let (answer, ()) = futures::join!(deliver(&first, &records), async {
        claim.reached().await;
        deliver(&office.process, &records).await;
        assert_eq!(office.sent("tea"), 1);
        claim.open();
    });
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(office.sent("tea"), 1);

    // Nor does a third who comes while the mail is on its way.
    office.invite("pat").await;
    let records = office.deployment.records().await;
    let claim = proxy.hold("TransactWriteItems");
    futures::join!(deliver(&first, &records), async {
        claim.reached().await;
        let done = proxy.hold("TransactWriteItems");
        claim.open();
        done.reached().await;
        assert_eq!(office.sent("pat"), 1);
        assert_eq!(sweep(&office.process).await, 0);
        deliver(&office.process, &records).await;
        done.open();
    });
    assert_eq!(office.sent("pat"), 1);
    assert_eq!(office.waiting().await, 0);
}

#[tokio::test]
async fn k18_many_who_deliver_many_send_each_once() {
    let office = MailOffice::new().await;
    let names: Vec<String> = (0..10).map(|n| format!("many-{n}")).collect();
    for name in &names {
        office.invite(name).await;
    }
    let records = office.deployment.records().await;
    let processes: Vec<Process> = (0..6).map(|_| office.deployment.process()).collect();
    let by_stream = join_all(processes.iter().map(|process| deliver(process, &records)));
    let by_sweep = join_all(processes.iter().map(sweep));
    futures::join!(by_stream, by_sweep);
    for name in &names {
        assert_eq!(office.sent(name), 1, "{name}");
    }
    assert_eq!(office.waiting().await, 0);
}

#[tokio::test]
async fn k19_a_mail_whose_acknowledgement_got_lost_goes_out_again() {
    let office = MailOffice::new().await;
    office.invite("tea").await;
    office.deployment.mailbox.lose_reply_next(1);
    deliver(&office.process, &office.deployment.records().await).await;
    assert_eq!((office.sent("tea"), office.deliveries().await), (1, vec![status("retrying", 1)]));
    office.advance(30);
    assert_eq!(sweep(&office.deployment.process()).await, 1);
    assert_eq!((office.sent("tea"), office.deliveries().await), (2, vec![status("sent", 2)]));
    assert_eq!(office.waiting().await, 0);
}

/// Where a mailer dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    BeforeReadingTheInvitation,
    WhileSending,
    BeforeRecordingTheOutcome,
}

#[tokio::test]
async fn k19_a_mailer_that_dies_before_or_after_sending_loses_no_mail() {
    for dies in [Dies::BeforeReadingTheInvitation, Dies::WhileSending, Dies::BeforeRecordingTheOutcome] {
        let office = MailOffice::new().await;
        office.invite("tea").await;
        let records = office.deployment.records().await;
        let proxy = Proxy::before(&office.deployment.engine).await;
        let doomed = office.deployment.process_with(proxy.client());
        let (task, claim) = (proxy.hold("BatchGetItem"), proxy.hold("TransactWriteItems"));
        let content = (dies == Dies::BeforeReadingTheInvitation).then(|| proxy.hold("BatchGetItem"));
        let outcome = (dies == Dies::BeforeRecordingTheOutcome).then(|| proxy.hold("TransactWriteItems"));
        let traffic = office.deployment.mailbox.traffic();
        if dies == Dies::WhileSending {
            traffic.hold();
        }
        let running = tokio::spawn(async move { deliver(&doomed, &records).await });
        task.reached().await;
        task.open();
        claim.reached().await;
        claim.open();
        claim.through().await;
        match (&content, &outcome) {
            (Some(gate), _) | (None, Some(gate)) => gate.reached().await,
            (None, None) => traffic.reaches(1).await,
        }
        running.abort();
        assert!(running.await.expect_err("it was killed").is_cancelled());
        traffic.empties().await;
        traffic.release();
        let sent = usize::from(dies == Dies::BeforeRecordingTheOutcome);
        assert_eq!(office.sent("tea"), sent, "{dies:?}");

        // Its claim holds for a minute, so that nobody doubles a mail that is only slow.
        let other = office.deployment.process();
        office.advance(59);
        assert_eq!((sweep(&other).await, office.sent("tea")), (0, sent), "{dies:?}");
        office.advance(1);
        assert_eq!((sweep(&other).await, office.sent("tea")), (1, sent + 1), "{dies:?}");
        assert_eq!((office.deliveries().await, office.waiting().await), (vec![status("sent", 2)], 0));
    }
}

#[tokio::test]
async fn k19_a_killed_process_loses_no_mail() {
    let office = MailOffice::new().await;
    // A process has a clock of its own.
    office.deployment.clock.set(DevClock::new().now());
    office.invite("tea").await;
    let function =
        Function::start("run-tasks", &account::settings(&office.deployment, &account::secrets().await)).await;
    office.deployment.mailbox.fail_next(1, MailFault::NoReply);
    function.invoke_unanswered(&json!({ "Records": office.deployment.records().await }));
    while office.sent("tea") == 0 {
        tokio::task::yield_now().await;
    }
    let output = function.kill().await;
    assert!(!output.contains("Sent"), "{output}");
    // A minute after the claim, which was a moment ago.
    office.deployment.clock.set(DevClock::new().now());
    assert_eq!(sweep(&office.process).await, 0);
    office.advance(61);
    assert_eq!(sweep(&office.process).await, 1);
    assert_eq!((office.sent("tea"), office.deliveries().await), (2, vec![status("sent", 2)]));
}

#[tokio::test]
async fn k19_what_was_committed_is_sent_by_whoever_comes_next() {
    let office = MailOffice::new().await;
    office.invite("tea").await;
    // The stream brought nothing, and nobody who was there is there any more.
    let MailOffice { deployment, process, .. } = office;
    drop(process);
    let fresh = deployment.process();
    assert_eq!(sweep(&fresh).await, 1);
    assert_eq!(deployment.mailbox.sent_to("tea@acme.example").len(), 1);
    assert_eq!(sweep(&fresh).await, 0);
}

#[tokio::test]
async fn k19_mailers_that_all_die_do_not_send_for_ever() {
    let office = MailOffice::new().await;
    office.invite("tea").await;
    let attempts = office.spend_attempts().await;
    assert_eq!(sweep(&office.process).await, 1);
    assert_eq!(office.sent("tea"), 0);
    assert_eq!(office.deliveries().await, [status("failed", u64::from(attempts))]);
    assert_eq!(office.waiting().await, 0);
}

#[tokio::test]
async fn k19_a_mail_that_stream_and_sweep_give_up_at_once_is_no_failure() {
    let logs = Logs::begin(LevelFilter::INFO);
    let office = MailOffice::new().await;
    office.invite("tea").await;
    let attempts = office.spend_attempts().await;
    let records = office.deployment.records().await;
    // The first has read the task when the second does all of it.
    let proxy = Proxy::before(&office.deployment.engine).await;
    let outcome = proxy.hold("TransactWriteItems");
    let first = office.deployment.process_with(proxy.client());
    let (answer, ()) = futures::join!(deliver(&first, &records), async {
        outcome.reached().await;
        assert_eq!(sweep(&office.process).await, 1);
        outcome.open();
    });
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(office.deliveries().await, [status("failed", u64::from(attempts))]);
    let text = logs.ours.text();
    assert_eq!((text.matches("task failed").count(), text.matches("\"mails_given_up\":1").count()), (0, 1));
}

#[tokio::test]
async fn k20_a_poison_record_fails_alone() {
    let office = MailOffice::new().await;
    for name in ["tea", "pat"] {
        office.invite(name).await;
    }
    let good = office.deployment.records().await;
    let with = |pointer: &str, value: Value| {
        let mut record = good[0].clone();
        *record.pointer_mut(pointer).expect("a place") = value;
        record["dynamodb"]["SequenceNumber"] = json!("999");
        record
    };
    let poisons = [
        with("/dynamodb/Keys/sk/S", json!("TASK#nonsense")),
        with("/dynamodb/Keys/sk/S", json!("MAIL#nonsense")),
        with("/dynamodb/Keys/sk/S", json!("LETTER#1")),
        with("/dynamodb/Keys/sk", json!({ "N": "1" })),
        with("/dynamodb/Keys/pk", json!({})),
        with("/dynamodb/Keys", Value::Null),
    ];
    for poison in poisons {
        let answer =
            deliver(&office.process, &[poison.clone(), good[0].clone(), poison, good[1].clone()]).await;
        let one = json!({ "itemIdentifier": "999" });
        assert_eq!(answer, json!({ "batchItemFailures": [one, one] }));
    }
    assert_eq!((office.sent("tea"), office.sent("pat")), (1, 1));

    // A record of another kind is no failure.
    let mut gone = good[0].clone();
    gone["eventName"] = json!("REMOVE");
    let mut other = good[0].clone();
    other["dynamodb"]["Keys"]["pk"]["S"] = json!("W#019aa7f4-6b1e-7c43-9a0e-0c8f3f2b7d10");
    assert_eq!(deliver(&office.process, &[gone, other]).await, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn k20_an_item_that_nobody_can_read_holds_up_no_other() {
    let office = MailOffice::new().await;
    let client = office.deployment.engine.client();
    for shard in 0..OUTBOX_SHARDS {
        for (kind, sk) in [("task", "TASK"), ("mail", "MAIL")] {
            let text = |text: String| AttributeValue::S(text);
            let item = HashMap::from([
                ("pk".to_owned(), text(format!("OUTBOX#{shard}"))),
                ("sk".to_owned(), text(format!("{sk}#{}", Uuid::from_u128(shard.into())))),
                ("type".to_owned(), text(kind.to_owned())),
                ("v".to_owned(), AttributeValue::N("1".to_owned())),
            ]);
            let put = client.put_item().table_name(office.deployment.table()).set_item(Some(item));
            put.send().await.expect("put");
        }
    }
    let unreadable = 2 * usize::from(OUTBOX_SHARDS);
    office.invite("tea").await;
    let records = office.deployment.records().await;
    assert_eq!(records.len(), unreadable + 1);
    let answer = deliver(&office.process, &records).await;
    let failures = answer["batchItemFailures"].as_array().expect("failures");
    assert_eq!((failures.len(), office.sent("tea")), (unreadable, 1));
    office.invite("pat").await;
    assert_eq!((sweep(&office.process).await, office.sent("pat")), (1, 1));
}

#[tokio::test]
async fn k20_a_mail_whose_invitation_nobody_can_read_does_not_stay_for_ever() {
    for is_of_earlier_release in [false, true] {
        let logs = Logs::begin(LevelFilter::INFO);
        let office = MailOffice::new().await;
        office.invite("tea").await;
        let dump = office.deployment.dump().await;
        let (id, mail) = dump.mails.iter().next().expect("a mail");
        if is_of_earlier_release {
            office.replace_with_earlier_mail(*id, mail, "2026-01-05T10:00:00Z", 0).await;
        } else {
            office.spend_attempts().await;
        }
        office.damage(mail.invitation).await;
        let answer = deliver(&office.process, &office.deployment.records().await).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
        assert!(office.deployment.records().await.is_empty());
        assert_eq!((sweep(&office.process).await, office.sent("tea")), (0, 0));
        assert_eq!(logs.ours.text().matches("\"mails_given_up\":1").count(), 1);
    }
}

#[tokio::test]
async fn k20_mails_that_wait_for_their_time_hold_up_no_other() {
    let office = MailOffice::new().await;
    let now = office.deployment.clock.now();
    let workspace = WorkspaceId(Uuid::from_u128(1));
    let later = |n: u128| {
        let invitation = InvitationId { workspace, serial: Uuid::from_u128(n) };
        let mail = InvitationMail { invitation, inviter: UserId(Uuid::nil()) };
        let due_at = now + SignedDuration::from_hours(1);
        Change::Create(Record::Task(Task::new(TaskId(Uuid::from_u128(n)), TaskKind::Mail(mail), due_at)))
    };
    // In every partition more than a sweep reads at once, all of them before the one that is due.
    let waiting: Vec<Change> = (0..450).map(later).collect();
    for changes in waiting.chunks(90) {
        office.deployment.store().commit_without_events(changes).await.expect("written");
    }
    office.invite("tea").await;
    assert_eq!((sweep(&office.process).await, office.sent("tea")), (1, 1));
    assert_eq!(office.waiting().await, 450);
}

#[tokio::test]
async fn k18_a_task_that_is_made_due_again_is_run_and_a_claim_wakes_nobody_for_long() {
    let office = MailOffice::new().await;
    office.invite("tea").await;
    let (process, meter) = office.deployment.metered_process();
    let done = json!({ "batchItemFailures": [] });
    // The stream brings the claim of a run that is still at it, and later the outcome, which waits for
    // its time: each is read, and that is all.
    let task = office.task().await;
    let claimed = task.value.claimed(office.deployment.clock.now());
    office.change(claimed.clone(), &task).await;
    let waiting = claimed.retried(office.deployment.clock.now()).expect("another attempt");
    for state in [claimed, waiting.clone()] {
        let task = office.task().await;
        office.change(state, &task).await;
        let before = meter.actions().len();
        assert_eq!(deliver(&process, &office.changed_records().await).await, done);
        assert_eq!(meter.actions()[before..], ["BatchGetItem"]);
        assert_eq!(office.sent("tea"), 0);
    }
    // Somebody makes it due at once.
    let task = office.task().await;
    office.change(Task { due_at: office.deployment.clock.now(), ..waiting }, &task).await;
    let changed = office.changed_records().await;
    assert_eq!(deliver(&process, &changed).await, done);
    assert_eq!((office.sent("tea"), office.waiting().await), (1, 0));
    // The record that the stream brings of a task that is done by now.
    let before = meter.actions().len();
    assert_eq!(deliver(&process, &changed).await, done);
    assert_eq!(meter.actions()[before..], ["BatchGetItem"]);
    assert_eq!(office.sent("tea"), 1);
}

#[tokio::test]
async fn a_mail_takes_four_round_trips_and_mails_of_a_batch_take_them_side_by_side() {
    let office = MailOffice::new().await;
    let (process, meter) = office.deployment.metered_process();
    process.service.warm_up(true).await;
    for names in [0..1, 1..(MOST_AT_ONCE - 1)] {
        for name in names.clone() {
            office.invite(&format!("guest-{name}")).await;
        }
        let (rounds, calls) = (meter.rounds(), meter.actions().len());
        deliver(&process, &office.deployment.records().await).await;
        // The task; the claim beside what the mail says; the outcome; and, before that, SES.
        assert_eq!(meter.rounds() - rounds, 3);
        assert_eq!(meter.actions().len() - calls, 4 * names.len());
        assert!(names.into_iter().all(|name| office.sent(&format!("guest-{name}")) == 1));
    }
}

#[tokio::test]
async fn a_run_counts_the_tasks_that_were_due_and_the_round_trips_of_the_longest_lane() {
    let logs = Logs::begin(LevelFilter::INFO);
    let office = MailOffice::new().await;
    office.process.service.warm_up(true).await;
    for name in 0..=MOST_AT_ONCE {
        office.invite(&format!("guest-{name}")).await;
    }
    let records = office.deployment.records().await;
    let named_twice = [records, office.changed_records().await].concat();
    for _ in 0..2 {
        deliver(&office.process, &named_twice).await;
    }
    assert_eq!(office.deployment.mailbox.sent().len(), MOST_AT_ONCE + 1);
    let jobs: Vec<Value> = logs.ours.lines().into_iter().filter(|line| line["message"] == "job").collect();
    let counts: Vec<_> = jobs.iter().map(|job| (job["handled"].clone(), job["rounds"].clone())).collect();
    // One lane runs two mails of three round trips. The second time each lane finds that its tasks are done.
    assert_eq!(counts, [(json!(MOST_AT_ONCE + 1), json!(6)), (json!(0), json!(2))]);
}

#[tokio::test]
async fn mails_of_a_batch_go_out_side_by_side_but_not_all_at_once() {
    let office = MailOffice::new().await;
    let count = MOST_AT_ONCE + 5;
    for name in 0..count {
        office.invite(&format!("guest-{name}")).await;
    }
    let records = office.deployment.records().await;
    let traffic = office.deployment.mailbox.traffic();
    // SES answers nobody until so many ask.
    traffic.hold();
    let (answer, ()) = futures::join!(deliver(&office.process, &records), async {
        traffic.reaches(MOST_AT_ONCE).await;
        traffic.release();
    });
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!((office.deployment.mailbox.sent().len(), traffic.most()), (count, MOST_AT_ONCE));
}

#[tokio::test]
async fn k19_mails_that_an_earlier_release_left_in_the_outbox_go_out() {
    for by_stream in [false, true] {
        let office = MailOffice::new().await;
        for name in ["tea", "pat"] {
            office.invite(name).await;
        }
        // The second has failed before and waits.
        let dump = office.deployment.dump().await;
        let mut due = Vec::from([("2026-01-05T10:00:00Z", 0), ("2026-01-05T10:02:00Z", 3)]);
        for (id, mail) in &dump.mails {
            let (due_at, attempts) = due.pop().expect("two mails");
            office.replace_with_earlier_mail(*id, mail, due_at, attempts).await;
        }
        let records = office.deployment.records().await;
        assert_eq!(records.len(), 2);
        let run = async || {
            if by_stream {
                // Twice in one batch, which changes nothing.
                deliver(&office.process, &[records.clone(), records.clone()].concat()).await;
            } else {
                sweep(&office.process).await;
            }
        };
        run().await;
        let sent = || office.sent("tea") + office.sent("pat");
        assert_eq!(sent(), 1);
        // The other is a task by now, and keeps its time and its attempts.
        let task = office.task().await.value;
        assert_eq!((task.due_at.to_string().as_str(), task.attempts), ("2026-01-05T10:02:00Z", 3));
        run().await;
        assert_eq!(sent(), 1);
        office.advance(120);
        assert_eq!((sweep(&office.process).await, sent(), office.waiting().await), (1, 2, 0));
    }
}

/// Mails a second from one shard: the executable as Lambda runs it, fed with batches as the stream brings
/// them, while SES takes 50 ms to answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: run by infra/bench"]
async fn measure_mails() {
    let office = MailOffice::new().await;
    // A process has a clock of its own.
    office.deployment.clock.set(DevClock::new().now());
    let row = background::find("run-tasks").expect("a function");
    let Trigger::Stream { batch, .. } = row.trigger else { panic!("a function on the stream") };
    let settings = account::settings(&office.deployment, &account::secrets().await);
    let settings = [settings, [("SEATWISE_LOG", "info".to_owned())].into()].into_iter().flatten().collect();
    let function = Function::start(row.name, &settings).await;
    office.deployment.mailbox.traffic().delay(Duration::from_millis(50));
    for number in 0..6 {
        // The mails of a workspace and of a person are limited.
        let (process, owner) = (&office.process, somebody(&format!("owner-{number}")));
        let workspace = process.workspace(&owner).await;
        // A purchase has at most 50 seats.
        for _ in 0..2 {
            process.buy(&owner, &workspace, "pro", batch as usize / 2).await;
        }
        for name in 0..batch {
            let guest = somebody(&format!("guest-{number}-{name}"));
            process.invite(&owner, &workspace, &guest, "member").await;
        }
        let event = json!({ "Records": office.deployment.records().await });
        let (begun, before) = (Instant::now(), function.cpu_time());
        assert_eq!(function.invoke(&event).await, json!({ "batchItemFailures": [] }));
        let seconds = begun.elapsed().as_secs_f64();
        let cpu = function.cpu_time().saturating_sub(before).as_secs_f64() * 1e3 / f64::from(batch);
        let rate = f64::from(batch) / seconds;
        println!("  {batch} mails in {seconds:.3} s: {rate:.0} a second; {cpu:.2} ms of CPU a mail");
    }
    assert_eq!(office.deployment.mailbox.sent().len(), 6 * batch as usize);
}

#[tokio::test]
async fn what_fails_is_tried_again_later_and_later_and_given_up_visibly() {
    let office = MailOffice::new().await;
    let invitation = office.invite("tea").await;
    office.deployment.mailbox.fail_next(4, MailFault::Throttle);
    office.deployment.mailbox.fail_next(4, MailFault::Internal);
    deliver(&office.process, &office.deployment.records().await).await;
    for (tries, wait) in (1..).zip([30, 60, 120, 240, 480, 960, 1920]) {
        assert_eq!(office.deliveries().await, [status("retrying", tries)]);
        office.advance(wait - 1);
        assert_eq!(sweep(&office.process).await, 0, "too early");
        // The stream may bring it again as well: that is no reason to hurry.
        deliver(&office.process, &office.deployment.records().await).await;
        assert_eq!(office.deliveries().await, [status("retrying", tries)]);
        office.advance(1);
        assert_eq!(sweep(&office.process).await, 1, "{tries}");
    }
    assert_eq!(office.deliveries().await, [status("failed", 8)]);
    assert_eq!((office.sent("tea"), office.waiting().await), (0, 0));
    office.advance(24 * 3600);
    assert_eq!(sweep(&office.process).await, 0);
    // The invitation is there all the same: its link can be shared in another way.
    office.process.join(&somebody("tea"), &invitation).await.expect(200);
}

#[tokio::test]
async fn s9_what_is_refused_for_good_fails_at_once_and_a_resend_mends_it() {
    let office = MailOffice::new().await;
    let invitation = office.invite("tea").await;
    office.deployment.mailbox.fail_next(1, MailFault::Rejected);
    deliver(&office.process, &office.deployment.records().await).await;
    assert_eq!((office.deliveries().await, office.waiting().await), (vec![status("failed", 1)], 0));
    let path = format!("{}/invitations/{}/resend", office.workspace, text(&invitation["id"]));
    let resent = office.process.post(&office.owner, &path, Value::Null).await.expect(200);
    assert_eq!(resent["deliveries"].as_array().expect("deliveries").len(), 2);
    deliver(&office.process, &office.deployment.records().await).await;
    assert_eq!(office.deliveries().await, [status("failed", 1), status("sent", 1)]);
    let mails = office.deployment.mailbox.sent_to("tea@acme.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].links, [text(&resent["url"])]);
}

#[tokio::test]
async fn k49_an_invitation_that_is_over_is_not_mailed_and_says_so() {
    let office = MailOffice::new().await;
    let (revoked, accepted) = (office.invite("rev").await, office.invite("tea").await);
    let (declined, expired) = (office.invite("dec").await, office.invite("exp").await);
    office.process.revoke(&office.owner, &office.workspace, &revoked).await.expect(204);
    office.process.join(&somebody("tea"), &accepted).await.expect(200);
    let path = format!("/v1/invitations/{}/decline", text(&declined["id"]));
    office.process.post(&somebody("dec"), &path, Value::Null).await.expect(204);
    let end = text(&expired["expiresAt"]).parse().expect("a time");
    office.deployment.clock.set(end);
    // What will never go out is not shown as if it waited: before its task has run, and after it.
    let shown = async || {
        let listed = office.process.get(&office.owner, &format!("{}/invitations", office.workspace)).await;
        let listed = listed.expect(200);
        let one = |invitation: &Value| {
            let deliveries = invitation["deliveries"].as_array().expect("deliveries");
            assert_eq!(deliveries.len(), 1);
            (text(&invitation["status"]), text(&deliveries[0]["status"]))
        };
        let mut shown: Vec<_> = listed["items"].as_array().expect("a list").iter().map(one).collect();
        shown.sort_unstable();
        shown
    };
    let cancelled = ["accepted", "declined", "expired", "revoked"]
        .map(|invitation| (invitation.to_owned(), "cancelled".to_owned()));
    assert_eq!(shown().await, cancelled);
    assert_eq!(sweep(&office.process).await, 4);
    assert_eq!((office.deployment.mailbox.sent(), office.waiting().await), (Vec::new(), 0));
    assert_eq!(shown().await, cancelled);
    let dump = office.deployment.dump().await;
    let mut stored = dump.invitations.values().flat_map(|invitation| &invitation.deliveries);
    assert!(stored.all(|delivery| delivery.status == DeliveryStatus::Cancelled), "{:?}", dump.invitations);
}

#[tokio::test]
async fn r8_an_invitation_without_a_mail_is_one() {
    let office = MailOffice::new().await;
    let body = json!({ "emails": ["tea@acme.example", "pat@acme.example"], "sendEmail": false });
    let path = format!("{}/invitations", office.workspace);
    let invited = office.process.post(&office.owner, &path, body).await.expect(201);
    assert_eq!(office.waiting().await, 0);
    assert_eq!(sweep(&office.process).await, 0);
    assert_eq!(office.deployment.mailbox.sent(), []);
    let first = &invited["items"][0]["invitation"];
    assert_eq!(first["deliveries"], json!([]));
    office.process.join(&somebody("tea"), first).await.expect(200);
    // Nor does a link to share have anybody to be sent to.
    office.process.single_use_link(&office.owner, &office.workspace, "member").await;
    assert_eq!(office.waiting().await, 0);
}

#[tokio::test]
async fn d4_a_mail_says_who_invites_to_what_as_what_and_until_when() {
    let office = MailOffice::over(Deployment::new().await.with_configuration_set("bounces")).await;
    let named = json!({ "firstName": "Olga", "lastName": "Orlova" });
    office.process.call(&office.owner, "PATCH", "/v1/me", named).await.expect(200);
    let tea = Person::new("Tea.Mate@ACME.example");
    let invitation = office.process.invite(&office.owner, &office.workspace, &tea, "admin").await;
    deliver(&office.process, &office.deployment.records().await).await;
    let mails = office.deployment.mailbox.sent();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!((mail.to.as_str(), mail.from.as_str()), ("Tea.Mate@ACME.example", MAIL_FROM));
    assert_eq!(mail.subject, SUBJECT);
    let url = text(&invitation["url"]);
    assert_eq!(mail.links, std::slice::from_ref(&url));
    for part in [&mail.text, &mail.html] {
        for said in [
            "Olga Orlova has invited you",
            "Acme",
            "Admin",
            "12 January 2026, 10:00 UTC",
            "Tea.Mate@ACME.example",
        ] {
            assert!(part.contains(said), "{said} is not in {part}");
        }
    }
    assert!(mail.text.contains(&format!("\n{url}\n")), "{}", mail.text);
    assert!(mail.html.starts_with("<!doctype html>") && !mail.text.contains('<'));
    assert_eq!(mail.configuration_set.as_deref(), Some("bounces"));
    let tags: Vec<_> = mail.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(
        matches!(tags[..], [("kind", "invitation"), ("mail", id)] if id.parse::<TaskId>().is_ok()),
        "{tags:?}"
    );
    // The link works.
    let token = json!({ "token": token_of(&mail.links[0]) });
    let joined = office.process.post(&tea, "/v1/join", token).await.expect(200);
    assert_eq!(joined["member"]["role"], "admin");
}

#[tokio::test]
async fn a_mail_leaves_out_what_there_is_not() {
    let stage = Deployment::under(packs::DEFAULT, &[("lifetime = \"P7D\"\n", "")]).await;
    let office = MailOffice::over(stage).await;
    let invitation = office.invite("tea").await;
    assert_eq!(invitation["expiresAt"], Value::Null);
    deliver(&office.process, &office.deployment.records().await).await;
    let mails = office.deployment.mailbox.sent();
    let mail = &mails[0];
    assert_eq!(mail.subject, SUBJECT);
    assert_eq!(mail.configuration_set, None);
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("You are invited") && !part.contains("until"), "{part}");
    }
}

#[tokio::test]
async fn k40_names_in_a_mail_are_text() {
    let office = MailOffice::new().await;
    let name = r#"<img src=x onerror="alert(1)"> & 'Söhne'"#;
    office.process.call(&office.owner, "PATCH", &office.workspace, json!({ "name": name })).await.expect(200);
    let named = json!({ "firstName": "<b>Olga</b>" });
    office.process.call(&office.owner, "PATCH", "/v1/me", named).await.expect(200);
    office.invite("tea").await;
    deliver(&office.process, &office.deployment.records().await).await;
    let mails = office.deployment.mailbox.sent();
    let mail = &mails[0];
    assert_eq!(mail.subject, SUBJECT);
    assert!(mail.text.contains(name), "{}", mail.text);
    assert!(!mail.html.contains("<img") && !mail.html.contains("<b>"), "{}", mail.html);
    assert_eq!(mail.links.len(), 1);
}
