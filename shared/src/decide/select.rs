//! Account selectors, put to all accounts at once.
//!
//! A thousand rules times ten thousand accounts is too many questions to ask one by one. So a
//! condition is asked once for each value that it can tell apart (a place in the tree, a tag's
//! value), and the accounts that have the value follow.

use std::collections::{BTreeMap, HashMap};

use fixedbitset::FixedBitSet;

use crate::{
    organization::Unread,
    rules::SpannedGlob,
    rules::selector::{
        AccountSelector, OrganizationalUnitPattern, Place, TagCondition, TagValue, Test,
        one_unit_has,
    },
    truth::Truth,
};

use super::observed::Observed;

/// The accounts that a selector means, in three-valued logic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// Those that it certainly means.
    certain: FixedBitSet,
    /// Those that it means or, for all that was read, may mean. Nothing: the same as the certain
    /// ones.
    possible: Option<FixedBitSet>,
}

impl Selection {
    fn certainly(certain: FixedBitSet) -> Self {
        Self { certain, possible: None }
    }

    pub(super) fn of(&self, account: usize) -> Truth {
        if self.certain.contains(account) {
            Truth::Yes
        } else if self.possible().contains(account) {
            Truth::Unknown
        } else {
            Truth::No
        }
    }

    pub(super) fn certain(&self) -> &FixedBitSet {
        &self.certain
    }

    pub(super) fn possible(&self) -> &FixedBitSet {
        self.possible.as_ref().unwrap_or(&self.certain)
    }

    /// Whether something unread leaves it open for some account.
    pub(super) fn unsure(&self) -> Option<FixedBitSet> {
        let mut unsure = self.possible.clone()?;
        unsure.difference_with(&self.certain);
        Some(unsure)
    }

    fn combine(&mut self, other: &Self, combine: impl Fn(&mut FixedBitSet, &FixedBitSet)) {
        if self.possible.is_some() || other.possible.is_some() {
            let mut possible = self.possible().clone();
            combine(&mut possible, other.possible());
            self.possible = Some(possible);
        }
        combine(&mut self.certain, &other.certain);
    }

    fn and(&mut self, other: &Self) {
        self.combine(other, FixedBitSet::intersect_with);
    }

    fn or(&mut self, other: &Self) {
        self.combine(other, FixedBitSet::union_with);
    }

    fn not(mut self) -> Self {
        self.certain.toggle_range(..);
        match self.possible {
            None => self,
            Some(mut possible) => {
                possible.toggle_range(..);
                Self { certain: possible, possible: Some(self.certain) }
            }
        }
    }
}

/// The accounts, by what selectors tell them apart by. Each column is made when it is first asked
/// for.
pub(super) struct Columns<'o, 'a> {
    observed: &'o Observed<'a>,
    tags: HashMap<&'o str, TagColumn<'a>>,
    units: HashMap<(bool, &'o OrganizationalUnitPattern), Selection>,
    names: Option<HashMap<&'a str, Vec<usize>>>,
    /// Accounts whose tags were not read.
    untold_tags: FixedBitSet,
    /// Accounts whose name and e-mail address were not read.
    untold_names: FixedBitSet,
}

/// The accounts by their values of one tag.
struct TagColumn<'a> {
    by_value: BTreeMap<&'a str, Vec<usize>>,
    present: FixedBitSet,
}

impl<'o, 'a> Columns<'o, 'a> {
    pub(super) fn new(observed: &'o Observed<'a>) -> Self {
        let untold = |what: &Unread| -> FixedBitSet {
            let mut untold = FixedBitSet::with_capacity(observed.accounts.len());
            if !observed.organization.gaps.is_empty() {
                let accounts = observed.accounts.iter().enumerate();
                untold.extend(
                    accounts
                        .filter(|(_, account)| observed.gaps.hides(account, what))
                        .map(|(place, _)| place),
                );
            }
            untold
        };
        Self {
            observed,
            tags: HashMap::new(),
            units: HashMap::new(),
            names: None,
            untold_tags: untold(&Unread::Tags),
            untold_names: untold(&Unread::Accounts),
        }
    }

    /// No account.
    pub(super) fn none(&self) -> Selection {
        Selection::certainly(self.empty())
    }

    fn all(&self) -> Selection {
        let mut all = self.empty();
        all.toggle_range(..);
        Selection::certainly(all)
    }

    fn empty(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.observed.accounts.len())
    }

    pub(super) fn select(&mut self, selector: &'o AccountSelector) -> Selection {
        let mut any: Option<Selection> = None;
        for conditions in &selector.any_of {
            let mut all: Option<Selection> = None;
            for condition in conditions {
                let holds = self.test(&condition.test);
                match &mut all {
                    None => all = Some(holds),
                    Some(all) => all.and(&holds),
                }
            }
            let all = all.unwrap_or_else(|| self.all());
            match &mut any {
                None => any = Some(all),
                Some(any) => any.or(&all),
            }
        }
        any.unwrap_or_else(|| self.none())
    }

    fn test(&mut self, test: &'o Test) -> Selection {
        match test {
            Test::All => self.all(),
            Test::Id(ids) => {
                let mut accounts = self.empty();
                accounts.extend(ids.iter().filter_map(|id| self.observed.account(&id.value)));
                Selection::certainly(accounts)
            }
            Test::Name(globs) => self.names(globs),
            Test::Email(globs) => self.emails(globs),
            Test::OrganizationalUnit(patterns) => {
                self.any_unit(patterns.iter().map(|pattern| (false, &pattern.value)))
            }
            Test::DirectlyIn(patterns) => {
                self.any_unit(patterns.iter().map(|pattern| (true, &pattern.value)))
            }
            Test::Tags(tags) => {
                let mut selection = self.all();
                for tag in tags {
                    selection.and(&self.tag(tag));
                }
                selection
            }
            Test::OrganizationalUnitTags(tags) => self.places(|place| one_unit_has(tags, place)),
            Test::Not(selector) => self.select(selector).not(),
        }
    }

    fn any_unit(
        &mut self,
        patterns: impl Iterator<Item = (bool, &'o OrganizationalUnitPattern)>,
    ) -> Selection {
        let mut any = self.none();
        for (directly, pattern) in patterns {
            if !self.units.contains_key(&(directly, pattern)) {
                let selection = self.places(|place| {
                    if directly { pattern.holds(place) } else { pattern.is_above(place) }
                });
                self.units.insert((directly, pattern), selection);
            }
            if let Some(selection) = self.units.get(&(directly, pattern)) {
                any.or(selection);
            }
        }
        any
    }

    /// The accounts of the places for which a question is answered with yes.
    fn places(&self, question: impl Fn(&Place<'a>) -> Truth) -> Selection {
        let (mut certain, mut unsure) = (self.empty(), Vec::new());
        for located in self.observed.map.places() {
            match question(&located.place) {
                Truth::Yes => certain.extend(located.accounts.iter().copied()),
                Truth::Unknown => unsure.extend(located.accounts.iter().copied()),
                Truth::No => {}
            }
        }
        let possible = (!unsure.is_empty()).then(|| {
            let mut possible = certain.clone();
            possible.extend(unsure);
            possible
        });
        Selection { certain, possible }
    }

    fn tag(&mut self, tag: &'o TagCondition) -> Selection {
        let observed = self.observed;
        let column =
            self.tags.entry(tag.key.as_str()).or_insert_with(|| TagColumn::new(observed, &tag.key));
        let mut certain = column.holding(&tag.value);
        certain.difference_with(&self.untold_tags);
        with_untold(certain, &self.untold_tags)
    }

    fn names(&mut self, globs: &'o [SpannedGlob]) -> Selection {
        let observed = self.observed;
        let by_name = self.names.get_or_insert_with(|| {
            let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
            for (place, account) in observed.accounts.iter().enumerate() {
                by_name.entry(&account.name).or_default().push(place);
            }
            by_name
        });
        let mut certain = FixedBitSet::with_capacity(observed.accounts.len());
        for glob in globs {
            match glob.value.name() {
                Some(name) => certain.extend(by_name.get(name).into_iter().flatten().copied()),
                None => {
                    let matching = by_name.iter().filter(|(name, _)| glob.value.matches(name));
                    certain.extend(matching.flat_map(|(_, places)| places.iter().copied()));
                }
            }
        }
        self.of_untold_names(certain, globs)
    }

    fn emails(&self, globs: &[SpannedGlob]) -> Selection {
        let mut certain = self.empty();
        let accounts = self.observed.accounts.iter().enumerate();
        certain.extend(
            accounts
                .filter(|(_, account)| globs.iter().any(|glob| glob.value.matches(&account.email)))
                .map(|(place, _)| place),
        );
        self.of_untold_names(certain, globs)
    }

    /// Of names that were not read, only `*` is certain to match.
    fn of_untold_names(&self, mut certain: FixedBitSet, globs: &[SpannedGlob]) -> Selection {
        if globs.iter().any(|glob| glob.value.is_everything()) {
            return self.all();
        }
        certain.difference_with(&self.untold_names);
        with_untold(certain, &self.untold_names)
    }
}

fn with_untold(certain: FixedBitSet, untold: &FixedBitSet) -> Selection {
    if untold.is_clear() {
        return Selection::certainly(certain);
    }
    let mut possible = certain.clone();
    possible.union_with(untold);
    Selection { certain, possible: Some(possible) }
}

impl<'a> TagColumn<'a> {
    fn new(observed: &Observed<'a>, key: &str) -> Self {
        let mut by_value: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut present = FixedBitSet::with_capacity(observed.accounts.len());
        for (place, account) in observed.accounts.iter().enumerate() {
            if let Some(value) = account.tags.get(key) {
                by_value.entry(value).or_default().push(place);
                present.insert(place);
            }
        }
        Self { by_value, present }
    }

    fn holding(&self, value: &TagValue) -> FixedBitSet {
        let mut accounts = self.present.clone();
        match value {
            TagValue::Present => {}
            TagValue::Absent => accounts.toggle_range(..),
            TagValue::AnyOf(globs) => {
                accounts.clear();
                for glob in globs {
                    match glob.value.name() {
                        Some(value) => {
                            let places = self.by_value.get(value).into_iter().flatten();
                            accounts.extend(places.copied());
                        }
                        None => {
                            let matching =
                                self.by_value.iter().filter(|(value, _)| glob.value.matches(value));
                            accounts
                                .extend(matching.flat_map(|(_, places)| places.iter().copied()));
                        }
                    }
                }
            }
        }
        accounts
    }
}
