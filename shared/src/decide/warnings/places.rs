//! Keys of account selectors that match nothing: ids, names, organizational units and tags.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use crate::{
    diagnostic::{Code, Diagnostic},
    ids::OrganizationalUnitId,
    organization::{Account, DEEPEST_UNIT, Organization, Unread},
    rules::{
        SpannedGlob,
        glob::PathGlob,
        selector::{AccountSelector, Condition, OrganizationalUnitPattern, TagCondition, Test},
    },
    source::Spanned,
};

use super::{
    super::{catalogue::Catalogue, names::Names},
    misplaced::{as_key_of_account, as_list, is_known},
    values::{Values, Words, matches_nothing},
};

/// What selectors can find, as far as it was read to the end.
pub(super) struct Places<'c, 'o> {
    catalogue: &'c Catalogue<'o>,
    organization: &'o Organization,
    /// The paths of all organizational units, as the names on them.
    units: Option<Vec<(&'o OrganizationalUnitId, Vec<&'o str>)>>,
    spelt_paths: OnceCell<Vec<String>>,
    /// The paths of organizational units of which no units were seen below them.
    childless: OnceCell<Vec<Vec<&'o str>>>,
    account_tags: Option<Values<'o>>,
    unit_tags: Option<Values<'o>>,
    accounts: bool,
}

/// How messages call tags of accounts.
const ACCOUNT_TAGS: Words = tags_of("account that may be touched");

/// How messages call tags of organizational units.
const UNIT_TAGS: Words = tags_of("organizational unit above an account that may be touched");

const fn tags_of(owner: &'static str) -> Words {
    Words { code: Code::UnmatchedTag, owner, a_key: "a tag", the_key: "the tag" }
}

impl<'c, 'o> Places<'c, 'o> {
    /// Only the tags of accounts that may be touched were read, and of the units above them. Those of
    /// others matter to no rule.
    pub(super) fn new(catalogue: &'c Catalogue<'o>, is_open: impl Fn(&Account) -> bool) -> Self {
        let organization = catalogue.observed.organization;
        let complete = |what: &Unread| !catalogue.observed.gaps.hides_some(what);
        let accounts = complete(&Unread::Accounts);
        // Where not all was looked for, the root alone says that nobody asked for the tree.
        let has_tree =
            organization.extent.is_whole() || organization.organizational_units.len() > 1;
        let (seen, map) = (&catalogue.observed.accounts, &catalogue.observed.map);
        let open = seen.iter().filter(|account| is_open(account));
        let account_tags = open.map(|account| &account.tags);
        let is_open = |place: &usize| seen.get(*place).is_some_and(|of| is_open(of));
        let above = map.places().iter().filter(|located| located.accounts.iter().any(is_open));
        let unit_tags = above.flat_map(|located| {
            let units = located.place.units.iter().flatten();
            units.filter_map(|unit| unit.tags).chain(located.place.root_tags)
        });
        Self {
            catalogue,
            organization,
            units: (has_tree && complete(&Unread::OrganizationalUnits))
                .then(|| paths(organization)),
            spelt_paths: OnceCell::new(),
            childless: OnceCell::new(),
            account_tags: (accounts && complete(&Unread::Tags))
                .then(|| Values::new(ACCOUNT_TAGS, account_tags)),
            unit_tags: complete(&Unread::OrganizationalUnitTags)
                .then(|| Values::new(UNIT_TAGS, unit_tags)),
            accounts,
        }
    }

    pub(super) fn selector(&self, selector: &AccountSelector, warnings: &mut Vec<Diagnostic>) {
        for Condition { test, .. } in selector.any_of.iter().flatten() {
            match test {
                Test::All => {}
                Test::Id(ids) => {
                    let is_unknown =
                        |id: &&Spanned<_>| self.catalogue.observed.account(&id.value).is_none();
                    let unknown = ids.iter().filter(|id| self.accounts && is_unknown(id));
                    warnings.extend(unknown.map(|id| {
                        let message = format!("no account has the id `{}`", id.value);
                        matches_nothing(Code::UnmatchedAccounts, message, id.span)
                    }));
                }
                Test::Name(globs) => {
                    self.accounts_by(
                        globs,
                        ("name", "is named"),
                        self.catalogue.account_names(),
                        warnings,
                    );
                }
                Test::Email(globs) => {
                    let emails = self.catalogue.account_emails();
                    let how = ("email", "has the e-mail address");
                    self.accounts_by(globs, how, emails, warnings);
                }
                Test::OrganizationalUnit(patterns) | Test::DirectlyIn(patterns) => {
                    warnings.extend(patterns.iter().filter_map(|pattern| self.unit(pattern)));
                }
                Test::Tags(tags) => self.tags(tags, self.account_tags.as_ref(), warnings),
                Test::OrganizationalUnitTags(tags) => {
                    self.tags(tags, self.unit_tags.as_ref(), warnings);
                }
                Test::Not(selector) => {
                    let mut inside = Vec::new();
                    self.selector(selector, &mut inside);
                    // That nothing is excluded today is how it should be, unless it is a slip.
                    warnings.extend(inside.into_iter().filter(Diagnostic::names_a_similar_one));
                }
            }
        }
    }

    fn tags(
        &self,
        tags: &[TagCondition],
        values: Option<&Values<'_>>,
        warnings: &mut Vec<Diagnostic>,
    ) {
        let Some(values) = values else { return };
        let suggestions = &self.catalogue.suggestions;
        warnings.extend(tags.iter().flat_map(|tag| values.unmatched(tag, suggestions)));
    }

    /// The tags of accounts, when all were read.
    pub(super) fn account_tags(&self) -> Option<&Values<'o>> {
        self.account_tags.as_ref()
    }

    fn accounts_by(
        &self,
        globs: &[SpannedGlob],
        (key, verb): (&str, &str),
        names: &Names<'_>,
        warnings: &mut Vec<Diagnostic>,
    ) {
        let is_unmatched = |glob: &&SpannedGlob| self.accounts && names.is_unmatched(&glob.value);
        warnings.extend(globs.iter().filter(is_unmatched).map(|glob| {
            let message = format!("no account {verb} `{}`", glob.value);
            let warning = matches_nothing(Code::UnmatchedAccounts, message, glob.span);
            let known = names.iter().map(|(name, _)| name);
            let suggestions = &self.catalogue.suggestions;
            let warning = suggestions.add_meant(warning, glob.value.as_str(), "an account", known);
            let warning = as_list(warning, &glob.value, is_known(names));
            as_key_of_account(warning, key, &glob.value)
        }));
    }

    /// Whether a unit may be below one of which no units were seen: where not all was looked for, an
    /// observation lists what is below the units above accounts, and no further. Where the rule means no
    /// account because of it, that is told of the rule.
    fn may_be_unlisted(&self, pattern: &OrganizationalUnitPattern) -> bool {
        if self.organization.extent.is_whole() {
            return false;
        }
        let childless = self.childless.get_or_init(|| childless_paths(self.organization));
        let OrganizationalUnitPattern::Path(path) = pattern else { return !childless.is_empty() };
        let text = path.as_str();
        let above = text.match_indices('/').filter_map(|(end, _)| text.get(..end));
        let mut above = above.filter_map(|above| PathGlob::new(above).ok());
        above.any(|above| childless.iter().any(|names| above.matches(names)))
    }

    fn unit(&self, pattern: &Spanned<OrganizationalUnitPattern>) -> Option<Diagnostic> {
        let units = self.units.as_ref()?;
        let (matches, text) = match &pattern.value {
            OrganizationalUnitPattern::Path(path) if path.is_root() => return None,
            OrganizationalUnitPattern::Path(path) => {
                (units.iter().any(|(_, names)| path.matches(names)), path.as_str())
            }
            OrganizationalUnitPattern::Id(id) => {
                let is_root = *id == self.organization.organization.root_id;
                (is_root || units.iter().any(|(unit, _)| *unit == id), id.as_str())
            }
        };
        if matches || self.may_be_unlisted(&pattern.value) {
            return None;
        }
        let message = format!("no organizational unit is at `{text}`");
        let warning = matches_nothing(Code::UnmatchedOrganizationalUnit, message, pattern.span);
        let paths = self.spelt_paths.get_or_init(|| {
            units.iter().map(|(_, names)| format!("/{}", names.join("/"))).collect()
        });
        // A path begins below the root, whatever that is called.
        let below = text.get(1..).and_then(|rest| rest.find('/')).and_then(|at| text.get(at + 1..));
        if let Some(below) = below.filter(|below| paths.iter().any(|path| path == below)) {
            return Some(warning.help(format!("a path begins below the root: write `{below}`")));
        }
        let paths = paths.iter().map(String::as_str);
        Some(self.catalogue.suggestions.add_meant(warning, text, "an organizational unit", paths))
    }
}

/// The paths of organizational units of which no units were seen below them.
fn childless_paths(organization: &Organization) -> Vec<Vec<&str>> {
    let units = organization.organizational_units.iter();
    let parents: HashSet<_> = units.filter_map(|unit| unit.parent_id.as_ref()).collect();
    let childless = paths(organization).into_iter().filter(|(id, _)| !parents.contains(id));
    childless.map(|(_, names)| names).collect()
}

/// The names on the way to each organizational unit. Units that hang nowhere, or deeper than any can, are
/// left out.
fn paths(organization: &Organization) -> Vec<(&OrganizationalUnitId, Vec<&str>)> {
    let units = &organization.organizational_units;
    let by_id: HashMap<_, _> = units.iter().map(|unit| (&unit.id, unit)).collect();
    let path = |id: &OrganizationalUnitId| {
        let mut names = Vec::new();
        let mut next = *by_id.get(id)?;
        while let Some(parent) = &next.parent_id {
            (names.len() < DEEPEST_UNIT).then(|| names.push(next.name.as_str()))?;
            next = *by_id.get(parent)?;
        }
        names.reverse();
        Some(names)
    };
    units
        .iter()
        .filter_map(|unit| Some((&unit.id, path(&unit.id)?)))
        .filter(|(_, names)| !names.is_empty())
        .collect()
}
