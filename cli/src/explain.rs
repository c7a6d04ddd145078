//! `usher explain`: which rule and which key grants or refuses.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use shared::{
    decide::Decision,
    diagnostic::nearest,
    explain::ExplanationText,
    failure::CallFailure,
    ids::{AccountId, InstanceArn},
    observe::{Observe, observe},
    organization::{Account, Group, Membership, Organization, Principal, User},
    rules::Rules,
    scope::Scope,
};

use crate::{
    clock,
    exit::{Exit, Failure},
    files, live,
    output::{self, Format},
};

/// Say what a group or a user has in an account and why, and for every rule that grants nothing, which
/// key refuses
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("principal").required(true).args(["group", "user"])))]
pub(crate) struct Arguments {
    /// The rules file
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// An organization snapshot, instead of AWS
    #[arg(long, value_name = "ORG")]
    org: Option<PathBuf>,
    /// The account: its id or its name
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// The group: its display name or its id
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// The user: the user name or the id
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The Identity Center instance, where there are several
    #[arg(long, value_name = "ARN", conflicts_with = "org")]
    instance_arn: Option<InstanceArn>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Whom an explanation is about, as typed.
#[derive(Clone, Copy)]
enum Whom<'a> {
    Group(&'a str),
    User(&'a str),
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let whom = match (&arguments.group, &arguments.user) {
        (Some(group), _) => Whom::Group(group),
        (None, user) => Whom::User(user.as_deref().unwrap_or_default()),
    };
    let organization = match &arguments.org {
        Some(path) => files::organization(path)?,
        None => {
            let world = live::world(arguments.instance_arn.clone()).await?;
            let reading = read(world.observe(), &rules, &arguments.account, whom);
            output::with_progress(reading, || live::progress(&world)).await?
        }
    };
    let account = find_account(&organization.accounts, &arguments.account)?;
    let principal =
        find_principal(&organization, whom).ok_or_else(|| whom.not_found(&organization))?;
    let decision = Decision::new(&rules, &organization, clock::now());
    let explanation = decision
        .explain(&account, &principal)
        .ok_or_else(|| not_found("account", account.as_str(), []))?;
    match arguments.format {
        Format::Json => output::json(&explanation)?,
        Format::Text => {
            let text = ExplanationText(&explanation).to_string();
            output::data(&output::painted_plan(text.trim_end()))?;
        }
    }
    Ok(Exit::Done)
}

impl Whom<'_> {
    fn not_found(self, organization: &Organization) -> Failure {
        match self {
            Self::Group(name) => {
                let groups = organization.groups.iter();
                not_found("group", name, groups.map(|group| group.display_name.as_str()))
            }
            Self::User(name) => not_found(
                "user",
                name,
                organization.users.iter().map(|user| user.user_name.as_str()),
            ),
        }
    }
}

/// Reads the account from AWS, and the group or the user where no rule names them.
async fn read(
    reads: &impl Observe,
    rules: &Rules,
    account: &str,
    whom: Whom<'_>,
) -> Result<Organization, Failure> {
    let id = match account.parse() {
        Ok(id) => id,
        Err(_) => account_id(reads, account).await?,
    };
    let scope = Scope::account(id);
    let organization = observe(reads, rules, &scope, clock::now()).await;
    let mut organization = organization.map_err(Failure::Observe)?;
    let added = match whom {
        Whom::Group(name) => add_group(reads, &mut organization, name).await,
        Whom::User(name) => add_user(reads, &mut organization, name).await,
    };
    added.map_err(Failure::Observe)?;
    Ok(organization)
}

async fn account_id(reads: &impl Observe, name: &str) -> Result<AccountId, Failure> {
    let accounts = reads.accounts().await.map_err(Failure::Observe)?;
    let named = accounts.iter().filter(|account| account.name == name);
    let names = accounts.iter().map(|account| account.name.as_str());
    one_of(&named.map(|account| &account.id).collect::<Vec<_>>(), name, names)
}

async fn add_group(
    reads: &impl Observe,
    organization: &mut Organization,
    name: &str,
) -> Result<(), CallFailure> {
    if find_group(&organization.groups, name).is_some() {
        return Ok(());
    }
    let id = match name.parse() {
        Ok(id) => Some(id),
        Err(_) => reads.group_id(name).await?,
    };
    if let Some(id) = id {
        organization.groups.extend(reads.group(&id).await?);
    }
    Ok(())
}

/// The user, and the groups that they are in.
async fn add_user(
    reads: &impl Observe,
    organization: &mut Organization,
    name: &str,
) -> Result<(), CallFailure> {
    if find_user(&organization.users, name).is_none() {
        let users = reads.users().await?;
        organization.users.extend(find_user(&users, name).cloned());
    }
    let Some(user_id) = find_user(&organization.users, name).map(|user| user.id.clone()) else {
        return Ok(());
    };
    for group_id in reads.groups_of_member(&user_id).await? {
        if !organization.groups.iter().any(|group| group.id == group_id) {
            organization.groups.extend(reads.group(&group_id).await?);
        }
        organization.memberships.push(Membership { group_id, user_id: user_id.clone() });
    }
    Ok(())
}

fn find_account(accounts: &[Account], name: &str) -> Result<AccountId, Failure> {
    if let Some(account) = accounts.iter().find(|account| account.id.as_str() == name) {
        return Ok(account.id.clone());
    }
    let named = accounts.iter().filter(|account| account.name == name);
    let names = accounts.iter().map(|account| account.name.as_str());
    one_of(&named.map(|account| &account.id).collect::<Vec<_>>(), name, names)
}

/// Names of accounts are not unique.
fn one_of<'a>(
    ids: &[&AccountId],
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<AccountId, Failure> {
    match ids {
        [id] => Ok((*id).clone()),
        [] => Err(not_found("account", name, names)),
        several => {
            let ids: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
            Err(Failure::Ambiguous { name: name.to_owned(), ids: ids.join(", ") })
        }
    }
}

fn not_found<'a>(
    what: &'static str,
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Failure {
    let hint = nearest(name, names).map(|near| format!("; `{near}` is near"));
    Failure::NotFound { what, name: name.to_owned(), hint: hint.unwrap_or_default() }
}

fn find_principal(organization: &Organization, whom: Whom<'_>) -> Option<Principal> {
    match whom {
        Whom::Group(name) => {
            find_group(&organization.groups, name).map(|group| Principal::Group(group.id.clone()))
        }
        Whom::User(name) => {
            find_user(&organization.users, name).map(|user| Principal::User(user.id.clone()))
        }
    }
}

fn find_group<'o>(groups: &'o [Group], name: &str) -> Option<&'o Group> {
    let named = groups.iter().find(|group| group.display_name == name);
    named.or_else(|| groups.iter().find(|group| group.id.as_str() == name))
}

fn find_user<'o>(users: &'o [User], name: &str) -> Option<&'o User> {
    let named = users.iter().find(|user| user.user_name == name);
    named.or_else(|| users.iter().find(|user| user.id.as_str() == name))
}
