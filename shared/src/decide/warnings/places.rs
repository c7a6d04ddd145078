//! Keys of account selectors that match nothing: ids, names, organizational units and tags.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    diagnostic::{Code, Diagnostic},
    ids::OrganizationalUnitId,
    organization::{DEEPEST_UNIT, Organization, Tags, Unread},
    rules::{
        SpannedGlob,
        glob::Glob,
        selector::{
            AccountSelector, Condition, OrganizationalUnitPattern, TagCondition, TagValue, Test,
        },
        template::TagKeyTemplate,
    },
    source::{Span, Spanned},
};

use super::super::{catalogue::Catalogue, names::Names};

/// What selectors can find, as far as it was read to the end.
pub(super) struct Places<'c, 'o> {
    catalogue: &'c Catalogue<'o>,
    organization: &'o Organization,
    /// The paths of all organizational units, as the names on them.
    units: Option<Vec<(&'o OrganizationalUnitId, Vec<&'o str>)>>,
    spelt_paths: OnceCell<Vec<String>>,
    account_tags: Option<Values<'o>>,
    unit_tags: Option<Values<'o>>,
    accounts: bool,
}

/// The values of each tag.
type Values<'o> = BTreeMap<&'o str, BTreeSet<&'o str>>;

impl<'c, 'o> Places<'c, 'o> {
    pub(super) fn new(catalogue: &'c Catalogue<'o>) -> Self {
        let organization = catalogue.observed.organization;
        let complete = |what: &Unread| !catalogue.observed.gaps.hides_some(what);
        let accounts = complete(&Unread::Accounts);
        let units = &organization.organizational_units;
        let account_tags = organization.accounts.iter().map(|account| &account.tags);
        let unit_tags = units.iter().map(|unit| &unit.tags);
        Self {
            catalogue,
            organization,
            // The root alone says that nobody asked for the tree.
            units: (units.len() > 1 && complete(&Unread::OrganizationalUnits))
                .then(|| paths(organization)),
            spelt_paths: OnceCell::new(),
            account_tags: (accounts && complete(&Unread::Tags)).then(|| values(account_tags)),
            unit_tags: complete(&Unread::OrganizationalUnitTags).then(|| values(unit_tags)),
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
                        unmatched_key(Code::UnmatchedAccounts, message, id.span)
                    }));
                }
                Test::Name(globs) => {
                    self.accounts_by(globs, "is named", self.catalogue.account_names(), warnings);
                }
                Test::Email(globs) => {
                    let emails = self.catalogue.account_emails();
                    self.accounts_by(globs, "has the e-mail address", emails, warnings);
                }
                Test::OrganizationalUnit(patterns) | Test::DirectlyIn(patterns) => {
                    warnings.extend(patterns.iter().filter_map(|pattern| self.unit(pattern)));
                }
                Test::Tags(tags) => {
                    let values = self.account_tags.as_ref();
                    let unmatched = |tag| self.unmatched_tag(tag, values?, "account");
                    warnings.extend(tags.iter().filter_map(unmatched));
                }
                Test::OrganizationalUnitTags(tags) => {
                    let values = self.unit_tags.as_ref();
                    let noun = "organizational unit";
                    let unmatched = |tag| self.unmatched_tag(tag, values?, noun);
                    warnings.extend(tags.iter().filter_map(unmatched));
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

    fn accounts_by(
        &self,
        globs: &[SpannedGlob],
        verb: &str,
        names: &Names<'_>,
        warnings: &mut Vec<Diagnostic>,
    ) {
        let is_unmatched = |glob: &&SpannedGlob| self.accounts && names.is_unmatched(&glob.value);
        warnings.extend(globs.iter().filter(is_unmatched).map(|glob| {
            let message = format!("no account {verb} `{}`", glob.value);
            let warning = unmatched_key(Code::UnmatchedAccounts, message, glob.span);
            let names = names.iter().map(|(name, _)| name);
            self.catalogue.suggestions.add(warning, glob.value.as_str(), "an account", names)
        }));
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
        if matches {
            return None;
        }
        let message = format!("no organizational unit is at `{text}`");
        let warning = unmatched_key(Code::UnmatchedOrganizationalUnit, message, pattern.span);
        let paths = self.spelt_paths.get_or_init(|| {
            units.iter().map(|(_, names)| format!("/{}", names.join("/"))).collect()
        });
        let paths = paths.iter().map(String::as_str);
        Some(self.catalogue.suggestions.add(warning, text, "an organizational unit", paths))
    }

    /// A tag that nothing has, or has with no such value.
    fn unmatched_tag(
        &self,
        tag: &TagCondition,
        values: &Values<'_>,
        noun: &str,
    ) -> Option<Diagnostic> {
        let suggestions = &self.catalogue.suggestions;
        let Some(known) = values.get(tag.key.as_str()) else {
            let message = format!("no {noun} has a tag `{}`", tag.key);
            let warning = unmatched_key(Code::UnmatchedTag, message, tag.span);
            let warning = suggestions.add(warning, &tag.key, "a tag", values.keys().copied());
            // That a tag is absent holds where nobody knows it, unless it is a slip.
            let is_meant_so = tag.value == TagValue::Absent && !warning.names_a_similar_one();
            return (!is_meant_so).then_some(warning);
        };
        let TagValue::AnyOf(globs) = &tag.value else { return None };
        let is_there = |glob: &Glob| match glob.name() {
            Some(value) => known.contains(value),
            None => known.iter().any(|value| glob.matches(value)),
        };
        let unmatched = globs.iter().find(|glob| !is_there(&glob.value))?;
        let message =
            format!("no {noun} has the tag `{}` with the value `{}`", tag.key, unmatched.value);
        let warning = unmatched_key(Code::UnmatchedTag, message, unmatched.span);
        let text = unmatched.value.as_str();
        Some(suggestions.add(warning, text, "a value", known.iter().copied()))
    }

    /// A tag that names groups, and that no account has.
    pub(super) fn tag_key(
        &self,
        template: &TagKeyTemplate,
        span: Span,
        groups: &Option<Vec<&str>>,
        warnings: &mut Vec<Diagnostic>,
    ) {
        let (Some(values), Some(groups)) = (&self.account_tags, groups) else { return };
        let is_there = |tag: &String| values.contains_key(tag.as_str());
        if !groups.iter().any(|group| template.tag_key(group).as_ref().is_some_and(is_there)) {
            let message = format!("no account has a tag `{template}` of a group that is meant");
            warnings.push(unmatched_key(Code::UnmatchedTag, message, span));
        }
    }
}

fn unmatched_key(code: Code, message: String, span: Span) -> Diagnostic {
    Diagnostic::new(code, message, span).label("matches nothing")
}

fn values<'o>(tags: impl Iterator<Item = &'o Tags>) -> Values<'o> {
    let mut values: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
    for (key, value) in tags.flatten() {
        values.entry(key).or_default().insert(value);
    }
    values.into_iter().map(|(key, values)| (key, values.into_iter().collect())).collect()
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
