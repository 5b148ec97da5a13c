//! Who may do what, as a text that is read in a review: a change of policy is a readable diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::bundle::{Bundle, Decision};
use crate::stage::{Place, Probe, probes};
use crate::vocabulary::{ActionInfo, PrincipalKind, ResourceKind};

/// Every action, for every role and for who is in no workspace. How to read it is in
/// `policies/REFERENCE.md`.
pub fn matrix(bundle: &Bundle) -> String {
    let cells: Vec<Cell<'_>> = probes(bundle).into_iter().map(Cell::of).collect();
    let pack = &bundle.pack().name;
    let mut text = format!(
        "Who may do what in `{pack}`. Generated from the policies: do not edit.\n\
         yes · the reason of the policy that forbids · - where none permits\n"
    );
    let people: &[&str] = &["visitor", "unverified user", "user"];
    let roles: Vec<&str> = bundle.pack().roles.iter().map(|role| role.id.as_str()).collect();
    for (title, columns, is_in) in SECTIONS {
        let columns = if *columns == PrincipalKind::Member { roles.as_slice() } else { people };
        let rows: Vec<Row> = bundle
            .actions()
            .iter()
            .filter(|info| is_in(info))
            .flat_map(|info| rows(&cells, info, Place::Active, columns))
            .collect();
        table(&mut text, title, columns, &rows);
    }
    for (title, place) in [
        ("In a suspended workspace", Place::Suspended),
        ("In a workspace one is no member of", Place::Foreign),
    ] {
        let rows: Vec<Row> = bundle
            .actions()
            .iter()
            .flat_map(|info| rows(&cells, info, place, &roles))
            .filter(|row| row.cells.iter().any(|cell| cell == YES))
            .collect();
        table(&mut text, title, &roles, &rows);
    }
    text
}

const YES: &str = "yes";

type Section = (&'static str, PrincipalKind, fn(&ActionInfo) -> bool);

const SECTIONS: &[Section] = &[
    ("Outside a workspace", PrincipalKind::User, |it| !it.principals.contains(&PrincipalKind::Member)),
    ("On the workspace", PrincipalKind::Member, |it| is_on(it, ResourceKind::Workspace) && !it.is_product),
    ("On a member", PrincipalKind::Member, |it| is_on(it, ResourceKind::Member)),
    ("On an invitation", PrincipalKind::Member, |it| is_on(it, ResourceKind::Invitation)),
    ("On a seat", PrincipalKind::Member, |it| is_on(it, ResourceKind::Seat)),
    ("On a leave request", PrincipalKind::Member, |it| is_on(it, ResourceKind::LeaveRequest)),
    ("In the product", PrincipalKind::Member, |it| it.is_product),
];

fn is_on(info: &ActionInfo, kind: ResourceKind) -> bool {
    info.principals.contains(&PrincipalKind::Member) && info.resources.contains(&kind)
}

/// One answer, as it is shown.
struct Cell<'b> {
    info: &'b ActionInfo,
    place: Place,
    caller: String,
    situation: [String; 4],
    shown: String,
}

impl<'b> Cell<'b> {
    fn of(probe: Probe<'b>) -> Self {
        let shown = match probe.verdict.decision() {
            Decision::Allow => YES.to_owned(),
            Decision::Deny { reason } => reason.unwrap_or_else(|| "-".to_owned()),
        };
        Self { info: probe.info, place: probe.place, caller: probe.caller, situation: probe.situation, shown }
    }
}

/// One line of a table.
struct Row {
    action: String,
    situation: String,
    cells: Vec<String>,
}

/// The lines of an action: one where every situation is answered alike, else one for each answer.
fn rows(cells: &[Cell<'_>], info: &ActionInfo, place: Place, columns: &[&str]) -> Vec<Row> {
    let mine: Vec<&Cell<'_>> = cells.iter().filter(|cell| cell.info == info && cell.place == place).collect();
    let told: Vec<usize> = (0..4).filter(|part| matters(&mine, *part)).collect();
    let label = |cell: &Cell<'_>| {
        let parts: Vec<&str> = told.iter().map(|part| cell.situation[*part].as_str()).collect();
        parts.join(" → ")
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut seen = BTreeSet::new();
    for label_of_row in mine.iter().map(|cell| label(cell)) {
        if !seen.insert(label_of_row.clone()) {
            continue;
        }
        let cell_of = |column: &&str| {
            let is_it = |cell: &&&Cell<'_>| cell.caller == **column && label(cell) == label_of_row;
            mine.iter().find(is_it).map_or_else(String::new, |cell| cell.shown.clone())
        };
        let shown: Vec<String> = columns.iter().map(cell_of).collect();
        match rows.iter_mut().find(|row| row.cells == shown) {
            Some(row) => {
                let _ = write!(row.situation, ", {label_of_row}");
            }
            None => rows.push(Row { action: info.name.clone(), situation: label_of_row, cells: shown }),
        }
    }
    rows
}

/// Whether some answer changes with that part of the situation alone.
fn matters(cells: &[&Cell<'_>], part: usize) -> bool {
    let rest = |cell: &Cell<'_>| {
        let mut rest = cell.situation.clone();
        rest[part].clear();
        (cell.caller.clone(), rest)
    };
    let mut sorted: Vec<_> = cells.iter().map(|cell| (rest(cell), &cell.shown)).collect();
    sorted.sort();
    sorted.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
}

fn table(text: &mut String, title: &str, columns: &[&str], rows: &[Row]) {
    let _ = write!(text, "\n{title}");
    if rows.is_empty() {
        text.push_str(": nothing\n");
        return;
    }
    let widest =
        |texts: &mut dyn Iterator<Item = &str>| texts.map(|it| it.chars().count()).max().unwrap_or(0);
    let mut widths = vec![widest(&mut rows.iter().map(|row| row.action.as_str()))];
    widths.extend(columns.iter().enumerate().map(|(index, column)| {
        widest(&mut rows.iter().map(|row| row.cells[index].as_str()).chain([*column]))
    }));
    text.push('\n');
    let head: Vec<&str> = [""].into_iter().chain(columns.iter().copied()).chain([""]).collect();
    line(text, &head, &widths);
    let mut before = "";
    for row in rows {
        let action = if row.action == before { "" } else { row.action.as_str() };
        let cells = row.cells.iter().map(String::as_str);
        let parts: Vec<&str> = [action].into_iter().chain(cells).chain([row.situation.as_str()]).collect();
        line(text, &parts, &widths);
        before = &row.action;
    }
}

/// The situation comes last, since it may be long.
fn line(text: &mut String, parts: &[&str], widths: &[usize]) {
    let mut line = String::from(" ");
    for (index, part) in parts.iter().enumerate() {
        let width = widths.get(index).copied().unwrap_or(0);
        let _ = write!(line, " {part:width$} ");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::packs;

    /// `UPDATE=1` writes it anew.
    #[test]
    fn the_committed_matrix_is_fresh() {
        for name in packs::names() {
            let bundle = Bundle::compile(&packs::files(name).unwrap()).unwrap();
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../policies/packs")
                .join(name)
                .join("matrix.txt");
            let now = matrix(&bundle);
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&path, &now).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, now, "{}: run the tests with UPDATE=1", path.display());
        }
    }
}
