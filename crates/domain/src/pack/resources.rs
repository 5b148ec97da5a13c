//! Kinds of resources, and how many of each a workspace has (L3–L5).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ids::{AllowanceId, KindId};
use super::plans::Allowance;
use super::product::Pack;

/// A kind of resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResourceRule {
    /// Its name in requests and answers.
    pub id: KindId,
    /// The name that people read.
    pub label: String,
    /// The heading under which a client lists it.
    #[serde(default)]
    pub group: Option<String>,
    /// The most of a workspace; absent: any number, or as many as the allowance says.
    #[serde(default)]
    pub limit: Option<u32>,
    /// The allowance of the plan that limits it, with the extras that the workspace has bought.
    #[serde(default)]
    pub allowance: Option<AllowanceId>,
    /// The external ids of which a workspace can have one for each of several accounts (L5).
    #[serde(default)]
    pub several_accounts: Vec<String>,
}

/// The limit of a kind of resource in a workspace.
#[derive(Clone, Copy, Debug)]
pub struct ResourceLimit<'a> {
    /// The most; `None`: any number.
    pub most: Option<u32>,
    /// The allowance that says so, if more of it can be bought.
    pub sold: Option<&'a Allowance>,
    /// Whether another plan can have another limit.
    pub is_of_plan: bool,
}

impl Pack {
    /// The kind of that name.
    pub fn resource_rule(&self, id: &KindId) -> Option<&ResourceRule> {
        self.resources.iter().find(|rule| rule.id == *id)
    }

    /// The most resources of a kind on this plan with these extras.
    pub fn resource_limit(
        &self,
        rule: &ResourceRule,
        plan: &str,
        extras: &BTreeMap<AllowanceId, u32>,
    ) -> ResourceLimit<'_> {
        let plan = self.plan(plan);
        let allowance = rule.allowance.as_ref().and_then(|id| plan?.allowance(id));
        let more = |allowance: &Allowance| extras.get(&allowance.id).copied().unwrap_or_default();
        let allowed = allowance.map(|allowance| allowance.included.saturating_add(more(allowance)));
        // More than the kind's own limit is not for sale, nor is anything on a plan that the operator manages.
        let helps = allowed.is_some_and(|allowed| rule.limit.is_none_or(|fixed| allowed < fixed));
        let is_sold = helps && plan.is_some_and(|plan| !plan.operator_managed);
        ResourceLimit {
            most: [allowed, rule.limit].into_iter().flatten().min(),
            sold: allowance.filter(|allowance| is_sold && allowance.price.is_some()),
            is_of_plan: helps,
        }
    }
}
