//! The contents of the table, held against the model.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use seatwise_domain::{EmailAddress, InvitationState, LeaveState, Occupant, Seating};
use serde_json::{Value, json};

use super::History;
use super::room::{Asked, Invited, Of, Room, Sits, Slot};
use crate::support::table::Dump;

impl History {
    /// Time goes on: a little, a lot, or to the very moment at which something ends.
    pub(super) fn pass_time(&mut self) {
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
        self.deployment.clock.set(then.max(now));
        self.log.note(&format!("it is {then}"));
    }

    /// Compares the lists that a client gets with the model.
    pub(super) async fn look(&mut self) {
        let room = self.a_room();
        let who = self.a_caller(room);
        let path = self.rooms[room].path.clone();
        let expected = self.rooms[room].role(who).map(|_| 200);
        let reply = self.send(who, "GET", &path, Value::Null).await;
        if !self.log.check("get-workspace", &reply, expected) {
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
            self.log.fail(&format!("the model sees {members} members and {seats}"));
        }
    }

    /// The table is free of faults, and what the model says.
    pub(super) async fn audit(&self) {
        self.deployment.seal_and_verify().await;
        let dump = self.deployment.dump().await;
        let mut faults = dump.faults(&self.deployment.pack, self.now());
        for room in &self.rooms {
            self.compare(room, &dump, &mut faults);
        }
        if dump.workspaces.len() != self.rooms.len() {
            faults.push(format!("{} workspaces", dump.workspaces.len()));
        }
        if !faults.is_empty() {
            self.log.fail(&faults.join("\n"));
        }
    }

    pub(super) fn compare(&self, room: &Room, dump: &Dump, faults: &mut Vec<String>) {
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
            (member.user.to_string(), format!("{} on {sits}, leaves {leave:?}", member.role.0))
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
            (seat.id.to_string(), format!("{} of {} until {:?}", seat.tier.0, seat.occupant, seat.term.ends))
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
            (invitation.id.to_string(), format!("{email:?} as {} {state} until {until}", invitation.role.0))
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
            let pending = slot.pending.map(|number| {
                let invitation = &room.invitations[number];
                format!("{} as {}", invitation.id, invitation.role)
            });
            let member = slot.member.map(|who| self.people[who].id().to_string());
            (email.key().to_string(), format!("{pending:?} {member:?}"))
        });
        let slots = dump.slots.values().filter(|slot| slot.workspace == id);
        let table = slots.filter(|slot| slot.pending.is_some() || slot.member.is_some()).map(|slot| {
            let pending =
                slot.pending.as_ref().map(|pending| format!("{} as {}", pending.invitation, pending.role.0));
            let member = slot.member.map(|user| user.to_string());
            (slot.email.to_string(), format!("{pending:?} {member:?}"))
        });
        unless_same("addresses", model.collect(), table.collect());
    }
}
