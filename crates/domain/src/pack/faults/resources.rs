//! Contradictions of kinds of resources.

use super::FaultList;
use crate::pack::ids::is_identifier;
use crate::pack::product::Pack;

/// The most kinds of resources: a list reads the counts of all kinds in one call, which takes 100 keys (AWS limit).
const KINDS_MAX: usize = 80;

impl Pack {
    pub(super) fn faults_of_resources(&self, faults: &mut FaultList) {
        faults.add(self.resources.len() > KINDS_MAX, &["resource"], || {
            format!("there are more than {KINDS_MAX} kinds of resources")
        });
        for (index, rule) in self.resources.iter().enumerate() {
            let (at, id) = (index.to_string(), &rule.id);
            faults.add_of_value(!is_identifier(id.as_str()), &["resource", &at, "id"], || {
                format!("resource `{id}`: an id is lower-case letters, digits and hyphens")
            });
            faults.add(
                self.resources[..index].iter().any(|other| other.id == *id),
                &["resource", &at, "id"],
                || format!("resource `{id}` is there twice"),
            );
            let Some(allowance) = &rule.allowance else { continue };
            for plan in self.plans.iter().filter(|plan| plan.allowance(allowance).is_none()) {
                faults.add(true, &["resource", &at, "allowance"], || {
                    format!(
                        "resource `{id}`: plan `{}` has no allowance `{allowance}`, so nothing limits it",
                        plan.id
                    )
                });
            }
        }
    }
}
