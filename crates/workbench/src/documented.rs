//! The examples of the reference, checked.

use seatwise_policy::{Bundle, Files, packs};

use crate::explain::{Aspect, Question, explain};
use crate::situation::Given;
use crate::{check, matrix};

const REFERENCE: &str = include_str!("../../../policies/REFERENCE.md");

/// The blocks of code in a language that begin so.
fn blocks<'r>(language: &'r str, start: &'r str) -> impl Iterator<Item = &'static str> + use<'r> {
    let fence = format!("```{language}\n");
    let rest = REFERENCE.match_indices("```").map(|(at, _)| &REFERENCE[at..]);
    rest.filter_map(move |rest| rest.strip_prefix(&fence)?.split("```").next())
        .filter(move |block| block.starts_with(start))
}

/// `purchased-seats`, with the policies of these ids and with their cases.
fn pack(ids: &[&str]) -> Files {
    let mut files = packs::files("purchased-seats").unwrap();
    for id in ids {
        let policy = blocks("cedar", &format!("@id({id:?})")).next().unwrap();
        files.insert(format!("{id}.cedar"), policy.to_owned());
    }
    files
}

const ALL: [&str; 4] = [
    "roles.newcomers-stay",
    "roles.members-invite-to-basic",
    "seats.admins-give-basic",
    "seats.admins-leave-pro",
];

#[test]
fn the_examples_of_policies_are_sound_and_do_what_their_cases_say() {
    let mut files = pack(&ALL);
    let cases = blocks("toml", "[[case]]\nname = \"a member invites").next().unwrap();
    files.insert("cases/documented.toml".to_owned(), cases.to_owned());
    assert_eq!(check(&files), []);
    // No case holds without the policies.
    let files = [("cases/documented.toml".to_owned(), cases.to_owned())];
    let files: Files = packs::files("purchased-seats").unwrap().into_iter().chain(files).collect();
    let found: Vec<_> = check(&files).iter().map(ToString::to_string).collect();
    for name in ["a member invites", "an admin gives", "nobody is removed", "an admin takes"] {
        // The reasons are unknown without the policies, too.
        assert!(found.iter().any(|finding| finding.contains(name)), "{name}: {found:#?}");
    }
}

#[test]
fn the_matrix_shows_the_tier_that_is_given() {
    let shown = matrix(&Bundle::compile(&pack(&["roles.members-invite-to-basic"])).unwrap());
    let invite: Vec<&str> = shown.lines().filter(|line| line.contains("member → basic")).collect();
    assert_eq!(invite[0].split_whitespace().take(3).collect::<Vec<_>>(), ["yes"; 3], "{shown}");
    let plain = matrix(&Bundle::compile(&packs::files("purchased-seats").unwrap()).unwrap());
    assert!(!plain.contains("→ basic"), "{plain}");
}

#[test]
fn an_explanation_names_the_tier_that_would_allow() {
    let bundle = Bundle::compile(&pack(&["roles.members-invite-to-basic"])).unwrap();
    let question = |tier: Option<&str>| Question {
        given: Given { caller: "member".to_owned(), ..Given::default() },
        action: "invite".to_owned(),
        to: Some("member".to_owned()),
        tier: tier.map(ToOwned::to_owned),
        ..Question::default()
    };
    let refused = &explain(&bundle, &question(Some("pro"))).unwrap().outcomes[0];
    assert!(!refused.allowed);
    let remedy = refused.would_allow.iter().find(|remedy| remedy.aspect == Aspect::Tier).unwrap();
    assert_eq!(remedy.possibilities.iter().map(|it| it.value.as_str()).collect::<Vec<_>>(), ["basic"]);
    assert!(explain(&bundle, &question(Some("basic"))).unwrap().outcomes[0].allowed);
    assert!(explain(&bundle, &question(Some("gold"))).is_err());
}
