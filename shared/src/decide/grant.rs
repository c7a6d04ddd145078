//! What a rule grants, spread out: its permission sets and principals by their places in the
//! tables, found when the first account asks.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use crate::{
    diagnostic::Diagnostic,
    rules::{
        Principals, Rule,
        selector::AccountView,
        template::{AccountValues, GroupNameTemplate},
    },
};

use super::{catalogue::Catalogue, names::by_key, observed::Pair, select::Selection};

/// A rule in an organization.
pub(super) struct Grant<'r> {
    pub(super) rule: &'r Rule,
    /// The accounts it holds in now.
    pub(super) accounts: Selection,
    spread: OnceCell<Spread>,
    /// What is odd about the names in the rule.
    pub(super) oddities: OnceCell<Vec<Diagnostic>>,
}

/// The permission sets of a rule, and to whom it grants them.
struct Spread {
    permission_sets: Vec<u32>,
    to: Recipients,
}

enum Recipients {
    /// The same everywhere.
    Same(Vec<u32>),
    /// Whose name says so.
    Named,
    /// Whom a tag of the account names, by the tag's key.
    Tagged(FxHashMap<String, Vec<u32>>),
}

impl<'r> Grant<'r> {
    pub(super) fn new(rule: &'r Rule, accounts: Selection) -> Self {
        Self { rule, accounts, spread: OnceCell::new(), oddities: OnceCell::new() }
    }

    /// What the rule certainly grants in an account that it holds in.
    pub(super) fn pairs(
        &self,
        catalogue: &Catalogue<'_>,
        account: &AccountView<'_>,
        mut add: impl FnMut(Pair),
    ) {
        let spread = self.spread.get_or_init(|| Spread::new(self.rule, catalogue));
        match (&spread.to, &self.rule.principals) {
            (Recipients::Same(principals), _) => {
                for permission_set in &spread.permission_sets {
                    for principal in principals {
                        add(Pair::new(*permission_set, *principal));
                    }
                }
            }
            (Recipients::Named, Principals::GroupName(template)) => {
                for permission_set in &spread.permission_sets {
                    let name = catalogue.permission_set_name(*permission_set);
                    let named = name.and_then(|name| group_name(&template.value, account, name));
                    let groups = named.map_or(&[][..], |name| catalogue.groups.in_any_case(&name));
                    for group in
                        groups.iter().filter(|group| is_large_enough(self.rule, **group, catalogue))
                    {
                        add(Pair::new(*permission_set, *group));
                    }
                }
            }
            (Recipients::Tagged(groups), _) => {
                for (key, value) in account.tags.into_iter().flatten() {
                    let Some(groups) = groups.get(key) else { continue };
                    for permission_set in spread.named_in(value, catalogue) {
                        groups.iter().for_each(|group| add(Pair::new(permission_set, *group)));
                    }
                }
            }
            // A template belongs to a rule that grants by name.
            (Recipients::Named, _) => {}
        }
    }
}

/// The display name that a template asks for.
pub(super) fn group_name(
    template: &GroupNameTemplate,
    account: &AccountView<'_>,
    permission_set: &str,
) -> Option<String> {
    let values = AccountValues { id: account.id.as_str(), name: account.name, tags: account.tags };
    template.group_name(values, permission_set)
}

/// Whether a rule grants to a group of so many members.
fn is_large_enough(rule: &Rule, group: u32, catalogue: &Catalogue<'_>) -> bool {
    let least = rule.members_at_least.as_ref();
    least.is_none_or(|least| catalogue.has_members(group, least.value))
}

impl Spread {
    fn new(rule: &Rule, catalogue: &Catalogue<'_>) -> Self {
        let permission_sets = catalogue.permission_sets.matching(&rule.permission_sets);
        let is_large_enough = |group: &u32| is_large_enough(rule, *group, catalogue);
        let groups = |globs| catalogue.groups.matching(globs).into_iter().filter(is_large_enough);
        let to = match &rule.principals {
            Principals::Named { groups: globs, users } => {
                let users = users.iter().flat_map(|selector| catalogue.users(selector));
                let mut principals: Vec<u32> = groups(globs).chain(users).collect();
                principals.sort_unstable();
                principals.dedup();
                Recipients::Same(principals)
            }
            Principals::GroupName(_) => Recipients::Named,
            Principals::AccountTag { key, groups: globs } => {
                let text =
                    |place| catalogue.observed.principal(place).map_or("", |entry| entry.text());
                let keyed = groups(globs)
                    .filter_map(|place| Some((key.value.tag_key(text(place))?, place)));
                Recipients::Tagged(by_key(keyed))
            }
        };
        Self { permission_sets, to }
    }

    /// The rule's permission sets that are among the words of a tag's value.
    fn named_in(&self, value: &str, catalogue: &Catalogue<'_>) -> impl Iterator<Item = u32> {
        let words: Vec<&str> = value.split_whitespace().collect();
        self.permission_sets.iter().copied().filter(move |place| {
            catalogue.permission_set_name(*place).is_some_and(|name| words.contains(&name))
        })
    }
}
