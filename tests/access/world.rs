//! A workspace with one of everything in it, and everybody who may turn up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::pack::{Channel, InvitedRole, LeaveBy, SeatModel};
use seatwise_domain::{ApiKeyId, LeaveRequestId, Pack, RoleId, SeatId, TierId, UserId, WorkspaceId};
use seatwise_functions::camel_case;
use seatwise_functions::operations::Row;
use seatwise_policy::{
    AccessRequest, ActionInfo, ApiKeyFacts, Bundle, Decision, InvitationFacts, LeaveFacts, MemberFacts,
    Principal, PrincipalKind, Resource, ResourceKind, SeatFacts, WorkspaceFacts, packs,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::App;
use crate::support::catalogue::{Call, Feature, Product};
use crate::support::client::{Client as _, id_of};
use crate::support::person::Person;
use crate::support::reply::{Reply, text};
use crate::support::scene::fill;

/// The serial of nothing that there is.
pub(super) const NOTHING: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);

/// A workspace with one of everything in it, and everybody who may turn up.
pub(super) struct World {
    pub(super) app: App,
    pub(super) pack: &'static str,
    pub(super) bundle: Bundle,
    /// Its path.
    pub(super) workspace: String,
    pub(super) id: WorkspaceId,
    pub(super) creator: Person,
    /// The callers: the creator, and one of each role.
    pub(super) callers: Vec<(String, Person)>,
    /// Everybody in it: the callers, and one more of each role if there is room.
    pub(super) members: Vec<MemberFacts>,
    /// By who asked. Where nobody can ask, those that there would be.
    pub(super) leave_requests: Vec<LeaveFacts>,
    /// A key of everybody who could make one; where nobody can, those that there would be.
    pub(super) api_keys: Vec<ApiKeyFacts>,
    pub(super) invitations: Vec<InvitationFacts>,
    pub(super) seat: SeatFacts,
    /// A purchase of the workspace.
    pub(super) purchase: String,
    /// A resource of the workspace, where the product has such.
    pub(super) resource: String,
    /// Where its logo is.
    pub(super) logo: String,
    /// Signed in, and in no workspace.
    pub(super) stranger: Person,
    /// The owner of another workspace.
    pub(super) foreigner: Person,
    /// Signed in, and invited to the last of the roles.
    pub(super) invited: Person,
}

/// The packs, each with the plan of its workspace: one that leaves nothing out.
pub(super) const PACKS: [(&str, &str); 4] = [
    ("purchased-seats", "workspace"),
    ("flat-owners", "credits"),
    ("role-seats", "enterprise"),
    ("role-ladder", "standard"),
];

/// A domain that the workspace has claimed, where it can.
pub(super) const DOMAIN: &str = "claimed.example";

/// A link for each role, and a claimed domain, where the product has them.
async fn open_ways_in(app: &App, creator: &Person, workspace: &str, pack: &Pack) {
    let put = async |path: String| app.call(creator, "PUT", &path, Value::Null).await.expect(200);
    if pack.offers(Channel::Link) {
        for role in &pack.roles {
            put(format!("{workspace}/links/{}", role.name)).await;
        }
    }
    if pack.offers(Channel::Domain) {
        put(format!("{workspace}/domains/{DOMAIN}")).await;
    }
}

/// The leave requests of members; made-up ones, where nobody can ask to leave.
fn leave_requests(
    members: &[MemberFacts],
    asked: &BTreeMap<String, String>,
    can_ask: bool,
) -> Vec<LeaveFacts> {
    let of = |member: &MemberFacts| {
        let id = match asked.get(&member.user.to_string()) {
            Some(id) => parse(&json!(id)),
            None if can_ask => return None,
            None => LeaveRequestId { user: member.user, serial: NOTHING },
        };
        Some(LeaveFacts { id, workspace: member.workspace, requester: member.clone() })
    };
    members.iter().filter_map(of).collect()
}

/// The keys of members; made-up ones, where nobody has any.
fn api_keys(members: &[MemberFacts], keys: &BTreeMap<String, String>) -> Vec<ApiKeyFacts> {
    let of = |member: &MemberFacts| {
        let id = match keys.get(&member.user.to_string()) {
            Some(id) => parse(&json!(id)),
            None if !keys.is_empty() => return None,
            None => ApiKeyId { user: member.user, serial: NOTHING },
        };
        Some(ApiKeyFacts { id, workspace: member.workspace, owner: member.clone(), flow: false })
    };
    members.iter().filter_map(of).collect()
}

impl World {
    pub(super) async fn new(pack_name: &'static str, plan: &str) -> Self {
        let bundle = Bundle::compile(&packs::files(pack_name).expect("built in")).expect("sound");
        let pack = bundle.pack();
        let roles: Vec<RoleId> = pack.roles.iter().map(|role| role.id.clone()).collect();
        let joiner = &pack.roles_given.joiner;
        let is_bought = pack.seats.model == SeatModel::ByTier;
        let app = App::with_pack(pack_name).await;
        let creator = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&creator).await;
        buy_plan_and_credits(&app, &creator, &workspace, Product::of(pack_name)).await;
        app.set_plan(&workspace, plan).await;
        let mut callers = vec![("creator".to_owned(), creator.clone())];
        let mut asked = BTreeMap::new();
        let mut keys = BTreeMap::new();
        // One place is left for who is invited.
        let most = pack.members.max.map_or(usize::MAX, |max| max as usize - 2);
        let everybody = [("caller", true), ("other", false)];
        let everybody = everybody.iter().flat_map(|who| roles.iter().map(move |role| (who, role)));
        for ((who, is_caller), role) in everybody.take(most) {
            let email = format!("{who}@{}.example", role.0);
            if is_bought {
                app.buy(&creator, &workspace, "pro", 1).await;
            }
            let invitation = app.invite(&creator, &workspace, &email, &joiner.0).await;
            let person = app.sign_in(&email).await;
            app.join(&person, &invitation).await.expect(200);
            let id = person.id().to_string();
            if pack.leave.by == LeaveBy::Request {
                let request = app.post(&person, &format!("{workspace}/leave-requests"), json!({})).await;
                asked.insert(id.clone(), text(&request.expect(201)["id"]));
            }
            let key = app.post(&person, &format!("{workspace}/api-keys"), json!({ "name": "k" })).await;
            if key.status == 201 {
                keys.insert(id.clone(), text(&key.json["id"]));
            }
            if role != joiner {
                let path = format!("{workspace}/members/{id}/role");
                app.call(&creator, "PUT", &path, json!({ "role": role })).await.expect(200);
            }
            if *is_caller {
                callers.push((role.0.clone(), person));
            }
        }
        let mut invitations = Vec::new();
        let can_choose = pack.invitation.role == InvitedRole::Chosen;
        let invited = roles.iter().filter(|role| can_choose || *role == joiner);
        for role in invited {
            if is_bought {
                app.buy(&creator, &workspace, "pro", 1).await;
            }
            let email = format!("invited@{}.example", role.0);
            let made = app.invite(&creator, &workspace, &email, &role.0).await;
            let tier = made["tier"].as_str().map(|tier| TierId(tier.to_owned()));
            invitations.push(InvitationFacts { id: parse(&made["id"]), role: role.clone(), tier });
        }
        let last = &invitations.last().expect("an invitation").role;
        let invited = app.sign_in(&format!("invited@{}.example", last.0)).await;
        open_ways_in(&app, &creator, &workspace, pack).await;
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
        let leave_requests = leave_requests(&members, &asked, can_ask);
        let api_keys = api_keys(&members, &keys);
        let purchases = app.dump().await.purchases;
        Self {
            purchase: purchases.first().expect("a purchase").id.to_string(),
            resource: resource(&app, &creator, &workspace, Product::of(pack_name)).await,
            logo: app.logo(&creator, &workspace).await,
            app,
            pack: pack_name,
            workspace,
            id,
            creator,
            callers,
            members,
            leave_requests,
            api_keys,
            invitations,
            seat,
            stranger,
            foreigner,
            invited,
            bundle,
        }
    }

    pub(super) fn roles(&self) -> impl Iterator<Item = &RoleId> {
        self.bundle.pack().roles.iter().map(|role| &role.id)
    }

    pub(super) fn member(&self, person: &Person) -> &MemberFacts {
        self.members.iter().find(|member| member.user == person.id()).expect("a member")
    }

    /// Everything that a row can be asked to act on. A resource that this does not know fails the
    /// test: a new route brings its own.
    pub(super) fn targets(&self, info: &ActionInfo) -> Vec<Target<'_>> {
        match info.resources.as_slice() {
            [ResourceKind::Workspace] => vec![Target::Workspace],
            [ResourceKind::Member] => self.members.iter().map(Target::Member).collect(),
            [ResourceKind::Seat] => vec![Target::Seat(&self.seat)],
            [ResourceKind::Invitation] => self.invitations.iter().map(Target::Invitation).collect(),
            [ResourceKind::ApiKey] => self.api_keys.iter().map(Target::ApiKey).collect(),
            [ResourceKind::LeaveRequest] => self.leave_requests.iter().map(Target::LeaveRequest).collect(),
            other => panic!("{}: teach this test what {other:?} is in a workspace", info.name),
        }
    }

    /// Every way to call a row that is inside a workspace.
    pub(super) fn cases(&self, row: &'static Row, info: &ActionInfo) -> Vec<Case<'_>> {
        let given: Vec<Option<RoleId>> = if info.takes_target_role {
            self.roles().map(|role| Some(role.clone())).collect()
        } else {
            vec![None]
        };
        let targets = self.targets(info);
        let cases = targets.iter().flat_map(|target| {
            given.iter().map(|role| self.case(row, &self.workspace, *target, role.as_ref()))
        });
        cases.collect()
    }

    /// The catalogue's request to an operation, for that workspace, target and role. A name that is neither
    /// fails the test.
    pub(super) fn case<'a>(
        &self,
        row: &'static Row,
        workspace: &str,
        target: Target<'a>,
        role: Option<&RoleId>,
    ) -> Case<'a> {
        let call = Call::to(row);
        let value = |name: &str| match (name, target) {
            ("workspaceId", _) => id_of(workspace).to_string(),
            ("domain", _) => DOMAIN.to_owned(),
            ("email", _) => "tea@acme.example".to_owned(),
            ("role", _) => role.map_or("member", |role| role.0.as_str()).to_owned(),
            ("purchaseId", _) => self.purchase.clone(),
            ("resourceId", _) => self.resource.clone(),
            ("addOn", _) => "extra-telegram-accounts".to_owned(),
            ("plan", _) => Product::of(self.pack).plan_for_sale().unwrap_or("workspace").to_owned(),
            ("userId", Target::Member(member)) => member.user.to_string(),
            ("seatId", Target::Seat(seat)) => seat.id.to_string(),
            ("invitationId", Target::Invitation(invitation)) => invitation.id.to_string(),
            ("requestId", Target::LeaveRequest(request)) => request.id.to_string(),
            ("keyId", Target::ApiKey(key)) => key.id.to_string(),
            ("apiKey", _) => "swk_none".to_owned(),
            _ => panic!("{}: teach this test what {name} is", row.name),
        };
        let body = serde_json::from_str(&fill(&call.body.to_string(), value)).expect("JSON");
        Case { path: fill(&call.path, value), body, target, role: role.cloned() }
    }

    /// The workspace, as the policies see it.
    pub(super) fn facts(&self, plan: &str) -> WorkspaceFacts {
        WorkspaceFacts { id: self.id, creator: self.member(&self.creator).user, plan: plan.to_owned() }
    }

    /// The decision of the policies on a case.
    pub(super) fn decide(
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
            target_tier: None,
            now: self.now(),
        })
    }

    /// The path of a row that is in no workspace, or public.
    pub(super) fn outside_path(&self, row: &'static Row) -> String {
        let invitation = &self.invitations.last().expect("a member's").id;
        match row.name {
            "get-logo" => self.logo.clone(),
            _ => row.path.replace("{invitationId}", &invitation.to_string()),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.app.local.clock.now()
    }
}

/// Buys a plan and credits, where the product sells them.
/// The id of a resource; of none, where the product has no resources.
async fn resource(app: &App, creator: &Person, workspace: &str, product: &Product) -> String {
    if !product.has(Feature::Resources) {
        return NOTHING.to_string();
    }
    let path = format!("{workspace}/resources");
    let body = json!({ "kind": "bot", "externalId": "one" });
    text(&app.post(creator, &path, body).await.expect(201)["id"])
}

async fn buy_plan_and_credits(app: &App, creator: &Person, workspace: &str, product: &Product) {
    if let Some(plan) = product.plan_for_sale() {
        let path = format!("{workspace}/plan");
        app.call(creator, "PUT", &path, json!({ "plan": plan })).await.expect(200);
    }
    if product.has(Feature::Credits) {
        app.post(creator, &format!("{workspace}/credits"), json!({ "quantity": 1 })).await.expect(201);
    }
}

/// The resource that a request acts on.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Workspace,
    Member(&'a MemberFacts),
    Seat(&'a SeatFacts),
    Invitation(&'a InvitationFacts),
    LeaveRequest(&'a LeaveFacts),
    ApiKey(&'a ApiKeyFacts),
}

impl Target<'_> {
    pub(super) fn resource(self) -> Resource {
        match self {
            Self::Workspace => Resource::Workspace,
            Self::Member(facts) => Resource::Member(facts.clone()),
            Self::Seat(facts) => Resource::Seat(facts.clone()),
            Self::Invitation(facts) => Resource::Invitation(facts.clone()),
            Self::LeaveRequest(facts) => Resource::LeaveRequest(facts.clone()),
            Self::ApiKey(facts) => Resource::ApiKey(facts.clone()),
        }
    }
}

/// One request.
pub(super) struct Case<'a> {
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) target: Target<'a>,
    pub(super) role: Option<RoleId>,
}

#[track_caller]
pub(super) fn parse<T: std::str::FromStr>(value: &Value) -> T {
    text(value).parse().unwrap_or_else(|_| panic!("{value} is not what it should be"))
}

/// As the list of seats shows it, or the one a member has: of a plan's seats, theirs has their id.
pub(super) fn seat_facts(workspace: WorkspaceId, seat: &Value, of_plan: SeatId) -> SeatFacts {
    SeatFacts {
        workspace,
        id: if seat["id"].is_null() { of_plan } else { parse(&seat["id"]) },
        tier: TierId(text(&seat["tier"])),
        live: seat["status"] != "expired",
        paid_until: seat["paidThrough"].is_string().then(|| parse(&seat["paidThrough"])),
    }
}

/// The placeholder of a seat that does not exist.
pub(super) fn no_seat(pack: &Pack, workspace: WorkspaceId) -> SeatFacts {
    let tier = pack.seats.tiers.first().map_or_else(|| TierId(String::new()), |tier| tier.id.clone());
    SeatFacts { workspace, id: SeatId(NOTHING), tier, live: false, paid_until: None }
}

pub(super) fn member_facts(workspace: WorkspaceId, member: &Value) -> MemberFacts {
    let user = parse::<UserId>(&member["userId"]);
    let seat = || seat_facts(workspace, &member["seat"], SeatId(user.0));
    MemberFacts {
        workspace,
        user,
        role: RoleId(text(&member["role"])),
        seat: member["seat"].is_object().then(seat),
        free_slot: member["freeSlot"] == true,
        joined_at: parse(&member["joinedAt"]),
    }
}

pub(super) fn action<'b>(bundle: &'b Bundle, row: &Row) -> &'b ActionInfo {
    let name = camel_case(row.name);
    bundle.actions().iter().find(|info| info.name == name).unwrap_or_else(|| panic!("no action {name}"))
}

pub(super) fn is_of_members(info: &ActionInfo) -> bool {
    info.principals.contains(&PrincipalKind::Member)
}

/// As the snapshot shows a reply.
pub(super) fn shown(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    match (reply.code(), reply.json["reason"].as_str()) {
        ("", _) => status.to_string(),
        (code, Some(reason)) if reason != code => format!("{status} {code} ({reason})"),
        (code, _) => format!("{status} {code}"),
    }
}
