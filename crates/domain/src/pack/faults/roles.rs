//! Contradictions of roles.

use super::FaultList;
use crate::pack::ids::{RoleId, is_identifier};
use crate::pack::product::Pack;
use crate::pack::roles::SeatNeed;
use crate::pack::seats::SeatModel;

impl Pack {
    pub(super) fn faults_of_roles(&self, faults: &mut FaultList) {
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
            faults.add_of_value(!is_identifier(&id.0), &["role", &at, "id"], || {
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
}
