//! Whether what an event is about can matter, by the rules alone: before anything is read from AWS.
//!
//! An event names only ids, and rules only names, so most of the time the answer is "perhaps" and
//! somebody has to look. What is dropped here is certain: no rule, and nothing that a rule leans on,
//! asks for what has changed. Where an event names less than the rules ask for, the scope grows; and
//! where what it lacks is a group's name, it says so, and whoever looks asks AWS.

use std::collections::BTreeSet;

use crate::{
    rules::{
        Principals, Rules,
        selector::{OrganizationalUnitPattern, Test},
    },
    scope::{About, Attributes, Scope},
    source::Spanned,
};

/// Why an assignment event is dropped that tells of what Usher did: an echo, which is no news to
/// anybody who saw it done.
pub const OWN_CHANGE: &str = "it was changed by Usher itself";

/// What is left of a scope when the rules have been asked, or why nothing is.
///
/// # Errors
/// Why it cannot matter, as the end of a sentence for the log.
pub fn relevant(
    rules: &Rules,
    scope: Scope,
    about: &About,
    own_role: Option<&str>,
) -> Result<Scope, String> {
    let keep =
        |matters: bool, why: &str| if matters { Ok(scope.clone()) } else { Err(why.to_owned()) };
    match about {
        About::Accounts | About::PermissionSets | About::Rules | About::Anything => Ok(scope),
        About::AccountName => keep(asks_for_names(rules), "no rule asks for an account's name"),
        About::UnitName => {
            keep(asks_for_paths(rules), "no rule asks for an organizational unit's name")
        }
        About::AccountTags(keys) => keep(
            asks_for_account_tags(rules, keys),
            &format!("no rule asks for {} of an account", tags(keys)),
        ),
        About::UnitTags(keys) => keep(
            asks_for_unit_tags(rules, keys),
            &format!("no rule asks for {} of an organizational unit", tags(keys)),
        ),
        // Its members come and go with it, and the event names neither them nor the group's name.
        About::Group if asks_for_membership(rules) => Ok(with_members(scope)),
        About::Group => Ok(scope),
        About::Members => members(rules, scope),
        About::User(attributes) => user(rules, scope, attributes),
        About::UserGone if asks_for_member_counts(rules) => Ok(scope.merge(Scope::everything())),
        About::UserGone => keep(manages_users(rules), "the rules leave users alone"),
        About::Assignments { by_role } => {
            keep(own_role.is_none() || by_role.as_deref() != own_role, OWN_CHANGE)
        }
    }
}

/// A membership matters for how many members the group has, and for what its members have
/// themselves.
fn members(rules: &Rules, scope: Scope) -> Result<Scope, String> {
    let (counts, selects) = (asks_for_member_counts(rules), asks_for_membership(rules));
    if !counts && !selects {
        return Err("no rule asks who is in a group".to_owned());
    }
    let groups = if counts { scope.groups.clone() } else { BTreeSet::new() };
    if selects && scope.users.is_empty() {
        return Ok(Scope { groups, ..with_members(scope) });
    }
    let users = if selects { scope.users.clone() } else { BTreeSet::new() };
    Ok(Scope { groups, users, ..scope })
}

/// The groups of a scope, and whoever is in them or was.
fn with_members(scope: Scope) -> Scope {
    Scope { members_of: scope.groups.clone(), ..scope }
}

fn user(rules: &Rules, scope: Scope, attributes: &Attributes) -> Result<Scope, String> {
    if !manages_users(rules) {
        return Err("the rules leave users alone".to_owned());
    }
    let Attributes::These(changed) = attributes else { return Ok(scope) };
    let asked = asked_attributes(rules);
    let matters =
        |name: &String| ALWAYS_ASKED.contains(&name.as_str()) || asked.contains(name.as_str());
    if changed.iter().any(matters) {
        return Ok(scope);
    }
    let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
    Err(format!("no rule asks for a user's {}", changed.join(", ")))
}

/// A user's name, and whether they can sign in, matter to every selector.
const ALWAYS_ASKED: [&str; 3] = ["user_name", "active", "user_status"];

fn asked_attributes(rules: &Rules) -> BTreeSet<&str> {
    let attributes = rules.user_selectors().flat_map(|selector| &selector.attributes);
    attributes.map(|attribute| attribute.key.as_str()).collect()
}

fn manages_users(rules: &Rules) -> bool {
    !rules.manage.users.is_none()
}

fn asks_for_membership(rules: &Rules) -> bool {
    rules.groups_of_users().next().is_some()
}

fn asks_for_member_counts(rules: &Rules) -> bool {
    rules.rules.iter().any(|rule| rule.members_at_least.is_some())
}

fn asks(rules: &Rules, question: impl Fn(&Test) -> bool) -> bool {
    rules.account_selectors().any(|selector| selector.asks(&question))
}

fn asks_for_names(rules: &Rules) -> bool {
    let by_template = rules.rules.iter().any(|rule| match &rule.principals {
        Principals::GroupName(template) => template.value.names_account(),
        _ => false,
    });
    by_template || asks(rules, |test| matches!(test, Test::Name(_)))
}

/// An organizational unit that is named by its id stays itself whatever it is called.
fn asks_for_paths(rules: &Rules) -> bool {
    let is_path = |pattern: &Spanned<OrganizationalUnitPattern>| match &pattern.value {
        OrganizationalUnitPattern::Path(path) => !path.is_root(),
        OrganizationalUnitPattern::Id(_) => false,
    };
    asks(rules, |test| match test {
        Test::OrganizationalUnit(patterns) | Test::DirectlyIn(patterns) => {
            patterns.iter().any(is_path)
        }
        _ => false,
    })
}

/// No key named: any may have changed.
fn is_among(keys: &BTreeSet<String>, key: &str) -> bool {
    keys.is_empty() || keys.contains(key)
}

fn asks_for_account_tags(rules: &Rules, keys: &BTreeSet<String>) -> bool {
    let by_rule = rules.rules.iter().any(|rule| match &rule.principals {
        Principals::Named { .. } => false,
        Principals::GroupName(template) => template.value.tag_keys().any(|key| is_among(keys, key)),
        Principals::AccountTag { key, .. } => {
            keys.is_empty() || keys.iter().any(|changed| key.value.may_be(changed))
        }
    });
    by_rule
        || asks(rules, |test| match test {
            Test::Tags(tags) => tags.iter().any(|tag| is_among(keys, &tag.key)),
            _ => false,
        })
}

fn asks_for_unit_tags(rules: &Rules, keys: &BTreeSet<String>) -> bool {
    asks(rules, |test| match test {
        Test::OrganizationalUnitTags(tags) => tags.iter().any(|tag| is_among(keys, &tag.key)),
        _ => false,
    })
}

fn tags(keys: &BTreeSet<String>) -> String {
    let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    match named.as_slice() {
        [] => "any tag".to_owned(),
        [one] => format!("tag {one}"),
        _ => format!("tags {}", named.join(", ")),
    }
}
