//! Rules that find groups by a template, of a group's name or of a tag's key, and find none.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

use crate::{
    diagnostic::{Code, Diagnostic},
    rules::{
        Principals, Rule, SpannedGlob,
        selector::AccountView,
        template::{GroupNameTemplate, TagKeyTemplate},
    },
    source::Spanned,
};

use super::{
    super::{
        Decision,
        grant::{Grant, group_name},
    },
    members::too_few,
    names::Directory,
    places::Places,
    values::matches_nothing,
};

/// How many of the names that a template makes are compared with those that there are, to find what
/// was meant: each of them is compared with all.
const MOST_COMPARED: usize = 50;

/// What templates can find.
pub(super) struct Templates<'w, 'a> {
    pub(super) decision: &'w Decision<'a>,
    pub(super) directory: &'w Directory<'w, 'a>,
    pub(super) places: &'w Places<'w, 'a>,
    /// The accounts that may be touched.
    pub(super) touchable: &'w FixedBitSet,
}

impl Templates<'_, '_> {
    /// What is odd about a rule's template, if it has one.
    pub(super) fn warn(&self, grant: &Grant<'_>, warnings: &mut Vec<Diagnostic>) {
        match &grant.rule.principals {
            Principals::Named { .. } => {}
            Principals::GroupName(template) => {
                warnings.extend(self.group_name(grant, template).unwrap_or_default());
            }
            Principals::AccountTag { key, groups } => warnings.extend(self.tag_key(key, groups)),
        }
    }

    /// A template that names no group, or none that is large enough; nothing, when what decides that
    /// was not read, or when the rule says nothing of any account or permission set.
    fn group_name(
        &self,
        grant: &Grant<'_>,
        template: &Spanned<GroupNameTemplate>,
    ) -> Option<Vec<Diagnostic>> {
        self.directory.has_all_that_templates_name().then_some(())?;
        let rule = grant.rule;
        let accounts = self.accounts(grant, &template.value)?;
        let missing = self.missing_tags(template)?;
        if accounts.is_empty() || !missing.is_empty() {
            return Some(missing);
        }
        let names = Names { accounts, sets: self.permission_sets(rule, &template.value), template };
        if names.sets.is_empty() {
            return None;
        }
        let groups = &self.decision.catalogue.groups;
        // To make all names takes long, and where none can be right it is not needed.
        let may_be_any = groups.iter().any(|(group, _)| template.value.may_name(group));
        let made = names.made().filter(|_| may_be_any);
        let mut named = made.flat_map(|(_, name)| groups.in_any_case(&name).to_vec());
        if rule.members_at_least.is_none() {
            return Some(
                named.next().is_none().then(|| self.names_none(&names)).into_iter().collect(),
            );
        }
        let named: BTreeSet<u32> = named.collect();
        Some(if named.is_empty() {
            vec![self.names_none(&names)]
        } else if self.directory.are_members_read() {
            too_few(rule, named, &self.decision.catalogue).into_iter().collect()
        } else {
            Vec::new()
        })
    }

    /// The accounts that the rule makes names for; nothing, when what names are made of was not read.
    fn accounts(
        &self,
        grant: &Grant<'_>,
        template: &GroupNameTemplate,
    ) -> Option<Vec<AccountView<'_>>> {
        let needs_tags = template.tag_keys().next().is_some();
        let places = grant.accounts.possible().intersection(self.touchable);
        places
            .filter_map(|place| self.decision.catalogue.observed.view(place))
            .map(|account| {
                let is_named = account.name.is_some() || !template.names_account();
                let is_tagged = account.tags.is_some() || !needs_tags;
                (is_named && is_tagged).then_some(account)
            })
            .collect()
    }

    /// Tags that the name is made of and that no account has.
    fn missing_tags(&self, template: &Spanned<GroupNameTemplate>) -> Option<Vec<Diagnostic>> {
        let mut keys = template.value.tag_keys().peekable();
        if keys.peek().is_none() {
            return Some(Vec::new());
        }
        let tags = self.places.account_tags()?;
        let missing = keys.filter(|key| !tags.has(key));
        let suggestions = &self.decision.catalogue.suggestions;
        let warnings = missing.map(|key| {
            let message = format!(
                "no account that may be touched has a tag `{key}`, so `{}` names no group",
                template.value
            );
            let warning = matches_nothing(Code::UnmatchedTag, message, template.span);
            match suggestions.find(key, tags.keys()) {
                Some(near) => warning.help(format!("a tag with a similar name exists: `{near}`")),
                None => warning,
            }
        });
        Some(warnings.collect())
    }

    /// The names of the rule's permission sets: one, when the group is called the same for all.
    fn permission_sets(&self, rule: &Rule, template: &GroupNameTemplate) -> Vec<&str> {
        let catalogue = &self.decision.catalogue;
        let most = if template.names_permission_set() { usize::MAX } else { 1 };
        let places = catalogue.permission_sets.matching(&rule.permission_sets).into_iter();
        places.take(most).filter_map(|place| catalogue.permission_set_name(place)).collect()
    }

    fn names_none(&self, names: &Names<'_>) -> Diagnostic {
        let template = names.template;
        let message = format!("no group is called what `{}` makes", template.value);
        let warning = Diagnostic::new(Code::UnmatchedGroup, message, template.span);
        let warning = match names.made().next() {
            Some((account, name)) => {
                let account = account.name.unwrap_or(account.id.as_str());
                warning.label(format!("of account {account} it makes `{name}`"))
            }
            None => warning.label("no account has all the tags that it asks for"),
        };
        let catalogue = &self.decision.catalogue;
        let groups = || catalogue.groups.iter().map(|(group, _)| group);
        let mut compared = names.made().take(MOST_COMPARED);
        match compared.find_map(|(_, name)| catalogue.suggestions.find(&name, groups())) {
            Some(near) => warning.help(format!("a group with a similar name exists: `{near}`")),
            None => warning.help("it takes effect when such a group appears"),
        }
    }

    /// A tag that names groups, and that no account has.
    fn tag_key(&self, key: &Spanned<TagKeyTemplate>, globs: &[SpannedGlob]) -> Option<Diagnostic> {
        let (tags, groups) = (self.places.account_tags()?, self.directory.group_names(globs)?);
        let made = || groups.iter().filter_map(|group| key.value.tag_key(group));
        // Where no group is meant, that was said of the groups.
        if groups.is_empty() || made().any(|key| tags.has(&key)) {
            return None;
        }
        let message = format!(
            "no account that may be touched has a tag `{}` of a group that is meant",
            key.value
        );
        let warning = matches_nothing(Code::UnmatchedTag, message, key.span);
        let suggestions = &self.decision.catalogue.suggestions;
        let near = |key: String| suggestions.find(&key, tags.keys());
        Some(match made().take(MOST_COMPARED).find_map(near) {
            Some(near) => warning.help(format!("a tag with a similar name exists: `{near}`")),
            None => warning.help("it takes effect when an account has such a tag"),
        })
    }
}

/// The names that a template makes.
struct Names<'n> {
    template: &'n Spanned<GroupNameTemplate>,
    accounts: Vec<AccountView<'n>>,
    sets: Vec<&'n str>,
}

impl Names<'_> {
    fn made(&self) -> impl Iterator<Item = (&AccountView<'_>, String)> {
        self.accounts.iter().flat_map(move |account| {
            self.sets.iter().filter_map(move |set| {
                Some((account, group_name(&self.template.value, account, set)?))
            })
        })
    }
}
