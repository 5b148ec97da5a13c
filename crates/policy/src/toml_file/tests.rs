//! What operators read about a file.

use seatwise_domain::Pack;

use super::*;
use crate::packs;
use crate::text::line_of;

/// Line, message and advice of each fault of `product.toml` of a pack, after these edits.
fn faults(edits: &[(&str, &str)]) -> Vec<(u32, String, String)> {
    let mut text = packs::files("purchased-seats").unwrap()["product.toml"].clone();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let file = read::<Pack>(&text, &packs::texts("product.toml"));
    let fault = |TomlFault { span, message, advice }: TomlFault| {
        let advice = match advice {
            TomlAdvice::Names { wrong, known } => format!("not {wrong}, but {}", known.join(" ")),
            TomlAdvice::Example(line) => line,
            TomlAdvice::None => String::new(),
        };
        (line_of(&text, span.start), message, advice)
    };
    file.faults.into_iter().map(fault).collect()
}

/// Asserts that one edit is one fault.
#[track_caller]
fn assert_fault(from: &str, to: &str, message: &str, advice: &str) {
    let found = faults(&[(from, to)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].1.as_str(), found[0].2.as_str()), (message, advice));
}

#[test]
fn every_built_in_file_is_read_as_it_is() {
    for text in packs::texts("product.toml") {
        let file = read::<Pack>(text, &[]);
        assert_eq!(file.faults, []);
        let (ours, tomls) = (file.content.unwrap(), toml::from_str::<Pack>(text).unwrap());
        assert_eq!(format!("{ours:?}"), format!("{tomls:?}"));
    }
}

#[test]
fn a_fault_says_the_key_and_what_is_there_and_what_must_be_there() {
    assert_fault(
        "rank = 50",
        "rank = \"high\"",
        "`role.rank` is the text `high`, but must be a whole number",
        "for example `rank = 100`",
    );
    assert_fault(
        "label = \"Admin\"",
        "label = 3",
        "`role.label` is the number 3, but must be a text in quotation marks",
        "for example `label = \"Owner\"`",
    );
    assert_fault(
        "staff = true",
        "staff = \"yes\"",
        "`role.staff` is the text `yes`, but must be `true` or `false`",
        "for example `staff = true`",
    );
    assert_fault(
        "price = { amount = 1500, currency = \"EUR\" }",
        "price = 15.00",
        "`seats.tier.price` is the number 15.00, but must be a table with the keys `amount`, `currency`",
        "for example `price = { amount = 1500, currency = \"EUR\" }`",
    );
    assert_fault(
        "free-slots = 1",
        "free-slots = -1",
        "`seats.free-slots` is the number -1, but must be a whole number from 0 to 4294967295",
        "for example `free-slots = 1`",
    );
    assert_fault(
        "channels = [\"email\", \"single-use\"]",
        "channels = \"email\"",
        "`invitation.channels` is the text `email`, but must be a list",
        "for example `channels = [\"email\"]`",
    );
    assert_fault("[[plan]]", "[plan]", "`plan` is a table, but must be a list", "for example `[[plan]]`");
    assert_fault(
        "by = \"request\"",
        "by = \"shouting\"",
        "`leave.by` is the text `shouting`, but must be one of `request`, `direct`, `none`",
        "not shouting, but request direct none",
    );
    assert_fault(
        "period = \"P1M\"",
        "period = \"monthly\"",
        "`billing.period` is the text `monthly`, but must be a positive ISO 8601 duration such as P1M or P30D; times \
         of day are not allowed",
        "for example `period = \"P1M\"`",
    );
    assert_fault(
        "label = \"Admin\"\n",
        "",
        "`role` lacks the key `label`",
        "for example `label = \"Owner\"`",
    );
    assert_fault(
        "product = \"Seatwise\"\n",
        "",
        "the key `product` is missing",
        "for example `product = \"Seatwise\"`",
    );
    assert_fault(
        "notice = \"P7D\"",
        "notise = \"P7D\"",
        "`billing` has no key `notise`",
        "not notise, but provider plan period notice grace credit-package",
    );
}

#[test]
fn every_fault_is_reported_at_once_with_its_line() {
    let found = faults(&[
        ("name = \"purchased-seats\"", "nane = \"purchased-seats\""),
        ("rank = 50", "rank = \"high\""),
        ("badge = \"indigo\"", "badge = 7"),
        ("price = { amount = 2900,", "price = { vat = 19, amount = \"2900\","),
        ("lifetime = \"P7D\"", "lifetime = \"7 days\""),
        ("by = \"request\"", "by = \"asking\""),
    ]);
    let mut lines: Vec<_> = found.iter().map(|(line, message, _)| (*line, message.as_str())).collect();
    lines.sort_unstable();
    let expected = [
        "the key `name` is missing",
        "there is no key `nane`",
        "`role.rank` is the text `high`",
        "`role.badge` is the number 7",
        "`seats.tier.price.amount` is the text `2900`",
        "`seats.tier.price` has no key `vat`",
        "`invitation.lifetime` is the text `7 days`",
        "`leave.by` is the text `asking`",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.1.starts_with(expected), "{line:?}: {expected}");
    }
    assert_eq!((lines[0].0, lines[1].0), (1, 2));
    assert!(lines.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{lines:?}");
}

#[test]
fn a_file_that_is_no_toml_has_all_its_faults_as_well() {
    let found = faults(&[("label = \"Admin\"", "label = \"Admin"), ("period = \"P1M\"", "period = P1M")]);
    assert!(found.len() >= 2, "{found:?}");
    assert!(found.iter().all(|(_, message, _)| message.starts_with("this is no TOML: ")), "{found:?}");
    let lines: Vec<u32> = found.iter().map(|(line, ..)| *line).collect();
    assert!(lines[0] < lines[lines.len() - 1], "{lines:?}");
}

#[test]
fn what_was_replaced_is_not_what_the_operator_wrote() {
    let text =
        packs::files("purchased-seats").unwrap()["product.toml"].replace("rank = 50", "rank = \"high\"");
    let file = read::<Pack>(&text, &[]);
    let is_written = |key: &[&str]| file.is_written(&key.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert!(!is_written(&["role", "1", "rank"]));
    assert!(is_written(&["role", "0", "rank"]) && is_written(&["role", "1"]));
    assert!(file.content.is_some());
}
