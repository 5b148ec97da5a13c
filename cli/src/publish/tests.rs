//! Tests of refusals because of names, and of the rollbacks that a publication makes impossible.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::{Pack, Publication, PublicationKind};
use seatwise_policy::{Bundle, Files, PACK_FILE, packs};
use seatwise_workbench::{NamedKind, Rename, rename};

use super::*;

fn first() -> Files {
    packs::files("purchased-seats").unwrap()
}

fn renamed(files: &Files, kind: NamedKind, before: &str, after: &str) -> Files {
    let wanted = Rename { kind, before: before.to_owned(), after: after.to_owned() };
    rename(files, &wanted).unwrap().files
}

fn role_renamed(files: &Files, before: &str, after: &str) -> Files {
    renamed(files, NamedKind::Role, before, after)
}

fn edited(files: &Files, from: &str, to: &str) -> Files {
    let mut files = files.clone();
    let text = files.get_mut(PACK_FILE).unwrap();
    assert!(text.contains(from), "{from}");
    *text = text.replace(from, to);
    files
}

/// The version with one more role.
fn with_role(files: &Files, id: &str, more: &str) -> Files {
    let role =
        format!("[[role]]\nid = \"{id}\"\nlabel = \"New\"\nrank = 5\nbadge = \"gray\"\n{more}\n[invitation]");
    edited(files, "[invitation]", &role)
}

fn pack(files: &Files) -> Pack {
    Bundle::compile(files).unwrap().pack().clone()
}

fn state(history: &[Publication]) -> PublishedState {
    PublishedState {
        pointer: None,
        is_damaged: false,
        head: history.last().cloned(),
        last: None,
        files: None,
        others: BTreeMap::new(),
    }
}

fn planned(
    history: &[Publication],
    files: &Files,
    deed: PublicationKind,
) -> Result<PublicationPlan, PublishError> {
    let draft = Draft { files: files.clone(), deed, author: String::new(), message: String::new() };
    plan(&state(history), draft, true, Timestamp::UNIX_EPOCH)
}

/// The history of versions that were published one after the other, the first as number 1.
fn history(versions: &[&Files]) -> Vec<Publication> {
    versions.iter().fold(Vec::new(), |mut history, files| {
        let plan = planned(&history, files, PublicationKind::Published).unwrap();
        history.push(plan.publication);
        history
    })
}

/// The numbers of the versions to which a rollback is refused.
fn barred(history: &[Publication], versions: &[&Files]) -> Vec<u32> {
    let numbers = history.iter().map(|line| line.number);
    let is_refused = |(number, files): &(u32, &&Files)| {
        planned(history, files, PublicationKind::RolledBack { to: *number }).is_err()
    };
    numbers.zip(versions).filter(is_refused).map(|(number, _)| number).collect()
}

/// The versions to which the last publication makes rollbacks impossible.
fn lost(history: &[Publication]) -> Vec<u32> {
    let [earlier @ .., newest] = history else { return Vec::new() };
    let before = &earlier.last().unwrap().frame;
    let ended = lost_rollbacks(before, &newest.frame, earlier);
    assert!(ended.is_empty() || can_lose_rollbacks(before, &newest.frame));
    ended.into_iter().flat_map(|it| it.versions).collect()
}

#[test]
fn a_new_role_or_tier_with_a_former_name_bars_the_versions_with_that_name_and_no_others() {
    let first = first();
    let manager = role_renamed(&first, "admin", "manager");
    let chief = role_renamed(&manager, "manager", "chief");
    let taken = with_role(&chief, "manager", "");
    let versions = [&first, &manager, &manager, &chief, &taken];
    let free = history(&versions[..4]);
    assert_eq!((barred(&free, &versions[..4]), lost(&free)), (vec![], vec![]));
    let all = history(&versions);
    assert_eq!(barred(&all, &versions), [2, 3]);
    assert_eq!(lost(&all), [2, 3]);
    // The way that the refusal names.
    planned(&all, &role_renamed(&manager, "manager", "chief"), PublicationKind::Published).unwrap();

    let best = renamed(&first, NamedKind::Tier, "pro", "best");
    let top = renamed(&best, NamedKind::Tier, "best", "top");
    let tier = "[[seats.tier]]\nid = \"best\"\nlabel = \"B\"\nprice = { amount = 1, currency = \"EUR\" }\n\n[invitation]";
    let taken = edited(&top, "[invitation]", tier);
    let taken: Files = taken
        .into_iter()
        .map(|(path, text)| {
            (path, text.replace("entity SeatTier enum [", "entity SeatTier enum [\"best\", "))
        })
        .collect();
    let versions = [&first, &best, &top, &taken];
    let all = history(&versions);
    assert_eq!((barred(&all, &versions), lost(&all)), (vec![2], vec![2]));
}

#[test]
fn a_name_that_a_known_role_takes_bars_the_versions_that_lack_this_role() {
    let both = with_role(&first(), "helper", "");
    let manager = role_renamed(&both, "admin", "manager");
    let swapped = role_renamed(&role_renamed(&manager, "manager", "chief"), "helper", "manager");
    let versions = [&both, &manager, &swapped];
    let all = history(&versions);
    assert_eq!((barred(&all, &versions), lost(&all)), (vec![], vec![]));

    let without = role_renamed(&first(), "admin", "manager");
    let versions = [&without, &both, &role_renamed(&both, "helper", "manager")];
    let all = history(&versions);
    assert_eq!((barred(&all, &versions), lost(&all)), (vec![1], vec![1]));
}

#[test]
fn a_new_governing_role_bars_the_versions_without_it() {
    let first = first();
    let governed = with_role(&first, "boss", "governing = true\nstaff = true\n");
    let versions = [&first, &governed];
    let all = history(&versions);
    assert_eq!((barred(&all, &versions), lost(&all)), (vec![1], vec![1]));
}

#[test]
fn a_new_role_with_a_new_name_bars_no_version() {
    let first = first();
    let versions = [&first, &with_role(&first, "helper", "")];
    let all = history(&versions);
    assert_eq!((barred(&all, &versions), lost(&all)), (vec![], vec![]));
}

#[test]
fn a_refused_rollback_names_what_stands_in_the_way_and_what_works() {
    let first = first();
    let manager = role_renamed(&first, "admin", "manager");
    let taken = with_role(&role_renamed(&manager, "manager", "chief"), "manager", "");
    let mut versions = vec![&first, &manager, &taken];
    for (is_gone, dropped) in [(false, "this version drops"), (true, "an earlier version dropped")] {
        if is_gone {
            versions.push(&first);
        }
        let refused = planned(&history(&versions), &manager, PublicationKind::RolledBack { to: 2 });
        let told = refused.err().map(|it| it.to_string()).unwrap_or_default();
        for part in [
            "version 2 cannot come back as it is: the role with the first id admin cannot be called manager",
            dropped,
            "records may still hold under the id manager",
            "`seatwise policies rename-role manager NEW`",
            "`seatwise policies pull DIR --version 2`",
        ] {
            assert!(told.contains(part), "{told}");
        }
        // The publisher of a folder has the folder already.
        let refused = planned(&history(&versions), &manager, PublicationKind::Published);
        let told = refused.err().map(|it| it.to_string()).unwrap_or_default();
        assert!(told.starts_with("the role with the first id admin") && !told.contains("pull"), "{told}");
    }
}

#[test]
fn every_refusal_is_foreseen_and_the_first_of_them_refuses() {
    let named = renamed(&role_renamed(&first(), "admin", "manager"), NamedKind::Tier, "pro", "premium");
    let lost = edited(&edited(&named, "first-id = \"admin\"\n", ""), "first-id = \"pro\"\n", "");
    let history = history(&[&first(), &named]);
    let told: Vec<String> =
        refusals(&state(&history), &pack(&lost), true).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("give it `first-id = \"admin\"`"), "{told:?}");
    assert!(told[1].contains("give it `first-id = \"pro\"`"), "{told:?}");
    let refused = planned(&history, &lost, PublicationKind::Published);
    assert_eq!(refused.err().map(|it| it.to_string()).as_ref(), told.first());
    assert!(refusals(&state(&history), &pack(&named), true).is_empty());
}
