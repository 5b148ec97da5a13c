//! Random histories against a small model of what is promised (K10): several people in several
//! workspaces do everything that writes, over two processes, while time goes on. After each step the
//! answer is the model's; every so often the table is what the model says and free of faults.
//!
//! `SEATWISE_MODEL_SEED` runs one history, `SEATWISE_MODEL_STEPS` sets the length of each. A failure
//! tells its seed. (Which of several free seats is taken is the service's chance, not the seed's.)

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{EmailAddress, InvitationState, LeaveState, Occupant, Seating, WorkspaceId};
use serde_json::{Value, json};

use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::{Reply, text, token_of};
use crate::support::table::Dump;

const SEEDS: [u64; 4] = [1, 20, 300, 4_000];
const STEPS: u32 = 3_000;
/// Steps between two looks at the table.
const BETWEEN_AUDITS: u32 = 250;
/// A new workspace takes the place of the oldest after so many steps: seats that have ended are
/// never mended, and a history must not stand still.
const LIFE_OF_A_ROOM: u32 = 200;
/// How many workspaces are in use at a time.
const ROOMS: usize = 3;
/// Most seats of a workspace.
const MAX_SEATS: usize = 12;
const PEOPLE: usize = 9;
/// The last ones have an address that nobody vouches for.
const VERIFIED: usize = 7;

/// Numbers by chance, the same for the same seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).expect("few");
        usize::try_from(self.roll() % count).expect("few")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

type Role = &'static str;

fn rank(role: Role) -> u32 {
    match role {
        "owner" => 100,
        "admin" => 50,
        "member" => 10,
        other => panic!("there is no role {other}"),
    }
}

fn is_role(role: Role) -> bool {
    ["owner", "admin", "member"].contains(&role)
}

/// The role that the policies are asked about for one that is not there.
fn asked(role: Role) -> Role {
    if is_role(role) { role } else { "member" }
}

/// Who has a seat. An invitation keeps it no longer than it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Nobody,
    Invited(usize),
    Member(usize),
}

#[derive(Debug)]
struct Seat {
    id: String,
    tier: &'static str,
    of: Of,
    ends: Option<Timestamp>,
    /// It had ended, and made room for another.
    is_gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sits {
    FreeSlot,
    Seat(usize),
}

#[derive(Clone, Copy, Debug)]
struct Member {
    role: Role,
    sits: Sits,
    leave: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Invited {
    Pending,
    Accepted(usize),
    Revoked,
    Declined,
}

#[derive(Debug)]
struct Invitation {
    id: String,
    url: String,
    /// Whose address it is bound to.
    to: Option<usize>,
    /// Who stands for it: who made it, or sent it last.
    by: usize,
    role: Role,
    seat: usize,
    state: Invited,
    expires: Timestamp,
}

impl Invitation {
    fn is_live(&self, now: Timestamp) -> bool {
        self.state == Invited::Pending && now < self.expires
    }

    /// Why it cannot be used.
    fn over(&self, now: Timestamp) -> Result<(), No> {
        match self.state {
            Invited::Accepted(_) => Err((410, "invitation_used")),
            Invited::Revoked | Invited::Declined => Err((410, "invitation_revoked")),
            Invited::Pending if self.expires <= now => Err((410, "invitation_expired")),
            Invited::Pending => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Pending,
    Approved,
    Denied,
    Withdrawn,
}

#[derive(Debug)]
struct Leave {
    id: String,
    who: usize,
    state: Asked,
}

/// What an address is to a workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    pending: Option<usize>,
    member: Option<usize>,
}

/// A workspace.
#[derive(Debug)]
struct Room {
    path: String,
    name: String,
    members: BTreeMap<usize, Member>,
    seats: Vec<Seat>,
    invitations: Vec<Invitation>,
    leaves: Vec<Leave>,
    /// By whose the address is.
    slots: BTreeMap<usize, Slot>,
}

/// A refusal: status and code.
type No = (u16, &'static str);
const FORBIDDEN: No = (403, "forbidden");
const NOT_FOUND: No = (404, "not_found");

/// Which seat is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    /// By its place in the model; too large: one that is not there.
    seat: Option<usize>,
    tier: Option<&'static str>,
}

impl Room {
    fn id(&self) -> WorkspaceId {
        self.path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("a workspace")
    }

    fn role(&self, who: usize) -> Result<Role, No> {
        self.members.get(&who).map(|member| member.role).ok_or(NOT_FOUND)
    }

    fn free_slot_is_free(&self) -> bool {
        self.members.values().all(|member| member.sits != Sits::FreeSlot)
    }

    fn is_over(&self, seat: usize, now: Timestamp) -> bool {
        self.seats[seat].ends.is_some_and(|end| end <= now)
    }

    fn is_free(&self, seat: usize, now: Timestamp) -> bool {
        let is_open = match self.seats[seat].of {
            Of::Nobody => true,
            Of::Invited(invitation) => !self.invitations[invitation].is_live(now),
            Of::Member(_) => false,
        };
        is_open && !self.seats[seat].is_gone && !self.is_over(seat, now)
    }

    /// The seats of which one is taken.
    fn find(&self, wish: Wish, now: Timestamp) -> Result<Vec<usize>, No> {
        let fits = |seat: usize| wish.tier.is_none_or(|tier| tier == self.seats[seat].tier);
        if let Some(seat) = wish.seat {
            let is_it = seat < self.seats.len() && self.is_free(seat, now) && fits(seat);
            return if is_it { Ok(vec![seat]) } else { Err((409, "seat_not_available")) };
        }
        if wish.tier.is_some_and(|tier| !["basic", "pro"].contains(&tier)) {
            return Err((422, "tier_unknown"));
        }
        for tier in ["basic", "pro"] {
            let free: Vec<usize> = (0..self.seats.len())
                .filter(|seat| self.seats[*seat].tier == tier && fits(*seat) && self.is_free(*seat, now))
                .collect();
            if !free.is_empty() {
                return Ok(free);
            }
        }
        Err((409, "no_seat_available"))
    }

    /// How many seats there are for which this holds.
    fn count(&self, holds: impl Fn(usize) -> bool) -> usize {
        (0..self.seats.len()).filter(|seat| !self.seats[*seat].is_gone && holds(*seat)).count()
    }

    /// The seats that make room for so many new ones: ended, nobody's, the oldest first.
    fn make_room(&self, quantity: usize, now: Timestamp) -> Result<Vec<usize>, No> {
        let excess = (self.count(|_| true) + quantity).saturating_sub(MAX_SEATS);
        let mut done: Vec<usize> = (0..self.seats.len())
            .filter(|seat| {
                let there = &self.seats[*seat];
                !there.is_gone && there.of == Of::Nobody && self.is_over(*seat, now)
            })
            .collect();
        done.sort_by_key(|seat| &self.seats[*seat].id);
        done.truncate(excess);
        if done.len() < excess { Err((409, "seat_limit_reached")) } else { Ok(done) }
    }

    fn seat(&self, id: &str) -> usize {
        self.seats.iter().position(|seat| seat.id == id).expect("a seat that was bought")
    }

    /// A member sits elsewhere; their seat is free.
    fn reseat(&mut self, who: usize, sits: Sits) {
        let member = self.members.get_mut(&who).expect("a member");
        if let Sits::Seat(seat) = std::mem::replace(&mut member.sits, sits)
            && sits != Sits::Seat(seat)
        {
            self.seats[seat].of = Of::Nobody;
        }
        if let Sits::Seat(seat) = sits {
            self.seats[seat].of = Of::Member(who);
        }
    }

    /// A member is gone.
    fn exit(&mut self, who: usize, leave: Asked) {
        let member = self.members.remove(&who).expect("a member");
        if let Sits::Seat(seat) = member.sits {
            self.seats[seat].of = Of::Nobody;
        }
        if let Some(request) = member.leave {
            self.leaves[request].state = leave;
        }
        for slot in self.slots.values_mut().filter(|slot| slot.member == Some(who)) {
            slot.member = None;
        }
    }

    /// An invitation is over.
    fn close(&mut self, invitation: usize, state: Invited) {
        self.invitations[invitation].state = state;
        if let Some(slot) = self.invitations[invitation].to.and_then(|to| self.slots.get_mut(&to))
            && slot.pending == Some(invitation)
        {
            slot.pending = None;
        }
        for seat in self.seats.iter_mut().filter(|seat| seat.of == Of::Invited(invitation)) {
            seat.of = Of::Nobody;
        }
    }

    /// Whether the policies let somebody give this role by an invitation.
    fn may_invite(&self, who: usize, role: Role) -> Result<(), No> {
        let own = self.role(who)?;
        if rank(role) > rank(own) {
            return Err((403, "role_above_own"));
        }
        if own == "member" { Err(FORBIDDEN) } else { Ok(()) }
    }

    /// Whether the policies let somebody touch where somebody sits.
    fn may_seat(&self, who: usize, whom: usize) -> Result<(), No> {
        let own = self.role(who)?;
        let other = self.members.get(&whom).map_or("member", |member| member.role);
        if own == "member" || rank(other) > rank(own) {
            return Err(FORBIDDEN);
        }
        if self.members.contains_key(&whom) { Ok(()) } else { Err(NOT_FOUND) }
    }
}

/// One history.
struct History {
    seed: u64,
    step: u32,
    dice: Dice,
    ground: Deployment,
    processes: [Process; 2],
    people: Vec<Person>,
    rooms: Vec<Room>,
    keys: u32,
    /// The last steps, for who looks into a failure.
    past: VecDeque<String>,
    outcomes: BTreeMap<String, u32>,
}

impl History {
    async fn new(seed: u64) -> Self {
        let max = format!("max = {MAX_SEATS}");
        let ground = Deployment::under(packs::DEFAULT, &[("max = 1000", &max)]).await;
        let person = |number| Person { verified: number < VERIFIED, ..somebody(&format!("p{number}")) };
        let mut history = Self {
            seed,
            step: 0,
            dice: Dice(seed),
            processes: [ground.process(), ground.process()],
            ground,
            people: (0..PEOPLE).map(person).collect(),
            rooms: Vec::new(),
            keys: 0,
            past: VecDeque::new(),
            outcomes: BTreeMap::new(),
        };
        for _ in 0..ROOMS {
            history.create_workspace().await;
        }
        history
    }

    fn now(&self) -> Timestamp {
        self.ground.clock.now()
    }

    /// Ends the test, with what one needs to find out why.
    fn fail(&self, why: &str) -> ! {
        let past: Vec<_> = self.past.iter().map(String::as_str).collect();
        panic!("seed {}, step {}: {why}\n{}", self.seed, self.step, past.join("\n"));
    }

    /// A request over one of the processes. Some carry a key, and some of those are repeated.
    async fn send(&mut self, who: usize, method: &str, path: &str, body: Value) -> Reply {
        let person = self.people[who].clone();
        let key = (method == "POST" && self.dice.chance(50)).then(|| {
            self.keys += 1;
            format!("key-{}", self.keys)
        });
        self.past.push_back(format!("{}: p{who} {method} {path} {body} at {}", self.step, self.now()));
        if self.past.len() > 30 {
            self.past.pop_front();
        }
        let first = self.dice.below(2);
        let process = &self.processes[first];
        let reply = process.call_with_key(&person, method, path, body.clone(), key.as_deref()).await;
        let told: String = reply.text.chars().take(300).collect();
        self.past.push_back(format!("    → {} {told}", reply.status.as_u16()));
        let is_done = reply.status.is_success();
        if key.is_some() && is_done && path != "/v1/me" && self.dice.chance(30) {
            let process = &self.processes[1 - first];
            let again = process.call_with_key(&person, method, path, body, key.as_deref()).await;
            if (again.status, &again.json) != (reply.status, &reply.json) {
                self.fail(&format!("the repetition was told {} {}", again.status, again.text));
            }
        }
        reply
    }

    /// Whether it was done, which the model has to have said.
    fn check(&mut self, what: &str, reply: &Reply, expected: Result<u16, No>) -> bool {
        let told = (reply.status.as_u16(), reply.code());
        let wanted = expected.map_or_else(|no| no, |status| (status, ""));
        *self.outcomes.entry(format!("{what} {} {}", told.0, told.1)).or_default() += 1;
        if told != wanted {
            self.fail(&format!("{what}: the model says {wanted:?}"));
        }
        expected.is_ok()
    }

    /// The place of a room in use.
    fn a_room(&mut self) -> usize {
        self.rooms.len() - 1 - self.dice.below(ROOMS)
    }

    fn anybody(&mut self) -> usize {
        self.dice.below(PEOPLE)
    }

    /// Mostly somebody of the staff.
    fn a_caller(&mut self, room: usize) -> usize {
        let members = self.rooms[room].members.iter();
        let staff: Vec<usize> =
            members.filter(|(_, member)| member.role != "member").map(|(who, _)| *who).collect();
        if self.dice.chance(75) { self.dice.pick(&staff) } else { self.anybody() }
    }

    /// Mostly a member.
    fn somebody_in(&mut self, room: usize) -> usize {
        let members: Vec<usize> = self.rooms[room].members.keys().copied().collect();
        if self.dice.chance(85) { self.dice.pick(&members) } else { self.anybody() }
    }

    fn a_role(&mut self) -> Role {
        self.dice.pick(&["owner", "admin", "admin", "member", "member", "member", "member", "wizard"])
    }

    fn a_wish(&mut self, room: usize) -> Wish {
        let seats = self.rooms[room].seats.len();
        let seat = self.dice.chance(20).then(|| self.dice.below(seats + 1));
        let tier = self.dice.chance(20).then(|| self.dice.pick(&["basic", "pro", "pro", "gold"]));
        Wish { seat, tier }
    }

    /// As a request says it.
    fn seat_id(&self, room: usize, seat: usize) -> String {
        let nobody_bought = "019b0000-0000-7000-8000-000000000000";
        self.rooms[room].seats.get(seat).map_or_else(|| nobody_bought.to_owned(), |seat| seat.id.clone())
    }

    fn member_path(&self, room: usize, whom: usize) -> String {
        format!("{}/members/{}", self.rooms[room].path, self.people[whom].id())
    }

    async fn create_workspace(&mut self) {
        let who = self.anybody();
        let name = format!("Room {}", self.rooms.len());
        let reply = self.send(who, "POST", "/v1/workspaces", json!({ "name": name })).await;
        self.check("create-workspace", &reply, Ok(201));
        let founder = Member { role: "owner", sits: Sits::FreeSlot, leave: None };
        let slots = (who < VERIFIED).then_some((who, Slot { pending: None, member: Some(who) }));
        self.rooms.push(Room {
            path: format!("/v1/workspaces/{}", text(&reply.json["id"])),
            name,
            members: BTreeMap::from([(who, founder)]),
            seats: Vec::new(),
            invitations: Vec::new(),
            leaves: Vec::new(),
            slots: slots.into_iter().collect(),
        });
    }

    async fn update_workspace(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let name = format!("Named at {}", self.step);
        let expected = self.rooms[room]
            .role(who)
            .and_then(|role| if role == "member" { Err(FORBIDDEN) } else { Ok(200) });
        let path = self.rooms[room].path.clone();
        let reply = self.send(who, "PATCH", &path, json!({ "name": name })).await;
        if self.check("update-workspace", &reply, expected) {
            self.rooms[room].name = name;
        }
    }

    async fn enter_or_update_me(&mut self) {
        let who = self.anybody();
        let (method, body) = if self.dice.chance(50) {
            ("POST", Value::Null)
        } else {
            ("PATCH", json!({ "firstName": format!("Name {}", self.step) }))
        };
        let reply = self.send(who, method, "/v1/me", body).await;
        self.check("me", &reply, Ok(200));
    }

    async fn buy(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let (tier, quantity) = (self.dice.pick(&["basic", "pro", "pro", "gold"]), 1 + self.dice.below(4));
        let now = self.now();
        let judged = self.rooms[room].role(who).and_then(|role| match role {
            "owner" if tier == "gold" => Err((422, "tier_unknown")),
            "owner" => self.rooms[room].make_room(quantity, now),
            _ => Err(FORBIDDEN),
        });
        let path = format!("{}/seats", self.rooms[room].path);
        let reply = self.send(who, "POST", &path, json!({ "tier": tier, "quantity": quantity })).await;
        if self.check("buy-seats", &reply, judged.as_ref().map(|_| 201).map_err(|no| *no)) {
            for seat in judged.unwrap_or_default() {
                self.rooms[room].seats[seat].is_gone = true;
            }
            let bought = reply.json["items"].as_array().expect("seats");
            assert_eq!(bought.len(), quantity);
            for seat in bought {
                let id = text(&seat["id"]);
                self.rooms[room].seats.push(Seat { id, tier, of: Of::Nobody, ends: None, is_gone: false });
            }
        }
    }

    /// What inviting one address, or nobody in particular, comes to: the seats of which it keeps
    /// one.
    fn judge_invitation(
        &self,
        room: usize,
        to: Option<usize>,
        role: Role,
        wish: Wish,
    ) -> Result<Vec<usize>, No> {
        let (now, room) = (self.now(), &self.rooms[room]);
        if !is_role(role) {
            return Err((422, "role_unknown"));
        }
        let slot = to.and_then(|to| room.slots.get(&to)).copied().unwrap_or_default();
        if slot.member.is_some() {
            return Err((409, "already_member"));
        }
        if slot.pending.is_some_and(|pending| room.invitations[pending].is_live(now)) {
            return Err((409, "invitation_pending"));
        }
        // Even an owner: nobody can be promised the free slot.
        room.find(wish, now)
    }

    fn take_invitation(
        &mut self,
        room: usize,
        by: usize,
        to: Option<usize>,
        role: Role,
        candidates: &[usize],
        told: &Value,
    ) {
        let expires: Timestamp = text(&told["expiresAt"]).parse().expect("a moment");
        assert_eq!(expires, self.now() + SignedDuration::from_hours(24 * 7), "as long as the pack says");
        let seat = self.rooms[room].seat(&text(&told["seatId"]));
        if !candidates.contains(&seat) {
            self.fail(&format!("the invitation keeps {seat} of {candidates:?}"));
        }
        let room = &mut self.rooms[room];
        let number = room.invitations.len();
        room.invitations.push(Invitation {
            id: text(&told["id"]),
            url: text(&told["url"]),
            to,
            by,
            role,
            seat,
            state: Invited::Pending,
            expires,
        });
        room.seats[seat].of = Of::Invited(number);
        if let Some(to) = to {
            room.slots.entry(to).or_default().pending = Some(number);
        }
    }

    async fn invite(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let (role, mut wish) = (self.a_role(), self.a_wish(room));
        let count = self.dice.pick(&[0, 1, 1, 1, 1, 1, 2, 3]);
        if count > 1 {
            wish.seat = None;
        }
        let to: Vec<usize> = (0..count).map(|_| self.anybody()).collect();
        let emails: Vec<String> = to
            .iter()
            .map(|to| {
                let email = &self.people[*to].email;
                if self.dice.chance(20) { email.to_uppercase() } else { email.clone() }
            })
            .collect();
        let mut body = json!({ "role": role, "sendEmail": self.dice.chance(80) });
        if count > 0 {
            body["emails"] = json!(emails);
        }
        if let Some(seat) = wish.seat {
            body["seatId"] = json!(self.seat_id(room, seat));
        }
        if let Some(tier) = wish.tier {
            body["tier"] = json!(tier);
        }
        let may = self.rooms[room].may_invite(who, asked(role));
        let expected = match may {
            Ok(()) if count <= 1 => self.judge_invitation(room, to.first().copied(), role, wish).map(|_| 201),
            other => other.map(|()| 201),
        };
        let path = format!("{}/invitations", self.rooms[room].path);
        let reply = self.send(who, "POST", &path, body).await;
        if !self.check("invite", &reply, expected) {
            return;
        }
        let rows = reply.json["items"].as_array().expect("rows").clone();
        assert_eq!(rows.len(), count.max(1));
        for (number, row) in rows.iter().enumerate() {
            let to = to.get(number).copied();
            // One after the other: each takes a seat from those after it.
            let judged = self.judge_invitation(room, to, role, wish);
            let told = row["problem"]["code"].as_str();
            if judged.as_ref().err().map(|(_, code)| *code) != told {
                self.fail(&format!("row {number}: the model says {judged:?}"));
            }
            if let Ok(candidates) = judged {
                self.take_invitation(room, who, to, role, &candidates, &row["invitation"]);
            }
        }
    }

    /// Mostly one that can still be used.
    fn an_invitation(&mut self, room: usize) -> Option<usize> {
        let now = self.now();
        let all = 0..self.rooms[room].invitations.len();
        let live: Vec<usize> =
            all.clone().filter(|number| self.rooms[room].invitations[*number].is_live(now)).collect();
        if !live.is_empty() && self.dice.chance(75) {
            return Some(self.dice.pick(&live));
        }
        (!all.is_empty()).then(|| self.dice.below(all.len()))
    }

    async fn resend_or_revoke(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let Some(number) = self.an_invitation(room) else { return };
        let now = self.now();
        let role = self.rooms[room].invitations[number].role;
        // Sometimes looked for in the wrong room.
        let place = if self.dice.chance(5) { self.a_room() } else { room };
        let resends = self.dice.chance(50);
        let asked = if place == room { role } else { "member" };
        let expected = self.rooms[place].may_invite(who, asked).and_then(|()| {
            if place != room {
                return Err(NOT_FOUND);
            }
            let invitation = &self.rooms[room].invitations[number];
            invitation.over(now)?;
            match resends {
                true if self.rooms[room].is_over(invitation.seat, now) => Err((409, "no_seat_available")),
                true => Ok(200),
                false => Ok(204),
            }
        });
        let path =
            format!("{}/invitations/{}", self.rooms[place].path, self.rooms[room].invitations[number].id);
        let reply = if resends {
            self.send(who, "POST", &format!("{path}/resend"), Value::Null).await
        } else {
            self.send(who, "DELETE", &path, Value::Null).await
        };
        let what = if resends { "resend-invitation" } else { "revoke-invitation" };
        if !self.check(what, &reply, expected) {
            return;
        }
        if resends {
            self.rooms[room].invitations[number].expires = now + SignedDuration::from_hours(24 * 7);
            self.rooms[room].invitations[number].by = who;
        } else {
            self.rooms[room].close(number, Invited::Revoked);
        }
    }

    /// Whether an invitation that is bound to an address is this person's.
    fn is_theirs(who: usize, to: Option<usize>) -> Result<(), No> {
        match to {
            None => Ok(()),
            Some(to) if to == who && who < VERIFIED => Ok(()),
            Some(to) if to == who => Err((403, "email_not_verified")),
            Some(_) => Err((403, "invitation_other_email")),
        }
    }

    async fn decline(&mut self) {
        let room = self.a_room();
        let Some(number) = self.an_invitation(room) else { return };
        let now = self.now();
        let to = self.rooms[room].invitations[number].to;
        let who = to.filter(|_| self.dice.chance(80)).unwrap_or_else(|| self.anybody());
        let invitation = &self.rooms[room].invitations[number];
        let expected = if to.is_none() {
            Err((404, "invitation_unknown"))
        } else {
            Self::is_theirs(who, to).and_then(|()| invitation.over(now)).map(|()| 204)
        };
        let path = format!("/v1/invitations/{}/decline", invitation.id);
        let reply = self.send(who, "POST", &path, Value::Null).await;
        if self.check("decline-invitation", &reply, expected) {
            self.rooms[room].close(number, Invited::Declined);
        }
    }

    /// Where somebody would sit who accepts.
    fn judge_join(&self, room: usize, number: usize, who: usize, by_id: bool) -> Result<Sits, No> {
        let (now, room) = (self.now(), &self.rooms[room]);
        let invitation = &room.invitations[number];
        if by_id && invitation.to.is_none() {
            return Err((404, "invitation_unknown"));
        }
        if room.members.contains_key(&who) {
            return Err((409, "already_member"));
        }
        invitation.over(now)?;
        Self::is_theirs(who, invitation.to)?;
        // Who is not in it, or ranks below the role by now, stands for no invitation any more.
        let may_still = |by: usize| room.role(by).is_ok_and(|own| rank(own) >= rank(invitation.role));
        if invitation.by == who {
            return Err((410, "invitation_revoked"));
        }
        if room.is_over(invitation.seat, now) {
            return Err((409, "no_seat_available"));
        }
        if !may_still(invitation.by) {
            return Err((410, "invitation_revoked"));
        }
        Ok(Sits::Seat(invitation.seat))
    }

    /// Where the answer says that a member sits.
    fn told_seat(&self, room: usize, member: &Value) -> Sits {
        match member["seat"]["id"].as_str() {
            Some(id) => Sits::Seat(self.rooms[room].seat(id)),
            None if member["freeSlot"] == true => Sits::FreeSlot,
            None => self.fail("the member sits nowhere"),
        }
    }

    async fn join(&mut self) {
        let room = self.a_room();
        let Some(number) = self.an_invitation(room) else { return };
        let to = self.rooms[room].invitations[number].to;
        let who = to.filter(|_| self.dice.chance(85)).unwrap_or_else(|| self.anybody());
        let by_id = self.dice.chance(30);
        let judged = self.judge_join(room, number, who, by_id);
        let invitation = &self.rooms[room].invitations[number];
        let body = if by_id {
            json!({ "invitationId": invitation.id })
        } else {
            json!({ "token": token_of(&invitation.url) })
        };
        let role = invitation.role;
        let reply = self.send(who, "POST", "/v1/join", body).await;
        if !self.check("join", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            return;
        }
        let sits = self.told_seat(room, &reply.json["member"]);
        if judged != Ok(sits) || reply.json["member"]["role"] != role {
            self.fail("they join as somebody else");
        }
        let room = &mut self.rooms[room];
        room.close(number, Invited::Accepted(who));
        room.members.insert(who, Member { role, sits, leave: None });
        room.reseat(who, sits);
        if who < VERIFIED {
            room.slots.entry(who).or_default().member = Some(who);
        }
    }

    /// What the policies say to a change of role.
    fn may_change_role(&self, room: usize, who: usize, whom: usize, role: Role) -> Result<(), No> {
        let room = &self.rooms[room];
        let own = room.role(who)?;
        if own == "member" {
            return Err(FORBIDDEN);
        }
        if rank(role) > rank(own) {
            return Err((403, "role_above_own"));
        }
        if who == whom {
            return Err((403, "own_role"));
        }
        let other = room.members.get(&whom).map_or("member", |member| member.role);
        if rank(other) > rank(own) {
            return Err(FORBIDDEN);
        }
        if room.members.contains_key(&whom) { Ok(()) } else { Err(NOT_FOUND) }
    }

    async fn change_role(&mut self) {
        let room = self.a_room();
        let (who, whom, role) = (self.a_caller(room), self.somebody_in(room), self.a_role());
        let now = self.now();
        let judged = self.may_change_role(room, who, whom, asked(role)).and_then(|()| {
            let member = self.rooms[room].members[&whom];
            match member.sits {
                _ if !is_role(role) => Err((422, "role_unknown")),
                Sits::FreeSlot if role != "owner" => {
                    let found = self.rooms[room].find(Wish::default(), now)?;
                    Ok(found.into_iter().map(Sits::Seat).collect())
                }
                stays => Ok(vec![stays]),
            }
        });
        let path = format!("{}/role", self.member_path(room, whom));
        let reply = self.send(who, "PUT", &path, json!({ "role": role })).await;
        if !self.check("change-role", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            return;
        }
        let sits = self.told_seat(room, &reply.json);
        if !judged.unwrap_or_default().contains(&sits) {
            self.fail("they sit somewhere else");
        }
        self.rooms[room].members.get_mut(&whom).expect("a member").role = role;
        self.rooms[room].reseat(whom, sits);
    }

    async fn remove(&mut self) {
        let room = self.a_room();
        let (who, whom) = (self.a_caller(room), self.somebody_in(room));
        let expected = self.rooms[room].role(who).and_then(|own| {
            if who == whom && own != "member" {
                return Err((403, "own_removal"));
            }
            self.rooms[room].may_seat(who, whom).map(|()| 204)
        });
        let path = self.member_path(room, whom);
        let reply = self.send(who, "DELETE", &path, Value::Null).await;
        if self.check("remove-member", &reply, expected) {
            self.rooms[room].exit(whom, Asked::Withdrawn);
        }
    }

    async fn assign(&mut self) {
        let room = self.a_room();
        let (who, whom, wish) = (self.a_caller(room), self.somebody_in(room), self.a_wish(room));
        let now = self.now();
        let judged = self.rooms[room].may_seat(who, whom).and_then(|()| {
            let place = &self.rooms[room];
            if let Sits::Seat(seat) = place.members[&whom].sits {
                let has_it = wish.seat.is_none_or(|wished| wished == seat)
                    && wish.tier.is_none_or(|wished| wished == place.seats[seat].tier);
                if has_it && !place.is_over(seat, now) {
                    return Ok(vec![seat]);
                }
            }
            place.find(wish, now)
        });
        let mut body = json!({});
        if let Some(seat) = wish.seat {
            body["seatId"] = json!(self.seat_id(room, seat));
        }
        if let Some(tier) = wish.tier {
            body["tier"] = json!(tier);
        }
        let path = format!("{}/seat", self.member_path(room, whom));
        let reply = self.send(who, "PUT", &path, body).await;
        if !self.check("assign-seat", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            return;
        }
        let sits = self.told_seat(room, &reply.json);
        if !judged.unwrap_or_default().into_iter().any(|seat| sits == Sits::Seat(seat)) {
            self.fail("they sit somewhere else");
        }
        self.rooms[room].reseat(whom, sits);
    }

    async fn release(&mut self) {
        let room = self.a_room();
        let (who, whom) = (self.a_caller(room), self.somebody_in(room));
        let judged = self.rooms[room].may_seat(who, whom).and_then(|()| {
            let member = self.rooms[room].members[&whom];
            match member.sits {
                Sits::FreeSlot => Ok(Sits::FreeSlot),
                Sits::Seat(_) if member.role == "owner" && self.rooms[room].free_slot_is_free() => {
                    Ok(Sits::FreeSlot)
                }
                Sits::Seat(_) => Err((409, "seat_required")),
            }
        });
        let path = format!("{}/seat", self.member_path(room, whom));
        let reply = self.send(who, "DELETE", &path, Value::Null).await;
        if self.check("release-seat", &reply, judged.map(|_| 200)) {
            self.rooms[room].reseat(whom, Sits::FreeSlot);
        }
    }

    async fn cancel_or_reactivate(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let seats = self.rooms[room].seats.len();
        let seat = self.dice.below(seats + 1);
        let cancels = self.dice.chance(50);
        let now = self.now();
        let expected = self.rooms[room].role(who).and_then(|role| match role {
            "owner" if seat >= seats || self.rooms[room].seats[seat].is_gone => Err(NOT_FOUND),
            "owner" if self.rooms[room].is_over(seat, now) => Err((409, "seat_not_available")),
            "owner" => Ok(200),
            _ => Err(FORBIDDEN),
        });
        let what = if cancels { "cancel" } else { "reactivate" };
        let path = format!("{}/seats/{}/{what}", self.rooms[room].path, self.seat_id(room, seat));
        let reply = self.send(who, "POST", &path, Value::Null).await;
        if !self.check(what, &reply, expected) {
            return;
        }
        let told: Option<Timestamp> =
            reply.json["cancelsAt"].as_str().map(|end| end.parse().expect("a moment"));
        let known = self.rooms[room].seats[seat].ends;
        let is_sound = match told {
            None => !cancels,
            // A month at most, and what was set stays.
            Some(end) => {
                let longest = SignedDuration::from_hours(24 * 31);
                cancels && known.is_none_or(|known| known == end) && now < end && end <= now + longest
            }
        };
        if !is_sound {
            self.fail(&format!("the seat ended {known:?} and ends {told:?}"));
        }
        self.rooms[room].seats[seat].ends = told;
    }

    async fn ask_to_leave(&mut self) {
        let room = self.a_room();
        let who = self.somebody_in(room);
        let expected = self.rooms[room].role(who).and_then(|role| match role {
            "owner" => Err((403, "leave_not_offered")),
            _ if self.rooms[room].members[&who].leave.is_some() => Err((409, "leave_pending")),
            _ => Ok(201),
        });
        let path = format!("{}/leave-requests", self.rooms[room].path);
        let reply = self.send(who, "POST", &path, json!({ "reason": "So" })).await;
        if self.check("request-leave", &reply, expected) {
            let room = &mut self.rooms[room];
            let number = room.leaves.len();
            room.leaves.push(Leave { id: text(&reply.json["id"]), who, state: Asked::Pending });
            room.members.get_mut(&who).expect("a member").leave = Some(number);
        }
    }

    /// Mostly one that nobody has decided.
    fn a_leave(&mut self, room: usize) -> Option<usize> {
        let waiting: Vec<usize> =
            self.rooms[room].members.values().filter_map(|member| member.leave).collect();
        if !waiting.is_empty() && self.dice.chance(70) {
            return Some(self.dice.pick(&waiting));
        }
        let all = self.rooms[room].leaves.len();
        (all > 0).then(|| self.dice.below(all))
    }

    async fn settle_leave(&mut self) {
        let room = self.a_room();
        let Some(number) = self.a_leave(room) else { return };
        let asker = self.rooms[room].leaves[number].who;
        let how = self.dice.pick(&["approve", "deny", "withdraw"]);
        let who = if how == "withdraw" && self.dice.chance(80) { asker } else { self.a_caller(room) };
        let place = &self.rooms[room];
        let asker_role = place.members.get(&asker).map_or("member", |member| member.role);
        let is_open = place.leaves[number].state == Asked::Pending;
        let may = place.role(who).and_then(|own| match how {
            "withdraw" if who == asker => Ok(204),
            "withdraw" => Err(FORBIDDEN),
            // Nobody's rank is above their own.
            "approve" if who == asker => Err((403, "own_removal")),
            _ if own == "member" || rank(asker_role) > rank(own) => Err(FORBIDDEN),
            _ => Ok(200),
        });
        let expected = may.and_then(|status| if is_open { Ok(status) } else { Err((409, "leave_decided")) });
        let path = format!("{}/leave-requests/{}", place.path, place.leaves[number].id);
        let reply = match how {
            "withdraw" => self.send(who, "DELETE", &path, Value::Null).await,
            _ => self.send(who, "POST", &format!("{path}/{how}"), json!({ "reason": "As said" })).await,
        };
        if !self.check(how, &reply, expected) {
            return;
        }
        let room = &mut self.rooms[room];
        if how == "approve" {
            room.exit(asker, Asked::Approved);
        } else {
            room.leaves[number].state = if how == "deny" { Asked::Denied } else { Asked::Withdrawn };
            room.members.get_mut(&asker).expect("a member").leave = None;
        }
    }

    /// Time goes on: a little, a lot, or to the very moment at which something ends.
    fn pass_time(&mut self) {
        let now = self.now();
        let room = self.a_room();
        let invitations = self.rooms[room].invitations.iter().map(|invitation| invitation.expires);
        let ends: Vec<Timestamp> = self.rooms[room]
            .seats
            .iter()
            .filter_map(|seat| seat.ends)
            .chain(invitations)
            .filter(|end| *end > now)
            .collect();
        let then = match self.dice.below(10) {
            0..4 => now + SignedDuration::from_secs(1),
            4..7 => now + SignedDuration::from_hours(5),
            7 => now + SignedDuration::from_hours(24 * 3),
            8 if !ends.is_empty() => self.dice.pick(&ends),
            9 if !ends.is_empty() => self.dice.pick(&ends) - SignedDuration::from_millis(1),
            _ => now + SignedDuration::from_millis(1),
        };
        self.ground.clock.set(then.max(now));
        self.past.push_back(format!("{}: it is {then}", self.step));
    }

    /// What a client is shown.
    async fn look(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let path = self.rooms[room].path.clone();
        let expected = self.rooms[room].role(who).map(|_| 200);
        let reply = self.send(who, "GET", &path, Value::Null).await;
        if !self.check("get-workspace", &reply, expected) {
            return;
        }
        let (now, place) = (self.now(), &self.rooms[room]);
        let expired = place.count(|seat| place.is_over(seat, now));
        let available = place.count(|seat| place.is_free(seat, now));
        let filled =
            place.count(|seat| matches!(place.seats[seat].of, Of::Member(_)) && !place.is_over(seat, now));
        let total = place.count(|_| true);
        let seats = json!({
            "total": total,
            "filled": filled,
            "pending": total - filled - available - expired,
            "available": available,
            "expired": expired,
        });
        let members = place.members.len();
        if reply.json["seats"] != seats
            || reply.json["members"] != members
            || reply.json["name"] != place.name
        {
            self.fail(&format!("the model sees {members} members and {seats}"));
        }
    }

    async fn act(&mut self) {
        match self.dice.below(100) {
            0..3 => self.look().await,
            3..4 => self.update_workspace().await,
            4..6 => self.enter_or_update_me().await,
            6..14 => self.buy().await,
            14..34 => self.invite().await,
            34..42 => self.resend_or_revoke().await,
            42..46 => self.decline().await,
            46..64 => self.join().await,
            64..72 => self.change_role().await,
            72..77 => self.remove().await,
            77..82 => self.assign().await,
            82..85 => self.release().await,
            85..88 => self.cancel_or_reactivate().await,
            88..92 => self.ask_to_leave().await,
            92..97 => self.settle_leave().await,
            _ => self.pass_time(),
        }
    }

    async fn run(mut self, steps: u32) -> BTreeMap<String, u32> {
        for step in 1..=steps {
            self.step = step;
            if step.is_multiple_of(LIFE_OF_A_ROOM) {
                self.create_workspace().await;
            } else {
                self.act().await;
            }
            if step.is_multiple_of(BETWEEN_AUDITS) || step == steps {
                self.audit().await;
            }
        }
        self.outcomes
    }

    /// The table is free of faults, and what the model says.
    async fn audit(&self) {
        let dump = self.ground.dump().await;
        let mut faults = dump.faults(&self.ground.pack, self.now());
        for room in &self.rooms {
            self.compare(room, &dump, &mut faults);
        }
        if dump.workspaces.len() != self.rooms.len() {
            faults.push(format!("{} workspaces", dump.workspaces.len()));
        }
        if !faults.is_empty() {
            self.fail(&faults.join("\n"));
        }
    }

    fn compare(&self, room: &Room, dump: &Dump, faults: &mut Vec<String>) {
        let id = room.id();
        let mut unless_same =
            |what: &str, model: BTreeMap<String, String>, table: BTreeMap<String, String>| {
                if model != table {
                    faults.push(format!("{what} of {id}:\nmodel {model:#?}\ntable {table:#?}"));
                }
            };
        let sits = |sits: Sits| match sits {
            Sits::FreeSlot => "free slot".to_owned(),
            Sits::Seat(seat) => room.seats[seat].id.clone(),
        };
        let leave = |leave: Option<usize>| leave.map(|leave| room.leaves[leave].id.clone());
        let model = room.members.iter().map(|(who, member)| {
            let line = format!("{} on {}, leaves {:?}", member.role, sits(member.sits), leave(member.leave));
            (self.people[*who].id().to_string(), line)
        });
        let table = dump.members_of(id).into_iter().map(|member| {
            let sits = match &member.seat {
                Seating::None => "nowhere".to_owned(),
                Seating::FreeSlot => "free slot".to_owned(),
                Seating::Seat(hold) => hold.seat.to_string(),
                other => format!("{other:?}, which is not sold here"),
            };
            let leave = member.pending_leave.map(|request| request.to_string());
            (member.user.to_string(), format!("{} on {sits}, leaves {leave:?}", member.role))
        });
        unless_same("members", model.collect(), table.collect());

        let model = room.seats.iter().filter(|seat| !seat.is_gone).map(|seat| {
            let of = match seat.of {
                Of::Nobody => Occupant::Nobody,
                Of::Member(who) => Occupant::Member(self.people[who].id()),
                Of::Invited(number) => {
                    Occupant::Invitation(room.invitations[number].id.parse().expect("an id"))
                }
            };
            (seat.id.clone(), format!("{} of {of} until {:?}", seat.tier, seat.ends))
        });
        let table = dump.seats_of(id).into_iter().map(|seat| {
            (seat.id.to_string(), format!("{} of {} until {:?}", seat.tier, seat.occupant, seat.term.ends))
        });
        unless_same("seats", model.collect(), table.collect());

        let model = room.invitations.iter().map(|invitation| {
            let email = invitation.to.map(|to| self.people[to].email.clone());
            let state = match invitation.state {
                Invited::Accepted(who) => format!("accepted by {}", self.people[who].id()),
                other => format!("{other:?}").to_lowercase(),
            };
            let line = format!("{email:?} as {} {state} until {}", invitation.role, invitation.expires);
            (invitation.id.clone(), line)
        });
        let table = dump.invitations_of(id).into_iter().map(|invitation| {
            let email = invitation.email.as_ref().map(|email| email.canonical().to_owned());
            let state = match &invitation.state {
                InvitationState::Accepted { by, .. } => format!("accepted by {by}"),
                InvitationState::Pending => "pending".to_owned(),
                InvitationState::Revoked { .. } => "revoked".to_owned(),
                InvitationState::Declined { .. } => "declined".to_owned(),
            };
            let until = invitation.expires_at.expect("an end");
            (invitation.id.to_string(), format!("{email:?} as {} {state} until {until}", invitation.role))
        });
        unless_same("invitations", model.collect(), table.collect());

        let model = room.leaves.iter().map(|leave| (leave.id.clone(), format!("{:?}", leave.state)));
        let table = dump.leaves.values().filter(|request| request.workspace == id).map(|request| {
            let state = match &request.state {
                LeaveState::Pending => Asked::Pending,
                LeaveState::Approved { .. } => Asked::Approved,
                LeaveState::Denied { .. } => Asked::Denied,
                LeaveState::Withdrawn { .. } => Asked::Withdrawn,
            };
            (request.id.to_string(), format!("{state:?}"))
        });
        unless_same("leave requests", model.collect(), table.collect());

        let model = room.slots.iter().filter(|(_, slot)| **slot != Slot::default()).map(|(whose, slot)| {
            let email = EmailAddress::try_from(self.people[*whose].email.clone()).expect("an address");
            let pending = slot.pending.map(|number| room.invitations[number].id.clone());
            let member = slot.member.map(|who| self.people[who].id().to_string());
            (email.key().to_string(), format!("{pending:?} {member:?}"))
        });
        let slots = dump.slots.values().filter(|slot| slot.workspace == id);
        let table = slots.filter(|slot| slot.pending.is_some() || slot.member.is_some()).map(|slot| {
            let pending = slot.pending.as_ref().map(|pending| pending.invitation.to_string());
            let member = slot.member.map(|user| user.to_string());
            (slot.email.to_string(), format!("{pending:?} {member:?}"))
        });
        unless_same("addresses", model.collect(), table.collect());
    }
}

fn from_env<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k10_random_histories_agree_with_the_model() {
    let seeds = from_env("SEATWISE_MODEL_SEED").map_or(SEEDS.to_vec(), |seed| vec![seed]);
    let steps = from_env("SEATWISE_MODEL_STEPS").unwrap_or(STEPS);
    let running: Vec<_> = seeds
        .into_iter()
        .map(|seed| tokio::spawn(async move { History::new(seed).await.run(steps).await }))
        .collect();
    let mut outcomes = BTreeMap::<String, u32>::new();
    for history in running {
        let history = history.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        for (outcome, count) in history {
            *outcomes.entry(outcome).or_default() += count;
        }
    }
    println!("{outcomes:#?}");
    // A history in which next to nothing happens proves nothing.
    if steps >= STEPS {
        for outcome in MUST_HAPPEN {
            assert!(outcomes.contains_key(*outcome), "{outcome} never happened: {outcomes:#?}");
        }
    }
}

/// Every operation is done, and is refused for the reasons that are not rare.
const MUST_HAPPEN: &[&str] = &[
    "approve 200 ",
    "approve 409 leave_decided",
    "assign-seat 200 ",
    "assign-seat 409 no_seat_available",
    "assign-seat 409 seat_not_available",
    "buy-seats 201 ",
    "buy-seats 409 seat_limit_reached",
    "cancel 200 ",
    "change-role 200 ",
    "change-role 403 own_role",
    "create-workspace 201 ",
    "decline-invitation 204 ",
    "deny 200 ",
    "deny 409 leave_decided",
    "invite 201 ",
    "invite 403 role_above_own",
    "invite 409 already_member",
    "invite 409 invitation_pending",
    "invite 409 no_seat_available",
    "invite 409 seat_not_available",
    "join 200 ",
    "join 403 email_not_verified",
    "join 403 invitation_other_email",
    "join 409 already_member",
    "join 410 invitation_expired",
    "join 410 invitation_revoked",
    "join 410 invitation_used",
    "reactivate 200 ",
    "release-seat 200 ",
    "release-seat 409 seat_required",
    "remove-member 204 ",
    "remove-member 403 own_removal",
    "request-leave 201 ",
    "request-leave 409 leave_pending",
    "resend-invitation 200 ",
    "resend-invitation 410 invitation_expired",
    "revoke-invitation 204 ",
    "revoke-invitation 410 invitation_used",
    "update-workspace 200 ",
    "withdraw 204 ",
    "withdraw 409 leave_decided",
];
