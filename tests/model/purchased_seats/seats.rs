//! Seats.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::History;
use super::room::{FORBIDDEN, NOT_FOUND, Of, Seat, Sits};
use crate::support::reply::text;

impl History {
    pub(super) async fn buy(&mut self) {
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
        if self.log.check("buy-seats", &reply, judged.as_ref().map(|_| 201).map_err(|no| *no)) {
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

    pub(super) async fn assign(&mut self) {
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
        if !self.log.check("assign-seat", &reply, judged.as_ref().map(|_| 200).map_err(|no| *no)) {
            return;
        }
        let sits = self.told_seat(room, &reply.json);
        if !judged.unwrap_or_default().into_iter().any(|seat| sits == Sits::Seat(seat)) {
            self.log.fail("they sit somewhere else");
        }
        self.rooms[room].reseat(whom, sits);
    }

    pub(super) async fn release(&mut self) {
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
        if self.log.check("release-seat", &reply, judged.map(|_| 200)) {
            self.rooms[room].reseat(whom, Sits::FreeSlot);
        }
    }

    pub(super) async fn cancel_or_reactivate(&mut self) {
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
        if !self.log.check(what, &reply, expected) {
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
            self.log.fail(&format!("the seat ended {known:?} and ends {told:?}"));
        }
        self.rooms[room].seats[seat].ends = told;
    }
}
