//! People and workspaces.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::room::{
    Asked, FORBIDDEN, Member, NOT_FOUND, Role, Room, Sits, Slot, Standing, Wish, asked, is_role, rank,
};
use super::{History, VERIFIED};
use crate::model::log::No;
use crate::support::reply::text;

impl History {
    pub(super) async fn create_workspace(&mut self) {
        let who = self.anybody();
        let name = format!("Room {}", self.rooms.len());
        let reply = self.send(who, "POST", "/v1/workspaces", json!({ "name": name })).await;
        self.log.check("create-workspace", &reply, Ok(201));
        let now = self.now();
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
            standings: BTreeMap::from([(who, Standing { joined: now, lost: Vec::new() })]),
            left: BTreeMap::new(),
        });
    }

    pub(super) async fn update_workspace(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let name = format!("Named at {}", self.log.step);
        let expected = self.rooms[room]
            .role(who)
            .and_then(|role| if role == "member" { Err(FORBIDDEN) } else { Ok(200) });
        let path = self.rooms[room].path.clone();
        let reply = self.send(who, "PATCH", &path, json!({ "name": name })).await;
        if self.log.check("update-workspace", &reply, expected) {
            self.rooms[room].name = name;
        }
    }

    pub(super) async fn enter_or_update_me(&mut self) {
        let who = self.anybody();
        let (method, body) = if self.dice.chance(50) {
            ("POST", Value::Null)
        } else {
            ("PATCH", json!({ "firstName": format!("Name {}", self.log.step) }))
        };
        let reply = self.send(who, method, "/v1/me", body).await;
        self.log.check("me", &reply, Ok(200));
    }

    /// The decision of the policies on a change of role.
    pub(super) fn may_change_role(&self, room: usize, who: usize, whom: usize, role: Role) -> Result<(), No> {
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

    pub(super) async fn change_role(&mut self) {
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
        if !self.log.check("change-role", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            return;
        }
        let sits = self.told_seat(room, &reply.json);
        if !judged.unwrap_or_default().contains(&sits) {
            self.log.fail("they sit somewhere else");
        }
        let member = self.rooms[room].members.get_mut(&whom).expect("a member");
        let before = std::mem::replace(&mut member.role, role);
        if before != role {
            self.rooms[room].standings.get_mut(&whom).expect("a member").lost.push((before, now));
        }
        self.rooms[room].reseat(whom, sits);
    }

    pub(super) async fn remove(&mut self) {
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
        if self.log.check("remove-member", &reply, expected) {
            let now = self.now();
            self.rooms[room].exit(whom, Asked::Withdrawn, now);
        }
    }
}
