//! Accounts, groups and users by what somebody typed, and what they probably meant.

use shared::{
    diagnostic::nearest,
    ids::AccountId,
    observe::Observe,
    organization::{Account, Group, Organization, Principal, User},
};

use crate::exit::Failure;

/// How many names are told that have in them what was typed.
const TOLD: usize = 3;

/// Whom an explanation is about, as typed.
#[derive(Clone, Copy)]
pub(crate) enum Whom<'a> {
    Group(&'a str),
    User(&'a str),
}

/// Both, or all that is wrong: whoever mistypes one name may have mistyped two.
pub(crate) fn both<One, Other>(
    one: Result<One, Failure>,
    other: Result<Other, Failure>,
) -> Result<(One, Other), Failure> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(one), Err(other)) => Err(Failure::Both(Box::new(one), Box::new(other))),
        (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure),
    }
}

/// The account of that id or name. Names of accounts are not unique.
pub(crate) fn account(accounts: &[Account], name: &str) -> Result<AccountId, Failure> {
    account_of(accounts.iter().map(|account| (&account.id, account.name.as_str())), name)
}

/// The same, among accounts of which no more is known than id and name.
pub(crate) fn account_of<'a>(
    accounts: impl Iterator<Item = (&'a AccountId, &'a str)> + Clone,
    name: &str,
) -> Result<AccountId, Failure> {
    if let Some((id, _)) = accounts.clone().find(|(id, _)| id.as_str() == name) {
        return Ok(id.clone());
    }
    let named = accounts.clone().filter(|(_, other)| *other == name);
    let ids: Vec<&AccountId> = named.map(|(id, _)| id).collect();
    match ids.as_slice() {
        [id] => Ok((*id).clone()),
        [] => Err(not_found("account", name, accounts.map(|(_, name)| name))),
        several => {
            let ids: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
            Err(Failure::Ambiguous { name: name.to_owned(), ids: ids.join(", ") })
        }
    }
}

/// The accounts of those ids or names. AWS is asked for all accounts only where there is a name among them.
pub(crate) async fn accounts_in_aws(
    reads: &impl Observe,
    names: &[String],
) -> Result<Vec<AccountId>, Failure> {
    if let Ok(ids) = names.iter().map(|name| name.parse()).collect() {
        return Ok(ids);
    }
    let accounts = reads.accounts().await.map_err(Failure::Observe)?;
    let known = accounts.iter().map(|account| (&account.id, account.name.as_str()));
    ids_of(names, |name| account_of(known.clone(), name))
}

/// The accounts of those ids or names.
pub(crate) fn accounts(accounts: &[Account], names: &[String]) -> Result<Vec<AccountId>, Failure> {
    ids_of(names, |name| account(accounts, name))
}

/// What has the form of an id is one, whether there is such an account or not.
fn ids_of(
    names: &[String],
    find: impl Fn(&str) -> Result<AccountId, Failure>,
) -> Result<Vec<AccountId>, Failure> {
    names.iter().map(|name| name.parse().or_else(|_| find(name))).collect()
}

/// The group or the user.
pub(crate) fn principal(organization: &Organization, whom: Whom<'_>) -> Result<Principal, Failure> {
    match whom {
        Whom::Group(name) => match group(&organization.groups, name) {
            Some(group) => Ok(Principal::Group(group.id.clone())),
            None => Err(no_group(&organization.groups, name)),
        },
        Whom::User(name) => match user(&organization.users, name) {
            Some(user) => Ok(Principal::User(user.id.clone())),
            None => Err(no_user(&organization.users, name)),
        },
    }
}

/// The group of that display name or id.
pub(crate) fn group<'o>(groups: &'o [Group], name: &str) -> Option<&'o Group> {
    let named = groups.iter().find(|group| group.display_name == name);
    named.or_else(|| groups.iter().find(|group| group.id.as_str() == name))
}

/// The user of that user name or id.
pub(crate) fn user<'o>(users: &'o [User], name: &str) -> Option<&'o User> {
    let named = users.iter().find(|user| user.user_name == name);
    named.or_else(|| users.iter().find(|user| user.id.as_str() == name))
}

pub(crate) fn no_group(groups: &[Group], name: &str) -> Failure {
    not_found("group", name, groups.iter().map(|group| group.display_name.as_str()))
}

pub(crate) fn no_user(users: &[User], name: &str) -> Failure {
    not_found("user", name, users.iter().map(|user| user.user_name.as_str()))
}

/// Nothing is called so; but something is called nearly so, or has all the words in its name that were typed.
pub(crate) fn not_found<'a>(
    what: &'static str,
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Failure {
    let all: Vec<&str> = names.into_iter().collect();
    let hint = match nearest(name, all.iter().copied()) {
        Some(near) => format!("; `{near}` is near"),
        None => having(name, &all).map(|names| format!("; like it: {names}")).unwrap_or_default(),
    };
    Failure::NotFound { what, name: name.to_owned(), hint }
}

/// The first of the names that have all words of a text: who looks for Mary Adams finds `mary.adams@example.com`.
fn having(text: &str, all: &[&str]) -> Option<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let has = |name: &&&str| {
        let name = name.to_lowercase();
        !words.is_empty() && words.iter().all(|word| name.contains(word))
    };
    let mut found: Vec<&str> = all.iter().filter(has).copied().collect();
    found.sort_unstable();
    let (told, more) = found.split_at(found.len().min(TOLD));
    let told: Vec<String> = told.iter().map(|name| format!("`{name}`")).collect();
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    (!told.is_empty()).then(|| told.join(", ") + &more)
}
