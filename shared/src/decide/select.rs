//! Account selectors, put to all accounts at once.
//!
//! A thousand rules times ten thousand accounts is too many questions to ask one by one. So a
//! condition is asked once for each value that it can tell apart (a place in the tree, a tag's
//! value), and the accounts that have the value follow.

use std::cell::OnceCell;

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use crate::{
    organization::Unread,
    rules::{
        SpannedGlob,
        selector::{
            AccountSelector, OrganizationalUnitPattern, Place, TagCondition, TagValue, Test,
            one_unit_has,
        },
    },
    truth::Truth,
};

use super::{catalogue::Catalogue, names::Names, observed::Observed};

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
    catalogue: &'o Catalogue<'a>,
    observed: &'o Observed<'a>,
    tags: FxHashMap<&'o str, TagColumn<'a>>,
    units: FxHashMap<(bool, &'o OrganizationalUnitPattern), Selection>,
    /// Accounts whose tags were not read.
    untold_tags: FixedBitSet,
    /// Accounts whose name and e-mail address were not read.
    untold_names: FixedBitSet,
}

/// The accounts by their values of one tag.
struct TagColumn<'a> {
    by_value: FxHashMap<&'a str, Bearers>,
    present: FixedBitSet,
}

/// The accounts that have one value of a tag.
#[derive(Default)]
struct Bearers {
    places: Vec<usize>,
    /// The same as a set, if they are [`MANY`].
    set: OnceCell<FixedBitSet>,
}

/// From how many accounts on a set is quicker to add, word by word, than each account by itself. A
/// hundred rules ask for production.
const MANY: usize = 64;

impl Bearers {
    fn add_to(&self, accounts: &mut FixedBitSet) {
        let places = self.places.iter().copied();
        if places.len() < MANY {
            accounts.extend(places);
        } else {
            accounts.union_with(self.set.get_or_init(|| places.collect()));
        }
    }
}

impl<'o, 'a> Columns<'o, 'a> {
    pub(super) fn new(catalogue: &'o Catalogue<'a>) -> Self {
        let observed = &catalogue.observed;
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
            catalogue,
            observed,
            tags: FxHashMap::default(),
            units: FxHashMap::default(),
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
            Test::Name(globs) => self.texts(self.catalogue.account_names(), globs),
            Test::Email(globs) => self.texts(self.catalogue.account_emails(), globs),
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

    /// The accounts whose name, or whose address, a glob matches.
    fn texts(&self, names: &Names<'_>, globs: &[SpannedGlob]) -> Selection {
        let mut certain = self.empty();
        for glob in globs {
            names.each_matching(&glob.value, |place| certain.grow_and_insert(place as usize));
        }
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
        let mut by_value: FxHashMap<&str, Bearers> = FxHashMap::default();
        let mut present = FixedBitSet::with_capacity(observed.accounts.len());
        for (place, account) in observed.accounts.iter().enumerate() {
            if let Some(value) = account.tags.get(key) {
                by_value.entry(value).or_default().places.push(place);
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
                            let bearers = self.by_value.get(value);
                            bearers.into_iter().for_each(|bearers| bearers.add_to(&mut accounts));
                        }
                        None => self
                            .by_value
                            .iter()
                            .filter(|(value, _)| glob.value.matches(value))
                            .for_each(|(_, bearers)| bearers.add_to(&mut accounts)),
                    }
                }
            }
        }
        accounts
    }
}
