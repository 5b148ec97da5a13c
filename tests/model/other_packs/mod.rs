//! Random histories of the packs without seats for sale, against a small model of what is promised
//! (K10): people come in by every way there is, are promoted, demoted, suspended, removed, leave, hand
//! workspaces on and delete them, over two processes. The policies, which have tests of their own, say
//! whether somebody may attempt something; the model says what comes of it. (Purchased seats are in
//! `purchased_seats`.)
//!
//! `SEATWISE_HISTORY_SEED` runs one history of each pack, `SEATWISE_HISTORY_STEPS` sets its length.

mod audit;
mod joining;
mod members;
mod seats;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::pack::{SeatModel, SeatNeed};
use seatwise_domain::{Pack, RoleId, WorkspaceId};
use seatwise_policy::{
    AccessRequest, Bundle, Decision, InvitationFacts, MemberFacts, Principal, Resource, WorkspaceFacts, packs,
};
use serde_json::Value;

use crate::model::dice::Dice;
use crate::model::log::{Log, No};
use crate::model::{assert_happened, from_env, outcomes_of};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::{Reply, text};

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
    /// When they joined, and the roles that they have lost since.
    joined: Timestamp,
    lost: Vec<(RoleId, Timestamp)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Used,
    Revoked,
}

impl State {
    fn require_pending(self) -> Result<(), No> {
        match self {
            Self::Pending => Ok(()),
            Self::Used => Err((410, "invitation_used")),
            Self::Revoked => Err(REVOKED),
        }
    }
}

#[derive(Clone, Debug)]
struct Invitation {
    id: String,
    url: String,
    to: usize,
    by: usize,
    role: RoleId,
    state: State,
    /// Since when the member stands for it.
    stood: Timestamp,
}

impl Invitation {
    fn facts(&self) -> InvitationFacts {
        InvitationFacts { id: self.id.parse().expect("an id"), role: self.role.clone(), tier: None }
    }
}

#[derive(Clone, Debug)]
struct Link {
    url: String,
    by: usize,
    role: RoleId,
    is_open: bool,
    made: Timestamp,
}

struct Room {
    path: String,
    creator: usize,
    members: BTreeMap<usize, Member>,
    invitations: Vec<Invitation>,
    links: Vec<Link>,
    /// The people who left or were removed, and when.
    left: BTreeMap<usize, Timestamp>,
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
    log: Log,
    dice: Dice,
    deployment: Deployment,
    pack: Arc<Pack>,
    bundle: Bundle,
    processes: [Process; 2],
    people: Vec<Person>,
    accounts: BTreeSet<usize>,
    rooms: Vec<Room>,
}

/// The role in the answer about a member, and whether the member has a seat.
fn told(member: &Value) -> (RoleId, bool) {
    (RoleId(text(&member["role"])), member["seat"].is_object())
}

impl History {
    async fn new(name: &'static str, seed: u64) -> Self {
        let changes = if name == "role-seats" { FEW_SEATS } else { &[] };
        let deployment = Deployment::under(name, changes).await;
        let mut files = packs::files(name).expect("built in");
        for (from, to) in changes {
            let text = files.get_mut("product.toml").expect("a file");
            *text = text.replace(from, to);
        }
        let person = |number| Person { verified: number < VERIFIED, ..somebody(&format!("p{number}")) };
        let mut history = Self {
            log: Log::new(name, seed),
            dice: Dice(seed),
            processes: [deployment.process(), deployment.process()],
            pack: Arc::clone(&deployment.pack),
            deployment,
            bundle: Bundle::compile(&files).expect("a pack"),
            people: (0..PEOPLE).map(person).collect(),
            accounts: BTreeSet::new(),
            rooms: Vec::new(),
        };
        for _ in 0..ROOMS {
            history.create().await;
        }
        history
    }

    fn below(&mut self, count: usize) -> usize {
        self.dice.below(count)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.dice.chance(percent)
    }

    async fn send(&mut self, who: usize, method: &str, path: &str, body: Value) -> Reply {
        let process = self.below(2);
        self.log.note(&format!("p{who} {method} {path} {body}"));
        let reply = self.processes[process].call(&self.people[who], method, path, body).await;
        self.log.answer(&reply);
        reply
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
        MemberFacts::with_role(workspace, user, role)
    }

    /// The decision of the policies, as the API words it. A person outside the workspace finds nothing.
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
        let now = self.deployment.clock.now();
        let info = self.bundle.action(action).expect("an action");
        if !self.bundle.offers(info) || !self.bundle.is_permitted_to_some(action, now) {
            return Err((403, unoffered(action)));
        }
        let decision = self.bundle.decide(&AccessRequest {
            action,
            principal: &Principal::Member(self.facts(room, who, &member.role)),
            workspace: Some(&WorkspaceFacts {
                id: there.id(),
                creator: self.people[there.creator].id(),
                plan: there.plan.clone(),
            }),
            resource,
            target_role,
            target_tier: None,
            now,
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

    /// Whether a member could make something for this role at every time since `at`.
    fn vouches(&self, room: usize, by: usize, action: &str, role: &RoleId, at: Timestamp) -> bool {
        let Some(member) = self.rooms[room].members.get(&by) else { return false };
        let lost = member.lost.iter().filter(|(_, until)| *until > at).map(|(role, _)| role);
        let mut held = [&member.role].into_iter().chain(lost);
        member.joined <= at && held.all(|own| self.role_may(room, by, own, action, role))
    }

    /// The decision of the policies on a member, if they have this role.
    fn role_may(&self, room: usize, who: usize, own: &RoleId, action: &str, role: &RoleId) -> bool {
        let there = &self.rooms[room];
        let decision = self.bundle.decide(&AccessRequest {
            action,
            principal: &Principal::Member(self.facts(room, who, own)),
            workspace: Some(&WorkspaceFacts {
                id: there.id(),
                creator: self.people[there.creator].id(),
                plan: there.plan.clone(),
            }),
            resource: &Resource::Workspace,
            target_role: Some(role),
            target_tier: None,
            now: self.now(),
        });
        decision == Decision::Allow
    }

    fn now(&self) -> Timestamp {
        self.deployment.clock.now()
    }

    /// The role and the seat of who comes in for a role.
    fn come_in(&self, room: usize, role: &RoleId) -> Result<Member, No> {
        let there = &self.rooms[room];
        let is_joiner = *role == self.joiner();
        let seatless = self.pack.roles_given.seatless.clone().filter(|_| is_joiner);
        let (since, joined) = (self.log.step, self.now());
        let member = |role: &RoleId, sits| {
            let (role, lost) = (role.clone(), Vec::new());
            Member { role, sits, since, joined, lost }
        };
        let found = match (self.needs_seat(role), seatless) {
            (_, Some(seatless)) if self.pack.joining.auto_assign.is_some() && !there.auto_assigns => {
                member(&seatless, Sits::Nowhere)
            }
            (false, _) => member(role, Sits::Nowhere),
            (true, _) if self.open_seats(room) > 0 => member(role, Sits::Seat(self.log.step)),
            (true, Some(seatless)) => member(&seatless, Sits::Nowhere),
            (true, None) => return Err((409, "no_seat_available")),
        };
        let most = self.pack.most_members(&self.pack.billing.plan, &BTreeMap::new());
        let cap = most.map_or(usize::MAX, |max| max as usize);
        if there.members.len() >= cap { Err((409, "member_limit_reached")) } else { Ok(found) }
    }

    fn add(&mut self, room: usize, who: usize, member: Member) {
        self.rooms[room].members.insert(who, member);
        // What else was pending for the person ends.
        let pending = |one: &&mut Invitation| one.to == who && one.state == State::Pending;
        let invitations = self.rooms[room].invitations.iter_mut().filter(|_| who < VERIFIED);
        invitations.filter(pending).for_each(|one| one.state = State::Revoked);
    }

    fn take_out(&mut self, room: usize, who: usize) {
        let now = self.now();
        let there = &mut self.rooms[room];
        there.members.remove(&who);
        there.left.insert(who, now);
        if there.creator == who {
            // The standing passes to the governing member who joined first.
            let governs = |(_, member): &(&usize, &Member)| self.pack.is_governing(&member.role);
            let heir = there.members.iter().filter(governs).min_by_key(|(_, member)| member.joined);
            there.creator = *heir.expect("a governing member").0;
        }
    }

    async fn one_step(&mut self) {
        self.log.step += 1;
        // Each sits down at a moment of their own.
        self.deployment.clock.advance(SignedDuration::from_secs(1));
        match self.below(100) {
            0..16 => self.invite().await,
            16..34 => self.join().await,
            34..38 => self.revoke_or_resend().await,
            58..61 => self.change_invitation().await,
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
            // 61 to 66, and the last.
            _ => self.enter().await,
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
        self.log.into_outcomes()
    }
}

/// Of each pack, what must have happened: a history in which next to nothing does proves nothing.
const MUST_HAPPEN: &[(&str, &[&str])] = &[
    (
        "flat-owners",
        &[
            "join 200 ",
            "join 409 member_limit_reached",
            "join 410 invitation_revoked",
            "change-invitation 200 ",
            "change-invitation 422 role_unknown",
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
            "change-invitation 200 ",
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
            "change-invitation 200 ",
            "change-invitation 410 invitation_used",
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
        let histories = seeds
            .clone()
            .into_iter()
            .map(|seed| async move { Box::pin(History::new(pack, seed).await.run(steps)).await });
        let outcomes = outcomes_of(histories).await;
        println!("{pack}: {outcomes:#?}");
        if steps >= STEPS {
            assert_happened(pack, &outcomes, must_happen);
        }
    }
}

/// The code of an action that the pack does not offer.
fn unoffered(action: &str) -> &'static str {
    if action.contains("Link") || action.contains("Domain") {
        "channel_not_offered"
    } else if action.contains("eave") {
        "leave_not_offered"
    } else {
        "not_offered"
    }
}
