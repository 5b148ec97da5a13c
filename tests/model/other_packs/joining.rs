//! Every way in.

use std::collections::BTreeSet;

use seatwise_domain::pack::{Channel, InvitedRole};
use seatwise_domain::{DomainName, RoleId};
use seatwise_functions::background::verify_domains::verify_by_hand;
use seatwise_policy::Resource;
use serde_json::{Value, json};

use super::{DOMAIN, History, Invitation, Link, Member, NOT_FOUND, REVOKED, Sits, State, VERIFIED, told};
use crate::model::log::No;
use crate::support::reply::{Reply, text, token_of};

impl History {
    pub(super) async fn enter(&mut self) {
        let who = self.anybody();
        let reply = self.send(who, "POST", "/v1/me", Value::Null).await;
        self.log.check("enter", &reply, Ok(200));
        self.accounts.insert(who);
        for room in 0..self.rooms.len() {
            let there = &self.rooms[room];
            // An invitation goes first: it may be for more.
            let is_free = !there.left.contains_key(&who) && !there.pending(who);
            let is_new = !there.members.contains_key(&who) && is_free;
            if who < VERIFIED
                && is_new
                && there.has_domain
                && let Ok(member) = self.come_in(room, &self.joiner())
            {
                self.log.count("joined by domain");
                self.add(room, who, member);
            }
        }
        let listed = self.send(who, "GET", "/v1/workspaces", Value::Null).await.expect(200);
        let listed: BTreeSet<String> =
            listed["items"].as_array().expect("a list").iter().map(|it| text(&it["id"])).collect();
        let rooms = self.rooms.iter().filter(|room| room.members.contains_key(&who));
        let rooms: BTreeSet<String> = rooms.map(|room| room.id().to_string()).collect();
        if listed != rooms {
            self.log.fail(&format!("p{who} is in {listed:?}, the model says {rooms:?}"));
        }
    }

    pub(super) async fn invite(&mut self) {
        let room = self.a_room();
        let (who, to, role) = (self.a_caller(room), self.anybody(), self.a_role());
        let asked = self.asked(&role);
        let expected = self.may(room, who, "invite", &Resource::Workspace, Some(&asked)).and_then(|()| {
            self.judge_invited_role(&role)?;
            let there = &self.rooms[room];
            match () {
                // An address that nobody vouches for is nobody's here.
                () if to < VERIFIED && there.members.contains_key(&to) => Err((409, "already_member")),
                () if there.pending(to) => Err((409, "invitation_pending")),
                () => Ok(201),
            }
        });
        let path = format!("{}/invitations", self.rooms[room].path);
        let body = json!({ "emails": [self.people[to].email], "role": role });
        let reply = self.send(who, "POST", &path, body).await;
        if self.log.check("invite", &reply, expected) {
            let told = &reply.json["items"][0]["invitation"];
            let (id, url) = (text(&told["id"]), text(&told["url"]));
            let stood = self.now();
            let state = State::Pending;
            let invitation = Invitation { id, url, to, by: who, role, state, stood };
            self.rooms[room].invitations.push(invitation);
        }
    }

    /// Whether an invitation can be for this role.
    fn judge_invited_role(&self, role: &RoleId) -> Result<(), No> {
        let is_fixed = self.pack.invitation.role != InvitedRole::Chosen;
        let is_offered = self.pack.role(role).is_some() && (!is_fixed || *role == self.joiner());
        if is_offered { Ok(()) } else { Err((422, "role_unknown")) }
    }

    /// Another role for an invitation. These packs keep no seat for it.
    pub(super) async fn change_invitation(&mut self) {
        let room = self.a_room();
        let count = self.rooms[room].invitations.len();
        if count == 0 {
            return;
        }
        let (number, who, role) = (self.below(count), self.a_caller(room), self.a_role());
        let invitation = self.rooms[room].invitations[number].clone();
        let facts = invitation.facts();
        let asked = self.asked(&role);
        let may = self.may(room, who, "changeInvitation", &Resource::Invitation(facts), Some(&asked));
        let expected = may
            .and_then(|()| invitation.state.require_pending())
            .and_then(|()| self.judge_invited_role(&role))
            .map(|()| 200);
        let path = format!("{}/invitations/{}", self.rooms[room].path, invitation.id);
        let reply = self.send(who, "PATCH", &path, json!({ "role": role })).await;
        if self.log.check("change-invitation", &reply, expected) {
            let now = self.now();
            let joined = self.rooms[room].members[&who].joined;
            let lost = self.rooms[room].members[&who].lost.clone();
            let there = &mut self.rooms[room].invitations[number];
            // A change by the member who stands for it anyway, with the same role since, changes nothing.
            let has_changed = joined > there.stood || lost.iter().any(|(_, until)| *until > there.stood);
            if (&there.role, there.by) != (&role, who) || has_changed {
                there.stood = now;
            }
            (there.role, there.by) = (role, who);
        }
    }

    pub(super) async fn revoke_or_resend(&mut self) {
        let room = self.a_room();
        let count = self.rooms[room].invitations.len();
        if count == 0 {
            return;
        }
        let (number, who, resends) = (self.below(count), self.a_caller(room), self.chance(50));
        let invitation = self.rooms[room].invitations[number].clone();
        let action = if resends { "resendInvitation" } else { "revokeInvitation" };
        let may = self.may(room, who, action, &Resource::Invitation(invitation.facts()), None);
        let expected = may.and_then(|()| invitation.state.require_pending());
        let expected = expected.map(|()| if resends { 200 } else { 204 });
        let path = format!("{}/invitations/{}", self.rooms[room].path, invitation.id);
        let reply = if resends {
            self.send(who, "POST", &format!("{path}/resend"), Value::Null).await
        } else {
            self.send(who, "DELETE", &path, Value::Null).await
        };
        if self.log.check(action, &reply, expected) {
            let now = self.now();
            let there = &mut self.rooms[room].invitations[number];
            if resends {
                (there.by, there.stood) = (who, now);
            } else {
                there.state = State::Revoked;
            }
        }
    }

    pub(super) async fn join(&mut self) {
        let room = self.a_room();
        let count = self.rooms[room].invitations.len();
        if count == 0 {
            return;
        }
        let number = self.below(count);
        let invitation = self.rooms[room].invitations[number].clone();
        let who = if self.chance(85) { invitation.to } else { self.anybody() };
        let by_id = self.chance(50);
        let left = self.rooms[room].left.get(&who).copied();
        let expected = match invitation.state {
            // By its id, the invitation of somebody else is like one that never was.
            _ if by_id && who != invitation.to => Err((404, "invitation_unknown")),
            _ if self.rooms[room].members.contains_key(&who) => Err((409, "already_member")),
            State::Used => Err((410, "invitation_used")),
            State::Revoked => Err(REVOKED),
            State::Pending if who != invitation.to => Err((403, "invitation_other_email")),
            State::Pending if who >= VERIFIED => Err((403, "email_not_verified")),
            State::Pending if left.is_some_and(|left| invitation.stood <= left) => Err(REVOKED),
            State::Pending if who == invitation.by => Err(REVOKED),
            State::Pending => self.come_in(room, &invitation.role).and_then(|member| {
                let Invitation { by, role, stood, .. } = &invitation;
                if self.vouches(room, *by, "invite", role, *stood) { Ok(member) } else { Err(REVOKED) }
            }),
        };
        let body = if by_id {
            json!({ "invitationId": invitation.id })
        } else {
            json!({ "token": token_of(&invitation.url) })
        };
        let reply = self.send(who, "POST", "/v1/join", body).await;
        if self.log.check("join", &reply, expected.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.rooms[room].invitations[number].state = State::Used;
            self.welcome(room, who, expected.ok(), &reply);
        }
    }

    pub(super) fn welcome(&mut self, room: usize, who: usize, member: Option<Member>, reply: &Reply) {
        let Some(member) = member else { return };
        let sits = matches!(member.sits, Sits::Seat(_));
        if told(&reply.json["member"]) != (member.role.clone(), sits) {
            self.log.fail(&format!("they join unlike {member:?}"));
        }
        self.add(room, who, member);
    }

    pub(super) async fn make_or_revoke_link(&mut self) {
        let room = self.a_room();
        let (who, role, revokes) = (self.a_caller(room), self.a_role(), self.chance(25));
        let action = if revokes { "revokeLink" } else { "createLink" };
        let asked = if revokes { role.clone() } else { self.asked(&role) };
        let may = self.may(room, who, action, &Resource::Workspace, Some(&asked));
        let expected = may.and_then(|()| match () {
            () if !revokes && !self.pack.offers(Channel::Link) => Err((403, "channel_not_offered")),
            () if self.pack.role(&role).is_none() => Err((422, "role_unknown")),
            () if revokes => Ok(204),
            () => Ok(200),
        });
        let path = format!("{}/links/{}", self.rooms[room].path, role.0);
        let method = if revokes { "DELETE" } else { "PUT" };
        let reply = self.send(who, method, &path, Value::Null).await;
        if self.log.check(action, &reply, expected) {
            let now = self.now();
            let links = &mut self.rooms[room].links;
            links.iter_mut().filter(|link| link.role == role).for_each(|link| link.is_open = false);
            if !revokes {
                links.push(Link { url: text(&reply.json["url"]), by: who, role, is_open: true, made: now });
            }
        }
    }

    pub(super) async fn join_by_link(&mut self) {
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
            () if self.rooms[room].left.contains_key(&who) => Err((403, "personal_invitation_required")),
            () if who == link.by => Err(REVOKED),
            () => self.come_in(room, &link.role).and_then(|member| {
                let Link { by, role, made, .. } = &link;
                if self.vouches(room, *by, "createLink", role, *made) { Ok(member) } else { Err(REVOKED) }
            }),
        };
        let body = json!({ "token": token_of(&link.url) });
        let reply = self.send(who, "POST", "/v1/join", body).await;
        if self.log.check("join by link", &reply, expected.as_ref().map(|_| 200).map_err(|no| *no)) {
            self.welcome(room, who, expected.ok(), &reply);
        }
    }

    pub(super) async fn link_domain(&mut self) {
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
        if self.log.check(action, &reply, expected) {
            self.rooms[room].has_domain = !unlinks;
            if !unlinks {
                let domain: DomainName = DOMAIN.parse().expect("a domain");
                let now = self.deployment.clock.now();
                verify_by_hand(&self.deployment.store(), &domain, now).await.expect("verified");
            }
        }
    }
}
