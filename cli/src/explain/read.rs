//! What an explanation needs, read from AWS: the account, and the group or the user.

use shared::{
    failure::CallFailure,
    observe::{Observe, observe},
    organization::{Group, Membership, Organization, User},
    rules::Rules,
    scope::Scope,
};

use crate::{
    clock,
    exit::Failure,
    find::{self, Whom},
};

/// Reads the account from AWS, and the group or the user where no rule names them.
pub(super) async fn read(
    reads: &impl Observe,
    rules: &Rules,
    account: &str,
    whom: Whom<'_>,
) -> Result<Organization, Failure> {
    let accounts = find::accounts_in_aws(reads, &[account.to_owned()]).await;
    let scope = match accounts {
        Ok(ids) => Scope { accounts: ids.into_iter().collect(), ..Scope::default() },
        Err(failure @ Failure::Observe(_)) => return Err(failure),
        Err(missing) => {
            let principal = add(reads, (&mut Vec::new(), &mut Vec::new()), whom).await;
            return find::both(Err(missing), principal).map(|(never, ())| never);
        }
    };
    let observed = observe(reads, rules, &scope, clock::now()).await;
    let mut organization = observed.map_err(Failure::Observe)?;
    add(reads, (&mut organization.groups, &mut organization.users), whom).await?;
    if let Whom::User(name) = whom {
        let added = add_memberships(reads, &mut organization, name).await;
        added.map_err(Failure::Observe)?;
    }
    Ok(organization)
}

/// Adds the group or the user to those that were read, or says what is called nearly so.
async fn add(
    reads: &impl Observe,
    (groups, users): (&mut Vec<Group>, &mut Vec<User>),
    whom: Whom<'_>,
) -> Result<(), Failure> {
    match whom {
        Whom::Group(name) if find::group(groups, name).is_none() => {
            let found = group(reads, name).await.map_err(Failure::Observe)?;
            groups.extend(found);
            if find::group(groups, name).is_none() {
                let all = all_groups(reads).await.map_err(Failure::Observe)?;
                return Err(find::no_group(&all, name));
            }
        }
        Whom::User(name) if find::user(users, name).is_none() => {
            let all = reads.users().await.map_err(Failure::Observe)?;
            let user = find::user(&all, name).cloned();
            users.push(user.ok_or_else(|| find::no_user(&all, name))?);
        }
        Whom::Group(_) | Whom::User(_) => {}
    }
    Ok(())
}

async fn group(reads: &impl Observe, name: &str) -> Result<Option<Group>, CallFailure> {
    let id = match name.parse() {
        Ok(id) => Some(id),
        Err(_) => reads.group_id(name).await?,
    };
    match id {
        Some(id) => reads.group(&id).await,
        None => Ok(None),
    }
}

async fn all_groups(reads: &impl Observe) -> Result<Vec<Group>, CallFailure> {
    let (mut groups, mut next) = (Vec::new(), None);
    loop {
        let page = reads.group_page(next).await?;
        groups.extend(page.groups);
        next = page.next;
        if next.is_none() {
            return Ok(groups);
        }
    }
}

/// The groups that a user is in.
async fn add_memberships(
    reads: &impl Observe,
    organization: &mut Organization,
    name: &str,
) -> Result<(), CallFailure> {
    let user = find::user(&organization.users, name);
    let Some(user_id) = user.map(|user| user.id.clone()) else { return Ok(()) };
    for group_id in reads.groups_of_member(&user_id).await? {
        if !organization.groups.iter().any(|group| group.id == group_id) {
            organization.groups.extend(reads.group(&group_id).await?);
        }
        organization.memberships.push(Membership { group_id, user_id: user_id.clone() });
    }
    Ok(())
}
