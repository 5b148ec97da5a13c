//! Tests of renames in the files of a pack.

use seatwise_policy::{Bundle, packs};

use super::*;
use crate::check;

fn wanted(kind: NamedKind, before: &str, after: &str) -> Rename {
    Rename { kind, before: before.to_owned(), after: after.to_owned() }
}

fn edited_file(path: &str, text: &str, renames: &[Rename]) -> String {
    let files = Files::from([(path.to_owned(), text.to_owned())]);
    apply(&files, renames).files[path].clone()
}

#[test]
fn every_role_and_tier_of_every_pack_can_be_renamed_and_called_back() {
    for name in packs::names() {
        let files = packs::files(name).unwrap();
        let pack = pack(&files).unwrap();
        for kind in [NamedKind::Role, NamedKind::Tier] {
            for (old, _) in named(&pack, kind) {
                let after = rename(&files, &wanted(kind, &old, "another")).unwrap();
                assert_eq!(check(&after.files), [], "{name}: {old}");
                let text = &after.files[PACK_FILE];
                assert!(text.contains(&format!("id = \"another\"\nfirst-id = \"{old}\"\n")), "{text}");
                let bundle = Bundle::compile(&after.files).unwrap();
                let known = named(bundle.pack(), kind);
                assert!(known.contains(&("another".to_owned(), old.clone())), "{known:?}");
                let back = rename(&after.files, &wanted(kind, "another", &old)).unwrap();
                assert_eq!(back.files, files, "{name}: {old}");
                // A comparison sees the rename, and nothing else.
                let (seen, renames) = under_names_of(&files, &after.files);
                assert_eq!((seen, renames), (after.files, vec![wanted(kind, &old, "another")]));
            }
        }
    }
}

#[test]
fn only_names_are_replaced_in_policies() {
    let text = r#"// Role::"admin" stays in a comment.
@doc("the admin, Role::\"admin\"")
@appoints("owner admin administrator")
permit (principal in Role :: /* no */ "admin", action == Action::"admin", resource)
when { [Role::"admin", Role::"owner"].contains(principal.role) && resource.tier == SeatTier::"admin"
    && OtherRole::"admin" == principal };
"#;
    // Cedar has no such comment; a text that does not parse is not changed more than one that does.
    let text = text.replace("/* no */ ", "");
    let renamed = edited_file("a.cedar", &text, &[wanted(NamedKind::Role, "admin", "chief")]);
    let expected = text
        .replace("owner admin administrator", "owner chief administrator")
        .replace("Role :: \"admin\"", "Role :: \"chief\"")
        .replace("[Role::\"admin\"", "[Role::\"chief\"");
    assert_eq!(renamed, expected);
    let renamed = edited_file("a.cedar", &text, &[wanted(NamedKind::Tier, "admin", "chief")]);
    assert_eq!(renamed, text.replace("SeatTier::\"admin\"", "SeatTier::\"chief\""));
}

#[test]
fn a_name_that_policies_write_with_escapes_is_renamed() {
    let text = "@appoints(\"own\\u{65}r \\x61dmin\")\npermit (principal in Role::\"\\u{61}dmin\", action, resource)\n\
        when { resource.tier == SeatTier::\"pr\\x6f\" && principal != Role::\"\\\"admin\" };\n";
    let renames = [wanted(NamedKind::Role, "admin", "chief"), wanted(NamedKind::Tier, "pro", "top")];
    let expected = text
        .replace("own\\u{65}r \\x61dmin", "owner chief")
        .replace("Role::\"\\u{61}dmin\"", "Role::\"chief\"")
        .replace("pr\\x6f", "top");
    assert_eq!(edited_file("a.cedar", text, &renames), expected);
}

#[test]
fn the_list_of_tiers_is_renamed_and_that_of_features_is_not() {
    let text =
        "entity SeatTier enum [\n  // the best\n  \"pro\", \"basic\",\n];\nentity Feature enum [\"pro\"];\n";
    let both = [wanted(NamedKind::Tier, "pro", "basic"), wanted(NamedKind::Tier, "basic", "pro")];
    let renamed = edited_file(APP_FILE, text, &both);
    assert_eq!(renamed, text.replace("\"pro\", \"basic\"", "\"basic\", \"pro\""), "all at once");
}

#[test]
fn cases_are_renamed_by_the_meaning_of_their_fields() {
    let text = "# pro and admin\n[[case]]\nname = \"admin with pro\"\n\
        given = { caller = [\"admin\", 'pro'], seat = \"pro\" } # admin\n\
        when = { action = \"admin\", on = \"admin\", to = [\"admin\"], tier = \"pro\", on-seat = \"pro\" }\n\
        then = \"pro\"\n";
    let renames = [wanted(NamedKind::Role, "admin", "chief"), wanted(NamedKind::Tier, "pro", "top")];
    let expected =
        text.replace("[\"admin\", 'pro'], seat = \"pro\"", "[\"chief\", 'pro'], seat = \"top\"").replace(
            "on = \"admin\", to = [\"admin\"], tier = \"pro\", on-seat = \"pro\"",
            "on = \"chief\", to = [\"chief\"], tier = \"top\", on-seat = \"top\"",
        );
    assert_eq!(edited_file("cases/a.toml", text, &renames), expected);
}

#[test]
fn the_layout_of_the_data_stays() {
    let role = [wanted(NamedKind::Role, "admin", "chief")];
    for (before, after) in [
        (
            "[[role]]\n  id   = 'admin'  # who\n",
            "[[role]]\n  id   = 'chief'  # who\n  first-id = \"admin\"\n",
        ),
        ("[[role]]\nid = \"admin\"", "[[role]]\nid = \"chief\"\nfirst-id = \"admin\""),
        (
            "role = [{ id = \"admin\", rank = 1 }]",
            "role = [{ id = \"chief\", first-id = \"admin\", rank = 1 }]",
        ),
        (
            "[[role]]\nid = \"admin\"\nfirst-id = \"a\"\nincludes = \"admin\"\n",
            "[[role]]\nid = \"chief\"\nfirst-id = \"a\"\nincludes = \"chief\"\n",
        ),
        ("[[role]]\nfirst-id = \"chief\" # was\nid = \"admin\"\n", "[[role]]\nid = \"chief\"\n"),
        ("role = [{ first-id = \"chief\", id = \"admin\" }]", "role = [{ id = \"chief\" }]"),
        ("role = [{ id = \"admin\", first-id = \"chief\" }]", "role = [{ id = \"chief\" }]"),
        ("[[seats.tier]]\nid = \"admin\"\n", "[[seats.tier]]\nid = \"admin\"\n"),
        ("[[role]]\nid = \"\\u0061dmin\"\n", "[[role]]\nid = \"chief\"\nfirst-id = \"admin\"\n"),
    ] {
        assert_eq!(edited_file(PACK_FILE, before, &role), after, "{before}");
    }
}

#[test]
fn a_tier_can_be_called_as_a_word_of_the_cases() {
    let files = packs::files("purchased-seats").unwrap();
    let renamed = rename(&files, &wanted(NamedKind::Tier, "pro", "self")).unwrap().files;
    assert_eq!(check(&renamed), []);
}

#[test]
fn what_cannot_be_renamed_says_why() {
    let files = packs::files("purchased-seats").unwrap();
    let renamed = rename(&files, &wanted(NamedKind::Role, "member", "worker")).unwrap().files;
    for (files, kind, before, after, why) in [
        (&files, NamedKind::Role, "admn", "chief", "no role `admn`: did you mean `admin`?"),
        (&files, NamedKind::Tier, "gold", "top", "no tier `gold`: there are `basic`, `pro`"),
        (&files, NamedKind::Role, "pro", "top", "there are `owner`, `admin`, `member`"),
        (&files, NamedKind::Role, "admin", "owner", "has a role `owner` already"),
        (&files, NamedKind::Role, "admin", "admin", "has a role `admin` already"),
        (&files, NamedKind::Role, "admin", "The Chief", "`The Chief` is no id: it must be a name of at most"),
        (&files, NamedKind::Tier, "pro", "", "is no id"),
        (&files, NamedKind::Role, "admin", "user", "no role can be called `user`: it is a word of the cases"),
        (&files, NamedKind::Role, "admin", "self", "no role can be called `self`"),
        (&renamed, NamedKind::Role, "admin", "member", "is the first id of the role `worker`"),
        (&renamed, NamedKind::Role, "member", "chief", "no role `member`"),
        (&Files::new(), NamedKind::Role, "admin", "chief", "product.toml cannot be read"),
    ] {
        let Err(refused) = rename(files, &wanted(kind, before, after)) else { panic!("{before} {after}") };
        assert!(refused.to_string().contains(why), "{refused}");
    }
}
