//! Contradictions of roles.

use super::FaultList;
use super::names::{Named, faults_of_names};
use crate::pack::ids::RoleId;
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
                format!(
                    "`roles-given.{what}` names `{}`, which is no role{}",
                    self.written(id),
                    self.rename_advice(id)
                )
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
                format!("`{}` is for who has no seat, but its `seat` is not `none`", self.role_name(seatless))
            });
            faults.add(self.rank(seatless) > self.rank(&given.joiner), &["roles-given", "seatless"], || {
                let seatless = self.role_name(seatless);
                format!("`{seatless}` ranks above the joiner's role: who finds no seat would gain by it")
            });
        }
        let named: Vec<_> =
            self.roles.iter().map(|role| Named { name: role.name.as_str(), first_id: &role.id.0 }).collect();
        faults_of_names(faults, "role", &["role"], &named);
        for (index, role) in self.roles.iter().enumerate() {
            let at = index.to_string();
            let id = &role.name;
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
            if let Some(included) = included.filter(|included| !is_role(included)) {
                faults.add(true, &["role", &at, "includes"], || {
                    let (written, advice) = (self.written(included), self.rename_advice(included));
                    format!("role `{id}` includes `{written}`, which is no role{advice}")
                });
            }
        }
    }

    /// A role that `product.toml` names, as it is written there.
    fn written<'a>(&self, named: &'a RoleId) -> &'a str {
        self.given_up(named).unwrap_or(&named.0)
    }

    /// What to do about a name that a role had before.
    fn rename_advice(&self, named: &RoleId) -> String {
        let role = self.given_up(named).and_then(|name| self.roles.iter().find(|role| role.id.0 == name));
        role.map(|role| format!(" any more: it is called `{}` now", role.name)).unwrap_or_default()
    }
}
