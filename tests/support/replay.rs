//! The log, replayed: the events of a table add up to what is in the table (K69). A change without an event, an event
//! without its change, and an event that tells something else than what was written all leave a difference.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_domain::pack::Names;
use seatwise_domain::rules::log::facts;
use seatwise_domain::{EventLog, EventType, EventValue, LogEvent, Record};

use super::table::Dump;

/// A field of something in a log.
type Field = (EventLog, String, String, String);

impl Dump {
    /// The differences between the events and the table, in words. Since the first event, roles and tiers have had
    /// these names.
    pub fn faults_of_log(&self, names: &Names) -> Vec<String> {
        // How often the field got a value, less how often it lost the value.
        let mut sums = BTreeMap::<Field, BTreeMap<String, i64>>::new();
        let mut add = |field: Field, value: &EventValue, by: i64| {
            *sums.entry(field).or_default().entry(format!("{value:?}")).or_default() += by;
        };
        for event in &self.events {
            for target in &event.targets {
                for (name, change) in &target.changes {
                    let field = || (event.log, target.kind.clone(), target.id.clone(), name.clone());
                    change.to.iter().for_each(|value| add(field(), value, 1));
                    change.from.iter().for_each(|value| add(field(), value, -1));
                }
            }
        }
        for record in self.records() {
            let Some(facts) = facts(&record, names) else { continue };
            for (name, value) in facts.fields {
                add((facts.log, facts.kind.to_owned(), facts.id.clone(), name), &value, -1);
            }
        }
        let is_deletion = |event: &&LogEvent| event.event_type == EventType::AccountDeleted.name();
        let deleted: BTreeSet<EventLog> =
            self.events.iter().filter(is_deletion).map(|event| event.log).collect();
        let is_told =
            |field: &Field| field.3 != "seats" && self.is_kept(field.0) && !deleted.contains(&field.0);
        let off = |(field, sums): (Field, BTreeMap<String, i64>)| {
            let off: BTreeMap<String, i64> = sums.into_iter().filter(|(_, sum)| *sum != 0).collect();
            (is_told(&field) && !off.is_empty()).then(|| format!("events of {field:?} are off by {off:?}"))
        };
        sums.into_iter().filter_map(off).collect()
    }

    /// Whether the log is whole: that of a deleted workspace goes with the workspace.
    fn is_kept(&self, log: EventLog) -> bool {
        match log {
            EventLog::Workspace(id) => self.workspaces.contains_key(&id),
            EventLog::Account(_) => true,
            EventLog::Platform => false,
        }
    }

    /// The records that events tell of.
    fn records(&self) -> impl Iterator<Item = Record> {
        let workspaces = self.workspaces.values().cloned().map(Record::from);
        let members = self.members.values().cloned().map(Record::from);
        let seats = self.seats.values().cloned().map(Record::from);
        let invitations = self.invitations.values().cloned().map(Record::from);
        let leaves = self.leaves.values().cloned().map(Record::from);
        let links = self.links.values().cloned().map(Record::from);
        let claims = self.claims.values().cloned().map(Record::from);
        let purchases = self.purchases.iter().cloned().map(Record::from);
        let ledger = self.ledger.iter().cloned().map(Record::from);
        let accounts = self.accounts.values().cloned().map(Record::from);
        let users = self.users.values().cloned().map(Record::from);
        let resources = self.resources.iter().cloned().map(Record::from);
        let keys = self.api_keys.values().cloned().map(Record::from);
        let coordinators = self.coordinators.iter().cloned().map(Record::from);
        let people = workspaces.chain(members).chain(users).chain(coordinators).chain(resources).chain(keys);
        let ways_in = invitations.chain(leaves).chain(links).chain(claims);
        people.chain(ways_in).chain(seats).chain(purchases).chain(ledger).chain(accounts)
    }
}
