//! A whole table, read past the store, and what must be true of it at rest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::pack::{SeatModel, SeatNeed};
use seatwise_domain::{
    DomainCheck, DomainClaim, DomainName, EmailAddress, EmailKey, EmailSlot, Invitation, InvitationId,
    InvitationMail, InvitationState, InvitationStatus, JoinedWorkspace, LeaveRequest, LeaveRequestId,
    LeaveState, Member, MembershipCount, Occupant, Pack, Purchase, QuotaUse, Receipt, RoleId, RoleLink, Seat,
    SeatId, Seating, Tally, Task, TaskId, TaskKind, User, UserId, VerifiedDomain, Workspace,
    WorkspaceDeletion, WorkspaceId,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Everything in a table but the policies. The items are read as JSON by the rules of the table,
/// not by the store's own decoder.
#[derive(Default)]
pub struct Dump {
    /// Each item by partition and sort key, the policies too, as it lies there.
    pub items: BTreeMap<(String, String), Value>,
    /// Workspaces.
    pub workspaces: BTreeMap<WorkspaceId, Workspace>,
    /// Counts.
    pub tallies: BTreeMap<WorkspaceId, Tally>,
    /// Memberships.
    pub members: BTreeMap<(WorkspaceId, UserId), Member>,
    /// Seats.
    pub seats: BTreeMap<(WorkspaceId, SeatId), Seat>,
    /// Invitations.
    pub invitations: BTreeMap<InvitationId, Invitation>,
    /// Leave requests.
    pub leaves: BTreeMap<(WorkspaceId, LeaveRequestId), LeaveRequest>,
    /// Purchases.
    pub purchases: Vec<Purchase>,
    /// Addresses in workspaces.
    pub slots: BTreeMap<(WorkspaceId, EmailKey), EmailSlot>,
    /// People's sides of memberships.
    pub joined: BTreeMap<(WorkspaceId, UserId), JoinedWorkspace>,
    /// Accounts.
    pub users: BTreeMap<UserId, User>,
    /// Mails that are to go out.
    pub mails: BTreeMap<TaskId, InvitationMail>,
    /// Receipts.
    pub receipts: Vec<Receipt>,
    /// How many workspaces people are in.
    pub attendances: BTreeMap<UserId, i64>,
    /// What was used of quotas.
    pub quotas: Vec<QuotaUse>,
    /// Links for roles.
    pub links: BTreeMap<(WorkspaceId, RoleId), RoleLink>,
    /// Claimed domains.
    pub claims: BTreeMap<(WorkspaceId, DomainName), DomainClaim>,
    /// Domains that bring people in.
    pub doors: BTreeSet<(WorkspaceId, DomainName)>,
    /// Domains that are looked up.
    pub checks: BTreeSet<(WorkspaceId, DomainName)>,
    /// Workspaces that are being deleted.
    pub demolitions: BTreeSet<WorkspaceId>,
}

impl Dump {
    /// Reads all of a table.
    pub async fn read(client: &Client, table: &str) -> Self {
        let mut dump = Self::default();
        let mut start = None;
        loop {
            let scan = client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(start);
            let page = scan.send().await.expect("a scan");
            for item in page.items.unwrap_or_default() {
                dump.take(&item);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return dump;
            }
        }
    }

    fn take(&mut self, item: &HashMap<String, AttributeValue>) {
        let item: Map<String, Value> =
            item.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        let word = |name: &str| item[name].as_str().expect("a text").to_owned();
        let place = (word("pk"), word("sk"));
        let workspace = place.0.strip_prefix("W#").and_then(|id| id.parse::<WorkspaceId>().ok());
        let in_workspace = || workspace.unwrap_or_else(|| panic!("{place:?} is in no workspace"));
        match word("type").as_str() {
            "workspace" => {
                let workspace: Workspace = content(&item);
                assert_eq!(workspace.id, in_workspace());
                self.workspaces.insert(workspace.id, workspace);
            }
            "tally" => {
                self.tallies.insert(in_workspace(), content(&item));
            }
            "member" => {
                let member: Member = content(&item);
                assert_eq!(member.workspace, in_workspace());
                self.members.insert((member.workspace, member.user), member);
            }
            "seat" => {
                let seat: Seat = content(&item);
                assert_eq!(seat.workspace, in_workspace());
                self.seats.insert((seat.workspace, seat.id), seat);
            }
            "invitation" => {
                let invitation: Invitation = content(&item);
                assert_eq!(invitation.id.workspace, in_workspace());
                self.invitations.insert(invitation.id, invitation);
            }
            "leave-request" => {
                let request: LeaveRequest = content(&item);
                assert_eq!(request.workspace, in_workspace());
                self.leaves.insert((request.workspace, request.id), request);
            }
            "purchase" => self.purchases.push(content(&item)),
            "email-slot" => {
                let slot: EmailSlot = content(&item);
                self.slots.insert((slot.workspace, slot.email.clone()), slot);
            }
            "joined" => {
                let joined: JoinedWorkspace = content(&item);
                self.joined.insert((joined.workspace, joined.user), joined);
            }
            "user" => {
                let user: User = content(&item);
                self.users.insert(user.id, user);
            }
            "task" => {
                let task: Task = content(&item);
                let TaskKind::Mail(mail) = task.kind;
                self.mails.insert(task.id, mail);
            }
            "receipt" => self.receipts.push(content(&item)),
            "attendance" => {
                let attendance: MembershipCount = content(&item);
                self.attendances.insert(attendance.user, attendance.workspaces);
            }
            "quota-use" => self.quotas.push(content(&item)),
            "link" => {
                let link: RoleLink = content(&item);
                assert_eq!(link.workspace, in_workspace());
                self.links.insert((link.workspace, link.role.clone()), link);
            }
            "domain-claim" => {
                let claim: DomainClaim = content(&item);
                assert_eq!(claim.workspace, in_workspace());
                self.claims.insert((claim.workspace, claim.domain.clone()), claim);
            }
            "domain-door" => {
                let door: VerifiedDomain = content(&item);
                self.doors.insert((door.workspace, door.domain.clone()));
            }
            "domain-check" => {
                let check: DomainCheck = content(&item);
                self.checks.insert((check.workspace, check.domain.clone()));
            }
            "demolition" => {
                let demolition: WorkspaceDeletion = content(&item);
                self.demolitions.insert(demolition.workspace);
            }
            "coordinator" | "logo-image" | "departure" => {
                in_workspace();
            }
            "policy-pointer" | "policy-bundle" | "policy-schema" | "publication" => {}
            other => panic!("an item of type {other} at {place:?}"),
        }
        self.items.insert(place, Value::Object(item));
    }

    /// The members of a workspace.
    pub fn members_of(&self, workspace: WorkspaceId) -> Vec<&Member> {
        of(&self.members, workspace)
    }

    /// The seats of a workspace.
    pub fn seats_of(&self, workspace: WorkspaceId) -> Vec<&Seat> {
        of(&self.seats, workspace)
    }

    /// The invitations into a workspace.
    pub fn invitations_of(&self, workspace: WorkspaceId) -> Vec<&Invitation> {
        self.invitations.values().filter(|invitation| invitation.id.workspace == workspace).collect()
    }

    /// The membership of somebody.
    pub fn member(&self, workspace: WorkspaceId, user: UserId) -> Option<&Member> {
        self.members.get(&(workspace, user))
    }

    /// How many seats are in each state: filled, pending, available, expired.
    pub fn seat_counts(&self, workspace: WorkspaceId, now: Timestamp) -> [usize; 4] {
        let mut counts = [0; 4];
        for seat in self.seats_of(workspace) {
            counts[seat.status(now) as usize] += 1;
        }
        counts
    }

    /// What is wrong, in words; nothing at rest.
    pub fn faults(&self, pack: &Pack, now: Timestamp) -> Vec<String> {
        let mut faults = Faults(Vec::new());
        for workspace in self.workspaces.keys() {
            self.check_counts(*workspace, pack, now, &mut faults);
        }
        faults.unless(self.workspaces.keys().eq(self.tallies.keys()), || {
            "workspaces and counts do not go together".to_owned()
        });
        self.members.values().for_each(|member| self.check_member(member, pack, &mut faults));
        self.seats.values().for_each(|seat| self.check_seat(seat, &mut faults));
        self.invitations.values().for_each(|invitation| self.check_invitation(invitation, now, &mut faults));
        self.slots.values().for_each(|slot| self.check_slot(slot, &mut faults));
        self.leaves.values().for_each(|request| self.check_leave(request, &mut faults));
        self.mails.iter().for_each(|(task, mail)| self.check_mail(*task, mail, &mut faults));
        for (user, told) in &self.attendances {
            let there = self.joined.keys().filter(|(_, joined)| joined == user).count();
            faults.unless(i64::try_from(there).ok() == Some(*told), || {
                format!("{user} is in {there} workspaces, counted {told}")
            });
        }
        for ((workspace, domain), claim) in &self.claims {
            let key = (*workspace, domain.clone());
            faults.unless(self.doors.contains(&key) == claim.verified_at.is_some(), || {
                format!("{domain} of {workspace}: {claim:?}, and its door says otherwise")
            });
        }
        for (workspace, domain) in self.doors.iter().chain(&self.checks) {
            faults.unless(self.claims.contains_key(&(*workspace, domain.clone())), || {
                format!("{domain} of {workspace}: nobody has claimed it")
            });
        }
        for (workspace, user) in self.joined.keys() {
            let is_member = self.members.contains_key(&(*workspace, *user));
            faults.unless(is_member, || format!("{user} has joined {workspace} and is no member"));
        }
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
        if let Some(max) = pack.members.max {
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
            .map(|purchase| purchase.quantity)
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
        faults.unless(sits, || format!("{name}: sits nowhere as {}", member.role));
        let may_have_slot = pack.seat_need(&member.role) == SeatNeed::FreeSlot;
        faults.unless(may_have_slot || member.seat != Seating::FreeSlot, || {
            format!("{name}: in a free slot as {}", member.role)
        });
        if let Some(key) = &member.slot {
            let slot = self.slots.get(&(workspace, key.clone()));
            faults.unless(slot.and_then(|slot| slot.member) == Some(user), || {
                format!("{name}: their address is {slot:?}")
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
                let is_open =
                    invitation.is_some_and(|invitation| invitation.state == InvitationState::Pending);
                faults.unless(is_open, || format!("{name}: kept for {invitation:?}"));
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
                    && invitation.state == InvitationState::Pending
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

struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }
}

fn of<K: Ord, T>(map: &BTreeMap<(WorkspaceId, K), T>, workspace: WorkspaceId) -> Vec<&T> {
    map.iter().filter(|((of, _), _)| *of == workspace).map(|(_, value)| value).collect()
}

/// What an item holds beside its frame.
fn content<T: DeserializeOwned>(item: &Map<String, Value>) -> T {
    let mut fields = item.clone();
    for name in ["pk", "sk", "v", "ttl", "by_name", "type"] {
        fields.remove(name);
    }
    serde_json::from_value(Value::Object(fields)).unwrap_or_else(|error| panic!("{error}: {item:?}"))
}

/// An attribute as JSON. A set of one stands for its word: an address has one member at most.
fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => text.clone().into(),
        AttributeValue::N(number) => Value::Number(number.parse().expect("a number")),
        AttributeValue::Bool(is) => (*is).into(),
        AttributeValue::M(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        AttributeValue::B(bytes) => bytes.as_ref().len().into(),
        AttributeValue::Ss(words) if words.len() == 1 => words[0].clone().into(),
        other => panic!("an attribute that nobody writes: {other:?}"),
    }
}
