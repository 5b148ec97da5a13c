//! The text and the JSON of a difference.

use std::collections::BTreeMap;

use seatwise_workbench::diff::{
    Access, ChangeKind, Condition, ExampleEntity, ExampleRequest, FileChange, ReasonChange, RoleAttributes,
    RoleChange, RuleChange, SettingChange,
};
use seatwise_workbench::{NamedKind, Rename, WorkspaceRelation};

use super::*;

fn access(who: &str, action: &str) -> Access {
    Access {
        who: who.to_owned(),
        action: action.to_owned(),
        place: WorkspaceRelation::Own,
        situations: vec![],
        found_by: FoundBy::Matrix,
        example: None,
    }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn by_proof() -> Access {
    let thing = |kind: &str| ExampleEntity { kind: kind.to_owned(), attributes: BTreeMap::new() };
    let example = ExampleRequest {
        words: "on the workspace, at 2019-12-31T23:59:59Z".to_owned(),
        principal: thing("Member"),
        resource: thing("Workspace"),
        target_role: None,
        target_tier: None,
        now: Some("2019-12-31T23:59:59Z".to_owned()),
    };
    Access { found_by: FoundBy::Proof, example: Some(example), ..access("member", "editFlows") }
}

fn example() -> Diff {
    let seat =
        Condition { plan: vec![], seat: texts(&["pro seat"]), on: texts(&["self"]), ..Condition::default() };
    let frame = RoleAttributes { rank: 50, governing: false, staff: true, joiner: false, includes: None };
    let file = |change, path: &str| FileChange { change, path: path.to_owned() };
    Diff {
        renames: vec![Rename {
            kind: NamedKind::Role,
            before: "assistant".to_owned(),
            after: "helper".to_owned(),
        }],
        files: vec![file(ChangeKind::Changed, "roles.cedar"), file(ChangeKind::Removed, "cases/old.toml")],
        rules: vec![RuleChange {
            change: ChangeKind::Changed,
            id: "roles.admin".to_owned(),
            permits: true,
            file: "roles.cedar".to_owned(),
            line: 15,
        }],
        roles: vec![RoleChange {
            role: "admin".to_owned(),
            before: Some(frame.clone()),
            after: Some(RoleAttributes { rank: 60, ..frame }),
        }],
        settings: vec![SettingChange {
            key: "members.max".to_owned(),
            before: None,
            after: Some("20".to_owned()),
        }],
        gains: vec![
            access("admin", "buySeats"),
            access("admin", "cancelSeat"),
            access("support", "buySeats"),
            access("support", "cancelSeat"),
            by_proof(),
        ],
        losses: vec![Access {
            place: WorkspaceRelation::Foreign,
            situations: vec![seat, Condition { to: texts(&["owner"]), ..Condition::default() }],
            ..access("admin", "changeRole")
        }],
        reasons: vec![ReasonChange {
            who: "member".to_owned(),
            action: "useProduct".to_owned(),
            place: WorkspaceRelation::Own,
            situations: vec![],
            before: None,
            after: Some("seat_required".to_owned()),
        }],
        notes: texts(&["one thing"]),
    }
}

#[test]
fn a_difference_is_a_text() {
    assert_eq!(
        render(&example()),
        "\
Renamed (their holders keep them)
  role assistant is called helper now

Rules
  ~ permit roles.admin (roles.cedar:15)
  - file cases/old.toml

Role frames (the guardrails rest on them)
  admin: rank 50, staff → rank 60, staff

Gains
  admin, support: buySeats, cancelSeat
  member: editFlows (found by proof, for example on the workspace, at 2019-12-31T23:59:59Z)

Losses
  admin: changeRole, in a workspace they are no member of, with pro seat, done to self; or giving owner

Other reasons for a refusal
  member: useProduct: no permission → seat_required

Settings
  members.max: not set → 20

Notes
  one thing
"
    );
    assert_eq!(render(&Diff::default()), "Gains: none\n\nLosses: none\n");
}

#[test]
fn its_names_as_json_are_stable() {
    let json = serde_json::to_value(by_proof()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "who": "member",
            "action": "editFlows",
            "place": "own",
            "foundBy": "proof",
            "example": {
                "words": "on the workspace, at 2019-12-31T23:59:59Z",
                "principal": { "kind": "Member", "attributes": {} },
                "resource": { "kind": "Workspace", "attributes": {} },
                "now": "2019-12-31T23:59:59Z"
            }
        })
    );
    let json = serde_json::to_value(example()).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    let expected = ["files", "gains", "losses", "notes", "reasons", "renames", "roles", "rules", "settings"];
    let mut keys: Vec<_> = keys.into_iter().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(
        json["losses"][0]["situations"][0],
        serde_json::json!({ "seat": ["pro seat"], "on": ["self"] })
    );
    assert_eq!(json["rules"][0]["change"], "changed");
}
