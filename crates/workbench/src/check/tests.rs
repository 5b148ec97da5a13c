//! Faults that are planted in a pack, and the findings about them.

use seatwise_domain::MAX_BUNDLE_BYTES;
use seatwise_policy::packs;

use super::*;

#[test]
fn built_in_packs_are_sound() {
    for name in packs::names() {
        assert_eq!(check(&packs::files(name).unwrap()), [], "{name}");
    }
}

/// A file is put in place of one of the pack, or beside it; or a text in it is replaced.
enum Seed {
    File(&'static str, &'static str),
    Edit(&'static str, &'static str, &'static str),
    Gone(&'static str),
}
use Seed::{Edit, File, Gone};

/// Asserts that each seed is found, by a finding that contains the text.
fn assert_found(seeds: &[(Seed, &str)]) {
    for (seed, expected) in seeds {
        let mut files = packs::files("purchased-seats").unwrap();
        match *seed {
            File(file, text) => {
                files.insert(file.to_owned(), text.to_owned());
            }
            Edit(file, from, to) => {
                let text = files.get_mut(file).unwrap();
                assert!(text.contains(from), "{file} has no {from}");
                *text = text.replace(from, to);
            }
            Gone(file) => {
                files.remove(file);
            }
        }
        let found: Vec<_> = check(&files).iter().map(ToString::to_string).collect();
        assert!(
            found.iter().any(|finding| finding.contains(expected)),
            "expected {expected}\nfound {}",
            found.join("\n")
        );
        assert!(found.iter().all(|finding| !finding.contains('\n')), "{found:?}");
        for finding in check(&files) {
            assert!(finding.help.as_ref().is_some_and(|help| !help.is_empty()), "{finding}");
            // A missing thing has no line, nor has a caller without a role.
            let has_none = ["is missing", "is no file", "for `user`", "for `unverified user`", "needs cases"];
            let has_none = has_none.iter().any(|what| finding.message.contains(what));
            assert!(finding.location.line().is_some() || has_none, "{finding}");
            assert!(finding.location.line().is_none() || finding.text(&files).is_some(), "{finding}");
        }
    }
}

#[test]
fn faults_of_the_data_are_found() {
    assert_found(&[
        (Gone("product.toml"), "product.toml: this file is missing"),
        (Gone("app.cedarschema"), "app.cedarschema: this file is missing"),
        (
            Edit("product.toml", "rank = 50", "rank = \"high\""),
            "product.toml:22:8: `role.rank` is the text `high`, but must be a whole number",
        ),
        (Edit("product.toml", "joiner = \"member\"", "joiner = \"guest\""), "`guest`, which is no role"),
        (Edit("product.toml", "\"analytics\"", "\"analysis\""), "product.toml:45:1: tier `pro` or one of"),
        (
            Edit("app.cedarschema", "resource: [Workspace]", "resource: [Seat]"),
            "must apply to principal [Member]",
        ),
        (Edit("app.cedarschema", "context: Ctx", "context: {}"), "must have the context Ctx"),
        (Edit("app.cedarschema", "useProduct", "listSeats"), "app.cedarschema:9:8: duplicate action"),
        (
            Edit("app.cedarschema", "entity Feature", "entity Featur"),
            "app.cedarschema:5:8: failed to resolve",
        ),
        (Edit("app.cedarschema", "entity SeatTier", "entity"), "app.cedarschema:4:"),
    ]);
}

#[test]
fn a_role_that_is_called_as_a_word_of_the_cases_is_found() {
    for word in ["self", "creator", "visitor", "user"] {
        let mut files = packs::files("purchased-seats").unwrap();
        for text in files.values_mut() {
            *text = text.replace("\"admin\"", &format!("\"{word}\""));
        }
        let found: Vec<_> = check(&files).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        let expected = format!("role `{word}` is called as a word of the cases: choose another id");
        assert!(found[0].starts_with("product.toml:20:") && found[0].ends_with(&expected), "{found:?}");
    }
}

#[test]
fn faults_of_form_are_found() {
    assert_found(&[
        (File("x.cedar", "\npermit (principal, action, resource"), "x.cedar:2:36: "),
        (
            File("x.cedar", "@id(\"x\") permit (principal == ?principal, action, resource);"),
            "x.cedar:1:31: expected a static policy, got a template",
        ),
        (
            File("x.cedar", "@id(\"roles.owner\")\npermit (principal is Visitor, action, resource);"),
            "x.cedar:1:1: the id `roles.owner` is taken by roles.cedar:",
        ),
        (
            File("x.cedar", "@id(\"core.no-escalation\") permit (principal, action, resource);"),
            "the id `core.no-escalation` is taken by guardrails.cedar:",
        ),
        (File("x.cedar", "permit (principal is Visitor, action, resource);"), "x.cedar:1:1: needs an `@id"),
        (
            File("x.cedar", "@id(\"x\")\nforbid (principal is Visitor, action, resource);"),
            "x.cedar:1:1: a forbid needs a `@reason",
        ),
        (
            File(
                "x.cedar",
                "@id(\"x\") @reason(\"No way!\") forbid (principal is Visitor, action, resource);",
            ),
            "x.cedar:1:10: a reason is a code",
        ),
        (
            File("x.cedar", "@id(\"x\") @reasn(\"y\") permit (principal is Visitor, action, resource);"),
            "x.cedar:1:10: the annotation `@reasn` means nothing",
        ),
        (
            Edit("roles.cedar", "Role::\"admin\"", "Role::\"admn\""),
            "roles.cedar:19:16: product.toml has no role `admn`",
        ),
        (
            Edit("services.cedar", "Service::\"reporting\"", "Service::\"reportin\""),
            "services.cedar:19:16: product.toml has no service `reportin`",
        ),
        (
            File("x.cedar", "@id(\"x\") permit (principal == User::\"u\", action, resource);"),
            "x.cedar:1:31: names `User::\"u\"`",
        ),
    ]);
}

#[test]
fn k32_faults_of_what_policies_do_are_found() {
    assert_found(&[
        (Edit("roles.cedar", "Action::\"seats.buy\"", "Action::\"seats.bye\""), "unrecognized action"),
        (Edit("seats.cedar", "principal has seat &&", ""), "seats.cedar:25:"),
        (
            File(
                "x.cedar",
                "@id(\"x\")\npermit (principal is Visitor, action == Action::\"buySeats\", resource);",
            ),
            "x.cedar:",
        ),
        (
            File(
                "x.cedar",
                "@id(\"x\") @reason(\"y\")\nforbid (principal is Member, action, resource)\n\
                 when { principal.role.rank * 9223372036854775807 > 0 };",
            ),
            "x.cedar:1:1: integer overflow",
        ),
        (
            File("x.cedar", "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);"),
            "x.cedar:1:1: `x` (x.cedar:1) breaks ",
        ),
        (
            Edit("roles.cedar", "     Action::\"seats.buy\",\n", ""),
            "product.toml:11:1: `owner` governs: the pack must permit it `buySeats`",
        ),
        (
            Edit(
                "product.toml",
                "[seats]",
                "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 1\nbadge = \"gray\"\n\n[seats]",
            ),
            "product.toml:35:1: role `guest` may do nothing",
        ),
        (
            File(
                "x.cedar",
                "@id(\"x\") @reason(\"y\")\nforbid (principal is Member, action, resource)\n\
                 when { principal has seat && principal.seat.tier == SeatTier::\"gold\" };",
            ),
            "x.cedar:3:53: product.toml has no tier `gold`",
        ),
        (
            File(
                "x.cedar",
                "@id(\"x\") @reason(\"y\")\nforbid (principal in Role::\"member\", action == Action::\"viewAnalytics\", \
                 resource)\nunless { context has seat };",
            ),
            "x.cedar:3:22: nothing here can have the attribute `seat`: this is always false",
        ),
        (
            File(
                "x.cedar",
                "@id(\"x\") @reason(\"y\")\nforbid (principal is Member, action == Action::\"removeMember\", \
                 resource)\nwhen { resource.joindAt > context.now };",
            ),
            "x.cedar:3:",
        ),
    ]);
}

/// The advice about what is wrong with one policy.
fn advice(policy: &str) -> Vec<String> {
    let mut files = packs::files("purchased-seats").unwrap();
    files.insert("x.cedar".to_owned(), format!("@id(\"x\") @reason(\"y\") {policy}"));
    check(&files).into_iter().filter_map(|finding| finding.help).collect()
}

#[test]
fn an_unknown_attribute_is_answered_with_those_that_are_there() {
    let member = "`freeSlot`, `joinedAt`, `role`, `seat`, `user`, `workspace`";
    let removal = "forbid (principal is Member, action == Action::\"removeMember\", resource)";
    let invite = "forbid (principal is Member, action == Action::\"invite\", resource)";
    assert_eq!(
        advice(&format!("{removal} when {{ resource.joindAt > context.now }};")),
        [format!("did you mean `joinedAt`? there are {member}")]
    );
    assert_eq!(advice(&format!("{removal} unless {{ resource has age }};")), [format!("there are {member}")]);
    assert_eq!(
        advice(&format!("{invite} unless {{ context has seat }};")),
        ["there are `now`, `targetRole`, `targetTier`"]
    );
    assert_eq!(
        advice(&format!("{invite} when {{ context.tier == SeatTier::\"pro\" }};")),
        ["there are `now`, `targetRole`, `targetTier`"]
    );
    let seat = advice(&format!("{removal} unless {{ resource has seat.teir }};"));
    assert!(seat.len() == 1 && seat[0].starts_with("did you mean `tier`? there are "), "{seat:?}");
    let known = advice(&format!("{removal} unless {{ resource has seat.tier }};"));
    assert!(known.iter().all(|advice| !advice.contains("there are")), "{known:?}");
    // What only some of the requests have can be asked for.
    let group = "forbid (principal is Member, action in Action::\"invitations.manage\", resource)";
    let of_group =
        format!("{group} when {{ context has targetTier && context.targetTier == SeatTier::\"pro\" }};");
    let found = advice(&of_group);
    assert!(found.iter().all(|advice| !advice.contains("there are")), "{found:?}");
}

#[test]
fn faults_of_cases_are_found() {
    assert_found(&[
        (
            Edit("cases/seats.toml", "then = \"allow\"", "then = \"deny\""),
            "cases/seats.toml:3: `S2 S11 S13 an owner buys, cancels and reactivates`: owner buySeats: \
             expected deny, got allow",
        ),
        // Nobody would decide what a member cannot ask.
        (Edit("cases/seats.toml", "\"listSeats\"", "\"enter\""), "`enter` is nothing for `"),
        (Edit("cases/seats.toml", "\"listSeats\"", "\"listSeat\""), "there is no action `listSeat`"),
        (
            Edit("cases/seats.toml", "then = \"allow\"", "then = \"alow\""),
            "cases/seats.toml:7:8: `S2 S11 S13 an owner buys, cancels and reactivates`: no policy has the \
             reason `alow`",
        ),
        (Edit("cases/seats.toml", "on = \"self\"", "on = \"boss\""), "cannot be asked of `owner` like this"),
        (Edit("cases/seats.toml", "when", "whenn"), "cases/seats.toml:"),
        (
            Edit("cases/roles.toml", "workspace = \"foreign\"", "workspace = \"suspended\""),
            "`case.given.workspace` is the text `suspended`, but must be one of `own`, `foreign`",
        ),
        (File("roles.ceder", ""), "roles.ceder: this is no file of a pack"),
    ]);
}

#[test]
fn what_follows_from_a_mistyped_action_is_not_told() {
    let mut files = packs::files("purchased-seats").unwrap();
    let text = files.get_mut("roles.cedar").unwrap();
    *text = text.replace("Action::\"requestLeave\"", "Action::\"requestLeav\"");
    let findings = check(&files);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].help.as_ref().unwrap().contains("requestLeave"), "{findings:?}");
}

#[test]
fn a_pack_needs_cases() {
    let mut files = packs::files("purchased-seats").unwrap();
    files.retain(|path, _| !path.starts_with("cases"));
    assert_eq!(check(&files).len(), 1);
}

#[test]
fn a_pack_fits_into_one_item() {
    let mut files = packs::files("purchased-seats").unwrap();
    files.insert("long.cedar".to_owned(), "// long\n".repeat(MAX_BUNDLE_BYTES / 8));
    assert!(check(&files)[0].message.contains("bytes; at most"));
}

#[test]
fn one_policy_that_breaks_everything_is_one_finding() {
    let mut files = packs::files("purchased-seats").unwrap();
    let rule = "@id(\"x\") @reason(\"y\") forbid (principal, action, resource);";
    files.insert("x.cedar".to_owned(), rule.to_owned());
    let findings = check(&files);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let told = findings[0].to_string();
    assert!(told.starts_with("x.cedar:1:1: `x` (x.cedar:1) breaks "), "{told}");
    assert!(told.contains("product.toml:11: the recovery floor keeps ") && told.ends_with(" more"), "{told}");
}

#[test]
fn a_group_that_nobody_permits_is_one_finding() {
    let mut files = packs::files("purchased-seats").unwrap();
    files.retain(|path, _| path != "cases/seats.toml" && path != "cases/billing.toml");
    let text = files.get_mut("roles.cedar").unwrap();
    *text = text.replace("     Action::\"seats.buy\",\n", "");
    let found: Vec<_> = check(&files).into_iter().filter(|it| it.message.contains("governs")).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("`buySeats`, `cancelSeat`, `changeSeatTier`"), "{found:?}");
    assert!(found[0].help.as_ref().unwrap().starts_with("permit `Action::\"seats.buy\"`"), "{found:?}");
}

#[test]
fn a_currency_and_a_color_that_do_not_exist_are_found_with_what_was_meant() {
    let edits = [("amount = 1500, currency = \"EUR\"", "amount = 1500, currency = \"EURO\"")];
    let mut files = packs::files("purchased-seats").unwrap();
    let text = files.get_mut("product.toml").unwrap();
    for (from, to) in edits {
        *text = text.replace(from, to);
    }
    let found = check(&files);
    assert_eq!(found[0].message, "`EURO` is no currency: use an ISO 4217 code such as `EUR`");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `EUR`?"));
    let mut files = packs::files("purchased-seats").unwrap();
    let text = files.get_mut("product.toml").unwrap();
    *text = text.replace("\"violet\"", "\"teal\"").replace("\"amber\"", "\"ambre\"");
    let found: Vec<_> = check(&files).iter().map(|it| (it.to_string(), it.help.clone().unwrap())).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].0.contains("`role.badge` is the text `teal`, which is no colour"), "{found:?}");
    assert_eq!(found[0].1, "there are `gray`, `green`, `indigo`, `amber`, `violet`, `red`, `blue`");
    assert_eq!(found[1].1, "did you mean `amber`?");
}

#[test]
fn all_faults_of_the_data_are_told_at_once() {
    let mut files = packs::files("purchased-seats").unwrap();
    let text = files.get_mut("product.toml").unwrap();
    for (from, to) in [
        ("rank = 50", "rank = \"high\""),
        ("amount = 1500, currency = \"EUR\"", "amount = 1500, currency = \"XYZ\""),
        ("prefix = \"swk\"", "prefix = \"s w k\""),
        ("by = \"request\"", "by = \"asking\""),
        ("joiner = \"member\"", "joiner = \"guest\""),
    ] {
        assert!(text.contains(from), "{from}");
        *text = text.replace(from, to);
    }
    let found: Vec<String> = check(&files).iter().map(ToString::to_string).collect();
    for part in ["`role.rank`", "`XYZ` is no currency", "`api-keys.prefix`", "`leave.by`"] {
        assert!(found.iter().any(|finding| finding.contains(part)), "{part}: {found:?}");
    }
    // What contradicts another setting is told when every value can be read.
    assert_eq!(found.len(), 4, "{found:?}");
}
