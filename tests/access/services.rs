//! What every route answers to services, and what the routes of services answer to people (K64).

use seatwise_domain::ServiceId;
use seatwise_functions::operations::Row;
use seatwise_policy::{AccessRequest, ActionInfo, Decision, Principal, PrincipalKind, Resource};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Case, PACKS, World, action, is_of_members};
use crate::support::catalogue::{Call, of_callers};
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::table::Dump;

const SERVICES: [&str; 2] = ["backend", "reporting"];

fn takes_services(info: &ActionInfo) -> bool {
    info.principals.contains(&PrincipalKind::Service)
}

/// Whether people call it, in a workspace or outside.
fn takes_people(info: &ActionInfo) -> bool {
    info.principals != [PrincipalKind::Service]
}

fn decide(world: &World, plan: &str, info: &ActionInfo, service: &str, case: &Case<'_>) -> Decision {
    world.bundle.decide(&AccessRequest {
        action: &info.name,
        principal: &Principal::Service(ServiceId(service.to_owned())),
        workspace: Some(&world.facts(plan)),
        resource: &case.target.resource(),
        target_role: case.role.as_ref(),
        target_tier: None,
        now: world.now(),
    })
}

#[track_caller]
fn expect_refused(reply: &Reply, reason: &str, what: &str) {
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "forbidden"), "{what}: {}", reply.text);
    assert_eq!(reply.json["reason"], json!(reason), "{what}: {}", reply.text);
}

/// Every way to call a route: in the workspace, or outside any.
fn calls(world: &World, row: &'static Row, info: &ActionInfo) -> Vec<(String, Value)> {
    if row.path.contains("{workspaceId}") {
        return world.cases(row, info).into_iter().map(|case| (case.path, case.body)).collect();
    }
    vec![(world.outside_path(row), Call::to(row).body)]
}

async fn k64_of_pack(number: usize) {
    let (pack, plan) = PACKS[number];
    let world = World::new(pack, plan).await;
    let before = world.app.dump().await;
    for row in of_callers().filter(|row| !row.public) {
        let info = action(&world.bundle, row);
        for service in SERVICES {
            if takes_services(info) {
                as_the_policies_say(&world, plan, (row, info), service, &before).await;
            } else {
                let person = world.app.service(service).await;
                for (path, body) in calls(&world, row, info) {
                    let reply = world.app.ask(&person, row, &path, body).await;
                    expect_refused(&reply, "people_only", &format!("{service} {} {path}", row.method));
                }
            }
        }
        if !takes_people(info) {
            for (path, body) in calls(&world, row, info) {
                for (name, person) in &world.callers {
                    let reply = world.app.ask(person, row, &path, body.clone()).await;
                    expect_refused(&reply, "services_only", &format!("{name} {} {path}", row.method));
                }
                for person in [&world.stranger, &world.foreigner] {
                    let reply = world.app.ask(person, row, &path, body.clone()).await;
                    expect_refused(&reply, "services_only", &format!("{} {path}", row.method));
                }
                world.app.ask(None, row, &path, body).await.expect_problem(401, "unauthenticated");
            }
        }
    }
    assert_eq!(world.app.dump().await.changed_since(&before), [""; 0]);
}

/// A route of services outside workspaces.
async fn outside_workspaces(
    world: &World,
    (row, info): (&'static Row, &ActionInfo),
    service: &str,
    caller: &Person,
) {
    let decision = world.bundle.decide(&AccessRequest {
        action: &info.name,
        principal: &Principal::Service(ServiceId(service.to_owned())),
        workspace: None,
        resource: &Resource::Platform,
        target_role: None,
        target_tier: None,
        now: world.now(),
    });
    for (path, body) in calls(world, row, info) {
        let reply = world.app.ask(caller, row, &path, body).await;
        let what = format!("{service} {} {path}", row.method);
        match &decision {
            _ if !world.bundle.offers(info) => {
                assert_eq!((reply.status.as_u16(), reply.code()), (403, "not_offered"), "{what}");
            }
            Decision::Allow => assert_eq!(reply.status, row.status, "{what}: {}", reply.text),
            Decision::Deny { reason } => {
                expect_refused(&reply, reason.as_deref().unwrap_or("not_permitted"), &what);
            }
        }
    }
}

/// The body as a service sends it: it names the user whom it asks about.
fn of_a_service(row: &Row, mut body: Value) -> Value {
    if row.name == "authorize" {
        body["userId"] = json!(Uuid::from_u128(7));
    }
    body
}

/// A route in a workspace that takes services.
async fn as_the_policies_say(
    world: &World,
    plan: &str,
    (row, info): (&'static Row, &ActionInfo),
    service: &str,
    before: &Dump,
) {
    let caller = world.app.service(service).await;
    if !row.path.contains("{workspaceId}") {
        return outside_workspaces(world, (row, info), service, &caller).await;
    }
    let nowhere = format!("/v1/workspaces/{}", Uuid::from_u128(7));
    for case in world.cases(row, info) {
        let reply = world.app.ask(&caller, row, &case.path, of_a_service(row, case.body.clone())).await;
        let missing = world.case(row, &nowhere, case.target, case.role.as_ref());
        let missing = world.app.ask(&caller, row, &missing.path, of_a_service(row, missing.body)).await;
        let what = format!("{service} {} {}", row.method, case.path);
        if !world.bundle.offers(info) {
            assert_eq!(reply.status.as_u16(), 403, "{what}: {}", reply.text);
            assert!(reply.code().ends_with("not_offered"), "{what}: {}", reply.text);
            assert_eq!(reply.anonymous(), missing.anonymous(), "{what}");
            continue;
        }
        match decide(world, plan, info, service, &case) {
            Decision::Allow => {
                assert!(!matches!(reply.status.as_u16(), 401 | 403 | 404 | 500..), "{what}: {}", reply.text);
                assert_eq!((missing.status.as_u16(), missing.code()), (404, "not_found"), "{what}");
            }
            Decision::Deny { reason } => {
                expect_refused(&reply, reason.as_deref().unwrap_or("not_permitted"), &what);
                assert_eq!(reply.anonymous(), missing.anonymous(), "{what}: it tells which workspaces exist");
            }
        }
        if reply.status.is_success() && row.method != "GET" {
            world.app.put_back(before).await;
        }
    }
}

#[tokio::test]
async fn k64_every_route_answers_services_as_the_policies_of_purchased_seats_say() {
    k64_of_pack(0).await;
}

#[tokio::test]
async fn k64_every_route_answers_services_as_the_policies_of_flat_owners_say() {
    k64_of_pack(1).await;
}

#[tokio::test]
async fn k64_every_route_answers_services_as_the_policies_of_role_seats_say() {
    k64_of_pack(2).await;
}

#[tokio::test]
async fn k64_every_route_answers_services_as_the_policies_of_role_ladder_say() {
    k64_of_pack(3).await;
}

/// The scope of an operation and the principals of its action say the same about people.
#[test]
fn k64_routes_for_services_alone_have_actions_for_services_alone() {
    let files = seatwise_policy::packs::files(PACKS[0].0).expect("built in");
    let bundle = seatwise_policy::Bundle::compile(&files).expect("sound");
    for row in of_callers() {
        let info = action(&bundle, row);
        assert_eq!(row.services_only, !takes_people(info), "{}", row.name);
        assert!(!row.services_only || !is_of_members(info), "{}", row.name);
    }
}
