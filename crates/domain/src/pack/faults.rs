//! Contradictions in a pack.

use super::ids::RoleId;
use super::ids::is_identifier;
use super::joining::{Channel, InvitedRole, WhenFull};
use super::mail::MAILS_MAX;
use super::product::Pack;
use super::roles::SeatNeed;
use super::seats::{OverAssignment, SeatModel};

/// The most seats that a pack may allow a workspace. One query reads all seats of a workspace, and its page
/// holds 1 MB (AWS limit), at up to 416 bytes a seat.
pub const SEATS_MAX: u32 = 2_400;

/// One contradiction, with a message that tells the pack's author how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFault {
    /// The key at fault in `product.toml`; a number is the place in a list: `["role", "1", "seat"]`.
    pub key: Vec<String>,
    /// The fault and its remedy, in words.
    pub message: String,
}

struct FaultList(Vec<PackFault>);

impl FaultList {
    fn add(&mut self, is: bool, key: &[&str], message: impl FnOnce() -> String) {
        if is {
            let key = key.iter().map(ToString::to_string).collect();
            self.0.push(PackFault { key, message: message() });
        }
    }
}

impl Pack {
    /// The contradictions; empty if the pack is sound.
    pub fn faults(&self) -> Vec<PackFault> {
        let mut faults = FaultList(Vec::new());
        faults.add(self.name.is_empty(), &["name"], || "`name` must not be empty".into());
        faults.add(self.product.is_empty(), &["product"], || "`product` must not be empty".into());
        self.faults_of_roles(&mut faults);
        self.faults_of_seats(&mut faults);
        self.faults_of_joining(&mut faults);
        self.faults_of_plans(&mut faults);
        self.faults_of_mail(&mut faults);
        faults.0
    }

    fn faults_of_mail(&self, faults: &mut FaultList) {
        for (name, limit) in self.mail.limits() {
            faults.add(!(1..=MAILS_MAX).contains(&limit), &["mail", name], || {
                format!("`mail.{name}` must be 1 to {MAILS_MAX}")
            });
        }
        faults.add(self.workspaces.created_per_person == 0, &["workspaces", "created-per-person"], || {
            "`workspaces.created-per-person` must be at least 1, or there is no workspace".into()
        });
    }

    fn faults_of_roles(&self, faults: &mut FaultList) {
        faults.add(!self.roles.iter().any(|role| role.governing), &["role"], || {
            "no role has `governing = true`: a workspace could not be administered".into()
        });
        let given = &self.roles_given;
        let seatless = given.seatless.iter().map(|id| ("seatless", id));
        for (what, id) in [("creator", &given.creator), ("joiner", &given.joiner)].into_iter().chain(seatless)
        {
            faults.add(self.role(id).is_none(), &["roles-given", what], || {
                format!("`roles-given.{what}` names `{id}`, which is no role")
            });
        }
        let is_role = |id: &RoleId| self.role(id).is_some();
        faults.add(
            is_role(&given.creator) && !self.is_governing(&given.creator),
            &["roles-given", "creator"],
            || "`roles-given.creator` must be a governing role, or a new workspace has no governor".into(),
        );
        let must_buy = self.seats.model == SeatModel::ByTier;
        faults.add(
            must_buy && self.seat_need(&given.creator) == SeatNeed::Required,
            &["roles-given", "creator"],
            || "the creator's role needs a seat before one can be bought: use `free-slot` or `none`".into(),
        );
        if let Some(seatless) = given.seatless.as_ref().filter(|id| is_role(id)) {
            faults.add(self.seat_need(seatless) != SeatNeed::None, &["roles-given", "seatless"], || {
                format!("`{seatless}` is for who has no seat, but its `seat` is not `none`")
            });
            faults.add(self.rank(seatless) > self.rank(&given.joiner), &["roles-given", "seatless"], || {
                format!("`{seatless}` ranks above the joiner's role: who finds no seat would gain by it")
            });
        }
        for (index, role) in self.roles.iter().enumerate() {
            let at = index.to_string();
            let (id, before) = (&role.id, &self.roles[..index]);
            faults.add(!is_identifier(&id.0), &["role", &at, "id"], || {
                format!("role `{id}`: an id is lower-case letters, digits and hyphens")
            });
            faults.add(before.iter().any(|other| other.id == *id), &["role", &at, "id"], || {
                format!("role `{id}` is there twice")
            });
            faults.add(role.governing && !role.staff, &["role", &at, "governing"], || {
                format!("role `{id}` governs, so it needs `staff = true`")
            });
            faults.add(
                role.seat != SeatNeed::None && self.seats.model == SeatModel::None,
                &["role", &at, "seat"],
                || format!("role `{id}` needs a seat, but `seats.model` is `none`"),
            );
            faults.add(
                role.seat == SeatNeed::FreeSlot && self.seats.free_slots == 0,
                &["role", &at, "seat"],
                || format!("role `{id}` uses a free slot, but `seats.free-slots` is 0"),
            );
            let included = role.includes.as_ref();
            faults.add(
                included.is_some_and(|included| self.rank(included) >= role.rank),
                &["role", &at, "includes"],
                || format!("role `{id}` can only include a role that ranks below it"),
            );
            faults.add(
                included.is_some_and(|included| !is_role(included)),
                &["role", &at, "includes"],
                || {
                    format!(
                        "role `{id}` includes `{}`, which is no role",
                        included.map_or("", RoleId::as_str)
                    )
                },
            );
        }
    }

    fn faults_of_seats(&self, faults: &mut FaultList) {
        let seats = &self.seats;
        for (index, tier) in seats.tiers.iter().enumerate() {
            let at = index.to_string();
            faults.add(!is_identifier(&tier.id.0), &["seats", "tier", &at, "id"], || {
                format!("tier `{}`: an id is lower-case letters, digits and hyphens", tier.id)
            });
            let is_twice = seats.tiers[..index].iter().any(|other| other.id == tier.id);
            faults.add(is_twice, &["seats", "tier", &at, "id"], || {
                format!("tier `{}` is there twice", tier.id)
            });
            faults.add(
                tier.price.as_ref().is_some_and(|price| price.amount < 0),
                &["seats", "tier", &at, "price"],
                || format!("tier `{}` has a negative price", tier.id),
            );
        }
        let tiers = seats.tiers.len();
        match seats.model {
            SeatModel::None => faults.add(tiers > 0, &["seats", "tier"], || {
                "there are tiers, but `seats.model` is `none`: use `by-tier` or `by-role`".into()
            }),
            SeatModel::ByTier => {
                faults.add(tiers == 0, &["seats", "model"], || {
                    "seats `by-tier` need a `[[seats.tier]]` to sell".into()
                });
                faults.add(seats.max == 0, &["seats", "max"], || {
                    "`seats.max` must say how many seats a workspace may have".into()
                });
            }
            SeatModel::ByRole => {
                faults.add(tiers != 1, &["seats", "model"], || {
                    "seats `by-role` are all of one kind: give one `[[seats.tier]]`".into()
                });
                faults.add(self.invitation.reserves_seat, &["invitation", "reserves-seat"], || {
                    "seats `by-role` are taken on joining: an invitation cannot keep one".into()
                });
            }
        }
        let has_none = seats.model == SeatModel::None;
        faults.add(has_none && self.invitation.reserves_seat, &["invitation", "reserves-seat"], || {
            "there are no seats to keep: leave `reserves-seat` out, or set `seats.model`".into()
        });
        faults.add(has_none && seats.free_slots > 0, &["seats", "free-slots"], || {
            "there are no seats that a slot could stand for: leave `free-slots` out, or set `seats.model`"
                .into()
        });
        for (index, add_on) in seats.add_ons.iter().enumerate() {
            let at = index.to_string();
            let is_twice = seats.add_ons[..index].iter().any(|other| other.id == add_on.id);
            faults.add(is_twice || !is_identifier(&add_on.id.0), &["seats", "add-on", &at, "id"], || {
                format!(
                    "add-on `{}`: an id is lower-case letters, digits and hyphens, and there once",
                    add_on.id
                )
            });
        }
        faults.add(seats.max > SEATS_MAX, &["seats", "max"], || {
            format!("`seats.max` must be at most {SEATS_MAX}")
        });
        faults.add(
            seats.over_assignment != OverAssignment::Block && seats.model != SeatModel::ByRole,
            &["seats", "over-assignment"],
            || "only seats `by-role` can be fewer than are taken: leave `over-assignment` out".into(),
        );
    }

    fn faults_of_joining(&self, faults: &mut FaultList) {
        let (joining, invitation) = (&self.joining, &self.invitation);
        let has_seatless = self.roles_given.seatless.is_some();
        faults.add(
            joining.when_full == WhenFull::Seatless && !has_seatless,
            &["joining", "when-full"],
            || "`seatless` needs `roles-given.seatless`, the role of who finds no seat".into(),
        );
        faults.add(
            joining.when_full == WhenFull::Seatless && self.seats.model == SeatModel::None,
            &["joining", "when-full"],
            || "there are no seats that could run out: leave `when-full` out".into(),
        );
        faults.add(
            joining.auto_assign.is_some() && self.seats.model == SeatModel::None,
            &["joining", "auto-assign"],
            || "there are no seats to assign: leave `auto-assign` out".into(),
        );
        faults.add(joining.auto_assign.is_some() && !has_seatless, &["joining", "auto-assign"], || {
            "who takes no seat needs a role: give `roles-given.seatless`".into()
        });
        faults.add(invitation.channels.is_empty(), &["invitation", "channels"], || {
            "there is no way in: name at least one of `email`, `single-use`, `link`, `domain`".into()
        });
        faults.add(
            invitation.role == InvitedRole::ByLink && !self.offers(Channel::Link),
            &["invitation", "role"],
            || "`by-link` needs the channel `link`".into(),
        );
        faults.add(self.members.max == Some(0), &["members", "max"], || {
            "`members.max` must be at least 1, for the creator".into()
        });
    }

    fn faults_of_plans(&self, faults: &mut FaultList) {
        let start = &self.billing.plan;
        faults.add(!self.plans.iter().any(|plan| plan.id == *start), &["billing", "plan"], || {
            format!("`billing.plan` names `{start}`, which is no plan: add `[[plan]]` with that `id`")
        });
        for (index, plan) in self.plans.iter().enumerate() {
            let (at, id) = (index.to_string(), &plan.id);
            faults.add(!is_identifier(id), &["plan", &at, "id"], || {
                format!("plan `{id}`: an id is lower-case letters, digits and hyphens")
            });
            let is_twice = self.plans[..index].iter().any(|other| other.id == *id);
            faults.add(is_twice, &["plan", &at, "id"], || format!("plan `{id}` is there twice"));
            let by_role = self.seats.model == SeatModel::ByRole;
            faults.add(!by_role && plan.seats > 0, &["plan", &at, "seats"], || {
                format!("plan `{id}` has seats, but `seats.model` is not `by-role`")
            });
            let creator_sits = self.seat_need(&self.roles_given.creator) == SeatNeed::Required;
            faults.add(
                by_role && id == start && creator_sits && plan.seats == 0,
                &["plan", &at, "seats"],
                || format!("workspaces start on plan `{id}`, whose creator needs a seat: give it at least 1"),
            );
            faults.add(
                plan.email_invitations.is_some() && !self.offers(Channel::Email),
                &["plan", &at, "email-invitations"],
                || format!("plan `{id}` limits invitations by email, which is no channel"),
            );
        }
    }
}
