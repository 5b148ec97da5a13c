//! The bound: what each operation costs at best, and what it touches beside. infra/BOUND.md defines both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Cost;
use super::witness::{Act, Kinds, Touch, begun};

/// The units of records, by their kinds. The name of a list ends so.
type Sums = BTreeMap<String, f64>;
const LIST: &str = "[]";
/// The pseudo-kind of what the index costs.
const INDEX: &str = "by-name";

/// What callers ask for: for each operation the kinds of records that the answer and the decision depend on, and those
/// that it is to change.
pub struct Purposes(BTreeMap<String, [BTreeSet<String>; 2]>);

impl Purposes {
    pub fn read() -> Self {
        let text = read("tests/capacity/purposes.txt");
        let words =
            |part: Option<&str>| part.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let purpose = |line: &str| {
            let mut parts = line.split('|');
            let operation = parts.next().unwrap_or_default().trim().to_owned();
            (operation, [words(parts.next()), words(parts.next())])
        };
        let lines = text.lines().filter(|line| line.contains('|'));
        Self(lines.map(purpose).collect())
    }

    /// The purpose of a run, or of its operation in general.
    fn of(&self, cost: &Cost) -> (&String, &[BTreeSet<String>; 2]) {
        let found = self.0.get_key_value(&cost.name()).or_else(|| self.0.get_key_value(&cost.operation));
        found.unwrap_or_else(|| panic!("purposes.txt lacks {}", cost.operation))
    }

    /// The records of purposes that none of their runs touches.
    fn unused(&self, bounds: &[(&Cost, Bound)]) -> Vec<String> {
        let mut unused = self.0.clone();
        for (cost, bound) in bounds {
            let [needs, changes] = unused.get_mut(self.of(cost).0).expect("a purpose");
            needs.retain(|kind| !bound.needs.contains_key(kind));
            changes.retain(|kind| !bound.changes.contains_key(kind));
        }
        let named = |(name, kinds): (String, [BTreeSet<String>; 2])| {
            kinds.into_iter().flatten().map(move |kind| format!("{name}: {kind}"))
        };
        unused.into_iter().flat_map(named).collect()
    }
}

/// What one run costs at best, and what it touches.
struct Bound {
    /// Whether the touched records explain all units.
    is_complete: bool,
    rounds: u32,
    read_units: f64,
    write_units: f64,
    needs: Sums,
    changes: Sums,
    also_reads: Sums,
    also_writes: Sums,
    also_checks: Sums,
}

impl Bound {
    fn of(cost: &Cost, [to_read, to_change]: &[BTreeSet<String>; 2], kinds: &Kinds) -> Self {
        let [mut needed, mut changed, mut also_read, mut also_written, mut also_checked] =
            <[Sums; 5]>::default();
        let (mut bytes_read, mut written) = (0, Vec::new());
        for Touch { act, place, bytes, units } in &cost.touches {
            let kind = kinds.of(place);
            let name = if *act == Act::List { format!("{kind}{LIST}") } else { kind.clone() };
            let sums = match act {
                Act::Read | Act::List if to_read.contains(&name) => {
                    bytes_read += bytes;
                    &mut needed
                }
                Act::Read | Act::List => &mut also_read,
                Act::Write if to_change.contains(&kind) => {
                    written.push(begun(*bytes, 1024));
                    &mut changed
                }
                Act::Write => &mut also_written,
                Act::Check => &mut also_checked,
            };
            *sums.entry(name).or_default() += units;
        }
        let sum = |sums: &[&Sums]| sums.iter().flat_map(|sums| sums.values()).sum::<f64>();
        let unexplained = cost.read_units - sum(&[&needed, &also_read]);
        // What no record explains is the index: it costs a unit for each begun KB that changes in it.
        let index = cost.write_units - sum(&[&changed, &also_written, &also_checked]);
        if index > 0.1 {
            also_written.insert(INDEX.to_owned(), index);
        }
        let alone = if written.len() > 1 { 2.0 } else { 1.0 };
        Self {
            is_complete: unexplained.abs() < 0.1 && index > -0.1,
            rounds: (u32::from(!to_read.is_empty()) + u32::from(!written.is_empty())).max(1),
            read_units: if cost.read_units > 0.0 { begun(bytes_read, 4096) } else { 0.0 },
            write_units: written.iter().fold(0.0, |sum, units| sum + units * alone),
            needs: needed,
            changes: changed,
            also_reads: also_read,
            also_writes: also_written,
            also_checks: also_checked,
        }
    }

    /// Everything beside the purpose.
    fn excesses(&self) -> impl Iterator<Item = Excess> {
        let acts =
            [("read", &self.also_reads), ("written", &self.also_writes), ("checked", &self.also_checks)];
        acts.into_iter().flat_map(|(act, sums)| sums.keys().map(move |name| (name.clone(), act.to_owned())))
    }

    fn line(&self, name: &str, cost: &Cost) -> String {
        let Self { rounds, read_units, write_units, .. } = self;
        let reads = [&self.needs, &self.also_reads].map(|sums| cell(sums, 1.0)).join(" | ");
        let writes =
            [&self.changes, &self.also_writes, &self.also_checks].map(|sums| cell(sums, 2.0)).join(" | ");
        format!(
            "| {name} | {rounds} / {} | {read_units} / {} | {write_units} / {} | {reads} | {writes} |\n",
            cost.rounds, cost.read_units, cost.write_units
        )
    }
}

/// The names, with their units where they are not the usual ones.
fn cell(sums: &Sums, usual: f64) -> String {
    let name = |(name, units): (&String, &f64)| {
        if (units - usual).abs() < 0.1 { name.clone() } else { format!("{name} {units}") }
    };
    sums.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The kind of a record, and what is done with it beside the purpose.
type Excess = (String, String);

const HEAD: &str = "\
| operation | round trips | RCU | WCU | needs | also reads | changes | also writes | also checks |
|---|--:|--:|--:|---|---|---|---|---|
";

/// All runs and their bounds.
pub struct Bounds<'a> {
    purposes: Purposes,
    kinds: Kinds,
    text: String,
    runs: Vec<(&'a Cost, Bound)>,
}

impl<'a> Bounds<'a> {
    pub fn new(kinds: Kinds) -> Self {
        Self { purposes: Purposes::read(), kinds, text: String::new(), runs: Vec::new() }
    }

    /// A table of these runs, under a title; each with the beginning of its name.
    pub fn add(&mut self, title: &str, runs: impl Iterator<Item = (String, &'a Cost)>) {
        self.text.push_str(title);
        self.text.push_str(HEAD);
        for (begin, cost) in runs.filter(|(_, cost)| !cost.is_rounded()) {
            let bound = Bound::of(cost, self.purposes.of(cost).1, &self.kinds);
            self.text.push_str(&bound.line(&format!("{begin}{}", cost.name()), cost));
            self.runs.push((cost, bound));
        }
    }

    /// The tables.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Fails unless the document has a reason for everything beyond the bounds, and none for anything else.
    pub fn require_reasons(&self, document: &str) {
        let reasons = rows(document, "<!-- reasons");
        let acts = |row: &Vec<String>| {
            row[1].split(", ").map(|act| (row[0].clone(), act.to_owned())).collect::<Vec<_>>()
        };
        let explained: BTreeSet<Excess> = reasons.iter().flat_map(acts).collect();
        let excesses: BTreeSet<Excess> = self.runs.iter().flat_map(|(_, bound)| bound.excesses()).collect();
        let further = rows(document, "<!-- rounds").into_iter().map(|row| row[0].clone());
        let mut unused: BTreeSet<String> = further.collect();
        let further = unused.clone();
        let mut slow = Vec::new();
        for (cost, _) in self.runs.iter().filter(|(cost, bound)| cost.rounds > bound.rounds) {
            match [&cost.operation, cost.note, &cost.name()].into_iter().find(|name| further.contains(*name))
            {
                Some(name) => drop(unused.remove(name)),
                None => slow.push(cost.name()),
            }
        }
        let incomplete =
            self.runs.iter().filter(|(_, bound)| !bound.is_complete).map(|(cost, _)| cost.name());
        let faults = [
            ("touched records do not explain the units of", incomplete.collect()),
            ("purposes.txt names records that no run touches", self.purposes.unused(&self.runs)),
            ("infra/BOUND.md lacks reasons for", difference(&excesses, &explained)),
            ("infra/BOUND.md has reasons for what nobody does", difference(&explained, &excesses)),
            ("infra/BOUND.md lacks reasons for the round trips of", slow),
            ("infra/BOUND.md has reasons for round trips that nobody needs", unused.into_iter().collect()),
        ];
        let faults: Vec<_> =
            faults.into_iter().filter(|(_, found): &(_, Vec<String>)| !found.is_empty()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

fn difference(some: &BTreeSet<Excess>, others: &BTreeSet<Excess>) -> Vec<String> {
    some.difference(others).map(|(record, act)| format!("{record}, {act}")).collect()
}

/// The rows of a table of a document, between its mark and the next end. The first cell of each is code.
fn rows(document: &str, mark: &str) -> Vec<Vec<String>> {
    let (_, rest) = document.split_once(mark).expect("where it begins");
    let (table, _) = rest.split_once("<!-- end -->").expect("where it ends");
    let cells = |line: &str| {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    table.lines().filter(|line| line.starts_with("| `")).map(cells).collect()
}

/// A file of the repository.
pub fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
