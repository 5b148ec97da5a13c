//! The figures of infra/COST.md are computed from infra/capacity.txt and the template.

use std::fmt::Write as _;

use seatwise_functions::background::Trigger;
use seatwise_functions::problem::Code;
use seatwise_functions::{background, operations};

use super::{check, read, template};

/// List prices of eu-central-1 in US dollars, as known in November 2026, for a million units.
mod price {
    pub const READ_UNIT: f64 = 0.1525;
    pub const WRITE_UNIT: f64 = 0.7625;
    pub const GATEWAY: f64 = 1.20;
    pub const GATEWAY_BEYOND_300: f64 = 1.08;
    pub const FUNCTION: f64 = 0.20;
    pub const GB_SECOND: f64 = 16.67;
    /// 0.63 for a GB, with 1.5 KB for a request.
    pub const LOG: f64 = 0.63 * 1.5;
    /// Not a million: an alarm, a secret, a metric, for a month.
    pub const ALARM: f64 = 0.10;
    pub const SECRET: f64 = 0.40;
    pub const METRIC: f64 = 0.30;
    /// Not a million: one mail.
    pub const MAIL: f64 = 0.10 / 1e3;
    /// Not a million: a GB and month, with its backup.
    pub const GB_MONTH: f64 = 0.306 + 0.245;
}

/// The estimated storage of a member and their seat, in GB: six records of 300 to 600 bytes, and 100 bytes that DynamoDB
/// adds to each.
const GB_PER_MEMBER: f64 = 3e-6;

/// A line of infra/capacity.txt.
#[derive(Clone, Debug)]
struct Measured {
    /// The members of the workspace, in the second table of the file.
    members: Option<u32>,
    operation: String,
    is_write: bool,
    rounds: String,
    read_units: f64,
    write_units: f64,
}

impl Measured {
    fn read(line: &str) -> Option<Self> {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let mut number = || words.pop()?.parse::<f64>().ok();
        let (write_units, read_units, _calls, rounds) = (number()?, number()?, number()?, number()?);
        let is_write = words.pop()? == "write";
        let members = words.first().and_then(|word| word.parse().ok());
        let operation = words.split_off(usize::from(members.is_some())).join(" ");
        Some(Self { members, operation, is_write, rounds: rounds.to_string(), read_units, write_units })
    }

    /// The price of a million in DynamoDB.
    fn table(&self) -> f64 {
        self.read_units * price::READ_UNIT + self.write_units * price::WRITE_UNIT
    }

    /// The price of a million in Lambda and CloudWatch Logs.
    fn run(&self) -> f64 {
        let seconds = if self.is_write { 0.040 } else { 0.010 };
        price::FUNCTION + seconds * 0.5 * price::GB_SECOND + price::LOG
    }

    fn has_route(&self) -> bool {
        !background::names().any(|name| self.operation.starts_with(name))
    }
}

/// The costs of a stack without requests, and of its metrics in use.
fn standing_costs(measured: &[Measured]) -> String {
    let stack = template::stack();
    let alarms = stack.all("AWS::CloudWatch::Alarm").count();
    let secrets = stack.all("AWS::SecretsManager::Secret").count();
    let starts: f64 = background::all()
        .iter()
        .filter_map(|function| match function.trigger {
            Trigger::Schedule { rate_minutes } => Some(30.0 * 24.0 * 60.0 / f64::from(rate_minutes)),
            Trigger::Stream { .. } => None,
        })
        .sum();
    let idle =
        measured.iter().find(|one| one.operation == "sweep-tasks, nothing to do").expect("an idle run");
    let cost = |count: usize, price: f64| f64::from(u32::try_from(count).expect("a count")) * price;
    let (alarm_cost, secret_cost) = (cost(alarms, price::ALARM), cost(secrets, price::SECRET));
    let start_cost = starts * (idle.table() + idle.run()) / 1e6;
    let all = alarm_cost + secret_cost + start_cost;
    let codes = Code::ALL.len();
    let metrics = cost(OWN_METRICS + codes, price::METRIC);
    format!(
        "While nobody calls, the stack costs {all:.2} USD a month: {alarms} alarms ({alarm_cost:.2}), {secrets} secrets \
         ({secret_cost:.2}), and the schedules, which start functions {starts} times a month ({start_cost:.2}).\n\n\
         In use, CloudWatch charges {:.2} USD for each metric in the hours in which it has values: {OWN_METRICS} metrics \
         of the stack, and one for each code of refusals that occurs. That is about 5 USD a month, and at most \
         {metrics:.2} (all {codes} codes in every hour), whatever the number of tenants.\n",
        price::METRIC
    )
}

/// Metrics that the functions' log lines have without a code (functions/src/logging.rs).
const OWN_METRICS: usize = 12;

fn table_of_prices(measured: &[Measured]) -> String {
    let mut text =
        "| operation | round trips | RCU | WCU | a million: the table | all |\n|---|--:|--:|--:|--:|--:|\n"
            .to_owned();
    for one in measured.iter().filter(|one| one.members.is_none()) {
        let Measured { operation, rounds, read_units, write_units, .. } = one;
        let gateway = if one.has_route() { price::GATEWAY } else { 0.0 };
        let (table, all) = (one.table(), one.table() + one.run() + gateway);
        let line =
            format!("| {operation} | {rounds} | {read_units} | {write_units} | {table:.2} | {all:.2} |");
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The operations of a member in a month, in a workspace of 100.
const MONTH: &[(&str, f64)] = &[
    ("authorize", 400.0),
    ("enter, again", 20.0),
    ("get-workspace", 20.0),
    ("get-me", 20.0),
    ("list-members", 5.0),
    ("list-seats", 2.0),
    ("invite, one address", 0.1),
    ("run-tasks, one mail", 0.1),
    ("join", 0.1),
    ("change-role", 0.05),
    ("request-leave", 0.02),
    ("approve-leave", 0.02),
];

fn table_of_members(measured: &[Measured]) -> String {
    let of = |name: &str| {
        let of_100 = measured.iter().find(|one| one.members == Some(100) && one.operation == name);
        of_100
            .or_else(|| measured.iter().find(|one| one.operation == name))
            .unwrap_or_else(|| panic!("{name} is not in capacity.txt"))
    };
    let month: Vec<(&Measured, f64)> = MONTH.iter().map(|(name, times)| (of(name), *times)).collect();
    let sum =
        |each: &dyn Fn(&Measured) -> f64| month.iter().map(|(one, times)| each(one) * times).sum::<f64>();
    let (reads, writes) = (sum(&|one| one.read_units), sum(&|one| one.write_units));
    let requests = sum(&|one| f64::from(u8::from(one.has_route())));
    let mails = MONTH.iter().find(|(name, _)| name.starts_with("run-tasks")).map_or(0.0, |(_, times)| *times);
    let mut text = format!(
        "A member and month: {requests:.0} requests, {reads:.0} read units, {writes:.1} write units, {mails} mails.\n\n\
         | members | requests a second, on average | gateway | Lambda and logs | table | storage, backup | mails | USD a month |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    for (members, written) in [(1e3, "1,000"), (1e5, "100,000"), (1e7, "10 million")] {
        let millions = members * requests / 1e6;
        let gateway =
            millions.min(300.0) * price::GATEWAY + (millions - 300.0).max(0.0) * price::GATEWAY_BEYOND_300;
        let run = sum(&Measured::run) * members / 1e6;
        let table = sum(&Measured::table) * members / 1e6;
        let storage = members * GB_PER_MEMBER * price::GB_MONTH;
        let mail = members * mails * price::MAIL;
        let rate = members * requests / (30.0 * 86_400.0);
        let all = gateway + run + table + storage + mail;
        let _ = writeln!(
            text,
            "| {written} | {rate:.1} | {gateway:.2} | {run:.2} | {table:.2} | {storage:.2} | {mail:.2} | **{all:.0}** |"
        );
    }
    text
}

/// Replaces the text between the line that begins with `begins` and the next `<!-- end -->`.
pub fn put_between(document: &str, begins: &str, text: &str) -> String {
    let (head, rest) = document.split_once(begins).expect("where it begins");
    let (line, rest) = rest.split_once('\n').expect("a line");
    let (_, tail) = rest.split_once("<!-- end -->").expect("where it ends");
    format!("{head}{begins}{line}\n{text}<!-- end -->{tail}")
}

#[test]
fn costs_are_as_measured() {
    let measured: Vec<_> = read("capacity.txt").lines().filter_map(Measured::read).collect();
    assert!(measured.len() > operations::all().len(), "infra/capacity.txt cannot be read");
    let document = put_between(&read("COST.md"), "<!-- standing", &standing_costs(&measured));
    let document = put_between(&document, "<!-- operations", &table_of_prices(&measured));
    check("COST.md", &put_between(&document, "<!-- example", &table_of_members(&measured)));
}
