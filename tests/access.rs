//! Who gets through to what (K29, K30, K31): every route of the table, asked by everybody, against
//! what the policies decide about that very request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use http::StatusCode;
use jiff::Timestamp;
use seatwise_domain::{InvitationId, LeaveRequestId, RoleId, TierId, UserId, WorkspaceId};
use seatwise_functions::operation::camel_case;
use seatwise_functions::operations::{self, Row};
use seatwise_functions::problem::Code;
use seatwise_policy::{
    AccessRequest, ActionInfo, Bundle, Decision, InvitationFacts, LeaveFacts, MemberFacts, Principal,
    PrincipalKind, Resource, ResourceKind, SeatFacts, WorkspaceFacts, packs,
};
use serde_json::{Value, json};

use crate::support::app::{App, Person, Reply, text};
use crate::support::committed;
use crate::support::stage::anonymous;
use crate::support::table::Dump;

/// A workspace with one of everything in it, and everybody who may turn up.
struct World {
    app: App,
    /// Its path.
    workspace: String,
    id: WorkspaceId,
    creator: Person,
    /// Who calls, by their role: none of them is the workspace's creator.
    callers: Vec<(RoleId, Person)>,
    /// Everybody in it: the callers, the creator and one more of each role.
    members: Vec<MemberFacts>,
    /// By who asked. The creator has none: owners cannot ask.
    leave_requests: Vec<LeaveFacts>,
    invitations: Vec<InvitationFacts>,
    seat: SeatFacts,
    /// Signed in, and in no workspace.
    stranger: Person,
    /// Who owns another workspace.
    foreigner: Person,
    /// Signed in, and invited as a member.
    invited: Person,
}

const ROLES: [&str; 3] = ["owner", "admin", "member"];

impl World {
    async fn new() -> Self {
        let app = App::new().await;
        let creator = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&creator).await;
        let mut callers = Vec::new();
        let mut asked = BTreeMap::new();
        for (who, is_caller) in [("caller", true), ("other", false)] {
            for role in ROLES {
                let person =
                    app.member(&creator, &workspace, &format!("{who}@{role}.example"), "member").await;
                let id = app.id_of(&person).await;
                let request = app.post(&person, &format!("{workspace}/leave-requests"), json!({})).await;
                asked.insert(id.clone(), text(&request.expect(201)["id"]));
                if role != "member" {
                    let path = format!("{workspace}/members/{id}/role");
                    app.call(&creator, "PUT", &path, json!({ "role": role })).await.expect(200);
                }
                if is_caller {
                    callers.push((RoleId(role.to_owned()), person));
                }
            }
        }
        app.buy(&creator, &workspace, "pro", 4).await;
        let mut invitations = Vec::new();
        for role in ROLES {
            let made = app.invite(&creator, &workspace, &format!("invited@{role}.example"), role).await;
            invitations.push(InvitationFacts { id: parse(&made["id"]), role: RoleId(role.to_owned()) });
        }
        let stranger = app.sign_in("stranger@nowhere.example").await;
        let foreigner = app.sign_in("foreigner@other.example").await;
        app.workspace(&foreigner).await;
        let invited = app.sign_in("invited@member.example").await;

        let seats = app.get(&creator, &format!("{workspace}/seats?status=available")).await.expect(200);
        let id = parse(&json!(workspace.rsplit('/').next()));
        let seat = seat_facts(id, &seats["items"][0]);
        let listed = app.get(&creator, &format!("{workspace}/members")).await.expect(200);
        let listed = listed["items"].as_array().expect("members").iter();
        let members: Vec<MemberFacts> = listed.map(|member| member_facts(id, member)).collect();
        let leave_requests = members.iter().filter_map(|member| {
            let id = parse::<LeaveRequestId>(&json!(asked.get(&member.user.to_string())?));
            Some(LeaveFacts { id, workspace: member.workspace, requester: member.clone() })
        });
        let leave_requests = leave_requests.collect();
        Self {
            app,
            workspace,
            id,
            creator,
            callers,
            members,
            leave_requests,
            invitations,
            seat,
            stranger,
            foreigner,
            invited,
        }
    }

    async fn member(&self, person: &Person) -> &MemberFacts {
        let id = self.app.id_of(person).await;
        self.members.iter().find(|member| member.user.to_string() == id).expect("a member")
    }

    /// Everything that a row can be asked to act on. A resource that this does not know fails the
    /// test: a new route brings its own.
    fn targets(&self, info: &ActionInfo) -> Vec<Target<'_>> {
        match info.resources.as_slice() {
            [ResourceKind::Workspace] => vec![Target::Workspace],
            [ResourceKind::Member] => self.members.iter().map(Target::Member).collect(),
            [ResourceKind::Seat] => vec![Target::Seat(&self.seat)],
            [ResourceKind::Invitation] => self.invitations.iter().map(Target::Invitation).collect(),
            [ResourceKind::LeaveRequest] => self.leave_requests.iter().map(Target::LeaveRequest).collect(),
            other => panic!("{}: teach this test what {other:?} is in a workspace", info.name),
        }
    }

    /// Every way to call a row that is inside a workspace.
    fn cases(&self, row: &Row, info: &ActionInfo) -> Vec<Case<'_>> {
        let given: Vec<Option<RoleId>> = if info.takes_target_role {
            ROLES.iter().map(|role| Some(RoleId((*role).to_owned()))).collect()
        } else {
            vec![None]
        };
        let targets = self.targets(info);
        let cases = targets.iter().flat_map(|target| {
            given.iter().map(|role| Case {
                path: path(row, &self.workspace, *target),
                body: body(row, role.as_ref()),
                target: *target,
                role: role.clone(),
            })
        });
        cases.collect()
    }

    /// What the policies say of a case.
    fn decide(&self, bundle: &Bundle, info: &ActionInfo, caller: &MemberFacts, case: &Case<'_>) -> Decision {
        let creator = self.members.iter().find(|member| member.free_slot).expect("the creator");
        bundle.decide(&AccessRequest {
            action: &info.name,
            principal: Principal::Member(caller),
            workspace: Some(&WorkspaceFacts { id: self.id, creator: creator.user, active: true }),
            resource: case.target.resource(),
            target_role: case.role.as_ref(),
            now: self.now(),
        })
    }

    fn now(&self) -> Timestamp {
        self.app.local.clock.now()
    }
}

/// What a request acts on.
#[derive(Clone, Copy)]
enum Target<'a> {
    Workspace,
    Member(&'a MemberFacts),
    Seat(&'a SeatFacts),
    Invitation(&'a InvitationFacts),
    LeaveRequest(&'a LeaveFacts),
}

impl<'a> Target<'a> {
    fn resource(self) -> Resource<'a> {
        match self {
            Self::Workspace => Resource::Workspace,
            Self::Member(facts) => Resource::Member(facts),
            Self::Seat(facts) => Resource::Seat(facts),
            Self::Invitation(facts) => Resource::Invitation(facts),
            Self::LeaveRequest(facts) => Resource::LeaveRequest(facts),
        }
    }
}

/// One request.
struct Case<'a> {
    path: String,
    body: Value,
    target: Target<'a>,
    role: Option<RoleId>,
}

/// The row's path in that workspace. A parameter that is not filled in fails the test.
fn path(row: &Row, workspace: &str, target: Target<'_>) -> String {
    let path = row.path.replace("/v1/workspaces/{workspaceId}", workspace);
    let path = match target {
        Target::Workspace => path,
        Target::Member(member) => path.replace("{userId}", &member.user.to_string()),
        Target::Seat(seat) => path.replace("{seatId}", &seat.id.to_string()),
        Target::Invitation(it) => path.replace("{invitationId}", &it.id.to_string()),
        Target::LeaveRequest(it) => path.replace("{requestId}", &it.id.to_string()),
    };
    assert!(!path.contains('{'), "{}: teach this test to fill in {path}", row.name);
    path
}

/// The row's example, for that role.
fn body(row: &Row, role: Option<&RoleId>) -> Value {
    if row.example.is_empty() {
        return Value::Null;
    }
    let mut body: Value = serde_json::from_str(row.example).expect("an example is JSON");
    if let Some(role) = role {
        body["role"] = json!(role);
    }
    body
}

#[track_caller]
fn parse<T: std::str::FromStr>(value: &Value) -> T {
    text(value).parse().unwrap_or_else(|_| panic!("{value} is not what it should be"))
}

/// As the list of seats shows it, or the one a member has.
fn seat_facts(workspace: WorkspaceId, seat: &Value) -> SeatFacts {
    SeatFacts {
        workspace,
        id: parse(&seat["id"]),
        tier: TierId(text(&seat["tier"])),
        live: seat["status"] != "expired",
        paid_until: parse(&seat["paidThrough"]),
    }
}

fn member_facts(workspace: WorkspaceId, member: &Value) -> MemberFacts {
    MemberFacts {
        workspace,
        user: parse::<UserId>(&member["userId"]),
        role: RoleId(text(&member["role"])),
        seat: member["seat"].is_object().then(|| seat_facts(workspace, &member["seat"])),
        free_slot: member["freeSlot"] == true,
    }
}

fn bundle() -> Bundle {
    Bundle::compile(&packs::files("purchased-seats").expect("built in")).expect("sound")
}

fn action<'b>(bundle: &'b Bundle, row: &Row) -> &'b ActionInfo {
    let name = camel_case(row.name);
    bundle.actions().iter().find(|info| info.name == name).unwrap_or_else(|| panic!("no action {name}"))
}

fn is_of_members(info: &ActionInfo) -> bool {
    info.principals == [PrincipalKind::Member]
}

/// As the snapshot shows a reply.
fn shown(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    match (reply.code(), reply.json["reason"].as_str()) {
        ("", _) => status.to_string(),
        (code, Some(reason)) if reason != code => format!("{status} {code} ({reason})"),
        (code, _) => format!("{status} {code}"),
    }
}

/// Checks that an answer is what the policies say, and no other.
#[track_caller]
fn check(row: &Row, case: &Case<'_>, caller: &MemberFacts, decision: &Decision, reply: &Reply) {
    let what = format!("{} {} {} as {}: {}", row.method, case.path, case.body, caller.role, reply.text);
    match decision {
        Decision::Allow => {
            assert!(!matches!(reply.status.as_u16(), 401 | 403 | 404 | 500..), "{what}");
        }
        Decision::Deny { reason } => {
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{what}");
            let named = |reason: &String| Code::ALL.iter().any(|code| code.as_str() == reason);
            let code = reason.as_ref().filter(|reason| named(reason)).map_or("forbidden", String::as_str);
            assert_eq!(reply.code(), code, "{what}");
            assert_eq!(reply.json["reason"], json!(reason), "{what}");
        }
    }
}

/// What everybody got, by route and by who asked.
#[derive(Default)]
struct Outcomes(Named<Named<BTreeSet<String>>>);

/// What stands beside names, in the order in which these came first.
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

/// What stands beside that name; nothing yet, if it is new.
fn at<'a, T: Default>(list: &'a mut Named<T>, name: &str) -> &'a mut T {
    let index = list.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        list.push((name.to_owned(), T::default()));
        list.len() - 1
    });
    &mut list[index].1
}

#[tokio::test]
async fn k29_every_route_answers_everybody_as_the_policies_say() {
    let world = World::new().await;
    let bundle = bundle();
    let mut outcomes = Outcomes::default();
    let before = Dump::of(&world.app).await;
    for row in operations::all() {
        let info = action(&bundle, row);
        if is_of_members(info) {
            inside(&world, &bundle, row, &before, &mut outcomes).await;
        } else {
            outside(&world, row, &before, &mut outcomes).await;
        }
    }
    committed::check("access.txt", &outcomes.render());
}

/// A route inside a workspace.
async fn inside(world: &World, bundle: &Bundle, row: &'static Row, before: &Dump, outcomes: &mut Outcomes) {
    let info = action(bundle, row);
    let app = &world.app;
    let mut succeeded = false;
    for (role, person) in &world.callers {
        let caller = world.member(person).await;
        for case in world.cases(row, info) {
            let reply = app.call(person, row.method.as_str(), &case.path, case.body.clone()).await;
            check(row, &case, caller, &world.decide(bundle, info, caller, &case), &reply);
            outcomes.note(row, role.as_str(), &reply);
            succeeded |= reply.status == row.status;
            if reply.status.is_success() && row.method != "GET" {
                before.put_back(app).await;
            }
        }
    }
    // Else what was called was nothing real. Everybody here has asked to leave already.
    let has_succeeded = succeeded || row.name == "request-leave";
    assert!(has_succeeded, "nobody was answered {} by {}", row.status, row.route());

    let nowhere = format!("/v1/workspaces/{}", uuid::Uuid::from_u128(7));
    for case in world.cases(row, info) {
        for (who, person) in
            [("invited", &world.invited), ("stranger", &world.stranger), ("foreigner", &world.foreigner)]
        {
            let there = app.call(person, row.method.as_str(), &case.path, case.body.clone()).await;
            let missing = path(row, &nowhere, case.target);
            let missing = app.call(person, row.method.as_str(), &missing, case.body.clone()).await;
            assert_eq!((there.status.as_u16(), there.code()), (404, "not_found"), "{who} {}", row.route());
            assert_eq!(anonymous(&there), anonymous(&missing), "{who} {}", row.route());
            outcomes.note(row, who, &there);
        }
        let nobody = app.call(None, row.method.as_str(), &case.path, case.body.clone()).await;
        outcomes.note(row, "nobody", &nobody);
        nobody.expect_problem(401, "unauthenticated");
    }
    assert_eq!(Dump::of(app).await.changed_since(before), [""; 0], "{}", row.route());
}

/// A route that is in no workspace: an account's own, or of an invitation that is named.
async fn outside(world: &World, row: &Row, before: &Dump, outcomes: &mut Outcomes) {
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
    let path = row.path.replace("{invitationId}", &invitation.to_string());
    let body = match row.name {
        "join" => json!({ "invitationId": invitation }),
        "preview-invitation" => json!({ "token": token(world, *invitation).await }),
        _ => body(row, None),
    };
    let mut succeeded = false;
    for (who, person) in callers {
        let reply = app.call(person, row.method.as_str(), &path, body.clone()).await;
        let what = format!("{} as {who}: {}", row.route(), reply.text);
        let expected: &[u16] = match (row.name, who) {
            (_, "nobody") if !row.public => &[401],
            ("join", "owner" | "admin" | "member") => &[409],
            ("join" | "decline-invitation", who) if who != "invited" => &[403],
            _ => &[row.status.as_u16()],
        };
        assert!(expected.contains(&reply.status.as_u16()), "{what}");
        succeeded |= reply.status == row.status;
        outcomes.note(row, who, &reply);
        if reply.status.is_success() {
            before.put_back(app).await;
        }
    }
    assert!(succeeded, "nobody was answered {} by {}", row.status, row.route());
}

/// The token of the link of a pending invitation, as its creator sees it.
async fn token(world: &World, invitation: InvitationId) -> String {
    let listed = world.app.get(&world.creator, &format!("{}/invitations", world.workspace)).await.expect(200);
    let mut items = listed["items"].as_array().expect("a list").iter();
    let found = items.find(|item| item["id"] == json!(invitation)).expect("the invitation");
    crate::support::app::token_of(&text(&found["url"])).to_owned()
}

#[test]
fn k29_operations_and_actions_are_the_same() {
    let bundle = bundle();
    let operations: BTreeSet<String> = operations::all().iter().map(|row| camel_case(row.name)).collect();
    let actions: BTreeSet<String> =
        bundle.actions().iter().filter(|info| info.is_operation).map(|info| info.name.clone()).collect();
    assert_eq!(operations, actions);
    // Only what needs no person is open to who is not signed in.
    for row in operations::all() {
        let is_for_visitors = action(&bundle, row).principals.contains(&PrincipalKind::Visitor);
        assert_eq!(row.public, is_for_visitors, "{}", row.name);
    }
}

#[tokio::test]
async fn k29_ids_of_one_workspace_open_nothing_in_another() {
    let world = World::new().await;
    let app = &world.app;
    let bundle = bundle();
    // Somebody governs the one and is a plain member of the other: their own ids are known in both.
    let rival = app.sign_in("caller@member.example").await;
    let own = app.workspace(&rival).await;
    app.buy(&rival, &own, "pro", 2).await;
    let before = Dump::of(app).await;
    let rival_id = app.id_of(&rival).await;
    let mut asked = 0;
    for row in operations::all().iter().filter(|row| is_of_members(action(&bundle, row))) {
        for target in world.targets(action(&bundle, row)) {
            let is_rival = matches!(target, Target::Member(member) if member.user.to_string() == rival_id);
            if is_rival || matches!(target, Target::Workspace) {
                continue;
            }
            let path = path(row, &own, target);
            let reply = app.call(&rival, row.method.as_str(), &path, body(row, None)).await;
            let what = format!("{} {path}: {}", row.method, reply.text);
            let is_own_leave =
                matches!(target, Target::LeaveRequest(it) if it.requester.user.to_string() == rival_id);
            match (row.name, is_own_leave) {
                // Told before it is said whether there is such a request.
                ("withdraw-leave", false) => {
                    assert_eq!(shown(&reply), "403 forbidden (not_your_request)", "{what}");
                }
                ("approve-leave", true) => assert_eq!(shown(&reply), "403 own_removal", "{what}"),
                _ => assert_eq!(shown(&reply), "404 not_found", "{what}"),
            }
            // The same as for an id of nothing at all.
            let nothing = path.replace(&target_id(target), &made_up(target));
            let made_up = app.call(&rival, row.method.as_str(), &nothing, body(row, None)).await;
            assert_eq!(anonymous(&reply), anonymous(&made_up), "{what}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    // A seat of the other is none to put anybody on, nor to invite anybody to.
    let seat = json!({ "seatId": world.seat.id });
    app.call(&rival, "PUT", &format!("{own}/members/{rival_id}/seat"), seat.clone())
        .await
        .expect_problem(409, "seat_not_available");
    app.post(&rival, &format!("{own}/invitations"), seat).await.expect_problem(409, "seat_not_available");
    assert_eq!(Dump::of(app).await.changed_since(&before), [""; 0]);
}

fn target_id(target: Target<'_>) -> String {
    match target {
        Target::Workspace => String::new(),
        Target::Member(it) => it.user.to_string(),
        Target::Seat(it) => it.id.to_string(),
        Target::Invitation(it) => it.id.to_string(),
        Target::LeaveRequest(it) => it.id.to_string(),
    }
}

/// An id of the same kind, of nothing. A leave request's says who asks: the same person.
fn made_up(target: Target<'_>) -> String {
    let serial = uuid::Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
    match target {
        Target::Workspace => String::new(),
        Target::Member(_) | Target::Seat(_) => serial.to_string(),
        Target::Invitation(it) => InvitationId { serial, ..it.id }.to_string(),
        Target::LeaveRequest(it) => LeaveRequestId { serial, ..it.id }.to_string(),
    }
}

#[tokio::test]
async fn k30_nobody_gives_more_than_they_have() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let member = app.member(&owner, &workspace, "mia@acme.example", "member").await;
    app.buy(&owner, &workspace, "pro", 3).await;
    let invitations = format!("{workspace}/invitations");
    let seats = app.get(&owner, &format!("{workspace}/seats?status=available")).await.expect(200);
    let seat = &seats["items"][0]["id"];

    // Inviting: by address, several at once, by a link, onto a seat.
    for body in [
        json!({ "emails": ["x@acme.example"], "role": "owner" }),
        json!({ "emails": ["x@acme.example", "y@acme.example"], "role": "owner" }),
        json!({ "role": "owner" }),
        json!({ "role": "owner", "seatId": seat }),
        json!({ "role": "owner", "sendEmail": false }),
    ] {
        app.post(&admin, &invitations, body).await.expect_problem(403, "role_above_own");
    }
    app.post(&member, &invitations, json!({ "role": "member" })).await.expect_problem(403, "forbidden");
    // Giving a role: to somebody else, and to oneself.
    let member_id = app.id_of(&member).await;
    for id in [&member_id, &app.id_of(&admin).await] {
        let path = format!("{workspace}/members/{id}/role");
        app.call(&admin, "PUT", &path, json!({ "role": "owner" }))
            .await
            .expect_problem(403, "role_above_own");
    }
    let path = format!("{workspace}/members/{member_id}/role");
    app.call(&member, "PUT", &path, json!({ "role": "admin" })).await.expect_problem(403, "role_above_own");

    // A pending owner: the admin sees the invitation and no link, and cannot have it sent or taken back.
    let pending = app.invite(&owner, &workspace, "otto@acme.example", "owner").await;
    let plain = app.invite(&admin, &workspace, "max@acme.example", "member").await;
    let links = async |who: &Person| {
        let listed = app.get(who, &invitations).await.expect(200);
        let items = listed["items"].as_array().expect("a list").iter();
        items.filter(|item| item["url"].is_string()).map(|item| text(&item["id"])).collect::<BTreeSet<_>>()
    };
    let (pending, plain) = (text(&pending["id"]), text(&plain["id"]));
    assert_eq!(links(&owner).await, BTreeSet::from([pending.clone(), plain.clone()]));
    assert_eq!(links(&admin).await, BTreeSet::from([plain.clone()]));
    let one = format!("{invitations}/{pending}");
    app.post(&admin, &format!("{one}/resend"), json!({})).await.expect_problem(403, "role_above_own");
    app.call(&admin, "DELETE", &one, Value::Null).await.expect_problem(403, "role_above_own");
    let resent = app.post(&admin, &format!("{invitations}/{plain}/resend"), json!({})).await.expect(200);
    assert!(resent["url"].is_string());
}

#[tokio::test]
async fn k30_no_body_takes_a_field_too_many() {
    let world = World::new().await;
    let app = &world.app;
    let before = Dump::of(app).await;
    let invitation = world.invitations[2].id.to_string();
    let owner = &world.callers[0].1;
    for row in operations::all() {
        let info = bundle();
        let info = action(&info, row);
        let path = if is_of_members(info) {
            path(row, &world.workspace, world.targets(info)[0])
        } else {
            row.path.replace("{invitationId}", &invitation)
        };
        for field in
            ["workspaceId", "userId", "rank", "governing", "isCreator", "creatorId", "__proto__", "Role"]
        {
            let mut body = body(row, None);
            body[field] = json!("owner");
            let reply = app.call(owner, row.method.as_str(), &path, body).await;
            let what = format!("{} with {field}: {}", row.route(), reply.text);
            let problem = reply.expect_problem(422, "invalid_request");
            assert_eq!(problem["errors"][0]["field"], field, "{what}");
            assert_eq!(problem["errors"][0]["message"], "is not a field of this request", "{what}");
        }
    }
    assert_eq!(Dump::of(app).await.changed_since(&before), [""; 0]);
}

#[tokio::test]
async fn k31_a_withdrawn_role_denies_the_next_request() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    // Their token was made before, and stays good all the time.
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let id = app.id_of(&admin).await;
    let members = format!("{workspace}/members/{id}");
    let invitations = format!("{workspace}/invitations");
    app.get(&admin, &invitations).await.expect(200);
    app.call(&admin, "PATCH", &workspace, json!({ "name": "Mine" })).await.expect(200);

    app.call(&owner, "PUT", &format!("{members}/role"), json!({ "role": "member" })).await.expect(200);
    app.get(&admin, &invitations).await.expect_problem(403, "forbidden");
    app.call(&admin, "PATCH", &workspace, json!({ "name": "Mine" })).await.expect_problem(403, "forbidden");
    app.post(&admin, &invitations, json!({ "role": "admin" })).await.expect_problem(403, "role_above_own");
    let allowed = app.get(&admin, &format!("{workspace}/permissions")).await.expect(200);
    assert!(!allowed["actions"].as_array().expect("actions").contains(&json!("updateWorkspace")));
    app.get(&admin, &workspace).await.expect(200);

    app.call(&owner, "DELETE", &members, Value::Null).await.expect(204);
    for row in operations::all().iter().filter(|row| row.path.starts_with("/v1/workspaces/{workspaceId}")) {
        let path = row.path.replace("/v1/workspaces/{workspaceId}", &workspace).replace("{userId}", &id);
        let path = path.replace("{seatId}", &id);
        let path = path.replace("{invitationId}", &"A".repeat(43)).replace("{requestId}", &"A".repeat(43));
        app.call(&admin, row.method.as_str(), &path, body(row, None)).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.get(&admin, "/v1/workspaces").await.expect(200)["items"], json!([]));
    assert_eq!(app.get(&owner, &workspace).await.expect(200)["name"], "Mine");
}
