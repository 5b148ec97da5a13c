//! Random histories against a small model of what is promised (K10): several people in several
//! workspaces do everything that writes, over two processes, while time goes on. After each step the
//! answer is the model's; every so often the table is what the model says and free of faults.
//!
//! `SEATWISE_MODEL_SEED` runs one history, `SEATWISE_MODEL_STEPS` sets the length of each. A failure
//! tells its seed. (Which of several free seats is taken is the service's chance, not the seed's.)

mod audit;
mod invitations;
mod leave;
mod mails;
mod people;
mod room;
mod seats;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::model::dice::Dice;
use crate::model::log::Log;
use crate::model::{assert_happened, from_env, outcomes_of};
use crate::support::client::Client as _;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::reply::Reply;
use mails::Mails;
use room::{Role, Room, Wish};

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

/// One history.
struct History {
    log: Log,
    dice: Dice,
    deployment: Deployment,
    processes: [Process; 2],
    people: Vec<Person>,
    rooms: Vec<Room>,
    mails: Mails,
    keys: u32,
}

impl History {
    async fn new(seed: u64) -> Self {
        let max = format!("max = {MAX_SEATS}");
        let deployment =
            Deployment::under(packs::DEFAULT, &[("max = 1000", &max), ("[leave]", mails::LIMITS)]).await;
        let person = |number| Person { verified: number < VERIFIED, ..somebody(&format!("p{number}")) };
        let mut history = Self {
            log: Log::new(packs::DEFAULT, seed),
            dice: Dice(seed),
            processes: [deployment.process(), deployment.process()],
            deployment,
            people: (0..PEOPLE).map(person).collect(),
            rooms: Vec::new(),
            mails: Mails::default(),
            keys: 0,
        };
        for _ in 0..ROOMS {
            history.create_workspace().await;
        }
        history
    }

    fn now(&self) -> Timestamp {
        self.deployment.clock.now()
    }

    /// A request over one of the processes. Some carry a key, and some of those are repeated.
    async fn send(&mut self, who: usize, method: &str, path: &str, body: Value) -> Reply {
        let person = self.people[who].clone();
        let key = (method == "POST" && self.dice.chance(50)).then(|| {
            self.keys += 1;
            format!("key-{}", self.keys)
        });
        self.log.note(&format!("p{who} {method} {path} {body} at {}", self.now()));
        let first = self.dice.below(2);
        let process = &self.processes[first];
        let reply = process.call_with_key(&person, method, path, body.clone(), key.as_deref()).await;
        self.log.answer(&reply);
        let is_done = reply.status.is_success();
        if key.is_some() && is_done && path != "/v1/me" && self.dice.chance(30) {
            let process = &self.processes[1 - first];
            let again = process.call_with_key(&person, method, path, body, key.as_deref()).await;
            if (again.status, &again.json) != (reply.status, &reply.json) {
                self.log.fail(&format!("the repetition was told {} {}", again.status, again.text));
            }
        }
        reply
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

    async fn act(&mut self) {
        match self.dice.below(100) {
            0..3 => self.look().await,
            3..4 => self.update_workspace().await,
            4..6 => self.enter_or_update_me().await,
            6..14 => self.buy().await,
            14..34 => self.invite().await,
            34..40 => self.resend_or_revoke().await,
            40..43 => self.change_invitation().await,
            43..46 => self.decline().await,
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
            self.log.step = step;
            if step.is_multiple_of(LIFE_OF_A_ROOM) {
                self.create_workspace().await;
            } else {
                self.act().await;
            }
            if step.is_multiple_of(BETWEEN_AUDITS) || step == steps {
                self.audit().await;
            }
        }
        self.log.into_outcomes()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k10_random_histories_agree_with_the_model() {
    let seeds = from_env("SEATWISE_MODEL_SEED").map_or(SEEDS.to_vec(), |seed| vec![seed]);
    let steps = from_env("SEATWISE_MODEL_STEPS").unwrap_or(STEPS);
    let histories = seeds.into_iter().map(|seed| async move { History::new(seed).await.run(steps).await });
    let outcomes = outcomes_of(histories).await;
    println!("{outcomes:#?}");
    if steps >= STEPS {
        assert_happened(packs::DEFAULT, &outcomes, MUST_HAPPEN);
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
    "change-invitation 200 ",
    "change-invitation 403 role_above_own",
    "change-invitation 409 seat_not_available",
    "change-invitation 410 invitation_revoked",
    "change-role 200 ",
    "change-role 403 own_role",
    "create-workspace 201 ",
    "decline-invitation 204 ",
    "deny 200 ",
    "deny 409 leave_decided",
    "invite 201 ",
    "invite 403 role_above_own",
    "invite 403 invitation_declined",
    "invite 409 already_member",
    "invite 409 invitation_pending",
    "invite 409 no_seat_available",
    "invite 409 seat_not_available",
    "invite 429 too_many_mails",
    "join 200 ",
    "join 403 email_not_verified",
    "join 403 personal_invitation_required",
    "join 404 invitation_unknown",
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
    "resend-invitation 410 invitation_revoked",
    "revoke-invitation 204 ",
    "revoke-invitation 410 invitation_used",
    "update-workspace 200 ",
    "withdraw 204 ",
    "withdraw 409 leave_decided",
];
