//! Leave requests.

use serde_json::{Value, json};

use super::History;
use super::room::{Asked, FORBIDDEN, Leave, rank};
use crate::support::reply::text;

impl History {
    pub(super) async fn ask_to_leave(&mut self) {
        let room = self.a_room();
        let who = self.somebody_in(room);
        let expected = self.rooms[room].role(who).and_then(|role| match role {
            "owner" => Err((403, "leave_not_offered")),
            _ if self.rooms[room].members[&who].leave.is_some() => Err((409, "leave_pending")),
            _ => Ok(201),
        });
        let path = format!("{}/leave-requests", self.rooms[room].path);
        let reply = self.send(who, "POST", &path, json!({ "reason": "So" })).await;
        if self.log.check("request-leave", &reply, expected) {
            let room = &mut self.rooms[room];
            let number = room.leaves.len();
            room.leaves.push(Leave { id: text(&reply.json["id"]), who, state: Asked::Pending });
            room.members.get_mut(&who).expect("a member").leave = Some(number);
        }
    }

    /// Mostly one that nobody has decided.
    pub(super) fn a_leave(&mut self, room: usize) -> Option<usize> {
        let waiting: Vec<usize> =
            self.rooms[room].members.values().filter_map(|member| member.leave).collect();
        if !waiting.is_empty() && self.dice.chance(70) {
            return Some(self.dice.pick(&waiting));
        }
        let all = self.rooms[room].leaves.len();
        (all > 0).then(|| self.dice.below(all))
    }

    pub(super) async fn settle_leave(&mut self) {
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
        if !self.log.check(how, &reply, expected) {
            return;
        }
        let now = self.now();
        let room = &mut self.rooms[room];
        if how == "approve" {
            room.exit(asker, Asked::Approved, now);
        } else {
            room.leaves[number].state = if how == "deny" { Asked::Denied } else { Asked::Withdrawn };
            room.members.get_mut(&asker).expect("a member").leave = None;
        }
    }
}
