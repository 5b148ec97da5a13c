//! Edits of a pack, and the changes that are found.

use seatwise_policy::packs;

use super::*;
use crate::situation::WorkspaceRelation;

fn pack() -> Files {
    packs::files("purchased-seats").unwrap()
}

fn edited(edits: &[(&str, &str, &str)]) -> Files {
    let mut files = pack();
    for (file, from, to) in edits {
        let text = files.get_mut(*file).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        *text = text.replacen(from, to, 1);
    }
    files
}

fn with(text: &str) -> Files {
    let mut files = pack();
    files.insert("x.cedar".to_owned(), text.to_owned());
    files
}

fn told(list: &[Access]) -> Vec<(&str, &str, WorkspaceRelation)> {
    list.iter().map(|access| (access.who.as_str(), access.action.as_str(), access.place)).collect()
}

const BUYING: [&str; 6] =
    ["buySeats", "cancelSeat", "changeSeatTier", "reactivateSeat", "setAddOn", "setAddOnEverywhere"];

#[test]
fn nothing_changes_where_nothing_does() {
    assert!(diff(Some(&pack()), &pack()).unwrap().is_empty());
}

#[test]
fn a_permit_that_is_widened_gains_and_the_reverse_loses() {
    let from = "     Action::\"seats.assign\",\n";
    let after = edited(&[("roles.cedar", from, &format!("{from}     Action::\"seats.buy\",\n"))]);
    let there = diff(Some(&pack()), &after).unwrap();
    let admin = BUYING.map(|action| ("admin", action, WorkspaceRelation::Own));
    assert_eq!(told(&there.gains), admin);
    assert!(there.gains.iter().all(|gain| gain.situations.is_empty() && gain.found_by == FoundBy::Matrix));
    assert_eq!(there.losses, []);
    let file = FileChange { change: ChangeKind::Changed, path: "roles.cedar".to_owned() };
    assert_eq!(there.files, [file]);
    let rule = RuleChange {
        change: ChangeKind::Changed,
        id: "roles.admin".to_owned(),
        permits: true,
        file: "roles.cedar".to_owned(),
        line: 16,
    };
    assert_eq!(there.rules, [rule]);

    let back = diff(Some(&after), &pack()).unwrap();
    assert_eq!((told(&back.losses), back.gains.len()), (admin.to_vec(), 0));
}

#[test]
fn what_a_service_gains_is_told() {
    let read = "  principal == Service::\"reporting\",\n  action in Action::\"service.read\",";
    let more = "  principal == Service::\"reporting\",\n  action in [Action::\"service.read\", Action::\"service.credits\"],";
    let mut before = packs::files("flat-owners").unwrap();
    let mut after = before.clone();
    let text = after.get_mut("services.cedar").unwrap();
    assert!(text.contains(read));
    *text = text.replace(read, more);
    let there = diff(Some(&before), &after).unwrap();
    assert_eq!(told(&there.gains), [("service:reporting", "spendCredits", WorkspaceRelation::Own)]);
    let back = diff(Some(&after), &before).unwrap();
    assert_eq!(told(&back.losses), [("service:reporting", "spendCredits", WorkspaceRelation::Own)]);
    // A service that is no longer declared loses everything.
    let product = before.get_mut("product.toml").unwrap();
    *product = product.replace("[[service]]\nid = \"reporting\"\nlabel = \"Reporting\"\n", "");
    let gone = diff(Some(&after), &before).unwrap();
    let lost: Vec<_> =
        told(&gone.losses).into_iter().filter(|(who, ..)| *who == "service:reporting").collect();
    assert!(lost.iter().any(|(_, action, _)| *action == "getWorkspace"), "{lost:?}");
}

#[test]
fn a_condition_is_told() {
    let after = edited(&[(
        "product.toml",
        "features = [\"analytics\", \"public-api\"]",
        "features = [\"analytics\"]",
    )]);
    let diff = diff(Some(&pack()), &after).unwrap();
    assert_eq!(diff.gains, []);
    assert_eq!(
        told(&diff.losses),
        ["admin", "member", "owner"]
            .into_iter()
            .flat_map(|role| {
                ["createApiKey", "rotateApiKey", "useApiKey", "usePublicApi"]
                    .map(|action| (role, action, WorkspaceRelation::Own))
            })
            .collect::<Vec<_>>()
    );
    let pro = Condition { seat: vec!["pro seat".to_owned()], ..Condition::default() };
    assert!(diff.losses.iter().all(|loss| {
        loss.situations.iter().all(|situation| situation.seat == pro.seat && situation.plan == pro.plan)
    }));
    let setting = SettingChange {
        key: "seats.tier.pro.features".to_owned(),
        before: Some("[\"analytics\", \"public-api\"]".to_owned()),
        after: Some("[\"analytics\"]".to_owned()),
    };
    assert_eq!(diff.settings, [setting]);
}

#[test]
fn of_a_condition_that_has_parts_each_is_told() {
    let own = "@id(\"x\")\npermit (principal in Role::\"member\", action == Action::\"assignSeat\", resource is Member)\n\
               when { resource == principal };";
    let mut after = edited(&[("product.toml", "rank = 10\n", "rank = 10\nstaff = true\n")]);
    after.insert("x.cedar".to_owned(), own.to_owned());
    let diff = diff(Some(&pack()), &after).unwrap();
    assert_eq!(told(&diff.gains), [("member", "assignSeat", WorkspaceRelation::Own)]);
    let own = Condition { on: vec!["self".to_owned()], ..Condition::default() };
    assert_eq!(diff.gains[0].situations, [own]);
    assert_eq!(diff.roles.len(), 1);
}

#[test]
fn a_frame_is_no_setting() {
    let after = edited(&[("product.toml", "rank = 50", "rank = 5"), ("product.toml", "\"Pro\"", "\"Plus\"")]);
    let diff = diff(Some(&pack()), &after).unwrap();
    let [admin] = &diff.roles[..] else { panic!("{:?}", diff.roles) };
    assert_eq!(admin.role, "admin");
    assert_eq!(
        (admin.before.as_ref().map(|it| it.rank), admin.after.as_ref().map(|it| it.rank)),
        (Some(50), Some(5))
    );
    assert_eq!(diff.settings.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["seats.tier.pro.label"]);
    let on = |it: &&Access| it.action == "removeMember" && it.who == "admin";
    let removal: Vec<_> = diff.losses.iter().filter(on).collect();
    assert_eq!(removal[0].situations, [Condition { on: vec!["member".to_owned()], ..Condition::default() }]);
}

#[test]
fn a_first_id_that_comes_goes_or_changes_is_a_setting() {
    let id = |value: &str| format!("id = \"admin\"\nfirst-id = \"{value}\"\n");
    let versions = [pack(), with_id(&id("boss")), with_id(&id("chief"))];
    let told = |before: &Files, after: &Files| {
        let change = |it: SettingChange| (it.key, it.before, it.after);
        diff(Some(before), after).unwrap().settings.into_iter().map(change).collect::<Vec<_>>()
    };
    let line = |before: Option<&str>, after: Option<&str>| {
        let value = |value: Option<&str>| value.map(|value| format!("\"{value}\""));
        vec![("role.admin.first-id".to_owned(), value(before), value(after))]
    };
    let [none, boss, chief] = &versions;
    assert_eq!(told(none, boss), line(None, Some("boss")));
    assert_eq!(told(boss, chief), line(Some("boss"), Some("chief")));
    assert_eq!(told(chief, none), line(Some("chief"), None));
}

/// The pack with these lines in place of the id of a role.
fn with_id(lines: &str) -> Files {
    edited(&[("product.toml", "id = \"admin\"\n", lines)])
}

#[test]
fn another_reason_is_told() {
    let after = edited(&[("roles.cedar", "@reason(\"own_role\")", "@reason(\"never\")")]);
    let diff = diff(Some(&pack()), &after).unwrap();
    assert_eq!((&diff.gains, &diff.losses), (&vec![], &vec![]));
    let reason = &diff.reasons[0];
    assert_eq!((reason.before.as_deref(), reason.after.as_deref()), (Some("own_role"), Some("never")));
    assert_eq!(reason.situations[0].on, ["self"]);
}

#[test]
fn rules_come_and_go() {
    let diff = diff(
        Some(&with("@id(\"old\")\npermit (principal is Visitor, action, resource);")),
        &with("\n@id(\"new\") @reason(\"y\")\nforbid (principal is Visitor, action, resource);"),
    )
    .unwrap();
    let rules: Vec<_> =
        diff.rules.iter().map(|it| (it.id.as_str(), it.change, it.permits, it.line)).collect();
    assert_eq!(rules, [("old", ChangeKind::Removed, true, 1), ("new", ChangeKind::Added, false, 2)]);
    assert!(told(&diff.losses).contains(&("visitor", "previewInvitation", WorkspaceRelation::Own)));
}

#[test]
fn how_a_new_role_is_refused_is_no_news() {
    let mut after = pack();
    let data = after.get_mut("product.toml").unwrap();
    *data = data.replace(
        "[seats]",
        "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 5\nbadge = \"gray\"\n\n[seats]",
    );
    after.insert(
        "guest.cedar".to_owned(),
        "@id(\"g\") permit (principal in Role::\"guest\", action == Action::\"getWorkspace\", resource);"
            .to_owned(),
    );
    let diff = diff(Some(&pack()), &after).unwrap();
    assert!(diff.reasons.is_empty(), "{:?}", diff.reasons);
    assert!(diff.gains.iter().any(|it| it.who == "guest" && it.action == "getWorkspace"));
}

#[test]
fn without_a_version_before_there_was_the_floor() {
    let new = diff(None, &pack()).unwrap();
    assert!(new.notes[0].contains("no version before"));
    assert_eq!((new.losses.len(), new.reasons.len(), new.settings.len()), (0, 0, 0));
    assert!(new.gains.iter().any(|it| it.who == "owner" && it.action == "buySeats"));
    assert!(
        !new.gains
            .iter()
            .any(|it| it.who == "owner" && it.action == "getWorkspace" && it.place == WorkspaceRelation::Own)
    );

    let broken = diff(Some(&with("nonsense")), &pack()).unwrap();
    assert!(broken.notes[0].contains("cannot be used (x.cedar:1:9: "), "{:?}", broken.notes);
    assert_eq!(broken.gains, new.gains);
    assert!(diff(None, &with("nonsense")).is_err());
}

#[test]
fn its_names_as_json_are_stable() {
    let access = Access {
        who: "admin".to_owned(),
        action: "buySeats".to_owned(),
        place: WorkspaceRelation::Own,
        situations: vec![Condition { seat: vec!["pro seat".to_owned()], ..Condition::default() }],
        found_by: FoundBy::Matrix,
        example: None,
    };
    assert_eq!(
        toml::to_string(&access).unwrap(),
        "who = \"admin\"\naction = \"buySeats\"\nplace = \"own\"\nfoundBy = \"matrix\"\n\n[[situations]]\nseat = [\"pro seat\"]\n"
    );
}
