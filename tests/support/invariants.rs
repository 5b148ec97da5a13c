//! The invariants of a whole table at rest.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use seatwise_domain::pack::{SeatModel, SeatNeed};
use seatwise_domain::{
    BillingChange, EmailAddress, EmailSlot, Invitation, InvitationMail, InvitationState, InvitationStatus,
    JoinedWorkspace, LeaveRequest, LeaveState, Member, Occupant, Pack, PurchaseState, Seat, SeatId, Seating,
    Tally, TaskId, WorkspaceId,
};

use super::table::{Dump, of};

impl Dump {
    /// The faults, in words; none at rest.
    pub fn faults(&self, pack: &Pack, now: Timestamp) -> Vec<String> {
        let mut faults = Faults(Vec::new());
        for workspace in self.workspaces.keys() {
            self.check_counts(*workspace, pack, now, &mut faults);
            self.check_credits(*workspace, &mut faults);
        }
        faults.unless(self.workspaces.keys().eq(self.tallies.keys()), || {
            "workspaces and counts do not go together".to_owned()
        });
        faults.unless(self.workspaces.keys().eq(self.entries.iter()), || {
            "workspaces and the list of all do not go together".to_owned()
        });
        self.members.values().for_each(|member| self.check_member(member, pack, &mut faults));
        self.seats.values().for_each(|seat| self.check_seat(seat, &mut faults));
        self.invitations.values().for_each(|invitation| self.check_invitation(invitation, now, &mut faults));
        self.slots.values().for_each(|slot| self.check_slot(slot, &mut faults));
        self.leaves.values().for_each(|request| self.check_leave(request, &mut faults));
        self.mails.iter().for_each(|(task, mail)| self.check_mail(*task, mail, &mut faults));
        for (user, told) in &self.membership_counts {
            let there = self.joined.keys().filter(|(_, joined)| joined == user).count();
            faults.unless(i64::try_from(there).ok() == Some(*told), || {
                format!("{user} is in {there} workspaces, counted {told}")
            });
        }
        for ((workspace, domain), claim) in &self.claims {
            let key = (*workspace, domain.clone());
            faults.unless(self.verified_domains.contains(&key) == claim.verified_at.is_some(), || {
                format!("{domain} of {workspace}: {claim:?}, and its verified domain says otherwise")
            });
        }
        for (workspace, domain) in self.verified_domains.iter().chain(&self.checks) {
            faults.unless(self.claims.contains_key(&(*workspace, domain.clone())), || {
                format!("{domain} of {workspace}: nobody has claimed it")
            });
        }
        for (workspace, user) in self.joined.keys() {
            let is_member = self.members.contains_key(&(*workspace, *user));
            faults.unless(is_member, || format!("{user} has joined {workspace} and is no member"));
        }
        self.check_digests(&mut faults);
        self.check_resources(pack, &mut faults);
        self.check_api_keys(&mut faults);
        faults.0.extend(self.faults_of_log(&pack.names()));
        faults.0
    }

    fn check_counts(&self, workspace: WorkspaceId, pack: &Pack, now: Timestamp, faults: &mut Faults) {
        let members = self.members_of(workspace);
        let count = |counts: &dyn Fn(&Member) -> bool| {
            i64::try_from(members.iter().filter(|member| counts(member)).count()).expect("few")
        };
        let bought_seats = i64::try_from(self.seats_of(workspace).len()).expect("few");
        let told = self.tallies.get(&workspace);
        // Seats of a plan are a number, which no other item says.
        let by_role = pack.seats.model == SeatModel::ByRole;
        let seats = if by_role { told.map_or(0, |told| told.seats) } else { bought_seats };
        let in_plan = count(&|member| matches!(member.seat, Seating::Plan { .. }));
        faults.unless(in_plan <= seats || !by_role, || format!("{workspace}: {in_plan} on {seats} seats"));
        let there = &self.workspaces[&workspace];
        if let Some(max) = pack.most_members(&there.plan, &there.extras) {
            faults.unless(members.len() <= usize::try_from(max).expect("few"), || {
                format!("{workspace}: {} members", members.len())
            });
        }
        let there = Tally {
            workspace,
            members: count(&|_| true),
            governors: count(&|member| pack.is_governing(&member.role)),
            free_slots: count(&|member| member.seat == Seating::FreeSlot),
            seats,
            open_seats: if by_role { seats - in_plan } else { 0 },
            domains: i64::try_from(of(&self.claims, workspace).len()).expect("few"),
            api_keys: i64::try_from(of(&self.api_keys, workspace).len()).expect("few"),
        };
        if by_role {
            faults.unless(bought_seats == 0, || format!("{workspace}: seats of a plan have no items"));
        }
        faults.unless(told == Some(&there), || format!("{workspace}: counted {told:?}, there are {there:?}"));
        faults.unless(there.governors >= 1, || format!("{workspace}: nobody governs"));
        faults.unless(there.free_slots <= i64::from(pack.seats.free_slots), || {
            format!("{workspace}: {} in free slots", there.free_slots)
        });
        let bought: u32 = self
            .purchases
            .iter()
            .filter(|purchase| purchase.workspace == workspace)
            .filter_map(|purchase| match &purchase.change {
                Some(BillingChange::Seats { quantity, .. }) if purchase.state == PurchaseState::Paid => {
                    Some(*quantity)
                }
                _ => None,
            })
            .sum();
        // Seats that have ended make room for new ones.
        faults.unless(by_role || i64::from(bought) >= seats, || {
            format!("{workspace}: {bought} bought, {seats} there")
        });
        faults
            .unless(by_role || seats <= i64::from(pack.seats.max), || format!("{workspace}: {seats} seats"));
        // Counted from those who sit, not from the seats: more of them would have to share.
        let seated = members.iter().filter_map(|member| member.seat.hold().map(|hold| hold.seat));
        let reserved = self
            .invitations_of(workspace)
            .into_iter()
            .filter(|invitation| invitation.status(now) == InvitationStatus::Pending)
            .filter_map(|invitation| invitation.seat.as_ref().map(|hold| hold.seat));
        let mut taken: Vec<SeatId> = seated.chain(reserved).collect();
        let all = taken.len();
        taken.sort_unstable();
        taken.dedup();
        faults.unless(taken.len() == all, || format!("{workspace}: a seat is sold twice"));
        faults.unless(i64::try_from(all).is_ok_and(|all| all <= seats), || {
            format!("{workspace}: filled + pending > bought")
        });
    }

    /// The digests of each log are numbered from 1 on. Before the first one expires, none is missing.
    fn check_digests(&self, faults: &mut Faults) {
        for (partition, numbers) in &self.digests {
            let mut numbers = numbers.clone();
            numbers.sort_unstable();
            faults.unless(numbers.iter().copied().eq(1..=numbers.len() as u64), || {
                format!("digests of {partition}: {numbers:?}")
            });
        }
    }

    /// Each key is in the list of its workspace, and nothing is left of a deleted one.
    fn check_api_keys(&self, faults: &mut Faults) {
        let keys: BTreeSet<_> = self.api_keys.keys().copied().collect();
        faults.unless(keys == self.api_key_entries, || {
            format!("keys {keys:?}, and in lists {:?}", self.api_key_entries)
        });
        for used in &self.api_key_uses {
            let key = self.api_keys.get(&(used.workspace, used.key));
            faults.unless(key.is_some(), || format!("{used:?} of no key"));
        }
        for (workspace, _) in &keys {
            faults.unless(self.workspaces.contains_key(workspace), || {
                format!("a key of no workspace {workspace}")
            });
        }
    }

    /// The counts are those of the resources.
    fn check_resources(&self, pack: &Pack, faults: &mut Faults) {
        let mut there = BTreeMap::<(WorkspaceId, String), i64>::new();
        for resource in &self.resources {
            *there.entry((resource.workspace, resource.kind.to_string())).or_default() += 1;
        }
        for (key, told) in &self.resource_counts {
            let used = there.remove(key).unwrap_or_default();
            faults.unless(used == *told, || format!("{key:?}: {used} resources, counted {told}"));
            let fixed =
                pack.resources.iter().find(|rule| rule.id.as_str() == key.1).and_then(|rule| rule.limit);
            faults.unless(fixed.is_none_or(|limit| used <= i64::from(limit)), || format!("{key:?}: {used}"));
        }
        faults.unless(there.is_empty(), || format!("resources without a count: {there:?}"));
    }

    /// The balance is what the ledger says, and never negative (F13).
    fn check_credits(&self, workspace: WorkspaceId, faults: &mut Faults) {
        let balance = self.credits.get(&workspace).map_or(0, |credits| credits.balance);
        let entries = self.ledger.iter().filter(|entry| entry.workspace == workspace);
        let booked: i64 = entries.map(|entry| entry.amount).sum();
        faults
            .unless(balance == booked, || format!("{workspace}: {balance} credits, {booked} in the ledger"));
        faults.unless(balance >= 0, || format!("{workspace}: {balance} credits"));
    }

    fn check_member(&self, member: &Member, pack: &Pack, faults: &mut Faults) {
        let (workspace, user) = (member.workspace, member.user);
        let name = format!("member {user} of {workspace}");
        faults.unless(self.workspaces.contains_key(&workspace), || format!("{name}: no such workspace"));
        let joined = self.joined.get(&(workspace, user));
        faults.unless(joined == Some(&JoinedWorkspace::of(member)), || {
            format!("{name}: their own side: {joined:?}")
        });
        if let Seating::Seat(hold) = &member.seat {
            let seat = self.seats.get(&(workspace, hold.seat));
            faults.unless(seat.is_some_and(|seat| seat.occupant == Occupant::Member(user)), || {
                format!("{name}: sits on {} and has it not", hold.seat)
            });
            faults.unless(seat.is_some_and(|seat| seat.hold() == *hold), || {
                format!("{name}: carries {hold:?} of {seat:?}")
            });
        }
        let sits = match pack.seat_need(&member.role) {
            SeatNeed::None => true,
            SeatNeed::Required => member.seat.is_seat() || matches!(member.seat, Seating::Suspended { .. }),
            SeatNeed::FreeSlot => member.seat != Seating::None,
        };
        faults.unless(sits, || format!("{name}: sits nowhere as {}", member.role.0));
        let may_have_slot = pack.seat_need(&member.role) == SeatNeed::FreeSlot;
        faults.unless(may_have_slot || member.seat != Seating::FreeSlot, || {
            format!("{name}: in a free slot as {}", member.role.0)
        });
        if let Some(key) = &member.slot {
            let slot = self.slots.get(&(workspace, key.clone()));
            faults.unless(slot.and_then(|slot| slot.member) == Some(user), || {
                format!("{name}: their address is {slot:?}")
            });
            let owner = self.owners.get(key);
            faults.unless(!pack.sign_in.one_person_per_address || owner == Some(&user), || {
                format!("{name}: their address belongs to {owner:?}")
            });
        }
        if let Some(request) = member.pending_leave {
            let found = self.leaves.get(&(workspace, request));
            let is_theirs =
                request.user == user && found.is_some_and(|request| request.state == LeaveState::Pending);
            faults.unless(is_theirs, || format!("{name}: waits for {found:?}"));
        }
    }

    fn check_seat(&self, seat: &Seat, faults: &mut Faults) {
        let name = format!("seat {} of {}", seat.id, seat.workspace);
        match seat.occupant {
            Occupant::Nobody => {}
            Occupant::Member(user) => {
                let held = self.members.get(&(seat.workspace, user)).and_then(|member| member.seat.hold());
                faults.unless(held == Some(&seat.hold()), || format!("{name}: {user} carries {held:?}"));
            }
            Occupant::Invitation(id) => {
                let invitation = self.invitations.get(&id);
                let held = invitation.and_then(|invitation| invitation.seat.as_ref());
                faults.unless(held == Some(&seat.hold()), || format!("{name}: {id} carries {held:?}"));
                faults.unless(invitation.is_some_and(has_kept_its_place), || {
                    format!("{name}: kept for {invitation:?}")
                });
                let until = invitation.and_then(|invitation| invitation.expires_at);
                faults.unless(seat.reserved_until == until, || {
                    format!("{name}: kept until {:?}, not {until:?}", seat.reserved_until)
                });
            }
        }
        let is_reserved = matches!(seat.occupant, Occupant::Invitation(_));
        faults.unless(is_reserved || seat.reserved_until.is_none(), || format!("{name}: kept for nobody"));
    }

    fn check_invitation(&self, invitation: &Invitation, now: Timestamp, faults: &mut Faults) {
        let (id, workspace) = (invitation.id, invitation.id.workspace);
        faults.unless(self.workspaces.contains_key(&workspace), || {
            format!("invitation {id}: no such workspace")
        });
        if let (InvitationState::Accepted { at, .. }, Some(end)) = (&invitation.state, invitation.expires_at)
        {
            faults.unless(*at < end, || format!("invitation {id}: accepted at {at}, over at {end}"));
        }
        if invitation.status(now) != InvitationStatus::Pending {
            return;
        }
        if let Some(hold) = &invitation.seat {
            let seat = self.seats.get(&(workspace, hold.seat));
            let is_kept =
                seat.is_some_and(|seat| seat.occupant == Occupant::Invitation(id) && seat.hold() == *hold);
            faults.unless(is_kept, || format!("invitation {id}: keeps {hold:?}, which is {seat:?}"));
        }
        if let Some(email) = &invitation.email {
            let slot = self.slots.get(&(workspace, email.key()));
            let pending = slot.and_then(|slot| slot.pending.as_ref());
            // So there is no second one for the address.
            faults.unless(pending.is_some_and(|pending| pending.invitation == id), || {
                format!("invitation {id}: the address waits for {pending:?}")
            });
        }
    }

    fn check_slot(&self, slot: &EmailSlot, faults: &mut Faults) {
        let name = format!("address {} in {}", slot.email, slot.workspace);
        faults.unless(self.workspaces.contains_key(&slot.workspace), || format!("{name}: no such workspace"));
        if let Some(pending) = &slot.pending {
            let invitation = self.invitations.get(&pending.invitation);
            let agrees = invitation.is_some_and(|invitation| {
                invitation.email.as_ref().map(EmailAddress::key).as_ref() == Some(&slot.email)
                    && has_kept_its_place(invitation)
                    && invitation.role == pending.role
                    && invitation.expires_at == pending.expires_at
                    && invitation.id.workspace == slot.workspace
            });
            faults.unless(agrees, || format!("{name}: {pending:?} is {invitation:?}"));
        }
        if let Some(user) = slot.member {
            let member = self.members.get(&(slot.workspace, user));
            let is_theirs = member.is_some_and(|member| member.slot.as_ref() == Some(&slot.email));
            faults.unless(is_theirs, || format!("{name}: {member:?} has it not"));
        }
    }

    fn check_leave(&self, request: &LeaveRequest, faults: &mut Faults) {
        let (workspace, id) = (request.workspace, request.id);
        if request.state == LeaveState::Pending {
            let asker = self.members.get(&(workspace, id.user));
            faults.unless(asker.is_some_and(|asker| asker.pending_leave == Some(id)), || {
                format!("leave request {id}: pending, and the asker is {asker:?}")
            });
        }
    }

    fn check_mail(&self, task: TaskId, mail: &InvitationMail, faults: &mut Faults) {
        let invitation = self.invitations.get(&mail.invitation);
        // An invitation remembers its last deliveries only.
        let is_known = invitation.is_some_and(|invitation| {
            invitation.deliveries.len() >= 10
                || invitation.deliveries.iter().any(|delivery| delivery.mail == task)
        });
        // One into a workspace that was deleted is dropped when its turn comes.
        let is_left_over = !self.workspaces.contains_key(&mail.invitation.workspace);
        faults
            .unless(is_known || is_left_over, || format!("mail {task}: {invitation:?} knows nothing of it"));
    }
}

/// Whether the slot of the address and the seat may still name the invitation: it is open, or was ended after
/// it had expired, when both counted as free already.
fn has_kept_its_place(invitation: &Invitation) -> bool {
    match invitation.state {
        InvitationState::Pending => true,
        InvitationState::Revoked { at } | InvitationState::Declined { at } => {
            invitation.expires_at.is_some_and(|end| end <= at)
        }
        InvitationState::Accepted { .. } => false,
    }
}

struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }
}
