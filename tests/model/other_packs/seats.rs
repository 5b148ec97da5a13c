//! Seats of the plan.

use seatwise_functions::plan;
use seatwise_policy::Resource;
use serde_json::{Value, json};

use super::{History, Member, Sits};

impl History {
    pub(super) async fn assign_or_release(&mut self) {
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
                    _ if self.open_seats(room) > 0 => {
                        Ok(Member { sits: Sits::Seat(self.log.step), ..member })
                    }
                    _ => Err((409, "no_seat_available")),
                },
            }
        });
        let path = format!("{}/members/{}/seat", self.rooms[room].path, self.people[whom].id());
        let (method, body) = if releases { ("DELETE", Value::Null) } else { ("PUT", json!({})) };
        let reply = self.send(who, method, &path, body).await;
        if self.log.check(action, &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.set_member(room, whom, judged.ok());
        }
    }

    pub(super) async fn assign_all(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let expected = self.may(room, who, "assignSeats", &Resource::Workspace, None).map(|()| 200);
        let path = format!("{}/seats/assign", self.rooms[room].path);
        let reply = self.send(who, "POST", &path, Value::Null).await;
        if !self.log.check("assign-seats", &reply, expected) {
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
        let (joiner, step) = (self.joiner(), self.log.step);
        let ids = |some: &[(u32, usize)]| -> Vec<Value> {
            some.iter().map(|(_, who)| json!(self.people[*who].id().to_string())).collect()
        };
        let (first, rest) = waiting.split_at(open.min(waiting.len()));
        if reply.json != json!({ "assigned": ids(first), "waiting": ids(rest) }) {
            self.log.fail(&format!("seats go to {first:?}, {rest:?} wait"));
        }
        for (_, who) in first {
            let member = self.rooms[room].members.get_mut(who).expect("a member");
            if Some(&member.role) == seatless.as_ref() {
                member.role = joiner.clone();
            }
            member.sits = Sits::Seat(step);
        }
    }

    pub(super) async fn set_auto_assign(&mut self) {
        let room = self.a_room();
        let (who, assigns) = (self.a_caller(room), self.chance(60));
        let expected = self.may(room, who, "updateSettings", &Resource::Workspace, None).map(|()| 200);
        let path = format!("{}/settings", self.rooms[room].path);
        let reply = self.send(who, "PATCH", &path, json!({ "autoAssignSeats": assigns })).await;
        if self.log.check("update-settings", &reply, expected) {
            self.rooms[room].auto_assigns = assigns;
        }
    }

    /// The member who sat down last is without a seat while the plan has too few, and has it again after.
    pub(super) async fn set_plan(&mut self) {
        let room = self.a_room();
        let plans: Vec<String> = self.pack.plans.iter().take(2).map(|plan| plan.id.clone()).collect();
        let plan = plans[self.below(plans.len())].clone();
        let id = self.rooms[room].id();
        let now = self.deployment.clock.now();
        plan::set(&self.deployment.store(), &self.pack, id, &plan, now).await.expect("on the plan");
        self.log.note(&format!("{id} is on {plan}"));
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
            self.log.count(if open < 0 { "suspended" } else { "restored" });
        }
    }
}
