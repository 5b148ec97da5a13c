//! The people and things that a version strikes, because it drops their role, tier, plan or way to join.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use seatwise_domain::pack::{Channel, Names};
use seatwise_domain::{InvitationStatus, Pack, Record, RoleId, TierId};
use seatwise_functions::logging::with_causes;
use seatwise_policy::{Bundle, Files};

use super::place::PolicyPlace;
use crate::counted::counted;

/// The parts of the pack that a version drops.
#[derive(Default)]
pub(super) struct Dropped {
    roles: Vec<RoleId>,
    tiers: Vec<TierId>,
    /// The names that the version before had.
    names: Names,
    plans: Vec<String>,
    channels: Vec<Channel>,
}

impl Dropped {
    /// The parts that `after` lacks; none, if one of the versions is no pack.
    pub(super) fn of(before: Option<&Files>, after: &Files) -> Self {
        match (before.map(Bundle::compile), Bundle::compile(after)) {
            (Some(Ok(before)), Ok(after)) => Self::between(before.pack(), after.pack()),
            _ => Self::default(),
        }
    }

    fn between(before: &Pack, after: &Pack) -> Self {
        let roles = before.roles.iter().map(|role| &role.id).filter(|id| after.role(id).is_none());
        let tiers = before.seats.tiers.iter().map(|tier| &tier.id).filter(|id| after.tier(id).is_none());
        let plans = before.plans.iter().map(|plan| &plan.id);
        let plans = plans.filter(|id| after.plans.iter().all(|plan| plan.id != **id));
        let channels = before.invitation.channels.iter().filter(|channel| !after.offers(**channel));
        Self {
            roles: roles.cloned().collect(),
            tiers: tiers.cloned().collect(),
            names: before.names(),
            plans: plans.cloned().collect(),
            channels: channels.copied().collect(),
        }
    }

    fn is_nothing(&self) -> bool {
        self.roles.is_empty() && self.tiers.is_empty() && self.plans.is_empty() && self.channels.is_empty()
    }

    /// The dropped thing that a record holds, with the kind of holder; for a record that is over, nothing.
    fn held_by(&self, record: &Record, now: Timestamp) -> Vec<(String, &'static str)> {
        let role = |id: &RoleId| self.roles.contains(id).then(|| format!("role {}", self.names.role(id)));
        let channel =
            |channel| self.channels.contains(&channel).then(|| format!("channel {}", name(channel)));
        match record {
            Record::Member(member) => holds("member", [role(&member.role)]),
            Record::Invitation(invitation) if invitation.status(now) == InvitationStatus::Pending => {
                let by = if invitation.email.is_some() { Channel::Email } else { Channel::SingleUse };
                holds("invitation", [role(&invitation.role), channel(by)])
            }
            Record::RoleLink(link) if link.open => holds("link", [role(&link.role), channel(Channel::Link)]),
            Record::DomainClaim(_) => holds("domain", [channel(Channel::Domain)]),
            // A seat whose workspace has stopped to pay can be paid for again.
            Record::Seat(seat) if !seat.term.is_over(None, now) => {
                let is_dropped = self.tiers.contains(&seat.tier);
                holds("seat", [is_dropped.then(|| format!("tier {}", self.names.tier(&seat.tier)))])
            }
            Record::Workspace(workspace) => {
                let is_dropped = self.plans.contains(&workspace.plan);
                holds("workspace", [is_dropped.then(|| format!("plan {}", workspace.plan))])
            }
            _ => Vec::new(),
        }
    }

    /// The section about all dropped parts and their holders. Empty, if there are none. The table of a stack is read
    /// only if `counts`: the whole of it is read.
    pub(super) async fn section(&self, place: &PolicyPlace, counts: bool, now: Timestamp) -> String {
        if self.is_nothing() {
            return String::new();
        }
        let mut text = String::from("\nHolders of what this version drops\n");
        if !counts && !place.is_local() {
            text += "  not counted: --count-holders reads every item of the table, and needs credentials that may \
                     scan it\n";
        } else {
            let mut holders: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
            let visited = place
                .store
                .visit_all(|record| {
                    for (thing, kind) in self.held_by(record, now) {
                        *holders.entry(thing).or_default().entry(kind).or_default() += 1;
                    }
                })
                .await;
            match visited {
                Ok(items) => {
                    let _ = writeln!(
                        text,
                        "{}  (all {} of the table were read)",
                        listed(&holders),
                        counted(items, "item")
                    );
                }
                Err(error) => {
                    let _ = writeln!(
                        text,
                        "  not counted: {} (the role that publishes may read no members; use credentials that may \
                         scan the table)",
                        with_causes(&error)
                    );
                }
            }
        }
        text
    }

    /// Advice about the members of each dropped role. Empty, if there are none. `is_editable`: the files of the new
    /// version can still be changed, which those of a rollback cannot.
    pub(super) fn advice(&self, is_editable: bool) -> String {
        self.roles.iter().map(|role| advice_about(&self.names, role, is_editable)).collect()
    }
}

fn holds<const N: usize>(holders: &'static str, things: [Option<String>; N]) -> Vec<(String, &'static str)> {
    things.into_iter().flatten().map(|thing| (thing, holders)).collect()
}

fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::SingleUse => "single-use",
        Channel::Link => "link",
        Channel::Domain => "domain",
    }
}

fn advice_about(names: &Names, role: &RoleId, is_editable: bool) -> String {
    // Without a role of the pack, its name is the one that it had at first.
    let (was, first) = (names.role(role), Names::default().role(role));
    let shown =
        if was == first { String::new() } else { format!(" (from then on shown by its first id, {first})") };
    let edit = format!(
        ". If the role only has another name now, write `first-id = \"{first}\"` below its `id`, as `seatwise policies \
         rename-role` does: then its members keep it"
    );
    let edit = if is_editable { edit } else { String::new() };
    format!(
        "  Members with the role {was}{shown} keep only what every member may do, until they get another role. \
         After the publication, give it to them with `seatwise policies move-role {first} ROLE`{edit}\n"
    )
}

fn listed(holders: &BTreeMap<String, BTreeMap<&str, u64>>) -> String {
    if holders.is_empty() {
        return "  nobody\n".to_owned();
    }
    let mut text = String::new();
    for (thing, counts) in holders {
        let counts: Vec<String> = counts.iter().map(|(kind, count)| counted(*count, kind)).collect();
        let _ = writeln!(text, "  {thing}: {}", counts.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use seatwise_policy::packs;
    use seatwise_workbench::{NamedKind, Rename, rename};

    use super::*;

    #[test]
    fn one_holder_is_singular() {
        let of_helper = BTreeMap::from([("invitation", 1), ("member", 2)]);
        let holders = BTreeMap::from([("role helper".to_owned(), of_helper)]);
        assert_eq!(listed(&holders), "  role helper: 1 invitation, 2 members\n");
    }

    /// `purchased-seats` with another name for its admins.
    fn renamed() -> Files {
        let files = packs::files("purchased-seats").unwrap();
        let (before, after) = ("admin".to_owned(), "manager".to_owned());
        rename(&files, &Rename { kind: NamedKind::Role, before, after }).unwrap().files
    }

    #[test]
    fn the_advice_names_the_first_id_of_a_renamed_role_that_is_gone() {
        let mut gone = renamed();
        for text in gone.values_mut() {
            *text = text.replace("first-id = \"admin\"\n", "").replace("\"manager\"", "\"chief\"");
        }
        let told = Dropped::of(Some(&renamed()), &gone).advice(true);
        for part in [
            "Members with the role manager (from then on shown by its first id, admin) keep",
            "`seatwise policies move-role admin ROLE`",
            "write `first-id = \"admin\"`",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(Dropped::of(Some(&renamed()), &renamed()).advice(true), "");
    }
}
