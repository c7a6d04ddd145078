//! Where accounts are: the organizational units above them, found once for each parent.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::{
    ids::OrganizationalUnitId,
    organization::{Account, DEEPEST_UNIT, Organization, OrganizationalUnit, Tags, Unread},
    rules::selector::{Place, UnitView},
};

use super::gaps::Gaps;

/// The places that accounts are in.
pub(super) struct Map<'a> {
    places: Vec<Located<'a>>,
    /// For each account, which place it is in.
    place_of: Vec<usize>,
}

/// A place, and which accounts are in it.
pub(super) struct Located<'a> {
    pub(super) place: Arc<Place<'a>>,
    pub(super) accounts: Vec<usize>,
}

impl<'a> Map<'a> {
    pub(super) fn new(
        organization: &'a Organization,
        gaps: &Gaps<'_>,
        accounts: &[&'a Account],
    ) -> Self {
        let units = organization.organizational_units.iter();
        let surveyor = Surveyor {
            root: &organization.organization.root_id,
            units: units.map(|unit| (&unit.id, unit)).collect(),
            has_tags: !gaps.hides_some(&Unread::OrganizationalUnitTags),
        };
        let mut map = Self { places: Vec::new(), place_of: Vec::with_capacity(accounts.len()) };
        let mut known: FxHashMap<Option<&OrganizationalUnitId>, usize> = FxHashMap::default();
        for (account, of) in accounts.iter().enumerate() {
            let parent = (!gaps.misplaces(of)).then_some(&of.parent_id);
            let place = *known.entry(parent).or_insert_with(|| {
                let place = Arc::new(surveyor.place(parent));
                map.places.push(Located { place, accounts: Vec::new() });
                map.places.len() - 1
            });
            map.place_of.push(place);
            if let Some(located) = map.places.get_mut(place) {
                located.accounts.push(account);
            }
        }
        map
    }

    pub(super) fn places(&self) -> &[Located<'a>] {
        &self.places
    }

    pub(super) fn place_of(&self, account: usize) -> Option<&Arc<Place<'a>>> {
        Some(&self.places.get(*self.place_of.get(account)?)?.place)
    }
}

struct Surveyor<'a> {
    root: &'a OrganizationalUnitId,
    units: FxHashMap<&'a OrganizationalUnitId, &'a OrganizationalUnit>,
    has_tags: bool,
}

impl<'a> Surveyor<'a> {
    fn place(&self, parent: Option<&'a OrganizationalUnitId>) -> Place<'a> {
        Place {
            parent,
            root: self.root,
            root_tags: self.tags(self.root),
            units: parent.and_then(|parent| self.units_down_to(parent)),
        }
    }

    fn tags(&self, id: &OrganizationalUnitId) -> Option<&'a Tags> {
        self.has_tags.then_some(())?;
        self.units.get(id).map(|unit| &unit.tags)
    }

    /// The organizational units from below the root down to the parent of accounts; nothing when
    /// one of them was not read.
    fn units_down_to(&self, parent: &'a OrganizationalUnitId) -> Option<Vec<UnitView<'a>>> {
        let mut units = Vec::new();
        let mut next = parent;
        while next != self.root {
            let unit = self.units.get(next)?;
            // A tree that goes in circles, or deeper than any can, was not read right.
            (units.len() < DEEPEST_UNIT).then_some(())?;
            units.push(UnitView { id: &unit.id, name: &unit.name, tags: self.tags(&unit.id) });
            next = unit.parent_id.as_ref()?;
        }
        units.reverse();
        Some(units)
    }
}
