//! The directory's part of an observation: the groups that rules or assignments name, and users and
//! memberships where a rule asks for them.

use std::collections::{BTreeSet, HashSet};

use crate::{
    failure::CallFailure,
    ids::{GroupId, UserId},
    organization::{Gap, Group, Membership, Organization, Principal, Unread},
    rules::{
        Principals, Rule, Rules, SpannedGlob,
        template::{AccountValues, GroupNameTemplate},
        user::UserSelector,
    },
    scope::Scope,
};

use super::{Observe, gather::Gathering};

/// How much of a listing was read.
enum Listed {
    All,
    Some,
}

/// What is asked of the directory.
#[derive(Default)]
struct Wanted<'r> {
    /// Groups by display name.
    groups: Vec<&'r SpannedGlob>,
    /// Groups whose members matter, by display name.
    with_members: Vec<&'r SpannedGlob>,
    /// Whether any group may be meant, whatever it is called.
    any_group: bool,
    /// Rules for groups whose members matter, and that a template names.
    templates_with_members: Vec<(&'r GroupNameTemplate, &'r Rule)>,
    /// Whether users matter at all.
    users: bool,
}

impl<'r> Wanted<'r> {
    /// What rules that may hold ask for; and fences, when users may have assignments.
    fn new(rules: &'r Rules, holding: &[&'r Rule], users_have_assignments: bool) -> Self {
        let mut wanted = Self::default();
        for rule in holding {
            wanted.add(rule);
        }
        let manages_users = !rules.manage.users.is_none();
        let grants_to_users = holding.iter().any(|rule| !rule.principals.users().is_empty());
        wanted.users = manages_users && (grants_to_users || users_have_assignments);
        if wanted.users {
            let granted = holding.iter().flat_map(|rule| rule.principals.users());
            let fenced = rules.fences().filter_map(|fence| fence.users.as_ref()).flatten();
            granted.chain(fenced).for_each(|selector| wanted.add_memberships_of(selector));
        }
        wanted
    }

    fn add(&mut self, rule: &'r Rule) {
        self.groups.extend(rule.principals.groups());
        // Names are compared without regard to case, which a look-up by name may mind.
        self.any_group |= matches!(rule.principals, Principals::GroupName(_));
        if rule.members_at_least.is_some() {
            self.with_members.extend(rule.principals.groups());
            if let Principals::GroupName(template) = &rule.principals {
                self.templates_with_members.push((&template.value, rule));
            }
        }
    }

    fn add_memberships_of(&mut self, selector: &'r UserSelector) {
        let globs = selector.in_group.iter().flatten();
        self.groups.extend(globs.clone());
        self.with_members.extend(globs);
    }

    /// The groups' names, when they are few whole ones.
    fn names(&self) -> Option<Vec<&'r str>> {
        if self.any_group {
            return None;
        }
        self.groups.iter().map(|glob| glob.value.name()).collect()
    }

    /// The groups whose members are asked for.
    fn groups_with_members(&self, organization: &Organization) -> BTreeSet<GroupId> {
        let made = self.names_made(organization);
        let is_asked_for = |group: &&Group| {
            let name = &group.display_name;
            self.with_members.iter().any(|glob| glob.value.matches(name))
                || made.contains(&name.to_ascii_lowercase())
        };
        let groups = organization.groups.iter().filter(is_asked_for);
        groups.map(|group| group.id.clone()).collect()
    }

    /// The names of groups that templates make of what was observed, in lower case: ASCII case does not
    /// matter in them. What was not read makes none, and nothing is deleted where it is missing.
    fn names_made(&self, organization: &Organization) -> HashSet<String> {
        let mut made = HashSet::new();
        for (template, rule) in &self.templates_with_members {
            let groups = organization.groups.iter().map(|group| &group.display_name);
            let possible = groups.filter(|name| template.may_name(name));
            let possible: HashSet<String> =
                possible.map(|name| name.to_ascii_lowercase()).collect();
            if !possible.is_empty() {
                let names = names_made_by(template, rule, organization);
                made.extend(names.filter(|name| possible.contains(name)));
            }
        }
        made
    }
}

/// The names that a template makes for each account and each of the rule's permission sets.
fn names_made_by(
    template: &GroupNameTemplate,
    rule: &Rule,
    organization: &Organization,
) -> impl Iterator<Item = String> {
    let is_granted = |name: &str| rule.permission_sets.iter().any(|glob| glob.value.matches(name));
    let sets = organization.permission_sets.iter().map(|set| set.name.as_str());
    let most = if template.names_permission_set() { usize::MAX } else { 1 };
    let sets: Vec<&str> = sets.filter(|name| is_granted(name)).take(most).collect();
    organization.accounts.iter().flat_map(move |account| {
        let values = AccountValues {
            id: account.id.as_str(),
            name: Some(&account.name),
            tags: Some(&account.tags),
        };
        let made = sets.iter().filter_map(|set| template.group_name(values, set));
        made.map(|name| name.to_ascii_lowercase()).collect::<Vec<_>>()
    })
}

impl<Reads: Observe> Gathering<'_, Reads> {
    /// The groups and users that the scope names, one call each.
    pub(super) async fn named_principals(&mut self) {
        let read = self.organization.groups.iter().map(|group| group.id.clone());
        let read: BTreeSet<GroupId> = read.chain(self.gone_groups.iter().cloned()).collect();
        for id in &(&self.scope.groups - &read) {
            match self.reads.group(id).await {
                Ok(Some(group)) => self.organization.groups.push(group),
                Ok(None) => _ = self.gone_groups.insert(id.clone()),
                Err(failure) => self.gap(Unread::Groups, None, &failure),
            }
        }
        for id in &self.scope.users.clone() {
            match self.reads.user(id).await {
                Ok(Some(user)) => self.organization.users.push(user),
                Ok(None) => _ = self.gone_users.insert(id.clone()),
                Err(failure) => self.gap(Unread::Users, None, &failure),
            }
        }
    }

    /// The groups, users and memberships that the rules or the assignments in place ask for.
    pub(super) async fn directory(&mut self, holding: &[&Rule]) {
        let users = self.users_with_assignments();
        let wanted = Wanted::new(self.rules, holding, !users.is_empty());
        if is_about_principals(&self.scope) {
            return self.around_named_principals(&wanted).await;
        }
        self.groups(&wanted).await;
        if wanted.users {
            self.users(&users).await;
        }
        self.memberships(&wanted).await;
    }

    /// What the rules ask of the groups and users that the scope names: who is in those groups, and
    /// in which groups those users are.
    async fn around_named_principals(&mut self, wanted: &Wanted<'_>) {
        self.memberships(wanted).await;
        if !wanted.users {
            return;
        }
        let mut around = BTreeSet::new();
        for user_id in &self.scope.users.clone() {
            match self.reads.groups_of_member(user_id).await {
                Ok(groups) => {
                    around.extend(groups.iter().cloned());
                    let membership = |group_id| Membership { group_id, user_id: user_id.clone() };
                    self.organization.memberships.extend(groups.into_iter().map(membership));
                }
                Err(failure) => self.gap(Unread::Memberships, None, &failure),
            }
        }
        self.groups_by_id(&around).await;
    }

    /// The groups that are wanted by name, and those that hold assignments.
    ///
    /// One page of the listing has a hundred groups, which is all of them for most. For a narrow
    /// scope that asks for a few whole names, the listing goes on for as many pages as there are
    /// names; in a directory larger than that, asking for the names themselves is cheaper.
    async fn groups(&mut self, wanted: &Wanted<'_>) {
        let with_assignments = self.groups_with_assignments();
        if wanted.groups.is_empty() && !wanted.any_group && with_assignments.is_empty() {
            return;
        }
        let names = wanted.names().filter(|_| self.scope.only_accounts().is_some());
        match names {
            Some(names) => self.listed_or_named(&names).await,
            None => self.list_all_groups().await,
        }
        self.groups_by_id(&with_assignments).await;
        if self.organization.groups.is_empty() && !with_assignments.is_empty() {
            self.doubt(
                Unread::Groups,
                "the directory has no group at all, yet groups hold assignments",
            );
        }
    }

    async fn listed_or_named(&mut self, names: &[&str]) {
        match self.group_pages(names.len().max(1)).await {
            Ok(Listed::All) => {}
            Ok(Listed::Some) => self.groups_by_name(names).await,
            Err(failure) => self.gap(Unread::Groups, None, &failure),
        }
    }

    /// All groups, listed once.
    pub(super) async fn list_all_groups(&mut self) {
        if std::mem::replace(&mut self.has_listed_groups, true) {
            return;
        }
        if let Err(failure) = self.group_pages(usize::MAX).await {
            self.gap(Unread::Groups, None, &failure);
        }
    }

    /// Lists groups, so many pages at the most.
    async fn group_pages(&mut self, most_pages: usize) -> Result<Listed, CallFailure> {
        let mut token = None;
        for _ in 0..most_pages {
            let page = self.reads.group_page(token).await?;
            let known: BTreeSet<GroupId> =
                self.organization.groups.iter().map(|group| group.id.clone()).collect();
            let new = page.groups.into_iter().filter(|group| !known.contains(&group.id));
            self.organization.groups.extend(new);
            token = page.next;
            if token.is_none() {
                return Ok(Listed::All);
            }
        }
        Ok(Listed::Some)
    }

    /// Finds the groups of these names that were not listed, and looks at what they are really
    /// called.
    async fn groups_by_name(&mut self, names: &[&str]) {
        let listed = |groups: &[Group], name| groups.iter().any(|group| group.display_name == name);
        let mut found = BTreeSet::new();
        for name in names {
            if !listed(&self.organization.groups, *name) {
                match self.reads.group_id(name).await {
                    Ok(id) => found.extend(id),
                    Err(failure) => self.gap(Unread::Groups, None, &failure),
                }
            }
        }
        self.groups_by_id(&found).await;
    }

    /// Asks for groups singly that were not listed. Only of a group that AWS itself says is not
    /// there is it known that it is gone: a listing may lag behind.
    async fn groups_by_id(&mut self, ids: &BTreeSet<GroupId>) {
        let listed: BTreeSet<GroupId> =
            self.organization.groups.iter().map(|group| group.id.clone()).collect();
        for id in ids.difference(&listed) {
            match self.reads.group(id).await {
                Ok(group) => self.organization.groups.extend(group),
                Err(failure) => self.gap(Unread::Groups, None, &failure),
            }
        }
    }

    /// All users, in pages: to ask for them singly would cost a call for each. Only of a user that
    /// AWS itself says is not there is it known that they are gone: a listing may lag behind.
    async fn users(&mut self, with_assignments: &BTreeSet<UserId>) {
        self.list_all_users().await;
        if self.organization.gaps.iter().any(|gap| gap.what == Unread::Users) {
            return;
        }
        if self.organization.users.is_empty() && !with_assignments.is_empty() {
            return self.doubt(
                Unread::Users,
                "the directory has no user at all, yet users hold assignments",
            );
        }
        let listed: BTreeSet<UserId> =
            self.organization.users.iter().map(|user| user.id.clone()).collect();
        for id in with_assignments.difference(&listed) {
            match self.reads.user(id).await {
                Ok(user) => self.organization.users.extend(user),
                Err(failure) => self.gap(Unread::Users, None, &failure),
            }
        }
    }

    /// All users, listed once.
    pub(super) async fn list_all_users(&mut self) {
        if std::mem::replace(&mut self.has_listed_users, true) {
            return;
        }
        match self.reads.users().await {
            // Those that the scope names are among them.
            Ok(users) => self.organization.users = users,
            Err(failure) => self.gap(Unread::Users, None, &failure),
        }
    }

    /// The members of the groups whose members a rule asks for.
    async fn memberships(&mut self, wanted: &Wanted<'_>) {
        for group_id in wanted.groups_with_members(&self.organization) {
            match self.reads.group_members(&group_id).await {
                Ok(members) => {
                    let membership = |user_id| Membership { group_id: group_id.clone(), user_id };
                    self.organization.memberships.extend(members.into_iter().map(membership));
                }
                Err(failure) => self.gap(Unread::Memberships, None, &failure),
            }
        }
    }

    /// What cannot be is taken for a gap: to take it at its word would be to take everybody's access
    /// away.
    fn doubt(&mut self, what: Unread, why: &str) {
        let reason = why.to_owned();
        self.organization.gaps.push(Gap { what, account_id: None, reason });
    }

    fn groups_with_assignments(&self) -> BTreeSet<GroupId> {
        let assignments = self.organization.assignments.iter();
        let groups = assignments.filter_map(|assignment| match &assignment.principal {
            Principal::Group(id) => Some(id.clone()),
            Principal::User(_) => None,
        });
        groups.collect()
    }

    fn users_with_assignments(&self) -> BTreeSet<UserId> {
        let assignments = self.organization.assignments.iter();
        let users = assignments.filter_map(|assignment| match &assignment.principal {
            Principal::Group(_) => None,
            Principal::User(id) => Some(id.clone()),
        });
        users.collect()
    }
}

/// Whether the scope is nothing but groups and users.
fn is_about_principals(scope: &Scope) -> bool {
    let Scope { groups, users, .. } = scope.clone();
    let only = Scope { groups, users, ..Scope::default() };
    !scope.is_empty() && *scope == only
}
