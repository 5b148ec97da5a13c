//! The present names of roles and tiers, and the ids that records keep.
//!
//! A pack, policies, requests, answers and events say the present name ([`RoleName`], [`TierName`]). Records, their
//! keys, write conditions and the payment provider keep the id that the role or tier was first published with
//! ([`RoleId`], [`TierId`]). So a rename writes no record: it holds with the next request, as does its rollback. The
//! two differ in type, and an id cannot be shown, so the compiler names a place that mixes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::ids::{ItemId, RoleId, RoleName, TierId, TierName};
use super::product::Pack;
use super::roles::{Role, RolesGiven};
use super::seats::Tier;

/// A role whose id is its name, until the pack is read.
pub(super) fn unnamed_role() -> RoleId {
    RoleId(String::new())
}

/// A tier whose id is its name, until the pack is read.
pub(super) fn unnamed_tier() -> TierId {
    TierId(String::new())
}

/// The roles and tiers of a pack that have another name than at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Names {
    roles: BTreeMap<RoleId, RoleName>,
    tiers: BTreeMap<TierId, TierName>,
}

impl Names {
    /// Whether nothing was renamed.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.tiers.is_empty()
    }

    /// These names, with those of a later pack. What the pack does not have keeps the name that it had.
    #[must_use]
    pub fn under(mut self, pack: &Pack) -> Self {
        self.roles.retain(|id, _| pack.role(id).is_none());
        self.tiers.retain(|id, _| pack.tier(id).is_none());
        let Self { roles, tiers } = pack.names();
        self.roles.extend(roles);
        self.tiers.extend(tiers);
        self
    }

    /// The present name of a role. A role that the pack dropped has the name that it had at first.
    pub fn role(&self, id: &RoleId) -> RoleName {
        self.roles.get(id).cloned().unwrap_or_else(|| RoleName(id.0.clone()))
    }

    /// The present name of a tier. A tier that the pack dropped has the name that it had at first.
    pub fn tier(&self, id: &TierId) -> TierName {
        self.tiers.get(id).cloned().unwrap_or_else(|| TierName(id.0.clone()))
    }
}

/// A pack whose references have been resolved: they name roles, and stand for their ids from now on.
impl<'de> Deserialize<'de> for Pack {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut pack = Self::deserialize(from)?;
        pack.resolve();
        Ok(pack)
    }
}

impl Pack {
    /// The roles and tiers that have another name than at first.
    pub fn names(&self) -> Names {
        let roles = self.roles.iter().filter(|role| role.id.0 != role.name.0);
        let tiers = self.seats.tiers.iter().filter(|tier| tier.id.0 != tier.name.0);
        Names {
            roles: roles.map(|role| (role.id.clone(), role.name.clone())).collect(),
            tiers: tiers.map(|tier| (tier.id.clone(), tier.name.clone())).collect(),
        }
    }

    /// The present name of a role, as [`Names::role`].
    pub fn role_name(&self, id: &RoleId) -> RoleName {
        self.role(id).map_or_else(
            || RoleName(name_in_no_id(&id.0).unwrap_or(&id.0).to_owned()),
            |role| role.name.clone(),
        )
    }

    /// The present name of a tier, as [`Names::tier`].
    pub fn tier_name(&self, id: &TierId) -> TierName {
        self.tier(id).map_or_else(
            || TierName(name_in_no_id(&id.0).unwrap_or(&id.0).to_owned()),
            |tier| tier.name.clone(),
        )
    }

    /// The present name of something with a price.
    pub fn item_name(&self, item: &ItemId) -> String {
        self.item(item).map_or_else(|| item.0.clone(), |item| item.name.to_owned())
    }

    /// The role that is called so now.
    pub fn role_called(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name.as_str() == name)
    }

    /// The tier that is called so now.
    pub fn tier_called(&self, name: &str) -> Option<&Tier> {
        self.seats.tiers.iter().find(|tier| tier.name.as_str() == name)
    }

    /// The id of the role of this name. A name that a role had before stands for no role.
    pub fn role_id(&self, name: &RoleName) -> RoleId {
        if let Some(role) = self.role_called(name.as_str()) {
            return role.id.clone();
        }
        let is_taken = self.roles.iter().any(|role| role.id.0 == name.0);
        RoleId(if is_taken { no_id(&name.0) } else { name.0.clone() })
    }

    /// The id of the tier of this name. A name that a tier had before stands for no tier.
    pub fn tier_id(&self, name: &TierName) -> TierId {
        if let Some(tier) = self.tier_called(name.as_str()) {
            return tier.id.clone();
        }
        let is_taken = self.seats.tiers.iter().any(|tier| tier.id.0 == name.0);
        TierId(if is_taken { no_id(&name.0) } else { name.0.clone() })
    }

    /// The name that this id stands for, if a role had the name before.
    pub(super) fn given_up<'a>(&self, id: &'a RoleId) -> Option<&'a str> {
        name_in_no_id(&id.0).filter(|name| self.roles.iter().any(|role| role.id.0 == **name))
    }

    fn resolve(&mut self) {
        for role in &mut self.roles {
            if role.id == unnamed_role() {
                role.id.0.clone_from(&role.name.0);
            }
        }
        for tier in &mut self.seats.tiers {
            if tier.id == unnamed_tier() {
                tier.id.0.clone_from(&tier.name.0);
            }
        }
        // The references were read as they are written, and so are names.
        let resolved = |written: &RoleId| self.role_id(&RoleName(written.0.clone()));
        let included: Vec<_> = self.roles.iter().map(|role| role.includes.as_ref().map(resolved)).collect();
        let given = &self.roles_given;
        let given = RolesGiven {
            creator: resolved(&given.creator),
            joiner: resolved(&given.joiner),
            seatless: given.seatless.as_ref().map(resolved),
        };
        self.roles_given = given;
        for (role, included) in self.roles.iter_mut().zip(included) {
            role.includes = included;
        }
    }
}

/// The name that stands in an id of [`no_id`].
fn name_in_no_id(id: &str) -> Option<&str> {
    id.strip_prefix('(')?.strip_suffix(')')
}

/// An id that nothing has, since it has no form of an id.
fn no_id(name: &str) -> String {
    format!("({name})")
}
