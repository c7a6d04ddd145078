//! The tree: the root and the organizational units.

use std::{collections::BTreeMap, iter};

use shared::{
    ids::OrganizationalUnitId,
    organization::{OrganizationalUnit, Tags},
};

use crate::multimap::Multimap;

/// The root, and the levels of organizational units below it.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
pub(super) const LEVELS: usize = 1 + 5;

/// The root and the organizational units, found by id and by parent.
///
/// A parent never changes, and units come and go through methods of this type only, so that the two
/// ways to find them never disagree.
#[derive(Debug, Default)]
pub(crate) struct Units {
    units: BTreeMap<OrganizationalUnitId, OrganizationalUnit>,
    of_parent: Multimap<OrganizationalUnitId, OrganizationalUnitId>,
}

impl Units {
    /// The tree of a snapshot.
    pub(crate) fn of_snapshot(units: Vec<OrganizationalUnit>) -> Self {
        let mut all = Self::default();
        for unit in units {
            all.insert(unit);
        }
        all
    }

    pub(crate) fn get(&self, id: &OrganizationalUnitId) -> Option<&OrganizationalUnit> {
        self.units.get(id)
    }

    pub(crate) fn contains_key(&self, id: &OrganizationalUnitId) -> bool {
        self.units.contains_key(id)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &OrganizationalUnit> {
        self.units.values()
    }

    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    /// The organizational units right below this one.
    pub(super) fn of_parent(
        &self,
        parent: &OrganizationalUnitId,
    ) -> impl Iterator<Item = &OrganizationalUnit> {
        self.of_parent.get(parent).filter_map(|id| self.units.get(id))
    }

    /// From this one up to the root, both included.
    pub(super) fn upwards(
        &self,
        id: &OrganizationalUnitId,
    ) -> impl Iterator<Item = &OrganizationalUnit> {
        let parent = |unit: &&OrganizationalUnit| self.units.get(unit.parent_id.as_ref()?);
        iter::successors(self.units.get(id), parent).take(LEVELS)
    }

    pub(super) fn insert(&mut self, unit: OrganizationalUnit) {
        self.remove(&unit.id);
        if let Some(parent) = &unit.parent_id {
            self.of_parent.insert(parent.clone(), unit.id.clone());
        }
        self.units.insert(unit.id.clone(), unit);
    }

    pub(super) fn remove(&mut self, id: &OrganizationalUnitId) {
        let removed = self.units.remove(id);
        if let Some(parent) = removed.and_then(|unit| unit.parent_id) {
            self.of_parent.remove(&parent, id);
        }
    }

    pub(super) fn rename(&mut self, id: &OrganizationalUnitId, name: String) {
        if let Some(unit) = self.units.get_mut(id) {
            unit.name = name;
        }
    }

    pub(super) fn tags_mut(&mut self, id: &OrganizationalUnitId) -> Option<&mut Tags> {
        self.units.get_mut(id).map(|unit| &mut unit.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bobs_organization;

    #[test]
    fn a_unit_is_below_its_parent_until_it_is_removed() {
        let mut units = Units::of_snapshot(bobs_organization().organizational_units);
        let (workloads, prod) =
            ("ou-bob1-workload".parse().unwrap(), "ou-bob1-wlprod01".parse().unwrap());
        let below = |units: &Units| units.of_parent(&workloads).count();
        assert_eq!(below(&units), 2);
        let path: Vec<&str> = units.upwards(&prod).map(|unit| unit.name.as_str()).collect();
        assert_eq!(path, ["Prod", "Workloads", "Root"]);
        units.remove(&prod);
        assert_eq!(below(&units), 1);
    }
}
