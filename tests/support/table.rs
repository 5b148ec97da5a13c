//! A whole table, read past the store.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::{
    AddressOwner, ApiKey, ApiKeyEntry, ApiKeyId, ApiKeyUse, BillingAccount, Coordinator, CreditEntry,
    Credits, DomainCheck, DomainClaim, DomainName, EmailKey, EmailSlot, EventLog, Invitation, InvitationId,
    InvitationMail, JoinedWorkspace, LeaveRequest, LeaveRequestId, LogEvent, Member, MembershipCount,
    Purchase, QuotaUse, Receipt, ResourceCount, RoleId, RoleLink, Seat, SeatId, Tally, Task, TaskId,
    TaskKind, UnsealedLog, User, UserId, VerifiedDomain, Workspace, WorkspaceDeletion, WorkspaceEntry,
    WorkspaceId, WorkspaceResource,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// An item, as it lies in the table.
pub type Item = HashMap<String, AttributeValue>;
/// The partition and sort key of an item.
pub type Place = (String, String);

/// Everything in a table. The items are read as JSON by the rules of the table, not by the store's own
/// decoder.
#[derive(Default)]
pub struct Dump {
    /// Each item by its keys.
    pub raw: BTreeMap<Place, Item>,
    /// The same as JSON.
    pub items: BTreeMap<Place, Value>,
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
    /// Credits.
    pub credits: BTreeMap<WorkspaceId, Credits>,
    /// The ledger of credits.
    pub ledger: Vec<CreditEntry>,
    /// API keys.
    pub api_keys: BTreeMap<(WorkspaceId, ApiKeyId), ApiKey>,
    /// The keys that the lists of their workspaces name.
    pub api_key_entries: BTreeSet<(WorkspaceId, ApiKeyId)>,
    /// The uses of API keys.
    pub api_key_uses: Vec<ApiKeyUse>,
    /// Resources.
    pub resources: Vec<WorkspaceResource>,
    /// The numbers of resources, by kind.
    pub resource_counts: BTreeMap<(WorkspaceId, String), i64>,
    /// Coordinators.
    pub coordinators: Vec<Coordinator>,
    /// Events.
    pub events: Vec<LogEvent>,
    /// The numbers of the digests of logs, by partition.
    pub digests: BTreeMap<String, Vec<u64>>,
    /// Logs that are marked as not sealed.
    pub unsealed: BTreeSet<EventLog>,
    /// Accounts at Stripe.
    pub accounts: BTreeMap<WorkspaceId, BillingAccount>,
    /// Addresses in workspaces.
    pub slots: BTreeMap<(WorkspaceId, EmailKey), EmailSlot>,
    /// The person of each verified address.
    pub owners: BTreeMap<EmailKey, UserId>,
    /// People's sides of memberships.
    pub joined: BTreeMap<(WorkspaceId, UserId), JoinedWorkspace>,
    /// Accounts.
    pub users: BTreeMap<UserId, User>,
    /// Mails that are to go out.
    pub mails: BTreeMap<TaskId, InvitationMail>,
    /// Receipts.
    pub receipts: Vec<Receipt>,
    /// How many workspaces people are in.
    pub membership_counts: BTreeMap<UserId, i64>,
    /// The used parts of quotas.
    pub quotas: Vec<QuotaUse>,
    /// Links for roles.
    pub links: BTreeMap<(WorkspaceId, RoleId), RoleLink>,
    /// Claimed domains.
    pub claims: BTreeMap<(WorkspaceId, DomainName), DomainClaim>,
    /// Domains that bring people in.
    pub verified_domains: BTreeSet<(WorkspaceId, DomainName)>,
    /// Domains that are looked up.
    pub checks: BTreeSet<(WorkspaceId, DomainName)>,
    /// Workspaces that are being deleted.
    pub deletions: BTreeSet<WorkspaceId>,
    /// The list of all workspaces.
    pub entries: BTreeSet<WorkspaceId>,
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
                dump.raw.insert(place(&item), item);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return dump;
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "a few lines for each kind of item")]
    fn take(&mut self, item: &Item) {
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
            "event" => self.events.push(content(&item)),
            // Bytes are no JSON: the verification of the log reads digests.
            "event-digest" => {
                self.digests
                    .entry(place.0.clone())
                    .or_default()
                    .push(item["number"].as_u64().expect("a number"));
            }
            "unsealed-log" => {
                self.unsealed.insert(content::<UnsealedLog>(&item).log);
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
            kind @ ("purchase" | "billing" | "credits" | "credit-entry") => {
                self.take_billing(kind, &item, in_workspace());
            }
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
                if let TaskKind::Mail(mail) = task.kind {
                    self.mails.insert(task.id, mail);
                }
            }
            "receipt" => self.receipts.push(content(&item)),
            "attendance" => {
                let count: MembershipCount = content(&item);
                self.membership_counts.insert(count.user, count.workspaces);
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
                let verified: VerifiedDomain = content(&item);
                self.verified_domains.insert((verified.workspace, verified.domain.clone()));
            }
            "domain-check" => {
                let check: DomainCheck = content(&item);
                self.checks.insert((check.workspace, check.domain.clone()));
            }
            "workspace-entry" => {
                let entry: WorkspaceEntry = content(&item);
                self.entries.insert(entry.workspace);
            }
            "demolition" => {
                let deletion: WorkspaceDeletion = content(&item);
                self.deletions.insert(deletion.workspace);
            }
            "address-owner" => {
                let owner: AddressOwner = content(&item);
                self.owners.insert(owner.email, owner.user);
            }
            "api-key" => {
                let key: ApiKey = content(&item);
                self.api_keys.insert((key.workspace, key.id), key);
            }
            "api-key-entry" => {
                let entry: ApiKeyEntry = content(&item);
                assert_eq!(entry.workspace, in_workspace());
                self.api_key_entries.insert((entry.workspace, entry.key));
            }
            "api-key-use" => self.api_key_uses.push(content(&item)),
            "resource" => self.resources.push(content(&item)),
            "resource-count" => {
                let count: ResourceCount = content(&item);
                self.resource_counts.insert((count.workspace, count.kind.to_string()), count.used);
            }
            "coordinator" => self.coordinators.push(content(&item)),
            "logo-image" | "departure" | "former-address" => {
                in_workspace();
            }
            "billing-check" | "stripe-customer" | "mail-use" | "past-persons" | "policy-pointer"
            | "policy-bundle" | "policy-schema" | "publication" => {}
            other => panic!("an item of type {other} at {place:?}"),
        }
        self.items.insert(place, Value::Object(item));
    }

    /// An item of the billing of a workspace.
    fn take_billing(&mut self, kind: &str, item: &Map<String, Value>, workspace: WorkspaceId) {
        match kind {
            "purchase" => self.purchases.push(content(item)),
            "billing" => {
                self.accounts.insert(workspace, content(item));
            }
            "credits" => {
                let credits: Credits = content(item);
                assert_eq!(credits.workspace, workspace);
                self.credits.insert(workspace, credits);
            }
            _ => {
                let entry: CreditEntry = content(item);
                assert_eq!(entry.workspace, workspace);
                self.ledger.push(entry);
            }
        }
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

    /// All of it as one text. Bytes are shown as numbers: look for a text in the texts.
    pub fn text(&self) -> String {
        format!("{:?}", self.raw.values().collect::<Vec<_>>())
    }

    /// All of it but the events of accounts and of the platform, which name workspaces that are gone, and the marks of
    /// logs, which go with the next sealing.
    pub fn text_beside_events(&self) -> String {
        let is_event = |(pk, sk): &Place| {
            sk.starts_with("EVENT#") && !pk.starts_with("W#") || pk.starts_with("UNSEALED#")
        };
        let others = self.raw.iter().filter(|(place, _)| !is_event(place)).map(|(_, item)| item);
        format!("{:?}", others.collect::<Vec<_>>())
    }

    /// The keys of items that differ from `before`, with those that are gone.
    pub fn changed_since(&self, before: &Self) -> Vec<String> {
        let keys = self.raw.keys().chain(before.raw.keys());
        let differs = |place: &&Place| self.raw.get(*place) != before.raw.get(*place);
        let mut changed: Vec<_> = keys.filter(differs).map(|(pk, sk)| format!("{pk} {sk}")).collect();
        changed.sort();
        changed.dedup();
        changed
    }

    /// The same without what the seals of the log write, which belongs to no request.
    pub fn changed_by_requests_since(&self, before: &Self) -> Vec<String> {
        let is_seal = |place: &str| place.starts_with("UNSEALED#") || place.contains(" DIGEST#");
        self.changed_since(before).into_iter().filter(|place| !is_seal(place)).collect()
    }

    /// The number of items whose sort key begins so.
    pub fn count(&self, sort_key: &str) -> usize {
        self.raw.keys().filter(|(_, sk)| sk.starts_with(sort_key)).count()
    }

    /// Makes the table, which is as in `now`, what it was.
    pub async fn put_back(&self, now: &Self, client: &Client, table: &str) {
        for (place, item) in &now.raw {
            if !self.raw.contains_key(place) {
                let delete = client.delete_item().table_name(table);
                let delete = delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
                delete.send().await.expect("deleted");
            }
        }
        for (place, item) in &self.raw {
            if now.raw.get(place) != Some(item) {
                let put = client.put_item().table_name(table).set_item(Some(item.clone()));
                put.send().await.expect("put");
            }
        }
    }

    /// The number of seats in each state: filled, pending, available, expired.
    pub fn seat_counts(&self, workspace: WorkspaceId, now: Timestamp) -> [usize; 4] {
        let mut counts = [0; 4];
        let paid = self.workspaces.get(&workspace).and_then(|workspace| workspace.paid.as_ref());
        for seat in self.seats_of(workspace) {
            counts[seat.status(paid, now) as usize] += 1;
        }
        counts
    }
}

pub(super) fn of<K: Ord, T>(map: &BTreeMap<(WorkspaceId, K), T>, workspace: WorkspaceId) -> Vec<&T> {
    map.iter().filter(|((of, _), _)| *of == workspace).map(|(_, value)| value).collect()
}

fn place(item: &Item) -> Place {
    let part = |name| item[name].as_s().expect("a text").clone();
    (part("pk"), part("sk"))
}

/// The content of an item: what it holds beside its keys, its type and what the table needs.
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
