//! One account: what the rules want there, against what is there.

use std::collections::BTreeMap;

use crate::{
    ids::{GroupId, OrganizationalUnitId, PermissionSetArn},
    organization::{Account, AccountState, Assignment, Principal, Unread},
    plan::{Action, Change, Plan},
    rules::{Fence, Never, Rule, selector::AccountView},
    scope::Scope,
    truth::Truth,
};

use super::{
    Wanted,
    known::Known,
    name::{Name, is_inside, matches, protects},
};

/// An account under decision.
pub(super) struct AccountDecision<'a> {
    known: &'a Known<'a>,
    account: &'a Account,
    view: AccountView<'a>,
    /// Whether assignments of this account may be touched at all.
    manageable: Truth,
    /// For each rule, whether it holds in this account.
    rules: Vec<Truth>,
    /// For each `protect` entry, whether its accounts hold this one.
    protect: Vec<Truth>,
    /// For each entry of `never`, whether it forbids something here now.
    never: Vec<Truth>,
}

impl<'a> AccountDecision<'a> {
    pub(super) fn new(known: &'a Known<'a>, account: &'a Account) -> Self {
        let view = known.view(account);
        let rules =
            known.matched.iter().map(|matched| grants_here(matched.rule, known, &view)).collect();
        let fenced = |fence: &Fence| {
            fence.accounts.as_ref().map_or(Truth::Yes, |accounts| accounts.matches(&view))
        };
        let protect = known.rules.protect.iter().map(fenced).collect();
        let forbidden =
            |entry: &Never| Truth::from(entry.window.holds(known.now)) & fenced(&entry.what);
        let never = known.rules.never.iter().map(forbidden).collect();
        let mut decision =
            Self { known, account, view, manageable: Truth::No, rules, protect, never };
        decision.manageable = decision.account_manageable();
        decision
    }

    fn account_manageable(&self) -> Truth {
        let manage = &self.known.rules.manage;
        let active = Truth::of(
            (!self.known.is_unread(self.account, &Unread::Accounts)).then_some(&self.account.state),
            |state| *state == AccountState::Active,
        );
        let allowed = manage.management_account || !self.is_management_account();
        active & allowed.into() & manage.accounts.matches(&self.view)
    }

    fn is_management_account(&self) -> bool {
        self.account.id == self.known.organization.organization.management_account_id
    }

    /// Why an account of the organization is not touched, when the rules' `manage.accounts` would
    /// have it.
    pub(super) fn why_left_alone(&self) -> Option<String> {
        if self.account.state != AccountState::Active {
            return Some(format!("it is {}", self.account.state.as_str()));
        }
        let management =
            self.is_management_account() && !self.known.rules.manage.management_account;
        management.then(|| "it is the management account".to_owned())
    }

    pub(super) fn may_be_touched(&self) -> bool {
        self.manageable != Truth::No
    }

    pub(super) fn mark_rules_that_may_hold(&self, marks: &mut [bool]) {
        for (mark, truth) in marks.iter_mut().zip(&self.rules) {
            *mark |= *truth != Truth::No;
        }
    }

    /// Whether the scope means all of this account's assignments.
    pub(super) fn is_whole(&self, scope: &Scope) -> bool {
        let below = |id: &OrganizationalUnitId| {
            self.view.parent == Some(id)
                || *id == *self.view.root
                || self.view.units.iter().flatten().any(|unit| unit.id == id)
        };
        scope.is_everything()
            || scope.accounts.contains(&self.account.id)
            || scope.organizational_units.iter().any(below)
    }

    fn is_in_scope(&self, scope: &Scope, assignment: &Assignment) -> bool {
        self.is_whole(scope)
            || scope.permission_sets.contains(&assignment.permission_set_arn)
            || match &assignment.principal {
                Principal::Group(id) => scope.groups.contains(id),
                Principal::User(id) => scope.users.contains(id),
            }
    }

    /// Adds this account's changes inside the scope to the plan, and all its managed assignments
    /// to the count that the limit on revocations is measured against.
    pub(super) fn add_to(&self, plan: &mut Plan, scope: &Scope, managed: &mut usize) {
        let wanted = self.wanted();
        for assignment in self.known.assignments(&self.account.id) {
            let manageable = self.is_manageable(assignment);
            *managed += usize::from(manageable == Truth::Yes);
            if self.is_in_scope(scope, assignment) {
                self.compare(assignment, manageable, &wanted, plan);
            }
        }
        for ((permission_set, group), wanted) in &wanted {
            let assignment = self.assignment(permission_set, group);
            if self.is_in_scope(scope, &assignment) && !self.known.is_assigned(&assignment) {
                plan.changes.extend(self.create(assignment, wanted));
            }
        }
    }

    /// All that the rules grant here, or may grant, whatever `never` says.
    fn wanted(&self) -> BTreeMap<(&'a PermissionSetArn, &'a GroupId), Wanted> {
        let mut wanted: BTreeMap<_, Wanted> = BTreeMap::new();
        if self.manageable == Truth::No {
            return wanted;
        }
        for (position, (matched, truth)) in self.known.matched.iter().zip(&self.rules).enumerate() {
            if *truth == Truth::No {
                continue;
            }
            for permission_set in &matched.permission_sets {
                for group in &matched.groups {
                    let entry = wanted
                        .entry((*permission_set, *group))
                        .or_insert(Wanted { truth: Truth::No, rules: Vec::new() });
                    entry.truth = entry.truth | *truth;
                    if *truth == Truth::Yes {
                        entry.rules.push(position);
                    }
                }
            }
        }
        wanted
    }

    fn assignment(&self, permission_set: &PermissionSetArn, group: &GroupId) -> Assignment {
        Assignment {
            account_id: self.account.id.clone(),
            permission_set_arn: permission_set.clone(),
            principal: Principal::Group(group.clone()),
        }
    }

    /// An assignment that is in place: it stays, is outside of `manage`, or goes.
    fn compare(
        &self,
        assignment: &'a Assignment,
        manageable: Truth,
        wanted: &BTreeMap<(&PermissionSetArn, &GroupId), Wanted>,
        plan: &mut Plan,
    ) {
        if manageable == Truth::No {
            plan.unmanaged += 1;
            return;
        }
        let certainly_unwanted = self.is_wanted(assignment, wanted) == Truth::No;
        if manageable == Truth::Yes && certainly_unwanted && !self.known.has_gap(self.account) {
            plan.changes.push(self.delete(assignment));
        } else {
            plan.unchanged += 1;
        }
    }

    fn is_wanted(
        &self,
        assignment: &Assignment,
        wanted: &BTreeMap<(&PermissionSetArn, &GroupId), Wanted>,
    ) -> Truth {
        let Principal::Group(group) = &assignment.principal else {
            return Truth::No;
        };
        let permission_set = self.known.permission_set(&assignment.permission_set_arn);
        let name = self.known.principal(&assignment.principal);
        let granted = match wanted.get(&(&assignment.permission_set_arn, group)) {
            Some(wanted) => wanted.truth,
            None if permission_set == Name::Unknown || name == Name::Unknown => Truth::Unknown,
            None => Truth::No,
        };
        granted & !self.is_forbidden(permission_set, name)
    }

    /// Whether an entry of `never` forbids it.
    fn is_forbidden(&self, permission_set: Name<'a>, group: Name<'a>) -> Truth {
        Truth::any(self.forbidden(permission_set, group).map(|(_, truth)| truth))
    }

    /// The first entry of `never` that certainly forbids it.
    fn forbidding(&self, permission_set: Name<'a>, group: Name<'a>) -> Option<&'a Never> {
        self.forbidden(permission_set, group)
            .find(|(_, truth)| *truth == Truth::Yes)
            .map(|(entry, _)| entry)
    }

    fn forbidden(
        &self,
        permission_set: Name<'a>,
        group: Name<'a>,
    ) -> impl Iterator<Item = (&'a Never, Truth)> {
        self.known.rules.never.iter().zip(&self.never).map(move |(entry, here)| {
            (entry, *here & is_inside(&entry.what, permission_set, group, matches))
        })
    }

    /// Whether the rules file may create or delete this assignment.
    fn is_manageable(&self, assignment: &Assignment) -> Truth {
        let manage = &self.known.rules.manage;
        let permission_set = self.known.permission_set(&assignment.permission_set_arn);
        let principal = self.known.principal(&assignment.principal);
        let Principal::Group(_) = assignment.principal else {
            return Truth::No;
        };
        // What cannot be named is left alone, whatever its name may be; and so is what is of a
        // permission set that no longer exists.
        let named = match (permission_set, principal) {
            (Name::Gone, _) => Truth::No,
            (Name::Unknown, _) | (_, Name::Unknown) => Truth::Unknown,
            (Name::Known(_), Name::Known(_) | Name::Gone) => Truth::Yes,
        };
        self.manageable
            & named
            & matches(&manage.permission_sets, permission_set)
            & matches(&manage.groups, principal)
            & !self.is_protected(permission_set, principal)
    }

    fn is_protected(&self, permission_set: Name<'_>, group: Name<'_>) -> Truth {
        Truth::any(
            self.known.rules.protect.iter().zip(&self.protect).map(|(fence, accounts)| {
                *accounts & is_inside(fence, permission_set, group, protects)
            }),
        )
    }

    fn create(&self, assignment: Assignment, wanted: &Wanted) -> Option<Change> {
        let forbidden = self.is_forbidden(
            self.known.permission_set(&assignment.permission_set_arn),
            self.known.principal(&assignment.principal),
        );
        let certain = wanted.truth & !forbidden & self.is_manageable(&assignment) == Truth::Yes;
        certain.then(|| {
            let granting =
                || wanted.rules.iter().filter_map(|position| self.known.rules.rules.get(*position));
            let references: Vec<String> =
                granting().map(|rule| self.known.rules.reference(&rule.name, rule.span)).collect();
            let noun = if references.len() == 1 { "rule" } else { "rules" };
            let unread = self.known.is_unread(self.account, &Unread::Assignments);
            let note = if unread {
                "; it may be in place: the assignments here could not be read"
            } else {
                ""
            };
            Change {
                rules: granting().map(|rule| rule.name.clone()).collect(),
                ..self.change(
                    Action::Create,
                    assignment,
                    format!("{noun} {}{note}", references.join(", ")),
                )
            }
        })
    }

    fn delete(&self, assignment: &Assignment) -> Change {
        let principal = self.known.principal(&assignment.principal);
        let permission_set = self.known.permission_set(&assignment.permission_set_arn);
        let why = match self.forbidding(permission_set, principal) {
            _ if principal == Name::Gone => "the group no longer exists".to_owned(),
            Some(entry) => {
                let reference = self.known.rules.reference(&entry.name, entry.span);
                format!("never {reference} forbids this")
            }
            None => "no rule grants this".to_owned(),
        };
        self.change(Action::Delete, assignment.clone(), why)
    }

    fn change(&self, action: Action, assignment: Assignment, why: String) -> Change {
        let text = |name, id: &str| match name {
            Name::Known(name) => name.to_owned(),
            Name::Unknown | Name::Gone => id.to_owned(),
        };
        let arn = &assignment.permission_set_arn;
        Change {
            action,
            account_name: self.account.name.clone(),
            account_path: self.path(),
            permission_set: text(self.known.permission_set(arn), arn.as_str()),
            principal_name: text(
                self.known.principal(&assignment.principal),
                assignment.principal.id(),
            ),
            rules: Vec::new(),
            why,
            held: false,
            assignment,
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        match &self.view.units {
            Some(units) => units.iter().for_each(|unit| path.push_str(&format!("/{}", unit.name))),
            None => path.push_str("/…"),
        }
        format!("{path}/{}", self.account.name)
    }
}

/// Whether the rule grants anything in the account now.
fn grants_here(rule: &Rule, known: &Known<'_>, view: &AccountView<'_>) -> Truth {
    if rule.window.holds(known.now) { rule.accounts.matches(view) } else { Truth::No }
}
