//! Random histories of the packs without seats for sale, against a small model of what is promised
//! (K10): people come in by every way there is, are promoted, demoted, suspended, removed, leave, hand
//! workspaces on and delete them, over two processes. What somebody may attempt is asked of the
//! policies, which have tests of their own; what comes of it is the model's to say. (Seats that are
//! bought are in `model.rs`.)
//!
//! `SEATWISE_HISTORY_SEED` runs one history of each pack, `SEATWISE_HISTORY_STEPS` sets its length.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::SignedDuration;
use seatwise_domain::pack::{Channel, CreatorDemotion, CreatorRemoval, LastAccount, SeatModel, SeatNeed};
use seatwise_domain::{DomainName, InvitationId, Pack, RoleId, Seating, WorkspaceId};
use seatwise_functions::background::verify_domains::verify_by_hand;
use seatwise_functions::{background, plan};
use seatwise_policy::{
    AccessRequest, Bundle, Decision, InvitationFacts, MemberFacts, Principal, Resource, WorkspaceFacts, packs,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::{Reply, text, token_of};

const SEEDS: [u64; 2] = [7, 70_000];
const STEPS: u32 = 1_600;
/// Steps between two looks at the table.
const BETWEEN_AUDITS: u32 = 200;
const ROOMS: usize = 3;
const PEOPLE: usize = 10;
/// The last one has an address that nobody vouches for.
const VERIFIED: usize = 9;
/// The domain of everybody's address.
const DOMAIN: &str = "acme.example";
/// Few seats, so that they run out; and no quota, which has a race of its own.
const FEW_SEATS: &[(&str, &str)] = &[
    (
        "seats = 5\nemail-invitations = { limit = 20, per = \"lifetime\" }",
        "seats = 3\nfeatures = [\"domain-join\"]",
    ),
    (
        "seats = 25\nemail-invitations = { limit = 50, per = \"day\" }",
        "seats = 5\nfeatures = [\"domain-join\"]",
    ),
];

/// A refusal: status and code.
type No = (u16, &'static str);
const NOT_FOUND: No = (404, "not_found");
const REVOKED: No = (410, "invitation_revoked");

/// Where a member of a plan sits, and since which step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sits {
    Nowhere,
    Seat(u32),
    Suspended(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    role: RoleId,
    sits: Sits,
    since: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Used,
    Revoked,
}

#[derive(Clone, Debug)]
struct Invitation {
    id: String,
    url: String,
    to: usize,
    by: usize,
    role: RoleId,
    state: State,
}

#[derive(Clone, Debug)]
struct Link {
    url: String,
    by: usize,
    role: RoleId,
    is_open: bool,
}

struct Room {
    path: String,
    creator: usize,
    members: BTreeMap<usize, Member>,
    invitations: Vec<Invitation>,
    links: Vec<Link>,
    /// Who has left or was removed, and has a verified address.
    left: BTreeSet<usize>,
    plan: String,
    auto_assigns: bool,
    has_domain: bool,
}

impl Room {
    fn id(&self) -> WorkspaceId {
        self.path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("a workspace")
    }

    fn pending(&self, to: usize) -> bool {
        self.invitations.iter().any(|one| one.to == to && one.state == State::Pending)
    }
}

struct History {
    name: &'static str,
    seed: u64,
    step: u32,
    dice: u64,
    ground: Deployment,
    pack: Arc<Pack>,
    bundle: Bundle,
    processes: [Process; 2],
    people: Vec<Person>,
    accounts: BTreeSet<usize>,
    rooms: Vec<Room>,
    past: VecDeque<String>,
    outcomes: BTreeMap<String, u32>,
}

impl History {
    async fn new(name: &'static str, seed: u64) -> Self {
        let changes = if name == "role-seats" { FEW_SEATS } else { &[] };
        let ground = Deployment::under(name, changes).await;
        let mut files = packs::files(name).expect("built in");
        for (from, to) in changes {
            let text = files.get_mut("product.toml").expect("a file");
            *text = text.replace(from, to);
        }
        let person = |number| Person { verified: number < VERIFIED, ..somebody(&format!("p{number}")) };
        let mut history = Self {
            name,
            seed,
            step: 0,
            dice: seed,
            processes: [ground.process(), ground.process()],
            pack: Arc::clone(&ground.pack),
            ground,
            bundle: Bundle::compile(&files).expect("a pack"),
            people: (0..PEOPLE).map(person).collect(),
            accounts: BTreeSet::new(),
            rooms: Vec::new(),
            past: VecDeque::new(),
            outcomes: BTreeMap::new(),
        };
        for _ in 0..ROOMS {
            history.create().await;
        }
        history
    }

    /// A number by chance, the same for the same seed (`SplitMix64`).
    fn below(&mut self, count: usize) -> usize {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % count as u64).expect("few")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn fail(&self, why: &str) -> ! {
        let past: Vec<_> = self.past.iter().map(String::as_str).collect();
        panic!("{}, seed {}, step {}: {why}\n{}", self.name, self.seed, self.step, past.join("\n"));
    }

    async fn send(&mut self, who: usize, method: &str, path: &str, body: Value) -> Reply {
        let process = self.below(2);
        self.past.push_back(format!("{}: p{who} {method} {path} {body}", self.step));
        let reply = self.processes[process].call(&self.people[who], method, path, body).await;
        let told: String = reply.text.chars().take(250).collect();
        self.past.push_back(format!("    → {} {told}", reply.status.as_u16()));
        while self.past.len() > 40 {
            self.past.pop_front();
        }
        reply
    }

    /// Whether it was done, which the model has to have said.
    fn check(&mut self, what: &str, reply: &Reply, expected: Result<u16, No>) -> bool {
        let told = (reply.status.as_u16(), reply.code());
        *self.outcomes.entry(format!("{what} {} {}", told.0, told.1)).or_default() += 1;
        let wanted = expected.map_or_else(|no| no, |status| (status, ""));
        if told != wanted {
            self.fail(&format!("{what}: the model says {wanted:?}"));
        }
        expected.is_ok()
    }

    fn a_room(&mut self) -> usize {
        self.rooms.len() - 1 - self.below(ROOMS)
    }

    fn anybody(&mut self) -> usize {
        self.below(PEOPLE)
    }

    /// Mostly who governs.
    fn a_caller(&mut self, room: usize) -> usize {
        let governs = |member: &Member| self.pack.is_governing(&member.role);
        let members = self.rooms[room].members.iter();
        let governors: Vec<usize> = members.filter(|(_, it)| governs(it)).map(|(who, _)| *who).collect();
        if self.chance(80) { governors[self.below(governors.len())] } else { self.anybody() }
    }

    /// Mostly a member.
    fn somebody_in(&mut self, room: usize) -> usize {
        let members: Vec<usize> = self.rooms[room].members.keys().copied().collect();
        if self.chance(85) { members[self.below(members.len())] } else { self.anybody() }
    }

    fn a_role(&mut self) -> RoleId {
        if self.chance(50) {
            return self.joiner();
        }
        let roles = self.pack.roles.len();
        match self.below(roles + 1) {
            unknown if unknown == roles => RoleId("wizard".to_owned()),
            known => self.pack.roles[known].id.clone(),
        }
    }

    fn asked(&self, role: &RoleId) -> RoleId {
        if self.pack.role(role).is_some() { role.clone() } else { self.joiner() }
    }

    fn joiner(&self) -> RoleId {
        self.pack.roles_given.joiner.clone()
    }

    fn facts(&self, room: usize, who: usize, role: &RoleId) -> MemberFacts {
        let (workspace, user) = (self.rooms[room].id(), self.people[who].id());
        MemberFacts { workspace, user, role: role.clone(), seat: None, free_slot: false }
    }

    /// What the policies say, as the API words it; who is not in it finds nothing.
    fn may(
        &self,
        room: usize,
        who: usize,
        action: &str,
        resource: &Resource,
        target_role: Option<&RoleId>,
    ) -> Result<(), No> {
        let there = &self.rooms[room];
        let member = there.members.get(&who).ok_or(NOT_FOUND)?;
        let decision = self.bundle.decide(&AccessRequest {
            action,
            principal: &Principal::Member(self.facts(room, who, &member.role)),
            workspace: Some(&WorkspaceFacts {
                id: there.id(),
                creator: self.people[there.creator].id(),
                active: true,
                plan: there.plan.clone(),
            }),
            resource,
            target_role,
            now: self.ground.clock.now(),
        });
        match decision {
            Decision::Allow => Ok(()),
            Decision::Deny { reason } => {
                const CODES: [&str; 4] = ["own_role", "own_removal", "role_above_own", "leave_not_offered"];
                let code = CODES.into_iter().find(|code| reason.as_deref() == Some(code));
                Err((403, code.unwrap_or("forbidden")))
            }
        }
    }

    /// The same, on a member; one who is not there is asked about all the same.
    fn may_to(
        &self,
        room: usize,
        who: usize,
        whom: usize,
        action: &str,
        role: Option<&RoleId>,
    ) -> Result<(), No> {
        let target = self.rooms[room].members.get(&whom).map(|member| member.role.clone());
        let is_there = target.is_some();
        let facts = self.facts(room, whom, &target.unwrap_or_else(|| self.joiner()));
        self.may(room, who, action, &Resource::Member(facts), role)?;
        if is_there { Ok(()) } else { Err(NOT_FOUND) }
    }

    fn by_role(&self) -> bool {
        self.pack.seats.model == SeatModel::ByRole
    }

    fn needs_seat(&self, role: &RoleId) -> bool {
        self.pack.seat_need(role) == SeatNeed::Required
    }

    fn open_seats(&self, room: usize) -> i64 {
        let plan = self.pack.plan(&self.rooms[room].plan).map_or(0, |plan| i64::from(plan.seats));
        let seated = self.rooms[room].members.values().filter(|it| matches!(it.sits, Sits::Seat(_)));
        plan - i64::try_from(seated.count()).expect("few")
    }

    fn governors(&self, room: usize) -> usize {
        self.rooms[room].members.values().filter(|member| self.pack.is_governing(&member.role)).count()
    }

    fn workspaces_of(&self, who: usize) -> usize {
        self.rooms.iter().filter(|room| room.members.contains_key(&who)).count()
    }

    fn vouches(&self, room: usize, by: usize, role: &RoleId) -> bool {
        let rank = |role: &RoleId| self.pack.rank(role);
        self.rooms[room].members.get(&by).is_some_and(|member| rank(&member.role) >= rank(role))
    }

    /// The role and the seat of who comes in for a role.
    fn come_in(&self, room: usize, role: &RoleId) -> Result<Member, No> {
        let there = &self.rooms[room];
        let is_joiner = *role == self.joiner();
        let seatless = self.pack.roles_given.seatless.clone().filter(|_| is_joiner);
        let member = |role: &RoleId, sits| Member { role: role.clone(), sits, since: self.step };
        let found = match (self.needs_seat(role), seatless) {
            (_, Some(seatless)) if self.pack.joining.auto_assign.is_some() && !there.auto_assigns => {
                member(&seatless, Sits::Nowhere)
            }
            (false, _) => member(role, Sits::Nowhere),
            (true, _) if self.open_seats(room) > 0 => member(role, Sits::Seat(self.step)),
            (true, Some(seatless)) => member(&seatless, Sits::Nowhere),
            (true, None) => return Err((409, "no_seat_available")),
        };
        let cap = self.pack.members.max.map_or(usize::MAX, |max| max as usize);
        if there.members.len() >= cap { Err((409, "member_limit_reached")) } else { Ok(found) }
    }

    fn add(&mut self, room: usize, who: usize, member: Member) {
        self.rooms[room].members.insert(who, member);
        self.rooms[room].left.remove(&who);
    }

    fn take_out(&mut self, room: usize, who: usize) {
        self.rooms[room].members.remove(&who);
        if who < VERIFIED {
            self.rooms[room].left.insert(who);
        }
    }

    async fn create(&mut self) {
        let who = self.anybody();
        let reply = self.send(who, "POST", "/v1/workspaces", json!({ "name": "Room" })).await;
        self.check("create", &reply, Ok(201));
        let role = self.pack.roles_given.creator.clone();
        let sits = if self.needs_seat(&role) { Sits::Seat(self.step) } else { Sits::Nowhere };
        self.rooms.push(Room {
            path: format!("/v1/workspaces/{}", text(&reply.json["id"])),
            creator: who,
            members: BTreeMap::from([(who, Member { role, sits, since: self.step })]),
            invitations: Vec::new(),
            links: Vec::new(),
            left: BTreeSet::new(),
            plan: self.pack.billing.plan.clone(),
            auto_assigns: self.pack.joining.auto_assign.unwrap_or(true),
            has_domain: false,
        });
    }

    async fn enter(&mut self) {
        let who = self.anybody();
        let reply = self.send(who, "POST", "/v1/me", Value::Null).await;
        self.check("enter", &reply, Ok(200));
        self.accounts.insert(who);
        for room in 0..self.rooms.len() {
            let there = &self.rooms[room];
            // An invitation goes first: it may be for more.
            let is_free = !there.left.contains(&who) && !there.pending(who);
            let is_new = !there.members.contains_key(&who) && is_free;
            if who < VERIFIED
                && is_new
                && there.has_domain
                && let Ok(member) = self.come_in(room, &self.joiner())
            {
                *self.outcomes.entry("joined by domain".to_owned()).or_default() += 1;
                self.add(room, who, member);
            }
        }
        let listed = self.send(who, "GET", "/v1/workspaces", Value::Null).await.expect(200);
        let listed: BTreeSet<String> =
            listed["items"].as_array().expect("a list").iter().map(|it| text(&it["id"])).collect();
        let rooms = self.rooms.iter().filter(|room| room.members.contains_key(&who));
        let rooms: BTreeSet<String> = rooms.map(|room| room.id().to_string()).collect();
        if listed != rooms {
            self.fail(&format!("p{who} is in {listed:?}, the model says {rooms:?}"));
        }
    }

    async fn invite(&mut self) {
        let room = self.a_room();
        let (who, to, role) = (self.a_caller(room), self.anybody(), self.a_role());
        let asked = self.asked(&role);
        let expected = self.may(room, who, "invite", &Resource::Workspace, Some(&asked)).and_then(|()| {
            let fixed = self.pack.invitation.role != seatwise_domain::pack::InvitedRole::Chosen;
            let there = &self.rooms[room];
            match () {
                () if self.pack.role(&role).is_none() => Err((422, "role_unknown")),
                () if fixed && role != self.joiner() => Err((422, "role_unknown")),
                // An address that nobody vouches for is nobody's here.
                () if to < VERIFIED && there.members.contains_key(&to) => Err((409, "already_member")),
                () if there.pending(to) => Err((409, "invitation_pending")),
                () => Ok(201),
            }
        });
        let path = format!("{}/invitations", self.rooms[room].path);
        let body = json!({ "emails": [self.people[to].email], "role": role });
        let reply = self.send(who, "POST", &path, body).await;
        if self.check("invite", &reply, expected) {
            let told = &reply.json["items"][0]["invitation"];
            let (id, url) = (text(&told["id"]), text(&told["url"]));
            let invitation = Invitation { id, url, to, by: who, role, state: State::Pending };
            self.rooms[room].invitations.push(invitation);
        }
    }

    async fn revoke_or_resend(&mut self) {
        let room = self.a_room();
        let count = self.rooms[room].invitations.len();
        if count == 0 {
            return;
        }
        let (number, who, resends) = (self.below(count), self.a_caller(room), self.chance(50));
        let invitation = self.rooms[room].invitations[number].clone();
        let action = if resends { "resendInvitation" } else { "revokeInvitation" };
        let id: InvitationId = invitation.id.parse().expect("an id");
        let facts = InvitationFacts { id, role: invitation.role.clone() };
        let may = self.may(room, who, action, &Resource::Invitation(facts), None);
        let expected = may.and(match invitation.state {
            State::Pending => Ok(if resends { 200 } else { 204 }),
            State::Used => Err((410, "invitation_used")),
            State::Revoked => Err(REVOKED),
        });
        let path = format!("{}/invitations/{}", self.rooms[room].path, invitation.id);
        let reply = if resends {
            self.send(who, "POST", &format!("{path}/resend"), Value::Null).await
        } else {
            self.send(who, "DELETE", &path, Value::Null).await
        };
        if self.check(action, &reply, expected) {
            let there = &mut self.rooms[room].invitations[number];
            if resends {
                there.by = who;
            } else {
                there.state = State::Revoked;
            }
        }
    }

    async fn join(&mut self) {
        let room = self.a_room();
        let count = self.rooms[room].invitations.len();
        if count == 0 {
            return;
        }
        let number = self.below(count);
        let invitation = self.rooms[room].invitations[number].clone();
        let who = if self.chance(85) { invitation.to } else { self.anybody() };
        let expected = match invitation.state {
            _ if self.rooms[room].members.contains_key(&who) => Err((409, "already_member")),
            State::Used => Err((410, "invitation_used")),
            State::Revoked => Err(REVOKED),
            State::Pending if who != invitation.to => Err((403, "invitation_other_email")),
            State::Pending if who >= VERIFIED => Err((403, "email_not_verified")),
            State::Pending if who == invitation.by => Err(REVOKED),
            State::Pending => self.come_in(room, &invitation.role).and_then(|member| {
                if self.vouches(room, invitation.by, &invitation.role) { Ok(member) } else { Err(REVOKED) }
            }),
        };
        let body = if self.chance(50) {
            json!({ "token": token_of(&invitation.url) })
        } else {
            json!({ "invitationId": invitation.id })
        };
        let reply = self.send(who, "POST", "/v1/join", body).await;
        if self.check("join", &reply, expected.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.rooms[room].invitations[number].state = State::Used;
            self.welcome(room, who, expected.ok(), &reply);
        }
    }

    fn welcome(&mut self, room: usize, who: usize, member: Option<Member>, reply: &Reply) {
        let Some(member) = member else { return };
        let sits = matches!(member.sits, Sits::Seat(_));
        if told(&reply.json["member"]) != (member.role.clone(), sits) {
            self.fail(&format!("they join unlike {member:?}"));
        }
        self.add(room, who, member);
    }

    async fn make_or_revoke_link(&mut self) {
        let room = self.a_room();
        let (who, role, revokes) = (self.a_caller(room), self.a_role(), self.chance(25));
        let action = if revokes { "revokeLink" } else { "createLink" };
        let asked = self.asked(&role);
        let may = self.may(room, who, action, &Resource::Workspace, Some(&asked));
        let expected = may.and_then(|()| match () {
            () if revokes => Ok(204),
            () if !self.pack.offers(Channel::Link) => Err((403, "channel_not_offered")),
            () if self.pack.role(&role).is_none() => Err((422, "role_unknown")),
            () => Ok(200),
        });
        let path = format!("{}/links/{role}", self.rooms[room].path);
        let method = if revokes { "DELETE" } else { "PUT" };
        let reply = self.send(who, method, &path, Value::Null).await;
        if self.check(action, &reply, expected) {
            let links = &mut self.rooms[room].links;
            links.iter_mut().filter(|link| link.role == role).for_each(|link| link.is_open = false);
            if !revokes {
                links.push(Link { url: text(&reply.json["url"]), by: who, role, is_open: true });
            }
        }
    }

    async fn join_by_link(&mut self) {
        let room = self.a_room();
        let count = self.rooms[room].links.len();
        if count == 0 {
            return;
        }
        let (number, who) = (self.below(count), self.anybody());
        let link = self.rooms[room].links[number].clone();
        let expected = match () {
            () if !link.is_open => Err(REVOKED),
            () if self.rooms[room].members.contains_key(&who) => Err((409, "already_member")),
            () if who == link.by => Err(REVOKED),
            () => self.come_in(room, &link.role).and_then(|member| {
                if self.vouches(room, link.by, &link.role) { Ok(member) } else { Err(REVOKED) }
            }),
        };
        let body = json!({ "token": token_of(&link.url) });
        let reply = self.send(who, "POST", "/v1/join", body).await;
        if self.check("join by link", &reply, expected.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.welcome(room, who, expected.ok(), &reply);
        }
    }

    async fn link_domain(&mut self) {
        let room = self.a_room();
        let (who, unlinks) = (self.a_caller(room), self.chance(40));
        let action = if unlinks { "unlinkDomain" } else { "linkDomain" };
        let has_domain = self.rooms[room].has_domain;
        let expected = self.may(room, who, action, &Resource::Workspace, None).and_then(|()| match () {
            () if unlinks => {
                if has_domain {
                    Ok(204)
                } else {
                    Err(NOT_FOUND)
                }
            }
            () if !self.pack.offers(Channel::Domain) => Err((403, "channel_not_offered")),
            () => Ok(200),
        });
        let path = format!("{}/domains/{DOMAIN}", self.rooms[room].path);
        let reply = self.send(who, if unlinks { "DELETE" } else { "PUT" }, &path, Value::Null).await;
        if self.check(action, &reply, expected) {
            self.rooms[room].has_domain = !unlinks;
            if !unlinks {
                let domain: DomainName = DOMAIN.parse().expect("a domain");
                let now = self.ground.clock.now();
                verify_by_hand(&self.ground.store(), &domain, now).await.expect("verified");
            }
        }
    }

    /// What a change of role comes to, once the policies have agreed.
    fn judge_role(&self, room: usize, whom: usize, role: &RoleId) -> Result<Member, No> {
        let (there, member) = (&self.rooms[room], &self.rooms[room].members[&whom]);
        if self.pack.role(role).is_none() {
            return Err((422, "role_unknown"));
        }
        if member.role == *role {
            return Ok(member.clone());
        }
        let is_lowered = self.pack.rank(role) < self.pack.rank(&member.role);
        let is_protected = match self.pack.creator.demotion {
            CreatorDemotion::Allowed => false,
            CreatorDemotion::Refused => true,
            CreatorDemotion::RefusedInOnlyWorkspace => self.workspaces_of(whom) < 2,
        };
        if there.creator == whom && is_lowered && is_protected {
            return Err((403, "creator_protected"));
        }
        let governs = |role: &RoleId| self.pack.is_governing(role);
        if governs(&member.role) && !governs(role) && self.governors(room) == 1 {
            return Err((409, "last_governor"));
        }
        let sits = match (self.needs_seat(role), member.sits) {
            (false, _) => Sits::Nowhere,
            (true, Sits::Nowhere) if self.open_seats(room) > 0 => Sits::Seat(self.step),
            (true, Sits::Nowhere) => return Err((409, "no_seat_available")),
            (true, sits) => sits,
        };
        Ok(Member { role: role.clone(), sits, since: member.since })
    }

    async fn change_role(&mut self) {
        let room = self.a_room();
        let (who, whom, role) = (self.a_caller(room), self.somebody_in(room), self.a_role());
        let asked = self.asked(&role);
        let judged = self
            .may_to(room, who, whom, "changeRole", Some(&asked))
            .and_then(|()| self.judge_role(room, whom, &role));
        let path = format!("{}/members/{}/role", self.rooms[room].path, self.people[whom].id());
        let reply = self.send(who, "PUT", &path, json!({ "role": role })).await;
        if self.check("change-role", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.set_member(room, whom, judged.ok());
        }
    }

    fn set_member(&mut self, room: usize, whom: usize, member: Option<Member>) {
        if let Some(member) = member {
            self.rooms[room].members.insert(whom, member);
        }
    }

    async fn assign_or_release(&mut self) {
        let room = self.a_room();
        let (who, whom, releases) = (self.a_caller(room), self.somebody_in(room), self.chance(40));
        let action = if releases { "releaseSeat" } else { "assignSeat" };
        let seatless = self.pack.roles_given.seatless.clone();
        let judged = self.may_to(room, who, whom, action, None).and_then(|()| {
            let member = self.rooms[room].members[&whom].clone();
            match (releases, seatless) {
                (true, Some(seatless)) if self.needs_seat(&member.role) => {
                    self.judge_role(room, whom, &seatless)
                }
                (true, _) => Ok(member),
                (false, Some(seatless)) if member.role == seatless => {
                    self.judge_role(room, whom, &self.joiner())
                }
                (false, _) => match member.sits {
                    Sits::Seat(_) => Ok(member),
                    _ if self.open_seats(room) > 0 => Ok(Member { sits: Sits::Seat(self.step), ..member }),
                    _ => Err((409, "no_seat_available")),
                },
            }
        });
        let path = format!("{}/members/{}/seat", self.rooms[room].path, self.people[whom].id());
        let (method, body) = if releases { ("DELETE", Value::Null) } else { ("PUT", json!({})) };
        let reply = self.send(who, method, &path, body).await;
        if self.check(action, &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.set_member(room, whom, judged.ok());
        }
    }

    async fn assign_all(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let expected = self.may(room, who, "assignSeats", &Resource::Workspace, None).map(|()| 200);
        let path = format!("{}/seats/assign", self.rooms[room].path);
        let reply = self.send(who, "POST", &path, Value::Null).await;
        if !self.check("assign-seats", &reply, expected) {
            return;
        }
        let seatless = self.pack.roles_given.seatless.clone();
        let waits = |member: &Member| {
            matches!(member.sits, Sits::Suspended(_))
                || Some(&member.role) == seatless.as_ref() && self.needs_seat(&self.joiner())
        };
        let mut waiting: Vec<(u32, usize)> = self.rooms[room]
            .members
            .iter()
            .filter(|(_, member)| waits(member))
            .map(|(who, member)| (member.since, *who))
            .collect();
        waiting.sort_unstable();
        let open = usize::try_from(self.open_seats(room)).unwrap_or(0);
        let (joiner, step) = (self.joiner(), self.step);
        let ids = |some: &[(u32, usize)]| -> Vec<Value> {
            some.iter().map(|(_, who)| json!(self.people[*who].id().to_string())).collect()
        };
        let (first, rest) = waiting.split_at(open.min(waiting.len()));
        if reply.json != json!({ "assigned": ids(first), "waiting": ids(rest) }) {
            self.fail(&format!("seats go to {first:?}, {rest:?} wait"));
        }
        for (_, who) in first {
            let member = self.rooms[room].members.get_mut(who).expect("a member");
            if Some(&member.role) == seatless.as_ref() {
                member.role = joiner.clone();
            }
            member.sits = Sits::Seat(step);
        }
    }

    /// Goes, by being removed or alone.
    async fn remove_or_leave(&mut self) {
        let room = self.a_room();
        let leaves = self.chance(40);
        let who = if leaves { self.somebody_in(room) } else { self.a_caller(room) };
        let whom = if leaves { who } else { self.somebody_in(room) };
        let may = if leaves {
            self.may(room, who, "leaveWorkspace", &Resource::Workspace, None)
        } else {
            self.may_to(room, who, whom, "removeMember", None)
        };
        let expected = may.and_then(|()| {
            let governs = self.pack.is_governing(&self.rooms[room].members[&whom].role);
            let is_kept = self.pack.creator.removal == CreatorRemoval::Refused;
            match () {
                () if leaves && self.pack.leave.by != seatwise_domain::pack::LeaveBy::Direct => {
                    Err((403, "leave_not_offered"))
                }
                () if self.rooms[room].creator == whom && is_kept => Err((403, "creator_protected")),
                () if governs && self.governors(room) == 1 => Err((409, "last_governor")),
                () => Ok(204),
            }
        });
        let path = &self.rooms[room].path;
        let (method, path) = if leaves {
            ("POST", format!("{path}/leave"))
        } else {
            ("DELETE", format!("{path}/members/{}", self.people[whom].id()))
        };
        let is_last = self.workspaces_of(whom) == 1;
        let reply = self.send(who, method, &path, Value::Null).await;
        if self.check(if leaves { "leave" } else { "remove" }, &reply, expected) {
            let deletes = !leaves && self.pack.removal.last_account == LastAccount::Delete;
            if deletes && is_last && self.rooms[room].creator != whom {
                self.accounts.remove(&whom);
            }
            self.take_out(room, whom);
        }
    }

    async fn transfer(&mut self) {
        let room = self.a_room();
        let who = if self.chance(60) { self.rooms[room].creator } else { self.a_caller(room) };
        let whom = self.somebody_in(room);
        let expected = self.may_to(room, who, whom, "transferWorkspace", None).and_then(|()| {
            let governs = self.pack.is_governing(&self.rooms[room].members[&whom].role);
            if governs { Ok(200) } else { Err((409, "governor_required")) }
        });
        let path = format!("{}/transfer", self.rooms[room].path);
        let body = json!({ "userId": self.people[whom].id().to_string() });
        let reply = self.send(who, "POST", &path, body).await;
        if self.check("transfer", &reply, expected) {
            self.rooms[room].creator = whom;
        }
    }

    async fn set_auto_assign(&mut self) {
        let room = self.a_room();
        let (who, assigns) = (self.a_caller(room), self.chance(60));
        let expected = self.may(room, who, "updateSettings", &Resource::Workspace, None).and_then(|()| {
            if self.pack.joining.auto_assign.is_some() { Ok(200) } else { Err((422, "invalid_request")) }
        });
        let path = format!("{}/settings", self.rooms[room].path);
        let reply = self.send(who, "PATCH", &path, json!({ "autoAssignSeats": assigns })).await;
        if self.check("update-settings", &reply, expected) {
            self.rooms[room].auto_assigns = assigns;
        }
    }

    /// Who sat down last is without a seat while the plan has too few, and has it again after.
    async fn set_plan(&mut self) {
        let room = self.a_room();
        let plans: Vec<String> = self.pack.plans.iter().take(2).map(|plan| plan.id.clone()).collect();
        let plan = plans[self.below(plans.len())].clone();
        let id = self.rooms[room].id();
        plan::set(&self.ground.store(), &self.pack, id, &plan).await.expect("on the plan");
        self.past.push_back(format!("{}: {id} is on {plan}", self.step));
        self.rooms[room].plan = plan;
        while self.by_role() {
            let open = self.open_seats(room);
            let key = |who: usize| self.people[who].id();
            let members = self.rooms[room].members.iter();
            let next =
                if open < 0 {
                    members
                        .filter_map(|(who, it)| {
                            if let Sits::Seat(at) = it.sits { Some((at, key(*who), *who)) } else { None }
                        })
                        .max()
                } else {
                    members
                        .filter_map(|(who, it)| {
                            if let Sits::Suspended(at) = it.sits { Some((at, key(*who), *who)) } else { None }
                        })
                        .min()
                        .filter(|_| open > 0)
                };
            let Some((at, _, who)) = next else { break };
            let member = self.rooms[room].members.get_mut(&who).expect("a member");
            member.sits = if open < 0 { Sits::Suspended(at) } else { Sits::Seat(at) };
            *self.outcomes.entry(if open < 0 { "suspended" } else { "restored" }.to_owned()).or_default() +=
                1;
        }
    }

    /// A workspace is deleted, and another takes its place.
    async fn delete(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let expected = self.may(room, who, "deleteWorkspace", &Resource::Workspace, None).map(|()| 204);
        let path = self.rooms[room].path.clone();
        let reply = self.send(who, "DELETE", &path, Value::Null).await;
        if !self.check("delete", &reply, expected) {
            return;
        }
        let members: Vec<usize> = self.rooms[room].members.keys().copied().collect();
        self.rooms.remove(room);
        for who in members {
            self.send(who, "GET", &path, Value::Null).await.expect_problem(404, "not_found");
        }
        while background::delete_workspaces(&self.processes[0].service).await > 0 {}
        self.create().await;
    }

    async fn one_step(&mut self) {
        self.step += 1;
        // Each sits down at a moment of their own.
        self.ground.clock.advance(SignedDuration::from_secs(1));
        match self.below(100) {
            0..16 => self.invite().await,
            16..34 => self.join().await,
            34..38 => self.revoke_or_resend().await,
            38..44 => self.make_or_revoke_link().await,
            44..54 => self.join_by_link().await,
            54..58 => self.link_domain().await,
            66..76 => self.change_role().await,
            76..80 => self.assign_or_release().await,
            80..82 => self.assign_all().await,
            82..90 => self.remove_or_leave().await,
            90..93 => self.transfer().await,
            93..95 => self.set_auto_assign().await,
            95..98 => self.set_plan().await,
            98 if self.chance(30) => self.delete().await,
            // What is left: 58 to 66, and the last.
            _ => self.enter().await,
        }
    }

    async fn audit(&mut self) {
        let dump = self.ground.dump().await;
        let faults = dump.faults(&self.pack, self.ground.clock.now());
        if !faults.is_empty() {
            self.fail(&faults.join("\n"));
        }
        let lines = |members: Vec<(String, String)>| members.into_iter().collect::<BTreeMap<_, _>>();
        for room in &self.rooms {
            let model = room.members.iter().map(|(who, member)| {
                let sits = match member.sits {
                    Sits::Nowhere => "nowhere",
                    Sits::Seat(_) => "on a seat",
                    Sits::Suspended(_) => "suspended",
                };
                (self.people[*who].id().to_string(), format!("{} {sits}", member.role))
            });
            let table = dump.members_of(room.id()).into_iter().map(|member| {
                let sits = match member.seat {
                    Seating::None => "nowhere",
                    Seating::Plan { .. } => "on a seat",
                    Seating::Suspended { .. } => "suspended",
                    Seating::FreeSlot | Seating::Seat(_) => "where nobody can sit",
                };
                (member.user.to_string(), format!("{} {sits}", member.role))
            });
            let (model, table) = (lines(model.collect()), lines(table.collect()));
            if model != table {
                self.fail(&format!("members of {}:\nmodel {model:#?}\ntable {table:#?}", room.path));
            }
            if dump.workspaces[&room.id()].creator != self.people[room.creator].id() {
                self.fail("another is the creator");
            }
        }
        if dump.workspaces.len() != self.rooms.len() {
            self.fail("a deleted workspace is there");
        }
        let accounts: BTreeSet<Uuid> = self.accounts.iter().map(|who| self.people[*who].id().0).collect();
        let there: BTreeSet<Uuid> = dump.users.keys().map(|user| user.0).collect();
        if accounts != there {
            self.fail(&format!("accounts {there:?}, the model says {accounts:?}"));
        }
    }

    async fn run(mut self, steps: u32) -> BTreeMap<String, u32> {
        for step in 0..steps {
            self.one_step().await;
            if step % BETWEEN_AUDITS == BETWEEN_AUDITS - 1 {
                self.audit().await;
            }
        }
        self.audit().await;
        self.outcomes
    }
}

/// What the answer says of somebody: as what, and whether on a seat.
fn told(member: &Value) -> (RoleId, bool) {
    (RoleId(text(&member["role"])), member["seat"].is_object())
}

fn from_env<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Of each pack, what must have happened: a history in which next to nothing does proves nothing.
const MUST_HAPPEN: &[(&str, &[&str])] = &[
    (
        "flat-owners",
        &[
            "join 200 ",
            "join 409 member_limit_reached",
            "join 410 invitation_revoked",
            "change-role 200 ",
            "change-role 403 own_role",
            "change-role 403 creator_protected",
            "remove 204 ",
            "remove 403 creator_protected",
            "remove 403 own_removal",
            "transfer 200 ",
            "delete 204 ",
        ],
    ),
    (
        "role-seats",
        &[
            "join 200 ",
            "join by link 200 ",
            "join by link 409 no_seat_available",
            "joined by domain",
            "join by link 410 invitation_revoked",
            "change-role 409 no_seat_available",
            "releaseSeat 200 ",
            "assign-seats 200 ",
            "suspended",
            "restored",
            "remove 204 ",
            "update-settings 200 ",
            "delete 204 ",
        ],
    ),
    (
        "role-ladder",
        &[
            "join 200 ",
            "join 410 invitation_revoked",
            "leave 204 ",
            "leave 403 leave_not_offered",
            "change-role 409 last_governor",
            "remove 204 ",
            "transfer 409 governor_required",
            "delete 204 ",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k10_histories_of_every_pack_agree_with_the_model() {
    let seeds = from_env("SEATWISE_HISTORY_SEED").map_or(SEEDS.to_vec(), |seed| vec![seed]);
    let steps = from_env("SEATWISE_HISTORY_STEPS").unwrap_or(STEPS);
    for (pack, must_happen) in MUST_HAPPEN {
        let running: Vec<_> = seeds
            .iter()
            .map(|seed| {
                let seed = *seed;
                tokio::spawn(async move { History::new(pack, seed).await.run(steps).await })
            })
            .collect();
        let mut outcomes = BTreeMap::<String, u32>::new();
        for history in running {
            let history = history.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            for (outcome, count) in history {
                *outcomes.entry(outcome).or_default() += count;
            }
        }
        println!("{pack}: {outcomes:#?}");
        for outcome in must_happen.iter().filter(|_| steps >= STEPS) {
            assert!(outcomes.contains_key(*outcome), "{pack}: {outcome} never happened: {outcomes:#?}");
        }
    }
}
