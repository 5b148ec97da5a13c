//! Contradictions of seats.

use super::names::{Named, faults_of_names};
use super::{FaultList, SEATS_MAX};
use crate::pack::ids::is_identifier;
use crate::pack::product::Pack;
use crate::pack::seats::{OverAssignment, SeatModel};

impl Pack {
    pub(super) fn faults_of_seats(&self, faults: &mut FaultList) {
        let seats = &self.seats;
        let named: Vec<_> =
            seats.tiers.iter().map(|tier| Named { name: tier.name.as_str(), first_id: &tier.id.0 }).collect();
        faults_of_names(faults, "tier", &["seats", "tier"], &named);
        for (index, tier) in seats.tiers.iter().enumerate() {
            let at = index.to_string();
            let (needs, has) = (seats.model == SeatModel::ByTier, tier.price.is_some());
            faults.add(needs && !has, &["seats", "tier", &at, "price"], || {
                format!("tier `{}` has no price, but seats `by-tier` are sold: give it a `price`", tier.name)
            });
            faults.add(has && seats.model == SeatModel::ByRole, &["seats", "tier", &at, "price"], || {
                format!(
                    "tier `{}` has a price, but seats `by-role` come with the plan: move it there",
                    tier.name
                )
            });
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
            faults.add_of_value(add_on.max == 0, &["seats", "add-on", &at, "max"], || {
                format!("add-on `{}` must allow at least 1 unit", add_on.id)
            });
        }
        let no_seat = !seats.add_ons.is_empty() && seats.model != SeatModel::ByTier;
        faults.add(no_seat, &["seats", "add-on"], || {
            "only seats `by-tier` can have an add-on: leave `[[seats.add-on]]` out".into()
        });
        faults.add_of_value(seats.max > SEATS_MAX, &["seats", "max"], || {
            format!("`seats.max` must be at most {SEATS_MAX}")
        });
        faults.add(
            seats.over_assignment != OverAssignment::Block && seats.model != SeatModel::ByRole,
            &["seats", "over-assignment"],
            || "only seats `by-role` can be fewer than are taken: leave `over-assignment` out".into(),
        );
    }
}
