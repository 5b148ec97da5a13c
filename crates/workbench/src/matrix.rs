//! The permission matrix as a text for reviews: a change of policy is a readable diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seatwise_policy::{ActionInfo, Bundle, Decision, PrincipalKind, ResourceKind};

use crate::probe::{Circumstances, PARTS, Probe, probes};
use crate::situation::{UNVERIFIED_USER, USER, VISITOR, WorkspaceRelation, services};

/// Every action, for every role and for callers outside any workspace. `policies/REFERENCE.md` says how to
/// read it.
pub fn matrix(bundle: &Bundle) -> String {
    let cells: Vec<MatrixCell<'_>> = probes(bundle).into_iter().map(MatrixCell::of).collect();
    let pack = &bundle.pack().name;
    let mut text = format!(
        "Who may do what in `{pack}`. Generated from the policies: do not edit.\n\
         yes · the reason of the policy that forbids · - where none permits\n"
    );
    let people: &[&str] = &[VISITOR, UNVERIFIED_USER, USER];
    let roles: Vec<&str> = bundle.pack().roles.iter().map(|role| role.name.as_str()).collect();
    let mut section = |title: &str, columns: &[&str], is_in: &dyn Fn(&ActionInfo) -> bool| {
        let actions = bundle.actions().iter().filter(|info| is_in(info));
        let rows: Vec<MatrixRow> =
            actions.flat_map(|info| rows(&cells, info, WorkspaceRelation::Own, columns)).collect();
        table(&mut text, title, columns, &rows);
    };
    section("Outside a workspace", people, &is_of_people_outside);
    for kind in ResourceKind::ALL.iter().filter(|kind| **kind != ResourceKind::Platform) {
        let is_in = |it: &ActionInfo| is_of_members(it) && it.resources.contains(kind) && !it.is_product;
        section(&format!("On {}", kind.words()), &roles, &is_in);
    }
    section("In the product", &roles, &|it| it.is_product);
    let services: Vec<String> = services(bundle).collect();
    let columns: Vec<&str> = services.iter().map(String::as_str).collect();
    section("By a service", &columns, &|it| it.principals.contains(&PrincipalKind::Service));
    let foreign: Vec<MatrixRow> = bundle
        .actions()
        .iter()
        .flat_map(|info| rows(&cells, info, WorkspaceRelation::Foreign, &roles))
        .filter(|row| row.cells.iter().any(|cell| cell == YES))
        .collect();
    table(&mut text, "In a workspace one is no member of", &roles, &foreign);
    text
}

const YES: &str = "yes";

fn is_of_members(info: &ActionInfo) -> bool {
    info.principals.contains(&PrincipalKind::Member)
}

fn is_of_people_outside(info: &ActionInfo) -> bool {
    let outside = [PrincipalKind::Visitor, PrincipalKind::User];
    info.principals.iter().any(|kind| outside.contains(kind))
}

/// One decision, as it is shown.
struct MatrixCell<'b> {
    info: &'b ActionInfo,
    relation: WorkspaceRelation,
    caller: String,
    circumstances: Circumstances,
    shown: String,
}

impl<'b> MatrixCell<'b> {
    fn of(probe: Probe<'b>) -> Self {
        let shown = match probe.verdict.into_decision() {
            Decision::Allow => YES.to_owned(),
            Decision::Deny { reason } => reason.unwrap_or_else(|| "-".to_owned()),
        };
        Self {
            info: probe.info,
            relation: probe.relation,
            caller: probe.caller,
            circumstances: probe.circumstances,
            shown,
        }
    }
}

/// One line of a table.
struct MatrixRow {
    action: String,
    circumstances: String,
    cells: Vec<String>,
}

/// The lines of an action: one line if all circumstances have the same answer, else one for each answer.
fn rows(
    cells: &[MatrixCell<'_>],
    info: &ActionInfo,
    relation: WorkspaceRelation,
    columns: &[&str],
) -> Vec<MatrixRow> {
    let is_mine = |cell: &&MatrixCell<'_>| {
        cell.info == info && cell.relation == relation && columns.contains(&cell.caller.as_str())
    };
    let mine: Vec<&MatrixCell<'_>> = cells.iter().filter(is_mine).collect();
    let parts_that_matter: Vec<usize> = (0..PARTS).filter(|part| matters(&mine, *part)).collect();
    let label = |cell: &MatrixCell<'_>| {
        let parts: Vec<&str> =
            parts_that_matter.iter().map(|part| cell.circumstances[*part].as_str()).collect();
        parts.join(" → ")
    };
    let mut rows: Vec<MatrixRow> = Vec::new();
    let mut seen = BTreeSet::new();
    for label_of_row in mine.iter().map(|cell| label(cell)) {
        if !seen.insert(label_of_row.clone()) {
            continue;
        }
        let cell_of = |column: &&str| {
            let is_it = |cell: &&&MatrixCell<'_>| cell.caller == **column && label(cell) == label_of_row;
            mine.iter().find(is_it).map_or_else(String::new, |cell| cell.shown.clone())
        };
        let shown: Vec<String> = columns.iter().map(cell_of).collect();
        match rows.iter_mut().find(|row| row.cells == shown) {
            Some(row) => {
                let _ = write!(row.circumstances, ", {label_of_row}");
            }
            None => {
                rows.push(MatrixRow { action: info.name.clone(), circumstances: label_of_row, cells: shown });
            }
        }
    }
    rows
}

/// Whether a decision changes with that part of the circumstances alone.
fn matters(cells: &[&MatrixCell<'_>], part: usize) -> bool {
    let rest = |cell: &MatrixCell<'_>| {
        let mut rest = cell.circumstances.clone();
        rest[part].clear();
        (cell.caller.clone(), rest)
    };
    let mut sorted: Vec<_> = cells.iter().map(|cell| (rest(cell), &cell.shown)).collect();
    sorted.sort();
    sorted.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
}

fn table(text: &mut String, title: &str, columns: &[&str], rows: &[MatrixRow]) {
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
        let parts: Vec<&str> =
            [action].into_iter().chain(cells).chain([row.circumstances.as_str()]).collect();
        line(text, &parts, &widths);
        before = &row.action;
    }
}

/// The circumstances come last, since they may be long.
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

    use seatwise_policy::packs;

    use super::*;

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
