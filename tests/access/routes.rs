//! Every route, asked by everybody, against what the policies decide about that very request (K29).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seatwise_domain::InvitationId;
use seatwise_functions::camel_case;
use seatwise_functions::operations::Row;
use seatwise_functions::problem::Code;
use seatwise_policy::{Bundle, Decision, MemberFacts, NOT_OFFERED, PrincipalKind, packs};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Case, PACKS, World, action, is_of_members, shown};
use crate::support::catalogue::{Call, ONLINE, of_callers, of_people};
use crate::support::client::Client as _;
use crate::support::committed;
use crate::support::person::Person;
use crate::support::reply::{Reply, text, token_of};
use crate::support::scene::fill;
use crate::support::table::Dump;

/// Checks that an answer is what the policies say, and no other. What they allow a rule may still
/// refuse, as forbidden too: but then it is a code of its own, and no policy's reason is given.
#[track_caller]
fn check(row: &Row, case: &Case<'_>, caller: &MemberFacts, decision: &Decision, reply: &Reply) {
    let what = format!("{} {} {} as {}: {}", row.method, case.path, case.body, caller.role.0, reply.text);
    match decision {
        Decision::Deny { reason } if reason.as_deref() == Some(NOT_OFFERED) => {
            let codes = ["not_offered", "channel_not_offered", "leave_not_offered", "billing_not_offered"];
            assert!(reply.status == 403 && codes.contains(&reply.code()), "{what}");
        }
        Decision::Allow => {
            assert!(!matches!(reply.status.as_u16(), 401 | 404 | 500..), "{what}");
            assert!(reply.code() != "forbidden" && reply.json["reason"].is_null(), "{what}");
        }
        Decision::Deny { reason } => {
            let is_refusal = |code: &&Code| matches!(code.status().as_u16(), 403 | 409);
            let named = |code: &&Code| reason.as_deref() == Some(code.as_str());
            let code = Code::ALL.iter().filter(is_refusal).find(named).unwrap_or(&Code::Forbidden);
            assert_eq!((reply.status, reply.code()), (code.status(), code.as_str()), "{what}");
            let reason = reason.as_deref().unwrap_or("not_permitted");
            assert_eq!(reply.json["reason"], json!(reason), "{what}");
            let detail = text(&reply.json["detail"]);
            let names_roles = ["Only ", "Owner", "Admin"].iter().any(|start| detail.starts_with(start));
            assert!(reply.code() != "forbidden" || names_roles, "{what}");
        }
    }
}

/// The answers that everybody got, by route and by caller.
#[derive(Default)]
struct Outcomes(Named<Named<BTreeSet<String>>>);

/// Values with their names, in the order in which the names came first.
type Named<T> = Vec<(String, T)>;

impl Outcomes {
    fn note(&mut self, row: &Row, who: &str, reply: &Reply) {
        let by_caller = at(&mut self.0, &row.route());
        at(by_caller, who).insert(shown(reply));
    }

    /// A block a route, a line for those who are answered alike.
    fn render(&self) -> String {
        let mut out =
            "What each route answers to whom, over every target and role there is. Generated from the\n\
             running service, whose answers are held against the policies: do not edit.\n"
                .to_owned();
        for (route, by_caller) in &self.0 {
            let mut lines: Vec<(String, &BTreeSet<String>)> = Vec::new();
            for (who, outcomes) in by_caller {
                match lines.iter_mut().find(|(_, same)| *same == outcomes) {
                    Some((names, _)) => {
                        let _ = write!(names, ", {who}");
                    }
                    None => lines.push((who.clone(), outcomes)),
                }
            }
            let _ = writeln!(out, "\n{route}");
            for (who, outcomes) in lines {
                let outcomes = outcomes.iter().map(String::as_str).collect::<Vec<_>>().join(" · ");
                let _ = writeln!(out, "  {who}: {outcomes}");
            }
        }
        out
    }
}

/// The value of that name; a default value, if the name is new.
fn at<'a, T: Default>(list: &'a mut Named<T>, name: &str) -> &'a mut T {
    let index = list.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        list.push((name.to_owned(), T::default()));
        list.len() - 1
    });
    &mut list[index].1
}

/// Operations that a pack's policies allow and nobody in the world can do.
const NOT_DONE: &[(&str, &str)] = &[
    // Everybody has asked already.
    ("purchased-seats", "request-leave"),
    // An operator manages the plan.
    ("role-seats", "preview-purchase"),
    ("role-seats", "change-plan"),
];

async fn k29_of_pack(number: usize) {
    let (pack, plan) = PACKS[number];
    let world = World::new(pack, plan).await;
    let mut outcomes = Outcomes::default();
    let mut not_done = Vec::new();
    let before = world.app.dump().await;
    for row in of_people() {
        if is_of_members(action(&world.bundle, row)) {
            let (is_allowed, is_done) = inside(&world, plan, row, &before, &mut outcomes).await;
            // Else what was called was nothing real.
            if is_allowed && !is_done {
                not_done.push((world.pack, row.name));
            }
        } else {
            outside(&world, row, &before, &mut outcomes).await;
        }
    }
    not_done.sort_unstable();
    let mut expected: Vec<_> = NOT_DONE.iter().copied().filter(|(of, _)| *of == pack).collect();
    expected.sort_unstable();
    assert_eq!(not_done, expected, "allowed, and never done");
    committed::check(&format!("access-{pack}.txt"), &outcomes.render());
}

#[tokio::test]
async fn k29_every_route_answers_everybody_as_the_policies_of_purchased_seats_say() {
    k29_of_pack(0).await;
}

#[tokio::test]
async fn k29_every_route_answers_everybody_as_the_policies_of_flat_owners_say() {
    k29_of_pack(1).await;
}

#[tokio::test]
async fn k29_every_route_answers_everybody_as_the_policies_of_role_seats_say() {
    k29_of_pack(2).await;
}

#[tokio::test]
async fn k29_every_route_answers_everybody_as_the_policies_of_role_ladder_say() {
    k29_of_pack(3).await;
}

#[test]
fn k29_every_pack_and_operation_is_asked() {
    assert_eq!(BTreeSet::from(PACKS.map(|(pack, _)| pack)), packs::names().collect());
    // An operation that the policies of no pack allow to anybody would never be seen done.
    for row in of_people() {
        let done = PACKS.iter().any(|(pack, _)| {
            let path = format!("{}/snapshots/access-{pack}.txt", env!("CARGO_MANIFEST_DIR"));
            let snapshot = std::fs::read_to_string(path).expect("a snapshot");
            let block = snapshot.split("\n\n").find(|block| block.lines().next() == Some(&row.route()));
            block.is_some_and(|block| block.contains(&format!(": {}", row.status.as_u16())))
        });
        // Everybody who could ask to leave has asked.
        let is_online = ONLINE.contains(&row.name);
        assert!(done || is_online || row.name == "request-leave", "{}", row.name);
    }
}

/// A route inside a workspace. Whether the policies allow it to anybody, and whether it was done.
async fn inside(
    world: &World,
    plan: &str,
    row: &'static Row,
    before: &Dump,
    outcomes: &mut Outcomes,
) -> (bool, bool) {
    let info = action(&world.bundle, row);
    let app = &world.app;
    let facts = world.facts(plan);
    let is_offered = world.bundle.offers(info) && world.bundle.is_permitted_to_some(&info.name, world.now());
    let (mut is_allowed, mut is_done) = (false, false);
    for (name, person) in &world.callers {
        let caller = world.member(person);
        for case in world.cases(row, info) {
            let reply = app.ask(person, row, &case.path, case.body.clone()).await;
            let decision = if is_offered {
                world.decide(&facts, info, caller, &case)
            } else {
                Decision::Deny { reason: Some(NOT_OFFERED.to_owned()) }
            };
            check(row, &case, caller, &decision, &reply);
            outcomes.note(row, name, &reply);
            is_allowed |= decision == Decision::Allow;
            is_done |= reply.status == row.status;
            if reply.status.is_success() && row.method != "GET" {
                app.put_back(before).await;
            }
        }
    }

    let nowhere = format!("/v1/workspaces/{}", Uuid::from_u128(7));
    for case in world.cases(row, info) {
        for (who, person) in
            [("invited", &world.invited), ("stranger", &world.stranger), ("foreigner", &world.foreigner)]
        {
            let there = app.ask(person, row, &case.path, case.body.clone()).await;
            let missing = world.case(row, &nowhere, case.target, case.role.as_ref());
            let missing = app.ask(person, row, &missing.path, missing.body).await;
            assert_eq!((there.status.as_u16(), there.code()), (404, "not_found"), "{who} {}", row.route());
            assert_eq!(there.anonymous(), missing.anonymous(), "{who} {}", row.route());
            outcomes.note(row, who, &there);
        }
        let nobody = app.ask(None, row, &case.path, case.body.clone()).await;
        outcomes.note(row, "nobody", &nobody);
        nobody.expect_problem(401, "unauthenticated");
    }
    assert_eq!(app.dump().await.changed_since(before), [""; 0], "{}", row.route());
    (is_allowed, is_done)
}

/// A route that asks for no membership: an account's own, of an invitation that is named, or public.
async fn outside(world: &World, row: &'static Row, before: &Dump, outcomes: &mut Outcomes) {
    let app = &world.app;
    let invitation = &world.invitations.last().expect("a member's").id;
    let mut callers: Vec<(&str, Option<&Person>)> =
        world.callers.iter().map(|(role, person)| (role.as_str(), Some(person))).collect();
    callers.extend([
        ("invited", Some(&world.invited)),
        ("stranger", Some(&world.stranger)),
        ("foreigner", Some(&world.foreigner)),
        ("nobody", None),
    ]);
    let path = world.outside_path(row);
    let token = token(world, *invitation).await;
    let body = fill(&Call::to(row).body.to_string(), |name| match name {
        "token" => token.clone(),
        _ => panic!("{}: teach this test what {name} is", row.name),
    });
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let mut succeeded = false;
    for (who, person) in callers {
        let reply = app.ask(person, row, &path, body.clone()).await;
        let what = format!("{} as {who}: {}", row.route(), reply.text);
        let is_member = world.callers.iter().any(|(name, _)| name == who);
        let expected: &[u16] = match (row.name, who) {
            (_, "nobody") if !row.public => &[401],
            ("join", _) if is_member => &[409],
            // A workspace that needs them keeps them.
            ("delete-me", _) => &[204, 403, 409],
            ("join", who) if who != "invited" => &[403],
            // Somebody else's invitation is unknown.
            ("decline-invitation", who) if who != "invited" => &[404],
            _ => &[row.status.as_u16()],
        };
        assert!(expected.contains(&reply.status.as_u16()), "{what}");
        succeeded |= reply.status == row.status;
        outcomes.note(row, who, &reply);
        if reply.status.is_success() && row.method != "GET" {
            app.put_back(before).await;
        }
    }
    assert!(succeeded, "nobody was answered {} by {}", row.status, row.route());
    assert_eq!(app.dump().await.changed_since(before), [""; 0], "{}", row.route());
}

/// The token of the link of a pending invitation, as its creator sees it.
async fn token(world: &World, invitation: InvitationId) -> String {
    let listed = world.app.get(&world.creator, &format!("{}/invitations", world.workspace)).await.expect(200);
    let mut items = listed["items"].as_array().expect("a list").iter();
    let found = items.find(|item| item["id"] == json!(invitation)).expect("the invitation");
    token_of(&text(&found["url"])).to_owned()
}

#[test]
fn k29_operations_and_actions_are_the_same() {
    let operations: BTreeSet<String> = of_callers().map(|row| camel_case(row.name)).collect();
    for (pack, _) in PACKS {
        let bundle = Bundle::compile(&packs::files(pack).expect("built in")).expect("sound");
        let actions: BTreeSet<String> =
            bundle.actions().iter().filter(|info| info.is_operation).map(|info| info.name.clone()).collect();
        assert_eq!(operations, actions, "{pack}");
        // Only what needs no person is open to who is not signed in.
        for row in of_people() {
            let is_for_visitors = action(&bundle, row).principals.contains(&PrincipalKind::Visitor);
            assert_eq!(row.public, is_for_visitors, "{pack}: {}", row.name);
        }
    }
}
