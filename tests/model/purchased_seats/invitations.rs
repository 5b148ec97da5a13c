//! Invitations.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::room::{
    Invitation, Invited, Member, NOT_FOUND, Of, Role, Sits, Standing, Wish, asked, is_role, rank,
};
use super::{History, VERIFIED};
use crate::model::log::No;
use crate::support::reply::{text, token_of};

impl History {
    /// The outcome of inviting one address, or nobody in particular: the seats of which it keeps
    /// one.
    pub(super) fn judge_invitation(
        &self,
        room: usize,
        to: Option<usize>,
        role: Role,
        wish: Wish,
        mail_by: Option<usize>,
    ) -> Result<Vec<usize>, No> {
        let (now, number, room) = (self.now(), room, &self.rooms[room]);
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
        to.map_or(Ok(()), |to| self.judge_wanted(number, to))?;
        // Even an owner: nobody can be promised the free slot.
        let seats = room.find(wish, now)?;
        mail_by.zip(to).map_or(Ok(()), |(by, to)| self.judge_mail(number, by, to))?;
        Ok(seats)
    }

    pub(super) fn take_invitation(
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
            self.log.fail(&format!("the invitation keeps {seat} of {candidates:?}"));
        }
        let now = self.now();
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
            stood: now,
        });
        room.seats[seat].of = Of::Invited(number);
        if let Some(to) = to {
            room.slots.entry(to).or_default().pending = Some(number);
        }
    }

    pub(super) async fn invite(&mut self) {
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
        let mail_by = self.dice.chance(80).then_some(who);
        let mut body = json!({ "role": role, "sendEmail": mail_by.is_some() });
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
            Ok(()) if count <= 1 => {
                self.judge_invitation(room, to.first().copied(), role, wish, mail_by).map(|_| 201)
            }
            other => other.map(|()| 201),
        };
        let path = format!("{}/invitations", self.rooms[room].path);
        let reply = self.send(who, "POST", &path, body).await;
        if !self.log.check("invite", &reply, expected) {
            return;
        }
        let rows = reply.json["items"].as_array().expect("rows").clone();
        assert_eq!(rows.len(), count.max(1));
        for (number, row) in rows.iter().enumerate() {
            let to = to.get(number).copied();
            // One after the other: each takes a seat from those after it.
            let judged = self.judge_invitation(room, to, role, wish, mail_by);
            let told = row["problem"]["code"].as_str();
            if judged.as_ref().err().map(|(_, code)| *code) != told {
                self.log.fail(&format!("row {number}: the model says {judged:?}"));
            }
            if let Ok(candidates) = judged {
                self.take_invitation(room, who, to, role, &candidates, &row["invitation"]);
                if let Some((by, to)) = mail_by.zip(to) {
                    self.take_mail(room, by, to);
                }
            }
        }
    }

    /// Mostly one that can still be used.
    pub(super) fn an_invitation(&mut self, room: usize) -> Option<usize> {
        let now = self.now();
        let all = 0..self.rooms[room].invitations.len();
        let live: Vec<usize> =
            all.clone().filter(|number| self.rooms[room].invitations[*number].is_live(now)).collect();
        if !live.is_empty() && self.dice.chance(75) {
            return Some(self.dice.pick(&live));
        }
        let is_replaced = |number: &usize| {
            let place = &self.rooms[room];
            let invitation = &place.invitations[*number];
            let slot = invitation.to.and_then(|to| place.slots.get(&to));
            let pending = slot.and_then(|slot| slot.pending).map(|pending| &place.invitations[pending]);
            invitation.closed().is_ok()
                && !invitation.is_live(now)
                && pending.is_some_and(|it| it.is_live(now))
        };
        let replaced: Vec<usize> = all.clone().filter(is_replaced).collect();
        if !replaced.is_empty() && self.dice.chance(60) {
            return Some(self.dice.pick(&replaced));
        }
        (!all.is_empty()).then(|| self.dice.below(all.len()))
    }

    pub(super) async fn resend_or_revoke(&mut self) {
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
            self.rooms[room].invitations[number].closed()?;
            if resends { self.judge_resend(room, number, who).map(|_| 200) } else { Ok(204) }
        });
        let seats = self.judge_resend(room, number, who).unwrap_or_default();
        let path =
            format!("{}/invitations/{}", self.rooms[place].path, self.rooms[room].invitations[number].id);
        let reply = if resends {
            self.send(who, "POST", &format!("{path}/resend"), Value::Null).await
        } else {
            self.send(who, "DELETE", &path, Value::Null).await
        };
        let what = if resends { "resend-invitation" } else { "revoke-invitation" };
        if !self.log.check(what, &reply, expected) {
            return;
        }
        if resends {
            let seat = self.rooms[room].seat(&text(&reply.json["seatId"]));
            if !seats.contains(&seat) {
                self.log.fail(&format!("the invitation keeps {seat} of {seats:?}"));
            }
            let place = &mut self.rooms[room];
            place.seats[seat].of = Of::Invited(number);
            let invitation = &mut place.invitations[number];
            invitation.expires = now + SignedDuration::from_hours(24 * 7);
            (invitation.by, invitation.stood, invitation.seat) = (who, now, seat);
            if let Some(to) = invitation.to {
                place.slots.entry(to).or_default().pending = Some(number);
                self.take_mail(room, who, to);
            }
        } else {
            self.end(room, number, Invited::Revoked);
        }
    }

    /// Ends an invitation, which may have expired.
    fn end(&mut self, room: usize, number: usize, state: Invited) {
        let now = self.now();
        let room = &mut self.rooms[room];
        if room.invitations[number].is_live(now) {
            room.close(number, state);
        } else {
            room.close_expired(number, state);
        }
    }

    /// The seats of which an invitation keeps one when it is sent again: its own, or another of the same tier
    /// if its own was taken after its end.
    fn judge_resend(&self, room: usize, number: usize, who: usize) -> Result<Vec<usize>, No> {
        let (now, place) = (self.now(), &self.rooms[room]);
        let invitation = &place.invitations[number];
        let own = invitation.seat;
        let seats = match place.seats[own].of {
            Of::Invited(holder) if holder == number && place.is_over(own, now) => {
                return Err((409, "no_seat_available"));
            }
            Of::Invited(holder) if holder == number => vec![own],
            _ => place.find(Wish { tier: Some(place.seats[own].tier), seat: None }, now)?,
        };
        let Some(to) = invitation.to else { return Ok(seats) };
        self.judge_mail(room, who, to)?;
        let slot = place.slots.get(&to).copied().unwrap_or_default();
        let other = slot.pending.filter(|pending| *pending != number);
        match () {
            () if slot.member.is_some() => Err((409, "already_member")),
            () if other.is_some_and(|other| place.invitations[other].is_live(now)) => {
                Err((409, "invitation_pending"))
            }
            () => Ok(seats),
        }
    }

    /// The seats of which an invitation keeps one after a change: its own, unless another one is asked for.
    /// One of the same tier takes the place of a seat that has ended.
    fn judge_change(
        &self,
        room: usize,
        number: usize,
        role: Option<Role>,
        wish: Wish,
    ) -> Result<Vec<usize>, No> {
        let (now, room) = (self.now(), &self.rooms[room]);
        let invitation = &room.invitations[number];
        invitation.over(now)?;
        if !role.is_none_or(is_role) {
            return Err((422, "role_unknown"));
        }
        let own = invitation.seat;
        let is_wished = wish.seat.is_none_or(|seat| seat == own)
            && wish.tier.is_none_or(|tier| tier == room.seats[own].tier);
        if is_wished && !room.is_over(own, now) {
            return Ok(vec![own]);
        }
        let any = wish.seat.is_none() && wish.tier.is_none();
        let tier = if any { Some(room.seats[own].tier) } else { wish.tier };
        room.find(Wish { tier, ..wish }, now)
    }

    pub(super) async fn change_invitation(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let Some(number) = self.an_invitation(room) else { return };
        let role = self.dice.chance(60).then(|| self.a_role());
        let wish = self.a_wish(room);
        let mut body = json!({});
        if let Some(role) = role {
            body["role"] = json!(role);
        }
        if let Some(seat) = wish.seat {
            body["seatId"] = json!(self.seat_id(room, seat));
        }
        if let Some(tier) = wish.tier {
            body["tier"] = json!(tier);
        }
        let before = self.rooms[room].invitations[number].role;
        let place = &self.rooms[room];
        // Both roles count: the one that the invitation has, and the one that it would get.
        let higher = [role.map_or(before, asked), before].into_iter().max_by_key(|role| rank(role));
        let judged = place
            .may_invite(who, higher.unwrap_or(before))
            .and_then(|()| self.judge_change(room, number, role, wish));
        let path = format!("{}/invitations/{}", place.path, place.invitations[number].id);
        let reply = self.send(who, "PATCH", &path, body).await;
        let expected = judged.as_ref().map(|_| 200).map_err(|no| *no);
        if !self.log.check("change-invitation", &reply, expected) {
            return;
        }
        let seat = self.rooms[room].seat(&text(&reply.json["seatId"]));
        if !judged.is_ok_and(|candidates| candidates.contains(&seat)) {
            self.log.fail(&format!("the invitation keeps {seat}"));
        }
        let (role, now) = (role.unwrap_or(before), self.now());
        let room = &mut self.rooms[room];
        // A change by the member who stands for it anyway, with the same role since, changes nothing.
        let stood = room.invitations[number].stood;
        let standing = &room.standings[&who];
        let lost_since = standing.joined > stood || standing.lost.iter().any(|(_, until)| *until > stood);
        for seat in room.seats.iter_mut().filter(|seat| seat.of == Of::Invited(number)) {
            seat.of = Of::Nobody;
        }
        room.seats[seat].of = Of::Invited(number);
        let invitation = &mut room.invitations[number];
        let is_same = (invitation.role, invitation.seat, invitation.by) == (role, seat, who);
        let stands_already = is_same && !lost_since;
        (invitation.role, invitation.seat, invitation.by) = (role, seat, who);
        if !stands_already {
            invitation.stood = now;
        }
    }

    /// Whether an invitation that is bound to an address is this person's.
    pub(super) fn is_theirs(who: usize, to: Option<usize>) -> Result<(), No> {
        match to {
            None => Ok(()),
            Some(to) if to == who && who < VERIFIED => Ok(()),
            Some(to) if to == who => Err((403, "email_not_verified")),
            Some(_) => Err((403, "invitation_other_email")),
        }
    }

    pub(super) async fn decline(&mut self) {
        let room = self.a_room();
        let Some(number) = self.an_invitation(room) else { return };
        let to = self.rooms[room].invitations[number].to;
        let who = to.filter(|_| self.dice.chance(80)).unwrap_or_else(|| self.anybody());
        let invitation = &self.rooms[room].invitations[number];
        // To everybody else, the invitation of somebody is like one that never was.
        let expected = if to == Some(who) {
            Self::is_theirs(who, to).and_then(|()| invitation.closed()).map(|()| 204)
        } else {
            Err((404, "invitation_unknown"))
        };
        let path = format!("/v1/invitations/{}/decline", invitation.id);
        let not_again = self.dice.chance(30);
        let reply = self.send(who, "POST", &path, json!({ "notAgain": not_again })).await;
        if self.log.check("decline-invitation", &reply, expected) {
            self.end(room, number, Invited::Declined);
            self.take_decline(room, who, not_again);
        }
    }

    /// Where somebody would sit who accepts.
    pub(super) fn judge_join(&self, room: usize, number: usize, who: usize, by_id: bool) -> Result<Sits, No> {
        let (now, room) = (self.now(), &self.rooms[room]);
        let invitation = &room.invitations[number];
        if by_id && invitation.to != Some(who) {
            return Err((404, "invitation_unknown"));
        }
        if room.members.contains_key(&who) {
            return Err((409, "already_member"));
        }
        invitation.over(now)?;
        Self::is_theirs(who, invitation.to)?;
        // A former member comes back only by a personal invitation that was made afterwards.
        match (room.left.get(&who), invitation.to) {
            (Some(_), None) => return Err((403, "personal_invitation_required")),
            (Some(left), Some(_)) if invitation.stood <= *left => return Err((410, "invitation_revoked")),
            _ => {}
        }
        if invitation.by == who {
            return Err((410, "invitation_revoked"));
        }
        if room.is_over(invitation.seat, now) {
            return Err((409, "no_seat_available"));
        }
        if !room.could_invite(invitation.by, invitation.role, invitation.stood) {
            return Err((410, "invitation_revoked"));
        }
        Ok(Sits::Seat(invitation.seat))
    }

    /// Where the answer says that a member sits.
    pub(super) fn told_seat(&self, room: usize, member: &Value) -> Sits {
        match member["seat"]["id"].as_str() {
            Some(id) => Sits::Seat(self.rooms[room].seat(id)),
            None if member["freeSlot"] == true => Sits::FreeSlot,
            None => self.log.fail("the member sits nowhere"),
        }
    }

    pub(super) async fn join(&mut self) {
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
        if !self.log.check("join", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            return;
        }
        let sits = self.told_seat(room, &reply.json["member"]);
        if judged != Ok(sits) || reply.json["member"]["role"] != role {
            self.log.fail("they join as somebody else");
        }
        if who < VERIFIED {
            self.forget_decline(room, who);
        }
        let now = self.now();
        let room = &mut self.rooms[room];
        room.close(number, Invited::Accepted(who));
        // What else was pending for the person ends.
        let pending = room.slots.get(&who).and_then(|slot| slot.pending).filter(|_| who < VERIFIED);
        if let Some(other) = pending.filter(|other| room.invitations[*other].is_live(now)) {
            room.close(other, Invited::Revoked);
        }
        if let Some(slot) = room.slots.get_mut(&who).filter(|_| who < VERIFIED) {
            slot.pending = None;
        }
        room.standings.insert(who, Standing { joined: now, lost: Vec::new() });
        room.members.insert(who, Member { role, sits, leave: None });
        room.reseat(who, sits);
        if who < VERIFIED {
            room.slots.entry(who).or_default().member = Some(who);
        }
    }
}
