//! Contradictions of plans.

use super::FaultList;
use crate::pack::ids::is_identifier;
use crate::pack::joining::Channel;
use crate::pack::plans::{Limited, Plan};
use crate::pack::product::Pack;
use crate::pack::roles::SeatNeed;
use crate::pack::seats::SeatModel;

impl Pack {
    pub(super) fn faults_of_plans(&self, faults: &mut FaultList) {
        let start = &self.billing.plan;
        faults.add(!self.plans.iter().any(|plan| plan.id == *start), &["billing", "plan"], || {
            format!("`billing.plan` names `{start}`, which is no plan: add `[[plan]]` with that `id`")
        });
        for (index, plan) in self.plans.iter().enumerate() {
            let (at, id) = (index.to_string(), &plan.id);
            faults.add_of_value(!is_identifier(id), &["plan", &at, "id"], || {
                format!("plan `{id}`: an id is lower-case letters, digits and hyphens")
            });
            let is_twice = self.plans[..index].iter().any(|other| other.id == *id);
            faults.add(is_twice, &["plan", &at, "id"], || format!("plan `{id}` is there twice"));
            let by_role = self.seats.model == SeatModel::ByRole;
            faults.add(!by_role && plan.seats > 0, &["plan", &at, "seats"], || {
                format!("plan `{id}` has seats, but `seats.model` is not `by-role`")
            });
            let sells_more = plan.allowances.iter().any(|allowance| allowance.price.is_some());
            faults.add(by_role && plan.price.is_some() && sells_more, &["plan", &at, "allowance"], || {
                format!(
                    "plan `{id}` has a price for each seat and sells more of an allowance: customers confirm a \
                     change of one price only, so leave the price of the allowance out"
                )
            });
            let creator_sits = self.seat_need(&self.roles_given.creator) == SeatNeed::Required;
            faults.add(
                by_role && id == start && creator_sits && plan.seats == 0,
                &["plan", &at, "seats"],
                || format!("workspaces start on plan `{id}`, whose creator needs a seat: give it at least 1"),
            );
            faults.add(by_role && plan.price.is_some() && plan.seats == 0, &["plan", &at, "seats"], || {
                format!("plan `{id}` has a price for each seat, but no seats: give it at least 1")
            });
            let others = self.plans.iter().any(|plan| !plan.operator_managed);
            faults.add(
                plan.operator_managed && id == start && others,
                &["plan", &at, "operator-managed"],
                || {
                    format!(
                        "workspaces start on plan `{id}`, which only an operator gives: start on another plan"
                    )
                },
            );
            self.faults_of_allowances(plan, &at, faults);
            faults.add(
                plan.email_invitations.is_some() && !self.offers(Channel::Email),
                &["plan", &at, "email-invitations"],
                || format!("plan `{id}` limits invitations by email, which is no channel"),
            );
        }
    }

    fn faults_of_allowances(&self, plan: &Plan, at: &str, faults: &mut FaultList) {
        let id = &plan.id;
        for (index, allowance) in plan.allowances.iter().enumerate() {
            let (place, before) = (index.to_string(), &plan.allowances[..index]);
            let key = |name| ["plan", at, "allowance", &place, name];
            let is_twice = before.iter().any(|other| other.id == allowance.id);
            faults.add(is_twice || !is_identifier(&allowance.id.0), &key("id"), || {
                format!(
                    "allowance `{}` of plan `{id}`: an id is lower-case letters, digits and hyphens, and there once",
                    allowance.id
                )
            });
            let of_others = self.plans.iter().flat_map(|plan| &plan.allowances);
            let mut same = of_others.filter(|other| other.id == allowance.id);
            let price = allowance.price.as_ref();
            let differs =
                price.is_some() && same.any(|other| other.price.is_some() && other.price.as_ref() != price);
            faults.add(differs, &key("price"), || {
                format!("allowance `{}` has another price in another plan: give it one price", allowance.id)
            });
            let is_second = before.iter().any(|other| other.limits == allowance.limits);
            faults.add(allowance.limits.is_some() && is_second, &key("limits"), || {
                format!("plan `{id}` limits the members twice: leave one `limits` out")
            });
            let none = allowance.limits == Some(Limited::Members) && allowance.included == 0;
            faults.add(none, &key("included"), || {
                format!("plan `{id}` must include at least 1 member, for the creator")
            });
        }
    }
}
