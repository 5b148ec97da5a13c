//! The contents of the table, held against the model.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_domain::Seating;
use uuid::Uuid;

use super::{History, Sits};

impl History {
    pub(super) async fn audit(&mut self) {
        self.deployment.seal_and_verify().await;
        let dump = self.deployment.dump().await;
        let faults = dump.faults(&self.pack, self.deployment.clock.now());
        if !faults.is_empty() {
            self.log.fail(&faults.join("\n"));
        }
        let lines = |members: Vec<(String, String)>| members.into_iter().collect::<BTreeMap<_, _>>();
        for room in &self.rooms {
            let model = room.members.iter().map(|(who, member)| {
                let sits = match member.sits {
                    Sits::Nowhere => "nowhere",
                    Sits::Seat(_) => "on a seat",
                    Sits::Suspended(_) => "suspended",
                };
                (self.people[*who].id().to_string(), format!("{} {sits}", member.role.0))
            });
            let table = dump.members_of(room.id()).into_iter().map(|member| {
                let sits = match member.seat {
                    Seating::None => "nowhere",
                    Seating::Plan { .. } => "on a seat",
                    Seating::Suspended { .. } => "suspended",
                    Seating::FreeSlot | Seating::Seat(_) => "where nobody can sit",
                };
                (member.user.to_string(), format!("{} {sits}", member.role.0))
            });
            let (model, table) = (lines(model.collect()), lines(table.collect()));
            if model != table {
                self.log.fail(&format!("members of {}:\nmodel {model:#?}\ntable {table:#?}", room.path));
            }
            if dump.workspaces[&room.id()].creator != self.people[room.creator].id() {
                self.log.fail("another is the creator");
            }
        }
        if dump.workspaces.len() != self.rooms.len() {
            self.log.fail("a deleted workspace is there");
        }
        let accounts: BTreeSet<Uuid> = self.accounts.iter().map(|who| self.people[*who].id().0).collect();
        let there: BTreeSet<Uuid> = dump.users.keys().map(|user| user.0).collect();
        if accounts != there {
            self.log.fail(&format!("accounts {there:?}, the model says {accounts:?}"));
        }
    }
}
