//! Roles, removal, and the end of a workspace.

use std::collections::BTreeMap;

use seatwise_domain::RoleId;
use seatwise_domain::pack::{CreatorDemotion, CreatorRemoval, LastAccount};
use seatwise_policy::Resource;
use serde_json::{Value, json};

use super::{History, Member, Room, Sits};
use crate::model::log::No;
use crate::support::reply::text;
use crate::support::stream::delete_workspaces;

impl History {
    pub(super) async fn create(&mut self) {
        let who = self.anybody();
        let reply = self.send(who, "POST", "/v1/workspaces", json!({ "name": "Room" })).await;
        self.log.check("create", &reply, Ok(201));
        let role = self.pack.roles_given.creator.clone();
        let sits = if self.needs_seat(&role) { Sits::Seat(self.log.step) } else { Sits::Nowhere };
        self.rooms.push(Room {
            path: format!("/v1/workspaces/{}", text(&reply.json["id"])),
            creator: who,
            members: BTreeMap::from([(
                who,
                Member { role, sits, since: self.log.step, joined: self.now(), lost: Vec::new() },
            )]),
            invitations: Vec::new(),
            links: Vec::new(),
            left: BTreeMap::new(),
            plan: self.pack.billing.plan.clone(),
            auto_assigns: self.pack.joining.auto_assign.unwrap_or(true),
            has_domain: false,
        });
    }

    /// The outcome of a change of role, once the policies have agreed.
    pub(super) fn judge_role(&self, room: usize, whom: usize, role: &RoleId) -> Result<Member, No> {
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
            (true, Sits::Nowhere) if self.open_seats(room) > 0 => Sits::Seat(self.log.step),
            (true, Sits::Nowhere) => return Err((409, "no_seat_available")),
            (true, sits) => sits,
        };
        let mut lost = member.lost.clone();
        lost.push((member.role.clone(), self.now()));
        Ok(Member { role: role.clone(), sits, lost, ..member.clone() })
    }

    pub(super) async fn change_role(&mut self) {
        let room = self.a_room();
        let (who, whom, role) = (self.a_caller(room), self.somebody_in(room), self.a_role());
        let asked = self.asked(&role);
        let judged = self
            .may_to(room, who, whom, "changeRole", Some(&asked))
            .and_then(|()| self.judge_role(room, whom, &role));
        let path = format!("{}/members/{}/role", self.rooms[room].path, self.people[whom].id());
        let reply = self.send(who, "PUT", &path, json!({ "role": role })).await;
        if self.log.check("change-role", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.set_member(room, whom, judged.ok());
        }
    }

    pub(super) fn set_member(&mut self, room: usize, whom: usize, member: Option<Member>) {
        if let Some(member) = member {
            self.rooms[room].members.insert(whom, member);
        }
    }

    /// Goes, by being removed or alone.
    pub(super) async fn remove_or_leave(&mut self) {
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
        if self.log.check(if leaves { "leave" } else { "remove" }, &reply, expected) {
            let deletes = !leaves && self.pack.removal.last_account == LastAccount::Delete;
            if deletes && is_last && self.rooms[room].creator != whom {
                self.accounts.remove(&whom);
            }
            self.take_out(room, whom);
        }
    }

    pub(super) async fn transfer(&mut self) {
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
        if self.log.check("transfer", &reply, expected) {
            self.rooms[room].creator = whom;
        }
    }

    /// A workspace is deleted, and another takes its place.
    pub(super) async fn delete(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let expected = self.may(room, who, "deleteWorkspace", &Resource::Workspace, None).map(|()| 204);
        let path = self.rooms[room].path.clone();
        let reply = self.send(who, "DELETE", &path, Value::Null).await;
        if !self.log.check("delete", &reply, expected) {
            return;
        }
        let members: Vec<usize> = self.rooms[room].members.keys().copied().collect();
        self.rooms.remove(room);
        for who in members {
            self.send(who, "GET", &path, Value::Null).await.expect_problem(404, "not_found");
        }
        while delete_workspaces(&self.processes[0]).await > 0 {}
        self.create().await;
    }
}
