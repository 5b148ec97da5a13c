//! How many units of each item a workspace pays for in each billing period (K59).

use crate::model::{Quantities, Seat, Tally, Workspace};
use crate::pack::{ItemId, Pack, SeatModel};

/// The number of units of each item that renews, by what the workspace has. Items without units are absent.
pub fn quantities<'a>(
    pack: &Pack,
    workspace: &Workspace,
    tally: &Tally,
    seats: impl IntoIterator<Item = &'a Seat>,
) -> Quantities {
    let mut quantities = Quantities::new();
    let mut add = |name: &str, units: u32| {
        let item = ItemId(name.to_owned());
        let is_sold = pack.item(&item).is_some_and(|item| item.kind.renews());
        if is_sold && units > 0 {
            let sum = quantities.entry(item).or_default();
            *sum = sum.saturating_add(units);
        }
    };
    if let Some(plan) = pack.plan(&workspace.plan).filter(|plan| !plan.operator_managed) {
        let by_role = pack.seats.model == SeatModel::ByRole;
        add(&plan.id, if by_role { u32::try_from(tally.seats).unwrap_or(0) } else { 1 });
        for (allowance, units) in &workspace.extras {
            if plan.allowance(allowance).is_some() {
                add(allowance.as_str(), *units);
            }
        }
    }
    for seat in seats.into_iter().filter(|seat| seat.term.ends.is_none()) {
        add(&seat.tier.0, 1);
        for (add_on, units) in &seat.add_ons {
            add(add_on.as_str(), *units);
        }
    }
    quantities
}
