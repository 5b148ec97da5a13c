//! Who gets through to what (K29, K30, K31): every route of the table, asked by everybody, against
//! what the policies decide about that very request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use seatwise_domain::pack::{Channel, InvitedRole, LeaveBy, SeatModel};
use seatwise_domain::{InvitationId, LeaveRequestId, Pack, RoleId, SeatId, TierId, UserId, WorkspaceId};
use seatwise_functions::operation::camel_case;
use seatwise_functions::operations::{self, Row};
use seatwise_functions::problem::Code;
use seatwise_policy::{
    AccessRequest, ActionInfo, Bundle, Decision, InvitationFacts, LeaveFacts, MemberFacts, Principal,
    PrincipalKind, Resource, ResourceKind, SeatFacts, WorkspaceFacts, packs,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::App;
use crate::support::catalogue::{Call, example};
use crate::support::client::{Client as _, id_of};
use crate::support::committed;
use crate::support::contract::takes_json;
use crate::support::person::Person;
use crate::support::reply::{Reply, text, token_of};
use crate::support::scene::fill;
use crate::support::table::Dump;

/// The serial of nothing that there is.
const NOTHING: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);

/// A workspace with one of everything in it, and everybody who may turn up.
struct World {
    app: App,
    pack: &'static str,
    bundle: Bundle,
    /// Its path.
    workspace: String,
    id: WorkspaceId,
    creator: Person,
    /// Who calls: the creator, and one of each role.
    callers: Vec<(String, Person)>,
    /// Everybody in it: the callers, and one more of each role if there is room.
    members: Vec<MemberFacts>,
    /// By who asked. Where nobody can ask, those that there would be.
    leave_requests: Vec<LeaveFacts>,
    invitations: Vec<InvitationFacts>,
    seat: SeatFacts,
    /// Where its logo is.
    logo: String,
    /// Signed in, and in no workspace.
    stranger: Person,
    /// Who owns another workspace.
    foreigner: Person,
    /// Signed in, and invited to the last of the roles.
    invited: Person,
}

/// The packs, each with the plan of its workspace: one that leaves nothing out.
const PACKS: [(&str, &str); 4] = [
    ("purchased-seats", "workspace"),
    ("flat-owners", "credits"),
    ("role-seats", "enterprise"),
    ("role-ladder", "standard"),
];

/// A domain that the workspace has claimed, where it can.
const DOMAIN: &str = "claimed.example";

impl World {
    async fn new(pack_name: &'static str, plan: &str) -> Self {
        let bundle = Bundle::compile(&packs::files(pack_name).expect("built in")).expect("sound");
        let pack = bundle.pack();
        let roles: Vec<RoleId> = pack.roles.iter().map(|role| role.id.clone()).collect();
        let joiner = &pack.roles_given.joiner;
        let is_bought = pack.seats.model == SeatModel::ByTier;
        let app = App::with_pack(pack_name).await;
        let creator = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&creator).await;
        app.set_plan(&workspace, plan).await;
        let mut callers = vec![("creator".to_owned(), creator.clone())];
        let mut asked = BTreeMap::new();
        // One place is left for who is invited.
        let most = pack.members.max.map_or(usize::MAX, |max| max as usize - 2);
        let everybody = [("caller", true), ("other", false)];
        let everybody = everybody.iter().flat_map(|who| roles.iter().map(move |role| (who, role)));
        for ((who, is_caller), role) in everybody.take(most) {
            let email = format!("{who}@{role}.example");
            if is_bought {
                app.buy(&creator, &workspace, "pro", 1).await;
            }
            let invitation = app.invite(&creator, &workspace, &email, joiner.as_str()).await;
            let person = app.sign_in(&email).await;
            app.join(&person, &invitation).await.expect(200);
            let id = person.id().to_string();
            if pack.leave.by == LeaveBy::Request {
                let request = app.post(&person, &format!("{workspace}/leave-requests"), json!({})).await;
                asked.insert(id.clone(), text(&request.expect(201)["id"]));
            }
            if role != joiner {
                let path = format!("{workspace}/members/{id}/role");
                app.call(&creator, "PUT", &path, json!({ "role": role })).await.expect(200);
            }
            if *is_caller {
                callers.push((role.to_string(), person));
            }
        }
        let mut invitations = Vec::new();
        let can_choose = pack.invitation.role == InvitedRole::Chosen;
        let invited = roles.iter().filter(|role| can_choose || *role == joiner);
        for role in invited {
            if is_bought {
                app.buy(&creator, &workspace, "pro", 1).await;
            }
            let email = format!("invited@{role}.example");
            let made = app.invite(&creator, &workspace, &email, role.as_str()).await;
            invitations.push(InvitationFacts { id: parse(&made["id"]), role: role.clone() });
        }
        let last = &invitations.last().expect("an invitation").role;
        let invited = app.sign_in(&format!("invited@{last}.example")).await;
        let put = async |path: String| app.call(&creator, "PUT", &path, Value::Null).await.expect(200);
        if pack.offers(Channel::Link) {
            for role in &roles {
                put(format!("{workspace}/links/{role}")).await;
            }
        }
        if pack.offers(Channel::Domain) {
            put(format!("{workspace}/domains/{DOMAIN}")).await;
        }
        let stranger = app.sign_in("stranger@nowhere.example").await;
        let foreigner = app.sign_in("foreigner@other.example").await;
        app.workspace(&foreigner).await;

        let id = parse(&json!(workspace.rsplit('/').next()));
        let seat = if is_bought {
            app.buy(&creator, &workspace, "pro", 1).await;
            let seats = app.get(&creator, &format!("{workspace}/seats?status=available")).await.expect(200);
            seat_facts(id, &seats["items"][0], SeatId(Uuid::nil()))
        } else {
            no_seat(pack, id)
        };
        let listed = app.get(&creator, &format!("{workspace}/members")).await.expect(200);
        let listed = listed["items"].as_array().expect("members").iter();
        let members: Vec<MemberFacts> = listed.map(|member| member_facts(id, member)).collect();
        let can_ask = pack.leave.by == LeaveBy::Request;
        let leave_requests = members.iter().filter_map(|member| {
            let id = match asked.get(&member.user.to_string()) {
                Some(id) => parse(&json!(id)),
                None if can_ask => return None,
                None => LeaveRequestId { user: member.user, serial: NOTHING },
            };
            Some(LeaveFacts { id, workspace: member.workspace, requester: member.clone() })
        });
        let leave_requests = leave_requests.collect();
        Self {
            logo: app.logo(&creator, &workspace).await,
            app,
            pack: pack_name,
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
            bundle,
        }
    }

    fn roles(&self) -> impl Iterator<Item = &RoleId> {
        self.bundle.pack().roles.iter().map(|role| &role.id)
    }

    fn member(&self, person: &Person) -> &MemberFacts {
        self.members.iter().find(|member| member.user == person.id()).expect("a member")
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
    fn cases(&self, row: &'static Row, info: &ActionInfo) -> Vec<Case<'_>> {
        let given: Vec<Option<RoleId>> = if info.takes_target_role {
            self.roles().map(|role| Some(role.clone())).collect()
        } else {
            vec![None]
        };
        let targets = self.targets(info);
        let cases = targets.iter().flat_map(|target| {
            given.iter().map(|role| Case::new(row, &self.workspace, *target, role.as_ref()))
        });
        cases.collect()
    }

    /// What the policies say of a case.
    fn decide(
        &self,
        facts: &WorkspaceFacts,
        info: &ActionInfo,
        caller: &MemberFacts,
        case: &Case<'_>,
    ) -> Decision {
        self.bundle.decide(&AccessRequest {
            action: &info.name,
            principal: &Principal::Member(caller.clone()),
            workspace: Some(facts),
            resource: &case.target.resource(),
            target_role: case.role.as_ref(),
            now: self.now(),
        })
    }

    /// The path of a row that is in no workspace, or public.
    fn outside_path(&self, row: &'static Row) -> String {
        let invitation = &self.invitations.last().expect("a member's").id;
        match row.name {
            "get-logo" => self.logo.clone(),
            _ => row.path.replace("{invitationId}", &invitation.to_string()),
        }
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

impl Target<'_> {
    fn resource(self) -> Resource {
        match self {
            Self::Workspace => Resource::Workspace,
            Self::Member(facts) => Resource::Member(facts.clone()),
            Self::Seat(facts) => Resource::Seat(facts.clone()),
            Self::Invitation(facts) => Resource::Invitation(facts.clone()),
            Self::LeaveRequest(facts) => Resource::LeaveRequest(facts.clone()),
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

impl<'a> Case<'a> {
    /// The catalogue's request to an operation, for that workspace, target and role. A name that is neither
    /// fails the test.
    fn new(row: &'static Row, workspace: &str, target: Target<'a>, role: Option<&RoleId>) -> Self {
        let call = Call::to(row);
        let value = |name: &str| match (name, target) {
            ("workspaceId", _) => id_of(workspace).to_string(),
            ("domain", _) => DOMAIN.to_owned(),
            ("email", _) => "tea@acme.example".to_owned(),
            ("role", _) => role.map_or("member", RoleId::as_str).to_owned(),
            ("userId", Target::Member(member)) => member.user.to_string(),
            ("seatId", Target::Seat(seat)) => seat.id.to_string(),
            ("invitationId", Target::Invitation(invitation)) => invitation.id.to_string(),
            ("requestId", Target::LeaveRequest(request)) => request.id.to_string(),
            _ => panic!("{}: teach this test what {name} is", row.name),
        };
        let body = serde_json::from_str(&fill(&call.body.to_string(), value)).expect("JSON");
        Self { path: fill(&call.path, value), body, target, role: role.cloned() }
    }
}

#[track_caller]
fn parse<T: std::str::FromStr>(value: &Value) -> T {
    text(value).parse().unwrap_or_else(|_| panic!("{value} is not what it should be"))
}

/// As the list of seats shows it, or the one a member has: of a plan's seats, theirs has their id.
fn seat_facts(workspace: WorkspaceId, seat: &Value, of_plan: SeatId) -> SeatFacts {
    SeatFacts {
        workspace,
        id: if seat["id"].is_null() { of_plan } else { parse(&seat["id"]) },
        tier: TierId(text(&seat["tier"])),
        live: seat["status"] != "expired",
        paid_until: seat["paidThrough"].is_string().then(|| parse(&seat["paidThrough"])),
    }
}

/// What stands in for a seat that is not there.
fn no_seat(pack: &Pack, workspace: WorkspaceId) -> SeatFacts {
    let tier = pack.seats.tiers.first().map_or_else(|| TierId(String::new()), |tier| tier.id.clone());
    SeatFacts { workspace, id: SeatId(NOTHING), tier, live: false, paid_until: None }
}

fn member_facts(workspace: WorkspaceId, member: &Value) -> MemberFacts {
    let user = parse::<UserId>(&member["userId"]);
    let seat = || seat_facts(workspace, &member["seat"], SeatId(user.0));
    MemberFacts {
        workspace,
        user,
        role: RoleId(text(&member["role"])),
        seat: member["seat"].is_object().then(seat),
        free_slot: member["freeSlot"] == true,
    }
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

/// Checks that an answer is what the policies say, and no other. What they allow a rule may still
/// refuse, as forbidden too: but then it is a code of its own, and no policy's reason is given.
#[track_caller]
fn check(row: &Row, case: &Case<'_>, caller: &MemberFacts, decision: &Decision, reply: &Reply) {
    let what = format!("{} {} {} as {}: {}", row.method, case.path, case.body, caller.role, reply.text);
    match decision {
        Decision::Allow => {
            assert!(!matches!(reply.status.as_u16(), 401 | 404 | 500..), "{what}");
            assert!(reply.code() != "forbidden" && reply.json["reason"].is_null(), "{what}");
        }
        Decision::Deny { reason } => {
            let is_refusal = |code: &&Code| matches!(code.status().as_u16(), 403 | 409);
            let named = |code: &&Code| reason.as_deref() == Some(code.as_str());
            let code = Code::ALL.iter().filter(is_refusal).find(named).unwrap_or(&Code::Forbidden);
            assert_eq!((reply.status, reply.code()), (code.status(), code.as_str()), "{what}");
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

/// Operations that a pack's policies allow and its rules do not offer.
const NOT_OFFERED: &[(&str, &str)] = &[
    // Everybody has asked already.
    ("purchased-seats", "request-leave"),
    // Whether joiners take a seat is no setting there.
    ("purchased-seats", "update-settings"),
    ("flat-owners", "update-settings"),
    ("role-ladder", "update-settings"),
];

async fn k29_of_pack(number: usize) {
    let (pack, plan) = PACKS[number];
    let world = World::new(pack, plan).await;
    let mut outcomes = Outcomes::default();
    let mut not_offered = Vec::new();
    let before = world.app.dump().await;
    for row in operations::all() {
        if is_of_members(action(&world.bundle, row)) {
            let (is_allowed, is_done) = inside(&world, plan, row, &before, &mut outcomes).await;
            // Else what was called was nothing real.
            if is_allowed && !is_done {
                not_offered.push((world.pack, row.name));
            }
        } else {
            outside(&world, row, &before, &mut outcomes).await;
        }
    }
    not_offered.sort_unstable();
    let mut expected: Vec<_> = NOT_OFFERED.iter().copied().filter(|(of, _)| *of == pack).collect();
    expected.sort_unstable();
    assert_eq!(not_offered, expected, "allowed, and never done");
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
    for row in operations::all() {
        let done = PACKS.iter().any(|(pack, _)| {
            let path = format!("{}/snapshots/access-{pack}.txt", env!("CARGO_MANIFEST_DIR"));
            let snapshot = std::fs::read_to_string(path).expect("a snapshot");
            let block = snapshot.split("\n\n").find(|block| block.lines().next() == Some(&row.route()));
            block.is_some_and(|block| block.contains(&format!(": {}", row.status.as_u16())))
        });
        // Whoever could ask to leave has asked.
        assert!(done || row.name == "request-leave", "{}", row.name);
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
    let creator = world.member(&world.creator).user;
    let facts = WorkspaceFacts { id: world.id, creator, active: true, plan: plan.to_owned() };
    let (mut is_allowed, mut is_done) = (false, false);
    for (name, person) in &world.callers {
        let caller = world.member(person);
        for case in world.cases(row, info) {
            let reply = app.ask(person, row, &case.path, case.body.clone()).await;
            let decision = world.decide(&facts, info, caller, &case);
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
            let missing = Case::new(row, &nowhere, case.target, case.role.as_ref());
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
            ("join" | "decline-invitation", who) if who != "invited" => &[403],
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
    let operations: BTreeSet<String> = operations::all().iter().map(|row| camel_case(row.name)).collect();
    for (pack, _) in PACKS {
        let bundle = Bundle::compile(&packs::files(pack).expect("built in")).expect("sound");
        let actions: BTreeSet<String> =
            bundle.actions().iter().filter(|info| info.is_operation).map(|info| info.name.clone()).collect();
        assert_eq!(operations, actions, "{pack}");
        // Only what needs no person is open to who is not signed in.
        for row in operations::all() {
            let is_for_visitors = action(&bundle, row).principals.contains(&PrincipalKind::Visitor);
            assert_eq!(row.public, is_for_visitors, "{pack}: {}", row.name);
        }
    }
}

#[tokio::test]
async fn k29_ids_of_one_workspace_open_nothing_in_another() {
    let (pack, plan) = PACKS[0];
    let world = World::new(pack, plan).await;
    let app = &world.app;
    // Somebody governs the one and is a plain member of the other: their own ids are known in both.
    let rival = app.sign_in("caller@member.example").await;
    let own = app.workspace(&rival).await;
    app.buy(&rival, &own, "pro", 2).await;
    let before = app.dump().await;
    let rival_id = rival.id().to_string();
    let mut asked = 0;
    for row in operations::all().iter().filter(|row| is_of_members(action(&world.bundle, row))) {
        let info = action(&world.bundle, row);
        for target in world.targets(info) {
            let is_rival = matches!(target, Target::Member(member) if member.user.to_string() == rival_id);
            if is_rival || matches!(target, Target::Workspace) {
                continue;
            }
            let Case { path, body, .. } = Case::new(row, &own, target, None);
            let reply = app.ask(&rival, row, &path, body.clone()).await;
            let what = format!("{} {path} {body}: {}", row.method, reply.text);
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
            let nothing = |text: String| text.replace(&target_id(target), &made_up(target));
            let body = serde_json::from_str(&nothing(body.to_string())).expect("JSON");
            let made_up = app.ask(&rival, row, &nothing(path), body).await;
            assert_eq!(reply.anonymous(), made_up.anonymous(), "{what}");
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
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
}

#[tokio::test]
async fn k29_links_and_domains_of_one_workspace_are_none_of_anothers() {
    let (pack, plan) = PACKS[2];
    let world = World::new(pack, plan).await;
    let app = &world.app;
    let own = app.workspace(&world.stranger).await;
    app.set_plan(&own, plan).await;
    let before = app.dump().await;
    for list in ["links", "domains"] {
        let listed = app.get(&world.stranger, &format!("{own}/{list}")).await.expect(200);
        assert_eq!(listed["items"], json!([]), "{list}");
    }
    let delete =
        async |path: &str| app.call(&world.stranger, "DELETE", &format!("{own}/{path}"), Value::Null).await;
    delete(&format!("domains/{DOMAIN}")).await.expect_problem(404, "not_found");
    for role in world.roles() {
        delete(&format!("links/{role}")).await.expect(204);
    }
    assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    // One that both claim is the other's no less: they are told of different records.
    let claimed = app.call(&world.stranger, "PUT", &format!("{own}/domains/{DOMAIN}"), Value::Null).await;
    let listed = app.get(&world.creator, &format!("{}/domains", world.workspace)).await.expect(200);
    assert_ne!(claimed.expect(200)["record"], listed["items"][0]["record"]);
}

#[tokio::test]
async fn k29_a_logo_is_for_who_has_its_address() {
    let (pack, plan) = PACKS[0];
    let world = World::new(pack, plan).await;
    let app = &world.app;
    let (path, query) = world.logo.split_once('?').expect("a query");
    let key = query.strip_prefix("key=").and_then(|query| query.split('&').next()).expect("a key");
    assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    let picture = app.call(None, "GET", &world.logo, Value::Null).await;
    assert_eq!(picture.headers["content-type"], "image/png");
    // Not even for its owner without the key, and nothing tells a wrong key from no such workspace.
    app.get(&world.creator, path).await.expect_problem(422, "invalid_request");
    for bad in ["", "x", &key[..31], &format!("{key}0"), "%00"] {
        let problem = app.call(None, "GET", &format!("{path}?key={bad}"), Value::Null).await;
        let problem = problem.expect_problem(422, "invalid_request");
        assert_eq!(problem["errors"][0], json!({ "field": "key", "message": "is not a valid id" }));
    }
    let other = app.workspace(&world.stranger).await;
    let uploaded = app.logo(&world.stranger, &other).await;
    let other_key = uploaded.split(['=', '&']).nth(1).expect("a key");
    let no_logo = app.workspace(&world.invited).await;
    let mut answers = BTreeSet::new();
    for (path, key) in [
        (path, other_key),
        (path, &"0".repeat(32)),
        (path, &key.chars().rev().collect::<String>()),
        (&format!("{no_logo}/logo"), key),
        (&format!("/v1/workspaces/{}/logo", Uuid::from_u128(7)), key),
        ("/v1/workspaces/x/logo", key),
    ] {
        let reply = app.call(None, "GET", &format!("{path}?key={key}"), Value::Null).await;
        answers.insert(reply.anonymous().2);
        reply.expect_problem(404, "not_found");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Removed, its address leads nowhere; uploaded again, it is another.
    app.call(&world.creator, "DELETE", path, Value::Null).await.expect(204);
    app.call(None, "GET", &world.logo, Value::Null).await.expect_problem(404, "not_found");
    assert_ne!(app.logo(&world.creator, &world.workspace).await, world.logo);
    app.call(None, "GET", &world.logo, Value::Null).await.expect_problem(404, "not_found");
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
    let serial = NOTHING;
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
    let member_id = member.id().to_string();
    for id in [&member_id, &admin.id().to_string()] {
        let path = format!("{workspace}/members/{id}/role");
        app.call(&admin, "PUT", &path, json!({ "role": "owner" }))
            .await
            .expect_problem(403, "role_above_own");
    }
    let path = format!("{workspace}/members/{member_id}/role");
    // Who may not change roles at all is told just that.
    app.call(&member, "PUT", &path, json!({ "role": "admin" })).await.expect_problem(403, "forbidden");

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
    for (pack, plan) in [PACKS[0], PACKS[2]] {
        let world = World::new(pack, plan).await;
        let app = &world.app;
        let before = app.dump().await;
        let creator = &world.creator;
        for row in operations::all().iter().filter(|row| takes_json(row)) {
            let info = action(&world.bundle, row);
            let case = is_of_members(info).then(|| world.cases(row, info).remove(0));
            let (path, plain) = match case {
                Some(case) => (case.path, case.body),
                None => (world.outside_path(row), example(row)),
            };
            for field in
                ["workspaceId", "user", "rank", "governing", "isCreator", "creatorId", "__proto__", "Role"]
            {
                let mut body = plain.clone();
                body[field] = json!("owner");
                let reply = app.call(creator, row.method.as_str(), &path, body).await;
                let what = format!("{} with {field}: {}", row.route(), reply.text);
                let problem = reply.expect_problem(422, "invalid_request");
                assert_eq!(problem["errors"][0]["field"], field, "{what}");
                assert_eq!(problem["errors"][0]["message"], "is not a field of this request", "{what}");
            }
        }
        assert_eq!(app.dump().await.changed_since(&before), [""; 0]);
    }
}

#[tokio::test]
async fn k31_a_withdrawn_role_denies_the_next_request() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    // Their token was made before, and stays good all the time.
    let admin = app.member(&owner, &workspace, "adam@acme.example", "admin").await;
    let id = admin.id().to_string();
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
    for row in operations::all().iter().filter(|row| !row.public && row.path.contains("{workspaceId}")) {
        let path = row.path.replace("/v1/workspaces/{workspaceId}", &workspace).replace("{userId}", &id);
        let path = path.replace("{seatId}", &id).replace("{role}", "member").replace("{domain}", DOMAIN);
        let path = path.replace("{invitationId}", &"A".repeat(43)).replace("{requestId}", &"A".repeat(43));
        app.ask(&admin, row, &path, example(row)).await.expect_problem(404, "not_found");
    }
    assert_eq!(app.get(&admin, "/v1/workspaces").await.expect(200)["items"], json!([]));
    assert_eq!(app.get(&owner, &workspace).await.expect(200)["name"], "Mine");
}
